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

// helpers are the functions of the generated package that operators become. In
// a package with two element types, a function has its own in its name: expF32.
// Those that are tuned stand in templates/go, the others are printed from the table of
// operators as they are asked for.
type helpers struct {
	said  func(text string, n *symbolic.Node) // is told of every note; see Options.Said
	scope *scope
	tuned map[string]bool
	names map[helper]string
	decls map[string]jen.Code
	// imports are packages beside the standard library, by path: what they are
	// called here.
	imports map[string]string
}

// A helper is an operator for an element type.
type helper struct {
	op    string
	float module.Float
}

// newHelpers gives all functions their names in the package's scope, so that
// nothing else is called like one that turns out to be needed later. The
// scaffolding has its names already.
func newHelpers(s *scope, fixed *scaffold, floats []module.Float, foreign []*symbolic.OpSpec) *helpers {
	h := &helpers{scope: s, tuned: map[string]bool{}, names: map[helper]string{}, decls: map[string]jen.Code{}, imports: map[string]string{}}
	h.names[helper{op: "grown"}] = s.pick("grown")
	tuned := fixed.ending("F32", "F64")
	if len(floats) == 1 {
		tuned = fixed.drop(suffixOf(floats[0]))
		s.reserve(fixed.names())
	}
	for _, op := range foreign {
		h.foreign(*op.Foreign)
	}
	for _, op := range symbolic.Ops() {
		for _, float := range floats {
			name := local(op.Name)
			if len(floats) > 1 {
				name += suffixOf(float)
			}
			composed := op.Go == "" && op.Expand != nil && op.Class == symbolic.Elementwise && op.Args >= 0
			switch {
			case tuned[name]:
				h.tuned[name] = true
			case composed || float == 32 && strings.HasPrefix(op.Go, "math."):
				name = s.pick(name)
			default:
				continue
			}
			h.names[helper{op.Name, float}] = name
		}
	}
	return h
}

// suffixOf is how the names of functions for an element type end.
func suffixOf(f module.Float) string { return fmt.Sprintf("F%d", f) }

// foreign names a package and a function of it that the model calls.
func (h *helpers) foreign(f symbolic.Foreign) {
	if h.imports[f.Path] == "" {
		h.imports[f.Path] = h.scope.pick(packageIdent(f.Path))
	}
	if h.names[helper{op: f.Key()}] == "" {
		h.names[helper{op: f.Key()}] = h.scope.pick(strings.ToLower(f.Func[:1]) + f.Func[1:])
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
	name := h.names[helper{op: f.Key()}]
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

// function returns the name of the function for an operator, "" where Go has a
// form for it that is as good.
func (h *helpers) function(op *symbolic.OpSpec, float module.Float) string {
	name := h.names[helper{op.Name, float}]
	switch fn, converted := strings.CutPrefix(op.Go, "math."); {
	case name == "" && op.Go == "":
		panic(fmt.Sprintf("codegen: operator %s has neither a form in Go nor an expansion", op.Name))
	case name == "" || h.tuned[name] || h.decls[name] != nil:
	case converted:
		h.decls[name] = converting(name, fn, op.Args)
	default:
		h.decls[name] = jen.Null() // until it is known, for expansions that use themselves
		h.decls[name] = h.composite(name, op, float)
	}
	return name
}

// converting declares a function of package math for float32.
func converting(name, fn string, args int) jen.Code {
	var params, conv []jen.Code
	for _, x := range []string{"x", "y", "z"}[:args] {
		params = append(params, jen.Id(x))
		conv = append(conv, jen.Float64().Call(jen.Id(x)))
	}
	return comment(fmt.Sprintf("%s is math.%s for float32.", name, fn)).(*jen.Statement).Line().
		Func().Id(name).Params(jen.List(params...).Float32()).Float32().
		Block(jen.Return(jen.Float32().Call(jen.Qual("math", fn).Call(conv...))))
}

// composite declares a function for an operator that Go has no form for. Its
// body is the operator's expansion.
func (h *helpers) composite(name string, op *symbolic.OpSpec, float module.Float) jen.Code {
	g := symbolic.NewGraph()
	s := newScope(h.scope)
	var inputs []*symbolic.Node
	var params []jen.Code
	vars := map[*symbolic.Node]*loop.Var{}
	p := newPrinter(&loop.Program{Name: op.Name}, s, float, h)
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
	return comment(fmt.Sprintf("%s returns %s", name, clean(op.Doc))).(*jen.Statement).Line().
		Func().Id(name).Params(params...).Add(p.scalarType(root.Type)).Block(body...)
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
