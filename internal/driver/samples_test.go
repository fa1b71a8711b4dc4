package driver_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
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

type drawn map[string][]float64

// TestSamples holds that samples are those of the interpreter, uniform ones to
// the bit, with each set of kernels and for any number of threads; and that what
// is drawn for an example does not depend on how many there are.
func TestSamples(t *testing.T) {
	src, err := os.ReadFile("testdata/samples.bp")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range []string{"float32", "float64"} {
		name := "f" + f[len(f)-2:]
		generate(t, "testdata/samples.bp", filepath.Join(dir, name), driver.Options{Package: name, Float: f})
	}
	main, err := os.ReadFile("testdata/samples_main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), "module samples\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "main.go"), string(main))
	goCommand(t, dir, nil, "build", "-o", "samples.exe", ".")
	run := func(kernels string, args ...int) []drawn {
		var text []string
		for _, a := range args {
			text = append(text, strconv.Itoa(a))
		}
		cmd := exec.Command(filepath.Join(dir, "samples.exe"), text...)
		cmd.Stderr, cmd.Env = os.Stderr, append(os.Environ(), "BPGEN_CPU="+kernels)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("with kernels for %s: %v", kernels, err)
		}
		var d []drawn
		if err := json.Unmarshal(out, &d); err != nil {
			t.Fatal(err)
		}
		for _, v := range d[0] { // printed as few digits as tell them apart
			for i, x := range v {
				v[i] = float64(float32(x))
			}
		}
		return d
	}
	for i, f := range []string{"float32", "float64"} {
		want := interpreted(t, src, f, 42, 7, 5, 4)
		for _, k := range kernels {
			one := run(k, 42, 7, 1, 5, 4)[i]
			for name, v := range want {
				tol := 0.0 // of numbers that are uniform as they are
				if name == "Normal" || name == "Walk" || name == "One" || name == "Layers" || name == "Until" {
					tol = map[string]float64{"float32": 1e-5, "float64": 1e-12}[f]
				}
				sameNumbers(t, fmt.Sprintf("%s %s %s", f, k, name), one[name], v, tol)
			}
			if many := run(k, 42, 7, 3, 5, 4)[i]; !reflect.DeepEqual(one, many) {
				t.Errorf("%s %s: samples depend on the number of threads", f, k)
			}
			few := run(k, 42, 7, 1, 2, 4)[i]
			for name, v := range few {
				sameNumbers(t, fmt.Sprintf("%s %s %s of two examples", f, k, name), v, one[name][:len(v)], 0)
			}
			for name, v := range run(k, 42, 8, 1, 5, 4)[i] {
				if slices.Equal(v, one[name]) {
					t.Errorf("%s %s: %s is the same in two steps", f, k, name)
				}
			}
		}
		if slices.Equal(want["First"], want["Second"]) || slices.Equal(want["Indexed"][:5], want["Indexed"][5:10]) {
			t.Errorf("%s: two calls draw the same", f)
		}
	}
}

// interpreted is what the graph of the model means.
func interpreted(t *testing.T, src []byte, float string, seed uint64, step, n, passes int) drawn {
	t.Helper()
	var errs diag.List
	m, _ := frontend.Load("samples.bp", src, frontend.Options{Float: float}, &errs)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	d := module.Derive(m, &errs)
	env := &symbolic.Env{Dims: map[string]int{module.Batch: n, "T": passes}, Inputs: map[string]*symbolic.Tensor{}}
	if float == "float32" {
		env.Round = symbolic.ToFloat32
	}
	mo := m.Models[0]
	for _, a := range mo.Args {
		shape, err := a.Node.Shape.Eval(func(s string) (int, bool) { n, ok := env.Dims[s]; return n, ok })
		if err != nil {
			t.Fatal(err)
		}
		env.Inputs[a.Node.Attr.Key()] = symbolic.NewTensor(shape...)
	}
	env.Inputs[mo.Params[0].Node.Attr.Key()] = symbolic.Scalar(1)
	for i, s := range mo.Samples {
		for word, k := range symbolic.SampleKey(seed, step, i) {
			env.Inputs[s.Key[word].Attr.Key()] = symbolic.Scalar(k)
		}
	}
	out := drawn{}
	for _, r := range d.Models[0].Infer.Results {
		v, err := symbolic.Eval(env, r.Node)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.ToUpper(r.Name[:1])+r.Name[1:]] = v[0].Data
	}
	return out
}

func sameNumbers(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) || len(got) == 0 {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*(1+math.Abs(want[i]))) {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}
