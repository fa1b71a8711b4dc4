package gemm

import "github.com/bpgen/bpgen/codegen/simd/asm"

// A panel is a stretch of columns that is done for all rows before the next.
type panel struct {
	vectors int
	masked  bool // the last vector may be a part of one
}

// heights returns how many rows of so many vectors are done at once, the most
// first. Eight sums that do not wait for each other keep two multipliers busy;
// the tallest tiles load less than one vector or element for two of their
// multiplications, and leave registers for those.
func (g *gen) heights(vectors int) []int {
	most := map[asm.ISA][]int{
		asm.AVX512: {8, 8, 8, 6, 4, 4, 3, 2},
		asm.AVX2:   {8, 4, 4, 2, 2, 1, 1, 1},
	}[g.t.ISA][vectors-1]
	var hs []int
	for h := most; h > 0; h /= 2 {
		hs = append(hs, h)
	}
	return hs
}

// tiles writes the tile form.
func (g *gen) tiles() {
	r := g.r
	if g.packs {
		r.If(asm.NE, r.Int("pack"), r.Imm(0), g.pack, nil)
	}
	g.col = r.GVar(r.Int("colLo"))
	if g.packs {
		g.packed = r.GVar(r.Base("scratch"))
	}
	left := r.GVar(r.GSub(r.Int("colHi"), r.Int("colLo")))
	for _, p := range g.widths() {
		least := p.vectors * g.lanes
		if p.masked {
			least -= g.lanes - 1
		}
		r.While(asm.GE, left, r.Imm(least), func() { g.panel(p, left) })
	}
}

// widths returns the panels that columns are divided into, the widest first;
// it is repeated.
func (g *gen) widths() []panel {
	widest := g.widest()
	n, known := g.n.Const()
	var ps []panel
	if !known {
		for w := widest; ; w = (w + 1) / 2 {
			// With AVX2 a mask takes a register of the tile, and storing
			// under one is slow.
			ps = append(ps, panel{w, w == 1 || g.t.ISA == asm.AVX512})
			if w == 1 {
				return ps
			}
		}
	}
	if n >= widest*g.lanes {
		ps = append(ps, panel{widest, false})
		n %= widest * g.lanes
	}
	vectors, part := (n+g.lanes-1)/g.lanes, n%g.lanes > 0
	switch {
	case vectors == 0:
	case part && g.t.ISA == asm.AVX2 && vectors > 2:
		ps = append(ps, panel{vectors - 1, false}, panel{1, true})
	default:
		ps = append(ps, panel{vectors, part})
	}
	return ps
}

// widest is the number of vectors in the widest panel. Few rows leave registers
// for more columns, so that there are sums enough.
func (g *gen) widest() int {
	if m, known := g.m.Const(); known && m <= 2 && !g.packs {
		return 8 / max(m, 1)
	}
	return 3
}

// panel does the rows of one panel, and moves on to the next.
func (g *gen) panel(p panel, left asm.G) {
	r := g.r
	rows := r.GVar(r.GSub(r.Int("rowHi"), r.Int("rowLo")))
	row := r.GVar(r.Int("rowLo"))
	mask := g.tailMask(p, left)
	for i, h := range g.blocks(p.vectors) {
		body := func() {
			g.tile(h, p.vectors, row, mask)
			r.GAddTo(row, r.Imm(h))
			r.GAddTo(rows, r.Imm(-h))
		}
		if i == 0 {
			r.While(asm.GE, rows, r.Imm(h), body)
		} else {
			r.If(asm.GE, rows, r.Imm(h), body, nil)
		}
	}
	wide := p.vectors * g.lanes
	r.GAddTo(g.col, r.Imm(wide))
	r.GAddTo(left, r.Imm(-wide))
	if g.packs {
		g.along(g.packed, g.group, p.vectors)
	}
}

// tailMask is for the last vector of a panel, with so many columns left; not Ok
// where it is whole.
func (g *gen) tailMask(p panel, left asm.G) asm.M {
	n, known := g.n.Const()
	switch {
	case !p.masked:
		return asm.M{}
	case known:
		return g.r.MaskConst(n % g.lanes)
	}
	return g.r.TailMask(g.r.GSub(left, g.r.Imm((p.vectors-1)*g.lanes)))
}

// blocks returns the heights of the tiles that rows are divided into: as many
// as go of the first, then one of each other where it fits.
func (g *gen) blocks(vectors int) []int {
	hs := g.heights(vectors)
	m, known := g.m.Const()
	if !known {
		return hs
	}
	var out []int
	if m >= hs[0] {
		out = append(out, hs[0])
	}
	if rest := m % hs[0]; rest > 0 {
		out = append(out, rest)
	}
	return out
}

// tile does h rows from row on of a panel.
func (g *gen) tile(h, vectors int, row asm.G, mask asm.M) {
	r := g.r
	at := r.GAdd(g.aBase, g.times(g.aRow, row))
	g.prefetch(row, h, vectors)
	sums := g.sums(h, vectors, at, mask)
	g.finish(sums, row, mask)
}

// sums adds up the products of a tile over k.
func (g *gen) sums(h, vectors int, a asm.G, mask asm.M) [][]asm.V {
	r := g.r
	acc := make([][]asm.V, h)
	for i := range acc {
		acc[i] = make([]asm.V, vectors)
		for j := range acc[i] {
			acc[i][j] = r.Var(r.Zero())
		}
	}
	rows := g.lattice(a, g.aRow, h)
	cols := g.columns()
	one := func(u int) {
		left := func(i int) asm.Mem { return rows.at(i, u*g.aK.bytes) }
		right := func(j int) asm.V {
			m := cols.at(j, u*g.colK.bytes)
			if mask.Ok() && j == vectors-1 && !g.packs {
				return r.LoadMask(m, mask)
			}
			return r.Load(m)
		}
		g.step1(acc, left, right)
	}
	advance := func(n int) {
		g.move(rows, g.aK, n)
		g.move(cols, g.colK, n)
	}
	g.overK(func(n int) {
		for u := range n {
			one(u)
		}
		advance(n)
	})
	return acc
}

// columns addresses the vectors of B from the panel's first column on, at k = 0.
func (g *gen) columns() lattice {
	r := g.r
	if !g.packs {
		at := r.Lea(g.bBase, g.col, g.size, 0)
		return lattice{ptrs: []asm.G{r.GVar(at)}, step: step{known: true, bytes: g.t.ISA.Bytes()}}
	}
	return lattice{ptrs: []asm.G{r.GVar(g.packed)}, step: g.group}
}

// step1 adds the products for one k.
func (g *gen) step1(acc [][]asm.V, left func(int) asm.Mem, right func(int) asm.V) {
	r := g.r
	h, vectors := len(acc), len(acc[0])
	if vectors == 1 {
		b := right(0)
		for i := range acc {
			r.FMAIntoBroadcast(acc[i][0], b, left(i))
		}
		return
	}
	if h < vectors {
		as := make([]asm.V, h)
		for i := range as {
			as[i] = r.Broadcast(left(i))
		}
		for j := range vectors {
			b := right(j)
			for i := range as {
				r.FMAInto(acc[i][j], as[i], b)
			}
		}
		return
	}
	bs := make([]asm.V, vectors)
	for j := range bs {
		bs[j] = right(j)
	}
	for i := range acc {
		a := r.Broadcast(left(i))
		for j, b := range bs {
			r.FMAInto(acc[i][j], a, b)
		}
	}
}

// overK runs body, which does n steps, for all k: several at a time where the
// distances are known, so that they are not added each time.
func (g *gen) overK(body func(n int)) {
	r := g.r
	unroll := g.unroll()
	if k, known := g.k.Const(); known {
		switch {
		case k/unroll == 1:
			body(unroll)
		case k/unroll > 1:
			r.Repeat(r.Imm(k/unroll), func() { body(unroll) })
		}
		if k%unroll > 0 {
			body(k % unroll)
		}
		return
	}
	if unroll == 1 {
		r.Repeat(g.kSize, func() { body(1) })
		return
	}
	r.Repeat(r.GShr(g.kSize, log2(unroll)), func() { body(unroll) })
	r.Repeat(r.GAnd(g.kSize, r.Imm(unroll-1)), func() { body(1) })
}

func (g *gen) unroll() int {
	switch {
	case !g.aK.known || !g.colK.known:
		return 1
	case g.t.ISA == asm.AVX2:
		return 4
	}
	return 2
}

func log2(n int) int {
	k := 0
	for ; n > 1; n /= 2 {
		k++
	}
	return k
}
