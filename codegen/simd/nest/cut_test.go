package nest

import (
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// skin is z[n, b, k] = w[n, b]·x[n, k] and q[n, j] = Σ M[b, j, k]·w[n, b]·x[n, k], in one loop over n:
// lanes of the first are best along k, those of the second along n.
func skin(name string, bones int) test {
	n, b, j, k := ivar("n"), ivar("b"), ivar("j"), ivar("k")
	b2, k2, s, wb, wb2 := ivar("b2"), ivar("k2"), rvar("s"), rvar("wb"), rvar("wb2")
	vec := func(kind loop.BufferKind, name string, rest ...int) *loop.Buffer {
		shape := symbolic.Shape{sy("n")}
		for _, r := range rest {
			shape = append(shape, in(r))
		}
		return &loop.Buffer{Name: name, Kind: kind, Shape: shape, Type: symbolic.Real}
	}
	z, q := vec(loop.Out, "z", bones, 4), vec(loop.Out, "q", 3)
	w, x := vec(loop.In, "w", bones), vec(loop.In, "x", 4)
	M := buf(loop.In, "M", symbolic.Real, in(bones), in(3), in(4))
	i := func(step int, v string) symbolic.Poly { return sy(v).Scale(int64(step), 1) }
	body := kernel(name, []any{z, q, w, x, M, n}, rep(ivar("i"), sy("n"),
		rep(b, in(bones), let(wb, at(w, i(bones, "i").Add(sy("b")))), rep(k, in(4),
			set(z, i(4*bones, "i").Add(i(4, "b")).Add(sy("k")), ap("mul", ref(wb), at(x, i(4, "i").Add(sy("k"))))))),
		&loop.Fill{Buf: q, From: i(3, "i"), Len: in(3), Value: 0},
		rep(b2, in(bones), let(wb2, at(w, i(bones, "i").Add(sy("b2")))), rep(j, in(3),
			acc(s, 0),
			rep(k2, in(4), upd(s, opAdd, ap("mul", at(M, i(12, "b2").Add(i(4, "j")).Add(sy("k2"))), ap("mul", ref(wb2), at(x, i(4, "i").Add(sy("k2"))))))),
			with(opAdd, q, i(3, "i").Add(sy("j")), ref(s))))))
	return test{k: body, tame: true, tol: 200, sizes: lengths("n")[:25]}
}

func TestSkin(t *testing.T) {
	runAll(t, []test{skin("few", 5), skin("many", 22)})
}

// TestCut says of statements in a loop how many loops they are.
func TestCut(t *testing.T) {
	i := sy("i")
	a, b, c := buf(loop.In, "a", symbolic.Real, sy("n")), buf(loop.Out, "b", symbolic.Real, sy("n")), buf(loop.Out, "c", symbolic.Real, sy("n"))
	v, w, s := rvar("v"), rvar("w"), rvar("s")
	for _, x := range []struct {
		name  string
		body  []loop.Stmt
		parts int
	}{
		{"apart", []loop.Stmt{set(b, i, at(a, i)), set(c, i, at(a, i))}, 2},
		{"with variables of their own", []loop.Stmt{let(v, at(a, i)), set(b, i, ref(v)), let(w, at(a, i)), set(c, i, ref(w))}, 2},
		{"a variable of both", []loop.Stmt{let(v, at(a, i)), set(b, i, ref(v)), set(c, i, ref(v))}, 1},
		{"a sum of both", []loop.Stmt{upd(s, opAdd, at(a, i)), upd(s, opAdd, at(a, i))}, 1},
		{"what is written is read", []loop.Stmt{set(b, i, at(a, i)), set(c, i, at(b, i))}, 1},
		{"what is read is written", []loop.Stmt{set(c, i, at(b, i)), set(b, i, at(a, i))}, 1},
		{"what is written is written again", []loop.Stmt{set(b, i, at(a, i)), with(opAdd, b, i, at(a, i))}, 1},
		{"the last has to do with the first", []loop.Stmt{set(b, i, at(a, i)), upd(s, opAdd, at(a, i)), set(c, i, at(b, i))}, 1},
		{"one of three", []loop.Stmt{upd(s, opAdd, at(a, i)), set(b, i, at(a, i)), set(c, i, at(b, i))}, 2},
	} {
		if got := max(len(cut(rep(ivar("i"), sy("n"), x.body...))), 1); got != x.parts {
			t.Errorf("%s: %d parts, want %d", x.name, got, x.parts)
		}
	}
}
