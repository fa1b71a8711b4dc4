package symbolic

import "slices"

// Linear algebra works on the last two axes of its arguments; the axes before
// these are those of many matrices at once. The algorithms are loops of the
// graph over the columns, so whatever is done with a loop is done with them.
// Their derivatives are formulas of the results, and go through no loop.

// A columns is the making of an algorithm over the columns of matrices.
type columns struct {
	g    *Graph
	lead int   // axes before those of the matrix
	n    Poly  // columns
	k    *Node // the number of the column

	since int // nodes made later are of the body
}

func (g *Graph) columns(a *Node) *columns {
	rank := len(a.Shape)
	k := g.Formal("k", nil, Integer)
	return &columns{g, rank - 2, a.Shape[rank-1], k, g.Len()}
}

// at is x where its index along an axis is the column's number.
func (c *columns) at(x *Node, axis int) *Node { return c.g.entry(x, axis, c.k) }

// entry is x where its index along an axis is i, which has the axes of x before
// that one, or none.
func (g *Graph) entry(x *Node, axis int, i *Node) *Node {
	m := &Map{Shape: slices.Delete(slices.Clone(x.Shape), axis, axis+1)}
	for a := range x.Shape {
		switch {
		case a < axis:
			m.Index = append(m.Index, Axis(a))
		case a == axis:
			m.Index = append(m.Index, Operand(0))
		default:
			m.Index = append(m.Index, Axis(a-1))
		}
	}
	return g.access(x, m, g.Broadcast(i, m.Shape, count(0, len(i.Shape))...))
}

// rows compares the number of the row along an axis with i, which has the axes
// before that one, or none.
func (g *Graph) rows(op *OpSpec, shape Shape, axis int, i *Node) *Node {
	return g.Apply(op, nil, g.Iota(shape, axis), g.Broadcast(i, shape, count(0, len(i.Shape))...))
}

// along repeats x, which lacks an axis of shape, over that axis.
func (g *Graph) along(x *Node, shape Shape, axis int) *Node {
	return g.Broadcast(x, shape, slices.Delete(count(0, len(shape)), axis, axis+1)...)
}

// product is the matrix product of the last two axes.
func (g *Graph) matrixProduct(a, b *Node) *Node {
	lead := len(a.Shape) - 2
	full := append(slices.Clone(a.Shape), b.Shape[lead+1])
	x := g.along(a, full, lead+2)
	y := g.along(b, full, lead)
	return g.Sum(g.Mul(x, y), lead+1)
}

// turned is the transpose of the last two axes.
func (g *Graph) turned(a *Node) *Node {
	perm := count(0, len(a.Shape))
	n := len(perm)
	perm[n-2], perm[n-1] = n-1, n-2
	return g.Permute(a, perm...)
}

// triangle keeps of matrices what is on the diagonal, below it where lower is
// set, and else above; half halves the diagonal.
func (g *Graph) triangle(a *Node, lower, half bool) *Node {
	n := len(a.Shape)
	i, j := g.Iota(a.Shape, n-2), g.Iota(a.Shape, n-1)
	if !lower {
		i, j = j, i
	}
	t := g.Select(g.Apply(OpIntLe, nil, j, i), a, g.Like(0, a))
	if half {
		t = g.Select(g.Apply(OpIntEq, nil, i, j), g.Mul(g.Num(0.5), a), t)
	}
	return t
}

// symmetric is half the sum of a matrix and its transpose.
func (g *Graph) symmetric(a *Node) *Node { return g.Mul(g.Num(0.5), g.Add(a, g.turned(a))) }

// matrixSize is the known number of rows of a square matrix, 0 where it is not known.
func matrixSize(a *Node) int {
	n, ok := a.Shape[len(a.Shape)-1].Const()
	if !ok {
		return 0
	}
	return n
}

// element is a[i, j] of each matrix.
func (g *Graph) element(a *Node, i, j int) *Node {
	lead := len(a.Shape) - 2
	m := &Map{Shape: a.Shape[:lead]}
	for k := range lead {
		m.Index = append(m.Index, Axis(k))
	}
	m.Index = append(m.Index, Int(i), Int(j))
	return g.access(a, m)
}

// cofactors are the derivatives of the determinant of a small matrix by its
// elements, as polynomials of these; nil where the matrix is not small.
func (g *Graph) cofactors(a *Node) *Node {
	n := matrixSize(a)
	if n < 1 || n > 3 {
		return nil
	}
	lead := len(a.Shape) - 2
	var parts []*Node
	for i := range n {
		for j := range n {
			at := func(di, dj int) *Node { return g.element(a, (i+di)%n, (j+dj)%n) }
			var c *Node
			switch n {
			case 1:
				c = g.Const(1, a.Shape[:lead], Real)
			case 2:
				if c = at(1, 1); i != j {
					c = g.Neg(c)
				}
			default: // turned so that all signs are positive
				c = g.Sub(g.Mul(at(1, 1), at(2, 2)), g.Mul(at(1, 2), at(2, 1)))
			}
			parts = append(parts, g.Reshape(c, append(slices.Clone(a.Shape[:lead]), Int(1))))
		}
	}
	return g.Reshape(g.Concat(lead, parts...), a.Shape)
}

// identity is the unit matrix in the shape of a.
func (g *Graph) identity(a *Node) *Node {
	n := len(a.Shape)
	return g.ToReal(g.Apply(OpIntEq, nil, g.Iota(a.Shape, n-2), g.Iota(a.Shape, n-1)))
}

// stackedLast takes the first axis, along which a loop has stacked, to place at.
func (g *Graph) stackedLast(x *Node, at int) *Node {
	return g.Permute(x, slices.Insert(count(1, len(x.Shape)-1), at, 0)...)
}

// pivot looks in a column for the greatest element that is not above the
// diagonal, and changes the rows of m so that it is on it. It returns the row,
// what is in it in that column, the rows, and whether they were changed.
func (c *columns) pivot(m *Node) (row, head, rows, swapped *Node) {
	g := c.g
	col := c.at(m, c.lead+1)
	size := g.Select(g.rows(OpIntLt, col.Shape, c.lead, c.k), g.Like(-1, col), g.Apply(OpAbs, nil, col))
	p := g.Apply(OpArgmax, Axes{c.lead}, size)
	row, here := g.entry(m, c.lead, p), c.at(m, c.lead)
	rows = g.Select(g.rows(OpIntEq, m.Shape, c.lead, p), g.along(here, m.Shape, c.lead), m)
	rows = g.Select(g.rows(OpIntEq, m.Shape, c.lead, c.k), g.along(row, m.Shape, c.lead), rows)
	swapped = g.Apply(OpIntNe, nil, p, g.Broadcast(c.k, p.Shape))
	return row, c.at(row, c.lead), rows, swapped
}

// cleared takes from the rows of m a multiple of the given row, so that their
// elements in this column vanish. It leaves the rows for which but holds of
// their number and the column's.
func (c *columns) cleared(m, row *Node, but *OpSpec) *Node {
	g := c.g
	col := c.at(m, c.lead+1)
	factor := g.Select(g.rows(but, col.Shape, c.lead, c.k), g.Like(0, col), col)
	return g.Sub(m, g.Mul(g.along(factor, m.Shape, c.lead+1), g.along(row, m.Shape, c.lead)))
}
