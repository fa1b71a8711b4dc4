package loop

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

var nets = []struct {
	name string
	make func() *module.Procedure
}{
	{"window", window},
	{"mlp", mlp},
	{"neuron", neuron},
	{"circuit", circuit},
	{"digits", digits},
}

func TestNets(t *testing.T) {
	for _, n := range nets {
		for _, size := range []int{0, 1, 3} {
			t.Run(fmt.Sprintf("%s/%d", n.name, size), func(t *testing.T) {
				compare(t, n.make(), map[string]int{"batch": size, "vocab": 7}, 2)
			})
		}
	}
}

// compare holds the loop program against the meaning of the graph, with and
// without a plan.
func compareAs(t *testing.T, p *module.Procedure, how tiling, dims map[string]int, indexBound int) {
	t.Helper()
	prog, err := lowerWith(p, how)
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(prog); err != nil {
		t.Fatalf("%v\n%s", err, prog)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	env := &symbolic.Env{Dims: dims, Inputs: map[string]*symbolic.Tensor{}}
	in := map[string][]float64{}
	var roots []*symbolic.Node
	for _, r := range p.Results {
		roots = append(roots, r.Node)
	}
	for _, n := range symbolic.Reachable(roots...) {
		key, ok := n.Attr.(symbolic.Input)
		if !ok {
			continue
		}
		shape, err := n.Shape.Eval(func(s string) (int, bool) { n, ok := dims[s]; return n, ok })
		if err != nil {
			t.Fatal(err)
		}
		x := symbolic.NewTensor(shape...)
		for i := range x.Data {
			if n.Type == symbolic.Real {
				x.Data[i] = rng.Float64()*3 - 1.5
			} else {
				x.Data[i] = float64(rng.IntN(indexBound))
			}
		}
		env.Inputs[key.Key()] = x
	}
	for _, b := range prog.Buffers {
		if b.Kind == In {
			in[b.Name] = env.Inputs[b.Node.Attr.Key()].Data
		}
	}
	want, err := symbolic.Eval(env, roots...)
	if err != nil {
		t.Fatal(err)
	}
	plan := MakePlan(prog)
	for _, pl := range []*Plan{nil, plan} {
		got, err := Run(prog, pl, dims, in)
		if err != nil {
			t.Fatalf("%v\n%s%s", err, prog, plan)
		}
		i := 0
		for _, b := range prog.Buffers {
			if b.Kind != Out {
				continue
			}
			if d := distance(got[b.Name], want[i].Data); d > 1e-12 {
				t.Fatalf("%s differs by %g:\n%v\n%v\n%s%s", b.Name, d, got[b.Name], want[i].Data, prog, plan)
			}
			i++
		}
	}
}

// distance is the greatest difference relative to the greatest element.
func distance(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	diff, size := 0.0, 1.0
	for i := range a {
		if math.Float64bits(a[i]) == math.Float64bits(b[i]) || math.IsNaN(a[i]) && math.IsNaN(b[i]) {
			continue
		}
		diff = max(diff, math.Abs(a[i]-b[i]))
		size = max(size, math.Abs(b[i]))
	}
	return diff / size
}

// compare does so with batches gone through as is best, and in tiles.
func compare(t *testing.T, p *module.Procedure, dims map[string]int, indexBound int) {
	t.Helper()
	for _, how := range []tiling{{}, {size: 2, any: true}} {
		compareAs(t, p, how, dims, indexBound)
	}
}
