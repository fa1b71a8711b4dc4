package driver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// TestOperators holds generated Go against the interpreter for every row of
// the table that the language can say: values and gradients, float32 and
// float64, no, one and several elements. It writes the model from the table, so
// a new operator is in it by itself.
func TestOperators(t *testing.T) {
	src := operatorModel()
	for _, float := range []string{"float32", "float64"} {
		t.Run(float, func(t *testing.T) { testOperators(t, src, float) })
	}
}

// operatorModel is a func for each operator and one for its gradient.
func operatorModel() string {
	var b strings.Builder
	b.WriteString("package ops\n")
	for _, op := range symbolic.Ops() {
		name := op.Name
		switch {
		case op.Class == symbolic.Elementwise && op.Builtin:
			var xs, typed []string
			for i := range op.Args {
				xs = append(xs, fmt.Sprintf("x%d", i))
				typed = append(typed, fmt.Sprintf("x%d [n]%s", i, op.ArgType(i)))
			}
			args, params := strings.Join(xs, ", "), strings.Join(typed, ", ")
			fmt.Fprintf(&b, "\nfunc V_%s(%s) [n] derive none = %s(%s)\n", name, params, name, args)
			if differentiable(op) {
				fmt.Fprintf(&b, "\nfunc G_%s(%s, w [n]) = dot(w, %s(%s))\n", name, params, name, args)
			}
			continue
		case op.Class == symbolic.Reduction && op.Combine.Builtin && !op.Arg:
			name = op.Combine.Name
		case !op.Builtin || op.Class != symbolic.Reduction && op.Class != symbolic.Composite:
			continue
		}
		if op.ArgType(0) != symbolic.Real {
			continue // any and every: their arguments are truth values
		}
		rows := "[n]"
		if op.Class == symbolic.Composite && op.LastAxis {
			rows = "[n, 3]"
		}
		if op.Arg {
			fmt.Fprintf(&b, "\nfunc V_%s(x0 [n, 3]) [n] derive none {\n    y[i] = 1.0*%s(x0[i])\n    return y\n}\n", op.Name, name)
			continue
		}
		fmt.Fprintf(&b, "\nfunc V_%s(x0 [n, 3]) %s derive none {\n    y[i] = %s(x0[i])\n    return y\n}\n", op.Name, rows, name)
		fmt.Fprintf(&b, "\nfunc G_%s(x0 [n, 3], w %s) {\n    y[i] = %s(x0[i])\n    return sum(w*y)\n}\n", op.Name, rows, name)
	}
	return b.String()
}

// differentiable reports whether anything comes back through an operator:
// nothing does where every local derivative is zero.
func differentiable(op *symbolic.OpSpec) bool {
	some := slices.ContainsFunc(op.Partial, func(p func(*symbolic.Graph, []*symbolic.Node, *symbolic.Node) *symbolic.Node) bool { return p != nil })
	return op.Grad != nil || some || op.Partial == nil
}

type operatorCall struct {
	Func, Method string
	Dims         map[string]int
	Args         map[string][]string
	want         []float64
}

func testOperators(t *testing.T, src, float string) {
	var errs diag.List
	m, _ := frontend.Load("ops.bp", []byte(src), frontend.Options{Float: float}, &errs)
	if len(errs) > 0 {
		t.Fatalf("%v\n%s", errs, src)
	}
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	var calls []*operatorCall
	works := ""
	for _, fp := range d.Funcs {
		f := fp.Func
		op := symbolic.Lookup(f.Name[2:])
		works += fmt.Sprintf("%q: func() any { return ops.New%sWork() },\n", f.Name, goName(f.Name))
		for _, n := range []int{0, 1, 7} {
			c := &operatorCall{Func: f.Name, Method: "Value", Dims: map[string]int{"N": n}, Args: map[string][]string{}}
			env := &symbolic.Env{Dims: map[string]int{f.Dims[0].Name: n}, Inputs: map[string]*symbolic.Tensor{}}
			if float == "float32" {
				env.Round = symbolic.ToFloat32
			}
			for i, a := range f.Args {
				x := sampleFor(rnd, op, i, n, a.Shape, float == "float32")
				env.Inputs[a.Node.Attr.Key()] = x
				for _, v := range x.Data {
					field := strings.ToUpper(a.Name)
					c.Args[field] = append(c.Args[field], strconv.FormatFloat(v, 'g', -1, 64))
				}
			}
			p := fp.Value
			if len(fp.Derivs) > 0 {
				p, c.Method = fp.Derivs[0], "Grad"
			}
			for _, r := range p.Results {
				v, err := symbolic.Eval(env, r.Node)
				if err != nil {
					t.Fatalf("%s: %v", f.Name, err)
				}
				c.want = append(c.want, v[0].Data...)
			}
			calls = append(calls, c)
		}
	}
	got := runOperators(t, src, float, works, calls)
	tol := 1e-12
	if float == "float32" {
		tol = 2e-5
	}
	for i, c := range calls {
		if len(got[i]) != len(c.want) {
			t.Errorf("%s at n = %d: %v, want %d numbers", c.Func, c.Dims["N"], got[i], len(c.want))
			continue
		}
		for k, text := range got[i] {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Errorf("%s: %s", c.Func, text)
				break
			}
			w := c.want[k]
			if math.Abs(v-w) > tol*(1+math.Abs(w)) || math.IsNaN(v) != math.IsNaN(w) {
				t.Errorf("%s at n = %d: result %d is %v, the interpreter says %v", c.Func, c.Dims["N"], k, v, w)
			}
		}
	}
}

// sampleFor draws argument i of an operator from its domain.
func sampleFor(rnd *rand.Rand, op *symbolic.OpSpec, i, n int, shape symbolic.Shape, single bool) *symbolic.Tensor {
	dims, err := shape.Eval(func(string) (int, bool) { return n, true })
	if err != nil {
		panic(err)
	}
	x := symbolic.NewTensor(dims...)
	lo, hi := -2.0, 2.0
	if i < len(op.Domain) && op.Class == symbolic.Elementwise {
		lo, hi = op.Domain[i][0], op.Domain[i][1]
	}
	for k := range x.Data {
		v := lo + (hi-lo)*rnd.Float64()
		if slices.ContainsFunc(op.Kinks, func(at float64) bool { return math.Abs(v-at) < 1e-2 }) {
			v += 0.05
		}
		switch {
		case i < op.Args && op.ArgType(i) == symbolic.Integer:
			v = math.Floor(v)
		case single:
			v = float64(float32(v))
		}
		x.Data[k] = v
	}
	return x
}

// goName is the Go name of a func with an underscore in its name.
func goName(s string) string {
	out := ""
	for _, part := range strings.Split(s, "_") {
		out += strings.ToUpper(part[:1]) + part[1:]
	}
	return out
}

func runOperators(t *testing.T, src, float, works string, calls []*operatorCall) [][]string {
	dir := t.TempDir()
	model := filepath.Join(dir, "ops.bp")
	write(t, model, src)
	generate(t, model, filepath.Join(dir, "ops"), driver.Options{Float: float})
	write(t, filepath.Join(dir, "go.mod"), "module operators\n\ngo 1.24\n")
	main, err := os.ReadFile("testdata/operators_main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "main.go"), string(main))
	write(t, filepath.Join(dir, "works.go"), "package main\n\nimport \"operators/ops\"\n\nvar works = map[string]func() any{\n"+works+"}\n")
	in, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", ".")
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	return got
}
