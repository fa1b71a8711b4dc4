package symbolic

import "math"

func init() {
	// 1 − x² as (1 − x)(1 + x) keeps its digits near ±1.
	rest := func(g *Graph, x *Node) *Node {
		return g.Apply(OpSqrt, nil, g.Mul(g.Sub(g.Num(1), x), g.Add(g.Num(1), x)))
	}
	Register(OpSpec{
		Name: "asin", Doc: "The angle in [−π/2, π/2] with sine x.", Args: 1, Class: Elementwise, Builtin: true,
		Eval:    of(math.Asin),
		Pole:    anywhere,
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Div(g.Like(1, x), rest(g, x)) }),
		Go:      "math.Asin", Math: "asin(%s)", Domain: [][2]float64{{-0.95, 0.95}},
		Oracle: func(x []float64) float64 { return math.Atan2(x[0], math.Sqrt(1-x[0]*x[0])) },
	})
	Register(OpSpec{
		Name: "acos", Doc: "The angle in [0, π] with cosine x.", Args: 1, Class: Elementwise, Builtin: true,
		Eval:    of(math.Acos),
		Pole:    anywhere,
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Div(g.Like(-1, x), rest(g, x)) }),
		Go:      "math.Acos", Math: "acos(%s)", Domain: [][2]float64{{-0.95, 0.95}},
		Oracle: func(x []float64) float64 { return math.Atan2(math.Sqrt(1-x[0]*x[0]), x[0]) },
	})
	Register(OpSpec{
		Name: "atan", Doc: "The angle in (−π/2, π/2) with tangent x.", Args: 1, Class: Elementwise, Builtin: true,
		Eval: of(math.Atan),
		Partial: slope(func(g *Graph, x, y *Node) *Node {
			return g.Div(g.Like(1, x), g.Add(g.Num(1), g.Apply(OpSquare, nil, x)))
		}),
		Go: "math.Atan", Math: "atan(%s)",
		Oracle: func(x []float64) float64 { return math.Asin(x[0] / math.Sqrt(1+x[0]*x[0])) },
	})
	Register(OpSpec{
		Name: "atan2", Doc: "The angle of the point with ordinate y and abscissa x; no derivative at the origin.", Args: 2, Class: Elementwise, Builtin: true,
		Eval: of2(math.Atan2),
		// Dividing twice by the distance overflows later than by its square.
		Partial: []func(*Graph, []*Node, *Node) *Node{
			func(g *Graph, x []*Node, y *Node) *Node {
				h := g.Apply(OpHypot, nil, x[0], x[1])
				return g.Div(g.Div(x[1], h), h)
			},
			func(g *Graph, x []*Node, y *Node) *Node {
				h := g.Apply(OpHypot, nil, x[0], x[1])
				return g.Neg(g.Div(g.Div(x[0], h), h))
			},
		},
		Go: "math.Atan2", Math: "atan2(%s, %s)", Domain: [][2]float64{{-2, 2}, {0.3, 2}},
		Oracle: func(x []float64) float64 { return math.Atan(x[0] / x[1]) },
	})
}
