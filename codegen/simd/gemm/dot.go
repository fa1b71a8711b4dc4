package gemm

import "github.com/bpgen/bpgen/codegen/simd/asm"

// fewRows is up to how many rows the dot form is better: packing B costs as
// much as about four.
const fewRows = 4

// dots writes the dot form: vectors go along k, for several columns at a time.
func (g *gen) dots() {
	r := g.r
	g.col = r.GVar(r.Int("colLo"))
	left := r.GVar(r.GSub(r.Int("colHi"), r.Int("colLo")))
	at := r.GVar(r.GAdd(g.bBase, g.times(g.bCol, r.Int("colLo"))))
	for _, n := range g.bundles() {
		r.While(asm.GE, left, r.Imm(n), func() {
			g.bundle(n, at)
			g.along(at, g.bCol, n)
			r.GAddTo(g.col, r.Imm(n))
			r.GAddTo(left, r.Imm(-n))
		})
	}
}

// bundles are the numbers of columns that are done at a time, the most first.
func (g *gen) bundles() []int {
	most := max(8, g.lanes)
	n, known := g.n.Const()
	if !known {
		return []int{most, 4, 1}
	}
	var out []int
	if n >= most {
		out = append(out, most)
	}
	if rest := n % most; rest > 0 {
		out = append(out, rest)
	}
	return out
}

// bundle does n columns, which begin at b, for all rows.
func (g *gen) bundle(n int, b asm.G) {
	r := g.r
	row := r.GVar(r.Int("rowLo"))
	a := r.GVar(r.GAdd(g.aBase, g.times(g.aRow, row)))
	r.Repeat(r.GSub(r.Int("rowHi"), row), func() {
		acc := make([]asm.V, n)
		for i := range acc {
			acc[i] = r.Var(r.Zero())
		}
		g.products(acc, r.GVar(a), g.lattice(b, g.bCol, n))
		var sums []asm.V
		for i := 0; i < n; i += g.lanes {
			sums = append(sums, g.laneSums(acc[i:min(n, i+g.lanes)]))
		}
		var mask asm.M
		if part := n % g.lanes; part > 0 {
			mask = r.MaskConst(part)
		}
		g.finish([][]asm.V{sums}, row, mask)
		r.GAddTo(row, r.Imm(1))
		g.along(a, g.aRow, 1)
	})
}

// products adds to acc the products of a row of A and columns of B, each lane
// for itself.
func (g *gen) products(acc []asm.V, a asm.G, cols lattice) {
	r := g.r
	vector := step{known: true, bytes: g.t.ISA.Bytes()}
	r.Repeat(r.GShr(g.kSize, log2(g.lanes)), func() {
		x := r.Load(asm.Mem{Base: a})
		for i, s := range acc {
			r.FMAIntoMem(s, x, cols.at(i, 0))
		}
		g.along(a, vector, 1)
		g.move(cols, vector, 1)
	})
	part := r.GAnd(g.kSize, r.Imm(g.lanes-1))
	r.If(asm.GT, part, r.Imm(0), func() {
		mask := r.TailMask(part)
		x := r.LoadMask(asm.Mem{Base: a}, mask)
		for i, s := range acc {
			r.FMAInto(s, x, r.LoadMask(cols.at(i, 0), mask))
		}
	}, nil)
}

// laneSums returns the sum of the lanes of each vector, in a lane each.
func (g *gen) laneSums(vs []asm.V) asm.V {
	r := g.r
	if len(vs) == 1 {
		return r.HSum(vs[0])
	}
	square := append([]asm.V{}, vs...)
	for len(square) < g.lanes {
		square = append(square, r.Zero())
	}
	sums := r.Transpose(square)
	for len(sums) > 1 {
		half := len(sums) / 2
		for i := range half {
			sums[i] = r.Add(sums[i], sums[half+i])
		}
		sums = sums[:half]
	}
	return sums[0]
}
