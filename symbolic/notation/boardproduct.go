package notation

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// commonFactor writes a·b ± a·c as a·(b ± c), where the factors are scalars or
// all of one shape.
func commonFactor(op *symbolic.OpSpec, a, b *Expr) (*Expr, bool) {
	product := func(e *Expr) bool { return e.Kind == Apply && e.Op == symbolic.OpMul }
	if !product(a) || !product(b) || Text(a.Args[0]) != Text(b.Args[0]) || rank(a.Args[1]) != rank(b.Args[1]) {
		return nil, false
	}
	return apply(symbolic.OpMul, a.Args[0], apply(op, a.Args[1], b.Args[1])), true
}

// factors takes a product apart.
func factors(e *Expr) []*Expr {
	if e.Kind == Apply && e.Op == symbolic.OpMul {
		return append(factors(e.Args[0]), factors(e.Args[1])...)
	}
	return []*Expr{e}
}

// gather writes the factors of a product: numbers, and what has the same axes
// together.
func (w *boardWriter) gather(fs []*Expr) (scalars []*Expr, parts []matrix, ok bool) {
	for _, f := range fs {
		m, ok := w.whole(f)
		if !ok {
			return nil, nil, false
		}
		if len(m.axes) == 0 {
			scalars = append(scalars, m.Expr)
			continue
		}
		at := slices.IndexFunc(parts, func(p matrix) bool { return slices.Equal(p.axes, m.axes) })
		if at < 0 {
			parts = append(parts, m)
			continue
		}
		parts[at] = matrix{apply(symbolic.OpMul, parts[at].Expr, m.Expr), m.axes}
	}
	return scalars, parts, true
}

// coefficient puts the numbers among scalars together, in front; a 1 goes
// unless nothing else is there.
func coefficient(scalars []*Expr, alone bool) []*Expr {
	c := 1.0
	var rest []*Expr
	for _, e := range scalars {
		for e.Kind == Apply && e.Op == symbolic.OpDiv && e.Args[1].Kind == Number && e.Args[1].Num != 0 {
			c, e = c/e.Args[1].Num, e.Args[0]
		}
		if e.Kind == Number {
			c *= e.Num
			continue
		}
		rest = append(rest, e)
	}
	if c == 1 && (len(rest) > 0 || !alone) {
		return rest
	}
	return append([]*Expr{num(c)}, rest...)
}

func scaled(scalars []*Expr, m matrix) matrix {
	for i := len(scalars) - 1; i >= 0; i-- {
		m = matrix{apply(symbolic.OpMul, scalars[i], m.Expr), m.axes}
	}
	return m
}

// product joins factors, summed over the indices over: Wx, Wᵀδ, uᵀv, δxᵀ.
func (w *boardWriter) product(fs []*Expr, over []string) (matrix, bool) {
	scalars, parts, ok := w.gather(fs)
	if !ok {
		return matrix{}, false
	}
	scalars = coefficient(scalars, len(parts) == 0)
	inner := func(m matrix) bool {
		return slices.ContainsFunc(m.axes, func(s string) bool { return slices.Contains(over, s) })
	}
	switch {
	case len(parts) == 0 && len(over) == 0:
		return scaled(scalars[:len(scalars)-1], matrix{scalars[len(scalars)-1], nil}), true
	case len(parts) == 1 && len(over) == 0:
		return scaled(scalars, parts[0]), true
	case len(parts) == 1:
		m, ok := foldAll(parts[0], over)
		return scaled(scalars, m), ok
	case len(parts) == 2 && len(over) == 0 && len(parts[0].axes) == 1 && len(parts[1].axes) == 1:
		u, v := parts[0], parts[1]
		return scaled(scalars, matrix{times(u.Expr, transpose(v.Expr)), []string{u.axes[0], v.axes[0]}}), true
	case len(parts) == 2 && len(over) == 0:
		a, b := parts[0], parts[1]
		if len(a.axes) < len(b.axes) {
			a, b = b, a
		}
		x, ok := fit(b, a.axes)
		return scaled(scalars, matrix{apply(symbolic.OpMul, a.Expr, x), a.axes}), ok
	case len(parts) == 2 && len(over) == 1 && inner(parts[0]) && inner(parts[1]):
		m, ok := contract(parts[0], parts[1], over[0])
		return scaled(scalars, m), ok
	case len(parts) == 3 && len(over) == 1:
		// A vector beside a matrix with that vector's index only outside the
		// sum stands outside of it: u∘(W v).
		for i, p := range parts {
			if !inner(p) {
				rest := append(slices.Clone(parts[:i]), parts[i+1:]...)
				if !inner(rest[0]) || !inner(rest[1]) {
					continue
				}
				m, ok := contract(rest[0], rest[1], over[0])
				if !ok || !slices.Equal(m.axes, p.axes) {
					continue
				}
				return scaled(scalars, matrix{apply(symbolic.OpMul, p.Expr, m.Expr), p.axes}), true
			}
		}
	}
	return matrix{}, false
}

// foldAll is the sum of all elements of m.
func foldAll(m matrix, over []string) (matrix, bool) {
	if len(m.axes) != len(over) {
		return matrix{}, false
	}
	for _, s := range over {
		if !slices.Contains(m.axes, s) {
			return matrix{}, false
		}
	}
	if e := m.Expr; e.Kind == Apply && e.Op == symbolic.OpMul && len(over) == 1 {
		if fs := factors(e); len(fs) == 2 && rank(fs[0]) == 1 && rank(fs[1]) == 1 {
			return matrix{times(transpose(fs[0]), fs[1]), nil}, true
		}
	}
	return matrix{&Expr{Kind: Fold, Op: symbolic.OpSum, Args: []*Expr{m.Expr}}, nil}, true
}

// rank is 0 for what may be a scalar: a product with it is not one of vectors.
func rank(e *Expr) int {
	switch e.Kind {
	case Name, Chain:
		if e.Extent != nil {
			return len(e.Extent)
		}
		return len(e.Value.Dims()) - len(e.At)
	case OneHot, Stack:
		return 1
	case Rows:
		return rank(e.Args[0]) + len(e.Value.Shape) - 1
	case Apply, Prime:
		n := 0
		for _, a := range e.Args {
			n = max(n, rank(a))
		}
		return n
	case Product:
		return 2 - b2i(rank(e.Args[1]) == 1 && e.Args[1].Kind != Transpose)
	case Transpose:
		return 2
	case Big:
		return rank(e.Args[0])
	case Call:
		if e.Index != nil {
			return 0
		}
		return len(e.Extent)
	}
	return 0
}

// contract is the sum over r of the products of a's and b's elements.
func contract(a, b matrix, r string) (matrix, bool) {
	if len(a.axes) > 2 || len(b.axes) > 2 {
		return matrix{}, false
	}
	if len(a.axes) == 1 && len(b.axes) == 2 {
		a, b = b, a
	}
	left, right := a.Expr, b.Expr
	var axes []string
	for _, s := range slices.Concat(a.axes, b.axes) {
		if s != r {
			axes = append(axes, s)
		}
	}
	if len(axes) == 2 && axes[0] == axes[1] {
		return matrix{}, false
	}
	if a.axes[0] == r {
		left = transpose(left)
	}
	if len(b.axes) == 2 && b.axes[1] == r {
		right = transpose(right)
	}
	return matrix{times(left, right), axes}, true
}

func times(a, b *Expr) *Expr { return &Expr{Kind: Product, Args: []*Expr{a, b}} }

// transpose turns e; a product's factors change places.
func transpose(e *Expr) *Expr {
	switch e.Kind {
	case Transpose:
		return e.Args[0]
	case Number, Count:
		return e
	case Product:
		return times(transpose(e.Args[1]), transpose(e.Args[0]))
	case Apply:
		if e.Op == symbolic.OpMul && rank(e.Args[0]) == 0 {
			return apply(e.Op, e.Args[0], transpose(e.Args[1]))
		}
	}
	return &Expr{Kind: Transpose, Args: []*Expr{e}}
}
