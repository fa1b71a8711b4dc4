package symbolic

import (
	"errors"
	"fmt"
	"slices"
)

// ShapeAttr is the attribute of reshape.
type ShapeAttr struct{ Shape Shape }

// Key is the shape in normal form.
func (a ShapeAttr) Key() string { return a.Shape.String() }

// OpReshape gives the same elements, in row-major order, another shape.
var OpReshape = named("reshape")

func init() {
	Register(OpSpec{
		Name: "reshape", Doc: "The same elements in row-major order under another shape.", Args: 1, Class: Movement, Linear: true,
		Sign: ofFirst,
		InferFn: func(attr Attr, args []*Node) (Shape, Type, error) {
			to := attr.(ShapeAttr).Shape
			if !to.Size().Equal(args[0].Shape.Size()) {
				return nil, 0, fmt.Errorf("%s has %s elements, %s has %s", args[0].Shape, args[0].Shape.Size(), to, to.Size())
			}
			return to, args[0].Type, nil
		},
		Run:  runReshape,
		Grad: func(g *Graph, y, dy *Node) []*Node { return []*Node{g.Reshape(dy, y.Args[0].Shape)} },
	})
}

// OpConcat lays its arguments one after the other along an axis.
var OpConcat = named("concat")

func init() {
	Register(OpSpec{
		Name: "concat", Doc: "The arguments one after the other along an axis.", Args: -1, Class: Movement, Linear: true,
		InferFn: func(attr Attr, args []*Node) (Shape, Type, error) {
			axes, ok := attr.(Axes)
			if !ok || len(axes) != 1 || axes[0] >= len(args[0].Shape) {
				return nil, 0, errors.New("needs one axis")
			}
			out := slices.Clone(args[0].Shape)
			for _, a := range args[1:] {
				if a.Type != args[0].Type || len(a.Shape) != len(out) {
					return nil, 0, fmt.Errorf("parts of shapes %s and %s", args[0].Shape, a.Shape)
				}
				for i, d := range a.Shape {
					if i == axes[0] {
						out[i] = out[i].Add(d)
					} else if !d.Equal(out[i]) {
						return nil, 0, fmt.Errorf("parts of shapes %s and %s", args[0].Shape, a.Shape)
					}
				}
			}
			return out, args[0].Type, nil
		},
		Run: runConcat,
		Grad: func(g *Graph, y, dy *Node) []*Node {
			axis, at := y.Attr.(Axes)[0], Poly{}
			var out []*Node
			for _, a := range y.Args {
				out = append(out, g.Slice(dy, axis, at, a.Shape[axis]))
				at = at.Add(a.Shape[axis])
			}
			return out
		},
	})
}

// Reshape returns x under another shape of the same size.
func (g *Graph) Reshape(x *Node, to Shape) *Node {
	if x.Shape.Equal(to) {
		return x
	}
	return g.Apply(OpReshape, ShapeAttr{to}, x)
}

// Concat returns xs one after the other along axis.
func (g *Graph) Concat(axis int, xs ...*Node) *Node {
	if len(xs) == 1 {
		return xs[0]
	}
	return g.Apply(OpConcat, Axes{axis}, xs...)
}

// OpStop passes its argument on and no derivative back.
var OpStop = named("stop")

func init() {
	Register(OpSpec{
		Name: "stop", Doc: "x, taken as a constant by derivatives.", Exact: true, Args: 1, Class: Elementwise, Builtin: true,
		Sign:    ofFirst,
		Eval:    func(x []float64) float64 { return x[0] },
		Partial: []func(*Graph, []*Node, *Node) *Node{nil},
		Math:    "stop(%s)",
	})
}

// MarkAttr numbers marks.
type MarkAttr int

// Key is the number.
func (a MarkAttr) Key() string { return fmt.Sprint(int(a)) }

// OpMark is a point of its own: the same value as its argument, but never
// merged with it, so that a derivative by a name sees the uses of that name
// and no others.
var OpMark = named("mark")

func init() {
	Register(OpSpec{
		Name: "mark", Doc: "x, as a point that derivatives can be taken by.", Exact: true, Args: 1, Class: Elementwise,
		Sign:    ofFirst,
		InferFn: func(attr Attr, args []*Node) (Shape, Type, error) { return args[0].Shape, args[0].Type, nil },
		Eval:    func(x []float64) float64 { return x[0] },
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node { return dx[0] },
		Grad:    func(g *Graph, y, dy *Node) []*Node { return []*Node{dy} },
		Math:    "%s",
	})
}

// Mark returns a new point with the value of x.
func (g *Graph) Mark(x *Node) *Node {
	g.marks++
	return g.Apply(OpMark, MarkAttr(g.marks), x)
}
