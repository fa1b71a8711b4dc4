package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// A lateSum is a carry that a pass only adds to, as the cotangent of a table
// or of a parameter: it is added to in place, after everything that reads it.
type lateSum struct {
	formal *symbolic.Node
	at     *value
	terms  []*symbolic.Node
}

// addedTo returns what a pass adds to carry i, or nil where it does more with
// it than that.
func (r *region) addedTo(i int, parts []*symbolic.Node) []*symbolic.Node {
	f, next := r.loop.Carry[i], r.loop.Next[i]
	if r.loop.Kind == symbolic.TableLoop || len(f.Shape) == 0 {
		return nil
	}
	for _, p := range parts {
		a := p.Attr.(*symbolic.Part)
		if a.Kind == symbolic.Stack && (a.Of == f || a.Of == next) {
			return nil
		}
	}
	for j, n := range r.loop.Next {
		if j != i && n == next {
			return nil
		}
	}
	var terms []*symbolic.Node
	found := 0
	stack := []*symbolic.Node{next}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch {
		case n == f:
			found++
		case n.Op == symbolic.OpAdd:
			stack = append(stack, n.Args[1], n.Args[0])
		default:
			terms = append(terms, n)
		}
	}
	if found != 1 || len(terms) == 0 {
		return nil
	}
	return terms
}

// lateNodes are what the carries that are only added to make necessary.
func (l *lowering) lateNodes() []*symbolic.Node {
	var out []*symbolic.Node
	for _, s := range l.late {
		out = append(out, s.terms...)
	}
	return out
}

// keep gives storage to what is added where it is made from something that is
// added to as well, and may change before.
func (s *lateSum) keep(l *lowering) {
	for _, n := range s.terms {
		kept := []*symbolic.Node{n}
		if s.scatters(l, n) {
			kept, l.store[n] = n.Args, inlined
		}
		for _, a := range kept {
			if l.store[a] == inlined && a.Op.Class != symbolic.Leaf && l.readsLate(a, map[*symbolic.Node]bool{}) {
				l.store[a] = isCarried
			}
		}
	}
}

// scatters reports whether the term n is added element by element, each where
// it belongs, and never laid out.
func (s *lateSum) scatters(l *lowering, n *symbolic.Node) bool {
	return n.Op.Class == symbolic.Scatter && l.uses[n] == 0
}

// readsLate reports whether n is computed from a carry that is added to.
func (l *lowering) readsLate(n *symbolic.Node, seen map[*symbolic.Node]bool) bool {
	if seen[n] {
		return false
	}
	seen[n] = true
	if slices.ContainsFunc(l.late, func(s *lateSum) bool { return s.formal == n }) {
		return true
	}
	if l.store[n] != inlined {
		return false
	}
	return slices.ContainsFunc(n.Args, func(a *symbolic.Node) bool { return l.store[a] == inlined && l.readsLate(a, seen) })
}

// write makes the comps that add.
func (s *lateSum) write(l *lowering) {
	v := l.view(s.at, s.at.node)
	from := len(l.comps)
	var dense *symbolic.Node
	for _, n := range s.terms {
		switch {
		case s.scatters(l, n):
			l.addScattered(v, n)
		case dense == nil:
			dense = n
		default:
			dense = l.proc.Graph.Add(dense, n)
		}
	}
	if dense != nil {
		c, b, at := l.newComp(v, dense, dense.Shape)
		c.index, c.combine = slices.Clone(at), symbolic.OpAdd
		c.body = b.at(dense, at)
		l.add(c)
	}
	for _, c := range l.comps[from:] {
		c.late = true
	}
	v.filled = true // by what is there before
}
