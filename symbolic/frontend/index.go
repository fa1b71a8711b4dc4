package frontend

import (
	"slices"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// subscript is x[i, lo:hi], or the static arguments of a callable.
func (c *ctx) subscript(x *parser.Subscript) value {
	base := c.base(x.X)
	switch b := base.(type) {
	case poison:
		return b
	case *closure:
		st, ok := c.staticArgs(x.Args)
		if !ok {
			return poison{}
		}
		out := *b
		out.static, out.given = st, true
		return &out
	case *builtin:
		st, ok := c.staticArgs(x.Args)
		if !ok {
			return poison{}
		}
		f := &builtin{name: b.name, static: st}
		switch b.name {
		case "ones", "zeros", "eye":
			return c.fill(f, x)
		}
		return f
	case *list:
		if v, ok := c.listItem(b, x); ok {
			return v
		}
	case *tensor:
	default:
		c.errorf(x.Span(), "%s is %s, which has no elements", short(c.text(x.X)), describe(base))
		return poison{}
	}
	t, ok := c.tensor(base, x.X)
	if !ok {
		return poison{}
	}
	return c.read(x, t)
}

// base evaluates what is subscripted; that may be what rec is defining.
func (c *ctx) base(x parser.Expr) value {
	if n, ok := unparen(x).(*parser.Name); ok {
		if b := c.scope.local(n.Name); b != nil {
			if t, ok := b.val.(*tensor); ok && t.table != nil {
				return t
			}
		}
	}
	return c.eval(x)
}

// listItem takes an entry or a stretch of a static list where the subscript is
// known; it fails where it is not.
func (c *ctx) listItem(l *list, x *parser.Subscript) (value, bool) {
	if len(x.Args) != 1 {
		return nil, false
	}
	a := x.Args[0]
	if a.Slice {
		lo, hi := 0, len(l.elems)
		ok := true
		if a.Lo != nil {
			lo, ok = c.constInt(a.Lo, "a bound of a slice of a list")
		}
		if a.Hi != nil && ok {
			hi, ok = c.constInt(a.Hi, "a bound of a slice of a list")
		}
		if !ok {
			return poison{}, true
		}
		if lo < 0 || lo > hi || hi > len(l.elems) {
			c.errorf(x.Span(), "%d:%d of a list of %d", lo, hi, len(l.elems))
			return poison{}, true
		}
		return &list{l.elems[lo:hi], l.n}, true
	}
	v := c.eval(a.Value)
	if isPoison(v) {
		return v, true
	}
	n, ok := v.(number)
	if !ok {
		return nil, false
	}
	i, ok := n.int()
	if !ok {
		return nil, false
	}
	if i < 0 || i >= len(l.elems) {
		c.errorf(a.Span(), "subscript %d is outside of a list of %d", i, len(l.elems))
		return poison{}, true
	}
	return l.elems[i], true
}

// A sub is one subscript of a read.
type sub struct {
	at    parser.Node
	poly  symbolic.Poly // the index, or the start of a slice
	data  *tensor       // an index known at run time
	slice bool
	n     symbolic.Poly // length of a slice
}

// read is t[subscripts].
func (c *ctx) read(x *parser.Subscript, t *tensor) value {
	if len(x.Args) > len(t.shape) {
		d := c.errorf(x.Span(), "%s has %s, and %s has %s", short(c.text(x)), plural(len(x.Args), "subscript"), short(c.text(x.X)), plural(len(t.shape), "dim"))
		c.side(d, x.X, t)
		return poison{}
	}
	var subs []sub
	ok := true
	for i, a := range x.Args {
		s, good := c.oneSub(a, t.shape[i])
		ok = ok && good
		subs = append(subs, s)
	}
	if !ok {
		return poison{}
	}
	// The result varies along all axes that t or a subscript varies along.
	with := []*tensor{t}
	for _, s := range subs {
		if s.data != nil {
			with = append(with, s.data)
		}
		for _, sym := range append(s.poly.Syms(), s.n.Syms()...) {
			if a := c.axisOf(sym); a != nil && a.pass == nil {
				with = append(with, &tensor{axes: []*axis{a}})
			}
		}
	}
	axes := unite(with...)
	n := len(axes)
	type operand struct {
		t  *tensor
		at int // where its dims stand in the result
	}
	var operands []operand
	passes := map[*axis]int{} // operands that are the number of a scan's pass
	toAxes := func(p symbolic.Poly) symbolic.Poly {
		return p.Subst(func(s string) (symbolic.Poly, bool) {
			a := c.axisOf(s)
			if a != nil && a.pass != nil {
				if _, ok := passes[a]; !ok {
					passes[a] = len(operands)
					operands = append(operands, operand{&tensor{node: a.pass}, 0})
				}
				return symbolic.Operand(passes[a]), true
			}
			if a != nil {
				return symbolic.Axis(indexOf(axes, a)), true
			}
			return symbolic.Poly{}, false
		})
	}
	out := &tensor{axes: axes, lo: t.lo, hi: t.hi}
	m := &symbolic.Map{}
	for _, a := range t.axes {
		m.Index = append(m.Index, symbolic.Axis(indexOf(axes, a)))
	}
	entry := 0 // subscripts that say which entry of a table is read
	if t.table != nil {
		entry = len(t.table.size)
		if len(subs) < entry || slices.ContainsFunc(subs[:entry], func(s sub) bool { return s.slice || s.data != nil && len(s.data.shape) > 0 }) {
			c.errorf(x.Span(), "rec reads itself entry by entry: %s", plural(entry, "whole number"))
			return poison{}
		}
	}
	for i, s := range subs {
		switch {
		case s.data != nil:
			always, ok := i < entry, true // a table has conditions of its own
			if !always {
				always, ok = c.dataInRange(x, t, i, s)
			}
			if !ok {
				return poison{}
			}
			e := symbolic.Operand(len(operands))
			if !always {
				m.Guard = append(m.Guard, symbolic.Cond{Kind: symbolic.NonNeg, E: e},
					symbolic.Cond{Kind: symbolic.NonNeg, E: t.shape[i].Sub(symbolic.Int(1)).Sub(e)})
			}
			m.Index = append(m.Index, e)
			operands = append(operands, operand{s.data, len(out.shape)})
			out.shape = append(out.shape, s.data.shape...)
			for j := range s.data.shape {
				out.names = append(out.names, s.data.dimName(j))
			}
		case s.slice:
			if !c.sliceInRange(x, t, i, s) {
				return poison{}
			}
			m.Index = append(m.Index, toAxes(s.poly).Add(symbolic.Axis(n+len(out.shape))))
			name := ""
			if s.n.Equal(t.shape[i]) {
				name = t.dimName(i)
			}
			out.shape, out.names = append(out.shape, s.n), append(out.names, name)
		default:
			guards, ok := c.inRange(x, t, i, s)
			if !ok {
				return poison{}
			}
			for _, g := range guards {
				m.Guard = append(m.Guard, symbolic.Cond{Kind: symbolic.NonNeg, E: toAxes(g)})
			}
			m.Index = append(m.Index, toAxes(s.poly))
		}
	}
	if t.table != nil {
		guards, ok := c.earlier(x, t.table, m.Index[n-len(axes)+len(t.axes):][:entry], subs, toAxes)
		if !ok {
			return poison{}
		}
		m.Guard = append(m.Guard, guards...)
	}
	for i := len(subs); i < len(t.shape); i++ {
		m.Index = append(m.Index, symbolic.Axis(n+len(out.shape)))
		out.shape, out.names = append(out.shape, t.shape[i]), append(out.names, t.dimName(i))
	}
	m.Shape = dims(axes, out.shape)
	if v, ok := symbolic.ConstValue(t.node); ok && len(m.Guard) == 0 {
		out.node = c.g.Const(v, m.Shape, t.node.Type)
		return out
	}
	var nodes []*symbolic.Node
	for _, o := range operands {
		nodes = append(nodes, c.placeOperand(o.t, axes, m.Shape, o.at))
	}
	out.node = c.g.Access(t.node, m, nodes...)
	return out
}

// placeOperand repeats an index operand to the shape of the result, its own
// dims standing from dim at on.
func (c *ctx) placeOperand(t *tensor, axes []*axis, full symbolic.Shape, at int) *symbolic.Node {
	if v, ok := symbolic.ConstValue(t.node); ok {
		return c.g.Const(v, full, symbolic.Integer)
	}
	var to []int
	for _, a := range t.axes {
		to = append(to, indexOf(axes, a))
	}
	for i := range t.shape {
		to = append(to, len(axes)+at+i)
	}
	return c.g.Broadcast(t.node, full, to...)
}

// oneSub elaborates a subscript of a dim.
func (c *ctx) oneSub(a *parser.Arg, dim symbolic.Poly) (sub, bool) {
	if a.Slice {
		lo, hi := symbolic.Poly{}, dim
		ok := true
		if a.Lo != nil {
			lo, ok = c.subPoly(a.Lo)
		}
		if a.Hi != nil && ok {
			hi, ok = c.subPoly(a.Hi)
		}
		if !ok {
			return sub{}, false
		}
		n := hi.Sub(lo)
		if c.mentionsAxis(n) {
			c.errorf(a.Span(), "the length of %s varies with an index", short(c.text(a)))
			return sub{}, false
		}
		return sub{at: a, poly: lo, n: n, slice: true}, true
	}
	if a.Name != nil || a.Value == nil {
		c.errorf(a.Span(), "a subscript has no name")
		return sub{}, false
	}
	v := c.eval(a.Value)
	switch v := v.(type) {
	case poison:
		return sub{}, false
	case number:
		if v.exact && c.wholeValued(v.poly) {
			return sub{at: a, poly: v.poly}, true
		}
	case *list, *tensor:
		t, ok := c.tensor(v, a.Value)
		if !ok {
			return sub{}, false
		}
		if t.node.Type == symbolic.Integer {
			return sub{at: a, data: t}, true
		}
	}
	d := c.side(c.errorf(a.Value.Span(), "a subscript must be a whole number, and %s is %s", short(c.text(a.Value)), describe(v)), a.Value, v)
	switch t, ok := v.(*tensor); {
	case ok && t.node.Type == symbolic.Boolean:
		d.Hintf("what holds for some elements is written with if: sum[i](if c[i] { x[i] } else { 0 })")
	case c.isArgument(a.Value):
		d.Hintf("declare it as index[%s]", dim)
	default:
		d.Hintf("div(a, b) gives a whole number")
	}
	return sub{}, false
}

// isArgument reports whether x is an argument of the func or model.
func (c *ctx) isArgument(x parser.Expr) bool {
	n, ok := unparen(x).(*parser.Name)
	if !ok {
		return false
	}
	b := c.scope.local(n.Name)
	return b != nil && b.what == "argument"
}

func (c *ctx) subPoly(x parser.Expr) (symbolic.Poly, bool) {
	v := c.eval(x)
	if n, ok := v.(number); ok && n.exact && c.wholeValued(n.poly) {
		return n.poly, true
	}
	c.asSize(v)
	if !isPoison(v) {
		c.errorf(x.Span(), "a bound of a slice is a size known when generating, not %s", describe(v))
	}
	return symbolic.Poly{}, false
}

// inRange checks an index against its dim. Where only a choice around it keeps
// it in range, the read must be guarded, since both branches are computed.
func (c *ctx) inRange(x *parser.Subscript, t *tensor, i int, s sub) (guards []symbolic.Poly, ok bool) {
	dim := t.shape[i]
	top := dim.Sub(symbolic.Int(1)).Sub(s.poly)
	low, high := c.prove(s.poly, nil), c.prove(top, nil)
	if low && high {
		return nil, true
	}
	if !low {
		guards = append(guards, s.poly)
	}
	if !high {
		guards = append(guards, top)
	}
	if c.prove(s.poly, c.facts) && c.prove(top, c.facts) {
		return guards, true
	}
	if len(c.facts) == 0 && c.checked(x, dim, s.poly) {
		return nil, true
	}
	for _, p := range guards {
		if w, bad := c.refute(p, s.poly, c.facts); bad {
			c.outOfRange(x, t, i, s, w)
			return nil, false
		}
	}
	return guards, true
}

// checked leaves it to the running program to check an index, once, where that
// is a question of sizes: x[i < K] of x [n], or x[n - 2]. It fails where it is
// not, where the index goes past the end by a size that the dim has itself, and
// where it is known to be out of range.
func (c *ctx) checked(x parser.Node, dim, p symbolic.Poly) bool {
	lo, hi := &p, &p
	for _, s := range p.Syms() {
		if a := c.axisOf(s); a != nil {
			if powerOf(p, s) > 1 {
				return false
			}
			if lo, hi = c.closeBound(lo, []*axis{a}, false), c.closeBound(hi, []*axis{a}, true); lo == nil || hi == nil {
				return false
			}
		}
	}
	if c.always(*lo) {
		return false
	}
	need := hi.Add(symbolic.Int(1))
	if !c.prove(dim.Sub(need), nil) {
		for _, s := range hi.Syms() {
			if slices.Contains(dim.Syms(), s) {
				return false
			}
		}
		if c.always(dim.Sub(need)) {
			return false
		}
		c.check(dim, need, x)
	}
	c.check(*lo, symbolic.Poly{}, x)
	return true
}

// always reports whether p, of sizes only, is negative for all of them.
func (c *ctx) always(p symbolic.Poly) bool {
	return c.prove(p.Neg().Sub(symbolic.Int(1)), nil)
}

// check asks that size a be at least b when the program runs, unless that is
// known.
func (c *ctx) check(a, b symbolic.Poly, x parser.Node) {
	if c.prove(a.Sub(b), nil) || c.checks == nil {
		return
	}
	for _, k := range *c.checks {
		if k.A.Equal(a) && k.B.Equal(b) {
			return
		}
	}
	*c.checks = append(*c.checks, module.Check{A: a, B: b, AtLeast: true, Span: x.Span(), Text: c.text(x)})
}

func (c *ctx) outOfRange(x *parser.Subscript, t *tensor, i int, s sub, w witness) {
	d := c.errorf(s.at.Span(), "subscript %s is out of range", short(c.text(s.at)))
	c.side(d, x.X, t)
	top := t.shape[i].Sub(symbolic.Int(1))
	if n, ok := s.poly.Const(); ok && n < 0 {
		d.Hintf("subscripts count from 0; dim %d of %s ends at %s", i, short(c.text(x.X)), top)
		return
	}
	if w.text == "" || s.poly.Equal(t.shape[i]) {
		d.Hintf("dim %d of %s is %s, so the last is %s", i, short(c.text(x.X)), t.shape[i], top)
		return
	}
	d.Hintf("at %s it is %d, and dim %d of %s is %s", w.text, w.value, i, short(c.text(x.X)), t.shape[i])
}

func (c *ctx) sliceInRange(x *parser.Subscript, t *tensor, i int, s sub) bool {
	end := s.poly.Add(s.n)
	for _, p := range []symbolic.Poly{s.poly, s.n, t.shape[i].Sub(end)} {
		if c.prove(p, nil) {
			continue
		}
		w, bad := c.refute(p, p, nil)
		if bad && (c.mentionsAxis(p) || c.always(p)) {
			d := c.errorf(s.at.Span(), "slice %s is out of range", short(c.text(s.at)))
			c.side(d, x.X, t)
			if n, ok := end.Const(); ok && n < 0 {
				d.Hintf("negative numbers do not count from the end; dim %d ends at %s", i, t.shape[i])
			} else if n, ok := s.n.Const(); ok && n < 0 {
				d.Hintf("it ends before it begins")
			} else if w.text != "" {
				d.Hintf("at %s it leaves dim %d, which is %s", w.text, i, t.shape[i])
			} else {
				d.Hintf("dim %d of %s is %s", i, short(c.text(x.X)), t.shape[i])
			}
			return false
		}
		if !c.mentionsAxis(p) {
			c.check(p, symbolic.Poly{}, x)
		}
	}
	return true
}

// dataInRange checks an index known at run time by the bound it was declared
// with, which is checked once at entry, or by the choices around. It reports
// whether the index is always in range, and whether it is where it is read.
func (c *ctx) dataInRange(x *parser.Subscript, t *tensor, i int, s sub) (always, ok bool) {
	dim := t.shape[i]
	if always, ok := c.within(s.data, dim); ok {
		return always && c.somewhere(s.data, dim, x), true
	}
	name := short(c.text(s.at))
	var d *diag.Diagnostic
	switch {
	case s.data.lo == nil || s.data.hi == nil:
		c.asSize(s.data)
		d = c.errorf(s.at.Span(), "subscript %s may be any whole number", name)
		c.sideArg(c.side(d, x.X, t), s.at, s.data)
		d.Hintf("declare what it comes from as index[%s]; mod(%s, %s) is in range too", dim, name, dim)
		return false, false
	case !c.prove(*s.data.lo, c.facts):
		d = c.errorf(s.at.Span(), "subscript %s may be as small as %s", name, c.polyText(*s.data.lo))
	default:
		d = c.errorf(s.at.Span(), "subscript %s may be as large as %s", name, c.polyText(*s.data.hi))
	}
	c.sideArg(c.side(d, x.X, t), s.at, s.data)
	d.Hintf("dim %d of %s is %s", i, short(c.text(x.X)), dim)
	return false, false
}

// somewhere reports whether there is an element at a place that is in range as such: the greatest
// of nothing is at 0, and nothing is there. Where that is a question of sizes, the running program asks it.
func (c *ctx) somewhere(at *tensor, dim symbolic.Poly, x parser.Node) bool {
	one, seen := symbolic.Int(1), map[*symbolic.Node]bool{}
	var picked func(n *symbolic.Node) bool
	picked = func(n *symbolic.Node) bool {
		if seen[n] || n.Type != symbolic.Integer && n.Op != symbolic.OpLoop {
			return false
		}
		seen[n] = true
		return n.Op.Arg || slices.ContainsFunc(n.Needs(), picked)
	}
	if c.prove(dim.Sub(one), nil) || !picked(at.node) {
		return true
	}
	if len(c.facts) > 0 {
		return false
	}
	c.check(dim, one, x)
	return true
}

func (c *ctx) sideArg(d *diag.Diagnostic, at parser.Node, v *tensor) {
	if a, ok := at.(*parser.Arg); ok && a.Value != nil {
		c.side(d, a.Value, v)
	}
}

func plural(n int, what string) string {
	switch n {
	case 0:
		return "no " + what + "s"
	case 1:
		return "one " + what
	}
	return itoa(n) + " " + what + "s"
}
