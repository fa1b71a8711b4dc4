package bpgen_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

const path = "github.com/bpgen/bpgen/"

// order lists the packages along the way of a model, each with those that it
// may import. What is not listed may be imported by nobody below.
var order = map[string][]string{
	"internal/diag":            {},
	"parser":                   {"internal/diag"},
	"symbolic":                 {"internal/diag"},
	"symbolic/module":          {"internal/diag", "symbolic"},
	"symbolic/notation":        {"symbolic"},
	"explain/layout":           {},
	"explain":                  {"internal/diag", "symbolic", "symbolic/module", "symbolic/notation", "explain/layout"},
	"templates":                {},
	"symbolic/frontend":        {"internal/diag", "parser", "symbolic", "symbolic/module", "templates"},
	"codegen/loop":             {"symbolic", "symbolic/module", "symbolic/notation"},
	"codegen/simd/asm":         {},
	"codegen/simd/asm/asmtest": {"codegen/simd/asm"},
	"codegen/simd/mathfn":      {"codegen/simd/asm"},
	"codegen/simd/nest":        {"symbolic", "codegen/loop", "codegen/simd/asm", "codegen/simd/mathfn"},
	"codegen/simd/gemm":        {"symbolic", "codegen/loop", "codegen/simd/asm", "codegen/simd/nest"},
	"codegen/simd":             {"symbolic", "codegen/loop", "codegen/simd/asm", "codegen/simd/gemm", "codegen/simd/nest"},
	"codegen":                  {"internal/diag", "symbolic", "symbolic/module", "codegen/loop", "codegen/simd", "templates"},
	"internal/driver": {"internal/diag", "parser", "symbolic", "symbolic/module", "symbolic/frontend",
		"codegen/loop", "codegen", "explain", "templates"},
	"internal/opsdoc":   {"symbolic"},
	"internal/randprog": {"internal/diag", "internal/randprog/curves", "parser"},
	"cmd/playground":    {"explain", "internal/driver"},
	"cmd/bpgen":         {"internal/diag", "internal/driver", "explain", "templates"},
}

// TestArrows holds the imports of every package against the plan of
// docs/ARCHITECTURE.md: data goes one way.
func TestArrows(t *testing.T) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedImports}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range pkgs {
		name := strings.TrimPrefix(p.PkgPath, path)
		allowed, listed := order[name]
		seen[name] = true
		for imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, path)
			switch {
			case !ours:
			case strings.HasPrefix(name, "examples/") && strings.HasPrefix(to, "generated/"):
			case strings.HasPrefix(name, "examples/") && strings.HasPrefix(to, "examples/") && strings.HasSuffix(to, "/data"):
			case strings.HasPrefix(name, "generated/"):
				t.Errorf("%s imports %s: generated packages import the standard library only", name, to)
			case !listed:
				t.Errorf("%s imports %s but stands nowhere in the plan", name, to)
			case !slices.Contains(allowed, to):
				t.Errorf("%s imports %s, against the arrows", name, to)
			}
		}
		if strings.HasPrefix(name, "generated/") {
			for imp := range p.Imports {
				if strings.Contains(strings.Split(imp, "/")[0], ".") {
					t.Errorf("%s imports %s: generated packages import the standard library only", name, imp)
				}
			}
		}
	}
	for name := range order {
		if !seen[name] {
			t.Errorf("the plan lists %s, which does not exist", name)
		}
	}
}
