package nest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// text compiles a kernel to the text of a file.
func text(t *testing.T, k *loop.Kernel, target asm.Target) []byte {
	t.Helper()
	r, err := Compile(k, target)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Finish()
	if err != nil {
		t.Fatal(err)
	}
	out, err := asm.File("p", "", []*asm.Built{b})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSameText compiles over and over, since maps have another order each time.
func TestSameText(t *testing.T) {
	for _, k := range []*loop.Kernel{
		classes("classes", in(10), "exp").k, bias("bias", in(3)).k, columnSums("columns", in(100)).k,
		recordsKernel("records", 5, sy("n"), []int{0, 1, 2, 3, 4}, []int{0, 1, 2}).k,
	} {
		for _, target := range []asm.Target{{ISA: asm.AVX2, Elem: asm.F64}, {ISA: asm.AVX512, Elem: asm.F32}} {
			want := text(t, k, target)
			for range 20 {
				if !bytes.Equal(text(t, k, target), want) {
					t.Fatalf("%s for %s differs from run to run", k.Name, target)
				}
			}
		}
	}
}

// TestErrors holds what a kernel must not have to be told, by both ways.
func TestErrors(t *testing.T) {
	n, i := ivar("n"), ivar("i")
	y := buf(loop.Out, "y", symbolic.Real, sy("n"))
	on := &loop.Var{Name: "on", Type: symbolic.Boolean}
	truth := kernel("truth", []any{n}, acc(on, 0))
	truth.Results = []*loop.Var{on}
	nothing := &symbolic.OpSpec{Name: "nothing", Args: 1, Class: symbolic.Elementwise}
	for want, k := range map[string]*loop.Kernel{
		"no routine returns":         truth,
		"Tile has no vector form":    kernel("tile", []any{n}, &loop.Tile{From: ivar("f"), Rows: ivar("r"), Extent: sy("n"), Size: 4}),
		"nothing has no vector form": kernel("op", []any{y, n}, rep(i, sy("n"), set(y, sy("i"), &loop.Apply{Op: nothing, Args: []loop.Expr{at(y, sy("i"))}}))),
	} {
		_, err := Compile(k, asm.Target{ISA: asm.AVX512, Elem: asm.F32})
		for _, err := range []error{err, Supported(k)} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", k.Name, err, want)
			}
		}
	}
}

// TestLanes holds which loop is taken for the lanes: a routine for a body says
// so by what it does not do.
func TestLanes(t *testing.T) {
	target := asm.Target{ISA: asm.AVX512, Elem: asm.F32}
	for _, c := range []struct {
		k           *loop.Kernel
		has, hasNot string
	}{
		{columnSums("columns", in(256)).k, "VADDPS 64(", "VEXTRACTF64X4"},                                  // columns side by side, sums in registers
		{rowSums("rows", in(256)).k, "VEXTRACTF64X4", "VGATHER"},                                           // along the row
		{bias("short", in(3)).k, "VPERMI2PS", "VGATHERDPS (DX)"},                                           // fields of records
		{elementwise("max0", func(x, _ loop.Expr) loop.Expr { return ap("relu", x) }), "VMAXPS", "VCMPPS"}, // NaN for free
		{elementwise("quarter", func(x, _ loop.Expr) loop.Expr { return ap("div", x, num(4)) }), "VMULPS", "VDIVPS"},
	} {
		got := string(text(t, c.k, target))
		if !strings.Contains(got, c.has) || strings.Contains(got, c.hasNot) {
			t.Errorf("%s: has %s: %t, has %s: %t\n%s", c.k.Name, c.has, strings.Contains(got, c.has), c.hasNot, strings.Contains(got, c.hasNot), got)
		}
	}
}
