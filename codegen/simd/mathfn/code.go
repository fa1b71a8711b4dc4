package mathfn

import (
	"math"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// code is a routine with what the functions have in common.
type code struct {
	*asm.Routine
	wide   bool // AVX512
	single bool // F32
}

func codeOf(r *asm.Routine) code {
	t := r.Target()
	return code{r, t.ISA == asm.AVX512, t.Elem == asm.F32}
}

// pick is a number that depends on the element.
func (c code) pick(f32, f64 float64) float64 {
	if c.single {
		return f32
	}
	return f64
}

// A poly has a polynomial's coefficients from the lowest, for each element.
type poly struct{ f32, f64 []float64 }

// horner is the polynomial at x.
func (c code) horner(p poly, x asm.V) asm.V {
	k := p.f64
	if c.single {
		k = p.f32
	}
	y := c.Const(k[len(k)-1])
	for i := len(k) - 2; i >= 0; i-- {
		y = c.FMA(y, x, c.Const(k[i]))
	}
	return y
}

// mantissa is the number of bits of an element's mantissa.
func (c code) mantissa() int {
	if c.single {
		return 23
	}
	return 52
}

// bias is the exponent of 1 as its bits say it.
func (c code) bias() float64 { return c.pick(127, 1023) }

// magic is a number whose last bit stands for 1, plus n. Adding it to a small
// number rounds that to an integer, which is then in the last bits.
func (c code) magic(n float64) asm.V { return c.Const(math.Ldexp(1.5, c.mantissa()) + n) }

// sign is the sign bit of x.
func (c code) sign(x asm.V) asm.V { return c.And(x, c.Const(math.Copysign(0, -1))) }

// copySign is y with the sign of x, for |y| ≤ |x| and a y that has that sign
// already or none.
func (c code) copySign(y, x asm.V) asm.V {
	if c.wide {
		return c.Nearer(x, y)
	}
	return c.Or(y, c.sign(x))
}

// clamp keeps x from lo to hi; NaN stays.
func (c code) clamp(x asm.V, lo, hi float64) asm.V {
	return c.Max(c.Const(lo), c.Min(c.Const(hi), x))
}

// partOf is a/(a + b), off by little more than half a unit for what a and b are.
// The sum is from 2⁻¹⁰⁰ to 2¹⁰⁰, and only its reciprocal is rounded: what the
// quotient leaves is found from a and b.
func (c code) partOf(a, b asm.V) asm.V {
	y := c.reciprocal(c.Add(a, b))
	q := c.Mul(a, y)
	return c.FMA(c.FNMA(q, a, c.FNMA(q, b, a)), y, q)
}

// reciprocal is 1/v to more than half of the digits.
func (c code) reciprocal(v asm.V) asm.V {
	y := c.RcpEst(v)
	if c.wide == c.single {
		return y // of 14 bits, or by a division
	}
	return c.FMA(y, c.FNMA(v, y, c.Const(1)), y)
}

// vectors is a table in registers, for Lookup.
func (c code) vectors(table []float64) []asm.V {
	var out []asm.V
	for ; len(table) > 0; table = table[c.Lanes():] {
		bits := make([]uint64, c.Lanes())
		for i := range bits {
			bits[i] = c.bitsOf(table[i])
		}
		out = append(out, c.ConstLanes(bits))
	}
	return out
}

func (c code) bitsOf(x float64) uint64 {
	if c.single {
		return uint64(math.Float32bits(float32(x)))
	}
	return math.Float64bits(x)
}

// inDouble computes a function of float32 in float64, in halves.
func (c code) inDouble(f func(c code, x asm.V) asm.V, x asm.V) asm.V {
	d := codeOf(c.As(asm.F64))
	return c.Narrow(f(d, c.WidenLo(x)), f(d, c.WidenHi(x)))
}

// inDouble2 is inDouble for two arguments.
func (c code) inDouble2(f func(c code, x, y asm.V) asm.V, x, y asm.V) asm.V {
	d := codeOf(c.As(asm.F64))
	return c.Narrow(f(d, c.WidenLo(x), c.WidenLo(y)), f(d, c.WidenHi(x), c.WidenHi(y)))
}
