package notation

import (
	"strconv"

	"github.com/bpgen/bpgen/symbolic"
)

func polys(ps []symbolic.Poly, data []*Expr) []box {
	out := make([]box, len(ps))
	for i, p := range ps {
		out[i] = poly(p, data)
	}
	return out
}

// poly lays a polynomial out.
func poly(p symbolic.Poly, data []*Expr) box {
	if c, ok := p.Const(); ok {
		return numberOf(float64(c))
	}
	var out []box
	terms := 0
	p.Terms(func(n, den int64, syms []string) {
		switch {
		case n < 0 && terms == 0:
			out = append(out, leaf(tightBox, "−"))
		case n < 0:
			out = append(out, leaf(opBox, "−"))
		case terms > 0:
			out = append(out, leaf(opBox, "+"))
		}
		terms++
		var fs []box
		if n = max(n, -n); n != 1 || len(syms) == 0 {
			fs = append(fs, leaf(numberBox, strconv.FormatInt(n, 10)))
		}
		for _, s := range syms {
			b := sizeBox(s)
			if k, ok := symbolic.OperandOf(s); ok {
				b = wrap(layout(data[k]), mulPrec)
				if remainder(data[k]) && (n != 1 || len(syms) > 1) {
					b = wrap(b, mulPrec+1)
				}
			}
			fs = append(fs, b)
		}
		for i, f := range fs {
			if i > 0 {
				out = append(out, leaf(tightBox, "·"))
			}
			out = append(out, f)
		}
		if den != 1 {
			out = append(out, leaf(tightBox, "/"), leaf(numberBox, strconv.FormatInt(den, 10)))
		}
	})
	if len(out) == 1 {
		return out[0]
	}
	prec := sumPrec
	if terms == 1 {
		prec = mulPrec
	}
	return row(prec, out...)
}

func condition(c symbolic.Cond, data []*Expr) box {
	switch c.Kind {
	case symbolic.NonNeg:
		l, r, _ := sides(c.E)
		if below := r.Sub(symbolic.Int(1)); len(below.Syms()) > 0 && constant(r) > 0 {
			return row(3, poly(below, data), leaf(opBox, "<"), poly(l, data))
		}
		return row(3, poly(l, data), leaf(opBox, "≥"), poly(r, data))
	case symbolic.Zero:
		if l, r, ok := sides(c.E); ok {
			return row(3, poly(l, data), leaf(opBox, "="), poly(r, data))
		}
		return row(3, poly(c.E, data), leaf(opBox, "="), leaf(numberBox, "0"))
	}
	return row(3, leaf(numberBox, strconv.Itoa(c.Mod)), leaf(opBox, "|"), poly(c.E, data))
}

// constant is the number in p that no size or index is a factor of.
func constant(p symbolic.Poly) (c int64) {
	p.Terms(func(n, den int64, syms []string) {
		if len(syms) == 0 {
			c = n / den
		}
	})
	return c
}

// sides puts what is taken off in p on the other side of p = 0.
func sides(p symbolic.Poly) (l, r symbolic.Poly, ok bool) {
	p.Terms(func(n, den int64, syms []string) {
		t := symbolic.Int(1).Scale(n, den)
		for _, s := range syms {
			t = t.Mul(symbolic.Sym(s))
		}
		if n > 0 {
			l = l.Add(t)
		} else {
			r = r.Sub(t)
		}
	})
	return l, r, !l.Is(0)
}

// isWhole reports whether the indices are those of the axes, in order.
func isWhole(index []symbolic.Poly, over []Axis) bool {
	for i, p := range index {
		if s, ok := p.AsSym(); !ok || i >= len(over) || s != over[i].Sym {
			return false
		}
	}
	return len(index) == len(over)
}
