package module

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
)

// Derived is a module with its derivatives taken and everything simplified.
type Derived struct {
	Models []*ModelProcs
	Funcs  []*FuncProcs
}

// ModelProcs are the procedures of a model; those that it has no use for are
// nil.
type ModelProcs struct {
	Model   *Model
	Infer   *Procedure
	Loss    *Procedure
	Grad    *Procedure
	Inputs  *Procedure // as Grad, with the gradients by Model.Inputs in addition
	Pull    *Procedure // the vector-Jacobian product of a model without a loss
	Updates []*Procedure
}

// FuncProcs are the procedures of a func: its value and, parallel to
// Func.Derive, its derivatives, whose first results are the value.
type FuncProcs struct {
	Func   *Func
	Value  *Procedure
	Derivs []*Procedure
}

// All returns the procedures of the func.
func (f *FuncProcs) All() []*Procedure { return append([]*Procedure{f.Value}, f.Derivs...) }

// All returns the procedures of the model, in the order in which they are
// printed.
func (m *ModelProcs) All() []*Procedure {
	ps := append([]*Procedure{m.Infer, m.Loss, m.Grad, m.Inputs, m.Pull}, m.Updates...)
	return slices.DeleteFunc(ps, func(p *Procedure) bool { return p == nil })
}

// All returns the procedures of all members.
func (d *Derived) All() []*Procedure {
	var out []*Procedure
	for _, f := range d.Funcs {
		out = append(out, f.All()...)
	}
	for _, m := range d.Models {
		out = append(out, m.All()...)
	}
	return out
}

// Derive takes the derivatives that a module asks for. Formulas are made
// stable before they are differentiated, because the derivative of a formula
// that overflows overflows too, and simplified afterwards.
func Derive(m *Module, errs *diag.List) *Derived {
	d := &Derived{}
	for _, f := range m.Funcs {
		guarded(f.Span, errs, func() {
			stabilise(f.Graph, f.values())
			p := deriveFunc(f.Graph, f, errs)
			simplify(p.All())
			d.Funcs = append(d.Funcs, p)
		})
	}
	for _, mo := range m.Models {
		guarded(mo.Span, errs, func() {
			stabilise(mo.Graph, mo.values())
			p := deriveModel(mo.Graph, mo, errs)
			simplify(p.All())
			d.Models = append(d.Models, p)
		})
	}
	lacking(m, errs)
	return d
}

// guarded runs f and reports sizes that overflow and limits.
func guarded(at diag.Span, errs *diag.List, f func()) {
	if err := symbolic.Guard(f); err != nil {
		errs.Addf(at, "%v", err)
	}
}

// lacking reports functions of Go that are differentiated although the model
// says no derivative of them.
func lacking(m *Module, errs *diag.List) {
	seen := map[*symbolic.OpSpec]bool{}
	report := func(g *symbolic.Graph, name string, span diag.Span) {
		for _, op := range g.Lacking() {
			if !seen[op] {
				seen[op] = true
				errs.Addf(span, "a derivative of %s needs that of %s.%s, which nobody has given", name, op.Foreign.Path, op.Foreign.Func).
					Hintf("declare it with its derivative, extern func F(x) = … grad …, and name F as the derivative")
			}
		}
	}
	for _, f := range m.Funcs {
		report(f.Graph, f.Name, f.Span)
	}
	for _, mo := range m.Models {
		report(mo.Graph, mo.Name, mo.Span)
	}
}

// places lists where the nodes of values are kept.
func places(vss ...[]*Value) []**symbolic.Node {
	var out []**symbolic.Node
	for _, vs := range vss {
		for _, v := range vs {
			out = append(out, &v.Node)
		}
	}
	return out
}

func (f *Func) values() []**symbolic.Node { return places(f.Results) }

func (m *Model) values() []**symbolic.Node {
	var out []**symbolic.Node
	for _, ph := range []*Phase{&m.Train, &m.Infer} {
		out = append(out, places(ph.Outputs, ph.Losses, ph.Penalties, ph.Metrics)...)
		if ph.Loss != nil {
			out = append(out, &ph.Loss)
		}
	}
	for _, s := range m.States {
		if s.Next != nil {
			out = append(out, &s.Next)
		}
	}
	return out
}

// stabilise rewrites values in place.
func stabilise(g *symbolic.Graph, values []**symbolic.Node) {
	roots := make([]*symbolic.Node, len(values))
	for i, p := range values {
		roots[i] = *p
	}
	for i, n := range g.Rewrite(symbolic.Stability, roots...) {
		*values[i] = n
	}
}

func simplify(ps []*Procedure) {
	for _, p := range ps {
		roots := make([]*symbolic.Node, len(p.Results))
		for i, r := range p.Results {
			roots[i] = r.Node
		}
		roots = p.Graph.Rewrite(symbolic.Simplify, roots...)
		for i, r := range p.Results {
			r.Node = roots[i]
		}
	}
}

func deriveFunc(g *symbolic.Graph, f *Func, errs *diag.List) *FuncProcs {
	value := func(name string) *Procedure {
		p := &Procedure{Name: name, Graph: g}
		for _, r := range f.Results {
			p.Results = append(p.Results, &Result{OutputResult, r.Name, r.Node})
		}
		return p
	}
	out := &FuncProcs{Func: f, Value: value("value")}
	for i := range f.Derive {
		d := &derivation{g: g, f: f, d: &f.Derive[i], p: value(f.Derive[i].Kind), errs: errs}
		for _, a := range d.d.Wrt {
			d.xs = append(d.xs, a.Node)
		}
		ways[d.d.Kind](d)
		out.Derivs = append(out.Derivs, d.p)
	}
	return out
}

// seedName is what the cotangent of result i is called; each has its own, also
// where one value is returned twice.
func seedName(f *Func, i int) string {
	name := f.Results[i].Name
	same := slices.ContainsFunc(slices.Delete(slices.Clone(f.Results), i, i+1), func(r *Value) bool { return r.Name == name })
	switch {
	case len(f.Results) == 1 && name == "":
		return "dy"
	case name == "" || same:
		return fmt.Sprintf("dy%d", i)
	}
	return "d" + name
}

func deriveModel(g *symbolic.Graph, m *Model, errs *diag.List) *ModelProcs {
	out := &ModelProcs{Model: m}
	if len(m.Infer.Outputs) > 0 {
		out.Infer = &Procedure{Name: "infer", Graph: g}
		for _, v := range m.Infer.Outputs {
			out.Infer.Results = append(out.Infer.Results, &Result{OutputResult, v.Name, v.Node})
		}
	}
	if m.Train.Loss != nil {
		out.Loss = &Procedure{Name: "loss", Graph: g, Results: lossResults(g, &m.Infer)}
		out.Grad = gradient(g, "grad", m, nil, errs)
		if len(m.Inputs) > 0 {
			out.Inputs = gradient(g, "gradInputs", m, m.Inputs, errs)
		}
	}
	if m.Pull {
		out.Pull = pulled(g, m)
	}
	if m.Rule != nil {
		for i, u := range m.Rule.Updates {
			p := &Procedure{Name: "update", Graph: m.Rule.Graph}
			if len(m.Rule.Updates) > 1 {
				p.Name = fmt.Sprintf("update%d", i)
			}
			p.Results = append(p.Results, &Result{UpdatedParam, "w", u.NewW})
			for j, n := range u.Next {
				p.Results = append(p.Results, &Result{UpdatedRuleState, m.Rule.States[j].Name, n})
			}
			out.Updates = append(out.Updates, p)
		}
	}
	return out
}

// lossResults are the loss and the metrics, these as means over the batch.
func lossResults(g *symbolic.Graph, ph *Phase) []*Result {
	out := []*Result{{LossResult, "loss", ph.Loss}}
	for _, v := range ph.Metrics {
		n := v.Node
		if v.PerExample {
			restore := g.At(n.Origin)
			n = g.Apply(symbolic.OpMean, symbolic.Axes{0}, n)
			g.SetName(n, v.Name)
			restore()
		}
		out = append(out, &Result{MetricResult, v.Name, n})
	}
	return out
}

// pulled is the procedure for the outputs, and for the gradient of their product
// with seeds by every parameter and by the inputs that are asked for.
func pulled(g *symbolic.Graph, m *Model) *Procedure {
	p := &Procedure{Name: "vjp", Graph: g}
	var ys, xs []*symbolic.Node
	for i, v := range m.Train.Outputs {
		p.Results = append(p.Results, &Result{OutputResult, v.Name, v.Node})
		if v.Node.Type == symbolic.Real {
			p.Seeds = append(p.Seeds, g.Input(symbolic.SeedInput, fmt.Sprintf("dy%d", i), v.Node.Shape, symbolic.Real))
			ys = append(ys, v.Node)
		}
	}
	for _, q := range m.Params {
		xs = append(xs, q.Node)
		p.Results = append(p.Results, &Result{ParamGradient, q.Name, nil})
	}
	for _, a := range m.Inputs {
		xs = append(xs, a.Node)
		p.Results = append(p.Results, &Result{InputGradient, a.Name, nil})
	}
	first := len(p.Results) - len(xs)
	for i, n := range g.VJP(ys, p.Seeds, xs) {
		if n == nil {
			n = g.Like(0, xs[i])
		}
		nameGradient(g, n, p.Results[first+i].Name)
		p.Results[first+i].Node = n
	}
	nextStates(p, m)
	return p
}

// nextStates appends what a step makes of the states.
func nextStates(p *Procedure, m *Model) {
	for _, s := range m.States {
		if s.Next != nil {
			p.Results = append(p.Results, &Result{NextState, s.Name, s.Next})
		}
	}
}

// gradient is the procedure for the loss, the metrics and the gradient by
// every parameter and by the given inputs.
func gradient(g *symbolic.Graph, name string, m *Model, inputs []*Arg, errs *diag.List) *Procedure {
	p := &Procedure{Name: name, Graph: g, Results: lossResults(g, &m.Train)}
	var xs []*symbolic.Node
	for _, q := range m.Params {
		xs = append(xs, q.Node)
		p.Results = append(p.Results, &Result{ParamGradient, q.Name, nil})
	}
	for _, a := range inputs {
		xs = append(xs, a.Node)
		p.Results = append(p.Results, &Result{InputGradient, a.Name, nil})
	}
	first := len(p.Results) - len(xs)
	for i, n := range g.Gradient(m.Train.Loss, xs...) {
		if n == nil {
			r := p.Results[first+i]
			span := m.Span
			if i < len(m.Params) {
				span = m.Params[i].Span
			}
			path := pathTo([]*symbolic.Node{m.Train.Loss}, xs[i], func(*symbolic.Node, int) bool { return false })
			refuse(g, errs, path, span, "the loss of "+m.Name+" by "+r.Name, flat)
			n = g.Like(0, xs[i])
		}
		nameGradient(g, n, p.Results[first+i].Name)
		p.Results[first+i].Node = n
	}
	nextStates(p, m)
	return p
}

// nameGradient calls n the gradient by x, unless it is a value of the model that
// happens to be that too.
func nameGradient(g *symbolic.Graph, n *symbolic.Node, x string) {
	if n.Origin.Adjoint != nil {
		g.SetName(n, "d"+x)
	}
}

// flat says what has no derivative.
const flat = "comparisons, rounding, argmax, whole numbers and stop have no derivative"

// refuse reports that no derivative comes back along a path, and where on it it
// is lost. Where there is no path the derivative is simply zero.
func refuse(g *symbolic.Graph, errs *diag.List, path []*symbolic.Node, span diag.Span, what, hint string) {
	if path != nil {
		*errs = append(*errs, refusal(g, path, span, what).Hintf("%s", hint))
	}
}

// Refusal is the diagnostic for a derivative of y by x that is asked for
// although every path goes through something that has none; nil where it is
// simply zero.
func Refusal(g *symbolic.Graph, y, x *symbolic.Node, span diag.Span, what string) *diag.Diagnostic {
	path := pathTo([]*symbolic.Node{y}, x, zeroBy)
	if path == nil {
		return nil
	}
	return refusal(g, path, span, what).Hintf("%s", flat)
}

func refusal(g *symbolic.Graph, path []*symbolic.Node, span diag.Span, what string) *diag.Diagnostic {
	d := &diag.Diagnostic{Span: span, Msg: "there is no derivative of " + what + ": every path to it goes through something that has none"}
	at := lostAt(g, path)
	said := map[string]int{}
	for _, n := range path {
		o := n.Origin
		if !o.Span.Pos.IsValid() {
			continue
		}
		i, ok := said[o.Stmt]
		if !ok {
			i = len(d.Notes)
			said[o.Stmt] = i
			d.Note("via", strings.TrimSpace(o.Stmt), o.Span)
		}
		if n == at {
			d.Notes[i].Label = "lost in " + n.Op.Name
			if n.Op.Out == symbolic.Boolean { // <, not lt
				d.Notes[i].Label = "lost in " + strings.TrimSpace(strings.ReplaceAll(n.Op.Math, "%s", ""))
			}
		}
	}
	return d
}

// lostAt is the value on a path from y to x that has no derivative by the next
// one.
func lostAt(g *symbolic.Graph, path []*symbolic.Node) *symbolic.Node {
	for i, n := range path {
		if n.Type != symbolic.Real { // down to what makes it of real numbers
			for path[i+1].Type != symbolic.Real {
				i++
			}
			return path[i]
		}
		if i+1 < len(path) && path[i+1].Type == symbolic.Real &&
			g.VJP(path[i:i+1], []*symbolic.Node{g.Like(1, n)}, path[i+1:i+2])[0] == nil {
			return n
		}
	}
	return nil
}

// zeroBy reports whether n is a real number that has the derivative zero by its
// argument i: the condition of a choice, or what is rounded. That is as good as
// any other derivative of a func. (A parameter that a loss depends on in no
// other way can't be learned, so there it is an error.)
func zeroBy(n *symbolic.Node, i int) bool {
	if n.Op.Lazy {
		return i == 0
	}
	p := n.Op.Partial
	return n.Type == symbolic.Real && n.Args[i].Type == symbolic.Real && n.Op.Grad == nil && i < len(p) && p[i] == nil
}

// pathTo returns the values from one of ys down to x, or nil. It does not go
// from a value to an argument that skip says to leave out.
func pathTo(ys []*symbolic.Node, x *symbolic.Node, skip func(n *symbolic.Node, i int) bool) []*symbolic.Node {
	next := map[*symbolic.Node]*symbolic.Node{x: x}
	for _, n := range symbolic.Reachable(ys...) {
		for i, a := range n.Args {
			if next[a] != nil && next[n] == nil && !skip(n, i) {
				next[n] = a
			}
		}
	}
	for _, y := range ys {
		if next[y] == nil {
			continue
		}
		path := []*symbolic.Node{y}
		for n := y; n != x; {
			n = next[n]
			path = append(path, n)
		}
		return path
	}
	return nil
}
