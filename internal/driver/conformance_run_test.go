package driver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/randprog"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// A conformanceCall is what testdata/conformance_main.go.txt is told, and what
// it should answer.
type conformanceCall struct {
	Package, Name, Method string
	Dims                  []int
	Args, Seeds           [][]string
	Arrays, GradArrays    []bool // whether a result of a func is an array, which a func with no work puts where it is told
	Sized                 []int
	Batch                 int
	More                  []conformanceDerivative
	Params, Givens        map[string][]string
	States                map[string][]string
	Loss, Outputs         bool
	Inputs, Pull          bool  // the gradients by arguments, a vector-Jacobian product
	Train                 []int // examples of each step

	what, float string
	b           *boundCase
}

// A conformanceDerivative is a method, or the end of a function's name, and the
// seeds that it takes.
type conformanceDerivative struct {
	Method string
	Seeds  [][]string
	Arrays []bool
}

type conformanceReport struct {
	Error                    string
	More                     [][]string
	Value, Grad, Infer, Loss []string
	Inputs, Pull, Losses     []string
	Params, Both             map[string][]string // Both: of GradInputs
	Next, Trained            map[string][]string
}

func (b *boundCase) call(pkg, float string) *conformanceCall {
	c := &conformanceCall{Package: pkg, Batch: b.Batch, what: b.what, float: float, b: b}
	for _, a := range b.Args {
		c.Args = append(c.Args, texts(a.numbers()))
	}
	if b.fn != nil {
		c.Name = goName(b.fn.Name)
		for _, d := range b.fn.Dims {
			c.Dims = append(c.Dims, b.env.Dims[d.Name])
		}
		c.Arrays = arrays(b.derived.Value)
		for k, o := range b.Derivs {
			d := conformanceDerivative{Method: derivativeNames[o.Kind], Arrays: arrays(b.derived.Derivs[k])}
			for _, s := range o.Seeds {
				d.Seeds = append(d.Seeds, texts(s.numbers()))
			}
			c.More = append(c.More, d)
		}
		if len(b.derived.Derivs) > 0 && b.first() {
			c.Method = derivativeNames[b.fn.Derive[0].Kind]
			c.GradArrays = arrays(b.derived.Derivs[0])
		}
		if c.Method == "VJP" {
			for i, s := range b.Seeds {
				if b.fn.Results[i].Node.Type == symbolic.Real {
					c.Seeds = append(c.Seeds, texts(s.numbers()))
				}
			}
		}
		return c
	}
	c.Name = goName(b.model.Name)
	c.Loss, c.Outputs = b.Loss != nil, len(b.Results) > 0
	c.Params, c.Givens = map[string][]string{}, map[string][]string{}
	for _, d := range b.model.Dims {
		c.Sized = append(c.Sized, b.env.Dims[d.Name])
	}
	for _, d := range b.model.Call {
		c.Dims = append(c.Dims, b.env.Dims[d.Name])
	}
	for k, v := range b.conformanceCase.Params {
		c.Params[k] = texts(v.numbers())
	}
	for _, g := range b.model.Givens {
		c.Givens[g.Name] = texts(b.env.Inputs[g.Node.Attr.Key()].Data)
	}
	return c
}

var derivativeNames = map[string]string{"grad": "Grad", "vjp": "VJP", "jvp": "JVP", "hvp": "HVP", "jacobian": "Jacobian", "hessian": "Hessian", "blocks": "Blocks"}

func arrays(p *module.Procedure) (out []bool) {
	for _, r := range p.Results {
		out = append(out, len(r.Node.Shape) > 0)
	}
	return out
}

func texts(vs []float64) []string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return out
}

// kernels are the sets of instructions that generated packages may have kernels
// for. One that the processor has not got runs as the best that it has.
var kernels = []string{"avx512", "avx2", "portable"}

func (r *conformanceRun) kernels() []string {
	if r.plain {
		return kernels[:1]
	}
	return kernels
}

// build compiles all packages into one program and runs it, with all kernels.
func (r *conformanceRun) build(t *testing.T) map[string][]conformanceReport {
	r.writeMain(t)
	goCommand(t, r.dir, nil, "vet", "./...")
	in, err := json.Marshal(r.calls)
	if err != nil {
		t.Fatal(err)
	}
	goCommand(t, r.dir, nil, "build", "-o", "conformance.exe", ".")
	all := map[string][]conformanceReport{}
	for _, k := range r.kernels() {
		all[k] = r.execute(t, in, "BPGEN_CPU="+k)
	}
	return all
}

func (r *conformanceRun) writeMain(t *testing.T) {
	if err := r.writeProgram(); err != nil {
		t.Fatal(err)
	}
}

// writeProgram writes the program that calls all packages.
func (r *conformanceRun) writeProgram() error {
	var imports, table strings.Builder
	for _, p := range r.packages {
		fmt.Fprintf(&imports, "import %q\n", "conformance/"+p)
		fmt.Fprintf(&table, "%q: {\n", p)
		names, err := exported(filepath.Join(r.dir, p))
		if err != nil {
			return err
		}
		for _, f := range names {
			fmt.Fprintf(&table, "%q: %s.%s,\n", f, p, f)
		}
		table.WriteString("},\n")
	}
	main, err := os.ReadFile("testdata/conformance_main.go.txt")
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"go.mod": "module conformance\n\ngo 1.24\n\nrequire example.com/random v0.0.0\n\nreplace example.com/random => ./random\n",
		// What random programs call.
		"random/go.mod":           "module example.com/random\n\ngo 1.24\n",
		"random/curves/curves.go": string(randprog.CurvesText),
		"packages.go":             "package main\n\n" + imports.String() + "\nvar packages = map[string]map[string]any{\n" + table.String() + "}\n",
		"main.go":                 string(main),
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(r.dir, name)), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

func (r *conformanceRun) execute(t *testing.T, in []byte, env ...string) []conformanceReport {
	t.Helper()
	reports, err := r.reports(in, env...)
	if err != nil {
		t.Fatal(err)
	}
	return reports
}

// reports runs the program with all calls.
func (r *conformanceRun) reports(in []byte, env ...string) (reports []conformanceReport, err error) {
	var said bytes.Buffer
	cmd := exec.Command(filepath.Join(r.dir, "conformance.exe"))
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &said
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("with %v: %w: %.2000s", env, err, said.Bytes())
	}
	return reports, json.Unmarshal(out, &reports)
}

// goOutput runs the go command and returns all that it says.
func goOutput(dir string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOGC=400") // which saves a fifth of a build
	return cmd.CombinedOutput()
}

func goCommand(t *testing.T, dir string, in []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, bytes.NewReader(in), os.Stderr
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// exported lists the exported functions of a package.
func exported(dir string) (out []string, err error) {
	files, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), f, nil, 0)
		if err != nil {
			return nil, err
		}
		for _, d := range tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.IsExported() && fn.Type.TypeParams == nil {
				out = append(out, fn.Name.Name)
			}
		}
	}
	return out, nil
}

func (c *conformanceCall) compare(t *testing.T, r conformanceReport) {
	if r.Error != "" {
		t.Fatal(r.Error)
	}
	b := c.b
	if b.fn != nil {
		c.agree(t, "value", r.Value, b.results...)
		for i, o := range b.Derivs {
			want := slices.Clone(b.results)
			for _, x := range o.Data {
				want = append(want, x.numbers())
			}
			c.agree(t, o.Kind, r.More[i], want...)
		}
		if c.Method != "" {
			c.agree(t, "gradient", r.Grad, append(slices.Clone(b.results), b.gradients()...)...)
		}
		return
	}
	if c.Outputs {
		var want [][]float64
		for _, x := range b.Results {
			want = append(want, x.numbers())
		}
		c.agree(t, "outputs", r.Infer, want...)
	}
	if !c.Loss {
		return
	}
	want := func(loss *oracleNumber) [][]float64 {
		out := [][]float64{{float64(*loss)}}
		for _, m := range b.model.Infer.Metrics {
			out = append(out, []float64{float64(b.Metrics[m.Name])})
		}
		return out
	}
	c.agree(t, "loss", r.Loss, want(b.Loss)...)
	c.agree(t, "loss of the gradient", r.Grad, want(b.Train)...)
	for k, v := range b.Grads {
		c.agree(t, "gradient by "+k, r.Params[k], v.numbers())
	}
}

// agree holds what the program has printed, all numbers in a row, against
// the results. Numbers of float32 are held loosely: the point is that they are
// the same formula. What overflows float32 says nothing.
func (c *conformanceCall) agree(t *testing.T, what string, got []string, want ...[]float64) {
	t.Helper()
	tol, slack := 1e-9, 1e-13
	if c.float == "float32" {
		tol, slack = 1e-3, 1e-5
	}
	for _, w := range want {
		if len(got) < len(w) {
			t.Errorf("%s: too few numbers: %v, want %v", what, got, want)
			return
		}
		vs := make([]float64, len(w))
		for i := range w {
			v, err := strconv.ParseFloat(got[i], 64)
			if err != nil {
				t.Error(err)
				return
			}
			vs[i] = v
		}
		got = got[len(w):]
		if c.float == "float32" && slices.ContainsFunc(w, func(v float64) bool { return math.Abs(v) > 1e30 }) {
			continue
		}
		agree(t, what, vs, w, tol, slack)
	}
	if len(got) > 0 {
		t.Errorf("%s: %d numbers too many", what, len(got))
	}
}
