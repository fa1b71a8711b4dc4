package mathfn

import (
	"math"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

func sqrt(c code, x asm.V) asm.V { return c.Sqrt(x) }

// round takes halves away from 0.
func round(c code, x asm.V) asm.V {
	a := c.Abs(x)
	down := c.Round(a, asm.Floor)
	up := c.Cmp(asm.GE, c.Sub(a, down), c.Const(0.5))
	return c.Or(c.Select(up, c.Add(down, c.Const(1)), down), c.sign(x))
}

// cbrtPoly is about the cube root of a number from 3/4 to 3/2.
var cbrtPoly = []float64{0x1.d7ad1e32f7f56p-2, 0x1.bd6e38e5cbde4p-1, -0x1.f134e32ca1669p-2, 0x1.7bb76b44f79cp-3, -0x1.f2e0b64d9c6eep-6}

// cbrt is 2^q·∛(2^p·m) with 3q + p the exponent, improved by Halley's method.
func cbrt(c code, x asm.V) asm.V {
	a := c.Abs(x)
	tiny := c.Cmp(asm.LT, a, c.Const(c.pick(0x1p-100, 0x1p-1000)))
	z := c.Select(tiny, c.Mul(a, c.Const(0x1p60)), a)
	e, f := c.split(z, 0)
	one := c.Const(1)
	m := c.Add(f, one)
	q := c.Round(c.Mul(c.Sub(e, one), c.Const(1.0/3)), asm.Nearest)
	p := c.FNMA(q, c.Const(3), e) // 0, 1 or 2
	by := func(p1, p2 float64) asm.V {
		v := c.Select(c.Cmp(asm.EQ, p, one), c.Const(p1), c.Const(p2))
		return c.Select(c.Cmp(asm.LT, p, one), one, v)
	}
	v := c.Mul(m, by(2, 4))
	y := c.Mul(c.horner(poly{cbrtPoly, cbrtPoly}, m), by(0x1.428a2f98d728bp+0, 0x1.965fea53d6e3dp+0))
	for range int(c.pick(1, 2)) {
		y3 := c.Mul(c.Mul(y, y), y)
		rest := c.Sub(v, y3)
		y = c.FMA(y, c.Div(rest, c.FMA(y3, c.Const(2), v)), y)
	}
	q = c.Sub(q, c.Select(tiny, c.Const(20), c.Zero()))
	y = c.Or(c.Mul(y, c.IShl(c.Add(q, c.magic(c.bias())), c.mantissa())), c.sign(x))
	usual := c.MAnd(c.Cmp(asm.GT, a, c.Zero()), c.Cmp(asm.LT, a, c.Const(math.Inf(1))))
	return c.Select(usual, y, x)
}

// hypot scales numbers whose squares may be too large or too small.
func hypot(c code, x, y asm.V) asm.V {
	if c.single {
		return c.inDouble2(hypot, x, y)
	}
	a, b := c.Abs(x), c.Abs(y)
	most := c.Max(a, b)
	large, small := c.Cmp(asm.GT, most, c.Const(0x1p500)), c.Cmp(asm.LT, most, c.Const(0x1p-400))
	pick := func(scale float64) asm.V {
		return c.Select(large, c.Const(1/scale), c.Select(small, c.Const(scale), c.Const(1)))
	}
	down, back := pick(0x1p600), pick(0x1p-600)
	p, q := c.Mul(a, down), c.Mul(b, down)
	r := c.Mul(c.Sqrt(c.FMA(p, p, c.Mul(q, q))), back)
	inf := c.Const(math.Inf(1))
	return c.Select(c.MOr(c.Cmp(asm.EQ, a, inf), c.Cmp(asm.EQ, b, inf)), inf, r)
}
