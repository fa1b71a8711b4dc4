package symbolic

import "math"

// OpXLogY is x·log y, and 0 at x = 0.
var OpXLogY = named("xlogy")

// OpXLog1pY is x·log(1 + y), and 0 at x = 0.
var OpXLog1pY = named("xlog1py")

func init() {
	times := func(name, doc, math string, log *OpSpec, f func(y float64) float64, domain [2]float64, inner func(g *Graph, y *Node) *Node) {
		atZero := func(g *Graph, x, rest *Node) *Node {
			return g.Select(g.Apply(OpEq, nil, x, g.Like(0, x)), g.Like(0, x), rest)
		}
		Register(OpSpec{
			Name: name, Doc: doc, Args: 2, Class: Elementwise, Builtin: true,
			Pole: anywhere,
			Eval: func(x []float64) float64 {
				if x[0] == 0 {
					return 0
				}
				return x[0] * f(x[1])
			},
			Expand: func(g *Graph, attr Attr, x []*Node) *Node {
				return atZero(g, x[0], g.Mul(x[0], g.Apply(log, nil, x[1])))
			},
			Partial: []func(*Graph, []*Node, *Node) *Node{
				func(g *Graph, x []*Node, y *Node) *Node { return g.Apply(log, nil, x[1]) },
				func(g *Graph, x []*Node, y *Node) *Node { return atZero(g, x[0], g.Div(x[0], inner(g, x[1]))) },
			},
			Math: math, Prec: 5, Domain: [][2]float64{{-2, 2}, domain},
		})
	}
	times("xlogy", "x·log y, and 0 where x = 0.", "%s·log(%s)", OpLog, math.Log, [2]float64{0.1, 5},
		func(g *Graph, y *Node) *Node { return y })
	times("xlog1py", "x·log(1 + y), and 0 where x = 0.", "%s·log(1 + %s)", OpLog1p, math.Log1p, [2]float64{-0.9, 4},
		func(g *Graph, y *Node) *Node { return g.Add(g.Like(1, y), y) })
}
