package symbolic

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestUnrolled compares random values over rows before and after they are taken
// apart.
func TestUnrolled(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	apart := 0
	for k := range 200 {
		g := NewGraph()
		n := Sym("n")
		x := g.Input(ArgInput, "x", Shape{n, Int(3)}, Real)
		ids := g.Input(ArgInput, "ids", Shape{n}, Integer)
		y := x
		for range 1 + r.IntN(6) {
			rank := len(y.Shape)
			last := rank - 1
			switch k := r.IntN(9); {
			case k == 0 && rank > 1:
				y = g.Permute(y, r.Perm(rank)...)
			case k == 1 && rank > 1:
				y = g.Sum(y, r.IntN(rank))
			case k == 2 && rank < 3:
				y = g.Broadcast(y, append(y.Shape[:rank:rank], Int(2)), count(0, rank)...)
			case k == 3 && rank > 0:
				y = g.Concat(r.IntN(rank), y, g.Neg(y))
			case k == 4:
				y = g.Select(g.Apply(OpLt, nil, y, g.Num(0.5)), g.Mul(y, y), g.Apply(OpSin, nil, y))
			case k == 5 && rank > 0:
				if d, ok := y.Shape[last].Const(); ok && d > 1 {
					y = g.Slice(y, last, Int(1), Int(d-1))
				}
			case k == 6 && rank > 0:
				if _, ok := y.Shape[last].Const(); ok { // a dim of data
					m := &Map{Shape: append(Shape{n}, y.Shape[:last]...)}
					for a := range last {
						m.Index = append(m.Index, Axis(a+1))
					}
					m.Index = append(m.Index, Operand(0))
					y = g.access(y, m, g.Broadcast(ids, m.Shape, 0))
				}
			case k == 7 && rank == 2:
				if d, ok := y.Shape[1].Const(); ok {
					y = g.Reshape(y, Shape{y.Shape[0], Int(1), Int(d)})
				}
			case k == 8 && rank > 0:
				y = g.Apply(OpMaxOver, Axes{last}, y)
			}
		}
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			out := g.Unrolled([]*Node{y})[0]
			if out != y {
				apart++
			}
			if err := Check(g); err != nil {
				t.Fatal(err)
			}
			env := inputsOf(r, map[string]int{"n": 2}, y, out)
			for i := range env.Inputs["arg:x"].Data {
				env.Inputs["arg:x"].Data[i] = r.Float64()
			}
			if ids := env.Inputs["arg:ids"]; ids != nil {
				for i := range ids.Data {
					ids.Data[i] = 0
				}
			}
			a, b := mustEval(t, env, y)[0], mustEval(t, env, out)[0]
			for i := range a.Data {
				if !near(a.Data[i], b.Data[i], 1e-13) {
					t.Fatalf("%v becomes %v\n%s", a.Data, b.Data, DumpString(out))
				}
			}
		})
	}
	if apart < 100 {
		t.Errorf("only %d values were taken apart", apart)
	}
}
