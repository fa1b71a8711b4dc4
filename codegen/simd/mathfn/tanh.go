package mathfn

import "github.com/bpgen/bpgen/codegen/simd/asm"

// tanh is e/(e + 2) with e = e^2|x| − 1.
func tanh(c code, x asm.V) asm.V {
	if c.wide && c.single {
		return c.tanhInPieces(x)
	}
	a := c.Min(c.Const(c.pick(9.1, 19.1)), c.Abs(x))
	x2 := c.Add(a, a)
	k, n := c.turns(x2, c.bias())
	hi, _ := c.ln2()
	r := c.FNMA(n, hi, x2) // where the rest of log 2 matters, the result is 1
	s := c.IShl(k, c.mantissa())
	e := c.FMA(c.expm1Short(r), s, c.Sub(s, c.Const(1)))
	return c.copySign(c.partOf(e, c.Const(2)), x)
}

// tanhPieces is tanh x/x up to 9.02, beyond which tanh x is 1. The piece is found
// from the exponent and three bits of the mantissa of |x| + 1.
var tanhPieces = pieces{
	centres: []float64{
		0x1.2018p+0, 0x1.6184p+0, 0x1.9ef4p+0, 0x1.e328p+0, 0x1.10f4p+1, 0x1.2ebp+1, 0x1.5124p+1, 0x1.7012p+1,
		0x1.a26cp+1, 0x1.e386p+1, 0x1.0e69p+2, 0x1.30eep+2, 0x1.5178p+2, 0x1.70acp+2, 0x1.9005p+2, 0x1.b085p+2,
		0x1.e28ap+2, 0x1.0ede8p+3, 0x1.2055p+3, 0, 0, 0, 0, 0,
		0x1.f8p-5, 0x1.712p-3, 0x1.3bcp-2, 0x1.bd3p-2, 0x1.1cdp-1, 0x1.5dp-1, 0x1.a128p-1, 0x1.e3a8p-1},
	parts: [][]float64{
		{0x1.70427p-1, 0x1.46b446p-1, 0x1.241abcp-1, 0x1.031ceap-1, 0x1.d2e3cep-2, 0x1.a97242p-2, 0x1.80c9b2p-2, 0x1.61d946p-2,
			0x1.3858fcp-2, 0x1.0ecb0ep-2, 0x1.e4821ep-3, 0x1.adc7e6p-3, 0x1.846084p-3, 0x1.63848cp-3, 0x1.47a95cp-3, 0x1.2f0acap-3,
			0x1.0fa132p-3, 0x1.e3e4e6p-4, 0x1.c6964ap-4, 0, 0, 0, 0, 0,
			0x1.ff5aep-1, 0x1.fa86e6p-1, 0x1.f05e0cp-1, 0x1.e201fap-1, 0x1.d0ff7cp-1, 0x1.bd1b92p-1, 0x1.a66b6cp-1, 0x1.8fa552p-1},
		{-0x1.54b406p-2, -0x1.3363cep-2, -0x1.0ced62p-2, -0x1.c5fce4p-3, -0x1.8163d2p-3, -0x1.49c3d6p-3, -0x1.144fb2p-3, -0x1.da379ep-4,
			-0x1.76f7dap-4, -0x1.1c7928p-4, -0x1.c907fap-5, -0x1.68513ap-5, -0x1.26747cp-5, -0x1.ed9e8p-6, -0x1.a358e6p-6, -0x1.66b77p-6,
			-0x1.203618p-6, -0x1.c95498p-7, -0x1.93918ap-7, 0, 0, 0, 0, 0,
			-0x1.4efc22p-5, -0x1.df9fcp-4, -0x1.86bc36p-3, -0x1.00959cp-2, -0x1.2cda5p-2, -0x1.4b427cp-2, -0x1.5c0328p-2, -0x1.5f7a7cp-2},
		{0x1.8635eep-5, 0x1.32154ap-4, 0x1.45366p-4, 0x1.2b479p-4, 0x1.035c8cp-4, 0x1.b7abbcp-5, 0x1.64cc78p-5, 0x1.260e44p-5,
			0x1.adf942p-6, 0x1.242ap-6, 0x1.aa0c16p-7, 0x1.2c7feep-7, 0x1.bd6ebep-8, 0x1.564f52p-8, 0x1.0c3678p-8, 0x1.a887ap-9,
			0x1.31c922p-9, 0x1.b037d4p-10, 0x1.66384cp-10, 0, 0, 0, 0, 0,
			-0x1.523e78p-2, -0x1.3b9332p-2, -0x1.0e6e26p-2, -0x1.a8b088p-3, -0x1.2f9676p-3, -0x1.6e8adap-4, -0x1.1fa052p-5, 0x1.d6066ep-8},
		{0x1.cd21bep-5, 0x1.20c302p-6, -0x1.3519bcp-9, -0x1.8311fcp-7, -0x1.caeb88p-7, -0x1.b7c03p-7, -0x1.79c78ep-7, -0x1.3adf66p-7,
			-0x1.c1a1dap-8, -0x1.1d3d28p-8, -0x1.81b422p-9, -0x1.ede632p-10, -0x1.4e615p-10, -0x1.d8f2e4p-11, -0x1.567abep-11, -0x1.f60594p-12,
			-0x1.445154p-12, -0x1.98804ep-13, -0x1.303f7cp-13, 0, 0, 0, 0, 0,
			0x1.0ac1bap-5, 0x1.70c77ap-4, 0x1.166eb6p-3, 0x1.469352p-3, 0x1.4b98bcp-3, 0x1.2f9e2ap-3, 0x1.f72eaap-4, 0x1.811138p-4},
		{-0x1.819196p-5, -0x1.d2817ap-6, -0x1.d144b2p-7, -0x1.334c58p-8, -0x1.ab17b2p-12, 0x1.637e2ap-10, 0x1.02192cp-9, 0x1.fbf922p-10,
			0x1.8ef4e6p-10, 0x1.fd0106p-11, 0x1.4ab5fp-11, 0x1.8a6f18p-12, 0x1.ee78e2p-13, 0x1.443924p-13, 0x1.b3d354p-14, 0x1.289d92p-14,
			0x1.59bf8ep-15, 0x1.83b288p-16, 0x1.d2f2e8p-9, 0, 0, 0, 0, 0,
			0x1.0a3ff8p-3, 0x1.bc1beep-4, 0x1.18f1bcp-4, 0x1.91faf4p-6, -0x1.99c67cp-7, -0x1.43b256p-5, -0x1.b5ac48p-5, -0x1.c779c2p-5},
		{0x1.b53152p-7, 0x1.c7c0b4p-7, 0x1.39e1b6p-7, 0x1.547572p-8, 0x1.2e7ae2p-9, 0x1.bb9942p-11, 0x1.300bp-13, -0x1.0920bep-13,
			-0x1.f691e6p-13, -0x1.8adddap-13, -0x1.f59e5ep-14, -0x1.2a33bap-14, -0x1.704172p-15, -0x1.c23954p-16, -0x1.0a83b8p-16, -0x1.4e6ad4p-17,
			-0x1.777796p-18, -0x1.63f016p-19, -0x1.6c7deep-6, 0, 0, 0, 0, 0,
			-0x1.452942p-6, -0x1.aba72p-5, -0x1.16724ap-4, -0x1.14dc4ep-4, -0x1.ab8078p-5, -0x1.01a7ccp-5, -0x1.c51cb6p-7, 0x1.49097cp-8},
	},
}

// tanhInPieces has half as many multiplications.
func (c code) tanhInPieces(x asm.V) asm.V {
	one := c.Const(1)
	a := c.Min(c.Const(9.02), c.Abs(x))
	y := c.Mul(a, c.piecewise(tanhPieces, a, c.IShr(c.Add(a, one), 20)))
	return c.copySign(c.Min(one, y), x)
}
