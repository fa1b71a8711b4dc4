package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// A bigFunc prints a func whose arguments are tensors of run-time size, or that
// needs much memory: with a type for its arguments, one for what it returns, one for its gradients and
// one for the memory that it computes in.
type bigFunc struct {
	*funcPrinter
	dims map[string]string // fields of the arguments that hold sizes, by symbol
	args map[string]string // fields by argument
	outs []string          // fields of the results
	kept []family          // what derivatives give

	sizes     map[string]bool // int arguments that memory depends on
	exponents []string        // sizes n of which there is a size 2^n
}

func (p *funcPrinter) emitBig() {
	f, n, procs := p.f, p.n, p.procs
	b := &bigFunc{funcPrinter: p, dims: map[string]string{}, args: map[string]string{}}
	fields := newScope(nil)
	for _, d := range f.Dims {
		b.dims[d.Name] = fields.pick(exported(d.Name))
	}
	for _, a := range f.Args {
		b.args[a.Name] = fields.pick(exported(a.Name))
		if a.Type == symbolic.Integer && len(a.Shape) == 0 {
			b.dims[a.Name] = b.args[a.Name] // an int may be a size
		}
	}
	outs := newScope(nil)
	for i, r := range f.Results {
		name := exported(r.Name)
		switch {
		case r.Name == "" && len(f.Results) == 1:
			name = "Value"
		case r.Name == "":
			name = fmt.Sprintf("Value%d", i)
		}
		b.outs = append(b.outs, outs.pick(name))
	}
	b.sizes = map[string]bool{}
	for _, pr := range procs {
		all := symbolic.Shape{pr.plan.Reals, pr.plan.Ints}
		for _, x := range pr.prog.Buffers {
			all = append(all, x.Shape...)
		}
		for _, p := range all {
			for _, s := range p.Syms() {
				if b.args[s] != "" && b.dims[s] == b.args[s] {
					b.sizes[s] = true
				}
			}
		}
	}
	for _, pr := range procs {
		for _, s := range pr.prog.Dims {
			if e, ok := symbolic.ExponentOf(s); ok && !slices.Contains(b.exponents, e) {
				b.exponents = append(b.exponents, e)
				b.sizes[e] = b.sizes[e] || b.args[e] != "" && b.dims[e] == b.args[e]
			}
		}
	}
	b.families()
	b.types(procs)
	b.check()
	b.method(procs[0], "Value", nil)
	for i := range f.Derive {
		b.method(procs[i+1], n.derivs[i][len(n.value):], &f.Derive[i])
	}
	b.test()
}

// plain reports whether the only result is a scalar, which is then returned as
// such.
func (b *bigFunc) plain() bool {
	return len(b.f.Results) == 1 && len(b.f.Results[0].Node.Shape) == 0
}

func (b *bigFunc) field(s symbolic.Shape, t symbolic.Type) jen.Code {
	if len(s) == 0 {
		if t == symbolic.Integer {
			return jen.Int()
		}
		return elemType(b.f.Float, t)
	}
	return jen.Index().Add(elemType(b.f.Float, t))
}

func (b *bigFunc) types(procs []*procedure) {
	f, n := b.f, b.n
	var fields []jen.Code
	for _, d := range f.Dims {
		fields = append(fields, jen.Id(b.dims[d.Name]).Int().Comment(commentLine("the dim "+d.Name)))
	}
	for _, a := range f.Args {
		c := jen.Id(b.args[a.Name]).Add(b.field(a.Shape, a.Type))
		text := ""
		if len(a.Shape) > 0 {
			text = a.Shape.String()
		}
		if a.Bound != nil {
			text = strings.TrimPrefix(text+", each", ", each") + " at least 0 and below " + a.Bound.String()
		}
		if text != "" {
			c.Comment(commentLine(text))
		}
		fields = append(fields, c)
	}
	b.api.add(jen.Add(prose(n.args + " are the arguments of " + n.value + ", tensors in row-major order.")).Line().Type().Id(n.args).Struct(fields...))

	if !b.plain() {
		fields = nil
		for i, r := range f.Results {
			c := jen.Id(b.outs[i]).Add(b.field(r.Node.Shape, r.Node.Type))
			if len(r.Node.Shape) > 0 {
				c.Comment(commentLine(r.Node.Shape.String()))
			}
			fields = append(fields, c)
		}
		b.api.add(jen.Add(prose(n.results+" are the results of "+n.value+". They are in the memory of the work that computed", "them, and valid until it computes again.")).Line().
			Type().Id(n.results).Struct(fields...))
	}
	for _, k := range b.kept {
		fields = nil
		for _, m := range k.members {
			c := jen.Id(m.field).Add(b.field(m.shape, m.typ))
			if len(m.shape) > 0 && k.kind != module.InputGradient {
				c.Comment(commentLine(m.shape.String()))
			}
			fields = append(fields, c)
		}
		b.api.add(jen.Add(prose(strings.Split(fmt.Sprintf(k.doc, k.typ, n.value), "\n")...)).Line().Type().Id(k.typ).Struct(fields...))
	}
	fields = nil
	reals, ints := false, false
	if slices.ContainsFunc(procs, func(p *procedure) bool { return p.tasks }) {
		fields = append(append(fields, threadsField()...), jen.Line(), jen.Id("tasks").Id("tasks"))
	}
	for _, p := range procs {
		reals = reals || !p.plan.Reals.Is(0)
		ints = ints || !p.plan.Ints.Is(0)
	}
	if reals {
		fields = append(fields, jen.Id("reals").Index().Id(f.Float.String()))
	}
	if ints {
		fields = append(fields, jen.Id("ints").Index().Int32())
	}
	fields = append(fields, traceFields(f.Float, procs...)...)
	if !b.plain() {
		fields = append(fields, jen.Id("out").Id(n.results))
	}
	for _, k := range b.kept {
		fields = append(fields, jen.Id(k.name).Id(k.typ))
	}
	b.api.add(jen.Add(comment(workDoc(n, f.Doc)...)).Line().
		Type().Id(n.work).Struct(fields...))
	id := b.scope.pick("New" + n.work)
	b.api.add(jen.Add(prose(id + " returns memory for computing " + n.value + ".")).Line().
		Func().Id(id).Params().Op("*").Id(n.work).Block(jen.Return(jen.Op("&").Id(n.work).Values())))
	n.newWork = id
}

func workDoc(n *funcNames, doc []string) []string {
	out := wrapped(n.work + " is memory to compute " + n.value + " in, for one goroutine at a time. It grows when arguments are larger than those before; otherwise nothing is allocated.")
	if doc = trimBlank(doc); len(doc) > 0 {
		out = append(append(out, ""), doc...)
	}
	return out
}

func (b *bigFunc) sym(s string) jen.Code {
	if f := b.dims[s]; f != "" {
		return jen.Id("a").Dot(f)
	}
	if e, ok := symbolic.ExponentOf(s); ok {
		return jen.Parens(jen.Lit(1).Op("<<").Add(b.sym(e)))
	}
	panic("codegen: size " + s + " of func " + b.f.Name + " is not known")
}

// check prints the method that checks arguments.
func (b *bigFunc) check() {
	of := jen.Lit(b.n.value)
	var body []jen.Code
	for _, d := range b.f.Dims {
		x := b.dims[d.Name]
		body = append(body, guard(jen.Id("checkDim").Call(of, jen.Lit(x), jen.Id("a").Dot(x), jen.Lit(0))))
		if d.Bound > 0 {
			body = append(body, guard(jen.Id("checkMost").Call(of, jen.Lit(x), jen.Id("a").Dot(x), jen.Lit(d.Bound))))
		}
	}
	for _, a := range b.f.Args {
		if x := b.args[a.Name]; b.sizes[a.Name] {
			body = append(body, guard(jen.Id("checkDim").Call(of, jen.Lit(x), jen.Id("a").Dot(x), jen.Lit(0))))
		}
	}
	for _, e := range b.exponents {
		body = append(body, guard(jen.Id("checkPower").Call(of, jen.Lit(b.dims[e]), b.sym(e))))
	}
	for _, c := range b.f.Checks {
		body = append(body, roomChecks(b.n.value, checkText(c)+":", b.sym, nil, c.A, c.B)...)
		fn := "checkEqual"
		if c.AtLeast {
			fn = "checkAtLeast"
		}
		body = append(body, guard(jen.Id(fn).Call(of, jen.Lit(checkText(c)), polyCode(c.A, b.sym).code, polyCode(c.B, b.sym).code)))
	}
	for _, a := range b.f.Args {
		x := b.args[a.Name]
		if len(a.Shape) > 0 {
			body = append(body, roomChecks(b.n.value, x, b.sym, nil, a.Shape...)...)
			call := []jen.Code{of, jen.Lit(x), jen.Len(jen.Id("a").Dot(x))}
			for _, d := range a.Shape {
				call = append(call, polyCode(d, b.sym).code)
			}
			body = append(body, guard(jen.Id("checkLen").Call(call...)))
		}
	}
	for _, a := range b.f.Args {
		if a.Bound == nil {
			continue
		}
		body = append(body, roomChecks(b.n.value, "the bound of "+b.args[a.Name], b.sym, nil, *a.Bound)...)
		x, fn := jen.Id("a").Dot(b.args[a.Name]), "checkIndices"
		if len(a.Shape) == 0 {
			fn = "checkIndex"
		}
		body = append(body, guard(jen.Id(fn).Call(of, jen.Lit(b.args[a.Name]), x, polyCode(*a.Bound, b.sym).code)))
	}
	body = append(body, jen.Return(jen.Nil()))
	b.api.add(prose("check reports what is wrong with the arguments.").(*jen.Statement).Line().
		Func().Params(jen.Id("a").Op("*").Id(b.n.args)).Id("check").Params().Error().Block(body...))
}

// method prints a method of the work and the loops behind it.
func (b *bigFunc) method(pr *procedure, name string, d *module.Derivative) {
	f, n := b.f, b.n
	s := newScope(b.scope, "w", "a")
	q := b.procedurePrinter(pr, s, f.Float)
	if pr.tasks {
		q.tasks = jen.Id("w").Dot("tasks")
	}
	type size struct {
		sym, id string
		from    jen.Code
	}
	var sizes []size
	for _, x := range f.Dims {
		sizes = append(sizes, size{x.Name, s.pick(local(x.Name)), jen.Id("a").Dot(b.dims[x.Name])})
	}
	for _, a := range f.Args {
		if a.Type == symbolic.Integer && len(a.Shape) == 0 {
			sizes = append(sizes, size{a.Name, s.pick(local(a.Name)), jen.Id("a").Dot(b.args[a.Name])})
		}
	}
	for _, e := range b.exponents {
		sym := "2^" + e
		sizes = append(sizes, size{sym, s.pick(local(sym)), jen.Lit(1).Op("<<").Add(b.sym(e))})
	}
	for _, z := range sizes {
		q.symbol[z.sym] = jen.Id(z.id)
	}
	var lines, room []jen.Code
	total := pr.plan.Reals.Add(pr.plan.Ints)
	view := func(x *loop.Buffer, from jen.Code) {
		q.bufs[x] = s.pick(local(x.Name))
		if len(x.Shape) == 0 {
			q.scalars[x] = true
			if x.Kind == loop.In {
				lines = append(lines, jen.Id(q.bufs[x]).Op(":=").Add(from))
			}
			return
		}
		if q.uses.touched[x] {
			lines = append(lines, jen.Id(q.bufs[x]).Op(":=").Add(from).Index(jen.Empty(), polyCode(x.Shape.Size(), q.sym).code))
		}
	}
	seeds := []variable{}
	var seedChecks []jen.Code
	for _, node := range pr.proc.Seeds {
		name := node.Attr.(symbolic.Input).Name
		id := s.pick(local(name))
		seeds = append(seeds, variable{id, b.field(node.Shape, symbolic.Real)})
		if len(node.Shape) > 0 {
			call := []jen.Code{jen.Lit(n.value), jen.Lit(name), jen.Len(jen.Id(id))}
			for _, k := range node.Shape {
				call = append(call, polyCode(k, b.sym).code)
			}
			seedChecks = append(seedChecks, jen.Id("checkLen").Call(call...))
		}
		if x := pr.holding(node); x != nil {
			q.bufs[x] = id
			q.scalars[x] = len(x.Shape) == 0
		}
	}
	for _, x := range pr.inputs() {
		in := inputOf(x)
		if !q.uses.touched[x] || in.Kind == symbolic.SeedInput {
			continue
		}
		if a := b.args[in.Name]; len(x.Shape) == 0 && x.Type == symbolic.Integer {
			q.bufs[x], q.scalars[x] = "a."+a, true
		} else {
			view(x, jen.Id("a").Dot(a))
		}
	}
	var after []jen.Code
	for k, r := range pr.proc.Results {
		x := pr.outs[k]
		to := b.place(r, k)
		if len(x.Shape) > 0 {
			total = total.Add(x.Shape.Size())
			room = append(room, jen.Add(to).Op("=").Id("grow").Call(to, polyCode(x.Shape.Size(), b.sym).code))
			view(x, to)
			continue
		}
		view(x, nil)
		if r.Kind == module.OutputResult && b.plain() {
			after = append(after, jen.Return(jen.Id(q.bufs[x])))
			continue
		}
		after = append([]jen.Code{jen.Add(to).Op("=").Id(q.bufs[x])}, after...)
	}
	body := q.block(func() {
		q.arenaTemps(pr, jen.Id("w").Dot("reals"), jen.Id("w").Dot("ints"))
		q.put(jen.Line())
		q.pieces(n.value+name, pr.prog.Body)
		q.put(after...)
	})
	var head []jen.Code
	for _, z := range sizes {
		if q.sizes[z.sym] {
			head = append(head, jen.Id(z.id).Op(":=").Add(z.from))
		}
	}
	if pr.tasks {
		head = append([]jen.Code{jen.Id("w").Dot("tasks").Dot("threads").Op("=").Id("w").Dot("Threads")}, head...)
	}
	inner := unexported(name)
	params := append([]variable{{"a", jen.Op("*").Id(n.args)}}, seeds...)
	recv := jen.Id("w").Op("*").Id(n.work)
	loops := jen.Add(prose(inner + " computes " + n.value + " for arguments that have been checked.")).Line().
		Func().Params(recv).Id(inner).Params(merged(params)...)
	if b.plain() {
		loops.Add(b.field(nil, pr.outs[0].Type))
	}
	b.loops.add(loops.Block(append(append(head, lines...), body...)...))
	b.loops.add(q.parts...)

	// The method that checks, and makes room.
	var zeros, results, values []jen.Code
	callArgs := []jen.Code{jen.Op("&").Id("a")}
	for _, v := range seeds {
		callArgs = append(callArgs, jen.Id(v.name))
	}
	call := jen.Id("w").Dot(inner).Call(callArgs...)
	var out []jen.Code
	if b.plain() {
		zero := jen.Code(jen.Lit(0))
		if pr.outs[0].Type == symbolic.Boolean {
			zero = jen.False()
		}
		zeros, results = append(zeros, zero), append(results, b.field(nil, pr.outs[0].Type))
		out, values = append(out, jen.Id("y").Op(":=").Add(call)), append(values, jen.Id("y"))
	} else {
		zeros, results = append(zeros, jen.Id(n.results).Values()), append(results, jen.Id(n.results))
		out, values = append(out, call), append(values, jen.Id("w").Dot("out"))
	}
	doc := []string{name + " computes " + n.value + "."}
	if d != nil {
		doc = []string{derivDoc(name, n.value, f, *d)}
		for _, k := range b.kept {
			if k.of(pr) {
				zeros, results, values = append(zeros, jen.Id(k.typ).Values()), append(results, jen.Id(k.typ)), append(values, k.given(pr))
			}
		}
	}
	checks := []jen.Code{guard(jen.Id("a").Dot("check").Call(), zeros...)}
	for _, c := range seedChecks {
		checks = append(checks, guard(c, zeros...))
	}
	checks = append(checks, b.apart(pr, q, zeros)...)
	if _, fixed := total.Const(); !fixed {
		checks = append(checks, guard(jen.Id("checkRoom").Call(jen.Lit(n.value), jen.Lit("the computation"), roomCode(total, b.sym)), zeros...))
	}
	for _, x := range []struct {
		field string
		size  symbolic.Poly
	}{{"reals", pr.plan.Reals}, {"ints", pr.plan.Ints}} {
		if !x.size.Is(0) {
			checks = append(checks, jen.Id("w").Dot(x.field).Op("=").Id("grow").Call(jen.Id("w").Dot(x.field), polyCode(x.size, b.sym).code))
		}
	}
	checks = append(append(checks, room...), out...)
	checks = append(checks, jen.Return(append(values, jen.Nil())...))
	outer := append([]variable{{"a", jen.Id(n.args)}}, seeds...)
	b.api.add(jen.Add(prose(doc...)).Line().Func().Params(recv).Id(name).Params(merged(outer)...).Params(append(results, jen.Error())...).Block(checks...))
}

// apart prints the checks that no argument lies in the memory of a result.
func (b *bigFunc) apart(pr *procedure, q *printer, zeros []jen.Code) []jen.Code {
	written := map[symbolic.Type][]jen.Code{}
	for k, r := range pr.proc.Results {
		x := pr.outs[k]
		if len(x.Shape) > 0 {
			written[x.Type] = append(written[x.Type], b.place(r, k))
		}
	}
	var code []jen.Code
	for _, x := range pr.inputs() {
		name := inputOf(x).Name
		if len(x.Shape) == 0 || !q.uses.touched[x] || len(written[x.Type]) == 0 {
			continue
		}
		from := jen.Id(q.bufs[x]) // a seed
		if inputOf(x).Kind == symbolic.ArgInput {
			name, from = b.args[name], jen.Id("a").Dot(b.args[name])
		}
		code = append(code, guard(jen.Id("checkApart").Call(append([]jen.Code{jen.Lit(b.n.value), jen.Lit(name), from}, written[x.Type]...)...), zeros...))
	}
	return code
}

// test prints the test of the gradient.
func (b *bigFunc) test() {
	f, n := b.f, b.n
	if !tested(f) {
		return
	}
	dims := slices.Clone(f.Dims)
	for _, a := range f.Args { // an int that is a size has a check of its own
		if slices.ContainsFunc(f.Checks, func(c module.Check) bool { s, is := c.A.AsSym(); return is && s == a.Name }) {
			dims = append(dims, &module.Dim{Name: a.Name})
		}
	}
	full := slices.Clone(f.Checks) // results without elements would test nothing
	for _, r := range f.Results {
		for _, n := range r.Node.Shape {
			full = append(full, module.Check{A: n, B: symbolic.Int(1), AtLeast: true})
		}
	}
	sizes, ok := exampleSizes(dims, full)
	if !ok {
		sizes, ok = exampleSizes(dims, f.Checks)
	}
	if !ok {
		return
	}
	var lines []jen.Code
	line := func(name string, v jen.Code) { lines = append(lines, jen.Line().Id(name).Op(":").Add(v)) }
	for _, d := range f.Dims {
		line(b.dims[d.Name], jen.Lit(sizes[d.Name]))
	}
	for _, a := range f.Args {
		if a.Type == symbolic.Integer && len(a.Shape) == 0 {
			if _, size := sizes[a.Name]; !size {
				sizes[a.Name] = 2
				if a.Bound != nil {
					sizes[a.Name] = 0
				}
			}
			line(b.args[a.Name], jen.Lit(sizes[a.Name]))
		}
	}
	if !allowed(sizes, f.Checks) {
		return
	}
	var checks []jen.Code
	for i, a := range f.Args {
		if a.Type == symbolic.Integer && len(a.Shape) == 0 {
			continue
		}
		if len(a.Shape) == 0 {
			if a.Type == symbolic.Real {
				line(b.args[a.Name], jen.Lit(0.5))
			}
			continue
		}
		v, ok := exampleArg(a, f.Float, a.Shape.Size(), i, sizes)
		if !ok {
			return
		}
		line(b.args[a.Name], v)
	}
	example := b.scope.pick("example" + n.args)
	b.tests.add(jen.Add(prose(example + " returns small arguments.")).Line().
		Func().Id(example).Params().Id(n.args).Block(jen.Return(jen.Id(n.args).Values(append(lines, jen.Line())...))))
	(&derivTester{funcPrinter: b.funcPrinter}).big(b, example, sizes)
	if !testable(f) {
		return
	}
	for _, a := range f.Derive[0].Wrt {
		x := b.args[a.Name]
		if len(a.Shape) > 0 {
			checks = append(checks, jen.Id("checkGradient").Call(jen.Id("t"), jen.Lit(a.Name), jen.Id("a").Dot(x), jen.Id("grads").Dot(x), jen.Id("f")))
			continue
		}
		// A scalar is moved through a block of one.
		checks = append(checks, jen.Block(
			jen.Id("x").Op(":=").Index().Id(f.Float.String()).Values(jen.Id("a").Dot(x)),
			jen.Id("checkGradient").Call(jen.Id("t"), jen.Lit(a.Name), jen.Id("x"), jen.Index().Id(f.Float.String()).Values(jen.Id("grads").Dot(x)),
				jen.Func().Params().Id(f.Float.String()).Block(jen.Id("a").Dot(x).Op("=").Id("x").Index(jen.Lit(0)), jen.Return(jen.Id("f").Call()))),
			jen.Id("a").Dot(x).Op("=").Id("x").Index(jen.Lit(0)),
		))
	}
	grad := n.derivs[0][len(n.value):]
	body := []jen.Code{
		jen.Id("a").Op(":=").Id(example).Call(),
		jen.List(jen.Id("w"), jen.Id("v")).Op(":=").List(jen.Id(n.newWork).Call(), jen.Id(n.newWork).Call()),
		jen.Id("f").Op(":=").Func().Params().Id(f.Float.String()).Block(
			jen.List(jen.Id("y"), jen.Err()).Op(":=").Id("v").Dot("Value").Call(jen.Id("a")), fatal("t"), jen.Return(jen.Id("y"))),
		jen.List(jen.Id("_"), jen.Id("grads"), jen.Err()).Op(":=").Id("w").Dot(grad).Call(jen.Id("a")),
		fatal("t"),
	}
	body = append(body, checks...)
	body = append(body, jen.If(
		jen.Id("n").Op(":=").Qual("testing", "AllocsPerRun").Call(jen.Lit(10), jen.Func().Params().Block(blanks(3).Op("=").Id("w").Dot(grad).Call(jen.Id("a")))),
		jen.Id("n").Op("!=").Lit(0)).Block(jen.Id("t").Dot("Errorf").Call(jen.Lit(grad+" allocates %v times, want 0"), jen.Id("n"))))
	b.testFunc("Test"+n.derivs[0], "$ compares the gradient with differences.", body...)
	b.benchmark("Benchmark"+n.derivs[0], " measures value and gradient.",
		jen.Id("a").Op(":=").Id(example).Call(), jen.Id("w").Op(":=").Id(n.newWork).Call(),
		jen.For(jen.Id("b").Dot("Loop").Call()).Block(
			jen.If(jen.List(jen.Id("_"), jen.Id("_"), jen.Err()).Op(":=").Id("w").Dot(grad).Call(jen.Id("a")), jen.Err().Op("!=").Nil()).Block(
				jen.Id("b").Dot("Fatal").Call(jen.Err()))))
}
