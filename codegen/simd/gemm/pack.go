package gemm

import "github.com/bpgen/bpgen/codegen/simd/asm"

// pack copies the columns of B that the call is for to scratch, in groups one
// vector wide: a group holds for each k its elements side by side. The last
// group has zeros or whatever beyond the columns.
func (g *gen) pack() {
	if g.c.B.N.Is(1) {
		g.packRows()
	} else {
		g.packTransposed()
	}
}

// packRows copies where columns lie side by side: row by row, as memory is
// best read.
func (g *gen) packRows() {
	r := g.r
	count := r.GSub(r.Int("colHi"), r.Int("colLo"))
	full := r.GShr(count, log2(g.lanes))
	part := r.GAnd(count, r.Imm(g.lanes-1))
	mask := r.TailMask(part)
	src := r.GVar(r.Lea(g.bBase, r.Int("colLo"), g.size, 0))
	dst := r.GVar(r.Base("scratch"))
	wide := g.t.ISA.Bytes()
	r.Repeat(g.kSize, func() {
		s, d := r.GVar(src), r.GVar(dst)
		r.Repeat(full, func() {
			r.Store(asm.Mem{Base: d}, r.Load(asm.Mem{Base: s}))
			r.GAddTo(s, r.Imm(wide))
			g.along(d, g.group, 1)
		})
		r.If(asm.GT, part, r.Imm(0), func() {
			r.Store(asm.Mem{Base: d}, r.LoadMask(asm.Mem{Base: s}, mask))
		}, nil)
		g.along(src, g.bK, 1)
		r.GAddTo(dst, r.Imm(wide))
	})
}

// packTransposed copies where the elements of a column lie side by side:
// squares are transposed in registers.
func (g *gen) packTransposed() {
	r := g.r
	count := r.GVar(r.GSub(r.Int("colHi"), r.Int("colLo")))
	src := r.GVar(r.GAdd(g.bBase, g.times(g.bCol, r.Int("colLo"))))
	dst := r.GVar(r.Base("scratch"))
	n, known := g.n.Const()
	if !known || n >= g.lanes {
		r.While(asm.GE, count, r.Imm(g.lanes), func() {
			g.squares(dst, g.lattice(src, g.bCol, g.lanes), g.lanes)
			g.along(src, g.bCol, g.lanes)
			g.along(dst, g.group, 1)
			r.GAddTo(count, r.Imm(-g.lanes))
		})
	}
	switch part := n % g.lanes; {
	case known && part > 0:
		r.If(asm.GT, count, r.Imm(0), func() { g.squares(dst, g.lattice(src, g.bCol, part), part) }, nil)
	case !known:
		r.If(asm.GT, count, r.Imm(0), func() { g.slowColumns(dst, src, count) }, nil)
	}
}

// squares transposes a group of columns, of which there are so many.
func (g *gen) squares(dst asm.G, cols lattice, have int) {
	r := g.r
	wide := g.t.ISA.Bytes()
	d := r.GVar(dst)
	square := func(load func(asm.Mem) asm.V) {
		vs := make([]asm.V, g.lanes)
		for i := range vs {
			if i < have {
				vs[i] = load(cols.at(i, 0))
			} else {
				vs[i] = r.Zero()
			}
		}
		for i, v := range r.Transpose(vs) {
			r.Store(asm.Mem{Base: d, Disp: i * wide}, v)
		}
	}
	r.Repeat(r.GShr(g.kSize, log2(g.lanes)), func() {
		square(r.Load)
		g.move(cols, step{known: true, bytes: wide}, 1)
		r.GAddTo(d, r.Imm(g.lanes*wide))
	})
	part := r.GAnd(g.kSize, r.Imm(g.lanes-1))
	r.If(asm.GT, part, r.Imm(0), func() {
		mask := r.TailMask(part)
		square(func(m asm.Mem) asm.V { return r.LoadMask(m, mask) })
	}, nil)
}

// slowColumns copies the last columns, fewer than a vector has lanes, one
// element at a time.
func (g *gen) slowColumns(dst, src, count asm.G) {
	r := g.r
	from, to := r.GVar(src), r.GVar(dst)
	clear := r.GVar(dst)
	r.Repeat(g.kSize, func() {
		r.Store(asm.Mem{Base: clear}, r.Zero())
		r.GAddTo(clear, r.Imm(g.t.ISA.Bytes()))
	})
	r.Repeat(count, func() {
		s, d := r.GVar(from), r.GVar(to)
		r.Repeat(g.kSize, func() {
			r.StoreScalar(asm.Mem{Base: d}, r.LoadScalar(asm.Mem{Base: s}))
			r.GAddTo(s, r.Imm(g.size))
			r.GAddTo(d, r.Imm(g.t.ISA.Bytes()))
		})
		g.along(from, g.bCol, 1)
		r.GAddTo(to, r.Imm(g.size))
	})
}
