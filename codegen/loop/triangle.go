package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// A Bound says which terms of a contraction count: those with
//
//	M·m + N·n + K·k + Const ≥ 0
//
// All others are 0, or belong to sums that nobody reads, and may be left out. So a product with
// a triangle is half the work.
type Bound struct {
	M, N, K int // each -1, 0 or 1
	Const   symbolic.Poly
}

// at is what is not negative.
func (b Bound) at(m, n, k symbolic.Poly) symbolic.Poly {
	return m.Scale(int64(b.M), 1).Add(n.Scale(int64(b.N), 1)).Add(k.Scale(int64(b.K), 1)).Add(b.Const)
}

// bounds lists what is not negative, in axes of c, where a term of x counts; as far as that is a
// Bound.
func (c *comp) bounds(x contraction) []symbolic.Poly {
	var out []symbolic.Poly
	add := func(p symbolic.Poly) {
		if c.isBound(x, p) && !slices.ContainsFunc(out, p.Equal) {
			out = append(out, p)
		}
	}
	if x.terms == Products {
		for _, f := range []*term{x.a, x.b} {
			for _, p := range f.val.nonzero() {
				add(atIndex(p, f.index))
			}
		}
	}
	for _, p := range c.target.wanted() {
		add(atIndex(p, c.index))
	}
	return out
}

// atIndex puts indices in the place of axes.
func atIndex(p symbolic.Poly, index []symbolic.Poly) symbolic.Poly {
	return p.Subst(func(s string) (symbolic.Poly, bool) {
		a, ok := symbolic.AxisOf(s)
		if !ok {
			return symbolic.Poly{}, false
		}
		return index[a], true
	})
}

// isBound reports whether p is about two or three of the axes of x and no others. Those that are
// one axis with others have no place of their own.
func (c *comp) isBound(x contraction, p symbolic.Poly) bool {
	about := 0
	for _, axes := range [][]int{x.m, x.n, x.k} {
		f, rest, linear := linearIn(p, c.axes[axes[0]].sym)
		n, known := f.Const()
		if !linear || !known || n < -1 || n > 1 || n != 0 && len(axes) > 1 {
			return false
		}
		about += n * n
		p = rest
	}
	return about > 1 && !slices.ContainsFunc(p.Syms(), func(s string) bool {
		_, isAxis := c.axisSym(s)
		_, isData := c.dataOf(s)
		return isAxis || isData
	})
}

// boundOf takes apart what is not negative by the names of the three axes.
func boundOf(p symbolic.Poly, row, col, sum string) (b Bound) {
	for _, by := range []struct {
		name string
		n    *int
	}{{row, &b.M}, {col, &b.N}, {sum, &b.K}} {
		f, rest, _ := linearIn(p, by.name)
		*by.n, _ = f.Const()
		p = rest
	}
	b.Const = p
	return b
}

// nonzero lists what is not negative, in axes of v, where an element of v may be other than 0.
func (v *value) nonzero() []symbolic.Poly {
	if v.kind != Temp || v.of != nil || len(v.writers) != 1 {
		return nil
	}
	w := v.writers[0]
	if w.body == nil || w.combine != nil || w.scatter {
		return nil
	}
	return w.inAxes(w.body.nonzero(), w.index)
}

// wanted lists what is not negative, in axes of v, where anything depends on an element of v.
func (v *value) wanted() []symbolic.Poly {
	if v.kind != Temp || v.of != nil || len(v.readers) != 1 {
		return nil
	}
	r := v.readers[0]
	if r.body == nil || r.region != nil {
		return nil
	}
	var own *term
	known := nonNegative(r.conds)
	stack := []*term{r.body}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch {
		case t.kind == apply && t.op == symbolic.OpMul:
			stack = append(stack, t.args...)
		case t.kind == read && t.val == v && own == nil:
			own = t
		case t.kind == read && t.val == v:
			return nil
		case t.kind == read:
			for _, p := range t.val.nonzero() {
				known = append(known, atIndex(p, t.index))
			}
		}
	}
	if own == nil {
		return nil // it is read where not all of the body is a product with it
	}
	reads := 0
	r.each(func(t *term) { reads += btoi(t.kind == read && t.val == v) })
	if reads > 1 {
		return nil
	}
	return r.inAxes(known, own.index)
}

// inAxes are those of ps, in symbols of c, that axes say of which each is an index.
func (c *comp) inAxes(ps []symbolic.Poly, index []symbolic.Poly) []symbolic.Poly {
	to := map[string]symbolic.Poly{}
	for d, p := range index {
		if s, ok := p.AsSym(); ok {
			to[s] = symbolic.Axis(d)
		}
	}
	var out []symbolic.Poly
	for _, p := range ps {
		all := true
		for _, s := range p.Syms() {
			_, isAxis := c.axisSym(s)
			_, isData := c.dataOf(s)
			_, has := to[s]
			all = all && (has || !isAxis && !isData)
		}
		if all {
			out = append(out, p.Subst(func(s string) (symbolic.Poly, bool) { q, ok := to[s]; return q, ok }))
		}
	}
	return out
}

// nonzero lists what is not negative where t may be other than 0.
func (t *term) nonzero() []symbolic.Poly {
	switch {
	case t.kind == guard:
		return append(nonNegative(t.conds), t.args[0].nonzero()...)
	case t.kind == apply && t.op.Lazy && t.args[2].kind == number && t.args[2].num == 0:
		return append(t.args[0].holds(), t.args[1].nonzero()...)
	}
	return nil
}

// holds lists what is not negative where the truth value t is true.
func (t *term) holds() []symbolic.Poly {
	if t.kind != apply {
		return nil
	}
	switch t.op {
	case symbolic.OpAnd:
		return append(t.args[0].holds(), t.args[1].holds()...)
	case symbolic.OpIntLt, symbolic.OpIntLe:
		if a, b := t.args[0], t.args[1]; a.kind == whole && b.kind == whole {
			p := b.poly.Sub(a.poly)
			if t.op == symbolic.OpIntLt {
				p = p.Sub(symbolic.Int(1))
			}
			return []symbolic.Poly{p}
		}
	}
	return nil
}

func nonNegative(conds []symbolic.Cond) (out []symbolic.Poly) {
	for _, c := range conds {
		if c.Kind == symbolic.NonNeg {
			out = append(out, c.E)
		}
	}
	return out
}
