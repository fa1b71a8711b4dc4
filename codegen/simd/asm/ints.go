package asm

import "github.com/mmcloughlin/avo/x86"

// Whole numbers between lanes, general registers and int32 of memory.
var (
	opFirst32  = row("first32", "0x dl", x86.VMOVD, x86.VMOVD, makes(gen))
	opFirst64  = row("first64", "0x d", x86.VMOVQ, x86.VMOVQ, makes(gen))
	opExtendG  = row("extendg", "0l d", x86.MOVLQSX, x86.MOVLQSX, makes(gen))
	opStoreG4  = row("storeg4", "0l m", x86.MOVL, x86.MOVL, stores)
	opWords512 = row("words512", "0 dh", nil, x86.VPMOVQD)
	opStoreI64 = row("storei64", "0 m", nil, x86.VPMOVQD, stores)
	// With a mask.
	opStoreI64M = row("storei64m", "0 1 m", nil, x86.VPMOVQD, stores)

	opGatherI512  = row("gatheri512", "g 1 dh", nil, x86.VPGATHERQD, loads, tied(2), ruins(1), apart)
	opGatherI2    = row("gatheri2", "1x g dx", nil, x86.VPGATHERQD, loads, tied(2), ruins(1), apart)
	opScatterI512 = row("scatteri512", "2h 1 g", nil, x86.VPSCATTERQD, stores, ruins(1))
	opScatter512  = row("scatter512", "2 1 g", x86.VSCATTERDPS, x86.VSCATTERQPD, stores, ruins(1))
)

// FirstInt is lane 0 of integers, sign-extended.
func (r *Routine) FirstInt(v V) G {
	if r.elem == F64 {
		return G{r.put(opFirst64, 0, nil, v.id)}
	}
	return G{r.put(opExtendG, 0, nil, r.put(opFirst32, 0, nil, v.id))}
}

// StoreInt32 writes the low 32 bits of a general register.
func (r *Routine) StoreInt32(m Mem, g G) { r.put(opStoreG4, 0, r.place(m), r.reg(g)) }

// StoreInts writes the low 32 bits of each lane as int32.
func (r *Routine) StoreInts(m Mem, v V) {
	switch {
	case r.elem == F32:
		r.Store(m, v)
	case r.wide():
		r.put(opStoreI64, 0, r.place(m), v.id)
	default:
		r.As(F32).Store(m, r.words(v))
		r.half(v, 16)
	}
}

// StoreIntsMask is StoreInts where k holds. Memory of other lanes is not
// touched.
func (r *Routine) StoreIntsMask(m Mem, k M, v V) {
	switch {
	case r.elem == F32:
		r.StoreMask(m, k, v)
	case r.wide():
		r.put(opStoreI64M, 0, r.place(m), v.id, k.id)
	default:
		r.As(F32).StoreMask(m, M{r.words(V(k)).id}, r.words(v))
		r.half(v, 16)
	}
}

// words is the lower half of each lane of 64 bits, side by side in 16 bytes.
func (r *Routine) words(v V) V {
	return r.half(r.As(F32).vopi(opShuffle, 0x88, v, r.high(v, r.target.ISA.Bytes())), 16)
}

// GatherInts reads the int32 at base + lane·scale + disp for the integers in
// the lanes of index, where k holds, and is 0 elsewhere; the zero M holds in
// all lanes. Memory of other lanes is not touched.
func (r *Routine) GatherInts(base G, index V, scale, disp int, k M) V {
	if !k.Ok() {
		k = M{r.allTrue()}
	}
	if r.elem == F32 {
		return r.GatherMask(base, index, scale, disp, k)
	}
	m := r.place(Mem{Base: base, Disp: disp})
	m.scale = scale
	o, which := opGatherI512, k.id
	if !r.wide() {
		o, which = opGatherI2, r.words(V(k)).id
	}
	return r.vop(opSignExtend, V{r.put(o, 0, m, index.id, which, r.Zero().id)})
}

// Scatter writes the lanes of v to base + lane·scale + disp for the integers
// in the lanes of index, where k holds; the zero M holds in all lanes.
func (r *Routine) Scatter(base G, index V, scale, disp int, k M, v V) {
	if r.wide() {
		if !k.Ok() {
			k = M{r.allTrue()}
		}
		m := r.place(Mem{Base: base, Disp: disp})
		m.scale = scale
		r.put(opScatter512, 0, m, index.id, k.id, v.id)
		return
	}
	r.eachLane(k, func(turn V) {
		to := Mem{Base: base, Index: r.FirstInt(r.Lookup([]V{index}, turn)), Scale: scale, Disp: disp}
		r.StoreScalar(to, r.Lookup([]V{v}, turn))
	})
}

// ScatterInts writes the low 32 bits of the lanes of v as int32, as Scatter
// does reals.
func (r *Routine) ScatterInts(base G, index V, scale, disp int, k M, v V) {
	switch {
	case r.elem == F32:
		r.Scatter(base, index, scale, disp, k, v)
	case r.wide():
		if !k.Ok() {
			k = M{r.allTrue()}
		}
		m := r.place(Mem{Base: base, Disp: disp})
		m.scale = scale
		low := V{r.put(opWords512, 0, nil, v.id)}
		r.put(opScatterI512, 0, m, index.id, k.id, low.id)
	default:
		r.eachLane(k, func(turn V) {
			to := Mem{Base: base, Index: r.FirstInt(r.Lookup([]V{index}, turn)), Scale: scale, Disp: disp}
			r.StoreInt32(to, r.FirstInt(r.Lookup([]V{v}, turn)))
		})
	}
}

// eachLane writes code for the lanes of k one by one: f is given what Lookup
// finds the lane with.
func (r *Routine) eachLane(k M, f func(turn V)) {
	one := func(lane int) { f(r.ConstLanes([]uint64{uint64(lane)})) }
	for lane := range r.Lanes() {
		if !k.Ok() {
			one(lane)
			continue
		}
		r.If(NE, r.GAnd(r.Bits(k), r.Imm(1<<lane)), r.Imm(0), func() { one(lane) }, nil)
	}
}
