package symbolic

import "math"

func init() {
	// Both kinds have the derivative (f of n − 1, less f of n + 1)/2, also at 0,
	// where the other known forms divide by x.
	bessel := func(name, doc, letter string, eval func(n int, x float64) float64, domain [2]float64, pole func(*Node, func(int) Sign) bool) {
		op := named(name)
		Register(OpSpec{
			Name: name, Doc: doc, Args: 2, Class: Elementwise, Builtin: true, In: []Type{Integer, Real},
			Eval: func(x []float64) float64 { return eval(int(x[0]), x[1]) },
			Partial: []func(*Graph, []*Node, *Node) *Node{nil, func(g *Graph, x []*Node, y *Node) *Node {
				one := g.Const(1, x[0].Shape, Integer)
				below := g.Apply(op, nil, g.Apply(OpIntSub, nil, x[0], one), x[1])
				above := g.Apply(op, nil, g.Apply(OpIntAdd, nil, x[0], one), x[1])
				return g.Mul(g.Num(0.5), g.Sub(below, above))
			}},
			Pole: pole, Go: name, Math: letter + "_%s(%s)", Domain: [][2]float64{{0, 4}, domain},
		})
	}
	bessel("besselj", "The Bessel function of the first kind, of whole order n.", "J", besselJ, [2]float64{-6, 6}, nil)
	bessel("bessely", "The Bessel function of the second kind, of whole order n, for x > 0.", "Y", math.Yn, [2]float64{0.5, 6}, unless(1, Positive))
}

// besselJ is math.Jn, but of small numbers below 0, of which math.J1 loses the sign.
func besselJ(n int, x float64) float64 {
	y := math.Jn(n, math.Abs(x))
	if x < 0 && n%2 != 0 {
		return -y
	}
	return y
}
