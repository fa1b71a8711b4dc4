package mathfn

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/asm/asmtest"
)

// BenchmarkFuncs measures each function on a vector of 100 000 numbers, in a
// program of its own, which prints nanoseconds an element.
func BenchmarkFuncs(b *testing.B) {
	src, err := os.ReadFile("testdata/speed.go")
	if err != nil {
		b.Fatal(err)
	}
	var built []*asm.Built
	var rows [2]strings.Builder
	for _, isa := range []asm.ISA{asm.AVX2, asm.AVX512} {
		if !asmtest.Has(isa) {
			continue
		}
		for _, e := range []asm.Elem{asm.F32, asm.F64} {
			for _, f := range chosen() {
				tg := asm.Target{ISA: isa, Elem: e}
				built = append(built, build(b, f, tg))
				fmt.Fprintf(&rows[e], "\t{%q, %s},\n", symbol(f, tg), symbol(f, tg))
			}
		}
	}
	program := string(src) + fmt.Sprintf("\nvar singles = []row[float32]{\n%s}\n\nvar doubles = []row[float64]{\n%s}\n", rows[asm.F32].String(), rows[asm.F64].String())
	for b.Loop() {
		fmt.Printf("%s", asmtest.Run(b, built, program))
	}
}
