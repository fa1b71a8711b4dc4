package frontend

import (
	"strconv"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

func itoa(n int) string { return strconv.Itoa(n) }

// An index is bound by an index statement or a reduction. Its range is, in
// this order: as stated; that of the dims it stands in alone, which must
// agree; what an affine subscript c*k + rest leaves room for. Ranges are never
// clipped: every subscript is checked afterwards.
type index struct {
	*parser.Binder
	axis *axis
	lo   symbolic.Poly // the index is lo + its position along the axis
	mask *tensor       // where the index is in its range, if that varies
	set  bool          // the size of the axis is known
	fit  *affineUse    // the subscript that it was found from, if it was
}

// bindIndices makes axes for the binders of x and returns the context in which
// their names are bound.
func (c *ctx) bindIndices(bs []*parser.Binder, body parser.Expr, at diag.Span) (*ctx, []*index, bool) {
	in := c.in(c.scope.inner())
	var out []*index
	want := map[string]*index{}
	for _, b := range bs {
		if b.Name == nil || b.Name.Name == "" {
			return nil, nil, false
		}
		if b.Name.Name == "batch" {
			if c.frame.model == nil {
				c.errorf(b.Span(), "batch is an index in a model only")
				return nil, nil, false
			}
			out = append(out, &index{Binder: b, axis: c.frame.model.batch, set: true})
			continue
		}
		if old := in.scope.local(b.Name.Name); old != nil {
			c.errorf(b.Name.Span(), "%s is already a name here", b.Name.Name).
				Note(b.Name.Name, "bound before", old.span).Hintf("an index is a new name")
			return nil, nil, false
		}
		if !in.mayBind(b.Name) {
			return nil, nil, false
		}
		k := &index{Binder: b, axis: c.newAxis(b.Name.Name, unsized, b.Span())}
		in.scope.names[b.Name.Name] = &binding{val: whole(symbolic.Sym(k.axis.sym())), span: b.Name.Span(), what: "index"}
		want[b.Name.Name] = k
		out = append(out, k)
	}
	u := in.uses(body, want)
	if !in.fromDims(u, out) {
		return nil, nil, false
	}
	for _, k := range out {
		if !k.set && k.Hi != nil && !in.stated(k, u) {
			return nil, nil, false
		}
	}
	in.fromAffine(u, out)
	for _, k := range out {
		if k.set {
			continue
		}
		if in.mentionsPoison(body) {
			return nil, nil, false // its error has been reported
		}
		if !in.namesKnown(body) {
			return nil, nil, false
		}
		d := c.errorf(k.Span(), "nothing says how far index %s goes", k.Name.Name)
		d.Hintf("write %s < size", k.Name.Name)
		return nil, nil, false
	}
	for _, k := range out {
		if k.Lo != nil && !in.fromBelow(k) {
			return nil, nil, false
		}
		if n, ok := k.axis.size.Const(); ok && (n < 0 || n == 0 && k.fit != nil) {
			d := c.errorf(k.Span(), "there is no room for index %s", k.Name.Name)
			if k.fit != nil {
				d.Note(short(c.text(k.fit.at)), "of a dim of "+k.fit.size.String(), k.fit.at.Span())
			}
			return nil, nil, false
		}
	}
	return in, out, true
}

// fromDims gives indices the size of the dims that they stand in alone.
func (c *ctx) fromDims(u *uses, ks []*index) bool {
	for _, k := range ks {
		if k.Hi != nil || k.set {
			continue
		}
		as := u.alone[k.Name.Name]
		for _, a := range as {
			if a.size.Equal(as[0].size) {
				continue
			}
			d := c.errorf(k.Span(), "index %s goes over different dims", k.Name.Name)
			for _, a := range []aloneUse{as[0], a} {
				d.Note(short(c.text(a.at)), "dim "+itoa(a.dim)+" is "+a.size.String(), a.at.Span())
			}
			d.Hintf("state its range: %s < size", k.Name.Name)
			return false
		}
		if len(as) > 0 {
			k.axis.size, k.set = as[0].size, true
		}
	}
	return true
}

// stated gives an index the range k < Hi. Where the bound varies with other
// indices the range is the largest one, under a mask.
func (c *ctx) stated(k *index, u *uses) bool {
	v := c.eval(k.Hi)
	if isPoison(v) {
		return false
	}
	var hi *symbolic.Poly
	varies := false
	switch v := v.(type) {
	case number:
		if v.exact && c.wholeValued(v.poly) {
			hi, varies = &v.poly, c.mentionsAxis(v.poly)
		}
	case *tensor:
		if v.node.Type == symbolic.Integer && len(v.shape) == 0 {
			hi, varies = v.hi, true
		}
	}
	if hi == nil {
		c.asSize(v)
		d := c.side(c.errorf(k.Hi.Span(), "the bound of an index is a whole number of known range, not %s", describe(v)), k.Hi, v)
		switch n, ok := k.Hi.(*parser.Name); {
		case ok && describe(v) == "one number":
			d.Hintf("declare it as %s int", n.Name)
		case describe(v) == "one int":
			d.Hintf("go over all, %s < size, with an if: if %s %s %s { … } else { 0 }; or take the number as an argument, m int", k.Name.Name, k.Name.Name, k.HiOp, short(c.text(k.Hi)))
		}
		return false
	}
	p := *hi
	if k.HiOp == "<=" {
		p = p.Add(symbolic.Int(1))
	}
	if varies {
		// One more than needed at most, so that no size is negative.
		q := p
		for _, s := range p.Syms() {
			a := c.axisOf(s)
			if a == nil {
				continue
			}
			if a.size.Equal(unsized) {
				c.errorf(k.Hi.Span(), "the bound of %s needs the range of %s, which is not known yet", k.Name.Name, a.name).
					Hintf("write %s < size", a.name)
				return false
			}
			b := c.closeBound(&q, []*axis{a}, true)
			if b == nil {
				c.errorf(k.Hi.Span(), "the bound of %s is not a multiple of %s plus a rest", k.Name.Name, a.name)
				return false
			}
			q = *b
		}
		if !c.prove(q, nil) {
			q = q.Add(symbolic.Int(1))
		}
		k.axis.size, k.set = q, true
		mask, ok := c.below(k, v)
		if !ok {
			return false
		}
		k.mask = mask
		return true
	}
	if n, ok := p.Const(); ok && n < 0 {
		c.errorf(k.Hi.Span(), "the bound of index %s is %d", k.Name.Name, n)
		return false
	}
	k.axis.size, k.set = p, true
	return true
}

// unsized is the size of an axis that is still to be given one.
var unsized = symbolic.Sym("?")

// below is the mask k < Hi, or k <= Hi.
func (c *ctx) below(k *index, hi value) (*tensor, bool) {
	op := k.HiOp
	x := &parser.Binary{Op: op, X: k.nameExpr(), Y: k.Hi}
	return c.maskOf(x, whole(symbolic.Sym(k.axis.sym())), hi)
}

func (k *index) nameExpr() parser.Expr { return &parser.Name{Name: k.Name.Name} }

func (c *ctx) maskOf(x *parser.Binary, a, b value) (*tensor, bool) {
	s, ok := c.tensor(a, x.X)
	t, ok2 := c.tensor(b, x.Y)
	if !ok || !ok2 {
		return nil, false
	}
	m, ok := c.compare(x, s, t).(*tensor)
	return m, ok
}

// fromBelow takes the lower bound of an index into account: by starting there,
// or by a mask where it varies.
func (c *ctx) fromBelow(k *index) bool {
	v := c.eval(k.Lo)
	n, ok := v.(number)
	if isPoison(v) {
		return false
	}
	if ok && n.exact && c.wholeValued(n.poly) && !c.mentionsAxis(n.poly) {
		lo := n.poly
		if k.LoOp == "<" {
			lo = lo.Add(symbolic.Int(1))
		}
		k.lo = lo
		k.axis.size = k.axis.size.Sub(lo)
		if !c.prove(k.axis.size, nil) {
			if c.always(k.axis.size) {
				c.errorf(k.Span(), "index %s has an empty range", k.Name.Name)
				return false
			}
			c.check(k.axis.size, symbolic.Poly{}, k.Binder)
		}
		c.scope.names[k.Name.Name].val = whole(symbolic.Sym(k.axis.sym()).Add(lo))
		return true
	}
	op := map[string]string{"<": ">", "<=": ">="}[k.LoOp]
	x := &parser.Binary{Op: op, X: k.nameExpr(), Y: k.Lo}
	m, good := c.maskOf(x, whole(symbolic.Sym(k.axis.sym())), v)
	if !good {
		return false
	}
	if k.mask != nil {
		both := c.apply(symbolic.OpAnd, k.mask, m)
		both.yes = k.mask.yes.and(m.yes)
		m = both
	}
	k.mask = m
	return true
}

// fromAffine solves the subscripts c*k + rest for the indices that have no
// range yet, until none is found.
func (c *ctx) fromAffine(u *uses, ks []*index) {
	for {
		found := false
		for _, k := range ks {
			if k.set || k.Hi != nil {
				continue
			}
			var best *symbolic.Poly
			for _, a := range u.affine {
				size, ok := c.room(k, ks, a)
				if !ok {
					continue
				}
				if best != nil {
					size = *orFirst(pickBound(best, &size, -1), best)
				}
				if best == nil || !size.Equal(*best) {
					k.fit = &a
				}
				best = &size
			}
			if best != nil {
				k.axis.size, k.set, found = *best, true, true
			}
		}
		if !found {
			return
		}
	}
}

func orFirst(a, b *symbolic.Poly) *symbolic.Poly {
	if a != nil {
		return a
	}
	return b
}

// room is how many values of k the subscript c*k + rest leaves room for.
func (c *ctx) room(k *index, ks []*index, a affineUse) (symbolic.Poly, bool) {
	coeff, rest, ok := a.poly.Linear(k.axis.sym())
	if !ok || coeff < 1 {
		return symbolic.Poly{}, false
	}
	for _, s := range rest.Syms() {
		var size symbolic.Poly
		known := false
		if k := a.inner[s]; k != nil {
			size, known = k.size, k.known
		}
		if ax := c.axisOf(s); ax != nil {
			size, known = ax.size, true
			for _, o := range ks {
				if o.axis == ax && !o.set {
					known = false
				}
			}
		} else if !known {
			if s[0] == '?' {
				return symbolic.Poly{}, false
			}
			continue // a size
		}
		n, r, ok := rest.Linear(s)
		if !ok || !known {
			return symbolic.Poly{}, false
		}
		if n > 0 {
			r = r.Add(size.Sub(symbolic.Int(1)).Scale(int64(n), 1))
		}
		rest = r
	}
	last := a.size.Sub(symbolic.Int(1)).Sub(rest)
	if n, ok := last.Const(); ok {
		return symbolic.Int(floorDiv(n, coeff) + 1), true
	}
	for slack := range coeff {
		q := last.Sub(symbolic.Int(slack)).Scale(1, int64(coeff))
		if c.wholeValued(q) {
			return q.Add(symbolic.Int(1)), true
		}
	}
	return symbolic.Poly{}, false
}

// mentionsPoison reports whether a name in x stands for something whose error
// has been reported.
func (c *ctx) mentionsPoison(x parser.Expr) bool {
	bad := false
	walkExpr(x, func(n parser.Node) {
		if n, ok := n.(*parser.Name); ok {
			if b := c.scope.local(n.Name); b != nil && isPoison(b.val) {
				bad = true
			}
		}
	})
	return bad
}
