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
	if c.single {
		hi, _ := c.ln2()
		return c.FMA(e, hi, c.logShort(f))
	}
	// The first part has an exact product with e. What its sum with f loses
	// is added later.
	const hi, lo = 0x1.62e42fefa38p-1, 0x1.ef35793c7673p-45
	whole := c.Mul(e, c.Const(hi))
	sum := c.Add(whole, f)
	lost := c.Sub(f, c.Sub(sum, whole))
	if c.wide {
		lost = c.Nearer(lost, c.Const(1)) // of −∞ it is no number
	}
	rest := c.FMA(e, c.Const(lo), c.FMA(c.Mul(f, f), c.horner(logPoly, f), lost))
	return c.Add(sum, rest)
}

// logShort is log(1 + f) for f from −1/4 to 1/2.
func (c code) logShort(f asm.V) asm.V {
	return c.FMA(c.Mul(f, f), c.horner(logPoly, f), f)
}

// log2 is e + log₂(1 + f).
func log2(c code, x asm.V) asm.V {
	return c.logarithm(x, func(e, f asm.V) asm.V {
		return c.FMA(c.logShort(f), c.Const(math.Log2E), e)
	})
}

// log10 is e·log₁₀2 + log₁₀(1 + f).
func log10(c code, x asm.V) asm.V {
	// The parts of log₁₀2 are both positive, so that −∞ makes no NaN.
	hi := c.pick(0x1.344134p-2, 0x1.34413509f79fep-2)
	lo := c.pick(0x1.09f79fef311f1p-26, 0x1.e623e2566b02ep-55)
	const inverse = 1 / math.Ln10
	return c.logarithm(x, func(e, f asm.V) asm.V {
		return c.FMA(e, c.Const(hi), c.FMA(e, c.Const(lo), c.Mul(c.logShort(f), c.Const(inverse))))
	})
}

// log1p takes 1 + x apart and gives back to f what that sum lost.
func log1p(c code, x asm.V) asm.V {
	one := c.Const(1)
	u := c.Add(one, x)
	lost := c.Sub(x, c.Sub(u, one)) // exact where it matters
	if c.wide {
		lost = c.Nearer(lost, one) // of infinity it is no number
	}
	y := c.logarithm(u, func(e, f asm.V) asm.V {
		if c.wide {
			return c.logOf(e, c.Add(f, c.ScaleBy2(lost, c.Nearer(c.Neg(e), c.Const(200)))))
		}
		scale := c.IShl(c.Sub(c.magic(c.bias()), c.Min(c.Const(100), e)), c.mantissa())
		return c.logOf(e, c.FMA(lost, scale, f))
	})
	return c.Or(y, c.sign(x)) // of 0
}

// asinh is log(1 + t) with t = |x| + x²/(1 + √(x² + 1)), and far from 0
// log |x| + log 2.
func asinh(c code, x asm.V) asm.V {
	if c.single {
		return c.inDouble(asinh, x)
	}
	one, a := c.Const(1), c.Abs(x)
	b := c.Min(c.Const(0x1p40), a)
	b2 := c.Mul(b, b)
	near := log1p(c, c.Add(b, c.Div(b2, c.Add(one, c.Sqrt(c.Add(b2, one))))))
	return c.Or(c.beyond(a, near), c.sign(x))
}

// acosh is log(1 + t + √(t(t + 2))) with t = x − 1, and far from 0
// log x + log 2.
func acosh(c code, x asm.V) asm.V {
	if c.single {
		return c.inDouble(acosh, x)
	}
	one := c.Const(1)
	b := c.Min(c.Const(0x1p40), x)
	t := c.Sub(b, one)
	near := log1p(c, c.Add(t, c.Sqrt(c.FMA(t, t, c.Add(t, t)))))
	return c.Select(c.Cmp(asm.LT, x, one), c.Const(math.NaN()), c.beyond(x, near))
}

// beyond is log a + log 2 for large a, else near.
func (c code) beyond(a, near asm.V) asm.V {
	far := c.logarithm(a, func(e, f asm.V) asm.V { return c.logOf(c.Add(e, c.Const(1)), f) })
	return c.Select(c.Cmp(asm.GT, a, c.Const(0x1p40)), far, near)
}

// atanh is log(1 + 2a/(1 − a))/2 with a = |x|.
func atanh(c code, x asm.V) asm.V {
	if c.single {
		return c.inDouble(atanh, x)
	}
	a := c.Abs(x)
	y := log1p(c, c.Div(c.Add(a, a), c.Sub(c.Const(1), a)))
	return c.Or(c.Mul(y, c.Const(0.5)), c.sign(x))
}
