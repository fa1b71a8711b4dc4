package symbolic

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestRandomExpressions rewrites random formulas and their gradients and
// compares values.
func TestRandomExpressions(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 1))
	var ops []*OpSpec
	for _, name := range []string{
		"add", "sub", "mul", "div", "neg", "exp", "log", "log1p", "expm1", "sqrt", "square", "abs", "sin", "tanh",
		"sigmoid", "softplus", "max", "min", "relu", "hypot", "add", "mul", "neg", "sub",
	} {
		ops = append(ops, Lookup(name))
	}
	for range 1000 {
		g := NewGraph()
		x, v := g.Input(ArgInput, "x", Shp(3), Real), g.Input(ArgInput, "v", nil, Real)
		pool := []*Node{x, g.Broadcast(v, Shp(3)), g.Const(1, Shp(3), Real), g.Const(-2, Shp(3), Real), g.Const(0, Shp(3), Real)}
		for range 1 + r.IntN(12) {
			pick := func() *Node { return pool[len(pool)-1-r.IntN(min(len(pool), 6))] }
			op := ops[r.IntN(len(ops))]
			args := make([]*Node, op.Args)
			for i := range args {
				args[i] = pick()
			}
			n := g.Apply(op, nil, args...)
			if r.IntN(4) == 0 {
				n = g.Select(g.Apply(OpLt, nil, pick(), pick()), n, pick())
			}
			pool = append(pool, n)
		}
		y := pool[len(pool)-1]
		s := g.Sum(y, 0)
		stable := g.Rewrite(Stability, s)[0]
		raw := append(g.Gradient(s, x, v), s)
		better := append(g.Gradient(stable, x, v), stable)
		out := g.Rewrite(Final, better...)
		env := inputsOf(r, nil, append(append(raw, out...), x, v)...)
		a, b := mustEval(t, env, raw...), mustEval(t, env, out...)
		for i := range a {
			if a[i] == nil {
				continue
			}
			for j, want := range a[i].Data {
				if want-want != 0 || want > 1e8 || want < -1e8 || want*want < 1e-16 {
					continue // not a number, or hardly one: rewriting may do better
				}
				got := 0.0
				if b[i] != nil {
					got = b[i].Data[j]
				}
				if !near(got, want, 1e-6) {
					t.Fatalf("output %d: %v becomes %v\n%s\n%s", i, a[i].Data, b[i].Data, DumpString(raw[i]), DumpString(out[i]))
				}
			}
		}
		if err := Check(g); err != nil {
			t.Fatal(err)
		}
		again := g.Rewrite(Final, out...)
		for i := range out {
			if out[i] != again[i] {
				t.Fatalf("rewriting is not finished\n%s\n%s", DumpString(out[i]), DumpString(again[i]))
			}
		}
	}
}

// Deep graphs must need neither the stack nor more than about linear time.
func TestRewriteLarge(t *testing.T) {
	size := 50_000
	if testing.Short() {
		size = 20_000
	}
	for name, step := range map[string]func(g *Graph, y, x *Node) *Node{
		"sum":     func(g *Graph, y, x *Node) *Node { return g.Add(y, g.Num(0)) },
		"minus":   func(g *Graph, y, x *Node) *Node { return g.Neg(g.Mul(g.Neg(y), x)) },
		"product": func(g *Graph, y, x *Node) *Node { return g.Mul(g.Mul(g.Num(1), y), x) },
		"sigmoid": func(g *Graph, y, x *Node) *Node {
			return g.Div(g.Num(1), g.Add(g.Num(1), g.Apply(OpExp, nil, g.Neg(y))))
		},
		"choice": func(g *Graph, y, x *Node) *Node {
			return g.Select(g.Apply(OpLt, nil, g.Num(0), y), g.Mul(y, x), g.Num(0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			g := NewGraph()
			x := g.Input(ArgInput, "x", nil, Real)
			y := x
			for g.Len() < size {
				n := g.Len()
				if y = step(g, y, x); g.Len() == n {
					break
				}
				if name == "sum" {
					y = g.Add(y, x)
				}
			}
			y = g.Rewrite(Stability, y)[0]
			out := g.Rewrite(Final, g.Gradient(y, x)[0], y)
			if out[0] == nil {
				t.Error("no gradient")
			}
			t.Logf("%d nodes, %v", g.Len(), time.Since(start))
		})
	}
}

func TestRewriteKeepsNamesAndOrigins(t *testing.T) {
	g := NewGraph()
	x := g.Input(ArgInput, "x", nil, Real)
	restore := g.At(Origin{Stmt: "a = 1/(1 + exp(-x))"})
	a := g.Div(g.Num(1), g.Add(g.Num(1), g.Apply(OpExp, nil, g.Neg(x))))
	g.SetName(a, "a")
	restore()
	out, steps := g.RewriteSteps(Stability, a, nil)
	if got := out[0]; got.Op != OpSigmoid || got.Name != "a" || got.Origin.Stmt != a.Origin.Stmt {
		t.Errorf("%s named %q from %q", got.Op.Name, got.Name, got.Origin.Stmt)
	}
	if out[1] != nil {
		t.Error("nil root becomes something")
	}
	if len(steps) == 0 || steps[0].Rule.Name != "sigmoid" || steps[0].Before != a {
		t.Errorf("steps %s", stepNames(steps))
	}
}

func TestRewriteIsDeterministic(t *testing.T) {
	dump := func() string {
		g := NewGraph()
		z, y := g.Input(ArgInput, "z", Shp(2, 3), Real), g.Input(ArgInput, "y", Shp(2), Integer)
		l := g.Rewrite(Stability, g.Sum(crossEntropy(g, z, y, Shp(2)), 0))[0]
		return DumpString(g.Rewrite(Final, l, g.Gradient(l, z)[0])...)
	}
	first := dump()
	for range 20 {
		if dump() != first {
			t.Fatal("two runs differ")
		}
	}
}
