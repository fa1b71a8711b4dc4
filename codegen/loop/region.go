package loop

import (
	"fmt"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// A region is the comp of a loop of the graph. Its body is lowered on its own,
// as a program is: values of all examples before those of the next pass, so the
// loop over passes is outside, and the batch inside. What the body takes from
// outside it reads where that is; the rows of what it goes over and the values
// before a pass are places in larger values.
type region struct {
	node   *symbolic.Node
	loop   *symbolic.Loop
	inner  *lowering
	test   *lowering // of the condition of a while
	pass   *pass
	carry  []*state
	stacks []*value // what is stacked, but for states
	reads  []*value

	windows []*window // what loops of the body go over, where that is not all
	zeros   []*value  // what is 0 outside of them
}

// A pass is the loop around a body, while comps are made and names are given.
type pass struct {
	sym    string // what stands in indices for the variable that counts passes
	extent symbolic.Poly
	name   string // of the variable
}

// A state is what a loop carries.
type state struct {
	formal *symbolic.Node
	at     *value // where it is
	start  *value // what it begins as; nil: a constant
	init   float64
	kept   bool   // all states are kept, one after the other
	first  *value // of a while that keeps states: start, until there is room
	next   *value
	buffer *value // where the next state is while the pass lasts; nil: where it belongs, or in a variable
}

// An alias is a node that is read as another one.
type alias struct {
	node *symbolic.Node
	// lead comes before the indices; where shift is set it is added to the
	// first one instead.
	lead  []symbolic.Poly
	index func(symbolic.Poly) symbolic.Poly
	whole *symbolic.Poly // or the node is this number
}

// aliasOf returns what n is read as, in this body or one around it.
func (l *lowering) aliasOf(n *symbolic.Node) *alias {
	for ; l != nil; l = l.outer {
		if a := l.aliases[n]; a != nil {
			return a
		}
	}
	return nil
}

// aliased reads a node that stands for another one.
func (b *builder) aliased(a *alias, n *symbolic.Node, index []symbolic.Poly) *term {
	switch {
	case a.whole != nil:
		return &term{node: n, typ: n.Type, kind: whole, poly: *a.whole}
	case a.index != nil:
		index = slices.Clone(index)
		index[0] = a.index(index[0])
	default:
		index = slices.Concat(a.lead, index)
	}
	return b.at(a.node, index)
}

// valueOf returns the value that holds n: one of this body, or one around it
// as it is seen here.
func (l *lowering) valueOf(n *symbolic.Node) *value {
	if v := l.values[n]; v != nil || l.outer == nil {
		return v
	}
	of := l.outer.valueOf(n)
	if of == nil {
		return nil
	}
	v := &value{id: len(l.order), node: n, kind: In, why: of.why, lost: make([]bool, len(n.Shape)), of: of}
	l.values[n] = v
	l.seen = append(l.seen, v)
	return v
}

// view returns the elements of v with the given leading indices as a value of
// its own, which holds n.
func (l *lowering) view(v *value, n *symbolic.Node, at ...symbolic.Poly) *value {
	w := l.newValue(n, Out, v.why)
	w.of, w.lead = v, at
	return w
}

// whole is the value that a view is a part of.
func (v *value) base() *value {
	for v.of != nil {
		v = v.of
	}
	return v
}

// shares reports whether v is in the memory of what some of ts read.
func (v *value) shares(ts ...*term) bool {
	return slices.ContainsFunc(ts, func(t *term) bool { return t.val.base() == v.base() })
}

// region makes the comp of the loop y.
func (l *lowering) region(y *symbolic.Node, parts []*symbolic.Node) {
	lp := y.Attr.(*symbolic.Loop)
	r := &region{node: y, loop: lp}
	r.pass = &pass{sym: fmt.Sprintf("~t%d_%d", y.ID, len(l.passes)), extent: lp.Count}
	how := l.tiling
	if how.spine != module.Batch { // tiles of a func are around its loops, not in them
		how.spine = ""
	}
	in := &lowering{
		proc: l.proc, tiling: how, outer: l, passes: append(slices.Clone(l.passes), r.pass),
		values: map[*symbolic.Node]*value{}, aliases: map[*symbolic.Node]*alias{},
	}
	r.inner = in
	count := symbolic.Sym(r.pass.sym)
	one := symbolic.Int(1)
	// row is where pass number i stands, and the other way round.
	row := func(i symbolic.Poly) symbolic.Poly {
		if lp.Reverse {
			return lp.Count.Sub(one).Sub(i)
		}
		return i
	}
	at := row(count)
	if lp.Kind == symbolic.WhileLoop {
		if r.pass.name = r.counter(); l.counted(r.pass.name) { // another while makes as many passes, and has the name
			r.pass.name = l.proc.Graph.CountLike(r.pass.name)
		}
		r.test = &lowering{
			proc: l.proc, tiling: how, outer: l, passes: in.passes,
			values: map[*symbolic.Node]*value{}, aliases: in.aliases,
		}
	}
	if lp.Index != nil {
		in.aliases[lp.Index] = &alias{whole: &at}
	}
	inits := y.Args[:len(lp.Carry)]
	elems := y.Args[len(lp.Carry):][:len(lp.Elem)]
	captures := y.Args[len(lp.Carry)+len(lp.Elem):]
	for i, f := range lp.Elem {
		in.aliases[f] = &alias{node: elems[i], lead: []symbolic.Poly{at}}
	}
	for i, f := range lp.Capture {
		in.aliases[f] = &alias{node: captures[i]}
	}
	of := func(n *symbolic.Node) func(*symbolic.Node) bool {
		return func(p *symbolic.Node) bool {
			a := p.Attr.(*symbolic.Part)
			return a.Kind == symbolic.Stack && a.Of == n
		}
	}
	var roots []*symbolic.Node
	var outs []*value // where roots go
	for i, f := range lp.Carry {
		rows := lp.Kind == symbolic.TableLoop
		s := &state{formal: f, kept: !rows && (slices.ContainsFunc(parts, of(f)) || slices.ContainsFunc(parts, of(lp.Next[i])))}
		shape := f.Shape
		var begin, here []symbolic.Poly
		if s.kept {
			shape = append(symbolic.Shape{lp.Count.Add(one)}, shape...)
			begin, here = []symbolic.Poly{{}}, []symbolic.Poly{count}
		}
		name := f.Name
		if name == "" {
			name = "state"
		}
		added := r.addedTo(i, parts)
		cell := l.proc.Graph.Formal(name, shape, f.Type)
		s.at = l.newValue(cell, Temp, isCarried)
		l.values[cell] = s.at
		if v, ok := symbolic.ConstValue(inits[i]); ok && len(shape) == 0 {
			s.init = v
		} else if !rows {
			switch {
			case len(shape) == 0, len(f.Shape) == 0 && r.test != nil:
				s.start = l.newValue(inits[i], Temp, isCarried)
			case s.kept && r.test != nil:
				s.first = l.newValue(l.proc.Graph.Formal("first "+name, f.Shape, f.Type), Temp, isCarried)
				s.start = l.view(s.first, inits[i])
			default:
				s.start = l.view(s.at, inits[i], begin...)
			}
			l.writeAll(s.start, inits[i])
			r.reads = append(r.reads, s.start)
		}
		in.aliases[f] = &alias{node: cell, lead: here}
		r.carry = append(r.carry, s)
		if added != nil {
			in.late = append(in.late, &lateSum{formal: f, at: s.at, terms: added})
			continue
		}
		roots = append(roots, lp.Next[i])
		switch {
		case rows:
			outs = append(outs, in.view(s.at, lp.Next[i], at))
		case s.kept:
			outs = append(outs, in.view(s.at, lp.Next[i], count.Add(one)))
		case len(shape) == 0:
			outs = append(outs, in.newValue(lp.Next[i], Temp, isCarried))
		default:
			next := l.proc.Graph.Formal("next "+name, shape, f.Type)
			s.buffer = l.newValue(next, Temp, isCarried)
			outs = append(outs, in.view(s.buffer, lp.Next[i]))
		}
		s.next = outs[len(outs)-1]
	}
	c := &comp{id: -1, node: y, region: r, tiling: &l.tiling}
	for _, p := range parts {
		a := p.Attr.(*symbolic.Part)
		if al := r.alias(a, row); al != nil {
			l.aliases[p] = al
			continue
		}
		v := l.values[p]
		if v == nil {
			v = l.newValue(p, Temp, isCarried)
			l.values[p] = v
		}
		l.done[p] = true
		r.stacks = append(r.stacks, v)
		v.writers = append(v.writers, c)
		roots, outs = append(roots, a.Of), append(outs, in.view(v, a.Of, at))
	}
	in.dest = outs
	r.lower(in, roots)
	if r.test != nil {
		r.test.dest = []*value{r.test.newValue(lp.Cond, Temp, isCarried)}
		r.lower(r.test, []*symbolic.Node{lp.Cond})
	}
	r.reads = append(r.reads, l.passesIn(symbolic.Shape{lp.Count})...)
	for _, s := range r.carry {
		s.at.writers = append(s.at.writers, c)
		if sym := r.counter(); sym != "" && sym == r.pass.name {
			if l.counts == nil {
				l.counts = map[string]*value{}
			}
			l.counts[sym] = s.at
		}
	}
	c.id = len(l.comps)
	switch {
	case len(r.carry) > 0:
		c.target = r.carry[0].at
	case len(outs) > 0:
		c.target = outs[0].of
	default:
		return // nobody wants anything of it
	}
	l.comps = append(l.comps, c)
}

// lower arranges the values of a body.
func (r *region) lower(in *lowering, roots []*symbolic.Node) {
	in.choose(roots)
	for _, s := range in.late {
		s.keep(in)
	}
	in.build(roots)
	for _, s := range in.late {
		s.write(in)
	}
	r.narrow(in)
	in.readers()
	in.tree = in.fuse()
	in.shrink()
	in.outer.notes = append(in.outer.notes, in.notes...)
	for _, v := range in.seen {
		r.reads = append(r.reads, v.of)
	}
}

// bodies lists what of r was lowered.
func (r *region) bodies() []*lowering {
	if r.test != nil {
		return []*lowering{r.test, r.inner}
	}
	return []*lowering{r.inner}
}

// alias returns how a part is read from where states are.
func (r *region) alias(p *symbolic.Part, row func(symbolic.Poly) symbolic.Poly) *alias {
	for i, s := range r.carry {
		cell := s.at.node
		switch {
		case p.Kind == symbolic.Last && p.Of == s.formal && s.kept:
			return &alias{node: cell, lead: []symbolic.Poly{r.loop.Count}}
		case p.Kind == symbolic.Last && p.Of == s.formal:
			return &alias{node: cell}
		case p.Kind == symbolic.Stack && p.Of == r.loop.Next[i] && r.loop.Kind == symbolic.TableLoop:
			return &alias{node: cell} // the rows of the table
		case p.Kind == symbolic.Stack && p.Of == s.formal:
			return &alias{node: cell, index: row}
		case p.Kind == symbolic.Stack && p.Of == r.loop.Next[i]:
			return &alias{node: cell, index: func(at symbolic.Poly) symbolic.Poly { return row(at).Add(symbolic.Int(1)) }}
		}
	}
	return nil
}

// result is the value that root i of the lowering goes to.
func (l *lowering) result(i int, r *symbolic.Node) *value {
	if l.outer != nil {
		return l.dest[i]
	}
	v := l.newValue(r, Out, isResult)
	v.result = l.proc.Results[i]
	return v
}

// keepForLoop gives storage to what a loop would compute again in each pass.
func keepForLoop(n *symbolic.Node, keep func(*symbolic.Node, reason)) {
	for _, a := range n.Args {
		keepBase(a, keep)
	}
	lp := n.Attr.(*symbolic.Loop)
	for _, a := range n.Args[len(lp.Carry)+len(lp.Elem):] {
		if isTurned(a) {
			keep(a, isAcross)
		}
	}
}

func keepBase(a *symbolic.Node, keep func(*symbolic.Node, reason)) {
	switch a.Op.Class {
	case symbolic.Elementwise:
		keep(a, isShared)
	case symbolic.Movement:
		for _, b := range a.Args {
			keepBase(b, keep)
		}
	}
}

// partsOf lists the parts of loops among nodes, by loop.
func partsOf(nodes []*symbolic.Node) map[*symbolic.Node][]*symbolic.Node {
	out := map[*symbolic.Node][]*symbolic.Node{}
	for _, n := range nodes {
		if n.Op == symbolic.OpPart {
			out[n.Args[0]] = append(out[n.Args[0]], n)
		}
	}
	return out
}

// regions calls f for the loops in l, outer ones first.
func (l *lowering) regions(f func(*region)) {
	for _, c := range l.comps {
		if c.region == nil {
			continue
		}
		f(c.region)
		for _, in := range c.region.bodies() {
			in.regions(f)
		}
	}
}

// within calls f for the bodies of the loops in l, outer ones first.
func (l *lowering) within(f func(*lowering)) {
	l.regions(func(r *region) {
		for _, in := range r.bodies() {
			f(in)
		}
	})
}

// passOf returns the pass around c that a symbol stands for, or nil.
func (c *comp) passOf(sym string) *pass {
	for _, p := range c.around {
		if p.sym == sym {
			return p
		}
	}
	return nil
}

// leading is the place of the first element of a view.
func (v *value) leading() []symbolic.Poly {
	out := make([]symbolic.Poly, len(v.lead))
	for i, p := range v.lead {
		out[i] = p.Subst(func(s string) (symbolic.Poly, bool) {
			for _, q := range v.in {
				if q.sym == s {
					return symbolic.Sym(q.name), true
				}
			}
			return symbolic.Poly{}, false
		})
	}
	return out
}

// ---- statements

// region makes the statements of a loop.
func (e *emitter) region(r *region) {
	for _, s := range r.carry {
		if s.at.buf != nil {
			continue
		}
		s.at.v = e.valueVar(s.at)
		e.add(&Acc{Var: s.at.v, Init: s.init})
		if s.start != nil {
			e.add(&Update{Var: s.at.v, Value: &Ref{s.start.v}})
		}
	}
	if r.test != nil {
		e.while(r)
		return
	}
	e.clear(r)
	loop := &Loop{Extent: r.loop.Count}
	loop.Body = e.scope(func() {
		loop.Var = &Var{Name: r.pass.name, Type: symbolic.Integer}
		e.scopes[len(e.scopes)-1].names[r.pass.name] = true
		in := &emitter{l: r.inner, scopes: e.scopes, levels: map[*term]int{}}
		in.windows(r)
		in.body(r.inner.tree)
		e.advance(r)
	})
	e.add(loop)
}

// advance makes the next states those before the next pass.
func (e *emitter) advance(r *region) {
	var vars []*state
	for _, s := range r.carry {
		switch {
		case s.buffer != nil:
			e.copyTo(s.at.buf, s.buffer.buf, s.at.buf.Shape.Size())
		case s.at.buf == nil && s.next != nil && s.next.v != s.at.v:
			vars = append(vars, s)
		}
	}
	// A next value may be a state itself, which must not change before it is read.
	from := make([]*Var, len(vars))
	for i, s := range vars {
		from[i] = s.next.v
		if slices.ContainsFunc(vars[:i], func(o *state) bool { return o.at.v == s.next.v }) {
			from[i] = e.newVar(varName(s.formal), s.formal.Type)
		}
	}
	for i, s := range vars {
		if from[i] != s.next.v {
			e.add(&Let{Var: from[i], Value: &Ref{s.next.v}})
		}
	}
	for i, s := range vars {
		e.add(&Update{Var: s.at.v, Value: &Ref{from[i]}})
	}
}

// copyTo makes the first n elements of one buffer those of another.
func (e *emitter) copyTo(to, from *Buffer, n symbolic.Poly) {
	loop := &Loop{Extent: n}
	loop.Body = e.scope(func() {
		loop.Var = e.counter(&group{})
		i := symbolic.Sym(loop.Var.Name)
		e.add(&Store{Buf: to, Index: i, Value: &Load{Buf: from, Index: i}})
	})
	e.add(loop)
}
