package symbolic

// A choice between elements that are there and zero, made by indices alone, is
// a read with a guard: zero-padding is written as one and becomes the other.
var indexRules = []Rule{
	{Name: "choice by index", Phase: always, Ops: []*OpSpec{OpSelect}, Func: choiceByIndex,
		Example: func(g *Graph) *Node {
			x, i := sample(g, "x", 3), g.Iota(Shp(5), 0)
			in := g.Apply(OpAnd, nil,
				g.Apply(OpIntLe, nil, g.Const(1, Shp(5), Integer), i), g.Apply(OpIntLt, nil, i, g.Const(4, Shp(5), Integer)))
			at := Axis(0).Sub(Int(1))
			y := g.Access(x, &Map{Shape: Shp(5), Index: []Poly{at}, Guard: []Cond{{Kind: NonNeg, E: at}, {Kind: NonNeg, E: Int(2).Sub(at)}}})
			return g.Select(in, y, g.Const(0, Shp(5), Real))
		}},
	{Name: "quotient and rest of an index", Phase: always, Ops: []*OpSpec{OpAccess}, Func: indexInParts,
		Example: func(g *Graph) *Node {
			x, i := sample(g, "x", 3, 2), g.Iota(Shp(6), 0)
			two := g.Const(2, Shp(6), Integer)
			return g.Access(x, &Map{Shape: Shp(6), Index: []Poly{Operand(0), Operand(1)}}, g.Apply(OpIntDiv, nil, i, two), g.Apply(OpIntMod, nil, i, two))
		}},
}

// indexInParts reads by quotients and rests of indices, as in an image that becomes larger, x[div(i, 2)], by
// axes: an axis of 2n is one of n and one of 2 in it. Nothing is gathered then, and nothing scattered on the way back.
func indexInParts(g *Graph, n *Node) *Node {
	if len(n.Args) == 1 {
		return nil
	}
	m := n.Attr.(*Map)
	by := make([]int, len(m.Shape)) // what an axis is divided by, or 0
	type part struct {
		axis int
		rest bool
	}
	var of []part // of the operands
	for _, o := range n.Args[1:] {
		a, d, rest := partOfIndex(o)
		if d == 0 || by[a] != 0 && by[a] != d {
			return nil
		}
		if size, ok := m.Shape[a].Const(); !ok || size%d != 0 {
			return nil
		}
		by[a] = d
		of = append(of, part{a, rest})
	}
	parts, at := &Map{}, make([]int, len(m.Shape))
	for a, size := range m.Shape {
		at[a] = len(parts.Shape)
		if d := by[a]; d > 0 {
			parts.Shape = append(parts.Shape, size.Scale(1, int64(d)), Int(d))
		} else {
			parts.Shape = append(parts.Shape, size)
		}
	}
	sub := func(s string) (Poly, bool) {
		if a, ok := axisOf(s); ok {
			if d := by[a]; d > 0 {
				return Axis(at[a]).Scale(int64(d), 1).Add(Axis(at[a] + 1)), true
			}
			return Axis(at[a]), true
		}
		k, ok := OperandOf(s)
		if !ok {
			return Poly{}, false
		}
		if of[k].rest {
			return Axis(at[of[k].axis] + 1), true
		}
		return Axis(at[of[k].axis]), true
	}
	for _, e := range m.Index {
		parts.Index = append(parts.Index, e.Subst(sub))
	}
	for _, c := range m.Guard {
		parts.Guard = append(parts.Guard, c.With(c.E.Subst(sub)))
	}
	return g.Reshape(g.access(n.Args[0], parts), m.Shape)
}

// partOfIndex returns the axis whose index is divided, by what, and whether n is the rest of that or the
// quotient; by is 0 where n is neither.
func partOfIndex(n *Node) (axis, by int, rest bool) {
	var m *Map
	if n.Op == OpAccess && len(n.Args) == 1 && plain(n.Attr.(*Map), n.Args[0].Shape) {
		n, m = n.Args[0], n.Attr.(*Map)
	}
	if n.Op != OpIntDiv && n.Op != OpIntMod || n.Args[0].Op != OpIota {
		return 0, 0, false
	}
	d, ok := ConstValue(n.Args[1])
	if !ok || d < 2 {
		return 0, 0, false
	}
	axis = n.Args[0].Attr.(Axes)[0]
	if m != nil {
		s, _ := m.Index[axis].AsSym()
		axis, _ = axisOf(s)
	}
	return axis, int(d), n.Op == OpIntMod
}

func choiceByIndex(g *Graph, n *Node) *Node {
	x := n.Args[1]
	if !isZero(n.Args[2]) || x.Op != OpAccess || len(x.Args) > 1 || len(x.Attr.(*Map).Guard) == 0 {
		return nil
	}
	conds, ok := indexConds(n.Args[0], 0)
	if !ok {
		return nil
	}
	m := x.Attr.(*Map)
	out := &Map{Shape: m.Shape, Index: m.Index}
	has := map[string]bool{}
	for _, c := range append(append([]Cond(nil), m.Guard...), conds...) {
		if !has[c.String()] {
			out.Guard = append(out.Guard, c)
		}
		has[c.String()] = true
	}
	return g.access(x.Args[0], out)
}

// indexConds returns what a truth value says of its indices, where it says
// nothing else.
func indexConds(n *Node, depth int) ([]Cond, bool) {
	const deepest = 8
	if depth > deepest {
		return nil, false
	}
	switch n.Op {
	case OpAnd:
		a, ok := indexConds(n.Args[0], depth+1)
		b, also := indexConds(n.Args[1], depth+1)
		return append(a, b...), ok && also
	case OpIntLe, OpIntLt, OpIntEq:
		a, ok := indexPoly(n.Args[0], 0)
		b, also := indexPoly(n.Args[1], 0)
		c := Cond{Kind: NonNeg, E: b.Sub(a)}
		switch n.Op {
		case OpIntLt:
			c.E = c.E.Sub(Int(1))
		case OpIntEq:
			c.Kind = Zero
		}
		return []Cond{c}, ok && also
	case OpAccess:
		m := n.Attr.(*Map)
		if len(n.Args) > 1 || len(m.Guard) > 0 {
			return nil, false
		}
		conds, ok := indexConds(n.Args[0], depth+1)
		for i := range conds {
			conds[i] = conds[i].With(conds[i].E.Subst(func(s string) (Poly, bool) {
				if a, ok := axisOf(s); ok {
					return m.Index[a], true
				}
				return Poly{}, false
			}))
		}
		return conds, ok
	}
	return nil, false
}
