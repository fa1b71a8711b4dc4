package symbolic

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestSweep compares Jacobians that are taken for all seeds at once, both ways,
// with those taken seed by seed.
func TestSweep(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	for k := range 200 {
		g := NewGraph()
		x := g.Mark(g.Input(ArgInput, "x", Shp(3, 2), Real))
		y := randomValue(r, g, x)
		t.Run(fmt.Sprint(k), func(t *testing.T) { checkSweep(t, r, g, y, x) })
	}
}

// randomValue computes something from x by a few random steps.
func randomValue(r *rand.Rand, g *Graph, x *Node) *Node {
	ids := g.Input(ArgInput, "ids", Shp(2), Integer)
	y := x
	for range 1 + r.IntN(6) {
		rank := len(y.Shape)
		axis := func() int { return r.IntN(rank) }
		switch k := r.IntN(12); {
		case k == 0 && rank > 0:
			y = g.Permute(y, r.Perm(rank)...)
		case k == 1 && rank > 0:
			a := axis()
			d, _ := y.Shape[a].Const()
			if lo := r.IntN(d + 1); d > lo {
				y = g.Slice(y, a, Int(lo), Int(d-lo))
			}
		case k == 2 && rank < 3:
			var axes []int
			for a := range rank {
				axes = append(axes, a+1)
			}
			y = g.Broadcast(y, append(Shp(2), y.Shape...), axes...)
		case k == 3 && rank > 0:
			y = g.Sum(y, axis())
		case k == 4 && rank > 0:
			y = g.Concat(axis(), y, g.Neg(y))
		case k == 5:
			y = g.Mul(g.Reshape(y, Shape{y.Shape.Size()}), g.Num(2))
		case k == 6:
			y = g.Select(g.Apply(OpLt, nil, y, g.Num(0.5)), g.Mul(y, y), g.Apply(OpSin, nil, y))
		case k == 7 && rank > 0:
			a := axis()
			m := &Map{Shape: y.Shape}
			for i := range rank {
				m.Index = append(m.Index, Axis(i))
			}
			m.Index[a] = y.Shape[a].Sub(Int(1)).Sub(Axis(a))
			y = g.access(y, m)
		case k == 8 && rank > 0 && r.IntN(2) == 0:
			y = g.Apply(OpSoftmax, Axes{axis()}, y)
		case k == 9 && rank > 0 && !y.Shape[0].Is(0) && !y.Shape[0].Is(1):
			// Rows by index: y[ids].
			m := &Map{Shape: append(Shp(2), y.Shape[1:]...), Index: []Poly{Operand(0)}}
			for a := 1; a < rank; a++ {
				m.Index = append(m.Index, Axis(a))
			}
			y = g.access(y, m, g.Broadcast(ids, m.Shape, 0))
		case k == 10 && rank > 0:
			d, _ := y.Shape[0].Const()
			if n := d / 2; n > 0 { // every second row
				m := &Map{Shape: append(Shp(n), y.Shape[1:]...)}
				for a := range rank {
					m.Index = append(m.Index, Axis(a))
				}
				m.Index[0] = Axis(0).Scale(2, 1)
				y = g.access(y, m)
			}
		case k == 11:
			y = g.Mul(y, g.Apply(OpCos, nil, y))
		}
	}
	return y
}

func checkSweep(t *testing.T, r *rand.Rand, g *Graph, y, x *Node) {
	t.Helper()
	shape := append(append(Shape{}, y.Shape...), x.Shape...)
	rank, in := len(y.Shape), len(x.Shape)
	number := func(n, from int) []int {
		var out []int
		for i := range n {
			out = append(out, from+i)
		}
		return out
	}
	roots := []*Node{}
	sweep := func(r, u *Node, at, own []int) {
		v, err := g.Sweep([]*Node{r}, u, g.Like(1, u), Units(u.Shape, number(len(u.Shape), 0)...))
		if err != nil {
			t.Fatal(err)
		}
		n := v[0].Arrange(shape, at, own)
		roots = append(roots, n, g.Rewrite(Final, n)[0])
	}
	u := g.Open(y)
	sweep(g.VJP([]*Node{y}, []*Node{u}, []*Node{x})[0], u, number(rank, 0), number(in, rank))
	v := g.Open(x)
	sweep(g.JVP([]*Node{y}, []*Node{x}, []*Node{v})[0], v, number(in, rank), number(rank, 0))
	if err := Check(g); err != nil {
		t.Fatal(err)
	}
	env := inputsOf(r, nil, append(roots, y)...)
	got := mustEval(t, env, roots...)

	// Row by row.
	seed := g.Input(SeedInput, "u", y.Shape, Real)
	row := g.VJP([]*Node{y}, []*Node{seed}, []*Node{x})[0]
	values := mustEval(t, env, y)[0]
	size := len(mustEval(t, env, x)[0].Data)
	for i := range values.Data {
		e := NewTensor(values.Shape...)
		e.Data[i] = 1
		env.Inputs["seed:u"] = e
		want := mustEval(t, env, row)[0]
		for j, w := range want.Data {
			for k := range got {
				if v := got[k].Data[i*size+j]; !near(v, w, 1e-12) {
					t.Fatalf("way %d: ∂y[%d]/∂x[%d] is %v, want %v\n%s", k, i, j, v, w, DumpString(roots[k]))
				}
			}
		}
	}
}
