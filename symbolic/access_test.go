package symbolic

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestAccessGradient compares the adjoints of many reads with what reading
// them element by element gives: x̄ += ȳ at every element read.
func TestAccessGradient(t *testing.T) {
	i, j, n := Axis(0), Axis(1), Sym("n")
	two := func(p Poly) Poly { return p.Scale(2, 1) }
	for _, c := range []struct {
		name string
		in   Shape
		m    *Map
	}{
		{"transpose", Shp(2, 3), &Map{Shape: Shp(3, 2), Index: []Poly{j, i}}},
		{"slice", Shp(5), &Map{Shape: Shp(2), Index: []Poly{i.Add(Int(2))}}},
		{"reversed", Shp(4), &Map{Shape: Shp(4), Index: []Poly{Int(3).Sub(i)}}},
		{"reversed dim", Shape{n}, &Map{Shape: Shape{n}, Index: []Poly{n.Sub(Int(1)).Sub(i)}}},
		{"stride", Shp(7), &Map{Shape: Shp(3), Index: []Poly{two(i).Add(Int(1))}}},
		{"backward stride", Shp(7), &Map{Shape: Shp(3), Index: []Poly{Int(6).Sub(two(i))}}},
		{"diagonal", Shp(3, 3), &Map{Shape: Shp(3), Index: []Poly{i, i}}},
		{"broadcast", Shp(3), &Map{Shape: Shp(2, 3), Index: []Poly{j}}},
		{"broadcast scalar", nil, &Map{Shape: Shp(2, 3)}},
		{"one element", Shp(3), &Map{Index: []Poly{Int(1)}}},
		{"windows", Shp(6), &Map{Shape: Shp(4, 3), Index: []Poly{i.Add(j)}}},
		{"strided windows", Shp(9), &Map{Shape: Shp(4, 2), Index: []Poly{two(i).Add(j)}}},
		{"twice strided", Shp(9), &Map{Shape: Shp(2, 3), Index: []Poly{two(i).Add(two(j))}}},
		{"wide stride", Shp(9), &Map{Shape: Shp(2, 3), Index: []Poly{i.Scale(4, 1).Add(two(j))}}},
		{"convolution", Shp(4, 5), &Map{Shape: Shp(3, 4, 2, 2), Index: []Poly{i.Add(Axis(2)), j.Add(Axis(3))}}},
		{"sum and difference", Shp(5, 5), &Map{Shape: Shp(3, 3), Index: []Poly{i.Add(j), i.Sub(j).Add(Int(2))}}},
		{"padding", Shp(3), &Map{Shape: Shp(5), Index: []Poly{i.Sub(Int(1))}, Guard: []Cond{{Kind: NonNeg, E: i.Sub(Int(1))}, {Kind: NonNeg, E: Int(3).Sub(i)}}}},
		{"dilated", Shp(3), &Map{Shape: Shp(6), Index: []Poly{i.Scale(1, 2)}, Guard: []Cond{{Kind: Divides, E: i, Mod: 2}}}},
		{"on the diagonal only", Shp(3), &Map{Shape: Shp(3, 3), Index: []Poly{i}, Guard: []Cond{{Kind: Zero, E: i.Sub(j)}}}},
		{"lower triangle", Shp(3, 3), &Map{Shape: Shp(3, 3), Index: []Poly{i, j}, Guard: []Cond{{Kind: NonNeg, E: i.Sub(j)}}}},
		{"packed triangle", Shp(6), &Map{Shape: Shp(3, 3), Index: []Poly{i.Mul(i.Add(Int(1))).Scale(1, 2).Add(j)}, Guard: []Cond{{Kind: NonNeg, E: i.Sub(j)}}}},
		{"empty", Shp(3), &Map{Shape: Shp(0), Index: []Poly{i}}},
	} {
		t.Run(c.name, func(t *testing.T) { checkAccess(t, c.in, c.m) })
	}
}

// Random maps, in range by guards.
func TestRandomAccess(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for k := range 300 {
		var in Shape
		m := &Map{}
		for range r.IntN(4) {
			m.Shape = append(m.Shape, Int(1+r.IntN(4)))
		}
		for range r.IntN(3) {
			e := Int(r.IntN(5) - 2)
			for a := range m.Shape {
				e = e.Add(Axis(a).Scale(int64([]int{0, 0, 1, 1, -1, 2, -2, 3}[r.IntN(8)]), 1))
			}
			d := Int(1 + r.IntN(5))
			in = append(in, d)
			m.Index = append(m.Index, e)
			m.Guard = append(m.Guard, Cond{Kind: NonNeg, E: e}, Cond{Kind: NonNeg, E: d.Sub(Int(1)).Sub(e)})
		}
		t.Run(fmt.Sprintf("%d %s of %s", k, m, in), func(t *testing.T) { checkAccess(t, in, m) })
	}
}

func checkAccess(t *testing.T, in Shape, m *Map) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 1))
	g := NewGraph()
	x := g.Input(ArgInput, "x", in, Real)
	y := g.Apply(OpAccess, m, x)
	u := g.Input(SeedInput, "u", y.Shape, Real)
	d := g.VJP([]*Node{y}, []*Node{u}, []*Node{x})[0]
	simple := g.Rewrite(Final, d)[0]
	dims := map[string]int{"n": 4}
	env := inputsOf(r, dims, d, y)
	out := mustEval(t, env, y, d, simple)

	far := env.Inputs["arg:x"]
	want := NewTensor(far.Shape...)
	each(out[0].Shape, func(k int, at []int) {
		sym := func(s string) (int, bool) {
			if a, ok := AxisOf(s); ok {
				return at[a], true
			}
			return dims[s], true
		}
		for _, c := range m.Guard {
			v, err := c.E.Eval(sym)
			if err != nil {
				t.Fatal(err)
			}
			if c.Kind == NonNeg && v < 0 || c.Kind == Zero && v != 0 || c.Kind == Divides && v%c.Mod != 0 {
				if out[0].Data[k] != 0 {
					t.Fatalf("element %v is read against a guard", at)
				}
				return
			}
		}
		flat := 0
		for a, e := range m.Index {
			v, err := e.Eval(sym)
			if err != nil {
				t.Fatal(err)
			}
			flat = flat*far.Shape[a] + v
		}
		if out[0].Data[k] != far.Data[flat] {
			t.Fatalf("element %v: %v, want %v", at, out[0].Data[k], far.Data[flat])
		}
		want.Data[flat] += env.Inputs["seed:u"].Data[k]
	})
	for k := range want.Data {
		if !near(out[1].Data[k], want.Data[k], 1e-12) {
			t.Fatalf("adjoint %v, by hand %v\n%s", out[1].Data, want.Data, DumpString(d))
		}
		if !near(out[2].Data[k], want.Data[k], 1e-12) {
			t.Fatalf("adjoint rewritten %v, by hand %v\n%s", out[2].Data, want.Data, DumpString(simple))
		}
	}
	if err := Check(g); err != nil {
		t.Error(err)
	}
	checkGradient(t, r, g, env, y, []*Node{x}, 1)
}

// Rewriting compositions of random reads keeps their values.
func TestRandomCompositions(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for range 300 {
		g := NewGraph()
		x := g.Input(ArgInput, "x", Shp(3, 4), Real)
		y := x
		for range 1 + r.IntN(5) {
			rank := len(y.Shape)
			switch k := r.IntN(8); {
			case k == 0 && rank > 0:
				y = g.Permute(y, r.Perm(rank)...)
			case k == 1 && rank > 0:
				a := r.IntN(rank)
				d, _ := y.Shape[a].Const()
				if lo := r.IntN(d + 1); d > 0 {
					y = g.Slice(y, a, Int(lo), Int(d-lo))
				}
			case k == 2 && rank < 4:
				axes := []int{}
				for a := range rank {
					axes = append(axes, a+1)
				}
				y = g.Broadcast(y, append(Shp(2), y.Shape...), axes...)
			case k == 3 && rank > 0:
				y = g.Sum(y, r.IntN(rank))
			case k == 4 && rank > 0:
				y = g.Concat(r.IntN(rank), y, g.Neg(y))
			case k == 5:
				y = g.Mul(g.Reshape(y, Shape{y.Shape.Size()}), g.Num(2))
			case k == 6:
				y = g.Select(g.Apply(OpLt, nil, y, g.Num(0.5)), g.Mul(y, y), g.Num(0))
			case k == 7 && rank > 0:
				a := r.IntN(rank)
				m := &Map{Shape: y.Shape}
				for i := range rank {
					m.Index = append(m.Index, Axis(i))
				}
				m.Index[a] = y.Shape[a].Sub(Int(1)).Sub(Axis(a))
				y = g.access(y, m)
			}
		}
		checkRewrites(t, r, g, y, x)
	}
}

// checkRewrites compares y and its gradient before and after all phases.
func checkRewrites(t *testing.T, r *rand.Rand, g *Graph, y *Node, xs ...*Node) {
	t.Helper()
	s := g.Sum(g.Mul(y, y), AllAxes(y)...)
	stable := g.Rewrite(Stability, append([]*Node{s}, xs...)...)
	raw := g.Gradient(stable[0], stable[1:]...)
	raw = append(raw, s, stable[0])
	out := g.Rewrite(Final, raw...)
	env := inputsOf(r, nil, append(out, raw...)...)
	a, b := mustEval(t, env, raw...), mustEval(t, env, out...)
	for i := range a {
		if a[i] == nil {
			continue
		}
		for j := range a[i].Data {
			if !near(a[i].Data[j], b[i].Data[j], 1e-10) {
				t.Fatalf("%v becomes %v\n%s\n%s", a[i].Data, b[i].Data, DumpString(raw[i]), DumpString(out[i]))
			}
		}
	}
	if err := Check(g); err != nil {
		t.Fatal(err)
	}
	again := g.Rewrite(Final, out...)
	for i := range out {
		if out[i] != again[i] {
			t.Fatalf("rewriting is not finished\n%s\n%s", DumpString(out[i]), DumpString(again[i]))
		}
	}
}

func TestGather(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	g := NewGraph()
	table := g.Input(ParamInput, "L", Shape{Sym("vocab"), Int(3)}, Real)
	ids := g.Input(ArgInput, "ids", Shp(4), Integer)
	rows := g.Access(table, &Map{Shape: Shp(4, 3), Index: []Poly{Operand(0), Axis(1)}}, g.Broadcast(ids, Shp(4, 3), 0))
	env := inputsOf(r, map[string]int{"vocab": 5}, rows)
	env.Inputs["arg:ids"] = Vector(2, 0, 2, 4)
	checkGradient(t, r, g, env, g.Mul(rows, rows), []*Node{table}, 2)
	d := g.Rewrite(Final, g.Gradient(g.Sum(rows, 0, 1), table)[0])[0]
	wantData(t, mustEval(t, env, d)[0], 1, 1, 1, 0, 0, 0, 2, 2, 2, 0, 0, 0, 1, 1, 1)
}
