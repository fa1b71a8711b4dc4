// Package mathfn writes the elementary functions as straight-line vector code.
//
// The polynomials were made with Sollya's fpminimax for the type of the
// element: they minimise the relative error with coefficients that are numbers
// of that type.
package mathfn

import (
	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// A Func is a function of reals that works on all lanes at once. Special
// values are those of package math.
type Func struct {
	Name  string // the operator's
	Args  int
	Code  func(r *asm.Routine, x ...asm.V) asm.V
	ULP32 float64 // how far results are from the truth at most, in units in the last place
	ULP64 float64
}

// Lookup returns the function for the operator of that name, or nil.
func Lookup(name string) *Func { return byName[name] }

// Funcs are all functions, in order of name.
func Funcs() []*Func { return funcs }

var byName = func() map[string]*Func {
	m := map[string]*Func{}
	for _, f := range funcs {
		m[f.Name] = f
	}
	return m
}()

// one is a function of one argument.
func one(name string, f func(c code, x asm.V) asm.V, ulp32, ulp64 float64) *Func {
	return &Func{name, 1, func(r *asm.Routine, x ...asm.V) asm.V { return f(codeOf(r), x[0]) }, ulp32, ulp64}
}

// two is a function of two arguments.
func two(name string, f func(c code, x, y asm.V) asm.V, ulp32, ulp64 float64) *Func {
	return &Func{name, 2, func(r *asm.Routine, x ...asm.V) asm.V { return f(codeOf(r), x[0], x[1]) }, ulp32, ulp64}
}
