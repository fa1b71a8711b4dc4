package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// exampleSizes finds small sizes that the checks allow, for tests. Sizes
// differ from each other where they can, so that a mix-up shows.
func exampleSizes(dims []*module.Dim, checks []module.Check) (map[string]int, bool) {
	sizes := map[string]int{module.Batch: 3}
	var try func(i int) bool
	try = func(i int) bool {
		if i == len(dims) {
			return allowed(sizes, checks)
		}
		for _, n := range []int{5 + i, 4, 3, 2, 6, 8, 9, 10, 12, 1, 16} {
			if b := dims[i].Bound; b > 0 && n > b {
				continue
			}
			sizes[dims[i].Name] = n
			if try(i + 1) {
				return true
			}
		}
		return false
	}
	if len(dims) > 4 { // too many to search
		for i, d := range dims {
			sizes[d.Name] = 5 + i
		}
		return sizes, allowed(sizes, checks)
	}
	return sizes, try(0)
}

func allowed(sizes map[string]int, checks []module.Check) bool {
	env := func(s string) (int, bool) { n, ok := sizes[s]; return n, ok }
	for _, c := range checks {
		a, err1 := c.A.Eval(env)
		b, err2 := c.B.Eval(env)
		if err1 != nil || err2 != nil || (c.AtLeast && a < b) || (!c.AtLeast && a != b) {
			return false
		}
	}
	return true
}

// exampleArg prints numbers for an argument.
func exampleArg(a *module.Arg, float module.Float, n symbolic.Poly, stream int, sizes map[string]int) (jen.Code, bool) {
	env := func(s string) (int, bool) { n, ok := sizes[s]; return n, ok }
	count, err := n.Eval(env)
	if err != nil || count < 0 || count > 1<<20 {
		return nil, false
	}
	switch a.Type {
	case symbolic.Real:
		return jen.Id("numbers").Index(jen.Id(float.String())).Call(jen.Lit(count), jen.Lit(stream), jen.Lit(0.2), jen.Lit(0.9)), true
	case symbolic.Integer:
		bound := 3
		if a.Bound != nil {
			if bound, err = a.Bound.Eval(env); err != nil {
				return nil, false
			}
		}
		return jen.Id("indices").Call(jen.Lit(count), jen.Lit(stream), jen.Lit(bound)), true
	}
	return jen.Make(jen.Index().Bool(), jen.Lit(count)), true
}

// testFunc prints func TestName(t *testing.T).
func (g *generator) testFunc(name, doc string, body ...jen.Code) {
	id := g.scope.pick(name)
	g.tests.add(jen.Add(prose(strings.ReplaceAll(doc, "$", id))).Line().
		Func().Id(id).Params(jen.Id("t").Op("*").Qual("testing", "T")).Block(body...))
}

func (g *generator) benchmark(name, doc string, body ...jen.Code) {
	id := g.scope.pick(name)
	g.tests.add(jen.Add(prose(id + doc)).Line().
		Func().Id(id).Params(jen.Id("b").Op("*").Qual("testing", "B")).Block(body...))
}

func blanks(n int) *jen.Statement {
	var out []jen.Code
	for range n {
		out = append(out, jen.Id("_"))
	}
	return jen.List(out...)
}

func fatal(t string) jen.Code {
	return jen.If(jen.Err().Op("!=").Nil()).Block(jen.Id(t).Dot("Fatal").Call(jen.Err()))
}

// testable reports whether there is a gradient that differences can check.
func testable(f *module.Func) bool {
	if len(f.Results) != 1 || len(f.Results[0].Node.Shape) > 0 || f.Results[0].Node.Type != symbolic.Real {
		return false
	}
	return callable(f) && len(f.Derive) > 0 && f.Derive[0].Kind == "grad" && len(f.Derive[0].Wrt) > 0
}

// callable reports whether there are arguments to test with.
func callable(f *module.Func) bool {
	for _, a := range f.Args {
		if a.Type == symbolic.Boolean && len(a.Shape) > 0 {
			return false
		}
	}
	return true
}

// asked reports whether derivative i of the func has a test as one that the
// model asks for.
func asked(f *module.Func, i int) bool {
	return callable(f) && f.Derive[i].Span != f.Span && !(i == 0 && testable(f))
}

// tested reports whether the func has tests.
func tested(f *module.Func) bool {
	for i := range f.Derive {
		if asked(f, i) {
			return true
		}
	}
	return testable(f)
}

// testSmall prints the test of a func of scalars and arrays.
func (p *funcPrinter) testSmall() {
	f, n := p.f, p.n
	s := newScope(p.scope, "t", "f", "b", "err")
	var head, call []jen.Code
	ids := map[string]string{}
	failing := len(f.Checks) > 0
	for i, a := range f.Args {
		failing = failing || a.Bound != nil
		if len(a.Shape) == 0 && a.Type != symbolic.Real {
			v := jen.Lit(0)
			switch {
			case a.Type == symbolic.Boolean:
				v = jen.True()
			case a.Bound == nil:
				v = jen.Lit(2)
			}
			call = append(call, v)
			continue
		}
		id := s.pick(local(a.Name))
		ids[a.Name] = id
		v, ok := exampleArg(a, f.Float, a.Shape.Size(), i, nil)
		if !ok {
			return
		}
		head = append(head, jen.Id(id).Op(":=").Add(v))
		if len(a.Shape) == 0 {
			call = append(call, jen.Id(id).Index(jen.Lit(0)))
		} else {
			size, _ := a.Shape.Size().Const()
			call = append(call, jen.Parens(jen.Op("*").Index(jen.Lit(size)).Add(elemType(f.Float, a.Type))).Call(jen.Id(id)))
		}
	}
	d := &derivTester{funcPrinter: p, head: head, slice: ids}
	d.small(call, failing)
	if !testable(f) {
		return
	}
	results := []jen.Code{jen.Id("_")}
	var outs, places, checks []jen.Code
	for _, a := range f.Derive[0].Wrt {
		id := s.pick("d" + local(a.Name))
		grad := jen.Index().Id(f.Float.String()).Values(jen.Id(id))
		if len(a.Shape) > 0 {
			grad = jen.Id(id).Index(jen.Empty(), jen.Empty())
			outs = append(outs, arrayFor(id, f.Float, a.Type, a.Shape))
			places = append(places, jen.Op("&").Id(id))
		} else {
			results = append(results, jen.Id(id))
		}
		checks = append(checks, jen.Id("checkGradient").Call(jen.Id("t"), jen.Lit(a.Name), jen.Id(ids[a.Name]), grad, jen.Id("f")))
	}
	value := []jen.Code{jen.Return(jen.Id(n.value).Call(call...))}
	var after []jen.Code
	if failing {
		value = []jen.Code{jen.List(jen.Id("y"), jen.Err()).Op(":=").Id(n.value).Call(call...), fatal("t"), jen.Return(jen.Id("y"))}
		results = append(results, jen.Err())
		after = append(after, fatal("t"))
	}
	body := append([]jen.Code{}, head...)
	body = append(body, jen.Id("f").Op(":=").Func().Params().Id(f.Float.String()).Block(value...))
	body = append(body, outs...)
	call = append(call, places...)
	derive := func(op string, results jen.Code) jen.Code {
		return jen.Add(results).Op(op).Id(n.derivs[0]).Call(call...)
	}
	first := ":="
	if len(results) == 1 {
		first = "="
	}
	body = append(body, derive(first, jen.List(results...)))
	body = append(body, after...)
	body = append(body, checks...)
	body = append(body, jen.If(
		jen.Id("n").Op(":=").Qual("testing", "AllocsPerRun").Call(jen.Lit(10), jen.Func().Params().Block(derive("=", blanks(len(results))))),
		jen.Id("n").Op("!=").Lit(0)).Block(
		jen.Id("t").Dot("Errorf").Call(jen.Lit(n.derivs[0]+" allocates %v times, want 0"), jen.Id("n"))))
	p.testFunc("Test"+n.derivs[0], "$ compares the gradient with differences.", body...)
	p.benchmark("Benchmark"+n.derivs[0], " measures value and gradient.", append(append(head, outs...),
		jen.For(jen.Id("b").Dot("Loop").Call()).Block(derive("=", blanks(len(results)))))...)
}

// arrayFor declares an array for a result.
func arrayFor(id string, f module.Float, t symbolic.Type, s symbolic.Shape) jen.Code {
	n, _ := s.Size().Const()
	return jen.Var().Id(id).Index(jen.Lit(n)).Add(elemType(f, t))
}

// testModel prints the tests of a model: gradients, files, memory, errors.
func (p *modelPrinter) testModel() {
	n := p.n
	dims := slices.Concat(p.m.Dims, p.m.Call)
	for _, v := range p.sizeGivens() {
		dims = append(dims, &module.Dim{Name: v.Name})
	}
	sizes, ok := exampleSizes(dims, p.m.Checks)
	if !ok {
		return
	}
	var newArgs []jen.Code
	for _, d := range p.m.Dims {
		newArgs = append(newArgs, jen.Lit(sizes[d.Name]))
	}
	pairs := []any{"N", jen.Lit(3)}
	for _, d := range p.m.Call {
		pairs = append(pairs, n.call[d.Name], jen.Lit(sizes[d.Name]))
	}
	need := p.needs(p.infer, p.loss, p.grad, p.both, p.pull)
	for i, a := range need {
		v, ok := exampleArg(a, p.m.Float, a.Shape.Size().Scale(3, 1), i, sizes)
		if !ok {
			return
		}
		pairs = append(pairs, n.args[a.Name], v)
	}
	lines := []jen.Code{}
	for i := 0; i < len(pairs); i += 2 {
		lines = append(lines, jen.Line().Id(pairs[i].(string)).Op(":").Add(pairs[i+1].(jen.Code)))
	}
	example := p.scope.pick("example" + n.typ)
	p.tests.add(jen.Add(prose(example+" returns a model and a small batch.")).Line().
		Func().Id(example).Params(jen.Id("t").Qual("testing", "TB"), jen.Id("seed").Uint64()).Params(jen.Op("*").Id(n.typ), jen.Id(n.batch)).Block(
		jen.Id("t").Dot("Helper").Call(),
		jen.List(jen.Id("m"), jen.Err()).Op(":=").Id(n.new).Call(append(newArgs, jen.Id("seed"))...),
		fatal("t"),
		jen.Id("jitter").Call(jen.Id("m").Dot("Params").Dot("All").Call()),
		jen.Return(jen.Id("m"), jen.Id(n.batch).Values(append(lines, jen.Line())...)),
	))
	p.newWork, p.newTrainer = "m.NewWork()", "%s.NewTrainer()"
	if !p.testGivens(sizes) {
		return
	}
	text, err := p.testTemplate("params_test.go.tmpl", example)
	if err == nil {
		p.tests.addText(text)
	}
	if p.infer != nil {
		if text, err = p.testTemplate("infer_test.go.tmpl", example); err == nil {
			p.tests.addText(text)
		}
	}
	if p.grad != nil {
		if text, err = p.testTemplate("grad_test.go.tmpl", example); err == nil {
			p.tests.addText(text)
		}
	}
	if p.both != nil {
		p.testInputs(example)
	}
	if p.pull != nil {
		p.testPull(example)
	}
	if p.n.states != nil && p.m.Rule != nil && p.grad != nil {
		if text, err = p.testTemplate("states_test.go.tmpl", example); err == nil {
			p.tests.addText(text)
		}
	}
	if p.m.Rule != nil && p.grad != nil {
		if text, err = p.testTemplate("trainer_test.go.tmpl", example); err == nil {
			p.tests.addText(text)
		}
	}
	if err != nil {
		panic(fmt.Sprintf("codegen: %v", err)) // a template that does not parse
	}
}

// testGivens prints what gives tests a work whose givens are set, where there
// are some without a default.
func (p *modelPrinter) testGivens(sizes map[string]int) bool {
	n := p.n
	var set []jen.Code
	for i, v := range p.m.Givens {
		if v.Size {
			set = append(set, jen.Id("w").Dot(n.givens[v.Name]).Op("=").Lit(sizes[v.Name]))
			continue
		}
		if len(v.Shape) == 0 {
			continue
		}
		x, ok := exampleArg(&module.Arg{Type: v.Type}, p.m.Float, v.Shape.Size(), 100+i, sizes)
		if !ok {
			return false
		}
		set = append(set, jen.Id("w").Dot(n.givens[v.Name]).Op("=").Add(x))
	}
	if len(set) == 0 {
		return true
	}
	given := p.scope.pick("given" + n.typ)
	p.tests.add(jen.Add(prose(given + " sets what is given with each call.")).Line().
		Func().Id(given).Params(jen.Id("w").Op("*").Id(n.work)).Op("*").Id(n.work).Block(append(set, jen.Return(jen.Id("w")))...))
	p.newWork = given + "(m.NewWork())"
	if p.m.Rule == nil || p.grad == nil {
		return true
	}
	trainer := p.scope.pick("given" + n.trainer)
	p.tests.add(jen.Add(prose(trainer+" returns a trainer for which it is set.")).Line().
		Func().Id(trainer).Params(jen.Id("m").Op("*").Id(n.typ)).Op("*").Id(n.trainer).Block(
		jen.Id("t").Op(":=").Id("m").Dot("NewTrainer").Call(),
		jen.Id(given).Call(jen.Id("t").Dot("Work").Call()),
		jen.Return(jen.Id("t"))))
	p.newTrainer = trainer + "(%s)"
	return true
}

// testInputs prints the test of the gradients by arguments.
func (p *modelPrinter) testInputs(example string) {
	n := p.n
	body := []jen.Code{
		jen.List(jen.Id("m"), jen.Id("b")).Op(":=").Id(example).Call(jen.Id("t"), jen.Lit(1)),
		jen.List(jen.Id("w"), jen.Id("grads")).Op(":=").List(jen.Id(p.newWork), jen.Id("m").Dot("NewGrads").Call()),
		jen.List(jen.Id("_"), jen.Id("in"), jen.Err()).Op(":=").Id("w").Dot("GradInputs").Call(jen.Id("b"), jen.Id("grads")),
		fatal("t"),
		jen.Id("f").Op(":=").Func().Params().Id(p.m.Float.String()).Block(
			jen.List(jen.Id("loss"), jen.Err()).Op(":=").Id("w").Dot("Grad").Call(jen.Id("b"), jen.Id("grads")),
			fatal("t"),
			jen.Return(jen.Id("loss").Dot("Loss"))),
	}
	for _, a := range p.m.Inputs {
		f := n.args[a.Name]
		body = append(body, jen.Id("checkGradient").Call(jen.Id("t"), jen.Lit(f), jen.Id("b").Dot(f), jen.Id("in").Dot(f), jen.Id("f")))
	}
	p.testFunc("Test"+n.typ+"GradInputs", "$ compares the gradients by arguments with differences.", body...)
}

// testPull prints the test of the vector-Jacobian product: it is the gradient of
// the outputs' product with the seeds.
func (p *modelPrinter) testPull(example string) {
	n := p.n
	call := func(to string, grads string) jen.Code {
		got := []jen.Code{jen.Id(to)}
		if len(p.m.Inputs) > 0 {
			in := "_"
			if to == "_" {
				in = "in"
			}
			got = append(got, jen.Id(in))
		}
		return jen.List(append(got, jen.Err())...).Op(":=").Id("w").Dot("VJP").Call(jen.Id("b"), jen.Id("dy"), jen.Id(grads))
	}
	body := []jen.Code{
		jen.List(jen.Id("m"), jen.Id("b")).Op(":=").Id(example).Call(jen.Id("t"), jen.Lit(1)),
		jen.List(jen.Id("w"), jen.Id("grads"), jen.Id("scratch")).Op(":=").List(jen.Id(p.newWork), jen.Id("m").Dot("NewGrads").Call(), jen.Id("m").Dot("NewGrads").Call()),
		jen.List(jen.Id("y"), jen.Err()).Op(":=").Id("w").Dot("Forward").Call(jen.Id("b")),
		fatal("t"),
	}
	dy := jen.Dict{}
	sum := []jen.Code{call("y", "scratch"), fatal("t"), jen.Var().Id("s").Id(p.m.Float.String())}
	for i, f := range p.seedFields() {
		dy[jen.Id(f.field)] = jen.Id("numbers").Index(jen.Id(p.m.Float.String())).Call(jen.Len(jen.Id("y").Dot(f.field)), jen.Lit(50+i), jen.Lit(0.2), jen.Lit(0.9))
		sum = append(sum, jen.For(jen.List(jen.Id("i"), jen.Id("v")).Op(":=").Range().Id("y").Dot(f.field)).Block(
			jen.Id("s").Op("+=").Id("v").Op("*").Id("dy").Dot(f.field).Index(jen.Id("i"))))
	}
	if len(dy) == 1 {
		for k, v := range dy {
			body = append(body, jen.Id("dy").Op(":=").Id(n.outputs).Values(jen.Add(k).Op(":").Add(v)))
		}
	} else {
		body = append(body, jen.Id("dy").Op(":=").Id(n.outputs).Values(dy))
	}
	body = append(body, jen.Id("f").Op(":=").Func().Params().Id(p.m.Float.String()).Block(append(sum, jen.Return(jen.Id("s")))...))
	if len(p.m.Inputs) > 0 {
		body = append(body, call("_", "grads"), fatal("t"))
		for i, a := range p.m.Inputs { // f computes others in their place
			body = append(body, jen.Id(fmt.Sprintf("in%d", i)).Op(":=").Append(jen.Index().Id(p.m.Float.String()).Call(jen.Nil()), jen.Id("in").Dot(n.args[a.Name]).Op("...")))
		}
	} else {
		body = append(body, jen.If(jen.List(jen.Id("_"), jen.Err()).Op(":=").Id("w").Dot("VJP").Call(jen.Id("b"), jen.Id("dy"), jen.Id("grads")), jen.Err().Op("!=").Nil()).Block(jen.Id("t").Dot("Fatal").Call(jen.Err())))
	}
	if len(p.m.Params) > 0 {
		body = append(body, jen.Id("params").Op(":=").Id("m").Dot("Params").Dot("Tensors").Call(),
			jen.For(jen.List(jen.Id("i"), jen.Id("g")).Op(":=").Range().Id("grads").Dot("Tensors").Call()).Block(
				jen.Id("checkGradient").Call(jen.Id("t"), jen.Id("g").Dot("Name"), jen.Id("params").Index(jen.Id("i")).Dot("Data"), jen.Id("g").Dot("Data"), jen.Id("f"))))
	}
	for i, a := range p.m.Inputs {
		f := n.args[a.Name]
		body = append(body, jen.Id("checkGradient").Call(jen.Id("t"), jen.Lit(f), jen.Id("b").Dot(f), jen.Id(fmt.Sprintf("in%d", i)), jen.Id("f")))
	}
	p.testFunc("Test"+n.typ+"VJP", "$ compares the vector-Jacobian product with differences.", body...)
}

func (p *modelPrinter) testTemplate(file, example string) (string, error) {
	n := p.n
	saved := ".Params"
	if n.states != nil {
		saved = ""
	}
	first := func(trainer string) string { // what makes a work draw the samples of the first step
		if len(p.m.Samples) == 0 {
			return ""
		}
		return "\n" + trainer + ".Work().Step = 1"
	}
	return p.declsOf(file, map[string]string{
		"Package": p.pkg, "Float": p.m.Float.String(), "Model": n.typ, "Block": n.params.typ, "Batch": n.batch,
		"Loss": n.loss, "Work": n.work, "Trainer": n.trainer, "New": n.new, "Example": example,
		"FirstStep": first("trainer"), "FirstStep2": first("apart"),
		"Saved": "m" + saved, "Saved2": "m2" + saved,
		"NewWork": p.newWork, "NewTrainer": fmt.Sprintf(p.newTrainer, "m"), "NewTrainer2": fmt.Sprintf(p.newTrainer, "m2"),
	})
}
