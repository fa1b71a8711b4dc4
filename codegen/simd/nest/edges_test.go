package nest

import (
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// TestEdges runs loops whose first and last turns differ from those between.
func TestEdges(t *testing.T) {
	n, i, s, on := ivar("n"), ivar("i"), rvar("s"), &loop.Var{Name: "on", Type: symbolic.Boolean}
	x, y := buf(loop.In, "x", symbolic.Real, sy("n")), buf(loop.Out, "y", symbolic.Real, sy("n"))
	at := func(d int) loop.Expr { return at(x, sy("i").Add(in(d))) }
	at3 := func(d int) loop.Expr { return &loop.Load{Buf: x, Index: sy("i").Add(in(d)).Scale(1, 3)} }
	last := func(d int) symbolic.Cond { return nonneg(sy("n").Sub(in(1 + d)).Sub(sy("i"))) } // i + d is within
	guarded := func(x loop.Expr, c ...symbolic.Cond) loop.Expr { return &loop.Guarded{Conds: c, X: x} }
	window := func(name string, body ...loop.Stmt) test {
		return test{k: kernel(name, []any{x, y, n}, rep(i, sy("n"), body...)), sizes: lengths("n"), tame: true}
	}
	zero := func(p symbolic.Poly) symbolic.Cond { return symbolic.Cond{Kind: symbolic.Zero, E: p} }
	sum := window("sum", upd(s, opAdd, guarded(at(-2), nonneg(sy("i").Sub(in(2))), last(0))), upd(s, opAdd, guarded(at(1), last(1))))
	sum.k.Body, sum.k.Results = append([]loop.Stmt{acc(s, 0)}, sum.k.Body...), []*loop.Var{s}
	sum.tol = 200
	runAll(t, []test{
		sum,
		window("before", set(y, sy("i"), guarded(at(-1), nonneg(sy("i").Sub(in(1)))))),
		window("after", set(y, sy("i"), guarded(at(3), last(3)))),
		window("both", set(y, sy("i"), ap("sub", guarded(at(-7), nonneg(sy("i").Sub(in(7)))), guarded(at(8), last(8))))),
		window("beyond", set(y, sy("i"), ap("sub", guarded(at(-9), nonneg(sy("i").Sub(in(9)))), guarded(at(20), last(20))))),
		window("first", set(y, sy("i"), ap("add", at(0), guarded(num(1), zero(sy("i")))))),
		window("oneHot", set(y, sy("i"), guarded(num(1), zero(sy("i").Add(in(1)).Sub(sy("n")))))),
		window("thirds", set(y, sy("i"), guarded(at3(-1), nonneg(sy("i").Sub(in(1))), symbolic.Cond{Kind: symbolic.Divides, Mod: 3, E: sy("i").Sub(in(1))}))),
		window("few", set(y, sy("i"), guarded(at(0), nonneg(in(2).Sub(sy("i")))))),
		window("select", set(y, sy("i"), ap("select", ap("ieq", whole(sy("i")), whole(in(0))), num(2), ap("neg", at(0))))),
		window("less", set(y, sy("i"), ap("select", ap("ilt", whole(sy("i")), whole(in(2))), num(2), ap("select", ap("ile", whole(sy("n").Sub(in(2))), whole(sy("i"))), num(3), at(0))))),
		window("empty", acc(s, 0.5),
			&loop.Choose{Cond: ap("lt", at(0), num(0.5)), Then: []loop.Stmt{&loop.If{Conds: []symbolic.Cond{zero(sy("i"))}, Then: []loop.Stmt{upd(s, nil, num(3))}}}, Else: []loop.Stmt{upd(s, nil, at(0))}},
			&loop.Choose{Cond: ap("ilt", whole(in(20)), whole(sy("n"))), Then: []loop.Stmt{&loop.If{Conds: []symbolic.Cond{zero(sy("i"))}, Then: []loop.Stmt{upd(s, nil, num(4))}}}},
			&loop.If{Conds: []symbolic.Cond{nonneg(sy("n").Sub(in(30)))}, Then: []loop.Stmt{&loop.If{Conds: []symbolic.Cond{zero(sy("i"))}, Then: []loop.Stmt{upd(s, nil, num(5))}}}},
			set(y, sy("i"), ref(s))),
		window("choice",
			let(on, ap("not", ap("ieq", whole(sy("i").Add(in(1))), whole(sy("n"))))), acc(s, 0.5),
			&loop.Choose{Cond: ref(on), Then: []loop.Stmt{upd(s, nil, at(1))}, Else: []loop.Stmt{upd(s, opAdd, at(0))}},
			&loop.If{Conds: []symbolic.Cond{nonneg(sy("i").Sub(in(1)))}, Then: []loop.Stmt{upd(s, opAdd, at(-1))}, Else: []loop.Stmt{upd(s, nil, num(4))}},
			set(y, sy("i"), ap("select", ref(on), ref(s), num(7)))),
	})
}

// TestEdgesFound says how many turns stand apart, and that nothing is asked between.
func TestEdgesFound(t *testing.T) {
	i, n := sy("i"), sy("n")
	x, y := buf(loop.In, "x", symbolic.Real, n), buf(loop.Out, "y", symbolic.Real, n)
	for _, c := range []struct {
		name       string
		cond       symbolic.Poly
		head, tail int
	}{
		{"the one before is there", i.Sub(in(1)), 2, 0},
		{"the one after is there", n.Sub(in(2)).Sub(i), 0, 2},
		{"always", i.Add(in(1)), 0, 0},
		{"never", i.Sub(n), 0, 0},
		{"far", i.Sub(in(100)), 0, 0},
		{"somewhere", i.Sub(sy("k")), 0, 0},
		{"every other", i.Scale(2, 1).Sub(in(1)), 0, 0},
	} {
		l := rep(ivar("i"), n, set(y, i, &loop.Guarded{Conds: []symbolic.Cond{nonneg(c.cond)}, X: at(x, in(0))}))
		var head, tail int
		if e := edgesOf(l, nil); e != nil {
			head, tail = e.head, e.tail
			if edgesOf(&loop.Loop{Var: l.Var, Extent: n, Body: e.stmts(l.Body)}, nil) != nil {
				t.Errorf("%s: something is left", c.name)
			}
		}
		if head != c.head || tail != c.tail {
			t.Errorf("%s: %d and %d turns apart, want %d and %d", c.name, head, tail, c.head, c.tail)
		}
	}
}
