package codegen

import (
	"fmt"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// Up to this many elements an argument, a result or the temporaries together
// are arrays, on the stack; beyond it, or with sizes that are known at run
// time only, a func gets types for its arguments and its memory.
const (
	smallArg   = 4096
	smallArena = 8192
)

type funcNames struct {
	value                               string
	derivs                              []string
	args, grads, work, results, newWork string // of a func with types of its own
}

func (g *generator) nameFunc(fp *module.FuncProcs) *funcNames {
	f := fp.Func
	n := &funcNames{value: g.scope.pick(exported(f.Name))}
	suffix := map[string]string{"grad": "Grad", "vjp": "VJP", "jacobian": "Jacobian", "hessian": "Hessian"}
	for _, d := range f.Derive {
		s := suffix[d.Kind]
		if s == "" {
			s = exported(d.Kind)
		}
		n.derivs = append(n.derivs, g.scope.pick(n.value+s))
	}
	if !smallFunc(f) {
		n.args, n.grads = g.scope.pick(n.value+"Args"), g.scope.pick(n.value+"Grads")
		n.work, n.results = g.scope.pick(n.value+"Work"), g.scope.pick(n.value+"Results")
	}
	return n
}

// smallFunc reports whether a func's arguments and results are scalars and
// small arrays.
func smallFunc(f *module.Func) bool {
	small := func(s symbolic.Shape) bool {
		n, ok := s.Size().Const()
		return ok && n <= smallArg
	}
	for _, a := range f.Args {
		if !small(a.Shape) {
			return false
		}
	}
	for _, r := range f.Results {
		if !small(r.Node.Shape) {
			return false
		}
	}
	return len(f.Dims) == 0
}

func (g *generator) emitFunc(fp *module.FuncProcs, n *funcNames) error {
	f := fp.Func
	value, err := lower(fp.Value)
	if err != nil {
		return err
	}
	procs := []*procedure{value}
	for _, d := range fp.Derivs {
		p, err := lower(d)
		if err != nil {
			return err
		}
		procs = append(procs, p)
	}
	if n.args != "" {
		return g.emitBigFunc(fp, n, procs)
	}
	for i, p := range procs {
		name, doc := n.value, docs(n.value, f.Doc, n.value+" is generated from "+place(f.Span.Pos.File, f.Span.Pos.Line)+".")
		if i > 0 {
			name = n.derivs[i-1]
			doc = []string{derivDoc(name, n.value, f, f.Derive[i-1])}
		}
		code, err := g.smallProcedure(f, p, name, doc)
		if err != nil {
			return err
		}
		g.api.add(code)
	}
	if testable(f) {
		g.testSmallFunc(fp, n)
	}
	return nil
}

func derivDoc(name, value string, f *module.Func, d module.Derivative) string {
	var by string
	for i, a := range d.Wrt {
		switch {
		case i > 0 && i == len(d.Wrt)-1:
			by += " and "
		case i > 0:
			by += ", "
		}
		by += clean(a.Name)
	}
	if by == "" {
		by = "nothing"
	}
	if d.Kind == "vjp" {
		return fmt.Sprintf("%s returns the results of %s and the gradient of their product with the seeds by %s.", name, value, by)
	}
	what := map[string]string{"grad": "gradient", "jacobian": "Jacobian", "hessian": "Hessian"}[d.Kind]
	return fmt.Sprintf("%s returns the value of %s and its %s by %s.", name, value, what, by)
}

// A variable is a parameter or a result of a Go function.
type variable struct {
	name string // may be empty
	typ  jen.Code
}

// merged prints variables, those of one type that follow each other with the
// type once.
func merged(vs []variable) []jen.Code {
	var out []jen.Code
	for i := 0; i < len(vs); {
		typ := fmt.Sprintf("%#v", vs[i].typ)
		var ids []jen.Code
		for ; i < len(vs) && fmt.Sprintf("%#v", vs[i].typ) == typ && vs[i].name != ""; i++ {
			ids = append(ids, jen.Id(vs[i].name))
		}
		if ids == nil {
			out = append(out, vs[i].typ)
			i++
			continue
		}
		out = append(out, jen.List(ids...).Add(vs[i-1].typ))
	}
	return out
}

// smallProcedure prints a procedure as a function of scalars and arrays.
func (g *generator) smallProcedure(f *module.Func, pr *procedure, name string, doc []string) (jen.Code, error) {
	if n, ok := pr.plan.Reals.Add(pr.plan.Ints).Const(); !ok || n > smallArena {
		return nil, fmt.Errorf("%s needs %s elements for what it computes on the way, more than the %d that fit the stack", f.Name, pr.plan.Reals, smallArena)
	}
	s := newScope(g.scope)
	p := newPrinter(pr.prog, s, f.Float, g.helpers)
	ins := map[string]*loop.Buffer{}
	for _, b := range pr.inputs() {
		ins[inputOf(b).Name] = b
	}
	var params, results []variable
	var zeros []jen.Code
	var checks []jen.Code
	failing := len(f.Checks) > 0
	for _, a := range f.Args {
		failing = failing || a.Bound != nil
	}
	for _, a := range f.Args {
		b := ins[a.Name]
		used := b != nil && p.uses.touched[b] || p.uses.symbols[a.Name] > 0 || a.Bound != nil
		id := s.pick(local(a.Name))
		shown := id
		if !used {
			shown = "_"
		}
		params = append(params, variable{shown, argType(f.Float, a.Type, a.Shape)})
		if a.Type == symbolic.Integer && len(a.Shape) == 0 {
			p.symbol[a.Name] = jen.Id(id)
		}
		p.bind(b, id)
		checks = append(checks, p.indexCheck(f.Name, a, id)...)
	}
	for _, b := range pr.inputs() {
		if in := inputOf(b); in.Kind == symbolic.SeedInput {
			id := s.pick(local(in.Name))
			params = append(params, variable{id, argType(f.Float, b.Type, b.Shape)})
			p.bind(b, id)
		}
	}
	for i, r := range pr.proc.Results {
		b := pr.outs[i]
		id := s.pick(resultName(r, i, len(f.Results)))
		p.bind(b, id)
		p.defined[b] = true
		results = append(results, variable{id, resultType(f.Float, b)})
		zeros = append(zeros, jen.Id(id))
	}
	if failing {
		results = append(results, variable{"err", jen.Error()})
	}
	body := p.block(func() {
		p.put(checks...)
		for _, c := range f.Checks {
			p.put(p.moduleCheck(f.Name, c))
		}
		p.arrayTemps(pr)
		if last, ok := single(pr); ok && !failing { // one value needs no name
			results[0].name = ""
			p.stmts(pr.prog.Body[:len(pr.prog.Body)-1])
			p.put(jen.Return(p.typed(last.Value).code))
			return
		}
		p.stmts(pr.prog.Body)
		if failing {
			zeros = append(zeros, jen.Nil())
		}
		p.put(jen.Return(zeros...))
	})
	return jen.Add(comment(doc...)).Line().Func().Id(name).Params(merged(params)...).Params(merged(results)...).Block(body...), nil
}

// single returns the last statement of a procedure that stores its only
// result, a scalar, and does so nowhere else.
func single(pr *procedure) (*loop.Store, bool) {
	if len(pr.outs) != 1 || len(pr.outs[0].Shape) > 0 || len(pr.prog.Body) == 0 {
		return nil, false
	}
	n := 0
	walkStmts(pr.prog.Body, func(s loop.Stmt) {
		switch s := s.(type) {
		case *loop.Store:
			if s.Buf == pr.outs[0] {
				n++
			}
		case *loop.Fill:
			if s.Buf == pr.outs[0] {
				n++
			}
		}
	})
	last, ok := pr.prog.Body[len(pr.prog.Body)-1].(*loop.Store)
	return last, ok && n == 1 && last.Buf == pr.outs[0] && last.Op == nil
}

// bind says what a buffer is called; scalars are Go variables, others arrays.
func (p *printer) bind(b *loop.Buffer, id string) {
	if b == nil {
		return
	}
	p.bufs[b] = id
	if len(b.Shape) == 0 {
		p.scalars[b] = true
	} else {
		p.arrays[b] = true
	}
}

func argType(f module.Float, t symbolic.Type, s symbolic.Shape) jen.Code {
	if len(s) == 0 {
		if t == symbolic.Integer {
			return jen.Int()
		}
		return elemType(f, t)
	}
	n, _ := s.Size().Const()
	return jen.Op("*").Index(jen.Lit(n)).Add(elemType(f, t))
}

func resultType(f module.Float, b *loop.Buffer) jen.Code {
	if len(b.Shape) == 0 {
		if b.Type == symbolic.Integer {
			return jen.Int()
		}
		return elemType(f, b.Type)
	}
	n, _ := b.Shape.Size().Const()
	return jen.Index(jen.Lit(n)).Add(elemType(f, b.Type))
}

func resultName(r *module.Result, i, values int) string {
	switch r.Kind {
	case module.InputGradient, module.ParamGradient:
		return "d" + local(r.Name)
	}
	if r.Name != "" {
		return local(r.Name)
	}
	if values == 1 {
		return "f"
	}
	return fmt.Sprintf("f%d", i)
}

// indexCheck prints the check of an index argument.
func (p *printer) indexCheck(of string, a *module.Arg, id string) []jen.Code {
	if a.Bound == nil {
		return nil
	}
	bound := polyCode(*a.Bound, p.sym).code
	var call jen.Code
	if len(a.Shape) == 0 {
		call = jen.Id("checkIndex").Call(jen.Lit(of), jen.Lit(a.Name), jen.Id(id), bound)
	} else {
		call = jen.Id("checkIndices").Call(jen.Lit(of), jen.Lit(a.Name), jen.Id(id).Index(jen.Empty(), jen.Empty()), bound)
	}
	return []jen.Code{jen.If(jen.Err().Op("=").Add(call), jen.Err().Op("!=").Nil()).Block(jen.Return())}
}

func (p *printer) moduleCheck(of string, c module.Check) jen.Code {
	fn := "checkEqual"
	if c.AtLeast {
		fn = "checkAtLeast"
	}
	call := jen.Id(fn).Call(jen.Lit(of), jen.Lit(checkText(c)), polyCode(c.A, p.sym).code, polyCode(c.B, p.sym).code)
	return jen.If(jen.Err().Op("=").Add(call), jen.Err().Op("!=").Nil()).Block(jen.Return())
}

func checkText(c module.Check) string {
	s := clean(c.Text)
	if at := place(c.Span.Pos.File, c.Span.Pos.Line); at != "" {
		s = at + ": " + s
	}
	return s
}
