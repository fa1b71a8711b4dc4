package nest

import (
	"math"

	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// vectorForms are the operators on reals that are an instruction or a few.
// What is not here comes from mathfn or from the operator's expansion.
var vectorForms = map[*symbolic.OpSpec]func(r *asm.Routine, x []asm.V) asm.V{
	symbolic.OpAdd:           func(r *asm.Routine, x []asm.V) asm.V { return r.Add(x[0], x[1]) },
	symbolic.OpSub:           func(r *asm.Routine, x []asm.V) asm.V { return r.Sub(x[0], x[1]) },
	symbolic.OpMul:           func(r *asm.Routine, x []asm.V) asm.V { return r.Mul(x[0], x[1]) },
	symbolic.OpDiv:           func(r *asm.Routine, x []asm.V) asm.V { return r.Div(x[0], x[1]) },
	symbolic.OpNeg:           func(r *asm.Routine, x []asm.V) asm.V { return r.Neg(x[0]) },
	symbolic.OpAbs:           func(r *asm.Routine, x []asm.V) asm.V { return r.Abs(x[0]) },
	symbolic.OpSqrt:          func(r *asm.Routine, x []asm.V) asm.V { return r.Sqrt(x[0]) },
	symbolic.OpSquare:        func(r *asm.Routine, x []asm.V) asm.V { return r.Mul(x[0], x[0]) },
	symbolic.OpStop:          func(_ *asm.Routine, x []asm.V) asm.V { return x[0] },
	symbolic.OpMark:          func(_ *asm.Routine, x []asm.V) asm.V { return x[0] },
	symbolic.OpMax:           func(r *asm.Routine, x []asm.V) asm.V { return r.Select(r.IsNaN(x[0]), x[0], r.Max(x[0], x[1])) },
	symbolic.OpMin:           func(r *asm.Routine, x []asm.V) asm.V { return r.Select(r.IsNaN(x[0]), x[0], r.Min(x[0], x[1])) },
	symbolic.OpRelu:          func(r *asm.Routine, x []asm.V) asm.V { return r.Max(r.Zero(), x[0]) },
	symbolic.Lookup("floor"): func(r *asm.Routine, x []asm.V) asm.V { return r.Round(x[0], asm.Floor) },
	symbolic.Lookup("ceil"):  func(r *asm.Routine, x []asm.V) asm.V { return r.Round(x[0], asm.Ceil) },
	symbolic.OpSign: func(r *asm.Routine, x []asm.V) asm.V {
		one := r.Or(r.And(x[0], r.Const(math.Copysign(0, -1))), r.Const(1))
		ordered := r.MOr(r.Cmp(asm.LT, x[0], r.Zero()), r.Cmp(asm.GT, x[0], r.Zero()))
		return r.Select(ordered, one, x[0])
	},
}

// comparisons are the predicates of operators that compare, of reals and of
// whole numbers.
var comparisons = map[*symbolic.OpSpec]asm.Pred{
	symbolic.OpLt: asm.LT, symbolic.OpLe: asm.LE, symbolic.OpEq: asm.EQ, symbolic.OpNe: asm.NE,
	symbolic.OpIntLt: asm.LT, symbolic.OpIntLe: asm.LE, symbolic.OpIntEq: asm.EQ, symbolic.OpIntNe: asm.NE,
}

// maskForms are the operators on truth values.
var maskForms = map[*symbolic.OpSpec]func(r *asm.Routine, x []asm.M) asm.M{
	symbolic.OpAnd: func(r *asm.Routine, x []asm.M) asm.M { return r.MAnd(x[0], x[1]) },
	symbolic.OpOr:  func(r *asm.Routine, x []asm.M) asm.M { return r.MOr(x[0], x[1]) },
	symbolic.OpNot: func(r *asm.Routine, x []asm.M) asm.M { return r.MNot(x[0]) },
	symbolic.OpIff: func(r *asm.Routine, x []asm.M) asm.M { return r.MNot(r.MXor(x[0], x[1])) },
}

// integerForms are the operators on whole numbers in lanes.
var integerForms = map[*symbolic.OpSpec]func(r *asm.Routine, x []asm.V) asm.V{
	symbolic.OpIntAdd: func(r *asm.Routine, x []asm.V) asm.V { return r.IAdd(x[0], x[1]) },
	symbolic.OpIntSub: func(r *asm.Routine, x []asm.V) asm.V { return r.ISub(x[0], x[1]) },
	symbolic.OpIntMul: func(r *asm.Routine, x []asm.V) asm.V { return r.IMul(x[0], x[1]) },
	symbolic.OpIntDiv: func(r *asm.Routine, x []asm.V) asm.V { q, _ := divmod(r, x[0], x[1]); return q },
	symbolic.OpIntMod: func(r *asm.Routine, x []asm.V) asm.V { _, m := divmod(r, x[0], x[1]); return m },
	symbolic.OpIntMin: func(r *asm.Routine, x []asm.V) asm.V { return r.Select(r.ICmp(asm.LT, x[0], x[1]), x[0], x[1]) },
	symbolic.OpIntMax: func(r *asm.Routine, x []asm.V) asm.V { return r.Select(r.ICmp(asm.GT, x[0], x[1]), x[0], x[1]) },
}

// generalForms are those that a general register does as well.
var generalForms = map[*symbolic.OpSpec]func(r *asm.Routine, a, b asm.G) asm.G{
	symbolic.OpIntAdd: (*asm.Routine).GAdd,
	symbolic.OpIntSub: (*asm.Routine).GSub,
	symbolic.OpIntMul: (*asm.Routine).GMul,
	symbolic.OpIntMin: (*asm.Routine).GMin,
	symbolic.OpIntMax: (*asm.Routine).GMax,
}

// direct are the operators that take an instruction or two, for the cost.
var direct = func() map[*symbolic.OpSpec]bool {
	out := map[*symbolic.OpSpec]bool{symbolic.OpSelect: true, symbolic.OpIntSelect: true, symbolic.OpToReal: true, symbolic.OpTruth: true, symbolic.OpPowInt: true}
	for op := range vectorForms {
		out[op] = true
	}
	for op := range comparisons {
		out[op] = true
	}
	for op := range maskForms {
		out[op] = true
	}
	for op := range generalForms {
		out[op] = true
	}
	return out
}()

// divmod returns ⌊a/b⌋ and what remains, of the sign of b. The quotient is
// found in reals, first of a and then of what is left of it, which is small;
// what is then off by one is put right.
func divmod(r *asm.Routine, a, b asm.V) (q, m asm.V) {
	y := r.ToReal(b)
	q, m = r.Zero(), a
	for range 2 {
		part := r.ToInt(r.Round(r.Div(r.ToReal(m), y), asm.Floor))
		q, m = r.IAdd(q, part), r.ISub(m, r.IMul(part, b))
	}
	// m lies in (−|b|, 2|b|) where b > 0, mirrored where b < 0.
	one := r.ConstBits(1)
	negative := r.ICmp(asm.LT, r.Xor(m, b), r.Zero()) // not of the sign of b
	off := r.MAnd(negative, r.ICmp(asm.NE, m, r.Zero()))
	q, m = r.Select(off, r.ISub(q, one), q), r.Select(off, r.IAdd(m, b), m)
	over := r.MOr(
		r.MAnd(r.ICmp(asm.GE, m, b), r.ICmp(asm.GT, b, r.Zero())),
		r.MAnd(r.ICmp(asm.LE, m, b), r.ICmp(asm.LT, b, r.Zero())))
	return r.Select(over, r.IAdd(q, one), q), r.Select(over, r.ISub(m, b), m)
}
