package symbolic

import "math"

// opTrigamma is the derivative of digamma.
var opTrigamma = named("trigamma")

func init() {
	Register(OpSpec{
		Name: "trigamma", Doc: "The second derivative of log Γ(x).", Args: 1, Class: Elementwise, Builtin: true,
		Pole:   unless(0, Positive),
		Expand: func(g *Graph, attr Attr, x []*Node) *Node { return trigamma(g, x[0]) },
		Math:   "ψ′(%s)", Domain: [][2]float64{{0.3, 6}},
	})
}

// trigamma writes ψ′(x) out as digamma does ψ(x).
func trigamma(g *Graph, x *Node) *Node {
	const shift = 8
	left := g.Apply(OpLe, nil, x, g.Like(0, x))
	z := g.Select(left, g.Sub(g.Num(1), x), x)
	var back *Node
	for k := range shift {
		back = g.sumOf(back, g.Div(g.Like(1, z), g.Apply(OpSquare, nil, g.Add(z, g.Num(float64(k))))))
	}
	w := g.Add(z, g.Num(shift))
	r := g.Div(g.Like(1, w), g.Apply(OpSquare, nil, w))
	// Σ B₂ₙ/w²ⁿ by Horner's rule.
	var series *Node
	for _, c := range []float64{7.0 / 6, -691.0 / 2730, 5.0 / 66, -1.0 / 30, 1.0 / 42, -1.0 / 30, 1.0 / 6} {
		if series == nil {
			series = g.Like(c, r)
			continue
		}
		series = g.Add(g.Num(c), g.Mul(series, r))
	}
	y := g.Add(back, g.Div(g.Add(g.Num(1), g.Add(g.Div(g.Like(0.5, w), w), g.Mul(series, r))), w))
	turn := reflection(g, left, x)
	other := g.Apply(OpSquare, nil, g.Div(g.Like(math.Pi, turn), g.Apply(OpSin, nil, turn)))
	return g.Select(left, g.Sub(other, y), y)
}
