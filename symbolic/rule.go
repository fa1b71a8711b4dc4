package symbolic

import (
	"fmt"
	"sync"
)

// A Phase is a time at which rules apply.
type Phase uint8

const (
	// Stability is before differentiating: formulas that overflow or lose
	// digits become operators that do not, so that the derivative is that of
	// the operator.
	Stability Phase = 1 << iota
	// Simplify is after differentiating.
	Simplify
	// Final is when nothing will be differentiated any more: all that Simplify
	// does, and marks and stops go.
	Final

	always = Stability | Simplify | Final
	after  = Simplify | Final
)

// A Safety says what a rule does to floating-point values.
type Safety uint8

const (
	// Exact rules keep every value up to rounding and the sign of zero, NaN
	// and infinities included; where the original overflows or loses digits
	// they may do better.
	Exact Safety = iota
	// Reassoc rules regroup sums and products.
	Reassoc
	// Finite rules assume that no value is infinite or NaN. They are not
	// applied by default.
	Finite
)

func (s Safety) String() string { return [...]string{"exact", "reassoc", "finite"}[s] }

// A Rule replaces a node by an equal one. Most are text: a pattern and a
// replacement in Go's expression syntax over elementwise operators, where
// identifiers that name no operator are variables and numbers match constants
// of any shape. Rules that must look at attributes are functions.
type Rule struct {
	Name   string
	From   string
	To     string
	Phase  Phase
	Safety Safety

	// When is a side condition on what the variables stand for.
	When func(b *Binding) bool
	// Ordered patterns do not let arguments change places.
	Ordered bool
	// Adjoint rules apply to nodes that compute derivatives only.
	Adjoint bool

	// Ops are the operators at whose nodes Func is tried; nil: all.
	Ops []*OpSpec
	// Func returns what replaces n, or nil.
	Func func(g *Graph, n *Node) *Node
	// Example builds a node that Func applies to; for tests.
	Example func(g *Graph) *Node

	from, to *pattern
	vars     []string
}

// Rules returns all rules, in the order in which they are tried.
func Rules() []*Rule { return rules().list }

type ruleTable struct {
	list []*Rule
	byOp map[*OpSpec][]*Rule
}

// rules waits until all operators are registered.
var rules = sync.OnceValue(func() *ruleTable {
	t := &ruleTable{byOp: map[*OpSpec][]*Rule{}}
	// What recognises more goes first.
	for _, set := range [][]Rule{stabilityRules, constantRules, algebraRules, selectRules, indexRules, accessRules, sumRules, adjointRules, finalRules} {
		for _, r := range set {
			t.add(&r)
		}
	}
	return t
})

func (t *ruleTable) add(r *Rule) {
	if r.Func == nil {
		if err := r.compile(); err != nil {
			panic(fmt.Sprintf("symbolic: rule %s: %v", r.Name, err))
		}
		r.Ops = []*OpSpec{r.from.op}
	}
	t.list = append(t.list, r)
	ops := r.Ops
	if ops == nil {
		ops = Ops()
	}
	for _, op := range ops {
		t.byOp[op] = append(t.byOp[op], r)
	}
}

// apply returns what r makes of n, or nil.
func (r *Rule) apply(g *Graph, n *Node) *Node {
	if r.Adjoint && n.Origin.Adjoint == nil {
		return nil
	}
	if r.Func != nil {
		return r.Func(g, n)
	}
	b := &Binding{rule: r, nodes: make([]*Node, len(r.vars))}
	if !r.from.match(n, b, func() bool { return r.When == nil || r.When(b) }) {
		return nil
	}
	return r.to.build(g, n, n.Type, b)
}
