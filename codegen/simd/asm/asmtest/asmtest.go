// Package asmtest runs routines of assembly in a program of their own.
package asmtest

import (
	"testing"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// Run writes a module with the routines and the program, runs it, and returns
// what it prints. The program is package main; the routines are its functions.
// On a processor that lacks what a routine needs the test is skipped.
func Run(t testing.TB, built []*asm.Built, program string) []byte { panic("soon") }
