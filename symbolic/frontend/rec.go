package frontend

import (
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// A table is a tensor that is being defined by rec: entry by entry, in
// lexicographic order of its indices. What reads it must read entries that come
// before the one being computed.
type table struct {
	now  []*axis // its indices
	size []symbolic.Poly
}

// rec is rec A[i, j] = E.
func (c *ctx) rec(s *parser.IndexStmt) value {
	in, ks, ok := c.bindIndices(s.Binders, s.Value, s.Span())
	if !ok {
		return poison{}
	}
	b := &symbolic.Body{Kind: symbolic.TableLoop, Count: symbolic.Int(1), Since: c.g.Len()}
	tb := &table{}
	for _, k := range ks {
		if k.mask != nil || k.axis.id == batchID || !k.lo.Is(0) {
			c.errorf(k.Span(), "an index of rec runs from 0 to a size that is the same for all")
			return poison{}
		}
		tb.now, tb.size = append(tb.now, k.axis), append(tb.size, k.axis.size)
		b.Count = b.Count.Mul(k.axis.size)
	}
	name := ks[0].Name.Name
	if len(ks) > 1 {
		name = "at"
	}
	b.Index = c.g.Formal(name, nil, symbolic.Integer)
	stride := symbolic.Int(1)
	for i := len(ks) - 1; i >= 0; i-- {
		ks[i].axis.pass = c.digit(b.Index, stride, ks[i].axis.size, i == 0)
		stride = stride.Mul(ks[i].axis.size)
	}
	return c.fillTable(s, in, b, tb)
}

// digit is the index along one dim, given the place in row-major order.
func (c *ctx) digit(at *symbolic.Node, stride, size symbolic.Poly, first bool) *symbolic.Node {
	if !stride.Is(1) {
		at = c.g.Apply(symbolic.OpIntDiv, nil, at, c.g.Size(stride))
	}
	if !first {
		at = c.g.Apply(symbolic.OpIntMod, nil, at, c.g.Size(size))
	}
	return at
}

// fillTable elaborates the body and closes it.
func (c *ctx) fillTable(s *parser.IndexStmt, in *ctx, b *symbolic.Body, tb *table) value {
	axes := unite(c.freeOf(s.Value)...)
	shape := c.entryShape(s, in)
	full := dims(axes, shape)
	b.Carry = []*symbolic.Node{c.g.Formal(s.Name.Name, append(symbolic.Shape{b.Count}, full...), symbolic.Real)}
	b.Init = []*symbolic.Node{c.g.Like(0, b.Carry[0])}
	self := c.asTable(b.Carry[0], axes, shape, tb)
	self.table = tb
	body := in.in(in.scope.inner())
	body.scope.names[s.Name.Name] = &binding{val: self, span: s.Name.Span(), what: "being defined by rec"}
	leave := c.enterBody(b)
	v := body.eval(s.Value)
	leave()
	if isPoison(v) {
		return v
	}
	t, ok := c.real(v, s.Value)
	if !ok {
		return poison{}
	}
	if !t.shape.Equal(shape) {
		d := c.errorf(s.Value.Span(), "an entry of %s has shape %s, and %s where it reads itself", s.Name.Name, t.shapeText(false), shape)
		d.Hintf("give it an entry to start from: if … == 0 { … } else { … }")
		return poison{}
	}
	for _, a := range t.axes {
		if indexOf(axes, a) < 0 {
			c.errorf(s.Span(), "not supported yet: a rec that varies along %s only by what it calls", a.name)
			return poison{}
		}
	}
	b.Next = []*symbolic.Node{c.spread(t, axes, shape)}
	lasts, _ := c.g.Close(b)
	out := c.asTable(lasts[0], axes, shape, tb)
	for _, k := range tb.now {
		out.names = append(out.names, c.sizeName(k.size))
	}
	out.names = append(out.names, t.names...)
	return out
}

// asTable is the node n, an entry after the other, as the value that the
// program sees.
func (c *ctx) asTable(n *symbolic.Node, axes []*axis, shape symbolic.Shape, tb *table) *tensor {
	k := len(tb.size)
	n = c.g.Reshape(n, append(append(symbolic.Shape{}, tb.size...), dims(axes, shape)...))
	var perm []int
	for a := range axes {
		perm = append(perm, k+a)
	}
	for i := range k {
		perm = append(perm, i)
	}
	for i := range shape {
		perm = append(perm, k+len(axes)+i)
	}
	return &tensor{node: c.g.Permute(n, perm...), axes: axes, shape: append(append(symbolic.Shape{}, tb.size...), shape...)}
}

// entryShape finds the shape of an entry: that of what does not read the table
// itself, as where it begins; a number where all of it does.
func (c *ctx) entryShape(s *parser.IndexStmt, in *ctx) symbolic.Shape {
	c.quiet++
	c.guessing++
	checks := c.checks
	c.checks = nil
	defer func() { c.quiet, c.guessing, c.checks = c.quiet-1, c.guessing-1, checks }()
	trial := in.in(in.scope.inner())
	trial.scope.names[s.Name.Name] = &binding{val: poison{}, span: s.Name.Span()}
	if t, ok := trial.eval(s.Value).(*tensor); ok {
		return t.shape
	}
	return nil
}

// earlier returns the conditions under which a read of a table is one of an
// entry that has been computed; where that is known there are none.
func (c *ctx) earlier(x *parser.Subscript, tb *table, index []symbolic.Poly, subs []sub, to func(symbolic.Poly) symbolic.Poly) (guards []symbolic.Cond, ok bool) {
	read, now, plain := symbolic.Poly{}, symbolic.Poly{}, symbolic.Poly{}
	exact := true
	stride := symbolic.Int(1)
	for i := len(tb.size) - 1; i >= 0; i-- {
		read = read.Add(index[i].Mul(stride))
		now = now.Add(symbolic.Sym(tb.now[i].sym()).Mul(stride))
		plain = plain.Add(subs[i].poly.Mul(stride))
		exact = exact && subs[i].data == nil
		stride = stride.Mul(tb.size[i])
		if subs[i].data != nil {
			guards = append(guards,
				symbolic.Cond{Kind: symbolic.NonNeg, E: index[i]},
				symbolic.Cond{Kind: symbolic.NonNeg, E: tb.size[i].Sub(symbolic.Int(1)).Sub(index[i])})
		}
	}
	gap := now.Sub(symbolic.Int(1)).Sub(plain)
	if exact && c.prove(gap, c.facts) {
		return guards, true
	}
	if exact && len(c.facts) == 0 {
		if w, bad := c.refute(gap, gap, nil); bad {
			d := c.errorf(x.Span(), "%s reads an entry that is not there yet", short(c.text(x)))
			if w.text == "" {
				d.Hintf("rec reads entries that come earlier")
			} else {
				d.Hintf("at %s; rec reads entries that come earlier", w.text)
			}
			return nil, false
		}
	}
	if exact && c.prove(gap.Neg().Sub(symbolic.Int(1)), c.facts) {
		c.errorf(x.Span(), "%s reads an entry that is not there yet", short(c.text(x))).
			Hintf("rec reads entries that come earlier, and this one never does")
		return nil, false
	}
	return append(guards, symbolic.Cond{Kind: symbolic.NonNeg, E: to(now).Sub(symbolic.Int(1)).Sub(read)}), true
}

// freeOf are values that vary along all axes that what x mentions does.
func (c *ctx) freeOf(x parser.Expr) []*tensor {
	w := &axisWalker{c: c, seen: map[*parser.FuncDecl]bool{}}
	walkExpr(x, func(n parser.Node) { w.node(n, c.scope) })
	return w.found
}
