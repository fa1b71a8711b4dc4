package module

import "github.com/bpgen/bpgen/symbolic"

// A Procedure is one thing that generated code computes: values of a graph
// from inputs.
type Procedure struct {
	Name    string // infer, eval, grad
	Graph   *symbolic.Graph
	Results []*Result
	Seeds   []*symbolic.Node // the cotangents that the caller of a VJP gives
	Blocks  []Block          // of a Jacobian by example
}

// A Block says which results of a procedure are the derivatives of the examples'
// rows of a result of the func by rows of an argument.
type Block struct {
	Of   *Value
	By   *Arg
	Name string // of the derivatives
	Row  string // of the numbers of the rows; empty: the example's own row, or all of the argument
}

// A Result is a value that a procedure gives its caller.
type Result struct {
	Kind ResultKind
	Name string // of the output, metric, parameter or argument
	Node *symbolic.Node
}

// ResultKind tells the results of procedures apart.
type ResultKind uint8

const (
	OutputResult     ResultKind = iota // an output of a model, a result of a func
	LossResult                         // the loss: a scalar
	MetricResult                       // a metric: a scalar, the mean over the batch
	ParamGradient                      // the gradient by a parameter
	InputGradient                      // the gradient by an argument
	NextState                          // the next value of a state
	UpdatedParam                       // the rule's new weights, [n]
	UpdatedRuleState                   // the rule's next state, [n]
	JacobianBlock                      // of a result by an argument, in the shapes of both
	HessianBlock                       // of the result by two arguments
	Tangent                            // of a result, where arguments move along seeds
	Product                            // of the Hessian with the seeds, by an argument
	ExampleBlock                       // of a row of a result by a row of an argument, or which row that is
)
