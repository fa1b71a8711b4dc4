package frontend

import (
	"math"
	"slices"

	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// A fold says how a reduction of the language is made from operators.
type fold struct {
	op   *symbolic.OpSpec
	typ  symbolic.Type // of what is reduced: Real, or Boolean
	unit float64       // what a masked element counts as
}

func foldOf(name string) (fold, bool) {
	switch name {
	case "sum", "mean":
		return fold{symbolic.Lookup(name), symbolic.Real, 0}, true
	case "prod":
		return fold{symbolic.OpProd, symbolic.Real, 1}, true
	case "max":
		return fold{symbolic.OpMaxOver, symbolic.Real, math.Inf(-1)}, true
	case "min":
		return fold{symbolic.OpMinOver, symbolic.Real, inf}, true
	case "logsumexp":
		return fold{symbolic.OpLogSumExp, symbolic.Real, math.Inf(-1)}, true
	case "argmax":
		return fold{symbolic.OpArgmax, symbolic.Real, math.Inf(-1)}, true
	case "argmin":
		return fold{symbolic.OpArgmin, symbolic.Real, inf}, true
	case "any":
		return fold{symbolic.OpAny, symbolic.Boolean, 0}, true
	case "every":
		return fold{symbolic.OpEvery, symbolic.Boolean, 1}, true
	}
	return fold{}, false
}

// reduction is sum[k](E) and its kin.
func (c *ctx) reduction(x *parser.Reduction) value {
	if x.Op == "softmax" || x.Op == "logsoftmax" {
		return c.indexedSoftmax(x)
	}
	f, ok := foldOf(x.Op)
	if !ok {
		c.errorf(x.OpSpan, "%s takes no indices", x.Op)
		return poison{}
	}
	in, ks, ok := c.bindIndices(x.Binders, x.Body, x.Span())
	if !ok {
		return poison{}
	}
	if f.op.Arg && (len(ks) != 1 || ks[0].axis.id == batchID) {
		c.errorf(x.Span(), "%s chooses one index", x.Op)
		return poison{}
	}
	var mask *tensor
	for _, k := range ks {
		switch {
		case k.mask == nil:
		case mask == nil:
			mask = k.mask
		default:
			both := c.apply(symbolic.OpAnd, mask, k.mask)
			both.yes = mask.yes.and(k.mask.yes)
			mask = both
		}
	}
	if mask != nil {
		in = in.assuming(mask.yes)
	}
	v := in.eval(x.Body)
	if isPoison(v) {
		return v
	}
	t, ok := c.foldOperand(f, v, x.Body, x.Op)
	if !ok {
		return poison{}
	}
	var axes []*axis
	for _, k := range ks {
		axes = append(axes, k.axis)
	}
	return c.foldAxes(f, x.Op, t, axes, mask, ks)
}

// foldOperand gives what is reduced the type that the reduction wants.
func (c *ctx) foldOperand(f fold, v value, at parser.Expr, op string) (*tensor, bool) {
	t, ok := c.tensor(v, at)
	if !ok {
		return nil, false
	}
	isBool := t.node.Type == symbolic.Boolean
	switch {
	case f.typ == symbolic.Boolean && !isBool:
		c.side(c.errorf(at.Span(), "%s needs truth values", op), at, t)
		return nil, false
	case f.typ == symbolic.Real && isBool && (op == "sum" || op == "mean"):
		out := *t
		out.node = c.g.ToReal(t.node) // how many hold; how often it holds
		return &out, true
	case f.typ == symbolic.Real && isBool:
		c.side(c.errorf(at.Span(), "%s needs numbers", op), at, t)
		return nil, false
	case f.typ == symbolic.Real:
		return c.toReal(t), true
	}
	return t, true
}

// foldAxes reduces t over axes; where a mask is given, over where it holds.
func (c *ctx) foldAxes(f fold, name string, t *tensor, axes []*axis, mask *tensor, ks []*index) value {
	over := &tensor{axes: axes}
	all := unite(t, over)
	if mask != nil {
		all = unite(t, over, mask)
	}
	n := c.spread(t, all, t.shape)
	var at symbolic.Axes
	var rest []*axis
	for i, a := range all {
		if slices.Contains(axes, a) {
			at = append(at, i)
		} else {
			rest = append(rest, a)
		}
	}
	out := &tensor{axes: rest, shape: t.shape, names: t.names}
	reduce := func(op *symbolic.OpSpec, n *symbolic.Node) *symbolic.Node { return c.g.Apply(op, at, n) }
	if mask == nil {
		out.node = reduce(f.op, n)
	} else {
		m := c.spread(mask, all, t.shape)
		switch {
		case f.typ == symbolic.Boolean && f.unit == 0:
			n = c.g.Apply(symbolic.OpAnd, nil, m, n)
		case f.typ == symbolic.Boolean:
			n = c.g.Apply(symbolic.OpOr, nil, c.g.Apply(symbolic.OpNot, nil, m), n)
		default:
			n = c.g.Select(m, n, c.g.Like(f.unit, n))
		}
		if name == "mean" {
			count := reduce(symbolic.OpSum, c.g.ToReal(m))
			out.node = c.g.Div(reduce(symbolic.OpSum, n), count)
		} else {
			out.node = reduce(f.op, n)
		}
	}
	if f.op.Arg {
		// The position along the axis is the index, or off by where it starts.
		lo, hi := ks[0].lo, ks[0].lo.Add(axes[0].size).Sub(symbolic.Int(1))
		if !lo.Is(0) {
			start := &tensor{node: c.g.Size(lo), lo: &lo, hi: &lo}
			out = c.apply(symbolic.OpIntAdd, out, start)
		}
		out.lo, out.hi = &lo, &hi
	}
	return out
}

// indexedSoftmax is softmax[s](E), which binds nothing: s is an index already,
// and a bound masks.
func (c *ctx) indexedSoftmax(x *parser.Reduction) value {
	var axes []*axis
	var mask *tensor
	for _, b := range x.Binders {
		if b.Name == nil {
			return poison{}
		}
		a := c.indexAxis(b.Name)
		if a == nil {
			d := c.errorf(b.Span(), "%s[%s] needs %s to be an index already", x.Op, b.Name.Name, b.Name.Name)
			d.Hintf("bind it on the left, Y[%s] = %s[%s](…), or by a sum around", b.Name.Name, x.Op, b.Name.Name)
			return poison{}
		}
		axes = append(axes, a)
		k := &index{Binder: b, axis: a, set: true}
		if b.Hi != nil {
			hi := c.eval(b.Hi)
			if isPoison(hi) {
				return poison{}
			}
			m, ok := c.below(k, hi)
			if !ok {
				continue // the bound always holds
			}
			mask = m
		}
		if b.Lo != nil {
			c.errorf(b.Span(), "%s takes an upper bound only", x.Op)
			return poison{}
		}
	}
	in := c
	if mask != nil {
		in = c.assuming(mask.yes)
	}
	v := in.eval(x.Body)
	if isPoison(v) {
		return v
	}
	t, ok := c.real(v, x.Body)
	if !ok {
		return poison{}
	}
	op := symbolic.Lookup(x.Op)
	over := &tensor{axes: axes}
	all := unite(t, over)
	if mask != nil {
		all = unite(t, over, mask)
	}
	n := c.spread(t, all, t.shape)
	var at symbolic.Axes
	for i, a := range all {
		if slices.Contains(axes, a) {
			at = append(at, i)
		}
	}
	if mask == nil {
		n = c.g.Apply(op, at, n)
	} else {
		m := c.spread(mask, all, t.shape)
		n = c.g.Apply(op, at, c.g.Select(m, n, c.g.Like(math.Inf(-1), n)))
		n = c.g.Select(m, n, c.g.Like(0, n))
	}
	return &tensor{node: n, axes: all, shape: t.shape, names: t.names}
}

// indexAxis is the axis that a name is an index along, or nil.
func (c *ctx) indexAxis(id *parser.Ident) *axis {
	if id.Name == "batch" && c.frame.model != nil {
		return c.frame.model.batch
	}
	b := c.scope.local(id.Name)
	if b == nil {
		return nil
	}
	n, ok := b.val.(number)
	if !ok || !n.exact {
		return nil
	}
	for _, s := range n.poly.Syms() {
		if a := c.axisOf(s); a != nil && a.name == id.Name && a.pass == nil {
			return a
		}
	}
	return nil
}

// indexStmt is Y[t, k] = E.
func (c *ctx) indexStmt(s *parser.IndexStmt) {
	if s.Name == nil {
		return
	}
	var out value = poison{}
	defer func() { c.letName(s.Name, out, squeeze(c.text(s.Value))) }()
	if s.Rec {
		out = c.rec(s)
		return
	}
	in, ks, ok := c.bindIndices(s.Binders, s.Value, s.Span())
	if !ok {
		return
	}
	var axes []*axis
	for _, k := range ks {
		if k.mask != nil {
			c.errorf(k.Span(), "the range of %s varies; what stands left of = is a whole tensor", k.Name.Name).
				Hintf("state a range that is the same for all, and write if … { … } else { 0 } on the right")
			return
		}
		if k.axis.id == batchID {
			c.errorf(k.Span(), "the batch cannot be bound on the left").Hintf("every value of a model has it already")
			return
		}
		axes = append(axes, k.axis)
	}
	v := in.eval(s.Value)
	if isPoison(v) {
		return
	}
	t, ok := c.tensor(v, s.Value)
	if !ok {
		return
	}
	out = c.shut(t, axes...)
}
