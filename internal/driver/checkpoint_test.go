package driver_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// TestCheckpoint holds a checkpointed scan against the plain one: value and
// what comes back through the carries bit for bit, what is added up over the
// passes up to the order of adding; and its memory against its promise.
func TestCheckpoint(t *testing.T) {
	for _, n := range []string{"16", "7", "1", "n"} {
		t.Run(n, func(t *testing.T) {
			dim, count := "dim N = "+n, 10
			if n == "n" {
				dim = "dim N"
			} else {
				fmt.Sscan(n, &count)
			}
			plain := runScan(t, dim, "", count)
			checked := runScan(t, dim, "checkpoint", count)
			for _, name := range []string{"f", "hs", "ds0"} {
				for i, v := range plain[name] {
					if math.Float64bits(v) != math.Float64bits(checked[name][i]) {
						t.Errorf("%s[%d] is %g, plain %g", name, i, checked[name][i], v)
					}
				}
			}
			for _, name := range []string{"dW", "dxs"} {
				for i, v := range plain[name] {
					if math.Abs(v-checked[name][i]) > 1e-13*(1+math.Abs(v)) {
						t.Errorf("%s[%d] is %g, plain %g", name, i, checked[name][i], v)
					}
				}
			}
		})
	}
}

// runScan runs the gradient of a scan of a kind over n rows.
func runScan(t *testing.T, dim, kind string, n int) map[string][]float64 {
	t.Helper()
	p := scanGradient(t, dim, kind)
	prog, err := loop.Lower(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := loop.Check(prog); err != nil {
		t.Fatal(err)
	}
	in := map[string][]float64{}
	dims := map[string]int{"N": n}
	for _, b := range prog.Buffers {
		if b.Kind == loop.In {
			size, err := b.Shape.Size().Eval(func(s string) (int, bool) { v, ok := dims[s]; return v, ok })
			if err != nil {
				t.Fatal(err)
			}
			for i := range size {
				in[b.Name] = append(in[b.Name], math.Sin(float64(3*i+len(b.Name))))
			}
		}
	}
	out, err := loop.Run(prog, loop.MakePlan(prog), dims, in)
	if err != nil {
		t.Fatalf("%v\n%s", err, prog)
	}
	return out
}

func scanGradient(t *testing.T, dim, kind string) *module.Procedure {
	t.Helper()
	src := strings.ReplaceAll(`package p

DIM

func F(W [3, 3], s0 [3], xs [N, 3]) (real, [N]) {
    hs = scan x in xs carry h = s0 KIND {
        h1 = tanh(W @ h + x)
        next h = h1
        emit sum(h1)
    }
    f = sumsq(h)
    return f, hs
}
`, "KIND {", strings.TrimSpace(kind+" {"))
	src = strings.Replace(src, "DIM", dim, 1)
	var errs diag.List
	m, _ := frontend.Load("p.bp", []byte(src), frontend.Options{Float: "float64"}, &errs)
	if len(errs) > 0 {
		t.Fatal(errs.Error())
	}
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		t.Fatal(errs.Error())
	}
	return d.Funcs[0].Derivs[0]
}

// TestCheckpointMemory: what a gradient by the start needs grows with the root
// of the number of passes.
func TestCheckpointMemory(t *testing.T) {
	reals := func(n int, kind string) int {
		src := fmt.Sprintf(`package p

func F(s0 [8], const xs [%d, 8]) derive grad(s0) {
    scan x in xs carry h = s0 %s {
        next h = sin(h*h + x)*sum(h)
    }
    return sumsq(h)
}
`, n, kind)
		var errs diag.List
		m, _ := frontend.Load("p.bp", []byte(src), frontend.Options{Float: "float64"}, &errs)
		d := module.Derive(m, &errs)
		if len(errs) > 0 {
			t.Fatal(errs.Error())
		}
		prog, err := loop.Lower(d.Funcs[0].Derivs[0])
		if err != nil {
			t.Fatal(err)
		}
		size, err := loop.MakePlan(prog).Reals.Eval(func(string) (int, bool) { return 0, false })
		if err != nil {
			t.Fatal(err)
		}
		return size
	}
	small, large := reals(100, "checkpoint"), reals(10000, "checkpoint")
	if large > 11*small {
		t.Errorf("100 passes take %d numbers, 10000 take %d: more than ten times as many", small, large)
	}
	if plain := reals(10000, ""); 20*large > plain {
		t.Errorf("10000 passes take %d numbers, and %d when all is kept", large, plain)
	}
}
