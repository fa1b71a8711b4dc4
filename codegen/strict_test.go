package codegen

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// TestRoundProducts has the places that a product may stand in.
func TestRoundProducts(t *testing.T) {
	const frame = `package p

type float interface{ float32 | float64 }

func f[F float](x, y, z F, a []float32, b, c float64, n int) {
	%s
}

func use(...any) {}
`
	for _, c := range []struct{ code, want string }{
		{"z = x*y + z", "z = F(x*y) + z"},
		{"b += b * c", "b += float64(b * c)"},
		{"b -= (b * c)", "b -= float64(b * c)"},
		{"a[n*2] *= a[n+1] + a[n]", "a[n*2] = float32(a[n*2] * (a[n+1] + a[n]))"},
		{"a[0] /= a[1]", "a[0] = float32(a[0] / a[1])"},
		{"b *= b * c", "b = float64(b * float64(b*c))"},
		{"b = -(b * c) + 1", "b = -float64(b*c) + 1"},
		{"b = b*c*b - c/4", "b = float64(float64(b*c)*b) - float64(c/4)"},
		{"b = b / (c * b) * (b*c)", "b = float64(float64(b/(c*b)) * float64(b*c))"},
		{"b = (b*c + 1) / (c - b*b)", "b = float64((float64(b*c) + 1) / (c - float64(b*b)))"},
		{"b = 2*3 + c", "b = 2*3 + c"},
		{"n = n*n + n", "n = n*n + n"},
		{"n *= n", "n *= n"},
		{"use(b*c > 1, float64(b*c), float64(a[0]*a[1]))", "use(b*c > 1, float64(b*c), float64(float32(a[0]*a[1])))"},
		{"use(func() float64 { return b * c }())", "use(func() float64 { return float64(b * c) }())"},
	} {
		src := fmt.Sprintf(frame, c.code+"\n\tuse(x, y, z, a, b, c, n)")
		want := fmt.Sprintf(frame, c.want+"\n\tuse(x, y, z, a, b, c, n)")
		files, err := roundProducts("p", []File{{"p.go", []byte(src)}, {"p_test.go", []byte("package p\n\nfunc g(x float64) float64 { return x*x + 1 }\n")}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(files[0].Data); got != want {
			t.Errorf("%s becomes\n%s", c.code, got)
		}
		if !strings.Contains(string(files[1].Data), "x*x + 1") {
			t.Error("a test is changed")
		}
	}
}

// TestStrictMath holds the functions that are to be exact against the list of those
// that models may call: each is exact, has another form or is refused.
func TestStrictMath(t *testing.T) {
	var refused []string
	for _, name := range symbolic.MathFunctions() {
		if StrictForeign(symbolic.Foreign{Path: "math", Func: name}) != nil {
			refused = append(refused, name)
		}
	}
	if want := []string{"Erfcinv", "Erfinv", "Gamma"}; !slices.Equal(refused, want) {
		t.Errorf("%q are refused, want %q", refused, want)
	}
	for _, op := range symbolic.Ops() {
		if name, ok := strings.CutPrefix(op.Go, "math."); ok && strictMath(name) == "" {
			t.Errorf("%s has no form that is the same everywhere", op.Name)
		}
	}
	if _, err := portableMath("package p\n\nvar x = math.Gamma(1) + math.Sqrt(2)\n"); err == nil || !strings.Contains(err.Error(), "math.Gamma") {
		t.Errorf("got %v", err)
	}
	got, err := portableMath("package p\n\nvar x = math.Log(1) + math.Pi // math.Log\n")
	if want := "package p\n\nvar x = strictLog(1) + math.Pi // math.Log\n"; err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
}

// fused are the instructions that combine a product with a sum, of all architectures.
var fused = regexp.MustCompile(`\t(V?FN?M(ADD|SUB)[0-9DFS]*)\t`)

// TestStrictFused compiles packages for the platforms that combine products with
// sums, with the compiler alone and declarations in the place of the standard
// library, and looks for such instructions: with -strict there are none.
func TestStrictFused(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	models := []string{"training", "strict"}
	packages := map[bool][][]File{}
	for _, m := range models {
		for _, strict := range []bool{false, true} {
			if m == "training" || strict {
				packages[strict] = append(packages[strict], strictly(t, "../internal/driver/testdata/"+m+".bp", strict))
			}
		}
	}
	for _, env := range [][]string{
		{"GOARCH=amd64", "GOAMD64=v3"}, {"GOARCH=arm64"}, {"GOARCH=ppc64le"}, {"GOARCH=s390x"}, {"GOARCH=riscv64"}, {"GOARCH=loong64"},
	} {
		c := newCompiler(t, env)
		for _, strict := range []bool{false, true} {
			var found []string
			for _, files := range packages[strict] {
				for l := range strings.Lines(c.assembly(t, files)) {
					if fused.MatchString(l) {
						found = append(found, l)
					}
				}
			}
			switch {
			case strict && len(found) > 0:
				t.Errorf("%s: %d instructions combine products and sums with -strict: %s", env, len(found), found[:min(3, len(found))])
			case !strict && len(found) == 0:
				t.Errorf("%s: no instruction combines products and sums, so this test can't fail", env)
			}
		}
	}
}

// strictly generates a package in portable Go.
func strictly(t *testing.T, path string, strict bool) []File {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var errs diag.List
	m, _ := frontend.Load(path, src, frontend.Options{}, &errs)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	files, err := Emit(d, m, Options{Strict: strict})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(files, func(f File) bool {
		asm := strings.Contains(f.Name, "_amd64")
		if strict && asm {
			t.Errorf("%s has assembly: %s", path, f.Name)
		}
		return asm
	})
}

// A compiler is Go's for a platform.
type compiler struct {
	env  []string
	dir  string
	tool string
}

// newCompiler compiles the declarations in std.txt.
func newCompiler(t *testing.T, env []string) *compiler {
	t.Helper()
	tool, err := exec.Command("go", "tool", "-n", "compile").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := &compiler{env: append(os.Environ(), append(env, "GOOS=linux")...), dir: t.TempDir(), tool: strings.TrimSpace(string(tool))}
	var config strings.Builder
	for path := range std.source {
		fmt.Fprintf(&config, "packagefile %s=%s\n", path, c.archive(path))
	}
	if err := os.WriteFile(filepath.Join(c.dir, "importcfg"), []byte(config.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{}
	var compile func(path string)
	compile = func(path string) {
		if done[path] {
			return
		}
		done[path] = true
		src := strings.ReplaceAll(string(std.source[path]), " {}\n", " { panic(0) }\n")
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			compile(strings.Trim(i.Path.Value, `"`))
		}
		c.run(t, path, []File{{"std.go", []byte(src)}})
	}
	for path := range std.source {
		compile(path)
	}
	return c
}

func (c *compiler) archive(path string) string {
	return filepath.Join(c.dir, strings.ReplaceAll(path, "/", "_")+".a")
}

// assembly returns what files are compiled to.
func (c *compiler) assembly(t *testing.T, files []File) string {
	t.Helper()
	return c.run(t, "p", files, "-S")
}

func (c *compiler) run(t *testing.T, path string, files []File, flags ...string) string {
	t.Helper()
	args := append(flags, "-p", path, "-importcfg", filepath.Join(c.dir, "importcfg"), "-o", c.archive(path))
	for _, f := range files {
		name := filepath.Join(c.dir, f.Name)
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	cmd := exec.Command(c.tool, args...)
	cmd.Env = c.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatal(errors.Join(err, errors.New(out.String()+errs.String())))
	}
	return out.String()
}
