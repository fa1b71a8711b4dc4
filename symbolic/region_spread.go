package symbolic

import "slices"

// Spread returns what values of a loop's body are in all passes at once, with
// the passes as first axis: a graph without the loop, over what by says that
// carries and other values of the body are in all passes. A value that has no
// such form gives nil.
func (g *Graph) Spread(loop *Node, by map[*Node]*Node, roots ...*Node) []*Node {
	l := loop.Attr.(*Loop)
	_, elems, captures := l.parts(loop.Args)
	outside := map[*Node]*Node{}
	for i, f := range l.Capture {
		outside[f] = captures[i]
	}
	changing := append(slices.Clone(l.Elem), indexOf(l.Index)...)
	if l.Kind == TableLoop {
		// The table as it is read within: not what is made of it afterwards.
		k := l.Carry[0]
		all := &Map{Shape: k.Shape}
		for i := range k.Shape {
			all.Index = append(all.Index, Axis(i))
		}
		outside[k] = g.Apply(OpAccess, all, g.Last(loop, k))
	} else {
		changing = append(changing, l.Carry...)
	}
	for n := range by {
		changing = append(changing, n)
	}
	out := make([]*Node, len(roots))
	for i, r := range roots {
		changes := dependence([]*Node{r}, changing)
		lift := g.lifter(l.Count, l.Index, l.Elem, elems, func(n *Node) bool { return !changes[n] })
		lift.outside = func(n *Node) *Node { return g.Substitute([]*Node{n}, outside)[0] }
		for n, m := range by {
			lift.memo[n] = m
		}
		if by[r] != nil {
			delete(lift.memo, r) // as it is made, not as it is known
		}
		out[i] = lift.node(r)
	}
	return out
}
