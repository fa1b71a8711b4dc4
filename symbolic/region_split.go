package symbolic

// splitSums takes apart, in the body of a loop, products with values that are
// laid one after the other: W·(x, h) = W₁·x + W₂·h. What does not depend on a
// carry can then be computed for all passes at once, as one product. bound tells
// what does depend on one.
func (g *Graph) splitSums(roots []*Node, carries []*Node) []*Node {
	defer g.At(g.origin)()
	bound := dependence(roots, carries)
	new := map[*Node]*Node{}
	for _, n := range Reachable(roots...) {
		args, same := make([]*Node, len(n.Args)), true
		for i, a := range n.Args {
			args[i] = new[a]
			same = same && args[i] == a
		}
		g.At(n.Origin)
		m := n
		if !same {
			m = g.Apply(n.Op, n.Attr, args...)
			g.SetName(m, n.Name)
			bound[m] = bound[n]
		}
		new[n] = m
		if s := g.splitSum(m, bound); s != nil {
			g.SetName(s, m.Name)
			new[n], bound[s] = s, true
		}
	}
	out := make([]*Node, len(roots))
	for i, r := range roots {
		out[i] = new[r]
	}
	return out
}

// splitSum returns a sum of products with a concatenation as one sum for each
// part of it, where some parts are bound and some are not; else nil.
func (g *Graph) splitSum(n *Node, bound map[*Node]bool) *Node {
	if n.Op != OpSum || n.Args[0].Op != OpMul || !bound[n] {
		return nil
	}
	x := n.Args[0]
	for i, f := range x.Args {
		m, ok := f.Attr.(*Map)
		if !ok || f.Op != OpAccess || len(f.Args) > 1 || len(m.Guard) > 0 || f.Args[0].Op != OpConcat {
			continue
		}
		cat := f.Args[0]
		along := cat.Attr.(Axes)[0]
		r := -1 // the axis of the product that goes along the concatenation
		for a := range x.Shape {
			if m.Index[along].Equal(Axis(a)) && x.Shape[a].Equal(cat.Shape[along]) {
				r = a
			}
		}
		if r < 0 || !n.Attr.(Axes).Has(r) {
			continue
		}
		some, all := false, true
		for _, p := range cat.Args {
			some, all = some || bound[p], all && bound[p]
		}
		if !some || all {
			continue
		}
		var sum *Node
		from := Poly{}
		for _, p := range cat.Args {
			size := p.Shape[along]
			part := *m
			part.Shape = append(Shape(nil), m.Shape...)
			part.Shape[r] = size
			other := g.Slice(x.Args[1-i], r, from, size)
			sum = g.sumOf(sum, g.Apply(OpSum, n.Attr, g.Mul(other, g.access(p, &part))))
			from = from.Add(size)
		}
		return sum
	}
	return nil
}
