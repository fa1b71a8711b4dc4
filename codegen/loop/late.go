package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// A lateSum is a carry that a pass only adds to, as the cotangent of a table
// or of a parameter: it is added to in place, after everything that reads it.
type lateSum struct {
	at    *value
	terms []*symbolic.Node
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

// keep gives storage to what is added, since what it is made from may change
// while others are added.
func (s *lateSum) keep(l *lowering) {
	for _, n := range s.terms {
		kept := []*symbolic.Node{n}
		if n.Op.Class == symbolic.Scatter && l.uses[n] == 0 {
			kept, l.store[n] = n.Args, inlined
		}
		for _, a := range kept {
			if l.store[a] == inlined && a.Op.Class != symbolic.Leaf {
				l.store[a] = isCarried
			}
		}
	}
}

// write makes the comps that add.
func (s *lateSum) write(l *lowering) {
	v := l.view(s.at, s.at.node)
	from := len(l.comps)
	for _, n := range s.terms {
		if n.Op.Class == symbolic.Scatter && l.uses[n] == 0 {
			l.writeScatter(v, n)
			continue
		}
		c, b, at := l.newComp(v, n, n.Shape)
		c.index, c.combine = slices.Clone(at), symbolic.OpAdd
		c.body = b.at(n, at)
		l.add(c)
	}
	for _, c := range l.comps[from:] {
		c.late = true
	}
	v.filled = true // by what is there before
}
