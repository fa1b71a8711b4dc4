package asm

// Splat is lane 0 in all lanes.
func (r *Routine) Splat(v V) V { return r.vop(opSplat, v) }

// HSum is the sum of all lanes, in lane 0. The upper half is added to the
// lower one until one lane is left.
func (r *Routine) HSum(v V) V { return r.reduce(opAdd, v) }

// HMax is the largest of all lanes, in lane 0, as Max takes it.
func (r *Routine) HMax(v V) V { return r.reduce(opMax, v) }

// HMin is the smallest of all lanes, in lane 0, as Min takes it.
func (r *Routine) HMin(v V) V { return r.reduce(opMin, v) }

func (r *Routine) reduce(o *op, v V) V {
	for n := r.target.ISA.Bytes(); n > 16; n /= 2 {
		v = r.half(r.vop(o, v, r.high(v, n)), n/2)
	}
	if r.elem == F32 {
		v = r.half(r.vop(o, v, r.half(r.vopi(opWithin, 0x0e, v), 16)), 16)
	}
	return r.half(r.vop(o, v, r.half(r.vopi(opWithin, 1, v), 16)), 16)
}

// high is the upper half of a vector of n bytes.
func (r *Routine) high(v V, n int) V {
	o := opHigh512
	switch {
	case n == 32 && r.wide():
		o = opHigh256
	case n == 32:
		o = opHigh2
	}
	return r.half(r.vopi(o, 1, v), n)
}

// WidenLo makes F64 of the lower half of F32 lanes.
func (r *Routine) WidenLo(v V) V { return r.As(F64).vop(opWiden, v) }

// WidenHi makes F64 of the upper half of F32 lanes.
func (r *Routine) WidenHi(v V) V { return r.WidenLo(r.high(v, r.target.ISA.Bytes())) }

// Narrow makes F32 of two vectors of F64; the first becomes the lower half.
func (r *Routine) Narrow(lo, hi V) V {
	r = r.As(F64)
	narrow, insert := opNarrow2, opInsert2
	if r.wide() {
		narrow, insert = opNarrow512, opInsert512
	}
	return r.vopi(insert, 1, r.vop(narrow, lo), r.vop(narrow, hi))
}

// Transpose takes the rows of a square matrix and returns its columns.
func (r *Routine) Transpose(vs []V) []V {
	if len(vs) != r.Lanes() {
		r.fail("a transpose of %d rows with %d lanes", len(vs), r.Lanes())
		return vs
	}
	// Within groups of 16 bytes first: then every vector holds one column of
	// each group of rows, and groups change places.
	v := append([]V(nil), vs...)
	group := 16 / r.elem.Size()
	for i := 0; i < len(v); i += group {
		r.transposeWithin(v[i : i+group])
	}
	out := make([]V, len(v))
	for i := range group {
		// The columns i of every group of rows, in order.
		var of []V
		for j := i; j < len(v); j += group {
			of = append(of, v[j])
		}
		for j, c := range r.transposeGroups(of) {
			out[i+j*group] = c
		}
	}
	return out
}

// transposeWithin transposes the squares of 16 bytes a side that the rows have
// next to each other.
func (r *Routine) transposeWithin(v []V) {
	if r.elem == F64 {
		v[0], v[1] = r.vop(opUnpackLo, v[0], v[1]), r.vop(opUnpackHi, v[0], v[1])
		return
	}
	ab, AB := r.vop(opUnpackLo, v[0], v[1]), r.vop(opUnpackHi, v[0], v[1])
	cd, CD := r.vop(opUnpackLo, v[2], v[3]), r.vop(opUnpackHi, v[2], v[3])
	d := r.As(F64)
	v[0], v[1] = d.vop(opUnpackLo, ab, cd), d.vop(opUnpackHi, ab, cd)
	v[2], v[3] = d.vop(opUnpackLo, AB, CD), d.vop(opUnpackHi, AB, CD)
}

// transposeGroups transposes a matrix whose elements are groups of 16 bytes.
func (r *Routine) transposeGroups(v []V) []V {
	if len(v) == 2 {
		return []V{r.vopi(opHalves, 0x20, v[0], v[1]), r.vopi(opHalves, 0x31, v[0], v[1])}
	}
	// Even and odd groups of pairs of rows, then of pairs of those.
	pick := func(imm int64, a, b V) V { return r.vopi(opQuarters, imm, a, b) }
	const even, odd = 0x88, 0xdd
	e, o := pick(even, v[0], v[1]), pick(odd, v[0], v[1])
	E, O := pick(even, v[2], v[3]), pick(odd, v[2], v[3])
	return []V{pick(even, e, E), pick(even, o, O), pick(odd, e, E), pick(odd, o, O)}
}

// Lookup is the element of a table whose number each lane of index holds,
// modulo the table's size: one vector of elements, or two with AVX512.
func (r *Routine) Lookup(table []V, index V) V {
	switch {
	case len(table) == 2 && r.wide():
		return r.vop(opPerm2, index, table[0], table[1])
	case len(table) != 1:
		r.fail("a table of %d vectors", len(table))
		return index
	case r.wide() || r.elem == F32:
		return r.vop(opPerm, index, table[0])
	}
	// The halves of an element have the numbers 2i and 2i+1 among words.
	w := r.As(F32)
	twice := w.vopi(opPairs, 0xa0, r.IAdd(index, index))
	return w.vop(opPerm, w.IAdd(twice, w.ConstLanes([]uint64{0, 1})), table[0])
}
