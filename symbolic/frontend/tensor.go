package frontend

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// The primitives below all work the same way: they bring their operands to
// the union of the axes that these vary along, and work on the shapes.

// spread returns t's node over the given axes, and repeated to shape, of which
// t's own shape is the end.
func (c *ctx) spread(t *tensor, axes []*axis, shape symbolic.Shape) *symbolic.Node {
	full := dims(axes, shape)
	if v, ok := symbolic.ConstValue(t.node); ok {
		return c.g.Const(v, full, t.node.Type)
	}
	var to []int
	for _, a := range t.axes {
		to = append(to, slices.Index(axes, a))
	}
	for i := range t.shape {
		to = append(to, len(full)-len(t.shape)+i)
	}
	return c.g.Broadcast(t.node, full, to...)
}

// apply applies an elementwise operator. The shapes have been checked.
func (c *ctx) apply(op *symbolic.OpSpec, xs ...*tensor) *tensor {
	axes := unite(xs...)
	long := xs[0]
	for _, x := range xs {
		if len(x.shape) > len(long.shape) {
			long = x
		}
	}
	args := make([]*symbolic.Node, len(xs))
	for i, x := range xs {
		args[i] = c.spread(x, axes, long.shape)
	}
	return &tensor{node: c.g.Apply(op, nil, args...), axes: axes, shape: long.shape, names: mergeNames(xs...)}
}

// mergeNames takes each dim's name from the first operand that has one.
func mergeNames(xs ...*tensor) []string {
	var out []string
	for _, x := range xs {
		rank := len(x.shape)
		if rank > len(out) {
			out = append(make([]string, rank-len(out)), out...)
		}
		for i := range rank {
			if j := len(out) - rank + i; out[j] == "" {
				out[j] = x.dimName(i)
			}
		}
	}
	return out
}

// tensor makes a run-time value of v, or reports why it is none.
func (c *ctx) tensor(v value, at parser.Node) (*tensor, bool) {
	switch v := v.(type) {
	case *tensor:
		return v, true
	case number:
		return c.numberTensor(v, at.Span())
	case truth:
		f := 0.0
		if v {
			f = 1
		}
		return &tensor{node: c.g.Const(f, nil, symbolic.Boolean)}, true
	case *list:
		return c.stackValues(v.elems, at)
	case poison:
		return nil, false
	}
	d := c.errorf(at.Span(), "%s is %s, not a value to compute with", c.text(at), describe(v))
	if _, several := v.(tuple); several {
		d.Hintf("bind them first: a, b = %s", short(c.text(at)))
	}
	return nil, false
}

// rows notes the first row of what is stacked at a node, and row i.
func (c *ctx) rows(d *diag.Diagnostic, at parser.Node, ts []*tensor, i int) *diag.Diagnostic {
	for _, j := range []int{0, i} {
		switch x := at.(type) {
		case *parser.List:
			c.side(d, x.Elems[j], ts[j])
		case *parser.Call:
			c.side(d, x.Args[j].Value, ts[j])
		default: // a loop
			d.Note("pass "+itoa(j), ts[j].typeText(), diag.Span{})
		}
	}
	return d
}

// real makes a run-time real value of v.
func (c *ctx) real(v value, at parser.Node) (*tensor, bool) {
	t, ok := c.tensor(v, at)
	if !ok {
		return nil, false
	}
	if t.node.Type == symbolic.Boolean {
		c.errorf(at.Span(), "%s is a truth value, where a number is needed", c.text(at)).
			Hintf("write if %s { 1 } else { 0 }", c.text(at))
		return nil, false
	}
	return c.toReal(t), true
}

func (c *ctx) toReal(t *tensor) *tensor {
	if t.node.Type == symbolic.Real {
		return t
	}
	out := *t
	out.node, out.lo, out.hi, out.form, out.under = c.g.ToReal(t.node), nil, nil, nil, nil
	return &out
}

// numberTensor is a static number as a node: a constant, a size, or what
// indices along their axes come to.
func (c *ctx) numberTensor(n number, span diag.Span) (*tensor, bool) {
	if f, ok := n.float(); ok {
		typ := n.typ
		return &tensor{node: c.g.Const(f, nil, typ), lo: exactly(n), hi: exactly(n), form: exactly(n)}, true
	}
	t := &tensor{}
	if n.typ == symbolic.Integer {
		t.lo, t.hi, t.form = exactly(n), exactly(n), exactly(n)
	}
	changes := false // from pass to pass
	for _, s := range n.poly.Syms() {
		switch a := c.axisOf(s); {
		case a != nil && a.pass != nil:
			changes = true
		case a != nil:
			t.axes = append(t.axes, a)
		}
	}
	slices.SortFunc(t.axes, func(a, b *axis) int { return a.id - b.id })
	// Whole multiples first, then one division by the common denominator.
	den := int64(1)
	n.poly.Terms(func(_, d int64, _ []string) { den = lcm(den, d) })
	full := dims(t.axes, nil)
	switch {
	case len(t.axes) == 0 && !changes && (den == 1 || n.typ == symbolic.Integer):
		t.node = c.g.Size(n.poly)
		den = 1
	case len(t.axes) == 0 && !changes:
		t.node = c.g.Size(n.poly.Scale(den, 1))
	default:
		t.node = c.polyNode(n.poly.Scale(den, 1), t.axes, full)
	}
	if n.typ == symbolic.Integer {
		if den != 1 {
			t.node = c.g.Apply(symbolic.OpIntDiv, nil, t.node, c.g.Const(float64(den), full, symbolic.Integer))
		}
		return t, true
	}
	t.node = c.g.ToReal(t.node)
	if den != 1 {
		t.node = c.g.Div(t.node, c.g.Like(float64(den), t.node))
	}
	return t, true
}

func exactly(n number) *symbolic.Poly {
	if n.exact && n.typ == symbolic.Integer {
		return &n.poly
	}
	return nil
}

// polyNode computes a polynomial with whole coefficients over axes.
func (c *ctx) polyNode(p symbolic.Poly, axes []*axis, full symbolic.Shape) *symbolic.Node {
	var sum *symbolic.Node
	p.Terms(func(num, _ int64, syms []string) {
		// Sizes and the coefficient are one number; indices multiply it.
		size := symbolic.Int(int(num))
		var prod *symbolic.Node
		for _, s := range syms {
			a := c.axisOf(s)
			if a == nil {
				size = size.Mul(symbolic.Sym(s))
				continue
			}
			var iota *symbolic.Node
			if a.pass != nil {
				iota = c.g.Broadcast(a.pass, full)
			} else {
				iota = c.g.Iota(full, slices.Index(axes, a))
			}
			if prod == nil {
				prod = iota
			} else {
				prod = c.g.Apply(symbolic.OpIntMul, nil, prod, iota)
			}
		}
		switch {
		case prod == nil:
			prod = c.g.Broadcast(c.g.Size(size), full)
			if v, ok := size.Const(); ok {
				prod = c.g.Const(float64(v), full, symbolic.Integer)
			}
		case !size.Is(1):
			k := c.g.Broadcast(c.g.Size(size), full)
			if v, ok := size.Const(); ok {
				k = c.g.Const(float64(v), full, symbolic.Integer)
			}
			prod = c.g.Apply(symbolic.OpIntMul, nil, prod, k)
		}
		if sum == nil {
			sum = prod
		} else {
			sum = c.g.Apply(symbolic.OpIntAdd, nil, sum, prod)
		}
	})
	return sum
}

func lcm(a, b int64) int64 {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}

// fits reports whether one of the shapes is the end of the other, as implicit
// broadcasting wants.
func fits(a, b symbolic.Shape) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a.Equal(b[len(b)-len(a):])
}

// stackValues lays values of one shape side by side along a new first dim.
func (c *ctx) stackValues(vs []value, at parser.Node) (*tensor, bool) {
	var ts []*tensor
	typ := symbolic.Integer
	for _, v := range vs {
		t, ok := c.tensor(v, at)
		if !ok {
			return nil, false
		}
		if t.node.Type != symbolic.Integer {
			typ = t.node.Type
		}
		ts = append(ts, t)
	}
	if len(ts) == 0 {
		return &tensor{node: c.g.Const(0, symbolic.Shp(0), symbolic.Real), shape: symbolic.Shp(0)}, true
	}
	for i, t := range ts {
		if typ == symbolic.Real && t.node.Type == symbolic.Integer {
			ts[i] = c.toReal(t)
			t = ts[i]
		}
		if t.node.Type != typ {
			c.rows(c.errorf(at.Span(), "numbers and truth values cannot stand in one list"), at, ts, i)
			return nil, false
		}
		if !t.shape.Equal(ts[0].shape) {
			c.rows(c.errorf(at.Span(), "rows of different shapes"), at, ts, i).Hintf("what is stacked must have one shape")
			return nil, false
		}
	}
	axes := unite(ts...)
	row := append(symbolic.Shp(1), ts[0].shape...)
	var rows []*symbolic.Node
	for _, t := range ts {
		rows = append(rows, c.spread(t, axes, row))
	}
	n := c.g.Concat(len(axes), rows...)
	out := &tensor{node: n, axes: axes, shape: n.Shape[len(axes):], names: append([]string{""}, ts[0].names...)}
	out.lo, out.hi = c.hull(ts)
	return out, true
}

// hull is the range of whole numbers that all of ts are in.
func (c *ctx) hull(ts []*tensor) (lo, hi *symbolic.Poly) {
	lo, hi = ts[0].lo, ts[0].hi
	for _, t := range ts[1:] {
		lo, hi = pickBound(lo, t.lo, -1), pickBound(hi, t.hi, 1)
	}
	return lo, hi
}

// pickBound is the lesser (sign −1) or greater of two bounds where that is
// known.
func pickBound(a, b *symbolic.Poly, sign int) *symbolic.Poly {
	if a == nil || b == nil {
		return nil
	}
	d, ok := b.Sub(*a).Const()
	switch {
	case !ok:
		return nil
	case d*sign > 0:
		return b
	}
	return a
}

// open turns the first n dims of t into axes.
func (t *tensor) open(axes ...*axis) *tensor {
	out := *t
	out.axes = append(slices.Clone(t.axes), axes...)
	out.shape, out.form, out.under = t.shape[len(axes):], nil, nil
	if len(t.names) > len(axes) {
		out.names = t.names[len(axes):]
	} else {
		out.names = nil
	}
	return &out
}

// shut turns axes into the first dims of t's shape, in the order given.
func (c *ctx) shut(t *tensor, axes ...*axis) *tensor {
	out := *t
	out.axes = slices.DeleteFunc(slices.Clone(t.axes), func(a *axis) bool { return slices.Contains(axes, a) })
	out.node = c.spread(t, append(slices.Clone(out.axes), axes...), t.shape)
	out.shape = append(dims(axes, nil), t.shape...)
	var names []string
	for _, a := range axes {
		names = append(names, c.sizeName(a.size))
	}
	out.names = append(names, t.names...)
	out.yes, out.no, out.form, out.under = known{}, known{}, nil, nil
	// A bound that mentions what is no axis any more is of no use.
	out.lo, out.hi = c.closeBound(t.lo, axes, false), c.closeBound(t.hi, axes, true)
	return &out
}

// closeBound replaces axes in a bound by what makes it hold for all of them.
func (c *ctx) closeBound(p *symbolic.Poly, axes []*axis, upper bool) *symbolic.Poly {
	if p == nil {
		return nil
	}
	q := *p
	for _, a := range axes {
		k, rest, ok := q.Linear(a.sym())
		if !ok {
			return nil
		}
		if (k > 0) == upper && k != 0 {
			rest = rest.Add(a.size.Sub(symbolic.Int(1)).Scale(int64(k), 1))
		}
		q = rest
	}
	return &q
}

// sizeName is the name of a size for messages: what it is called where it is a
// run-time dim alone.
func (c *ctx) sizeName(p symbolic.Poly) string {
	if s, ok := p.AsSym(); ok && !strings.HasPrefix(s, "%") {
		return s
	}
	return ""
}

// axisOf returns the axis that a symbol stands for, or nil.
func (f *frontend) axisOf(sym string) *axis {
	if strings.HasPrefix(sym, "%") {
		return f.axes[sym]
	}
	return nil
}

// axesIn are the axes that a polynomial mentions.
func (f *frontend) axesIn(p symbolic.Poly) []*axis {
	var out []*axis
	for _, s := range p.Syms() {
		if a := f.axisOf(s); a != nil {
			out = append(out, a)
		}
	}
	return out
}

// newAxis makes an axis, inside of all there are.
func (f *frontend) newAxis(name string, size symbolic.Poly, span diag.Span) *axis {
	a := &axis{id: f.nextAxis, name: name, size: size, span: span}
	f.nextAxis++
	f.axes[a.sym()] = a
	return a
}
