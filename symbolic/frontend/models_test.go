package frontend

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// TestModels evaluates the losses of models.bp on a batch. The expected
// numbers come from the definitional interpreter, which runs the examples one
// by one; see models.py.
func TestModels(t *testing.T) {
	m := load(t, "testdata/models.bp", readFile(t, "testdata/models.bp"), Options{})
	models := map[string]*module.Model{}
	for _, x := range m.Models {
		models[x.Name] = x
	}
	var cases []struct {
		Model        string
		Batch        [][]any
		Dims         map[string]int
		Params       map[string]any
		States, Next map[string]any
		Train, Infer float64
	}
	if err := json.Unmarshal(readFile(t, "testdata/models.json"), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Model, func(t *testing.T) {
			x := models[c.Model]
			env := &symbolic.Env{Dims: map[string]int{module.Batch: len(c.Batch)}, Inputs: map[string]*symbolic.Tensor{}}
			for k, v := range c.Dims {
				env.Dims[k] = v
			}
			for i, a := range x.Args {
				var column []any
				for _, row := range c.Batch {
					column = append(column, row[i])
				}
				env.Inputs[a.Node.Attr.Key()] = tensorOf(column)
			}
			if len(c.Params) != len(x.Params) {
				t.Errorf("%d parameters, want %d", len(x.Params), len(c.Params))
			}
			for _, p := range x.Params {
				v, ok := c.Params[p.Name]
				if !ok {
					t.Fatalf("no parameter %s", p.Name)
				}
				env.Inputs[p.Node.Attr.Key()] = tensorOf(v)
			}
			for _, s := range x.States {
				env.Inputs[s.Node.Attr.Key()] = tensorOf(c.States[s.Name])
			}
			for _, g := range x.Givens {
				env.Inputs[g.Node.Attr.Key()] = symbolic.Scalar(*g.Default)
			}
			got, err := symbolic.Eval(env, x.Train.Loss, x.Infer.Loss)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []float64{c.Train, c.Infer} {
				if g := got[i].Data[0]; math.Abs(g-want) > 1e-12*math.Max(1, math.Abs(want)) {
					t.Errorf("loss %d is %v, want %v", i, g, want)
				}
			}
			for _, s := range x.States {
				got, err := symbolic.Eval(env, s.Next)
				if err != nil {
					t.Fatal(err)
				}
				want := tensorOf(c.Next[s.Name])
				sameTensor(t, got[0], want.Shape, want.Data)
			}
		})
	}
}
