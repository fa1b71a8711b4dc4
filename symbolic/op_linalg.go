package symbolic

import (
	"errors"
	"fmt"
	"slices"
)

// square reports matrices that are none, or are not square.
func square(a *Node) error {
	n := len(a.Shape)
	if n < 2 || !a.Shape[n-1].Equal(a.Shape[n-2]) || a.Type != Real {
		return fmt.Errorf("%s %s is no square matrix", a.Type, a.Shape)
	}
	return nil
}

// ofMatrix infers operators of one square matrix.
func ofMatrix(scalar bool) func(Attr, []*Node) (Shape, Type, error) {
	return func(_ Attr, args []*Node) (Shape, Type, error) {
		shape := args[0].Shape
		if err := square(args[0]); err != nil {
			return nil, 0, err
		}
		if scalar {
			shape = shape[:len(shape)-2]
		}
		return shape, Real, nil
	}
}

// ofSystem infers operators of a square matrix and right-hand sides.
func ofSystem(_ Attr, args []*Node) (Shape, Type, error) {
	a, b := args[0], args[1]
	if err := square(a); err != nil {
		return nil, 0, err
	}
	n := len(a.Shape)
	if len(b.Shape) != n || !a.Shape[:n-1].Equal(b.Shape[:n-1]) || b.Type != Real {
		return nil, 0, errors.New("right-hand sides do not fit")
	}
	return b.Shape, Real, nil
}

// Lower is the attribute of trisolve: whether the matrix is a lower triangle.
type Lower bool

// Key is true or false.
func (l Lower) Key() string { return fmt.Sprint(bool(l)) }

var (
	// OpCholesky is L with L Lᵀ = A.
	OpCholesky = named("cholesky")
	// OpTriSolve is T⁻¹B for a triangle T.
	OpTriSolve = named("trisolve")
	// OpSolve is A⁻¹B.
	OpSolve = named("solve")
	// OpDet is the determinant.
	OpDet = named("det")
	// OpLogDet is the logarithm of its size.
	OpLogDet = named("logdet")
)

func init() {
	Register(OpSpec{
		Name: "cholesky", Doc: "The lower triangle L with L Lᵀ = A, of the symmetric part of A.", Args: 1, Class: Composite, Batched: true,
		InferFn: ofMatrix(false), Expand: expandCholesky,
		Grad: func(g *Graph, y, dy *Node) []*Node {
			p := g.triangle(g.matrixProduct(g.turned(y), dy), true, true)
			s := g.trisolve(g.turned(y), p, false)
			return []*Node{g.symmetric(g.turned(g.trisolve(g.turned(y), g.turned(s), false)))}
		},
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			return g.timesNil(dx[0], func(d *Node) *Node {
				s := g.trisolve(y, g.symmetric(d), true)
				s = g.turned(g.trisolve(y, g.turned(s), true))
				return g.matrixProduct(y, g.triangle(s, true, true))
			})
		},
		Math: "cholesky(%s)",
	})
	Register(OpSpec{
		Name: "trisolve", Doc: "T⁻¹B for a lower or an upper triangle T.", Args: 2, Class: Composite, Batched: true,
		InferFn: ofSystem, Expand: expandTriSolve,
		Grad: func(g *Graph, y, dy *Node) []*Node {
			lower := bool(y.Attr.(Lower))
			b := g.trisolve(g.turned(y.Args[0]), dy, !lower)
			return []*Node{g.Neg(g.triangle(g.matrixProduct(b, g.turned(y)), lower, false)), b}
		},
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			lower := bool(y.Attr.(Lower))
			d := g.sumOf(dx[1], g.timesNil(dx[0], func(d *Node) *Node {
				return g.Neg(g.matrixProduct(g.triangle(d, lower, false), y))
			}))
			return g.trisolve(y.Args[0], d, lower)
		},
		Math: "trisolve(%s, %s)",
	})
	Register(OpSpec{
		Name: "solve", Doc: "A⁻¹B, by elimination with the greatest pivot of each column.", Args: 2, Class: Composite, Batched: true,
		InferFn: ofSystem, Expand: expandSolve,
		Grad: func(g *Graph, y, dy *Node) []*Node {
			b := g.Apply(OpSolve, nil, g.turned(y.Args[0]), dy)
			return []*Node{g.Neg(g.matrixProduct(b, g.turned(y))), b}
		},
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			d := g.sumOf(dx[1], g.timesNil(dx[0], func(d *Node) *Node { return g.Neg(g.matrixProduct(d, y)) }))
			return g.Apply(OpSolve, nil, y.Args[0], d)
		},
		Math: "solve(%s, %s)",
	})
	// Both have the derivative A⁻ᵀ, times the determinant or not. That of a small matrix's
	// determinant is made of its cofactors, which are finite where A is singular, too.
	determinant := func(name, doc string, expand func(*Graph, Attr, []*Node) *Node, small func(*Graph, *Node) *Node, times func(g *Graph, y, d *Node) *Node) {
		Register(OpSpec{
			Name: name, Doc: doc, Args: 1, Class: Composite, Batched: true,
			InferFn: ofMatrix(true), Expand: expand,
			Grad: func(g *Graph, y, dy *Node) []*Node {
				a := y.Args[0]
				if c := small(g, a); c != nil {
					return []*Node{g.Mul(g.Broadcast(dy, a.Shape, count(0, len(y.Shape))...), c)}
				}
				inv := g.Apply(OpSolve, nil, g.turned(a), g.identity(a))
				return []*Node{g.Mul(g.Broadcast(times(g, y, dy), a.Shape, count(0, len(y.Shape))...), inv)}
			},
			Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
				return g.timesNil(dx[0], func(d *Node) *Node {
					if c := small(g, y.Args[0]); c != nil {
						return g.Sum(g.Mul(c, d), len(y.Shape), len(y.Shape)+1)
					}
					x := g.Apply(OpSolve, nil, y.Args[0], d)
					m := &Map{Shape: x.Shape[:len(x.Shape)-1]}
					for a := range m.Shape {
						m.Index = append(m.Index, Axis(a))
					}
					m.Index = append(m.Index, Axis(len(m.Shape)-1))
					return times(g, y, g.Sum(g.access(x, m), len(m.Shape)-1))
				})
			},
			Math: name + "(%s)",
		})
	}
	determinant("det", "The determinant of A.", expandDet, (*Graph).cofactors, func(g *Graph, y, d *Node) *Node { return g.Mul(d, y) })
	determinant("logdet", "log |det A|.", expandLogDet, func(*Graph, *Node) *Node { return nil }, func(g *Graph, y, d *Node) *Node { return d })
}

func (g *Graph) trisolve(t, b *Node, lower bool) *Node {
	return g.Apply(OpTriSolve, Lower(lower), t, b)
}

// expandCholesky takes from what is left of the matrix, column by column, the
// outer product of the column of L.
func expandCholesky(g *Graph, _ Attr, x []*Node) *Node {
	a := g.symmetric(x[0])
	c := g.columns(a)
	m := g.Formal("M", a.Shape, Real)
	col := c.at(m, c.lead+1)
	root := g.Apply(Lookup("sqrt"), nil, c.at(col, c.lead))
	col = g.Select(g.rows(OpIntLt, col.Shape, c.lead, c.k), g.Like(0, col), g.Div(col, g.along(root, col.Shape, c.lead)))
	next := g.Sub(m, g.Mul(g.along(col, m.Shape, c.lead+1), g.along(col, m.Shape, c.lead)))
	_, out := g.Close(&Body{
		Count: c.n, Index: c.k, Carry: []*Node{m}, Init: []*Node{a}, Next: []*Node{next}, Emit: []*Node{col}, Since: c.since,
	})
	return g.stackedLast(out[0], c.lead+1)
}

// expandTriSolve finds one row of the solution after the other, and takes it out
// of the equations that are left.
func expandTriSolve(g *Graph, attr Attr, x []*Node) *Node {
	t, b := x[0], x[1]
	c := g.columns(t)
	r := g.Formal("R", b.Shape, Real)
	diagonal := c.at(c.at(t, c.lead), c.lead)
	row := c.at(r, c.lead)
	row = g.Div(row, g.Broadcast(diagonal, row.Shape, count(0, c.lead)...))
	left := OpIntLt // rows before this one
	if attr.(Lower) {
		left = OpIntLe
	}
	col := c.at(t, c.lead+1)
	done := g.rows(left, col.Shape, c.lead, c.k)
	if !attr.(Lower) {
		done = g.Apply(OpNot, nil, done)
	}
	col = g.Select(done, g.Like(0, col), col)
	next := g.Sub(r, g.Mul(g.along(col, r.Shape, c.lead+1), g.along(row, r.Shape, c.lead)))
	_, out := g.Close(&Body{
		Count: c.n, Reverse: !bool(attr.(Lower)), Index: c.k, Carry: []*Node{r}, Init: []*Node{b},
		Next: []*Node{next}, Emit: []*Node{row}, Since: c.since,
	})
	return g.stackedLast(out[0], c.lead)
}

// expandSolve makes the matrix the identity by operations on rows, which make
// the solution of the right-hand sides.
func expandSolve(g *Graph, _ Attr, x []*Node) *Node {
	c := g.columns(x[0])
	both := g.Concat(c.lead+1, x[0], x[1])
	m := g.Formal("M", both.Shape, Real)
	row, head, rows, _ := c.pivot(m)
	row = g.Div(row, g.along(head, row.Shape, c.lead))
	next := c.cleared(rows, row, OpIntEq)
	next = g.Select(g.rows(OpIntEq, m.Shape, c.lead, c.k), g.along(row, m.Shape, c.lead), next)
	last, _ := g.Close(&Body{
		Count: c.n, Index: c.k, Carry: []*Node{m}, Init: []*Node{both}, Next: []*Node{next}, Since: c.since,
	})
	return g.Slice(last[0], c.lead+1, c.n, x[1].Shape[c.lead+1])
}

func expandDet(g *Graph, _ Attr, x []*Node) *Node {
	if c := g.cofactors(x[0]); c != nil {
		rank := len(c.Shape)
		var sum *Node
		for j := range matrixSize(c) {
			t := g.Mul(g.element(x[0], 0, j), g.element(c, 0, j))
			if sum == nil {
				sum = t
			} else {
				sum = g.Add(sum, t)
			}
		}
		return g.Reshape(sum, c.Shape[:rank-2])
	}
	return g.pivots(x[0], 1, func(so, head, swapped *Node) *Node {
		return g.Mul(so, g.Select(swapped, g.Neg(head), head))
	})
}

func expandLogDet(g *Graph, _ Attr, x []*Node) *Node {
	return g.pivots(x[0], 0, func(so, head, _ *Node) *Node {
		return g.Add(so, g.Apply(OpLog, nil, g.Apply(OpAbs, nil, head)))
	})
}

// pivots goes through the pivots of elimination.
func (g *Graph) pivots(a *Node, from float64, step func(so, head, swapped *Node) *Node) *Node {
	c := g.columns(a)
	m := g.Formal("M", a.Shape, Real)
	so := g.Formal("", a.Shape[:c.lead], Real)
	row, head, rows, swapped := c.pivot(m)
	scaled := g.Div(row, g.along(head, row.Shape, c.lead))
	next := c.cleared(rows, scaled, OpIntLe)
	last, _ := g.Close(&Body{
		Count: c.n, Index: c.k, Carry: []*Node{m, so}, Init: []*Node{a, g.Const(from, slices.Clone(so.Shape), Real)},
		Next: []*Node{next, step(so, head, swapped)}, Since: c.since,
	})
	return last[1]
}
