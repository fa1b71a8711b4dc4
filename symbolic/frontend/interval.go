package frontend

import (
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// Whole numbers of the running program can be in range because a choice around
// says so: if k > 0 { x[k - 1] }, or because they are computed from indices
// within such a choice: 6 + 4*div(b - 1, 4).

// An interval is the whole numbers from lo to hi.
type interval struct{ lo, hi int }

// formOf is a whole number as a polynomial of indices, sizes and numbers of the
// running program, which are symbols here; nil where it is none.
func (c *ctx) formOf(t *tensor) *symbolic.Poly {
	if t.form != nil || t.node.Type != symbolic.Integer || len(t.shape) > 0 {
		return t.form
	}
	sym := "&" + strconv.Itoa(t.node.ID)
	for _, a := range t.axes { // ids[i] and ids[j] may be one node
		sym += a.sym()
	}
	c.data[sym] = t
	p := symbolic.Sym(sym)
	return &p
}

// dataOf is the number of the running program that a symbol stands for, or nil.
func (f *frontend) dataOf(sym string) *tensor {
	if strings.HasPrefix(sym, "&") {
		return f.data[sym]
	}
	return nil
}

// formArith is the form of s op t, nil where that is no polynomial.
func (c *ctx) formArith(op string, s, t *tensor) *symbolic.Poly {
	p, q := c.formOf(s), c.formOf(t)
	if p == nil || q == nil {
		return nil
	}
	var out symbolic.Poly
	switch op {
	case "+":
		out = p.Add(*q)
	case "-":
		out = p.Sub(*q)
	case "*":
		out = p.Mul(*q)
	default:
		return nil
	}
	return &out
}

// interval is where a whole number lies under the choices around, as far as that
// is known in numbers.
func (c *ctx) interval(t *tensor) (interval, bool) {
	var in interval
	known := false
	meet := func(lo, hi int) {
		if !known {
			in, known = interval{lo, hi}, true
			return
		}
		in = interval{max(in.lo, lo), min(in.hi, hi)}
	}
	if t.lo != nil && t.hi != nil {
		lo, ok := t.lo.Const()
		if hi, ok2 := t.hi.Const(); ok && ok2 {
			meet(lo, hi)
		}
	}
	if t.under != nil && len(c.facts) > 0 {
		meet(t.under.lo, t.under.hi)
	}
	if p := c.formOf(t); p != nil {
		if lo, hi, ok := c.extremes(*p); ok {
			meet(lo, hi)
		}
	}
	return in, known
}

// extremes are the least and the greatest value of a polynomial that is linear in
// indices of known extent, under the choices around.
func (c *ctx) extremes(p symbolic.Poly) (lo, hi int, ok bool) {
	least, most := p, p
	for _, s := range p.Syms() {
		a := c.axisOf(s)
		if a == nil || powerOf(p, s) > 1 {
			return 0, 0, false
		}
		l, h := c.closeBound(&least, []*axis{a}, false), c.closeBound(&most, []*axis{a}, true)
		if l == nil || h == nil {
			return 0, 0, false
		}
		least, most = *l, *h
	}
	lo, ok = least.Const()
	hi, ok2 := most.Const()
	if !ok || !ok2 {
		return 0, 0, false
	}
	for _, f := range c.facts { // p = d + f ≥ d, p = d − f ≤ d
		if d, ok := p.Sub(f).Const(); ok {
			lo = max(lo, d)
		}
		if d, ok := p.Add(f).Const(); ok {
			hi = min(hi, d)
		}
	}
	return lo, hi, true
}

// underChoice gives the result of whole-number arithmetic the interval that it
// has under the choices around.
func (c *ctx) underChoice(op string, s, t, out *tensor) {
	out.form = c.formArith(op, s, t)
	if len(c.facts) == 0 {
		return
	}
	a, ok := c.interval(s)
	b, ok2 := c.interval(t)
	if !ok || !ok2 || max(abs(a.lo), abs(a.hi), abs(b.lo), abs(b.hi)) > 1<<20 {
		return
	}
	switch op {
	case "+":
		out.under = &interval{a.lo + b.lo, a.hi + b.hi}
	case "-":
		out.under = &interval{a.lo - b.hi, a.hi - b.lo}
	case "*":
		w, x, y, z := a.lo*b.lo, a.lo*b.hi, a.hi*b.lo, a.hi*b.hi
		out.under = &interval{min(w, x, y, z), max(w, x, y, z)}
	case "div":
		if b.lo == b.hi && b.lo > 0 {
			out.under = &interval{floorDiv(a.lo, b.lo), floorDiv(a.hi, b.lo)}
		}
	case "mod":
		if b.lo == b.hi && b.lo > 0 {
			out.under = &interval{0, b.lo - 1}
		}
	}
}

func abs(x int) int { return max(x, -x) }

// within reports whether a whole number lies in [0, n): always, or where the
// choices around are taken. A read is guarded then, since both branches of a
// choice are computed.
func (c *ctx) within(t *tensor, n symbolic.Poly) (always, here bool) {
	in := func(lo, hi symbolic.Poly, facts []fact) bool {
		return c.prove(lo, facts) && c.prove(n.Sub(symbolic.Int(1)).Sub(hi), facts)
	}
	if t.lo != nil && t.hi != nil && in(*t.lo, *t.hi, nil) {
		return true, true
	}
	if len(c.facts) == 0 {
		return false, false
	}
	if t.lo != nil && t.hi != nil && in(*t.lo, *t.hi, c.facts) {
		return false, true
	}
	if p := c.formOf(t); p != nil && in(*p, *p, c.facts) {
		return false, true
	}
	i, ok := c.interval(t)
	return false, ok && in(symbolic.Int(i.lo), symbolic.Int(i.hi), c.facts)
}
