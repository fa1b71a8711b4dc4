package frontend

import (
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// matmul is a @ b: vectors, matrices, and matrices under leading dims.
func (c *ctx) matmul(x *parser.Binary, a, b value) value {
	s, ok := c.real(a, x.X)
	t, ok2 := c.real(b, x.Y)
	if !ok || !ok2 {
		return poison{}
	}
	fail := func(hint string, args ...any) value {
		d := c.errorf(x.Span(), "cannot multiply %s", short(c.text(x)))
		c.side(c.side(d, x.X, s), x.Y, t).Hintf(hint, args...)
		return poison{}
	}
	nameA, nameB := short(c.text(x.X)), short(c.text(x.Y))
	ra, rb := len(s.shape), len(t.shape)
	switch {
	case ra == 0 || rb == 0:
		return fail("@ multiplies matrices and vectors; a number multiplies by *")
	case ra == 1 && rb == 1:
		return fail("the product of two vectors is dot(%s, %s); of each element, %s * %s", nameA, nameB, nameA, nameB)
	}
	inA, inB := s.shape[ra-1], t.shape[max(rb-2, 0)]
	if !inA.Equal(inB) {
		switch {
		case rb == 1:
			return fail("the last dim of %s must equal the only dim of %s", nameA, nameB)
		case ra == 1:
			return fail("the only dim of %s must equal the second last of %s", nameA, nameB)
		}
		return fail("the last dim of %s must equal the first of the matrix %s", nameA, nameB)
	}
	// Over [leading…, rows, columns, inner]; rows or columns are absent for a vector.
	leadA, leadB := s.shape[:max(ra-2, 0)], t.shape[:max(rb-2, 0)]
	if !fits(leadA, leadB) {
		return fail("the leading dims of both must be the same, or those of one the end of the other's")
	}
	lead, names := leadA, mergeNames(&tensor{shape: leadA, names: cut(s.names, len(leadA))}, &tensor{shape: leadB, names: cut(t.names, len(leadB))})
	if len(leadB) > len(lead) {
		lead = leadB
	}
	shape := append(symbolic.Shape{}, lead...)
	rows, cols := -1, -1
	if ra > 1 {
		rows, shape, names = len(shape), append(shape, s.shape[ra-2]), append(names, s.dimName(ra-2))
	}
	if rb > 1 {
		cols, shape, names = len(shape), append(shape, t.shape[rb-1]), append(names, t.dimName(rb-1))
	}
	axes := unite(s, t)
	full := dims(axes, append(shape[:len(shape):len(shape)], inA))
	n := len(axes)
	place := func(v *tensor, lead, own, inner int, innerLast bool) *symbolic.Node {
		var to []int
		for _, ax := range v.axes {
			to = append(to, indexOf(axes, ax))
		}
		for i := range lead {
			to = append(to, n+max(len(leadA), len(leadB))-lead+i)
		}
		switch {
		case own < 0:
			to = append(to, inner)
		case innerLast:
			to = append(to, n+own, inner)
		default:
			to = append(to, inner, n+own)
		}
		return c.g.Broadcast(v.node, full, to...)
	}
	last := len(full) - 1
	left := place(s, len(leadA), rows, last, true)
	right := place(t, len(leadB), cols, last, false)
	out := c.g.Sum(c.g.Mul(left, right), last)
	return &tensor{node: out, axes: axes, shape: shape, names: names}
}

func cut(names []string, n int) []string { return names[:min(n, len(names))] }

func indexOf(axes []*axis, a *axis) int {
	for i, b := range axes {
		if a == b {
			return i
		}
	}
	return -1
}
