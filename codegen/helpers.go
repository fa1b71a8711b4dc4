package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/dave/jennifer/jen"
)

// helpers are small functions of the generated package that are printed from
// the table of operators, as they are asked for.
type helpers struct {
	scope *scope
	names map[string]string // by operator or function
	decls map[string]jen.Code
	// imports are packages beside the standard library, by path: what they are
	// called here.
	imports map[string]string
}

// newHelpers gives all functions their names in the package's scope, so that
// nothing else is called like one that turns out to be needed later.
func newHelpers(s *scope, foreign ...*symbolic.OpSpec) *helpers {
	h := &helpers{scope: s, names: map[string]string{}, decls: map[string]jen.Code{}, imports: map[string]string{}}
	h.names["grown"] = s.pick("grown")
	for _, op := range append(symbolic.Ops(), foreign...) {
		if fn, ok := strings.CutPrefix(op.Go, "math."); ok {
			if h.names[op.Go] == "" {
				h.names[op.Go] = s.pick(strings.ToLower(fn[:1]) + fn[1:])
			}
		} else if f := op.Foreign; f != nil {
			h.foreign(*f)
		} else if op.Go == "" && op.Expand != nil && op.Class == symbolic.Elementwise {
			h.names[op.Name] = s.pick(local(op.Name))
		}
	}
	return h
}

// foreign names a package and a function of it that the model calls.
func (h *helpers) foreign(f symbolic.Foreign) {
	if h.imports[f.Path] == "" {
		h.imports[f.Path] = h.scope.pick(packageIdent(f.Path))
	}
	if h.names[f.Key()] == "" {
		h.names[f.Key()] = h.scope.pick(strings.ToLower(f.Func[:1]) + f.Func[1:])
	}
}

// packageIdent is what a package may be called: the letters and digits of the
// end of its path.
func packageIdent(path string) string {
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, packageName(path))
	if id == "" || id[0] <= '9' {
		id = "p" + id
	}
	return id
}

// call returns the name of a function that calls one of another package, for
// the element type at hand.
func (h *helpers) call(f symbolic.Foreign, args int) string {
	name := h.names[f.Key()]
	if h.decls[name] != nil {
		return name
	}
	var params, conv []jen.Code
	for i := range args {
		id := fmt.Sprintf("x%d", i)
		params = append(params, jen.Id(id))
		conv = append(conv, jen.Float64().Call(jen.Id(id)))
	}
	pkg := h.imports[f.Path]
	h.decls[name] = comment(fmt.Sprintf("%s is %s.%s for the element type at hand.", name, pkg, f.Func)).(*jen.Statement).Line().
		Func().Id(name).Types(jen.Id("F").Id("float")).Params(jen.List(params...).Id("F")).Id("F").
		Block(jen.Return(jen.Id("F").Call(jen.Id(pkg).Dot(f.Func).Call(conv...))))
	return name
}

// code returns the declarations in order of name.
func (h *helpers) code() []jen.Code {
	var names []string
	for n := range h.decls {
		names = append(names, n)
	}
	slices.Sort(names)
	var out []jen.Code
	for _, n := range names {
		out = append(out, h.decls[n])
	}
	return out
}

// math returns the name of a function of package math for any element type.
func (h *helpers) math(fn string, args int) string {
	name := h.names["math."+fn]
	if h.decls[name] != nil {
		return name
	}
	var params, conv []jen.Code
	for _, x := range []string{"x", "y", "z"}[:args] {
		params = append(params, jen.Id(x))
		conv = append(conv, jen.Float64().Call(jen.Id(x)))
	}
	h.decls[name] = comment(fmt.Sprintf("%s is math.%s for the element type at hand.", name, fn)).(*jen.Statement).Line().
		Func().Id(name).Types(jen.Id("F").Id("float")).Params(jen.List(params...).Id("F")).Id("F").
		Block(jen.Return(jen.Id("F").Call(jen.Qual("math", fn).Call(conv...))))
	return name
}

// composite returns the name of a function for an operator that Go has no
// form for. Its body is the operator's expansion.
func (h *helpers) composite(op *symbolic.OpSpec) string {
	name := h.names[op.Name]
	if name == "" || op.Args < 0 {
		panic(fmt.Sprintf("codegen: operator %s has neither a form in Go nor an expansion", op.Name))
	}
	if h.decls[name] != nil {
		return name
	}
	h.decls[name] = jen.Null() // until it is known, for expansions that use themselves

	g := symbolic.NewGraph()
	s := newScope(h.scope)
	var inputs []*symbolic.Node
	var params []jen.Code
	vars := map[*symbolic.Node]*loop.Var{}
	p := newPrinter(&loop.Program{Name: op.Name}, s, 64, h)
	p.generic = true
	for i := range op.Args {
		n := string(rune('x' + i))
		if op.Args > 3 {
			n = fmt.Sprintf("x%d", i)
		}
		t := op.ArgType(i)
		in := g.Input(symbolic.ArgInput, n, nil, t)
		inputs = append(inputs, in)
		vars[in] = &loop.Var{Name: n, Type: t}
		params = append(params, jen.Id(p.name(vars[in])).Add(p.scalarType(t)))
	}
	root := op.Expand(g, nil, inputs)
	body := p.block(func() {
		lets, value := scalarProgram(root, vars)
		p.uses = countUses(append(slices.Clone(lets), &loop.Let{Var: &loop.Var{Name: "return"}, Value: value}))
		p.stmts(lets)
		p.put(jen.Return(p.expr(value).code))
	})
	h.decls[name] = comment(fmt.Sprintf("%s returns %s", name, clean(op.Doc))).(*jen.Statement).Line().
		Func().Id(name).Types(jen.Id("F").Id("float")).Params(params...).Add(p.scalarType(root.Type)).Block(body...)
	return name
}

// scalarProgram turns a graph of scalars into Lets, one for each value that is
// used more than once, and an expression.
func scalarProgram(root *symbolic.Node, vars map[*symbolic.Node]*loop.Var) ([]loop.Stmt, loop.Expr) {
	nodes := symbolic.Reachable(root)
	uses := map[*symbolic.Node]int{}
	for _, n := range nodes {
		for _, a := range n.Args {
			uses[a]++
		}
	}
	exprs := map[*symbolic.Node]loop.Expr{}
	var lets []loop.Stmt
	for _, n := range nodes {
		if v := vars[n]; v != nil {
			exprs[n] = &loop.Ref{Var: v}
			continue
		}
		if c, ok := symbolic.ConstValue(n); ok {
			exprs[n] = &loop.Const{Value: c, Type: n.Type}
			continue
		}
		e := &loop.Apply{Op: n.Op}
		for _, a := range n.Args {
			e.Args = append(e.Args, exprs[a])
		}
		exprs[n] = e
		if uses[n] > 1 {
			v := &loop.Var{Name: fmt.Sprintf("t%d", len(lets)), Type: n.Type}
			lets = append(lets, &loop.Let{Var: v, Value: e})
			exprs[n] = &loop.Ref{Var: v}
		}
	}
	return lets, exprs[root]
}
