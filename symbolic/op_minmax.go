package symbolic

import "math"

// OpMax is the greater of two.
var OpMax = named("max")

// OpMin is the lesser of two.
var OpMin = named("min")

func init() {
	pick := func(name, doc string, eval func(a, b float64) float64, sign func(a, b Sign) Sign, first func(g *Graph, a, b *Node) *Node) {
		Register(OpSpec{
			Name: name, Doc: doc, Exact: true, Args: 2, Class: Elementwise, Builtin: true,
			Eval: func(x []float64) float64 { return eval(x[0], x[1]) },
			Sign: func(n *Node, of func(int) Sign) Sign { return sign(of(0), of(1)) },
			Grad: func(g *Graph, y, dy *Node) []*Node {
				c, zero := first(g, y.Args[0], y.Args[1]), g.Like(0, dy)
				return []*Node{g.Select(c, dy, zero), g.Select(c, zero, dy)}
			},
			Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
				return g.Select(first(g, y.Args[0], y.Args[1]), g.orZero(dx[0], y), g.orZero(dx[1], y))
			},
			Go: name, Math: name + "(%s, %s)", Commutes: true,
		})
	}
	// Ties go to the first argument.
	pick("max", "The greater of x and y; its cotangent goes to the first where they are equal.", math.Max, func(a, b Sign) Sign { return max(a, b) },
		func(g *Graph, a, b *Node) *Node { return g.Apply(OpLe, nil, b, a) })
	pick("min", "The lesser of x and y; its cotangent goes to the first where they are equal.", math.Min, func(a, b Sign) Sign { return min(a, b) },
		func(g *Graph, a, b *Node) *Node { return g.Apply(OpLe, nil, a, b) })
}
