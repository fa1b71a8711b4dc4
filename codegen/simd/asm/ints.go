package asm

// Wanted by nest (to be implemented; signatures may be moved):

// FirstInt is lane 0 of integers, sign-extended.
func (r *Routine) FirstInt(v V) G { panic("soon") }

// StoreInts writes the low 32 bits of each lane as int32.
func (r *Routine) StoreInts(m Mem, v V) { panic("soon") }

// StoreIntsMask does so for the lanes of k and touches no other memory.
func (r *Routine) StoreIntsMask(m Mem, k M, v V) { panic("soon") }

// StoreInt32 writes the low 32 bits of a general register.
func (r *Routine) StoreInt32(m Mem, g G) { panic("soon") }

// GatherInts gathers int32 into integer lanes; the zero M stands for all lanes,
// others are 0 and their memory is not touched.
func (r *Routine) GatherInts(base G, index V, scale, disp int, k M) V { panic("soon") }

// Scatter stores the lanes of k (the zero M: all) at base + index·scale + disp.
func (r *Routine) Scatter(base G, index V, scale, disp int, k M, v V) { panic("soon") }
