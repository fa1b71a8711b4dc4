package loop

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// randomGraph makes a procedure of about n operators over values of all ranks
// up to 3, some with the batch, in which most values have several uses.
func randomGraph(rng *rand.Rand, n int) *module.Procedure {
	t := newNet("random")
	d := symbolic.Sym("d")
	dims := []symbolic.Poly{symbolic.Int(3), symbolic.Int(2), d, symbolic.Int(4)}
	shape := func() symbolic.Shape {
		var s symbolic.Shape
		if rng.IntN(3) > 0 {
			s = append(s, batch)
		}
		for range rng.IntN(3) {
			s = append(s, dims[rng.IntN(len(dims))])
		}
		return s
	}
	var reals []*symbolic.Node
	for i := range 4 {
		reals = append(reals, t.arg(fmt.Sprint("x", i), shape()))
	}
	params := len(reals)
	pick := func() *symbolic.Node { return reals[len(reals)-1-min(rng.IntN(len(reals)), rng.IntN(len(reals)))] }
	// like returns a value seen in shape s.
	like := func(s symbolic.Shape) *symbolic.Node {
		x := pick()
		var m symbolic.Map
		m.Shape = s
		for _, dim := range x.Shape {
			at := -1
			for i, e := range s {
				if e.Equal(dim) && (at < 0 || rng.IntN(2) == 0) {
					at = i
				}
			}
			switch {
			case at >= 0:
				m.Index = append(m.Index, symbolic.Axis(at))
			default: // the first element, where there is one
				m.Index = append(m.Index, symbolic.Int(0))
				m.Guard = append(m.Guard, symbolic.Cond{Kind: symbolic.NonNeg, E: dim.Sub(symbolic.Int(1))})
			}
		}
		return t.g.Access(x, &m)
	}
	unary := []string{"sigmoid", "tanh", "neg", "abs", "relu", "sin"}
	binary := []string{"add", "sub", "mul", "max", "add", "mul"}
	for len(reals) < n+params {
		x := pick()
		rank := len(x.Shape)
		var y *symbolic.Node
		switch rng.IntN(15) {
		case 0, 1:
			y = t.apply(unary[rng.IntN(len(unary))], x)
		case 2, 3, 4:
			y = t.apply(binary[rng.IntN(len(binary))], x, like(x.Shape))
		case 5: // a contraction
			s := append(append(symbolic.Shape{}, x.Shape...), dims[rng.IntN(len(dims))])
			if rank == 0 || len(s) > 3 {
				continue
			}
			a := rng.IntN(rank)
			axes := make([]int, rank)
			for i := range axes {
				axes[i] = i
			}
			y = t.g.Sum(t.g.Mul(t.g.Broadcast(x, s, axes...), like(s)), a)
		case 6, 7:
			if rank == 0 {
				continue
			}
			op := []string{"sum", "sum", "maxof", "prod", "logsumexp", "mean"}[rng.IntN(6)]
			if a := rng.IntN(rank); x.Shape[a].Equal(batch) || x.Shape[a].Equal(d) {
				y = t.g.Apply(symbolic.OpSum, symbolic.Axes{a}, x) // may be empty
			} else {
				y = t.g.Apply(symbolic.Lookup(op), symbolic.Axes{a}, x)
			}
		case 8:
			if rank == 0 || isBatch(x.Shape[rank-1]) || x.Shape[rank-1].Equal(d) {
				continue
			}
			y = t.g.Apply(symbolic.Lookup("softmax"), symbolic.Axes{rank - 1}, x)
		case 9:
			if rank == 2 {
				y = t.g.Permute(x, 1, 0)
			} else if rank == 3 {
				y = t.g.Permute(x, 0, 2, 1)
			}
		case 10:
			if rank == 3 {
				y = t.g.Reshape(x, symbolic.Shape{x.Shape[0], x.Shape[1].Mul(x.Shape[2])})
			}
		case 11:
			if rank > 0 {
				a := rng.IntN(rank)
				s := append(symbolic.Shape{}, x.Shape...)
				other := like(s)
				y = t.g.Concat(a, x, other)
				y = t.g.Slice(y, a, symbolic.Int(0), x.Shape[a])
				if rng.IntN(2) == 0 {
					y = t.g.Slice(t.g.Concat(a, x, other), a, x.Shape[a], x.Shape[a])
				}
			}
		case 12: // an element where the index is small enough
			if rank > 0 {
				at := symbolic.Int(rng.IntN(3))
				m := &symbolic.Map{Shape: x.Shape}
				for i := range x.Shape {
					m.Index = append(m.Index, symbolic.Axis(i))
				}
				e := m.Index[0].Sub(at)
				m.Index[0] = e
				m.Guard = []symbolic.Cond{{Kind: symbolic.NonNeg, E: e}}
				y = t.g.Access(x, m)
			}
		case 13: // gather by data
			if rank > 0 && !isBatch(x.Shape[0]) && !x.Shape[0].Equal(d) {
				ids := t.index("ids", batched())
				s := append(symbolic.Shape{batch}, x.Shape[1:]...)
				m := &symbolic.Map{Shape: s, Index: []symbolic.Poly{symbolic.Operand(0)}}
				for i := 1; i < rank; i++ {
					m.Index = append(m.Index, symbolic.Axis(i))
				}
				y = t.g.Access(x, m, t.g.Broadcast(ids, s, 0))
			}
		case 14:
			c := t.apply("lt", x, like(x.Shape))
			y = t.g.Select(c, like(x.Shape), t.apply("exp", t.apply("tanh", x)))
		}
		if y == nil || len(y.Shape) > 3 {
			continue
		}
		if rng.IntN(4) == 0 {
			t.g.SetName(y, fmt.Sprint("v", len(reals)))
		}
		reals = append(reals, y)
	}
	loss := t.g.Num(0)
	for range 3 {
		x := reals[len(reals)-1-rng.IntN(min(3, len(reals)))]
		t.result(module.OutputResult, "", x)
		loss = t.g.Add(loss, t.g.Sum(t.apply("sin", x), symbolic.AllAxes(x)...))
	}
	t.result(module.LossResult, "loss", loss)
	for i, dx := range t.g.Gradient(loss, reals[:params]...) {
		if dx != nil {
			t.result(module.InputGradient, fmt.Sprint("x", i), dx)
		}
	}
	return t.proc
}

func TestRandom(t *testing.T) {
	count := 1500
	if testing.Short() {
		count = 50
	}
	for seed := range count {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(seed), 0))
			n := 3 + rng.IntN(15)
			for _, size := range []int{0, 1, 3} {
				rng := rand.New(rand.NewPCG(uint64(seed), 1))
				compare(t, randomGraph(rng, n), map[string]int{"batch": size, "d": 2 + seed%2}, 2)
			}
		})
	}
}
