package gemm

import (
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A panel is a stretch of columns that is done for all rows before the next.
type panel struct {
	vectors int
	masked  bool // the last vector may be a part of one
}

// tallest is how many rows a tile has at most.
const tallest = 8

// heights returns how many rows of so many vectors are done at once, the most
// first. Eight sums that do not wait for each other keep two multipliers busy;
// the tallest tiles load less than one vector or element for two of their
// multiplications, and leave registers for those. Each is at least half of the one before, so
// that one of each does all rows that are left, however many.
func (g *gen) heights(vectors int) []int {
	most := map[asm.ISA][]int{
		asm.AVX512: {8, 8, 8, 6, 4, 4, 3, 2},
		asm.AVX2:   {8, 4, 4, 2, 2, 1, 1, 1},
	}[g.t.ISA][vectors-1]
	if g.a.pack.possible() {
		most = min(most, g.lanes) // a tile's rows are of one group
	}
	if g.c.Of == loop.Squares && g.t.ISA == asm.AVX2 && vectors == 3 {
		most = 3 // a difference takes a register
	}
	hs := []int{most}
	for h := most; h > 1; {
		h -= h / 2
		hs = append(hs, h)
	}
	return hs
}

// tiles writes the tile form.
func (g *gen) tiles() {
	a, b := never, always
	if g.c.A.M.Is(1) {
		a = g.wantsPack(g.c.A.K, g.n)
	}
	if g.c.B.N.Is(1) {
		b = g.wantsPack(g.c.B.K, g.m)
	}
	// What depends on a number of lines has code for either case.
	g.byLines(a, g.n, func(a when) {
		g.byLines(b, g.m, func(decided when) {
			if !decided.yes {
				g.fewer = b.least
			}
			g.tilesPacking(a, decided)
			g.fewer = 0
		})
	})
}

// byLines runs body with w decided, if that is by a number of lines.
func (g *gen) byLines(w when, lines symbolic.Poly, body func(when)) {
	if w.least == 0 {
		body(w)
		return
	}
	g.r.If(asm.GE, g.value(lines), g.r.Imm(w.least), func() { body(always) }, func() { body(never) })
}

// tilesPacking writes the tile form with its factors packed as a and b say.
func (g *gen) tilesPacking(a, b when) {
	r := g.r
	g.a.pack, g.b.pack = a, b
	g.packs[0], g.packs[1] = g.packs[0] || a.possible(), g.packs[1] || b.possible()
	g.place()
	g.packFactor(&g.a)
	g.packFactor(&g.b)
	g.col = r.GVar(g.b.lo)
	left := r.GVar(r.GSub(g.b.hi, g.b.lo))
	for _, p := range g.widths() {
		least := p.vectors * g.lanes
		if p.masked {
			least -= g.lanes - 1
		}
		r.While(asm.GE, left, r.Imm(least), func() { g.panel(p, left) })
	}
}

// place says where in scratch the factors are packed, A after the tile, each
// row where it always is, and B at the end, from the first column of the call;
// and with that how the tiles read them.
func (g *gen) place() {
	r := g.r
	down := r.Imm(-cacheLine)
	if g.a.pack.possible() || g.b.pack.possible() {
		g.group = g.step(groupRows(g.k, g.lanes).Scale(int64(g.lanes), 1))
	}
	if g.a.pack.possible() {
		from := r.GAdd(r.Base(g.scratch), r.Imm(g.tileSize()*g.size+cacheLine-1))
		g.a.at = r.GAnd(from, down)
	}
	if g.b.pack.possible() {
		end := r.Lea(r.Base(g.scratch), r.Len(g.scratch), g.size, 0)
		groups := r.GShr(r.GAdd(r.GSub(g.b.hi, g.b.lo), r.Imm(g.lanes-1)), log2(g.lanes))
		g.b.at = r.GAnd(r.GSub(end, g.times(g.group, groups)), down)
	}
	vector := step{known: true, bytes: g.t.ISA.Bytes()}
	g.tall, g.tallK = g.a.line, g.either(g.a.pack, vector, g.a.k)
	if g.a.pack == always {
		g.tall = step{known: true, bytes: g.size}
	}
	g.wide, g.wideK = g.either(g.b.pack, g.group, vector), g.either(g.b.pack, vector, g.b.k)
	if g.b.pack == always {
		g.bAt = r.GVar(g.b.at)
		return
	}
	g.bAt = r.GVar(r.Lea(g.b.base, g.b.lo, g.size, 0))
	g.branch(g.b.pack, func() { r.GSet(g.bAt, g.b.at) }, nil)
}

// either is one of two steps.
func (g *gen) either(w when, yes, no step) step {
	switch {
	case w.known && w.yes:
		return yes
	case w.known:
		return no
	}
	r := g.r
	reg := func(s step) asm.G {
		if s.known {
			return r.Imm(s.bytes)
		}
		return s.reg
	}
	x := r.GVar(reg(no))
	g.branch(w, func() { r.GSet(x, reg(yes)) }, nil)
	return step{reg: x}
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
	if m, known := g.m.Const(); known && m <= 2 && g.c.B.N.Is(1) {
		return 8 / max(m, 1)
	}
	return 3
}

// panel does the rows of one panel, and moves on to the next.
func (g *gen) panel(p panel, left asm.G) {
	r := g.r
	rows := r.GVar(r.GSub(g.a.hi, g.a.lo))
	row := r.GVar(g.a.lo)
	mask := g.tailMask(p, left)
	if g.long {
		g.rowsLong(p.vectors, row, rows, mask)
	} else {
		g.rows(p.vectors, row, rows, mask)
	}
	wide := p.vectors * g.lanes
	r.GAddTo(g.col, r.Imm(wide))
	r.GAddTo(left, r.Imm(-wide))
	g.along(g.bAt, g.wide, p.vectors)
}

// rows does so many rows of a panel, from row on, in tiles that finish what
// they add up.
func (g *gen) rows(vectors int, row, rows asm.G, mask asm.M) {
	r := g.r
	for i, h := range g.blocks(vectors) {
		body := func() {
			g.prefetch(row, h, vectors)
			g.finish(g.sums(h, vectors, row, mask), row, mask)
			r.GAddTo(row, r.Imm(h))
			r.GAddTo(rows, r.Imm(-h))
		}
		if i == 0 {
			r.While(asm.GE, rows, r.Imm(h), body)
		} else {
			r.If(asm.GE, rows, r.Imm(h), body, nil)
		}
	}
}

// rowsLong is rows for a long epilogue: tiles store what they add up in
// scratch, whose rows are gone through in a loop, so that the epilogue stands
// in the text once.
func (g *gen) rowsLong(vectors int, row, rows asm.G, mask asm.M) {
	r := g.r
	hs := g.blocks(vectors)
	r.While(asm.GT, rows, r.Imm(0), func() {
		done := r.GVar(r.Imm(0))
		var tile func(i int)
		tile = func(i int) {
			then := func() {
				g.keep(g.sums(hs[i], vectors, row, mask))
				r.GSet(done, r.Imm(hs[i]))
			}
			if i == len(hs)-1 {
				then()
				return
			}
			r.If(asm.GE, rows, r.Imm(hs[i]), then, func() { tile(i + 1) })
		}
		tile(0)
		g.finishKept(vectors, row, done, mask)
		r.GAddTo(row, done)
		r.GSet(rows, r.GSub(rows, done))
	})
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
		for g.fewer > 0 && len(hs) > 1 && hs[0] >= g.fewer {
			hs = hs[1:]
		}
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

// sums adds up the products of a tile, which begins with a row, over k.
func (g *gen) sums(h, vectors int, row asm.G, mask asm.M) [][]asm.V {
	r := g.r
	first, count := g.within(row, h, vectors)
	a, b := g.rowsAt(row), g.bAt
	if len(g.c.Within) > 0 {
		a, b = r.GAdd(a, g.times(g.tallK, first)), r.GAdd(b, g.times(g.wideK, first))
	}
	acc := make([][]asm.V, h)
	for i := range acc {
		acc[i] = make([]asm.V, vectors)
		for j := range acc[i] {
			acc[i][j] = r.Var(r.Zero())
		}
	}
	rows := g.lattice(a, g.tall, h)
	cols := g.lattice(b, g.wide, vectors)
	one := func(u int) {
		left := func(i int) asm.Mem { return rows.at(i, u*g.tallK.bytes) }
		right := func(j int) asm.V {
			m := cols.at(j, u*g.wideK.bytes)
			if mask.Ok() && j == vectors-1 && g.b.pack != always {
				return r.LoadMask(m, mask)
			}
			return r.Load(m)
		}
		g.step1(acc, left, right)
	}
	advance := func(n int) {
		g.move(rows, g.tallK, n)
		g.move(cols, g.wideK, n)
	}
	g.overK(count, func(n int) {
		for u := range n {
			one(u)
		}
		advance(n)
	})
	return acc
}

// rowsAt is where the tiles read the row of A, at k = 0.
func (g *gen) rowsAt(row asm.G) asm.G {
	r := g.r
	packed := func() asm.G {
		in := r.Lea(g.a.at, r.GAnd(row, r.Imm(g.lanes-1)), g.size, 0)
		return r.GAdd(in, g.times(g.group, r.GShr(row, log2(g.lanes))))
	}
	switch g.a.pack {
	case always:
		return packed()
	case never:
		return r.GAdd(g.a.base, g.times(g.a.line, row))
	}
	at := r.GVar(r.GAdd(g.a.base, g.times(g.a.line, row)))
	g.branch(g.a.pack, func() { r.GSet(at, packed()) }, nil)
	return at
}

// add adds a term to acc.
func (g *gen) add(acc, a, b asm.V) {
	if g.c.Of == loop.Squares {
		a = g.r.Sub(a, b)
		b = a
	}
	g.r.FMAInto(acc, a, b)
}

// step1 adds the terms for one k.
func (g *gen) step1(acc [][]asm.V, left func(int) asm.Mem, right func(int) asm.V) {
	r := g.r
	h, vectors := len(acc), len(acc[0])
	if vectors == 1 {
		b := right(0)
		for i := range acc {
			if g.c.Of == loop.Products {
				r.FMAIntoBroadcast(acc[i][0], b, left(i))
			} else {
				g.add(acc[i][0], r.Broadcast(left(i)), b)
			}
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
				g.add(acc[i][j], as[i], b)
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
			g.add(acc[i][j], a, b)
		}
	}
}

// within is where k begins and how often it goes on in a tile, so that all terms are there that
// count for one of its sums.
func (g *gen) within(row asm.G, h, vectors int) (first, count asm.G) {
	r := g.r
	first, count = r.Imm(0), g.kSize
	if len(g.c.Within) == 0 {
		return first, count
	}
	end := g.kSize
	for _, b := range g.c.Within {
		most := g.value(b.Const) // of all but k
		for _, along := range []struct {
			by   int
			from asm.G
			size int
		}{{b.M, row, h}, {b.N, g.col, vectors * g.lanes}} {
			switch along.by {
			case 1:
				most = r.GAdd(most, r.GAdd(along.from, r.Imm(along.size-1)))
			case -1:
				most = r.GSub(most, along.from)
			}
		}
		switch b.K {
		case 1:
			first = r.GMax(first, r.GSub(r.Imm(0), most))
		case -1:
			end = r.GMin(end, r.GAdd(most, r.Imm(1)))
		default: // none of the sums is wanted
			all := r.GVar(end)
			r.If(asm.LT, most, r.Imm(0), func() { r.GSet(all, r.Imm(0)) }, nil)
			end = all
		}
	}
	first = r.GMin(first, g.kSize)
	return first, r.GSub(end, first)
}

// overK runs body, which does n steps, for so many k: where their number and the
// distances are known several at a time, so that pointers move less often.
func (g *gen) overK(count asm.G, body func(n int)) {
	r := g.r
	k, known := g.k.Const()
	if !known || !g.tallK.known || !g.wideK.known || len(g.c.Within) > 0 {
		r.Repeat(count, func() { body(1) })
		return
	}
	unroll := 2
	if g.t.ISA == asm.AVX2 {
		unroll = 4 // its tiles have half the sums or less
	}
	if k >= unroll {
		r.Repeat(r.Imm(k/unroll), func() { body(unroll) })
	}
	if k%unroll > 0 {
		body(k % unroll)
	}
}

func log2(n int) int {
	k := 0
	for ; n > 1; n /= 2 {
		k++
	}
	return k
}
