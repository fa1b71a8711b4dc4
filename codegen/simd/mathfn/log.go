package mathfn

import (
	"math"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// logPoly is (log(1 + f) − f)/f² for f from −1/4 to 1/2.
var logPoly = poly{
	f32: []float64{-0x1p-1, 0x1.5555a6p-2, -0x1.00004ep-2, 0x1.9968fp-3, -0x1.54eb54p-3, 0x1.28852ep-3, -0x1.0db586p-3, 0x1.ad4188p-4, -0x1.721d3ep-5},
	f64: []float64{-0x1.ffffffffffffbp-2, 0x1.55555555555c4p-2, -0x1.0000000000dcep-2, 0x1.9999999989687p-3, -0x1.55555553fd495p-3,
		0x1.24924929f70bp-3, -0x1.000000781ee29p-3, 0x1.c71c70ee1f5f6p-4, -0x1.99996e066256ap-4, 0x1.745ce35fb120dp-4,
		-0x1.55598360e5b75p-4, 0x1.3b1ff82b49355p-4, -0x1.2463c327d071bp-4, 0x1.10118a7ecce4bp-4, -0x1.ffeee4257dd14p-5,
		0x1.f2aacbb51f993p-5, -0x1.e9a88fe0fab16p-5, 0x1.9fb1f70ce60cdp-5, -0x1.e0edbd7129fa6p-6, 0x1.07fee02d7520bp-7},
}

func log(c code, x asm.V) asm.V {
	return c.logarithm(x, c.logOf)
}

// logarithm takes x apart into an exponent e and 1 + f, for of to put together.
func (c code) logarithm(x asm.V, of func(e, f asm.V) asm.V) asm.V {
	if c.wide {
		m := c.Norm(x)
		return of(c.Sub(c.Exponent(x), c.Exponent(m)), c.Sub(m, c.Const(1)))
	}
	// What is not between the least normal number and infinity is rare.
	y := c.Var(of(c.split(x, 0)))
	c.IfAny(c.notNormal(x), func() {
		least, scale := 0x1p-126, 0x1p24
		if !c.single {
			least, scale = 0x1p-1022, 0x1p53
		}
		z := c.Select(c.Cmp(asm.LT, x, c.Const(least)), of(c.split(c.Mul(x, c.Const(scale)), -float64(c.mantissa()+1))), y)
		z = c.Select(c.Cmp(asm.EQ, x, c.Zero()), c.Const(math.Inf(-1)), z)
		z = c.Select(c.Cmp(asm.LT, x, c.Zero()), c.Const(math.NaN()), z)
		c.Set(y, c.Select(c.Cmp(asm.LT, x, c.Const(math.Inf(1))), z, x))
	})
	return y
}

// notNormal is where x is not a positive normal number.
func (c code) notNormal(x asm.V) asm.M {
	// With this added to their bits those are the least integers.
	shift, end := uint64(0x7f800000), uint64(0xff000000)
	if !c.single {
		shift, end = 0x7ff0<<48, 0xffe0<<48
	}
	return c.ICmp(asm.GE, c.IAdd(x, c.ConstBits(shift)), c.ConstBits(end))
}

// split takes a positive normal number apart into an exponent e, plus an
// offset, and 1 + f from 3/4 to 3/2.
func (c code) split(x asm.V, offset float64) (e, f asm.V) {
	threeQuarters, quarter := uint64(0x3f400000), uint64(1<<22)
	if !c.single {
		threeQuarters, quarter = 0x3fe8<<48, 1<<51
	}
	// The exponent of x times 4/3, as it were, with its bias.
	t := c.IAdd(x, c.ConstBits(quarter))
	m := c.IAdd(c.And(t, c.ConstBits(1<<c.mantissa()-1)), c.ConstBits(threeQuarters))
	// A number that is large enough has an integer for its mantissa.
	big := math.Ldexp(1, c.mantissa())
	e = c.Sub(c.Or(c.IShr(t, c.mantissa()), c.Const(big)), c.Const(big+c.bias()-offset))
	return e, c.Sub(m, c.Const(1))
}

// logOf is e·log 2 + log(1 + f).
func (c code) logOf(e, f asm.V) asm.V {
	hi, lo := c.ln2()
	s := c.FMA(c.Mul(f, f), c.horner(logPoly, f), f)
	if !c.single {
		s = c.FMA(e, lo, s)
	}
	return c.FMA(e, hi, s)
}
