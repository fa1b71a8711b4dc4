package symbolic

import (
	"fmt"
	"slices"
)

// A loop is swept as a whole: in its body, what stands for a value that depends
// on the seed becomes as many formals as that value has terms. A carry has one
// term, with the places that it has before every pass.

// A loopSweep is a loop being taken for all seeds.
type loopSweep struct {
	*sweeper
	y    *Node
	l    *Loop
	at   [][]*Poly     // the places of each carry that depends on the seed; nil: it does not
	body *sweeper      // of the body, with these
	node *Node         // the loop for all seeds
	as   map[*Node]int // the number of a carry
	bar  []*Node       // what carries have become
}

// loop sweeps the loop y. Places that a pass changes are put in front until none
// does.
func (s *sweeper) loop(y *Node) (*loopSweep, error) {
	l := y.Attr.(*Loop)
	p := &loopSweep{sweeper: s, y: y, l: l, at: make([][]*Poly, len(l.Carry)), as: map[*Node]int{}}
	inits, _, _ := l.parts(y.Args)
	for i, k := range l.Carry {
		p.as[k] = i
		if v := s.done[inits[i]]; v != nil {
			p.meet(i, v)
		}
	}
	for again := true; again; {
		again = false
		if err := p.pass(); err != nil {
			return nil, err
		}
		for i, n := range l.Next {
			v := p.body.done[n]
			if v == nil {
				continue
			}
			if l.Kind == TableLoop { // it is one row
				rows := *v
				rows.terms = nil
				for _, t := range v.terms {
					rows.terms = append(rows.terms, part{t.node, places(t.at, func(q *Poly) *Poly { return row(q, 1) })})
				}
				v = &rows
			}
			again = p.meet(i, v) || again
		}
	}
	return p, nil
}

// meet makes the places of carry i those that they have in common with v. It
// reports whether they have changed.
func (p *loopSweep) meet(i int, v *Swept) bool {
	changed := false
	for _, t := range v.terms {
		if p.at[i] == nil {
			p.at[i] = slices.Clone(t.at)
			changed = true
			continue
		}
		for k, q := range p.at[i] {
			if q != nil && (t.at[k] == nil || !q.Equal(*t.at[k])) {
				p.at[i][k], changed = nil, true
			}
		}
	}
	if p.at[i] == nil { // it is zero
		p.at[i], changed = make([]*Poly, len(p.sizes)), true
	}
	return changed
}

// single is v as one term with the given places, which v has where they are not
// in front.
func (s *sweeper) single(v *Swept, shape Shape, at []*Poly) *Node {
	var sum *Node
	for _, t := range v.terms {
		for k, q := range at {
			if q == nil {
				t = s.spelled(t, shape, k)
			}
		}
		sum = s.g.sumOf(sum, t.node)
	}
	if sum == nil {
		sum = s.g.Const(0, append(s.front(at), shape...), Real)
	}
	return sum
}

// rowFirst takes axis 0 of a value from behind n units to the first place;
// rowBack takes it back.
func (g *Graph) rowFirst(x *Node, n int) *Node { return g.Permute(x, moved(len(x.Shape), n, 0)...) }

func (g *Graph) rowBack(x *Node, n int) *Node { return g.Permute(x, moved(len(x.Shape), 0, n)...) }

// moved lists rank axes with the one at from taken to to.
func moved(rank, from, to int) []int {
	out := count(0, rank)
	out = slices.Delete(out, from, from+1)
	return slices.Insert(out, to, from)
}

// row is a place in one row of what has the given place, rows one in all rows.
func row(p *Poly, by int) *Poly {
	if p == nil {
		return nil
	}
	q := shifted(*p, by)
	return &q
}

// pass sweeps the body and makes the loop.
func (p *loopSweep) pass() error {
	s, g, l := p.sweeper, p.g, p.l
	inits, elems, captures := l.parts(p.y.Args)
	m := *l
	m.Carry, m.Elem, m.Capture = nil, nil, nil
	p.bar = make([]*Node, len(l.Carry))
	in := map[*Node]*Swept{}
	var args [3][]*Node
	table := l.Kind == TableLoop
	for i, k := range l.Carry {
		if p.at[i] == nil {
			p.bar[i] = k
			m.Carry, args[0] = append(m.Carry, k), append(args[0], s.plain(inits[i]))
			continue
		}
		if table { // a row may stand for seeds of its own
			for u, q := range p.at[i] {
				if q != nil && mentions(*q, Axes{0}) {
					p.at[i][u] = nil
				}
			}
		}
		at := p.at[i]
		front := s.front(at)
		start := s.single(s.orZero(inits[i]), k.Shape, at)
		if table {
			start = g.rowFirst(start, len(front))
		}
		f := g.Formal(k.Name, start.Shape, Real)
		value := f
		if table {
			value = g.rowBack(f, len(front))
		}
		p.bar[i] = f
		in[k] = s.swept(k.Shape, part{value, at})
		m.Carry, args[0] = append(m.Carry, f), append(args[0], start)
	}
	for i, e := range l.Elem {
		v := s.done[elems[i]]
		if v == nil {
			m.Elem, args[1] = append(m.Elem, e), append(args[1], s.plain(elems[i]))
			continue
		}
		var terms []part
		for _, t := range v.terms {
			for k, q := range t.at {
				if q != nil && mentions(*q, Axes{0}) {
					t = s.spelled(t, v.shape, k)
				}
			}
			n := len(s.front(t.at))
			rows := g.rowFirst(t.node, n)
			f := g.Formal(e.Name, rows.Shape[1:], Real)
			m.Elem, args[1] = append(m.Elem, f), append(args[1], rows)
			terms = append(terms, part{f, places(t.at, func(q *Poly) *Poly { return row(q, -1) })})
		}
		in[e] = s.swept(e.Shape, terms...)
	}
	for i, c := range l.Capture {
		v := s.done[captures[i]]
		if v == nil {
			m.Capture, args[2] = append(m.Capture, c), append(args[2], s.plain(captures[i]))
			continue
		}
		var terms []part
		for _, t := range v.terms {
			f := g.Formal(c.Name, t.node.Shape, Real)
			m.Capture, args[2] = append(m.Capture, f), append(args[2], t.node)
			terms = append(terms, part{f, t.at})
		}
		in[c] = s.swept(c.Shape, terms...)
	}
	p.body = &sweeper{g: g, sizes: s.sizes, done: in, moved: map[*Node]*Node{}, loops: map[*Node]*loopSweep{}}
	roots := l.Roots()
	if err := p.body.run(roots); err != nil {
		return err
	}
	m.Next = nil
	for i, n := range l.Next {
		if p.at[i] == nil {
			m.Next = append(m.Next, p.body.plain(n))
			continue
		}
		at := p.at[i]
		if table {
			at = places(at, func(q *Poly) *Poly { return row(q, -1) })
		}
		v := p.body.orZero(n)
		for _, t := range v.terms { // what a pass has in other places is met before the loop is used
			for k, q := range at {
				if q != nil && (t.at[k] == nil || !q.Equal(*t.at[k])) {
					at = slices.Clone(at)
					at[k] = nil
				}
			}
		}
		next := p.body.single(v, n.Shape, at)
		if len(next.Shape) != len(m.Carry[i].Shape)-b2i(table) {
			next = g.Const(0, m.Carry[i].Shape[b2i(table):], Real) // of a pass that is not the last one made
		}
		m.Next = append(m.Next, next)
	}
	if l.Cond != nil {
		m.Cond = p.body.plain(l.Cond)
	}
	p.node = g.Apply(OpLoop, &m, slices.Concat(args[0], args[1], args[2])...)
	return nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// orZero is what n is for all seeds, zero where it does not depend on them.
func (s *sweeper) orZero(n *Node) *Swept {
	if v := s.done[n]; v != nil {
		return v
	}
	return s.swept(n.Shape)
}

func places(at []*Poly, f func(*Poly) *Poly) []*Poly {
	out := make([]*Poly, len(at))
	for k, p := range at {
		out[k] = f(p)
	}
	return out
}

// part is a part of the loop: for all seeds, or where it does not depend on them
// the same part of the new loop.
func (p *loopSweep) part(n *Node) error {
	g, of := p.g, n.Attr.(*Part)
	if of.Kind == Last {
		i := p.as[of.Of]
		if p.at[i] == nil {
			p.moved[n] = g.Last(p.node, p.bar[i])
			return nil
		}
		x := g.Last(p.node, p.bar[i])
		if p.l.Kind == TableLoop {
			x = g.rowBack(x, len(p.front(p.at[i])))
		}
		p.done[n] = p.swept(n.Shape, part{x, p.at[i]})
		return nil
	}
	if err := p.body.run([]*Node{of.Of}); err != nil {
		return err
	}
	v := p.body.done[of.Of]
	if v == nil {
		p.moved[n] = g.Stack(p.node, p.body.plain(of.Of))
		return nil
	}
	var terms []part
	for _, t := range v.terms {
		x := g.rowBack(g.Stack(p.node, t.node), len(p.front(t.at)))
		terms = append(terms, part{x, places(t.at, func(q *Poly) *Poly { return row(q, 1) })})
	}
	p.done[n] = p.swept(n.Shape, terms...)
	return nil
}

// run sweeps what roots depend on, from what is done already.
func (s *sweeper) run(roots []*Node) error {
	defer s.g.At(s.g.origin)()
	from := map[*Node]bool{}
	for n := range s.done {
		from[n] = true
	}
	for _, n := range s.g.dependents(roots, from) {
		if s.done[n] != nil || s.moved[n] != nil || s.loops[n] != nil {
			continue
		}
		s.g.At(n.Origin)
		if err := s.visit(n); err != nil {
			return err
		}
	}
	return nil
}

func (s *sweeper) visit(n *Node) error {
	switch {
	case n.Op == OpLoop:
		p, err := s.loop(n)
		s.loops[n] = p
		return err
	case n.Op == OpPart && s.loops[n.Args[0]] != nil:
		return s.loops[n.Args[0]].part(n)
	case !slices.ContainsFunc(n.Args, func(a *Node) bool { return s.done[a] != nil }):
		// It only reads what a loop gives that is made anew.
		args := make([]*Node, len(n.Args))
		for i, a := range n.Args {
			args[i] = s.plain(a)
		}
		s.moved[n] = s.g.Apply(n.Op, n.Attr, args...)
		s.g.SetName(s.moved[n], n.Name)
		return nil
	case n.Type != Real:
		return fmt.Errorf("%s of a derivative", n.Op.Name)
	}
	v, err := s.value(n)
	s.done[n] = v
	return err
}

// plain is what stands for n, which does not depend on the seed.
func (s *sweeper) plain(n *Node) *Node {
	if m := s.moved[n]; m != nil {
		return m
	}
	return n
}
