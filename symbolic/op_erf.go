package symbolic

import "math"

// OpErf is the error function.
var OpErf = named("erf")

// OpErfc is 1 − erf x, accurate where that is small.
var OpErfc = named("erfc")

func init() {
	bell := func(c float64) func(g *Graph, x, y *Node) *Node {
		return func(g *Graph, x, y *Node) *Node {
			return g.Mul(g.Num(c), g.Apply(OpExp, nil, g.Neg(g.Apply(OpSquare, nil, x))))
		}
	}
	// erf x = 2/√π Σ (−1)ⁿ x²ⁿ⁺¹/(n!(2n + 1)).
	series := func(x float64) float64 {
		sum, term := x, x
		for n := 1; n < 60; n++ {
			term *= -x * x / float64(n)
			sum += term / float64(2*n+1)
		}
		return 2 / math.Sqrt(math.Pi) * sum
	}
	Register(OpSpec{
		Name: "erf", Doc: "The error function 2/√π ∫₀ˣ exp(−t²) dt.", Args: 1, Class: Elementwise, Builtin: true,
		Eval:    of(math.Erf),
		Partial: slope(bell(2 / math.Sqrt(math.Pi))),
		Go:      "math.Erf", Math: "erf(%s)",
		Oracle: of(series),
	})
	Register(OpSpec{
		Name: "erfc", Doc: "1 − erf x, accurate where that is small.", Args: 1, Class: Elementwise, Builtin: true,
		Sign:    surely(Positive),
		Eval:    of(math.Erfc),
		Partial: slope(bell(-2 / math.Sqrt(math.Pi))),
		Go:      "math.Erfc", Math: "erfc(%s)",
		Oracle: func(x []float64) float64 { return 1 - series(x[0]) },
	})
}
