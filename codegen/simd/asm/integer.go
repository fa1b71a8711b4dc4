package asm

import "math"

// IAdd is a + b of integers.
func (r *Routine) IAdd(a, b V) V { return r.vop(opIAdd, a, b) }

// ISub is a − b of integers.
func (r *Routine) ISub(a, b V) V { return r.vop(opISub, a, b) }

// IMul is the lower half of a · b of integers.
func (r *Routine) IMul(a, b V) V {
	if r.wide() || r.elem == F32 {
		return r.vop(opIMul, a, b)
	}
	// (aₕ2³² + aₗ)(bₕ2³² + bₗ) = aₗbₗ + (aₕbₗ + aₗbₕ)2³² modulo 2⁶⁴
	cross := r.IAdd(r.vop(opIMulLow, r.IShr(a, 32), b), r.vop(opIMulLow, a, r.IShr(b, 32)))
	return r.IAdd(r.vop(opIMulLow, a, b), r.IShl(cross, 32))
}

// IShl is v << n.
func (r *Routine) IShl(v V, n int) V { return r.vopi(opIShl, int64(n), v) }

// IShr is v >> n; zeros come in.
func (r *Routine) IShr(v V, n int) V { return r.vopi(opIShr, int64(n), v) }

// ISar is v >> n; the sign comes in.
func (r *Routine) ISar(v V, n int) V {
	if r.wide() || r.elem == F32 {
		return r.vopi(opISar, int64(n), v)
	}
	if n == 0 {
		return v
	}
	sign := r.vop(opIGt2, r.Zero(), v)
	if n >= 64 {
		return sign
	}
	return r.Or(r.IShr(v, n), r.IShl(sign, 64-n))
}

// IShlV shifts each lane by the count in n.
func (r *Routine) IShlV(v, n V) V { return r.vop(opIShlV, v, n) }

// IShrV shifts each lane by the count in n; zeros come in.
func (r *Routine) IShrV(v, n V) V { return r.vop(opIShrV, v, n) }

// IMin is the smaller of two integers.
func (r *Routine) IMin(a, b V) V {
	if r.wide() || r.elem == F32 {
		return r.vop(opIMin, a, b)
	}
	return r.Select(r.ICmp(GT, a, b), b, a)
}

// IMax is the larger of two integers.
func (r *Routine) IMax(a, b V) V {
	if r.wide() || r.elem == F32 {
		return r.vop(opIMax, a, b)
	}
	return r.Select(r.ICmp(GT, a, b), a, b)
}

// ToInt rounds to the nearest integer, ties to even. For F64 with AVX2, |v|
// must be less than 2⁵¹.
func (r *Routine) ToInt(v V) V {
	if r.wide() || r.elem == F32 {
		return r.vop(opToInt, v)
	}
	// In the mantissa of v + 1.5·2⁵² stands the integer.
	big := r.Const(big64)
	return r.ISub(r.Add(v, big), big)
}

const big64 = 3 << 51

// TruncToInt rounds towards 0. For F64 with AVX2, |v| must be less than 2⁵¹.
func (r *Routine) TruncToInt(v V) V {
	if r.wide() || r.elem == F32 {
		return r.vop(opTrunc, v)
	}
	return r.ToInt(r.Round(v, Trunc))
}

// ToReal makes reals of integers. For F64 with AVX2, |v| must be less than
// 2⁵¹.
func (r *Routine) ToReal(v V) V {
	if r.wide() || r.elem == F32 {
		return r.vop(opToReal, v)
	}
	big := r.Const(big64)
	return r.Sub(r.IAdd(v, big), big)
}

// SplatInt is g in all lanes, as an integer of their width.
func (r *Routine) SplatInt(g G) V {
	if n, known := r.known(g); known {
		return r.ConstBits(uint64(n))
	}
	if r.wide() {
		return V{r.put([]*op{opSplat32, opSplat64}[r.elem], 0, nil, g.id)}
	}
	x := V{r.put([]*op{opMovD, opMovQ}[r.elem], 0, nil, g.id)}
	return r.vop(opSplatX, x)
}

// bitsOf is the pattern of x in an element.
func bitsOf(e Elem, x float64) uint64 {
	if e == F32 {
		return uint64(math.Float32bits(float32(x)))
	}
	return math.Float64bits(x)
}
