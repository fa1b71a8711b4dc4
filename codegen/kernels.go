package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// A kernelSet is the kernels of a package. Procedures that do the same work, but
// for the names of what they work on, share one.
type kernelSet struct {
	g     *generator
	byKey map[string]*kernel
	list  []*kernel
}

// A kernel is a function of the generated package that procedures call. One
// that can be cut into parts is a method of the tasks of a work, which has
// several threads do them; what does a part is a function again.
type kernel struct {
	*loop.Kernel // with all of the work, or a part of it as two more parameters say
	name         string
	float        module.Float
	whole        *loop.Kernel
	split        *loop.Split // nil: always whole
	asm          *assembly   // nil: there is Go only,
	why          string      // and the reason
}

// of returns the kernel of the package that does what k does. In a work it may
// use threads.
func (s *kernelSet) of(k *loop.Kernel, float module.Float, inWork bool) *kernel {
	key := fmt.Sprintf("%d %v %s", float, inWork, k.Key())
	if s.byKey[key] == nil {
		out := &kernel{Kernel: k, whole: k, name: s.g.scope.pick(unexported(local(k.Name))), float: float}
		product := k.Contract() != nil
		if product { // whose routines can do a part as it is
			out.asm = s.g.assemble(out)
		}
		if inWork {
			out.cut()
		}
		if !product {
			out.asm = s.g.assemble(out)
		}
		s.byKey[key] = out
		s.list = append(s.list, out)
	}
	return s.byKey[key]
}

// cut has k done in parts, if it can be and is long enough.
func (k *kernel) cut() {
	byRows, step := false, 1
	if k.asm != nil {
		byRows = simd.CopiesRows(k.asm.routines)
		step = simd.Step(k.asm.routines, byRows)
	}
	if k.split = loop.SplitOf(k.whole, byRows); k.split != nil {
		k.split.Round(step)
		k.Kernel = k.whole.Part(k.split)
	}
}

// accepts reports whether k is to be a function.
func (s *kernelSet) accepts(k *loop.Kernel, inWork bool) bool {
	return !s.g.opt.Plain && statements(k.Body...) <= pieceSize && (inWork || k.Contract() == nil)
}

// method reports whether the kernel is a method of the tasks.
func (k *kernel) method() bool { return k.split != nil || k.asm.scratch() }

func (k *kernel) task() string { return k.name + "Task" }

// part is the name of the function that does a part, or all.
func (k *kernel) part() string {
	if k.method() {
		return k.name + "Part"
	}
	return k.name
}

// call prints the call of a kernel.
func (p *printer) call(s *loop.Call) {
	k := p.kernels.of(s.Kernel, p.float, p.inWork)
	var args []jen.Code
	for i, param := range k.whole.Params {
		switch a := s.Args[i]; {
		case param.Buf != nil:
			x := jen.Id(p.bufs[a.Buf])
			switch {
			case !a.From.Is(0):
				x.Index(polyCode(a.From, p.sym).code, jen.Empty())
			case p.arrays[a.Buf]:
				x.Index(jen.Empty(), jen.Empty())
			}
			args = append(args, x)
		case param.Int != nil:
			args = append(args, polyCode(a.Int, p.sym).code)
		default:
			args = append(args, p.typed(a.Real).code)
		}
	}
	call := jen.Id(k.name).Call(args...)
	if k.method() {
		call = jen.Add(p.tasks).Dot(k.name).Call(args...)
	}
	switch len(s.Results) {
	case 0:
		p.put(call)
	case 1:
		p.put(p.combined(jen.Id(p.name(s.Results[0])), s.Ops[0], call))
	default:
		var ids, sums []jen.Code
		for i, v := range s.Results {
			part := jen.Id(p.scope.pick("part"))
			ids = append(ids, part)
			sums = append(sums, p.combined(jen.Id(p.name(v)), s.Ops[i], part))
		}
		p.put(jen.List(ids...).Op(":=").Add(call))
		p.put(sums...)
	}
}

// combined prints acc = op(acc, x).
func (p *printer) combined(acc jen.Code, op *symbolic.OpSpec, x jen.Code) jen.Code {
	if isInfix(op.Go) {
		return jen.Add(acc).Op(op.Go + "=").Add(x)
	}
	return jen.Add(acc).Op("=").Add(p.operator(op, []printed{atom(acc), atom(x)}).code)
}

// signature names the parameters and results of a kernel in the scope of p.
func (k *kernel) signature(p *printer, of *loop.Kernel) (params, results []variable) {
	for _, x := range of.Params {
		id := p.scope.pick(local(x.Name()))
		switch {
		case x.Buf != nil:
			p.bufs[x.Buf] = id
			elem := elemType(k.float, x.Buf.Type)
			if p.isFlag(x.Buf) {
				elem = jen.Int32()
			}
			params = append(params, variable{id, jen.Index().Add(elem)})
		case x.Int != nil:
			p.vars[x.Int], p.symbol[x.Int.Name] = id, jen.Id(id)
			params = append(params, variable{id, jen.Int()})
		default:
			p.vars[x.Real] = id
			params = append(params, variable{id, p.floatType()})
		}
	}
	for _, v := range of.Results {
		id := p.scope.pick(local(v.Name))
		p.vars[v] = id
		p.adopted.result[v] = true
		results = append(results, variable{id, p.varType(v)})
	}
	p.results = of.Results
	p.uses = countUses(p.prog.Body, p.results...)
	return params, results
}

// printer returns a printer for what k does.
func (k *kernel) printer(g *generator, reserved ...string) *printer {
	p := newPrinter(&loop.Program{Name: k.name, Body: unswitch(k.Body, k.Results...)}, newScope(g.scope, reserved...), k.float, g.helpers)
	p.inKernel = true
	return p
}

// portable prints the function for a part, or all, in plain Go.
func (k *kernel) portable(g *generator, name string) jen.Code {
	p := k.printer(g)
	params, results := k.signature(p, k.Kernel)
	if k.asm.scratch() {
		params = append(params, variable{"_", jen.Index().Id(k.float.String())})
	}
	rest := p.prog.Body
	if _, first, ok := firstNote(rest); ok {
		rest = slices.Concat(rest[:first], rest[first+1:])
	}
	body := p.block(func() {
		p.stmts(rest)
		if len(results) > 0 {
			p.put(jen.Return(ids(results)...))
		}
	})
	return jen.Add(prose(wrapped(k.says(name, ""))...)).Line().Func().Id(name).Params(merged(params)...).Params(merged(results)...).Block(body...)
}

func ids(vs []variable) (out []jen.Code) {
	for _, v := range vs {
		out = append(out, jen.Id(v.name))
	}
	return out
}

// firstNote returns the text of the note that stands before everything else.
func firstNote(body []loop.Stmt) (text string, at int, ok bool) {
	for i, s := range body {
		switch s := s.(type) {
		case *loop.Acc:
		case *loop.Note:
			return s.Text, i, s.Text != ""
		default:
			return "", 0, false
		}
	}
	return "", 0, false
}

// says is the documentation of a function: the equations that it computes.
func (k *kernel) says(name, how string) string {
	var notes []string
	loop.Walk(k.Body, func(s loop.Stmt) {
		if n, ok := s.(*loop.Note); ok && n.Text != "" && !slices.Contains(notes, n.Text) {
			notes = append(notes, n.Text)
		}
	})
	if len(notes) > 3 {
		notes = append(notes[:3], "…")
	}
	if len(notes) == 0 {
		notes = []string{"a part of a procedure"}
	}
	return name + " computes " + clean(strings.Join(notes, ", ")) + how + "."
}

// divided prints the method that has parts done, and what it leaves for those
// who do them.
func (k *kernel) divided(g *generator) []jen.Code {
	p := k.printer(g, "k", "t", "i", "who", "first", "count", "x", "parts")
	params, results := k.signature(p, k.whole)
	float := k.float.String()
	fields := append([]variable{{"t", jen.Op("*").Id("tasks")}}, params...)
	for i, r := range results {
		fields = append(fields, variable{fmt.Sprintf("sum%d", i), jen.Index().Add(r.typ)})
	}
	task := jen.Id("t").Dot(k.task())
	var args []jen.Code
	for _, v := range params {
		args = append(args, jen.Id("k").Dot(v.name))
	}

	// The method.
	syms := func(s string) jen.Code { return p.symbol[s] }
	var body, sums []jen.Code
	for i, r := range results { // what parts start from
		p.stmts(k.Body[i : i+1])
		f := fmt.Sprintf("sum%d", i)
		op := k.ops()[i]
		sums = append(sums, jen.For(jen.List(jen.Id("_"), jen.Id("x")).Op(":=").Range().Id("k").Dot(f)).Block(p.combined(jen.Id(r.name), op, jen.Id("x"))))
	}
	starts := *p.out
	extent, threads := jen.Code(jen.Lit(1)), jen.Code(jen.Lit(1))
	if k.split != nil {
		threads = jen.Id("t").Dot("forWork").Call(polyCode(k.split.Work, syms).code)
		extent = jen.Id("partsOf").Call(polyCode(k.split.Extent, syms).code, jen.Lit(k.split.Size))
	}
	body = append(body, jen.Id("k").Op(":=").Op("&").Add(task))
	if len(results) > 0 {
		body = append(body, jen.Id("parts").Op(":=").Add(extent))
		extent = jen.Id("parts")
	}
	values := []any{"t", jen.Id("t")}
	for _, v := range params {
		values = append(values, v.name, jen.Id(v.name))
	}
	for i := range results {
		f := fmt.Sprintf("sum%d", i)
		values = append(values, f, jen.Id("grow").Call(jen.Id("k").Dot(f), jen.Id("parts")))
	}
	body = append(body, jen.Op("*").Id("k").Op("=").Id(k.task()).Add(record(values...)))
	body = append(body, jen.Id("workers").Dot("run").Call(threads, extent, jen.Id("k")))
	body = append(body, starts...)
	body = append(body, sums...)
	if len(results) > 0 {
		body = append(body, jen.Return(ids(results)...))
	}
	how := ""
	if k.split != nil {
		how = fmt.Sprintf(", in parts of %d", k.split.Size)
	}
	method := jen.Add(prose(wrapped(k.says(k.name, how))...)).Line().
		Func().Params(jen.Id("t").Op("*").Id("tasks")).Id(k.name).Params(merged(params)...).Params(merged(results)...).Block(body...)

	// The task.
	typ := jen.Add(prose(k.task() + " is what the parts of " + k.name + " work on.")).Line().Type().Id(k.task()).Struct(merged(fields)...)

	// A part.
	inK := func(s string) jen.Code { return jen.Id("k").Dot(fmt.Sprintf("%#v", p.symbol[s])) }
	var part []jen.Code
	cols := k.columns()
	if k.split != nil {
		part = append(part, jen.Id("first").Op(":=").Id("i").Op("*").Lit(k.split.Size))
		part = append(part, jen.Id("count").Op(":=").Min(jen.Lit(k.split.Size), polyCode(k.split.Extent, inK).code.(*jen.Statement).Op("-").Id("first")))
		args = append([]jen.Code{jen.Id("first"), jen.Id("count")}, args...)
		if !k.split.Rows {
			cols = symbolic.Sym("count")
		}
	}
	if k.asm.scratch() {
		args = append(args, jen.Id("k").Dot("t").Dot("scratch"+float[len(float)-2:]).Dot("of").Call(jen.Id("who"), k.asm.room(cols, func(s string) jen.Code {
			if s == "count" {
				return jen.Id("count")
			}
			return inK(s)
		})))
	}
	call := jen.Code(jen.Id(k.part()).Call(args...))
	if len(results) > 0 {
		var to []jen.Code
		for i := range results {
			to = append(to, jen.Id("k").Dot(fmt.Sprintf("sum%d", i)).Index(jen.Id("i")))
		}
		call = jen.List(to...).Op("=").Add(call)
	}
	part = append(part, call)
	who := jen.Code(jen.Id("i, who").Int())
	return []jen.Code{method, typ, jen.Func().Params(jen.Id("k").Op("*").Id(k.task())).Id("part").Params(who).Block(part...)}
}

// columns is how many a contraction has.
func (k *kernel) columns() symbolic.Poly {
	if c := k.whole.Contract(); c != nil {
		return c.N
	}
	return symbolic.Poly{}
}

// ops are how the results of parts are combined.
func (k *kernel) ops() []*symbolic.OpSpec {
	ops := make([]*symbolic.OpSpec, len(k.Results))
	loop.Walk(k.Body, func(s loop.Stmt) {
		if u, ok := s.(*loop.Update); ok {
			if i := slices.Index(k.Results, u.Var); i >= 0 {
				ops[i] = u.Op
			}
		}
	})
	return ops
}

// forWork decides whether it pays to wake others.
const forWork = `
// forWork is how many threads do so much work: one, where handing a part over
// would take longer than doing it.
func (t *tasks) forWork(operations int) int {
	if operations < 1<<16 {
		return 1
	}
	return t.threads
}`

// declare prints all kernels of the package.
func (s *kernelSet) declare() {
	var fields []jen.Code
	floats := map[string]bool{}
	text := &s.g.kernelText
	for _, k := range s.list {
		if k.method() {
			text.add(k.divided(s.g)...)
			fields = append(fields, jen.Id(k.task()).Id(k.task()))
		}
		if k.asm.scratch() {
			floats[k.float.String()] = true
		}
		if k.asm == nil {
			text.add(k.portable(s.g, k.part()))
			continue
		}
		text.add(k.portable(s.g, k.part()+"Go"))
		s.g.dispatch(k)
	}
	if len(fields) == 0 {
		return
	}
	var head []jen.Code
	head = append(head, jen.Id("threads").Int().Comment("that there may be at once; 0: as many as there are"))
	for _, f := range []string{"float32", "float64"} {
		if floats[f] {
			head = append(head, jen.Id("scratch"+f[5:]).Id("scratch").Index(jen.Id(f)))
		}
	}
	if slices.ContainsFunc(s.list, func(k *kernel) bool { return k.split != nil }) {
		text.addText(forWork)
	}
	text.add(jen.Add(prose("tasks is what a work keeps for kernels that have their parts done by several", "threads.")).Line().
		Type().Id("tasks").Struct(append(head, fields...)...))
}
