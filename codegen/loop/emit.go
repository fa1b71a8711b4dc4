package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// An emitter makes statements of a tree of groups.
type emitter struct {
	l      *lowering
	scopes []*scope // innermost last
	levels map[*term]int
	reads  map[string]int // how often the comps at hand load an element
}

// A scope is a body that is being made.
type scope struct {
	stmts []Stmt
	names map[string]bool
	terms map[*term]Expr  // terms whose value a variable of the scope holds
	lets  map[string]Expr // variables by their values' text
	next  map[string]int  // see namer
}

func (l *lowering) emit(tree []*group) *Program {
	p := &Program{Name: l.proc.Name}
	for _, kind := range []BufferKind{In, Out, Temp} {
		l.buffers(p, kind)
		l.within(func(in *lowering) { in.buffers(p, kind) })
	}
	e := &emitter{l: l, levels: map[*term]int{}}
	p.Body = e.scope(func() { e.body(tree) })
	l.regions(func(r *region) {
		for _, w := range r.windows {
			p.ends = w.whole(p.ends)
		}
	})
	return p
}

// buffers makes the buffers of a kind.
func (l *lowering) buffers(p *Program, kind BufferKind) {
	for _, v := range l.order {
		if v.kind == kind && v.of == nil && (kind != Temp || v.rank() > 0) {
			v.buf = &Buffer{Name: v.name, Kind: kind, Shape: v.shape(), Type: v.node.Type, Node: v.node, Kept: l.comesBack() && v.keptForBackward()}
			p.Buffers = append(p.Buffers, v.buf)
		}
	}
	for _, v := range slices.Concat(l.order, l.seen) {
		if v.of != nil {
			v.buf = v.base().buf
		}
	}
}

// comesBack reports whether the program has a way back: values of a way forward alone may be the same as
// some that a way back made first.
func (l *lowering) comesBack() bool {
	return slices.ContainsFunc(l.proc.Results, func(r *module.Result) bool {
		switch r.Kind {
		case module.OutputResult, module.LossResult, module.MetricResult, module.NextState:
			return r.Node.Origin.Adjoint != nil
		}
		return true
	})
}

// keptForBackward reports that v is a temporary of the way forward that the way
// back reads.
func (v *value) keptForBackward() bool {
	return v.kind == Temp && v.node.Origin.Adjoint == nil &&
		slices.ContainsFunc(v.readers, func(c *comp) bool { return c.node.Origin.Adjoint != nil })
}

// shape is what is left of v's shape.
func (v *value) shape() symbolic.Shape {
	var s symbolic.Shape
	for k := range v.node.Shape {
		if !v.lost[k] {
			s = append(s, v.dim(k))
		}
	}
	return s
}

// dim is how many elements v has along an axis: of the batch, those of a tile
// where it does not outlive that.
func (v *value) dim(k int) symbolic.Poly {
	if v.tile != nil && k == v.tiled {
		return v.tile.size
	}
	return v.node.Shape[k]
}

// ---- scopes

func (e *emitter) scope(f func()) []Stmt {
	s := &scope{names: map[string]bool{}, terms: map[*term]Expr{}, lets: map[string]Expr{}, next: map[string]int{}}
	e.scopes = append(e.scopes, s)
	f()
	e.scopes = e.scopes[:len(e.scopes)-1]
	return s.stmts
}

func (e *emitter) add(s Stmt) {
	in := e.scopes[len(e.scopes)-1]
	in.stmts = append(in.stmts, s)
}

// newVar declares a variable in the innermost scope, under a name like base.
func (e *emitter) newVar(base string, typ symbolic.Type) *Var {
	name := e.freeName(base)
	e.scopes[len(e.scopes)-1].names[name] = true
	return &Var{Name: name, Type: typ}
}

// freeName returns a name like base that nothing in scope has.
func (e *emitter) freeName(base string) string {
	n := namer{e.taken, e.scopes[len(e.scopes)-1].next}
	return n.name(base)
}

func (e *emitter) taken(name string) bool {
	if e.l.used[name] {
		return true
	}
	for _, sc := range e.scopes {
		if sc.names[name] {
			return true
		}
	}
	return false
}

// valueVar declares the variable that holds v.
func (e *emitter) valueVar(v *value) *Var {
	if v.name != "" && v.buf == nil {
		e.scopes[len(e.scopes)-1].names[v.name] = true
		return &Var{Name: v.name, Type: v.node.Type}
	}
	return e.newVar(varName(v.node), v.node.Type)
}

// counter declares the variable of a loop: b for the batch, else the first of
// i, j, k, … that is free.
func (e *emitter) counter(g *group) *Var {
	letters := []string{"i", "j", "k", "l", "m", "n", "q", "r"}
	if g.spine {
		letters = []string{"b"}
	}
	for _, s := range letters {
		if !e.taken(s) {
			return e.newVar(s, symbolic.Integer)
		}
	}
	return e.newVar(letters[0], symbolic.Integer)
}

// known returns the variable that holds t in some enclosing scope.
func (e *emitter) known(t *term) (Expr, bool) {
	for i := len(e.scopes) - 1; i >= 0; i-- {
		if x, ok := e.scopes[i].terms[t]; ok {
			return x, true
		}
	}
	return nil, false
}

// ---- bodies

func (e *emitter) body(groups []*group) {
	for _, g := range groups {
		if g.loop {
			e.grow(g.comps...)
		}
		if !g.loop {
			e.countLoads(g)
			for _, c := range g.comps {
				e.grow(c)
				if c.region != nil {
					e.region(c.region)
					continue
				}
				e.zero(c, g.depth)
				e.note(c, g)
				e.leaf(c)
			}
			continue
		}
		first := false
		if g.contract { // its notes speak of the sum
			c := g.comps[0]
			c.acc = e.newVar(sumName(c.node), c.node.Type)
			if c.target.buf == nil {
				c.target.v = c.acc
			}
		}
		for _, c := range g.comps {
			if g.contract && c == g.comps[0] && e.first(c) {
				first, c.target.filled = true, true
			} else {
				e.zero(c, g.depth)
			}
			e.note(c, g)
			e.start(c, g.depth)
		}
		if g.contract {
			e.contract(g, first)
			e.forget(g.comps[0])
			continue
		}
		if cond, ok := e.onlyIf(g); ok {
			e.addIf(cond, e.scope(func() { e.loop(g) }))
		} else {
			e.loop(g)
		}
		for _, c := range g.comps {
			e.finish(c, g.depth)
		}
	}
}

// loop makes the loop of g.
func (e *emitter) loop(g *group) {
	for _, c := range g.comps {
		e.hoist(c, g.depth)
	}
	if g.tile {
		e.tile(g)
		return
	}
	loop := &Loop{Extent: e.extent(g)}
	loop.Body = e.scope(func() {
		loop.Var = e.counter(g)
		g.name = loop.Var.Name
		e.body(g.body)
	})
	e.add(loop)
}

// once reports whether the loop of g makes one pass, for which nothing need be
// counted: neither for itself nor for a loop around that it is one with.
func (g *group) once() bool {
	return !g.tile && !g.row && g.window == nil && g.extent.Is(1) && (g.parent == nil || !g.parent.merged)
}

// tile makes the loop over the tiles of g.
func (e *emitter) tile(g *group) {
	t := &Tile{Extent: g.extent, Size: e.l.size}
	t.Body = e.scope(func() {
		t.From = e.newVar("from", symbolic.Integer)
		t.Rows = e.newVar("rows", symbolic.Integer)
		g.name, g.rows = t.From.Name, t.Rows.Name
		e.body(g.body)
	})
	e.add(t)
}

// extent is how often the loop of g goes around.
func (e *emitter) extent(g *group) symbolic.Poly {
	if g.row {
		return symbolic.Sym(g.tiles().rows)
	}
	if g.window != nil {
		return g.window.end.Sub(g.window.first)
	}
	return g.extent
}

// tiles is the loop over tiles around g.
func (g *group) tiles() *group {
	for !g.tile {
		g = g.parent
	}
	return g
}

// addIf makes ss depend on cond, together with what already does right before.
func (e *emitter) addIf(cond Expr, ss []Stmt) {
	in := e.scopes[len(e.scopes)-1]
	if n := len(in.stmts); n > 0 {
		if last, ok := in.stmts[n-1].(*Choose); ok && len(last.Else) == 0 && exprString(last.Cond) == exprString(cond) && !declares(last.Then) && !declares(ss) {
			last.Then = append(last.Then, ss...)
			return
		}
	}
	e.add(&Choose{Cond: cond, Then: ss})
}

// declares reports whether ss declare variables, which might have the same
// names as others.
func declares(ss []Stmt) bool {
	for _, s := range ss {
		switch s.(type) {
		case *Let, *Acc:
			return true
		}
	}
	return false
}

// onlyIf returns the condition without which the loop of g changes nothing:
// all its comps add what is 0 where the same condition, known before the loop,
// does not hold. They no longer ask for it inside.
func (e *emitter) onlyIf(g *group) (Expr, bool) {
	var cond Expr
	for i, c := range g.comps {
		t := c.body
		if !c.addsOnlyIf() || !c.startsOutside(g.depth) || e.level(c, t.args[0]) > g.depth || !c.constant(t.args[0]) {
			return nil, false
		}
		if x := e.expr(c, t.args[0]); i == 0 {
			cond = x
		} else if exprString(x) != exprString(cond) {
			return nil, false
		}
	}
	for _, c := range g.comps {
		c.body = c.body.args[1]
	}
	return cond, true
}

// startsOutside reports whether what c adds to is set before its loop at depth.
func (c *comp) startsOutside(depth int) bool {
	if at, filled := c.target.fillAt(); filled {
		return at <= depth
	}
	from, ok := c.registerFrom()
	return ok && from <= depth
}

// addsOnlyIf reports whether c adds a choice between something and 0.
func (c *comp) addsOnlyIf() bool {
	t := c.body
	return c.combine == symbolic.OpAdd && !c.arg && t.kind == apply && t.op.Lazy && t.args[2].kind == number && t.args[2].num == 0
}

// flat is the place of the element with an index for every axis of v's node.
func (v *value) flat(index []symbolic.Poly) symbolic.Poly {
	if v.of != nil {
		return v.of.flat(slices.Concat(v.leading(), index))
	}
	out, stride := symbolic.Poly{}, symbolic.Int(1)
	for k := len(index) - 1; k >= 0; k-- {
		if v.lost[k] {
			continue
		}
		at := index[k]
		if v.tile != nil && k == v.tiled {
			at = at.Sub(symbolic.Sym(v.tile.name))
		}
		out = out.Add(at.Mul(stride))
		stride = stride.Mul(v.dim(k))
	}
	return out
}
