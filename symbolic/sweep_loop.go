package symbolic

import "slices"

// A sweptLoop is a loop that computes what depends on a seed for all seeds: its
// carries, rows and captures that do have the units in front of their axes. How
// often it passes, and all that does not depend on the seed, stays as it is.
type sweptLoop struct {
	node   *Node
	inside *sweeper        // of the body
	carry  map[*Node]*Node // what stands for the carries that depend on the seed
}

// loop takes the loop y for all seeds.
func (s *sweeper) loop(y *Node) error {
	g, l := s.g, y.Attr.(*Loop)
	in := &sweeper{g: g, sizes: s.sizes, done: map[*Node]*Swept{}}
	t := &sweptLoop{inside: in, carry: map[*Node]*Node{}}
	formals := l.Formals()
	depends := map[*Node]bool{}
	for i, f := range formals {
		if v := s.done[y.Args[i]]; v != nil && !v.Zero() {
			depends[f] = true
		}
	}
	// A carry depends on the seed where its next value does.
	for more := true; more; {
		more = false
		for i, n := range l.Next {
			k := l.Carry[i]
			if !depends[k] && k.Type == Real && dependence([]*Node{n}, keysOf(formals, depends))[n] {
				depends[k], more = true, true
			}
		}
	}
	m := *l
	m.Carry, m.Next, m.Elem, m.Capture = nil, nil, nil, nil
	var inits, elems, captures []*Node
	for i, f := range formals {
		into, args := &m.Capture, &captures
		switch {
		case i < len(l.Carry):
			into, args = &m.Carry, &inits
		case i < len(l.Carry)+len(l.Elem):
			into, args = &m.Elem, &elems
		}
		a := y.Args[i]
		if !depends[f] {
			*into, *args = append(*into, f), append(*args, a)
			continue
		}
		rows := i < len(l.Carry) && l.Kind == TableLoop // the first axis stays the first
		shape := append(slices.Clone(s.sizes), f.Shape...)
		h := g.Formal(f.Name, shape, Real)
		if rows {
			h = g.Formal(f.Name, s.behind(f.Shape, 1), Real)
			in.done[f] = in.swept(f.Shape, part{s.inFront(h, 1), s.nowhere()})
		} else {
			in.done[f] = in.swept(f.Shape, part{h, s.nowhere()})
		}
		full := s.full(a)
		if rows || i >= len(l.Carry) && i < len(l.Carry)+len(l.Elem) {
			full = s.inBack(full, 1)
		}
		if i < len(l.Carry) {
			t.carry[f] = h
		}
		*into, *args = append(*into, h), append(*args, full)
	}
	if err := in.values(l.Next, keysOf(formals, depends)); err != nil {
		return err
	}
	for i, k := range l.Carry {
		if depends[k] {
			m.Next = append(m.Next, in.full(l.Next[i]))
		} else {
			m.Next = append(m.Next, l.Next[i])
		}
	}
	t.node = g.Apply(OpLoop, &m, slices.Concat(inits, elems, captures)...)
	if s.loops == nil {
		s.loops = map[*Node]*sweptLoop{}
	}
	s.loops[y] = t
	t.inside.own = keysOf(formals, depends)
	return nil
}

// keysOf lists the nodes of a list that are in a set.
func keysOf(list []*Node, set map[*Node]bool) []*Node {
	return slices.DeleteFunc(slices.Clone(list), func(n *Node) bool { return !set[n] })
}

// part is a part of the loop for all seeds.
func (t *sweptLoop) part(s *sweeper, n *Node) (*Swept, error) {
	p := n.Attr.(*Part)
	var all *Node
	switch {
	case p.Kind == Last && t.carry[p.Of] == nil:
		return nil, nil
	case p.Kind == Last:
		all = s.g.Last(t.node, t.carry[p.Of])
		if t.node.Attr.(*Loop).Kind == TableLoop {
			all = s.inFront(all, 1)
		}
	default:
		if err := t.inside.values([]*Node{p.Of}, t.inside.own); err != nil {
			return nil, err
		}
		if t.inside.done[p.Of] == nil {
			return nil, nil
		}
		all = s.inFront(s.g.Stack(t.node, t.inside.full(p.Of)), 1)
	}
	return s.swept(n.Shape, part{all, s.nowhere()}), nil
}

// values takes the nodes under ys that depend on one of on for all seeds.
func (s *sweeper) values(ys, on []*Node) error {
	target := map[*Node]bool{}
	for _, n := range on {
		target[n] = true
	}
	defer s.g.At(s.g.origin)()
	for _, n := range s.g.dependents(ys, target) {
		if target[n] || s.done[n] != nil || s.loops[n] != nil || n.Type != Real && n.Op != OpLoop {
			continue
		}
		s.g.At(n.Origin)
		v, err := s.value(n)
		if err != nil {
			return err
		}
		if v != nil {
			s.done[n] = v
		}
	}
	return nil
}

// nowhere are places for units that are all in front.
func (s *sweeper) nowhere() []*Poly { return make([]*Poly, len(s.sizes)) }

// full is the value of n with all units in front.
func (s *sweeper) full(n *Node) *Node {
	shape := append(slices.Clone(s.sizes), n.Shape...)
	v := s.done[n]
	if v == nil || v.Zero() {
		return s.g.Const(0, shape, Real)
	}
	var sum *Node
	for _, t := range v.terms {
		for k := range s.sizes {
			t = s.spelled(t, n.Shape, k)
		}
		sum = s.g.sumOf(sum, t.node)
	}
	return sum
}

// behind is a shape with the units after its first n axes.
func (s *sweeper) behind(shape Shape, n int) Shape {
	return slices.Concat(shape[:n], s.sizes, shape[n:])
}

// inBack moves the units from the front to behind the first n axes.
func (s *sweeper) inBack(x *Node, n int) *Node {
	k := len(s.sizes)
	perm := append(count(k, n), count(0, k)...)
	return s.g.Permute(x, append(perm, count(k+n, len(x.Shape)-k-n)...)...)
}

// inFront moves the units from behind the first n axes to the front.
func (s *sweeper) inFront(x *Node, n int) *Node {
	k := len(s.sizes)
	perm := append(count(n, k), count(0, n)...)
	return s.g.Permute(x, append(perm, count(k+n, len(x.Shape)-k-n)...)...)
}
