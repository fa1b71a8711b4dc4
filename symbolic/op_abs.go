package symbolic

import "math"

// OpAbs is |x|; its derivative at 0 is 0.
var OpAbs = named("abs")

// OpSign is −1, 0 or 1.
var OpSign = named("sign")

func init() {
	Register(OpSpec{
		Name: "abs", Doc: "|x|; its derivative at 0 is 0.", Exact: true, Args: 1, Class: Elementwise, Builtin: true,
		Sign:    surely(NotNegative),
		Eval:    func(x []float64) float64 { return math.Abs(x[0]) },
		Partial: []func(*Graph, []*Node, *Node) *Node{func(g *Graph, x []*Node, y *Node) *Node { return g.Apply(OpSign, nil, x[0]) }},
		Go:      "math.Abs", Math: "|%s|", Kinks: []float64{0},
	})
	Register(OpSpec{
		Name: "sign", Doc: "−1, 0 or 1 as x is negative, zero or positive.", Exact: true, Args: 1, Class: Elementwise, Builtin: true,
		Eval: func(x []float64) float64 {
			switch {
			case x[0] > 0:
				return 1
			case x[0] < 0:
				return -1
			}
			return x[0] // 0, −0 and NaN
		},
		Partial: []func(*Graph, []*Node, *Node) *Node{nil},
		Go:      "sign", Math: "sign(%s)", Kinks: []float64{0},
	})
}
