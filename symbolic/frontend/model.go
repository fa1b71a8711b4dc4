package frontend

import (
	"maps"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// batchID is the number of the batch's axis: outermost of all.
const batchID = 0

// modelBuild is a model being elaborated: once with training true, and once
// more with it false where the model reads it.
type modelBuild struct {
	m             *module.Model
	decl          *parser.FuncDecl
	batch         *axis
	training      bool
	readsTraining bool
	params        map[string]*module.Param
	states        map[string]*module.State
	givens        map[string]*module.Given
	seen          map[string]bool // states declared in this pass
	nexts         map[*module.State]bool
	samples       map[string]*module.Sample
	drawn         map[string]int // in this pass: how often a sample of the name was
	phase         *module.Phase
	train         *parser.TrainStmt
	trainCtx      *ctx
	body          *scope // of the pass being made
	layers        []*instance
	called        map[string]bool // paths of the layers that are
}

// model elaborates a model declaration, again where a given turns out to be a
// size, as fun does.
func (f *frontend) model(d *parser.FuncDecl) *module.Model {
	var out *module.Model
	f.untilSizes(func() { out = f.modelOnce(d) })
	return out
}

func (f *frontend) modelOnce(d *parser.FuncDecl) *module.Model {
	b := &modelBuild{
		m:    &module.Model{Name: d.Name.Name, Graph: f.g, Doc: d.Doc, Span: d.Name.Span(), Float: f.floatOf(parser.Model)},
		decl: d, batch: &axis{id: batchID, name: "batch", size: symbolic.Sym(module.Batch)},
		params: map[string]*module.Param{}, states: map[string]*module.State{}, givens: map[string]*module.Given{},
		called: map[string]bool{}, nexts: map[*module.State]bool{}, samples: map[string]*module.Sample{},
	}
	f.axes[b.batch.sym()] = b.batch
	f.checks = &b.m.Checks
	defer func() { f.checks = nil }()
	errors := len(f.reports)
	args := f.modelArgs(b)
	b.pass(f, args, true, &b.m.Train)
	switch {
	case !b.readsTraining:
		b.m.Infer = b.m.Train
	case len(f.reports) == errors:
		b.pass(f, args, false, &b.m.Infer)
	}
	good := len(f.reports) == errors && !f.stopped
	if good {
		for _, s := range b.m.States {
			if !b.nexts[s] {
				f.report(nil, s.Decl, "state %s has no next value", s.Name).
					Hintf("say what a step makes of it: next %s = …; what never changes is a const", s.Name[strings.LastIndexByte(s.Name, '.')+1:])
			}
		}
		b.reach(f)
		b.dims(f)
	}
	b.derive(f, good)
	if b.train != nil && !f.stopped {
		if good && b.m.Train.Loss == nil {
			f.report(nil, b.train.Span(), "%s is trained and has no loss", d.Name.Name).Hintf("add a line: loss …")
		}
		b.m.Rule = f.rule(b, good)
	}
	if len(f.reports) == errors {
		b.unusedHypers(f)
	}
	if len(f.reports) > errors {
		return nil
	}
	return b.m
}

// modelArgs makes the arguments: values of one example, over the batch.
func (f *frontend) modelArgs(b *modelBuild) map[string]*binding {
	d := b.decl
	fr := &frame{decl: d, file: f.main, uses: map[string]diag.Span{}, model: b}
	c := &ctx{frontend: f, scope: f.main.scope.inner(), frame: fr}
	out := map[string]*binding{}
	for i, p := range d.Params {
		v, arg := c.argInput(p, []*axis{b.batch})
		if arg != nil {
			b.m.Args = append(b.m.Args, arg)
		}
		if old := out[p.Name.Name]; old != nil {
			c.errorf(p.Name.Span(), "%s is an argument twice", p.Name.Name).Note(p.Name.Name, "the first", old.span)
		} else if c.mayBind(p.Name) {
			out[p.Name.Name] = &binding{val: v, span: p.Name.Span(), what: "argument", with: groupOf(d.Params, i)}
		}
	}
	return out
}

// argInput makes the input node of an argument that varies along axes.
func (c *ctx) argInput(p *parser.Param, axes []*axis) (value, *module.Arg) {
	defer c.g.At(symbolic.Origin{Span: p.Name.Span(), Stmt: c.text(p.Name), Call: c.frame.in})()
	a := &module.Arg{Name: p.Name.Name, Span: p.Name.Span(), Const: p.Const}
	if p.Type == nil {
		a.Node = c.g.Input(symbolic.ArgInput, a.Name, dims(axes, nil), symbolic.Real)
		return &tensor{node: a.Node, axes: axes}, a
	}
	if m := c.frame.model; m != nil {
		for _, x := range p.Type.Dims {
			if n, ok := unparen(x).(*parser.Name); ok && n.Name == "batch" {
				c.errorf(n.Span(), "a model is about one example, and %s has the batch as a dim", a.Name).
					Hintf("leave batch out: what is computed for one example is computed for all of them")
				return poison{}, nil
			}
		}
	}
	shape, names, ok := c.shapeOf(p.Type)
	if !ok {
		return poison{}, nil
	}
	if !c.hasElements("argument "+a.Name, shape, p.Type) {
		return poison{}, nil
	}
	shape.Size() // must not overflow
	a.Shape = shape
	out := &tensor{axes: axes, shape: shape, names: names}
	switch p.Type.Elem {
	case parser.Int:
		a.Type = symbolic.Integer
	case parser.Bool:
		a.Type = symbolic.Boolean
	case parser.Index:
		a.Type = symbolic.Integer
		if p.Type.Bound == nil {
			return poison{}, nil
		}
		n, ok := c.size(p.Type.Bound)
		if !ok {
			return poison{}, nil
		}
		a.Bound = &n
		lo, hi := symbolic.Poly{}, n.Sub(symbolic.Int(1))
		out.lo, out.hi = &lo, &hi
	}
	a.Node = c.g.Input(symbolic.ArgInput, a.Name, dims(axes, shape), a.Type)
	out.node = a.Node
	return out, a
}

// pass elaborates the body.
func (b *modelBuild) pass(f *frontend, args map[string]*binding, training bool, phase *module.Phase) {
	b.training, b.phase, b.seen, b.drawn = training, phase, map[string]bool{}, map[string]int{}
	fr := &frame{decl: b.decl, file: f.main, uses: map[string]diag.Span{}, model: b, owns: true}
	outer := f.main.scope.inner()
	outer.names = args
	c := &ctx{frontend: f, scope: outer.inner(), frame: fr}
	b.body = c.scope
	if v, done := c.stmts(blockStmts(b.decl.Body)); done && !isPoison(v) {
		ss := b.decl.Body.Stmts
		c.errorf(ss[len(ss)-1].Span(), "a model has no value").Hintf("a model says what it gives with output and loss")
	}
	phase.Loss = b.total(c)
}

// role is output, loss, penalty or metric.
func (c *ctx) role(s *parser.RoleStmt) {
	if !c.inModel(s, s.Kind.String()) {
		return
	}
	m := c.frame.model
	if s.Kind == parser.Metric && s.Name == nil {
		if _, ok := unparen(s.Value).(*parser.Name); !ok {
			c.errorf(s.Span(), "a metric has a name").Hintf("write metric name = %s", short(c.text(s.Value)))
		}
	}
	in := c.named("")
	if s.Name != nil {
		in = c.named(s.Name.Name)
	}
	v := in.eval(s.Value)
	if s.Name != nil {
		if old := c.scope.local(s.Name.Name); old != nil && m.named(s.Kind, s.Name.Name) != nil {
			c.errorf(s.Span(), "%s is given twice", s.Name.Name).Note(s.Name.Name, "before", old.span)
			return
		}
		c.letName(s.Name, v, c.text(s.Value))
	}
	if isPoison(v) {
		return
	}
	t, ok := c.tensor(v, s.Value)
	if !ok {
		return
	}
	out := &module.Value{Span: s.Span(), Text: c.text(s.Value), PerExample: t.perExample()}
	if s.Name != nil {
		out.Name = s.Name.Name
	} else if n, ok := unparen(s.Value).(*parser.Name); ok {
		out.Name = n.Name
	}
	if old := m.named(s.Kind, out.Name); old != nil {
		c.errorf(s.Span(), "%s is given twice", out.Name).Note(out.Name, "before", old.Span)
		return
	}
	ph := m.phase
	if s.Kind == parser.Output {
		if !c.sizeFollows(t, s.Span(), "output") {
			return
		}
		out.Node = t.node
		ph.Outputs = append(ph.Outputs, out)
		return
	}
	if len(t.shape) > 0 {
		d := c.side(c.errorf(s.Value.Span(), "a %s is one number, and this is %s", s.Kind, t.shapeText(false)), s.Value, t)
		d.Hintf("sum(…) or mean(…) of it is one number")
		return
	}
	if s.Kind == parser.Metric {
		out.Node = c.g.ToReal(t.node)
		ph.Metrics = append(ph.Metrics, out)
		return
	}
	if t, ok = c.real(t, s.Value); !ok {
		return
	}
	out.Node = t.node
	if s.Kind == parser.Penalty {
		if out.PerExample {
			d := c.errorf(s.Value.Span(), "a penalty is added once, and this varies with the example")
			c.side(d, s.Value, t).Hintf("what is of the example goes into the loss")
			return
		}
		ph.Penalties = append(ph.Penalties, out)
		return
	}
	ph.Losses = append(ph.Losses, out)
}

// inModel reports an error unless s stands in the body of a model itself.
func (c *ctx) inModel(s parser.Stmt, what string) bool {
	switch m := c.frame.model; {
	case m == nil || c.frame.up != nil:
		c.errorf(s.Span(), "%s stands in a model", what)
	case c.scope != m.body:
		c.errorf(s.Span(), "%s stands in the model itself, not in a block or loop", what)
	default:
		return true
	}
	return false
}

// role lists the values of a role so far.
func (b *modelBuild) role(k parser.RoleKind) []*module.Value {
	switch k {
	case parser.Output:
		return b.phase.Outputs
	case parser.Loss:
		return b.phase.Losses
	case parser.Metric:
		return b.phase.Metrics
	}
	return b.phase.Penalties
}

// named is the value of a role under a name, or nil.
func (b *modelBuild) named(k parser.RoleKind, name string) *module.Value {
	for _, v := range b.role(k) {
		if name != "" && v.Name == name {
			return v
		}
	}
	return nil
}

// total is the loss: the mean of the examples' losses plus what is shared.
func (b *modelBuild) total(c *ctx) *symbolic.Node {
	if len(b.phase.Losses) == 0 {
		if len(b.phase.Penalties) > 0 && !c.failed() {
			c.errorf(b.phase.Penalties[0].Span, "a penalty without a loss").Hintf("add a line: loss …")
		}
		return nil
	}
	add := func(a, n *symbolic.Node) *symbolic.Node {
		if a == nil {
			return n
		}
		return c.g.Add(a, n)
	}
	at := func(v *module.Value) func() {
		return c.g.At(symbolic.Origin{Span: v.Span, Stmt: c.textOf(v.Span), Call: c.frame.in})
	}
	var per, shared *symbolic.Node
	for _, l := range b.phase.Losses {
		back := at(l)
		if l.PerExample {
			per = add(per, l.Node)
		} else {
			shared = add(shared, l.Node)
		}
		back()
	}
	defer at(b.phase.Losses[0])()
	var sum *symbolic.Node
	if per != nil {
		sum = c.g.Div(c.g.Sum(per, 0), c.g.ToReal(c.g.Size(b.batch.size)))
	}
	if shared != nil {
		sum = add(sum, shared)
	}
	for _, p := range b.phase.Penalties {
		back := at(p)
		sum = add(sum, p.Node)
		back()
	}
	return sum
}

func (c *ctx) failed() bool { return len(c.reports) > 0 || c.silenced > 0 }

// reach reports parameters that no output and no loss depends on, and layers
// that nothing calls.
func (b *modelBuild) reach(f *frontend) {
	var roots []*symbolic.Node
	for _, ph := range []module.Phase{b.m.Train, b.m.Infer} {
		for _, vs := range [][]*module.Value{ph.Outputs, ph.Losses} {
			for _, v := range vs {
				roots = append(roots, v.Node)
			}
		}
	}
	if len(roots) == 0 {
		if b.gives() {
			return // its error has been reported
		}
		f.report(nil, b.decl.Name.Span(), "model %s has no output and no loss", b.decl.Name.Name).Hintf("say what it gives: output …")
		return
	}
	used := map[*symbolic.Node]bool{}
	for _, n := range symbolic.ReachableInside(roots...) {
		used[n] = true
	}
	for _, l := range b.layers {
		if !b.called[l.path] {
			f.report(nil, l.span, "layer %s is of no use: nothing calls it", strings.TrimSuffix(l.path, ".")).
				Hintf("remove it, or use it")
		}
	}
	for _, p := range b.m.Params {
		if !used[p.Node] {
			f.report(nil, p.Span, "parameter %s is of no use: no output and no loss depends on it", p.Name).
				Hintf("remove it, or use it")
		}
	}
}

// gives reports whether the model says that it gives anything.
func (b *modelBuild) gives() bool {
	return slices.ContainsFunc(blockStmts(b.decl.Body), func(s parser.Stmt) bool {
		r, ok := s.(*parser.RoleStmt)
		return ok && (r.Kind == parser.Output || r.Kind == parser.Loss)
	})
}

// derive reads a model's derive clause: derive grad(x), or vjp(x) where it has no
// loss. A model without a loss has a vector-Jacobian product, if it can have one.
func (b *modelBuild) derive(f *frontend, good bool) {
	of, pull := "grad", b.m.Train.Loss == nil
	if pull {
		of = "vjp"
	}
	for _, d := range b.decl.Derive {
		switch what := d.What.Name; {
		case what == "grad" && good && b.m.Train.Loss == nil:
			f.report(nil, d.Span(), "%s has no loss to differentiate", b.decl.Name.Name).Hintf("add a line: loss …; or derive vjp, for a loss that the caller has")
		case what == "none":
			pull = false
		case what == of && d.Mode == nil && !d.ByExample:
			for _, w := range d.Wrt {
				a := argNamed(b.m.Args, w.Name)
				switch {
				case a == nil:
					e := f.report(nil, w.Span(), "%s is no argument of %s", w.Name, b.decl.Name.Name)
					suggest(e, w.Name, argNames(b.m.Args))
				case a.Type != symbolic.Real:
					f.report(nil, w.Span(), "%s is %s and has no derivative", w.Name, a.Type)
				case !slices.Contains(b.m.Inputs, a):
					b.m.Inputs = append(b.m.Inputs, a)
				}
			}
			if d.Wrt == nil {
				for _, a := range b.m.Args {
					if a.Type == symbolic.Real && !a.Const {
						b.m.Inputs = append(b.m.Inputs, a)
					}
				}
			}
		default:
			f.report(nil, d.Span(), "a model has no derive %s", f.text(d)).
				Hintf("it may have derive grad(x), and derive vjp(x) if it has no loss; other derivatives are of funcs, or values: output jacobian(y, x)")
		}
	}
	b.m.Pull = pull && len(b.m.Params)+len(b.m.Inputs) > 0 &&
		slices.ContainsFunc(b.m.Train.Outputs, func(v *module.Value) bool { return v.Node.Type == symbolic.Real })
}

func argNamed(args []*module.Arg, name string) *module.Arg {
	for _, a := range args {
		if a.Name == name {
			return a
		}
	}
	return nil
}

func argNames(args []*module.Arg) []string {
	var out []string
	for _, a := range args {
		out = append(out, a.Name)
	}
	return out
}

// dims sorts the run-time dims that the model uses into those that size
// parameters and states, and those of a call.
func (b *modelBuild) dims(f *frontend) {
	owned, used := map[string]bool{}, map[string]bool{}
	for _, p := range b.m.Params {
		addSyms(owned, p.Shape...)
	}
	for _, s := range b.m.States {
		addSyms(owned, s.Shape...)
	}
	for _, g := range b.m.Givens {
		if g.Size && owned[g.Name] {
			f.report(nil, g.Span, "given %s sizes a parameter or a state", g.Name).
				Hintf("it may change from call to call; what sizes parameters is a dim: dim %s", g.Name)
		}
	}
	for _, a := range b.m.Args {
		addSyms(used, a.Shape...)
		if a.Bound != nil {
			addSyms(used, *a.Bound)
		}
	}
	for _, g := range b.m.Givens {
		addSyms(used, g.Shape...)
	}
	var roots []*symbolic.Node
	for _, ph := range []module.Phase{b.m.Train, b.m.Infer} {
		roots = append(roots, ph.Loss)
		for _, vs := range [][]*module.Value{ph.Outputs, ph.Metrics} {
			for _, v := range vs {
				roots = append(roots, v.Node)
			}
		}
	}
	for _, s := range b.m.States {
		roots = append(roots, s.Next)
	}
	for _, n := range symbolic.ReachableInside(roots...) {
		addSyms(used, n.Shape...)
		if s, ok := n.Attr.(symbolic.SizeAttr); ok {
			addSyms(used, s.Poly)
		}
	}
	for _, a := range b.m.Args {
		roots = append(roots, a.Node)
	}
	f.checkSizes(&b.m.Checks, slices.DeleteFunc(roots, func(n *symbolic.Node) bool { return n == nil })...)
	for _, k := range b.m.Checks {
		addSyms(used, k.A, k.B)
	}
	for _, s := range slices.Sorted(maps.Keys(used)) {
		if e, ok := symbolic.ExponentOf(s); ok {
			f.report(nil, b.m.Span, "not supported yet: the size %s in a model", s).Hintf("give %s a value when generating: dim %s = …", e, e)
		}
	}
	b.m.Dims = f.dimList(func(s string) bool { return owned[s] })
	b.m.Call = f.dimList(func(s string) bool { return used[s] && !owned[s] })
}

func addSyms(to map[string]bool, ps ...symbolic.Poly) {
	for _, p := range ps {
		for _, s := range p.Syms() {
			to[s] = true
			if e, ok := symbolic.ExponentOf(s); ok {
				to[e] = true
			}
		}
	}
}

// dimList returns the run-time dims that in holds for, in order of
// declaration.
func (f *frontend) dimList(in func(string) bool) []*module.Dim {
	var out []*module.Dim
	for _, d := range f.dims {
		if !d.Known && in(d.Name) {
			out = append(out, d.Dim)
		}
	}
	slices.SortFunc(out, func(a, b *module.Dim) int {
		if a.Span.Pos.File != b.Span.Pos.File {
			if a.Span.Pos.File < b.Span.Pos.File {
				return -1
			}
			return 1
		}
		return a.Span.Pos.Off - b.Span.Pos.Off
	})
	return out
}
