package mathfn

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/asm/asmtest"
	"github.com/bpgen/bpgen/symbolic"
)

var (
	every = flag.Uint("every", 32749, "of float32 numbers, how many to step on; 1 tries all, which takes minutes a function")
	only  = flag.String("only", "", "the names of the functions to try, with commas; all where it is empty")
)

// chosen are the functions that the flag asks for.
func chosen() []*Func {
	if *only == "" {
		return Funcs()
	}
	var out []*Func
	for _, name := range strings.Split(*only, ",") {
		out = append(out, Lookup(name))
	}
	return out
}

// routine applies f to slices whose lengths are multiples of the lanes.
func routine(f *Func, t asm.Target) *asm.Routine {
	params := []asm.Param{{Name: "x", Kind: asm.Reals}, {Name: "y", Kind: asm.Reals}, {Name: "out", Kind: asm.Reals}}
	r := asm.New(t, symbol(f, t), "", params, nil)
	x, y, out := r.Base("x"), r.Base("y"), r.Base("out")
	r.Loop(r.Len("out"), t.Lanes(), func(i asm.G) {
		args := []asm.V{r.Load(asm.Mem{Base: x, Index: i, Scale: t.Size()})}
		if f.Args == 2 {
			args = append(args, r.Load(asm.Mem{Base: y, Index: i, Scale: t.Size()}))
		}
		r.Store(asm.Mem{Base: out, Index: i, Scale: t.Size()}, f.Code(r, args...))
	})
	return r
}

func symbol(f *Func, t asm.Target) string { return fmt.Sprintf("%s_%s_%s", f.Name, t.ISA, t.Elem) }

func build(t testing.TB, f *Func, tg asm.Target) *asm.Built {
	b, err := routine(f, tg).Finish()
	if err != nil {
		t.Fatalf("%s: %v", symbol(f, tg), err)
	}
	return b
}

// TestAccuracy compares all functions with package math and math/big, in a
// program of its own.
func TestAccuracy(t *testing.T) {
	src, err := os.ReadFile("testdata/accuracy.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, isa := range []asm.ISA{asm.AVX2, asm.AVX512} {
		t.Run(isa.String(), func(t *testing.T) {
			if !asmtest.Has(isa) {
				t.Skipf("this processor lacks %s", isa)
			}
			var built []*asm.Built
			var rows strings.Builder
			for _, f := range chosen() {
				names := map[asm.Elem]string{}
				for _, e := range []asm.Elem{asm.F32, asm.F64} {
					tg := asm.Target{ISA: isa, Elem: e}
					built = append(built, build(t, f, tg))
					names[e] = symbol(f, tg)
				}
				fmt.Fprintf(&rows, "\t{%q, %d, %s, %s, %g, %g},\n", f.Name, f.Args, names[asm.F32], names[asm.F64], f.ULP32, f.ULP64)
			}
			program := string(src) + fmt.Sprintf("\nconst every = %d\n\nvar rows = []row{\n%s}\n", *every, rows.String())
			out := asmtest.Run(t, built, program)
			for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
				if bad, ok := strings.CutPrefix(line, "BAD "); ok {
					t.Error(bad)
				} else {
					t.Log(line)
				}
			}
		})
	}
}

// TestVet has go vet compare the routines with their declarations.
func TestVet(t *testing.T) {
	var built []*asm.Built
	for _, isa := range []asm.ISA{asm.AVX2, asm.AVX512} {
		for _, e := range []asm.Elem{asm.F32, asm.F64} {
			for _, f := range Funcs() {
				built = append(built, build(t, f, asm.Target{ISA: isa, Elem: e}))
			}
		}
	}
	asmtest.Vet(t, built)
}

// TestTable holds the table against what Lookup finds.
func TestTable(t *testing.T) {
	for i, f := range Funcs() {
		if i > 0 && Funcs()[i-1].Name >= f.Name {
			t.Errorf("%s is not in order", f.Name)
		}
		if Lookup(f.Name) != f {
			t.Errorf("%s is not found", f.Name)
		}
		if op := symbolic.Lookup(f.Name); op == nil || op.Args != f.Args {
			t.Errorf("%s is no operator of %d arguments", f.Name, f.Args)
		}
	}
	if Lookup("add") != nil {
		t.Error("add is a function")
	}
}
