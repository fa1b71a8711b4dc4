package symbolic

import "math"

// A product leaves the range of floating-point numbers long before its logarithm
// does. Within this range, which both float32 and float64 have digits for, the
// logarithm of a product of two is the better one: those of the factors may cancel.
const (
	leastProduct    = 1e-30
	greatestProduct = 1e+30
)

// unlessNegative is v, or NaN where sign is negative.
func (g *Graph) unlessNegative(sign, v *Node) *Node {
	return g.Select(g.Apply(OpLt, nil, sign, g.Like(0, v)), g.Like(math.NaN(), v), v)
}

func (g *Graph) logAbs(x *Node) *Node { return g.Apply(OpLog, nil, g.Apply(OpAbs, nil, x)) }

// OpLogMul is log(x·y), also where x·y is out of range.
var OpLogMul = named("logmul")

// OpLogProd is log Π x, also where Π x is out of range.
var OpLogProd = named("logprod")

func init() {
	Register(OpSpec{
		Name: "logmul", Doc: "log(x·y), also where x·y is out of range.", Args: 2, Class: Elementwise, Commutes: true,
		Pole: anywhere,
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			p, sign := g.Mul(x[0], x[1]), g.Mul(g.Apply(OpSign, nil, x[0]), g.Apply(OpSign, nil, x[1]))
			size := g.Apply(OpAbs, nil, p)
			in := g.Apply(OpAnd, nil, g.Apply(OpLe, nil, g.Like(leastProduct, p), size), g.Apply(OpLe, nil, size, g.Like(greatestProduct, p)))
			return g.Select(in, g.Apply(OpLog, nil, p), g.unlessNegative(sign, g.Add(g.logAbs(x[0]), g.logAbs(x[1]))))
		},
		Partial: []func(*Graph, []*Node, *Node) *Node{
			func(g *Graph, x []*Node, y *Node) *Node { return g.Div(g.Like(1, y), x[0]) },
			func(g *Graph, x []*Node, y *Node) *Node { return g.Div(g.Like(1, y), x[1]) },
		},
		Math: "log(%s·%s)", Domain: [][2]float64{{0.1, 3}, {0.1, 3}},
	})
	Register(OpSpec{
		Name: "logprod", Doc: "log Π x over axes, also where Π x is out of range.", Args: 1, Class: Composite,
		Pole:    unless(0, Positive),
		InferFn: func(attr Attr, args []*Node) (Shape, Type, error) { return OpSum.inferReduction(attr, args) },
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			over := func(op *OpSpec, x *Node) *Node { return g.Apply(op, attr, x) }
			return g.unlessNegative(over(OpProd, g.Apply(OpSign, nil, x[0])), over(OpSum, g.logAbs(x[0])))
		},
		Grad: func(g *Graph, y, dy *Node) []*Node {
			return []*Node{g.Div(g.spread(dy, y), y.Args[0])}
		},
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			return g.timesNil(dx[0], func(d *Node) *Node { return g.Apply(OpSum, y.Attr, g.Div(d, y.Args[0])) })
		},
		Math: "log Π %s", Domain: [][2]float64{{0.1, 3}},
	})
}
