package symbolic

import (
	"fmt"
	"math"
	"testing"
)

// A step is what a pass makes of a state, a row and a value from outside, all
// vectors of two.
func step(g *Graph, s, x, w *Node) *Node {
	return g.Apply(OpTanh, nil, g.Add(g.Mul(s, w), g.Mul(x, g.dotted(s, x))))
}

// dotted is Σ a·b, spread to the shape of a.
func (g *Graph) dotted(a, b *Node) *Node {
	return g.Broadcast(g.Sum(g.Mul(a, b), 0), a.Shape)
}

// kinds are programs that loop, each with the same unrolled: functions of the
// rows xs [3, 2] and of w [2] that give one number.
var kinds = map[string]struct {
	loop, unrolled func(g *Graph, xs, w *Node) *Node
}{
	"scan": {
		func(g *Graph, xs, w *Node) *Node {
			s, x := g.Formal("s", Shp(2), Real), g.Formal("x", Shp(2), Real)
			n := step(g, s, x, w)
			last, stack := g.Close(&Body{
				Count: Int(3), Index: g.Formal("t", nil, Integer), Carry: []*Node{s}, Init: []*Node{w},
				Elem: []*Node{x}, Over: []*Node{xs}, Next: []*Node{n}, Emit: []*Node{g.Mul(n, s)},
			})
			return g.Add(g.Sum(last[0], 0), g.Sum(stack[0], 0, 1))
		},
		func(g *Graph, xs, w *Node) *Node {
			s, total := w, g.Num(0)
			for t := range 3 {
				n := step(g, s, rowAt(g, xs, t), w)
				total = g.Add(total, g.Sum(g.Mul(n, s), 0))
				s = n
			}
			return g.Add(g.Sum(s, 0), total)
		},
	},
	"while": {
		func(g *Graph, xs, w *Node) *Node {
			s, i := g.Formal("s", Shp(2), Real), g.Formal("i", nil, Integer)
			x := g.Access(xs, &Map{Shape: Shp(2), Index: []Poly{Operand(0), Axis(0)}}, g.Broadcast(i, Shp(2)))
			last, _ := g.Close(&Body{
				Kind: WhileLoop, Count: g.NewCount("passes"), Carry: []*Node{s, i}, Init: []*Node{w, g.Const(0, nil, Integer)},
				Next: []*Node{step(g, s, x, w), g.Apply(OpIntAdd, nil, i, g.Const(1, nil, Integer))},
				Cond: g.Apply(OpIntLt, nil, i, g.Const(3, nil, Integer)),
			})
			return g.Sum(last[0], 0)
		},
		func(g *Graph, xs, w *Node) *Node {
			s := w
			for t := range 3 {
				s = step(g, s, rowAt(g, xs, t), w)
			}
			return g.Sum(s, 0)
		},
	},
	"table": {
		func(g *Graph, xs, w *Node) *Node {
			t, a := g.Formal("t", nil, Integer), g.Formal("a", Shp(3, 2), Real)
			at := g.Broadcast(t, Shp(2))
			before := g.Access(a, &Map{Shape: Shp(2), Index: []Poly{Operand(0).Sub(Int(1)), Axis(0)}, Guard: []Cond{{Kind: NonNeg, E: Operand(0).Sub(Int(1))}}}, at)
			x := g.Access(xs, &Map{Shape: Shp(2), Index: []Poly{Operand(0), Axis(0)}}, at)
			last, _ := g.Close(&Body{
				Kind: TableLoop, Count: Int(3), Index: t, Carry: []*Node{a}, Init: []*Node{g.Like(0, a)},
				Next: []*Node{step(g, g.Add(before, w), x, w)},
			})
			return g.Sum(g.Mul(last[0], xs), 0, 1)
		},
		func(g *Graph, xs, w *Node) *Node {
			s, total := g.Const(0, Shp(2), Real), g.Num(0)
			for t := range 3 {
				x := rowAt(g, xs, t)
				s = step(g, g.Add(s, w), x, w)
				total = g.Add(total, g.Sum(g.Mul(s, x), 0))
			}
			return total
		},
	},
	"nested": {
		func(g *Graph, xs, w *Node) *Node {
			s, x := g.Formal("s", Shp(2), Real), g.Formal("x", Shp(2), Real)
			u, y := g.Formal("u", Shp(2), Real), g.Formal("y", Shp(2), Real)
			inner, _ := g.Close(&Body{
				Count: Int(3), Index: g.Formal("", nil, Integer), Carry: []*Node{u}, Init: []*Node{s},
				Elem: []*Node{y}, Over: []*Node{xs}, Next: []*Node{step(g, u, g.Mul(x, y), w)},
			})
			last, _ := g.Close(&Body{
				Count: Int(3), Index: g.Formal("t", nil, Integer), Carry: []*Node{s}, Init: []*Node{w},
				Elem: []*Node{x}, Over: []*Node{xs}, Next: []*Node{inner[0]},
			})
			return g.Sum(last[0], 0)
		},
		func(g *Graph, xs, w *Node) *Node {
			s := w
			for t := range 3 {
				for k := range 3 {
					s = step(g, s, g.Mul(rowAt(g, xs, t), rowAt(g, xs, k)), w)
				}
			}
			return g.Sum(s, 0)
		},
	},
}

func rowAt(g *Graph, xs *Node, t int) *Node {
	return g.Access(xs, &Map{Shape: Shp(2), Index: []Poly{Int(t), Axis(0)}})
}

// TestLoopsAreUnrolled holds loops, their derivatives and the derivatives of
// these in both modes, as they are and rewritten, against the same unrolled.
func TestLoopsAreUnrolled(t *testing.T) {
	env := &Env{Inputs: map[string]*Tensor{
		"arg:xs": {Shape: []int{3, 2}, Data: []float64{0.3, -0.7, 0.9, 0.2, -0.4, 0.8}},
		"arg:w":  Vector(0.6, -0.5),
		"arg:v":  Vector(1.5, 0.25),
	}}
	derivatives := map[string]func(g *Graph, f, xs, w, v *Node) []*Node{
		"value": func(g *Graph, f, xs, w, v *Node) []*Node { return []*Node{f} },
		"vjp":   func(g *Graph, f, xs, w, v *Node) []*Node { return g.Gradient(f, xs, w) },
		"jvp":   func(g *Graph, f, xs, w, v *Node) []*Node { return g.JVP([]*Node{f}, []*Node{w}, []*Node{v}) },
		"hvp, reverse of reverse": func(g *Graph, f, xs, w, v *Node) []*Node {
			return g.Gradient(g.Sum(g.Mul(g.Gradient(f, w)[0], v), 0), xs, w)
		},
		"hvp, forward of reverse": func(g *Graph, f, xs, w, v *Node) []*Node {
			return g.JVP(g.Gradient(f, xs, w), []*Node{w}, []*Node{v})
		},
		"hvp, reverse of forward": func(g *Graph, f, xs, w, v *Node) []*Node {
			return g.Gradient(g.JVP([]*Node{f}, []*Node{w}, []*Node{v})[0], xs, w)
		},
		"forward of forward": func(g *Graph, f, xs, w, v *Node) []*Node {
			return g.JVP(g.JVP([]*Node{f}, []*Node{w}, []*Node{v}), []*Node{w}, []*Node{v})
		},
	}
	for name, k := range kinds {
		for what, derive := range derivatives {
			t.Run(name+"/"+what, func(t *testing.T) {
				run := func(f func(g *Graph, xs, w *Node) *Node) [][]*Tensor {
					g := NewGraph()
					xs, w, v := g.Input(ArgInput, "xs", Shp(3, 2), Real), g.Input(ArgInput, "w", Shp(2), Real), g.Input(ArgInput, "v", Shp(2), Real)
					roots := derive(g, f(g, xs, w), xs, w, v)
					out := [][]*Tensor{mustEval(t, env, roots...)}
					out = append(out, mustEval(t, env, g.Rewrite(Final, roots...)...))
					if err := Check(g); err != nil {
						t.Error(err)
					}
					return out
				}
				got, want := run(k.loop), run(k.unrolled)
				for i := range got {
					for j, x := range want[0] {
						if err := alike(got[i][j], x); err != nil {
							t.Errorf("rewritten %t: result %d: %v", i == 1, j, err)
						}
					}
				}
			})
		}
	}
}

// TestForwardModeNeedsOneLoop: a tangent is carried beside the values.
func TestForwardModeNeedsOneLoop(t *testing.T) {
	for _, name := range []string{"scan", "while"} {
		g := NewGraph()
		xs, w, v := g.Input(ArgInput, "xs", Shp(3, 2), Real), g.Input(ArgInput, "w", Shp(2), Real), g.Input(ArgInput, "v", Shp(2), Real)
		f := kinds[name].loop(g, xs, w)
		roots := g.Rewrite(Final, f, g.JVP([]*Node{f}, []*Node{w}, []*Node{v})[0])
		merged := g.MergeLoops(roots...)
		loops := func(ns []*Node) (n int) {
			for _, m := range Reachable(ns...) {
				if m.Op == OpLoop {
					n++
				}
			}
			return n
		}
		if loops(roots) != 2 || loops(merged) != 1 {
			t.Errorf("%s: %d loops, %d when merged, want 2 and 1", name, loops(roots), loops(merged))
		}
		env := &Env{Inputs: map[string]*Tensor{
			"arg:xs": {Shape: []int{3, 2}, Data: []float64{0.3, -0.7, 0.9, 0.2, -0.4, 0.8}}, "arg:w": Vector(0.6, -0.5), "arg:v": Vector(1.5, 0.25),
		}}
		got, want := mustEval(t, env, merged...), mustEval(t, env, roots...)
		for i := range got {
			if err := alike(got[i], want[i]); err != nil {
				t.Errorf("%s: result %d: %v", name, i, err)
			}
		}
	}
}

func alike(a, b *Tensor) error {
	if (a == nil) != (b == nil) {
		return fmt.Errorf("one is nil")
	}
	if a == nil {
		return nil
	}
	for i, v := range b.Data {
		if math.Abs(a.Data[i]-v) > 1e-12*(1+math.Abs(v)) {
			return fmt.Errorf("element %d is %g, want %g", i, a.Data[i], v)
		}
	}
	return nil
}
