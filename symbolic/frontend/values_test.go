package frontend

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

func init() { debug = true }

// load loads a model and fails the test on any diagnostic.
func load(t *testing.T, path string, src []byte, opt Options) *module.Module {
	t.Helper()
	var errs diag.List
	m, sources := Load(path, src, opt, &errs)
	if len(errs) > 0 {
		diag.Render(os.Stderr, errs, sources, false)
		t.Fatalf("%s: %d errors", path, len(errs))
	}
	return m
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// tensorOf reads nested JSON lists.
func tensorOf(v any) *symbolic.Tensor {
	switch v := v.(type) {
	case float64:
		return symbolic.Scalar(v)
	case []any:
		out := &symbolic.Tensor{Shape: []int{len(v)}}
		for i, x := range v {
			t := tensorOf(x)
			if i == 0 {
				out.Shape = append(out.Shape, t.Shape...)
			}
			out.Data = append(out.Data, t.Data...)
		}
		return out
	}
	panic("not a number")
}

// bindArgs gives a func its arguments, and its dims the sizes these have.
func bindArgs(t *testing.T, args []*module.Arg, vs []any) *symbolic.Env {
	t.Helper()
	env := &symbolic.Env{Dims: map[string]int{}, Inputs: map[string]*symbolic.Tensor{}}
	if len(args) != len(vs) {
		t.Fatalf("%d arguments for %d", len(vs), len(args))
	}
	for i, a := range args {
		x := tensorOf(vs[i])
		env.Inputs[a.Node.Attr.Key()] = x
		for j, d := range a.Shape {
			if s, ok := d.AsSym(); ok {
				env.Dims[s] = x.Shape[j]
			}
		}
	}
	return env
}

// TestValues evaluates every func of values.bp. The expected numbers come from
// the language's definitional interpreter; see values.py. Those at the end of
// the list below are worked out by hand.
func TestValues(t *testing.T) {
	m := load(t, "testdata/values.bp", readFile(t, "testdata/values.bp"), Options{})
	funcs := map[string]*module.Func{}
	for _, f := range m.Funcs {
		funcs[f.Name] = f
	}
	type result struct {
		Shape []int
		Data  []float64
	}
	var cases []struct {
		Func string
		Args []any
		Want []result
	}
	for _, file := range []string{"testdata/values.json", "testdata/values_hand.json"} {
		if err := json.Unmarshal(readFile(t, file), &cases); err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			f := funcs[c.Func]
			if f == nil {
				t.Errorf("no func %s", c.Func)
				continue
			}
			t.Run(c.Func, func(t *testing.T) {
				env := bindArgs(t, f.Args, c.Args)
				var roots []*symbolic.Node
				for _, r := range f.Results {
					roots = append(roots, r.Node)
				}
				got, err := symbolic.Eval(env, roots...)
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != len(c.Want) {
					t.Fatalf("%d results, want %d", len(got), len(c.Want))
				}
				for i, w := range c.Want {
					sameTensor(t, got[i], w.Shape, w.Data)
				}
			})
		}
	}
}

func sameTensor(t *testing.T, got *symbolic.Tensor, shape []int, data []float64) {
	t.Helper()
	if len(got.Shape) != len(shape) || len(got.Data) != len(data) {
		t.Errorf("shape %v, want %v", got.Shape, shape)
		return
	}
	for i := range shape {
		if got.Shape[i] != shape[i] {
			t.Errorf("shape %v, want %v", got.Shape, shape)
			return
		}
	}
	for i, w := range data {
		if g := got.Data[i]; g != w && math.Abs(g-w) > 1e-12*math.Max(1, math.Abs(w)) {
			t.Errorf("element %d is %v, want %v", i, g, w)
		}
	}
}
