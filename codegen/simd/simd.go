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
// that begin with name. Those of a contraction have ranges of rows and columns.
func Compile(name string, k *loop.Kernel, float int) ([]*Routine, error) {
	var out []*Routine
	for _, s := range Sets {
		t := asm.Target{ISA: s.isa, Elem: asm.F64}
		if float == 32 {
			t.Elem = asm.F32
		}
		r := &Routine{Set: s}
		k, build := named(k, name+s.Suffix), (*asm.Routine)(nil)
		if c := k.Contract(); c != nil {
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

// Scratch is the memory that each of the routines of a contraction needs, in
// elements, for so many columns.
func Scratch(rs []*Routine, cols symbolic.Poly) []symbolic.Poly {
	var out []symbolic.Poly
	for _, r := range rs {
		if r.Product != nil {
			if r.Product.Turned { // they are the routine's rows
				out = append(out, r.Product.Scratch(r.Product.Cols))
				continue
			}
			out = append(out, r.Product.Scratch(cols))
		}
	}
	return out
}

// CopiesRows reports whether a contraction is best cut by its rows: the routines
// copy those, and no columns, before they begin.
func CopiesRows(rs []*Routine) bool {
	rows, cols := false, false
	for _, r := range rs {
		if r.Product != nil {
			a, b := r.Product.PacksRows, r.Product.PacksCols
			if r.Product.Turned {
				a, b = b, a
			}
			rows, cols = rows || a, cols || b
		}
	}
	return rows && !cols
}

// CopyAll is the argument that has the routine of a contraction copy what is
// worth it.
const CopyAll = gemm.PackCols | gemm.PackRows

// Step is what ranges of rows, or of columns, begin at a multiple of.
func Step(rs []*Routine, rows bool) int {
	step := 1
	for _, r := range rs {
		switch p := r.Product; {
		case p == nil:
		case p.Turned != rows:
			step = lcm(step, p.RowStep)
		default:
			step = lcm(step, p.ColStep)
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
