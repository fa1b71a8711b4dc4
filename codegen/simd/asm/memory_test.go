package asm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/asm/asmtest"
)

// memoryTrial reads and writes memory in every way. The slices are long, so
// that they begin at a page.
func memoryTrial(tg asm.Target) *trial {
	const vectors = 600
	n, size, width := tg.Lanes(), tg.Size(), tg.ISA.Bytes()
	r := asm.New(tg, "memory", "", inOut, nil)
	in, base := r.Base("in"), r.Base("out")
	at := func(v int) asm.Mem { return asm.Mem{Base: in, Disp: v * width} }
	next := 0
	out := func() asm.Mem {
		next++
		return asm.Mem{Base: base, Disp: (next - 1) * width}
	}
	put := func(v asm.V) { r.Store(out(), v) }
	some := r.ICmp(asm.LT, r.Load(at(0)), r.Zero())
	index := r.And(r.Load(at(1)), r.ConstBits(uint64(8*n-1)))
	put(r.Load(at(0)))
	put(r.LoadMask(at(1), some))
	r.StoreMask(out(), some, r.Load(at(2)))
	r.StoreNT(out(), r.Load(at(3)))
	r.Fence()
	put(r.Broadcast(at(4).Plus(size)))
	put(r.LoadScalar(at(4).Plus(2 * size)))
	r.StoreScalar(out(), r.Load(at(5)))
	put(r.Gather(in, index, size, 0))
	put(r.Gather(in, index, size, 8*size))
	put(r.GatherMask(in, index, size, 0, some))
	put(r.LoadInts(at(0)))
	put(r.LoadIntsMask(at(1), some))
	put(r.BroadcastInt(at(2).Plus(4)))
	r.StoreInts(out(), index)
	r.StoreIntsMask(out(), some, index)
	put(r.GatherInts(in, index, 4, 4, asm.M{}))
	put(r.GatherInts(in, index, 4, 0, some))
	r.Scatter(base, index, size, 40*width, asm.M{}, r.Load(at(6)))
	r.Scatter(base, index, size, 50*width, some, r.Load(at(6)))
	r.ScatterInts(base, index, 4, 60*width, asm.M{}, r.Load(at(6)))
	r.ScatterInts(base, index, 4, 70*width, some, r.Load(at(6)))
	for h := asm.NTA; h <= asm.T2; h++ {
		r.Prefetch(at(int(h)), h)
	}
	g := r.LoadInt32(at(3))
	r.StoreInt32(out(), g)
	r.StoreInt(out(), r.LoadInt(at(3).Plus(8)))
	put(r.SplatInt(g))
	acc := r.Var(r.ToReal(index))
	a := r.ToReal(r.And(r.Load(at(0)), r.ConstBits(7)))
	r.Store(asm.Mem{Base: base, Disp: 80 * width}, a)
	r.FMAIntoMem(acc, a, asm.Mem{Base: base, Disp: 80 * width})
	r.FMAIntoBroadcast(acc, a, asm.Mem{Base: base, Disp: 80*width + size})
	put(acc)
	rnd := rand.New(rand.NewPCG(4, 5))
	bits := make([]uint64, vectors*n)
	for i := range bits {
		bits[i] = word(tg.Elem, rnd.Uint64())
	}
	return &trial{r: r, in: bits, out: vectors * n, ints: true}
}

func TestMemory(t *testing.T) {
	for _, tg := range targets {
		t.Run(tg.String(), func(t *testing.T) { try(t, tg, []*trial{memoryTrial(tg)}) })
	}
}

// guarded copies through masks: the first n lanes of what x, i and y begin
// with, and the last n of the vectors that end where they end.
func guarded(tg asm.Target) *asm.Routine {
	r := asm.New(tg, "guarded", "", []asm.Param{{Name: "x", Kind: asm.Reals}, {Name: "i", Kind: asm.Ints32}, {Name: "y", Kind: asm.Reals},
		{Name: "j", Kind: asm.Ints32}, {Name: "n", Kind: asm.Int}, {Name: "back", Kind: asm.Int}}, nil)
	n := r.Int("n")
	copyLanes := func(shift asm.G, k asm.M) {
		at := func(name string, size int) asm.Mem {
			return asm.Mem{Base: r.Base(name), Index: shift, Scale: size}
		}
		r.StoreMask(at("y", tg.Size()), k, r.LoadMask(at("x", tg.Size()), k))
		r.StoreIntsMask(at("j", 4), k, r.LoadIntsMask(at("i", 4), k))
		// Lanes that are left out have indices far away.
		index := r.Select(k, r.IAdd(r.Iota(), r.SplatInt(shift)), r.ConstBits(1<<28))
		r.StoreMask(at("y", tg.Size()), k, r.Add(r.GatherMask(r.Base("x"), index, tg.Size(), 0, k), r.LoadMask(at("y", tg.Size()), k)))
		r.ScatterInts(r.Base("j"), index, 4, 0, k, r.IAdd(r.GatherInts(r.Base("i"), index, 4, 0, k), r.LoadIntsMask(at("j", 4), k)))
		r.Scatter(r.Base("y"), index, tg.Size(), 0, k, r.LoadMask(at("y", tg.Size()), k))
	}
	r.If(asm.EQ, r.Int("back"), r.Imm(0), func() { copyLanes(r.Imm(0), r.TailMask(n)) }, func() {
		left := r.GSub(r.Imm(tg.Lanes()), n)
		copyLanes(r.GSub(n, r.Imm(tg.Lanes())), r.MNot(r.TailMask(left)))
	})
	return r
}

// TestMasksTouchNothingElse runs masked instructions at the edges of pages
// that lie between others which must not be touched.
func TestMasksTouchNothingElse(t *testing.T) {
	for _, tg := range targets {
		t.Run(tg.String(), func(t *testing.T) {
			b := finish(t, guarded(tg))
			out := asmtest.Run(t, []*asm.Built{b}, fmt.Sprintf(`package main

import (
	"fmt"
	"syscall"
	"unsafe"
)

// page is memory between two pages that must not be touched.
func page() []byte {
	const size = 4096
	b, err := syscall.Mmap(-1, 0, 3*size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for _, i := range []int{0, 2 * size} {
		if err := syscall.Mprotect(b[i:i+size], syscall.PROT_NONE); err != nil {
			panic(err)
		}
	}
	return b[size : 2*size]
}

// at makes n elements at an edge of a page.
func at[T any](b []byte, end, n int) []T {
	var z T
	p := unsafe.Pointer(&b[0])
	if end == 1 {
		p = unsafe.Add(p, len(b)-n*int(unsafe.Sizeof(z)))
	}
	return unsafe.Slice((*T)(p), n)
}

func main() {
	px, pi, py, pj := page(), page(), page(), page()
	for end := range 2 {
		for n := 1; n <= %[2]d; n++ {
			x, y := at[%[1]s](px, end, n), at[%[1]s](py, end, n)
			i, j := at[int32](pi, end, n), at[int32](pj, end, n)
			for k := range x {
				x[k], i[k], y[k], j[k] = %[1]s(k+1), int32(-k-1), 0, 0
			}
			// Lanes beyond the end, then, at the beginning of a page, lanes
			// before it.
			guarded(x, i, y, j, n, 1-end)
			for k := range x {
				if y[k] != 2*x[k] || j[k] != 2*i[k] {
					fmt.Println("n", n, "end", end, "k", k, y[k], j[k])
				}
			}
		}
	}
}
`, tg.Elem, tg.Lanes()))
			if len(out) > 0 {
				t.Errorf("%s", out)
			}
		})
	}
}
