package symbolic

import "math"

// OpRelu is max(0, x); its derivative at 0 is 0.
var OpRelu = named("relu")

func init() {
	// The cotangent stands in a choice, so that nothing is multiplied by 0.
	pass := func(g *Graph, y, d *Node) *Node {
		return g.Select(g.Apply(OpLt, nil, g.Like(0, y), y), d, g.Like(0, d))
	}
	Register(OpSpec{
		Name: "relu", Doc: "max(0, x); its derivative at 0 is 0.", Exact: true, Args: 1, Class: Elementwise, Builtin: true,
		Sign:   surely(NotNegative),
		Eval:   of(func(x float64) float64 { return math.Max(0, x) }),
		Expand: func(g *Graph, attr Attr, x []*Node) *Node { return g.Apply(OpMax, nil, g.Like(0, x[0]), x[0]) },
		Grad:   func(g *Graph, y, dy *Node) []*Node { return []*Node{pass(g, y, dy)} },
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			return g.timesNil(dx[0], func(d *Node) *Node { return pass(g, y, d) })
		},
		Math: "relu(%s)", Kinks: []float64{0},
		Oracle: func(x []float64) float64 { return (x[0] + math.Abs(x[0])) / 2 },
	})
}
