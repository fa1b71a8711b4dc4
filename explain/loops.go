package explain

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// A Loop is a scan, a while or a rec that is explained pass by pass. Its values
// are rows of tensors, one for each pass; what it carries has one row more.
type Loop struct {
	Node   *symbolic.Node
	Outer  *Loop // in whose passes it runs, or nil
	Passes notation.Axis
	States []*Value       // what is carried, or the table
	While  *notation.Expr // the condition of a while

	// Ends holds in the passes that are made, where this is another number in
	// each pass of the loops around: of a while in them.
	ends *notation.Expr
	made *symbolic.Node // how many they are, in all passes of those loops

	graph *symbolic.Graph
	l     *symbolic.Loop
	wrote *symbolic.Loop                    // as it was written, where l is that with a bound
	by    map[*symbolic.Node]*symbolic.Node // what values of its body are in all passes at once
	// Before it is known that all of the body can be explained:
	inner  []*Loop
	states []*planned
	values []*planned
	cond   *symbolic.Node
}

// A planned value becomes a value of the derivation.
type planned struct {
	name  string
	body  *symbolic.Node // as the nodes around the loop have it
	node  *symbolic.Node // the rows of all passes, also of those around
	def   *symbolic.Node // what they are made from
	next  *symbolic.Node // of a state: what each pass makes of it, in all passes
	after *Loop          // the last loop inside that it comes after, or nil
}

// loops opens the loops among order, as far as all that is in them can be said
// pass by pass.
func (x *extraction) loops(order []*symbolic.Node) map[*symbolic.Node]*Loop {
	out := map[*symbolic.Node]*Loop{}
	for _, n := range order {
		if n.Op == symbolic.OpLoop {
			if o := x.open(n, nil, order); o != nil {
				out[n] = o
			}
		}
	}
	return out
}

// open plans the values of a loop, or returns nil where some of them have no
// form. order are the nodes around it, with the parts that are asked for.
func (x *extraction) open(n *symbolic.Node, outer *Loop, order []*symbolic.Node) *Loop {
	l := n.Attr.(*symbolic.Loop)
	o := &Loop{Node: n, Outer: outer, graph: x.d.graph, l: l, wrote: l, by: map[*symbolic.Node]*symbolic.Node{}}
	if outer != nil && l.Kind == symbolic.WhileLoop {
		if l.Cond.Op.Class == symbolic.Reduction {
			return nil // and another one for each element, that a pass may be none of
		}
		// Another number of passes in each pass around it: as many as the most
		// are, of which those that are not made change nothing.
		o.Node, o.made = x.d.graph.Bounded(n, x.d.graph.NewCount("passes_"+notation.PassName(outer.Passes.Sym))), n
		for out := outer; out != nil; out = out.Outer {
			o.made = x.d.graph.Stack(out.Node, o.made)
		}
		l = o.Node.Attr.(*symbolic.Loop)
		o.l = l
	}
	o.Passes = notation.Axis{Sym: notation.PassSym(x.passLetter(outer)), Extent: l.Count}
	for _, k := range l.Carry {
		x.state(o, k)
	}
	var parts []*symbolic.Node
	stacked := map[*symbolic.Node]bool{}
	for _, p := range order {
		if p.Op != symbolic.OpPart || p.Args[0] != n {
			continue
		}
		parts = append(parts, p)
		at := p.Attr.(*symbolic.Part)
		if at.Kind == symbolic.Stack && o.made != nil {
			return nil // of another length in each pass
		}
		if at.Kind == symbolic.Stack && at.Of.Op != symbolic.OpFormal {
			stacked[at.Of] = true
			if p.Name != "" {
				x.name[at.Of] = p.Name
			}
		}
	}
	roots := slices.Clone(l.Roots())
	for _, p := range parts {
		roots = append(roots, p.Attr.(*symbolic.Part).Of)
	}
	body := symbolic.Reachable(roots...)
	x.bodyValues(o, body, stacked)
	for _, m := range body {
		if m.Op == symbolic.OpLoop {
			in := x.open(m, o, body)
			if in == nil {
				return nil
			}
			o.inner = append(o.inner, in)
		}
	}
	for _, p := range o.values {
		p.after = o.innerBefore(p.body)
		if p.def = o.top(o.spread(p.body)); p.def == nil {
			return nil
		}
	}
	if o.wrote.Cond != nil {
		if o.cond = o.top(o.spread(o.wrote.Cond)); o.cond == nil {
			return nil
		}
	}
	for i := range l.Carry {
		if !o.define(i) {
			return nil
		}
	}
	for _, p := range parts {
		o.stand(x, p)
	}
	return o
}

// passLetter is what the number of a pass is called: t, and u within that.
func (x *extraction) passLetter(outer *Loop) string {
	depth := 0
	for ; outer != nil; outer = outer.Outer {
		depth++
	}
	for _, s := range []string{"t", "u", "v", "r", "τ", "p", "q"} {
		if !x.letters[s] {
			if depth == 0 {
				return s
			}
			depth--
		}
	}
	return "pass"
}

// state plans the value of what is carried: what it is before each pass, and in
// the end.
func (x *extraction) state(o *Loop, k *symbolic.Node) {
	g, l := x.d.graph, o.l
	p := &planned{name: k.Name}
	if p.name == "" {
		p.name = "s"
	}
	last := g.Last(o.Node, k)
	if l.Kind == symbolic.TableLoop {
		if last.Name != "" {
			p.name = last.Name
		}
		p.body = last
	} else {
		rows := g.Stack(o.Node, k)
		row := g.Access(last, &symbolic.Map{Shape: append(symbolic.Shape{one()}, k.Shape...), Index: axes(1, len(k.Shape))})
		all := []*symbolic.Node{rows, row}
		if l.Reverse {
			slices.Reverse(all)
		}
		p.body = g.Concat(0, all...)
		o.by[k] = g.Access(p.body, &symbolic.Map{Shape: rows.Shape, Index: append([]symbolic.Poly{o.before(symbolic.Axis(0))}, axes(1, len(k.Shape))...)})
	}
	p.node = o.export(p.body)
	o.states = append(o.states, p)
}

// bodyValues plans the values of a pass that have names. What they are made from
// is known when the loops inside are.
func (x *extraction) bodyValues(o *Loop, body []*symbolic.Node, stacked map[*symbolic.Node]bool) {
	g := x.d.graph
	cuts := x.cuts(body)
	var cut []*planned
	for _, m := range body {
		_, named := cuts[m]
		if m.Op == symbolic.OpFormal || m.Op == symbolic.OpPart || m.Op == symbolic.OpLoop || o.next(m) && !stacked[m] {
			continue
		}
		if o.l.Kind == symbolic.TableLoop && m.Op == symbolic.OpReshape && m.Args[0] == o.l.Carry[0] {
			continue // the table under another shape
		}
		if named && !(m.Name == "" && cuts[m] == "") || stacked[m] {
			p := &planned{name: cuts[m], body: m}
			if p.name == "" {
				p.name = x.shared
			}
			for _, k := range o.l.Carry {
				if base, _, _ := strings.Cut(p.name, "["); base == k.Name && base != "" {
					p.name = base + "′" // a[0] would be what is carried, in pass 0
				}
			}
			o.by[m] = g.Stack(o.Node, m)
			p.node = o.export(o.by[m])
			cut = append(cut, p)
		}
	}
	o.values = cut
}

// next reports that m is the next value of what is carried under its name.
func (o *Loop) next(m *symbolic.Node) bool {
	for i, k := range o.l.Carry {
		if (o.l.Next[i] == m || o.wrote.Next[i] == m) && (m.Name == "" || m.Name == k.Name || m.Name == "next "+k.Name) {
			return true
		}
	}
	return false
}

// innerBefore is the last loop inside o that m comes after.
func (o *Loop) innerBefore(m *symbolic.Node) *Loop {
	var last *Loop
	for _, in := range o.inner {
		if in.Node.ID < m.ID {
			last = in
		}
	}
	return last
}

// define says what the state i is made from: what it begins as, and the next
// value of each pass.
func (o *Loop) define(i int) bool {
	g, l, p := o.graph, o.l, o.states[i]
	k := l.Carry[i]
	next := o.by[l.Next[i]]
	if next == nil {
		next = o.spread(l.Next[i])
	}
	if next == nil {
		return false
	}
	def := next
	if l.Kind != symbolic.TableLoop {
		row := symbolic.Axis(0)
		shape := append(symbolic.Shape{l.Count.Add(one())}, k.Shape...)
		first := g.Access(o.Node.Args[i], &symbolic.Map{
			Shape: shape, Index: axes(1, len(k.Shape)), Guard: []symbolic.Cond{{Kind: symbolic.Zero, E: row.Sub(o.begin())}},
		})
		from, guard := row.Sub(one()), row.Sub(one())
		if l.Reverse {
			from, guard = row, l.Count.Sub(one()).Sub(row)
		}
		later := g.Access(next, &symbolic.Map{
			Shape: shape, Index: append([]symbolic.Poly{from}, axes(1, len(k.Shape))...), Guard: []symbolic.Cond{{Kind: symbolic.NonNeg, E: guard}},
		})
		op := map[symbolic.Type]*symbolic.OpSpec{symbolic.Real: symbolic.OpAdd, symbolic.Integer: symbolic.OpIntAdd, symbolic.Boolean: symbolic.OpOr}[k.Type]
		def = g.Apply(op, nil, first, later)
	}
	p.def, p.next = o.top(def), o.top(next)
	return p.def != nil
}

// stand says what is read in the place of a part of the loop.
func (o *Loop) stand(x *extraction, p *symbolic.Node) bool {
	g, l, at := o.graph, o.l, p.Attr.(*symbolic.Part)
	i := slices.Index(l.Carry, at.Of)
	var n *symbolic.Node
	switch {
	case i >= 0 && l.Kind == symbolic.TableLoop:
		return true // it is the table
	case i >= 0 && at.Kind == symbolic.Last:
		n = g.Access(o.states[i].body, &symbolic.Map{Shape: p.Shape, Index: append([]symbolic.Poly{o.end()}, axes(0, len(p.Shape))...)})
	case i >= 0:
		n = o.by[at.Of]
	case o.by[at.Of] != nil && at.Of.Op == symbolic.OpPart:
		n = o.by[at.Of] // what a loop inside ends with
	case o.by[at.Of] != nil:
		return true // it is a value of its own
	default:
		n = o.spread(at.Of)
	}
	if n != nil && o.Outer != nil {
		if n = o.Outer.spread(n); n != nil {
			o.Outer.by[p] = n
		}
		return n != nil
	}
	x.stand[p] = n
	return n != nil
}

// commit makes the planned values those of the derivation.
func (x *extraction) commit(o *Loop) {
	make := func(p *planned) *Value {
		name := p.name
		if x.name[p.node] != "" {
			name = x.name[p.node]
		} else if p.node.Name != "" && o.Outer == nil {
			name = p.node.Name
		}
		v := x.add(p.node, name, x.role[p.node])
		v.Loop, v.def, v.origin, v.body = o, p.def, p.body.Origin, p.body
		v.Value.Pass = o.path()
		v.Bracket = x.letters[v.Name+"0"] || x.letters[v.Name+"1"] || strings.TrimRight(v.Name, "0123456789′]") != v.Name
		return v
	}
	state := func(i int) {
		v := make(o.states[i])
		v.State, v.body = true, o.wrote.Next[i]
		if o.l.Kind != symbolic.TableLoop {
			v.next = o.states[i].next
		}
		if k := o.l.Carry[i]; k.Origin.Span.Pos.IsValid() {
			v.origin = k.Origin
		}
		if n := o.wrote.Next[i]; n.Origin.Span.Pos.IsValid() && o.by[n] == nil {
			v.origin = n.Origin
		}
		o.States = append(o.States, v)
	}
	table := o.l.Kind == symbolic.TableLoop
	for i := range o.states {
		if !table {
			state(i)
		}
	}
	inner := o.inner
	for _, p := range o.values {
		for p.after != nil && slices.Contains(inner, p.after) {
			x.commit(inner[0])
			inner = inner[1:]
		}
		make(p)
	}
	for _, in := range inner {
		x.commit(in)
	}
	if table { // a row of which is what its pass ends with
		state(0)
	}
}
