package symbolic

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func mustEval(t *testing.T, env *Env, roots ...*Node) []*Tensor {
	t.Helper()
	out, err := Eval(env, roots...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wantData(t *testing.T, got *Tensor, want ...float64) {
	t.Helper()
	if !slices.Equal(got.Data, want) {
		t.Errorf("got %v, want %v", got.Data, want)
	}
}

func TestEvalCircuit(t *testing.T) {
	g := NewGraph()
	x, y, z := g.Input(ArgInput, "x", nil, Real), g.Input(ArgInput, "y", nil, Real), g.Input(ArgInput, "z", nil, Real)
	f := g.Mul(g.Add(x, y), z)
	env := &Env{Inputs: map[string]*Tensor{"arg:x": Scalar(-2), "arg:y": Scalar(5), "arg:z": Scalar(-4)}}
	out := mustEval(t, env, append(g.Gradient(f, x, y, z), f, nil)...)
	for i, want := range []float64{-4, -4, 3, -12} {
		wantData(t, out[i], want)
	}
	if out[4] != nil {
		t.Error("nil root has a value")
	}
}

func TestEvalDoesNotGrowTheGraph(t *testing.T) {
	g := NewGraph()
	x := g.Input(ArgInput, "x", Shp(3), Real)
	y := g.Apply(OpSoftmax, Axes{0}, x)
	n := g.Len()
	out := mustEval(t, &Env{Inputs: map[string]*Tensor{"arg:x": Vector(1000, 1000, math.Inf(-1))}}, y)
	wantData(t, out[0], 0.5, 0.5, 0)
	if g.Len() != n {
		t.Errorf("graph grew from %d to %d", n, g.Len())
	}
}

func TestEvalErrors(t *testing.T) {
	g := NewGraph()
	v := g.Input(ArgInput, "v", Shape{Sym("n")}, Real)
	k := g.Input(ArgInput, "k", nil, Integer)
	pick := g.Access(v, &Map{Index: []Poly{Operand(0)}}, k)
	inside := g.Apply(OpIntLt, nil, k, g.Size(Sym("n")))
	in := func(v, k *Tensor) map[string]*Tensor { return map[string]*Tensor{"arg:v": v, "arg:k": k} }
	n2 := map[string]int{"n": 2}
	for _, c := range []struct {
		name string
		env  Env
		root *Node
		want string
	}{
		{"missing", Env{Dims: n2}, v, "arg:v is missing"},
		{"length", Env{Dims: n2, Inputs: in(Vector(1, 2, 3), nil)}, v, "has 3 elements, want [2]"},
		{"shape", Env{Dims: n2, Inputs: in(&Tensor{[]int{1, 2}, []float64{1, 2}, nil}, nil)}, v, "has shape [1 2], want [2]"},
		{"dim", Env{Inputs: in(Vector(1, 2), nil)}, v, "size n is not known"},
		{"negative", Env{Dims: map[string]int{"n": -1}, Inputs: in(Vector(), nil)}, v, "negative"},
		{"huge", Env{Dims: map[string]int{"n": math.MaxInt}, Inputs: in(Vector(), nil)}, v, "too large"},
		{"whole", Env{Dims: n2, Inputs: in(Vector(1, 2), Scalar(0.5))}, pick, "want int"},
		{"high", Env{Dims: n2, Inputs: in(Vector(1, 2), Scalar(2))}, pick, "out of range [0, 2)"},
		{"low", Env{Dims: n2, Inputs: in(Vector(1, 2), Scalar(-1))}, pick, "out of range [0, 2)"},
		{"far", Env{Dims: n2, Inputs: in(Vector(1, 2), Scalar(1e300))}, pick, "out of range"},
		{"reached", Env{Dims: n2, Inputs: in(Vector(1, 2), Scalar(7))}, g.Add(g.Num(1), g.Apply(OpExp, nil, pick)), "out of range"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Eval(&c.env, c.root); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	// A choice does not look at what it does not take.
	safe := g.Select(inside, pick, g.Num(-1))
	for k, want := range map[float64]float64{0: 1, 1: 2, 9: -1} {
		wantData(t, mustEval(t, &Env{Dims: n2, Inputs: in(Vector(1, 2), Scalar(k))}, safe)[0], want)
	}
}

func TestEvalArg(t *testing.T) {
	g := NewGraph()
	x := g.Input(ArgInput, "x", Shp(2, 4), Real)
	env := &Env{Inputs: map[string]*Tensor{"arg:x": {Data: []float64{math.NaN(), 3, 1, 3, math.Inf(-1), math.Inf(-1), math.NaN(), math.Inf(-1)}}}}
	out := mustEval(t, env, g.Apply(OpArgmax, Axes{1}, x), g.Apply(OpArgmin, Axes{1}, x), g.Apply(OpMaxOver, Axes{1}, x))
	wantData(t, out[0], 1, 0)
	wantData(t, out[1], 2, 0)
	if !math.IsNaN(out[2].Data[0]) {
		t.Errorf("max of NaN is %v", out[2].Data)
	}
}

func TestEvalFloat32(t *testing.T) {
	g := NewGraph()
	x := g.Input(ArgInput, "x", Shp(2), Real)
	env := &Env{Round: ToFloat32, Inputs: map[string]*Tensor{"arg:x": Vector(1, 1.0/(1<<24))}}
	out := mustEval(t, env, g.Sum(x, 0), g.Div(x, g.Num(3)))
	wantData(t, out[0], 1)
	if v := out[1].Data[0]; v != float64(float32(v)) {
		t.Errorf("%v is no float32", v)
	}
}

// A chain and a comb of many nodes must not need the stack.
func TestEvalLarge(t *testing.T) {
	g := NewGraph()
	x := g.Input(ArgInput, "x", nil, Real)
	y := x
	for range 300_000 {
		y = g.Add(y, x)
	}
	wantData(t, mustEval(t, &Env{Inputs: map[string]*Tensor{"arg:x": Scalar(1)}}, y)[0], 300_001)
}
