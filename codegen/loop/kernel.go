package loop

import "github.com/bpgen/bpgen/symbolic"

// A Kernel is a part of a program that is a function of its own, so that it can
// be assembly. Its body mentions nothing but its parameters and what it
// declares itself.
type Kernel struct {
	Name    string
	Params  []*Param
	Body    []Stmt
	Results []*Var // accumulators of the body (Acc statements at its top) whose last value is returned
}

// A Param is a parameter of a kernel: one of the three is set.
type Param struct {
	Buf  *Buffer // a block of memory; Kind says whether it is only read. Index 0 is its first element; what Index a body uses is within the slice that is passed
	Int  *Var    // a size or index
	Real *Var    // a number
}

// Call runs a kernel.
type Call struct {
	Kernel  *Kernel
	Args    []Arg  // one for each parameter
	Results []*Var // accumulators of the caller, one for each result; each is Updated by Op
	Ops     []*symbolic.OpSpec
}

// An Arg is what a parameter is bound to.
type Arg struct {
	Buf  *Buffer // with the place From which on it is passed
	From symbolic.Poly
	Int  symbolic.Poly
	Real Expr
}

func (*Call) stmt() {}
