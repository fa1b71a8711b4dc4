package mathfn

import (
	"math"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// A turn is a unit of angle, and which multiples of it an angle is measured
// from: the whole ones, or those that are a half off.
type turn struct {
	units float64 // to π
	half  float64 // 0 or 1/2
	f32   []float64
	f64   []float64 // the unit as a sum
}

var (
	// All parts are positive, so that what is left of −0 is −0.
	piParts       = []float64{0x1.921fb54442d18p+1, 0x1.1a62633145c06p-53, 0x1.c1cd129024e08p-106}
	piParts32     = []float64{0x1.921fb4p+1, 0x1.4442dp-23, 0x1.846988p-47}
	halfPiParts32 = []float64{0x1.921fb4p+0, 0x1.4442dp-24, 0x1.846988p-48}
	halfPiParts   = []float64{0x1.921fb54442d18p+0, 0x1.1a62633145c06p-54, 0x1.c1cd129024e08p-107}

	sinTurn = turn{1, 0, piParts32, piParts}
	cosTurn = turn{1, 0.5, piParts32, piParts}
	tanTurn = turn{2, 0, halfPiParts32, halfPiParts}
)

// sinPoly is (sin r/r − 1)/r² in r² for |r| ≤ π/2; that of float32 a little low
// at the ends, so that rounding does not lift the sine above 1.
var sinPoly = poly{
	f32: []float64{-0x1.55554cp-3, 0x1.110ed2p-7, -0x1.9f6e2cp-13, 0x1.5d8cfap-19},
	f64: []float64{-0x1.5555555555555p-3, 0x1.11111111110c8p-7, -0x1.a01a01a014d7dp-13, 0x1.71de3a52a17cap-19,
		-0x1.ae6454d4ff2fap-26, 0x1.6123cd345ed15p-33, -0x1.ae439283fd87bp-41, 0x1.88345a6f5d672p-49},
}

func sin(c code, x asm.V) asm.V { return c.turned(x, sinTurn) }

// cos x is sin(x + π/2).
func cos(c code, x asm.V) asm.V { return c.turned(x, cosTurn) }

// turned is the sine of what an angle is off the nearest multiple, with a sign
// that changes from one to the next.
func (c code) turned(x asm.V, t turn) asm.V {
	r, k := c.angle(x, t)
	r2 := c.Mul(r, r)
	y := c.copySign(c.FMA(r, c.Mul(r2, c.horner(sinPoly, r2)), r), r) // for 0
	return c.Xor(y, c.IShl(k, 8*c.Target().Size()-1))
}

// angle returns what x is off the nearest multiple of a turn, and the number
// of that in the last bits of k. With the unit as a sum of three numbers the
// products of a multiply-add lose nothing that matters up to a bound (Cody and
// Waite); numbers beyond that are rare.
func (c code) angle(x asm.V, t turn) (r, k asm.V) {
	n := c.Const(t.units / math.Pi)
	magic := c.magic(0)
	if t.half != 0 {
		k = c.Add(c.FMA(x, n, c.Const(t.half)), magic)
		n = c.Sub(c.Sub(k, magic), c.Const(t.half))
	} else {
		k = c.FMA(x, n, magic)
		n = c.Sub(k, magic)
	}
	parts, bound := t.f64, 0x1p40
	if c.single {
		parts, bound = t.f32, 0x1p13
	}
	r = x
	for _, p := range parts {
		r = c.FNMA(n, c.Const(p), r)
	}
	r, k = c.Var(r), c.Var(k)
	a := c.Abs(x)
	c.IfAny(c.Cmp(asm.GT, a, c.Const(bound)), func() {
		a = c.Max(c.Const(bound), a)
		far := c.Cmp(asm.GT, a, c.Const(bound))
		var fr, fn asm.V
		if c.single {
			d := codeOf(c.As(asm.F64))
			r1, n1 := d.farAngle(d.WidenLo(a), t, 6, false)
			r2, n2 := d.farAngle(d.WidenHi(a), t, 6, false)
			fr, fn = d.Narrow(r1, r2), d.Narrow(n1, n2)
		} else {
			fr, fn = c.farAngle(a, t, 9, true)
		}
		if t.half == 0 {
			fr = c.Xor(fr, c.sign(x))
		}
		c.Set(r, c.Select(far, fr, r))
		c.Set(k, c.Select(far, c.Add(fn, magic), k))
	})
	return r, k
}

// inversePi holds 1/π, 24 bits in each number, after three that are 0.
var inversePi = []uint32{0, 0, 0,
	0x517cc1, 0xb72722, 0x0a94fe, 0x13abe8, 0xfa9a6e, 0xe06db1, 0x4acc9e, 0x21c820, 0xff28b1, 0xd5ef5d, 0xe2b0db, 0x92371d,
	0x2126e9, 0x700324, 0x977504, 0xe8c90e, 0x7f0ef5, 0x8e5894, 0xd39f74, 0x411afa, 0x975da2, 0x4274ce, 0x38135a, 0x2fbf20,
	0x9cc8eb, 0x1cc1a9, 0x9cfa4e, 0x422fc5, 0xdefc94, 0x1d8ffc, 0x4bffef, 0x02cc07, 0xf79788, 0xc5ad05, 0x368fb6, 0x9b3f67,
	0x93e584, 0xdba7a3, 0x1fb34f, 0x2ff516, 0xba93dd, 0x63f5f2, 0xf8bd9e, 0x839cfb, 0xc52949, 0x7535fd, 0xafd88f, 0xc6ae84,
	0x2b0198, 0x237e3d}

// farAngle does in F64 what angle does, for a number that is positive and far
// from 0, after Payne and Hanek: of the product with 1/π only the digits that
// are neither a multiple of 2 nor too small to matter are computed. It takes
// as many parts of 1/π as terms says; whole says that a has more than 26 bits.
func (d code) farAngle(a asm.V, t turn, terms int, whole bool) (r, n asm.V) {
	// The first part that matters is that of 2^(24j), where 24j is about 29
	// less than the exponent of a. Division by 24 is a multiplication.
	const bias = 1023
	j := d.IShr(d.IMul(d.ISub(d.IShr(a, 52), d.ConstBits(bias-19)), d.ConstBits(2731)), 16)
	scale := d.IShl(d.ISub(d.ConstBits(bias+2*24), d.IMul(j, d.ConstBits(24))), 52)
	a = d.Mul(a, scale)
	parts := []asm.V{a}
	if whole {
		high := d.And(a, d.ConstBits(math.MaxUint64&^(1<<27-1)))
		parts = []asm.V{high, d.Sub(a, high)}
	}
	table := make([]uint64, len(inversePi))
	for i, p := range inversePi {
		table[i] = math.Float64bits(float64(p))
	}
	base := d.Table(table)
	two := d.Const(2)
	modulo2 := func(v asm.V) asm.V { return d.FNMA(two, d.Round(d.Mul(v, d.Const(0.5)), asm.Nearest), v) }
	units, half := d.Const(t.units), d.Const(t.half)
	f, rest := d.Zero(), d.Zero()
	for i := range terms {
		if i == 4 {
			// What follows is less than 2⁻¹⁷, and up to here all is exact.
			f, rest = d.Mul(modulo2(f), units), d.Mul(rest, units)
			n = d.Round(d.Add(f, half), asm.Nearest)
			f, rest = d.twoSum(d.Sub(f, d.Sub(n, half)), rest)
		}
		p := d.Gather(base, j, 8, 8*i)
		factor := math.Ldexp(1, -24*i)
		if i >= 4 {
			factor *= t.units
		}
		p = d.Mul(p, d.Const(factor))
		for _, part := range parts {
			term := d.Mul(part, p)
			if i < 4 {
				term = modulo2(term)
			}
			var lost asm.V
			f, lost = d.twoSum(f, term)
			rest = d.Add(rest, lost)
		}
	}
	// Times the unit, rounded once or nearly so.
	u := d.Const(t.f64[0])
	r = d.Mul(f, u)
	small := d.FMA(rest, u, d.FMA(f, d.Const(t.f64[1]), d.FMS(f, u, r)))
	return d.Add(r, small), n
}

// twoSum is a + b, rounded, and what that loses (Knuth).
func (c code) twoSum(a, b asm.V) (sum, lost asm.V) {
	sum = c.Add(a, b)
	z := c.Sub(sum, a)
	return sum, c.Add(c.Sub(a, c.Sub(sum, z)), c.Sub(b, z))
}

// The polynomials of the tangent, in r² for |r| ≤ π/4: (sin r/r − 1)/r² and
// (cos r − 1)/r².
var (
	shortSinPoly = poly{f32: []float64{-0x1.555546p-3, 0x1.110778p-7, -0x1.9953e2p-13},
		f64: []float64{-0x1.5555555555548p-3, 0x1.111111110f756p-7, -0x1.a01a019bf0bacp-13, 0x1.71de355d7a053p-19,
			-0x1.ae5e530a84616p-26, 0x1.5d8dc11a9cff8p-33}}
	shortCosPoly = poly{f32: []float64{-0x1p-1, 0x1.55554ap-5, -0x1.6c0c2ap-10, 0x1.99e904p-16},
		f64: []float64{-0x1p-1, 0x1.555555555554ap-5, -0x1.6c16c16c14e43p-10, 0x1.a01a019c67742p-16,
			-0x1.27e4f7d7e6a4cp-22, 0x1.1ee9cbe6b3134p-29, -0x1.8f9ee726ed1d3p-37}}
)

// tan is sin r/cos r after an even number of right angles and −cos r/sin r
// after an odd one.
func tan(c code, x asm.V) asm.V {
	r, k := c.angle(x, tanTurn)
	r2 := c.Mul(r, r)
	s := c.FMA(c.Mul(r2, c.horner(shortSinPoly, r2)), r, r)
	s = c.copySign(s, r) // for 0
	cs := c.FMA(c.horner(shortCosPoly, r2), r2, c.Const(1))
	odd := c.ICmp(asm.NE, c.IShl(k, 8*c.Target().Size()-1), c.Zero())
	return c.Div(c.Select(odd, cs, s), c.Select(odd, c.Neg(s), cs))
}
