package asm

// Sums adds up the lanes of each vector: the sum of vs[i] is in lane i. There
// are at most as many vectors as lanes; what is in other lanes is not said.
// Sums go by neighbours within 16 bytes first, then across.
func (r *Routine) Sums(vs []V) V {
	group := 16 / r.elem.Size()
	if len(vs) == 0 || len(vs) > r.Lanes() {
		r.fail("sums of %d vectors with %d lanes", len(vs), r.Lanes())
		return V{}
	}
	var quads []V
	for i := 0; i < len(vs); i += group {
		quads = append(quads, r.sumsWithin(vs[i:min(i+group, len(vs))]))
	}
	both := func(lo, hi int64, o *op, a, b V) V {
		return r.Add(r.vopi(o, lo, a, b), r.vopi(o, hi, a, b))
	}
	at := func(i int) V { return quads[min(i, len(quads)-1)] }
	if !r.wide() {
		return both(0x20, 0x31, opHalves, at(0), at(1))
	}
	const even, odd = 0x88, 0xdd
	lower := both(even, odd, opQuarters, at(0), at(1))
	upper := lower
	if len(quads) > 2 {
		upper = both(even, odd, opQuarters, at(2), at(3))
	}
	return both(even, odd, opQuarters, lower, upper)
}

// sumsWithin adds up the elements of each 16 bytes of up to as many vectors as
// those have elements, whose sums come to stand side by side.
func (r *Routine) sumsWithin(vs []V) V {
	at := func(i int) V { return vs[min(i, len(vs)-1)] }
	pair := func(r *Routine, a, b V) (lo, hi V) { return r.vop(opUnpackLo, a, b), r.vop(opUnpackHi, a, b) }
	sum := func(lo, hi V) V { return r.Add(lo, hi) }
	if r.elem == F64 {
		return sum(pair(r, at(0), at(1)))
	}
	ab := sum(pair(r, at(0), at(1)))
	cd := ab
	if len(vs) > 2 {
		cd = sum(pair(r, at(2), at(3)))
	}
	return sum(pair(r.As(F64), ab, cd))
}
