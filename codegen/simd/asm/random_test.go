package asm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// A writer writes random programs. What is in its lists may be read or, if it
// is a variable, assigned where the program is being written.
type writer struct {
	r       *asm.Routine
	rnd     *rand.Rand
	tg      asm.Target
	in, out asm.G
	v, vars []asm.V
	g, gs   []asm.G
	k, ks   []asm.M
	cursor  asm.G // a variable: a place within the first half of a slice
	depth   int
}

const (
	inVectors  = 16 // vectors of in
	outVectors = 16 // vectors of out that the program writes to as it goes
	room       = 400
)

func pick[T any](w *writer, lists ...[]T) T {
	n := 0
	for _, l := range lists {
		n += len(l)
	}
	i := w.rnd.IntN(n)
	for _, l := range lists {
		if i < len(l) {
			return l[i]
		}
		i -= len(l)
	}
	panic("nothing to pick from")
}

func (w *writer) vec() asm.V     { return pick(w, w.v, w.vars) }
func (w *writer) gen() asm.G     { return pick(w, w.g, w.gs) }
func (w *writer) cond() asm.M    { return pick(w, w.k, w.ks) }
func (w *writer) bytes() int     { return w.tg.ISA.Bytes() }
func (w *writer) pred() asm.Pred { return asm.Pred(w.rnd.IntN(6)) }

// at is a vector of a slice of 16 vectors.
func (w *writer) at(base asm.G) asm.Mem {
	switch w.rnd.IntN(3) {
	case 0:
		return asm.Mem{Base: base, Disp: w.rnd.IntN(inVectors) * w.bytes()}
	case 1:
		return asm.Mem{Base: base, Index: w.cursor, Scale: w.bytes() / 8, Disp: w.rnd.IntN(inVectors/2) * w.bytes()}
	}
	half := w.r.GAnd(w.gen(), w.r.Imm(inVectors/2-1))
	return asm.Mem{Base: base, Index: w.r.GShl(half, log2(w.bytes())-2), Scale: 4, Disp: w.rnd.IntN(inVectors/2) * w.bytes()}
}

// number is a vector of small reals.
func (w *writer) number() asm.V { return w.r.ToReal(w.r.And(w.vec(), w.r.ConstBits(0x1f))) }

// op appends one random operation.
func (w *writer) op() {
	r, rnd := w.r, w.rnd
	addV := func(v asm.V) { w.v = append(w.v, v) }
	addG := func(g asm.G) { w.g = append(w.g, g) }
	addK := func(k asm.M) { w.k = append(w.k, k) }
	switch rnd.IntN(40) {
	case 0:
		addV(r.IAdd(w.vec(), w.vec()))
	case 1:
		addV(r.ISub(w.vec(), w.vec()))
	case 2:
		addV(r.Xor(w.vec(), w.vec()))
	case 3:
		addV(r.Load(w.at(w.in)))
	case 4:
		addV(r.IAdd(w.vec(), r.Load(w.at(w.out))))
	case 5:
		r.Store(w.at(w.out), w.vec())
	case 6:
		addV(r.IAdd(w.vec(), r.ConstBits(rnd.Uint64())))
	case 7:
		addV(r.Xor(r.Broadcast(w.at(w.in)), w.vec()))
	case 8:
		addV(r.FMA(w.number(), w.number(), w.number()))
	case 9:
		acc := r.Var(w.number())
		for range 1 + rnd.IntN(3) {
			r.FMAInto(acc, w.number(), w.number())
		}
		addV(acc)
	case 10:
		addV(r.FNMA(w.number(), r.Const(float64(rnd.IntN(9))), w.number()))
	case 11:
		addV(r.Sub(w.number(), w.number()))
	case 12:
		addV(r.Select(w.cond(), w.vec(), w.vec()))
	case 13:
		addV(r.Keep(w.cond(), w.vec()))
	case 14:
		addK(r.ICmp(w.pred(), w.vec(), w.vec()))
	case 15:
		addK(r.Cmp(w.pred(), w.number(), w.number()))
	case 16:
		addK(r.MXor(w.cond(), w.cond()))
	case 17:
		addK(r.MOr(r.MNot(w.cond()), w.cond()))
	case 18:
		addK(r.TailMask(r.GAnd(w.gen(), r.Imm(15))))
	case 19:
		r.Set(pick(w, w.vars), r.IAdd(w.vec(), w.vec()))
	case 20:
		r.Set(pick(w, w.vars), w.vec())
	case 21:
		r.MSet(pick(w, w.ks), w.cond())
	case 22:
		r.GSet(pick(w, w.gs), w.gen())
	case 23:
		r.GAddTo(pick(w, w.gs), w.gen())
	case 24:
		r.GAddTo(pick(w, w.gs), r.Imm(rnd.IntN(100)-50))
	case 25:
		addG(r.GAdd(w.gen(), w.gen()))
	case 26:
		addG(r.GSub(w.gen(), w.gen()))
	case 27:
		addG(r.GMul(w.gen(), w.gen()))
	case 28:
		addG(r.GMin(w.gen(), r.GMax(w.gen(), w.gen())))
	case 29:
		addG(r.GAnd(w.gen(), r.GShr(w.gen(), rnd.IntN(9))))
		addG(r.GMul(w.gen(), r.Imm(rnd.IntN(1000))))
	case 30:
		addG(r.Bits(w.cond()))
	case 31:
		addV(r.SplatInt(w.gen()))
	case 32:
		addV(r.LoadMask(w.at(w.in), w.cond()))
	case 33:
		r.StoreMask(w.at(w.out), w.cond(), w.vec())
	case 34:
		index := r.And(w.vec(), r.ConstBits(uint64(inVectors*w.tg.Lanes()-1)))
		addV(r.GatherMask(w.in, index, w.tg.Size(), 0, w.cond()))
	case 35:
		addG(r.GAnd(r.LoadInt32(w.at(w.in)), r.Imm(0xffff)))
	case 36:
		r.GSet(w.cursor, r.GAnd(w.gen(), r.Imm(8*inVectors/2-8)))
	case 37:
		x := pick(w, w.gs)
		r.GSet(x, r.GSub(w.gen(), x))
	case 38:
		table := []asm.V{w.vec(), w.vec()}[:1+w.tg.ISA]
		x := pick(w, w.vars)
		r.Set(x, r.Lookup(table, x))
	case 39:
		// A load with a single user some way behind it.
		at := w.at(w.out)
		x := r.Load(at)
		w.op()
		r.Store(at, w.vec())
		w.op()
		addV(r.ISub(w.vec(), x))
	}
}

// block writes n operations, some of them loops and branches.
func (w *writer) block(n int) {
	r, rnd := w.r, w.rnd
	for range n {
		if w.depth == 3 || rnd.IntN(12) > 0 {
			w.op()
			continue
		}
		switch rnd.IntN(6) {
		case 0:
			r.LoopConst(1+rnd.IntN(5), 1+rnd.IntN(2), w.loop)
		case 1:
			r.Loop(r.GAnd(w.gen(), r.Imm(3)), 1+rnd.IntN(2), w.loop)
		case 2:
			r.Repeat(r.GAnd(w.gen(), r.Imm(3)), func() { w.inner(func() {}) })
		case 3:
			r.If(w.pred(), w.gen(), w.gen(), func() { w.inner(func() {}) }, func() { w.inner(func() {}) })
		case 4:
			r.If(w.pred(), w.gen(), r.Imm(rnd.IntN(3)), func() { w.inner(func() {}) }, nil)
		case 5:
			r.IfAny(w.cond(), func() { w.inner(func() {}) })
		}
	}
}

func (w *writer) loop(i asm.G) { w.inner(func() { w.g = append(w.g, i) }) }

// inner writes a block whose values are not seen behind it.
func (w *writer) inner(first func()) {
	old := *w
	w.depth++
	first()
	if w.rnd.IntN(2) == 0 {
		w.vars = append(w.vars, w.r.Var(w.vec()))
		w.gs = append(w.gs, w.r.GVar(w.gen()))
	}
	w.block(4 + w.rnd.IntN(12))
	// What is appended to the shortened lists later overwrites what was
	// appended here, which nobody has any more.
	*w = old
}

// random is a program and what it is run with. live is how many values of
// each kind are used until the end.
func random(tg asm.Target, seed uint64, live int) *trial {
	rnd := rand.New(rand.NewPCG(seed, uint64(live)))
	r := asm.New(tg, fmt.Sprintf("random%d_%d", seed, live), "", inOut, nil)
	w := &writer{r: r, rnd: rnd, tg: tg, in: r.Base("in"), out: r.Base("out")}
	w.cursor = r.GVar(r.Imm(0))
	for i := range live {
		at := asm.Mem{Base: w.in, Disp: i % inVectors * w.bytes()}
		switch i % 4 {
		case 0:
			w.vars = append(w.vars, r.Var(r.Load(at)))
			w.gs = append(w.gs, r.GVar(r.LoadInt32(at)))
			w.ks = append(w.ks, r.MVar(r.ICmp(asm.GT, r.Load(at), r.Zero())))
		default:
			w.v = append(w.v, r.IAdd(r.Load(at), r.Iota()))
		}
		if i%4 == 3 {
			w.g = append(w.g, r.LoadInt32(at.Plus(4)))
			w.k = append(w.k, r.TailMask(r.Imm(i%tg.Lanes())))
		}
	}
	w.block(20 + 2*live)
	// Everything that is known at the end is stored.
	n := outVectors
	keep := func(v asm.V) {
		if n < room {
			r.Store(asm.Mem{Base: w.out, Disp: n * w.bytes()}, v)
			n++
		}
	}
	for _, v := range append(w.v, w.vars...) {
		keep(v)
	}
	for _, g := range append(w.g, w.gs...) {
		keep(r.SplatInt(g))
	}
	for _, k := range append(w.k, w.ks...) {
		keep(show(r, k))
	}
	in := make([]uint64, inVectors*tg.Lanes())
	for i := range in {
		in[i] = word(tg.Elem, rnd.Uint64()>>rnd.IntN(64))
	}
	return &trial{r: r, in: in, out: room * tg.Lanes(), ints: true}
}

// TestRandomPrograms compares random programs with their interpretation:
// straight code, loops and branches three deep, with few values and with far
// more than there are registers.
func TestRandomPrograms(t *testing.T) {
	for _, tg := range targets {
		t.Run(tg.String(), func(t *testing.T) {
			var trials []*trial
			for seed := range uint64(12) {
				for _, live := range []int{4, 16, 40, 90} {
					trials = append(trials, random(tg, seed, live))
				}
			}
			try(t, tg, trials)
		})
	}
}

// TestSameText builds programs twice.
func TestSameText(t *testing.T) {
	for _, tg := range targets {
		var texts [2]string
		for i := range texts {
			text, err := asm.File("main", "amd64 && !purego", []*asm.Built{finish(t, random(tg, 3, 60).r), finish(t, axpy(tg))})
			if err != nil {
				t.Fatal(err)
			}
			texts[i] = string(text)
		}
		if texts[0] != texts[1] {
			t.Errorf("%s: two texts", tg)
		}
	}
}
