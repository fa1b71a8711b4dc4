package symbolic

// A Step is one use of a rule.
type Step struct {
	Rule          *Rule
	Before, After *Node
}

// Rewrite applies the rules of a phase to roots and all that they depend on
// until none applies, and returns what the roots have become; nil stays nil.
// Rules that assume finite values are left out. New nodes take origin and name
// from those that they replace.
func (g *Graph) Rewrite(phase Phase, roots ...*Node) []*Node {
	return g.rewriter(phase, Reassoc).run(roots)
}

// Stable makes formulas stable before they are differentiated, down to the
// points that derivatives can be taken by, which stay as they are.
func (g *Graph) Stable(roots ...*Node) []*Node {
	r := g.rewriter(Stability, Reassoc)
	r.points = true
	return r.run(roots)
}

// RewriteSteps is Rewrite that also tells which rules it has used, in order.
func (g *Graph) RewriteSteps(phase Phase, roots ...*Node) ([]*Node, []Step) {
	r := g.rewriter(phase, Reassoc)
	r.record = true
	out := r.run(roots)
	return out, r.steps
}

func (g *Graph) rewriter(phase Phase, safety Safety) *rewriter {
	return &rewriter{
		g: g, phase: phase, safety: safety,
		done: map[*Node]*Node{}, next: map[*Node]*Node{}, open: map[*Node]bool{},
	}
}

type rewriter struct {
	g      *Graph
	phase  Phase
	safety Safety
	record bool
	points bool // marks stay as they are
	steps  []Step

	done map[*Node]*Node // what a node has become in the end
	next map[*Node]*Node // what it became in one step
	open map[*Node]bool  // nodes on the stack
	fuel int             // rules that may still be used
}

// stepsPerNode bounds the rules used, relative to the size of the graph.
const stepsPerNode = 32

func (r *rewriter) run(roots []*Node) []*Node {
	defer r.g.At(r.g.origin)()
	r.fuel = stepsPerNode * (r.g.Len() + 64)
	out := make([]*Node, len(roots))
	for i, n := range roots {
		if n != nil {
			r.normalize(n)
			out[i] = r.done[n]
		}
	}
	return out
}

// normalize finds what root becomes: arguments first, then the node itself,
// then, where a rule has made another node of it, that one. It keeps its own
// stack, since graphs may be deep.
func (r *rewriter) normalize(root *Node) {
	stack := []*Node{root}
	for len(stack) > 0 {
		r.g.Effort.Spend(10)
		n := stack[len(stack)-1]
		if r.done[n] != nil {
			delete(r.open, n)
			stack = stack[:len(stack)-1]
			continue
		}
		if r.points && n.Op == OpMark {
			r.done[n] = n
			continue
		}
		r.open[n] = true
		if m := r.next[n]; m != nil {
			switch {
			case r.done[m] != nil:
				r.done[n] = r.done[m]
			case r.open[m]: // rules that run in a circle end here
				r.done[n] = n
			default:
				stack = append(stack, m)
			}
			continue
		}
		ready := true
		for _, a := range n.Needs() {
			switch {
			case r.done[a] != nil:
			case r.open[a]: // n was made from a itself
				r.done[a] = a
			default:
				stack = append(stack, a)
				ready = false
			}
		}
		if !ready {
			continue
		}
		if m := r.step(n); m != nil && m != n {
			if n.Name != "" {
				r.g.SetName(m, n.Name)
			}
			r.next[n] = m
		} else {
			r.done[n] = n
		}
	}
}

// step puts what the arguments of n have become in their place, or where they
// are final already applies a rule.
func (r *rewriter) step(n *Node) *Node {
	r.g.At(n.Origin)
	for _, a := range n.Needs() {
		if r.done[a] == a {
			continue
		}
		args := make([]*Node, len(n.Args))
		for i, a := range n.Args {
			args[i] = r.done[a]
		}
		return r.g.Apply(n.Op, WithBody(n.Attr, r.done), args...)
	}
	if r.fuel <= 0 {
		return nil
	}
	for _, rule := range rules().byOp[n.Op] {
		if rule.Phase&r.phase == 0 || rule.Safety > r.safety {
			continue
		}
		m := rule.apply(r.g, n)
		if m == nil || m == n {
			continue
		}
		r.fuel--
		if r.record {
			r.steps = append(r.steps, Step{rule, n, m})
		}
		return m
	}
	return r.swapped(n)
}

// swapped returns the node with n's two arguments the other way round, where
// there is one already and the operator does not mind: then the two are
// computed once.
func (r *rewriter) swapped(n *Node) *Node {
	if r.phase == Stability || !n.Op.Commutes || n.Attr != nil || n.Args[0] == n.Args[1] {
		return nil
	}
	m := r.g.lookup(n.Op, []*Node{n.Args[1], n.Args[0]}, nil, n.Shape, n.Type)
	if m == nil || r.done[m] != m {
		return nil
	}
	return m
}
