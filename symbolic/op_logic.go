package symbolic

import (
	"math"
	"slices"
)

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func comparison(name, doc, goForm, form string, eval func(a, b float64) bool) {
	Register(OpSpec{
		Name: name, Doc: doc, Args: 2, Class: Elementwise, Out: Boolean,
		Eval: func(x []float64) float64 { return truth(eval(x[0], x[1])) },
		Go:   goForm, Math: "%s " + form + " %s", Prec: 3,
	})
}

// Comparisons of reals. Whole numbers are converted first.
var (
	OpLt = named("lt")
	OpLe = named("le")
	OpEq = named("eq")
	OpNe = named("ne")
)

func init() {
	comparison("lt", "x < y.", "<", "<", func(a, b float64) bool { return a < b })
	comparison("le", "x ≤ y.", "<=", "≤", func(a, b float64) bool { return a <= b })
	comparison("eq", "x = y.", "==", "=", func(a, b float64) bool { return a == b })
	comparison("ne", "x ≠ y.", "!=", "≠", func(a, b float64) bool { return a != b })
}

func intComparison(name, doc, goForm, form string, eval func(a, b float64) bool) {
	Register(OpSpec{
		Name: name, Doc: doc, Args: 2, Class: Elementwise, In: []Type{Integer}, Out: Boolean,
		Eval: func(x []float64) float64 { return truth(eval(x[0], x[1])) },
		Go:   goForm, Math: "%s " + form + " %s", Prec: 3,
	})
}

// Comparisons of whole numbers.
var (
	OpIntLt = named("ilt")
	OpIntLe = named("ile")
	OpIntEq = named("ieq")
	OpIntNe = named("ine")
)

func init() {
	intComparison("ilt", "i < j.", "<", "<", func(a, b float64) bool { return a < b })
	intComparison("ile", "i ≤ j.", "<=", "≤", func(a, b float64) bool { return a <= b })
	intComparison("ieq", "i = j.", "==", "=", func(a, b float64) bool { return a == b })
	intComparison("ine", "i ≠ j.", "!=", "≠", func(a, b float64) bool { return a != b })
}

// OpAnd is a ∧ b.
var OpAnd = named("and")

func init() {
	Register(OpSpec{
		Name: "and", Doc: "a ∧ b.", Args: 2, Class: Elementwise, In: []Type{Boolean}, Out: Boolean,
		Eval: func(x []float64) float64 { return truth(x[0] != 0 && x[1] != 0) },
		Go:   "&&", Math: "%s ∧ %s", Prec: 2, Commutes: true,
	})
}

// OpOr is a ∨ b.
var OpOr = named("or")

func init() {
	Register(OpSpec{
		Name: "or", Doc: "a ∨ b.", Args: 2, Class: Elementwise, In: []Type{Boolean}, Out: Boolean,
		Eval: func(x []float64) float64 { return truth(x[0] != 0 || x[1] != 0) },
		Go:   "||", Math: "%s ∨ %s", Prec: 1, Commutes: true,
	})
}

// OpNot is ¬a.
var OpNot = named("not")

func init() {
	Register(OpSpec{
		Name: "not", Doc: "¬a.", Args: 1, Class: Elementwise, In: []Type{Boolean}, Out: Boolean,
		Eval: func(x []float64) float64 { return truth(x[0] == 0) },
		Go:   "!", Math: "¬%s", Prec: 6,
	})
}

// OpIff is true where both hold or neither does.
var OpIff = named("iff")

func init() {
	Register(OpSpec{
		Name: "iff", Doc: "a ↔ b.", Args: 2, Class: Elementwise, In: []Type{Boolean}, Out: Boolean,
		Eval: func(x []float64) float64 { return truth((x[0] != 0) == (x[1] != 0)) },
		Go:   "==", Math: "%s ↔ %s", Prec: 3, Commutes: true,
	})
}

// OpSelect is a choice between reals. The branch that is not taken gets no
// cotangent at all: the select stays outermost, so that nothing infinite in
// that branch is ever multiplied by zero.
var OpSelect = named("select")

func init() {
	Register(OpSpec{
		Name: "select", Doc: "a where c holds, else b.", Exact: true, Args: 3, Class: Elementwise,
		Sign: func(n *Node, of func(int) Sign) Sign { return min(of(1), of(2)) },
		In:   []Type{Boolean, Real, Real},
		Eval: func(x []float64) float64 {
			if x[0] != 0 {
				return x[1]
			}
			return x[2]
		},
		Grad: func(g *Graph, y, dy *Node) []*Node {
			c, zero := y.Args[0], g.Like(0, dy)
			return []*Node{nil, g.Select(c, dy, zero), g.Select(c, zero, dy)}
		},
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			if dx[1] == nil && dx[2] == nil {
				return nil
			}
			return g.Select(y.Args[0], g.orZero(dx[1], y), g.orZero(dx[2], y))
		},
		Math: "if %s { %s } else { %s }", Lazy: true,
	})
}

// OpIntSelect is a choice between whole numbers.
var OpIntSelect = named("iselect")

func init() {
	Register(OpSpec{
		Name: "iselect", Doc: "i where c holds, else j.", Args: 3, Class: Elementwise,
		In: []Type{Boolean, Integer, Integer}, Out: Integer,
		Eval: OpSelect.Eval,
		Math: "if %s { %s } else { %s }", Lazy: true,
	})
}

// OpToReal makes a number of a whole number.
var OpToReal = named("real")

func init() {
	Register(OpSpec{
		Name: "real", Doc: "A whole number as a real one.", Exact: true, Args: 1, Class: Elementwise, In: []Type{Integer},
		Sign: ofFirst,
		Eval: func(x []float64) float64 { return x[0] },
		Go:   "float", Math: "%s",
	})
}

// OpTruth makes 1 of true and 0 of false.
var OpTruth = named("truth")

func init() {
	Register(OpSpec{
		Name: "truth", Doc: "1 where a holds, else 0.", Exact: true, Args: 1, Class: Elementwise, In: []Type{Boolean},
		Eval: func(x []float64) float64 { return x[0] },
		Go:   "truth", Math: "[%s]",
	})
}

func intArith(name, doc, goForm, form string, prec int, commutes bool, eval func(a, b float64) float64) {
	Register(OpSpec{
		Name: name, Doc: doc, Args: 2, Class: Elementwise, In: []Type{Integer}, Out: Integer,
		Eval: func(x []float64) float64 { return eval(x[0], x[1]) },
		Go:   goForm, Math: form, Prec: prec, Commutes: commutes, Domain: [][2]float64{{-6, 6}, {1, 5}},
	})
}

// Arithmetic of whole numbers; div and mod round towards −∞. The smaller and the
// larger of two are what loop programs begin and end with.
var (
	OpIntAdd = named("iadd")
	OpIntSub = named("isub")
	OpIntMul = named("imul")
	OpIntDiv = named("idiv")
	OpIntMod = named("imod")
	OpIntMin = named("imin")
	OpIntMax = named("imax")
)

func init() {
	intArith("iadd", "i + j.", "+", "%s + %s", 4, true, func(a, b float64) float64 { return a + b })
	intArith("isub", "i − j.", "-", "%s − %s", 4, false, func(a, b float64) float64 { return a - b })
	intArith("imul", "i·j.", "*", "%s·%s", 5, true, func(a, b float64) float64 { return a * b })
	intArith("idiv", "⌊i/j⌋.", "floorDiv", "⌊%s/%s⌋", 7, false, func(a, b float64) float64 { return math.Floor(a / b) })
	intArith("imod", "i − j⌊i/j⌋.", "floorMod", "%s mod %s", 5, false, func(a, b float64) float64 { return a - b*math.Floor(a/b) })
	intArith("imin", "The smaller of two whole numbers.", "min", "min(%s, %s)", 7, true, math.Min)
	intArith("imax", "The larger of two whole numbers.", "max", "max(%s, %s)", 7, true, math.Max)
}

// Select returns a where c holds, else b.
func (g *Graph) Select(c, a, b *Node) *Node { return g.Apply(OpSelect, nil, c, a, b) }

// ToReal returns n as a real value; what is real already stays.
func (g *Graph) ToReal(n *Node) *Node {
	switch n.Type {
	case Integer:
		if v, ok := ConstValue(n); ok {
			return g.Const(v, n.Shape, Real)
		}
		// A real power of 2 may be larger than a whole number can be.
		if n.Op == OpExp2 {
			return g.PowInt(g.Const(2, n.Shape, Real), n.Args[0])
		}
		if s, ok := n.Attr.(SizeAttr); ok && slices.ContainsFunc(s.Poly.Syms(), isPower) {
			return g.realSize(s.Poly)
		}
		return g.Apply(OpToReal, nil, n)
	case Boolean:
		return g.Apply(OpTruth, nil, n)
	}
	return n
}

func isPower(sym string) bool { _, ok := ExponentOf(sym); return ok }

// realSize computes a size in real numbers.
func (g *Graph) realSize(p Poly) *Node {
	sum := g.Num(0)
	p.Terms(func(num, den int64, syms []string) {
		t := g.Num(float64(num) / float64(den))
		for _, s := range syms {
			if e, ok := ExponentOf(s); ok {
				t = g.Mul(t, g.PowInt(g.Num(2), g.Size(Sym(e))))
			} else {
				t = g.Mul(t, g.Apply(OpToReal, nil, g.Size(Sym(s))))
			}
		}
		sum = g.Add(sum, t)
	})
	return sum
}

func (g *Graph) orZero(d, like *Node) *Node {
	if d == nil {
		return g.Like(0, like)
	}
	return d
}
