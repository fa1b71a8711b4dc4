package explain

import (
	"fmt"
	"maps"
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
	after *Loop          // the last loop inside that it comes after, or nil
}

func one() symbolic.Poly { return symbolic.Int(1) }

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

// export makes a value around o known in the loops that it is in, and returns
// it for all of their passes.
func (o *Loop) export(n *symbolic.Node) *symbolic.Node {
	for out := o.Outer; out != nil; out = out.Outer {
		rows := o.graph.Stack(out.Node, n)
		out.by[n] = rows
		n = rows
	}
	return n
}

// before is the row of a state that pass t begins with, and after the one that
// it leaves.
func (o *Loop) before(t symbolic.Poly) symbolic.Poly {
	if o.l.Reverse {
		return t.Add(one())
	}
	return t
}

func (o *Loop) after(t symbolic.Poly) symbolic.Poly {
	if o.l.Reverse {
		return t
	}
	return t.Add(one())
}

// begin is the row that the loop begins with.
func (o *Loop) begin() symbolic.Poly {
	if o.l.Reverse {
		return o.l.Count
	}
	return symbolic.Int(0)
}

// end is the row that the loop ends with.
func (o *Loop) end() symbolic.Poly {
	if o.l.Reverse {
		return symbolic.Int(0)
	}
	return o.l.Count
}

// axes are n axes of a result from first on, as indices.
func axes(first, n int) []symbolic.Poly {
	var out []symbolic.Poly
	for i := range n {
		out = append(out, symbolic.Axis(first+i))
	}
	return out
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
		if (o.l.Next[i] == m || o.wrote.Next[i] == m) && (m.Name == "" || m.Name == k.Name) {
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

// spread is a value of the body in all passes at once; nil: it has no such form.
func (o *Loop) spread(m *symbolic.Node) *symbolic.Node {
	return o.graph.Spread(o.Node, o.by, m)[0]
}

// top spreads a node around o over the loops that it is in.
func (o *Loop) top(n *symbolic.Node) *symbolic.Node {
	for out := o.Outer; out != nil && n != nil; out = out.Outer {
		n = out.spread(n)
	}
	return n
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
	p.def = o.top(def)
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

// outermost is the loop around all others that v is in, or nil.
func (v *Value) outermost() *Loop {
	o := v.Loop
	for o != nil && o.Outer != nil {
		o = o.Outer
	}
	return o
}

// path are the passes of the loops that o is in, and its own.
func (o *Loop) path() []notation.Axis {
	var out []notation.Axis
	for ; o != nil; o = o.Outer {
		a := o.Passes
		a.While = o.ends
		out = append(out, a)
	}
	slices.Reverse(out)
	return out
}

// A moment is some passes of a loop: at, over those that it speaks of.
type moment struct {
	at   []symbolic.Poly
	over []notation.Axis
}

// moments are the passes that the equations of v are written for: of a state the
// beginning and what is after a pass, on the way back the end and what is before
// one.
func (v *Value) moments(backward bool) []moment {
	o := v.Loop
	if o == nil && backward && v.rows != nil {
		return []moment{*v.rows}
	}
	if o == nil {
		return []moment{{}}
	}
	path := o.path()
	at := func(p symbolic.Poly) []symbolic.Poly {
		var out []symbolic.Poly
		for _, a := range path[:len(path)-1] {
			out = append(out, symbolic.Sym(a.Sym))
		}
		return append(out, p)
	}
	t := symbolic.Sym(o.Passes.Sym)
	switch {
	case !v.State || o.l.Kind == symbolic.TableLoop:
		return []moment{{at(t), path}}
	case backward:
		return []moment{{at(o.end()), path[:len(path)-1]}, {at(o.before(t)), path}}
	}
	return []moment{{at(o.begin()), path[:len(path)-1]}, {at(o.after(t)), path}}
}

// inPass is the equation of v: of what a loop carries, the one of each pass.
func (v *Value) inPass() *notation.Equation { return inPass(v.Def, v) }

func inPass(q *notation.Equation, v *Value) *notation.Equation {
	for _, c := range q.Cases() {
		if len(c.Over) >= len(v.Pass) {
			c = copied(c)
			c.Else = nil
			return c
		}
	}
	return q
}

// write puts together what how says at all moments of v. That nothing comes back
// in some of them is not written.
func (v *Value) write(backward bool, how func(moment) *notation.Equation) *notation.Equation {
	var first, last *notation.Equation
	for _, p := range v.moments(backward) {
		q := how(p)
		if first != nil && backward && q.Right.Kind == notation.Number && q.Right.Num == 0 {
			continue
		}
		if first != nil && backward && first == last && first.Right.Kind == notation.Number && first.Right.Num == 0 {
			first = nil
		}
		if first == nil {
			first = q
		} else {
			last.Else = q
		}
		last = q
	}
	return first
}

// throughLoops goes back through the loops, pass by pass, by what the equations
// say.
func (d *Derivation) throughLoops(env *notation.Env) error {
	vs := d.Backwards()
	for _, v := range vs {
		if v.Loop != nil {
			shape, err := v.Shape.Eval(func(s string) (int, bool) { n, ok := env.Dims[s]; return n, ok })
			if err != nil {
				return err
			}
			env.Values[v.Delta] = symbolic.NewTensor(shape...)
		}
	}
	done := map[*Loop]bool{}
	for _, v := range vs {
		o := v.outermost()
		if o == nil || done[o] {
			continue
		}
		done[o] = true
		if err := d.through(o, env, vs, map[string]int{}); err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
	}
	return nil
}

// through goes back through the passes of o, in passes of the loops around it
// that have these numbers.
func (d *Derivation) through(o *Loop, env *notation.Env, vs []*Value, passes map[string]int) error {
	in := func(l *Loop) *Loop { // the loop right inside o that l is, or is in
		for ; l != nil; l = l.Outer {
			if l.Outer == o {
				return l
			}
		}
		return nil
	}
	say := func(v *Value, ends bool) error {
		for _, q := range v.Back.Plain.Cases() {
			if v.Loop != o || ends != (len(q.Over) < len(v.Pass)) {
				continue
			}
			if err := q.EvalIn(env, env.Values[v.Delta], passes); err != nil {
				return err
			}
		}
		return nil
	}
	for _, v := range vs {
		if err := say(v, true); err != nil {
			return err
		}
	}
	states := func(passes map[string]int) error { // of a pass that is not made
		for _, v := range vs {
			if v.Loop == o && v.State {
				if err := v.keep(env, passes); err != nil {
					return err
				}
			}
		}
		return nil
	}
	count, err := o.Passes.Extent.Eval(func(s string) (int, bool) { n, ok := env.Dims[s]; return n, ok })
	if err != nil {
		return err
	}
	for i := range count {
		t := count - 1 - i
		if o.l.Reverse {
			t = i
		}
		passes = maps.Clone(passes)
		passes[o.Passes.Sym] = t
		if o.ends != nil {
			made, err := o.ends.EvalIn(env, passes)
			if err != nil {
				return err
			}
			if made == 0 {
				if err := states(passes); err != nil {
					return err
				}
				continue
			}
		}
		entered := map[*Loop]bool{}
		for _, v := range vs {
			if l := in(v.Loop); l != nil && !entered[l] {
				entered[l] = true
				if err := d.through(l, env, vs, passes); err != nil {
					return err
				}
			}
			if err := say(v, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// keep takes what comes back to a state after a pass that is not made for what
// comes back to it before.
func (v *Value) keep(env *notation.Env, passes map[string]int) error {
	t := env.Values[v.Delta]
	row := func(p symbolic.Poly) ([]float64, error) {
		at, n := 0, len(t.Data)
		path := v.Loop.path()
		for i, a := range path {
			k := passes[a.Sym]
			if i == len(path)-1 {
				var err error
				if k, err = p.Eval(func(s string) (int, bool) { n, ok := passes[s]; return n, ok }); err != nil {
					return nil, err
				}
			}
			n /= t.Shape[i]
			at += k * n
		}
		return t.Data[at : at+n], nil
	}
	s := symbolic.Sym(v.Loop.Passes.Sym)
	to, err := row(v.Loop.before(s))
	if err != nil {
		return err
	}
	from, err := row(v.Loop.after(s))
	copy(to, from)
	return err
}
