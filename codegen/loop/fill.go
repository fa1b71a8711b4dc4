package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// What accumulates in memory starts from a value that is laid there first.

// fillAt is the depth at which v is set to what accumulating starts from: just
// outside of the first loop that accumulates, or that not all writers share.
func (v *value) fillAt() (int, bool) {
	first := v.writers[0]
	if first.late {
		return 0, true
	}
	if first.combine == nil || !first.inArray() && len(v.writers) == 1 {
		return 0, false
	}
	depth := first.loops()
	for _, c := range v.writers {
		r, _ := c.firstReduced()
		d := 0
		for d < min(depth, r) && c.path[d] == first.path[d] && c.loopAt(d).out == first.loopAt(d).out {
			d++
		}
		depth = d
	}
	return depth, true
}

// zero fills c's target before its first writer accumulates.
func (e *emitter) zero(c *comp, depth int) {
	v := c.target
	at, fill := v.fillAt()
	if !fill || at != depth || v.filled {
		return
	}
	v.filled = true
	if v.buf == nil {
		v.v = e.valueVar(v)
		e.add(&Acc{Var: v.v, Init: c.unit})
		return
	}
	// Axes of the loops outside are fixed; of the others everything is filled,
	// in a tile the elements of its rows.
	f := &filling{v: v, fixed: make([]*symbolic.Poly, len(v.node.Shape)), unit: c.unit, rows: -1}
	for d := range depth {
		a := c.loopAt(d)
		if a.tile {
			f.tile, f.rows = c.path[d], a.out
			continue
		}
		at := symbolic.Sym(c.path[d].name)
		if a.out == f.rows {
			at, f.rows = at.Add(symbolic.Sym(f.tile.name)), -1
		}
		f.fixed[a.out] = &at
	}
	e.fill(f)
}

// A filling is what is to be set to unit: all elements of v that agree with the
// fixed indices.
type filling struct {
	v     *value
	fixed []*symbolic.Poly
	unit  float64
	tile  *group // the rows of this tile only,
	rows  int    // along this axis; -1: along none
}

func (e *emitter) fill(f *filling) {
	v := f.v
	free, length := false, symbolic.Int(1)
	index := make([]symbolic.Poly, len(f.fixed))
	for k := range v.node.Shape {
		if v.lost[k] {
			continue
		}
		if (f.fixed[k] != nil || k == f.rows) && free { // not in one piece
			e.fillPieces(f)
			return
		}
		switch {
		case f.fixed[k] != nil:
			index[k] = *f.fixed[k]
		case k == f.rows:
			free, index[k] = true, symbolic.Sym(f.tile.name)
			length = length.Mul(symbolic.Sym(f.tile.rows))
		default:
			free = true
			length = length.Mul(v.dim(k))
		}
	}
	from := v.flat(index)
	if !free {
		e.add(&Store{Buf: v.buf, Index: from, Value: &Const{Value: f.unit, Type: v.node.Type}})
		return
	}
	e.add(&Fill{Buf: v.buf, From: from, Len: length, Value: f.unit})
}

// fillPieces fixes the first free axis with a loop and fills the rest.
func (e *emitter) fillPieces(f *filling) {
	k := 0
	for f.v.lost[k] || f.fixed[k] != nil {
		k++
	}
	piece := *f
	piece.fixed = slices.Clone(f.fixed)
	loop := &Loop{Extent: f.v.dim(k)}
	if k == f.rows {
		loop.Extent = symbolic.Sym(f.tile.rows)
	}
	loop.Body = e.scope(func() {
		loop.Var = e.counter(&group{})
		at := symbolic.Sym(loop.Var.Name)
		if k == f.rows {
			at, piece.rows = at.Add(symbolic.Sym(f.tile.name)), -1
		}
		piece.fixed[k] = &at
		e.fill(&piece)
	})
	e.add(loop)
}
