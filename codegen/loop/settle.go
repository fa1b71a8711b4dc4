package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// settle takes out of choices what the condition has nothing to do with:
//
//	if c[i] { δ[i]·x[j] } else { 0 }  =  (if c[i] { δ[i] } else { 0 })·x[j]
//
// so that what comes back through a choice is one value, computed once, and
// what is done with it is a plain product. A factor only leaves if it is the
// same for elements on both sides of the choice, that is, if it lacks an axis
// of the condition: one that has them all may be infinite just where the
// branch is not taken, and so may one that has a pole (singular.go).
func settle(g *symbolic.Graph, roots []*symbolic.Node, how tiling) []*symbolic.Node {
	s := newSettler(g, roots, how)
	roots = s.shared(roots)
	roots = s.each(s.each(s.each(s.each(roots, s.unchosen), s.once), s.framed), s.windows)
	s.apart = true
	return s.turned(s.each(s.nested(roots), s.contracted))
}

// each makes values anew, arguments first, by a step that is given them with
// their new arguments.
func (s *settler) each(roots []*symbolic.Node, step func(*symbolic.Node) *symbolic.Node) []*symbolic.Node {
	new := map[*symbolic.Node]*symbolic.Node{}
	for _, n := range symbolic.ReachableInside(roots...) {
		new[n] = s.node(n, new, step)
	}
	return images(roots, new)
}

func images(roots []*symbolic.Node, new map[*symbolic.Node]*symbolic.Node) []*symbolic.Node {
	out := make([]*symbolic.Node, len(roots))
	for i, r := range roots {
		out[i] = new[r]
	}
	return out
}

type settler struct {
	g                *symbolic.Graph
	deps             map[*symbolic.Node]symbolic.Axes
	how              *tiling // what makes a contraction worth it
	needed, infinite map[*symbolic.Node]bool
	signs            map[*symbolic.Node]symbolic.Sign
	apart            bool // a choice may become a factor of its own, of all that its condition asks about and more
}

func newSettler(g *symbolic.Graph, roots []*symbolic.Node, how tiling) *settler {
	return &settler{
		g: g, deps: map[*symbolic.Node]symbolic.Axes{}, how: &how,
		needed: needed(roots), infinite: map[*symbolic.Node]bool{}, signs: map[*symbolic.Node]symbolic.Sign{},
	}
}

func (s *settler) node(n *symbolic.Node, new map[*symbolic.Node]*symbolic.Node, step func(*symbolic.Node) *symbolic.Node) *symbolic.Node {
	args := make([]*symbolic.Node, len(n.Args))
	same := true
	for i, a := range n.Args {
		args[i] = new[a]
		same = same && args[i] == a
	}
	attr := symbolic.WithBody(n.Attr, new)
	same = same && symbolic.SameBody(attr, n.Attr)
	defer s.g.At(n.Origin)()
	m := n
	if !same {
		m = s.g.Apply(n.Op, attr, args...)
	}
	m = step(m)
	if m != n {
		s.g.SetName(m, n.Name)
		if s.needed[n] {
			s.needed[m] = true
		}
	}
	return m
}

// once takes a sum of what is the same along an axis of its result one time, and
// repeats it.
func (s *settler) once(n *symbolic.Node) *symbolic.Node {
	over, ok := n.Attr.(symbolic.Axes)
	if !ok || n.Op != symbolic.OpSum {
		return n
	}
	x := n.Args[0]
	on := union(s.axes(x), over)
	for k, d := range x.Shape {
		if d.Is(1) { // once it is in any case
			on = union(on, symbolic.Axes{k})
		}
	}
	if _, isConst := symbolic.ConstValue(x); isConst || len(on) == len(x.Shape) {
		return n
	}
	var sums, kept symbolic.Axes
	at := 0 // the axis of the result that axis k of x is
	for k := range x.Shape {
		switch i := slices.Index(on, k); {
		case over.Has(k):
			sums = append(sums, i)
		case i >= 0:
			kept = append(kept, at)
			at++
		default:
			at++
		}
	}
	return s.g.Broadcast(s.g.Sum(s.restrict(x, on), sums...), n.Shape, kept...)
}

// nested takes a sum over axes, and over more of them, as the sum of sums that it is.
func (s *settler) nested(roots []*symbolic.Node) []*symbolic.Node {
	sums := map[*symbolic.Node][]*symbolic.Node{} // by what is summed
	for _, n := range symbolic.ReachableInside(roots...) {
		if n.Op == symbolic.OpSum {
			sums[n.Args[0]] = append(sums[n.Args[0]], n)
		}
	}
	inner := map[*symbolic.Node]symbolic.Axes{} // what is summed over first
	for _, of := range sums {
		for _, n := range of {
			over := n.Attr.(symbolic.Axes)
			for _, m := range of {
				if few := m.Attr.(symbolic.Axes); len(few) < len(over) && len(few) > len(inner[n]) && within(few, over) {
					inner[n] = few
				}
			}
		}
	}
	new := map[*symbolic.Node]*symbolic.Node{}
	for _, n := range symbolic.ReachableInside(roots...) {
		new[n] = s.node(n, new, func(m *symbolic.Node) *symbolic.Node {
			first := inner[n]
			if len(first) == 0 {
				return m
			}
			var rest []int // axes of the inner sum
			at := 0
			for k := range m.Args[0].Shape {
				if first.Has(k) {
					continue
				}
				if n.Attr.(symbolic.Axes).Has(k) {
					rest = append(rest, at)
				}
				at++
			}
			return s.g.Sum(s.g.Sum(m.Args[0], first...), rest...)
		})
	}
	return images(roots, new)
}

// shared writes out operators that are a product with a function that others compute too, as
// gelu(z) = z·Φ(z) is beside its derivative, in which Φ(z) is a term.
func (s *settler) shared(roots []*symbolic.Node) []*symbolic.Node {
	there := map[*symbolic.Node]bool{}
	for _, n := range symbolic.ReachableInside(roots...) {
		there[n] = isCall(n.Op)
	}
	return s.each(roots, func(n *symbolic.Node) *symbolic.Node {
		if n.Op.Class != symbolic.Elementwise || n.Op.Expand == nil || !isCall(n.Op) {
			return n
		}
		m := n.Op.Expand(s.g, n.Attr, n.Args)
		if m.Op != symbolic.OpMul {
			return n
		}
		stack, calls, known := []*symbolic.Node{m}, 0, 0
		for len(stack) > 0 {
			x := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if slices.Contains(n.Args, x) {
				continue
			}
			calls, known = calls+btoi(isCall(x.Op)), known+btoi(there[x])
			stack = append(stack, x.Args...)
		}
		if calls > 0 && calls == known {
			return m
		}
		return n
	})
}

// unchosen takes factors out of choices.
func (s *settler) unchosen(n *symbolic.Node) *symbolic.Node {
	n = s.outside(n)
	if p := s.choice(n); p != nil {
		return p
	}
	return s.byExample(n)
}

// byExample lays a choice that may be a factor of a matrix product out example by example, as
// values are that it may be the same as.
func (s *settler) byExample(n *symbolic.Node) *symbolic.Node {
	if !n.Op.Lazy || !slices.ContainsFunc(n.Shape, isBatch) || isBatch(n.Shape[0]) || !s.how.worthProduct(n.Shape) {
		return n
	}
	order := batchFirst(n.Shape, symbolic.AllAxes(n.Args[0]))
	back := make([]int, len(order))
	for i, k := range order {
		back[k] = i
	}
	return s.g.Permute(s.permuted(n, order), back...)
}

// batchFirst puts the axis of the batch before the others.
func batchFirst(shape symbolic.Shape, axes symbolic.Axes) symbolic.Axes {
	rank := func(k int) int { return btoi(!isBatch(shape[k])) }
	out := slices.Clone(axes)
	slices.SortStableFunc(out, func(i, j int) int { return rank(i) - rank(j) })
	return out
}

// choice returns what n becomes where it is a choice with a factor that can
// leave, else nil.
func (s *settler) choice(n *symbolic.Node) *symbolic.Node {
	if !n.Op.Lazy || n.Type != symbolic.Real {
		return nil
	}
	side := 1
	if v, ok := symbolic.ConstValue(n.Args[1]); ok && v == 0 {
		side = 2
	} else if v, ok := symbolic.ConstValue(n.Args[2]); !ok || v != 0 {
		return nil
	}
	on := s.axes(n.Args[0])
	all := on // what the choice depends on in the end
	var inner, outer []*symbolic.Node
	stack := []*symbolic.Node{n.Args[side]}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch {
		case f.Op == symbolic.OpMul:
			stack = append(stack, f.Args[1], f.Args[0])
		case isPlainAccess(f) && f.Args[0].Op == symbolic.OpMul:
			m := f.Attr.(*symbolic.Map)
			for i := range f.Args[0].Args {
				stack = append(stack, s.g.Access(f.Args[0].Args[1-i], m))
			}
		case isOneAccess(f) && f.Args[0].Op == symbolic.OpMul:
			a, b := s.guardedFactors(f)
			stack = append(stack, b, a)
		case within(s.axes(f), on):
			inner = append(inner, f)
		case !within(on, s.axes(f)):
			if s.mayBeInfinite(f) {
				return nil
			}
			outer = append(outer, f)
		case s.apart:
			inner, all = append(inner, f), union(all, s.axes(f))
		default:
			return nil
		}
	}
	if len(outer) == 0 {
		return nil
	}
	on = all
	if s.how.worthProduct(n.Shape) {
		on = batchFirst(n.Shape, all)
	}
	one := s.g.Const(1, n.Shape, symbolic.Real)
	args := []*symbolic.Node{s.restrict(n.Args[0], on), s.restrict(n.Args[1], on), s.restrict(n.Args[2], on)}
	args[side] = s.restrict(s.product(inner, one), on)
	for i, a := range args {
		args[i] = s.outside(a)
	}
	back := s.g.At(throughChoice(n))
	chosen := s.outside(s.g.Apply(n.Op, nil, args...))
	back()
	return s.g.Mul(s.g.Broadcast(chosen, n.Shape, on...), s.product(outer, nil))
}

// guardedFactors parts a product that is read under a guard. Where the guard fails
// one zero is enough: a factor that is there in any case is read without.
func (s *settler) guardedFactors(f *symbolic.Node) (a, b *symbolic.Node) {
	m := f.Attr.(*symbolic.Map)
	var of [2]*symbolic.Node
	var at [2]*symbolic.Map
	bare := -1
	for i, x := range f.Args[0].Args {
		of[i], at[i] = x, m
		if isPlainAccess(x) {
			of[i], at[i] = x.Args[0], x.Attr.(*symbolic.Map).After(m)
		}
		if reachesAll(at[i], of[i].Shape) {
			bare = i
		}
	}
	if bare >= 0 {
		at[bare] = &symbolic.Map{Shape: m.Shape, Index: at[bare].Index}
	}
	return s.g.Access(of[0], at[0]), s.g.Access(of[1], at[1])
}

// reachesAll reports whether every index is an axis of the size of the dim that it
// reads.
func reachesAll(m *symbolic.Map, in symbolic.Shape) bool {
	for k, e := range m.Index {
		sym, ok := e.AsSym()
		a, isAxis := symbolic.AxisOf(sym)
		if !ok || !isAxis || !m.Shape[a].Equal(in[k]) {
			return false
		}
	}
	return true
}

// throughChoice is the origin of the cotangent that comes back through the
// choice n: what the condition asks about is what chose on the way forward.
func throughChoice(n *symbolic.Node) symbolic.Origin {
	o := n.Origin
	if o.Adjoint == nil {
		return o
	}
	for y := n.Args[0]; ; {
		var next *symbolic.Node
		for _, a := range y.Args {
			if _, isConst := symbolic.ConstValue(a); !isConst && next == nil {
				next = a
			}
		}
		if next == nil {
			return o
		}
		y = next
		if y.Type == symbolic.Real && y.Op.Class != symbolic.Movement {
			o.Adjoint = y
			return o
		}
	}
}

// outside makes a repeated or permuted value of an operator on values that are
// all repeated or permuted in the same way, so that it is computed once and
// found to be the same as elsewhere.
func (s *settler) outside(n *symbolic.Node) *symbolic.Node {
	if n.Op.Class != symbolic.Elementwise {
		return n
	}
	var m *symbolic.Map
	var of *symbolic.Node
	for _, a := range n.Args {
		if _, isConst := symbolic.ConstValue(a); isConst {
			continue
		}
		if !isOneAccess(a) || m != nil && a.Attr.Key() != m.Key() || of != nil && !of.Shape.Equal(a.Args[0].Shape) {
			return n
		}
		m, of = a.Attr.(*symbolic.Map), a.Args[0]
	}
	if m == nil || len(m.Guard) == 0 && !keepsAll(m, of.Shape) {
		return n
	}
	if len(m.Guard) > 0 && !(n.Op.Lazy && isZero(n.Args[2]) && repeatsWindows(m, of.Shape)) {
		return n // where a guard fails there must be a zero
	}
	args := make([]*symbolic.Node, len(n.Args))
	for i, a := range n.Args {
		if v, isConst := symbolic.ConstValue(a); isConst {
			args[i] = s.g.Const(v, of.Shape, a.Type)
		} else {
			args[i] = a.Args[0]
		}
	}
	return s.g.Access(s.outside(s.g.Apply(n.Op, n.Attr, args...)), m)
}

func isZero(n *symbolic.Node) bool {
	v, ok := symbolic.ConstValue(n)
	return ok && v == 0
}

// keepsAll reports whether m reads every element of a value of shape in,
// along axes of its own.
func keepsAll(m *symbolic.Map, in symbolic.Shape) bool {
	seen := map[int]bool{}
	for k, e := range m.Index {
		sym, ok := e.AsSym()
		if !ok {
			return false
		}
		a, ok := symbolic.AxisOf(sym)
		if !ok || seen[a] || !m.Shape[a].Equal(in[k]) {
			return false
		}
		seen[a] = true
	}
	return true
}

// isOneAccess reports whether n is one argument at other indices, or zero.
func isOneAccess(n *symbolic.Node) bool { return n.Op == symbolic.OpAccess && len(n.Args) == 1 }

// isPlainAccess reports whether n reads its argument at other indices and does
// nothing else.
func isPlainAccess(n *symbolic.Node) bool {
	m, ok := n.Attr.(*symbolic.Map)
	return ok && n.Op.Class == symbolic.Movement && len(n.Args) == 1 && len(m.Guard) == 0
}

func (s *settler) product(fs []*symbolic.Node, none *symbolic.Node) *symbolic.Node {
	p := none
	for i, f := range fs {
		if i == 0 {
			p = f
		} else {
			p = s.g.Mul(p, f)
		}
	}
	return p
}

// union returns the axes that are in a or b, in order.
func union(a, b symbolic.Axes) symbolic.Axes {
	out := slices.Clone(a)
	for _, k := range b {
		if !out.Has(k) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func within(a, b symbolic.Axes) bool {
	for _, x := range a {
		if !b.Has(x) {
			return false
		}
	}
	return true
}

// axes lists the axes of n that its elements depend on.
func (s *settler) axes(n *symbolic.Node) symbolic.Axes {
	if a, ok := s.deps[n]; ok {
		return a
	}
	on := map[int]bool{}
	all := func(a symbolic.Axes) {
		for _, x := range a {
			on[x] = true
		}
	}
	m, isMap := n.Attr.(*symbolic.Map)
	axis, isAxis := n.Attr.(symbolic.Axes)
	_, isConst := n.Attr.(symbolic.Value)
	switch {
	case isConst:
	case isMap && n.Op.Class == symbolic.Movement:
		for _, k := range s.axes(n.Args[0]) {
			all(axesIn(m.Index[k]))
		}
		for _, k := range m.Guard {
			all(axesIn(k.E))
		}
		for _, a := range n.Args[1:] {
			all(s.axes(a))
		}
	case n.Op.Class == symbolic.Elementwise:
		for _, a := range n.Args {
			all(s.axes(a))
		}
	case n.Op.Class == symbolic.Leaf && isAxis:
		all(axis)
	default:
		all(symbolic.AllAxes(n))
	}
	var out symbolic.Axes
	for i := range n.Shape {
		if on[i] {
			out = append(out, i)
		}
	}
	s.deps[n] = out
	return out
}

func axesIn(p symbolic.Poly) symbolic.Axes {
	var out symbolic.Axes
	for _, sym := range p.Syms() {
		if a, ok := symbolic.AxisOf(sym); ok {
			out = append(out, a)
		}
	}
	return out
}

// restrict returns n, which depends on no other axes than on, over those alone.
func (s *settler) restrict(n *symbolic.Node, on symbolic.Axes) *symbolic.Node {
	return (&restriction{s, map[*symbolic.Node]map[string]*symbolic.Node{}}).of(n, on)
}

// A restriction takes axes from values: of each once, however many read it.
type restriction struct {
	*settler
	done map[*symbolic.Node]map[string]*symbolic.Node // by the axes that are left
}

func (s *restriction) of(n *symbolic.Node, on symbolic.Axes) *symbolic.Node {
	if len(on) == len(n.Shape) {
		return n
	}
	key := on.Key()
	if m := s.done[n][key]; m != nil {
		return m
	}
	m := s.make(n, on)
	if s.done[n] == nil {
		s.done[n] = map[string]*symbolic.Node{}
	}
	s.done[n][key] = m
	return m
}

func (s *restriction) make(n *symbolic.Node, on symbolic.Axes) *symbolic.Node {
	var shape symbolic.Shape
	to := map[int]int{}
	for i, a := range on {
		to[a] = i
		shape = append(shape, n.Shape[a])
	}
	if v, ok := symbolic.ConstValue(n); ok {
		return s.g.Const(v, shape, n.Type)
	}
	args := make([]*symbolic.Node, len(n.Args))
	for i, a := range n.Args {
		args[i] = a
		if n.Op.Class == symbolic.Elementwise || i > 0 {
			args[i] = s.of(a, on)
		}
	}
	switch attr := n.Attr.(type) {
	case *symbolic.Map:
		sub := func(sym string) (symbolic.Poly, bool) {
			a, ok := symbolic.AxisOf(sym)
			return symbolic.Axis(to[a]), ok
		}
		m := &symbolic.Map{Shape: shape}
		used := s.axes(n.Args[0])
		for _, k := range used {
			m.Index = append(m.Index, attr.Index[k].Subst(sub))
		}
		args[0] = s.of(n.Args[0], used)
		for _, k := range attr.Guard {
			k = k.With(k.E.Subst(sub))
			m.Guard = append(m.Guard, k)
		}
		return s.g.Access(args[0], m, args[1:]...)
	case symbolic.Axes:
		return s.g.Iota(shape, to[attr[0]])
	}
	return s.g.Apply(n.Op, n.Attr, args...)
}
