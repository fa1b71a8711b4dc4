package driver_test

import (
	"math"
	"slices"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// TestDropout: of many numbers a part p is dropped, in the derivative the same
// ones as forward, in each step others; inference drops none.
func TestDropout(t *testing.T) {
	const n, batch, p = 500, 4, 0.2
	src := `package p

import "nn"

model M(x [500]) derive grad(x) {
    param w ~ ones
    d = dropout[0.2](w*x)
    output d
    loss sum(d)
}
`
	var errs diag.List
	m, _ := frontend.Load("p.bp", []byte(src), frontend.Options{Float: "float64"}, &errs)
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		t.Fatal(errs.Error())
	}
	model, x := m.Models[0], symbolic.NewTensor(batch, n)
	for i := range x.Data {
		x.Data[i] = 1 + math.Sin(float64(i))/2
	}
	run := func(proc *module.Procedure, step int) (out [][]float64) {
		env := &symbolic.Env{Dims: map[string]int{module.Batch: batch}, Inputs: map[string]*symbolic.Tensor{
			model.Args[0].Node.Attr.Key(): x, model.Params[0].Node.Attr.Key(): symbolic.Scalar(1),
		}}
		for i, s := range model.Samples {
			for word, k := range symbolic.SampleKey(3, step, i) {
				env.Inputs[s.Key[word].Attr.Key()] = symbolic.Scalar(k)
			}
		}
		for _, r := range proc.Results {
			v, err := symbolic.Eval(env, r.Node)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, v[0].Data)
		}
		return out
	}
	if got := run(d.Models[0].Infer, 1)[0]; !slices.Equal(got, x.Data) {
		t.Error("inference changes what dropout is given")
	}
	var first []float64
	for step := range 3 {
		got := run(d.Models[0].Inputs, step)
		loss, dw, dx := got[0][0], got[1][0], got[2]
		sum, dropped := 0.0, 0
		for i, g := range dx {
			switch kept := 1 / (1 - p) / batch; {
			case g == 0:
				dropped++
			case math.Abs(g-kept) > 1e-15:
				t.Fatalf("step %d: the derivative by element %d is %v, want 0 or %v", step, i, g, kept)
			}
			sum += g * x.Data[i]
		}
		if math.Abs(loss-sum) > 1e-10*sum || math.Abs(dw-sum) > 1e-10*sum {
			t.Errorf("step %d: the loss is %v and its derivative by w %v, want %v by what the derivative keeps", step, loss, dw, sum)
		}
		if deviation := math.Sqrt(p * (1 - p) * n * batch); math.Abs(float64(dropped)-p*n*batch) > 4*deviation {
			t.Errorf("step %d: %d of %d are dropped, want about %v", step, dropped, n*batch, p*n*batch)
		}
		if step == 0 {
			first = dx
		} else if slices.Equal(first, dx) {
			t.Error("the same numbers are dropped in two steps")
		}
	}
}
