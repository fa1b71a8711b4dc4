package symbolic

import "slices"

// VJP returns the cotangents of xs, given the cotangents seeds of ys: it walks
// from ys to xs backwards, and at every value adds up what comes back along all
// paths. A nil result means that nothing does. A value of xs is a point: paths
// end at it. What it builds is graph like any other and can be differentiated
// again.
func (g *Graph) VJP(ys, seeds, xs []*Node) []*Node {
	target := make(map[*Node]bool, len(xs))
	for _, x := range xs {
		target[x] = true
	}
	needed := g.dependents(ys, target)
	cot := map[*Node]*Node{}
	for i, y := range ys {
		cot[y] = g.sumOf(cot[y], seeds[i])
	}
	parts := map[*Node][]partCot{} // of loops
	defer g.At(g.origin)()
	for _, y := range g.backwards(ys, needed) {
		if len(parts[y]) > 0 {
			g.At(adjointOf(y))
			wanted := make([]bool, len(y.Args))
			for j, x := range y.Args {
				wanted[j] = needs(needed, x)
			}
			for j, d := range g.loopGrad(y, parts[y], wanted) {
				if d != nil && wanted[j] {
					cot[y.Args[j]] = g.sumOf(cot[y.Args[j]], d)
				}
			}
			continue
		}
		dy := cot[y]
		if dy == nil || target[y] || y.Type != Real {
			continue
		}
		if y.Op == OpPart {
			parts[y.Args[0]] = append(parts[y.Args[0]], partCot{y, dy})
			continue
		}
		g.At(adjointOf(y))
		for j, d := range g.gradient(y, dy) {
			x := y.Args[j]
			if d == nil || !needs(needed, x) {
				continue
			}
			g.At(adjointOf(x))
			cot[x] = g.sumOf(cot[x], d)
		}
	}
	out := make([]*Node, len(xs))
	for i, x := range xs {
		out[i] = cot[x]
	}
	return out
}

func adjointOf(n *Node) Origin {
	o := n.Origin
	o.Adjoint = n
	return o
}

// Gradient returns ∂y/∂x for each x of xs, nil where y does not depend on x.
func (g *Graph) Gradient(y *Node, xs ...*Node) []*Node {
	return g.VJP([]*Node{y}, []*Node{g.Like(1, y)}, xs)
}

// dependents returns the nodes between xs and ys, in order of ID: those that
// ys depend on and that depend on xs themselves.
func (g *Graph) dependents(ys []*Node, target map[*Node]bool) []*Node {
	on := map[*Node]bool{}
	var out []*Node
	for _, n := range Reachable(ys...) {
		dep := target[n]
		for _, a := range n.Args {
			dep = dep || on[a]
		}
		if dep {
			on[n] = true
			out = append(out, n)
		}
	}
	return out
}

// backwards returns the nodes of needed, users before arguments, in an order that
// does not depend on when they were made: so what comes back along several paths is
// added up in the same order however the statements of a program are arranged.
func (g *Graph) backwards(ys, needed []*Node) []*Node {
	open := make(map[*Node]bool, len(needed)) // not visited yet
	for _, n := range needed {
		open[n] = true
	}
	out := make([]*Node, 0, len(needed)) // arguments first
	type visit struct {
		n    *Node
		next int // the argument to go to
	}
	var stack []visit
	enter := func(n *Node) {
		if open[n] {
			open[n] = false
			stack = append(stack, visit{n: n})
		}
	}
	for i := len(ys) - 1; i >= 0; i-- {
		for enter(ys[i]); len(stack) > 0; {
			v := &stack[len(stack)-1]
			if v.next == len(v.n.Args) {
				out = append(out, v.n)
				stack = stack[:len(stack)-1]
				continue
			}
			v.next++
			enter(v.n.Args[v.next-1])
		}
	}
	slices.Reverse(out)
	return out
}

func needs(sorted []*Node, n *Node) bool {
	lo, hi := 0, len(sorted)
	for lo < hi {
		mid := (lo + hi) / 2
		if sorted[mid].ID < n.ID {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(sorted) && sorted[lo] == n
}

// gradient returns the cotangents of y's arguments by y's own rule.
func (g *Graph) gradient(y, dy *Node) []*Node {
	op := y.Op
	if op.Grad != nil {
		return op.Grad(g, y, dy)
	}
	out := make([]*Node, len(y.Args))
	if op.Class == Composite || op.Class == Elementwise && op.Partial == nil && op.Expand != nil {
		copy(out, g.VJP([]*Node{op.Expand(g, y.Attr, y.Args)}, []*Node{dy}, y.Args))
		return out
	}
	for i, p := range op.Partial {
		if p == nil {
			continue
		}
		if d := p(g, y.Args, y); d != nil {
			out[i] = g.Mul(dy, d)
		}
	}
	return out
}

// JVP returns the tangents of ys when xs move by dxs; nil stands for zero.
func (g *Graph) JVP(ys, xs, dxs []*Node) []*Node {
	tan := map[*Node]*Node{}
	target := map[*Node]bool{}
	for i, x := range xs {
		tan[x], target[x] = dxs[i], true
	}
	loops := map[*Node]*loopTangent{}
	defer g.At(g.origin)()
	for _, y := range g.dependents(ys, target) {
		if target[y] || y.Type != Real && y.Op != OpLoop {
			continue
		}
		g.At(y.Origin)
		if y.Op == OpPart {
			if t := loops[y.Args[0]]; t != nil {
				tan[y] = t.part(g, y)
			}
			continue
		}
		dx := make([]*Node, len(y.Args))
		some := false
		for i, a := range y.Args {
			dx[i] = tan[a]
			some = some || dx[i] != nil
		}
		switch {
		case some && y.Op == OpLoop:
			loops[y] = g.loopJVP(y, dx)
		case some:
			tan[y] = g.tangent(y, dx)
		}
	}
	out := make([]*Node, len(ys))
	for i, y := range ys {
		out[i] = tan[y]
	}
	return out
}

// tangent returns the tangent of y given those of its arguments.
func (g *Graph) tangent(y *Node, dx []*Node) *Node {
	op := y.Op
	switch {
	case op.Tangent != nil:
		return op.Tangent(g, y, dx)
	case op.Linear:
		args := make([]*Node, len(dx))
		for i, d := range dx {
			args[i] = d
			if d == nil && y.Args[i].Type == Real {
				args[i] = g.Like(0, y.Args[i])
			} else if d == nil {
				args[i] = y.Args[i]
			}
		}
		return g.Apply(op, y.Attr, args...)
	case op.Expand != nil && op.Partial == nil:
		return g.JVP([]*Node{op.Expand(g, y.Attr, y.Args)}, y.Args, dx)[0]
	}
	var t *Node
	for i, p := range op.Partial {
		if p == nil || dx[i] == nil {
			continue
		}
		if d := p(g, y.Args, y); d != nil {
			t = g.sumOf(t, g.Mul(d, dx[i]))
		}
	}
	return t
}
