package symbolic

import "math"

// OpTanh is the hyperbolic tangent; its derivative is 1 − y² of its own
// output.
var OpTanh = named("tanh")

var (
	opSinh = named("sinh")
	opCosh = named("cosh")
)

func init() {
	Register(OpSpec{
		Name: "sinh", Doc: "The hyperbolic sine.", Args: 1, Class: Elementwise, Builtin: true,
		Eval:    of(math.Sinh),
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Apply(opCosh, nil, x) }),
		Go:      "math.Sinh", Math: "sinh(%s)",
		Oracle: func(x []float64) float64 { return (math.Expm1(x[0]) - math.Expm1(-x[0])) / 2 },
	})
	Register(OpSpec{
		Name: "cosh", Doc: "The hyperbolic cosine.", Args: 1, Class: Elementwise, Builtin: true,
		Sign:    surely(Positive),
		Eval:    of(math.Cosh),
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Apply(opSinh, nil, x) }),
		Go:      "math.Cosh", Math: "cosh(%s)",
		Oracle: func(x []float64) float64 { return (math.Exp(x[0]) + math.Exp(-x[0])) / 2 },
	})
	Register(OpSpec{
		Name: "tanh", Doc: "The hyperbolic tangent.", Args: 1, Class: Elementwise, Builtin: true,
		Eval:    of(math.Tanh),
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Sub(g.Num(1), g.Apply(OpSquare, nil, y)) }),
		Go:      "math.Tanh", Math: "tanh(%s)",
		Oracle: func(x []float64) float64 { e := math.Expm1(2 * x[0]); return e / (e + 2) },
	})
	Register(OpSpec{
		Name: "asinh", Doc: "The inverse of sinh.", Args: 1, Class: Elementwise, Builtin: true,
		Eval: of(math.Asinh),
		Partial: slope(func(g *Graph, x, y *Node) *Node {
			return g.Div(g.Like(1, x), g.Apply(OpHypot, nil, g.Like(1, x), x))
		}),
		Go: "math.Asinh", Math: "asinh(%s)",
		Oracle: func(x []float64) float64 {
			return math.Copysign(math.Log(math.Abs(x[0])+math.Sqrt(1+x[0]*x[0])), x[0])
		},
	})
	Register(OpSpec{
		Name: "acosh", Doc: "The inverse of cosh, at least 0.", Args: 1, Class: Elementwise, Builtin: true,
		Sign: surely(NotNegative), Pole: anywhere,
		Eval: of(math.Acosh),
		Partial: slope(func(g *Graph, x, y *Node) *Node {
			return g.Div(g.Like(1, x), g.Apply(OpSqrt, nil, g.Mul(g.Sub(x, g.Num(1)), g.Add(x, g.Num(1)))))
		}),
		Go: "math.Acosh", Math: "acosh(%s)", Domain: [][2]float64{{1.2, 4}},
		Oracle: func(x []float64) float64 { return math.Log(x[0] + math.Sqrt(x[0]*x[0]-1)) },
	})
	Register(OpSpec{
		Name: "atanh", Doc: "The inverse of tanh.", Args: 1, Class: Elementwise, Builtin: true,
		Pole: anywhere,
		Eval: of(math.Atanh),
		Partial: slope(func(g *Graph, x, y *Node) *Node {
			return g.Div(g.Like(1, x), g.Mul(g.Sub(g.Num(1), x), g.Add(g.Num(1), x)))
		}),
		Go: "math.Atanh", Math: "atanh(%s)", Domain: [][2]float64{{-0.9, 0.9}},
		Oracle: func(x []float64) float64 { return (math.Log1p(x[0]) - math.Log1p(-x[0])) / 2 },
	})
}
