package symbolic

import (
	"math"
	"testing"
)

// TestSigns holds what the table says of signs and poles against values: of each elementwise operator
// on real numbers, at points of every sign that its arguments may be known to have.
func TestSigns(t *testing.T) {
	points := map[Sign][]float64{
		AnySign:     {-3, -2, -1.5, -1, -0.5, 0, 0.25, 0.5, 1, 2, 3.5},
		NotNegative: {0, 0.25, 0.5, 1, 2, 3.5},
		Positive:    {0.25, 0.5, 1, 2, 3.5},
	}
	for _, op := range Ops() {
		if op.Class != Elementwise || op.Out != Real || op.Foreign != nil {
			continue
		}
		signs := make([]Sign, op.Args)
		var all func(i int)
		all = func(i int) {
			if i < len(signs) {
				for s := AnySign; s <= Positive; s++ {
					signs[i] = s
					all(i + 1)
				}
				return
			}
			g := NewGraph()
			args := make([]*Node, op.Args)
			for k := range args { // each its own: x·x is known to be no less than 0
				args[k] = g.Input(ArgInput, string(rune('a'+k)), nil, op.ArgType(k))
			}
			n := g.Apply(op, nil, args...)
			known := func(k int) Sign { return signs[k] }
			sign, pole := n.SignOf(known), n.HasPole(known)
			x := make([]float64, op.Args)
			var at func(k int)
			at = func(k int) {
				if k < len(x) {
					for _, v := range points[signs[k]] {
						if op.ArgType(k) == Real || v == math.Trunc(v) && (op.ArgType(k) == Integer || v == 0 || v == 1) {
							x[k] = v
							at(k + 1)
						}
					}
					return
				}
				env := &Env{Inputs: map[string]*Tensor{}}
				for k, v := range x {
					env.Inputs["arg:"+string(rune('a'+k))] = Scalar(v)
				}
				y := mustEval(t, env, n)[0].Data[0]
				switch {
				case math.IsNaN(y) || math.IsInf(y, 0):
					if !pole {
						t.Fatalf("%s of %v is %v, and the table has no pole there", op.Name, x, y)
					}
				case sign == Positive && y <= 0, sign == NotNegative && y < 0:
					t.Fatalf("%s of %v is %v, and the table says it is of sign %d", op.Name, x, y, sign)
				}
			}
			at(0)
		}
		all(0)
	}
}
