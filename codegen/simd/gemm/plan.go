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

	// Rows and Cols are the extents that ranges divide: M and N of the
	// contraction, or N and M where the routine has them in each other's place.
	Rows, Cols symbolic.Poly
	Turned     bool
	// RowStep and ColStep are what ranges begin at a multiple of, and end at
	// one of or at the extent.
	RowStep, ColStep int
	// OneByOne says that different rows change the same element, so that ranges
	// of rows are to be done one after the other, in order, by one thread.
	// Columns can be divided always.
	OneByOne bool
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

func (g *gen) plan(turned bool) *Plan {
	return &Plan{
		Routine: g.r, Rows: g.m, Cols: g.n, Turned: turned, RowStep: max(tallest, g.lanes), ColStep: g.colStep(),
		PacksRows: g.packs[0], PacksCols: g.packs[1],
		OneByOne: !storesAll(g.c, g.c.Row),
		k:        g.k, lanes: g.lanes, always: g.tileSize() + 2*cacheLine/g.size,
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

// colStep is what both forms divide columns by, of those that may be taken.
func (g *gen) colStep() int {
	tile, bundle := g.widest()*g.lanes, g.bundleSize()
	switch dots := g.prefersDots(); {
	case dots == never:
		return tile
	case dots.known:
		return bundle
	}
	step := tile
	for step%bundle != 0 {
		step += tile
	}
	return step
}

// Ranges proposes how many rows and columns a call should do where the sizes
// are these: about sixteen million operations, a fifth of a millisecond or
// less, and columns enough for a row that is read to be used a few times.
func (p *Plan) Ranges(rows, cols, k int) (atRows, atCols int) {
	const ops = 1 << 24
	fit := func(n, other, step, least int) int {
		n = min(n, max(least, ops/max(1, 2*other*k)))
		return max(step, (n+step-1)/step*step)
	}
	atCols = fit(cols, rows, p.ColStep, 2*p.ColStep)
	atRows = fit(rows, min(atCols, cols), p.RowStep, p.RowStep)
	return atRows, atCols
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
