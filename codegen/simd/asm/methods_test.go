package asm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// A method is an operation on lanes and what it computes in one of them.
type method struct {
	name  string
	args  int
	build func(r *asm.Routine, x []asm.V) asm.V
	lane  func(e asm.Elem, x []uint64) uint64
	from  domain
	loose float64
	only  func(asm.Target) bool
}

// A domain makes elements: some special ones, and random ones.
type domain func(e asm.Elem, rnd *rand.Rand, arg, i int) uint64

func anyReal(e asm.Elem, rnd *rand.Rand, _, i int) uint64 {
	special := []float64{0, math.Copysign(0, -1), 1, -1, .5, -.5, 1.5, 2.5, -2.5, 3.4999, math.Inf(1), math.Inf(-1), math.NaN(),
		math.MaxFloat32, math.MaxFloat64, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat64,
		1 << 30, 1 << 31, -1 << 31, 1 << 40, 1 << 62, -1 << 63, 1 << 63, 1e-30, 1e30, 0x1p-126, 0x1p-1022, 8388607.5, 0x1p52 + .5}
	switch rnd.IntN(4) {
	case 0:
		return bits(e, special[rnd.IntN(len(special))])
	case 1:
		return bits(e, math.Ldexp(rnd.Float64()-.5, rnd.IntN(40)-20))
	case 2:
		return word(e, rnd.Uint64())
	}
	return bits(e, float64(rnd.IntN(21)-10))
}

// small is reals below 2⁵¹, where everything is exact with AVX2 too.
func small(e asm.Elem, rnd *rand.Rand, _, i int) uint64 {
	return bits(e, math.Round(math.Ldexp(rnd.Float64()-.5, rnd.IntN([]int{32, 51}[e])))+float64(rnd.IntN(5))/4)
}

func anyInt(e asm.Elem, rnd *rand.Rand, _, i int) uint64 {
	switch rnd.IntN(3) {
	case 0:
		return word(e, []uint64{0, 1, ^uint64(0), 1 << 31, 1<<31 - 1, 1 << 63, 1<<63 - 1, 1 << 32}[rnd.IntN(8)])
	case 1:
		return word(e, uint64(rnd.IntN(9)-4))
	}
	return word(e, rnd.Uint64())
}

func smallInt(e asm.Elem, rnd *rand.Rand, _, i int) uint64 {
	return word(e, uint64(rnd.Int64N(1<<[]int{31, 51}[e])-rnd.Int64N(1<<[]int{31, 51}[e])))
}

// counts are integers to shift by, the second argument.
func counts(e asm.Elem, rnd *rand.Rand, arg, i int) uint64 {
	if arg == 1 {
		return uint64(rnd.IntN(70))
	}
	return anyInt(e, rnd, arg, i)
}

// scales are reals and exponents that are integers.
func scales(e asm.Elem, rnd *rand.Rand, arg, i int) uint64 {
	if arg == 1 {
		return bits(e, float64(rnd.IntN([]int{600, 4400}[e])-[]int{300, 2200}[e]))
	}
	return bits(e, []float64{0, 1, -1.25, 1.9999, math.Inf(1), math.NaN(), .5}[rnd.IntN(7)])
}

func positive(e asm.Elem, rnd *rand.Rand, _, i int) uint64 {
	return bits(e, math.Ldexp(1+rnd.Float64(), rnd.IntN(40)-20))
}

func reals(f func(x []float64) float64) func(asm.Elem, []uint64) uint64 {
	return func(e asm.Elem, x []uint64) uint64 {
		y := make([]float64, len(x))
		for i := range x {
			y[i] = real(e, x[i])
		}
		return bits(e, f(y))
	}
}

func ints(f func(x []int64) int64) func(asm.Elem, []uint64) uint64 {
	return func(e asm.Elem, x []uint64) uint64 {
		y := make([]int64, len(x))
		for i := range x {
			y[i] = integer(e, x[i])
		}
		return word(e, uint64(f(y)))
	}
}

func ones(e asm.Elem, yes bool) uint64 {
	if yes {
		return word(e, ^uint64(0))
	}
	return 0
}

func fma(sab, sc float64) func(asm.Elem, []uint64) uint64 {
	return func(e asm.Elem, x []uint64) uint64 {
		return bits(e, asm.FusedMultiplyAdd(e, sab*real(e, x[0]), real(e, x[1]), sc*real(e, x[2])))
	}
}

// show makes lanes of a condition.
func show(r *asm.Routine, k asm.M) asm.V { return r.Keep(k, r.ConstBits(^uint64(0))) }

func only512(t asm.Target) bool { return t.ISA == asm.AVX512 }
func only32(t asm.Target) bool  { return t.Elem == asm.F32 }

func two(f func(r *asm.Routine, a, b asm.V) asm.V) func(*asm.Routine, []asm.V) asm.V {
	return func(r *asm.Routine, x []asm.V) asm.V { return f(r, x[0], x[1]) }
}

func three(f func(r *asm.Routine, a, b, c asm.V) asm.V) func(*asm.Routine, []asm.V) asm.V {
	return func(r *asm.Routine, x []asm.V) asm.V { return f(r, x[0], x[1], x[2]) }
}

func one(f func(r *asm.Routine, a asm.V) asm.V) func(*asm.Routine, []asm.V) asm.V {
	return func(r *asm.Routine, x []asm.V) asm.V { return f(r, x[0]) }
}

func methods() []method {
	type M = asm.Routine
	list := []method{
		{"add", 2, two((*M).Add), reals(func(x []float64) float64 { return x[0] + x[1] }), anyReal, 0, nil},
		{"sub", 2, two((*M).Sub), reals(func(x []float64) float64 { return x[0] - x[1] }), anyReal, 0, nil},
		{"mul", 2, two((*M).Mul), reals(func(x []float64) float64 { return x[0] * x[1] }), anyReal, 0, nil},
		{"div", 2, two((*M).Div), reals(func(x []float64) float64 { return x[0] / x[1] }), anyReal, 0, nil},
		{"min", 2, two((*M).Min), reals(func(x []float64) float64 {
			if x[0] < x[1] {
				return x[0]
			}
			return x[1]
		}), anyReal, 0, nil},
		{"max", 2, two((*M).Max), reals(func(x []float64) float64 {
			if x[0] > x[1] {
				return x[0]
			}
			return x[1]
		}), anyReal, 0, nil},
		{"fma", 3, three((*M).FMA), fma(1, 1), anyReal, 0, nil},
		{"fnma", 3, three((*M).FNMA), fma(-1, 1), anyReal, 0, nil},
		{"fms", 3, three((*M).FMS), fma(1, -1), anyReal, 0, nil},
		{"fnms", 3, three((*M).FNMS), fma(-1, -1), anyReal, 0, nil},
		{"fmainto", 3, three(func(r *asm.Routine, a, b, c asm.V) asm.V {
			acc := r.Var(c)
			r.FMAInto(acc, a, b)
			return acc
		}), fma(1, 1), anyReal, 0, nil},
		{"fnmainto", 3, three(func(r *asm.Routine, a, b, c asm.V) asm.V {
			acc := r.Var(c)
			r.FNMAInto(acc, a, b)
			return acc
		}), fma(-1, 1), anyReal, 0, nil},
		{"sqrt", 1, one((*M).Sqrt), reals(func(x []float64) float64 { return math.Sqrt(x[0]) }), anyReal, 0, nil},
		{"rcp", 1, one((*M).RcpEst), reals(func(x []float64) float64 { return 1 / x[0] }), positive, 1.5 / 4096, nil},
		{"rsqrt", 1, one((*M).RsqrtEst), reals(func(x []float64) float64 { return 1 / math.Sqrt(x[0]) }), positive, 1.5 / 4096, nil},
		{"neg", 1, one((*M).Neg), func(e asm.Elem, x []uint64) uint64 { return x[0] ^ 1<<(8*e.Size()-1) }, anyReal, 0, nil},
		{"abs", 1, one((*M).Abs), reals(func(x []float64) float64 { return math.Abs(x[0]) }), anyReal, 0, nil},
		{"and", 2, two((*M).And), func(_ asm.Elem, x []uint64) uint64 { return x[0] & x[1] }, anyInt, 0, nil},
		{"or", 2, two((*M).Or), func(_ asm.Elem, x []uint64) uint64 { return x[0] | x[1] }, anyInt, 0, nil},
		{"xor", 2, two((*M).Xor), func(_ asm.Elem, x []uint64) uint64 { return x[0] ^ x[1] }, anyInt, 0, nil},
		{"andnot", 2, two((*M).AndNot), func(_ asm.Elem, x []uint64) uint64 { return x[0] &^ x[1] }, anyInt, 0, nil},
		{"scale", 2, two((*M).ScaleBy2), reals(func(x []float64) float64 { return math.Ldexp(x[0], int(x[1])) }), scales, 0, nil},
		{"exponent", 1, one((*M).Exponent), reals(func(x []float64) float64 { return math.Logb(x[0]) }), anyReal, 0, only512},
		{"mantissa", 1, one((*M).Mantissa), reals(func(x []float64) float64 { f, _ := math.Frexp(x[0]); return 2 * f }), positive, 0, only512},
		{"nearer", 2, two((*M).Nearer), reals(func(x []float64) float64 {
			if math.Abs(x[0]) < math.Abs(x[1]) || math.IsNaN(x[1]) {
				return x[0]
			}
			return math.Copysign(x[1], x[0])
		}), anyReal, 0, only512},
		{"norm", 1, one((*M).Norm), reals(func(x []float64) float64 {
			if f, _ := math.Frexp(x[0]); f < 0.75 {
				return 2 * f
			}
			f, _ := math.Frexp(x[0])
			return f
		}), positive, 0, only512},
		{"iadd", 2, two((*M).IAdd), ints(func(x []int64) int64 { return x[0] + x[1] }), anyInt, 0, nil},
		{"isub", 2, two((*M).ISub), ints(func(x []int64) int64 { return x[0] - x[1] }), anyInt, 0, nil},
		{"imul", 2, two((*M).IMul), ints(func(x []int64) int64 { return x[0] * x[1] }), anyInt, 0, nil},
		{"imin", 2, two((*M).IMin), ints(func(x []int64) int64 { return min(x[0], x[1]) }), anyInt, 0, nil},
		{"imax", 2, two((*M).IMax), ints(func(x []int64) int64 { return max(x[0], x[1]) }), anyInt, 0, nil},
		{"ishlv", 2, two((*M).IShlV), func(e asm.Elem, x []uint64) uint64 {
			if x[1] >= uint64(8*e.Size()) {
				return 0
			}
			return word(e, x[0]<<x[1])
		}, counts, 0, nil},
		{"ishrv", 2, two((*M).IShrV), func(_ asm.Elem, x []uint64) uint64 { return x[0] >> x[1] }, counts, 0, nil},
		{"toint", 1, one((*M).ToInt), func(e asm.Elem, x []uint64) uint64 {
			return word(e, uint64(int64(math.RoundToEven(real(e, x[0])))))
		}, small, 0, nil},
		{"trunctoint", 1, one((*M).TruncToInt), func(e asm.Elem, x []uint64) uint64 { return word(e, uint64(int64(real(e, x[0])))) }, small, 0, nil},
		{"toreal", 1, one((*M).ToReal), func(e asm.Elem, x []uint64) uint64 { return bits(e, float64(integer(e, x[0]))) }, smallInt, 0, nil},
		{"isnan", 1, one(func(r *asm.Routine, a asm.V) asm.V { return show(r, r.IsNaN(a)) }),
			func(e asm.Elem, x []uint64) uint64 { return ones(e, math.IsNaN(real(e, x[0]))) }, anyReal, 0, nil},
		{"select", 3, three(func(r *asm.Routine, a, b, c asm.V) asm.V { return r.Select(r.Cmp(asm.LT, a, r.Zero()), b, c) }),
			func(e asm.Elem, x []uint64) uint64 {
				if real(e, x[0]) < 0 {
					return x[1]
				}
				return x[2]
			}, anyReal, 0, nil},
		{"wide", 1, one(func(r *asm.Routine, a asm.V) asm.V { return r.Narrow(r.WidenLo(a), r.WidenHi(a)) }),
			func(_ asm.Elem, x []uint64) uint64 { return x[0] }, anyReal, 0, only32},
	}
	for m, f := range map[asm.Mode]func(float64) float64{asm.Nearest: math.RoundToEven, asm.Floor: math.Floor, asm.Ceil: math.Ceil, asm.Trunc: math.Trunc} {
		list = append(list, method{fmt.Sprint("round", m), 1, one(func(r *asm.Routine, a asm.V) asm.V { return r.Round(a, m) }),
			reals(func(x []float64) float64 { return f(x[0]) }), anyReal, 0, nil})
	}
	for _, n := range []int{0, 1, 7, 31, 32, 33, 63, 64} {
		list = append(list,
			method{fmt.Sprint("ishl", n), 1, one(func(r *asm.Routine, a asm.V) asm.V { return r.IShl(a, n) }),
				func(e asm.Elem, x []uint64) uint64 { return word(e, x[0]<<n) }, anyInt, 0, nil},
			method{fmt.Sprint("ishr", n), 1, one(func(r *asm.Routine, a asm.V) asm.V { return r.IShr(a, n) }),
				func(e asm.Elem, x []uint64) uint64 { return x[0] >> n }, anyInt, 0, nil},
			method{fmt.Sprint("isar", n), 1, one(func(r *asm.Routine, a asm.V) asm.V { return r.ISar(a, n) }),
				ints(func(x []int64) int64 { return x[0] >> n }), anyInt, 0, nil})
	}
	holds := func(p asm.Pred, less, equal, greater, unordered bool) bool {
		return [...]bool{asm.EQ: equal, asm.NE: !equal, asm.LT: less, asm.LE: less || equal, asm.GT: greater, asm.GE: greater || equal}[p]
	}
	for p := asm.EQ; p <= asm.GE; p++ {
		list = append(list,
			method{fmt.Sprint("cmp", int(p)), 2, two(func(r *asm.Routine, a, b asm.V) asm.V { return show(r, r.Cmp(p, a, b)) }),
				func(e asm.Elem, x []uint64) uint64 {
					a, b := real(e, x[0]), real(e, x[1])
					return ones(e, holds(p, a < b, a == b, a > b, false))
				}, anyReal, 0, nil},
			method{fmt.Sprint("icmp", int(p)), 2, two(func(r *asm.Routine, a, b asm.V) asm.V { return show(r, r.ICmp(p, a, b)) }),
				func(e asm.Elem, x []uint64) uint64 {
					a, b := integer(e, x[0]), integer(e, x[1])
					return ones(e, holds(p, a < b, a == b, a > b, false))
				}, anyInt, 0, nil})
	}
	for name, f := range map[string]struct {
		build func(r *asm.Routine, a, b asm.M) asm.M
		want  func(a, b bool) bool
	}{
		"mand": {(*M).MAnd, func(a, b bool) bool { return a && b }},
		"mor":  {(*M).MOr, func(a, b bool) bool { return a || b }},
		"mxor": {(*M).MXor, func(a, b bool) bool { return a != b }},
		"mnot": {func(r *asm.Routine, a, b asm.M) asm.M { return r.MAnd(b, r.MNot(a)) }, func(a, b bool) bool { return b && !a }},
	} {
		list = append(list, method{name, 2, two(func(r *asm.Routine, a, b asm.V) asm.V {
			z := r.Zero()
			return show(r, f.build(r, r.Cmp(asm.LT, a, z), r.Cmp(asm.LT, b, z)))
		}), func(e asm.Elem, x []uint64) uint64 { return ones(e, f.want(real(e, x[0]) < 0, real(e, x[1]) < 0)) }, anyReal, 0, nil})
	}
	return list
}

// methodTrials runs every method with special and random elements, with its
// arguments in registers, in memory, and as one element for all lanes.
func methodTrials(tg asm.Target) []*trial {
	const vectors = 24
	var trials []*trial
	for _, m := range methods() {
		if m.only != nil && !m.only(tg) {
			continue
		}
		rnd := rand.New(rand.NewPCG(1, uint64(len(m.name))))
		n := vectors * tg.Lanes()
		in := make([]uint64, m.args*n)
		for i := range in {
			in[i] = m.from(tg.Elem, rnd, i/n, i%n)
		}
		// splat is the argument that is one element; at -1 all are vectors in
		// memory, at -2 all are in registers.
		for splat := -2; splat < m.args; splat++ {
			want := make([]uint64, n)
			for i := range want {
				var x []uint64
				for a := range m.args {
					j := i
					if a == splat {
						j = i / tg.Lanes()
					}
					x = append(x, in[a*n+j])
				}
				want[i] = m.lane(tg.Elem, x)
			}
			r := asm.New(tg, fmt.Sprintf("%s_%d", m.name, splat+2), "", inOut, nil)
			base, out := r.Base("in"), r.Base("out")
			r.LoopConst(vectors, 1, func(i asm.G) {
				var x []asm.V
				first := r.GShl(i, log2(tg.ISA.Bytes()))
				for a := range m.args {
					at := asm.Mem{Base: base, Index: first, Disp: a * n * tg.Size()}
					switch splat {
					case a:
						x = append(x, r.Broadcast(asm.Mem{Base: base, Index: i, Scale: tg.Size(), Disp: at.Disp}))
					case -2:
						x = append(x, r.Var(r.Load(at)))
					default:
						x = append(x, r.Load(at))
					}
				}
				r.Store(asm.Mem{Base: out, Index: first}, m.build(r, x))
			})
			trials = append(trials, &trial{r: r, in: in, out: n, want: want, loose: m.loose})
		}
	}
	return trials
}

// TestMethods runs every operation on lanes.
func TestMethods(t *testing.T) {
	for _, tg := range targets {
		t.Run(tg.String(), func(t *testing.T) { try(t, tg, methodTrials(tg)) })
	}
}

// TestRows holds the table against what the tests run: a row that no trial
// uses could be wrong.
func TestRows(t *testing.T) {
	used := map[string]bool{}
	for _, tg := range targets {
		trials := append(methodTrials(tg), laneTrials(tg)...)
		trials = append(trials, memoryTrial(tg), &trial{r: everything(tg)})
		for seed := range uint64(4) {
			trials = append(trials, random(tg, seed, 16))
		}
		for _, tr := range trials {
			tr.r.Used(used)
		}
	}
	// What only spilling makes is in every random program.
	for _, name := range []string{"fillv", "fillg", "fillk", "keepv", "keepg", "keepk"} {
		used[name] = true
	}
	for _, name := range asm.Rows() {
		if !used[name] {
			t.Errorf("%s is used by no trial", name)
		}
	}
}

func log2(n int) int {
	k := 0
	for ; n > 1; n /= 2 {
		k++
	}
	return k
}
