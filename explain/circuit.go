package explain

import (
	"fmt"
	"math"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// A Circuit is a derivation as gates and wires, with the numbers that go over
// the wires forward and those that come back.
type Circuit struct {
	Gates  []*Gate // each after those that it reads
	Wires  []*Wire
	Groups []*Group // what can be seen as one gate, or as several
	Fine   bool     // gates are single operators, not statements

	inside *Group // that it shows; nil: all
	effort *symbolic.Effort
}

// A Gate computes one value.
type Gate struct {
	ID    int
	Name  string // of its value, where it has one
	Label string // what it computes: +, exp, σ
	// Formula says it in terms of the gates that it reads, where it is a single operator.
	Formula string
	Left    string // of a value's gate: what is equal to Label
	Leaf    bool
	Param   bool
	Value   *symbolic.Tensor
	Grad    *symbolic.Tensor // nil where nothing comes back
	Group   *Group           // that it is part of, or nil
	Folded  bool             // it stands for all of Group
	Of      *Value           // the value of the derivation, where it is one
	Origin  symbolic.Origin
}

// A Wire brings a gate's value to another, and a gradient back.
type Wire struct {
	From, To *Gate
	Value    *symbolic.Tensor
	Grad     *symbolic.Tensor // what comes back over this wire
	Local    *symbolic.Tensor // ∂To/∂From, where both are numbers
	Again    bool             // it leads into the next pass of a loop

	name string // of the value, where it is not the one that From is there for
}

// A part is a gate before anything is evaluated.
type part struct {
	node *symbolic.Node
	from []*symbolic.Node
	gate *Gate
}

// Circuit evaluates the derivation at p. Groups for which folded is true are
// single gates.
func (d *Derivation) Circuit(p *Point, folded func(*Group) bool) (*Circuit, error) {
	if !d.scalar() {
		c, err := d.valueCircuit(p)
		if err != nil {
			return nil, err
		}
		return c.see(&sight{groups: c.Groups, folded: folded}), nil
	}
	env, err := d.sample(p)
	if err != nil {
		return nil, err
	}
	c := &Circuit{Fine: true, effort: d.graph.Effort}
	parts, result := d.operators(c, folded)
	return c, c.run(d, env, parts, result)
}

// valueCircuit is the circuit with a gate for each value.
func (d *Derivation) valueCircuit(p *Point) (*Circuit, error) {
	env, err := d.sample(p)
	if err != nil {
		return nil, err
	}
	c := &Circuit{Groups: d.valueGroups(), effort: d.graph.Effort}
	parts := d.statements()
	if d.hasLoops() {
		return c, c.runLoops(d, env, parts)
	}
	return c, c.run(d, env, parts, d.Result.Node)
}

// values are those that gates stand for.
func (c *Circuit) values() []*Value {
	var out []*Value
	for _, g := range c.Gates {
		out = append(out, g.Of)
	}
	return out
}

// see is the circuit of values as s shows it. What comes back to a group from one
// value goes over one wire.
func (c *Circuit) see(s *sight) *Circuit {
	spots, at := s.spots(c.values())
	out := &Circuit{Groups: c.Groups, inside: s.inside, effort: c.effort}
	gate := map[*spot]*Gate{}
	for _, g := range c.Gates {
		p := at[g.Of]
		if p == nil || p.value != g.Of {
			continue
		}
		seen := *g
		seen.ID, seen.Group, seen.Folded = slices.Index(spots, p), p.group, p.folded
		switch {
		case p.folded:
			seen.Label, seen.Left = p.group.Label, ""
		case p.outside:
			seen.Leaf, seen.Param = true, false
		}
		gate[p] = &seen
	}
	for _, p := range spots {
		out.Gates = append(out.Gates, gate[p])
	}
	type ends struct {
		from   *Value
		to     *spot
		again  bool
		params bool // from is there for all parameters of its layer
	}
	wires := map[ends]*Wire{}
	for _, w := range c.Wires {
		from, to := at[w.From.Of], at[w.To.Of]
		if from == nil || to == nil || to.outside || from == to && (from.folded || !w.Again) {
			continue
		}
		k := ends{from: w.From.Of, to: to, again: w.Again}
		if from.folded && w.From.Param { // to a penalty
			if k.from, k.params = from.value, true; wires[k] == nil {
				wires[k] = &Wire{From: gate[from], To: gate[to], name: "parameters"}
				out.Wires = append(out.Wires, wires[k])
			}
			continue
		}
		seen := wires[k]
		if seen == nil {
			seen = &Wire{From: gate[from], To: gate[to], Value: w.Value, Grad: w.Grad, Local: w.Local, Again: w.Again}
			if from.value != w.From.Of {
				seen.name = w.From.Of.Text()
			}
			if to.folded {
				seen.Local = nil
			}
			wires[k] = seen
			out.Wires = append(out.Wires, seen)
			continue
		}
		seen.Grad = plus(seen.Grad, w.Grad)
	}
	return out
}

// plus is a + b, element by element; nil where one of them is not known.
func plus(a, b *symbolic.Tensor) *symbolic.Tensor {
	if a == nil || b == nil || len(a.Data) != len(b.Data) {
		return nil
	}
	out := symbolic.NewTensor(a.Shape...)
	for i := range a.Data {
		out.Data[i] = a.Data[i] + b.Data[i]
	}
	return out
}

// hasLoops reports whether some of the values are those of passes.
func (d *Derivation) hasLoops() bool {
	return slices.ContainsFunc(d.Values, func(v *Value) bool { return v.Loop != nil })
}

// scalar reports whether all that the model says is about numbers, or elements
// of vectors: then a circuit of single operators can be looked at.
func (d *Derivation) scalar() bool {
	if len(d.raw) != 1 {
		return false
	}
	n := 0
	for _, x := range symbolic.Reachable(d.raw...) {
		if x.Op != symbolic.OpInput && len(x.Shape) > 0 || x.Op.Class == symbolic.Region {
			return false
		}
		n++
	}
	return n <= 200
}

// operators are the nodes as the model says them.
func (d *Derivation) operators(c *Circuit, folded func(*Group) bool) ([]*part, *symbolic.Node) {
	root := d.raw[0]
	order := symbolic.Reachable(root)
	c.Groups = d.findGroups(root, order)
	inner := map[*symbolic.Node]bool{}
	for _, g := range c.Groups {
		if folded(g) {
			for n := range g.in {
				inner[n] = inner[n] || n != g.node
			}
		}
	}
	var parts []*part
	at := map[*symbolic.Node]*Gate{}
	for _, n := range order {
		_, constant := symbolic.ConstValue(n)
		if constant || inner[n] || n.Op == symbolic.OpInput && len(n.Shape) > 0 {
			continue
		}
		g := &Gate{ID: len(parts), Name: n.Name, Origin: n.Origin}
		g.Group, g.Folded = groupOf(c.Groups, n, folded)
		pt := &part{node: n, gate: g}
		switch e := elementOf(n); {
		case n.Op == symbolic.OpInput:
			g.Leaf = true
		case n.Op == symbolic.OpSize:
			g.Leaf, g.Name = true, notation.PolyText(n.Attr.(symbolic.SizeAttr).Poly)
		case e != "":
			g.Leaf, g.Name = true, e
		case g.Folded:
			pt.from = boundary(n, g.Group.in)
		default:
			pt.from = variable(n.Args)
		}
		if n == root && g.Name == "" {
			g.Name = d.Result.Name
		}
		parts, at[n] = append(parts, pt), g
	}
	for _, p := range parts {
		g, as := p.gate, p.node
		switch {
		case g.Leaf:
			continue
		case g.Folded:
			as = g.Group.as
		}
		over := said(as, func(n *symbolic.Node) string {
			if n != p.node && at[n] != nil {
				return at[n].called()
			}
			return ""
		})
		g.Formula = g.called() + " = " + notation.Text(over)
		if g.Label = gateLabel(as); g.Folded {
			g.Label = g.Group.Label
		}
	}
	return parts, root
}

// gateLabel says what n does to its arguments: +, exp, 1/x.
func gateLabel(n *symbolic.Node) string {
	from := variable(n.Args)
	return notation.Gate(said(n, func(a *symbolic.Node) string {
		if k := slices.Index(from, a); k >= 0 {
			return []string{"x", "y", "u", "v"}[k%4]
		}
		return ""
	}))
}

// said writes n over the nodes that have a name.
func said(n *symbolic.Node, name func(*symbolic.Node) string) *notation.Expr {
	if v, ok := symbolic.ConstValue(n); ok {
		return &notation.Expr{Kind: notation.Number, Num: v}
	}
	if s := name(n); s != "" {
		return notation.Whole(&notation.Value{Name: s, Plain: true})
	}
	var args []*notation.Expr
	for _, a := range n.Args {
		args = append(args, said(a, name))
	}
	return notation.Of(n.Op, args...)
}

func variable(args []*symbolic.Node) []*symbolic.Node {
	var out []*symbolic.Node
	for _, a := range args {
		if _, ok := symbolic.ConstValue(a); !ok && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// statements are the named values.
func (d *Derivation) statements() []*part {
	var parts []*part
	for _, v := range d.Values {
		if v.Def == nil && len(v.To) == 0 {
			continue
		}
		g := &Gate{Name: v.Name, Leaf: v.Def == nil, Param: v.Role == Param, Origin: v.Node.Origin, Of: v}
		pt := &part{node: v.Node, gate: g}
		if v.Def != nil {
			q := v.inPass()
			g.Label, g.Left = notation.Text(q.Right), q.LeftText()
			for _, u := range v.From {
				pt.from = append(pt.from, u.Node)
			}
		}
		parts = append(parts, pt)
	}
	return parts
}

// runLoops gives gates and wires the numbers of all passes, by what the
// equations say.
func (c *Circuit) runLoops(d *Derivation, in *symbolic.Env, parts []*part) error {
	env, err := d.evaluate(in)
	if err != nil {
		return err
	}
	at := map[*symbolic.Node]*Gate{}
	for i, p := range parts {
		p.gate.ID = i
		at[p.node] = p.gate
		c.Gates = append(c.Gates, p.gate)
		v := p.gate.Of
		p.gate.Value = env.Values[v.Value]
		if v.Delta != nil && v.Back != nil {
			p.gate.Grad = env.Values[v.Delta]
		}
	}
	for _, p := range parts {
		for _, n := range p.from {
			g := at[n]
			w := &Wire{From: g, To: p.gate, Value: g.Value, Again: g.ID >= p.gate.ID}
			c.Wires = append(c.Wires, w)
			if t := g.Of.term(p.gate.Of); t != nil && len(g.Of.Back.Terms) == 1 {
				w.Grad = g.Grad
			} else if t != nil && t.Right.Cost(env) < affordable {
				if w.Grad, err = t.Right.Eval(env); err != nil {
					return fmt.Errorf("%s: %w", d.Name, err)
				}
				for i, x := range w.Grad.Data {
					if math.IsNaN(x) {
						w.Grad.Data[i] = 0 // a pass in which nothing comes along it
					}
				}
			}
		}
	}
	return nil
}

// affordable is how many operations a number on a wire may take; where it takes
// more there is none.
const affordable = 1e6

// run evaluates the gates and walks back over them.
func (c *Circuit) run(d *Derivation, env *symbolic.Env, parts []*part, result *symbolic.Node) error {
	g := d.graph
	at := map[*symbolic.Node]*part{}
	for i, p := range parts {
		p.gate.ID = i
		at[p.node] = p
		c.Gates = append(c.Gates, p.gate)
	}
	cot := map[*symbolic.Node]*symbolic.Node{result: g.Like(1, result)}
	var roots []*symbolic.Node
	var put []func(*symbolic.Tensor)
	want := func(n *symbolic.Node, f func(*symbolic.Tensor)) {
		if n != nil {
			roots, put = append(roots, n), append(put, f)
		}
	}
	for i := len(parts) - 1; i >= 0; i-- {
		p := parts[i]
		want(p.node, func(t *symbolic.Tensor) { p.gate.Value = t })
		if p.node.Type == symbolic.Real {
			want(cot[p.node], func(t *symbolic.Tensor) { p.gate.Grad = t })
		}
		var back, local []*symbolic.Node
		if p.node.Type == symbolic.Real && len(p.from) > 0 {
			if cot[p.node] != nil {
				back = g.VJP([]*symbolic.Node{p.node}, []*symbolic.Node{cot[p.node]}, p.from)
			}
			if len(p.node.Shape) == 0 {
				local = g.VJP([]*symbolic.Node{p.node}, []*symbolic.Node{g.Like(1, p.node)}, p.from)
			}
		}
		for k := len(p.from) - 1; k >= 0; k-- { // the wires are turned round in the end
			a := p.from[k]
			q := at[a]
			if q == nil {
				continue
			}
			w := &Wire{From: q.gate, To: p.gate}
			c.Wires = append(c.Wires, w)
			want(a, func(t *symbolic.Tensor) { w.Value = t })
			if back != nil && back[k] != nil && a.Type == symbolic.Real {
				want(back[k], func(t *symbolic.Tensor) { w.Grad = t })
				if cot[a] == nil {
					cot[a] = back[k]
				} else {
					cot[a] = g.Add(cot[a], back[k])
				}
			}
			if local != nil && local[k] != nil && len(a.Shape) == 0 {
				want(local[k], func(t *symbolic.Tensor) { w.Local = t })
			}
		}
	}
	slices.Reverse(c.Wires)
	values, err := symbolic.Eval(env, roots...)
	if err != nil {
		return fmt.Errorf("%s: %w", d.Name, err)
	}
	for i, t := range values {
		put[i](t)
	}
	return nil
}
