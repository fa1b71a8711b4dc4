package nest

import (
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// fromRowToRow is u[t+ahead, i] = u[t, i] + u[t+ahead, i]·x[i], row after row: the elements of a row
// don't know of each other.
func fromRowToRow(name string, ahead symbolic.Poly, extra ...any) test {
	t, i := ivar("t"), ivar("i")
	u := matrix(loop.Out, "u", sy("m").Add(ahead), sy("n"))
	x := buf(loop.In, "x", symbolic.Real, sy("n"))
	there := cell("t", "i", sy("n")).Add(ahead.Mul(sy("n")))
	k := kernel(name, append([]any{u, x, ivar("m"), ivar("n")}, extra...), rep(t, sy("m"), rep(i, sy("n"),
		set(u, there, ap("add", at(u, cell("t", "i", sy("n"))), ap("mul", at(u, there), at(x, sy("i"))))))))
	return test{k: k, tame: true, tol: 20}
}

func TestFromRowToRow(t *testing.T) {
	next := fromRowToRow("next", in(1))
	next.sizes = grid("m", "n")
	far := fromRowToRow("far", sy("d"), ivar("d"))
	for _, s := range grid("m", "n") {
		for d := range 3 { // 0: each element in place
			far.sizes = append(far.sizes, map[string]int{"m": s["m"], "n": s["n"], "d": d})
		}
	}
	runAll(t, []test{next, far})
}

// TestLanesApart says of a loop over n that reads and writes one buffer whether it runs in lanes.
func TestLanesApart(t *testing.T) {
	i, n := sy("i"), sy("n")
	u := matrix(loop.Out, "u", in(2), n)
	if why := reasonAgainst(rep(ivar("i"), n, set(u, i.Add(n), ap("add", at(u, i), at(u, i.Sub(in(1))))))); why != "" {
		t.Error("two reads of the row before:", why)
	}
	for _, x := range []struct {
		name        string
		read, write symbolic.Poly
		lanes       bool
	}{
		{"in place", i, i, true},
		{"the next row", i, i.Add(n), true},
		{"the row before", i.Add(n), i, true},
		{"some rows further", i, i.Add(n.Mul(sy("d"))), true},
		{"rows of pairs", i.Scale(2, 1), i.Scale(2, 1).Add(n.Scale(2, 1)), true},
		{"pairs", i.Scale(2, 1), i.Scale(2, 1).Add(in(1)), true},
		{"beyond the next row", i, i.Add(n).Add(in(1)), true},
		{"beyond the row before", i.Add(n).Add(in(1)), i, true},
		{"the next element", i, i.Add(in(1)), false},
		{"some elements further", i, i.Add(sy("d")), false},
		{"one short of a row", i, i.Add(n).Sub(in(1)), false},
		{"half a row", i, i.Add(n.Scale(1, 2)), false},
		{"rows of pairs that overlap", i.Scale(2, 1), i.Scale(2, 1).Add(n), false},
		{"a triangle of rows", i, i.Add(n.Mul(sy("d")).Mul(sy("d").Add(in(1))).Scale(1, 2)), false},
	} {
		b := buf(loop.Out, "b", symbolic.Real, n.Scale(8, 1))
		why := reasonAgainst(rep(ivar("i"), n, set(b, x.write, at(b, x.read))))
		if (why == "") != x.lanes {
			t.Errorf("%s: in lanes is %t (%q), want %t", x.name, why == "", why, x.lanes)
		}
	}
}

// TestColumnsApart says of a loop over the columns of a matrix, with one over its rows inside, whether it runs in lanes.
func TestColumnsApart(t *testing.T) {
	b, j, m, n := sy("b"), sy("j"), sy("m"), sy("n")
	at0 := b.Mul(n).Add(j)
	for _, x := range []struct {
		name        string
		read, write symbolic.Poly
		lanes       bool
	}{
		{"in place", at0, at0, true},
		{"the row before", at0, at0.Add(n), true},
		{"some rows further", at0, at0.Add(n.Mul(sy("d"))), true},
		{"the column before", at0, at0.Add(in(1)), false},
		{"some elements further", at0, at0.Add(sy("d")), false},
		{"rows that overlap", b.Mul(n.Sub(in(1))).Add(j), b.Mul(n.Sub(in(1))).Add(j), false},
		{"rows that are further apart than long", b.Mul(n).Scale(2, 1).Add(j), b.Mul(n).Scale(2, 1).Add(j).Add(n), true},
	} {
		buffer := buf(loop.Out, "u", symbolic.Real, m.Mul(n).Scale(8, 1))
		why := reasonAgainst(rep(ivar("j"), n, rep(ivar("b"), m, set(buffer, x.write, at(buffer, x.read)))))
		if (why == "") != x.lanes {
			t.Errorf("%s: in lanes is %t (%q), want %t", x.name, why == "", why, x.lanes)
		}
	}
}

// TestColumns adds up the columns of what is made of rows and a number for each row.
func TestColumns(t *testing.T) {
	b, j := ivar("b"), ivar("j")
	y := matrix(loop.In, "y", sy("m"), sy("n"))
	u := matrix(loop.Out, "u", sy("m"), sy("n"))
	z, sum, sums := buf(loop.In, "z", symbolic.Real, sy("m")), buf(loop.Out, "s", symbolic.Real, sy("n")), buf(loop.Out, "q", symbolic.Real, sy("n"))
	row := &loop.Var{Name: "row", Type: symbolic.Real}
	here := cell("b", "j", sy("n"))
	product := ap("mul", &loop.Ref{Var: row}, at(y, here))
	k := kernel("columns", []any{y, z, u, sum, sums, ivar("m"), ivar("n")}, rep(b, sy("m"),
		&loop.Let{Var: row, Value: at(z, sy("b"))},
		rep(j, sy("n"),
			set(u, here, product),
			&loop.Store{Buf: sum, Index: sy("j"), Op: symbolic.OpAdd, Value: product},
			&loop.Store{Buf: sums, Index: sy("j"), Op: symbolic.OpAdd, Value: ap("mul", product, product)})))
	p := preparer{}
	if l, ok := p.prepare(k.Body)[0].(*loop.Loop); !ok || l.Var != j {
		t.Error("the loop over columns is not outside")
	}
	runAll(t, []test{{k: k, sizes: grid("m", "n"), tol: 200}})
}
