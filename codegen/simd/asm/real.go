package asm

import "math"

// Add is a + b.
func (r *Routine) Add(a, b V) V { return r.vop(opAdd, a, b) }

// Sub is a − b.
func (r *Routine) Sub(a, b V) V { return r.vop(opSub, a, b) }

// Mul is a · b.
func (r *Routine) Mul(a, b V) V { return r.vop(opMul, a, b) }

// Div is a / b.
func (r *Routine) Div(a, b V) V { return r.vop(opDiv, a, b) }

// Min is a < b ? a : b: b if one of them is NaN or both are zeros.
func (r *Routine) Min(a, b V) V { return r.vop(opMin, a, b) }

// Max is a > b ? a : b: b if one of them is NaN or both are zeros.
func (r *Routine) Max(a, b V) V { return r.vop(opMax, a, b) }

// FMA is a·b + c, rounded once.
func (r *Routine) FMA(a, b, c V) V { return r.vop(opFMA, a, b, c) }

// FNMA is c − a·b, rounded once.
func (r *Routine) FNMA(a, b, c V) V { return r.vop(opFNMA, a, b, c) }

// FMS is a·b − c, rounded once.
func (r *Routine) FMS(a, b, c V) V { return r.vop(opFMS, a, b, c) }

// FNMS is −a·b − c, rounded once.
func (r *Routine) FNMS(a, b, c V) V { return r.vop(opFNMS, a, b, c) }

// FMAInto is acc += a·b on a variable.
func (r *Routine) FMAInto(acc, a, b V) { r.accumulate(opFMA, acc, a, b, nil) }

// FNMAInto is acc −= a·b on a variable.
func (r *Routine) FNMAInto(acc, a, b V) { r.accumulate(opFNMA, acc, a, b, nil) }

// FMAIntoMem is acc += a·(the vector at b) on a variable.
func (r *Routine) FMAIntoMem(acc, a V, b Mem) { r.accumulate(opFMA, acc, a, V{}, r.place(b)) }

// FMAIntoBroadcast is acc += a·(the element at b) on a variable. With AVX512
// it is one instruction.
func (r *Routine) FMAIntoBroadcast(acc, a V, b Mem) {
	if !r.wide() {
		r.FMAInto(acc, a, r.Broadcast(b))
		return
	}
	r.accumulate(opFMA, acc, a, V{}, r.place(b))
	if in, ok := r.cur.nodes[len(r.cur.nodes)-1].(*inst); ok {
		in.bcst = true
	}
}

func (r *Routine) accumulate(o *op, acc, a, b V, m *place) {
	in := &inst{op: o, elem: r.elem, width: r.target.ISA.Bytes(), dst: acc.id, args: []id{a.id, b.id, acc.id}, mem: m, inMem: -1}
	if m != nil {
		in.inMem = 1
	}
	r.change(in)
}

// Sqrt is the square root.
func (r *Routine) Sqrt(v V) V { return r.vop(opSqrt, v) }

// RcpEst is about 1/v: with AVX512 to 14 bits, with AVX2 to 11 for F32 and
// fully for F64, which has no such instruction.
func (r *Routine) RcpEst(v V) V {
	switch {
	case r.wide():
		return r.vop(opRcp14, v)
	case r.elem == F32:
		return r.vop(opRcp, v)
	}
	return r.Div(r.Const(1), v)
}

// RsqrtEst is about 1/√v, as well as RcpEst.
func (r *Routine) RsqrtEst(v V) V {
	switch {
	case r.wide():
		return r.vop(opRsqrt14, v)
	case r.elem == F32:
		return r.vop(opRsqrt, v)
	}
	return r.Div(r.Const(1), r.Sqrt(v))
}

// Neg is −v.
func (r *Routine) Neg(v V) V { return r.Xor(v, r.ConstBits(r.signBit())) }

// Abs is |v|.
func (r *Routine) Abs(v V) V { return r.And(v, r.ConstBits(r.signBit()-1)) }

func (r *Routine) signBit() uint64 { return 1 << (8*r.elem.Size() - 1) }

// And is a & b, bit by bit.
func (r *Routine) And(a, b V) V { return r.vop(opAnd, a, b) }

// Or is a | b, bit by bit.
func (r *Routine) Or(a, b V) V { return r.vop(opOr, a, b) }

// Xor is a ^ b, bit by bit.
func (r *Routine) Xor(a, b V) V { return r.vop(opXor, a, b) }

// AndNot is a &^ b, bit by bit.
func (r *Routine) AndNot(a, b V) V { return r.vop(opAndn, b, a) }

// Round rounds to an integer.
func (r *Routine) Round(v V, m Mode) V {
	const quiet = 8 // no exception for what is inexact
	if r.wide() {
		return r.vopi(opRound512, int64(m)|quiet, v)
	}
	return r.vopi(opRound2, int64(m)|quiet, v)
}

// ScaleBy2 is v·2ⁿ; the lanes of n are reals that are integers. With AVX2 it is
// two products: n is cut to what the square of a normal power of two can be
// (−252 to 254 for F32, −2044 to 2046 for F64), and the result is rounded once
// only if v·2^(n/2) is not denormal.
func (r *Routine) ScaleBy2(v, n V) V {
	if r.wide() {
		return r.vop(opScale, v, n)
	}
	bias, shift := 127.0, 23
	if r.elem == F64 {
		bias, shift = 1023, 52
	}
	n = r.Max(r.Min(n, r.Const(2*bias)), r.Const(2-2*bias))
	half := r.Round(r.Mul(n, r.Const(.5)), Nearest)
	// The exponent's bits come from the mantissa of a number that is large
	// enough for it to be an integer.
	power := func(n V) V {
		big := math.Ldexp(1.5, shift)
		return r.IShl(r.Add(n, r.Const(big+bias)), shift)
	}
	return r.Mul(r.Mul(v, power(half)), power(r.Sub(n, half)))
}

// Exponent is the exponent of |v| as a real, with AVX512 only: −∞ for 0.
func (r *Routine) Exponent(v V) V { return r.only512(opExponent, 0, v) }

// Mantissa is v with the exponent 0, in [1, 2), without a sign, with AVX512
// only.
func (r *Routine) Mantissa(v V) V { return r.only512(opMantissa, 4, v) }

func (r *Routine) only512(o *op, imm int64, v V) V {
	if !r.wide() {
		r.fail("%s needs AVX512", o.name)
	}
	return r.vopi(o, imm, v)
}
