package codegen

import (
	"fmt"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// modelNames are the identifiers that a model has in generated code.
type modelNames struct {
	typ, new, batch, outputs, loss, inputs, work, trainer string

	params *block // also of gradients
	states *block // nil: there are none

	dims    map[string]string // fields of run-time dims that size parameters, in model and params
	call    map[string]string // fields of the batch: run-time dims of a call
	args    map[string]string // fields of the batch: arguments
	givens  map[string]string // fields of the work
	outs    []string          // fields of the outputs
	metrics []string          // fields of the loss
	hypers  map[string]string // fields of the trainer
	rule    map[string]string // fields of the trainer: states of the rule
}

func (g *generator) nameModel(mp *module.ModelProcs) *modelNames {
	m := mp.Model
	n := &modelNames{typ: g.scope.pick(exported(m.Name))}
	var params string
	for _, x := range []struct {
		to     *string
		suffix string
	}{
		{&params, "Params"}, {&n.batch, "Batch"}, {&n.outputs, "Outputs"}, {&n.loss, "Loss"},
		{&n.inputs, "Inputs"}, {&n.work, "Work"}, {&n.trainer, "Trainer"},
	} {
		*x.to = g.scope.pick(n.typ + x.suffix)
	}
	n.new = g.scope.pick("New" + n.typ)
	n.params = &block{
		typ: params, new: g.scope.pick("new" + params), arg: "Params",
		doc:     []string{params + " has the shape of the parameters of " + n.typ + ": it holds them, or their gradients."},
		tensors: paramTensors(m.Params),
	}
	n.params.tree = newFieldTree(n.params.tensors)
	if len(m.States) > 0 {
		typ := g.scope.pick(n.typ + "States")
		n.states = &block{
			typ: typ, new: g.scope.pick("new" + typ), arg: "States",
			doc:     []string{typ + " holds what a step of training changes without a gradient."},
			tensors: stateTensors(m.States),
		}
		n.states.tree = newFieldTree(n.states.tensors)
	}

	fields := newScope(nil, "all", "Params", "params", "States", "seed", "tensors", "NewWork", "NewGrads", "NewTrainer", "m", "check", "checkForward", "checkLoss", "checkVJP")
	n.dims = map[string]string{}
	for _, d := range m.Dims {
		n.dims[d.Name] = fields.pick(unexported(exported(d.Name)))
	}
	batch := newScope(nil, "N")
	n.call, n.args = map[string]string{}, map[string]string{}
	for _, d := range m.Call {
		n.call[d.Name] = batch.pick(exported(d.Name))
	}
	for _, a := range m.Args {
		n.args[a.Name] = batch.pick(exported(a.Name))
	}
	work := newScope(nil, "Infer", "Forward", "Loss", "Grad", "GradInputs", "VJP", "Threads", "Seed", "Step", "Next", "next", "tasks", "m", "reals", "ints", "out", "in", "one", "forward", "loss", "grad", "gradInputs", "vjp")
	n.givens = map[string]string{}
	for _, v := range m.Givens {
		n.givens[v.Name] = work.pick(exported(v.Name))
	}
	outs := newScope(nil)
	for i, v := range m.Infer.Outputs {
		name := exported(v.Name)
		switch {
		case v.Name == "" && len(m.Infer.Outputs) == 1:
			name = "Output"
		case v.Name == "":
			name = fmt.Sprintf("Output%d", i)
		}
		n.outs = append(n.outs, outs.pick(name))
	}
	metrics := newScope(nil, "Loss")
	for i, v := range m.Train.Metrics {
		name := exported(v.Name)
		if v.Name == "" {
			name = fmt.Sprintf("Metric%d", i)
		}
		n.metrics = append(n.metrics, metrics.pick(name))
	}
	n.hypers, n.rule = map[string]string{}, map[string]string{}
	if m.Rule != nil {
		s := newScope(nil, "Work", "Seed", "Steps", "Step", "Update", "WriteTo", "ReadFrom", "Save", "Load", "work", "step", "m", "grads", "tensors", "settings", "set", "reals", "ints")
		for _, h := range m.Rule.Hypers {
			n.hypers[h.Name] = s.pick(exported(h.Name))
		}
		for _, st := range m.Rule.States {
			n.rule[st.Name] = s.pick("rule" + exported(st.Name))
		}
	}
	return n
}

// A modelPrinter prints one model.
type modelPrinter struct {
	*generator
	m     *module.Model
	n     *modelNames
	infer *procedure
	loss  *procedure
	grad  *procedure
	both  *procedure // gradients by parameters and inputs
	pull  *procedure // the vector-Jacobian product
	steps []*procedure
	fused *fusedStep // nil: Step is Grad and Update

	newWork, newTrainer string // what tests call
}

func (g *generator) emitModel(mp *module.ModelProcs, n *modelNames) (err error) {
	p := &modelPrinter{generator: g, m: mp.Model, n: n}
	for _, x := range []struct {
		to   **procedure
		from *module.Procedure
	}{{&p.infer, mp.Infer}, {&p.loss, mp.Loss}, {&p.grad, mp.Grad}, {&p.both, mp.Inputs}, {&p.pull, mp.Pull}} {
		if *x.to, err = lower(x.from); err != nil {
			return err
		}
		if *x.to != nil {
			g.outline(*x.to, p.m.Float, true)
		}
	}
	for i, u := range mp.Updates {
		pr, err := lower(u)
		if err != nil {
			return err
		}
		pr.mergeInPlace(p.m.Rule, p.m.Rule.Updates[i])
		g.outline(pr, p.m.Float, true)
		p.steps = append(p.steps, pr)
	}
	p.fused = p.fuse()
	p.typeDecl()
	if err := p.blockDecls(n.params); err != nil {
		return err
	}
	if n.states != nil {
		err = p.stateDecls()
	} else {
		var text string
		text, err = p.templated("params_file.go.tmpl")
		p.api.addText(text)
	}
	if err != nil {
		return err
	}
	p.batchDecl()
	p.workDecl()
	if err := p.methods(); err != nil {
		return err
	}
	if m := p.m; m.Rule != nil && p.grad != nil {
		if err := p.trainerDecls(); err != nil {
			return err
		}
	}
	p.testModel()
	return nil
}

// typeDecl prints the model's type and its constructors.
func (p *modelPrinter) typeDecl() {
	n := p.n
	fields := []jen.Code{
		prose("Params are the parameters. Several goroutines may compute with them as long", "as none changes them."),
		jen.Id("Params").Op("*").Id(n.params.typ),
	}
	if n.states != nil {
		fields = append(fields, prose("States are what else the steps of training have made; they are saved with the", "parameters."),
			jen.Id("States").Op("*").Id(n.states.typ))
	}
	var params, args []jen.Code
	if len(p.m.Dims) > 0 {
		fields = append(fields, jen.Line())
	}
	for _, d := range p.m.Dims {
		fields = append(fields, jen.Id(n.dims[d.Name]).Int())
	}
	if len(p.m.Samples) > 0 {
		fields = append(fields, jen.Id("seed").Uint64())
	}
	s := newScope(p.scope, "seed", "err", "m", "p", "s")
	ids := map[string]jen.Code{}
	lits := []any{"Params", jen.Id("p")}
	if n.states != nil {
		lits = append(lits, "States", jen.Id("s"))
	}
	if len(p.m.Samples) > 0 {
		lits = append(lits, "seed", jen.Id("seed"))
	}
	for _, d := range p.m.Dims {
		id := s.pick(local(d.Name))
		ids[d.Name] = jen.Id(id)
		params = append(params, jen.Id(id).Int())
		args = append(args, jen.Id(id))
		lits = append(lits, n.dims[d.Name], jen.Id(id))
	}
	p.api.add(jen.Add(comment(docs(n.typ, p.m.Doc, n.typ+" is the model in "+place(p.m.Span.Pos.File, p.m.Span.Pos.Line)+".")...)).Line().
		Type().Id(n.typ).Struct(fields...))

	syms := func(s string) jen.Code { return jen.Add(ids[s]) }
	var body []jen.Code
	for _, d := range p.m.Dims {
		body = append(body, guard(jen.Id("checkDim").Call(jen.Lit(n.typ), jen.Lit(d.Name), ids[d.Name], jen.Lit(1)), jen.Nil()))
		if d.Bound > 0 {
			body = append(body, guard(jen.Id("checkMost").Call(jen.Lit(n.typ), jen.Lit(d.Name), ids[d.Name], jen.Lit(d.Bound)), jen.Nil()))
		}
	}
	total := n.params.size()
	if n.states != nil {
		total = total.Add(n.states.size())
	}
	if _, fixed := total.Const(); !fixed {
		body = append(body, guard(jen.Id("checkRoom").Call(jen.Lit(n.typ), jen.Lit("the block of parameters"), roomCode(total, syms)), jen.Nil()))
	}
	body = append(body, jen.Id("p").Op(":=").Id(n.params.new).Call(args...))
	inits, seeded := p.initCode(syms)
	body = append(body, inits...)
	if n.states != nil {
		body = append(body, jen.Id("s").Op(":=").Id(n.states.new).Call(args...))
		for _, st := range p.m.States {
			if st.Start != 0 {
				body = append(body, jen.Id("fill").Call(jen.Id("s").Op(n.states.path(st.Name)), number(st.Start)))
			}
		}
	}
	body = append(body, jen.Return(jen.Op("&").Id(n.typ).Add(record(lits...)), jen.Nil()))
	seed := "seed"
	if !seeded && len(p.m.Samples) == 0 {
		seed = "_"
	}
	doc := n.new + " returns a model with parameters that depend on seed only."
	if len(p.m.Samples) > 0 {
		doc = n.new + " returns a model with parameters that depend on seed only, which is also the seed of its samples until another is set."
	}
	p.api.add(jen.Add(prose(doc)).Line().
		Func().Id(n.new).Params(append(params, jen.Id(seed).Uint64())...).Params(jen.Op("*").Id(n.typ), jen.Error()).Block(body...))

	var own []jen.Code
	for _, d := range p.m.Dims {
		own = append(own, jen.Id("m").Dot(n.dims[d.Name]))
	}
	p.api.add(jen.Add(prose("NewGrads returns zeros in the shape of the parameters.")).Line().
		Func().Params(jen.Id("m").Op("*").Id(n.typ)).Id("NewGrads").Params().Op("*").Id(n.params.typ).Block(
		jen.Return(jen.Id(n.params.new).Call(own...))))
}

// guard returns from a function where call is an error.
func guard(call jen.Code, others ...jen.Code) jen.Code {
	return jen.If(jen.Err().Op(":=").Add(call), jen.Err().Op("!=").Nil()).Block(jen.Return(append(others, jen.Err())...))
}

// initCode prints what sets the parameters of a new model.
func (p *modelPrinter) initCode(syms symbols) (code []jen.Code, seeded bool) {
	for i, q := range p.m.Params {
		to := jen.Id("p").Op(p.n.params.path(q.Name))
		fill := func(fn string, args ...jen.Code) {
			seeded = true
			all := append([]jen.Code{to, jen.Id("seed"), jen.Lit(i)}, args...)
			code = append(code, jen.Id(fn).Call(all...))
		}
		in, out := fans(q.Shape)
		a := q.Init.Args
		switch q.Init.Kind {
		case "zeros", "":
		case "ones":
			code = append(code, jen.Id("fill").Call(to, jen.Lit(1)))
		case "constant":
			code = append(code, jen.Id("fill").Call(to, number(a[0])))
		case "uniform":
			fill("fillUniform", number(a[0]), number(a[1]))
		case "normal":
			fill("fillNormal", number(a[0]), number(a[1]))
		case "glorot":
			fill("fillUniform", jen.Op("-").Id("glorot").Call(polyCode(in, syms).code, polyCode(out, syms).code),
				jen.Id("glorot").Call(polyCode(in, syms).code, polyCode(out, syms).code))
		case "he":
			fill("fillNormal", jen.Lit(0), jen.Id("he").Call(polyCode(in, syms).code))
		default:
			panic("codegen: initialiser " + q.Init.Kind)
		}
	}
	return code, seeded
}

func number(v float64) jen.Code {
	p := &printer{float: 64}
	return p.constant(v, symbolic.Real).code
}

// fans returns how many values go into an output of a parameter and how many
// outputs an input goes to: of [O, I] they are I and O, further axes are the
// receptive field; a vector is [1, I].
func fans(s symbolic.Shape) (in, out symbolic.Poly) {
	switch len(s) {
	case 0:
		return symbolic.Int(1), symbolic.Int(1)
	case 1:
		return s[0], symbolic.Int(1)
	}
	field := s[2:].Size()
	return s[1].Mul(field), s[0].Mul(field)
}

// batchDecl prints the type of a batch.
func (p *modelPrinter) batchDecl() {
	n := p.n
	fields := []jen.Code{jen.Id("N").Int().Comment("the number of examples")}
	for _, d := range p.m.Call {
		fields = append(fields, jen.Id(n.call[d.Name]).Int().Comment(commentLine("the dim "+d.Name)))
	}
	for _, a := range p.m.Args {
		text := "N"
		for _, d := range a.Shape {
			text += "×" + d.String()
		}
		if a.Bound != nil {
			text += ", each at least 0 and below " + a.Bound.String()
		}
		fields = append(fields, jen.Id(n.args[a.Name]).Index().Add(elemType(p.m.Float, a.Type)).Comment(commentLine(text)))
	}
	p.api.add(jen.Add(prose(n.batch+" is some examples, one after the other. What a method does not need may be", "nil.")).Line().
		Type().Id(n.batch).Struct(fields...))
}

// symbolOf gives the symbols of sizes as fields: of the model m, and of the
// batch b. Those that are given have a field of the work.
func (p *modelPrinter) symbolOf(m, b jen.Code, given func(field string) jen.Code) symbols {
	return func(s string) jen.Code {
		if s == module.Batch {
			return jen.Add(b).Dot("N")
		}
		if f := p.n.call[s]; f != "" {
			return jen.Add(b).Dot(f)
		}
		if f := p.n.dims[s]; f != "" {
			return jen.Add(m).Dot(f)
		}
		if f := p.n.givens[s]; f != "" {
			return given(f)
		}
		panic("codegen: size " + s + " of model " + p.m.Name + " is not known")
	}
}

// needs returns the arguments that procedures read, in order.
func (p *modelPrinter) needs(prs ...*procedure) []*module.Arg {
	read := map[string]bool{}
	for _, pr := range prs {
		if pr == nil {
			continue
		}
		uses := countUses(pr.prog.Body)
		for _, b := range pr.inputs() {
			if in := inputOf(b); in.Kind == symbolic.ArgInput && uses.touched[b] {
				read[in.Name] = true
			}
		}
	}
	var out []*module.Arg
	for _, a := range p.m.Args {
		if read[a.Name] {
			out = append(out, a)
		}
	}
	return out
}

// sizeGivens are the givens that are sizes.
func (p *modelPrinter) sizeGivens() (out []*module.Given) {
	for _, v := range p.m.Givens {
		if v.Size {
			out = append(out, v)
		}
	}
	return out
}

// checkMethod prints a method that checks a batch, and the sizes that the work
// gives with it.
func (p *modelPrinter) checkMethod(name, doc string, least int, args []*module.Arg) {
	n := p.n
	params := []jen.Code{jen.Id("b").Op("*").Id(n.batch)}
	s := newScope(p.scope, "m", "b", "err")
	ids := map[string]string{}
	for _, v := range p.sizeGivens() {
		f := n.givens[v.Name]
		ids[f] = s.pick(unexported(f))
		params = append(params, jen.Id(ids[f]).Int())
	}
	syms := p.symbolOf(jen.Id("m"), jen.Id("b"), func(f string) jen.Code { return jen.Id(ids[f]) })
	model := jen.Lit(n.typ)
	body := []jen.Code{guard(jen.Id("checkDim").Call(model, jen.Lit("N"), jen.Id("b").Dot("N"), jen.Lit(least)))}
	for _, d := range p.m.Call {
		f := n.call[d.Name]
		body = append(body, guard(jen.Id("checkDim").Call(model, jen.Lit(f), jen.Id("b").Dot(f), jen.Lit(0))))
		if d.Bound > 0 {
			body = append(body, guard(jen.Id("checkMost").Call(model, jen.Lit(f), jen.Id("b").Dot(f), jen.Lit(d.Bound))))
		}
	}
	for _, v := range p.sizeGivens() {
		f := n.givens[v.Name]
		body = append(body, guard(jen.Id("checkDim").Call(model, jen.Lit(f), jen.Id(ids[f]), jen.Lit(0))))
	}
	for _, c := range p.m.Checks {
		body = append(body, roomChecks(n.typ, checkText(c)+":", syms, nil, c.A, c.B)...)
		fn := "checkEqual"
		if c.AtLeast {
			fn = "checkAtLeast"
		}
		body = append(body, guard(jen.Id(fn).Call(model, jen.Lit(checkText(c)), polyCode(c.A, syms).code, polyCode(c.B, syms).code)))
	}
	for _, a := range args {
		f := n.args[a.Name]
		body = append(body, roomChecks(n.typ, f, syms, nil, a.Shape...)...)
		call := []jen.Code{model, jen.Lit(f), jen.Len(jen.Id("b").Dot(f)), jen.Id("b").Dot("N")}
		for _, d := range a.Shape {
			call = append(call, polyCode(d, syms).code)
		}
		body = append(body, guard(jen.Id("checkLen").Call(call...)))
	}
	for _, a := range args {
		if a.Bound != nil {
			f := n.args[a.Name]
			body = append(body, guard(jen.Id("checkIndices").Call(model, jen.Lit(f), jen.Id("b").Dot(f), polyCode(*a.Bound, syms).code)))
		}
	}
	body = append(body, jen.Return(p.checked(jen.Id("m"))))
	p.api.add(jen.Add(prose(doc)).Line().
		Func().Params(jen.Id("m").Op("*").Id(n.typ)).Id(name).Params(params...).Error().Block(body...))
}
