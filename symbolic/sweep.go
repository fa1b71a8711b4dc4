package symbolic

import (
	"fmt"
	"slices"
)

// Derivatives of many values by many numbers come from one walk over the graph:
// a cotangent (or a tangent) that is left open makes the walk's result a linear
// function of it, and that function is then taken at many seeds at once. The
// seeds of a Jacobian are unit vectors, and most of what they become is zero:
// element i of exp(x) moves with element i of x alone. So what a value is for
// all seeds is a sum of terms, and a term says, where it can, at which of the
// value's elements a seed is found at all. It takes no room for the others.

// A Unit is an axis of seeds. At says where the seeds are not zero: seed number
// i is zero but at the elements whose axes give At = i. A Unit without At is an
// axis that the seeds have in front of their own.
type Unit struct {
	Size Poly
	At   *Poly
}

// Units are the units of all elements of shape along the given axes.
func Units(shape Shape, axes ...int) []Unit {
	var out []Unit
	for _, a := range axes {
		at := Axis(a)
		out = append(out, Unit{shape[a], &at})
	}
	return out
}

// A Swept is a value for every seed.
type Swept struct {
	g     *Graph
	sizes Shape // of the units
	shape Shape // of the value itself
	terms []part
}

// A part is a part of a swept value. Its node has the units without a place in
// front, in their order, then the axes of the value.
type part struct {
	node *Node
	at   []*Poly // the places of the units
}

// maxSwept bounds the terms of a value. Where there would be more, the places
// that they do not share are spelled out, and they are added up.
const maxSwept = 8

// Open returns a node in the shape of n that stands for a seed.
func (g *Graph) Open(n *Node) *Node { return g.Mark(g.Like(0, n)) }

// Sweep takes ys, which are linear in the open seed u, for all seeds: seed has
// the axes of the units without At in front of those of u. Nil ys are zero.
func (g *Graph) Sweep(ys []*Node, u, seed *Node, units []Unit) ([]*Swept, error) {
	s := &sweeper{g: g, done: map[*Node]*Swept{}, moved: map[*Node]*Node{}, loops: map[*Node]*loopSweep{}}
	first := part{node: seed}
	for _, k := range units {
		s.sizes = append(s.sizes, k.Size)
		first.at = append(first.at, k.At)
	}
	s.done[u] = s.swept(u.Shape, first)
	if err := s.run(ys); err != nil {
		return nil, err
	}
	out := make([]*Swept, len(ys))
	for i, y := range ys {
		if out[i] = s.done[y]; out[i] == nil {
			out[i] = s.swept(nil)
		}
	}
	return out, nil
}

// Zero reports whether the value is zero for all seeds.
func (s *Swept) Zero() bool { return len(s.terms) == 0 }

// Along reports whether seeds of unit k are found at elements of the value whose
// index along an axis is their own number, and nowhere else.
func (s *Swept) Along(k, axis int) bool {
	return !slices.ContainsFunc(s.terms, func(t part) bool { return t.at[k] == nil || !t.at[k].Equal(Axis(axis)) })
}

// ForwardIsCheaper reports whether a Jacobian is cheaper to take column by
// column than row by row: there are no more columns than rows. Of sizes that are
// known at run time only, the one that has the other as a factor is taken for the
// larger one.
func ForwardIsCheaper(y, x Shape) bool {
	rows, columns := y.Size(), x.Size()
	if atLeastZero(rows.Sub(columns), nil) {
		return true
	}
	if atLeastZero(columns.Sub(rows), nil) {
		return false
	}
	_, fixed := columns.Const()
	_, factor := rows.Div(columns)
	return fixed || factor
}

// Jacobians returns ∂y/∂x for each x, of the shape of y followed by that of x;
// nil where y does not depend on x. Walks go forward from those x for which
// forward says so. The one by x number symmetric, if there is one, is known to
// be its own transpose, and laid out as it comes.
func (g *Graph) Jacobians(y *Node, xs []*Node, symmetric int, forward func(x *Node) bool) ([]*Node, error) {
	out := make([]*Node, len(xs))
	rank := len(y.Shape)
	var back []*Node
	u := g.Open(y)
	for i, x := range xs {
		shape := append(slices.Clone(y.Shape), x.Shape...)
		rows, columns := count(0, rank), count(rank, len(x.Shape))
		from, to, start, end := y, u, rows, columns
		var r *Node
		if forward(x) {
			dxs := make([]*Node, len(xs))
			dxs[i] = g.Open(x)
			from, to, start, end = x, dxs[i], columns, rows
			r = g.JVP([]*Node{y}, xs, dxs)[0]
		} else {
			if back == nil {
				back = g.VJP([]*Node{y}, []*Node{u}, xs)
			}
			r = back[i]
		}
		if r == nil {
			continue
		}
		if i == symmetric {
			start, end = rows, columns
		}
		v, err := g.Sweep([]*Node{r}, to, g.Like(1, to), Units(from.Shape, count(0, len(from.Shape))...))
		if err != nil {
			return nil, err
		}
		if !v[0].Zero() {
			out[i] = v[0].Arrange(shape, start, end)
		}
	}
	return out, nil
}

// count lists n numbers from the first on.
func count(first, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = first + i
	}
	return out
}

// Arrange lays a swept value out: unit k goes to axis unitAt[k] of the result,
// axis k of the value itself to axis ownAt[k]. Where both go to one axis that is
// the diagonal.
func (s *Swept) Arrange(shape Shape, unitAt, ownAt []int) *Node {
	if k := s.rows(unitAt, ownAt); k >= 0 {
		return s.stacked(k, shape, unitAt, ownAt)
	}
	sum := s.g.Const(0, shape, Real)
	for i, t := range s.terms {
		n := t.arrange(s, shape, unitAt, ownAt)
		if i == 0 {
			sum = n
		} else {
			sum = s.g.Add(sum, n)
		}
	}
	return sum
}

func (t part) arrange(s *Swept, shape Shape, unitAt, ownAt []int) *Node {
	m := &Map{Shape: shape}
	own := func(p Poly) Poly { return renamed(p, func(a int) Poly { return Axis(ownAt[a]) }) }
	for k, p := range t.at {
		if p == nil {
			m.Index = append(m.Index, Axis(unitAt[k]))
		} else if e := own(*p).Sub(Axis(unitAt[k])); !e.Is(0) && !(p.Is(0) && shape[unitAt[k]].Is(1)) {
			m.Guard = append(m.Guard, vanishes(e))
		}
	}
	for k := range s.shape {
		m.Index = append(m.Index, own(Axis(k)))
	}
	return s.g.access(t.node, m)
}

// vanishes is the condition that e is 0, written with whole numbers.
func vanishes(e Poly) Cond {
	den := int64(1)
	e.Terms(func(_, d int64, _ []string) { den = lcm(den, d) })
	return Cond{Kind: Zero, E: e.Scale(den, 1)}
}

// maxRows bounds the rows that are laid out one by one.
const maxRows = 16

// rows returns a unit whose seeds are each found at one known place in every
// term, so that the result has a row of its own for each; −1 if there is none.
func (s *Swept) rows(unitAt, ownAt []int) int {
	for k, size := range s.sizes {
		n, ok := size.Const()
		if !ok || n > maxRows || len(s.terms) == 0 || slices.Contains(ownAt, unitAt[k]) {
			continue
		}
		if !slices.ContainsFunc(s.terms, func(t part) bool { return t.row(k) < 0 }) {
			return k
		}
	}
	return -1
}

// row is the one seed of unit k that the term is not zero for, −1 if there may
// be several.
func (t part) row(k int) int {
	if t.at[k] != nil {
		if r, ok := t.at[k].Const(); ok {
			return r
		}
	}
	return -1
}

func (s *Swept) stacked(k int, shape Shape, unitAt, ownAt []int) *Node {
	n, _ := s.sizes[k].Const()
	row := slices.Clone(shape)
	row[unitAt[k]] = Int(1)
	zero := Int(0)
	var parts []*Node
	for r := range n {
		one := &Swept{g: s.g, shape: s.shape, sizes: slices.Clone(s.sizes)}
		one.sizes[k] = Int(maxRows + 1) // it is laid out
		for _, t := range s.terms {
			if t.row(k) == r {
				at := slices.Clone(t.at)
				at[k] = &zero
				one.terms = append(one.terms, part{t.node, at})
			}
		}
		parts = append(parts, one.Arrange(row, unitAt, ownAt))
	}
	return s.g.Concat(unitAt[k], parts...)
}

// renamed is p with every axis replaced.
func renamed(p Poly, axis func(a int) Poly) Poly {
	return p.Subst(func(sym string) (Poly, bool) {
		if a, ok := axisOf(sym); ok {
			return axis(a), true
		}
		return Poly{}, false
	})
}

// shifted is p with axis k as axis k + by.
func shifted(p Poly, by int) Poly {
	return renamed(p, func(a int) Poly { return Axis(a + by) })
}

// without is p after axis j has gone.
func without(p Poly, j int) Poly {
	return renamed(p, func(a int) Poly {
		if a > j {
			a--
		}
		return Axis(a)
	})
}

func mentions(p Poly, axes Axes) bool {
	return slices.ContainsFunc(p.Syms(), func(sym string) bool {
		a, ok := axisOf(sym)
		return ok && axes.Has(a)
	})
}

// A sweeper goes through the nodes that depend on an open seed.
type sweeper struct {
	g     *Graph
	sizes Shape // of the units
	done  map[*Node]*Swept
	moved map[*Node]*Node // what stands for a node that does not depend on the seed
	loops map[*Node]*loopSweep
}

// swept is the sum of terms. Those with the same places are one.
func (s *sweeper) swept(shape Shape, terms ...part) *Swept {
	v := &Swept{g: s.g, sizes: s.sizes, shape: shape}
	add := func(t part) {
		for i, u := range v.terms {
			if samePlaces(t.at, u.at) {
				v.terms[i].node = s.g.Add(u.node, t.node)
				return
			}
		}
		v.terms = append(v.terms, t)
	}
	for _, t := range terms {
		add(t)
	}
	// Beside a term that is found everywhere the others take no more room.
	everywhere := slices.ContainsFunc(v.terms, func(t part) bool {
		return !slices.ContainsFunc(t.at, func(p *Poly) bool { return p != nil })
	})
	if len(v.terms) > maxSwept || len(v.terms) > 1 && everywhere {
		all := v.terms
		v.terms = nil
		for _, t := range all {
			for k, p := range all[0].at {
				if slices.ContainsFunc(all, func(u part) bool { return p == nil || u.at[k] == nil || !p.Equal(*u.at[k]) }) {
					t = s.spelled(t, shape, k)
				}
			}
			add(t)
		}
	}
	return v
}

func samePlaces(a, b []*Poly) bool {
	return slices.EqualFunc(a, b, func(p, q *Poly) bool {
		return p == nil && q == nil || p != nil && q != nil && p.Equal(*q)
	})
}

// front are the extents of the units that a term has in front.
func (s *sweeper) front(at []*Poly) Shape {
	var out Shape
	for k, p := range at {
		if p == nil {
			out = append(out, s.sizes[k])
		}
	}
	return out
}

// spelled puts unit k in front, zeros and all.
func (s *sweeper) spelled(t part, shape Shape, k int) part {
	if t.at[k] == nil {
		return t
	}
	p := *t.at[k]
	at := slices.Clone(t.at)
	at[k] = nil
	pos, n := len(s.front(at[:k])), len(s.front(at))
	m := &Map{Shape: append(s.front(at), shape...)}
	for a := range n + len(shape) {
		if a != pos {
			m.Index = append(m.Index, Axis(a))
		}
	}
	m.Guard = []Cond{vanishes(shifted(p, n).Sub(Axis(pos)))}
	return part{s.g.access(t.node, m), at}
}

func (s *sweeper) value(n *Node) (*Swept, error) {
	var dependent []*Swept
	for _, a := range n.Args {
		if v := s.done[a]; v != nil {
			dependent = append(dependent, v)
		}
	}
	var apply func(n *Node, i int, t part) part
	switch {
	case n.Op == OpMark:
		return dependent[0], nil
	case n.Op.Class == Elementwise:
		if len(dependent) == len(n.Args) && len(dependent[0].terms) == 1 {
			// All in one, where the places agree.
			if v := s.together(n); v != nil {
				return v, nil
			}
		}
		apply = s.elementwise
	case n.Op == OpSum:
		apply = s.sum
	case n.Op == OpAccess && s.done[n.Args[0]] != nil && len(dependent) == 1:
		apply = s.access
	case n.Op == OpScatter && s.done[n.Args[0]] != nil && len(dependent) == 1:
		apply = s.scatter
	case n.Op == OpReshape:
		apply = s.reshape
	case n.Op == OpConcat:
		apply = s.concat
	case n.Op.Batched && len(dependent) == 1:
		apply = s.batched
	default:
		return nil, fmt.Errorf("%s has no derivative for many seeds at once", n.Op.Name)
	}
	var terms []part
	for i, a := range n.Args {
		if v := s.done[a]; v != nil {
			for _, t := range v.terms {
				terms = append(terms, apply(n, i, t))
			}
		}
	}
	return s.swept(n.Shape, terms...), nil
}

// together applies an elementwise operator to one term of each argument, nil
// where they do not have the same places.
func (s *sweeper) together(n *Node) *Swept {
	at := s.done[n.Args[0]].terms[0].at
	args := make([]*Node, len(n.Args))
	for i, a := range n.Args {
		v := s.done[a]
		if len(v.terms) != 1 || !samePlaces(at, v.terms[0].at) {
			return nil
		}
		args[i] = v.terms[0].node
	}
	return s.swept(n.Shape, part{s.g.Apply(n.Op, n.Attr, args...), at})
}

// beside repeats a value that does not depend on the seed for all units in
// front.
func (s *sweeper) beside(n *Node, front Shape) *Node {
	n = s.plain(n)
	full := append(slices.Clone(front), n.Shape...)
	if v, ok := ConstValue(n); ok {
		return s.g.Const(v, full, n.Type)
	}
	var axes []int
	for a := range n.Shape {
		axes = append(axes, len(front)+a)
	}
	return s.g.Broadcast(n, full, axes...)
}

// elementwise is what a term of argument i does to n, which is linear in the
// arguments that depend on the seed: the others of these are zero.
func (s *sweeper) elementwise(n *Node, i int, t part) part {
	front := s.front(t.at)
	switch {
	case n.Op == OpAdd && s.done[n.Args[1-i]] != nil, n.Op == OpSub && i == 0:
		return t
	case n.Op == OpSub:
		return part{s.g.Neg(t.node), t.at}
	}
	args := make([]*Node, len(n.Args))
	for j, a := range n.Args {
		switch {
		case j == i:
			args[j] = t.node
		case s.done[a] != nil:
			args[j] = s.g.Like(0, t.node)
		default:
			args[j] = s.beside(a, front)
		}
	}
	return part{s.g.Apply(n.Op, n.Attr, args...), t.at}
}

// sum adds up over axes of the value. A unit that is found along one of them is
// found everywhere afterwards, and there is one summand for it.
func (s *sweeper) sum(n *Node, i int, t part) part {
	shape, axes := n.Args[i].Shape, slices.Clone(n.Attr.(Axes))
	for k := range s.sizes {
		for t.at[k] != nil && mentions(*t.at[k], axes) { // of axes with one element there may be several
			t, shape, axes = s.pick(t, shape, axes, k)
		}
	}
	at := slices.Clone(t.at)
	for k, p := range at {
		if p != nil {
			q := *p
			for r := len(axes) - 1; r >= 0; r-- {
				q = without(q, axes[r])
			}
			at[k] = &q
		}
	}
	front := len(s.front(t.at))
	over := make(Axes, len(axes))
	for i, a := range axes {
		over[i] = a + front
	}
	return part{s.g.Sum(t.node, over...), at}
}

// pick takes an axis out of a sum that says where unit k is found: Σ over j of
// what is found at j = i is what is at i. It returns what is left to sum.
func (s *sweeper) pick(t part, shape Shape, axes Axes, k int) (part, Shape, Axes) {
	p := *t.at[k]
	j, sign := -1, 0
	var rest Poly
	for _, a := range axes {
		c, r, ok := p.Linear(Axis(a).String())
		if ok && integral(r) && (c == 1 || c == -1 || c != 0 && shape[a].Is(1)) {
			j, sign, rest = a, c, r
			break
		}
	}
	if j < 0 {
		return s.spelled(t, shape, k), shape, axes
	}
	left := slices.Clone(axes)
	left = slices.DeleteFunc(left, func(a int) bool { return a == j })
	for i, a := range left {
		if a > j {
			left[i]--
		}
	}
	smaller := slices.Delete(slices.Clone(shape), j, j+1)
	one := shape[j].Is(1)
	at := slices.Clone(t.at)
	if !one {
		at[k] = nil
	}
	pos, n := len(s.front(at[:k])), len(s.front(at))
	// Where j is, in terms of the axes of the result.
	here := Int(0)
	if !one {
		here = Axis(pos).Sub(shifted(without(rest, j), n)).Scale(int64(sign), 1)
	}
	for e, q := range at {
		switch {
		case q == nil || !mentions(*q, Axes{j}):
		case one:
			r := q.Subst(func(sym string) (Poly, bool) { return Int(0), sym == Axis(j).String() })
			at[e] = &r
		default: // it is seen along an axis of seeds, which a place cannot say
			return s.pick(s.spelled(t, shape, e), shape, axes, k)
		}
		if at[e] != nil {
			r := without(*at[e], j)
			at[e] = &r
		}
	}
	m := &Map{Shape: append(s.front(at), smaller...)}
	for a := range n {
		if one || a != pos {
			m.Index = append(m.Index, Axis(a))
		}
	}
	for a := range shape {
		if a == j {
			m.Index = append(m.Index, here)
		} else {
			m.Index = append(m.Index, shifted(without(Axis(a), j), n))
		}
	}
	if !one && (!here.Equal(Axis(pos)) || !shape[j].Equal(s.sizes[k])) {
		m.Guard = []Cond{{Kind: NonNeg, E: here}, {Kind: NonNeg, E: shape[j].Sub(Int(1)).Sub(here)}}
	}
	return part{s.g.access(t.node, m), at}, smaller, left
}

func (s *sweeper) access(n *Node, _ int, t part) part {
	m := n.Attr.(*Map)
	shape := n.Args[0].Shape
	for k, p := range t.at {
		if p != nil && slices.ContainsFunc(composed(*p, m).Syms(), isOperand) {
			t = s.spelled(t, shape, k) // the place depends on data
		}
	}
	at := slices.Clone(t.at)
	for k, p := range at {
		if p != nil {
			q := composed(*p, m)
			at[k] = &q
		}
	}
	front := s.front(at)
	by := len(front)
	out := &Map{Shape: append(slices.Clone(front), m.Shape...)}
	for a := range by {
		out.Index = append(out.Index, Axis(a))
	}
	for _, e := range m.Index {
		out.Index = append(out.Index, shifted(e, by))
	}
	for _, c := range m.Guard {
		c = c.With(shifted(c.E, by))
		out.Guard = append(out.Guard, c)
	}
	var operands []*Node
	for _, o := range n.Args[1:] {
		operands = append(operands, s.beside(o, front))
	}
	return part{s.g.access(t.node, out, operands...), at}
}

func isOperand(sym string) bool {
	_, ok := OperandOf(sym)
	return ok
}

// composed is p at the indices that m reads.
func composed(p Poly, m *Map) Poly {
	return renamed(p, func(a int) Poly { return m.Index[a] })
}

// scatter adds elements to where an index says. A unit that is found along axes
// that the index keeps is still found there; else it becomes one more index.
func (s *sweeper) scatter(n *Node, _ int, t part) part {
	m, shape := n.Attr.(*Map), n.Args[0].Shape
	kept := map[int]int{} // axes of the argument that are an axis of the result
	for k, e := range m.Index {
		if sym, ok := e.AsSym(); ok {
			if a, ok := axisOf(sym); ok {
				kept[a] = k
			}
		}
	}
	by := len(s.front(t.at))
	at := slices.Clone(t.at)
	out := &Map{}
	was := 0
	for k, p := range at {
		if p == nil {
			out.Index = append(out.Index, Axis(was))
			was++
			continue
		}
		whole := true
		q := renamed(*p, func(a int) Poly {
			to, ok := kept[a]
			whole = whole && ok
			return Axis(to)
		})
		if whole {
			at[k] = &q
			continue
		}
		at[k] = nil
		e := shifted(*p, by)
		out.Index = append(out.Index, e)
		if !inRange(*p, s.sizes[k], shape) {
			out.Guard = append(out.Guard, Cond{Kind: NonNeg, E: e}, Cond{Kind: NonNeg, E: s.sizes[k].Sub(Int(1)).Sub(e)})
		}
	}
	out.Shape = append(s.front(at), n.Shape...)
	for _, e := range m.Index {
		out.Index = append(out.Index, shifted(e, by))
	}
	for _, c := range m.Guard {
		c = c.With(shifted(c.E, by))
		out.Guard = append(out.Guard, c)
	}
	args := []*Node{t.node}
	for _, o := range n.Args[1:] {
		args = append(args, s.beside(o, s.front(t.at)))
	}
	return part{s.g.Apply(OpScatter, out, args...), at}
}

func (s *sweeper) reshape(n *Node, _ int, t part) part {
	for k, p := range t.at {
		if p != nil && slices.ContainsFunc(p.Syms(), func(sym string) bool { _, ok := axisOf(sym); return ok }) {
			t = s.spelled(t, n.Args[0].Shape, k)
		}
	}
	return part{s.g.Reshape(t.node, append(s.front(t.at), n.Shape...)), t.at}
}

// batched applies an operator on the last two axes for all seeds.
func (s *sweeper) batched(n *Node, i int, t part) part {
	shape := n.Args[i].Shape
	for k, p := range t.at {
		if p != nil && mentions(*p, Axes{len(shape) - 2, len(shape) - 1}) {
			t = s.spelled(t, shape, k)
		}
	}
	args := make([]*Node, len(n.Args))
	for j, a := range n.Args {
		if j == i {
			args[j] = t.node
		} else {
			args[j] = s.beside(a, s.front(t.at))
		}
	}
	return part{s.g.Apply(n.Op, n.Attr, args...), t.at}
}

// concat lays a term between zeros.
func (s *sweeper) concat(n *Node, i int, t part) part {
	axis, front := n.Attr.(Axes)[0], s.front(t.at)
	var before Poly
	parts := make([]*Node, len(n.Args))
	for j, a := range n.Args {
		parts[j] = s.g.Const(0, append(slices.Clone(front), a.Shape...), Real)
		if j < i {
			before = before.Add(a.Shape[axis])
		}
	}
	parts[i] = t.node
	at := slices.Clone(t.at)
	for k, p := range at {
		if p != nil {
			q := renamed(*p, func(a int) Poly {
				if a == axis {
					return Axis(a).Sub(before)
				}
				return Axis(a)
			})
			at[k] = &q
		}
	}
	return part{s.g.Concat(len(front)+axis, parts...), at}
}
