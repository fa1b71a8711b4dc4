package symbolic

import "math"

// OpAdd is x + y.
var OpAdd = named("add")

func init() {
	Register(OpSpec{
		Name: "add", Doc: "x + y.", Args: 2, Class: Elementwise,
		Sign: func(n *Node, of func(int) Sign) Sign {
			if min(of(0), of(1)) == AnySign {
				return AnySign
			}
			return max(of(0), of(1))
		},
		Eval: func(x []float64) float64 { return x[0] + x[1] },
		Grad: func(g *Graph, y, dy *Node) []*Node { return []*Node{dy, dy} },
		Go:   "+", Math: "%s + %s", Prec: 4, Commutes: true, Linear: true,
	})
}

// OpSub is x − y.
var OpSub = named("sub")

func init() {
	Register(OpSpec{
		Name: "sub", Doc: "x − y.", Args: 2, Class: Elementwise,
		Eval: func(x []float64) float64 { return x[0] - x[1] },
		Grad: func(g *Graph, y, dy *Node) []*Node { return []*Node{dy, g.Neg(dy)} },
		Go:   "-", Math: "%s − %s", Prec: 4, Linear: true,
	})
}

// OpMul is x·y.
var OpMul = named("mul")

func init() {
	Register(OpSpec{
		Name: "mul", Doc: "x·y.", Args: 2, Class: Elementwise,
		Sign: func(n *Node, of func(int) Sign) Sign {
			if n.Args[0] == n.Args[1] {
				return max(of(0), NotNegative)
			}
			return min(of(0), of(1))
		},
		Eval: func(x []float64) float64 { return x[0] * x[1] },
		Partial: []func(*Graph, []*Node, *Node) *Node{
			func(g *Graph, x []*Node, y *Node) *Node { return x[1] },
			func(g *Graph, x []*Node, y *Node) *Node { return x[0] },
		},
		Go: "*", Math: "%s·%s", Prec: 5, Commutes: true,
	})
}

// OpDiv is x/y.
var OpDiv = named("div")

func init() {
	Register(OpSpec{
		Name: "div", Doc: "x/y.", Args: 2, Class: Elementwise,
		Sign: func(n *Node, of func(int) Sign) Sign {
			if of(1) < Positive {
				return AnySign
			}
			return of(0)
		},
		Pole: unless(1, Positive),
		Eval: func(x []float64) float64 { return x[0] / x[1] },
		Grad: func(g *Graph, y, dy *Node) []*Node {
			d := g.Div(dy, y.Args[1])
			return []*Node{d, g.Neg(g.Mul(d, y))}
		},
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			return g.sumOf(g.timesNil(dx[0], func(d *Node) *Node { return g.Div(d, y.Args[1]) }),
				g.timesNil(dx[1], func(d *Node) *Node { return g.Neg(g.Mul(g.Div(d, y.Args[1]), y)) }))
		},
		Go: "/", Math: "%s/%s", Prec: 5, Domain: [][2]float64{{-2, 2}, {0.5, 3}},
	})
}

// OpNeg is −x.
var OpNeg = named("neg")

func init() {
	Register(OpSpec{
		Name: "neg", Doc: "−x.", Exact: true, Args: 1, Class: Elementwise,
		Eval: func(x []float64) float64 { return -x[0] },
		Grad: func(g *Graph, y, dy *Node) []*Node { return []*Node{g.Neg(dy)} },
		Go:   "-", Math: "−%s", Prec: 6, Linear: true,
	})
}

// OpPow is x^y for a real exponent.
var OpPow = named("pow")

func init() {
	Register(OpSpec{
		Name: "pow", Doc: "x^y for a real exponent.", Args: 2, Class: Elementwise,
		Sign: func(n *Node, of func(int) Sign) Sign {
			if of(0) < Positive {
				return AnySign
			}
			return Positive
		},
		Pole: unless(0, Positive),
		Eval: func(x []float64) float64 { return math.Pow(x[0], x[1]) },
		Partial: []func(*Graph, []*Node, *Node) *Node{
			// x⁰ is 1 also at x = 0, where x⁻¹ is infinite.
			func(g *Graph, x []*Node, y *Node) *Node {
				isZero := func(x *Node) *Node { return g.Apply(OpEq, nil, x, g.Num(0)) }
				less := g.Apply(OpPow, nil, x[0], g.Sub(x[1], g.Num(1)))
				return g.Mul(x[1], g.Select(g.Apply(OpAnd, nil, isZero(x[0]), isZero(x[1])), g.Like(0, y), less))
			},
			// At x = 0 the limit of x^y log x is 0 where y > 0.
			func(g *Graph, x []*Node, y *Node) *Node {
				zero := g.Apply(OpEq, nil, x[0], g.Num(0))
				return g.Select(zero, g.Like(0, y), g.Mul(y, g.Apply(OpLog, nil, x[0])))
			},
		},
		Go: "math.Pow", Math: "%s^%s", Prec: 7, Domain: [][2]float64{{0.2, 3}, {-2, 2}},
	})
}

// OpPowInt is x^n for a whole exponent, with 0⁰ = 1.
var OpPowInt = named("powi")

func init() {
	Register(OpSpec{
		Name: "powi", Doc: "x^n for a whole exponent n; 0⁰ = 1.", Args: 2, Class: Elementwise,
		Sign: func(n *Node, of func(int) Sign) Sign {
			if v, ok := ConstValue(n.Args[1]); ok && int(v)%2 == 0 {
				return max(of(0), NotNegative)
			}
			return of(0)
		},
		Pole: func(n *Node, of func(int) Sign) bool {
			v, ok := ConstValue(n.Args[1])
			return of(0) < Positive && !(ok && v >= 0)
		},
		In:   []Type{Real, Integer},
		Eval: func(x []float64) float64 { return math.Pow(x[0], x[1]) },
		Partial: []func(*Graph, []*Node, *Node) *Node{
			// The power of n−1 is not taken at n = 0, where it may be infinite.
			func(g *Graph, x []*Node, y *Node) *Node {
				if n, ok := ConstValue(x[1]); ok {
					switch n {
					case 0:
						return nil
					case 1:
						return g.Like(1, y)
					case 2:
						return g.Mul(g.Num(2), x[0])
					}
					return g.Mul(g.Num(n), g.PowInt(x[0], g.Const(n-1, x[1].Shape, Integer)))
				}
				isZero := g.Apply(OpEq, nil, g.ToReal(x[1]), g.Num(0))
				less := g.Apply(OpIntSub, nil, x[1], g.Const(1, x[1].Shape, Integer))
				return g.Select(isZero, g.Like(0, y), g.Mul(g.ToReal(x[1]), g.PowInt(x[0], less)))
			},
			nil,
		},
		Go: "pow", Math: "%s^%s", Prec: 7, Domain: [][2]float64{{-2, 2}, {0, 5}},
	})
}

// OpExp is eˣ.
var OpExp = named("exp")

func init() {
	Register(OpSpec{
		Name: "exp", Doc: "eˣ.", Args: 1, Class: Elementwise, Builtin: true,
		Sign:    surely(Positive),
		Eval:    func(x []float64) float64 { return math.Exp(x[0]) },
		Partial: []func(*Graph, []*Node, *Node) *Node{func(g *Graph, x []*Node, y *Node) *Node { return y }},
		Go:      "math.Exp", Math: "exp(%s)",
	})
}

// OpLog is the natural logarithm.
var OpLog = named("log")

func init() {
	Register(OpSpec{
		Name: "log", Doc: "The natural logarithm.", Args: 1, Class: Elementwise, Builtin: true,
		Pole: unless(0, Positive),
		Eval: func(x []float64) float64 { return math.Log(x[0]) },
		Grad: func(g *Graph, y, dy *Node) []*Node { return []*Node{g.Div(dy, y.Args[0])} },
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			return g.timesNil(dx[0], func(d *Node) *Node { return g.Div(d, y.Args[0]) })
		},
		Go: "math.Log", Math: "log(%s)", Domain: [][2]float64{{0.1, 5}},
	})
}

// Add, Sub, Mul, Div and Neg are the arithmetic of real values.

// Add returns a + b.
func (g *Graph) Add(a, b *Node) *Node { return g.Apply(OpAdd, nil, a, b) }

// Sub returns a − b.
func (g *Graph) Sub(a, b *Node) *Node { return g.Apply(OpSub, nil, a, b) }

// Mul returns a·b, element by element.
func (g *Graph) Mul(a, b *Node) *Node { return g.Apply(OpMul, nil, a, b) }

// Div returns a/b.
func (g *Graph) Div(a, b *Node) *Node { return g.Apply(OpDiv, nil, a, b) }

// Neg returns −a.
func (g *Graph) Neg(a *Node) *Node { return g.Apply(OpNeg, nil, a) }

// PowInt returns a^n for whole n.
func (g *Graph) PowInt(a, n *Node) *Node { return g.Apply(OpPowInt, nil, a, n) }

// sumOf adds what is not nil; nil stands for zero.
func (g *Graph) sumOf(xs ...*Node) *Node {
	var s *Node
	for _, x := range xs {
		switch {
		case x == nil:
		case s == nil:
			s = x
		default:
			s = g.Add(s, x)
		}
	}
	return s
}

// timesNil applies f to d unless d is the zero that nil stands for.
func (g *Graph) timesNil(d *Node, f func(*Node) *Node) *Node {
	if d == nil {
		return nil
	}
	return f(d)
}
