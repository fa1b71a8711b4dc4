package symbolic

import (
	"math"
	"math/big"
)

// OpSqrt is the square root.
var OpSqrt = named("sqrt")

// OpHypot is √(x² + y²) without overflow on the way.
var OpHypot = named("hypot")

// OpSquare is x².
var OpSquare = named("square")

func init() {
	Register(OpSpec{
		Name: "sqrt", Doc: "The square root; its derivative 1/(2√x) is infinite at 0.", Args: 1, Class: Elementwise, Builtin: true,
		Sign: func(n *Node, of func(int) Sign) Sign { return max(of(0), NotNegative) }, Pole: unless(0, NotNegative),
		Eval:    of(math.Sqrt),
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Div(g.Like(0.5, x), y) }),
		Go:      "math.Sqrt", Math: "√(%s)", Domain: [][2]float64{{0.1, 5}},
		Oracle: func(x []float64) float64 {
			v, _ := new(big.Float).Sqrt(new(big.Float).SetPrec(200).SetFloat64(x[0])).Float64()
			return v
		},
	})
	Register(OpSpec{
		Name: "cbrt", Doc: "The cube root; its derivative is infinite at 0.", Args: 1, Class: Elementwise, Builtin: true,
		Eval: of(math.Cbrt),
		Partial: slope(func(g *Graph, x, y *Node) *Node {
			return g.Div(g.Like(1, x), g.Mul(g.Num(3), g.Apply(OpSquare, nil, y)))
		}),
		Go: "math.Cbrt", Math: "∛(%s)", Domain: [][2]float64{{0.1, 5}},
		Oracle: func(x []float64) float64 { return math.Pow(x[0], 1.0/3) },
	})
	side := func(i int) func(*Graph, []*Node, *Node) *Node {
		return func(g *Graph, x []*Node, y *Node) *Node {
			return g.Select(g.Apply(OpEq, nil, y, g.Num(0)), g.Like(0, y), g.Div(x[i], y))
		}
	}
	Register(OpSpec{
		Name: "hypot", Doc: "√(x² + y²) without overflow on the way; its derivatives at 0 are 0.", Args: 2, Class: Elementwise, Builtin: true,
		Sign:    func(n *Node, of func(int) Sign) Sign { return max(of(0), of(1), NotNegative) },
		Eval:    of2(math.Hypot),
		Partial: []func(*Graph, []*Node, *Node) *Node{side(0), side(1)},
		Go:      "math.Hypot", Math: "hypot(%s, %s)", Commutes: true,
		Oracle: func(x []float64) float64 { return math.Sqrt(x[0]*x[0] + x[1]*x[1]) },
	})
	Register(OpSpec{
		Name: "square", Doc: "x².", Args: 1, Class: Elementwise, Builtin: true,
		Sign:    func(n *Node, of func(int) Sign) Sign { return max(of(0), NotNegative) },
		Eval:    of(func(x float64) float64 { return x * x }),
		Expand:  func(g *Graph, attr Attr, x []*Node) *Node { return g.Mul(x[0], x[0]) },
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Mul(g.Num(2), x) }),
		Math:    "%s²", Prec: 7,
	})
}
