package frontend

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// fun elaborates a func that is part of the generated package.
func (f *frontend) fun(d *parser.FuncDecl) *module.Func {
	var out *module.Func
	f.untilSizes(func() { out = f.funOnce(d) })
	return out
}

// untilSizes elaborates a declaration, and begins again where a whole number of
// the running program turns out to be a size: a size is a symbol, and not data.
func (f *frontend) untilSizes(elaborate func()) {
	f.sizeArgs = map[string]bool{}
	defer func() { f.sizeArgs = nil }()
	for {
		reports, known := len(f.reports), len(f.sizeArgs)
		elaborate()
		if len(f.sizeArgs) == known {
			return
		}
		f.reports = f.reports[:reports]
		f.g = f.newGraph()
		f.stopped, f.unrolled, f.calls = false, 0, 0
	}
}

func (f *frontend) funOnce(d *parser.FuncDecl) *module.Func {
	out := &module.Func{Name: d.Name.Name, Graph: f.g, Doc: d.Doc, Span: d.Name.Span(), Float: f.floatOf(parser.Func)}
	f.checks = &out.Checks
	defer func() { f.checks = nil }()
	errors := len(f.reports)
	for _, s := range d.Static {
		if s.Default == nil {
			f.report(nil, s.Span(), "%s needs [%s], so it cannot be a Go function", d.Name.Name, s.Name.Name).
				Hintf("give it a default, or a name that begins with a small letter")
			return nil
		}
	}
	fr := &frame{file: f.main, uses: map[string]diag.Span{}}
	c := &ctx{frontend: f, scope: f.main.scope.inner(), frame: fr}
	if !c.bindStatic(&closure{decl: d}, c, d.Name.Span()) {
		return nil
	}
	f.freshDims(c, d, out)
	var args []value
	for _, p := range d.Params {
		if f.sizeArgs[p.Name.Name] && isSize(p) {
			c.scope.names[p.Name.Name] = &binding{val: whole(symbolic.Sym(p.Name.Name)), span: p.Name.Span(), what: "argument"}
		}
	}
	for _, p := range d.Params {
		v, a := c.argInput(p, nil)
		if a == nil {
			continue
		}
		if f.sizeArgs[p.Name.Name] && isSize(p) {
			v = whole(symbolic.Sym(p.Name.Name))
			out.Checks = append(out.Checks, module.Check{A: symbolic.Sym(p.Name.Name), AtLeast: true, Span: p.Name.Span(), Text: p.Name.Name})
		}
		out.Args = append(out.Args, a)
		args = append(args, v)
	}
	if len(f.reports) > errors || len(args) < len(d.Params) {
		return nil
	}
	v := c.funcBody(d, args)
	if isPoison(v) || len(f.reports) > errors {
		return nil
	}
	vs, ok := v.(tuple)
	if !ok {
		vs = tuple{v}
	}
	exprs := returned(d.Body)
	for i, v := range vs {
		res := &module.Value{Span: d.Name.Span()}
		if i < len(exprs) {
			res.Span, res.Text = exprs[i].Span(), f.text(exprs[i])
			if n, ok := unparen(exprs[i]).(*parser.Name); ok {
				res.Name = n.Name
			}
		}
		t, ok := c.tensor(v, spanNode{res.Span})
		if !ok {
			return nil
		}
		if n, ok := v.(number); ok && n.typ == symbolic.Integer && len(d.Results) == 0 {
			t = c.toReal(t) // a func that returns 1 returns a number
		}
		if !c.sizeFollows(t, res.Span, "result") {
			return nil
		}
		res.Node = t.node
		out.Results = append(out.Results, res)
	}
	roots := make([]*symbolic.Node, 0, len(out.Args)+len(out.Results))
	for _, a := range out.Args {
		roots = append(roots, a.Node)
	}
	for _, r := range out.Results {
		roots = append(roots, r.Node)
	}
	f.checkSizes(&out.Checks, roots...)
	f.funcDims(out)
	out.Derive = f.funcDerive(d, out)
	if len(f.reports) > errors {
		return nil
	}
	return out
}

// freshDims declares the names in parameter shapes that nothing else declares:
// each is a dim of its own, bound by the argument.
func (f *frontend) freshDims(c *ctx, d *parser.FuncDecl, out *module.Func) {
	for _, p := range d.Params {
		if p.Type == nil {
			continue
		}
		sizes := slices.Clone(p.Type.Dims)
		if p.Type.Bound != nil {
			sizes = append(sizes, p.Type.Bound)
		}
		for _, x := range sizes {
			for _, n := range dimNames(x) {
				if q := argOf(d, n.Name); q != nil && isSize(q) {
					f.sizeArgs[n.Name] = true
				}
			}
		}
		for _, x := range p.Type.Dims {
			n, ok := unparen(x).(*parser.Name)
			if !ok || c.lookupDim(n) != nil {
				continue
			}
			if q := argOf(d, n.Name); q != nil {
				c.scope.names[n.Name] = &binding{val: poison{}, span: n.Span()}
				if !isSize(q) {
					c.errorf(n.Span(), "%s is an argument, and no size", n.Name).
						Note(n.Name, c.typeText(q.Type)+"   argument", q.Name.Span()).
						Hintf("an int argument may be one: %s int", n.Name)
				}
				continue
			}
			c.scope.names[n.Name] = &binding{val: whole(symbolic.Sym(n.Name)), span: n.Span(), what: "dim"}
			out.Dims = append(out.Dims, &module.Dim{Name: n.Name, Span: n.Span()})
		}
	}
}

// argOf is the parameter of a func with the given name, or nil.
func argOf(d *parser.FuncDecl, name string) *parser.Param {
	for _, p := range d.Params {
		if p.Name.Name == name {
			return p
		}
	}
	return nil
}

// isSize reports whether an argument may be a size: it is one whole number.
func isSize(p *parser.Param) bool {
	return p.Type != nil && p.Type.Elem == parser.Int && len(p.Type.Dims) == 0
}

// asSize notes that a value known at run time is wanted as a size. Where it is
// computed from int arguments of the func, or givens of the model, alone, these
// become sizes, and all is elaborated again; what is reported here and now is
// then forgotten.
func (c *ctx) asSize(v value) {
	t, ok := v.(*tensor)
	if !ok || t.node.Type != symbolic.Integer || len(t.node.Shape) > 0 || c.sizeArgs == nil {
		return
	}
	var found []string
	for _, n := range symbolic.Reachable(t.node) {
		in, isInput := n.Attr.(symbolic.Input)
		switch {
		case isInput && t.lo == nil && len(n.Shape) == 0 && n.Type == symbolic.Integer:
			found = append(found, in.Name)
		case isInput, n.Op.Class != symbolic.Leaf && n.Op.Class != symbolic.Elementwise:
			return
		}
	}
	for _, name := range found {
		c.sizeArgs[name] = true
	}
}

// funcBody elaborates the body of a func in a frame of its own.
func (c *ctx) funcBody(d *parser.FuncDecl, args []value) value {
	fr := &frame{decl: d, file: c.main, uses: map[string]diag.Span{}}
	env := &scope{up: c.main.scope, file: c.main, names: map[string]*binding{}}
	for name, b := range c.scope.names {
		env.names[name] = b
	}
	in := &ctx{frontend: c.frontend, scope: env, frame: fr}
	for i, p := range d.Params {
		if c.sizeArgs[p.Name.Name] && isSize(p) {
			delete(env.names, p.Name.Name) // it is bound now, as what it is
		}
		if old := env.names[p.Name.Name]; old != nil {
			in.errorf(p.Name.Span(), "%s is already a name here", p.Name.Name).Note(p.Name.Name, "bound before", old.span)
			return poison{}
		}
		if reserved[p.Name.Name] || in.builtIn(p.Name.Name) {
			in.errorf(p.Name.Span(), "%s hides the built-in %s", p.Name.Name, p.Name.Name)
			return poison{}
		}
		env.names[p.Name.Name] = &binding{val: args[i], span: p.Name.Span(), what: "argument", with: groupOf(d.Params, i)}
	}
	v, ok := in.in(env.inner()).stmts(blockStmts(d.Body))
	if !ok {
		if !c.stopped {
			in.errorf(d.Name.Span(), "%s returns nothing", d.Name.Name).Hintf("its last line must be return …")
		}
		return poison{}
	}
	return in.results(d, v, d.Name.Span())
}

// noteGroups tells of each parameter whose type is that of one behind it, which may
// not be what was meant.
func noteGroups(e *diag.Diagnostic, d *parser.FuncDecl) *diag.Diagnostic {
	for i, p := range d.Params {
		if with := groupOf(d.Params, i); with != "" {
			e.Note(p.Name.Name, "argument in a group with "+with, p.Name.Span())
		}
	}
	return e
}

// returned are the expressions that a body returns.
func returned(b *parser.Block) []parser.Expr {
	ss := blockStmts(b)
	if len(ss) == 0 {
		return nil
	}
	switch s := ss[len(ss)-1].(type) {
	case *parser.ReturnStmt:
		return s.Values
	case *parser.ValueStmt:
		return s.Values
	}
	return nil
}

// funcDims adds the run-time dims of the file that the func's arguments have.
func (f *frontend) funcDims(out *module.Func) {
	used, bound := map[string]bool{}, map[string]bool{}
	for _, a := range out.Args {
		for _, d := range a.Shape {
			addSyms(used, d)
			if s, ok := d.AsSym(); ok {
				bound[s] = true
			}
		}
		if a.Bound != nil {
			addSyms(used, *a.Bound)
		}
	}
	var roots []*symbolic.Node
	for _, r := range out.Results {
		roots = append(roots, r.Node)
	}
	for _, n := range symbolic.ReachableInside(roots...) {
		addSyms(used, n.Shape...)
		if s, ok := n.Attr.(symbolic.SizeAttr); ok {
			addSyms(used, s.Poly)
		}
	}
	fresh := map[string]bool{}
	for _, d := range out.Dims {
		fresh[d.Name] = true
	}
	extra := f.dimList(func(s string) bool { return used[s] && !fresh[s] })
	for _, d := range extra {
		if !bound[d.Name] {
			f.report(nil, out.Span, "nothing tells %s the run-time dim %s: no argument has it as a dim", out.Name, d.Name).
				Note(d.Name, "declared", d.Span)
		}
	}
	out.Dims = append(out.Dims, extra...)
}

// ofNumber are the derivatives of one number; turns those that can be taken
// forward or in reverse.
var (
	ofNumber = map[string]bool{"grad": true, "hessian": true, "hvp": true}
	turns    = map[string]bool{"grad": true, "jacobian": true, "hessian": true, "hvp": true}
)

// funcDerive is what derivatives are asked for. Without a clause: the gradient
// of a number by all real arguments, and else the vector-Jacobian product.
func (f *frontend) funcDerive(d *parser.FuncDecl, out *module.Func) []module.Derivative {
	var all []*module.Arg
	for _, a := range out.Args {
		if a.Type == symbolic.Real && !a.Const {
			all = append(all, a)
		}
	}
	isReal := false
	for _, r := range out.Results {
		isReal = isReal || r.Node.Type == symbolic.Real
	}
	scalar := len(out.Results) == 1 && isReal && len(out.Results[0].Node.Shape) == 0
	if d.Derive == nil {
		switch {
		case len(all) == 0 || !isReal:
			return nil
		case scalar:
			return []module.Derivative{{Kind: "grad", Wrt: all, Span: d.Name.Span()}}
		}
		return []module.Derivative{{Kind: "vjp", Wrt: all, Span: d.Name.Span()}}
	}
	var ds []module.Derivative
	before := len(f.reports)
	for _, k := range d.Derive {
		if k.What.Name == "none" {
			if len(d.Derive) > 1 || k.Wrt != nil {
				f.report(nil, k.Span(), "derive none stands alone")
			}
			continue
		}
		v := module.Derivative{Kind: k.What.Name, Wrt: all, Span: k.Span()}
		_, known := derivatives[k.What.Name]
		switch {
		case !known:
			kinds := []string{"grad", "jacobian", "hessian", "jvp", "vjp", "hvp", "none"}
			suggest(f.report(nil, k.Span(), "unknown derivative %s", k.What.Name).Hintf("there are %s", strings.Join(kinds, ", ")), k.What.Name, kinds)
			continue
		case k.Mode != nil && (!turns[k.What.Name] || k.Mode.Name != "forward" && k.Mode.Name != "reverse"):
			d := f.report(nil, k.Mode.Span(), "derive %s does not take [%s]", k.What.Name, k.Mode.Name)
			if turns[k.What.Name] {
				d.Hintf("write %s[forward] or %s[reverse]", k.What.Name, k.What.Name)
			}
			continue
		case k.ByExample && k.What.Name != "jacobian":
			f.report(nil, k.Span(), "derive %s is not by example", k.What.Name).
				Hintf("derive jacobian by example gives the derivatives of each row of the results")
			continue
		case k.Mode != nil:
			v.Mode = k.Mode.Name
		}
		if k.ByExample {
			v.Kind = "blocks"
		}
		if k.Wrt != nil {
			v.Wrt = nil
			for _, w := range k.Wrt {
				a := argNamed(out.Args, w.Name)
				switch {
				case a == nil:
					suggest(f.report(nil, w.Span(), "%s is no argument of %s", w.Name, out.Name), w.Name, argNames(out.Args))
				case a.Type != symbolic.Real:
					f.report(nil, w.Span(), "%s is %s and has no derivative", w.Name, a.Type)
				case a.Const:
					f.report(nil, w.Span(), "%s is const, so it is not differentiated", w.Name)
				case slices.Contains(v.Wrt, a):
					f.report(nil, w.Span(), "%s is named twice", w.Name)
				default:
					v.Wrt = append(v.Wrt, a)
				}
			}
		}
		switch {
		case len(f.reports) > before:
		case len(v.Wrt) == 0:
			noteGroups(f.report(nil, k.Span(), "%s has no real argument to differentiate by", out.Name), d).
				Hintf("a derivative is by what is real: x real")
		case ofNumber[k.What.Name] && !scalar:
			noteGroups(f.report(nil, k.Span(), "%s of something that is not one number", k.What.Name).
				Note(out.Name, resultsText(out.Results), d.Name.Span()), d).
				Hintf("derive jacobian gives the derivatives of all numbers, derive vjp the gradient of a sum of them")
		case !isReal:
			f.report(nil, k.Span(), "no result of %s is real", out.Name)
		}
		if slices.ContainsFunc(ds, func(o module.Derivative) bool {
			return o.Kind == v.Kind && o.Mode == v.Mode && slices.Equal(o.Wrt, v.Wrt)
		}) {
			f.report(nil, k.Span(), "derive %s is asked for twice", k.What.Name)
			continue
		}
		ds = append(ds, v)
	}
	return ds
}

// resultsText writes the types of results.
func resultsText(results []*module.Value) string {
	var out []string
	for _, r := range results {
		out = append(out, (&tensor{node: r.Node, shape: r.Node.Shape}).typeText())
	}
	return strings.Join(out, ", ")
}
