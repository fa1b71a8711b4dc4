package symbolic

import "math"

// The functions of angles, in radians.
var (
	OpSin = named("sin")
	OpCos = named("cos")
)

func init() {
	Register(OpSpec{
		Name: "sin", Doc: "The sine of an angle in radians.", Args: 1, Class: Elementwise, Builtin: true,
		Eval:    of(math.Sin),
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Apply(OpCos, nil, x) }),
		Go:      "math.Sin", Math: "sin(%s)",
		Oracle: func(x []float64) float64 { return 2 * math.Tan(x[0]/2) / (1 + math.Pow(math.Tan(x[0]/2), 2)) },
	})
	Register(OpSpec{
		Name: "cos", Doc: "The cosine of an angle in radians.", Args: 1, Class: Elementwise, Builtin: true,
		Eval:    of(math.Cos),
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Neg(g.Apply(OpSin, nil, x)) }),
		Go:      "math.Cos", Math: "cos(%s)",
		Oracle: func(x []float64) float64 { return 1 - 2*math.Pow(math.Sin(x[0]/2), 2) },
	})
	Register(OpSpec{
		Name: "tan", Doc: "The tangent of an angle in radians.", Args: 1, Class: Elementwise, Builtin: true,
		Eval:    of(math.Tan),
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Add(g.Num(1), g.Apply(OpSquare, nil, y)) }),
		Go:      "math.Tan", Math: "tan(%s)", Domain: [][2]float64{{-1.3, 1.3}},
		Oracle: func(x []float64) float64 { return math.Sin(x[0]) / math.Cos(x[0]) },
	})
}
