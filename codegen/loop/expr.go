package loop

import (
	"math"

	"github.com/bpgen/bpgen/symbolic"
)

// expr returns t as an expression of the program. What several terms use goes
// into a variable first.
func (e *emitter) expr(c *comp, t *term) Expr {
	if x, ok := e.known(t); ok {
		return x
	}
	x := e.make(c, t)
	if (t.uses > 1 || e.loadedAgain(x)) && worthKeeping(x) {
		return e.let(c, t, x)
	}
	return x
}

// countLoads counts the loads of comps that follow each other in one body.
func (e *emitter) countLoads(g *group) {
	e.reads = map[string]int{}
	if len(g.comps) < 2 || g.depth == 0 {
		return
	}
	for _, c := range g.comps {
		c.always(c.body, func(t *term) {
			if t.kind == read && t.val.buf != nil && !c.readsData(t) {
				e.reads[exprString(&Load{Buf: t.val.buf, Index: t.val.flat(e.polys(c, t.index))})]++
			}
		})
	}
}

func (e *emitter) loadedAgain(x Expr) bool {
	l, ok := x.(*Load)
	return ok && len(e.reads) > 0 && e.reads[exprString(l)] > 1
}

// readsData reports that an index of t depends on data.
func (c *comp) readsData(t *term) bool { return len(c.operandsOf(t)) > 0 }

// always calls f for the terms below t that are computed in any case.
func (c *comp) always(t *term, f func(*term)) {
	c.walk(t, func(t *term) bool {
		f(t)
		return t.kind != guard && !(t.kind == apply && t.op.Lazy)
	})
}

func worthKeeping(x Expr) bool {
	switch x.(type) {
	case *Load, *Apply:
		return true
	}
	return false
}

// let puts x into a variable and remembers that it holds t.
func (e *emitter) let(c *comp, t *term, x Expr) Expr {
	in := e.scopes[len(e.scopes)-1]
	key := exprString(x)
	for i := len(e.scopes) - 1; i >= 0; i-- {
		if ref, ok := e.scopes[i].lets[key]; ok {
			in.terms[t] = ref
			return ref
		}
	}
	y := e.newVar(e.letName(c, t), t.typ)
	e.add(&Let{Var: y, Value: x})
	ref := &Ref{y}
	in.terms[t], in.lets[key] = ref, ref
	return ref
}

func (e *emitter) letName(c *comp, t *term) string {
	if t.kind == read && t.val.name != "" {
		return e.elementName(c, t.index, t.val.name)
	}
	return nodeName(t.node, "t")
}

// elementName names an element of the value name: by the innermost loop that
// it depends on, as in xj.
func (e *emitter) elementName(c *comp, index []symbolic.Poly, name string) string {
	depth := -1
	for _, p := range index {
		for d, a := range c.order {
			if mentions(p, c.axes[a].sym) {
				depth = max(depth, d)
			}
		}
	}
	if depth < 0 || c.path[depth].name == "" {
		return name + "0"
	}
	return name + c.path[depth].name
}

func (e *emitter) make(c *comp, t *term) Expr {
	switch t.kind {
	case number:
		return &Const{Value: t.num, Type: t.typ}
	case whole:
		p := e.poly(c, t.poly)
		if n, ok := p.Const(); ok {
			return &Const{Value: float64(n), Type: symbolic.Integer}
		}
		return &Int{p}
	case read:
		return e.load(c, t)
	case guard:
		return e.choice(c, t)
	}
	if c.branches(t) {
		return e.choice(c, t)
	}
	a := &Apply{Op: t.op}
	for _, x := range t.args {
		a.Args = append(a.Args, e.expr(c, x))
	}
	return a
}

// choice gives t a variable that statements set.
func (e *emitter) choice(c *comp, t *term) Expr {
	y := e.newVar(nodeName(t.node, "t"), t.typ)
	e.add(&Acc{Var: y})
	in := e.scopes[len(e.scopes)-1]
	e.assign(c, y, t)
	ref := &Ref{y}
	in.terms[t] = ref
	return ref
}

// branch makes the statements that set y to t, which is 0 so far.
func (e *emitter) branch(c *comp, y *Var, t *term) []Stmt {
	return e.scope(func() { e.assign(c, y, t) })
}

func (e *emitter) assign(c *comp, y *Var, t *term) {
	if _, done := e.known(t); !done {
		switch {
		case t.kind == guard:
			e.add(&If{Conds: e.conds(c, t.conds), Then: e.branch(c, y, t.args[0])})
			return
		case c.branches(t):
			cond := e.expr(c, t.args[0])
			e.addChoice(cond, e.branch(c, y, t.args[1]), e.branch(c, y, t.args[2]))
			return
		}
	}
	x := e.expr(c, t)
	if k, ok := x.(*Const); ok && math.Float64bits(k.Value) == 0 {
		return // it is that already
	}
	e.add(&Update{Var: y, Value: x})
}

// branches reports whether t is a choice of which only one side may be
// computed.
func (c *comp) branches(t *term) bool {
	return t.kind == apply && t.op.Lazy && (c.risky(t.args[1]) || c.risky(t.args[2]))
}

func (e *emitter) addChoice(cond Expr, then, other []Stmt) {
	switch {
	case len(then) == 0 && len(other) == 0:
	case len(then) == 0:
		e.add(&Choose{Cond: &Apply{Op: symbolic.OpNot, Args: []Expr{cond}}, Then: other})
	default:
		e.add(&Choose{Cond: cond, Then: then, Else: other})
	}
}

// load reads an element from where it is.
func (e *emitter) load(c *comp, t *term) Expr {
	v := t.val
	if len(v.lead) == 0 && v.of != nil {
		if of := v.base(); of.v != nil && of.buf == nil {
			return &Ref{of.v}
		}
	}
	if v.v != nil && (v.local == nil || c.within(v.local)) {
		return &Ref{v.v}
	}
	x := &Load{Buf: v.buf, Index: v.flat(e.polys(c, t.index))}
	key := exprString(x)
	for i := len(e.scopes) - 1; i >= 0; i-- {
		if ref, ok := e.scopes[i].lets[key]; ok {
			return ref
		}
	}
	return x
}

// risky reports whether t should only be computed where it is needed: because
// it may read out of range, or because it costs more than a branch.
func (c *comp) risky(t *term) bool {
	found := false
	c.walk(t, func(t *term) bool {
		switch t.kind {
		case guard:
			found = true
		case apply:
			found = found || isCall(t.op)
		case read:
			found = found || !c.inRange(t)
		}
		return !found
	})
	return found
}

// poly replaces the symbols of c by variables.
func (e *emitter) poly(c *comp, p symbolic.Poly) symbolic.Poly {
	return p.Subst(func(s string) (symbolic.Poly, bool) {
		if a, ok := c.axisSym(s); ok {
			for d, b := range c.order {
				if a == b {
					if c.path[d].once() {
						return symbolic.Poly{}, true
					}
					p := symbolic.Sym(c.path[d].name)
					if c.path[d].merged { // the loop in it counts for both
						p = symbolic.Poly{}
					}
					if w := c.path[d].window; w != nil {
						p = p.Add(w.first)
					}
					if c.isRow(d) {
						p = p.Add(symbolic.Sym(c.path[0].name))
					}
					return p, true
				}
			}
		}
		if p := c.passOf(s); p != nil {
			return symbolic.Sym(p.name), true
		}
		if i, ok := c.dataOf(s); ok {
			return symbolic.Sym(e.wholeVar(c, c.data[i])), true
		}
		return symbolic.Poly{}, false
	})
}

// wholeVar is the name of a variable that holds t, for use in indices.
func (e *emitter) wholeVar(c *comp, t *term) string {
	x := e.expr(c, t)
	r, ok := x.(*Ref)
	if !ok {
		r = e.let(c, t, x).(*Ref)
	}
	return r.Var.Name
}

func (e *emitter) polys(c *comp, ps []symbolic.Poly) []symbolic.Poly {
	out := make([]symbolic.Poly, len(ps))
	for i, p := range ps {
		out[i] = e.poly(c, p)
	}
	return out
}

func (e *emitter) conds(c *comp, cs []symbolic.Cond) []symbolic.Cond {
	out := make([]symbolic.Cond, len(cs))
	for i, k := range cs {
		out[i] = k.With(e.poly(c, k.E))
	}
	return out
}

// ---- what does not change in a loop

// hoist computes, before c's loop at a depth, what is the same in all its
// iterations.
func (e *emitter) hoist(c *comp, depth int) {
	e.hoistTerm(c, c.body, depth)
	for _, d := range c.data {
		e.hoistTerm(c, d, depth)
	}
}

func (e *emitter) hoistTerm(c *comp, t *term, depth int) {
	if _, done := e.known(t); done {
		return
	}
	if e.level(c, t) <= depth && c.constant(t) {
		if x := e.expr(c, t); worthKeeping(x) {
			if _, done := e.known(t); !done {
				e.let(c, t, x)
			}
		}
		return
	}
	args := t.args
	switch {
	case t.kind == guard:
		return
	case t.kind == apply && t.op.Lazy:
		args = args[:1]
	}
	for _, a := range args {
		e.hoistTerm(c, a, depth)
	}
}

// level is the number of loops of c, from the outermost, that t depends on.
func (e *emitter) level(c *comp, t *term) int {
	if n, ok := e.levels[t]; ok {
		return n
	}
	n := 0
	at := func(p symbolic.Poly) {
		for _, s := range p.Syms() {
			if a, ok := c.axisSym(s); ok {
				for d, b := range c.order {
					if a == b {
						n = max(n, d+1)
					}
				}
			}
		}
	}
	at(t.poly)
	for _, i := range t.index {
		at(i)
	}
	for _, k := range t.conds {
		at(k.E)
	}
	for _, a := range t.args {
		n = max(n, e.level(c, a))
	}
	for _, d := range c.operandsOf(t) {
		n = max(n, e.level(c, d))
	}
	e.levels[t] = n
	return n
}

// constant reports that t may be computed where it may turn out not to be
// needed.
func (c *comp) constant(t *term) bool {
	ok := true
	c.walk(t, func(t *term) bool {
		switch {
		case t.kind == guard || c.branches(t):
			ok = false
		case t.kind == read:
			ok = ok && c.safeOutside(t)
		}
		return ok
	})
	return ok
}
