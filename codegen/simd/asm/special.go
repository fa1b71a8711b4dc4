package asm

import "github.com/mmcloughlin/avo/x86"

// Instructions of AVX512 that functions of reals are built from.
var (
	opNearer = shift2("nearer", x86.VRANGEPS, x86.VRANGEPD)
	opNorm   = shift("norm", x86.VGETMANTPS, x86.VGETMANTPD)
)

// shift2 is an instruction of two vectors and a number.
func shift2(name string, f32, f64 any) *op { return row(name, "i 1 0 d", f32, f64, inMem(1)) }

// Nearer is the nearer to 0 of a and b, with the sign of a, with AVX512 only.
// Where one of them is NaN it is the other, with the sign of a.
func (r *Routine) Nearer(a, b V) V {
	if !r.wide() {
		r.fail("%s needs AVX512", opNearer.name)
	}
	const leastMagnitude, signOfFirst = 2, 0
	return r.vopi(opNearer, leastMagnitude|signOfFirst<<2, a, b)
}

// Norm is v with an exponent that brings it into [3/4, 3/2), with AVX512 only:
// 1 for zeros and +∞, NaN for what is negative.
func (r *Routine) Norm(v V) V {
	const about1, noNegative = 3, 3
	return r.only512(opNorm, about1|noNegative<<2, v)
}

// Table is the address of 64-bit numbers in read-only data.
func (r *Routine) Table(bits []uint64) G {
	return G{r.put(opLea, 0, r.As(F64).datum(bits))}
}
