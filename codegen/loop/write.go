package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// Where the elements of a comp go: into memory, into a variable, or added up in one
// until its loops are done.

// registerFrom is the depth from which on c accumulates in a variable: inside
// of all loops over axes of the result.
func (c *comp) registerFrom() (int, bool) {
	if c.combine == nil || c.scatter {
		return 0, false
	}
	from := c.lastOut() + 1
	return from, from < c.loops()
}

// start declares c's accumulator where its loops begin.
func (e *emitter) start(c *comp, depth int) {
	if from, ok := c.registerFrom(); !ok || from != depth {
		return
	}
	base := varName(c.node)
	if c.arg {
		c.best = e.newVar("m", c.body.typ)
		e.add(&Acc{Var: c.best, Init: c.unit})
		c.acc = e.accVar(c, base)
		e.add(&Acc{Var: c.acc})
		return
	}
	c.acc = e.accVar(c, base)
	e.add(&Acc{Var: c.acc, Init: c.unit})
}

// accVar declares the accumulator of c, which is the value itself where that
// is a variable.
func (e *emitter) accVar(c *comp, base string) *Var {
	if len(c.target.writers) == 1 && c.target.buf == nil {
		return e.valueVar(c.target)
	}
	return e.newVar(base, c.node.Type)
}

// finish stores what c's accumulator holds when its loops are done.
func (e *emitter) finish(c *comp, depth int) {
	if from, ok := c.registerFrom(); !ok || from != depth {
		return
	}
	v := c.target
	if _, added := v.fillAt(); added {
		e.addTo(c, &Ref{c.acc})
		return
	}
	if v.buf == nil {
		v.v = c.acc
		return
	}
	s := &Store{Buf: v.buf, Index: v.flat(e.polys(c, c.index)), Value: &Ref{c.acc}}
	if v.rereadBy(c, depth) {
		v.v, v.local = c.acc, c.path[:depth:depth]
	}
	e.add(s)
}

// addTo combines an element of c's target with x.
func (e *emitter) addTo(c *comp, x Expr) {
	v := c.target
	if v.buf == nil {
		e.add(&Update{Var: v.v, Op: c.combine, Value: x})
		return
	}
	e.add(&Store{Buf: v.buf, Index: v.flat(e.polys(c, c.index)), Op: c.combine, Value: x})
}

// rereadBy reports whether a reader is in all of c's outer loops, so that it
// can have the element from a variable.
func (v *value) rereadBy(c *comp, loops int) bool {
	return slices.ContainsFunc(v.readers, func(r *comp) bool { return r.within(c.path[:loops]) })
}

func (c *comp) within(path []*group) bool {
	if c.loops() < len(path) {
		return false
	}
	for d, g := range path {
		if c.path[d] != g {
			return false
		}
	}
	return true
}

// leaf makes the statements of one iteration of c.
func (e *emitter) leaf(c *comp) {
	if len(c.conds) > 0 {
		e.add(&If{Conds: e.conds(c, c.conds), Then: e.scope(func() { e.set(c, c.body) })})
		return
	}
	e.set(c, c.body)
}

// set writes t as c says.
func (e *emitter) set(c *comp, t *term) {
	v := c.target
	if c.combine != nil && t.kind == guard && c.unit == 0 && !c.arg { // nothing to add elsewhere
		if _, known := e.known(t); !known {
			e.add(&If{Conds: e.conds(c, t.conds), Then: e.scope(func() { e.set(c, t.args[0]) })})
			return
		}
	}
	x := e.expr(c, t)
	_, added := v.fillAt()
	switch {
	case c.arg && c.acc != nil:
		e.add(&Pick{Best: c.best, At: c.acc, Op: c.combine, Value: x, Position: e.poly(c, c.position())})
	case c.acc != nil:
		e.add(&Update{Var: c.acc, Op: c.combine, Value: x})
	case c.arg && c.inArray():
		panic("loop: a position is looked for in a loop that is outside of others")
	case c.arg: // over no axes at all
		e.keep(c, &Const{Type: symbolic.Integer})
	case added:
		e.addTo(c, x)
	default:
		e.keep(c, x)
	}
}

// keep sets the element of c's target to x.
func (e *emitter) keep(c *comp, x Expr) {
	v := c.target
	variable := v.buf == nil
	if r, ok := x.(*Ref); ok && variable {
		v.v = r.Var
		return
	}
	if variable || v.rereadBy(c, c.loops()) && len(v.writers) == 1 && !trivial(x) {
		var y *Var
		if variable || c.loops() == 0 {
			y = e.valueVar(v)
		} else {
			y = e.newVar(e.elementName(c, c.index, v.name), v.node.Type)
		}
		e.add(&Let{Var: y, Value: x})
		x = &Ref{y}
		v.v = y
		if variable {
			return
		}
		v.local = c.path[:c.loops():c.loops()]
	}
	e.add(&Store{Buf: v.buf, Index: v.flat(e.polys(c, c.index)), Value: x})
}

// trivial reports that reading x again costs nothing.
func trivial(x Expr) bool {
	switch x.(type) {
	case *Const, *Ref:
		return true
	}
	return false
}

// position is the row-major number of an element over the reduced axes.
func (c *comp) position() symbolic.Poly {
	p := symbolic.Poly{}
	for _, a := range c.axes {
		if a.out < 0 && !a.tile {
			p = p.Mul(a.extent).Add(symbolic.Sym(a.sym))
		}
	}
	return p
}
