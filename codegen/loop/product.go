package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// spineOf is the size that outermost loops go over, in tiles where that pays: a model's batch, and
// of a func the outermost axis of its largest sum, where no result has such an axis.
func spineOf(p *module.Procedure, roots []*symbolic.Node) string {
	if !ofFunc(p) {
		return module.Batch
	}
	inResult := map[string]bool{}
	for _, r := range roots {
		for _, d := range r.Shape {
			for _, s := range d.Syms() {
				inResult[s] = true
			}
		}
	}
	spine, most := module.Batch, 0
	for _, n := range symbolic.Reachable(roots...) {
		if n.Op != symbolic.OpSum || len(n.Args[0].Shape) < 2 {
			continue
		}
		x := n.Args[0]
		if s, ok := x.Shape[0].AsSym(); ok && !inResult[s] && !symbolic.IsCount(s) && guess(x.Shape.Size()) > most {
			spine, most = s, guess(x.Shape.Size())
		}
	}
	return spine
}

// contracted writes a sum that is worth it as a contraction, or as several, as far as it is
// one of products: what all of the sum is multiplied with or divided by comes after it, a
// choice becomes one of the factors, and a sum of products as many sums.
//
//	Σₖ (if k ≤ j { p[j,k]·v[k,l] } else { 0 })/c = Σₖ q[j,k]·v[k,l]/c
func (s *settler) contracted(n *symbolic.Node) *symbolic.Node {
	if over, ok := n.Attr.(symbolic.Axes); ok && n.Op == symbolic.OpSum {
		if y := s.linear(n, over); y != nil {
			return y
		}
		if y := s.contraction(n.Args[0], over); y != nil {
			return y
		}
	}
	return n
}

// contraction is the sum of x over axes, or nil where there is nothing to contract.
func (s *settler) contraction(x *symbolic.Node, over symbolic.Axes) *symbolic.Node {
	if !s.how.worthProduct(x.Shape) && (s.how.spine == module.Batch || !slices.ContainsFunc(x.Shape, s.how.isSpine)) {
		return nil
	}
	switch x = s.accessInside(x); {
	case x.Op == symbolic.OpAdd || x.Op == symbolic.OpSub:
		a, b := s.contraction(x.Args[0], over), s.contraction(x.Args[1], over)
		if a == nil || b == nil {
			return nil
		}
		return s.g.Apply(x.Op, nil, a, b)
	case x.Op == symbolic.OpDiv && !slices.ContainsFunc(s.axes(x.Args[1]), over.Has):
		y := s.contraction(x.Args[0], over)
		if y == nil {
			return nil
		}
		return s.g.Div(y, s.restrict(x.Args[1], without(symbolic.AllAxes(x), over)))
	case x.Op.Lazy:
		if x = s.choice(x); x == nil {
			return nil
		}
	}
	if x.Op != symbolic.OpMul {
		return nil
	}
	// The two factors as they stand, if they will do; else as they can be made.
	f, g := x.Args[0], x.Args[1]
	a, b := &factor{f, s.axes(f)}, &factor{g, s.axes(g)}
	shared := func(k int) bool { return a.on.Has(k) && b.on.Has(k) }
	if s.reuses(x, over, a, b) && !slices.ContainsFunc(over, func(k int) bool { return !shared(k) }) {
		kept := without(symbolic.AllAxes(x), over)
		order := s.sideBySide(x.Shape, kept)
		a.node, b.node = s.restrict(f, a.on), s.restrict(g, b.on)
		turned := a.endIn(s, last(order), over) || b.endIn(s, last(order), over)
		if !turned && isPlainAccess(f) && isPlainAccess(g) && slices.Equal(kept, order) {
			return s.g.Sum(x, over...)
		}
		return s.sumOfProduct(x, over, a, b, nil)
	}
	var outside, inside []*symbolic.Node
	for _, f := range s.factors(x) {
		if slices.ContainsFunc(s.axes(f), over.Has) {
			inside = append(inside, f)
		} else {
			outside = append(outside, f)
		}
	}
	if a, b, ok := s.split(inside); ok {
		return s.sumOfProduct(x, over, a, b, outside)
	}
	return nil
}

// accessInside is n with the operator outermost where n is a plain access of what
// contraction looks into.
func (s *settler) accessInside(n *symbolic.Node) *symbolic.Node {
	for isPlainAccess(n) {
		x := n.Args[0]
		switch {
		case x.Op == symbolic.OpAdd, x.Op == symbolic.OpSub, x.Op == symbolic.OpMul, x.Op == symbolic.OpDiv, x.Op.Lazy:
			m := n.Attr.(*symbolic.Map)
			args := make([]*symbolic.Node, len(x.Args))
			for i, a := range x.Args {
				if v, ok := symbolic.ConstValue(a); ok {
					args[i] = s.g.Const(v, n.Shape, a.Type)
				} else {
					args[i] = s.g.Access(a, m)
				}
			}
			n = s.g.Apply(x.Op, x.Attr, args...)
		default:
			return n
		}
	}
	return n
}

// without returns the axes that are not in b.
func without(axes, b symbolic.Axes) symbolic.Axes {
	var out symbolic.Axes
	for _, k := range axes {
		if !b.Has(k) {
			out = append(out, k)
		}
	}
	return out
}

// products writes sums over products as sums of the products of two factors, as far as
// contractions over the spine come of it:
//
//	Σₛ (if s < r { l[c,r,s]·(x[i,s] − μ[c,s]) } else { 0 }) = Σₛ p[c,r,s]·q[i,c,s]
//
// Each factor then is a value of its own, over the axes that it depends on.
func products(g *symbolic.Graph, roots []*symbolic.Node, spine string) []*symbolic.Node {
	s := newSettler(g, roots, tiling{spine: spine})
	s.apart = true
	return s.each(roots, func(n *symbolic.Node) *symbolic.Node { return s.scatter(s.contracted(n)) })
}

// factors takes a product apart.
func (s *settler) factors(n *symbolic.Node) []*symbolic.Node {
	var out []*symbolic.Node
	stack := []*symbolic.Node{n}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch {
		case f.Op == symbolic.OpMul:
			stack = append(stack, f.Args[1], f.Args[0])
		case f.Op == symbolic.OpNeg:
			stack = append(stack, s.g.Const(-1, f.Shape, symbolic.Real), f.Args[0])
		case isPlainAccess(f) && (f.Args[0].Op == symbolic.OpMul || f.Args[0].Op == symbolic.OpNeg):
			m := f.Attr.(*symbolic.Map)
			for i := range f.Args[0].Args {
				stack = append(stack, s.g.Access(f.Args[0].Args[len(f.Args[0].Args)-1-i], m))
			}
			if f.Args[0].Op == symbolic.OpNeg {
				out = append(out, s.g.Const(-1, f.Shape, symbolic.Real))
			}
		default:
			out = append(out, f)
		}
	}
	return out
}

// sumOfProduct is the sum of x over axes, x being the product of two factors and of what
// does not depend on these axes; or nil, where it is no contraction.
func (s *settler) sumOfProduct(x *symbolic.Node, over symbolic.Axes, a, b *factor, outside []*symbolic.Node) *symbolic.Node {
	var shared, alone symbolic.Axes // of the axes that are summed over: those of both factors, those of one
	for _, k := range over {
		switch inA, inB := a.on.Has(k), b.on.Has(k); {
		case inA && inB:
			shared = append(shared, k)
		case inA || inB:
			alone = append(alone, k)
		default:
			return nil
		}
	}
	if len(alone) == 0 && !(len(shared) > 0 && s.reuses(x, over, a, b)) {
		return nil
	}
	a.without(s, alone)
	b.without(s, alone)
	kept := without(symbolic.AllAxes(x), over)
	// The axes that are left, and where they are now.
	var shape symbolic.Shape
	to := map[int]int{}
	order := s.sideBySide(x.Shape, kept)
	for k := range x.Shape {
		switch {
		case alone.Has(k):
			continue
		case !over.Has(k):
			k, order = order[0], order[1:]
		}
		to[k] = len(shape)
		shape = append(shape, x.Shape[k])
	}
	moved := func(on symbolic.Axes) []int {
		var out []int
		for _, k := range on {
			out = append(out, to[k])
		}
		return out
	}
	y := s.g.Mul(s.g.Broadcast(a.node, shape, moved(a.on)...), s.g.Broadcast(b.node, shape, moved(b.on)...))
	y = s.g.Sum(y, moved(shared)...)
	at := make([]int, len(kept)) // the axes of y that are those of the result
	for i, k := range kept {
		for _, other := range kept {
			at[i] += btoi(to[other] < to[k])
		}
	}
	y = s.g.Permute(y, at...)
	for _, f := range outside {
		y = s.g.Mul(s.restrict(f, kept), y)
	}
	return y
}

// reuses reports whether elements of both factors go into enough of a contraction's sums.
func (s *settler) reuses(x *symbolic.Node, over symbolic.Axes, a, b *factor) bool {
	least := 8 // a vector of them
	if s.how.any || s.how.spine != module.Batch {
		least = 1
	}
	alone := func(f, g *factor) bool {
		size, found := 1, false
		for _, k := range without(without(f.on, g.on), over) {
			size *= guess(x.Shape[k])
			found = true
		}
		return found && size >= least
	}
	return alone(a, b) && alone(b, a)
}

// sideBySide orders the axes of a result for a contraction over the spine: where the
// last one is short, the longest of the others changes places with it.
func (s *settler) sideBySide(shape symbolic.Shape, axes symbolic.Axes) symbolic.Axes {
	const short = 8
	out := slices.Clone(axes)
	last := len(out) - 1
	if last < 1 || guess(shape[out[last]]) >= short {
		return out
	}
	best := last
	for i, k := range out {
		if !s.how.isSpine(shape[k]) && guess(shape[k]) > guess(shape[out[best]]) {
			best = i
		}
	}
	if s.how.spine == module.Batch && guess(shape[out[best]]) < longSide {
		return out
	}
	out[best], out[last] = out[last], out[best]
	return out
}

// linear is what a sum over the spine becomes that adds up sums: these go over the
// spine themselves, so that what depends on it can be added up first. It is nil where
// n is no such sum.
func (s *settler) linear(n *symbolic.Node, over symbolic.Axes) *symbolic.Node {
	x := n.Args[0]
	if s.how.spine == module.Batch || !slices.ContainsFunc(over, func(k int) bool { return s.how.isSpine(x.Shape[k]) }) {
		return nil
	}
	switch x.Op {
	case symbolic.OpSum:
		inner := x.Attr.(symbolic.Axes)
		all := slices.Clone(inner)
		at := 0 // the axis of x that is axis k of its argument
		for k := range x.Args[0].Shape {
			if inner.Has(k) {
				continue
			}
			if over.Has(at) {
				all = append(all, k)
			}
			at++
		}
		slices.Sort(all)
		return s.contracted(s.g.Sum(x.Args[0], all...))
	case symbolic.OpAdd, symbolic.OpSub:
		if x.Args[0].Op == symbolic.OpSum || x.Args[1].Op == symbolic.OpSum {
			return s.g.Apply(x.Op, nil, s.contracted(s.g.Sum(x.Args[0], over...)), s.contracted(s.g.Sum(x.Args[1], over...)))
		}
	}
	return nil
}

// A factor is a part of a product over the axes that it depends on.
type factor struct {
	node *symbolic.Node
	on   symbolic.Axes
}

// without sums f over those of the given axes that it has.
func (f *factor) without(s *settler, over symbolic.Axes) {
	var at, left symbolic.Axes
	for i, k := range f.on {
		if over.Has(k) {
			at = append(at, i)
		} else {
			left = append(left, k)
		}
	}
	if len(at) > 0 {
		f.node, f.on = s.contracted(s.g.Sum(f.node, at...)), left
	}
}

// endIn lays a choice out with an axis of the result last, where that was one that is
// summed over: in this order a contraction goes through it, and would make a copy else. A
// choice is the factor that was made of it for this sum, so none has it in its old order. Of
// small ones a copy is cheap.
func (f *factor) endIn(s *settler, axis int, over symbolic.Axes) bool {
	x := f.node
	for isPlainAccess(x) {
		x = x.Args[0]
	}
	if !x.Op.Lazy || !s.how.worthProduct(f.node.Shape) || !f.on.Has(axis) || !over.Has(last(f.on)) {
		return false
	}
	var order []int
	for i, k := range f.on {
		if k != axis {
			order = append(order, i)
		}
	}
	order = append(order, slices.Index(f.on, axis))
	f.node = s.permuted(f.node, order)
	on := make(symbolic.Axes, len(order))
	for i, k := range order {
		on[i] = f.on[k]
	}
	f.on = on
	return true
}

func last(axes symbolic.Axes) int { return axes[len(axes)-1] }

// permuted is n with its axes in another order, computed in that order.
func (s *settler) permuted(n *symbolic.Node, order []int) *symbolic.Node {
	n = s.accessInside(n)
	if n.Op.Class != symbolic.Elementwise {
		return s.g.Permute(n, order...)
	}
	args := make([]*symbolic.Node, len(n.Args))
	for i, a := range n.Args {
		args[i] = s.permuted(a, order)
	}
	return s.g.Apply(n.Op, n.Attr, args...)
}

// split makes two factors of many: one of that which depends on most axes, and of
// what depends on no others, and one of the rest.
func (s *settler) split(fs []*symbolic.Node) (a, b *factor, ok bool) {
	a, b = &factor{}, &factor{}
	for _, f := range fs {
		if on := s.axes(f); len(on) > len(a.on) {
			a.on = on
		}
	}
	var inA, inB []*symbolic.Node
	for _, f := range fs {
		if on := s.axes(f); within(on, a.on) {
			inA = append(inA, f)
		} else {
			inB = append(inB, f)
			b.on = union(b.on, on)
		}
	}
	if len(inA) == 0 || len(inB) == 0 {
		return nil, nil, false
	}
	for i, f := range inA {
		inA[i] = s.restrict(f, a.on)
	}
	for i, f := range inB {
		inB[i] = s.restrict(f, b.on)
	}
	a.node, b.node = s.product(inA, nil), s.product(inB, nil)
	return a, b, true
}

// scatter adds up what goes to one place before it goes there.
func (s *settler) scatter(n *symbolic.Node) *symbolic.Node {
	m, ok := n.Attr.(*symbolic.Map)
	if !ok || n.Op != symbolic.OpScatter {
		return n
	}
	x := n.Args[0]
	places := map[int]bool{}
	for _, e := range m.Index {
		for _, k := range axesIn(e) {
			places[k] = true
		}
	}
	for _, c := range m.Guard {
		for _, k := range axesIn(c.E) {
			places[k] = true
		}
	}
	for _, a := range n.Args[1:] {
		for _, k := range s.axes(a) {
			places[k] = true
		}
	}
	var over, kept symbolic.Axes
	spine := false
	to := map[int]int{}
	for k, d := range x.Shape {
		if places[k] {
			to[k] = len(kept)
			kept = append(kept, k)
		} else {
			over = append(over, k)
			spine = spine || s.how.isSpine(d)
		}
	}
	if !spine {
		return n
	}
	sub := func(sym string) (symbolic.Poly, bool) {
		k, ok := symbolic.AxisOf(sym)
		return symbolic.Axis(to[k]), ok
	}
	to2 := &symbolic.Map{Shape: m.Shape}
	for _, e := range m.Index {
		to2.Index = append(to2.Index, e.Subst(sub))
	}
	for _, c := range m.Guard {
		c = c.With(c.E.Subst(sub))
		to2.Guard = append(to2.Guard, c)
	}
	args := []*symbolic.Node{s.contracted(s.g.Sum(x, over...))}
	for _, a := range n.Args[1:] {
		args = append(args, s.restrict(a, kept))
	}
	return s.g.Apply(symbolic.OpScatter, to2, args...)
}
