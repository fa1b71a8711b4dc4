package symbolic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Tests that hold derivative rows and rules against the interpreter and finite
// differences are worth what they notice. Here each row and each rule is made
// wrong in every small way there is: a sign flipped, a term, a factor, a function
// or a condition dropped, a number changed. A mutant that gives the same numbers
// everywhere is none; of the others the tests must notice nearly all.

// mutants returns root with one thing changed in each. What of it was given stays.
func mutants(g *Graph, root *Node, given ...*Node) []*Node {
	known := map[*Node]bool{}
	for _, n := range Reachable(given...) {
		known[n] = true
	}
	var out []*Node
	for _, n := range Reachable(root) {
		given := known[n] || n.Op == OpInput
		if given && n != root {
			continue
		}
		for _, m := range variants(g, n, given) {
			if !m.Shape.Equal(n.Shape) || m.Type != n.Type || m == n {
				continue
			}
			if mutant := g.Substitute([]*Node{root}, map[*Node]*Node{n: m})[0]; mutant != root {
				out = append(out, mutant)
			}
		}
	}
	return out
}

// variants are wrong forms of n.
func variants(g *Graph, n *Node, given bool) (out []*Node) {
	defer g.At(g.origin)()
	switch n.Type {
	case Real:
		out = append(out, g.intern(OpNeg, []*Node{n}, nil, n.Shape, Real))
	case Integer:
		out = append(out, g.intern(OpIntAdd, []*Node{n, g.Const(1, n.Shape, Integer)}, nil, n.Shape, Integer))
	case Boolean:
		out = append(out, g.intern(OpNot, []*Node{n}, nil, n.Shape, Boolean))
	}
	if given {
		return out
	}
	if v, ok := ConstValue(n); ok {
		return append(out, g.Const(v+1, n.Shape, n.Type))
	}
	if n.Op.Class == Elementwise {
		for i, a := range n.Args { // one argument in place of all
			if n.Op == OpSub && i == 1 {
				a = g.intern(OpNeg, []*Node{a}, nil, a.Shape, Real)
			}
			out = append(out, a)
		}
	}
	if m, ok := n.Attr.(*Map); ok {
		for i := range m.Guard {
			less := *m
			less.Guard = slices.Delete(slices.Clone(m.Guard), i, i+1)
			out = append(out, g.intern(n.Op, n.Args, &less, n.Shape, n.Type))
		}
	}
	return out
}

// A mutable is a place of the table that mutants are made of.
type mutable struct {
	name  string
	set   func(k int)        // makes mutant k, or the right form again
	count func() (n int)     // how many there are
	same  func(k int) bool   // mutant k gives the same numbers
	fault func() (err error) // what the tests say
}

const unchanged = -1

// picked is mutant k of root, or root.
func picked(g *Graph, root *Node, k int, given ...*Node) *Node {
	if k == unchanged || root == nil {
		return root
	}
	if ms := mutants(g, root, given...); k < len(ms) {
		return ms[k]
	}
	return root
}

// TestMutants counts the mutants that live.
func TestMutants(t *testing.T) {
	rows, rules := derivativeRows(), ruleResults()
	for _, op := range Ops() {
		has := op.Partial != nil || op.Grad != nil || op.Tangent != nil
		if has && op != OpStop && op.tested() == nil {
			t.Errorf("no mutants are made of the derivative of %s", op.Name)
		}
	}
	for _, set := range []struct {
		what string
		of   []*mutable
	}{{"derivative rows", rows}, {"rewriting rules", rules}} {
		made, equal, lives := 0, 0, []string(nil)
		for _, m := range set.of {
			for k := range m.count() {
				made++
				if m.same(k) {
					equal++
					continue
				}
				m.set(k)
				if faultOf(m.fault) == nil {
					lives = append(lives, fmt.Sprint(m.name, " ", k))
				}
				m.set(unchanged)
			}
			if err := m.fault(); err != nil {
				t.Errorf("%s, as it is: %v", m.name, err)
			}
		}
		counted := made - equal
		rate := 100 * float64(counted-len(lives)) / float64(counted)
		t.Logf("%s: %d places, %d mutants, %d of them equal, %.2f %% of %d noticed; not: %s",
			set.what, len(set.of), made, equal, rate, counted, strings.Join(lives, ", "))
		if rate < 98 {
			t.Errorf("%s: %.2f %% of the mutants were noticed", set.what, rate)
		}
	}
}

// faultOf is what f says, a panic included: that is noticed too.
func faultOf(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return f()
}

// derivativeRows lists partials, gradients and tangents of the table.
func derivativeRows() []*mutable {
	var out []*mutable
	for _, op := range Ops() {
		fault := op.tested()
		if fault == nil {
			continue
		}
		for i, partial := range op.Partial {
			if partial == nil {
				continue
			}
			row := func(k int) func(g *Graph, x []*Node, y *Node) *Node {
				return func(g *Graph, x []*Node, y *Node) *Node {
					return picked(g, partial(g, x, y), k, append(slices.Clone(x), y)...)
				}
			}
			apply := func(k int) (*Graph, *Node, *Node) {
				g := NewGraph()
				y, x := op.applied(g, nil)
				return g, row(unchanged)(g, x, y), row(k)(g, x, y)
			}
			out = append(out, &mutable{
				name:  fmt.Sprintf("partial %d of %s", i, op.Name),
				set:   func(k int) { op.Partial[i] = row(k) },
				count: func() int { g, d, _ := apply(unchanged); return countMutants(g, op, d) },
				same:  func(k int) bool { _, d, m := apply(k); return op.agree(d, m) },
				fault: fault,
			})
		}
		if grad := op.Grad; grad != nil {
			out = append(out, op.vectorRow("gradient", fault, grad, func(f func(g *Graph, y, dy *Node) []*Node) { op.Grad = f })...)
		}
		if tangent := op.Tangent; tangent != nil {
			// As a function of one cotangent for every argument, like a gradient.
			of := func(g *Graph, y, d *Node) []*Node {
				dx := make([]*Node, len(y.Args))
				for i, a := range y.Args {
					if a.Type == Real {
						dx[i] = g.Input(SeedInput, fmt.Sprint("t", i), a.Shape, Real)
					}
				}
				return []*Node{tangent(g, y, dx)}
			}
			set := func(f func(g *Graph, y, dy *Node) []*Node) {}
			rows := op.vectorRow("tangent", fault, of, set)
			for _, m := range rows {
				m.set = func(k int) {
					op.Tangent = func(g *Graph, y *Node, dx []*Node) *Node {
						return picked(g, tangent(g, y, dx), k, append(slices.DeleteFunc(slices.Clone(dx), func(n *Node) bool { return n == nil }), y)...)
					}
				}
			}
			out = append(out, rows...)
		}
	}
	return out
}

// vectorRow lists what a row gives that has a result for each argument.
func (op *OpSpec) vectorRow(what string, fault func() error, f func(g *Graph, y, dy *Node) []*Node, set func(func(g *Graph, y, dy *Node) []*Node)) []*mutable {
	example := func() (*Graph, *Node, *Node) {
		g := NewGraph()
		y := op.example(g)
		return g, y, g.Input(SeedInput, "dy", y.Shape, Real)
	}
	g, y, dy := example()
	var out []*mutable
	for i, d := range f(g, y, dy) {
		if d == nil {
			continue
		}
		row := func(k int) func(g *Graph, y, dy *Node) []*Node {
			return func(g *Graph, y, dy *Node) []*Node {
				ds := slices.Clone(f(g, y, dy))
				ds[i] = picked(g, ds[i], k, y, dy)
				return ds
			}
		}
		out = append(out, &mutable{
			name: fmt.Sprintf("%s %d of %s", what, i, op.Name),
			set:  func(k int) { set(row(k)) },
			count: func() int {
				g, y, dy := example()
				return len(mutants(g, f(g, y, dy)[i], y, dy))
			},
			same: func(k int) bool {
				g, y, dy := example()
				return op.agree(f(g, y, dy)[i], row(k)(g, y, dy)[i])
			},
			fault: fault,
		})
	}
	return out
}

func countMutants(g *Graph, op *OpSpec, d *Node) int {
	if d == nil {
		return 0
	}
	y, x := op.applied(g, nil)
	return len(mutants(g, d, append(slices.Clone(x), y)...))
}

// tested is the test that covers the rows of op, or nil.
func (op *OpSpec) tested() func() error {
	switch {
	case op == OpStop || op.Foreign != nil:
		return nil
	case op.Class == Elementwise && op.Out == Real:
		return op.elementwiseFault
	case slices.Contains(overAxes(), op) && op.Out == Real && !op.Arg:
		return op.axesFault
	}
	for _, c := range linearAlgebras() {
		if y, _ := c.residual(of3(NewGraph())); y.Op == op {
			return func() error {
				for _, n := range []int{1, 2, 3, 5} {
					if err := c.fault(n); err != nil {
						return err
					}
				}
				return nil
			}
		}
	}
	if op.example(NewGraph()) == nil {
		return nil
	}
	return func() error { // movements: of the example
		r := rand.New(rand.NewPCG(3, 1))
		g := NewGraph()
		y := op.example(g)
		return gradientFault(r, g, inputsOf(r, nil, y), y, realsOf(y), 2)
	}
}

func realsOf(y *Node) []*Node {
	return slices.DeleteFunc(slices.Clone(y.Args), func(n *Node) bool { return n.Type != Real })
}

// example is op applied to something small, or nil where there is no test of
// its derivative here.
func (op *OpSpec) example(g *Graph) *Node {
	x := g.Input(ArgInput, "x0", Shp(3, 2), Real)
	switch {
	case op.Class == Elementwise:
		y, _ := op.applied(g, Shp(3))
		return y
	case op == OpReshape:
		return g.Reshape(x, Shp(2, 3))
	case op == OpConcat:
		return g.Concat(0, x, g.Input(ArgInput, "x1", Shp(1, 2), Real))
	case op == OpAccess: // windows, guarded
		e := Axis(0).Add(Axis(1)).Sub(Int(1))
		return g.Access(x, &Map{Shape: Shp(3, 2), Index: []Poly{e, Axis(1)},
			Guard: []Cond{{Kind: NonNeg, E: e}, {Kind: NonNeg, E: Int(2).Sub(e)}}})
	case op == OpScatter:
		ids := g.Input(ArgInput, "ids", Shp(3, 2), Integer)
		return g.Apply(OpScatter, &Map{Shape: Shp(4, 2), Index: []Poly{Operand(0), Axis(1)}}, x, ids)
	case op.Batched:
		for _, c := range linearAlgebras() {
			if y, _ := c.residual(of3(g)); y.Op == op {
				return y
			}
		}
	case (op.Class == Reduction || op.Class == Composite) && op.Args == 1:
		return g.Apply(op, Axes{1}, g.Input(ArgInput, "x0", Shp(3, 2), op.ArgType(0)))
	}
	return nil
}

// of3 gives matrices to what is defined on them.
func of3(g *Graph) (_ *Graph, a, b *Node) {
	return g, g.Input(ArgInput, "x0", Shp(2, 3, 3), Real), g.Input(ArgInput, "x1", Shp(2, 3, 3), Real)
}

// agree reports whether two values are the same for every sample of op's domain.
func (op *OpSpec) agree(a, b *Node) bool {
	r := rand.New(rand.NewPCG(8, 1))
	return agree(40, a, b, func() *Env {
		env := inputsOf(r, nil, a, b)
		for i := range max(op.Args, 0) {
			if t := env.Inputs[fmt.Sprint("arg:x", i)]; t != nil && op.Class != Movement {
				for k := range t.Data {
					t.Data[k] = op.drawn(r, i)
				}
			}
		}
		return env
	})
}

func agree(samples int, a, b *Node, env func() *Env) bool {
	for range samples {
		e := env()
		x, err := Eval(e, a)
		if err != nil {
			continue
		}
		y, err := Eval(e, b)
		if err != nil {
			return false
		}
		for i, v := range x[0].Data {
			if w := y[0].Data[i]; !near(w, v, 1e-9) && !math.IsNaN(v) && !math.IsInf(v, 0) {
				return false
			}
		}
	}
	return true
}

// ruleResults lists what rules make of their examples.
func ruleResults() []*mutable {
	var out []*mutable
	for _, r := range Rules() {
		f, orig := r.Func, *r
		apply := func(g *Graph, n *Node) *Node { return orig.apply(g, n) }
		example := func() (*Graph, *Node, *Node) {
			g, before := orig.adjointExample()
			return g, before, apply(g, before)
		}
		out = append(out, &mutable{
			name: r.Name,
			set: func(k int) {
				r.Func = func(g *Graph, n *Node) *Node { return picked(g, apply(g, n), k, n) }
				if k == unchanged {
					r.Func = f
				}
			},
			count: func() int {
				g, before, after := example()
				return len(mutants(g, after, before))
			},
			same: func(k int) bool {
				g, before, after := example()
				rnd := rand.New(rand.NewPCG(8, 2))
				m := picked(g, after, k, before)
				return agree(40, after, m, func() *Env { return inputsOf(rnd, nil, before, after, m) })
			},
			// A text rule with Func set is taken for a function; its example is that
			// of the text.
			fault: func() error {
				now := *r
				if f == nil {
					now.Example = func(g *Graph) *Node { return orig.example(g) }
				}
				return now.fault()
			},
		})
	}
	return out
}
