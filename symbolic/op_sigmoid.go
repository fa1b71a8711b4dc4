package symbolic

import "math"

// OpSigmoid is σ(x) = 1/(1 + e^−x), from the side where the exponential is
// small. Its derivative is σ(1 − σ), of its own output.
var OpSigmoid = named("sigmoid")

func init() {
	Register(OpSpec{
		Name: "sigmoid", Doc: "1/(1 + e⁻ˣ).", Args: 1, Class: Elementwise, Builtin: true,
		Sign: surely(Positive),
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			e := g.Apply(OpExp, nil, g.Neg(g.Apply(OpAbs, nil, x[0])))
			top := g.Select(g.Apply(OpLe, nil, g.Like(0, e), x[0]), g.Like(1, e), e)
			return g.Div(top, g.Add(g.Num(1), e))
		},
		Eval: func(x []float64) float64 {
			if x[0] >= 0 {
				return 1 / (1 + math.Exp(-x[0]))
			}
			e := math.Exp(x[0])
			return e / (1 + e)
		},
		Partial: []func(*Graph, []*Node, *Node) *Node{
			func(g *Graph, x []*Node, y *Node) *Node { return g.Mul(y, g.Sub(g.Num(1), y)) },
		},
		Math: "σ(%s)",
	})
}
