package symbolic

// adjointRules give derivatives the form in which a person writes them.
var adjointRules = []Rule{
	{Name: "zero cotangent", From: "0 * x", To: "0", Phase: after, Adjoint: true},
	{Name: "zero cotangent divided", From: "0 / x", To: "0", Phase: after, Adjoint: true},
	{Name: "one-hot", Phase: after, Ops: []*OpSpec{OpScatter}, Func: oneHot,
		Example: func(g *Graph) *Node {
			v, y := sample(g, "v", 2), g.Input(ArgInput, "y", Shp(2), Integer)
			return g.Apply(OpScatter, &Map{Shape: Shp(2, 3), Index: []Poly{Axis(0), Operand(0)}}, v, y)
		}},
	{Name: "sum of parts laid in zeros", Phase: after, Ops: []*OpSpec{OpAdd}, Func: padsAreConcat,
		Example: func(g *Graph) *Node {
			x := sample(g, "x", 5)
			a, b := g.Slice(x, 0, Int(0), Int(2)), g.Slice(x, 0, Int(2), Int(3))
			d := g.VJP([]*Node{a, b}, []*Node{sample(g, "da", 2), sample(g, "db", 3)}, []*Node{x})
			return d[0]
		}},
	{Name: "p - y", Phase: after, Safety: Reassoc, Ops: []*OpSpec{OpAdd}, Func: lessOneHot,
		Example: func(g *Graph) *Node {
			p, s := sample(g, "p", 2, 3), g.Broadcast(sample(g, "s", 2), Shp(2, 3), 0)
			c := g.Input(ArgInput, "c", Shp(2, 3), Boolean)
			return g.Add(g.Mul(s, p), g.Select(c, g.Neg(s), g.Num(0)))
		}},
	{Name: "common factor of a difference", Phase: after, Safety: Reassoc, Adjoint: true, Ops: []*OpSpec{OpAdd}, Func: commonFactor,
		Example: func(g *Graph) *Node {
			p, y, s := sample(g, "p", 2), sample(g, "y", 2), sample(g, "s", 2)
			defer g.At(Origin{Adjoint: p})()
			return g.Add(g.Mul(g.Neg(s), y), g.Mul(s, p))
		}},
}

// commonFactor: s·p + (−s)·q is s·(p − q).
func commonFactor(g *Graph, n *Node) *Node {
	a, b := n.Args[0], n.Args[1]
	if a.Op != OpMul || b.Op != OpMul {
		return nil
	}
	for i := range 2 {
		for j := range 2 {
			s, t := a.Args[i], b.Args[j]
			switch {
			case !opposite(s, t):
			case hasMinus(s):
				return g.Mul(t, g.Sub(b.Args[1-j], a.Args[1-i]))
			default:
				return g.Mul(s, g.Sub(a.Args[1-i], b.Args[1-j]))
			}
		}
	}
	return nil
}

// hasMinus reports whether n is written with a minus.
func hasMinus(n *Node) bool {
	for range maxDepth {
		v, ok := ConstValue(n)
		switch {
		case ok:
			return v < 0
		case n.Op == OpNeg:
			return true
		case n.Op == OpAccess || n.Op == OpDiv || n.Op == OpMul:
			n = n.Args[0]
		default:
			return false
		}
	}
	return false
}

// oneHot writes a scatter that hits one element of each row as a choice: where
// the index is the row's pick, the value, else 0. Unlike a scatter this can be
// fused with what uses it.
func oneHot(g *Graph, n *Node) *Node {
	m, v := n.Attr.(*Map), n.Args[0]
	if len(m.Guard) > 0 || len(n.Args) != 2 || len(m.Index) != len(v.Shape)+1 {
		return nil
	}
	picked := -1
	pos := make([]int, len(v.Shape)) // of v's axes in the result
	seen := make([]bool, len(v.Shape))
	for t, e := range m.Index {
		s, ok := e.AsSym()
		if !ok {
			return nil
		}
		if _, ok := OperandOf(s); ok && picked < 0 {
			picked = t
			continue
		}
		a, ok := axisOf(s)
		if !ok || seen[a] || !v.Shape[a].Equal(m.Shape[t]) {
			return nil
		}
		seen[a], pos[a] = true, t
	}
	if picked < 0 {
		return nil
	}
	here := g.Apply(OpIntEq, nil, g.Iota(m.Shape, picked), g.Broadcast(n.Args[1], m.Shape, pos...))
	return g.Select(here, g.Broadcast(v, m.Shape, pos...), g.Const(0, m.Shape, Real))
}

// lessOneHot: s·p + (−s where c, else 0) is s·(p − [c]).
func lessOneHot(g *Graph, n *Node) *Node {
	for i := range 2 {
		p, sel := n.Args[i], n.Args[1-i]
		if sel.Op != OpSelect || !isZero(sel.Args[2]) {
			continue
		}
		c, v := sel.Args[0], sel.Args[1]
		hit := g.Apply(OpTruth, nil, c)
		switch {
		case isConst(v, -1):
			return g.Sub(p, hit)
		case p.Op == OpMul && opposite(v, p.Args[0]):
			return g.Mul(p.Args[0], g.Sub(p.Args[1], hit))
		case p.Op == OpMul && opposite(v, p.Args[1]):
			return g.Mul(p.Args[1], g.Sub(p.Args[0], hit))
		case p.Op == OpDiv && v.Op == OpDiv && v.Args[1] == p.Args[1] && isConst(v.Args[0], -1):
			return g.Div(g.Sub(p.Args[0], hit), p.Args[1])
		}
	}
	return nil
}

func isConst(n *Node, v float64) bool {
	c, ok := ConstValue(n)
	return ok && c == v
}

// opposite reports whether a is seen to be −b.
func opposite(a, b *Node) bool {
	for range maxDepth { // what is not seen at once is not looked for
		va, okA := ConstValue(a)
		vb, okB := ConstValue(b)
		switch {
		case okA && okB:
			return va == -vb
		case a.Op == OpNeg && a.Args[0] == b, b.Op == OpNeg && b.Args[0] == a:
			return true
		case a.Op != b.Op || len(a.Args) != len(b.Args) || len(a.Args) == 0:
			return false
		case a.Op == OpAccess && len(a.Args) == 1 && a.Attr.Key() == b.Attr.Key():
			a, b = a.Args[0], b.Args[0]
		case (a.Op == OpDiv || a.Op == OpMul) && a.Args[1] == b.Args[1]:
			a, b = a.Args[0], b.Args[0]
		case a.Op == OpMul && a.Args[0] == b.Args[0]:
			a, b = a.Args[1], b.Args[1]
		default:
			return false
		}
	}
	return false
}

// finalRules clear away what only differentiation looks at.
var finalRules = []Rule{
	{Name: "mark", Phase: Final, Ops: []*OpSpec{OpMark}, Func: argument,
		Example: func(g *Graph) *Node { return g.Mark(sample(g, "x", 2)) }},
	{Name: "stop", Phase: Final, Ops: []*OpSpec{OpStop}, Func: argument,
		Example: func(g *Graph) *Node { return g.Apply(OpStop, nil, sample(g, "x", 2)) }},
}

func argument(g *Graph, n *Node) *Node { return n.Args[0] }
