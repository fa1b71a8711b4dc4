// Package asmtest runs routines of assembly in a program of their own.
package asmtest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// Run writes a module with the routines and a program, runs it, and returns
// what it prints. The program is package main; the routines are its functions.
// The test is skipped on a processor that lacks what a routine needs.
func Run(t testing.TB, built []*asm.Built, program string) []byte {
	t.Helper()
	for _, b := range built {
		if !Has(b.Target.ISA) {
			t.Skipf("%s needs %s, which this processor lacks", b.Name, b.Target.ISA)
		}
	}
	dir := module(t, built, program)
	goTool(t, dir, "build", "-o", "routines.exe", ".")
	return run(t, dir, filepath.Join(dir, "routines.exe"))
}

// Vet holds the routines against their declarations with go vet.
func Vet(t testing.TB, built []*asm.Built) {
	t.Helper()
	goTool(t, module(t, built, "package main\n\nfunc main() {}\n"), "vet", ".")
}

// Has reports whether this processor runs routines for an instruction set.
func Has(i asm.ISA) bool {
	if runtime.GOARCH != "amd64" {
		return false
	}
	if i == asm.AVX512 {
		return cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL
	}
	return cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI2
}

// module writes the files to a directory of their own.
func module(t testing.TB, built []*asm.Built, program string) string {
	t.Helper()
	text, err := asm.File("main", "", built)
	if err != nil {
		t.Fatal(err)
	}
	var stubs strings.Builder
	stubs.WriteString("package main\n")
	for _, b := range built {
		stubs.WriteString("\n//go:noescape\n" + b.Stub + "\n")
	}
	dir := t.TempDir()
	for name, data := range map[string]string{
		"go.mod":            "module routines\n\ngo 1.26\n",
		"routines_amd64.s":  string(text),
		"routines_amd64.go": stubs.String(),
		"main.go":           program,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// goTool runs the go command in a directory.
func goTool(t testing.TB, dir string, args ...string) {
	t.Helper()
	run(t, dir, "go", args...)
}

// run runs a command in a directory and returns what it prints. A wrong
// routine may run for ever, so there is an end to patience.
func run(t testing.TB, dir, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOARCH=amd64", "GOWORK=off")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s\n%s", name, strings.Join(args, " "), err, tail(out.Bytes()), tail(errs.Bytes()), listing(dir))
	}
	return out.Bytes()
}

// tail is the end of a long text.
func tail(b []byte) []byte { return b[max(0, len(b)-4000):] }

// listing is the assembly, for who has to find what is wrong in it.
func listing(dir string) []byte {
	b, err := os.ReadFile(filepath.Join(dir, "routines_amd64.s"))
	if err != nil {
		return nil
	}
	return b[:min(len(b), 8000)]
}
