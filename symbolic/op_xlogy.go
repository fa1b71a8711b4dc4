package symbolic

import "math"

// OpXLogY is x·log y, and 0 at x = 0.
var OpXLogY = named("xlogy")

func init() {
	atZero := func(g *Graph, x, rest *Node) *Node {
		return g.Select(g.Apply(OpEq, nil, x, g.Num(0)), g.Like(0, x), rest)
	}
	Register(OpSpec{
		Name: "xlogy", Doc: "x·log y, and 0 where x = 0.", Args: 2, Class: Elementwise, Builtin: true,
		Eval: func(x []float64) float64 {
			if x[0] == 0 {
				return 0
			}
			return x[0] * math.Log(x[1])
		},
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			return atZero(g, x[0], g.Mul(x[0], g.Apply(OpLog, nil, x[1])))
		},
		Partial: []func(*Graph, []*Node, *Node) *Node{
			func(g *Graph, x []*Node, y *Node) *Node { return g.Apply(OpLog, nil, x[1]) },
			func(g *Graph, x []*Node, y *Node) *Node { return atZero(g, x[0], g.Div(x[0], x[1])) },
		},
		Math: "%s·log(%s)", Prec: 5, Domain: [][2]float64{{-2, 2}, {0.1, 5}},
	})
}
