// Package symbolic is the meaning of a model: shapes, the hash-consed graph,
// the one table of operators, differentiation over all paths, rewriting, and
// an interpreter that defines what a graph computes.
//
// What comes in is built node by node through a Graph; what goes out is more
// graph. Always: a Node never changes, its arguments have smaller IDs than it
// has, two nodes of one Graph that would compute the same are the same node,
// and Check holds for every node.
package symbolic

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
)

// A Type is the type of a value's elements.
type Type uint8

const (
	Real    Type = iota // float32 or float64, as the package is generated
	Integer             // indices and counts
	Boolean             // truth values
)

func (t Type) String() string { return [...]string{"real", "int", "bool"}[t] }

// A Node is one value of a graph: an operator applied to arguments. The fields
// up to Type are its identity; Origin and Name say where it came from and are
// not.
type Node struct {
	ID    int
	Op    *OpSpec
	Args  []*Node
	Attr  Attr // canonical; nil for operators that take none
	Shape Shape
	Type  Type

	Origin Origin
	Name   string // what the model calls the value, or ""
}

// An Attr is what an operator knows besides its arguments. Equal attributes
// have equal keys.
type Attr interface{ Key() string }

// An Origin says which part of the model a node computes.
type Origin struct {
	Span    diag.Span
	Stmt    string // the statement's text on one line
	Call    *Call  // of a func or layer, in whose body it stands; or nil
	Adjoint *Node  // the value whose cotangent this helps to compute, or nil
}

// A Call is a use of a func or layer, whose body was elaborated for it.
type Call struct {
	Func  string // what is called
	Outer *Call  // in whose body it stands, or nil
}

// A Graph interns nodes. The zero Graph is not ready; use NewGraph.
type Graph struct {
	nodes   []*Node
	byKey   map[string]*Node
	origin  Origin
	marks   int
	formals int
	counts  map[string]int

	lacking []*OpSpec // foreign functions whose derivative was needed

	// Effort counts the work that goes into the graph. Graphs of one run may
	// share it.
	Effort *Effort
}

// NewGraph returns an empty graph.
func NewGraph() *Graph { return &Graph{byKey: map[string]*Node{}, Effort: &Effort{}} }

// Len returns the number of nodes made so far; IDs are below it.
func (g *Graph) Len() int { return len(g.nodes) }

// Node returns the node with the given ID.
func (g *Graph) Node(id int) *Node { return g.nodes[id] }

// At sets the origin of the nodes made from now on and returns a function that
// sets back the one before.
func (g *Graph) At(o Origin) func() {
	old := g.origin
	g.origin = o
	return func() { g.origin = old }
}

// Within makes the nodes made from now on part of a call, and returns a function
// that sets back what they were part of before.
func (g *Graph) Within(c *Call) func() {
	o := g.origin
	o.Call = c
	return g.At(o)
}

// SetName records what the model calls n. The first name stays.
func (g *Graph) SetName(n *Node, name string) {
	if n.Name == "" {
		n.Name = name
	}
}

// intern returns the node with the given identity, made now if it is new.
func (g *Graph) intern(op *OpSpec, args []*Node, attr Attr, shape Shape, typ Type) *Node {
	key := identity(op, args, attr, shape, typ)
	g.Effort.Spend(10 + len(key)/16)
	if n, ok := g.byKey[key]; ok {
		return n
	}
	if len(shape) > MaxDims {
		Exceed("a value with more than %d dims", MaxDims)
	}
	if len(g.nodes) >= MaxNodes {
		Exceed("the model comes to more than %d operations", MaxNodes)
	}
	n := &Node{ID: len(g.nodes), Op: op, Args: args, Attr: attr, Shape: shape, Type: typ, Origin: g.origin}
	g.nodes = append(g.nodes, n)
	g.byKey[key] = n
	return n
}

// lookup returns the node with the given identity, nil where there is none.
func (g *Graph) lookup(op *OpSpec, args []*Node, attr Attr, shape Shape, typ Type) *Node {
	return g.byKey[identity(op, args, attr, shape, typ)]
}

// identity spells out all that makes a node the node it is.
func identity(op *OpSpec, args []*Node, attr Attr, shape Shape, typ Type) string {
	var b strings.Builder
	b.WriteString(op.Name)
	for _, a := range args {
		b.WriteByte(' ')
		b.WriteString(strconv.Itoa(a.ID))
	}
	if attr != nil {
		b.WriteByte('|')
		b.WriteString(attr.Key())
	}
	b.WriteByte('|')
	for _, d := range shape {
		b.WriteString(d.String())
		b.WriteByte(',')
	}
	b.WriteString(typ.String())
	return b.String()
}

// Apply returns op applied to args. It panics where the arguments do not fit:
// the frontend checks what the model says before it builds. A constant scalar
// beside arguments of another shape is taken in that shape.
func (g *Graph) Apply(op *OpSpec, attr Attr, args ...*Node) *Node {
	if op.Class == Elementwise {
		args = g.fitConstants(args)
	}
	shape, typ, err := op.Infer(attr, args)
	if err != nil {
		panic(fmt.Sprintf("symbolic: %s: %v", op.Name, err))
	}
	return g.intern(op, args, attr, shape, typ)
}

func (g *Graph) fitConstants(args []*Node) []*Node {
	var shape Shape
	for _, a := range args {
		if len(a.Shape) > 0 {
			shape = a.Shape
		}
	}
	if len(shape) == 0 {
		return args
	}
	out := make([]*Node, len(args))
	for i, a := range args {
		out[i] = a
		if v, ok := ConstValue(a); ok && len(a.Shape) == 0 {
			out[i] = g.Const(v, shape, a.Type)
		}
	}
	return out
}

// ---- leaves

// Value is the attribute of a constant.
type Value float64

// Key gives floats by their bits.
func (v Value) Key() string { return strconv.FormatUint(math.Float64bits(float64(v)), 16) }

// InputKind tells what kind of thing from outside an input is.
type InputKind uint8

const (
	ArgInput    InputKind = iota // an argument of a func, or of a model's example
	ParamInput                   // a parameter
	StateInput                   // a state of a model or of an update rule
	GivenInput                   // one value a call
	HyperInput                   // a number set at run time
	SeedInput                    // the cotangent that a caller of a VJP gives
	SystemInput                  // step, gradnorm
)

func (k InputKind) String() string {
	return [...]string{"arg", "param", "state", "given", "hyper", "seed", "system"}[k]
}

// Input is the attribute of a value that comes from outside.
type Input struct {
	Kind InputKind
	Name string // dotted for grouped parameters: h[0].W
}

// Key distinguishes inputs by kind and name.
func (a Input) Key() string { return a.Kind.String() + ":" + a.Name }

// Const returns the constant v, alike in every element of the given shape.
func (g *Graph) Const(v float64, shape Shape, typ Type) *Node {
	return g.intern(OpConst, nil, Value(v), shape, typ)
}

// Num returns the real scalar v.
func (g *Graph) Num(v float64) *Node { return g.Const(v, nil, Real) }

// Like returns the real constant v in the shape of n.
func (g *Graph) Like(v float64, n *Node) *Node { return g.Const(v, n.Shape, Real) }

// Input returns the value that the caller provides under the name.
func (g *Graph) Input(kind InputKind, name string, shape Shape, typ Type) *Node {
	n := g.intern(OpInput, nil, Input{kind, name}, shape, typ)
	g.SetName(n, name)
	return n
}

// Size returns the size p as an integer scalar.
func (g *Graph) Size(p Poly) *Node {
	if c, ok := p.Const(); ok {
		return g.Const(float64(c), nil, Integer)
	}
	return g.intern(OpSize, nil, SizeAttr{p}, nil, Integer)
}

// SizeAttr is the attribute of a size used as a value.
type SizeAttr struct{ Poly Poly }

// Key is the size in normal form.
func (a SizeAttr) Key() string { return a.Poly.String() }

// Iota returns the integer value of shape s that is its own index along axis.
func (g *Graph) Iota(s Shape, axis int) *Node {
	return g.intern(OpIota, nil, Axes{axis}, s, Integer)
}

// Numbers returns the whole numbers that p is at each element of shape, p being
// of its axes, of operands, which have this shape, and of sizes. It is false where p has
// fractions.
func (g *Graph) Numbers(p Poly, shape Shape, operands []*Node) (*Node, bool) {
	var sum *Node
	whole := true
	spread := func(n *Node) *Node { return g.Broadcast(n, shape) }
	p.Terms(func(num, den int64, syms []string) {
		whole = whole && den == 1
		var t *Node
		times := func(n *Node) {
			if t != nil {
				n = g.Apply(OpIntMul, nil, t, n)
			}
			t = n
		}
		if num != 1 || len(syms) == 0 {
			times(spread(g.Size(Int(int(num)))))
		}
		for _, s := range syms {
			if a, ok := axisOf(s); ok {
				times(g.Iota(shape, a))
			} else if o, ok := OperandOf(s); ok {
				times(operands[o])
			} else {
				times(spread(g.Size(Sym(s))))
			}
		}
		if sum != nil {
			t = g.Apply(OpIntAdd, nil, sum, t)
		}
		sum = t
	})
	if sum == nil {
		sum = spread(g.Size(Int(0)))
	}
	return sum, whole
}

// ConstValue returns the value of a constant node.
func ConstValue(n *Node) (float64, bool) {
	if v, ok := n.Attr.(Value); ok && n.Op == OpConst {
		return float64(v), true
	}
	return 0, false
}

// Axes is the attribute of operators over axes: their numbers, ascending.
type Axes []int

// Key lists the axes.
func (a Axes) Key() string { return fmt.Sprint([]int(a)) }

// Has reports whether axis i is one of a.
func (a Axes) Has(i int) bool {
	for _, x := range a {
		if x == i {
			return true
		}
	}
	return false
}

// Reachable returns the nodes that roots depend on, themselves included, in
// order of ID, so that arguments come before their users.
func Reachable(roots ...*Node) []*Node {
	return reachable(roots, func(n *Node) []*Node { return n.Args })
}

// ReachableInside returns what Reachable does, and what is in bodies.
func ReachableInside(roots ...*Node) []*Node { return reachable(roots, (*Node).Needs) }

func reachable(roots []*Node, next func(*Node) []*Node) []*Node {
	seen := map[*Node]bool{}
	var out []*Node
	stack := append([]*Node(nil), roots...)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n == nil || seen[n] {
			continue
		}
		seen[n] = true
		out = append(out, n)
		stack = append(stack, next(n)...)
	}
	sortByID(out)
	return out
}
