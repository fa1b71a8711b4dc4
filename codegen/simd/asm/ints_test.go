package asm

import "testing"

func TestIntsFinish(t *testing.T) {
	for _, target := range []Target{{AVX2, F32}, {AVX2, F64}, {AVX512, F32}, {AVX512, F64}} {
		r := New(target, "ints", "", []Param{{"x", Reals}, {"i", Ints32}, {"n", Int}}, []Param{{"s", Int}})
		x, i := r.Base("x"), r.Base("i")
		k := r.TailMask(r.Int("n"))
		v := r.LoadInts(Mem{Base: i})
		r.StoreInts(Mem{Base: i}, v)
		r.StoreIntsMask(Mem{Base: i}, k, v)
		w := r.GatherInts(i, v, 4, 8, k)
		r.StoreInt32(Mem{Base: i}, r.FirstInt(w))
		r.Scatter(x, v, target.Size(), 0, k, r.Load(Mem{Base: x}))
		r.Scatter(x, v, target.Size(), 0, M{}, r.Load(Mem{Base: x}))
		r.ScatterInts(i, v, 4, 0, k, v)
		r.ScatterInts(i, v, 4, 0, M{}, v)
		r.ReturnInt("s", r.FirstInt(r.GatherInts(i, v, 4, 0, M{})))
		if _, err := r.Finish(); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}
