package symbolic

import "slices"

// accessRules make one access of several and none where nothing moves.
var accessRules = []Rule{
	{Name: "identity access", Phase: always, Ops: []*OpSpec{OpAccess}, Func: func(g *Graph, n *Node) *Node {
		if n.Attr.(*Map).isIdentity(n.Args[0].Shape) {
			return n.Args[0]
		}
		return nil
	}, Example: func(g *Graph) *Node {
		x := sample(g, "x", 3)
		return g.Apply(OpAccess, &Map{Shape: x.Shape, Index: []Poly{Axis(0)}}, x)
	}},
	{Name: "unused index operand", Phase: always, Ops: []*OpSpec{OpAccess}, Func: func(g *Graph, n *Node) *Node {
		if len(n.Args) == 1 {
			return nil
		}
		m := g.accessPruned(n.Args[0], n.Attr.(*Map), n.Args[1:])
		if m == n {
			return nil
		}
		return m
	}, Example: func(g *Graph) *Node {
		x, y := sample(g, "x", 3), g.Input(ArgInput, "y", Shp(2), Integer)
		return g.Access(x, &Map{Shape: Shp(2), Index: []Poly{Axis(0)}}, y)
	}},
	{Name: "constant index operand", Phase: always, Ops: []*OpSpec{OpAccess}, Func: constantOperand,
		Example: func(g *Graph) *Node {
			x := sample(g, "x", 3)
			return g.Access(x, &Map{Shape: Shp(2), Index: []Poly{Operand(0)}}, g.Const(1, Shp(2), Integer))
		}},
	{Name: "guard that always holds", Phase: always, Ops: []*OpSpec{OpAccess}, Func: dropGuards,
		Example: func(g *Graph) *Node {
			x := sample(g, "x", 3)
			return g.Access(x, &Map{Shape: Shp(2), Index: []Poly{Axis(0)}, Guard: []Cond{{Kind: NonNeg, E: Int(2).Sub(Axis(0))}}})
		}},
	{Name: "access of access", Phase: always, Ops: []*OpSpec{OpAccess}, Func: accessOfAccess,
		Example: func(g *Graph) *Node { return g.Permute(g.Slice(sample(g, "x", 4, 3), 0, Int(1), Int(2)), 1, 0) }},
	{Name: "access of concat", Phase: always, Ops: []*OpSpec{OpAccess}, Func: accessOfConcat,
		Example: func(g *Graph) *Node {
			return g.Slice(g.Concat(0, sample(g, "x", 3), sample(g, "y", 4)), 0, Int(3), Int(2))
		}},
	{Name: "access of index", Phase: always, Ops: []*OpSpec{OpAccess}, Func: accessOfIota,
		Example: func(g *Graph) *Node { return g.Broadcast(g.Iota(Shp(3), 0), Shp(2, 3), 1) }},
	{Name: "concat of slices", Phase: always, Ops: []*OpSpec{OpConcat}, Func: concatOfSlices,
		Example: func(g *Graph) *Node {
			x := sample(g, "x", 5)
			return g.Concat(0, g.Slice(x, 0, Int(0), Int(2)), g.Slice(x, 0, Int(2), Int(3)))
		}},
	{Name: "reshape of reshape", Phase: always, Ops: []*OpSpec{OpReshape}, Func: func(g *Graph, n *Node) *Node {
		x := n.Args[0]
		switch {
		case x.Shape.Equal(n.Shape):
			return x
		case x.Op == OpReshape:
			return g.Reshape(x.Args[0], n.Shape)
		}
		return nil
	}, Example: func(g *Graph) *Node { return g.Reshape(g.Reshape(sample(g, "x", 6), Shp(2, 3)), Shp(3, 2)) }},
	{Name: "elementwise under broadcast", Phase: after, Func: underBroadcast,
		Example: func(g *Graph) *Node {
			return g.Apply(OpExp, nil, g.Broadcast(sample(g, "x", 3), Shp(2, 3), 1))
		}},
}

func constantOperand(g *Graph, n *Node) *Node {
	for k, o := range n.Args[1:] {
		v, ok := ConstValue(o)
		if !ok {
			continue
		}
		sub := func(s string) (Poly, bool) {
			if i, ok := OperandOf(s); ok && i == k {
				return Int(int(v)), true
			}
			return Poly{}, false
		}
		m := n.Attr.(*Map)
		out := m.subst(m.Shape, sub)
		for i, e := range out.Index {
			// An index that cannot be seen to be in range stays an operand,
			// and an error where it is not.
			if !e.Equal(m.Index[i]) && !inRange(e, n.Args[0].Shape[i], m.Shape) {
				return nil
			}
		}
		return g.accessPruned(n.Args[0], out, n.Args[1:])
	}
	return nil
}

// atLeastZero reports whether e, over the axes of shape, is seen never to be
// negative.
func atLeastZero(e Poly, shape Shape) bool {
	for _, s := range e.Syms() {
		if _, ok := OperandOf(s); ok {
			return false
		}
		a, ok := axisOf(s)
		if !ok {
			continue
		}
		c, rest, ok := e.Linear(s)
		if !ok || a >= len(shape) {
			return false
		}
		e = rest
		if c < 0 { // least at the last index
			e = e.Add(shape[a].Sub(Int(1)).Scale(int64(c), 1))
		}
	}
	fine := true
	e.Terms(func(num, den int64, syms []string) { fine = fine && num > 0 })
	return fine
}

// inRange reports whether e is seen to lie in [0, size).
func inRange(e, size Poly, shape Shape) bool {
	return atLeastZero(e, shape) && atLeastZero(size.Sub(Int(1)).Sub(e), shape)
}

func dropGuards(g *Graph, n *Node) *Node {
	m := n.Attr.(*Map)
	out := &Map{Shape: m.Shape, Index: m.Index}
	for _, c := range m.Guard {
		v, isConst := c.E.Const()
		switch {
		case c.Kind == NonNeg && atLeastZero(c.E, m.Shape), isConst && c.Kind == Zero && v == 0,
			isConst && c.Kind == Divides && v%c.Mod == 0:
			continue
		case isConst:
			return g.Const(0, n.Shape, n.Type)
		}
		out.Guard = append(out.Guard, c)
	}
	if len(out.Guard) == len(m.Guard) {
		return nil
	}
	return g.access(n.Args[0], out, n.Args[1:]...)
}

// accessOfAccess puts the outer indices into the inner map.
func accessOfAccess(g *Graph, n *Node) *Node {
	in := n.Args[0]
	if in.Op != OpAccess {
		return nil
	}
	outer, inner := n.Attr.(*Map), in.Attr.(*Map)
	operands := slices.Clone(n.Args[1:])
	if len(operands) > 0 && !plain(inner, in.Args[0].Shape) {
		return nil // an outer index that is out of range must stay an error
	}
	if len(in.Args) > 1 && about(outer.Shape) > about(in.Shape) {
		return nil // what is gathered once is then repeated
	}
	shift := len(operands)
	var out *Map
	err := Guard(func() {
		out = inner.subst(outer.Shape, func(s string) (Poly, bool) {
			if a, ok := axisOf(s); ok {
				return outer.Index[a], true
			}
			if k, ok := OperandOf(s); ok {
				return Operand(k + shift), true
			}
			return Poly{}, false
		})
	})
	if err != nil {
		return nil
	}
	guards := slices.Clone(outer.Guard)
	for _, c := range out.Guard {
		if !slices.ContainsFunc(guards, func(d Cond) bool { return d.String() == c.String() }) {
			guards = append(guards, c)
		}
	}
	out.Guard = guards
	for _, o := range in.Args[1:] {
		operands = append(operands, g.access(o, outer, n.Args[1:]...))
	}
	return g.accessPruned(in.Args[0], out, operands)
}

// plain reports whether every index of m is an axis as it is, each in the full
// extent: a permutation or a broadcast.
func plain(m *Map, in Shape) bool {
	if len(m.Guard) > 0 {
		return false
	}
	for k, e := range m.Index {
		s, ok := e.AsSym()
		a, isAxis := axisOf(s)
		if !ok || !isAxis || !m.Shape[a].Equal(in[k]) {
			return false
		}
	}
	return true
}

// accessOfConcat reads the one part that all indices fall into.
func accessOfConcat(g *Graph, n *Node) *Node {
	x := n.Args[0]
	if x.Op != OpConcat {
		return nil
	}
	m, axis := n.Attr.(*Map), x.Attr.(Axes)[0]
	var at Poly
	for _, part := range x.Args {
		size := part.Shape[axis]
		e := m.Index[axis].Sub(at)
		if inRange(e, size, m.Shape) {
			out := &Map{Shape: m.Shape, Index: slices.Clone(m.Index), Guard: m.Guard}
			out.Index[axis] = e
			return g.access(part, out, n.Args[1:]...)
		}
		at = at.Add(size)
	}
	return nil
}

func accessOfIota(g *Graph, n *Node) *Node {
	x, m := n.Args[0], n.Attr.(*Map)
	if x.Op != OpIota || len(m.Guard) > 0 {
		return nil
	}
	s, ok := m.Index[x.Attr.(Axes)[0]].AsSym()
	a, isAxis := axisOf(s)
	if !ok || !isAxis {
		return nil
	}
	return g.Iota(n.Shape, a)
}

func concatOfSlices(g *Graph, n *Node) *Node {
	axis := n.Attr.(Axes)[0]
	var x *Node
	var at Poly
	for _, p := range n.Args {
		if p.Op != OpAccess || len(p.Args) > 1 || len(p.Attr.(*Map).Guard) > 0 || x != nil && p.Args[0] != x {
			return nil
		}
		x = p.Args[0]
		m := p.Attr.(*Map)
		if len(m.Index) != len(n.Shape) {
			return nil
		}
		for k, e := range m.Index {
			want := Axis(k)
			if k == axis {
				want = want.Add(at)
			}
			if !e.Equal(want) {
				return nil
			}
		}
		at = at.Add(p.Shape[axis])
	}
	if !x.Shape.Equal(n.Shape) {
		return nil
	}
	return x
}

// underBroadcast computes before repeating. Choices stay outside, see
// selectRules; marks and stops stay where they are.
func underBroadcast(g *Graph, n *Node) *Node {
	if n.Op.Class != Elementwise || n.Op.Lazy || n.Attr != nil {
		return nil
	}
	var m *Map
	var small Shape
	args := make([]*Node, len(n.Args))
	for i, a := range n.Args {
		if _, ok := ConstValue(a); ok {
			continue
		}
		if a.Op != OpAccess || len(a.Args) > 1 {
			return nil
		}
		am, x := a.Attr.(*Map), a.Args[0]
		switch {
		case m == nil:
			m, small = am, x.Shape
			if len(small) >= len(m.Shape) || !plain(m, small) {
				return nil
			}
		case am.Key() != m.Key() || !x.Shape.Equal(small):
			return nil
		}
		args[i] = x
	}
	if m == nil {
		return nil
	}
	for i, a := range n.Args {
		if v, ok := ConstValue(a); ok {
			args[i] = g.Const(v, small, a.Type)
		}
	}
	return g.access(g.Apply(n.Op, nil, args...), m)
}
