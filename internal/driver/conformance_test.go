package driver_test

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

const conformance = root + "/testdata/conformance"

// TestConformance holds every func and model of testdata/conformance, in value
// and gradient, against the language's definitional interpreter, which is
// independent of bpgen: the graph, the loop programs with their plan of
// memory, and the generated Go in both types.
func TestConformance(t *testing.T) { runConformance(t, conformance) }

// TestLayers holds the layers and losses of the standard library against
// PyTorch's, in the same ways.
func TestLayers(t *testing.T) { runConformance(t, root+"/testdata/layers") }

// runConformance checks every file of a folder against the JSON file beside it.
func runConformance(t *testing.T, folder string) {
	r := &conformanceRun{dir: t.TempDir(), floats: []string{"float64", "float32"}}
	for _, f := range modelsIn(t, folder) {
		name := strings.TrimSuffix(filepath.Base(f), ".bp")
		t.Run(name, func(t *testing.T) { r.file(t, name, f) })
	}
	r.compare(t)
}

// compare runs the generated packages.
func (r *conformanceRun) compare(t *testing.T) {
	reports := r.build(t)
	for i, c := range r.calls {
		t.Run(c.Package+"/"+c.what, func(t *testing.T) {
			for _, k := range r.kernels() {
				c.compare(t, reports[k][i])
			}
		})
	}
}

func modelsIn(t *testing.T, folder string) []string {
	files, err := filepath.Glob(folder + "/*.bp")
	if err != nil || len(files) == 0 {
		t.Fatal("no models", err)
	}
	return files
}

type conformanceRun struct {
	dir      string
	floats   []string
	plain    bool // without kernels
	packages []string
	calls    []*conformanceCall
}

// file checks what needs no compiler of Go, and notes the calls for build.
func (r *conformanceRun) file(t *testing.T, name, path string) {
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var suite conformanceSuite
	readJSON(t, strings.TrimSuffix(path, ".bp")+".json", &suite)
	var errs diag.List
	m, sources := frontend.Load(path, src, frontend.Options{Float: "float64"}, &errs)
	if len(errs) > 0 {
		diag.Render(os.Stderr, errs, sources, false)
		t.Fatal("does not compile")
	}
	var before []*boundCase
	for _, c := range suite.Funcs {
		before = append(before, bindFunc(t, m, c))
	}
	for _, c := range suite.Models {
		before = append(before, bindModel(t, m, c))
	}
	for _, b := range before {
		if b.Naive {
			continue // right only after the rules of stability
		}
		t.Run(b.what, func(t *testing.T) {
			b.eval(t, "graph", b.roots(), b.results)
		})
	}
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		diag.Render(os.Stderr, errs, sources, false)
		t.Fatal("has no derivative")
	}
	for _, b := range before {
		t.Run(b.what, func(t *testing.T) {
			for _, p := range b.procedures(t, d) {
				b.evalLoop(t, p)
			}
		})
	}
	for _, float := range r.floats {
		pkg := name + strings.TrimPrefix(float, "float")
		generate(t, path, filepath.Join(r.dir, pkg), driver.Options{Package: pkg, Float: float, Plain: r.plain})
		r.packages = append(r.packages, pkg)
		for _, b := range before {
			r.calls = append(r.calls, b.call(pkg, float))
		}
	}
}

// ---- what the interpreter says

type conformanceSuite struct{ Funcs, Models []*conformanceCase }

// A conformanceCase is one call as make.py has written it.
type conformanceCase struct {
	Name                  string
	Naive                 bool // as written it overflows or loses digits
	Numbers               map[string]float64
	Batch                 int
	Args, Results, Seeds  []oracleTensor
	Grads, Inputs, Params map[string]oracleTensor
	Derivs                []oracleDerivative // that a func asks for
	Train, Loss           *oracleNumber
	Metrics               map[string]oracleNumber
}

// An oracleDerivative is what a derivative of a func gives besides the results.
type oracleDerivative struct {
	Kind        string
	Seeds, Data []oracleTensor
}

type oracleTensor struct {
	Shape []int
	Data  []oracleNumber
}

func (x oracleTensor) tensor() *symbolic.Tensor {
	return &symbolic.Tensor{Shape: x.Shape, Data: x.numbers()}
}

func (x oracleTensor) numbers() []float64 {
	out := make([]float64, len(x.Data))
	for i, v := range x.Data {
		out[i] = float64(v)
	}
	return out
}

// An oracleNumber is a number, or one of the words nan, inf and -inf.
type oracleNumber float64

func (x *oracleNumber) UnmarshalJSON(data []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	*x = oracleNumber(v)
	return err
}

// ---- the graph and the loop program

// A boundCase is a case with the func or model that it calls.
type boundCase struct {
	*conformanceCase
	what    string
	fn      *module.Func
	model   *module.Model
	env     *symbolic.Env
	results [][]float64 // of the roots
	derived *module.FuncProcs
}

func bindFunc(t *testing.T, m *module.Module, c *conformanceCase) *boundCase {
	i := slices.IndexFunc(m.Funcs, func(f *module.Func) bool { return f.Name == c.Name })
	if i < 0 {
		t.Fatalf("no func %s", c.Name)
	}
	b := &boundCase{conformanceCase: c, fn: m.Funcs[i], env: newEnv(c)}
	b.bindArgs(t, b.fn.Args, 0)
	for _, r := range c.Results {
		b.results = append(b.results, r.numbers())
	}
	b.what = c.Name + b.sizes()
	return b
}

func bindModel(t *testing.T, m *module.Module, c *conformanceCase) *boundCase {
	i := slices.IndexFunc(m.Models, func(x *module.Model) bool { return x.Name == c.Name })
	if i < 0 {
		t.Fatalf("no model %s", c.Name)
	}
	b := &boundCase{conformanceCase: c, model: m.Models[i], env: newEnv(c)}
	b.env.Dims[module.Batch] = c.Batch
	b.bindArgs(t, b.model.Args, 1)
	if len(b.model.Params) != len(c.Params) {
		t.Errorf("%s has %d parameters, want %d", c.Name, len(b.model.Params), len(c.Params))
	}
	for _, p := range b.model.Params {
		v, ok := c.Params[p.Name]
		if !ok {
			t.Fatalf("%s: no parameter %s", c.Name, p.Name)
		}
		b.env.Inputs[p.Node.Attr.Key()] = v.tensor()
	}
	for _, g := range b.model.Givens {
		v, ok := c.Numbers[g.Name]
		if !ok {
			v = *g.Default
		}
		b.env.Inputs[g.Node.Attr.Key()] = symbolic.Scalar(v)
		if g.Size {
			b.env.Dims[g.Name] = int(v)
		}
	}
	for _, r := range c.Results {
		b.results = append(b.results, r.numbers())
	}
	if c.Loss != nil {
		b.results = append(b.results, []float64{float64(*c.Loss)}, []float64{float64(*c.Train)})
	}
	b.what = fmt.Sprintf("%s of %d%s", c.Name, c.Batch, b.sizes())
	return b
}

func newEnv(c *conformanceCase) *symbolic.Env {
	env := &symbolic.Env{Dims: map[string]int{}, Inputs: map[string]*symbolic.Tensor{}}
	for k, v := range c.Numbers {
		env.Dims[k] = int(v)
	}
	return env
}

// bindArgs sets the arguments, and the dims that they bind; first is the number
// of dims before those of the argument itself.
func (b *boundCase) bindArgs(t *testing.T, args []*module.Arg, first int) {
	if len(args) != len(b.Args) {
		t.Fatalf("%s: %d arguments, want %d", b.Name, len(args), len(b.Args))
	}
	for i, a := range args {
		x := b.Args[i].tensor()
		b.env.Inputs[a.Node.Attr.Key()] = x
		if first == 0 && a.Type == symbolic.Integer && len(a.Shape) == 0 {
			b.env.Dims[a.Name] = int(x.Data[0]) // an int may be a size
		}
		for j, d := range a.Shape {
			if s, ok := d.AsSym(); ok {
				b.env.Dims[s] = x.Shape[first+j]
			}
		}
	}
}

func (b *boundCase) sizes() string {
	s := ""
	for _, n := range slices.Sorted(maps.Keys(b.env.Dims)) {
		if n != module.Batch {
			s += fmt.Sprintf(",%s=%d", n, b.env.Dims[n])
		}
	}
	return s
}

func (b *boundCase) roots() (out []*symbolic.Node) {
	if b.fn != nil {
		for _, r := range b.fn.Results {
			out = append(out, r.Node)
		}
		return out
	}
	for _, v := range b.model.Infer.Outputs {
		out = append(out, v.Node)
	}
	if b.Loss != nil {
		out = append(out, b.model.Infer.Loss, b.model.Train.Loss)
	}
	return out
}

// eval holds the meaning of the graph against what is wanted.
func (b *boundCase) eval(t *testing.T, what string, roots []*symbolic.Node, want [][]float64) {
	t.Helper()
	got, err := symbolic.Eval(b.env, roots...)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d results, want %d", what, len(got), len(want))
		return
	}
	for i, w := range want {
		agree(t, fmt.Sprintf("%s: result %d", what, i), got[i].Data, w, 1e-10, 1e-14)
	}
}

// A wantedProcedure is a procedure with its results as they should be.
type wantedProcedure struct {
	*module.Procedure
	want [][]float64
}

// procedures returns those that a case says something about.
func (b *boundCase) procedures(t *testing.T, d *module.Derived) (out []wantedProcedure) {
	if b.fn != nil {
		i := slices.IndexFunc(d.Funcs, func(f *module.FuncProcs) bool { return f.Func == b.fn })
		b.derived = d.Funcs[i]
		out = append(out, wantedProcedure{b.derived.Value, b.results})
		if len(b.derived.Derivs) == 0 {
			return out
		}
		p := wantedProcedure{b.derived.Derivs[0], slices.Clone(b.results)}
		if b.first() {
			b.setSeeds(p.Procedure)
			p.want = append(p.want, b.gradients()...)
			out = append(out, p)
		}
		for k, o := range b.Derivs {
			p := wantedProcedure{b.derived.Derivs[k], slices.Clone(b.results)}
			for i, x := range o.Data {
				p.want = append(p.want, x.numbers())
				if !slices.Equal(x.Shape, shapeOf(t, b.env, p.Results[len(b.results)+i].Node)) {
					t.Errorf("%s: %s %s has shape %s, want %v", b.Name, o.Kind, p.Results[len(b.results)+i].Name, p.Results[len(b.results)+i].Node.Shape, x.Shape)
				}
			}
			for i, s := range p.Seeds {
				b.env.Inputs[s.Attr.(symbolic.Input).Key()] = o.Seeds[i].tensor()
			}
			b.evalLoop(t, p)
		}
		return out
	}
	i := slices.IndexFunc(d.Models, func(x *module.ModelProcs) bool { return x.Model == b.model })
	for _, p := range d.Models[i].All() {
		if p == d.Models[i].Pull {
			continue // the interpreter says nothing of it
		}
		w := wantedProcedure{Procedure: p}
		for _, r := range p.Results {
			switch r.Kind {
			case module.OutputResult:
				w.want = append(w.want, b.Results[len(w.want)].numbers())
			case module.LossResult:
				v := b.Loss
				if p != d.Models[i].Loss {
					v = b.Train
				}
				w.want = append(w.want, []float64{float64(*v)})
			case module.MetricResult:
				w.want = append(w.want, []float64{float64(b.Metrics[r.Name])})
			case module.ParamGradient:
				w.want = append(w.want, b.Grads[r.Name].numbers())
			case module.InputGradient:
				w.want = append(w.want, b.Inputs[r.Name].numbers())
			}
		}
		if len(w.want) == len(p.Results) { // not so for the update rule
			out = append(out, w)
		}
	}
	return out
}

// first reports whether the func's first derivative is a gradient or a
// vector-Jacobian product, which is told with every func.
func (b *boundCase) first() bool {
	k := b.fn.Derive[0].Kind
	return k == "grad" || k == "vjp"
}

func shapeOf(t *testing.T, env *symbolic.Env, n *symbolic.Node) []int {
	shape, err := n.Shape.Eval(func(s string) (int, bool) { v, ok := env.Dims[s]; return v, ok })
	if err != nil {
		t.Error(err)
	}
	return shape
}

// setSeeds gives cotangents to the graph; a func of one number has none.
func (b *boundCase) setSeeds(p *module.Procedure) {
	var roots []*symbolic.Node
	for _, r := range p.Results {
		roots = append(roots, r.Node)
	}
	names := []string{}
	for i, r := range b.fn.Results {
		switch {
		case r.Name != "":
			names = append(names, "d"+r.Name)
		case len(b.fn.Results) == 1:
			names = append(names, "dy")
		default:
			names = append(names, fmt.Sprintf("dy%d", i))
		}
	}
	for _, n := range symbolic.Reachable(roots...) {
		if in, ok := n.Attr.(symbolic.Input); ok && in.Kind == symbolic.SeedInput {
			b.env.Inputs[in.Key()] = b.Seeds[slices.Index(names, in.Name)].tensor()
		}
	}
}

// gradients returns the gradients that the func's first derivative gives.
func (b *boundCase) gradients() (out [][]float64) {
	for _, a := range b.fn.Derive[0].Wrt {
		out = append(out, b.Grads[a.Name].numbers())
	}
	return out
}

// evalLoop holds a procedure and its loop program against what is wanted.
func (b *boundCase) evalLoop(t *testing.T, p wantedProcedure) {
	t.Helper()
	var roots []*symbolic.Node
	for _, r := range p.Results {
		roots = append(roots, r.Node)
	}
	b.eval(t, p.Name, roots, p.want)
	got, err := runLoops(p.Procedure, b.env)
	if err != nil {
		t.Error(err)
		return
	}
	for i, g := range got {
		agree(t, p.Name+": "+g.name, g.data, p.want[i], 1e-10, 1e-14)
	}
}

// agree holds got against want, relative to the greatest element; slack is for
// what ought to be 0.
func agree(t *testing.T, what string, got, want []float64, tol, slack float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	size := 0.0
	for _, w := range want {
		if !math.IsInf(w, 0) && !math.IsNaN(w) {
			size = max(size, math.Abs(w))
		}
	}
	for i, w := range want {
		g := got[i]
		if g == w || math.IsNaN(g) && math.IsNaN(w) || math.Abs(g-w) <= tol*size+slack {
			continue
		}
		t.Errorf("%s: element %d is %v, want %v", what, i, g, w)
		return
	}
}

// ---- the generated code

// TestConformanceDeterminism generates everything twice, the second time on one
// processor: the bytes must be the same. Checking a model takes less than a
// second.
func TestConformanceDeterminism(t *testing.T) {
	for _, path := range modelsIn(t, conformance) {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			start := time.Now()
			if _, err := driver.Check(path, src, driver.Options{}); err != nil {
				t.Fatal(err)
			}
			if d := time.Since(start); d > time.Second {
				t.Errorf("checking took %v", d)
			}
			one := generated(t, path, src)
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			two := generated(t, path, src)
			for i, f := range one {
				if i >= len(two) || f.Name != two[i].Name || !bytes.Equal(f.Data, two[i].Data) {
					t.Errorf("%s differs when generated again", f.Name)
				}
			}
		})
	}
}

func generated(t *testing.T, path string, src []byte) []driver.File {
	t.Helper()
	res, err := driver.Generate(path, src, driver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Diags) > 0 {
		t.Fatal(res.Diags)
	}
	return res.Files
}
