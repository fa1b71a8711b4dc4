package symbolic

import "math"

// OpSoftplus is log(1 + eˣ); its derivative is σ(x).
var OpSoftplus = named("softplus")

// OpLogSigmoid is log σ(x) = −softplus(−x).
var OpLogSigmoid = named("logsigmoid")

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func init() {
	Register(OpSpec{
		Name: "softplus", Doc: "log(1 + eˣ), as max(x, 0) + log1p(e^−|x|), which cannot overflow.", Args: 1, Class: Elementwise, Builtin: true,
		Sign: surely(Positive),
		Eval: of(softplus),
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			far := g.Apply(OpExp, nil, g.Neg(g.Apply(OpAbs, nil, x[0])))
			return g.Add(g.Apply(OpMax, nil, x[0], g.Like(0, x[0])), g.Apply(OpLog1p, nil, far))
		},
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Apply(OpSigmoid, nil, x) }),
		Math:    "softplus(%s)",
		Oracle:  func(x []float64) float64 { return math.Log(1 + math.Exp(x[0])) },
	})
	Register(OpSpec{
		Name: "logsigmoid", Doc: "log σ(x) = −softplus(−x).", Args: 1, Class: Elementwise, Builtin: true,
		Eval: of(func(x float64) float64 { return -softplus(-x) }),
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			return g.Neg(g.Apply(OpSoftplus, nil, g.Neg(x[0])))
		},
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Apply(OpSigmoid, nil, g.Neg(x)) }),
		Math:    "log σ(%s)",
		Oracle:  func(x []float64) float64 { return math.Log(1 / (1 + math.Exp(-x[0]))) },
	})
}
