package explain

import (
	"fmt"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// backward takes derivatives statement by statement. Each statement is copied,
// with inputs of its own for the values that it reads, and is differentiated and
// simplified by the same rules as the whole is.
type backward struct {
	*extraction
	delta map[*Value]*notation.Expr // what comes back, where that is a plain number
}

func (b *backward) run() {
	b.delta = map[*Value]*notation.Expr{}
	needed := b.needed()
	result := b.d.Result
	terms := map[*Value][]*Term{}
	entered := map[*Loop]bool{}
	for i := len(b.d.Values) - 1; i >= 0; i-- {
		v := b.d.Values[i]
		// What comes back to the values of a loop comes from each other: all
		// have names before one is written down.
		if o := v.outermost(); o != nil && !entered[o] {
			entered[o] = true
			for _, w := range slices.Backward(b.d.Values) {
				if w.outermost() == o && needed[w] {
					b.nameDelta(w)
					b.statement(w, needed, terms)
				}
			}
		}
		if !needed[v] {
			continue
		}
		b.nameDelta(v)
		if v == result {
			b.seed(v)
		} else {
			b.join(v, terms[v])
		}
		if v.Def != nil && v.Back != nil && v.Loop == nil {
			b.statement(v, needed, terms)
		}
	}
	b.inline()
}

// needed are the values on the way from what a gradient is asked by to the
// result.
func (b *backward) needed() map[*Value]bool {
	below := map[*Value]bool{} // depends on what is wanted
	above := map[*Value]bool{b.d.Result: true}
	for more := true; more; { // loops go round
		more = false
		for _, v := range b.d.Values {
			on := v.Wanted
			for _, u := range v.From {
				on = on || below[u]
			}
			if on && v.Type == symbolic.Real && !below[v] {
				below[v], more = true, true
			}
		}
		for i := len(b.d.Values) - 1; i >= 0; i-- {
			v := b.d.Values[i]
			if !above[v] || v.Type != symbolic.Real {
				continue
			}
			for _, u := range v.From {
				more = more || !above[u]
				above[u] = true
			}
		}
	}
	for v := range below {
		below[v] = below[v] && above[v]
	}
	return below
}

func (b *backward) nameDelta(v *Value) {
	if v.Delta != nil {
		return
	}
	v.Delta = &notation.Value{Name: v.Name, Of: b.d.Result.Name, Delta: v.Def != nil && v != b.d.Result && elementOf(v.Node) == "", Shape: v.Shape, Type: symbolic.Real, Pass: v.Pass, Bracket: v.Bracket}
}

// seed is where the way back begins: ∂E/∂E = 1.
func (b *backward) seed(v *Value) {
	one := &notation.Expr{Kind: notation.Number, Num: 1}
	q := &notation.Equation{Left: v.Delta, Right: one}
	v.Back = &Backward{Equation: q, Plain: q}
	b.delta[v] = one
}

// join adds up what comes back to v along all paths.
func (b *backward) join(v *Value, terms []*Term) {
	if len(terms) == 0 && v.Loop == nil {
		v.Delta = nil // there is a way, but no derivative comes along it
		return
	}
	slices.SortStableFunc(terms, func(s, t *Term) int { return s.Via.ID - t.Via.ID })
	if v.Loop == nil {
		byRow(v, terms)
	}
	var q *notation.Equation
	for _, p := range slices.Backward(v.moments(true)) {
		e := b.sum(v, p, terms)
		e.Else, q = q, e
	}
	if e := stacked(v, terms); e != nil {
		q.Index, q.Right = nil, e
	}
	v.Back = &Backward{Equation: q, Plain: copied(q), Terms: terms, Written: true}
	if q.Right.Kind == notation.Number && v.Loop == nil {
		b.delta[v] = q.Right
	}
}

// byRow says what comes back to a value outside of a loop row by row, where the
// loop reads it that way and the whole can't be said: ∂E/∂xₜ = Wᵀ·δₜ.
func byRow(v *Value, terms []*Term) {
	whole := true
	var p *moment
	for _, t := range terms {
		whole = whole && t.Right.Index == nil
		if o := t.Via.outermost(); o != nil && len(v.Shape) > 0 && v.Shape[0].Equal(o.Passes.Extent) && p == nil {
			p = &moment{[]symbolic.Poly{symbolic.Sym(o.Passes.Sym)}, []notation.Axis{o.Passes}}
		}
	}
	if whole || p == nil {
		return
	}
	var rows []*notation.Equation
	for _, t := range terms {
		q := t.at(*p)
		if q.Index != nil {
			return
		}
		rows = append(rows, q)
	}
	for i, t := range terms {
		t.Right, t.Local = rows[i], copied(rows[i])
	}
	v.rows = p
}

// copied is q, to be changed.
func copied(q *notation.Equation) *notation.Equation {
	if q == nil {
		return nil
	}
	out := *q
	out.Else = copied(q.Else)
	return &out
}

// sum adds up what comes back to v in some of its passes.
func (b *backward) sum(v *Value, p moment, terms []*Term) *notation.Equation {
	out := &notation.Equation{Left: v.Delta, At: p.at, Over: p.over}
	var rights []*notation.Expr
	mixed := false
	in := map[*Term]*notation.Equation{}
	for _, t := range terms {
		for _, q := range t.Right.Cases() {
			if slices.EqualFunc(q.At, p.at, symbolic.Poly.Equal) {
				in[t] = q
				mixed = mixed || q.Index != nil
			}
		}
	}
	for _, t := range terms {
		q := in[t]
		if q == nil {
			continue
		}
		if mixed && len(v.Shape) > len(p.at) { // all terms speak of the same element
			e := t.elements(p)
			for c := t.Right; c != nil; c = c.Else {
				if c == q {
					c.Index, c.Right = e.Index, e.Right
				}
			}
		}
		out.Index = q.Index
		rights = append(rights, q.Right)
	}
	out.Right = notation.Sum(rights...)
	return out
}

// stacked is the vector of what comes back to the elements of v, where each
// term is one of them.
func stacked(v *Value, terms []*Term) *notation.Expr {
	if len(v.Shape) != 1 || v.Loop != nil {
		return nil
	}
	n, ok := v.Shape[0].Const()
	if !ok || n > 12 {
		return nil
	}
	var qs []*notation.Equation
	for _, t := range terms {
		qs = append(qs, t.Right)
	}
	return notation.Places(n, qs)
}

// A statement is the definition of a value over inputs of its own.
type statement struct {
	g     *symbolic.Graph
	copy  map[*symbolic.Node]*symbolic.Node
	named map[*symbolic.Node]*notation.Value
}

func (b *backward) newStatement() *statement {
	return &statement{
		g: b.d.graph, copy: map[*symbolic.Node]*symbolic.Node{},
		named: map[*symbolic.Node]*notation.Value{},
	}
}

func (s *statement) input(v *notation.Value, key string) *symbolic.Node {
	n := s.g.Input(symbolic.ArgInput, key, v.Shape, v.Type)
	s.named[n] = v
	return n
}

func (b *backward) key(v *Value) string { return fmt.Sprintf("·%d", v.ID) }

// of copies what v is made from, with inputs for the values that it reads.
func (b *backward) of(s *statement, v *Value) *symbolic.Node {
	n := v.def
	read := func(a *symbolic.Node) *symbolic.Node {
		if v := b.value(a); v != nil {
			return s.input(v.Value, b.key(v))
		}
		if m := b.stand[a]; m != nil {
			a = m
		}
		return s.copy[a]
	}
	if n != v.Node && b.value(n) != nil {
		return read(n)
	}
	for _, m := range b.within(n) {
		s.rebuild(m, read)
	}
	return s.copy[n]
}

// within lists the nodes of n's statement, arguments first.
func (b *extraction) within(n *symbolic.Node) []*symbolic.Node {
	var out []*symbolic.Node
	seen := map[*symbolic.Node]bool{}
	var walk func(*symbolic.Node)
	walk = func(m *symbolic.Node) {
		seen[m] = true
		for _, a := range m.Args {
			if i := b.stand[a]; i != nil {
				a = i
			}
			if !seen[a] && b.values[a] == nil {
				walk(a)
			}
		}
		out = append(out, m)
	}
	walk(n)
	return out
}

func (s *statement) rebuild(n *symbolic.Node, arg func(*symbolic.Node) *symbolic.Node) {
	if s.copy[n] != nil {
		return
	}
	defer s.g.At(n.Origin)()
	args := make([]*symbolic.Node, len(n.Args))
	for i, a := range n.Args {
		args[i] = arg(a)
	}
	s.copy[n] = again(s.g, n, args)
}

// again is n over other arguments.
func again(g *symbolic.Graph, n *symbolic.Node, args []*symbolic.Node) *symbolic.Node {
	switch n.Op {
	case symbolic.OpConst:
		v, _ := symbolic.ConstValue(n)
		return g.Const(v, n.Shape, n.Type)
	case symbolic.OpSize:
		return g.Size(n.Attr.(symbolic.SizeAttr).Poly)
	case symbolic.OpIota:
		return g.Iota(n.Shape, n.Attr.(symbolic.Axes)[0])
	case symbolic.OpInput:
		in := n.Attr.(symbolic.Input)
		return g.Input(in.Kind, in.Name, n.Shape, n.Type)
	}
	return g.Apply(n.Op, n.Attr, args...)
}

// statement differentiates the definition of v by each value that it reads.
func (b *backward) statement(v *Value, needed map[*Value]bool, terms map[*Value][]*Term) {
	s := b.newStatement()
	body := b.of(s, v)
	var seed *symbolic.Node
	if d := b.delta[v]; d != nil && (v.Node.Op != symbolic.OpPart || v.def != v.Node) {
		seed = s.g.Const(d.Num, v.Shape, symbolic.Real)
	} else {
		seed = s.input(v.Delta, "d"+b.key(v))
	}
	var by []*Value
	var xs []*symbolic.Node
	for _, u := range v.From {
		if needed[u] {
			b.nameDelta(u)
			by, xs = append(by, u), append(xs, s.input(u.Value, b.key(u)))
		}
	}
	if len(xs) == 0 {
		return
	}
	raw := s.g.VJP([]*symbolic.Node{body}, []*symbolic.Node{seed}, xs)
	b.recognise(s, v, body)
	own := s.input(v.Value, b.key(v))
	for i := range raw {
		if raw[i] == nil {
			continue
		}
		raw[i] = s.replace(raw[i], body, own)
		if next := s.copy[v.next]; next != nil && next.Op.Class != symbolic.Leaf {
			raw[i] = s.replace(raw[i], next, v.afterPass(s.g, own, next.Shape))
		}
	}
	for i, u := range by {
		if raw[i] == nil {
			continue
		}
		done, steps := s.g.RewriteSteps(symbolic.Simplify, raw[i])
		terms[u] = append(terms[u], b.term(s, v, u, raw[i], done[0], steps))
	}
}

// afterPass is what each pass leaves of v, which a loop carries, as rows of v.
func (v *Value) afterPass(g *symbolic.Graph, rows *symbolic.Node, shape symbolic.Shape) *symbolic.Node {
	index := axes(0, len(shape))
	k := len(v.Pass) - 1
	index[k] = v.Loop.after(index[k])
	return g.Access(rows, &symbolic.Map{Shape: shape, Index: index})
}

// recognise lets the derivative call other values by their names too: softmax
// of the scores, where the model has it as an output.
func (b *backward) recognise(s *statement, v *Value, body *symbolic.Node) {
	for _, w := range b.d.Values {
		if w == v || w.Def == nil || w.Type != symbolic.Real || w.Node.Op.Class == symbolic.Leaf {
			continue
		}
		all := len(w.From) > 0
		for _, u := range w.From {
			all = all && slices.Contains(v.From, u)
		}
		if !all {
			continue
		}
		if n := b.of(s, w); n != body && s.named[n] == nil {
			s.named[n] = w.Value
		}
	}
}

// replace returns n with from replaced by to.
func (s *statement) replace(n, from, to *symbolic.Node) *symbolic.Node {
	done := map[*symbolic.Node]*symbolic.Node{from: to}
	for _, m := range symbolic.Reachable(n) {
		if done[m] != nil {
			continue
		}
		done[m] = m
		args := slices.Clone(m.Args)
		changed := false
		for i, a := range args {
			changed = changed || done[a] != a
			args[i] = done[a]
		}
		if changed {
			restore := s.g.At(m.Origin)
			done[m] = s.g.Apply(m.Op, m.Attr, args...)
			restore()
		}
	}
	return done[n]
}

// term writes down what comes back to u from v.
func (b *backward) term(s *statement, v, u *Value, raw, done *symbolic.Node, steps []symbolic.Step) *Term {
	builder := b.builder(s, v)
	// What is in a loop that is not said pass by pass is not written out.
	var pull *notation.Pull
	at := func(n *symbolic.Node, p moment) *notation.Equation {
		if pull != nil {
			return &notation.Equation{Left: u.Delta, At: p.at, Over: p.over, Right: notation.ChainOf(u.Delta, p.at, pull)}
		}
		return builder.EquationAt(u.Delta, p.at, p.over, n, false)
	}
	equation := func(n *symbolic.Node) *notation.Equation {
		return u.write(true, func(p moment) *notation.Equation { return at(n, p) })
	}
	t := &Term{Via: v, Raw: equation(raw), Local: equation(done)}
	if t.Local.Right.Opaque() || t.Raw.Right.Opaque() {
		pull = &notation.Pull{Back: v.Delta, Local: &notation.Value{Name: u.Name, Of: v.Name}, Node: done, Inputs: s.named}
		t.Raw, t.Local, t.Rules, steps = equation(raw), equation(done), nil, nil
	}
	t.elements = func(p moment) *notation.Equation {
		q := builder.ElementsAt(u.Delta, p.at, p.over, done, false)
		if pull != nil {
			q.Right = notation.ChainOf(u.Delta, p.at, pull).Element(q.Index)
		}
		return q
	}
	t.at = func(p moment) *notation.Equation { return at(done, p) }
	t.Right = copied(t.Local)
	for _, st := range steps {
		if !slices.Contains(t.Rules, st.Rule.Name) {
			t.Rules = append(t.Rules, st.Rule.Name)
		}
	}
	if f := v.def; nonlinear(f) && f.Args[0] == u.Node && notation.IsFunction(f.Op) && !u.State && !v.State {
		p := u.moments(true)[0]
		t.Prime = notation.PrimeOf(f.Op, u.Value, p.at)
		t.Slope = b.slope(v, u)
		d := notation.In(v.Delta, p.at)
		if x := b.delta[v]; x != nil {
			d = x
		}
		t.Right = &notation.Equation{Left: u.Delta, At: p.at, Over: p.over, Right: notation.Times(d, t.Prime)}
	}
	return t
}

// slope is the local derivative of v = f(u), simplified.
func (b *backward) slope(v, u *Value) *notation.Expr {
	s := b.newStatement()
	body := b.of(s, v)
	raw := s.g.VJP([]*symbolic.Node{body}, []*symbolic.Node{s.g.Like(1, body)}, []*symbolic.Node{s.input(u.Value, b.key(u))})[0]
	if raw == nil {
		return &notation.Expr{Kind: notation.Number}
	}
	raw = s.replace(raw, body, s.input(v.Value, b.key(v)))
	done := s.g.Rewrite(symbolic.Simplify, raw)[0]
	p := u.moments(true)[0]
	return b.builder(s, v).EquationAt(u.Delta, p.at, p.over, done, false).Right
}

func (b *backward) builder(s *statement, v *Value) *notation.Builder {
	return &notation.Builder{Effort: b.d.graph.Effort, Consts: b.constsOf(v), Letters: b.b.Letters, Factor: true, Named: func(n *symbolic.Node) *notation.Value { return s.named[n] }}
}

// inline writes what comes back to a = f(z) where it is used, which is in one
// place only: δz = (Wᵀδ) ∘ f′(z).
func (b *backward) inline() {
	for i := len(b.d.Values) - 1; i >= 0; i-- {
		v := b.d.Values[i]
		if v.Back == nil {
			continue
		}
		q := v.Back.Equation
		for _, t := range v.Back.Terms {
			a := t.Via
			if t.Prime == nil || a.Loop != v.Loop || a.Back == nil || !a.Back.Written || a.Back.Equation.Index != nil || len(a.Back.Terms) > 2 || v.Def == nil || q.Index != nil {
				continue
			}
			a.Back.Written = false
			q.Right = q.Right.Replace(func(e *notation.Expr) *notation.Expr {
				if e.Kind == notation.Name && e.Value == a.Delta && slices.EqualFunc(e.At, q.At, symbolic.Poly.Equal) {
					return a.Back.Equation.Right
				}
				return nil
			})
		}
	}
}
