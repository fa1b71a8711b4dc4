package symbolic

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// TestSpecial holds special functions and their derivatives up to the third
// against numbers from mpmath; testdata/special.py makes them.
func TestSpecial(t *testing.T) {
	data, err := os.ReadFile("testdata/special.json")
	if err != nil {
		t.Fatal(err)
	}
	var points []struct {
		Name   string
		X      float64
		Values []float64
	}
	if err := json.Unmarshal(data, &points); err != nil {
		t.Fatal(err)
	}
	for _, p := range points {
		g := NewGraph()
		x := g.Input(ArgInput, "x", nil, Real)
		args := []*Node{x}
		name, order, ok := strings.Cut(p.Name, " ")
		if ok {
			args = []*Node{g.Const(float64(order[0]-'0'), nil, Integer), x}
		}
		y := g.Apply(Lookup(name), nil, args...)
		env := &Env{Inputs: map[string]*Tensor{"arg:x": Scalar(p.X)}}
		for k, want := range p.Values {
			got := mustEval(t, env, y)[0].Data[0]
			// Near a root only the error itself can be small. The derivatives of
			// erfcx are differences of what is larger by 2x each.
			slack := 4e-16
			if name == "erfcx" {
				slack *= math.Abs(p.Values[0]) * math.Pow(2*math.Abs(p.X), float64(k))
			}
			if math.Abs(got-want) > 2e-13*math.Abs(want)+slack {
				t.Errorf("%s at %v: derivative %d is %v, want %v", p.Name, p.X, k, got, want)
			}
			y = g.Gradient(y, x)[0]
			if y == nil {
				break
			}
		}
	}
}
