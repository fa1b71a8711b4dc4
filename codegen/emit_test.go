package codegen

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

var update = flag.Bool("update", false, "write golden files")

// TestGolden compares generated packages with those in testdata.
func TestGolden(t *testing.T) {
	for name, m := range map[string]*module.Module{"funcs": funcsModule(), "mlp": mlpModule()} {
		for _, f := range emitted(t, m) {
			path := filepath.Join("testdata", name, f.Name+".golden")
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, f.Data, 0o666); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(f.Data, want) {
				t.Errorf("%s is not what it was; if that is right, run go test -update\n%s", path, firstDifference(f.Data, want))
			}
		}
	}
}

func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return "one is longer"
}

// TestDeterministic emits twice, from graphs built anew.
func TestDeterministic(t *testing.T) {
	for _, m := range []func() *module.Module{funcsModule, mlpModule, sizesModule, windowModule} {
		a, b := emitted(t, m()), emitted(t, m())
		for i := range a {
			if a[i].Name != b[i].Name || !bytes.Equal(a[i].Data, b[i].Data) {
				t.Errorf("%s differs between two runs", a[i].Name)
			}
		}
	}
}

// hostile are texts that must not get out of the comments they are put in.
var hostile = []string{
	"go:build ignore", "+build ignore", "//go:generate rm -rf /", "line x.go:1", "export f",
	"*/ func init() { panic(1) } /*", "a\nfunc init() {}", "a\r\nfunc init() {}", "a\u2028func init() {}",
	"\x00\x01\u202e", "\xff\xfe", "`", "{{.Package}}", "%s %d", "#cgo LDFLAGS: -lm", "/*", "\ufefffunc init() {}",
}

// TestHostileText puts texts everywhere that a model can have some. The output
// must parse and hold nothing but what was asked for.
func TestHostileText(t *testing.T) {
	for _, text := range hostile {
		m := mlpModule()
		m.Doc = []string{text, text}
		mo := m.Models[0]
		mo.Doc = []string{text, "", text}
		mo.Train.Outputs[0].Text = text
		mo.Train.Metrics[0].Text = text
		mo.Params[0].Doc = []string{text}
		mo.Rule.Text = text
		for i := range mo.Graph.Len() {
			mo.Graph.Node(i).Origin.Stmt = text
		}
		t.Logf("%q", text)
		for _, f := range emitted(t, m) {
			a, err := parser.ParseFile(token.NewFileSet(), f.Name, f.Data, parser.ParseComments)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			for _, d := range a.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "init" {
					t.Errorf("%q becomes code in %s", text, f.Name)
				}
			}
			for _, g := range a.Comments {
				for _, c := range g.List {
					if c.Text != "//" && !strings.HasPrefix(c.Text, "// ") && !strings.HasPrefix(c.Text, "//\t") || strings.HasPrefix(c.Text, "// +build") {
						t.Errorf("%q becomes the comment %q in %s", text, c.Text, f.Name)
					}
				}
			}
		}
	}
}

// TestHostileNames gives everything names that Go code has a use for already.
func TestHostileNames(t *testing.T) {
	names := []string{
		"func", "range", "int", "float32", "len", "w", "m", "b", "p", "g", "n", "batch", "math", "fmt", "dot", "axpy", "F",
		"err", "all", "All", "Params", "N", "check", "ShapeError", "Tensor", "x_y", "xY", "été", "世界", "_", "_x", "string", "sigmoid",
		"exp", "init", "main", "nil", "true", "loss", "seed", "t", "step", "rest",
	}
	for _, name := range names {
		k := newMaker("names")
		x, y := k.arg(name, symbolic.Shp(2)), k.arg(name+name, nil)
		sum := k.g.Add(k.g.Sum(k.g.Apply(symbolic.OpSigmoid, nil, x.Node), 0), y.Node)
		f := &module.Func{Graph: k.g,
			Name: "Func", Float: module.Float64, Args: []*module.Arg{x, y}, Results: []*module.Value{{Name: name, Node: sum}},
			Derive: []module.Derivative{{Kind: "grad", Wrt: []*module.Arg{x, y}}},
		}
		dim := symbolic.Sym(name)
		z := k.arg("z", symbolic.Shape{dim})
		big := &module.Func{Graph: k.g,
			Name: exported(name), Float: module.Float64, Dims: []*module.Dim{{Name: name}}, Args: []*module.Arg{z},
			Results: []*module.Value{{Node: k.g.Sum(k.g.Mul(z.Node, z.Node), 0)}}, Derive: []module.Derivative{{Kind: "grad", Wrt: []*module.Arg{z}}},
		}
		k.m.Funcs = []*module.Func{f, big}
		emitted(t, k.m)
	}
}

func TestFileStem(t *testing.T) {
	for model, want := range map[string]string{
		"digits.bp": "digits", "x_test.bp": "x_test_bp", "x_linux.bp": "x_linux_bp", "support.bp": "support_bp", "_x.bp": "x", ".bp": "_bp",
	} {
		if got := fileStem(model); got != want {
			t.Errorf("%s becomes %s, want %s", model, got, want)
		}
	}
}
