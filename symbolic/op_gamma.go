package symbolic

import "math"

// opDigamma is the derivative of lgamma.
var opDigamma = named("digamma")

func init() {
	Register(OpSpec{
		Name: "lgamma", Doc: "log |Γ(x)|.", Args: 1, Class: Elementwise, Builtin: true,
		Pole:    unless(0, Positive),
		Eval:    of(func(x float64) float64 { v, _ := math.Lgamma(x); return v }),
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Apply(opDigamma, nil, x) }),
		Go:      "lgamma", Math: "log Γ(%s)", Domain: [][2]float64{{0.3, 6}},
		Oracle: func(x []float64) float64 { return math.Log(math.Gamma(x[0])) },
	})
	Register(OpSpec{
		Name: "digamma", Doc: "The derivative of log Γ(x); −∞, as from the right, at its poles 0, −1, −2, …", Args: 1, Class: Elementwise, Builtin: true,
		Pole:    unless(0, Positive),
		Expand:  func(g *Graph, attr Attr, x []*Node) *Node { return digamma(g, x[0]) },
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Apply(opTrigamma, nil, x) }),
		Math:    "ψ(%s)", Domain: [][2]float64{{0.3, 6}},
		// Gauss: ψ(x) = ∫₀¹ (1 − tˣ⁻¹)/(1 − t) dt − γ, here as a sum.
		Oracle: func(x []float64) float64 {
			const n, γ = 2000, 0.57721566490153286
			s := -γ
			for k := range n {
				s += 1/float64(k+1) - 1/(float64(k)+x[0])
			}
			// The rest of the sum by Euler and Maclaurin.
			f := func(t float64) float64 { return 1/(t+1) - 1/(t+x[0]) }
			slope := -1/math.Pow(n+1, 2) + 1/math.Pow(n+x[0], 2)
			return s + math.Log((n+x[0])/(n+1)) + f(n)/2 - slope/12
		},
	})
}

// digamma writes ψ(x) out: to the right of 0 it is shifted by 8, where the
// asymptotic series holds to all digits; to the left it is reflected.
func digamma(g *Graph, x *Node) *Node {
	const shift = 8
	left := g.Apply(OpLe, nil, x, g.Like(0, x))
	z := g.Select(left, g.Sub(g.Num(1), x), x)
	var back *Node
	for k := range shift {
		back = g.sumOf(back, g.Div(g.Like(1, z), g.Add(z, g.Num(float64(k)))))
	}
	w := g.Add(z, g.Num(shift))
	r := g.Div(g.Like(1, w), g.Apply(OpSquare, nil, w))
	// −Σ B₂ₙ/(2n w²ⁿ) by Horner's rule.
	var series *Node
	for _, c := range []float64{-1.0 / 12, 691.0 / 32760, -1.0 / 132, 1.0 / 240, -1.0 / 252, 1.0 / 120, -1.0 / 12} {
		if series == nil {
			series = g.Like(c, r)
			continue
		}
		series = g.Add(g.Num(c), g.Mul(series, r))
	}
	y := g.Sub(g.Apply(OpLog, nil, w), g.Div(g.Like(0.5, w), w))
	y = g.Sub(g.Add(y, g.Mul(series, r)), back)
	turn := reflection(g, left, x)
	other := g.Div(g.Mul(g.Num(math.Pi), g.Apply(OpCos, nil, turn)), g.Apply(OpSin, nil, turn))
	return g.Select(left, g.Sub(y, other), y)
}

// reflection is the angle of the formulas that mirror Γ at 1/2, πx where x is to
// the left, but for whole turns: so its sine is exactly 0 at the poles, which makes
// these infinite, and as good far from 0 as near.
func reflection(g *Graph, left, x *Node) *Node {
	return g.Mul(g.Num(math.Pi), g.Select(left, g.Sub(x, g.Apply(opRound, nil, x)), g.Like(0.5, x)))
}
