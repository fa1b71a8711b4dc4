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
// It does the rows and columns of the ranges. Before, it copies the rows of A
// to scratch if pack has PackRows, and the columns of B if it has PackCols, as
// far as that is worth it. A later call with the same scratch may leave out
// rows that were copied before, and columns if those of the last call are the
// same. So one goes through ranges of columns, and for each through ranges of
// rows: columns are copied for the first of these, rows for the first columns.
type Plan struct {
	Routine *asm.Routine

	// Rows and Cols are the extents that ranges divide.
	Rows, Cols symbolic.Poly
	// RowStep and ColStep are what ranges begin at a multiple of, and end at
	// one of or at the extent.
	RowStep, ColStep int
	// PacksRows and PacksCols say what the routine may copy.
	PacksRows, PacksCols bool

	k      symbolic.Poly
	lanes  int
	always int // elements of scratch for any ranges
}

// Bits of the parameter pack.
const (
	PackCols = 1
	PackRows = 2
)

func (g *gen) plan() *Plan {
	return &Plan{
		Routine: g.r, Rows: g.m, Cols: g.n, RowStep: 8, ColStep: g.widest() * g.lanes,
		PacksRows: g.a.pack.possible(), PacksCols: g.b.pack.possible(),
		k: g.k, lanes: g.lanes, always: g.tileSize() + 2*cacheLine/g.size,
	}
}

// Scratch is how many elements of scratch a call for so many columns needs.
func (p *Plan) Scratch(cols symbolic.Poly) symbolic.Poly {
	size := symbolic.Int(p.always)
	group := groupRows(p.k, p.lanes)
	if p.PacksRows {
		size = size.Add(p.Rows.Add(symbolic.Int(p.lanes)).Mul(group))
	}
	if p.PacksCols {
		size = size.Add(cols.Add(symbolic.Int(p.lanes)).Mul(group))
	}
	return size
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
