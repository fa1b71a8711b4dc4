package mathfn

import "github.com/bpgen/bpgen/codegen/simd/asm"

// erfPieces is erf x/x for |x| < 4, in pieces of a quarter.
var erfPieces = pieces{
	centres: []float64{0x1.014p-3, 0x1.858p-2, 0x1.3fap-1, 0x1.c04p-1, 0x1.1f98p+0, 0x1.602p+0, 0x1.a0a8p+0, 0x1.de8p+0, 0x1.0f54p+1, 0x1.2fb4p+1, 0x1.4ffp+1, 0x1.6fb8p+1, 0x1.9054p+1, 0x1.b0a4p+1, 0x1.cffcp+1, 0x1.eff8p+1},
	parts: [][]float64{
		{0x1.1f5a5ep0, 0x1.1384aep0, 0x1.feb2f8p-1, 0x1.cab098p-1, 0x1.94a7e8p-1, 0x1.60f83cp-1, 0x1.33dd36p-1, 0x1.0fac94p-1, 0x1.e1c30ap-2, 0x1.af3cc8p-2, 0x1.861664p-2, 0x1.646dd6p-2, 0x1.476882p-2, 0x1.2ef526p-2, 0x1.1a7ep-2, 0x1.084654p-2},
		{-0x1.7f64p-4, -0x1.0cd562p-2, -0x1.7e9f6cp-2, -0x1.b29d48p-2, -0x1.ad421ap-2, -0x1.829264p-2, -0x1.481a6ep-2, -0x1.0fe89ap-2, -0x1.ba5aap-3, -0x1.68017ap-3, -0x1.285de4p-3, -0x1.efdc8ep-4, -0x1.a2a7d4p-4, -0x1.6683a6p-4, -0x1.37b938p-4, -0x1.10d0e8p-4},
		{-0x1.76506cp-2, -0x1.250c88p-2, -0x1.534034p-3, -0x1.43a73p-5, 0x1.b82eap-5, 0x1.ab5064p-4, 0x1.df7cb8p-4, 0x1.b970cap-4, 0x1.6dadcp-4, 0x1.1ede08p-4, 0x1.ba4424p-5, 0x1.56cd86p-5, 0x1.0b32fp-5, 0x1.a8136ep-6, 0x1.57f31ep-6, 0x1.19a126p-6},
		{0x1.c7c52ep-5, 0x1.2790ecp-3, 0x1.67172p-3, 0x1.364d6ap-3, 0x1.8bbb9ap-4, 0x1.3eec96p-5, -0x1.b72a42p-10, -0x1.58cb4p-6, -0x1.ae5736p-6, -0x1.83f718p-6, -0x1.32708ep-6, -0x1.cbeb4cp-7, -0x1.519a8p-7, -0x1.f4267ep-8, -0x1.7b3254p-8, -0x1.22a818p-8},
		{0x1.b24364p-4, 0x1.f77d8ap-5, 0x1.1794a2p-9, -0x1.6c7428p-5, -0x1.ee6948p-5, -0x1.9cfe7ap-5, -0x1.e3c822p-6, -0x1.7cc78p-7, -0x1.216c96p-12, 0x1.1e19c4p-8, 0x1.492e92p-8, 0x1.14fdb4p-8, 0x1.97d72ep-9, 0x1.223c3cp-9, 0x1.9ce0fp-10, 0x1.2b30ccp-10},
		{-0x1.3e78ap-6, -0x1.7abfa4p-5, -0x1.7bd506p-5, -0x1.a26f9ap-6, -0x1.76b92ep-11, 0x1.ddad9ep-7, 0x1.12a7f4p-6, 0x1.8c9d98p-7, 0x1.81321p-8, 0x1.c007ccp-10, -0x1.1fa048p-12, -0x1.f9a77ap-11, -0x1.aad702p-11, -0x1.36286ap-11, -0x1.c32954p-12, -0x1.435ecap-12},
	},
}

func erf(c code, x asm.V) asm.V {
	if !c.single {
		return erf64(c, x)
	}
	a := c.Min(c.Const(0x1.fffffep+1), c.Abs(x))
	k := c.Add(c.Sub(a, c.Const(0.125)), c.Const(0x1.8p21)) // whose last bit stands for a quarter
	y := c.Mul(a, c.piecewise(erfPieces, a, k))
	return c.Or(c.Min(c.Const(1), y), c.sign(x))
}

// erfPoly is erf x/x in x² for |x| ≤ 0.7.
var erfPoly = poly{f64: []float64{
	0x1.20dd750429b6dp0, -0x1.812746b0379b7p-2, 0x1.ce2f21a04059p-4, -0x1.b82ce311a50b1p-6, 0x1.565bccdf5cc2ep-8, -0x1.c02da81a0ed9dp-11, 0x1.f9a137a71fd4bp-14,
	-0x1.f49d80a1da1e8p-17, 0x1.b637f640c1f55p-20, -0x1.361d5f00b35fbp-23, -0x1.6bacb22128f75p-31, 0x1.25ab3ceeb38a6p-28}}

// erfcPoly is erfc x · exp x² · (1 + 2x) in (x − 4)/(x + 4), from 0 to 28, after
// Shepherd and Laframboise.
var erfcPoly = poly{f64: []float64{
	0x1.3ba5916e9fd7fp0, -0x1.1df1ad154a29cp-3, 0x1.f7f5df66fcb03p-7, 0x1.16ecefcfa6016p-4, -0x1.9ddb23c3e558bp-4, 0x1.7fee004df78e8p-4, -0x1.0fb06dfe8d9dfp-4,
	0x1.3079edf9cc77fp-5, -0x1.0962387930528p-6, 0x1.49c671a2d0649p-8, -0x1.8d4aa4bf387d6p-11, -0x1.a1de9250150fep-13, 0x1.3be1122af51d9p-13, -0x1.99680042ef6ep-16,
	-0x1.78b07682b5a5ap-17, 0x1.7f9c2b03af38bp-18, 0x1.4562febccfad4p-22, -0x1.bf07c0bbb1047p-21, 0x1.099d877bee41p-24, 0x1.e672113dcd487p-24, -0x1.0ebba5f6c91c7p-27,
	-0x1.bc53d432c483dp-27, -0x1.abb1dc92c7c7ap-30}}

func erf64(c code, x asm.V) asm.V {
	a, one := c.Abs(x), c.Const(1)
	near := c.Mul(c.horner(erfPoly, c.Mul(a, a)), a)
	far := c.Sub(one, c.erfcOf(c.Min(c.Const(6), a)))
	return c.Or(c.Select(c.Cmp(asm.LT, a, c.Const(0.7)), near, far), c.sign(x))
}

func erfc(c code, x asm.V) asm.V {
	if c.single {
		return c.inDouble(erfcShort, x)
	}
	a, one := c.Abs(x), c.Const(1)
	y := c.erfcOf(c.Min(c.Const(28), a))
	// Near 0 the sum with erf x is better.
	near := c.FNMA(c.horner(erfPoly, c.Mul(x, x)), x, one)
	y = c.Select(c.Cmp(asm.LT, x, c.Zero()), c.Sub(c.Const(2), y), y)
	return c.Select(c.Cmp(asm.LT, a, c.Const(0.25)), near, y)
}

// erfcOf is erfc a for a from 0 to 28. The exponential is that of the square
// in two parts.
func (c code) erfcOf(a asm.V) asm.V {
	four := c.Const(4)
	p := c.horner(erfcPoly, c.Div(c.Sub(a, four), c.Add(a, four)))
	s := c.Mul(a, a)
	low := c.FMS(a, a, s)
	k, n, r := c.reduce(c.Neg(s), 2*c.bias())
	e := c.expShort(c.Sub(r, low))
	q := c.Div(p, c.FMA(a, c.Const(2), c.Const(1)))
	if c.wide {
		return c.ScaleBy2(c.Mul(e, q), n)
	}
	return c.scale(c.Mul(e, q), k)
}

// The same as erfcPoly, erfPoly and expPoly to the digits of a float32: for x from 0 to 10.2,
// for |x| < 1/4 and for |r| ≤ (log 2)/2.
var (
	erfcShortPoly = poly{f64: []float64{
		0x1.3ba5916f23f17p+0, -0x1.1df1ad463ba5dp-3, 0x1.f7f5adc564bf3p-7, 0x1.16ed0611d9aebp-4, -0x1.9dda53ecb45a0p-4, 0x1.7fed00941f1dap-4,
		-0x1.0fbaa55fe877bp-4, 0x1.3077bb895dd6cp-5, -0x1.088b929b8dc38p-6, 0x1.4d292775fb5fcp-8, -0x1.b89a230b9f94bp-11, -0x1.80054f54dd31bp-12,
		0x1.597287516f324p-14}}
	erfShortPoly = poly{f64: []float64{0x1.20dd750428006p+0, -0x1.8127469ace53cp-2, 0x1.ce2ef6c381213p-4, -0x1.b80ed26138b0dp-6, 0x1.4dbaac44cca80p-8}}
	expShortPoly = poly{f64: []float64{
		0x1.0000000b8f62bp-1, 0x1.5555555a78232p-3, 0x1.5554e9114ecf9p-5, 0x1.1110e0f726534p-7, 0x1.6d431504c53d3p-10, 0x1.a124e3f154d32p-13}}
)

// erfcShort is erfc of a float32, whose square has no more digits than a float64. One
// reciprocal serves both quotients.
func erfcShort(c code, x asm.V) asm.V {
	one, two, four := c.Const(1), c.Const(2), c.Const(4)
	a := c.Min(c.Const(10.2), c.Abs(x))
	u, v := c.Add(a, four), c.FMA(a, two, one)
	w := c.Div(one, c.Mul(u, v))
	q := c.Mul(c.horner(erfcShortPoly, c.Mul(c.Sub(a, four), c.Mul(w, v))), c.Mul(w, u))
	k, n, r := c.reduce(c.Neg(c.Mul(a, a)), 2*c.bias())
	y := c.Mul(q, c.FMA(c.FMA(c.horner(expShortPoly, r), r, one), r, one))
	if c.wide {
		y = c.ScaleBy2(y, n)
	} else {
		y = c.scale(y, k)
	}
	near := c.FNMA(c.horner(erfShortPoly, c.Mul(x, x)), x, one)
	y = c.Select(c.Cmp(asm.LT, x, c.Zero()), c.Sub(two, y), y)
	return c.Select(c.Cmp(asm.LT, a, c.Const(0.25)), near, y)
}
