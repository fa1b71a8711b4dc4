package driver_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// reachAcross are the models whose examples know of each other, or of their
// position.
var reachAcross = []string{"batches/", "recurrent/Counts"}

// TestBatch: the loss and the gradient of a batch are the means of those of its
// examples, each a batch of its own.
func TestBatch(t *testing.T) {
	paths := append(modelsIn(t, conformance), modelsIn(t, root+"/testdata/layers")...)
	models := 0
	for _, path := range paths {
		file := strings.TrimSuffix(filepath.Base(path), ".bp")
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var errs diag.List
		m, _ := frontend.Load(path, src, frontend.Options{Float: "float64"}, &errs)
		if len(errs) > 0 {
			t.Fatal(errs.Error())
		}
		d := module.Derive(m, &errs)
		if len(errs) > 0 {
			t.Fatal(errs.Error())
		}
		for _, p := range d.Models {
			name := file + "/" + p.Model.Name
			if p.Grad == nil || slices.ContainsFunc(reachAcross, func(s string) bool { return strings.HasPrefix(name, s) }) {
				continue
			}
			models++
			t.Run(name, func(t *testing.T) { batchIsMean(t, p) })
		}
	}
	if models < 20 {
		t.Errorf("%d models, want many", models)
	}
}

func batchIsMean(t *testing.T, p *module.ModelProcs) {
	const examples = 4
	all := exampleEnv(t, p.Model, examples)
	whole := gradOf(t, all, p.Grad)
	sum := make([][]float64, len(whole))
	for e := range examples {
		one := gradOf(t, oneExample(all, p.Model, e), p.Grad)
		for i, x := range one {
			if sum[i] == nil {
				sum[i] = make([]float64, len(x))
			}
			for j, v := range x {
				sum[i][j] += v / examples
			}
		}
	}
	for i, r := range p.Grad.Results {
		if r.Kind != module.NextState {
			agree(t, r.Name, whole[i], sum[i], 1e-11, 1e-13)
		}
	}
}

func gradOf(t *testing.T, env *symbolic.Env, p *module.Procedure) (out [][]float64) {
	for _, r := range p.Results {
		v, err := symbolic.Eval(env, r.Node)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v[0].Data)
	}
	return out
}

// exampleEnv draws a batch, and all else that a model reads. Samples are left out:
// they depend on the position of an example.
func exampleEnv(t *testing.T, m *module.Model, examples int) *symbolic.Env {
	if len(m.Samples) > 0 {
		t.Skip("it draws samples")
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	env := &symbolic.Env{Dims: map[string]int{module.Batch: examples}, Inputs: map[string]*symbolic.Tensor{}}
	for i, d := range slices.Concat(m.Dims, m.Call) {
		env.Dims[d.Name] = 3 + i
	}
	for _, g := range m.Givens {
		if g.Size {
			env.Dims[g.Name] = 2
		}
	}
	size := func(s string) (int, bool) { v, ok := env.Dims[s]; return v, ok }
	fill := func(n *symbolic.Node, bound *symbolic.Poly) {
		shape, err := n.Shape.Eval(size)
		if err != nil {
			t.Fatal(err)
		}
		x := symbolic.NewTensor(shape...)
		for i := range x.Data {
			switch {
			case bound != nil:
				k, err := bound.Eval(size)
				if err != nil {
					t.Fatal(err)
				}
				x.Data[i] = float64(rnd.IntN(k))
			case n.Type != symbolic.Real:
				x.Data[i] = float64(rnd.IntN(2))
			default:
				x.Data[i] = 0.2 + 0.7*rnd.Float64()
			}
		}
		env.Inputs[n.Attr.Key()] = x
	}
	for _, a := range m.Args {
		fill(a.Node, a.Bound)
	}
	for _, p := range m.Params {
		fill(p.Node, nil)
	}
	for _, s := range m.States {
		fill(s.Node, nil)
	}
	for _, g := range m.Givens {
		fill(g.Node, nil)
	}
	return env
}

// oneExample is the environment with one example only.
func oneExample(env *symbolic.Env, m *module.Model, e int) *symbolic.Env {
	one := &symbolic.Env{Dims: maps.Clone(env.Dims), Inputs: maps.Clone(env.Inputs)}
	n := one.Dims[module.Batch]
	one.Dims[module.Batch] = 1
	for _, a := range m.Args {
		x := env.Inputs[a.Node.Attr.Key()]
		y := symbolic.NewTensor(append([]int{1}, x.Shape[1:]...)...)
		copy(y.Data, x.Data[e*len(x.Data)/n:])
		one.Inputs[a.Node.Attr.Key()] = y
	}
	return one
}
