package symbolic

import "math"

func init() {
	// Φ(x), the normal distribution, from erfc so that its tail keeps digits.
	normal := func(g *Graph, x *Node) *Node {
		return g.Mul(g.Num(0.5), g.Apply(OpErfc, nil, g.Mul(g.Num(-math.Sqrt2/2), x)))
	}
	Register(OpSpec{
		Name: "gelu", Doc: "x·Φ(x) with the normal distribution Φ, exactly.", Args: 1, Class: Elementwise, Builtin: true,
		Expand: func(g *Graph, attr Attr, x []*Node) *Node { return g.Mul(x[0], normal(g, x[0])) },
		Eval:   of(func(x float64) float64 { return x * (0.5 * math.Erfc(-math.Sqrt2/2*x)) }),
		Partial: slope(func(g *Graph, x, y *Node) *Node {
			bell := g.Apply(OpExp, nil, g.Mul(g.Num(-0.5), g.Apply(OpSquare, nil, x)))
			return g.Add(normal(g, x), g.Mul(x, g.Mul(g.Num(1/math.Sqrt(2*math.Pi)), bell)))
		}),
		Math:   "gelu(%s)",
		Oracle: func(x []float64) float64 { return x[0] * (1 + math.Erf(x[0]/math.Sqrt2)) / 2 },
	})
}
