package loop

import (
	"testing"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// attending looks with the rows of q among those of k before them, for what is in v.
func attending() *module.Procedure {
	const rows, dims = 16, 32
	t := newNet("grad")
	x := t.arg("x", batched(rows, dims))
	full := batched(rows, dims, dims)
	project := func(name string) (w, y *symbolic.Node) {
		w = t.param(name, dims, dims)
		return w, t.g.Sum(t.g.Mul(t.g.Broadcast(w, full, 2, 3), t.g.Broadcast(x, full, 0, 1, 3)), 3)
	}
	Wq, q := project("Wq")
	Wk, k := project("Wk")
	Wv, v := project("Wv")
	pairs := batched(rows, rows, dims)
	scores := t.g.Sum(t.g.Div(t.g.Mul(t.g.Broadcast(q, pairs, 0, 1, 3), t.g.Broadcast(k, pairs, 0, 2, 3)), t.g.Const(5, pairs, symbolic.Real)), 3)
	square := batched(rows, rows)
	before := t.apply("ile", t.g.Iota(square, 2), t.g.Iota(square, 1))
	p := t.apply("select", before, t.apply("exp", scores), t.g.Const(0, square, symbolic.Real))
	places := batched(rows, dims, rows)
	z := t.g.Sum(t.g.Mul(t.g.Broadcast(p, places, 0, 1, 3), t.g.Broadcast(v, places, 0, 3, 2)), 3)
	return t.gradients(t.meanOver(t.g.Sum(t.apply("square", z), 1, 2)), Wq, Wk, Wv)
}

// TestAttending: all of its products are contractions, those with a choice, those of which
// all is divided, and those that come together in what x gets.
func TestAttending(t *testing.T) {
	compare(t, attending(), map[string]int{"batch": 3}, 1)
	p, err := Lower(attending())
	if err != nil {
		t.Fatal(err)
	}
	products := map[string]bool{}
	deepest := 0
	var walk func(list []Stmt, depth int)
	walk = func(list []Stmt, depth int) {
		for _, s := range list {
			switch s := s.(type) {
			case *Tile:
				walk(s.Body, depth)
			case *Loop:
				deepest = max(deepest, depth+1)
				walk(s.Body, depth+1)
			case *Contract:
				products[s.Out.Buf.Name] = true
			}
		}
	}
	walk(p.Body, 0)
	// Three projections, scores, sums; each but the projections comes back twice, those once.
	if len(products) < 5+4+3 || deepest > 3 {
		t.Errorf("%d products, and loops in loops in %d:\n%s", len(products), deepest, p)
	}
}

// TestShared: a function that an operator is a product with, and that its derivative has as a
// term, is computed once for both.
func TestShared(t *testing.T) {
	for _, name := range []string{"gelu", "silu"} {
		make := func() *module.Procedure {
			n := newNet("grad")
			x, w := n.arg("x", batched(4)), n.param("w", 4)
			y := n.apply(name, n.g.Mul(x, n.like(w, x)))
			return n.gradients(n.meanOver(n.g.Sum(y, 1)), w)
		}
		compare(t, make(), map[string]int{"batch": 3}, 1)
		p, err := Lower(make())
		if err != nil {
			t.Fatal(err)
		}
		if calls := countCalls(p); calls[name] > 0 || calls["erfc"]+calls["sigmoid"] != 1 {
			t.Errorf("%s: %v:\n%s", name, calls, p)
		}
	}
}

// countCalls counts the functions of a program by their names.
func countCalls(p *Program) map[string]int {
	calls := map[string]int{}
	var count func(x Expr)
	count = func(x Expr) {
		if a, ok := x.(*Apply); ok {
			if isCall(a.Op) {
				calls[a.Op.Name]++
			}
			for _, b := range a.Args {
				count(b)
			}
		}
	}
	Walk(p.Body, func(s Stmt) {
		for _, x := range exprsOf(s) {
			count(x)
		}
	})
	return calls
}
