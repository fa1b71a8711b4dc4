package symbolic

import (
	"math"
	"slices"
	"strconv"
)

// Foreign is what an operator that calls a function of Go knows of it. Such an
// operator is made by a model, for each function that it names, and does not
// stand in the table.
type Foreign struct {
	Path string // of the package
	Func string // its name, of type func(float64, …) float64
}

// MathFunction returns the function of package math with the given name, if it
// takes and gives float64 only, and how many it takes.
func MathFunction(name string) (f func(x []float64) float64, args int, ok bool) {
	switch f := mathFunctions[name].(type) {
	case func(float64) float64:
		return of(f), 1, true
	case func(float64, float64) float64:
		return of2(f), 2, true
	case func(float64, float64, float64) float64:
		return func(x []float64) float64 { return f(x[0], x[1], x[2]) }, 3, true
	}
	return nil, 0, false
}

// MathFunctions lists the names of these functions.
func MathFunctions() []string {
	var out []string
	for n := range mathFunctions {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

var mathFunctions = map[string]any{
	"Abs": math.Abs, "Acos": math.Acos, "Acosh": math.Acosh, "Asin": math.Asin, "Asinh": math.Asinh, "Atan": math.Atan, "Atan2": math.Atan2,
	"Atanh": math.Atanh, "Cbrt": math.Cbrt, "Ceil": math.Ceil, "Copysign": math.Copysign, "Cos": math.Cos, "Cosh": math.Cosh, "Dim": math.Dim,
	"Erf": math.Erf, "Erfc": math.Erfc, "Erfcinv": math.Erfcinv, "Erfinv": math.Erfinv, "Exp": math.Exp, "Exp2": math.Exp2, "Expm1": math.Expm1,
	"FMA": math.FMA, "Floor": math.Floor, "Gamma": math.Gamma, "Hypot": math.Hypot, "J0": math.J0, "J1": math.J1, "Log": math.Log,
	"Log10": math.Log10, "Log1p": math.Log1p, "Log2": math.Log2, "Logb": math.Logb, "Max": math.Max, "Min": math.Min, "Mod": math.Mod,
	"Nextafter": math.Nextafter, "Pow": math.Pow, "Remainder": math.Remainder, "Round": math.Round, "RoundToEven": math.RoundToEven,
	"Sin": math.Sin, "Sinh": math.Sinh, "Sqrt": math.Sqrt, "Tan": math.Tan, "Tanh": math.Tanh, "Trunc": math.Trunc, "Y0": math.Y0, "Y1": math.Y1,
}

// NewForeign returns an operator that calls f with the given number of
// arguments. key tells it from other operators. Its derivatives are set by
// SetPartials; until then, taking one is noted in the graph.
func NewForeign(key string, f Foreign, args int) *OpSpec {
	op := &OpSpec{
		Name: key, Doc: "A function of Go.", Args: args, Class: Elementwise, Foreign: &f,
		Go: "extern." + f.Func, Math: f.Func + "(" + holes(args) + ")",
	}
	if f.Path == "math" {
		op.Go = "math." + f.Func
		op.Eval, _, _ = MathFunction(f.Func)
	}
	for range args {
		op.Partial = append(op.Partial, func(g *Graph, x []*Node, y *Node) *Node {
			if !slices.Contains(g.lacking, op) {
				g.lacking = append(g.lacking, op)
			}
			return nil
		})
	}
	return op
}

// known are functions of other packages than math, for interpreters. The compiler does
// not look at them.
var known = map[Foreign]func(x []float64) float64{}

// Know tells the interpreters what a function of Go computes. Of package math they
// know it.
func Know(f Foreign, eval func(x []float64) float64) { known[f] = eval }

// Value is what an elementwise operator computes, nil where only Go knows it.
func (op *OpSpec) Value() func(x []float64) float64 {
	if op.Eval == nil && op.Foreign != nil {
		return known[*op.Foreign]
	}
	return op.Eval
}

func holes(n int) string {
	s := ""
	for i := range n {
		s += []string{"", ", "}[min(i, 1)] + "%s"
	}
	return s
}

// Lacking returns the foreign functions of which a derivative was needed that
// nobody has given.
func (g *Graph) Lacking() []*OpSpec { return g.lacking }

// SetPartials gives an operator its derivatives by its arguments: scalars of a
// graph of their own, made of elementwise operators, constants and the inputs.
func (op *OpSpec) SetPartials(inputs, partials []*Node) {
	op.Partial = nil
	for _, p := range partials {
		op.Partial = append(op.Partial, func(g *Graph, x []*Node, y *Node) *Node { return g.instance(p, inputs, x) })
	}
}

// ScalarFormula returns a node that root depends on and that is neither a scalar
// constant, an input nor elementwise; nil where there is none.
func ScalarFormula(root *Node) *Node {
	for _, n := range Reachable(root) {
		if len(n.Shape) > 0 || n.Op.Class != Elementwise && n.Op != OpConst && n.Op != OpInput {
			return n
		}
	}
	return nil
}

// instance is a formula of scalars for values x in place of its inputs.
func (g *Graph) instance(root *Node, inputs, x []*Node) *Node {
	at := map[*Node]*Node{}
	for i, in := range inputs {
		at[in] = x[i]
	}
	for _, n := range Reachable(root) {
		if at[n] != nil {
			continue
		}
		if v, ok := ConstValue(n); ok {
			at[n] = g.Const(v, x[0].Shape, n.Type)
			continue
		}
		args := make([]*Node, len(n.Args))
		for i, a := range n.Args {
			args[i] = at[a]
		}
		at[n] = g.Apply(n.Op, n.Attr, args...)
	}
	return at[root]
}

// Key is the package and the function.
func (f *Foreign) Key() string { return strconv.Quote(f.Path) + "." + f.Func }
