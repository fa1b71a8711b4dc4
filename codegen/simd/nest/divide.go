package nest

import (
	"math"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A division takes as long as ten products. Where a loop divides by what does
// not change in it, the quotient is found from the reciprocal r of the divisor
// y: q = x·r is off by one in the last place at most, what is left of x is
// x − q·y without rounding, and q + (x − q·y)·r is rounded as the quotient is
// (P. Markstein, Computation of elementary functions on the IBM RISC
// System/6000 processor, theorem 8). Where an infinity or a zero comes in, this
// is no number, and the quotient is found by division. What it gets wrong is
// the last place of quotients that are nearly denormal, and the sign of zero.

// quotient returns x/y by the reciprocal of y, if that is known.
func (c *compiler) quotient(x, y value) (value, bool) {
	if !x.varies || y.varies {
		return value{}, false
	}
	r, ok := c.reciprocal(y.v[0])
	if !ok {
		return value{}, false
	}
	return c.byReciprocal(x, y.v[0], r), true
}

func (c *compiler) byReciprocal(x value, y, r asm.V) value {
	out := value{typ: symbolic.Real, varies: true}
	var special asm.M
	for i := range c.copies() {
		q := c.r.Mul(x.of(i), r)
		q = c.r.FMA(c.r.FNMA(q, y, x.of(i)), r, q)
		nan := c.r.IsNaN(q)
		if special.Ok() {
			nan = c.r.MOr(special, nan)
		}
		special = nan
		out.v = append(out.v, c.r.Var(q))
	}
	c.r.IfAny(special, func() {
		for i, q := range out.v {
			c.r.Set(q, c.r.Div(x.of(i), y))
		}
	})
	return out
}

func (c *compiler) reciprocal(y asm.V) (asm.V, bool) {
	for i := len(c.scopes) - 1; i >= 0; i-- {
		if r, ok := c.scopes[i].reciprocals[y]; ok {
			return r, true
		}
	}
	return asm.V{}, false
}

// divided returns x/n for a number n: a product where the reciprocal of n is
// exact.
func (c *compiler) divided(e *loop.Apply) (value, bool) {
	n, ok := folded(e.Args[1])
	if !ok || c.lane == nil {
		return value{}, false
	}
	inverse := 1 / n
	if c.t.Elem == asm.F32 {
		n = float64(float32(n))
		inverse = float64(1 / float32(n))
	}
	x := c.narrow(c.eval(e.Args[0]))
	if frac, exp := math.Frexp(n); math.Abs(frac) == 0.5 && -100 < exp && exp < 100 {
		return c.lift(symbolic.Real, func(v []asm.V) asm.V { return c.r.Mul(v[0], c.r.Const(inverse)) }, x), true
	}
	if !x.varies || inverse == 0 || math.IsInf(inverse, 0) || math.IsNaN(inverse) {
		return c.operator(e.Op, []value{x, c.constant(n, symbolic.Real)}), true
	}
	return c.byReciprocal(x, c.r.Const(n), c.r.Const(inverse)), true
}
