package symbolic

import "math"

func init() {
	Register(OpSpec{
		Name: "silu", Doc: "x·σ(x).", Args: 1, Class: Elementwise, Builtin: true,
		Expand: func(g *Graph, attr Attr, x []*Node) *Node { return g.Mul(x[0], g.Apply(OpSigmoid, nil, x[0])) },
		Eval:   func(x []float64) float64 { return x[0] * OpSigmoid.Eval(x) },
		Partial: slope(func(g *Graph, x, y *Node) *Node {
			s := g.Apply(OpSigmoid, nil, x)
			return g.Add(s, g.Mul(y, g.Sub(g.Num(1), s)))
		}),
		Math:   "silu(%s)",
		Oracle: func(x []float64) float64 { return x[0] / (1 + math.Exp(-x[0])) },
	})
}
