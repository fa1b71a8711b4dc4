package symbolic

import "math"

func init() {
	positive := func(g *Graph, x *Node) *Node { return g.Apply(OpLt, nil, g.Like(0, x), x) }
	Register(OpSpec{
		Name: "elu", Doc: "x where that is positive, else eˣ − 1.", Args: 1, Class: Elementwise, Builtin: true,
		Eval: of(func(x float64) float64 {
			if x > 0 {
				return x
			}
			return math.Expm1(x)
		}),
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			return g.Select(positive(g, x[0]), x[0], g.Apply(OpExpm1, nil, x[0]))
		},
		// exp of min(x, 0) is the slope on both sides, and never overflows.
		Partial: slope(func(g *Graph, x, y *Node) *Node {
			return g.Apply(OpExp, nil, g.Apply(OpMin, nil, x, g.Like(0, x)))
		}),
		Math: "elu(%s)",
		// The first derivative has a kink at 0.
		Kinks:  []float64{0},
		Oracle: func(x []float64) float64 { return math.Max(x[0], 0) + math.Expm1(math.Min(x[0], 0)) },
	})
}
