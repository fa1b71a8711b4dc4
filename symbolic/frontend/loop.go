package frontend

import (
	"maps"
	"slices"

	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// loop is scan, for or while. A for is unrolled: what it goes over is known
// when generating.
func (c *ctx) loop(s *parser.LoopStmt) {
	if s.Kind != parser.For {
		c.scan(s)
		return
	}
	l := &forLoop{c: c, s: s, n: -1, carries: map[string]*carried{}}
	if !l.carry() || !l.generators() {
		l.poisonAll()
		return
	}
	for i := range l.n {
		if c.unrolled++; c.unrolled > maxUnroll {
			c.stop(s.Span(), "for loops come to more than %d iterations", maxUnroll)
		}
		if c.stopped || !l.iterate(i) {
			l.poisonAll()
			return
		}
	}
	l.outputs()
}

// forLoop is a for being unrolled.
type forLoop struct {
	c       *ctx
	s       *parser.LoopStmt
	n       int
	items   []func(i int) value // of each generator
	carries map[string]*carried
	wrong   bool      // a next named something that is not carried
	emitted []value   // in this iteration
	emits   [][]value // of each iteration
}

// poisonAll binds what the loop would have bound after an error in it.
func (l *forLoop) poisonAll() {
	for _, k := range l.carries {
		k.bind.val = poison{}
	}
	for _, id := range l.s.Outs {
		l.c.bind(id, poison{}, "")
	}
}

// carry binds the carried names to their first values.
func (l *forLoop) carry() bool {
	c, ok := l.c, true
	for _, k := range l.s.Carry {
		v := c.named(k.Name.Name).eval(k.Init)
		if k.Type != nil && !isPoison(v) {
			v = c.carryType(k, v)
		}
		if _, group := v.(tuple); group {
			c.errorf(k.Init.Span(), "%s is %s", short(c.text(k.Init)), describe(v))
			v = poison{}
		}
		b := c.bind(k.Name, v, "carried by the loop")
		l.carries[k.Name.Name] = &carried{bind: b, span: k.Span()}
		ok = ok && !isPoison(v)
	}
	return ok
}

// carryType gives a first value the stated type; a number fills it.
func (c *ctx) carryType(k *parser.Carry, v value) value {
	shape, names, ok := c.shapeOf(k.Type)
	if !ok {
		return poison{}
	}
	t, ok := c.tensor(v, k.Init)
	if !ok {
		return poison{}
	}
	if k.Type.Elem == parser.Real {
		if t, ok = c.real(v, k.Init); !ok {
			return poison{}
		}
	}
	if len(t.shape) == 0 && len(shape) > 0 {
		return &tensor{node: c.spread(t, t.axes, shape), axes: t.axes, shape: shape, names: names}
	}
	if !t.shape.Equal(shape) {
		c.side(c.errorf(k.Init.Span(), "%s is carried as %s, and begins as %s", k.Name.Name, shape, t.shapeText(false)), k.Init, t)
		return poison{}
	}
	return t
}

// generators finds what the loop goes over.
func (l *forLoop) generators() bool {
	c := l.c
	for _, g := range l.s.Gens {
		n, item, ok := c.generator(g)
		if !ok {
			return false
		}
		if l.n >= 0 && n != l.n {
			c.errorf(g.Span(), "the loop goes over %d and %d elements at once", l.n, n)
			return false
		}
		l.n, l.items = n, append(l.items, item)
	}
	if l.n < 0 {
		c.errorf(l.s.Span(), "a for goes over something")
		return false
	}
	return true
}

// count evaluates the number of passes of a for.
func (c *ctx) count(x parser.Expr) (int, bool) {
	if n, ok := c.eval(x).(number); ok && n.exact {
		if _, known := n.poly.Const(); !known {
			d := c.errorf(x.Span(), "a for is unrolled, and %s is known at run time only", short(c.text(x)))
			if s, ok := n.poly.AsSym(); ok && c.dims[s] != nil {
				d.Note(s, "run-time dim", c.dims[s].Span).Hintf("give it a value, dim %s = 10 or -D %s=10; or write sums and maxima with indices", s, s)
			} else {
				d.Hintf("sums and maxima are written with indices, sum[i] x[i]; what repeats when running is a scan: scan i < n carry s = 0 { next s = … }")
			}
			return 0, false
		}
	}
	return c.constInt(x, "the count of a for, which is unrolled,")
}

func (c *ctx) generator(g *parser.Generator) (int, func(int) value, bool) {
	if g.Over == nil {
		n, ok := c.count(g.To)
		if !ok {
			return 0, nil, false
		}
		if g.Op == "<=" {
			n++
		}
		return max(n, 0), func(i int) value { return whole(symbolic.Int(i)) }, true
	}
	v := c.eval(g.Over)
	switch v := v.(type) {
	case poison:
		return 0, nil, false
	case *list:
		return len(v.elems), func(i int) value { return v.elems[i] }, true
	case *tensor:
		if len(v.shape) > 0 {
			if n, ok := v.shape[0].Const(); ok {
				return n, func(i int) value { return c.row(v, i) }, true
			}
			c.side(c.errorf(g.Over.Span(), "a for is unrolled, and %s has a length that is known at run time", short(c.text(g.Over))), g.Over, v).
				Hintf("scan goes over such a dim")
			return 0, nil, false
		}
	}
	c.errorf(g.Over.Span(), "a for goes over a list or a leading dim, not %s", describe(v))
	return 0, nil, false
}

// row is t[i].
func (c *ctx) row(t *tensor, i int) value {
	n := len(t.axes)
	m := &symbolic.Map{Shape: dims(t.axes, t.shape[1:])}
	for a := range t.axes {
		m.Index = append(m.Index, symbolic.Axis(a))
	}
	m.Index = append(m.Index, symbolic.Int(i))
	for j := 1; j < len(t.shape); j++ {
		m.Index = append(m.Index, symbolic.Axis(n+j-1))
	}
	out := &tensor{axes: t.axes, shape: t.shape[1:], lo: t.lo, hi: t.hi}
	if len(t.names) > 1 {
		out.names = t.names[1:]
	}
	if v, ok := symbolic.ConstValue(t.node); ok {
		out.node = c.g.Const(v, m.Shape, t.node.Type)
	} else {
		out.node = c.g.Access(t.node, m)
	}
	return out
}

// iterate elaborates the body once.
func (l *forLoop) iterate(i int) bool {
	c := l.c.in(l.c.scope.inner())
	c.iter = l.c.iter + "[" + itoa(i) + "]"
	c.pass, l.emitted = l, nil
	for j, g := range l.s.Gens {
		c.bind(g.Name, l.items[j](i), "iteration "+itoa(i)+" of the loop")
	}
	for _, k := range l.carries {
		k.done = false
	}
	if _, done := c.stmts(blockStmts(l.s.Body)); done {
		c.errorf(l.s.Body.Span(), "the body of a loop ends in next or emit, not in a value")
		return false
	}
	for _, k := range l.s.Carry {
		kk := l.carries[k.Name.Name]
		if !kk.done && !l.wrong {
			c.errorf(k.Span(), "%s is carried and has no next", k.Name.Name).Hintf("add next %s = …", k.Name.Name)
		}
		if !kk.done || kk.next == nil {
			return false
		}
		kk.bind.val, kk.next = l.c.point(k.Name.Name, kk.next, k), nil
	}
	l.emits = append(l.emits, l.emitted)
	return true
}

// outputs binds the stacked emits.
func (l *forLoop) outputs() {
	c := l.c
	for j, id := range l.s.Outs {
		var vs []value
		bad := false
		for _, e := range l.emits {
			if len(e) != len(l.s.Outs) {
				if j == 0 && !bad {
					c.errorf(l.s.Span(), "%s for %s", plural(len(e), "emitted value"), plural(len(l.s.Outs), "name"))
				}
				bad = true
				break
			}
			bad = bad || isPoison(e[j])
			vs = append(vs, e[j])
		}
		if bad {
			c.bind(id, poison{}, "")
			continue
		}
		if t, ok := c.stackValues(vs, l.s); ok {
			c.letName(id, t, "emitted by the loop")
		} else {
			c.bind(id, poison{}, "")
		}
	}
}

// next gives carries, or states, their next values.
func (c *ctx) next(s *parser.NextStmt) {
	vs := c.spreadValues(s.Values, len(s.Names), s, func(i int) *ctx { return c.named(s.Names[i].Name) })
	for i, id := range s.Names {
		if k := c.carried(id.Name); k != nil {
			if k.done {
				c.errorf(id.Span(), "%s has a next already", id.Name)
				continue
			}
			k.done, k.next = true, vs[i]
			if t, ok := vs[i].(*tensor); ok {
				c.nameNode(t, id.Name)
			}
			continue
		}
		if c.nextState(s, id, vs[i]) {
			continue
		}
		d := c.errorf(id.Span(), "%s is not carried", id.Name).Hintf("next goes with carry or state")
		if c.pass != nil {
			c.pass.wrong = true
			suggest(d, id.Name, slices.Sorted(maps.Keys(c.pass.carries)))
		}
	}
}

// carried is what the loop around carries under a name, or nil.
func (c *ctx) carried(name string) *carried {
	if c.pass == nil {
		return nil
	}
	return c.pass.carries[name]
}

// emit adds a row to what the loop stacks.
func (c *ctx) emit(s *parser.EmitStmt) {
	if c.pass == nil {
		c.errorf(s.Span(), "emit stands in a loop")
		return
	}
	if len(c.pass.emitted) > 0 {
		c.errorf(s.Span(), "a second emit in one iteration").Hintf("emit a, b gives several values")
		return
	}
	for _, x := range s.Values {
		v := c.named("").eval(x)
		c.pass.emitted = append(c.pass.emitted, v)
	}
}
