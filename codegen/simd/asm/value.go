package asm

// V is a vector. Its lanes are elements or integers of their width.
type V struct{ id id }

// G is a general register of 64 bits.
type G struct{ id id }

// M is a condition for each lane: a mask register with AVX512, a vector of
// zeros and ones with AVX2.
type M struct{ id id }

// Ok reports whether the handle stands for a value: the zero V does not.
func (v V) Ok() bool { return v.id != 0 }

// Ok reports whether the handle stands for a value.
func (g G) Ok() bool { return g.id != 0 }

// Ok reports whether the handle stands for a value.
func (k M) Ok() bool { return k.id != 0 }

// id is the number of a virtual register, from 1.
type id int32

// Mem is a place in memory, in bytes: Base + Index·Scale + Disp.
type Mem struct {
	Base  G
	Index G // may be the zero G
	Scale int
	Disp  int
}

// Plus is the place n bytes after m.
func (m Mem) Plus(n int) Mem {
	m.Disp += n
	return m
}

// A Pred compares.
type Pred uint8

// The predicates.
const (
	EQ Pred = iota
	NE
	LT
	LE
	GT
	GE
)

func (p Pred) String() string { return [...]string{"==", "!=", "<", "<=", ">", ">="}[p] }

// A Mode rounds to an integer.
type Mode uint8

// The modes, numbered as the instructions do.
const (
	Nearest Mode = iota // ties to even
	Floor
	Ceil
	Trunc
)

// A Hint says how near to the core a prefetched line is wanted.
type Hint uint8

// The hints.
const (
	NTA Hint = iota
	T0
	T1
	T2
)
