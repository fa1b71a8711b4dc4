package asm_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// A vectors is an operation on whole vectors: how many it takes and makes, and
// what it computes from their lanes.
type vectors struct {
	name    string
	in, out int
	from    domain
	build   func(r *asm.Routine, x []asm.V) []asm.V
	want    func(tg asm.Target, x [][]uint64) [][]uint64 // nil: as the interpreter says
	only    func(asm.Target) bool
}

// halves folds lanes as HSum does.
func halves(f func(a, b float64) float64) func(asm.Target, [][]uint64) [][]uint64 {
	return func(tg asm.Target, x [][]uint64) [][]uint64 {
		v := slices.Clone(x[0])
		for n := len(v) / 2; n > 0; n /= 2 {
			for i := range n {
				v[i] = bits(tg.Elem, f(real(tg.Elem, v[i]), real(tg.Elem, v[i+n])))
			}
		}
		return [][]uint64{splat(tg, v[0])}
	}
}

func splat(tg asm.Target, u uint64) []uint64 { return slices.Repeat([]uint64{u}, tg.Lanes()) }

// one0 makes a vector of lane 0 of what f returns.
func one0(f func(r *asm.Routine, v asm.V) asm.V) func(*asm.Routine, []asm.V) []asm.V {
	return func(r *asm.Routine, x []asm.V) []asm.V { return []asm.V{r.Splat(f(r, x[0]))} }
}

func lookup(tables int) vectors {
	return vectors{fmt.Sprint("lookup", tables), 1 + tables, 1, anyInt,
		func(r *asm.Routine, x []asm.V) []asm.V { return []asm.V{r.Lookup(x[1:], x[0])} },
		func(tg asm.Target, x [][]uint64) [][]uint64 {
			table := slices.Concat(x[1:]...)
			y := make([]uint64, tg.Lanes())
			for i := range y {
				y[i] = table[x[0][i]%uint64(len(table))]
			}
			return [][]uint64{y}
		}, func(tg asm.Target) bool { return tables == 1 || tg.ISA == asm.AVX512 }}
}

func lists(tg asm.Target) []vectors {
	n := tg.Lanes()
	return []vectors{
		{"hsum", 1, 1, small, one0((*asm.Routine).HSum), halves(func(a, b float64) float64 { return a + b }), nil},
		{"hmax", 1, 1, small, one0((*asm.Routine).HMax), halves(func(a, b float64) float64 { return max(a, b) }), nil},
		{"hmin", 1, 1, small, one0((*asm.Routine).HMin), halves(func(a, b float64) float64 { return min(a, b) }), nil},
		{"transpose", n, n, anyInt, (*asm.Routine).Transpose, func(_ asm.Target, x [][]uint64) [][]uint64 {
			y := make([][]uint64, n)
			for i := range y {
				for j := range x {
					y[i] = append(y[i], x[j][i])
				}
			}
			return y
		}, nil},
		lookup(1), lookup(2),
		{"iota", 1, 1, anyInt, func(r *asm.Routine, x []asm.V) []asm.V { return []asm.V{r.Iota()} }, func(asm.Target, [][]uint64) [][]uint64 {
			y := make([]uint64, n)
			for i := range y {
				y[i] = uint64(i)
			}
			return [][]uint64{y}
		}, nil},
		{"lanesconst", 1, 1, anyInt, func(r *asm.Routine, x []asm.V) []asm.V {
			return []asm.V{r.ConstLanes([]uint64{3, 5, 7, 9})}
		}, func(asm.Target, [][]uint64) [][]uint64 {
			return [][]uint64{slices.Repeat([]uint64{3, 5, 7, 9}, n/4)}
		}, nil},
		{"bits", 1, 1, anyInt, func(r *asm.Routine, x []asm.V) []asm.V {
			return []asm.V{r.SplatInt(r.Bits(r.ICmp(asm.LT, x[0], r.Zero())))}
		}, func(tg asm.Target, x [][]uint64) [][]uint64 {
			var u uint64
			for i := range n {
				u |= x[0][i] >> (8*tg.Size() - 1) << i
			}
			return [][]uint64{splat(tg, u)}
		}, nil},
		{"firstint", 1, 1, anyInt, func(r *asm.Routine, x []asm.V) []asm.V {
			return []asm.V{r.SplatInt(r.GAdd(r.FirstInt(x[0]), r.Imm(1)))}
		}, func(tg asm.Target, x [][]uint64) [][]uint64 { return [][]uint64{splat(tg, word(tg.Elem, x[0][0]+1))} }, nil},
		{"maskconst", 1, n + 2, anyInt, func(r *asm.Routine, x []asm.V) []asm.V {
			var y []asm.V
			for k := range n + 2 {
				y = append(y, r.Keep(r.MaskConst(k), x[0]))
			}
			return y
		}, firstLanes, nil},
		{"tailmask", 1, n + 2, anyInt, func(r *asm.Routine, x []asm.V) []asm.V {
			var y []asm.V
			g := r.GVar(r.Imm(0))
			for range n + 2 {
				y = append(y, r.Keep(r.TailMask(g), x[0]))
				r.GAddTo(g, r.Imm(1))
			}
			return y
		}, firstLanes, nil},
		{"ifany", 2, 2, small, func(r *asm.Routine, x []asm.V) []asm.V {
			var y []asm.V
			for _, v := range x {
				none := r.Var(v)
				r.IfAny(r.Cmp(asm.GT, r.Zero(), r.Mul(v, v)), func() { r.Set(none, r.Zero()) })
				r.IfAny(r.Cmp(asm.GT, r.Add(v, r.Const(1e6)), v), func() { r.Set(none, r.Add(none, r.Const(1))) })
				y = append(y, none)
			}
			return y
		}, nil, nil},
	}
}

// firstLanes keeps 0, 1, 2, … lanes of a vector.
func firstLanes(tg asm.Target, x [][]uint64) [][]uint64 {
	var y [][]uint64
	for k := range tg.Lanes() + 2 {
		v := make([]uint64, tg.Lanes())
		copy(v, x[0][:min(k, tg.Lanes())])
		y = append(y, v)
	}
	return y
}

func laneTrials(tg asm.Target) []*trial {
	var trials []*trial
	for _, l := range lists(tg) {
		if l.only != nil && !l.only(tg) {
			continue
		}
		rnd := rand.New(rand.NewPCG(2, 3))
		r := asm.New(tg, l.name, "", inOut, nil)
		tr := &trial{r: r, out: l.out * tg.Lanes(), ints: true}
		var x []asm.V
		var lanes [][]uint64
		for i := range l.in {
			var v []uint64
			for j := range tg.Lanes() {
				v = append(v, l.from(tg.Elem, rnd, i, j))
			}
			x = append(x, r.Load(asm.Mem{Base: r.Base("in"), Disp: i * tg.ISA.Bytes()}))
			lanes = append(lanes, v)
			tr.in = append(tr.in, v...)
		}
		for i, v := range l.build(r, x) {
			r.Store(asm.Mem{Base: r.Base("out"), Disp: i * tg.ISA.Bytes()}, v)
		}
		if l.want != nil {
			tr.want = slices.Concat(l.want(tg, lanes)...)
		}
		trials = append(trials, tr)
	}
	return trials
}

// TestLanes runs what moves elements between lanes.
func TestLanes(t *testing.T) {
	for _, tg := range targets {
		t.Run(tg.String(), func(t *testing.T) { try(t, tg, laneTrials(tg)) })
	}
}
