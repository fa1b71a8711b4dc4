package symbolic

import "math"

// erfcx is exp(x²)·erfc(x). Where erfc is small it is the continued fraction
// 1/√π · 1/(x + (1/2)/(x + (2/2)/(x + …))), which 20 steps give to all digits.
func erfcx(x float64) float64 {
	if x < 4 {
		return math.Exp(x*x) * math.Erfc(x)
	}
	t := x
	for k := 20; k > 0; k-- {
		t = x + float64(k)/2/t
	}
	return 1 / (math.Sqrt(math.Pi) * t)
}

func init() {
	Register(OpSpec{
		Name: "erfcx", Doc: "exp(x²)·erfc(x), which neither overflows nor vanishes for large x.", Args: 1, Class: Elementwise, Builtin: true,
		Sign: surely(Positive),
		Eval: of(erfcx),
		Partial: slope(func(g *Graph, x, y *Node) *Node {
			return g.Sub(g.Mul(g.Num(2), g.Mul(x, y)), g.Num(2/math.Sqrt(math.Pi)))
		}),
		Go: "erfcx", Math: "erfcx(%s)", Domain: [][2]float64{{-2, 8}},
	})
}
