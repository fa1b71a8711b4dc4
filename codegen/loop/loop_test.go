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
	{"window", windowNet},
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
	for _, run := range []struct {
		prog *Program
		plan *Plan
		most float64 // that results may differ
	}{{prog, nil, 1e-12}, {prog, plan, 1e-12}, {outlined(prog, false), plan, 1e-12}, {outlined(prog, true), plan, 1e-10}} { // sums backwards
		prog := run.prog
		if err := Check(prog); err != nil {
			t.Fatalf("%v\n%s", err, prog)
		}
		got, err := Run(prog, run.plan, dims, in)
		if err != nil {
			t.Fatalf("%v\n%s%s", err, prog, plan)
		}
		i := 0
		for _, b := range prog.Buffers {
			if b.Kind != Out {
				continue
			}
			if d := distance(got[b.Name], want[i].Data); d > run.most {
				t.Fatalf("%s differs by %g:\n%v\n%v\n%s%s", b.Name, d, got[b.Name], want[i].Data, prog, plan)
			}
			i++
		}
	}
}

// outlined returns the program with all kernels that there can be, whole or in
// parts of one iteration.
func outlined(p *Program, parts bool) *Program {
	q := *p
	q.Body = Outline(p.Body, 0, func(k *Kernel) bool { return true })
	if parts {
		q.Body = inParts(q.Body)
	}
	return &q
}

// inParts calls each kernel that can be split once for each iteration, the last
// one first.
func inParts(list []Stmt) (out []Stmt) {
	for _, s := range list {
		switch t := s.(type) {
		case *Call:
			out = append(out, partCalls(t)...)
			continue
		case *Loop:
			s = &Loop{Var: t.Var, Extent: t.Extent, Body: inParts(t.Body)}
		case *Tile:
			u := *t
			u.Body = inParts(t.Body)
			s = &u
		case *If:
			s = &If{Conds: t.Conds, Then: inParts(t.Then), Else: inParts(t.Else)}
		case *Choose:
			s = &Choose{Cond: t.Cond, Then: inParts(t.Then), Else: inParts(t.Else)}
		}
		out = append(out, s)
	}
	return out
}

func partCalls(c *Call) []Stmt {
	s := findSplit(c.Kernel, false)
	if s == nil {
		return []Stmt{c}
	}
	extent := s.Extent.Subst(func(name string) (symbolic.Poly, bool) {
		for i, p := range c.Kernel.Params {
			if p.Int != nil && p.Int.Name == name {
				return c.Args[i].Int, true
			}
		}
		return symbolic.Poly{}, false
	})
	v := &Var{Name: "part~", Type: symbolic.Integer}
	at := extent.Sub(symbolic.Int(1)).Sub(symbolic.Sym(v.Name))
	part := *c
	part.Kernel = c.Kernel.Part(s)
	part.Args = append([]Arg{{Int: at}, {Int: symbolic.Int(1)}}, c.Args...)
	return []Stmt{&Loop{Var: v, Extent: extent, Body: []Stmt{&part}}}
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
