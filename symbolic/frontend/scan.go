package frontend

import (
	"slices"

	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// A scan or while is elaborated once: its body is values of formal arguments,
// and symbolic.Close makes a loop of it. What varies along axes is carried
// along them all, so an example's scan is a loop over steps of the whole batch.
func (c *ctx) scan(s *parser.LoopStmt) {
	l := &forLoop{c: c, s: s, n: -1, carries: map[string]*carried{}}
	if !l.carry() {
		l.poisonAll()
		return
	}
	r := &repeat{forLoop: l, Body: symbolic.Body{Since: c.g.Len(), Kind: symbolic.ScanLoop, Checkpoint: s.Checkpoint && !c.opt.Whole}}
	c.parted = c.parted || s.Checkpoint
	if s.Kind == parser.While {
		r.Kind = symbolic.WhileLoop
	}
	if !r.rows() || !r.enter() || !r.inside(r.pass) {
		l.poisonAll()
		return
	}
	r.leave()
}

// repeat is a scan or while being made.
type repeat struct {
	*forLoop
	symbolic.Body
	axes  []*axis // that carries vary along
	inner map[string]value
	state []*tensor // the formals of carries
	out   []*tensor // what is emitted
	elems []*tensor // the formals of rows
	// holds is whether a while's condition holds, where that differs along axes:
	// passes are made until it holds nowhere, and change nothing where it does
	// not.
	holds *tensor
}

// rows finds what the loop goes over, and how often.
func (r *repeat) rows() bool {
	c := r.c
	r.inner = map[string]value{}
	if r.Kind == symbolic.WhileLoop {
		r.Count = c.g.NewCount("passes")
		return true
	}
	known := false
	agree := func(n symbolic.Poly, at parser.Node) bool {
		if known && !n.Equal(r.Count) {
			c.errorf(at.Span(), "the scan goes over %s and %s elements at once", c.polyText(r.Count), c.polyText(n))
			return false
		}
		known, r.Count = true, n
		return true
	}
	for _, g := range r.s.Gens {
		if g.Over == nil {
			n, ok := c.passes(g)
			if !ok || !agree(n, g) {
				return false
			}
			r.inner[g.Name.Name] = whole(symbolic.Sym(r.index(g.Name).sym()))
			continue
		}
		v := c.eval(g.Over)
		if isPoison(v) {
			return false
		}
		t, ok := c.tensor(v, g.Over)
		if !ok {
			return false
		}
		if len(t.shape) == 0 {
			c.errorf(g.Over.Span(), "a scan goes over a leading dim, not %s", describe(v))
			return false
		}
		if !agree(t.shape[0], g) {
			return false
		}
		row := &tensor{axes: t.axes, shape: t.shape[1:], lo: t.lo, hi: t.hi}
		if len(t.names) > 1 {
			row.names = t.names[1:]
		}
		if v, ok := symbolic.ConstValue(t.node); ok {
			row.node = c.g.Const(v, dims(row.axes, row.shape), t.node.Type)
			r.inner[g.Name.Name] = row
			continue
		}
		// The rows come first, then the axes.
		n := len(t.axes)
		perm := []int{n}
		for i := range t.node.Shape {
			if i != n {
				perm = append(perm, i)
			}
		}
		row.node = c.g.Formal(g.Name.Name, dims(row.axes, row.shape), t.node.Type)
		r.Elem, r.Over = append(r.Elem, row.node), append(r.Over, c.g.Permute(t.node, perm...))
		r.elems = append(r.elems, row)
		r.inner[g.Name.Name] = row
	}
	if !known {
		c.errorf(r.s.Span(), "a scan goes over something")
		return false
	}
	if r.Index == nil {
		r.Index = c.g.Formal("", nil, symbolic.Integer)
	}
	return true
}

// passes is how often a scan that counts goes around.
func (c *ctx) passes(g *parser.Generator) (symbolic.Poly, bool) {
	v := c.eval(g.To)
	if isPoison(v) {
		return symbolic.Poly{}, false
	}
	n, ok := v.(number)
	if !ok {
		c.asSize(v)
		c.side(c.errorf(g.To.Span(), "the count of a scan is a size, not %s", describe(v)), g.To, v)
		return symbolic.Poly{}, false
	}
	p, ok := c.dimPoly(n, g.To)
	if g.Op == "<=" {
		p = p.Add(symbolic.Int(1))
	}
	return p, ok
}

// index makes the number of the pass an index, with a range as others have.
func (r *repeat) index(id *parser.Ident) *axis {
	if r.Index == nil {
		r.Index = r.c.g.Formal(id.Name, nil, symbolic.Integer)
	}
	a := r.c.newAxis(id.Name, r.Count, id.Span())
	a.pass = r.Index
	return a
}

// enter gives the carries formals to be in the body.
func (r *repeat) enter() bool {
	c := r.c
	var inits []*tensor
	for _, k := range r.s.Carry {
		t, ok := c.begins(k, r.carries[k.Name.Name].bind.val)
		if !ok {
			return false
		}
		inits = append(inits, t)
	}
	r.axes = unite(append(c.freeAxes(r.s), append(inits, r.elems...)...)...)
	for i, k := range r.s.Carry {
		t := inits[i]
		r.Init = append(r.Init, c.spread(t, r.axes, t.shape))
		f := c.g.Formal(k.Name.Name, dims(r.axes, t.shape), t.node.Type)
		in := &tensor{node: f, axes: r.axes, shape: t.shape, names: t.names}
		r.Carry, r.state = append(r.Carry, f), append(r.state, in)
		r.carries[k.Name.Name].bind.val = c.point(k.Name.Name, in, k)
	}
	return true
}

// begins is what a carry begins as. Without a type a number is a real one.
func (c *ctx) begins(k *parser.Carry, v value) (*tensor, bool) {
	t, ok := c.tensor(v, k.Init)
	if !ok {
		return nil, false
	}
	_, isNumber := v.(number)
	_, isList := v.(*list)
	if k.Type == nil && (isNumber || isList) && t.node.Type == symbolic.Integer {
		t = c.toReal(t)
	}
	return t, true
}

// pass elaborates the body.
func (r *repeat) pass() bool {
	l := r.forLoop
	if r.Kind == symbolic.WhileLoop && !r.condition() {
		return false
	}
	c := l.c.in(l.c.scope.inner())
	c.pass, l.emitted = l, nil
	for _, g := range l.s.Gens {
		c.bind(g.Name, r.inner[g.Name.Name], "row of the scan")
	}
	if _, done := c.stmts(blockStmts(l.s.Body)); done {
		c.errorf(l.s.Body.Span(), "the body of a loop ends in next or emit, not in a value")
		return false
	}
	ok := !l.wrong
	for i, k := range l.s.Carry {
		kk := l.carries[k.Name.Name]
		if !kk.done {
			if !l.wrong {
				c.errorf(k.Span(), "%s is carried and has no next", k.Name.Name).Hintf("add next %s = …", k.Name.Name)
			}
			ok = false
			continue
		}
		n, good := r.following(k, kk.next, r.state[i])
		ok = ok && good
		r.Next = append(r.Next, n)
	}
	return ok && r.emits(c)
}

// inside does what elaborates the body.
func (r *repeat) inside(do func() bool) bool {
	defer r.c.enterBody(&r.Body)()
	return do()
}

// enterBody notes that what follows is within a loop, until the function that it
// returns is called.
func (f *frontend) enterBody(b *symbolic.Body) func() {
	f.bodies = append(f.bodies, b)
	return func() { f.bodies = f.bodies[:len(f.bodies)-1] }
}

// condition evaluates what a while asks before each pass.
func (r *repeat) condition() bool {
	c := r.c
	v := c.eval(r.s.Cond)
	t, ok := v.(*tensor)
	switch {
	case isPoison(v):
		return false
	case !ok || t.node.Type != symbolic.Boolean || len(t.shape) > 0:
		c.errorf(r.s.Cond.Span(), "a while goes on as long as a truth value of what it carries holds, and %s is %s", short(c.text(r.s.Cond)), describe(v))
		return false
	}
	r.Cond = t.node
	if len(t.axes) > 0 {
		r.holds = t
		r.Cond = c.g.Apply(symbolic.OpAny, symbolic.Axes(all(len(t.axes))), t.node)
	}
	return true
}

// following is the next value of a carry, which keeps type and shape.
func (r *repeat) following(k *parser.Carry, v value, state *tensor) (*symbolic.Node, bool) {
	c := r.c
	if v == nil || isPoison(v) {
		return nil, false
	}
	if _, group := v.(tuple); group {
		c.errorf(k.Span(), "the next %s is %s", k.Name.Name, describe(v))
		return nil, false
	}
	t, ok := c.tensor(v, k)
	if !ok {
		return nil, false
	}
	if state.node.Type == symbolic.Real {
		if t, ok = c.real(v, k); !ok {
			return nil, false
		}
	}
	if t.node.Type != state.node.Type {
		c.errorf(k.Span(), "%s is carried as %s, and its next is %s", k.Name.Name, state.node.Type, t.node.Type)
		return nil, false
	}
	if len(t.shape) > 0 && !t.shape.Equal(state.shape) || len(t.shape) == 0 && !isFixed(v) && len(state.shape) > 0 {
		d := c.errorf(k.Span(), "%s is carried as %s, and its next is %s", k.Name.Name, state.shape, t.shape)
		c.grouped(d, r.s.Body)
		d.Hintf("a %s keeps shapes; state the one of the carry: carry %s %s = …", r.s.Kind, k.Name.Name, t.shape)
		return nil, false
	}
	for _, a := range t.axes {
		if !slices.Contains(r.axes, a) {
			c.errorf(k.Span(), "not supported yet: a next %s that varies along %s where %s does not", k.Name.Name, a.name, k.Name.Name)
			return nil, false
		}
	}
	if r.holds != nil {
		t = c.pickTensor(r.holds, t, state)
	}
	n := c.spread(t, r.axes, state.shape)
	if n.Op.Class != symbolic.Leaf {
		c.g.SetName(n, "next "+k.Name.Name)
	}
	return n, true
}

// isFixed reports whether v is known when generating.
func isFixed(v value) bool { _, ok := v.(number); return ok }

// emits makes what is emitted in a pass ready to be stacked.
func (r *repeat) emits(c *ctx) bool {
	if len(r.emitted) != len(r.s.Outs) {
		c.errorf(r.s.Span(), "%s for %s", plural(len(r.emitted), "emitted value"), plural(len(r.s.Outs), "name"))
		return false
	}
	if r.holds != nil && len(r.emitted) > 0 {
		a := r.holds.axes[0].name
		c.errorf(r.s.Span(), "a while that emits makes the same passes for all, and these differ from %s to %s", a, a).
			Hintf("carry what is wanted")
		return false
	}
	for _, v := range r.emitted {
		if isPoison(v) {
			return false
		}
		t, ok := c.tensor(v, r.s)
		if !ok {
			return false
		}
		if n, ok := v.(number); ok && !r.c.mentionsAxis(n.poly) {
			t = c.toReal(t)
		}
		r.out = append(r.out, t)
		r.Emit = append(r.Emit, t.node)
	}
	return true
}

// leave binds what the loop has made.
func (r *repeat) leave() {
	c := r.c
	if r.Kind == symbolic.WhileLoop && r.Index != nil {
		// Something in the body asks for the number of the pass, which is carried.
		r.Carry, r.Init = append(r.Carry, r.Index), append(r.Init, c.g.Const(0, nil, symbolic.Integer))
		r.Next = append(r.Next, c.g.Apply(symbolic.OpIntAdd, nil, r.Index, c.g.Const(1, nil, symbolic.Integer)))
		r.Index = nil
	}
	lasts, stacks := c.g.Close(&r.Body)
	for i, k := range r.s.Carry {
		t := &tensor{node: lasts[i], axes: r.axes, shape: r.state[i].shape, names: r.state[i].names}
		c.nameNode(t, k.Name.Name)
		r.carries[k.Name.Name].bind.val = c.point(k.Name.Name, t, k)
	}
	for i, id := range r.s.Outs {
		t := r.out[i]
		// The axes come first, then the rows.
		n := len(t.axes)
		var perm []int
		for a := range n {
			perm = append(perm, a+1)
		}
		perm = append(perm, 0)
		for j := range t.shape {
			perm = append(perm, n+1+j)
		}
		out := &tensor{
			node: c.g.Permute(stacks[i], perm...), axes: t.axes,
			shape: append(symbolic.Shape{r.Count}, t.shape...), names: append([]string{c.sizeName(r.Count)}, t.names...),
		}
		if c.steady(t.lo) && c.steady(t.hi) {
			out.lo, out.hi = t.lo, t.hi
		}
		c.letName(id, out, "emitted by the scan")
	}
}

// steady reports whether a bound is the same in all passes.
func (c *ctx) steady(p *symbolic.Poly) bool {
	return p != nil && !slices.ContainsFunc(p.Syms(), func(s string) bool { a := c.axisOf(s); return a != nil && a.pass != nil })
}

// freeAxes are the axes that what a loop mentions varies along, as one value
// for each: those that its carries may come to vary along.
func (c *ctx) freeAxes(s *parser.LoopStmt) []*tensor {
	w := &axisWalker{c: c, seen: map[*parser.FuncDecl]bool{}}
	walkStmt(s, func(n parser.Node) { w.node(n, c.scope) })
	return w.found
}

type axisWalker struct {
	c     *ctx
	seen  map[*parser.FuncDecl]bool
	found []*tensor
}

func (w *axisWalker) node(n parser.Node, in *scope) {
	if s, ok := n.(*parser.OwnStmt); ok && s.Kind == parser.SampleOwn {
		w.found = append(w.found, &tensor{axes: w.c.ambient()})
	}
	x, ok := n.(*parser.Name)
	if !ok {
		return
	}
	if x.Name == "example" && w.c.frame.model != nil {
		w.found = append(w.found, &tensor{axes: []*axis{w.c.frame.model.batch}})
	}
	b := in.local(x.Name)
	if b == nil && in.file != nil { // a callable that draws samples, perhaps
		w.c.quiet++
		b = in.file.lookup(w.c.frontend, x.Name, x.Span())
		w.c.quiet--
	}
	if b != nil {
		w.value(b.val)
	}
}

func (w *axisWalker) value(v value) {
	switch v := v.(type) {
	case *tensor:
		w.found = append(w.found, v)
	case number:
		for _, s := range v.poly.Syms() {
			if a := w.c.axisOf(s); a != nil && a.pass == nil {
				w.found = append(w.found, &tensor{axes: []*axis{a}})
			}
		}
	case *list:
		for _, e := range v.elems {
			w.value(e)
		}
	case *closure:
		for _, s := range v.static {
			w.value(s.val)
		}
		if w.seen[v.decl] || v.env == nil {
			return
		}
		w.seen[v.decl] = true
		walkBlock(v.decl.Body, func(n parser.Node) { w.node(n, v.env) })
	}
}
