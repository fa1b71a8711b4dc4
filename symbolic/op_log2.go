package symbolic

import "math"

func init() {
	logarithm := func(name string, base float64, f func(float64) float64) {
		Register(OpSpec{
			Name: name, Doc: "The logarithm to base " + name[3:] + ".", Args: 1, Class: Elementwise, Builtin: true,
			Eval:    of(f),
			Pole:    unless(0, Positive),
			Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Div(g.Like(1/math.Log(base), x), x) }),
			Go:      "math.L" + name[1:], Math: name + "(%s)", Domain: [][2]float64{{0.1, 5}},
			Oracle: func(x []float64) float64 { return math.Log(x[0]) / math.Log(base) },
		})
	}
	logarithm("log2", 2, math.Log2)
	logarithm("log10", 10, math.Log10)
}
