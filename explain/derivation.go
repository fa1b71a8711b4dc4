// Package explain says how a model's gradients come about: as equations, as a
// circuit with numbers on its wires, as a flow graph and as the way of the
// errors down the layers. All four are views of one Derivation, which is read
// off the graph that the generated code is made from.
package explain

import (
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// A Derivation is a func or model forward and backward: its named values, what
// each is made from, and what comes back to it.
type Derivation struct {
	Kind   string // func or model
	Name   string
	Doc    []string
	Span   diag.Span
	Result *Value   // what is differentiated
	Values []*Value // in the order in which they are computed

	graph  *symbolic.Graph
	code   *symbolic.Graph // that the code is made from, if it is another
	while  bool            // it has one, which may not end with all values
	ragged []*Loop         // that make another number of passes in each pass around them
	looked *sampled        // what it was last looked at with
	args   []*module.Arg
	param  []*module.Param
	hyper  []*module.Given
	raw    []*symbolic.Node // the results as the model says them, before any rule
}

// A Role is what a value is to its model.
type Role uint8

const (
	Inner  Role = iota // computed on the way
	Input              // an argument
	Param              // a parameter
	Output             // a result, an output
	Loss               // the error, and its parts
)

func (r Role) String() string { return [...]string{"inner", "input", "param", "output", "loss"}[r] }

// A Value is a named value of a derivation.
type Value struct {
	*notation.Value
	ID     int
	Node   *symbolic.Node
	Role   Role
	Wanted bool               // a gradient by it is asked for
	Def    *notation.Equation // how it is computed; nil for inputs
	From   []*Value           // what Def reads
	To     []*Value           // what reads it

	Loop  *Loop // in whose passes it is computed, or that carries it; or nil
	State bool  // it is what Loop carries, or its table

	def    *symbolic.Node // what Def says: Node, or what it is in all passes
	origin symbolic.Origin
	body   *symbolic.Node // in a loop: what is computed in each pass
	next   *symbolic.Node // of what a loop carries: what each pass makes of it, in all passes
	rows   *moment        // of a loop that reads v row by row, and of its derivative

	Delta *notation.Value // what comes back to it; nil where nothing does
	Back  *Backward
}

// Origin is the place in the model that v stands for.
func (v *Value) Origin() symbolic.Origin { return v.origin }

// A Backward says what comes back to a value.
type Backward struct {
	Equation *notation.Equation // as one would write it
	Plain    *notation.Equation // the same with δa by its name, where Equation has it written out
	Terms    []*Term            // one for each path
	Written  bool               // false where the equation is part of that of the value before
}

// A Term is what comes back along one path: from the value that it leads to.
type Term struct {
	Via   *Value
	Right *notation.Equation // as one would write it
	// Local is the term with its local derivative written out, and Raw what
	// the chain rule gives before anything is simplified.
	Local, Raw *notation.Equation
	Rules      []string // by which Raw becomes Local
	// Prime is set where the local derivative is that of a function by its
	// name: σ′.
	Prime *notation.Expr
	Slope *notation.Expr // what Prime is

	elements func(moment) *notation.Equation // Local, element by element
	at       func(moment) *notation.Equation // Local, in some passes
}

// lastBack is the last value of a loop on the way back.
func (d *Derivation) lastBack(o *Loop) *Value {
	for _, v := range d.Values {
		if v.outermost() == o && v.Back != nil {
			return v
		}
	}
	return nil
}

// Backwards returns the values that something comes back to, in the order in
// which one walks back. What is no step of the way, as a parameter, comes right
// after the last step that it needs.
func (d *Derivation) Backwards() []*Value {
	var out []*Value
	leaves := map[*Value][]*Value{} // by the last step
	for _, v := range d.Values {
		if v.Back != nil && v.Def == nil && len(v.Back.Terms) > 0 {
			last := v.Back.Terms[0].Via // they are in order
			if o := last.outermost(); o != nil {
				last = d.lastBack(o) // after the loop
			}
			leaves[last] = append(leaves[last], v)
		}
	}
	for i := len(d.Values) - 1; i >= 0; i-- {
		v := d.Values[i]
		if v.Back != nil && (v.Def != nil || v == d.Result) {
			out = append(out, v)
			out = append(out, leaves[v]...)
		}
	}
	return out
}
