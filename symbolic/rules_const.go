package symbolic

import "math"

// constantRules compute what is known when generating.
var constantRules = []Rule{
	{Name: "constant folding", Phase: always, Func: foldConstants,
		Example: func(g *Graph) *Node { return g.Add(g.Num(2), g.Num(3)) }},
	{Name: "access of constant", Phase: always, Ops: []*OpSpec{OpAccess}, Func: func(g *Graph, n *Node) *Node {
		v, ok := ConstValue(n.Args[0])
		if !ok || len(n.Attr.(*Map).Guard) > 0 && v != 0 {
			return nil
		}
		return g.Const(v, n.Shape, n.Type)
	}, Example: func(g *Graph) *Node { return g.Broadcast(g.Num(2), Shp(3)) }},
	{Name: "reshape of constant", Phase: always, Ops: []*OpSpec{OpReshape}, Func: func(g *Graph, n *Node) *Node {
		v, ok := ConstValue(n.Args[0])
		if !ok {
			return nil
		}
		return g.Const(v, n.Shape, n.Type)
	}, Example: func(g *Graph) *Node { return g.Reshape(g.Const(2, Shp(6), Real), Shp(2, 3)) }},
	{Name: "scatter of zero", Phase: after, Ops: []*OpSpec{OpScatter}, Func: func(g *Graph, n *Node) *Node {
		if v, ok := ConstValue(n.Args[0]); ok && v == 0 {
			return g.Const(0, n.Shape, Real)
		}
		return nil
	}, Example: func(g *Graph) *Node {
		y := g.Input(ArgInput, "y", Shp(2), Integer)
		return g.Apply(OpScatter, &Map{Shape: Shp(3), Index: []Poly{Operand(0)}}, g.Const(0, Shp(2), Real), y)
	}},
	{Name: "sum of constant", Phase: after, Safety: Reassoc, Ops: []*OpSpec{OpSum}, Func: func(g *Graph, n *Node) *Node {
		if v, ok := ConstValue(n.Args[0]); ok && n.Type == Real {
			return g.Mul(g.Const(v, n.Shape, Real), g.sizeOver(n))
		}
		return nil
	}, Example: func(g *Graph) *Node { return g.Sum(g.Const(2, Shp(3, 4), Real), 1) }},
	{Name: "size as real", Phase: always, Ops: []*OpSpec{OpSize}, Func: func(g *Graph, n *Node) *Node {
		if c, ok := n.Attr.(SizeAttr).Poly.Const(); ok {
			return g.Const(float64(c), nil, Integer)
		}
		return nil
	}, Example: func(g *Graph) *Node { return g.intern(OpSize, nil, SizeAttr{Int(3)}, nil, Integer) }},
}

// foldConstants evaluates an elementwise operator whose arguments are all
// constant. NaN stays an operation, since it hides where it came from.
func foldConstants(g *Graph, n *Node) *Node {
	op := n.Op
	if op.Class != Elementwise || op.Eval == nil || n.Attr != nil {
		return nil
	}
	x := make([]float64, len(n.Args))
	for i, a := range n.Args {
		v, ok := ConstValue(a)
		if !ok {
			return nil
		}
		x[i] = v
	}
	v := op.Eval(x)
	if math.IsNaN(v) {
		return nil
	}
	return g.Const(v, n.Shape, n.Type)
}

// sizeOver returns how many elements a reduction takes together, as a real
// value in its shape.
func (g *Graph) sizeOver(n *Node) *Node {
	size := Int(1)
	for _, a := range n.Attr.(Axes) {
		size = size.Mul(n.Args[0].Shape[a])
	}
	return g.Broadcast(g.ToReal(g.Size(size)), n.Shape)
}
