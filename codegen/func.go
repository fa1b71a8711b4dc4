package codegen

import (
	"fmt"
	"strings"

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

// A funcPrinter prints one func.
type funcPrinter struct {
	*generator
	f     *module.Func
	n     *funcNames
	procs []*procedure // the value, and one for each derivative
}

type funcNames struct {
	value                        string
	derivs                       []string
	args, work, results, newWork string // of a func with types of its own
}

func (g *generator) newFunc(fp *module.FuncProcs) (*funcPrinter, error) {
	p := &funcPrinter{generator: g, f: fp.Func}
	for _, x := range fp.All() {
		pr, err := lower(x)
		if err != nil {
			return nil, err
		}
		p.procs = append(p.procs, pr)
	}
	for _, pr := range p.procs {
		g.outline(pr, fp.Func.Float, !p.small())
	}
	p.nameFunc()
	return p, nil
}

func (p *funcPrinter) nameFunc() {
	n := &funcNames{value: p.scope.pick(exported(p.f.Name))}
	for _, d := range p.f.Derive {
		n.derivs = append(n.derivs, p.scope.pick(n.value+derivatives[d.Kind].suffix))
	}
	if !p.small() {
		n.args = p.scope.pick(n.value + "Args")
		n.work, n.results = p.scope.pick(n.value+"Work"), p.scope.pick(n.value+"Results")
	}
	p.n = n
}

// small reports whether a func's arguments and results are scalars and small
// arrays, and what it computes on the way is not much either.
func (p *funcPrinter) small() bool {
	if len(p.f.Dims) > 0 {
		return false
	}
	for _, a := range p.f.Args { // of which nothing may be read
		if n, ok := a.Node.Shape.Size().Const(); !ok || n > smallArg {
			return false
		}
	}
	for _, pr := range p.procs {
		if n, ok := pr.plan.Reals.Add(pr.plan.Ints).Const(); !ok || n > smallArena {
			return false
		}
		for _, b := range pr.prog.Buffers {
			if n, ok := b.Shape.Size().Const(); b.Kind != loop.Temp && (!ok || n > smallArg) {
				return false
			}
		}
	}
	return true
}

func (p *funcPrinter) emit() {
	f, n := p.f, p.n
	if n.args != "" {
		p.emitBig()
		return
	}
	for i, pr := range p.procs {
		name, doc := n.value, docs(n.value, f.Doc, n.value+" is generated from "+place(f.Span.Pos.File, f.Span.Pos.Line)+".")
		if i > 0 {
			name = n.derivs[i-1]
			doc = []string{derivDoc(name, n.value, f, f.Derive[i-1])}
		}
		p.api.add(p.smallProcedure(f, pr, name, doc))
	}
	if tested(f) {
		p.testSmall()
	}
}

func derivDoc(name, value string, f *module.Func, d module.Derivative) string {
	by := "nothing"
	if len(d.Wrt) > 0 {
		var names []string
		for _, a := range d.Wrt {
			names = append(names, clean(a.Name))
		}
		by = enumerated(names)
	}
	return fmt.Sprintf(derivatives[d.Kind].doc, name, value, by)
}

// enumerated is names as a sentence has them.
func enumerated(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// derivatives are what derivative functions are called, and their
// documentation.
var derivatives = map[string]struct{ suffix, doc string }{
	"grad":     {"Grad", "%s returns the value of %s and its gradient by %s."},
	"vjp":      {"VJP", "%s returns the results of %s and the gradient of their product with the seeds by %s."},
	"jacobian": {"Jacobian", "%s returns the results of %s and their derivatives by %s, row-major with the dims of the result first."},
	"hessian":  {"Hessian", "%s returns the value of %s, its gradient and its second derivatives by %s."},
	"blocks":   {"Blocks", "%s returns the results of %s and, for each example, the derivatives of its row by the rows of %s that it reads, and which these are."},
	"jvp":      {"JVP", "%s returns the results of %s and their derivatives along the seeds, which are directions of %s."},
	"hvp":      {"HVP", "%s returns the value of %s, its gradient and the product of its Hessian with the seeds, by %s."},
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

// smallProcedure prints a procedure as a function of scalars and arrays. Arrays
// that are results are the caller's too: they come after the arguments.
func (g *generator) smallProcedure(f *module.Func, pr *procedure, name string, doc []string) jen.Code {
	s := newScope(g.scope)
	p := g.procedurePrinter(pr, s, f.Float)
	ins := map[string]*loop.Buffer{}
	for _, b := range pr.inputs() {
		if in := inputOf(b); in.Kind != symbolic.SeedInput {
			ins[in.Name] = b
		}
	}
	var params, results []variable
	var zeros, checks []jen.Code
	var filled []string
	failing := len(f.Checks) > 0
	checked := map[string]bool{} // sizes
	note := func(ps ...symbolic.Poly) {
		for _, p := range ps {
			for _, s := range p.Syms() {
				checked[s] = true
				if e, ok := symbolic.ExponentOf(s); ok {
					checked[e] = true
				}
			}
		}
	}
	for _, a := range f.Args {
		if a.Bound != nil {
			failing = true
			note(*a.Bound)
		}
	}
	for _, c := range f.Checks {
		note(c.A, c.B)
	}
	for _, a := range f.Args {
		b := ins[a.Name]
		used := b != nil && p.uses.touched[b] || p.uses.symbols[a.Name] > 0 || a.Bound != nil || checked[a.Name]
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
	for _, n := range pr.proc.Seeds {
		id := s.pick(local(n.Attr.(symbolic.Input).Name))
		p.bind(pr.holding(n), id)
		params = append(params, variable{id, argType(f.Float, n.Type, n.Shape)})
	}
	for i, r := range pr.proc.Results {
		b := pr.outs[i]
		id := s.pick(resultName(r, i, len(f.Results)))
		p.bind(b, id)
		if p.arrays[b] { // the caller's, who would else copy it
			params = append(params, variable{id, argType(f.Float, b.Type, b.Shape)})
			filled = append(filled, id)
			continue
		}
		p.defined[b] = true
		results = append(results, variable{id, argType(f.Float, b.Type, b.Shape)})
		zeros = append(zeros, jen.Id(id))
	}
	if failing {
		results = append(results, variable{"err", jen.Error()})
	}
	if filled != nil {
		doc = append(doc, "", "It fills "+enumerated(filled)+", which may not overlap the arguments.")
	}
	body := p.block(func() {
		p.put(checks...)
		for _, c := range f.Checks {
			p.put(p.moduleCheck(f.Name, c))
		}
		p.trace(pr, name)
		p.arrayTemps(pr)
		if last, ok := single(pr); ok && !failing && statements(pr.prog.Body...) <= pieceSize { // one value needs no name
			results[0].name = ""
			p.stmts(pr.prog.Body[:len(pr.prog.Body)-1])
			p.put(jen.Return(p.typed(last.Value).code))
			return
		}
		p.pieces(name, pr.prog.Body)
		if failing {
			zeros = append(zeros, jen.Nil())
		}
		if len(zeros) > 0 {
			p.put(jen.Return(zeros...))
		}
	})
	g.loops.add(p.parts...)
	return jen.Add(comment(doc...)).Line().Func().Id(name).Params(merged(params)...).Params(merged(results)...).Block(body...)
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

func resultName(r *module.Result, i, values int) string {
	switch r.Kind {
	case module.InputGradient, module.ParamGradient:
		return "d" + local(r.Name)
	case module.JacobianBlock, module.ExampleBlock:
		return "j" + exported(r.Name)
	case module.HessianBlock:
		return "h" + exported(r.Name)
	case module.Product:
		return "hv" + exported(r.Name)
	case module.Tangent:
		return "t" + exported(r.Name)
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
