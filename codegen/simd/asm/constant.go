package asm

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
)

// Constants stand in read-only data whose names come from what is in them, so
// that routines of one file share it.

// Zero is 0 in all lanes.
func (r *Routine) Zero() V {
	if r.wide() {
		return V{r.put(opZero512, 0, nil)}
	}
	return V{r.put(opZero2, 0, nil)}
}

// Const is x, rounded to the element, in all lanes.
func (r *Routine) Const(x float64) V { return r.ConstBits(bitsOf(r.elem, x)) }

// ConstBits is a pattern of bits in all lanes.
func (r *Routine) ConstBits(u uint64) V {
	if r.elem == F32 {
		u = uint64(uint32(u))
	}
	if u == 0 {
		return r.Zero()
	}
	n := 1
	if !r.wide() {
		n = r.Lanes()
	}
	lanes := make([]uint64, n)
	for i := range lanes {
		lanes[i] = u
	}
	p := r.datum(lanes)
	if r.wide() {
		return V{r.put(opConstB, 0, p)}
	}
	return V{r.put(opConst, 0, p)}
}

// ConstLanes is a pattern of bits for each lane, beginning with lane 0. What
// is shorter is repeated.
func (r *Routine) ConstLanes(bits []uint64) V {
	if len(bits) == 0 {
		r.fail("a constant without lanes")
		return r.Zero()
	}
	lanes := make([]uint64, r.Lanes())
	for i := range lanes {
		lanes[i] = bits[i%len(bits)]
	}
	return V{r.put(opConst, 0, r.datum(lanes))}
}

// Iota is the number of each lane, as an integer.
func (r *Routine) Iota() V {
	lanes := make([]uint64, r.Lanes())
	for i := range lanes {
		lanes[i] = uint64(i)
	}
	return r.ConstLanes(lanes)
}

// datum keeps lanes in the read-only data.
func (r *Routine) datum(lanes []uint64) *place {
	var b []byte
	for _, u := range lanes {
		if r.elem == F32 {
			b = binary.LittleEndian.AppendUint32(b, uint32(u))
		} else {
			b = binary.LittleEndian.AppendUint64(b, u)
		}
	}
	var sym string
	if same(lanes) {
		sym = fmt.Sprintf("c%dx%d_%0*x", 8*r.elem.Size(), len(lanes), 2*r.elem.Size(), lanes[0])
	} else {
		h := fnv.New64a()
		h.Write(b)
		sym = fmt.Sprintf("c%dx%d_h%016x", 8*r.elem.Size(), len(lanes), h.Sum64())
	}
	r.code.data[sym] = b
	return &place{kind: atData, sym: sym}
}

func same(lanes []uint64) bool {
	for _, u := range lanes {
		if u != lanes[0] {
			return false
		}
	}
	return true
}
