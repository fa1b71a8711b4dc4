package symbolic

import "slices"

// MergeLoops makes the parts of a loop parts of another one that computes all
// that it does, and more: a derivative in forward mode carries the values of the
// loop that it is of beside their tangents. Of several derivatives of one while
// none computes what another does; they become one, for its number of passes is
// one value. Loops merge with those beside them: bodies may share nodes, and what
// stands in one of them need not mean anything in another.
func (g *Graph) MergeLoops(roots ...*Node) []*Node {
	defer g.At(g.origin)()
	return g.mergeBodies(g.mergeBeside(roots))
}

// mergeBeside merges the loops under roots, but for those in bodies.
func (g *Graph) mergeBeside(roots []*Node) []*Node {
	loops := slices.DeleteFunc(Reachable(roots...), func(n *Node) bool { return n.Op != OpLoop })
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
		args := make([]*Node, len(n.Args))
		for i, a := range n.Args {
			args[i] = visit(a)
		}
		new[n] = g.remake(n, n.Attr, args)
		return new[n]
	}
	out := make([]*Node, len(roots))
	for i, r := range roots {
		out[i] = visit(r)
	}
	return out
}

// mergeBodies merges the loops in the bodies of those under roots.
func (g *Graph) mergeBodies(roots []*Node) []*Node {
	nodes := Reachable(roots...)
	parts := map[*Node][]*Node{} // the values of a loop that are asked for
	for _, n := range nodes {
		if n.Op == OpPart {
			parts[n.Args[0]] = append(parts[n.Args[0]], n)
		}
	}
	attrs := map[*Node]Attr{}
	for _, n := range nodes {
		l, ok := n.Attr.(*Loop)
		if !ok {
			continue
		}
		body := slices.Clone(l.Roots())
		for _, p := range parts[n] {
			body = append(body, bodyOf(p)...)
		}
		body = g.MergeLoops(body...)
		attrs[n] = l.With(body[:len(l.Roots())])
		for i, p := range parts[n] {
			attrs[p] = p.Attr.(*Part).With(body[len(l.Roots())+i:])
		}
	}
	if len(attrs) == 0 {
		return roots
	}
	new := map[*Node]*Node{}
	for _, n := range nodes {
		args := make([]*Node, len(n.Args))
		for i, a := range n.Args {
			args[i] = new[a]
		}
		attr := n.Attr
		if a := attrs[n]; a != nil {
			attr = a
		}
		new[n] = g.remake(n, attr, args)
	}
	out := make([]*Node, len(roots))
	for i, r := range roots {
		if r != nil {
			out[i] = new[r]
		}
	}
	return out
}

// remake returns n with another attribute and other arguments.
func (g *Graph) remake(n *Node, attr Attr, args []*Node) *Node {
	if slices.Equal(args, n.Args) && SameBody(attr, n.Attr) {
		return n
	}
	g.At(n.Origin)
	m := g.Apply(n.Op, attr, args...)
	g.SetName(m, n.Name)
	return m
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
