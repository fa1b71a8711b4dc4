package asm_test

import (
	"testing"

	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/asm/asmtest"
)

// everything has parameters of all kinds, with names that the assembler has
// other uses for, and results of all kinds.
func everything(tg asm.Target) *asm.Routine {
	r := asm.New(tg, "everything", "",
		[]asm.Param{{Name: "g", Kind: asm.Reals}, {Name: "AX", Kind: asm.Ints32}, {Name: "größe", Kind: asm.Int}, {Name: "x_1", Kind: asm.Real}, {Name: "w", Kind: asm.Wide},
			{Name: "p0", Kind: asm.Int}, {Name: "x", Kind: asm.Reals}, {Name: "func", Kind: asm.Real}},
		[]asm.Param{{Name: "x_base", Kind: asm.Real}, {Name: "R8", Kind: asm.Int}, {Name: "sum", Kind: asm.Wide}, {Name: "last", Kind: asm.Real}})
	x := r.Load(asm.Mem{Base: r.Base("g")})
	n := r.Int("größe")
	r.Store(asm.Mem{Base: r.Base("x")}, r.Mul(x, r.Real("x_1")))
	r.ReturnInt("R8", r.GAdd(r.LoadInt32(asm.Mem{Base: r.Base("AX"), Index: n, Scale: 4}), r.GMul(r.Len("x"), r.Int("p0"))))
	d := r.As(asm.F64)
	r.Return("x_base", r.Add(x, r.Real("func")))
	r.Return("sum", d.Add(r.Real("w"), d.Const(.5)))
	r.Return("last", r.Real("func"))
	return r
}

// TestVet holds frames against go vet: one with everything in it, and one with
// values that found no register.
func TestVet(t *testing.T) {
	for _, tg := range targets {
		asmtest.Vet(t, []*asm.Built{finish(t, everything(tg)), finish(t, guarded(tg)), finish(t, axpy(tg)), finish(t, random(tg, 1, 60).r)})
	}
}

// TestParams calls a routine with everything in its frame.
func TestParams(t *testing.T) {
	for _, tg := range targets {
		t.Run(tg.String(), func(t *testing.T) {
			b := finish(t, everything(tg))
			got := string(asmtest.Run(t, []*asm.Built{b}, `package main

import "fmt"

func main() {
	x, y := make([]`+tg.Elem.String()+`, 16), make([]`+tg.Elem.String()+`, 16)
	x[0], x[3] = 3, 5
	a, b, c, d := everything(x, []int32{7, -9, 11}, 1, 2, 1e-3, 100, y, 4)
	fmt.Println(a, b, c, d, y[0], y[3])
}
`))
			if want := "7 1591 0.501 4 6 10\n"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
