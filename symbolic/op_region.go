package symbolic

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A region is a node whose attribute holds a body: values of the same graph
// over formal arguments. Nothing outside reaches into a body, since a body
// mentions formals, constants and sizes only; what it needs from outside are
// the node's arguments. So substitution never captures, and rewriting and
// differentiation treat a body as any other values.

// A FormalAttr numbers the formal arguments of bodies; no two are the same.
type FormalAttr int

// Key is the number.
func (a FormalAttr) Key() string { return strconv.Itoa(int(a)) }

// OpFormal stands in a body for what differs from pass to pass, or comes from
// outside.
var OpFormal = named("formal")

func init() {
	Register(OpSpec{
		Name: "formal", Doc: "A formal argument of a body.", Class: Leaf,
		Run: func(_ *Env, y *Node, _ []*Tensor) (*Tensor, error) {
			return nil, fmt.Errorf("formal %s stands in no body", y.Attr.Key())
		},
	})
}

// Formal returns a new formal argument.
func (g *Graph) Formal(name string, shape Shape, typ Type) *Node {
	g.formals++
	n := g.intern(OpFormal, nil, FormalAttr(g.formals), shape, typ)
	g.SetName(n, name)
	return n
}

// A Bodied attribute holds nodes that are no arguments.
type Bodied interface {
	Attr
	// Roots are the values that the body computes.
	Roots() []*Node
	// With returns the attribute with other roots in their places.
	With(roots []*Node) Attr
}

// bodyOf returns the nodes that n's attribute holds.
func bodyOf(n *Node) []*Node {
	if b, ok := n.Attr.(Bodied); ok {
		return b.Roots()
	}
	return nil
}

// Needs returns what n is computed from: its arguments and its body.
func (n *Node) Needs() []*Node {
	if body := bodyOf(n); len(body) > 0 {
		return append(append([]*Node(nil), n.Args...), body...)
	}
	return n.Args
}

// WithBody returns an attribute whose body's values have become others.
func WithBody(a Attr, new map[*Node]*Node) Attr {
	b, ok := a.(Bodied)
	if !ok {
		return a
	}
	roots := append([]*Node(nil), b.Roots()...)
	for i, n := range roots {
		roots[i] = new[n]
	}
	return b.With(roots)
}

// SameBody reports whether two attributes of one node have the same body.
func SameBody(a, b Attr) bool {
	_, ok := a.(Bodied)
	return !ok || a.Key() == b.Key()
}

// A LoopKind tells regions apart.
type LoopKind uint8

const (
	// ScanLoop makes Count passes.
	ScanLoop LoopKind = iota
	// WhileLoop makes passes as long as Cond holds; Count is a symbol of its
	// own, which is how many there were.
	WhileLoop
	// TableLoop makes Count passes. Its one carry is a table, of which pass t
	// sets row t, to the value of its Next, and may read rows set before.
	TableLoop
)

func (k LoopKind) String() string { return [...]string{"scan", "while", "table"}[k] }

// A Loop is the attribute of OpLoop: a body that is computed again and again.
// In each pass the carried values have become what the pass before has made of
// them. The arguments of the node are what Carry begins as, then what Elem has
// the rows of, along its first dim, then what Capture stands for.
type Loop struct {
	Kind    LoopKind
	Count   Poly
	Reverse bool    // the passes go from the last row to the first
	Index   *Node   // the number of the row, an integer; nil in a while
	Carry   []*Node // formals
	Elem    []*Node
	Capture []*Node
	Next    []*Node // for each Carry, its value after the pass
	Cond    *Node   // of a while: over Carry and Capture
	// Passes is the Capture that stands for the while of which Count is the
	// number of passes; nil where Count is known without. No value of the body
	// need mention it: it says that the while is there, and comes first.
	Passes *Node
	// Recompute says that a reverse pass computes the body again rather than
	// read what was kept: of carries alone something is kept.
	Recompute bool
}

// Key spells out the body by the numbers of its nodes.
func (l *Loop) Key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %t %t", l.Kind, l.Count, l.Reverse, l.Recompute)
	for _, ns := range [][]*Node{{l.Index}, l.Carry, l.Elem, l.Capture, l.Next, {l.Cond}, {l.Passes}} {
		b.WriteByte('|')
		for _, n := range ns {
			if n != nil {
				b.WriteString(" " + strconv.Itoa(n.ID))
			}
		}
	}
	return b.String()
}

// Roots are the next values, and the condition of a while.
func (l *Loop) Roots() []*Node {
	if l.Cond != nil {
		return append(append([]*Node(nil), l.Next...), l.Cond)
	}
	return l.Next
}

// With returns the loop with other next values and condition.
func (l *Loop) With(roots []*Node) Attr {
	m := *l
	m.Next = roots[:len(l.Next):len(l.Next)]
	if l.Cond != nil {
		m.Cond = roots[len(l.Next)]
	}
	return &m
}

// Formals lists the formal arguments that are arguments of the node, in order.
func (l *Loop) Formals() []*Node {
	out := append([]*Node(nil), l.Carry...)
	out = append(out, l.Elem...)
	return append(out, l.Capture...)
}

// init returns what a carry begins as; elem and capture likewise.
func (l *Loop) parts(args []*Node) (inits, elems, captures []*Node) {
	k, e := len(l.Carry), len(l.Carry)+len(l.Elem)
	return args[:k], args[k:e], args[e:]
}

// OpLoop is a region that is repeated. Its own value is the number of passes.
var OpLoop = named("loop")

func init() {
	Register(OpSpec{
		Name: "loop", Doc: "A body that is computed again and again; its value is the number of passes.", Args: -1, Class: Region,
		InferFn: func(attr Attr, args []*Node) (Shape, Type, error) {
			l, ok := attr.(*Loop)
			if !ok {
				return nil, 0, errors.New("needs a body")
			}
			return nil, Integer, l.check(args)
		},
	})
}

// check reports how arguments and body do not fit.
func (l *Loop) check(args []*Node) error {
	fs := l.Formals()
	if len(args) != len(fs) || len(l.Next) != len(l.Carry) {
		return fmt.Errorf("%d arguments for %d formals, %d next values for %d carries", len(args), len(fs), len(l.Next), len(l.Carry))
	}
	for i, f := range fs {
		shape := f.Shape
		if i >= len(l.Carry) && i < len(l.Carry)+len(l.Elem) {
			shape = append(Shape{l.Count}, f.Shape...)
		}
		if args[i].Type != f.Type || !args[i].Shape.Equal(shape) {
			return fmt.Errorf("argument %d is %s %s, want %s %s", i, args[i].Type, args[i].Shape, f.Type, shape)
		}
	}
	for i, n := range l.Next {
		shape := l.Carry[i].Shape
		if l.Kind == TableLoop {
			shape = shape[1:]
		}
		if n.Type != l.Carry[i].Type || !n.Shape.Equal(shape) {
			return fmt.Errorf("carry %d is %s %s, its next %s %s", i, l.Carry[i].Type, shape, n.Type, n.Shape)
		}
	}
	switch l.Kind {
	case WhileLoop:
		if l.Cond == nil || l.Cond.Type != Boolean || len(l.Cond.Shape) > 0 || len(l.Elem) > 0 {
			return errors.New("a while has one condition and no rows")
		}
	case TableLoop:
		if len(l.Carry) != 1 || len(l.Carry[0].Shape) == 0 || !l.Carry[0].Shape[0].Equal(l.Count) {
			return errors.New("a table has a row for each pass")
		}
	}
	return nil
}

// A Part is the attribute of OpPart: which value of a loop it is.
type Part struct {
	Kind PartKind
	// Of is a carry of the loop, or a value of its body.
	Of *Node
}

// PartKind tells the values of a loop apart.
type PartKind uint8

const (
	Last  PartKind = iota // what a carry is after the last pass
	Stack                 // what a value of the body is in each pass, row by row
)

// Key is the kind and the number of the body's node.
func (p *Part) Key() string {
	return [...]string{"last", "stack"}[p.Kind] + " " + strconv.Itoa(p.Of.ID)
}

// Roots is the value of the body.
func (p *Part) Roots() []*Node { return []*Node{p.Of} }

// With returns the same part of a body that was rewritten.
func (p *Part) With(roots []*Node) Attr { return &Part{p.Kind, roots[0]} }

// OpPart is a value of a loop. That a value is stacked is no property of the
// loop but of those who ask for it, so what nobody asks for is not kept, and
// a derivative can ask for more.
var OpPart = named("part")

func init() {
	Register(OpSpec{
		Name: "part", Doc: "A value of a loop: a carry after the last pass, or a value of the body in each.", Args: 1, Class: Region,
		InferFn: func(attr Attr, args []*Node) (Shape, Type, error) {
			p, ok := attr.(*Part)
			if !ok {
				return nil, 0, errors.New("says which")
			}
			l, ok := args[0].Attr.(*Loop)
			if !ok {
				return nil, 0, errors.New("is of a loop")
			}
			if p.Kind == Stack {
				return append(Shape{l.Count}, p.Of.Shape...), p.Of.Type, nil
			}
			for _, k := range l.Carry {
				if k == p.Of {
					return k.Shape, k.Type, nil
				}
			}
			return nil, 0, errors.New("is of no carry")
		},
	})
}

// Last returns what the carry k of the loop is after the last pass.
func (g *Graph) Last(loop, k *Node) *Node { return g.Apply(OpPart, &Part{Last, k}, loop) }

// Stack returns what the value n of the loop's body is in each pass.
func (g *Graph) Stack(loop, n *Node) *Node { return g.Apply(OpPart, &Part{Stack, n}, loop) }
