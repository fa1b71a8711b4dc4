package frontend

import (
	"math"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// An update rule is elaborated for a block of n weights, in a graph of its
// own, once for each rank that a parameter of the model has.
//
// An argument that the train line gives as a number, or that keeps a default,
// is a number set at run time. An argument left at a default of exactly 0 or
// infinity is off: it is known when generating, and what it multiplies or
// limits is left out, with the state that only that would need. So sgd without
// momentum keeps nothing, and adam without clip asks for no gradient norm.
type ruleBuild struct {
	m      *modelBuild
	rule   *module.Rule
	states map[string]*module.RuleState
	nexts  map[string]*symbolic.Node
	step   *symbolic.Node
	norm   *symbolic.Node
}

// blockSize is the symbol of the number of weights of a block.
const blockSize = "n"

// setTrain keeps the train line until the parameters are known.
func (b *modelBuild) setTrain(c *ctx, s *parser.TrainStmt) {
	if b.train != nil && b.train != s {
		c.errorf(s.Span(), "a second train line").Note("", "the first", b.train.Span())
		return
	}
	b.train, b.trainCtx = s, c
}

// rule elaborates the rule that the train line names.
func (f *frontend) rule(b *modelBuild, good bool) *module.Rule {
	s := b.train
	x, args := unparen(s.Rule), []*parser.Arg(nil)
	if call, ok := x.(*parser.Call); ok {
		x, args = call.Fun, call.Args
	}
	r := &ruleBuild{m: b, rule: &module.Rule{Text: f.text(s), Span: s.Span(), Graph: f.newGraph()}}
	model, checks := f.g, f.checks
	f.g, f.checks = r.rule.Graph, nil
	defer func() { f.g, f.checks = model, checks }()
	fr := &frame{decl: b.decl, file: f.main, rule: r, uses: map[string]diag.Span{}}
	c := &ctx{frontend: f, scope: f.main.scope.inner(), frame: fr}
	defer c.g.At(symbolic.Origin{Span: s.Span(), Stmt: f.text(s)})()
	d := c.findRule(x)
	if d == nil {
		return nil
	}
	r.rule.Name = d.decl.Name.Name
	if len(d.decl.Params) < 2 {
		c.errorf(d.decl.Name.Span(), "a rule takes a weight and its gradient: rule %s(w, g, …)", r.rule.Name)
		return nil
	}
	hypers, ok := c.hypers(d, args, r)
	if !ok {
		return nil
	}
	var ranks []int
	for _, p := range b.m.Params {
		if !slices.Contains(ranks, len(p.Shape)) {
			ranks = append(ranks, len(p.Shape))
		}
	}
	slices.Sort(ranks)
	if len(ranks) == 0 {
		if !good {
			return nil // the model has errors of its own
		}
		c.errorf(s.Span(), "%s has no parameters to train", b.decl.Name.Name)
		return nil
	}
	for _, rank := range ranks {
		u := c.update(d, r, hypers, rank)
		if u == nil {
			return nil
		}
		r.rule.Updates = append(r.rule.Updates, u)
	}
	r.finish()
	return r.rule
}

// findRule finds a rule by name, in the file, its imports and the library of
// rules, which needs no import, or as that of a file imported under a name.
func (c *ctx) findRule(x parser.Expr) *closure {
	var b *binding
	var name string
	switch x := x.(type) {
	case *parser.Name:
		name = x.Name
		b = c.namedRule(x)
	case *parser.Member:
		name = c.text(x)
		b = &binding{val: c.member(x), span: x.Span()}
	default:
		c.errorf(x.Span(), "train names an update rule").Hintf("train adam(lr = 1e-3)")
	}
	if b == nil {
		return nil
	}
	f, ok := b.val.(*closure)
	if !ok || f.decl.Kind != parser.Rule {
		if !isPoison(b.val) {
			c.errorf(x.Span(), "%s is %s, not a rule", name, describe(b.val)).Note(name, "declared", b.span)
		}
		return nil
	}
	return f
}

// namedRule is what goes by a name, or nil, reported.
func (c *ctx) namedRule(n *parser.Name) *binding {
	b := c.scope.file.lookup(c.frontend, n.Name, n.Span())
	lib := c.library("optim")
	if b == nil && lib != nil {
		b = lib.lookup(c.frontend, n.Name, n.Span())
	}
	if b == nil {
		d := c.errorf(n.Span(), "unknown rule %s", n.Name)
		names := c.scope.file.visible()
		if lib != nil {
			names = append(names, lib.order...)
		}
		suggest(d, n.Name, names)
	}
	return b
}

// hypers gives the rule's arguments after the weight and the gradient their
// values.
func (c *ctx) hypers(d *closure, args []*parser.Arg, r *ruleBuild) (map[string]value, bool) {
	out := map[string]value{}
	params := d.decl.Params[2:]
	line := c.trainCtx()
	ok := c.modelHypers(line, d, args, r)
	for _, a := range args {
		if a.Name == nil || a.Value == nil {
			c.errorf(a.Span(), "the arguments of a rule have names").Hintf("%s = …", params0(params))
			ok = false
			continue
		}
		i := slices.IndexFunc(params, func(p *parser.Param) bool { return p.Name.Name == a.Name.Name })
		if i < 0 {
			e := c.errorf(a.Name.Span(), "rule %s has no %s", d.decl.Name.Name, a.Name.Name)
			var names []string
			for _, p := range params {
				names = append(names, p.Name.Name)
			}
			if suggest(e, a.Name.Name, names); len(names) > 0 {
				e.Hintf("it has %s", strings.Join(names, ", "))
			}
			ok = false
			continue
		}
		if out[a.Name.Name] != nil {
			c.errorf(a.Span(), "%s is given twice", a.Name.Name)
			ok = false
			continue
		}
		if c.ofModel(a.Value, r.m) {
			ok = false
			continue
		}
		v := line.eval(a.Value)
		switch v := v.(type) {
		case poison:
			ok = false
			out[a.Name.Name] = v
		case number:
			f, isConst := v.float()
			if !isConst {
				c.errorf(a.Value.Span(), "%s is a size that is known at run time; a rule's arguments are numbers", short(c.text(a.Value)))
				ok = false
				continue
			}
			out[a.Name.Name] = r.hyper(c, a.Name.Name, f)
		case *tensor:
			if len(v.shape) > 0 || v.node.Type == symbolic.Boolean {
				c.errorf(a.Value.Span(), "%s must be one number, not %s", a.Name.Name, describe(v))
				ok = false
				continue
			}
			out[a.Name.Name] = c.toReal(v)
		default:
			c.errorf(a.Value.Span(), "%s must be a number, not %s", a.Name.Name, describe(v))
			ok = false
		}
	}
	if !ok {
		return nil, false
	}
	env := &ctx{frontend: c.frontend, scope: d.env, frame: &frame{file: d.file, rule: r}}
	for _, p := range params {
		if out[p.Name.Name] != nil {
			continue
		}
		if p.Default == nil {
			c.errorf(c.frame.rule.rule.Span, "rule %s needs %s", d.decl.Name.Name, p.Name.Name).
				Note(p.Name.Name, "parameter of the rule", p.Name.Span())
			return nil, false
		}
		v := env.eval(p.Default)
		n, isNum := v.(number)
		f, isConst := n.float()
		if !isNum || !isConst {
			if !isPoison(v) {
				c.errorf(p.Default.Span(), "the default of a rule's argument is a number")
			}
			return nil, false
		}
		if f == 0 || math.IsInf(f, 0) {
			out[p.Name.Name] = n // off
			continue
		}
		out[p.Name.Name] = r.hyper(c, p.Name.Name, f)
	}
	return out, true
}

// modelHypers binds the hypers of the model for the arguments of the train
// line. The trainer has a field for each, beside those of the rule.
func (c *ctx) modelHypers(line *ctx, d *closure, args []*parser.Arg, r *ruleBuild) bool {
	good := true
	for _, id := range r.m.hypers() {
		b := r.m.trainCtx.scope.local(id.Name)
		if b == nil {
			continue
		}
		start, ok := b.val.(hyper)
		if !ok {
			good = false // its error has been reported
			continue
		}
		for _, p := range d.decl.Params[2:] {
			given := slices.ContainsFunc(args, func(a *parser.Arg) bool { return a.Name != nil && a.Name.Name == p.Name.Name })
			if goName(p.Name.Name) == goName(id.Name) && !given {
				c.errorf(id.Span(), "the trainer has a number %s already", id.Name).
					Note(p.Name.Name, "argument of rule "+d.decl.Name.Name, p.Name.Span()).
					Hintf("say that it is meant, %s = %s, or take another name", p.Name.Name, id.Name)
				good = false
			}
		}
		line.scope.names[id.Name] = &binding{val: r.hyper(c, id.Name, float64(start)), span: id.Span(), what: "hyper"}
	}
	return good
}

// hypers lists the names that the model declares as hyper.
func (b *modelBuild) hypers() []*parser.Ident {
	var out []*parser.Ident
	for _, s := range blockStmts(b.decl.Body) {
		if own, ok := s.(*parser.OwnStmt); ok && own.Kind == parser.HyperOwn {
			out = append(out, own.Names...)
		}
	}
	return out
}

// unusedHypers reports those that the train line does not need.
func (b *modelBuild) unusedHypers(f *frontend) {
	for _, id := range b.hypers() {
		if b.m.Rule == nil || !slices.ContainsFunc(b.m.Rule.Hypers, func(h *module.Hyper) bool { return h.Name == id.Name }) {
			f.report(nil, id.Span(), "hyper %s is of no use: no train line depends on it", id.Name).Hintf("train adam(lr = %s)", id.Name)
		}
	}
}

// ofModel reports a name in the argument of a train line that is bound in the
// model's body: the line is not about an example.
func (c *ctx) ofModel(x parser.Expr, b *modelBuild) (bad bool) {
	walkExpr(x, func(n parser.Node) {
		id, ok := n.(*parser.Name)
		if !ok || c.lookup(id.Name, id.Span()) != nil {
			return
		}
		v := b.trainCtx.scope.local(id.Name)
		if v == nil {
			return
		}
		if _, ok := v.val.(hyper); !ok {
			bad = true
			c.errorf(id.Span(), "%s is a value of the model, which a train line does not see", id.Name).
				Note(id.Name, v.what, v.span).Hintf("it sees numbers, consts, dims, hypers and step")
		}
	})
	return bad
}

func params0(ps []*parser.Param) string {
	if len(ps) == 0 {
		return "lr"
	}
	return ps[0].Name.Name
}

// trainCtx is where the arguments of a train line stand: schedules of the
// library can be used without importing it.
func (c *ctx) trainCtx() *ctx {
	d := *c
	lib := c.library("optim")
	if lib == nil {
		return c
	}
	sc := c.scope.inner()
	for _, name := range lib.order {
		if c.scope.file.lookup(c.frontend, name, diag.Span{}) == nil {
			sc.names[name] = lib.lookup(c.frontend, name, diag.Span{})
		}
	}
	d.scope = sc
	return &d
}

func (r *ruleBuild) hyper(c *ctx, name string, start float64) value {
	n := c.g.Input(symbolic.HyperInput, name, nil, symbolic.Real)
	r.rule.Hypers = append(r.rule.Hypers, &module.Hyper{Name: name, Default: start, Node: n})
	return &tensor{node: n}
}

// system gives step and gradnorm.
func (r *ruleBuild) system(c *ctx, name string) value {
	if name == "step" {
		r.step = c.g.Input(symbolic.SystemInput, "step", nil, symbolic.Integer)
		lo := symbolic.Int(1)
		return &tensor{node: r.step, lo: &lo}
	}
	r.norm = c.g.Input(symbolic.SystemInput, "gradnorm", nil, symbolic.Real)
	return &tensor{node: r.norm}
}

// update elaborates the rule for parameters of a rank.
func (c *ctx) update(d *closure, r *ruleBuild, hypers map[string]value, rank int) *module.Update {
	r.states, r.nexts = map[string]*module.RuleState{}, map[string]*symbolic.Node{}
	shape := symbolic.Shape{symbolic.Sym(blockSize)}
	u := &module.Update{
		Ranks: []int{rank},
		W:     c.g.Input(symbolic.ParamInput, "w", shape, symbolic.Real),
		G:     c.g.Input(symbolic.ArgInput, "g", shape, symbolic.Real),
	}
	d.file.entityUsed(d.decl)
	fr := &frame{decl: d.decl, file: d.file, call: r.rule.Span, up: c.frame, deep: 1, rule: r, uses: map[string]diag.Span{}}
	env := &scope{up: d.env, file: d.file, names: map[string]*binding{}}
	in := &ctx{frontend: c.frontend, scope: env, frame: fr}
	ps := d.decl.Params
	env.names[ps[0].Name.Name] = &binding{val: &tensor{node: u.W, shape: shape, rank: &rank}, span: ps[0].Name.Span(), what: "the weight"}
	env.names[ps[1].Name.Name] = &binding{val: &tensor{node: u.G, shape: shape, rank: &rank}, span: ps[1].Name.Span(), what: "its gradient"}
	for _, p := range ps[2:] {
		env.names[p.Name.Name] = &binding{val: hypers[p.Name.Name], span: p.Name.Span(), what: "argument of the rule"}
	}
	v, ok := in.in(env.inner()).stmts(blockStmts(d.decl.Body))
	if !ok {
		if !c.stopped {
			in.errorf(d.decl.Name.Span(), "rule %s returns nothing", d.decl.Name.Name).Hintf("it returns the new weight")
		}
		return nil
	}
	if isPoison(v) {
		return nil
	}
	t, ok := in.real(v, spanNode{d.decl.Name.Span()})
	if !ok {
		return nil
	}
	if len(t.shape) > 1 || !fits(t.shape, shape) {
		in.errorf(d.decl.Name.Span(), "rule %s returns %s, where a new weight is needed", d.decl.Name.Name, describe(t))
		return nil
	}
	u.NewW = in.spread(t, nil, shape)
	for _, s := range r.rule.States {
		n := r.nexts[s.Name]
		if n == nil {
			n = s.Node
		}
		u.Next = append(u.Next, n)
	}
	return u
}

// state declares what the rule keeps for each weight.
func (r *ruleBuild) state(c *ctx, s *parser.OwnStmt, id *parser.Ident) value {
	if s.Type != nil {
		return c.unsupported(s.Type.Span(), "a state of a rule with a shape of its own")
	}
	if c.frame.decl == nil || c.frame.decl.Kind != parser.Rule {
		c.errorf(s.Span(), "a %s keeps no state", frameKind(c.frame))
		return poison{}
	}
	start, ok := c.startOf(s)
	if !ok {
		return poison{}
	}
	shape := symbolic.Shape{symbolic.Sym(blockSize)}
	n := c.g.Input(symbolic.StateInput, id.Name, shape, symbolic.Real)
	st := &module.RuleState{Name: id.Name, Start: start, Node: n}
	r.states[id.Name] = st
	if !slices.ContainsFunc(r.rule.States, func(o *module.RuleState) bool { return o.Name == id.Name }) {
		r.rule.States = append(r.rule.States, st)
	}
	return &tensor{node: n, shape: shape}
}

func (r *ruleBuild) next(c *ctx, id *parser.Ident, v value) bool {
	st := r.states[id.Name]
	if st == nil {
		return false
	}
	if r.nexts[id.Name] != nil {
		c.errorf(id.Span(), "%s has a next already", id.Name)
		return true
	}
	t, ok := c.real(v, id)
	if !ok {
		return true
	}
	if !fits(t.shape, st.Node.Shape) || len(t.shape) > 1 {
		c.errorf(id.Span(), "the next value of state %s is %s", id.Name, describe(t))
		return true
	}
	r.nexts[id.Name] = c.spread(t, nil, st.Node.Shape)
	return true
}

// finish joins the updates of ranks that came out the same, and drops states
// and numbers that nothing needs.
func (r *ruleBuild) finish() {
	rule := r.rule
	live := make([]bool, len(rule.States))
	var used map[*symbolic.Node]bool
	for changed := true; changed; {
		changed = false
		var roots []*symbolic.Node
		for _, u := range rule.Updates {
			roots = append(roots, u.NewW)
			for i, n := range u.Next {
				if live[i] {
					roots = append(roots, n)
				}
			}
		}
		used = map[*symbolic.Node]bool{}
		for _, n := range symbolic.Reachable(roots...) {
			used[n] = true
		}
		for i, s := range rule.States {
			if !live[i] && used[s.Node] {
				live[i], changed = true, true
			}
		}
	}
	keep := func(i int) bool { return live[i] }
	var states []*module.RuleState
	for i, s := range rule.States {
		if keep(i) {
			states = append(states, s)
		}
	}
	rule.States = states
	rule.Hypers = slices.DeleteFunc(rule.Hypers, func(h *module.Hyper) bool { return !used[h.Node] })
	same := true
	for _, u := range rule.Updates {
		var next []*symbolic.Node
		for i, n := range u.Next {
			if keep(i) {
				next = append(next, n)
			}
		}
		u.Next = next
		if r.step != nil && used[r.step] {
			u.Step = r.step
		}
		if r.norm != nil && used[r.norm] {
			u.Norm, rule.GradNorm = r.norm, true
		}
		first := rule.Updates[0]
		same = same && u.NewW == first.NewW && slices.Equal(u.Next, first.Next)
	}
	if same {
		rule.Updates = rule.Updates[:1]
		rule.Updates[0].Ranks = nil
	}
}

// ruleFold simplifies arithmetic in rules by what is off: 0·x is 0 there, 0 + x
// and 1·x are x, and infinity over the gradient's norm is infinity. Weights and
// their states are finite, and the norm is not negative.
func (c *ctx) ruleFold(op string, a, b value) (value, bool) {
	r := c.frame.rule
	if r == nil {
		return nil, false
	}
	is := func(v value, f float64) bool {
		n, ok := v.(number)
		g, isConst := n.float()
		return ok && isConst && f == g
	}
	zero := constant(0)
	switch op {
	case "+":
		switch {
		case is(a, 0):
			return b, true
		case is(b, 0):
			return a, true
		}
	case "-":
		if is(b, 0) {
			return a, true
		}
	case "*":
		switch {
		case is(a, 0) || is(b, 0):
			return zero, true
		case is(a, 1):
			return b, true
		case is(b, 1):
			return a, true
		}
	case "/":
		t, ok := b.(*tensor)
		switch {
		case is(b, 1):
			return a, true
		case ok && is(a, 0):
			return zero, true
		case ok && is(a, inf) && r.norm != nil && t.node == r.norm:
			return a, true
		}
	}
	return nil, false
}

// ruleExtreme simplifies max and min with an infinite limit, which is off.
func (c *ctx) ruleExtreme(isMax bool, a, b value) (value, bool) {
	if c.frame.rule == nil {
		return nil, false
	}
	limit := inf
	if isMax {
		limit = -inf
	}
	for i, v := range []value{a, b} {
		if n, ok := v.(number); ok && !n.exact && n.f == limit {
			return []value{b, a}[i], true
		}
	}
	return nil, false
}
