package gemm

import "github.com/bpgen/bpgen/codegen/simd/asm"

// prefetch asks for the lines of Out that a tile is stored in, as long as its
// sums take.
func (g *gen) prefetch(row asm.G, h, vectors int) {
	r := g.r
	if k, known := g.k.Const(); known && k < 32 {
		return
	}
	p := r.GVar(r.Lea(r.GAdd(g.outBase, g.times(g.outRow, row)), g.col, g.size, 0))
	for range h {
		for line := 0; line < vectors*g.t.ISA.Bytes(); line += 64 {
			r.Prefetch(asm.Mem{Base: p, Disp: line}, asm.T0)
		}
		g.along(p, g.outRow, 1)
	}
}

// finish stores the sums of a tile and runs the epilogue.
func (g *gen) finish(sums [][]asm.V, row asm.G, mask asm.M) {
	r := g.r
	p := r.GVar(r.Lea(r.GAdd(g.outBase, g.times(g.outRow, row)), g.col, g.size, 0))
	for _, vs := range sums {
		for j, v := range vs {
			m := asm.Mem{Base: p, Disp: j * g.t.ISA.Bytes()}
			k := asm.M{}
			if j == len(vs)-1 {
				k = mask
			}
			if g.c.Accumulate {
				if k.Ok() {
					v = r.Add(v, r.LoadMask(m, k))
				} else {
					v = r.Add(v, r.Load(m))
				}
			}
			if k.Ok() {
				r.StoreMask(m, k, v)
			} else {
				r.Store(m, v)
			}
		}
		g.along(p, g.outRow, 1)
	}
}
