// Package module is what a model file says once its names, dims and shapes are
// resolved: funcs and models, each over a graph of its own, so that a line of one
// is never taken for a line of another. The frontend makes a Module;
// Derive turns each of its members into procedures, which is what the loop
// program and the printed code are made from.
package module

import (
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
)

// Batch is the symbol of the number of examples.
const Batch = "batch"

// Float is the type that real numbers have in generated code.
type Float uint8

const (
	Float32 Float = 32
	Float64 Float = 64
)

func (f Float) String() string {
	if f == Float32 {
		return "float32"
	}
	return "float64"
}

// A Module is one package to generate.
type Module struct {
	Package     string
	Doc         []string
	Files       []string // the model file and its imports, as given, in order of reading
	Dims        []*Dim   // static dims of the file, for documentation and constants
	Consts      []*Const // numbers that have names, for explanations
	Models      []*Model
	Checkpoints bool    // some scan is computed in segments
	Funcs       []*Func // those with an upper-case name
}

// A Const is a number that a file or a body gives a name. Of a list every entry
// is one.
type Const struct {
	Name  string // rates, rates[0]
	Value float64
}

// A Dim is a named size.
type Dim struct {
	Name  string
	Doc   []string
	Span  diag.Span
	Value int // of a static dim
	Known bool
	Bound int // the stated upper bound of a run-time dim, or 0
}

// A Check is an equation between sizes that only the running program can
// decide: A must equal B.
type Check struct {
	A, B    symbolic.Poly
	AtLeast bool // A must be at least B instead
	Span    diag.Span
	Text    string // what the model says there, for the message
}

// An Arg is an argument of a func or of a model. A model's arguments are one
// example; the Node of one has the batch as its first dim.
type Arg struct {
	Name  string
	Span  diag.Span
	Shape symbolic.Shape // as written, without the batch
	Type  symbolic.Type
	Bound *symbolic.Poly // of an index: values are in [0, Bound)
	Const bool           // never differentiated
	Node  *symbolic.Node
}

// A Value is a result with its name, for instance an output or a metric.
type Value struct {
	Name string // as the model has it; "" where it has none
	Span diag.Span
	Text string // the expression as written
	Node *symbolic.Node
	// PerExample values have the batch as first dim of Node; losses and
	// metrics that are not are shared by the batch.
	PerExample bool
}

// A Func is pure; it becomes Go functions for its value and its derivatives.
type Func struct {
	Name    string
	Doc     []string
	Span    diag.Span
	Float   Float
	Graph   *symbolic.Graph // of this func alone
	Dims    []*Dim          // run-time dims that its arguments bind
	Args    []*Arg
	Results []*Value
	Checks  []Check
	Derive  []Derivative // what is asked for; the default is already put in
}

// A Derivative is one derivative function of a func.
type Derivative struct {
	Kind string // grad, vjp, jacobian, hessian, jvp, hvp; blocks: a Jacobian by example
	Mode string // "", forward or reverse
	Wrt  []*Arg
	Span diag.Span
}

// A Param is a block of a model's parameters.
type Param struct {
	Name  string // h[0].W
	Doc   []string
	Span  diag.Span
	Shape symbolic.Shape
	Init  Init
	Node  *symbolic.Node
}

// An Init says how a parameter starts: zeros, ones, constant(c),
// uniform(lo, hi), normal(mean, dev), glorot, he.
type Init struct {
	Kind string
	Args []float64
}

// A State is a value that a training step updates and that has no gradient.
type State struct {
	Name  string
	Doc   []string
	Span  diag.Span // where the model declares it, or calls the library that does
	Decl  diag.Span // where it is declared
	Text  string    // the declaration
	Shape symbolic.Shape
	Start float64
	Node  *symbolic.Node
	Next  *symbolic.Node
}

// A Sample is a place where random numbers are drawn. They are a function of
// the key, and of the example, the element and the pass of a loop.
type Sample struct {
	Name string
	Key  [2]*symbolic.Node // of 32 bits each, made of the seed, the step and the sample's number
}

// A Given is one value a call, with a default.
type Given struct {
	Name    string
	Span    diag.Span
	Type    symbolic.Type
	Shape   symbolic.Shape
	Default *float64
	Node    *symbolic.Node
	// Size says that it is a size: a symbol of its name stands for it, and
	// Node for nothing.
	Size bool
}

// A Model becomes a Go type.
type Model struct {
	Name   string
	Doc    []string
	Span   diag.Span
	Float  Float
	Graph  *symbolic.Graph // of this model alone
	Dims   []*Dim          // run-time dims that size parameters: given to New
	Call   []*Dim          // run-time dims of one call
	Args   []*Arg
	Params []*Param
	States []*State
	Givens []*Given
	// Samples are numbered in this order.
	Samples []*Sample
	// Train is the model with training true, Infer with training false.
	Train Phase
	Infer Phase
	// Inputs lists the arguments whose gradients are asked for with
	// derive grad(x) or vjp(x) on the model.
	Inputs []*Arg
	// Pull says that it has no loss, and a vector-Jacobian product in its place.
	Pull   bool
	Checks []Check
	Rule   *Rule // of the train line, or nil
}

// A Phase is what a model computes.
type Phase struct {
	Outputs   []*Value
	Losses    []*Value
	Penalties []*Value
	Metrics   []*Value
	// Loss is the mean of the examples' losses plus shared losses and
	// penalties once: a scalar, or nil where the model has no loss.
	Loss *symbolic.Node
}

// A Rule is an update rule as the train line asks for it, over a graph of its
// own. The rule is written for a tensor; it is expanded for a block of n
// elements, so W and G have shape [n].
type Rule struct {
	Name   string
	Text   string // the train line
	Span   diag.Span
	Graph  *symbolic.Graph
	Hypers []*Hyper
	States []*RuleState
	// Updates has one entry where the rule does the same for every parameter,
	// and else one for each rank that a parameter of the model has.
	Updates []*Update
	// GradNorm is set where the rule reads the norm of the whole gradient.
	GradNorm bool
}

// A Hyper is a number that can be set at run time.
type Hyper struct {
	Name    string
	Default float64
	Node    *symbolic.Node
}

// A RuleState is a value that the rule keeps for every element of every
// parameter.
type RuleState struct {
	Name  string
	Start float64
	Node  *symbolic.Node // shape [n]
}

// An Update is the rule for parameters of some ranks.
type Update struct {
	Ranks []int // nil: all
	W, G  *symbolic.Node
	Step  *symbolic.Node // integer scalar input, counting from 1; nil when unused
	Norm  *symbolic.Node // real scalar input; nil when unused
	NewW  *symbolic.Node
	Next  []*symbolic.Node // for each state of the rule
}
