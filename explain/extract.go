package explain

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// Raw remembers the results of each member of a module as the model says them,
// before stability rules rewrite them. It must be taken before module.Derive.
func Raw(m *module.Module) map[string][]*symbolic.Node {
	raw := map[string][]*symbolic.Node{}
	for _, f := range m.Funcs {
		for _, r := range f.Results {
			raw[f.Name] = append(raw[f.Name], r.Node)
		}
	}
	for _, mo := range m.Models {
		if mo.Train.Loss != nil {
			raw[mo.Name] = append(raw[mo.Name], mo.Train.Loss)
		}
	}
	return raw
}

// Derive returns the derivations of all members of a module whose derivatives
// have been taken. Members without one are left out. What takes too much work to
// be written down is reported.
func Derive(m *module.Module, raw map[string][]*symbolic.Node, diags *diag.List) []*Derivation {
	var out []*Derivation
	add := func(name string, span diag.Span, derive func() *Derivation) {
		var d *Derivation
		if err := symbolic.Guard(func() { d = derive() }); err != nil {
			diags.Addf(span, "%v", err)
		} else if d != nil {
			d.raw = raw[name]
			out = append(out, d)
		}
	}
	for _, f := range m.Funcs {
		add(f.Name, f.Span, func() *Derivation { return ofFunc(f, m.Consts) })
	}
	for _, mo := range m.Models {
		add(mo.Name, mo.Span, func() *Derivation { return ofModel(mo, m.Consts) })
	}
	return out
}

// ofFunc explains the gradient of a func, which is that of its real results,
// each with the weight 1.
func ofFunc(f *module.Func, consts []*module.Const) *Derivation {
	d := &Derivation{Kind: "func", Name: f.Name, Doc: f.Doc, Span: f.Span, graph: f.Graph, args: f.Args}
	x := newExtraction(d, consts)
	for _, a := range f.Args {
		x.input(a.Node, a.Name, Input).Wanted = a.Type == symbolic.Real && !a.Const
	}
	var roots []*symbolic.Node
	names := map[string]bool{}
	for _, r := range f.Results {
		for _, n := range symbolic.ReachableInside(r.Node) {
			names[n.Name] = true
		}
	}
	for i, r := range f.Results {
		name := r.Name
		switch {
		case name == "" && r.Node.Name != "" && !ofLoop(r.Node):
			name = r.Node.Name
		case (name == "" || ofLoop(r.Node)) && len(f.Results) == 1:
			name = free(names, "f", "g", "F", "y", f.Name)
		case name == "":
			name = "f" + string(rune('1'+i))
		}
		x.role[r.Node] = Output
		x.name[r.Node] = name
		roots = append(roots, r.Node)
	}
	result := total(f.Graph, f.Results)
	if result == nil {
		return nil
	}
	if x.role[result] == Inner {
		x.role[result], x.name[result] = Loss, "E"
		roots = append(roots, result)
	}
	return x.run(roots, result)
}

// total is what the gradient of a func, or of a model without a loss, is of: its
// result, or where that is no scalar the sum of all elements of all results, which
// together have one gradient.
func total(g *symbolic.Graph, results []*module.Value) *symbolic.Node {
	var sum *symbolic.Node
	if len(results) > 0 {
		last := results[len(results)-1]
		defer g.At(symbolic.Origin{Span: last.Span, Stmt: last.Node.Origin.Stmt})()
	}
	for _, r := range results {
		if r.Node.Type != symbolic.Real {
			continue
		}
		s := g.Sum(r.Node, symbolic.AllAxes(r.Node)...)
		if sum == nil {
			sum = s
		} else {
			sum = g.Add(sum, s)
		}
	}
	return sum
}

// ofModel explains the gradient of a model's error; without one that of its
// outputs.
func ofModel(m *module.Model, consts []*module.Const) *Derivation {
	d := &Derivation{Kind: "model", Name: m.Name, Doc: m.Doc, Span: m.Span, graph: m.Graph, args: m.Args, param: m.Params, hyper: m.Givens}
	x := newExtraction(d, consts)
	for _, a := range m.Args {
		x.input(a.Node, a.Name, Input)
	}
	for _, a := range m.Inputs {
		x.values[a.Node].Wanted = true
	}
	for _, p := range m.Params {
		x.input(p.Node, p.Name, Param).Wanted = true
	}
	for _, g := range m.Givens {
		if !g.Size {
			x.input(g.Node, g.Name, Input)
		}
	}
	var roots []*symbolic.Node
	for i, v := range m.Train.Outputs {
		name := v.Name
		if name == "" {
			name = numbered("p", i, len(m.Train.Outputs))
		}
		roots = append(roots, v.Node)
		x.mark(v.Node, Output, name)
	}
	for i, v := range m.Train.Losses {
		x.mark(v.Node, Loss, numbered("ℓ", i, len(m.Train.Losses)))
	}
	for i, v := range m.Train.Penalties {
		x.mark(v.Node, Loss, numbered("R", i, len(m.Train.Penalties)))
	}
	result := m.Train.Loss
	if result == nil {
		result = total(m.Graph, m.Train.Outputs)
	}
	if result == nil {
		return nil
	}
	if x.role[result] == Inner {
		x.role[result], x.name[result] = Loss, "E"
	}
	return x.run(append(roots, result), result)
}

// ofLoop reports that n is what a loop ends with.
func ofLoop(n *symbolic.Node) bool {
	p, ok := n.Attr.(*symbolic.Part)
	return ok && p.Kind == symbolic.Last && n.Args[0].Attr.(*symbolic.Loop).Kind != symbolic.TableLoop
}

func numbered(name string, i, n int) string {
	if n == 1 {
		return name
	}
	return name + string(rune('1'+i%9))
}

// An extraction finds the named values of a graph and cuts it there.
type extraction struct {
	d      *Derivation
	values map[*symbolic.Node]*Value
	name   map[*symbolic.Node]string
	role   map[*symbolic.Node]Role
	used   map[string]bool
	stand  map[*symbolic.Node]*symbolic.Node // what is read in the place of a part of a loop
	opened map[*symbolic.Node]*Loop          // those that are explained pass by pass

	consts  []*module.Const
	letters map[string]bool // that something is called
	result  *symbolic.Node
	shared  string // what a value is called that is read in several places
	b       *notation.Builder
}

func newExtraction(d *Derivation, consts []*module.Const) *extraction {
	return &extraction{
		d: d, consts: consts, values: map[*symbolic.Node]*Value{},
		name: map[*symbolic.Node]string{}, role: map[*symbolic.Node]Role{}, used: map[string]bool{},
		stand: map[*symbolic.Node]*symbolic.Node{}, letters: map[string]bool{}, shared: "t",
	}
}

// mark gives n a role, and a name where it has none. A parameter that is an
// output is a parameter.
func (x *extraction) mark(n *symbolic.Node, r Role, name string) {
	if x.values[n] != nil {
		return
	}
	x.role[n] = r
	if (n.Name == "" || ofLoop(n)) && x.name[n] == "" {
		x.name[n] = name
	}
}

func (x *extraction) input(n *symbolic.Node, name string, r Role) *Value {
	if v := x.values[n]; v != nil {
		return v
	}
	return x.add(n, name, r)
}

func (x *extraction) add(n *symbolic.Node, name string, r Role) *Value {
	v := &Value{
		Value: &notation.Value{Name: x.unique(name), Shape: n.Shape, Type: n.Type},
		ID:    len(x.d.Values), Node: n, Role: r, def: n, origin: n.Origin,
	}
	if x.stand[n] != nil {
		v.def = x.stand[n]
	}
	x.values[n] = v
	x.d.Values = append(x.d.Values, v)
	return v
}

// free is the first of names that is not taken: f′ would be a derivative.
func free(taken map[string]bool, names ...string) string {
	for _, n := range names {
		if !taken[n] {
			return n
		}
	}
	return names[0]
}

// unique returns name, or where that is another value's with the first number
// below it that makes it differ; with primes where it has a number already.
func (x *extraction) unique(name string) string {
	out := name
	numbered := strings.TrimRight(name, "0123456789]") != name
	for i := 2; x.used[out]; i++ {
		switch {
		case !numbered:
			if out = name + strconv.Itoa(i); x.letters[out] {
				continue
			}
		case i < 4:
			out += "′"
		default:
			out = name + "_" + strconv.Itoa(i)
		}
	}
	x.used[out] = true
	return out
}

// run finds the values that roots are made from, and what comes back to them
// from result.
func (x *extraction) run(roots []*symbolic.Node, result *symbolic.Node) *Derivation {
	order := symbolic.Reachable(roots...)
	for _, n := range symbolic.ReachableInside(roots...) {
		x.letters[n.Name] = true
		if l, ok := n.Attr.(*symbolic.Loop); ok {
			x.shared = "q" // t is a pass
			x.d.while = x.d.while || l.Kind == symbolic.WhileLoop
		}
		for _, d := range n.Shape {
			for _, s := range d.Syms() {
				x.letters[s] = true
			}
		}
	}
	x.opened = x.loops(order)
	x.result = result
	cuts := x.cuts(order)
	for _, n := range order {
		if n.Op == symbolic.OpInput {
			x.input(n, n.Name, Input)
		}
	}
	for _, n := range order {
		if o := x.opened[n]; o != nil {
			x.commit(o)
		} else if x.values[n] == nil && cuts[n] != "" {
			x.add(n, cuts[n], x.role[n])
		}
	}
	x.b = &notation.Builder{
		Effort:  x.d.graph.Effort,
		Letters: notation.FreeLetters(roots...),
		Named: func(n *symbolic.Node) *notation.Value {
			if v := x.values[n]; v != nil {
				return v.Value
			}
			return nil
		},
		Instead: x.instead,
	}
	if x.d.Result = x.values[result]; x.d.Result == nil {
		return nil // it is the same whatever comes in
	}
	for _, o := range x.opened {
		x.conditions(o)
	}
	for _, v := range x.d.Values {
		if v.Node.Op == symbolic.OpInput {
			continue
		}
		x.b.Consts = x.constsOf(v)
		v.Def = v.write(false, func(p moment) *notation.Equation {
			return x.b.EquationAt(v.Value, p.at, p.over, v.def, v.def == v.Node)
		})
		v.From = x.reads(v)
		for _, u := range v.From {
			u.To = append(u.To, v)
		}
	}
	(&backward{extraction: x}).run()
	return x.d
}

// conditions writes the conditions of o and of the loops in it.
func (x *extraction) conditions(o *Loop) {
	if o.cond != nil {
		path := o.path()
		var at []symbolic.Poly
		for _, a := range path {
			at = append(at, symbolic.Sym(a.Sym))
		}
		x.b.Consts = x.mentioned(o.wrote.Cond)
		o.While = x.b.EquationAt(&notation.Value{Shape: o.cond.Shape, Type: symbolic.Boolean}, at, path, o.cond, false).Right
		if o.made != nil {
			o.ends = o.While
			x.d.ragged = append(x.d.ragged, o)
		}
	}
	for _, v := range x.d.Values {
		if v.Loop == o {
			v.Value.Pass = o.path() // with the condition
		}
	}
	for _, in := range o.inner {
		x.conditions(in)
	}
}

// instead is what is read in the place of a part of a loop; nil: n itself.
func (x *extraction) instead(n *symbolic.Node) *symbolic.Node { return x.stand[n] }

// value is the named value that n is read as, or nil.
func (x *extraction) value(n *symbolic.Node) *Value {
	if m := x.stand[n]; m != nil {
		n = m
	}
	return x.values[n]
}

// reads returns the named values that v is made from.
func (x *extraction) reads(v *Value) []*Value {
	var out []*Value
	seen := map[*symbolic.Node]bool{}
	var visit func(*symbolic.Node)
	walk := func(m *symbolic.Node) {
		for _, a := range m.Args {
			visit(a)
		}
	}
	visit = func(a *symbolic.Node) {
		if m := x.stand[a]; m != nil {
			a = m
		}
		if seen[a] {
			return
		}
		seen[a] = true
		if u := x.values[a]; u != nil {
			out = append(out, u)
			return
		}
		walk(a)
	}
	if v.def == v.Node {
		walk(v.def)
	} else {
		visit(v.def)
	}
	return out
}

// constsOf are the consts that v's statement mentions by their names.
func (x *extraction) constsOf(v *Value) []notation.Const {
	if len(x.consts) == 0 || v.def == nil {
		return nil
	}
	return x.mentioned(append(x.within(v.def), v.Node)...)
}

// mentioned are the consts that the statements of some nodes mention.
func (x *extraction) mentioned(nodes ...*symbolic.Node) []notation.Const {
	words := map[string]bool{}
	for _, n := range nodes {
		for _, w := range strings.FieldsFunc(n.Origin.Stmt, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			words[w] = true
		}
	}
	var out []notation.Const
	for _, c := range x.consts {
		if name, _, _ := strings.Cut(c.Name, "["); words[name] {
			out = append(out, notation.Const{Name: c.Name, Num: c.Value})
		}
	}
	return out
}
