package symbolic

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Map is the attribute of access and scatter: it says, for an element of the
// access's result (or of the scatter's argument) at axes #0, #1, …, which
// element of the other side belongs to it.
type Map struct {
	Shape Shape // of the access's result; of the scatter's result
	Index []Poly
	Guard []Cond // where one fails there is no element: 0 is read, nothing is added
}

// A Cond is a condition on indices.
type Cond struct {
	Kind CondKind
	E    Poly
	Mod  int // of Divides
}

// CondKind tells the conditions apart.
type CondKind uint8

const (
	NonNeg  CondKind = iota // E ≥ 0
	Zero                    // E = 0
	Divides                 // Mod divides E
)

// With is the same condition on e, with whole coefficients: e need not be whole
// where the condition fails, and the arithmetic of indices is whole.
func (c Cond) With(e Poly) Cond {
	den := int64(1)
	e.Terms(func(_, d int64, _ []string) { den = lcm(den, d) })
	c.E = e.Scale(den, 1)
	c.Mod *= int(den)
	return c
}

func (c Cond) String() string {
	switch c.Kind {
	case NonNeg:
		return c.E.String() + " >= 0"
	case Zero:
		return c.E.String() + " == 0"
	}
	return fmt.Sprintf("%d | %s", c.Mod, c.E)
}

// Key is the map in normal form.
func (m *Map) Key() string { return m.String() }

func (m *Map) String() string {
	parts := make([]string, len(m.Index))
	for i, e := range m.Index {
		parts[i] = e.String()
	}
	s := m.Shape.String() + " <- [" + strings.Join(parts, ", ") + "]"
	for i, c := range m.Guard {
		s += []string{" if ", " && "}[min(i, 1)] + c.String()
	}
	return s
}

// OpAccess reads out[i…] = x[e(i)…]: transposes, slices, broadcasts, diagonals,
// padding, strides, windows, and with index operands gathers. It is the one
// way in which a value is seen at other indices.
var OpAccess = named("access")

func init() {
	Register(OpSpec{
		Name:  "access",
		Doc:   "Reads the elements of its first argument at computed indices; later arguments are index operands in the result's shape.",
		Args:  -1,
		Class: Movement,
		InferFn: func(attr Attr, args []*Node) (Shape, Type, error) {
			m, ok := attr.(*Map)
			if !ok || len(m.Index) != len(args[0].Shape) {
				return nil, 0, errors.New("needs an index for every axis")
			}
			for _, a := range args[1:] {
				if a.Type != Integer || !a.Shape.Equal(m.Shape) {
					return nil, 0, fmt.Errorf("index operand is %s %s, want int %s", a.Type, a.Shape, m.Shape)
				}
			}
			return m.Shape, args[0].Type, nil
		},
		Run:    runAccess,
		Linear: true,
		Grad:   accessGrad,
	})
}

// OpScatter is the transpose of access: out[e(i)…] = Σ x[i…].
var OpScatter = named("scatter")

func init() {
	Register(OpSpec{
		Name:  "scatter",
		Doc:   "Adds each element of its first argument to the result at a computed index, in order; the rest is zero.",
		Args:  -1,
		Class: Scatter,
		InferFn: func(attr Attr, args []*Node) (Shape, Type, error) {
			m, ok := attr.(*Map)
			if !ok || len(m.Index) != len(m.Shape) {
				return nil, 0, errors.New("needs an index for every axis")
			}
			for _, a := range args[1:] {
				if a.Type != Integer || !a.Shape.Equal(args[0].Shape) {
					return nil, 0, fmt.Errorf("index operand is %s %s, want int %s", a.Type, a.Shape, args[0].Shape)
				}
			}
			return m.Shape, Real, nil
		},
		Run:    runScatter,
		Linear: true,
		Grad: func(g *Graph, y, dy *Node) []*Node {
			m := y.Attr.(*Map)
			out := make([]*Node, len(y.Args))
			out[0] = g.access(dy, &Map{Shape: y.Args[0].Shape, Index: m.Index, Guard: m.Guard}, y.Args[1:]...)
			return out
		},
	})
}

// Access returns x seen through m.
func (g *Graph) Access(x *Node, m *Map, operands ...*Node) *Node {
	return g.access(x, m, operands...)
}

func (g *Graph) access(x *Node, m *Map, operands ...*Node) *Node {
	if len(operands) == 0 && m.isIdentity(x.Shape) {
		return x
	}
	return g.Apply(OpAccess, m, append([]*Node{x}, operands...)...)
}

// After returns the map of a read by m, which has no guard, of what is read by
// outer.
func (m *Map) After(outer *Map) *Map {
	out := &Map{Shape: outer.Shape, Guard: outer.Guard}
	for _, e := range m.Index {
		out.Index = append(out.Index, e.Subst(func(s string) (Poly, bool) {
			if a, ok := axisOf(s); ok {
				return outer.Index[a], true
			}
			return Poly{}, false
		}))
	}
	return out
}

func (m *Map) isIdentity(in Shape) bool {
	if len(m.Guard) > 0 || !m.Shape.Equal(in) {
		return false
	}
	for i, e := range m.Index {
		if !e.Equal(Axis(i)) {
			return false
		}
	}
	return true
}

// Broadcast returns x repeated to shape, x's axis i becoming axis axes[i].
func (g *Graph) Broadcast(x *Node, shape Shape, axes ...int) *Node {
	m := &Map{Shape: shape}
	for _, a := range axes {
		m.Index = append(m.Index, Axis(a))
	}
	return g.access(x, m)
}

// Permute returns x with its axes in another order: axis i of the result is
// axis perm[i] of x.
func (g *Graph) Permute(x *Node, perm ...int) *Node {
	m := &Map{Shape: make(Shape, len(perm)), Index: make([]Poly, len(perm))}
	for i, p := range perm {
		m.Shape[i] = x.Shape[p]
		m.Index[p] = Axis(i)
	}
	return g.access(x, m)
}

// Slice returns x[lo : lo+n] along axis.
func (g *Graph) Slice(x *Node, axis int, lo, n Poly) *Node {
	m := &Map{Shape: slices.Clone(x.Shape)}
	m.Shape[axis] = n
	for i := range x.Shape {
		m.Index = append(m.Index, Axis(i))
	}
	m.Index[axis] = Axis(axis).Add(lo)
	return g.access(x, m)
}

// accessGrad is the adjoint of a read: x̄[j…] sums ȳ over the indices that the
// read did not fix. Where the index map is affine it is solved, so that the
// adjoint is an access again, summed over what is left; only indices that
// depend on data or are not affine need a scatter.
func accessGrad(g *Graph, y, dy *Node) []*Node {
	x := y.Args[0]
	out := make([]*Node, len(y.Args))
	m := y.Attr.(*Map)
	parts, m2 := m.tiles(x.Shape)
	if inv, ok := invert(m2, parts); ok && len(y.Args) == 1 {
		t := g.access(dy, inv.read)
		if len(inv.sum) > 0 {
			t = g.Apply(OpSum, inv.sum, t)
		}
		out[0] = g.untile(t, m, x.Shape)
		return out
	}
	sm := &Map{Shape: x.Shape, Index: m.Index, Guard: m.Guard}
	out[0] = g.Apply(OpScatter, sm, append([]*Node{dy}, y.Args[1:]...)...)
	return out
}

// tile returns the axes of x[s·a + b] where b goes over all below s, so that each
// element is in one tile: a, b and s.
func (m *Map) tile(e Poly) (a, b int, s Poly, ok bool) {
	syms := e.Syms()
	if len(syms) != 2 {
		return 0, 0, s, false
	}
	for i := range syms {
		a, isAxis := axisOf(syms[i])
		b, also := axisOf(syms[1-i])
		if !isAxis || !also {
			return 0, 0, s, false
		}
		if s = m.Shape[b]; !s.Is(1) && e.Equal(s.Mul(Axis(a)).Add(Axis(b))) {
			return a, b, s, true
		}
	}
	return 0, 0, s, false
}

// tiles parts the dims that m reads in tiles, as two: which tile, and where in
// it. The adjoint of such a read is then one of plain axes.
func (m *Map) tiles(in Shape) (Shape, *Map) {
	var shape Shape
	out := &Map{Shape: m.Shape, Guard: m.Guard}
	for k, e := range m.Index {
		if a, b, s, ok := m.tile(e); ok {
			shape = append(shape, m.Shape[a], s)
			out.Index = append(out.Index, Axis(a), Axis(b))
			continue
		}
		shape = append(shape, in[k])
		out.Index = append(out.Index, e)
	}
	return shape, out
}

// untile puts the dims of t that tiles has parted together. What the tiles leave
// over at the end is zero.
func (g *Graph) untile(t *Node, m *Map, in Shape) *Node {
	joined := slices.Clone(in)
	rest := &Map{Shape: in}
	for k, e := range m.Index {
		rest.Index = append(rest.Index, Axis(k))
		if a, _, s, ok := m.tile(e); ok {
			joined[k] = m.Shape[a].Mul(s)
			if last := joined[k].Sub(Int(1)).Sub(Axis(k)); !joined[k].Equal(in[k]) {
				rest.Guard = append(rest.Guard, Cond{Kind: NonNeg, E: last})
			}
		}
	}
	if joined.Equal(t.Shape) {
		return t
	}
	return g.access(g.Reshape(t, joined), rest)
}

// An inverse says how to sum dy to get the cotangent of x: read it at the axes
// of x followed by the axes that the map left free, then sum over the latter.
type inverse struct {
	read *Map
	sum  Axes
}

// invert solves j = e(i) for the axes i of the result, one equation after the
// other: an axis that stands with a whole coefficient c becomes (j − rest)/c,
// under the conditions that this is whole and in range. Axes that no equation
// determines are left free, and summed over, so the longest axis is solved for:
// of a window, the axis of its places and not that within it.
func invert(m *Map, in Shape) (inverse, bool) {
	rank := len(m.Shape)
	solved := make([]Poly, rank) // in terms of the axes of x, named @k, and free axes
	known := make([]bool, rank)
	jsym := func(k int) string { return fmt.Sprintf("@%d", k) }
	subst := func(p Poly) Poly {
		for range rank + 1 { // each round replaces at least one solved axis
			p = p.Subst(func(s string) (Poly, bool) {
				if a, ok := axisOf(s); ok && known[a] {
					return solved[a], true
				}
				return Poly{}, false
			})
		}
		return p
	}
	var guards []Cond
	for k, e := range m.Index {
		e = subst(e)
		var axes []int
		for _, s := range e.Syms() {
			if a, ok := axisOf(s); ok {
				axes = append(axes, a)
			} else if strings.HasPrefix(s, "$") {
				return inverse{}, false
			}
		}
		best, coeff, rest := -1, 0, Poly{}
		for _, a := range axes {
			c, r, ok := e.Linear(Axis(a).String())
			if !ok {
				return inverse{}, false
			}
			if best < 0 || longer(m.Shape[a], m.Shape[best]) || !longer(m.Shape[best], m.Shape[a]) && abs(c) < abs(coeff) {
				best, coeff, rest = a, c, r
			}
		}
		j := Sym(jsym(k))
		if best < 0 { // x[2]: only that element gets anything
			if !(in[k].Is(1) && e.Is(0)) {
				guards = append(guards, Cond{Kind: Zero, E: j.Sub(e)})
			}
			continue
		}
		num := j.Sub(rest)
		if coeff < 0 {
			num, coeff = num.Neg(), -coeff
		}
		if coeff != 1 {
			guards = append(guards, Cond{Kind: Divides, E: num, Mod: coeff})
		}
		solved[best], known[best] = num.Scale(1, int64(coeff)), true
		if num.Equal(j) && coeff == 1 && m.Shape[best].Equal(in[k]) {
			continue // the axis is taken as it is: always in range
		}
		guards = append(guards,
			Cond{Kind: NonNeg, E: num},
			Cond{Kind: NonNeg, E: m.Shape[best].Scale(int64(coeff), 1).Sub(Int(1)).Sub(num)})
	}
	// Name the axes of the adjoint: those of x first, then the free ones.
	read := &Map{Shape: slices.Clone(in)}
	var sum Axes
	free := make([]Poly, rank)
	for a := range rank {
		if !known[a] {
			free[a] = Axis(len(read.Shape))
			sum = append(sum, len(read.Shape))
			read.Shape = append(read.Shape, m.Shape[a])
		}
	}
	final := func(p Poly) Poly {
		return subst(p).Subst(func(s string) (Poly, bool) {
			if a, ok := axisOf(s); ok {
				return free[a], true
			}
			if strings.HasPrefix(s, "@") {
				return Sym("#" + s[1:]), true
			}
			return Poly{}, false
		})
	}
	for a := range rank {
		if known[a] {
			read.Index = append(read.Index, final(solved[a]))
		} else {
			read.Index = append(read.Index, free[a])
		}
	}
	for _, c := range append(guards, m.Guard...) {
		c = c.With(final(c.E))
		if !slices.ContainsFunc(read.Guard, func(d Cond) bool { return d.String() == c.String() }) {
			read.Guard = append(read.Guard, c)
		}
	}
	return inverse{read, sum}, true
}

// longer reports whether a is known to be more than b: run-time sizes are taken
// for more than numbers.
func longer(a, b Poly) bool {
	d, ok := a.Sub(b).Const()
	_, number := b.Const()
	_, both := a.Const()
	return ok && d > 0 || !ok && number && !both
}

func abs(x int) int { return max(x, -x) }
