package mathfn

import (
	"math"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// pow is exp(y·log |x|), with the sign that x has to an odd power. In float64
// the logarithm has more digits than a float64, as the product needs.
func pow(c code, x, y asm.V) asm.V {
	if c.single {
		return c.inDouble2(func(d code, x, y asm.V) asm.V {
			return d.withSigns(x, y, exp(d, d.Mul(y, log(d, d.Abs(x)))))
		}, x, y)
	}
	h, l := c.fineLog(c.Abs(x))
	p := c.Mul(y, h)
	rest := c.FMA(y, l, c.FMS(y, h, p))
	// Where the power is 0 or infinite the rest may be anything.
	p = c.clamp(p, -1500, 1500)
	rest = c.Select(c.Cmp(asm.LT, c.Abs(p), c.Const(1500)), rest, c.Zero())
	_, n, r := c.reduce(p, 0)
	return c.withSigns(x, y, c.ScaleBy2(c.expShort(c.Add(r, rest)), n))
}

// withSigns makes x^y of |x|^y, with the special values of package math.
func (c code) withSigns(x, y, power asm.V) asm.V {
	zero, one, inf := c.Zero(), c.Const(1), c.Const(math.Inf(1))
	a := c.Abs(x)
	integer := func(v asm.V) asm.M { return c.Cmp(asm.EQ, c.Round(v, asm.Trunc), v) }
	whole := integer(y)
	even := integer(c.Mul(y, c.Const(0.5)))
	power = c.Select(c.Cmp(asm.EQ, a, one), one, power)
	power = c.Select(c.MAnd(whole, c.MNot(even)), c.Or(power, c.sign(x)), power)
	invalid := c.MAnd(c.MAnd(c.Cmp(asm.LT, x, zero), c.Cmp(asm.LT, a, inf)), c.MNot(whole))
	power = c.Select(invalid, c.Const(math.NaN()), power)
	power = c.Select(c.MOr(c.IsNaN(x), c.IsNaN(y)), c.Add(x, y), power)
	return c.Select(c.MOr(c.Cmp(asm.EQ, y, zero), c.Cmp(asm.EQ, x, one)), one, power)
}

// artanhPoly is (2 artanh s − 2s − ⅔s³)/s⁵ in s² for |s| ≤ 1/5.
var artanhPoly = poly{f64: []float64{0x1.9999999999999p-2, 0x1.2492492492a57p-2, 0x1.c71c71c5b9d4bp-3, 0x1.745d1851e712p-3,
	0x1.3b134cb3e3b85p-3, 0x1.112596a9eb456p-3, 0x1.dd410c873da0ap-4, 0x1.f3d6969c6be91p-4}}

// fineLog is log a for a that is not negative, as a sum. With s = (m − 1)/(m + 1)
// the logarithm of the mantissa m is 2s + ⅔s³ + …; the first two terms have
// twice the digits.
func (c code) fineLog(a asm.V) (high, low asm.V) {
	one, two := c.Const(1), c.Const(2)
	tiny := c.Cmp(asm.LT, a, c.Const(0x1p-1000))
	e, f := c.split(c.Select(tiny, c.Mul(a, c.Const(0x1p60)), a), 0)
	e = c.Sub(e, c.Select(tiny, c.Const(60), c.Zero()))

	m := c.Add(f, one)
	d := c.Add(m, one)
	dLost := c.Sub(m, c.Sub(d, one))
	s := c.Div(f, d)
	sLost := c.Mul(c.FNMA(s, dLost, c.FNMA(s, d, f)), c.RcpEst(d))
	z := c.Mul(s, s)
	zLost := c.FMA(c.Add(s, s), sLost, c.FMS(s, s, z))
	s3 := c.Mul(s, z)
	s3Lost := c.FMA(sLost, z, c.FMA(s, zLost, c.FMS(s, z, s3)))
	third := c.Const(2.0 / 3)
	t := c.Mul(s3, third)
	tLost := c.FMA(s3, c.Const(0x1.5555555555555p-55), c.FMA(s3Lost, third, c.FMS(s3, third, t)))
	tail := c.Mul(c.Mul(s3, z), c.horner(artanhPoly, z))

	// The first part of log 2 has an exact product with the exponent.
	const hi, lo = 0x1.62e42fefa3800p-1, 0x1.ef35793c76730p-45
	h1, l1 := c.twoSum(c.Mul(e, c.Const(hi)), c.Mul(s, two))
	h2, l2 := c.twoSum(h1, t)
	l := c.Add(c.FMA(sLost, two, c.FMA(e, c.Const(lo), c.Add(l1, l2))), c.Add(tLost, tail))
	high = c.Add(h2, l)
	low = c.Sub(l, c.Sub(high, h2))

	inf := c.Const(math.Inf(1))
	usual := c.MAnd(c.Cmp(asm.GT, a, c.Zero()), c.Cmp(asm.LT, a, inf))
	end := c.Select(c.Cmp(asm.EQ, a, c.Zero()), c.Const(math.Inf(-1)), inf)
	return c.Select(usual, high, end), c.Select(usual, low, c.Zero())
}
