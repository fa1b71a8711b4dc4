package nest

import (
	"fmt"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
)

func dump(t *testing.T, k *loop.Kernel, target asm.Target) {
	r, err := Compile(k, target)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Finish()
	if err != nil {
		t.Fatal(err)
	}
	text, err := asm.File("main", "", []*asm.Built{b})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(text), b.Spills, b.Frame)
}

func TestDump(t *testing.T) {
	dump(t, pickKernel("argmax", opMax).k, asm.Target{ISA: asm.AVX2, Elem: asm.F64})
}
