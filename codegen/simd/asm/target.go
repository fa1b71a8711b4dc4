package asm

// An ISA is a set of instructions that a routine may use.
type ISA uint8

// The sets: AVX2 has FMA and BMI2 with it, AVX512 has F, DQ, BW and VL.
const (
	AVX2 ISA = iota
	AVX512
)

func (i ISA) String() string { return [...]string{"avx2", "avx512"}[i] }

// Bytes is the size of a vector register.
func (i ISA) Bytes() int { return 32 << i }

// An Elem is the type of a lane.
type Elem uint8

// The elements.
const (
	F32 Elem = iota
	F64
)

func (e Elem) String() string { return [...]string{"float32", "float64"}[e] }

// Size is the number of bytes of an element.
func (e Elem) Size() int { return 4 << e }

// A Target is what a routine is written for.
type Target struct {
	ISA  ISA
	Elem Elem
}

func (t Target) String() string { return t.ISA.String() + "/" + t.Elem.String() }

// Lanes is the number of elements of a vector.
func (t Target) Lanes() int { return t.ISA.Bytes() / t.Elem.Size() }

// Size is the number of bytes of an element.
func (t Target) Size() int { return t.Elem.Size() }

// Registers is the number of vector registers.
func (t Target) Registers() int { return 16 << t.ISA }
