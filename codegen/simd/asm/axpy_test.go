package asm_test

import (
	"fmt"
	"testing"

	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/asm/asmtest"
)

// targets are all targets.
var targets = []asm.Target{
	{ISA: asm.AVX2, Elem: asm.F32}, {ISA: asm.AVX2, Elem: asm.F64},
	{ISA: asm.AVX512, Elem: asm.F32}, {ISA: asm.AVX512, Elem: asm.F64},
}

// axpy is y += a·x for n elements and returns the sum of y.
func axpy(tg asm.Target) *asm.Routine {
	r := asm.New(tg, fmt.Sprintf("axpy%d", id(tg)), "adds a multiple of x to y",
		[]asm.Param{{"x", asm.Reals}, {"y", asm.Reals}, {"n", asm.Int}, {"a", asm.Real}},
		[]asm.Param{{"sum", asm.Real}})
	x, y, n, a := r.Base("x"), r.Base("y"), r.Int("n"), r.Real("a")
	sum := r.Var(r.Zero())
	r.Loop(n, tg.Lanes(), func(i asm.G) {
		at := asm.Mem{Base: y, Index: i, Scale: tg.Size()}
		v := r.FMA(a, r.Load(asm.Mem{Base: x, Index: i, Scale: tg.Size()}), r.Load(at))
		r.Store(at, v)
		r.Set(sum, r.Add(sum, v))
	})
	rest := r.Tail(n, tg.Lanes())
	r.If(asm.NE, rest, r.Imm(0), func() {
		k := r.TailMask(rest)
		i := r.GSub(n, rest)
		at := asm.Mem{Base: y, Index: i, Scale: tg.Size()}
		v := r.FMA(a, r.LoadMask(asm.Mem{Base: x, Index: i, Scale: tg.Size()}, k), r.LoadMask(at, k))
		r.StoreMask(at, k, v)
		r.Set(sum, r.Add(sum, v))
	}, nil)
	r.Return("sum", r.HSum(sum))
	return r
}

func id(t asm.Target) int { return 10*int(t.ISA) + int(t.Elem) }

func finish(t testing.TB, r *asm.Routine) *asm.Built {
	t.Helper()
	b, err := r.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAxpy runs a loop with a masked tail of every length.
func TestAxpy(t *testing.T) {
	for _, tg := range targets {
		t.Run(tg.String(), func(t *testing.T) {
			b := finish(t, axpy(tg))
			out := asmtest.Run(t, []*asm.Built{b}, fmt.Sprintf(`package main

import "fmt"

func main() {
	for n := 0; n < 70; n++ {
		x, y := make([]%[1]s, 80), make([]%[1]s, 80)
		for i := range x {
			x[i], y[i] = %[1]s(i), %[1]s(3*i)
		}
		s := %[2]s(x, y, n, 2)
		want := %[1]s(0)
		for i := range y {
			w := %[1]s(3 * i)
			if i < n {
				w += 2 * x[i]
				want += w
			}
			if y[i] != w {
				fmt.Println("n", n, "i", i, "is", y[i], "want", w)
			}
		}
		if s != want {
			fmt.Println("n", n, "sum", s, "want", want)
		}
	}
}
`, tg.Elem, b.Name))
			if len(out) > 0 {
				t.Errorf("%s", out)
			}
		})
	}
}
