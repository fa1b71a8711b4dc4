package nest

import (
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/mathfn"
	"github.com/bpgen/bpgen/symbolic"
)

// TestFunctions holds every operator that has a vector form against its
// meaning, through a loop.
func TestFunctions(t *testing.T) {
	var tests []test
	for _, f := range mathfn.Funcs() {
		op := symbolic.Lookup(f.Name)
		if op == nil || op.Eval == nil || f.Args > 2 {
			continue
		}
		tests = append(tests, test{k: elementwise(f.Name, func(x, z loop.Expr) loop.Expr {
			return ap(f.Name, []loop.Expr{x, z}[:f.Args]...)
		}), sizes: lengths("n")[30:40], tol: 2 * max(f.ULP32, f.ULP64), tame: true})
	}
	runAll(t, tests)
}
