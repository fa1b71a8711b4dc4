package frontend

import (
	"errors"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// stmts elaborates statements in order. It gives the value of the return or of
// the expression that stands last, and whether there is one.
func (c *ctx) stmts(ss []parser.Stmt) (value, bool) {
	for i, s := range ss {
		if c.stopped {
			return poison{}, true
		}
		if c.assigning(s) {
			continue
		}
		v, done := c.guarded(s)
		if !done {
			continue
		}
		if _, bare := s.(*parser.ValueStmt); bare && i < len(ss)-1 {
			c.errorf(s.Span(), "this value goes nowhere").Hintf("bind it to a name; the value of a block stands last")
			continue
		}
		if i < len(ss)-1 {
			c.errorf(ss[i+1].Span(), "nothing can follow return").Note("", "the return", s.Span())
		}
		return v, true
	}
	return nil, false
}

// assigning reports an if that is written as a statement, whose branches bind names
// as if these were to be seen behind it.
func (c *ctx) assigning(s parser.Stmt) bool {
	v, ok := s.(*parser.ValueStmt)
	if !ok || len(v.Values) != 1 {
		return false
	}
	x, ok := v.Values[0].(*parser.If)
	if !ok {
		return false
	}
	var names []*parser.Ident
	for _, b := range []*parser.Block{x.Then, x.Else} {
		ss := blockStmts(b)
		if len(ss) == 0 {
			return false
		}
		let, ok := ss[len(ss)-1].(*parser.LetStmt)
		if !ok {
			return false
		}
		names = append(names, let.Names...)
	}
	c.errorf(s.Span(), "an if is an expression and has a value; what its branches bind is seen in them only").
		Hintf("%s = if c { a } else { b }", names[0].Name)
	for _, id := range names {
		if c.scope.local(id.Name) == nil {
			c.scope.names[id.Name] = &binding{val: poison{}, span: id.Span()}
		}
	}
	return true
}

// guarded elaborates a statement. Sizes that overflow are an error of the
// statement, and what it would have bound is poison; so are limits, which end
// elaboration.
func (c *ctx) guarded(s parser.Stmt) (v value, done bool) {
	defer c.origin(s)()
	quiet := c.quiet
	err := symbolic.Guard(func() { v, done = c.stmt(s) })
	if err == nil {
		return v, done
	}
	c.quiet = quiet
	if errors.Is(err, symbolic.ErrOverflow) {
		c.errorf(s.Span(), "%v", err)
	} else {
		c.stop(s.Span(), "%v", err)
	}
	bind := func(ids ...*parser.Ident) {
		for _, id := range ids {
			if c.scope.local(id.Name) == nil {
				c.scope.names[id.Name] = &binding{val: poison{}, span: id.Span()}
			}
		}
	}
	switch s := s.(type) {
	case *parser.LetStmt:
		bind(s.Names...)
	case *parser.IndexStmt:
		bind(s.Name)
	case *parser.LoopStmt:
		bind(s.Outs...)
		for _, k := range s.Carry {
			bind(k.Name)
		}
	case *parser.OwnStmt:
		bind(s.Names...)
	case *parser.ReturnStmt, *parser.ValueStmt:
		return poison{}, true
	}
	return nil, false
}

// origin makes the nodes built from now on tell that they belong to s. What a
// library computes tells of the statement that uses it.
func (c *ctx) origin(s parser.Node) func() {
	if c.frame.file.embedded {
		return func() {}
	}
	text := c.text(s)
	if l, ok := s.(*parser.LoopStmt); ok && l.Body != nil && l.Kind != parser.For {
		text = c.textOf(diag.Span{Pos: s.Span().Pos, End: l.Body.Span().Pos}) // what is in it speaks for itself
	}
	return c.g.At(symbolic.Origin{Span: s.Span(), Stmt: text, Call: c.frame.in})
}

func (c *ctx) stmt(s parser.Stmt) (value, bool) {
	switch s := s.(type) {
	case *parser.LetStmt:
		c.let(s)
	case *parser.IndexStmt:
		c.named(identName(s.Name)).indexStmt(s)
	case *parser.LoopStmt:
		c.loop(s)
	case *parser.OwnStmt:
		c.own(s)
	case *parser.RoleStmt:
		c.role(s)
	case *parser.TrainStmt:
		if c.inModel(s, "train") {
			c.frame.model.setTrain(c, s)
		}
	case *parser.NextStmt:
		c.next(s)
	case *parser.EmitStmt:
		c.emit(s)
	case *parser.ReturnStmt:
		return c.values(s.Values, c.named("")), true
	case *parser.ValueStmt:
		return c.values(s.Values, c), true
	case *parser.FuncDecl:
		c.localFunc(s)
	case *parser.InstanceDecl:
		c.instance(s)
	case *parser.ConstDecl:
		for _, sp := range s.Specs {
			v := c.constValue(sp)
			if sp.Name != nil && !c.frame.file.embedded {
				c.noteConst(sp.Name.Name, v)
			}
			c.bind(sp.Name, v, "const")
		}
	case *parser.DimDecl:
		for _, sp := range s.Specs {
			c.localDim(sp)
		}
	}
	return nil, false
}

// values is one value or a group of them.
func (c *ctx) values(xs []parser.Expr, in *ctx) value {
	if len(xs) == 1 {
		return in.eval(xs[0])
	}
	var out tuple
	bad := false
	for _, x := range xs {
		v := in.eval(x)
		if t, ok := v.(tuple); ok {
			c.errorf(x.Span(), "%s gives %d values, where one is needed", short(c.text(x)), len(t))
			v = poison{}
		}
		bad = bad || isPoison(v)
		out = append(out, v)
	}
	if bad {
		return poison{}
	}
	return out
}

// spreadValues gives n names their values: as many values, or one group.
func (c *ctx) spreadValues(xs []parser.Expr, n int, at parser.Node, in func(i int) *ctx) []value {
	out := make([]value, n)
	for i := range out {
		out[i] = poison{}
	}
	if len(xs) == 1 && n > 1 {
		v := in(0).eval(xs[0])
		if isPoison(v) {
			return out
		}
		if t, ok := v.(tuple); ok && len(t) == n {
			copy(out, t)
			return out
		}
		got := 1
		if t, ok := v.(tuple); ok {
			got = len(t)
		}
		c.errorf(at.Span(), "%s for %d names", plural(got, "value"), n)
		return out
	}
	if len(xs) != n {
		d := c.errorf(at.Span(), "%s for %s", plural(len(xs), "value"), plural(n, "name"))
		if n == 1 {
			d.Hintf("one value of several entries is a list: [a, b]")
		}
		return out
	}
	for i, x := range xs {
		v := in(i).eval(x)
		if t, ok := v.(tuple); ok {
			c.errorf(x.Span(), "%s gives %d values for one name", short(c.text(x)), len(t)).
				Hintf("give each a name, or _ where it is not needed")
			v = poison{}
		}
		out[i] = v
	}
	return out
}

// let is a, b = E, F.
func (c *ctx) let(s *parser.LetStmt) {
	name := ""
	for _, id := range s.Names {
		if name == "" && id.Name != "_" {
			name = id.Name
		}
	}
	in := c.named(name)
	vs := c.spreadValues(s.Values, len(s.Names), s, func(int) *ctx { return in })
	for i, id := range s.Names {
		x := s.Values[min(i, len(s.Values)-1)]
		c.letName(id, vs[i], c.text(x))
	}
}

// letName binds a name and lets the graph know it.
func (c *ctx) letName(id *parser.Ident, v value, what string) {
	what = short(what)
	if t, ok := v.(*tensor); ok {
		t.shape.Size() // must not overflow
		if of := c.flatOf[t]; of != "" {
			what += " of " + of
		}
		c.nameNode(t, id.Name)
	}
	c.bind(id, v, what)
}

// nameNode records what the model calls a value.
func (c *ctx) nameNode(t *tensor, name string) {
	if name == "_" || t.node.Op.Class == symbolic.Leaf {
		return
	}
	name = c.frame.path + name + c.iter
	c.g.SetName(t.node, name)
	for of := t.node.Origin.Call; of != nil; of = of.Outer {
		if of.Outer == c.frame.in && c.handed[t.node] != of {
			t.node.Name, c.handed[t.node] = name, of // to those who called, it is what they call it
		}
	}
}

func (c *ctx) localFunc(s *parser.FuncDecl) {
	if s.Kind != parser.Func && s.Kind != parser.Layer {
		c.errorf(s.Span(), "a %s is declared in a file, not in a body", s.Kind)
		return
	}
	c.bind(s.Name, &closure{decl: s, env: c.scope, file: c.frame.file, frame: c.frame}, s.Kind.String())
}

// instance is layer enc = dense[64].
func (c *ctx) instance(s *parser.InstanceDecl) {
	if !c.frame.owns {
		c.errorf(s.Span(), "a %s owns no layers", frameKind(c.frame)).Hintf("declare it in the model or layer around")
		return
	}
	v := c.eval(s.Value)
	if f, ok := v.(*closure); ok && f.decl.Kind == parser.Layer {
		path := c.frame.path + s.Name.Name + c.iter + "."
		c.frame.uses[path] = s.Name.Span()
		l := &instance{f, path, s.Name.Span()}
		c.frame.model.layers = append(c.frame.model.layers, l)
		c.bind(s.Name, l, "layer")
		return
	}
	if !isPoison(v) {
		c.errorf(s.Value.Span(), "%s is %s, not a layer", short(c.text(s.Value)), describe(v))
	}
	c.bind(s.Name, poison{}, "layer")
}

func (c *ctx) localDim(s *parser.ValueSpec) {
	if s.Value == nil {
		c.errorf(s.Span(), "dim %s in a body needs a value", identName(s.Name)).Hintf("run-time dims are declared in the file")
		c.bind(s.Name, poison{}, "dim")
		return
	}
	c.bind(s.Name, c.dimNumber(s.Value, nil), "dim")
}

// member is z.W: a parameter of the layer whose result z is, or something of a
// file imported under a name.
func (c *ctx) member(x *parser.Member) value {
	if n, ok := x.X.(*parser.Name); ok && c.scope.local(n.Name) == nil {
		if f := c.scope.file.alias(n.Name); f != nil {
			if e := f.own(x.Name.Name); e != nil {
				return e.value(c.frontend)
			}
			d := c.errorf(x.Span(), "%s has no %s", n.Name, x.Name.Name)
			suggest(d, x.Name.Name, f.order)
			if isBuiltin(x.Name.Name) {
				d.Hintf("%s is a function of the language, without %s", x.Name.Name, n.Name)
			}
			return poison{}
		}
	}
	path, ok := c.memberPath(x.X)
	if !ok {
		d := c.errorf(x.Span(), "%s has no parameters by name", short(c.text(x.X)))
		if c.notMember(d, x) {
			return poison{}
		}
		d.Hintf("a layer's parameters go by the name that its result is bound to: h = dense[3](x), then h.W")
		return poison{}
	}
	return c.params(x, path)
}
