package driver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

const lstmModel = `package p

dim T = 5, D = 2, H = 4

model Lstm(x [T, D], h0, c0 [H], k [T, H]) derive grad(x, h0, c0) {
    param W [4*H, D + H] ~ glorot
    param b [4*H]
    hs = LOOP carry h = h0, c = c0 KIND{
        i, f, g, o = split(W @ concat(ROW, h) + b, 4)
        c1 = sigmoid(f)*c + sigmoid(i)*tanh(g)
        h1 = sigmoid(o)*tanh(c1)
        next h, c = h1, c1
        emit h1
    }
    output hs
    loss dot(hs, k) + sumsq(c)
}
`

// TestLSTM holds an LSTM that is a scan, one that is unrolled and one that is
// checkpointed against PyTorch's: its states, its loss, and all gradients.
func TestLSTM(t *testing.T) {
	var torch map[string]any
	readJSON(t, "testdata/torchlstm.json", &torch)
	numbers := func(name string) (out []float64) {
		if v, ok := torch[name].(float64); ok {
			return []float64{v}
		}
		list, ok := torch[name].([]any)
		if !ok {
			t.Fatalf("nothing is called %s", name)
		}
		for _, v := range list {
			out = append(out, v.(float64))
		}
		return out
	}
	for _, kind := range []struct{ name, loop, row, kind string }{
		{"scan", "scan row in x", "row", ""},
		{"scan by number", "scan t < T", "x[t]", ""},
		{"unrolled", "for row in x", "row", ""},
		{"checkpoint", "scan row in x", "row", "checkpoint "},
	} {
		t.Run(kind.name, func(t *testing.T) {
			src := strings.NewReplacer("LOOP", kind.loop, "ROW", kind.row, "KIND", kind.kind).Replace(lstmModel)
			var errs diag.List
			m, _ := frontend.Load("p.bp", []byte(src), frontend.Options{Float: "float64"}, &errs)
			if len(errs) > 0 {
				t.Fatal(errs.Error())
			}
			d := module.Derive(m, &errs)
			if len(errs) > 0 {
				t.Fatal(errs.Error())
			}
			procs := d.Models[0]
			for _, p := range []*module.Procedure{procs.Infer, procs.Inputs} {
				prog, err := loop.Lower(p)
				if err != nil {
					t.Fatal(err)
				}
				in := map[string][]float64{}
				for _, b := range prog.Buffers {
					if b.Kind == loop.In {
						in[b.Name] = numbers(b.Node.Name)
					}
				}
				got, err := loop.Run(prog, loop.MakePlan(prog), map[string]int{module.Batch: 3}, in)
				if err != nil {
					t.Fatal(err)
				}
				i := 0
				for _, b := range prog.Buffers {
					if b.Kind != loop.Out {
						continue
					}
					name := p.Results[i].Name
					if k := p.Results[i].Kind; k == module.ParamGradient || k == module.InputGradient {
						name = "d" + name
					}
					agree(t, fmt.Sprintf("%s: %s", p.Name, name), got[b.Name], numbers(name), 1e-13, 1e-14)
					i++
				}
			}
		})
	}
}
