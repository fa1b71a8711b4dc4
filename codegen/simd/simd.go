// Package simd compiles kernels of loop programs to assembly: contractions as
// register-blocked tiles (package gemm), other nests as loops over vectors
// (package nest).
//
// What comes in is a kernel that mentions nothing but its parameters. What goes
// out is a routine for each set of instructions, which computes the same but
// for rounding, or an error that says what has no form in vectors.
package simd

import (
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/gemm"
	"github.com/bpgen/bpgen/codegen/simd/nest"
	"github.com/bpgen/bpgen/symbolic"
)

// A Set is a set of instructions that there are routines for.
type Set struct {
	Name   string // as generated code calls it
	Suffix string // of the names of routines
	isa    asm.ISA
}

// Sets are those that there are, the best first.
var Sets = []Set{{"avx512", "AVX512", asm.AVX512}, {"avx2", "AVX2", asm.AVX2}}

// A Routine is a kernel in assembly.
type Routine struct {
	Set     Set
	Built   *asm.Built
	Product *gemm.Plan // of a contraction: its ranges; else nil
}

// Compile returns the routines of a kernel, in the order of Sets, under names
// that begin with name. A contraction has ranges of its own and is compiled
// whole; of what is cut into parts otherwise, part is compiled.
func Compile(name string, whole, part *loop.Kernel, float int) ([]*Routine, error) {
	var out []*Routine
	for _, s := range Sets {
		t := asm.Target{ISA: s.isa, Elem: asm.F64}
		if float == 32 {
			t.Elem = asm.F32
		}
		r := &Routine{Set: s}
		k, build := named(part, name+s.Suffix), (*asm.Routine)(nil)
		if c := whole.Contract(); c != nil {
			k = named(whole, name+s.Suffix)
			k.Body = []loop.Stmt{c}
			p, err := gemm.Compile(k, t)
			if err != nil {
				return nil, err
			}
			r.Product, build = p, p.Routine
		} else {
			n, err := nest.Compile(k, t)
			if err != nil {
				return nil, err
			}
			build = n
		}
		var err error
		if r.Built, err = build.Finish(); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// named is k under another name.
func named(k *loop.Kernel, name string) *loop.Kernel {
	c := *k
	c.Name = name
	return &c
}

// Scratch is the memory that routines of one kernel need at most, in elements,
// for so many columns of a contraction.
func Scratch(rs []*Routine, cols symbolic.Poly) (symbolic.Poly, bool) {
	var most symbolic.Poly
	found := false
	for _, r := range rs {
		if r.Product == nil {
			continue
		}
		if n := r.Product.Scratch(cols); !n.Is(0) {
			most, found = n, true // the first set has the longest vectors
			break
		}
	}
	return most, found
}

// Step is what ranges of rows or columns begin at a multiple of.
func Step(rs []*Routine) int {
	step := 1
	for _, r := range rs {
		if r.Product != nil {
			step = lcm(step, lcm(r.Product.RowStep, r.Product.ColStep))
		}
	}
	return step
}

func lcm(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}

// File is the text of the assembly file with all routines.
func File(pkg string, rs []*Routine) ([]byte, error) {
	var built []*asm.Built
	for _, r := range rs {
		built = append(built, r.Built)
	}
	return asm.File(pkg, Tags, built)
}

// Tags is the build constraint of assembly.
const Tags = "amd64 && !purego"

// Declaration is a routine as Go declares it.
func (r *Routine) Declaration() string { return strings.TrimSpace(r.Built.Stub) }
