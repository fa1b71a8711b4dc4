package symbolic

// Bounded returns a while as a scan of count passes, in which carries keep their
// values once the condition does not hold. It ends with the same values where
// the while makes no more passes than that.
func (g *Graph) Bounded(loop *Node, count Poly) *Node {
	l := *loop.Attr.(*Loop)
	l.Kind, l.Count, l.Cond, l.Next = ScanLoop, count, nil, nil
	while := loop.Attr.(*Loop)
	for i, k := range l.Carry {
		l.Next = append(l.Next, g.choose(while.Cond, while.Next[i], k))
	}
	return g.Apply(OpLoop, &l, loop.Args...)
}

// choose is a where the truth value c holds, else b, of whatever type and shape.
func (g *Graph) choose(c, a, b *Node) *Node {
	switch b.Type {
	case Boolean:
		c = g.Broadcast(c, b.Shape)
		return g.Apply(OpOr, nil, g.Apply(OpAnd, nil, c, a), g.Apply(OpAnd, nil, g.Apply(OpNot, nil, c), b))
	case Integer:
		return g.Apply(OpIntSelect, nil, g.Broadcast(c, b.Shape), a, b)
	}
	return g.Select(g.Broadcast(c, b.Shape), a, b)
}
