package nest

import (
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

func init() {
	vectorForms[symbolic.OpUniform23] = func(r *asm.Routine, x []asm.V) asm.V {
		a, _ := threefry(r, x)
		return uniform(r, r.IShr(a, 9), 23)
	}
	vectorForms[symbolic.OpUniform52] = func(r *asm.Routine, x []asm.V) asm.V {
		a, b := threefry(r, x)
		low := r.And(b, r.ConstBits(1<<32-1))
		return uniform(r, r.IShr(r.Or(r.IShl(a, 32), low), 12), 52)
	}
}

// uniform makes a number in (0, 1) of whole numbers of as many bits as a
// mantissa has: with the exponent of 1 they are at 1 and above.
func uniform(r *asm.Routine, mantissa asm.V, bits int) asm.V {
	x := r.Or(mantissa, r.Const(1))
	return r.Add(r.Sub(x, r.Const(1)), r.Const(1/float64(int64(2)<<bits)))
}

// threefry encrypts the counter (element, pass), given key and counter as
// symbolic.OpUniform23 has them: in words of 32 bits, of which in lanes of 64 the
// lower ones count.
func threefry(r *asm.Routine, x []asm.V) (a, b asm.V) {
	w := r.As(asm.F32)
	key := [3]asm.V{x[0], x[1], w.Xor(w.Xor(x[0], x[1]), w.ConstBits(symbolic.ThreefryParity))}
	a, b = w.IAdd(x[3], key[0]), w.IAdd(x[2], key[1])
	for round := range 20 {
		a = w.IAdd(a, b)
		turn := symbolic.ThreefryTurns[round%8]
		b = w.Xor(w.Or(w.IShl(b, turn), w.IShr(b, 32-turn)), a)
		if round%4 == 3 {
			n := round/4 + 1
			a = w.IAdd(a, key[n%3])
			b = w.IAdd(b, w.IAdd(key[(n+1)%3], w.ConstBits(uint64(n))))
		}
	}
	return a, b
}
