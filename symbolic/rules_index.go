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
