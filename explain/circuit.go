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
}

// A Gate computes one value.
type Gate struct {
	ID     int
	Name   string // of its value, where it has one
	Label  string // what it computes: +, exp, σ
	Left   string // of a value's gate: what is equal to Label
	Leaf   bool
	Param  bool
	Value  *symbolic.Tensor
	Grad   *symbolic.Tensor // nil where nothing comes back
	Group  *Group           // that it is part of, or nil
	Folded bool             // it stands for all of Group
	Of     *Value           // the value of the derivation, where it is one
	Origin symbolic.Origin
}

// A Wire brings a gate's value to another, and a gradient back.
type Wire struct {
	From, To *Gate
	Value    *symbolic.Tensor
	Grad     *symbolic.Tensor // what comes back over this wire
	Local    *symbolic.Tensor // ∂To/∂From, where both are numbers
	Again    bool             // it leads into the next pass of a loop
}

// A Group is several gates that can be seen as one.
type Group struct {
	ID    int
	Label string // as a gate: σ
	Rule  string // that sees them as one, or ""
	node  *symbolic.Node
	in    map[*symbolic.Node]bool
	value *Value
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
	env, err := d.sample(p)
	if err != nil {
		return nil, err
	}
	c := &Circuit{Fine: d.scalar()}
	var parts []*part
	var result *symbolic.Node
	if c.Fine {
		parts, result = d.operators(c, folded)
	} else {
		parts, result = d.statements(c, folded)
	}
	if d.hasLoops() {
		return c, c.runLoops(d, env, parts)
	}
	return c, c.run(d, env, parts, result)
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
	for _, n := range order {
		_, constant := symbolic.ConstValue(n)
		if constant || inner[n] || n.Op == symbolic.OpInput && len(n.Shape) > 0 {
			continue
		}
		g := &Gate{Name: n.Name, Origin: n.Origin}
		pt := &part{node: n, gate: g}
		for _, gr := range c.Groups {
			if gr.in[n] {
				g.Group, g.Folded = gr, folded(gr)
			}
		}
		switch e := elementOf(n); {
		case n.Op == symbolic.OpInput:
			g.Leaf = true
		case n.Op == symbolic.OpSize:
			g.Leaf, g.Name = true, notation.PolyText(n.Attr.(symbolic.SizeAttr).Poly)
		case e != "":
			g.Leaf, g.Name = true, e
		case g.Folded:
			g.Label, pt.from = g.Group.Label, boundary(n, g.Group.in)
		default:
			g.Label, pt.from = gateLabel(n), variable(n.Args)
		}
		if n == root && g.Name == "" {
			g.Name = d.Result.Name
		}
		parts = append(parts, pt)
	}
	return parts, root
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

// boundary lists what the nodes in read from outside.
func boundary(root *symbolic.Node, in map[*symbolic.Node]bool) []*symbolic.Node {
	var out []*symbolic.Node
	for _, n := range symbolic.Reachable(root) {
		if !in[n] {
			continue
		}
		for _, a := range variable(n.Args) {
			if !in[a] && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

// findGroups looks for parts of the formula that a stability rule sees as one
// operator: a sigmoid that is written out.
func (d *Derivation) findGroups(root *symbolic.Node, order []*symbolic.Node) []*Group {
	_, steps := d.graph.RewriteSteps(symbolic.Stability, root)
	var out []*Group
	taken := map[*symbolic.Node]bool{}
	for _, s := range steps {
		if !slices.Contains(order, s.Before) {
			continue
		}
		under := map[*symbolic.Node]bool{}
		for _, n := range symbolic.Reachable(s.Before.Args...) {
			under[n] = true
		}
		edge := map[*symbolic.Node]bool{}
		stopAt(s.After, func(n *symbolic.Node) bool {
			_, constant := symbolic.ConstValue(n)
			if under[n] && !constant {
				edge[n] = true
			}
			return under[n]
		})
		g := &Group{ID: len(out), Rule: s.Rule.Name, node: s.Before, in: map[*symbolic.Node]bool{}}
		stopAt(s.Before, func(n *symbolic.Node) bool {
			_, constant := symbolic.ConstValue(n)
			if edge[n] || constant {
				return true
			}
			g.in[n] = true
			return false
		})
		if len(g.in) < 3 || len(edge) == 0 || overlaps(g.in, taken) || seenOutside(g, order) {
			continue
		}
		for n := range g.in {
			taken[n] = true
		}
		g.Label = gateLabel(d.graph.Rewrite(symbolic.Stability|symbolic.Simplify, s.After)[0])
		out = append(out, g)
	}
	return out
}

// stopAt walks down from n as long as stop says no.
func stopAt(n *symbolic.Node, stop func(*symbolic.Node) bool) {
	seen := map[*symbolic.Node]bool{}
	var walk func(*symbolic.Node)
	walk = func(n *symbolic.Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		if stop(n) {
			return
		}
		for _, a := range n.Args {
			walk(a)
		}
	}
	walk(n)
}

func overlaps(a, b map[*symbolic.Node]bool) bool {
	for n := range a {
		if b[n] {
			return true
		}
	}
	return false
}

// seenOutside reports whether an inner value of g is read elsewhere.
func seenOutside(g *Group, order []*symbolic.Node) bool {
	for _, n := range order {
		if g.in[n] {
			continue
		}
		for _, a := range n.Args {
			if g.in[a] && a != g.node {
				return true
			}
		}
	}
	return false
}

// gateLabel says what n does to its arguments: +, exp, 1/x.
func gateLabel(n *symbolic.Node) string {
	letters := []string{"x", "y", "u", "v"}
	var args []*notation.Expr
	k := 0
	for _, a := range n.Args {
		if v, ok := symbolic.ConstValue(a); ok {
			args = append(args, &notation.Expr{Kind: notation.Number, Num: v})
			continue
		}
		args = append(args, notation.Whole(&notation.Value{Name: letters[k%len(letters)]}))
		k++
	}
	return notation.Gate(n.Op, args)
}

// statements are the named values, and layers as groups of them: what a
// nonlinearity is applied to, its parameters, and its value.
func (d *Derivation) statements(c *Circuit, folded func(*Group) bool) ([]*part, *symbolic.Node) {
	if !d.hasLoops() {
		c.Groups = d.layers()
	}
	group := func(v *Value) *Group {
		for _, g := range c.Groups {
			if g.in[v.Node] {
				return g
			}
		}
		return nil
	}
	var parts []*part
	for _, v := range d.Values {
		if v.Def == nil && len(v.To) == 0 {
			continue
		}
		g := &Gate{Name: v.Name, Leaf: v.Def == nil, Param: v.Role == Param, Origin: v.Node.Origin, Of: v}
		g.Group = group(v)
		pt := &part{node: v.Node, gate: g}
		if g.Group != nil && folded(g.Group) {
			if v != g.Group.value {
				continue
			}
			g.Folded, g.Label = true, g.Group.Label
			pt.from = groupInputs(d, g.Group)
		} else if v.Def != nil {
			q := v.inPass()
			g.Label, g.Left = notation.Text(q.Right), q.LeftText()
			for _, u := range v.From {
				pt.from = append(pt.from, u.Node)
			}
		}
		parts = append(parts, pt)
	}
	return parts, d.Result.Node
}

// groupInputs are the values that a layer reads, without its own parameters.
func groupInputs(d *Derivation, g *Group) []*symbolic.Node {
	var out []*symbolic.Node
	for _, v := range d.Values {
		if !g.in[v.Node] {
			continue
		}
		for _, u := range v.From {
			if !g.in[u.Node] && !slices.Contains(out, u.Node) {
				out = append(out, u.Node)
			}
		}
	}
	return out
}

// layers finds a = f(z) with z and the parameters that only z reads.
func (d *Derivation) layers() []*Group {
	var out []*Group
	for _, a := range d.Values {
		if a.Def == nil || len(a.From) != 1 || !nonlinear(a.Node) || len(a.Shape) == 0 {
			continue
		}
		z := a.From[0]
		if z.Def == nil || len(z.To) != 1 || a.Node.Args[0] != z.Node {
			continue
		}
		g := &Group{ID: len(out), node: a.Node, value: a, in: map[*symbolic.Node]bool{a.Node: true, z.Node: true}}
		for _, u := range z.From {
			private := u.Role == Param
			for _, w := range u.To {
				private = private && (w == z || w.Role == Loss)
			}
			if private && len(u.To) == 1 {
				g.in[u.Node] = true
			}
		}
		g.Label = notation.Text(a.Def.Right.Replace(func(e *notation.Expr) *notation.Expr {
			if e.Kind == notation.Name && e.Value == z.Value && z.Def.Index == nil {
				return z.Def.Right
			}
			return nil
		}))
		out = append(out, g)
	}
	return out
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
			if t := g.Of.term(p.gate.Of); t != nil {
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
