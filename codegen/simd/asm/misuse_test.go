package asm

import (
	"math"
	"strings"
	"testing"
)

// TestMisuse holds what is said about routines that cannot be.
func TestMisuse(t *testing.T) {
	mem := func(r *Routine) Mem { return Mem{Base: r.Base("x")} }
	for _, c := range []struct {
		want string
		f    func(r *Routine)
	}{
		{"no such parameter: y", func(r *Routine) { r.Base("y") }},
		{"no such parameter: n", func(r *Routine) { r.Base("n") }},
		{"no such result: t", func(r *Routine) { r.Return("t", r.Zero()) }},
		{"nothing is returned as s", func(r *Routine) {}},
		{"argument 1 is no value", func(r *Routine) { r.Add(r.Zero(), V{}) }},
		{"argument 0 is no value", func(r *Routine) { r.Var(V{}) }},
		{"outside of the block", func(r *Routine) {
			var v V
			r.LoopConst(3, 1, func(G) { v = r.Load(mem(r)) })
			r.Store(mem(r), v)
		}},
		{"only a variable", func(r *Routine) { r.Set(r.Load(mem(r)), r.Zero()) }},
		{"outside of its block", func(r *Routine) {
			var v V
			r.If(LT, r.Int("n"), r.Imm(3), func() { v = r.Var(r.Zero()) }, nil)
			r.Set(v, r.Zero())
		}},
		{"without a base", func(r *Routine) { r.Load(Mem{}) }},
		{"scaled by 3", func(r *Routine) { r.Load(Mem{Base: r.Base("x"), Index: r.Int("n"), Scale: 3}) }},
		{"a displacement of", func(r *Routine) { r.Load(Mem{Base: r.Base("x"), Disp: math.MaxInt}) }},
		{"step 0", func(r *Routine) { r.Loop(r.Int("n"), 0, func(G) {}) }},
		{"needs AVX512", func(r *Routine) { r.Exponent(r.Zero()) }},
		{"a transpose of 1 rows", func(r *Routine) { r.Transpose([]V{r.Zero()}) }},
		// What the methods would not do.
		{"needs AVX512", func(r *Routine) { r.Store(mem(r), r.vop(opScale, r.Load(mem(r)), r.Load(mem(r)))) }},
		{"no rcp for float64", func(r *Routine) { r.Store(mem(r), r.As(F64).vop(opRcp, r.Load(mem(r)))) }},
	} {
		r := New(Target{AVX2, F32}, "f", "", []Param{{"x", Reals}, {"n", Int}}, []Param{{"s", Real}})
		c.f(r)
		if c.want != "nothing is returned as s" {
			r.Return("s", r.Zero())
		}
		_, err := r.Finish()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// TestTile builds what fills the registers: nothing of it may be spilled.
func TestTile(t *testing.T) {
	for _, c := range []struct {
		isa        ISA
		rows, cols int
	}{{AVX2, 6, 2}, {AVX2, 4, 3}, {AVX512, 14, 2}, {AVX512, 9, 3}} {
		tg := Target{c.isa, F32}
		r := New(tg, "tile", "", []Param{{"a", Reals}, {"b", Reals}, {"c", Reals}, {"k", Int}}, nil)
		a, b := r.GVar(r.Base("a")), r.GVar(r.Base("b"))
		acc := make([]V, c.rows*c.cols)
		for i := range acc {
			acc[i] = r.Var(r.Zero())
		}
		r.Repeat(r.Int("k"), func() {
			v := make([]V, c.cols)
			for j := range v {
				v[j] = r.Load(Mem{Base: b, Disp: j * tg.ISA.Bytes()})
			}
			for i := range c.rows {
				x := r.Broadcast(Mem{Base: a, Disp: 4 * i})
				for j := range v {
					r.FMAInto(acc[i*c.cols+j], v[j], x)
				}
			}
			r.GAddTo(a, r.Imm(4*c.rows))
			r.GAddTo(b, r.Imm(tg.ISA.Bytes()*c.cols))
		})
		for i, v := range acc {
			r.Store(Mem{Base: r.Base("c"), Disp: i * tg.ISA.Bytes()}, v)
		}
		built, err := r.Finish()
		if err != nil {
			t.Fatal(err)
		}
		moves := 0
		for _, in := range built.function.Instructions() {
			if in.Opcode == "VMOVAPS" {
				moves++
			}
		}
		if built.Spills > 0 || moves > 0 {
			t.Errorf("%s %d×%d: %d spills, %d moves", c.isa, c.rows, c.cols, built.Spills, moves)
		}
	}
}
