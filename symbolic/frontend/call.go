package frontend

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// staticArgs elaborates the arguments in brackets after a callable.
func (c *ctx) staticArgs(args []*parser.Arg) ([]staticArg, bool) {
	var out []staticArg
	ok := true
	for _, a := range args {
		if a.Slice || a.Value == nil {
			c.errorf(a.Span(), "a static argument is a value, not a slice")
			ok = false
			continue
		}
		v := c.eval(a.Value)
		name := ""
		if a.Name != nil {
			name = a.Name.Name
		}
		switch t := v.(type) {
		case poison:
			ok = false
			continue
		case *tensor:
			d := c.errorf(a.Value.Span(), "a static argument must be known when generating, and %s is a value of the running program", short(c.text(a.Value)))
			d.Hintf("run-time values go in parentheses")
			c.asSize(t)
			ok = false
			continue
		case tuple:
			c.errorf(a.Value.Span(), "%s is %s", short(c.text(a.Value)), describe(t))
			ok = false
			continue
		}
		out = append(out, staticArg{name, v, a.Span()})
	}
	return out, ok
}

// call is f(x, y).
func (c *ctx) call(x *parser.Call) value {
	f := c.eval(x.Fun)
	if isPoison(f) {
		for _, a := range x.Args { // their errors are independent
			c.eval(a.Value)
		}
		return f
	}
	var args []value
	var at []parser.Expr
	bad := false
	for _, a := range x.Args {
		if a.Name != nil {
			c.errorf(a.Span(), "arguments in parentheses have no names").Hintf("names go with static arguments: f[%s = …](x)", a.Name.Name)
			bad = true
			continue
		}
		if a.Slice || a.Value == nil {
			c.errorf(a.Span(), "a slice is no argument")
			bad = true
			continue
		}
		v := c.eval(a.Value)
		if t, ok := v.(tuple); ok {
			c.errorf(a.Value.Span(), "%s gives %d values, where one is needed", short(c.text(a.Value)), len(t)).
				Hintf("bind them first: a, b = %s", short(c.text(a.Value)))
			v = poison{}
		}
		bad = bad || isPoison(v)
		args, at = append(args, v), append(at, a.Value)
	}
	switch f := f.(type) {
	case *builtin:
		if bad {
			return poison{}
		}
		return c.callBuiltin(f, args, at, x)
	case *foreign:
		if bad {
			return poison{}
		}
		return c.callForeign(f, args, at, x)
	case *instance:
		if m := c.frame.model; m != nil {
			m.called[f.path] = true
		}
		return c.useLayer(f.fn, f.path, false, args, at, x, bad)
	case *closure:
		if f.decl.Kind == parser.Layer {
			return c.useLayer(f, "", true, args, at, x, bad)
		}
		if bad {
			return poison{}
		}
		path := ""
		if f.frame != nil {
			path = f.frame.path
		}
		return c.expand(f, args, at, x.Span(), path)
	}
	d := c.errorf(x.Fun.Span(), "%s is %s, not something to call", short(c.text(x.Fun)), describe(f))
	switch f.(type) {
	case *tensor:
		d.Hintf("a product is written %s*(…), an element %s[i]; a function is a static argument: func G[f](x)", short(c.text(x.Fun)), short(c.text(x.Fun)))
	case number:
		d.Hintf("a product is written %s*(…), a power of a function f(x)^%s", short(c.text(x.Fun)), short(c.text(x.Fun)))
	}
	return poison{}
}

// useLayer expands a layer under its name: that of the statement for a layer
// used in place, its own for an instance.
func (c *ctx) useLayer(f *closure, path string, inPlace bool, args []value, at []parser.Expr, x *parser.Call, bad bool) value {
	if inPlace && c.owning(f, nil) {
		name := f.decl.Name.Name
		switch {
		case !c.frame.owns:
			d := c.errorf(x.Span(), "a %s owns no parameters, so it cannot use layer %s in place", frameKind(c.frame), name)
			if c.frame.model == nil {
				d.Hintf("make it a layer, or take the parameters as arguments")
			} else {
				d.Hintf("declare layer l = %s in the model around it, and call l", short(c.text(x.Fun)))
			}
			return poison{}
		case c.name == "":
			d := c.errorf(x.Span(), "layer %s has no name here", name).Hintf("bind its result to a name: h = %s", short(c.text(x)))
			if n, ok := unparen(x.Fun).(*parser.Name); ok {
				if b := c.scope.local(n.Name); b != nil && b.what != "layer" {
					d.Note(n.Name, b.what, b.span).Hintf("to share one layer among calls, declare it: layer %s = %s", n.Name, b.what)
				}
			}
			return poison{}
		}
		path = c.frame.path + c.name + c.iter + "."
		if first, ok := c.frame.uses[path]; ok {
			c.errorf(x.Span(), "a second layer under the name %s", c.name).
				Note(c.name, "names the parameters of this one already", first).
				Hintf("bind the result of one of them to a name of its own")
			return poison{}
		}
		c.frame.uses[path] = x.Span()
	} else if inPlace {
		path = c.frame.path
	}
	if bad {
		return poison{}
	}
	return c.expand(f, args, at, x.Span(), path)
}

func frameKind(f *frame) string {
	if f.decl == nil {
		return "file"
	}
	return f.decl.Kind.String()
}

// owning reports whether a layer declares parameters or states, itself or in
// layers that it uses.
func (c *ctx) owning(f *closure, seen []*parser.FuncDecl) bool {
	if slices.Contains(seen, f.decl) {
		return false
	}
	seen = append(seen, f.decl)
	for _, s := range f.static {
		if g, ok := s.val.(*closure); ok && g.decl.Kind == parser.Layer && c.owning(g, seen) {
			return true
		}
	}
	owns := false
	walkBlock(f.decl.Body, func(n parser.Node) {
		switch n := n.(type) {
		case *parser.OwnStmt:
			owns = owns || n.Kind == parser.ParamOwn || n.Kind == parser.StateOwn
		case *parser.InstanceDecl:
			owns = true
		case *parser.Name:
			if e := f.file.own(n.Name); e != nil && !owns {
				if g, ok := e.value(c.frontend).(*closure); ok && g.decl.Kind == parser.Layer {
					owns = c.owning(g, seen)
				}
			} else if e == nil && !owns && f.file.ast != nil {
				if b := f.file.lookup(c.frontend, n.Name, n.Span()); b != nil {
					if g, ok := b.val.(*closure); ok && g.decl.Kind == parser.Layer {
						owns = c.owning(g, seen)
					}
				}
			}
		}
	})
	return owns
}

// expand elaborates the body of a callable for the given arguments. Arguments
// with more dims than declared map the call over the leading ones.
func (c *ctx) expand(f *closure, args []value, at []parser.Expr, span diag.Span, path string) value {
	d := f.decl
	if d.Kind != parser.Func && d.Kind != parser.Layer {
		e := c.errorf(span, "%s %s cannot be called", d.Kind, d.Name.Name)
		if d.Kind == parser.Model {
			e.Hintf("what several models use is a layer")
		}
		return poison{}
	}
	if c.frame.deep >= maxDepth {
		if c.recursion() {
			return poison{} // it has been reported
		}
		return c.stop(span, "calls are nested more than %d deep; does the recursion of %s end?", maxDepth, d.Name.Name)
	}
	if c.calls++; c.calls > maxCalls {
		return c.stop(span, "calls come to more than %d; does the recursion of %s end?", maxCalls, d.Name.Name)
	}
	c.effort.Spend(callEffort)
	f.file.entityUsed(d)
	fr := &frame{
		decl: d, file: f.file, call: span, up: c.frame, deep: c.frame.deep + 1, path: path,
		uses: map[string]diag.Span{}, model: c.frame.model, rule: c.frame.rule, owns: d.Kind == parser.Layer && c.frame.model != nil,
	}
	if d.Kind == parser.Layer && c.frame.model == nil {
		c.errorf(span, "layer %s stands outside of a model, so nothing can own its parameters", d.Name.Name)
		return poison{}
	}
	if len(args) != len(d.Params) {
		e := c.errorf(span, "%s takes %s, has %d", d.Name.Name, plural(len(d.Params), "argument"), len(args)).
			Note(d.Name.Name, "declared", d.Name.Span())
		if extra := len(args) - len(d.Params); len(f.static) == 0 && extra > 0 && extra <= len(d.Static) {
			// Those that are known when generating, where there are as many.
			fixed := func(i int) bool { return isFixed(args[i]) }
			known := 0
			for i := range args {
				if fixed(i) {
					known++
				}
			}
			if known != extra {
				fixed = func(i int) bool { return i < extra }
			}
			var inside, outside []string
			for i, x := range at {
				if fixed(i) {
					inside = append(inside, short(c.text(x)))
				} else {
					outside = append(outside, short(c.text(x)))
				}
			}
			e.Hintf("what is known when generating goes in brackets: %s[%s](%s)", d.Name.Name, strings.Join(inside, ", "), strings.Join(outside, ", "))
		}
		return poison{}
	}
	fr.in = &symbolic.Call{Func: d.Name.Name, Outer: c.frame.in}
	defer c.g.Within(fr.in)()
	env := &scope{up: f.env, file: f.file, names: map[string]*binding{}}
	in := &ctx{frontend: c.frontend, scope: env, frame: fr, facts: c.facts, either: c.either}
	if !in.bindStatic(f, c, span) {
		return poison{}
	}
	ts := make([]value, len(args))
	mapped, ok := c.mapArgs(d, args, at, ts)
	fr.around = append(c.ambient(), mapped...)
	if !ok || !in.bindSizes(c, d, ts, at) || !in.bindDims(c, d, ts, at) {
		return poison{}
	}
	for i, p := range d.Params {
		v, ok := in.argument(c, p, ts[i], args[i], at[i])
		if !ok {
			return poison{}
		}
		env.names[p.Name.Name] = &binding{val: in.point(p.Name.Name, v, at[i]), span: at[i].Span(), what: "argument " + p.Name.Name + " of " + d.Name.Name}
	}
	body := in.in(env.inner())
	body.scope.file = f.file
	v, ok := body.stmts(blockStmts(d.Body))
	if !ok {
		if !c.stopped {
			in.errorf(d.Name.Span(), "%s returns nothing", d.Name.Name).Hintf("its last line must be return …")
		}
		return poison{}
	}
	v = in.results(d, v, span)
	return c.unmap(v, mapped, at, span)
}

// recursion stops a recursion without end. It reports whether the calls around
// belong to one that another declaration has run into before.
func (c *ctx) recursion() (known bool) {
	for fr := c.frame; fr != nil && fr.decl != nil; fr = fr.up {
		if c.endless[fr.decl] {
			c.stopped = true
			return true
		}
	}
	for fr := c.frame; fr != nil && fr.decl != nil; fr = fr.up {
		c.endless[fr.decl] = true
	}
	return false
}

func blockStmts(b *parser.Block) []parser.Stmt {
	if b == nil {
		return nil
	}
	return b.Stmts
}

// bindStatic binds the parameters in brackets.
func (in *ctx) bindStatic(f *closure, caller *ctx, span diag.Span) bool {
	d := f.decl
	var names []string
	for _, p := range d.Static {
		names = append(names, p.Name.Name)
	}
	given := map[string]value{}
	for i, s := range f.static {
		name := s.name
		if name == "" {
			if i >= len(names) {
				caller.errorf(s.span, "%s takes %s in brackets, has %d", d.Name.Name, plural(len(names), "argument"), len(f.static)).
					Note(d.Name.Name, "declared", d.Name.Span())
				return false
			}
			name = names[i]
		}
		if !slices.Contains(names, name) {
			e := caller.errorf(s.span, "%s has no [%s]", d.Name.Name, name)
			if len(names) > 0 {
				e.Hintf("it has [%s]", strings.Join(names, ", "))
			}
			suggest(e, name, names)
			return false
		}
		if _, twice := given[name]; twice {
			caller.errorf(s.span, "[%s] is given twice", name)
			return false
		}
		given[name] = s.val
	}
	for _, p := range d.Static {
		v, ok := given[p.Name.Name]
		if !ok {
			if p.Default == nil {
				caller.errorf(span, "%s needs [%s]", d.Name.Name, p.Name.Name).
					Note(d.Name.Name, "declared", d.Name.Span()).
					Hintf("write %s[%s](…)", d.Name.Name, strings.Join(names, ", "))
				return false
			}
			if v = in.eval(p.Default); isPoison(v) {
				return false
			}
		}
		in.scope.names[p.Name.Name] = &binding{val: v, span: p.Span(), what: "static argument"}
	}
	return true
}

// mapArgs opens the leading dims that arguments have beyond what is declared,
// as axes that the call is mapped over.
func (c *ctx) mapArgs(d *parser.FuncDecl, args []value, at []parser.Expr, out []value) ([]*axis, bool) {
	var axes []*axis
	var from []int
	for i, p := range d.Params {
		rank := 0
		if p.Type != nil {
			rank = len(p.Type.Dims)
		}
		v := args[i]
		if _, isList := v.(*list); isList || rank > 0 {
			t, ok := c.tensor(v, at[i])
			if !ok {
				return nil, false
			}
			v = t
		}
		t, ok := v.(*tensor)
		if !ok {
			switch v.(type) {
			case number, truth:
			default:
				c.errorf(at[i].Span(), "%s of %s is a value, not %s", p.Name.Name, d.Name.Name, describe(v)).
					Hintf("funcs, layers and lists go in brackets: %s[…](…)", d.Name.Name)
				return nil, false
			}
			out[i] = v
			continue
		}
		extra := len(t.shape) - rank
		if extra < 0 {
			e := c.errorf(at[i].Span(), "%s of %s has %s, and %s is %s", p.Name.Name, d.Name.Name, plural(rank, "dim"), short(c.text(at[i])), describe(t))
			c.side(e, at[i], t).Note(p.Name.Name, c.typeText(p.Type)+"   parameter of "+d.Name.Name, p.Name.Span())
			return nil, false
		}
		for j := range extra {
			if j == len(axes) {
				axes = append(axes, c.newAxis(d.Name.Name, t.shape[j], at[i].Span()))
				from = append(from, i)
				continue
			}
			if !axes[j].size.Equal(t.shape[j]) {
				first := from[j]
				e := c.errorf(at[i].Span(), "the leading dims that %s is mapped over do not agree", d.Name.Name)
				c.side(c.side(e, at[first], args[first]), at[i], args[i])
				return nil, false
			}
		}
		out[i] = t.open(axes[:extra]...)
	}
	return axes, true
}

func (c *ctx) typeText(t *parser.Type) string {
	if t == nil {
		return "real"
	}
	return short(c.text(t))
}

// unmap turns the axes that a call was mapped over into leading dims of its
// results.
func (c *ctx) unmap(v value, axes []*axis, at []parser.Expr, span diag.Span) value {
	if len(axes) == 0 || isPoison(v) {
		return v
	}
	if t, ok := v.(tuple); ok {
		out := make(tuple, len(t))
		for i := range t {
			out[i] = c.unmap(t[i], axes, at, span)
		}
		return out
	}
	t, ok := c.tensor(v, spanNode{span})
	if !ok {
		return poison{}
	}
	return c.shut(t, axes...)
}

// spanNode stands for a place where there is no node of the tree.
type spanNode struct{ span diag.Span }

func (s spanNode) Span() diag.Span { return s.span }

// bindSizes binds the int arguments that are dims of others.
func (in *ctx) bindSizes(caller *ctx, d *parser.FuncDecl, args []value, at []parser.Expr) bool {
	for _, p := range d.Params {
		if p.Type == nil {
			continue
		}
		for _, x := range p.Type.Dims {
			for _, n := range dimNames(x) {
				i := slices.IndexFunc(d.Params, func(q *parser.Param) bool { return q.Name.Name == n.Name })
				if i < 0 || in.scope.names[n.Name] != nil || !isSize(d.Params[i]) {
					continue
				}
				k, ok := args[i].(number)
				if !ok {
					caller.asSize(args[i])
					caller.errorf(at[i].Span(), "%s of %s is a size, and %s is %s", n.Name, d.Name.Name, short(caller.text(at[i])), describe(args[i]))
					return false
				}
				in.scope.names[n.Name] = &binding{val: k, span: at[i].Span(), what: "argument " + n.Name + " of " + d.Name.Name}
			}
		}
	}
	return true
}

// bindDims binds the names in parameter shapes that are not declared, and
// checks all other dims.
func (in *ctx) bindDims(caller *ctx, d *parser.FuncDecl, args []value, at []parser.Expr) bool {
	type todo struct {
		dim  parser.Expr
		size symbolic.Poly
		i, j int
	}
	var list []todo
	where := map[string]todo{}
	for i, p := range d.Params {
		t, ok := args[i].(*tensor)
		if !ok || p.Type == nil {
			continue
		}
		for j, x := range p.Type.Dims {
			k := todo{x, t.shape[j], i, j}
			list = append(list, k)
			if n, ok := unparen(x).(*parser.Name); ok && in.scope.names[n.Name] == nil && in.lookupDim(n) == nil {
				in.scope.names[n.Name] = &binding{val: whole(k.size), span: n.Span(), what: "dim"}
				where[n.Name] = k
			}
		}
	}
	for _, k := range list {
		want, ok := in.size(k.dim)
		if !ok {
			return false
		}
		if want.Equal(k.size) {
			continue
		}
		p := d.Params[k.i]
		e := caller.errorf(at[k.i].Span(), "%s of %s does not fit: dim %d is %s, must be %s", p.Name.Name, d.Name.Name, k.j, k.size, want)
		caller.side(e, at[k.i], args[k.i])
		e.Note(p.Name.Name, in.typeText(p.Type)+"   parameter of "+d.Name.Name, p.Name.Span())
		for _, name := range namesIn(k.dim) {
			if w, ok := where[name]; ok && w.i != k.i {
				caller.side(e, at[w.i], args[w.i])
			}
		}
		if _, number := k.size.Const(); !number {
			if _, number := want.Const(); number {
				e.Hintf("a dim with a name never equals a number; generate with -D %s=%s to fix it", k.size, want)
			}
		}
		return false
	}
	return true
}

// lookupDim finds what a name in a shape means where it is declared.
func (in *ctx) lookupDim(n *parser.Name) *binding {
	if b := in.scope.local(n.Name); b != nil {
		return b
	}
	b := in.scope.file.lookup(in.frontend, n.Name, n.Span())
	if b != nil {
		if _, ok := b.val.(*closure); ok {
			return nil // a func of that name is no size
		}
		return b
	}
	if reserved[n.Name] {
		return in.lookup(n.Name, n.Span())
	}
	return nil
}

func namesIn(x parser.Expr) []string {
	var out []string
	walkExpr(x, func(n parser.Node) {
		if n, ok := n.(*parser.Name); ok {
			out = append(out, n.Name)
		}
	})
	return out
}
