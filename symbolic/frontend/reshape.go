package frontend

import (
	"slices"

	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// one takes the only argument as a tensor.
func (k *bcall) one() (*tensor, bool) {
	if !k.arity(1) {
		return nil, false
	}
	return k.tensor(k.args[0], k.at[0])
}

// axisArg is the static axis of concat[1] and its kin.
func (k *bcall) axisArg(rank int) (int, bool) {
	if len(k.f.static) == 0 {
		return 0, true
	}
	n, ok := k.f.static[0].val.(number)
	i, isInt := n.int()
	if !ok || !isInt || len(k.f.static) > 1 || i < 0 || i >= rank {
		k.errorf(k.x.Fun.Span(), "%s[axis] takes the number of a dim, from 0 to %d", k.f.name, rank-1)
		return 0, false
	}
	return i, true
}

func (k *bcall) flat() value {
	t, ok := k.one()
	if !ok {
		return poison{}
	}
	out := *t
	out.shape, out.names = symbolic.Shape{t.shape.Size()}, nil
	out.node = k.g.Reshape(t.node, dims(t.axes, out.shape))
	k.flatOf[&out] = t.shapeText(true)
	return &out
}

// reshape[a, b](x) gives the elements another shape.
func (k *bcall) reshape() value {
	t, ok := k.one()
	if !ok {
		return poison{}
	}
	shape, names, ok := k.staticShape()
	if !ok {
		return poison{}
	}
	if !shape.Size().Equal(t.shape.Size()) {
		k.side(k.errorf(k.x.Span(), "cannot reshape %s to %s", t.shapeText(false), shape), k.at[0], t).
			Hintf("%s has %s elements, %s has %s", t.shapeText(false), t.shape.Size(), shape, shape.Size())
		return poison{}
	}
	out := *t
	out.shape, out.names = shape, names
	out.node = k.g.Reshape(t.node, dims(t.axes, shape))
	return &out
}

// staticShapeOf takes the static arguments as dims.
func (c *ctx) staticShapeOf(f *builtin, at parser.Node) (symbolic.Shape, bool) {
	var shape symbolic.Shape
	for _, s := range f.static {
		n, ok := s.val.(number)
		if !ok || s.name != "" {
			c.errorf(s.span, "%s[…] takes dims", f.name)
			return nil, false
		}
		p, ok := c.dimPoly(n, spanNode{s.span})
		if !ok {
			return nil, false
		}
		shape = append(shape, p)
	}
	return shape, true
}

func (k *bcall) staticShape() (symbolic.Shape, []string, bool) {
	shape, ok := k.staticShapeOf(k.f, k.x)
	names := make([]string, len(shape))
	for i, d := range shape {
		names[i] = k.sizeName(d)
	}
	return shape, names, ok
}

func (k *bcall) filled() value {
	k.errorf(k.x.Span(), "%s takes dims in brackets: %s[3]", k.f.name, k.f.name)
	return poison{}
}

// fill is ones[n], zeros[n, m] and eye[n].
func (c *ctx) fill(f *builtin, x *parser.Subscript) value {
	shape, ok := c.staticShapeOf(f, x)
	if !ok {
		return poison{}
	}
	if f.name != "eye" {
		v := 0.0
		if f.name == "ones" {
			v = 1
		}
		return &tensor{node: c.g.Const(v, shape, symbolic.Real), shape: shape}
	}
	if len(shape) != 1 {
		c.errorf(x.Span(), "eye takes one dim")
		return poison{}
	}
	shape = symbolic.Shape{shape[0], shape[0]}
	same := c.g.Apply(symbolic.OpIntEq, nil, c.g.Iota(shape, 0), c.g.Iota(shape, 1))
	return &tensor{node: c.g.ToReal(same), shape: shape}
}

// concat lays values one after the other along the first dim, or the one
// given; numbers count as vectors of one.
func (k *bcall) concat() value {
	var ts []*tensor
	typ, rank := symbolic.Integer, 1
	for i, v := range k.args {
		t, ok := k.tensor(v, k.at[i])
		if !ok {
			return poison{}
		}
		if t.node.Type != symbolic.Integer {
			typ = t.node.Type
		}
		rank = max(rank, len(t.shape))
		ts = append(ts, t)
	}
	if len(ts) == 0 {
		k.errorf(k.x.Span(), "concat of nothing")
		return poison{}
	}
	axis, ok := k.axisArg(rank)
	if !ok {
		return poison{}
	}
	for i, t := range ts {
		if typ == symbolic.Real {
			t = k.toReal(t)
		}
		if len(t.shape) == 0 {
			u := *t
			u.shape = symbolic.Shp(1)
			u.node = k.spread(t, t.axes, u.shape)
			t = &u
		}
		ts[i] = t
		bad := t.node.Type != typ || len(t.shape) != rank
		for j := 0; j < rank && !bad; j++ {
			bad = j != axis && !t.shape[j].Equal(ts[0].shape[j])
		}
		if bad {
			d := k.errorf(k.x.Span(), "cannot lay these one after the other")
			for j := range ts[:i+1] {
				k.side(d, k.at[j], k.args[j])
			}
			d.Hintf("all dims but dim %d must be the same", axis)
			return poison{}
		}
	}
	axes := unite(ts...)
	var parts []*symbolic.Node
	for _, t := range ts {
		parts = append(parts, k.spread(t, axes, t.shape))
	}
	n := k.g.Concat(len(axes)+axis, parts...)
	out := &tensor{node: n, axes: axes, shape: n.Shape[len(axes):]}
	for j := range rank {
		name := ts[0].dimName(j)
		if j == axis {
			name = ""
		}
		out.names = append(out.names, name)
	}
	if typ == symbolic.Integer {
		out.lo, out.hi = k.hull(ts)
	}
	return out
}

// split(x, n) cuts x into n equal parts along a dim.
func (k *bcall) split() value {
	if !k.arity(2) {
		return poison{}
	}
	t, ok := k.tensor(k.args[0], k.at[0])
	if !ok {
		return poison{}
	}
	num, _ := k.args[1].(number)
	n, ok := num.int()
	if _, isNum := k.args[1].(number); !isNum || !ok || n < 1 || n > maxListLen {
		k.errorAt(1, "split takes a number of parts known when generating, from 1 to %d", maxListLen)
		return poison{}
	}
	if len(t.shape) == 0 {
		k.errorAt(0, "split cuts a vector or more, not one number")
		return poison{}
	}
	axis, ok := k.axisArg(len(t.shape))
	if !ok {
		return poison{}
	}
	part := t.shape[axis].Scale(1, int64(n))
	if !k.wholeValued(part) {
		k.errorAt(0, "cannot split %s into %d equal parts", t.shape[axis], n)
		return poison{}
	}
	var out tuple
	for i := range n {
		p := *t
		p.shape = slices.Clone(t.shape)
		p.shape[axis] = part
		p.names = slices.Clone(t.names)
		if axis < len(p.names) {
			p.names[axis] = ""
		}
		p.node = k.g.Slice(t.node, len(t.axes)+axis, part.Scale(int64(i), 1), part)
		out = append(out, &p)
	}
	if n == 1 {
		return out[0]
	}
	return out
}

// stack lays values side by side along a new first dim; stack[batch](x) does
// that with the value of every example.
func (k *bcall) stack() value {
	if len(k.f.static) == 0 {
		t, ok := k.stackValues(k.args, k.x)
		if !ok {
			return poison{}
		}
		return t
	}
	m := k.frame.model
	n, ok := k.f.static[0].val.(number)
	if len(k.f.static) > 1 || !ok || m == nil || !n.exact || !n.poly.Equal(m.batch.size) {
		k.errorf(k.x.Fun.Span(), "stack takes values, or is stack[batch] in a model")
		return poison{}
	}
	t, ok := k.one()
	if !ok {
		return poison{}
	}
	return k.shut(t, m.batch)
}

// length is the first dim of a value, or the length of a list.
func (k *bcall) length() value {
	if !k.arity(1) {
		return poison{}
	}
	switch v := k.args[0].(type) {
	case *list:
		return whole(symbolic.Int(len(v.elems)))
	case *tensor:
		if len(v.shape) > 0 {
			return whole(v.shape[0])
		}
	}
	k.errorAt(0, "len takes a list or a value with dims")
	return poison{}
}

func (k *bcall) rank() value {
	t, ok := k.one()
	if !ok {
		return poison{}
	}
	if t.rank != nil {
		return whole(symbolic.Int(*t.rank))
	}
	return whole(symbolic.Int(len(t.shape)))
}

// onehot[n](i) is the vector of n with 1 at i, for each i.
func (k *bcall) onehot() value {
	if !k.arity(1) {
		return poison{}
	}
	shape, names, ok := k.staticShape()
	if !ok {
		return poison{}
	}
	if len(shape) != 1 {
		k.errorf(k.x.Span(), "onehot takes one dim: onehot[10](i)")
		return poison{}
	}
	t, ok := k.tensor(k.args[0], k.at[0])
	if !ok {
		return poison{}
	}
	if t.node.Type != symbolic.Integer {
		k.errorAt(0, "onehot takes a whole number")
		return poison{}
	}
	in := k.prove
	if t.lo == nil || t.hi == nil || !in(*t.lo, k.facts) || !in(shape[0].Sub(symbolic.Int(1)).Sub(*t.hi), k.facts) {
		k.errorAt(0, "%s may lie outside of index[%s]", short(k.text(k.at[0])), shape[0])
		return poison{}
	}
	all := append(slices.Clone(t.shape), shape[0])
	full := dims(t.axes, all)
	at := k.placeOperand(t, t.axes, full, 0)
	same := k.g.Apply(symbolic.OpIntEq, nil, at, k.g.Iota(full, len(full)-1))
	tn := make([]string, len(t.shape))
	copy(tn, t.names)
	return &tensor{node: k.g.ToReal(same), axes: t.axes, shape: all, names: append(tn, names...)}
}

// cross is the vector product.
func (k *bcall) cross() value {
	if !k.arity(2) {
		return poison{}
	}
	ts, ok := k.reals()
	if !ok {
		return poison{}
	}
	for i, t := range ts {
		if !t.shape.Equal(symbolic.Shp(3)) {
			k.errorAt(i, "cross takes vectors of 3")
			return poison{}
		}
	}
	turn := func(t *tensor, by int) *tensor {
		n, out := len(t.axes), *t
		head := k.g.Slice(t.node, n, symbolic.Int(by), symbolic.Int(3-by))
		tail := k.g.Slice(t.node, n, symbolic.Int(0), symbolic.Int(by))
		out.node = k.g.Concat(n, head, tail)
		return &out
	}
	a, b := ts[0], ts[1]
	return k.apply(symbolic.OpSub, k.apply(symbolic.OpMul, turn(a, 1), turn(b, 2)), k.apply(symbolic.OpMul, turn(a, 2), turn(b, 1)))
}
