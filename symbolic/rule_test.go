package symbolic

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// inputsOf gives every input of roots small random values.
func inputsOf(r *rand.Rand, dims map[string]int, roots ...*Node) *Env {
	env := &Env{Dims: dims, Inputs: map[string]*Tensor{}}
	for _, n := range Reachable(roots...) {
		if n.Op != OpInput {
			continue
		}
		shape, err := n.Shape.Eval(env.dim)
		if err != nil {
			panic(err)
		}
		t := NewTensor(shape...)
		for i := range t.Data {
			switch n.Type {
			case Real:
				t.Data[i] = r.Float64()*4 - 2
			case Integer:
				t.Data[i] = float64(r.IntN(2))
			case Boolean:
				t.Data[i] = float64(r.IntN(2))
			}
		}
		env.Inputs[n.Attr.Key()] = t
	}
	return env
}

// near reports whether got is want up to rounding.
func near(got, want, tol float64) bool {
	if math.IsNaN(got) || math.IsNaN(want) || math.IsInf(got, 0) || math.IsInf(want, 0) {
		return math.IsNaN(got) && math.IsNaN(want) || got == want
	}
	return math.Abs(got-want) <= tol*math.Max(1, math.Max(math.Abs(got), math.Abs(want)))
}

// example builds a node that r applies to.
func (r *Rule) example(g *Graph) *Node {
	if r.Func != nil {
		return r.Example(g)
	}
	nodes := make([]*Node, len(r.vars))
	var typed func(p *pattern, typ Type)
	typed = func(p *pattern, typ Type) {
		if p.op == nil {
			if p.v >= 0 {
				nodes[p.v] = g.Input(ArgInput, r.vars[p.v], nil, typ)
			}
			return
		}
		for i, a := range p.args {
			typed(a, p.op.ArgType(i))
		}
	}
	typed(r.from, Real)
	for i, v := range r.vars {
		if v == "c" && nodes[i].Type == Real && r.When != nil {
			nodes[i] = g.Num(-3)
		}
		if v == "d" && nodes[i].Type == Real && r.When != nil {
			nodes[i] = g.Num(7)
		}
	}
	b := &Binding{rule: r, nodes: nodes}
	like := g.Const(0, nil, r.from.op.Out)
	return r.from.build(g, like, like.Type, b)
}

// TestRules holds every rule against the interpreter.
func TestRules(t *testing.T) {
	names := map[string]bool{}
	for _, r := range Rules() {
		t.Run(r.Name, func(t *testing.T) {
			if names[r.Name] {
				t.Error("there are two of this name")
			}
			names[r.Name] = true
			if r.Func != nil && r.Example == nil {
				t.Fatal("a rule that is a function needs an example")
			}
			if err := r.fault(); err != nil {
				t.Fatal(err)
			}
			if r.Safety == Finite {
				return
			}
			// The whole phase must keep the value too, and use the rule.
			g, before := r.adjointExample()
			rnd := rand.New(rand.NewPCG(1, 3))
			for _, phase := range []Phase{Stability, Simplify, Final} {
				if r.Phase&phase == 0 {
					continue
				}
				out, steps := g.RewriteSteps(phase, before)
				env := inputsOf(rnd, nil, before)
				v := mustEval(t, env, before, out[0])
				for i, want := range v[0].Data {
					if !math.IsNaN(want) && !math.IsInf(want, 0) && !near(v[1].Data[i], want, 1e-12) {
						t.Errorf("phase %d: %g becomes %g", phase, want, v[1].Data[i])
					}
				}
				used := false
				for _, s := range steps {
					used = used || s.Rule == r
				}
				if !used {
					t.Logf("phase %d reaches the example by other rules: %s", phase, stepNames(steps))
				}
			}
		})
	}
}

// adjointExample is the rule's example, as a node that computes a derivative.
func (r *Rule) adjointExample() (*Graph, *Node) {
	g := NewGraph()
	g.At(Origin{Adjoint: g.Num(0)})
	return g, r.example(g)
}

// fault holds what the rule makes of its example against what it was.
func (r *Rule) fault() error {
	g, before := r.adjointExample()
	after := r.apply(g, before)
	if after == nil || after == before {
		return fmt.Errorf("does not apply to its example %s", before.Op.Name)
	}
	if !after.Shape.Equal(before.Shape) || after.Type != before.Type {
		return fmt.Errorf("%s %s becomes %s %s", before.Type, before.Shape, after.Type, after.Shape)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	hits := 0
	for range 50 {
		out, err := Eval(inputsOf(rnd, nil, before, after), before, after)
		if err != nil {
			return err
		}
		for i, want := range out[0].Data {
			if math.IsNaN(want) || math.IsInf(want, 0) {
				continue // outside of the formula's domain
			}
			hits++
			if got := out[1].Data[i]; !near(got, want, 1e-12) {
				return fmt.Errorf("%g becomes %g", want, got)
			}
		}
	}
	if hits == 0 {
		return errors.New("no sample gave a number")
	}
	return nil
}

func stepNames(steps []Step) string {
	s := ""
	for _, st := range steps {
		s += fmt.Sprintf("%s; ", st.Rule.Name)
	}
	return s
}

// TestStability evaluates naive formulas where they overflow or lose digits.
func TestStability(t *testing.T) {
	apply := func(g *Graph, name string, x ...*Node) *Node { return g.Apply(Lookup(name), nil, x...) }
	one := func(g *Graph) *Node { return g.Num(1) }
	for _, c := range []struct {
		name  string
		build func(g *Graph, x *Node) *Node
		want  map[float64]float64
		slope map[float64]float64
	}{
		{"sigmoid", func(g *Graph, x *Node) *Node { return g.Div(one(g), g.Add(one(g), apply(g, "exp", g.Neg(x)))) },
			map[float64]float64{800: 1, -800: 0, 0: 0.5, -40: math.Exp(-40)}, map[float64]float64{800: 0, -800: 0, 0: 0.25}},
		{"sigmoid from the other side", func(g *Graph, x *Node) *Node {
			e := apply(g, "exp", x)
			return g.Div(e, g.Add(e, one(g)))
		}, map[float64]float64{800: 1, -800: 0}, map[float64]float64{800: 0, -800: 0}},
		{"softplus", func(g *Graph, x *Node) *Node { return apply(g, "log", g.Add(one(g), apply(g, "exp", x))) },
			map[float64]float64{800: 800, -800: 0, -40: math.Exp(-40)}, map[float64]float64{800: 1, -800: 0}},
		{"log sigmoid", func(g *Graph, x *Node) *Node { return apply(g, "log", apply(g, "sigmoid", x)) },
			map[float64]float64{-800: -800, 800: 0}, map[float64]float64{-800: 1, 800: 0}},
		{"log of one minus sigmoid", func(g *Graph, x *Node) *Node {
			return apply(g, "log", g.Sub(one(g), apply(g, "sigmoid", x)))
		}, map[float64]float64{800: -800, -800: 0}, map[float64]float64{800: -1, -800: 0}},
		{"cross-entropy", func(g *Graph, x *Node) *Node {
			s, y := apply(g, "sigmoid", x), g.Num(0.25)
			return g.Neg(g.Add(g.Mul(y, apply(g, "log", s)),
				g.Mul(g.Sub(one(g), y), apply(g, "log", g.Sub(one(g), s)))))
		}, map[float64]float64{800: 600, -800: 200, 0: math.Ln2}, map[float64]float64{800: 0.75, -800: -0.25, 0: 0.25}},
		{"log1p", func(g *Graph, x *Node) *Node { return apply(g, "log", g.Add(one(g), x)) },
			map[float64]float64{1e-20: 1e-20}, map[float64]float64{1e-20: 1}},
		{"expm1", func(g *Graph, x *Node) *Node { return g.Sub(apply(g, "exp", x), one(g)) },
			map[float64]float64{1e-20: 1e-20}, map[float64]float64{1e-20: 1}},
		{"erfc", func(g *Graph, x *Node) *Node { return g.Sub(one(g), apply(g, "erf", x)) },
			map[float64]float64{10: math.Erfc(10)}, nil},
		{"hypot", func(g *Graph, x *Node) *Node {
			return apply(g, "sqrt", g.Add(g.Mul(x, x), g.PowInt(x, g.Const(2, nil, Integer))))
		},
			map[float64]float64{1e200: math.Sqrt2 * 1e200, 0: 0}, map[float64]float64{1e200: math.Sqrt2, 0: 0}},
		{"x log x", func(g *Graph, x *Node) *Node { return g.Mul(x, apply(g, "log", x)) },
			map[float64]float64{0: 0, 1: 0}, map[float64]float64{1: 1}},
		{"tanh", func(g *Graph, x *Node) *Node {
			a, b := apply(g, "exp", x), apply(g, "exp", g.Neg(x))
			return g.Div(g.Sub(a, b), g.Add(a, b))
		}, map[float64]float64{800: 1, -800: -1, 1e-20: 1e-20}, map[float64]float64{800: 0, 0: 1}},
		{"branch not taken", func(g *Graph, x *Node) *Node {
			return g.Select(g.Apply(OpLt, nil, g.Num(0), x), x, g.Num(3))
		}, map[float64]float64{-1: 3, 2: 2}, map[float64]float64{-1: 0, 2: 1}},
		{"branch that overflows", func(g *Graph, x *Node) *Node {
			return g.Select(g.Apply(OpLt, nil, x, g.Num(700)), apply(g, "exp", x), g.Num(3))
		}, map[float64]float64{800: 3, 0: 1}, map[float64]float64{800: 0, 0: 1}},
		{"root in a branch", func(g *Graph, x *Node) *Node {
			return g.Select(g.Apply(OpLt, nil, g.Num(0), x), apply(g, "sqrt", x), g.Num(0))
		}, map[float64]float64{0: 0, 4: 2}, map[float64]float64{0: 0, 4: 0.25}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewGraph()
			x := g.Input(ArgInput, "x", nil, Real)
			y := g.Rewrite(Stability, c.build(g, x))[0]
			out := g.Rewrite(Final, y, g.Gradient(y, x)[0])
			check := func(at map[float64]float64, n *Node) {
				for x, want := range at {
					env := &Env{Inputs: map[string]*Tensor{"arg:x": Scalar(x)}}
					if got := mustEval(t, env, n)[0].Data[0]; !(math.Abs(got-want) <= 1e-14*math.Abs(want)) {
						t.Errorf("at %g: %g, want %g", x, got, want)
					}
				}
			}
			check(c.want, out[0])
			check(c.slope, out[1])
		})
	}
}
