package symbolic

import "slices"

// MergeLoops makes the parts of a loop parts of another one that computes all
// that it does, and more: a derivative in forward mode carries the values of the
// loop that it is of beside their tangents. Of several derivatives of one while
// none computes what another does; they become one, for its number of passes is
// one value.
func (g *Graph) MergeLoops(roots ...*Node) []*Node {
	defer g.At(g.origin)()
	loops := slices.DeleteFunc(ReachableInside(roots...), func(n *Node) bool { return n.Op != OpLoop })
	into := map[*Node]*Node{} // loops by the ones that compute the same
	for i, a := range loops {
		for j, b := range loops[i+1:] {
			u := g.unite(a, b)
			if u == nil || into[a] != nil {
				continue
			}
			if u == a { // which computes all that b does already
				into[b] = a
				continue
			}
			into[a] = u
			if u != b {
				into[b], loops[i+1+j] = u, u
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

// unite returns a loop that computes everything that a and b do, or nil: b
// where it is that already, and for a while a new one.
func (g *Graph) unite(a, b *Node) *Node {
	k, l := a.Attr.(*Loop), b.Attr.(*Loop)
	if k.Kind != l.Kind || k.Reverse != l.Reverse || k.Index != l.Index || k.Cond != l.Cond || !k.Count.Equal(l.Count) || k.Kind == TableLoop {
		return nil
	}
	of := map[*Node]*Node{}
	for i, f := range l.Formals() {
		of[f] = b.Args[i]
	}
	u := *l
	inits, elems, captures := l.parts(b.Args)
	inits, elems, captures = slices.Clip(inits), slices.Clip(elems), slices.Clip(captures)
	more := false
	for i, f := range k.Formals() {
		arg := a.Args[i]
		switch {
		case of[f] == arg:
			if j := slices.Index(l.Carry, f); j >= 0 && (i >= len(k.Carry) || l.Next[j] != k.Next[i]) {
				return nil
			}
			continue
		case of[f] != nil || k.Kind != WhileLoop:
			return nil
		case i < len(k.Carry):
			u.Carry, u.Next = append(slices.Clip(u.Carry), f), append(slices.Clip(u.Next), k.Next[i])
			inits = append(inits, arg)
		case i < len(k.Carry)+len(k.Elem):
			u.Elem, elems = append(slices.Clip(u.Elem), f), append(elems, arg)
		default:
			u.Capture, captures = append(slices.Clip(u.Capture), f), append(captures, arg)
		}
		more = true
	}
	if slices.Contains(Reachable(b.Args...), a) || more && slices.Contains(Reachable(a.Args...), b) {
		return nil
	}
	if !more {
		return b
	}
	g.At(b.Origin)
	return g.Apply(OpLoop, &u, slices.Concat(inits, elems, captures)...)
}
