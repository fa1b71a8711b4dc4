package asm

// Load is the vector at m.
func (r *Routine) Load(m Mem) V { return V{r.put(opLoad, 0, r.place(m))} }

// LoadMask is the vector at m where k holds and 0 elsewhere. Memory of other
// lanes is not touched.
func (r *Routine) LoadMask(m Mem, k M) V {
	if r.wide() {
		return V{r.put(opLoadM512, 0, r.place(m), k.id)}
	}
	return V{r.put(opLoadM2, 0, r.place(m), k.id)}
}

// Store writes a vector.
func (r *Routine) Store(m Mem, v V) { r.put(opStore, 0, r.place(m), v.id) }

// StoreMask writes the lanes where k holds; memory of others is not touched.
func (r *Routine) StoreMask(m Mem, k M, v V) {
	if r.wide() {
		r.put(opStoreM512, 0, r.place(m), v.id, k.id)
		return
	}
	r.put(opStoreM2, 0, r.place(m), v.id, k.id)
}

// StoreNT writes a vector past the caches; m is aligned to the size of a
// vector. Fence comes after the last of them.
func (r *Routine) StoreNT(m Mem, v V) { r.put(opStoreNT, 0, r.place(m), v.id) }

// Fence makes what StoreNT wrote visible to others before what follows.
func (r *Routine) Fence() { r.put(opFence, 0, nil) }

// Broadcast is the element at m in all lanes.
func (r *Routine) Broadcast(m Mem) V { return V{r.put(opBcst, 0, r.place(m))} }

// LoadScalar is the element at m in lane 0, and 0 elsewhere.
func (r *Routine) LoadScalar(m Mem) V { return V{r.put(opLoad1, 0, r.place(m))} }

// StoreScalar writes lane 0.
func (r *Routine) StoreScalar(m Mem, v V) { r.put(opStore1, 0, r.place(m), v.id) }

// Gather reads the elements at base + lane·scale + disp for the integers in
// the lanes of index.
func (r *Routine) Gather(base G, index V, scale, disp int) V {
	return r.gather(base, index, scale, disp, r.allTrue())
}

// GatherMask gathers where k holds and is 0 elsewhere. Memory of other lanes
// is not touched.
func (r *Routine) GatherMask(base G, index V, scale, disp int, k M) V {
	return r.gather(base, index, scale, disp, k.id)
}

func (r *Routine) gather(base G, index V, scale, disp int, k id) V {
	m := r.place(Mem{Base: base, Disp: disp})
	m.scale = scale
	o := opGather2
	if r.wide() {
		o = opGather512
	}
	// Lanes that are not read keep what they were: 0.
	return V{r.put(o, 0, m, index.id, k, r.Zero().id)}
}

// allTrue is the condition that holds in all lanes.
func (r *Routine) allTrue() id {
	if r.wide() {
		return r.put(opOnes512, 0, nil)
	}
	return r.ConstBits(^uint64(0)).id
}

// LoadInts is int32s of memory as integers of the width of a lane.
func (r *Routine) LoadInts(m Mem) V {
	if r.elem == F32 {
		return r.Load(m)
	}
	return V{r.put(opLoadI64, 0, r.place(m))}
}

// LoadIntsMask is LoadInts where k holds and 0 elsewhere. Memory of other
// lanes is not touched.
func (r *Routine) LoadIntsMask(m Mem, k M) V {
	switch {
	case r.elem == F32:
		return r.LoadMask(m, k)
	case r.wide():
		return V{r.put(opLoadI64M512, 0, r.place(m), k.id)}
	}
	// The mask for half as wide lanes: every other word of it.
	lo, hi := V(k), r.high(V(k), r.target.ISA.Bytes())
	narrow := r.half(r.As(F32).vopi(opShuffle, 0x88, lo, hi), 16)
	return r.vop(opSignExtend, V{r.put(opLoadIM2, 0, r.place(m), narrow.id)})
}

// BroadcastInt is one int32 of memory in all lanes as an integer of their
// width.
func (r *Routine) BroadcastInt(m Mem) V {
	if r.elem == F64 {
		return r.SplatInt(r.LoadInt32(m))
	}
	return V{r.put(opBcstI, 0, r.place(m))}
}

// Prefetch asks for the line of m.
func (r *Routine) Prefetch(m Mem, h Hint) { r.put(opPrefetch[h], 0, r.place(m)) }
