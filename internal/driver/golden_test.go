package driver_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
)

const root = "../.."

// A golden is what JAX or PyTorch says of a model in float64; see
// testdata/golden.
type golden struct {
	Source, Model string
	Static, Dims  map[string]int
	Params        []struct{ Name string }
	States        []struct{ Name string }
	Cases         []struct {
		Loss           float64
		EvalLoss       float64              `json:"eval_loss"` // of a model with states
		Next           map[string][]float64 // states
		Outputs        []float64
		Metrics        map[string]float64
		Gradients      map[string][]float64
		InputGradients map[string][]float64 `json:"input_gradients"`
	}
	Training struct {
		Losses []float64
		Final  []struct {
			Name   string
			Values []float64
		}
	}
}

type report struct {
	Cases []struct {
		Loss           float64
		EvalLoss       float64
		Next           map[string][]float64
		Outputs        []float64
		Metrics        map[string]float64
		Gradients      map[string][]float64
		InputGradients map[string][]float64
	}
	Steps []float64
	Final map[string][]float64
}

// TestGoldenModels generates the example models in float64, builds them, and
// holds loss, metrics, outputs, every gradient and a hundred steps of training
// or more against the goldens.
func TestGoldenModels(t *testing.T) {
	dir := t.TempDir()
	goldens := map[string]*golden{}
	var imports, models strings.Builder
	files, err := filepath.Glob(root + "/testdata/golden/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, f := range files {
		g := new(golden)
		readJSON(t, f, g)
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		if g.Model == "" {
			continue
		}
		goldens[name] = g
		static := map[string]string{}
		for k, v := range g.Static {
			static[k] = fmt.Sprint(v)
		}
		generate(t, filepath.Join(root, g.Source), filepath.Join(dir, name), driver.Options{Package: name, Float: "float64", Dims: static})
		fmt.Fprintf(&imports, "import %q\n", "goldens/"+name)
		fmt.Fprintf(&models, "%q: func() (any, error) { return %s.New%s(%s1) },\n", name, name, g.Model, dims(g.Dims))
	}
	write(t, filepath.Join(dir, "go.mod"), "module goldens\n\ngo 1.24\n")
	main, err := os.ReadFile("testdata/golden_main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "main.go"), string(main))
	write(t, filepath.Join(dir, "models.go"), "package main\n\n"+imports.String()+"\nvar models = map[string]func() (any, error){\n"+models.String()+"}\n")
	data, err := filepath.Abs(root + "/testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	goCommand(t, dir, nil, "build", "-o", "goldens.exe", ".")
	for _, k := range kernels {
		cmd := exec.Command(filepath.Join(dir, "goldens.exe"), data)
		cmd.Stderr, cmd.Env = os.Stderr, append(os.Environ(), "BPGEN_CPU="+k)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("with kernels for %s: %v", k, err)
		}
		var reports map[string]*report
		if err := json.Unmarshal(out, &reports); err != nil {
			t.Fatal(err)
		}
		for name, g := range goldens {
			t.Run(name+"/"+k, func(t *testing.T) { compare(t, g, reports[name]) })
		}
	}
}

func compare(t *testing.T, g *golden, r *report) {
	if r == nil || len(r.Cases) != len(g.Cases) || len(g.Cases) == 0 {
		t.Fatal("no report")
	}
	for i, c := range g.Cases {
		got := r.Cases[i]
		near(t, fmt.Sprintf("case %d: loss", i), []float64{got.Loss}, []float64{c.Loss}, 1e-9)
		if len(g.States) > 0 {
			near(t, fmt.Sprintf("case %d: loss of inference", i), []float64{got.EvalLoss}, []float64{c.EvalLoss}, 1e-9)
		}
		if len(c.Next) != len(g.States) {
			t.Errorf("case %d: the golden has %d next states, want %d", i, len(c.Next), len(g.States))
		}
		for s, v := range c.Next {
			near(t, fmt.Sprintf("case %d: next %s", i, s), got.Next[s], v, 1e-9)
		}
		near(t, fmt.Sprintf("case %d: outputs", i), got.Outputs, c.Outputs, 1e-9)
		for m, v := range c.Metrics {
			near(t, fmt.Sprintf("case %d: %s", i, m), []float64{got.Metrics[m]}, []float64{v}, 1e-12)
		}
		if len(c.Gradients) != len(g.Params) {
			t.Errorf("case %d: the golden has %d gradients, want %d", i, len(c.Gradients), len(g.Params))
		}
		for p, v := range c.Gradients {
			near(t, fmt.Sprintf("case %d: d%s", i, p), got.Gradients[p], v, 1e-9)
		}
		if g.Model == "Scorer" && len(got.InputGradients) == 0 {
			t.Errorf("case %d: no gradient by the inputs", i)
		}
		for a, v := range got.InputGradients {
			near(t, fmt.Sprintf("case %d: d%s", i, a), v, c.InputGradients[a], 1e-9)
		}
	}
	near(t, "losses of the training", r.Steps, g.Training.Losses, 1e-7)
	if len(r.Steps) < 100 {
		t.Errorf("%d steps, want at least 100", len(r.Steps))
	}
	for _, p := range g.Training.Final {
		near(t, "final "+p.Name, r.Final[p.Name], p.Values, 1e-6)
	}
}

// near holds got against want, relative to the greatest element.
func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	size := 1e-300
	for _, v := range want {
		size = max(size, math.Abs(v))
	}
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(got[i]-want[i])/size)
		if math.IsNaN(got[i]) {
			worst = math.Inf(1)
		}
	}
	if worst > tol {
		t.Errorf("%s: off by %g of the greatest element, want at most %g", what, worst, tol)
	}
}

func dims(m map[string]int) string {
	var names []string
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	s := ""
	for _, n := range names {
		s += fmt.Sprintf("%d, ", m[n])
	}
	return s
}

// generate writes the package for a model into dir.
func generate(t *testing.T, model, dir string, opt driver.Options) {
	t.Helper()
	src, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	res, err := driver.Generate(model, src, opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Diags) > 0 {
		t.Fatalf("%s: %v", model, res.Diags)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, f := range res.Files {
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
