package nest

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// mentions reports whether p speaks of the symbol name.
func mentions(p symbolic.Poly, name string) bool { return slices.Contains(p.Syms(), name) }

// coefficient splits p into c·name + rest; it fails where name occurs squared.
func coefficient(p symbolic.Poly, name string) (c, rest symbolic.Poly, ok bool) {
	ok = true
	p.Terms(func(num, den int64, syms []string) {
		t := symbolic.Int(1).Scale(num, den)
		found := 0
		for _, s := range syms {
			if s == name {
				found++
				continue
			}
			t = t.Mul(symbolic.Sym(s))
		}
		switch found {
		case 0:
			rest = rest.Add(t)
		case 1:
			c = c.Add(t)
		default:
			ok = false
		}
	})
	return c, rest, ok
}

// split parts the terms of p into those that speak of a symbol that is in
// names, and the others.
func split(p symbolic.Poly, in func(string) bool) (with, without symbolic.Poly) {
	p.Terms(func(num, den int64, syms []string) {
		t := symbolic.Int(1).Scale(num, den)
		for _, s := range syms {
			t = t.Mul(symbolic.Sym(s))
		}
		if slices.ContainsFunc(syms, in) {
			with = with.Add(t)
		} else {
			without = without.Add(t)
		}
	})
	return with, without
}

// sign is 1 where p has no negative term, −1 where it has no positive one, so
// that for any sizes it is at least 0 or at most 0, and 0 where neither is
// known.
func sign(p symbolic.Poly) int {
	pos, neg := false, false
	p.Terms(func(num, _ int64, _ []string) {
		pos = pos || num > 0
		neg = neg || num < 0
	})
	switch {
	case !neg:
		return 1
	case !pos:
		return -1
	}
	return 0
}

// multiple reports that p is some whole number of times q, whatever the sizes.
func multiple(p, q symbolic.Poly) bool {
	times, ok := p.Div(q)
	if !ok {
		return false
	}
	times.Terms(func(_, den int64, _ []string) { ok = ok && den == 1 })
	return ok
}

// A span is a loop inside of another: its variable and extent.
type span struct {
	name   string
	extent symbolic.Poly
}

// bounds returns the least and the greatest value of p as the variables of
// spans, outermost first, run through their ranges.
func bounds(p symbolic.Poly, spans []span) (lo, hi symbolic.Poly, ok bool) {
	lo, hi = p, p
	for i := len(spans) - 1; i >= 0; i-- {
		last := spans[i].extent.Sub(symbolic.Int(1))
		var okLo, okHi bool
		lo, okLo = extreme(lo, spans[i].name, last, -1)
		hi, okHi = extreme(hi, spans[i].name, last, 1)
		if !okLo || !okHi {
			return lo, hi, false
		}
	}
	return lo, hi, true
}

func extreme(p symbolic.Poly, name string, last symbolic.Poly, side int) (symbolic.Poly, bool) {
	c, rest, ok := coefficient(p, name)
	if !ok {
		return p, false
	}
	switch sign(c) {
	case side: // grows towards that side
		return rest.Add(c.Mul(last)), true
	case -side:
		return rest, true
	}
	return p, false
}
