package frontend

import (
	"math"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// own is param, state, given, sample or hyper.
func (c *ctx) own(s *parser.OwnStmt) {
	for _, id := range s.Names {
		v := value(poison{})
		what := s.Kind.String()
		switch s.Kind {
		case parser.ParamOwn:
			v = c.param(s, id)
		case parser.StateOwn:
			v = c.state(s, id)
		case parser.GivenOwn:
			v = c.givenValue(s, id)
		case parser.HyperOwn:
			v = c.hyper(s, id)
		case parser.SampleOwn:
			v = c.sample(s, id)
		}
		c.bind(id, v, what)
	}
}

// ownShape is the type of what is owned; one number where none is written.
func (c *ctx) ownShape(s *parser.OwnStmt) (symbolic.Shape, []string, parser.Elem, bool) {
	if s.Type == nil {
		return nil, nil, parser.Real, true
	}
	shape, names, ok := c.shapeOf(s.Type)
	return shape, names, s.Type.Elem, ok
}

// param declares a parameter of a model or layer.
func (c *ctx) param(s *parser.OwnStmt, id *parser.Ident) value {
	m := c.frame.model
	if m == nil || !c.frame.owns {
		c.errorf(s.Span(), "a %s has no parameters", frameKind(c.frame)).Hintf("models and layers have; a func takes arguments")
		return poison{}
	}
	shape, names, elem, ok := c.ownShape(s)
	if !ok {
		return poison{}
	}
	if elem != parser.Real {
		c.errorf(s.Span(), "a parameter is real, not %s", elem)
		return poison{}
	}
	if !c.hasElements("parameter "+id.Name, shape, s.Type) {
		return poison{}
	}
	for _, p := range shape {
		// Dims that size parameters are at least 1.
		least := p.Subst(func(sym string) (symbolic.Poly, bool) { return symbolic.Sym(sym).Add(symbolic.Int(1)), true })
		if !c.prove(p, nil) && !c.prove(least, nil) && !neverNegative(p) {
			c.errorf(s.Span(), "not supported yet: a parameter of size %s, which may be negative", p).
				Hintf("declare a dim for it, and write what is larger with a sum")
			return poison{}
		}
	}
	shape.Size() // must not overflow
	init, ok := c.initOf(s)
	if !ok {
		return poison{}
	}
	name := c.frame.path + id.Name + c.iter
	doc := []string(s.Doc)
	p := m.params[name]
	if p != nil && !p.Shape.Equal(shape) {
		c.errorf(id.Span(), "%s is %s in one call of the layer and %s in another", name, p.Shape, shape).
			Hintf("calls of one layer share its parameters, so their arguments must have the same shape")
		return poison{}
	}
	if p == nil {
		p = &module.Param{Name: name, Doc: doc, Span: c.place(id.Span()), Shape: shape, Init: init,
			Node: c.g.Input(symbolic.ParamInput, name, shape, symbolic.Real)}
		m.params[name] = p
		m.m.Params = append(m.m.Params, p)
	}
	return &tensor{node: p.Node, shape: shape, names: names}
}

// hasElements reports what the running program is to hold and is empty.
func (c *ctx) hasElements(what string, shape symbolic.Shape, t *parser.Type) bool {
	for i, d := range shape {
		if d.Is(0) {
			c.errorf(t.Dims[i].Span(), "%s has no elements: dim %d is 0", what, i)
			return false
		}
	}
	return true
}

// inits are the initialisers with how many numbers they take.
var inits = map[string][2]int{
	"zeros": {0, 0}, "ones": {0, 0}, "constant": {1, 1}, "uniform": {2, 2}, "normal": {0, 2}, "glorot": {0, 0}, "he": {0, 0},
}

// initOf reads an initialiser.
func (c *ctx) initOf(s *parser.OwnStmt) (module.Init, bool) {
	if s.Value == nil {
		return module.Init{Kind: "zeros"}, true
	}
	x := unparen(s.Value)
	var args []*parser.Arg
	if call, ok := x.(*parser.Call); ok {
		x, args = unparen(call.Fun), call.Args
	}
	n, ok := x.(*parser.Name)
	if !ok {
		c.errorf(s.Value.Span(), "%s is no initialiser", short(c.text(s.Value))).
			Hintf("zeros, ones, constant(c), uniform(lo, hi), normal(mean, deviation), glorot, he")
		return module.Init{}, false
	}
	want, ok := inits[n.Name]
	if !ok {
		d := c.errorf(n.Span(), "unknown initialiser %s", n.Name)
		d.Hintf("zeros, ones, constant(c), uniform(lo, hi), normal(mean, deviation), glorot, he")
		suggest(d, n.Name, []string{"zeros", "ones", "constant", "uniform", "normal", "glorot", "he"})
		return module.Init{}, false
	}
	init := module.Init{Kind: n.Name}
	for _, a := range args {
		if a.Value == nil || a.Name != nil {
			c.errorf(a.Span(), "an initialiser takes numbers")
			return init, false
		}
		v := c.eval(a.Value)
		f, isNum := v.(number)
		x, isConst := f.float()
		if !isNum || !isConst {
			if !isPoison(v) {
				c.errorf(a.Span(), "an initialiser takes numbers known when generating, not %s", describe(v))
			}
			return init, false
		}
		init.Args = append(init.Args, x)
	}
	if n.Name == "normal" && len(init.Args) == 0 {
		init.Args = []float64{0, 1}
	}
	if len(init.Args) < want[0] || len(init.Args) > want[1] || n.Name == "normal" && len(init.Args) != 2 {
		c.errorf(s.Value.Span(), "%s takes %s, has %d", n.Name, plural(want[1], "number"), len(args))
		return init, false
	}
	switch {
	case n.Name == "uniform" && init.Args[0] > init.Args[1]:
		c.errorf(s.Value.Span(), "uniform(%g, %g) has no numbers between its ends", init.Args[0], init.Args[1])
		return init, false
	case n.Name == "normal" && init.Args[1] < 0:
		c.errorf(s.Value.Span(), "the deviation of normal is negative")
		return init, false
	}
	return init, true
}

// state declares a value that a training step updates, of a model or layer, or
// one that an update rule keeps for each weight.
func (c *ctx) state(s *parser.OwnStmt, id *parser.Ident) value {
	if c.frame.rule != nil && c.frame.model == nil {
		return c.frame.rule.state(c, s, id)
	}
	m := c.frame.model
	if m == nil || !c.frame.owns {
		c.errorf(s.Span(), "a %s keeps no state", frameKind(c.frame))
		return poison{}
	}
	shape, names, elem, ok := c.ownShape(s)
	if !ok {
		return poison{}
	}
	if elem != parser.Real {
		return c.unsupported(s.Span(), "a state that is "+elem.String())
	}
	start, ok := c.startOf(s)
	if !ok {
		return poison{}
	}
	name := c.frame.path + id.Name + c.iter
	st := m.states[name]
	if st == nil {
		if len(c.bodies) > 0 {
			c.errorf(s.Span(), "state %s in a loop", id.Name).Hintf("a state has one value for a step of training; what a loop changes it carries")
			return poison{}
		}
		st = &module.State{Name: name, Doc: s.Doc, Span: c.place(id.Span()), Decl: id.Span(), Text: short(c.text(s)), Shape: shape, Start: start,
			Node: c.g.Input(symbolic.StateInput, name, shape, symbolic.Real)}
		st.Next = st.Node
		m.states[name] = st
		m.m.States = append(m.m.States, st)
	} else if m.seen[name] {
		c.errorf(id.Span(), "a layer with state is called twice").Hintf("which call would the state belong to? use two layers")
		return poison{}
	}
	m.seen[name] = true
	return &tensor{node: st.Node, shape: shape, names: names}
}

func (c *ctx) startOf(s *parser.OwnStmt) (float64, bool) {
	if s.Value == nil {
		return 0, true
	}
	v := c.eval(s.Value)
	if n, ok := v.(number); ok {
		if f, ok := n.float(); ok {
			return f, true
		}
	}
	if !isPoison(v) {
		c.errorf(s.Value.Span(), "a %s starts as a number known when generating, not %s", s.Kind, describe(v))
	}
	return 0, false
}

// nextState gives a state its next value; it fails where id is no state.
func (c *ctx) nextState(s *parser.NextStmt, id *parser.Ident, v value) bool {
	if r := c.frame.rule; r != nil && c.frame.model == nil {
		return r.next(c, id, v)
	}
	m := c.frame.model
	if m == nil {
		return false
	}
	st := m.states[c.frame.path+id.Name+c.iter]
	if st == nil {
		b := c.scope.local(id.Name)
		return b != nil && b.what == "state" && isPoison(b.val) // its error has been reported
	}
	if isPoison(v) || !m.training {
		return true
	}
	t, ok := c.real(v, s)
	if !ok {
		return true
	}
	switch {
	case len(t.axes) > 0 && t.axes[0].id == batchID:
		c.errorf(s.Span(), "the next value of state %s is not the same for all examples", id.Name).
			Hintf("mean[batch](…) makes one value of those of all examples")
	case len(t.axes) > 0:
		c.errorf(s.Span(), "the next value of state %s differs from %s to %s: a layer with state is not for mapped calls", id.Name, t.axes[0].name, t.axes[0].name)
	case !fits(t.shape, st.Shape) || len(t.shape) > len(st.Shape):
		c.errorf(s.Span(), "state %s is %s, its next value %s", id.Name, st.Shape, t.shapeText(false))
	case m.nexts[st]:
		c.errorf(s.Span(), "%s has a next already", id.Name)
	default:
		m.nexts[st] = true
		st.Next = c.spread(t, nil, st.Shape)
	}
	return true
}

// givenValue declares a value given with each call of the model.
func (c *ctx) givenValue(s *parser.OwnStmt, id *parser.Ident) value {
	m := c.frame.model
	if m == nil || !c.frame.owns {
		c.errorf(s.Span(), "given stands in a model")
		return poison{}
	}
	shape, names, elem, ok := c.ownShape(s)
	if !ok {
		return poison{}
	}
	typ := map[parser.Elem]symbolic.Type{parser.Real: symbolic.Real, parser.Int: symbolic.Integer, parser.Index: symbolic.Integer, parser.Bool: symbolic.Boolean}[elem]
	name := c.frame.path + id.Name + c.iter
	if !c.hasElements("given "+id.Name, shape, s.Type) {
		return poison{}
	}
	start, ok := c.defaultOf(s, elem, len(shape))
	if !ok {
		return poison{}
	}
	g := m.givens[name]
	if g == nil {
		g = &module.Given{Name: name, Span: id.Span(), Type: typ, Shape: shape, Default: start,
			Node: c.g.Input(symbolic.GivenInput, name, shape, typ)}
		g.Size = c.sizeArgs[name]
		m.givens[name] = g
		m.m.Givens = append(m.m.Givens, g)
	}
	if g.Size {
		return whole(symbolic.Sym(name))
	}
	out := &tensor{node: g.Node, shape: shape, names: names}
	if elem == parser.Index && s.Type.Bound != nil {
		n, ok := c.size(s.Type.Bound)
		if !ok {
			return poison{}
		}
		lo, hi := symbolic.Poly{}, n.Sub(symbolic.Int(1))
		out.lo, out.hi = &lo, &hi
	}
	return out
}

// hyper declares a number that the trainer carries for the train line.
func (c *ctx) hyper(s *parser.OwnStmt, id *parser.Ident) value {
	if !c.inModel(s, "hyper") {
		return poison{}
	}
	if s.Type != nil {
		c.errorf(s.Type.Span(), "a hyper is one real number")
		return poison{}
	}
	start, ok := c.startOf(s)
	if !ok {
		return poison{}
	}
	return hyper(start)
}

// defaultOf is the default of a given, or nil.
func (c *ctx) defaultOf(s *parser.OwnStmt, elem parser.Elem, rank int) (*float64, bool) {
	switch {
	case s.Value == nil:
		return nil, true
	case rank > 0:
		c.errorf(s.Value.Span(), "a given that is a tensor has no default")
		return nil, false
	case elem == parser.Bool:
		v, ok := c.eval(s.Value).(truth)
		if !ok {
			c.errorf(s.Value.Span(), "the default of a bool is true or false")
			return nil, false
		}
		f := 0.0
		if v {
			f = 1
		}
		return &f, true
	}
	f, ok := c.startOf(s)
	if ok && elem != parser.Real && f != math.Trunc(f) {
		c.errorf(s.Value.Span(), "the default of an int is a whole number%s", c.isNot(s.Value, strconv.FormatFloat(f, 'g', -1, 64)))
		return nil, false
	}
	return &f, ok
}

// memberPath reads h, h[0] or h.up as the path of a layer's parameters.
func (c *ctx) memberPath(x parser.Expr) (string, bool) {
	switch x := unparen(x).(type) {
	case *parser.Name:
		if b := c.scope.local(x.Name); b != nil {
			if in, ok := b.val.(*instance); ok {
				return strings.TrimSuffix(in.path, "."), true
			}
		}
		return c.frame.path + x.Name, true
	case *parser.Member:
		p, ok := c.memberPath(x.X)
		return p + "." + x.Name.Name, ok
	case *parser.Subscript:
		p, ok := c.memberPath(x.X)
		for _, a := range x.Args {
			if a.Slice || a.Value == nil || !ok {
				return "", false
			}
			n, isNum := c.eval(a.Value).(number)
			i, isInt := n.int()
			if !isNum || !isInt {
				return "", false
			}
			p += "[" + itoa(i) + "]"
		}
		return p, ok
	}
	return "", false
}

// params is the parameter under a path, or the list of those of all iterations
// of a loop.
func (c *ctx) params(x *parser.Member, path string) value {
	m := c.frame.model
	if m == nil {
		c.notMember(c.errorf(x.Span(), "%s has no parameters here", short(c.text(x.X))), x)
		return poison{}
	}
	// What this iteration made goes first, inside the loop.
	for _, p := range []string{path, path + c.iter} {
		if q := m.params[p+"."+x.Name.Name]; q != nil {
			return &tensor{node: q.Node, shape: q.Shape}
		}
	}
	out := &list{}
	var near []string
	for _, p := range m.m.Params {
		rest, ok := strings.CutPrefix(p.Name, path)
		if !ok {
			continue
		}
		if name, ok := strings.CutPrefix(rest, "."); ok {
			near = append(near, name)
		}
		i := strings.IndexByte(rest, ']')
		if strings.HasPrefix(rest, "[") && i > 0 {
			for strings.HasPrefix(rest[i+1:], "[") {
				i += 1 + strings.IndexByte(rest[i+1:], ']')
			}
			near = append(near, strings.TrimPrefix(rest[i+1:], "."))
			if rest[i+1:] == "."+x.Name.Name {
				out.elems = append(out.elems, &tensor{node: p.Node, shape: p.Shape})
			}
		}
	}
	if len(out.elems) > 0 {
		return out
	}
	if n, ok := x.X.(*parser.Name); ok {
		b := c.lookup(n.Name, n.Span())
		if b == nil {
			return c.evalName(n)
		}
		if isPoison(b.val) {
			return poison{}
		}
	}
	d := c.errorf(x.Span(), "%s has no parameter %s", short(c.text(x.X)), x.Name.Name)
	if c.notMember(d, x) {
		return poison{}
	}
	near = uniq(near)
	if len(near) > 0 {
		d.Hintf("it has %s", strings.Join(near, ", "))
		suggest(d, x.Name.Name, near)
	} else {
		d.Hintf("a layer's parameters go by the name that its result is bound to: h = dense[3](x), then h.W")
	}
	return poison{}
}

// notMember hints at what is written otherwise than as a member.
func (c *ctx) notMember(d *diag.Diagnostic, x *parser.Member) bool {
	switch of := short(c.text(x.X)); {
	case x.Name.Name == "T":
		d.Hintf("the transpose is %s'", of)
	case x.Name.Name == "shape" || x.Name.Name == "size":
		d.Hintf("len(%s) is its first dim; others have the names that the types give them", of)
	case isBuiltin(x.Name.Name):
		d.Hintf("a function stands before: %s(%s)", x.Name.Name, of)
	default:
		return false
	}
	return true
}

func uniq(s []string) []string {
	var out []string
	for _, x := range s {
		out = appendNew(out, x)
	}
	return out
}
