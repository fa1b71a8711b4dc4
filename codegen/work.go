package codegen

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// workDecl prints the types of what methods return, and of the memory that
// they compute in.
func (p *modelPrinter) workDecl() {
	n, float := p.n, p.m.Float
	if p.infer != nil {
		var fields []jen.Code
		for i, v := range p.m.Infer.Outputs {
			text := clean(v.Node.Shape.String())
			if v.PerExample {
				text = "N"
				for _, d := range v.Node.Shape[1:] {
					text += "×" + d.String()
				}
			}
			if v.Text != "" {
				text += ": " + clean(v.Text)
			}
			fields = append(fields, jen.Id(n.outs[i]).Index().Add(elemType(float, v.Node.Type)).Comment(commentLine(text)))
		}
		p.api.add(jen.Add(prose(n.outputs+" are the outputs of "+n.typ+". They are in the memory of the work that computed", "them, and valid until it computes again.")).Line().
			Type().Id(n.outputs).Struct(fields...))
	}
	if p.loss != nil {
		fields := []jen.Code{jen.Id("Loss").Id(float.String())}
		for i, v := range p.m.Train.Metrics {
			f := jen.Id(n.metrics[i]).Id(float.String())
			if v.Text != "" {
				f.Comment(commentLine(v.Text))
			}
			fields = append(fields, f)
		}
		p.api.add(jen.Add(prose(n.loss + " is the loss of a batch, the mean over its examples, and the metrics.")).Line().
			Type().Id(n.loss).Struct(fields...))
	}
	if len(p.m.Inputs) > 0 {
		var fields []jen.Code
		for _, a := range p.m.Inputs {
			fields = append(fields, jen.Id(n.args[a.Name]).Index().Id(float.String()))
		}
		p.api.add(jen.Add(prose(n.inputs + " are the gradients by arguments, in the memory of the work.")).Line().
			Type().Id(n.inputs).Struct(fields...))
	}

	fields := []jen.Code{}
	lits := []any{"m", jen.Id("m")}
	for _, v := range p.m.Givens {
		t := jen.Id(n.givens[v.Name])
		if len(v.Shape) > 0 {
			t.Index()
		}
		if v.Type == symbolic.Integer && len(v.Shape) == 0 {
			t.Int()
		} else {
			t.Add(elemType(float, v.Type))
		}
		text := n.givens[v.Name] + " is given with each call."
		if len(v.Shape) > 0 {
			text = n.givens[v.Name] + " is given with each call, of shape " + clean(v.Shape.String()) + "."
		}
		fields = append(fields, prose(text), t)
		if v.Default != nil && len(v.Shape) == 0 {
			start := number(*v.Default)
			if v.Type == symbolic.Boolean {
				start = jen.Lit(*v.Default != 0)
			}
			lits = append(lits, n.givens[v.Name], start)
		}
	}
	if len(p.m.Samples) > 0 {
		fields = append(fields, prose("Seed and Step say which samples are drawn: the same ones for as long as both", "stay as they are."),
			jen.Id("Seed").Uint64(), jen.Id("Step").Int())
		lits = append(lits, "Seed", jen.Id("m").Dot("seed"))
	}
	if p.usesTasks() {
		fields = append(fields, threadsField()...)
	}
	if len(fields) > 0 {
		fields = append(fields, jen.Line())
	}
	fields = append(fields, jen.Id("m").Op("*").Id(n.typ))
	if p.usesTasks() {
		fields = append(fields, jen.Id("tasks").Id("tasks"))
	}
	if p.usesArena(false) {
		fields = append(fields, jen.Id("reals").Index().Id(float.String()))
	}
	if p.usesArena(true) {
		fields = append(fields, jen.Id("ints").Index().Int32())
	}
	fields = append(fields, traceFields(float, p.infer, p.loss, p.grad, p.both, p.pull)...)
	if p.infer != nil {
		fields = append(fields, jen.Id("out").Id(n.outputs))
		for _, a := range p.needs(p.infer) {
			if len(a.Shape) == 0 {
				fields = append(fields, jen.Id("one").Struct(p.oneFields()...).Comment("an example of Infer"))
				break
			}
		}
	}
	if len(p.m.Inputs) > 0 {
		fields = append(fields, jen.Id("in").Id(n.inputs))
	}
	if n.states != nil && p.backward() != "" {
		fields = append(fields, jen.Id("next").Op("*").Id(n.states.typ))
		var dims []jen.Code
		for _, d := range p.m.Dims {
			dims = append(dims, jen.Id("m").Dot(n.dims[d.Name]))
		}
		lits = append(lits, "next", jen.Id(n.states.new).Call(dims...))
	}
	p.api.add(jen.Add(prose(n.work+" is memory to compute in, for one goroutine at a time. It grows when a batch",
		"is larger than those before; otherwise nothing is allocated.")).Line().Type().Id(n.work).Struct(fields...))
	p.api.add(jen.Add(prose("NewWork returns memory for computing with m.")).Line().
		Func().Params(jen.Id("m").Op("*").Id(n.typ)).Id("NewWork").Params().Op("*").Id(n.work).Block(
		jen.Return(jen.Op("&").Id(n.work).Add(record(lits...)))))
	if by := p.backward(); n.states != nil && by != "" {
		doc := []string{"Next returns what the last batch that Grad was given makes of the states. A step", "of the trainer takes it over; Grad changes nothing of the model."}
		if p.grad == nil {
			doc = []string{"Next returns what the last batch that VJP was given makes of the states. VJP", "changes nothing of the model."}
		}
		p.api.add(jen.Add(prose(doc...)).Line().
			Func().Params(p.recv()).Id("Next").Params().Op("*").Id(n.states.typ).Block(jen.Return(jen.Id("w").Dot("next"))))
	}
}

func (p *modelPrinter) oneFields() (out []jen.Code) {
	for _, a := range p.needs(p.infer) {
		if len(a.Shape) == 0 {
			out = append(out, jen.Id(unexported(p.n.args[a.Name])+"1").Index(jen.Lit(1)).Add(elemType(p.m.Float, a.Type)))
		}
	}
	return out
}

// threadsField is what says how many threads a work may use.
func threadsField() []jen.Code {
	return []jen.Code{
		prose("Threads is how many threads may compute at once; 0: one for each processor.", "Results do not depend on it."),
		jen.Id("Threads").Int(),
	}
}

// usesTasks reports whether any kernel of the model is done in parts.
func (p *modelPrinter) usesTasks() bool {
	return slices.ContainsFunc(append([]*procedure{p.infer, p.loss, p.grad, p.both, p.pull, p.fusedProcedure()}, p.steps...), func(pr *procedure) bool { return pr != nil && pr.tasks })
}

func (p *modelPrinter) usesArena(ints bool) bool {
	for _, pr := range []*procedure{p.infer, p.loss, p.grad, p.both, p.pull, p.fusedProcedure()} {
		if pr == nil {
			continue
		}
		size := pr.plan.Reals
		if ints {
			size = pr.plan.Ints
		}
		if !size.Is(0) {
			return true
		}
	}
	return false
}

func (p *modelPrinter) recv() jen.Code { return jen.Id("w").Op("*").Id(p.n.work) }

// workSymbols are the sizes in methods of the work, for a batch b.
func (p *modelPrinter) workSymbols() symbols {
	return p.symbolOf(jen.Id("w").Dot("m"), jen.Id("b"), func(f string) jen.Code { return jen.Id("w").Dot(f) })
}

// prepare prints what comes before every computation: checks, those given last,
// and room.
func (p *modelPrinter) prepare(check string, pr *procedure, zeros []jen.Code, last ...jen.Code) []jen.Code {
	syms := p.workSymbols()
	call := []jen.Code{jen.Op("&").Id("b")}
	for _, v := range p.sizeGivens() {
		call = append(call, jen.Id("w").Dot(p.n.givens[v.Name]))
	}
	body := []jen.Code{guard(jen.Id("w").Dot("m").Dot(check).Call(call...), zeros...)}
	for _, v := range p.m.Givens {
		if len(v.Shape) == 0 || !p.reads(pr, symbolic.GivenInput, v.Name) {
			continue
		}
		f := p.n.givens[v.Name]
		call := []jen.Code{jen.Lit(p.n.typ), jen.Lit(f), jen.Len(jen.Id("w").Dot(f))}
		for _, d := range v.Shape {
			call = append(call, polyCode(d, syms).code)
		}
		body = append(body, guard(jen.Id("checkLen").Call(call...), zeros...))
	}
	body = append(body, last...)
	body = append(body, p.apart(pr, zeros)...)
	total := pr.plan.Reals.Add(pr.plan.Ints)
	for _, b := range pr.outs {
		if b == nil {
			continue
		}
		if k := b.Shape.Size(); !isParamSized(pr, b) {
			total = total.Add(k)
		}
	}
	if _, fixed := total.Const(); !fixed {
		body = append(body, guard(jen.Id("checkRoom").Call(jen.Lit(p.n.typ), jen.Lit("the batch"), roomCode(total, syms)), zeros...))
	}
	for _, x := range []struct {
		field string
		size  symbolic.Poly
	}{{"reals", pr.plan.Reals}, {"ints", pr.plan.Ints}} {
		if !x.size.Is(0) {
			body = append(body, jen.Id("w").Dot(x.field).Op("=").Id("grow").Call(jen.Id("w").Dot(x.field), polyCode(x.size, syms).code))
		}
	}
	return body
}

// apart prints the checks that no argument lies in the memory of a result,
// such as the outputs of the call before, given back as they are.
func (p *modelPrinter) apart(pr *procedure, zeros []jen.Code) []jen.Code {
	written := map[symbolic.Type][]jen.Code{}
	grads, states, out := false, false, 0
	if p.fused != nil && pr == p.fused.procedure {
		written[symbolic.Real] = append(written[symbolic.Real], jen.Id("w").Dot("m").Dot("Params").Dot("all"))
	}
	for i, r := range pr.proc.Results {
		if pr.outs[i] == nil {
			continue
		}
		typ := pr.outs[i].Type
		switch r.Kind {
		case module.OutputResult:
			written[typ] = append(written[typ], jen.Id("w").Dot("out").Dot(p.n.outs[out]))
			out++
		case module.InputGradient:
			written[typ] = append(written[typ], jen.Id("w").Dot("in").Dot(p.n.args[r.Name]))
		case module.NextState:
			if !states {
				written[typ] = append(written[typ], jen.Id("w").Dot("next").Dot("all"))
			}
			states = true
		case module.ParamGradient:
			if !grads {
				written[typ] = append(written[typ], jen.Id("grads").Dot("all"))
			}
			grads = true
		}
	}
	var code []jen.Code
	check := func(name string, x jen.Code, typ symbolic.Type) {
		if w := written[typ]; len(w) > 0 {
			code = append(code, guard(jen.Id("checkApart").Call(append([]jen.Code{jen.Lit(p.n.typ), jen.Lit(name), x}, w...)...), zeros...))
		}
	}
	if pr == p.pull {
		for _, f := range p.seedFields() {
			check("dy."+f.field, jen.Id("dy").Dot(f.field), symbolic.Real)
		}
	}
	for _, a := range p.needs(pr) {
		check(p.n.args[a.Name], jen.Id("b").Dot(p.n.args[a.Name]), a.Type)
	}
	for _, v := range p.m.Givens {
		if len(v.Shape) > 0 && p.reads(pr, symbolic.GivenInput, v.Name) {
			check(p.n.givens[v.Name], jen.Id("w").Dot(p.n.givens[v.Name]), v.Type)
		}
	}
	return code
}

// checkGrads prints the checks of the blocks that gradients and next states go
// to.
func (p *modelPrinter) checkGrads(zeros []jen.Code) []jen.Code {
	m := jen.Id("w").Dot("m")
	code := []jen.Code{guard(p.sized(jen.Id("grads"), "grads", m), zeros...)}
	if !p.n.params.size().Is(0) {
		err := jen.Op("&").Id("ShapeError").Add(record("Of", jen.Lit(p.n.typ), "Arg", jen.Lit("grads"), "Text", jen.Lit("are the parameters themselves")))
		code = append(code, jen.If(jen.Id("same").Call(jen.Id("grads").Dot("all"), jen.Add(m).Dot("Params").Dot("all"))).Block(jen.Return(append(zeros[:len(zeros):len(zeros)], err)...)))
	}
	if p.n.states != nil {
		code = append(code, guard(p.sized(jen.Id("w").Dot("next"), "Next", m), zeros...))
	}
	return code
}

func isParamSized(pr *procedure, b *loop.Buffer) bool {
	for i, r := range pr.proc.Results {
		if pr.outs[i] == b {
			return r.Kind == module.ParamGradient || r.Kind == module.NextState
		}
	}
	return false
}

func (p *modelPrinter) reads(pr *procedure, kind symbolic.InputKind, name string) bool {
	uses := countUses(pr.prog.Body)
	for _, b := range pr.inputs() {
		if in := inputOf(b); in.Kind == kind && in.Name == name && uses.touched[b] {
			return true
		}
	}
	return false
}

// methods prints the API of the work and the loops behind it.
func (p *modelPrinter) methods() error {
	n := p.n
	batch := jen.Id("b").Id(n.batch)
	syms := p.workSymbols()
	method := func(doc []string, name string, params, results, body []jen.Code) {
		p.api.add(jen.Add(prose(doc...)).Line().Func().Params(p.recv()).Id(name).Params(params...).Params(results...).Block(body...))
	}
	if p.infer != nil {
		p.checkMethod("checkForward", "checkForward checks what Forward reads of a batch.", 0, p.needs(p.infer))
		body := p.prepare("checkForward", p.infer, []jen.Code{jen.Id(n.outputs).Values()})
		for i, b := range p.infer.outs {
			f := jen.Id("w").Dot("out").Dot(n.outs[i])
			body = append(body, jen.Add(f).Op("=").Id("grow").Call(f, polyCode(b.Shape.Size(), syms).code))
		}
		body = append(body, jen.Id("w").Dot("forward").Call(jen.Op("&").Id("b")), jen.Return(jen.Id("w").Dot("out"), jen.Nil()))
		method([]string{"Forward computes the outputs for a batch, which may be empty."}, "Forward",
			[]jen.Code{batch}, []jen.Code{jen.Id(n.outputs), jen.Error()}, body)
		p.inferMethod(method)
		if err := p.procedure("forward", p.infer); err != nil {
			return err
		}
	}
	if p.pull != nil {
		if err := p.pullMethod(method); err != nil {
			return err
		}
	}
	if p.loss == nil {
		return nil
	}
	p.checkMethod("checkLoss", "checkLoss checks what the loss reads of a batch.", 1, p.needs(p.loss, p.grad, p.both))
	zero := []jen.Code{jen.Id(n.loss).Values()}
	method([]string{"Loss computes the loss of a batch, and the metrics."}, "Loss",
		[]jen.Code{batch}, []jen.Code{jen.Id(n.loss), jen.Error()},
		append(p.prepare("checkLoss", p.loss, zero), jen.Return(jen.Id("w").Dot("loss").Call(jen.Op("&").Id("b")), jen.Nil())))
	if err := p.procedure("loss", p.loss); err != nil {
		return err
	}

	body := p.prepare("checkLoss", p.grad, zero, p.checkGrads(zero)...)
	body = append(body, jen.Return(jen.Id("w").Dot("grad").Call(jen.Op("&").Id("b"), jen.Id("grads")), jen.Nil()))
	method([]string{"Grad computes the loss of a batch, and sets grads to its gradient by the", "parameters."}, "Grad",
		[]jen.Code{batch, jen.Id("grads").Op("*").Id(n.params.typ)}, []jen.Code{jen.Id(n.loss), jen.Error()}, body)
	if err := p.procedure("grad", p.grad); err != nil {
		return err
	}
	if p.both == nil {
		return nil
	}
	zeros := append(zero, jen.Id(n.inputs).Values())
	body = p.prepare("checkLoss", p.both, zeros, p.checkGrads(zeros)...)
	for i, r := range p.both.proc.Results {
		if r.Kind == module.InputGradient {
			f := jen.Id("w").Dot("in").Dot(n.args[r.Name])
			body = append(body, jen.Add(f).Op("=").Id("grow").Call(f, polyCode(p.both.outs[i].Shape.Size(), syms).code))
		}
	}
	body = append(body, jen.Return(jen.Id("w").Dot("gradInputs").Call(jen.Op("&").Id("b"), jen.Id("grads")), jen.Id("w").Dot("in"), jen.Nil()))
	method([]string{"GradInputs is Grad, and computes the gradients by arguments too."}, "GradInputs",
		[]jen.Code{batch, jen.Id("grads").Op("*").Id(n.params.typ)}, []jen.Code{jen.Id(n.loss), jen.Id(n.inputs), jen.Error()}, body)
	return p.procedure("gradInputs", p.both)
}

// backward names the method that goes backward, if there is one.
func (p *modelPrinter) backward() string {
	switch {
	case p.grad != nil:
		return "Grad"
	case p.pull != nil:
		return "VJP"
	}
	return ""
}

// A seedField is a field of the outputs that holds seeds.
type seedField struct {
	field string
	shape symbolic.Shape
}

func (p *modelPrinter) seedFields() (out []seedField) {
	for i, v := range p.m.Train.Outputs {
		if v.Node.Type == symbolic.Real {
			out = append(out, seedField{p.n.outs[i], v.Node.Shape})
		}
	}
	return out
}

// pullMethod prints the vector-Jacobian product of a model without a loss.
func (p *modelPrinter) pullMethod(method func(doc []string, name string, params, results, body []jen.Code)) error {
	n, syms := p.n, p.workSymbols()
	p.checkMethod("checkVJP", "checkVJP checks what VJP reads of a batch.", 1, p.needs(p.pull))
	results, zeros := []jen.Code{jen.Id(n.outputs)}, []jen.Code{jen.Id(n.outputs).Values()}
	give := []jen.Code{jen.Id("w").Dot("out")}
	doc := []string{"VJP computes the outputs for a batch, in training, and sets grads to how a loss changes", "with the parameters, given in dy how it changes with each output that is real."}
	if len(p.m.Inputs) > 0 {
		results, zeros = append(results, jen.Id(n.inputs)), append(zeros, jen.Id(n.inputs).Values())
		give = append(give, jen.Id("w").Dot("in"))
		doc = append(doc, "It also returns how the loss changes with arguments.")
	}
	var checks []jen.Code
	for _, f := range p.seedFields() {
		call := []jen.Code{jen.Lit(n.typ), jen.Lit("dy." + f.field), jen.Len(jen.Id("dy").Dot(f.field))}
		for _, d := range f.shape {
			call = append(call, polyCode(d, syms).code)
		}
		checks = append(checks, guard(jen.Id("checkLen").Call(call...), zeros...))
	}
	body := p.prepare("checkVJP", p.pull, zeros, append(checks, p.checkGrads(zeros)...)...)
	out := 0
	for i, r := range p.pull.proc.Results {
		var f *jen.Statement
		switch r.Kind {
		case module.OutputResult:
			f = jen.Id("w").Dot("out").Dot(n.outs[out])
			out++
		case module.InputGradient:
			f = jen.Id("w").Dot("in").Dot(n.args[r.Name])
		default:
			continue
		}
		body = append(body, jen.Add(f).Op("=").Id("grow").Call(f, polyCode(p.pull.outs[i].Shape.Size(), syms).code))
	}
	body = append(body, jen.Id("w").Dot("vjp").Call(jen.Op("&").Id("b"), jen.Op("&").Id("dy"), jen.Id("grads")), jen.Return(append(give, jen.Nil())...))
	method(wrapped(strings.Join(doc, " ")), "VJP",
		[]jen.Code{jen.Id("b").Id(n.batch), jen.Id("dy").Id(n.outputs), jen.Id("grads").Op("*").Id(n.params.typ)}, append(results, jen.Error()), body)
	return p.procedure("vjp", p.pull)
}

// inferMethod prints Forward for one example.
func (p *modelPrinter) inferMethod(method func(doc []string, name string, params, results, body []jen.Code)) {
	n := p.n
	s := newScope(p.scope, "w")
	var params, body []jen.Code
	lits := []any{"N", jen.Lit(1)}
	for _, d := range p.m.Call {
		id := s.pick(local(d.Name))
		params = append(params, jen.Id(id).Int())
		lits = append(lits, n.call[d.Name], jen.Id(id))
	}
	for _, a := range p.needs(p.infer) {
		id := s.pick(local(a.Name))
		if len(a.Shape) == 0 {
			one := jen.Id("w").Dot("one").Dot(unexported(n.args[a.Name]) + "1")
			params = append(params, jen.Id(id).Add(elemType(p.m.Float, a.Type)))
			body = append(body, jen.Add(one).Index(jen.Lit(0)).Op("=").Id(id))
			lits = append(lits, n.args[a.Name], jen.Add(one).Index(jen.Empty(), jen.Empty()))
			continue
		}
		params = append(params, jen.Id(id).Index().Add(elemType(p.m.Float, a.Type)))
		lits = append(lits, n.args[a.Name], jen.Id(id))
	}
	body = append(body, jen.Return(jen.Id("w").Dot("Forward").Call(jen.Id(n.batch).Add(record(lits...)))))
	method([]string{"Infer computes the outputs for one example."}, "Infer", params, []jen.Code{jen.Id(n.outputs), jen.Error()}, body)
}

// procedure prints a loop program as a method of the work.
func (p *modelPrinter) procedure(name string, pr *procedure) error {
	n := p.n
	s := newScope(p.scope, "w", "p", "g", "batch", "dy")
	q := p.procedurePrinter(pr, s, p.m.Float)
	if pr.tasks {
		q.tasks = jen.Id("w").Dot("tasks")
	}

	// Sizes.
	type size struct {
		sym, id string
		from    jen.Code
	}
	sizes := []size{{module.Batch, s.pick("n"), jen.Id("batch").Dot("N")}}
	for _, d := range p.m.Dims {
		sizes = append(sizes, size{d.Name, s.pick(local(d.Name)), jen.Id("w").Dot("m").Dot(n.dims[d.Name])})
	}
	for _, d := range p.m.Call {
		sizes = append(sizes, size{d.Name, s.pick(local(d.Name)), jen.Id("batch").Dot(n.call[d.Name])})
	}
	for _, v := range p.sizeGivens() {
		sizes = append(sizes, size{v.Name, s.pick(local(v.Name)), jen.Id("w").Dot(n.givens[v.Name])})
	}
	for _, z := range sizes {
		q.symbol[z.sym] = jen.Id(z.id)
	}

	// Where inputs and results are.
	var lines []jen.Code
	view := func(b *loop.Buffer, from jen.Code) {
		q.bufs[b] = s.pick(local(b.Name))
		if len(b.Shape) == 0 {
			q.scalars[b] = true
			lines = append(lines, jen.Id(q.bufs[b]).Op(":=").Add(from))
			return
		}
		if q.uses.touched[b] {
			lines = append(lines, jen.Id(q.bufs[b]).Op(":=").Add(from).Index(jen.Empty(), polyCode(b.Shape.Size(), q.sym).code))
		}
	}
	usesParams := false
	inputs := pr.inputs()
	fused := p.fused != nil && pr == p.fused.procedure
	if fused {
		inputs = append(inputs, p.fused.updated...)
	}
	params := []jen.Code{jen.Id("batch").Op("*").Id(n.batch)}
	var numbers []jen.Code
	keys := make([][2]jen.Code, len(p.m.Samples))
	for _, b := range inputs {
		if fused && slices.Contains(p.fused.numbers, b) {
			q.bufs[b], q.scalars[b] = s.pick(local(b.Name)), true
			numbers = append(numbers, jen.Id(q.bufs[b]).Add(q.scalarType(b.Type)))
			continue
		}
		if !q.uses.touched[b] {
			continue
		}
		switch in := inputOf(b); in.Kind {
		case symbolic.ParamInput:
			usesParams = true
			path := n.params.path(in.Name)
			at := jen.Id("p").Op(path)
			if len(b.Shape) == 0 {
				at.Index(jen.Lit(0))
			}
			view(b, at)
		case symbolic.StateInput:
			at := jen.Id("w").Dot("m").Dot("States").Op(n.states.path(in.Name))
			if len(b.Shape) == 0 {
				at.Index(jen.Lit(0))
			}
			view(b, at)
		case symbolic.SystemInput: // a word of a sample's key
			for i, x := range p.m.Samples {
				if word := slices.Index(x.Key[:], b.Node); word >= 0 {
					q.bufs[b], q.scalars[b] = s.pick(local(b.Name)), true
					keys[i][word] = jen.Id(q.bufs[b])
				}
			}
		case symbolic.SeedInput:
			fields := p.seedFields()
			at := jen.Id("dy").Dot(fields[slices.Index(pr.proc.Seeds, b.Node)].field)
			if len(b.Shape) == 0 {
				at.Index(jen.Lit(0))
			}
			view(b, at)
		case symbolic.GivenInput:
			view(b, jen.Id("w").Dot(n.givens[in.Name]))
		default:
			view(b, jen.Id("batch").Dot(n.args[in.Name]))
		}
	}
	for i, key := range keys {
		if key != [2]jen.Code{} {
			for word := range key {
				if key[word] == nil {
					key[word] = jen.Id("_")
				}
			}
			lines = append(lines, jen.List(key[:]...).Op(":=").Id("sampleKey").Call(jen.Id("w").Dot("Seed"), jen.Id("w").Dot("Step"), jen.Lit(i)))
		}
	}
	var result jen.Code
	var lits []any
	after := []jen.Code{}
	metric, out := 0, 0
	for i, r := range pr.proc.Results {
		b := pr.outs[i]
		if b == nil { // the gradient of a parameter that is updated at once
			continue
		}
		switch r.Kind {
		case module.LossResult, module.MetricResult:
			q.bufs[b] = s.pick(local(b.Name))
			q.scalars[b] = true
			f := "Loss"
			if r.Kind == module.MetricResult {
				f = n.metrics[metric]
				metric++
			}
			lits = append(lits, f, jen.Id(q.bufs[b]))
			result = jen.Id(n.loss)
		case module.OutputResult:
			f := jen.Id("w").Dot("out").Dot(n.outs[out])
			out++
			p.resultView(q, b, f, &after, view)
		case module.InputGradient:
			p.resultView(q, b, jen.Id("w").Dot("in").Dot(n.args[r.Name]), &after, view)
		case module.ParamGradient:
			p.resultView(q, b, jen.Id("g").Op(n.params.path(r.Name)), &after, view)
		case module.NextState:
			p.resultView(q, b, jen.Id("w").Dot("next").Op(n.states.path(r.Name)), &after, view)
		}
	}
	if pr == p.pull {
		params = append(params, jen.Id("dy").Op("*").Id(n.outputs))
	}
	if pr == p.grad || pr == p.both || pr == p.pull || fused {
		params = append(params, jen.Id("g").Op("*").Id(n.params.typ))
	}
	params = append(params, numbers...)
	body := q.block(func() {
		q.arenaTemps(pr, jen.Id("w").Dot("reals"), jen.Id("w").Dot("ints"))
		q.put(jen.Line())
		q.pieces(n.typ+exported(name), pr.prog.Body)
		q.put(after...)
		if result != nil {
			q.put(jen.Return(jen.Add(result).Add(record(lits...))))
		}
	})
	var head []jen.Code
	if pr.tasks {
		head = append(head, jen.Id("w").Dot("tasks").Dot("threads").Op("=").Id("w").Dot("Threads"))
	}
	if usesParams {
		head = append(head, jen.Id("p").Op(":=").Id("w").Dot("m").Dot("Params"))
	}
	for _, z := range sizes {
		if q.sizes[z.sym] {
			head = append(head, jen.Id(z.id).Op(":=").Add(z.from))
		}
	}
	head = append(head, lines...)
	f := jen.Add(prose(wrapped(p.procDoc(name))...)).Line().Func().Params(p.recv()).Id(name).Params(params...)
	if result != nil {
		f.Add(result)
	}
	p.loops.add(f.Block(append(head, body...)...))
	p.loops.add(q.parts...)
	return nil
}

// resultView binds a result to where the caller wants it. A scalar is a
// variable that is stored in the end.
func (p *modelPrinter) resultView(q *printer, b *loop.Buffer, to jen.Code, after *[]jen.Code, view func(*loop.Buffer, jen.Code)) {
	if len(b.Shape) > 0 {
		view(b, to)
		return
	}
	q.bufs[b] = q.scope.pick(local(b.Name))
	q.scalars[b] = true
	v := jen.Id(q.bufs[b])
	switch b.Type {
	case symbolic.Integer:
		v = jen.Int32().Call(v)
	}
	*after = append(*after, jen.Add(to).Index(jen.Lit(0)).Op("=").Add(v))
}

func (p *modelPrinter) procDoc(name string) string {
	switch name {
	case "forward":
		return "forward computes the outputs of a batch that has been checked."
	case "loss":
		return "loss computes the loss of a batch that has been checked."
	case "step":
		return "step computes the loss of a batch that has been checked, updates the parameters whose gradient is one product, and computes the gradients of the others."
	case "vjp":
		return "vjp computes the outputs of a batch that has been checked, and the gradient of their product with dy."
	case "grad":
		return "grad computes the loss of a batch that has been checked, and its gradient."
	}
	return name + " computes the loss of a batch that has been checked, and its gradient by arguments too."
}
