package frontend

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// matrix takes argument i as a square matrix.
func (k *bcall) matrix(i int) (*tensor, bool) {
	t, ok := k.real(k.args[i], k.at[i])
	if !ok {
		return nil, false
	}
	if len(t.shape) != 2 || !t.shape[0].Equal(t.shape[1]) {
		d := k.errorAt(i, "%s takes a square matrix, and %s is %s", k.f.name, short(k.text(k.at[i])), describe(t))
		if len(t.shape) > 2 {
			d.Hintf("for many of them: Y[i] = %s(…[i])", k.f.name)
		}
		return nil, false
	}
	return t, true
}

// ofMatrix is a function of one square matrix.
func (k *bcall) ofMatrix() value {
	if !k.arity(1) {
		return poison{}
	}
	a, ok := k.matrix(0)
	if !ok {
		return poison{}
	}
	n := k.g.Apply(symbolic.Lookup(k.f.name), nil, a.node)
	out := &tensor{node: n, axes: a.axes, shape: n.Shape[len(a.axes):]}
	if len(out.shape) > 0 {
		out.names = a.names
	}
	return out
}

// solve is A⁻¹b, for a vector or the columns of a matrix; lsolve and usolve take
// a triangle.
func (k *bcall) solve() value {
	if !k.arity(2) {
		return poison{}
	}
	a, ok := k.matrix(0)
	b, ok2 := k.real(k.args[1], k.at[1])
	if !ok || !ok2 {
		return poison{}
	}
	if rank := len(b.shape); rank < 1 || rank > 2 || !b.shape[0].Equal(a.shape[0]) {
		d := k.errorf(k.x.Span(), "%s takes a matrix and a vector or matrix of as many rows", k.f.name)
		k.side(k.side(d, k.at[0], a), k.at[1], b)
		return poison{}
	}
	return k.solved(a, b)
}

func (k *bcall) solved(a, b *tensor) *tensor {
	axes := unite(a, b)
	shape := b.shape
	if len(shape) == 1 { // a matrix of one column
		shape = append(slices.Clone(shape), symbolic.Int(1))
	}
	x := k.spread(a, axes, a.shape)
	y := k.g.Reshape(k.spread(b, axes, b.shape), dims(axes, shape))
	var n *symbolic.Node
	switch k.f.name {
	case "lsolve", "usolve":
		n = k.g.Apply(symbolic.OpTriSolve, symbolic.Lower(k.f.name == "lsolve"), x, y)
	default:
		n = k.g.Apply(symbolic.OpSolve, nil, x, y)
	}
	return &tensor{node: k.g.Reshape(n, dims(axes, b.shape)), axes: axes, shape: b.shape, names: b.names}
}

// inverse solves for the unit vectors.
func (k *bcall) inverse() value {
	if !k.arity(1) {
		return poison{}
	}
	a, ok := k.matrix(0)
	if !ok {
		return poison{}
	}
	one := k.g.ToReal(k.g.Apply(symbolic.OpIntEq, nil, k.g.Iota(a.shape, 0), k.g.Iota(a.shape, 1)))
	return k.solved(a, &tensor{node: one, shape: a.shape})
}
