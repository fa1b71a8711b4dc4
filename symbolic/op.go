package symbolic

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// A Class says how the rest of bpgen treats an operator.
type Class uint8

const (
	Leaf        Class = iota // inputs, constants, sizes, indices
	Elementwise              // out[i] = f(a[i], b[i], …)
	Reduction                // out[i] = ⊕ over r of a[i, r]
	Movement                 // values moved, none computed: access, reshape, concat
	Scatter                  // out[e(i)] += a[i]
	Composite                // has an expansion into other operators
	Region                   // holds a body, or is a value of one that does
)

func (c Class) String() string {
	return [...]string{"leaf", "elementwise", "reduction", "movement", "scatter", "composite", "region"}[c]
}

// An OpSpec is all that bpgen knows about an operator. It stands in one file,
// registers itself there, and nothing outside the table asks for an operator
// by name.
type OpSpec struct {
	Name  string // as the language and dumps write it
	Doc   string // one sentence; may use Unicode mathematics
	Args  int    // how many; -1: any number from one
	Class Class

	// Builtin makes the operator a function of the language under its Name.
	// Elementwise builtins take any shape; Reduction and Composite builtins of
	// one argument work over all axes, or over the last where LastAxis is set.
	Builtin  bool
	LastAxis bool

	// ---- how it computes its output

	// InferFn gives shape and type; nil where the class says it all
	// (elementwise: the shape of the arguments, real).
	InferFn func(attr Attr, args []*Node) (Shape, Type, error)
	// In and Out are element types of an elementwise operator where they are
	// not all real. A single In entry stands for all arguments.
	In  []Type
	Out Type

	// Eval is the meaning of an elementwise primitive, in float64. Truth
	// values are 0 and 1, integers whole numbers.
	Eval func(x []float64) float64
	// Exact says that the result is an argument as it is, but for its sign, or a whole
	// number: it is never rounded.
	Exact bool
	// Run is the meaning of a leaf, movement or scatter: y from the values of
	// its arguments.
	Run func(env *Env, y *Node, x []*Tensor) (*Tensor, error)
	// Combine is a reduction's ⊕ as an elementwise operator of two arguments,
	// Unit its neutral element.
	Combine *OpSpec
	Unit    float64
	// Arg makes a reduction give the position of the chosen element (row-major
	// over the reduced axes) in place of its value; Combine is then max or min.
	Arg bool
	// Sign is what is known of the results, given what is known of the arguments;
	// nil: nothing. Pole reports whether a result may be infinite or NaN where
	// arguments are finite and not too large; nil: never.
	Sign func(n *Node, of func(i int) Sign) Sign
	Pole func(n *Node, of func(i int) Sign) bool
	// Expand rewrites a composite, or an elementwise operator that has no
	// Eval, into other operators.
	Expand func(g *Graph, attr Attr, x []*Node) *Node

	// ---- how it computes its gradient

	// Partial gives ∂y/∂x_i of an elementwise operator for each argument; a
	// nil entry or result means that none flows that way. An elementwise
	// operator without Partial and Grad takes its partials from Expand.
	Partial []func(g *Graph, x []*Node, y *Node) *Node
	// Grad gives the cotangent of each argument from the cotangent dy of the
	// output y; nil entries: none. For operators whose Partial does not say it.
	Grad func(g *Graph, y, dy *Node) []*Node
	// Linear operators have themselves as tangent.
	Linear bool
	// Tangent gives the tangent of y; nil entries of dx are zero. For
	// operators that are neither elementwise, linear nor composite.
	Tangent func(g *Graph, y *Node, dx []*Node) *Node

	// ---- how it is written

	// Go is the form in generated code: an infix operator ("+"), a function
	// of package math ("math.Exp"), a builtin ("max"). Empty: printed from Expand.
	Go string
	// Math is the form in derivations, %s for each argument: "exp(%s)". Empty:
	// Name(%s, …).
	Math string
	// Prec is the precedence of Go and Math forms: 1 ||, 2 &&, 3 comparison,
	// 4 sum, 5 product, 6 prefix, 7 atom or call (and 0).
	Prec int
	// Commutes is set where the two arguments may change places.
	Commutes bool
	// Batched operators work on the last two axes of their arguments, for all
	// axes before, and are linear in those that seeds come through.
	Batched bool
	// Foreign is the function of Go that the operator calls, or nil.
	Foreign *Foreign
	// Lazy operators evaluate only the chosen one of their later arguments.
	Lazy bool

	// ---- how it is tested

	// Domain is where samples for property tests are drawn from, an interval
	// an argument; nil: [-2, 2]. Kinks are points to keep away from when
	// comparing with finite differences.
	Domain [][2]float64
	Kinks  []float64
	// Oracle is an independent computation to compare with, in float64.
	Oracle func(x []float64) float64
}

var table = map[string]*OpSpec{}

// named returns the place of an operator in the table, so that operators can
// speak of each other before all are registered.
func named(name string) *OpSpec {
	if table[name] == nil {
		table[name] = &OpSpec{}
	}
	return table[name]
}

// Register adds an operator to the table. The file that defines the operator
// calls it when the package starts.
func Register(op OpSpec) {
	p := named(op.Name)
	if op.Name == "" || p.Name != "" {
		panic("symbolic: operator " + op.Name + " registered twice or without a name")
	}
	*p = op
}

// Ops returns all operators in order of name.
func Ops() []*OpSpec {
	var out []*OpSpec
	for _, op := range table {
		out = append(out, op)
	}
	slices.SortFunc(out, func(a, b *OpSpec) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Lookup returns the operator with the given name, or nil.
func Lookup(name string) *OpSpec { return table[name] }

// Infer returns the shape and element type of op applied to args.
func (op *OpSpec) Infer(attr Attr, args []*Node) (Shape, Type, error) {
	if op.Args >= 0 && len(args) != op.Args || op.Args < 0 && len(args) == 0 && op.Class != Region {
		return nil, 0, fmt.Errorf("takes %d arguments, has %d", op.Args, len(args))
	}
	if op.InferFn != nil {
		return op.InferFn(attr, args)
	}
	switch op.Class {
	case Elementwise:
		return op.inferElementwise(args)
	case Reduction:
		return op.inferReduction(attr, args)
	}
	return nil, 0, errors.New("has no shape rule")
}

// ArgType returns the element type that argument i must have.
func (op *OpSpec) ArgType(i int) Type {
	switch {
	case len(op.In) == 0:
		return Real
	case i < len(op.In):
		return op.In[i]
	}
	return op.In[len(op.In)-1]
}

func (op *OpSpec) inferElementwise(args []*Node) (Shape, Type, error) {
	for i, a := range args {
		if want := op.ArgType(i); a.Type != want {
			return nil, 0, fmt.Errorf("argument %d is %s, want %s", i+1, a.Type, want)
		}
		if !a.Shape.Equal(args[0].Shape) {
			return nil, 0, fmt.Errorf("arguments of shapes %s and %s", args[0].Shape, a.Shape)
		}
	}
	return args[0].Shape, op.Out, nil
}

func (op *OpSpec) inferReduction(attr Attr, args []*Node) (Shape, Type, error) {
	axes, ok := attr.(Axes)
	if !ok {
		return nil, 0, errors.New("needs axes")
	}
	x := args[0]
	last := -1
	var out Shape
	for _, a := range axes {
		if a <= last || a >= len(x.Shape) {
			return nil, 0, fmt.Errorf("axes %v of shape %s", axes, x.Shape)
		}
		last = a
	}
	for i, d := range x.Shape {
		if !axes.Has(i) {
			out = append(out, d)
		}
	}
	if op.Arg {
		return out, Integer, nil
	}
	return out, x.Type, nil
}

func sortByID(ns []*Node) {
	slices.SortFunc(ns, func(a, b *Node) int { return cmp.Compare(a.ID, b.ID) })
}
