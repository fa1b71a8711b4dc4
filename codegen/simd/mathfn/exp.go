package mathfn

import (
	"math"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// expPoly is (eʳ − 1 − r)/r² for |r| ≤ (log 2)/2.
var expPoly = poly{
	f32: []float64{0x1.fffffap-2, 0x1.555492p-3, 0x1.555a26p-5, 0x1.12398p-7, 0x1.694ca6p-10},
	f64: []float64{0x1.000000000000ap-1, 0x1.55555555554fep-3, 0x1.55555555506bap-5, 0x1.1111111126b3p-7, 0x1.6c16c18477aefp-10,
		0x1.a01a012ff2944p-13, 0x1.a019995cdc7a7p-16, 0x1.71df18e2549e2p-19, 0x1.28adfefa75cap-22, 0x1.ad9303fd4d2cap-26},
}

// ln2 is log 2 as a sum: the first part has an exact product with every
// exponent.
func (c code) ln2() (hi, lo asm.V) {
	h := c.pick(float64(float32(math.Ln2)), math.Ln2)
	l := c.pick(-0x1.05c61p-29, 0x1.abc9e3b39803fp-56)
	return c.Const(h), c.Const(l)
}

// reduce splits x into n·log 2 + r with |r| ≤ (log 2)/2 and an integer n. The
// last bits of k hold n plus the offset.
func (c code) reduce(x asm.V, offset float64) (k, n, r asm.V) {
	k, n = c.turns(x, offset)
	hi, lo := c.ln2()
	return k, n, c.FNMA(n, lo, c.FNMA(n, hi, x))
}

// turns is the nearest integer to x/log 2, in the last bits of k plus the
// offset, and as a real.
func (c code) turns(x asm.V, offset float64) (k, n asm.V) {
	magic := c.magic(offset)
	k = c.FMA(x, c.Const(math.Log2E), magic)
	return k, c.Sub(k, magic)
}

// expShort is eʳ for |r| ≤ (log 2)/2.
func (c code) expShort(r asm.V) asm.V {
	one := c.Const(1)
	return c.FMA(c.FMA(c.horner(expPoly, r), r, one), r, one)
}

func exp(c code, x asm.V) asm.V {
	if c.wide {
		n, y := c.sixteenth(x)
		return c.ScaleBy2(y, n)
	}
	lo, hi := c.expRange()
	k, _, r := c.reduce(c.clamp(x, lo, hi), 2*c.bias())
	return c.scale(c.expShort(r), k)
}

// expRange is where eˣ is neither 0 nor infinite.
func (c code) expRange() (lo, hi float64) { return c.pick(-104, -746), c.pick(89, 710) }

// scale is p·2ⁿ, where the last bits of k hold n plus twice the bias: half of
// them is the exponent of one factor, the other half that of another, so that
// only the last product is rounded.
func (c code) scale(p, k asm.V) asm.V {
	half := c.IShr(k, 1)
	return c.Mul(c.Mul(p, c.IShl(half, c.mantissa())), c.IShl(c.ISub(k, half), c.mantissa()))
}

// sigmoid is s/(s + e⁻ʳ) with s = 2ⁿ, which is right for the smallest numbers,
// too. The sum is (1 + s) + (e⁻ʳ − 1), and what 1 + s loses goes with the lesser
// part, so that it is rounded but once.
func sigmoid(c code, x asm.V) asm.V {
	lo, _ := c.expRange()
	x = c.clamp(x, lo, 40)
	k, n := c.turns(x, 2*c.bias())
	hi, small := c.ln2()
	r := c.FMA(n, small, c.FMS(n, hi, x)) // −r
	one := c.Const(1)
	var s asm.V
	if c.wide {
		s = c.ScaleBy2(one, n)
	} else {
		s = c.scale(one, k)
	}
	most := c.Add(one, s)
	rest := c.Sub(s, c.Sub(most, one))
	e := c.FMA(c.Mul(r, r), c.horner(expPoly, r), c.Add(r, rest))
	return c.Div(s, c.Add(most, e))
}

// expm1Short is eʳ − 1 for |r| ≤ (log 2)/2, with all its digits.
func (c code) expm1Short(r asm.V) asm.V {
	return c.FMA(c.Mul(r, r), c.horner(expPoly, r), r)
}

// expm1 is 2·(s·(eʳ − 1) + (s − 1/2)) with s = 2ⁿ⁻¹, which is never infinite.
func expm1(c code, x asm.V) asm.V {
	_, hi := c.expRange()
	k, _, r := c.reduce(c.clamp(x, c.pick(-20, -40), hi), c.bias()-1)
	s := c.IShl(k, c.mantissa())
	y := c.FMA(c.expm1Short(r), s, c.Sub(s, c.Const(0.5)))
	// Halves of the smallest numbers are not exact, and 0 has a sign.
	return c.Select(c.Cmp(asm.LT, c.Abs(x), c.Const(c.pick(0x1p-25, 0x1p-54))), x, c.Add(y, y))
}

// halfExp is eˣ/2 for x from 0, infinite only where that is.
func (c code) halfExp(x asm.V) asm.V {
	_, hi := c.expRange()
	x = c.Min(c.Const(hi+2), x)
	if c.wide {
		n, y := c.sixteenth(x)
		return c.ScaleBy2(y, c.Sub(n, c.Const(1)))
	}
	k, _, r := c.reduce(x, 2*c.bias()-1)
	return c.scale(c.expShort(r), k)
}

// cosh is h + 1/(4h) with h = e^|x|/2.
func cosh(c code, x asm.V) asm.V {
	h := c.halfExp(c.Abs(x))
	return c.Add(h, c.Div(c.Const(0.25), h))
}

// sinhPoly is (sinh x/x − 1)/x² in x² for |x| ≤ 1.
var sinhPoly = poly{
	f32: []float64{0x1.555556p-3, 0x1.1110eap-7, 0x1.a01c22p-13, 0x1.76771ep-19},
	f64: []float64{0x1.5555555555555p-3, 0x1.111111111117cp-7, 0x1.a01a01a00db3ap-13, 0x1.71de3a60a9f7dp-19, 0x1.ae644b32db998p-26,
		0x1.612abe6b5d71ep-33, 0x1.aab9951a7065bp-41, 0x1.409579384599ap-48},
}

// sinh is h − 1/(4h) beyond 1.
func sinh(c code, x asm.V) asm.V {
	a := c.Abs(x)
	h := c.halfExp(a)
	x2 := c.Mul(a, a)
	near := c.FMA(c.Mul(x2, a), c.horner(sinhPoly, x2), a)
	y := c.Select(c.Cmp(asm.LT, a, c.Const(1)), near, c.Sub(h, c.Div(c.Const(0.25), h)))
	return c.Or(y, c.sign(x))
}
