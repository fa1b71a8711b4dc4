package driver_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// TestFixedBugs runs testdata/fixedbugs: an archive for each bug that there
// was. model.bp is what went wrong. Beside it are
//
//	want         a regular expression in a line, for the errors of check
//	values.json  calls of funcs, with their results and gradients
//	go           regular expressions, one in a line, for the generated Go
//	fixed_test.go  TestFixed, a test of the generated package
//
// Without want the model must generate code that go vet accepts.
func TestFixedBugs(t *testing.T) {
	files, err := filepath.Glob(root + "/testdata/fixedbugs/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	dir := t.TempDir()
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".txtar")
		t.Run(name, func(t *testing.T) { fixedBug(t, f, filepath.Join(dir, name)) })
	}
	write(t, filepath.Join(dir, "go.mod"), "module fixedbugs\n\ngo 1.24\n")
	goCommand(t, dir, nil, "vet", "./...")
	goCommand(t, dir, nil, "test", "-run", "^TestFixed$", "./...")
}

func fixedBug(t *testing.T, path, dir string) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	src := section(a, "model.bp")
	res, err := driver.Generate("model.bp", src, driver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if err := diag.Render(&said, res.Diags, res.Sources, false); err != nil {
		t.Fatal(err)
	}
	if want := section(a, "want"); want != nil {
		if re := regexp.MustCompile("(?m)" + strings.TrimSpace(string(want))); !re.MatchString(said.String()) {
			t.Errorf("the errors are\n%s\nwant a match of\n%s", &said, re)
		}
		return
	}
	if said.Len() > 0 {
		t.Fatal(said.String())
	}
	var text []byte
	for _, f := range res.Files {
		text = append(text, f.Data...)
	}
	for line := range strings.Lines(string(section(a, "go"))) {
		if re := regexp.MustCompile("(?m)" + strings.TrimSpace(line)); !re.Match(text) {
			t.Errorf("nothing in the generated files matches %s", re)
		}
	}
	modelPath := filepath.Join(t.TempDir(), "model.bp")
	write(t, modelPath, string(src))
	generate(t, modelPath, dir, driver.Options{Package: "p"})
	if data := section(a, "fixed_test.go"); data != nil {
		write(t, filepath.Join(dir, "fixed_test.go"), string(data))
	}
	if data := section(a, "values.json"); data != nil {
		fixedValues(t, src, data)
	}
}

// fixedValues makes the calls of values.json: of the graph, and of the loop
// programs.
func fixedValues(t *testing.T, src, data []byte) {
	var calls []struct {
		Func        string
		Dims        map[string]int
		Args, Seeds [][]float64
		Want        [][]float64 // the results
		Grads       map[string][]float64
		Seconds     map[string][]float64 // blocks of Hessians
	}
	if err := json.Unmarshal(data, &calls); err != nil {
		t.Fatal(err)
	}
	var errs diag.List
	m, _ := frontend.Load("model.bp", src, frontend.Options{}, &errs)
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, c := range calls {
		i := slices.IndexFunc(d.Funcs, func(f *module.FuncProcs) bool { return f.Func.Name == c.Func })
		if i < 0 {
			t.Fatalf("no func %s", c.Func)
		}
		f := d.Funcs[i].Func
		env := &symbolic.Env{Dims: c.Dims, Inputs: map[string]*symbolic.Tensor{}}
		bind := func(n *symbolic.Node, data []float64) {
			shape, err := n.Shape.Eval(func(s string) (int, bool) { v, ok := c.Dims[s]; return v, ok })
			if err != nil {
				t.Fatal(err)
			}
			env.Inputs[n.Attr.Key()] = &symbolic.Tensor{Shape: shape, Data: data}
		}
		for i, a := range f.Args {
			bind(a.Node, c.Args[i])
		}
		for _, p := range d.Funcs[i].All() {
			want := slices.Clone(c.Want)
			var roots []*symbolic.Node
			for j, r := range p.Results {
				roots = append(roots, r.Node)
				switch {
				case j < len(f.Results):
				case r.Kind == module.HessianBlock:
					want = append(want, c.Seconds[r.Name])
				default:
					want = append(want, c.Grads[r.Name])
				}
			}
			if c.Grads == nil && len(p.Results) > len(f.Results) {
				continue
			}
			seeds := 0
			for _, n := range symbolic.Reachable(roots...) {
				if in, ok := n.Attr.(symbolic.Input); ok && in.Kind == symbolic.SeedInput {
					bind(n, c.Seeds[seeds])
					seeds++
				}
			}
			fixedProcedure(t, fmt.Sprintf("%s.%s", c.Func, p.Name), env, p, roots, want)
		}
	}
}

func fixedProcedure(t *testing.T, what string, env *symbolic.Env, p *module.Procedure, roots []*symbolic.Node, want [][]float64) {
	t.Helper()
	got, err := symbolic.Eval(env, roots...)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	run, err := runLoops(p, env)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	for i, w := range want {
		agree(t, fmt.Sprintf("%s: result %d", what, i), got[i].Data, w, 1e-12, 1e-15)
		agree(t, fmt.Sprintf("%s: %s", what, run[i].name), run[i].data, w, 1e-12, 1e-15)
	}
}
