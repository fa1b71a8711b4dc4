package loop

import "github.com/bpgen/bpgen/symbolic"

// An interval has both its ends. Outside of it a term is 0.
type interval struct {
	none   bool           // it is 0 everywhere
	lo, hi *symbolic.Poly // nil: from the first, to the last
}

func (x interval) shifted(by symbolic.Poly) interval {
	return x.each(func(p symbolic.Poly, _ int64) *symbolic.Poly { p = p.Add(by); return &p })
}

// each changes the ends that there are; side is 1 for the lower, −1 for the upper.
func (x interval) each(f func(p symbolic.Poly, side int64) *symbolic.Poly) interval {
	if x.lo != nil {
		x.lo = f(*x.lo, 1)
	}
	if x.hi != nil {
		x.hi = f(*x.hi, -1)
	}
	return x
}

// or is an interval that has all of both.
func (x interval) or(y interval) interval {
	outer := func(p, q *symbolic.Poly, side int64) *symbolic.Poly {
		switch {
		case p == nil || q == nil:
			return nil
		case allSigns(q.Sub(*p), side):
			return p
		case allSigns(p.Sub(*q), side):
			return q
		}
		return nil
	}
	switch {
	case x.none:
		return y
	case y.none:
		return x
	}
	return interval{lo: outer(x.lo, y.lo, 1), hi: outer(x.hi, y.hi, -1)}
}

// and is an interval that has all that is in both.
func (x interval) and(y interval) interval {
	inner := func(p, q *symbolic.Poly, side int64) *symbolic.Poly {
		switch {
		case p == nil:
			return q
		case q == nil || allSigns(p.Sub(*q), side) || !allSigns(q.Sub(*p), side) && grows(p):
			return p
		}
		return q
	}
	if x.none || y.none {
		return interval{none: true}
	}
	return interval{lo: inner(x.lo, y.lo, 1), hi: inner(x.hi, y.hi, -1)}
}

func (x interval) bounded() bool { return x.lo != nil || x.hi != nil }

func (x interval) same(y interval) bool {
	same := func(p, q *symbolic.Poly) bool { return (p == nil) == (q == nil) && (p == nil || p.Equal(*q)) }
	return x.none == y.none && same(x.lo, y.lo) && same(x.hi, y.hi)
}

// How far a window has grown when a pass begins.
const (
	grownLo = "~down"
	grownHi = "~up"
)

// grows reports whether an end is not the same in all passes.
func grows(p *symbolic.Poly) bool {
	return p != nil && (mentions(*p, grownLo) || mentions(*p, grownHi))
}

// moving are the ends of x that are not the same in all passes.
func (x interval) moving() interval {
	return x.each(func(p symbolic.Poly, _ int64) *symbolic.Poly {
		if !grows(&p) {
			return nil
		}
		return &p
	})
}

// steps is how many more p is than q, and whether that is known.
func steps(p, q *symbolic.Poly) (int, bool) {
	if p == nil || q == nil {
		return 0, false
	}
	return p.Sub(*q).Const()
}
