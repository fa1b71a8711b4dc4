package mathfn

import (
	"math"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// asinPoly is (asin x/x − 1)/x² in x² for |x| ≤ 1/2.
var asinPoly = poly{
	f32: []float64{0x1.55554cp-3, 0x1.33389ep-4, 0x1.6caab4p-5, 0x1.04af56p-5, 0x1.d78f62p-7, 0x1.33d57ep-5},
	f64: []float64{0x1.555555555539p-3, 0x1.333333336e833p-4, 0x1.6db6db4277f8cp-5, 0x1.f1c72c39efa29p-6,
		0x1.6e89f42584168p-6, 0x1.1c6be3644c055p-6, 0x1.c6fd9c5da0999p-7, 0x1.8ec401fcc0324p-7, 0x1.abc60b05222fdp-8, 0x1.3ffb56c5b9d53p-6,
		-0x1.09de10211cd26p-6, 0x1.05714c02d4f7fp-5},
}

// angleConst is an angle, some quarters of the circle, as a sum.
func (c code) angleConst(angle, quarters float64) (high, low asm.V) {
	return c.Const(angle), c.Const(quarters * c.pick(-0x1.777a5cp-25, 0x1.1a62633145c07p-54))
}

// halfAsin is asin s where s is |x| up to 1/2, and √((1 − |x|)/2) beyond, where
// asin |x| = π/2 − 2 asin s.
func (c code) halfAsin(x asm.V) (y asm.V, beyond asm.M) {
	a, half := c.Abs(x), c.Const(0.5)
	beyond = c.Cmp(asm.GT, a, half)
	s2 := c.Select(beyond, c.FNMA(a, half, half), c.Mul(a, a))
	s := c.Select(beyond, c.Sqrt(s2), a)
	return c.FMA(c.Mul(s2, c.horner(asinPoly, s2)), s, s), beyond
}

func asin(c code, x asm.V) asm.V {
	y, beyond := c.halfAsin(x)
	right, low := c.angleConst(math.Pi/2, 1)
	far := c.Add(c.FNMA(y, c.Const(2), right), low)
	return c.Or(c.Select(beyond, far, y), c.sign(x))
}

func acos(c code, x asm.V) asm.V {
	y, beyond := c.halfAsin(x)
	right, low := c.angleConst(math.Pi/2, 1)
	straight, low2 := c.angleConst(math.Pi, 2)
	negative := c.Cmp(asm.LT, x, c.Zero())
	twice := c.Add(y, y)
	far := c.Select(negative, c.Sub(straight, c.Sub(twice, low2)), twice)
	y = c.Xor(y, c.sign(x))
	return c.Select(beyond, far, c.Sub(right, c.Sub(y, low)))
}

// atanPoly is (atan t/t − 1)/t² in t² for |t| ≤ √2 − 1.
var atanPoly = poly{
	f32: []float64{-0x1.55554ap-2, 0x1.9991e4p-3, -0x1.23b9d6p-3, 0x1.b227aep-4, -0x1.f2f74cp-5},
	f64: []float64{-0x1.555555555553dp-2, 0x1.999999999586dp-3, -0x1.24924922ad6edp-3, 0x1.c71c70e613401p-4,
		-0x1.745cf8dcacc2cp-4, 0x1.3b11191f75b4cp-4, -0x1.10ebb86a779eap-4, 0x1.df0f4dc533861p-5, -0x1.9cd2cc3bca9b5p-5, 0x1.37d5d6ce4a661p-5,
		-0x1.256ae1c819cccp-6},
}

func atan(c code, x asm.V) asm.V {
	a := c.Abs(x)
	return c.Or(c.angleOf(a, c.Const(1), c.Cmp(asm.EQ, a, c.Const(math.Inf(1)))), c.sign(x))
}

// angleOf is the angle of the point with the ordinate y and the abscissa x,
// neither of which is negative, from 0 to π/2. It is turned by 0, 45 or 90
// degrees first, so that it is at most an eighth of the circle from there.
func (c code) angleOf(y, x asm.V, upright asm.M) asm.V {
	const tan = math.Sqrt2 - 1
	some := c.Cmp(asm.GT, y, c.Mul(x, c.Const(tan)))
	most := c.Cmp(asm.GT, c.Mul(y, c.Const(tan)), x)
	num := c.Select(most, c.Neg(x), c.Select(some, c.Sub(y, x), y))
	den := c.Select(most, y, c.Select(some, c.Add(y, x), x))
	t := c.Select(upright, c.Zero(), c.Div(num, den))
	t2 := c.Mul(t, t)
	r := c.FMA(c.Mul(t2, c.horner(atanPoly, t2)), t, t)
	base := func(eighth, quarter asm.V) asm.V {
		return c.Select(most, quarter, c.Select(some, eighth, c.Zero()))
	}
	eighth, low := c.angleConst(math.Pi/4, 0.5)
	quarter, low2 := c.angleConst(math.Pi/2, 1)
	return c.Add(base(eighth, quarter), c.Add(base(low, low2), r))
}

// atan2 looks at the first quadrant and turns the angle back.
func atan2(c code, y, x asm.V) asm.V {
	a, b := c.Abs(y), c.Abs(x)
	// Parts of the largest numbers can be added, multiples of the smallest
	// compared.
	most := c.Max(a, b)
	scale := c.Select(c.Cmp(asm.GT, most, c.Const(c.pick(0x1p120, 0x1p1000))), c.Const(0.25), c.Const(1))
	scale = c.Select(c.Cmp(asm.LT, most, c.Const(c.pick(0x1p-80, 0x1p-900))), c.Const(c.pick(0x1p40, 0x1p100)), scale)
	a, b = c.Var(c.Mul(a, scale)), c.Var(c.Mul(b, scale))
	inf := c.Const(math.Inf(1))
	c.IfAny(c.MOr(c.Cmp(asm.EQ, a, inf), c.Cmp(asm.EQ, b, inf)), func() {
		// Of infinities only which of the two it is matters.
		one := c.Const(1)
		finite := func(v, w asm.V) asm.V {
			v0 := c.Select(c.Cmp(asm.EQ, w, inf), c.Mul(v, c.Zero()), v)
			return c.Select(c.Cmp(asm.EQ, v, inf), one, v0)
		}
		a0, b0 := finite(a, b), finite(b, a)
		c.Set(a, a0)
		c.Set(b, b0)
	})
	zero := c.Zero()
	r := c.angleOf(a, b, c.MAnd(c.Cmp(asm.EQ, a, zero), c.Cmp(asm.EQ, b, zero)))
	behind := c.ICmp(asm.LT, x, zero) // −0, too
	straight, low := c.angleConst(math.Pi, 2)
	r = c.Select(behind, c.Sub(straight, c.Sub(r, low)), r)
	return c.Or(r, c.sign(y))
}
