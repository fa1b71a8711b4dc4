package gemm

import (
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A Plan is a contraction as assembly. Its routine takes the parameters of the
// kernel, and after them
//
//	rowLo, rowHi, colLo, colHi int, pack int, scratch []float32 (or float64)
//
// It does the rows and columns of the ranges. If Packs, it first copies the
// columns of B to scratch where pack is not 0; later calls for other rows of
// the same columns with the same scratch may say 0.
type Plan struct {
	Routine *asm.Routine

	// Rows and Cols are the extents that ranges divide.
	Rows, Cols symbolic.Poly
	// RowStep and ColStep are what ranges begin at a multiple of, and end at
	// one of or at the extent.
	RowStep, ColStep int
	// Packs says that the routine copies columns of B.
	Packs bool

	k      symbolic.Poly
	lanes  int
	always int // elements of scratch for any columns
}

func (g *gen) plan() *Plan {
	return &Plan{
		Routine: g.r, Rows: g.m, Cols: g.n, RowStep: 8, ColStep: g.widest() * g.lanes,
		Packs: g.packs, k: g.k, lanes: g.lanes, always: g.tileSize(),
	}
}

// Scratch is how many elements of scratch a call for so many columns needs.
func (p *Plan) Scratch(cols symbolic.Poly) symbolic.Poly {
	always := symbolic.Int(p.always)
	if !p.Packs {
		return always
	}
	return always.Add(cols.Add(symbolic.Int(p.lanes)).Mul(groupRows(p.k, p.lanes)))
}

// groupRows is the number of vectors that the columns of one take, packed, at
// most.
func groupRows(k symbolic.Poly, lanes int) symbolic.Poly {
	return k.Add(symbolic.Int(lanes))
}

// Ops is the number of multiplications and additions.
func (p *Plan) Ops() symbolic.Poly {
	return p.Rows.Mul(p.Cols).Mul(p.k).Scale(2, 1)
}
