package symbolic

import "slices"

// MergeLoops makes the parts of a loop parts of another one that computes all
// that it does, and more: a derivative in forward mode carries the values of the
// loop that it is of beside their tangents.
func (g *Graph) MergeLoops(roots ...*Node) []*Node {
	defer g.At(g.origin)()
	loops := slices.DeleteFunc(ReachableInside(roots...), func(n *Node) bool { return n.Op != OpLoop })
	into := map[*Node]*Node{} // loops by the ones that compute the same
	for i, a := range loops {
		for _, b := range loops[i+1:] {
			if into[a] == nil && covers(b, a) {
				into[a] = b
			}
		}
	}
	if len(into) == 0 {
		return roots
	}
	// A node may come to depend on a loop with a greater number than its own,
	// so arguments are followed rather than numbers.
	new := map[*Node]*Node{}
	var visit func(n *Node) *Node
	visit = func(n *Node) *Node {
		if n == nil || new[n] != nil {
			return new[n]
		}
		new[n] = n // for loops, should there be any
		if b := into[n]; b != nil {
			for into[b] != nil {
				b = into[b]
			}
			new[n] = visit(b)
			return new[n]
		}
		args, same := make([]*Node, len(n.Args)), true
		for i, a := range n.Args {
			args[i] = visit(a)
			same = same && args[i] == a
		}
		attr := n.Attr
		if body := bodyOf(n); len(body) > 0 {
			for _, m := range body {
				visit(m)
			}
			attr = WithBody(n.Attr, new)
			same = same && SameBody(attr, n.Attr)
		}
		if !same {
			g.At(n.Origin)
			new[n] = g.Apply(n.Op, attr, args...)
			g.SetName(new[n], n.Name)
		}
		return new[n]
	}
	out := make([]*Node, len(roots))
	for i, r := range roots {
		out[i] = visit(r)
	}
	return out
}

// covers reports whether the loop b computes everything that a does, from the
// same arguments.
func covers(b, a *Node) bool {
	k, l := a.Attr.(*Loop), b.Attr.(*Loop)
	if k.Kind != l.Kind || k.Reverse != l.Reverse || k.Index != l.Index || k.Cond != l.Cond || !k.Count.Equal(l.Count) || k.Kind == TableLoop {
		return false
	}
	of := map[*Node]*Node{}
	for i, f := range l.Formals() {
		of[f] = b.Args[i]
	}
	for i, f := range k.Formals() {
		if of[f] != a.Args[i] {
			return false
		}
	}
	for i, f := range k.Carry {
		j := slices.Index(l.Carry, f)
		if j < 0 || l.Next[j] != k.Next[i] {
			return false
		}
	}
	return !slices.ContainsFunc(Reachable(b.Args...), func(n *Node) bool { return n == a })
}
