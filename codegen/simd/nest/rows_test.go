package nest

import (
	"fmt"
	"math"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

var (
	opAdd = symbolic.OpAdd
	opMax = symbolic.OpMax
)

// matrix is a buffer of rows and columns.
func matrix(kind loop.BufferKind, name string, rows, cols symbolic.Poly) *loop.Buffer {
	return buf(kind, name, symbolic.Real, rows, cols)
}

func cell(row, col string, cols symbolic.Poly) symbolic.Poly { return sy(row).Mul(cols).Add(sy(col)) }

// bias is h[b, i] = relu(h[b, i] + bias[i]).
func bias(name string, cols symbolic.Poly, extra ...any) test {
	b, i, m := ivar("b"), ivar("i"), ivar("m")
	h, bs := matrix(loop.Out, "h", sy("m"), cols), buf(loop.In, "bias", symbolic.Real, cols)
	k := kernel(name, append([]any{h, bs, m}, extra...), rep(b, sy("m"), rep(i, cols,
		set(h, cell("b", "i", cols), ap("relu", ap("add", at(h, cell("b", "i", cols)), at(bs, sy("i"))))))))
	return test{k: k}
}

// columnSums is d[i] += Σ x[b, i].
func columnSums(name string, cols symbolic.Poly, extra ...any) test {
	b, i, m := ivar("b"), ivar("i"), ivar("m")
	d, x := buf(loop.Out, "d", symbolic.Real, cols), matrix(loop.In, "x", sy("m"), cols)
	k := kernel(name, append([]any{d, x, m}, extra...), rep(b, sy("m"), rep(i, cols,
		with(opAdd, d, sy("i"), at(x, cell("b", "i", cols))))))
	return test{k: k, tame: true, tol: 200}
}

// rowSums is d[b] = Σ x[b, i].
func rowSums(name string, cols symbolic.Poly, extra ...any) test {
	b, i, m, s := ivar("b"), ivar("i"), ivar("m"), rvar("s")
	d, x := buf(loop.Out, "d", symbolic.Real, sy("m")), matrix(loop.In, "x", sy("m"), cols)
	k := kernel(name, append([]any{d, x, m}, extra...), rep(b, sy("m"),
		acc(s, 0),
		rep(i, cols, upd(s, opAdd, at(x, cell("b", "i", cols)))),
		set(d, sy("b"), ref(s))))
	return test{k: k, tame: true, tol: 500}
}

func TestRows(t *testing.T) {
	n := ivar("n")
	var tests []test
	add := func(x test, sizes []map[string]int) {
		x.sizes = sizes
		tests = append(tests, x)
	}
	rows := lengths("m")[:20]
	for _, c := range []int{1, 3, 10, 16, 64, 100} {
		name := string(rune('A'+len(tests))) + "fixed"
		add(bias("bias"+name, in(c)), rows)
		add(columnSums("columnSums"+name, in(c)), rows)
		add(rowSums("rowSums"+name, in(c)), rows)
	}
	add(bias("bias", sy("n"), n), grid("m", "n"))
	add(columnSums("columnSums", sy("n"), n), grid("m", "n"))
	add(rowSums("rowSums", sy("n"), n), grid("m", "n"))
	runAll(t, tests)
}

// classes is what a net does with the outputs of a classifier: the class, the
// loss, and the derivative.
func classes(name string, cols symbolic.Poly, f string, extra ...any) test {
	m, b, i := ivar("m"), ivar("b"), ivar("i")
	z, y := matrix(loop.In, "z", sy("m"), cols), buf(loop.In, "y", symbolic.Integer, sy("m"))
	dz, db := matrix(loop.Out, "dz", sy("m"), cols), buf(loop.Out, "db", symbolic.Real, cols)
	exps := buf(loop.Out, "exps", symbolic.Real, cols)
	s3, s4, d := rvar("s3"), rvar("s4"), rvar("d")
	s3.Wide, s4.Wide = true, true
	most, where, most2, top, total := rvar("most"), ivar("where"), rvar("most2"), rvar("top"), rvar("total")
	zi, ei, yb, dzi := rvar("zi"), rvar("ei"), ivar("yb"), rvar("dzi")
	at2 := func(b *loop.Buffer) loop.Expr { return at(b, cell("b", "i", cols)) }
	k := kernel(name, append([]any{z, y, dz, db, exps, d, m}, extra...),
		acc(s3, 0), acc(s4, 0),
		rep(b, sy("m"),
			acc(most, math.Inf(-1)), acc(where, 0), acc(most2, math.Inf(-1)),
			rep(i, cols,
				let(zi, at2(z)),
				&loop.Pick{Best: most, At: where, Op: opMax, Value: ref(zi), Position: sy("i")},
				upd(most2, opMax, ref(zi))),
			let(top, ap("select", ap("lt", ap("abs", ref(most2)), num(math.Inf(1))), ref(most2), num(0))),
			upd(s4, opAdd, ap("truth", ap("ieq", ref(where), at(y, sy("b"))))),
			acc(total, 0),
			rep(i, cols,
				let(ei, ap(f, ap("sub", at2(z), ref(top)))),
				set(exps, sy("i"), ref(ei)),
				upd(total, opAdd, ref(ei))),
			let(yb, at(y, sy("b"))),
			upd(s3, opAdd, ap("sub", ap("add", ref(top), ref(total)), at(z, sy("b").Mul(cols).Add(sy("yb"))))),
			rep(i, cols,
				let(dzi, ap("mul", ref(d), ap("sub", ap("div", at(exps, sy("i")), ref(total)), ap("truth", ap("ieq", whole(sy("i")), ref(yb)))))),
				set(dz, cell("b", "i", cols), ref(dzi)),
				with(opAdd, db, sy("i"), ref(dzi)))))
	k.Results = []*loop.Var{s3, s4}
	return test{k: k, tame: true, tol: 100}
}

func TestClasses(t *testing.T) {
	n := ivar("n")
	ten := classes("ten", in(10), "square")
	ten.sizes, ten.limit = lengths("m")[:12], map[string]int{"y": 10}
	any := classes("any", sy("n"), "square", n)
	for _, s := range grid("m", "n") {
		if s["n"] > 0 {
			any.sizes = append(any.sizes, s)
		}
	}
	any.limit = map[string]int{"y": 1}
	runAll(t, []test{ten, any})
}

// pickKernel finds the first best of x.
func pickKernel(name string, op *symbolic.OpSpec) test {
	n, i, best, where := ivar("n"), ivar("i"), rvar("best"), ivar("where")
	x := buf(loop.In, "x", symbolic.Real, sy("n"))
	unit := math.Inf(-1)
	if op == symbolic.OpMin {
		unit = math.Inf(1)
	}
	k := kernel(name, []any{x, n}, acc(best, unit), acc(where, 0),
		rep(i, sy("n"), &loop.Pick{Best: best, At: where, Op: op, Value: ap("floor", ap("mul", num(2), at(x, sy("i")))), Position: sy("i")}))
	k.Results = []*loop.Var{best, where}
	return test{k: k, sizes: lengths("n")}
}

func TestPick(t *testing.T) {
	runAll(t, []test{pickKernel("argmax", symbolic.OpMax), pickKernel("argmin", symbolic.OpMin)})
}

func TestIntegers(t *testing.T) {
	n, i, v := ivar("n"), ivar("i"), ivar("v")
	vec := func(kind loop.BufferKind, name string, typ symbolic.Type) *loop.Buffer {
		return buf(kind, name, typ, sy("n"))
	}
	x, idx := vec(loop.In, "x", symbolic.Real), vec(loop.In, "idx", symbolic.Integer)
	y, iy, by := vec(loop.Out, "y", symbolic.Real), vec(loop.Out, "iy", symbolic.Integer), vec(loop.Out, "by", symbolic.Boolean)
	bx := vec(loop.In, "bx", symbolic.Boolean)
	small := map[string]int{"idx": 1}
	ints := map[string]int{"idx": 1000}
	positive := lengths("n")[1:]
	runAll(t, []test{
		{k: kernel("gather", []any{x, idx, y, n}, rep(i, sy("n"), let(v, at(idx, sy("i"))), set(y, sy("i"), at(x, sy("v"))))), sizes: positive, limit: small},
		{k: kernel("reverse", []any{x, y, n}, rep(i, sy("n"), set(y, sy("n").Sub(in(1)).Sub(sy("i")), at(x, sy("i"))))), sizes: positive},
		{k: kernel("backward", []any{x, y, n}, rep(i, sy("n"), set(y, sy("i"), at(x, sy("n").Sub(in(1)).Sub(sy("i")))))), sizes: positive},
		{k: kernel("iota", []any{iy, n}, rep(i, sy("n"), set(iy, sy("i"), whole(sy("i").Mul(in(3)).Sub(in(7)))))), sizes: lengths("n")},
		{k: kernel("real", []any{y, idx, n}, rep(i, sy("n"), set(y, sy("i"), ap("div", ap("real", at(idx, sy("i"))), ap("real", whole(sy("i").Add(in(1)))))))), sizes: lengths("n"), limit: ints},
		{k: kernel("divide", []any{iy, idx, n}, rep(i, sy("n"), set(iy, sy("i"), ap("idiv", ap("isub", at(idx, sy("i")), whole(in(500))), whole(sy("i").Add(in(1))))))), sizes: lengths("n"), limit: ints},
		{k: kernel("modulo", []any{iy, idx, n}, rep(i, sy("n"), set(iy, sy("i"), ap("imod", ap("isub", at(idx, sy("i")), whole(in(500))), whole(in(-7)))))), sizes: lengths("n"), limit: ints},
		{k: kernel("moduloLarge", []any{iy, idx, n}, rep(i, sy("n"), set(iy, sy("i"), ap("imod", ap("imul", at(idx, sy("i")), whole(in(1000003))), whole(in(1234)))))), sizes: lengths("n"), limit: ints},
		{k: kernel("truths", []any{by, bx, x, n}, rep(i, sy("n"), set(by, sy("i"), ap("iff", at(bx, sy("i")), ap("lt", num(0), at(x, sy("i"))))))), sizes: lengths("n")},
		{k: kernel("whole", []any{iy, idx, bx, n}, rep(i, sy("n"), set(iy, sy("i"), ap("iselect", at(bx, sy("i")), ap("imul", at(idx, sy("i")), at(idx, sy("i"))), whole(in(-1)))))), sizes: lengths("n"), limit: ints},
	})
}

func TestConditions(t *testing.T) {
	n, m, i, b, j := ivar("n"), ivar("m"), ivar("i"), ivar("b"), ivar("j")
	x, y := buf(loop.In, "x", symbolic.Real, sy("n")), buf(loop.Out, "y", symbolic.Real, sy("n"))
	guarded := func(e loop.Expr, c ...symbolic.Cond) loop.Expr { return &loop.Guarded{Conds: c, X: e} }
	divides := func(d int, p symbolic.Poly) symbolic.Cond { return symbolic.Cond{Kind: symbolic.Divides, Mod: d, E: p} }
	zero := func(p symbolic.Poly) symbolic.Cond { return symbolic.Cond{Kind: symbolic.Zero, E: p} }
	s := rvar("s")
	window := func(name string, op loop.Expr) *loop.Kernel {
		return kernel(name, []any{x, y, n}, rep(i, sy("n"), set(y, sy("i"), op)))
	}
	shifted := at(x, sy("i").Sub(in(3)))
	flat := cell("b", "i", sy("n"))
	X, Y := matrix(loop.In, "X", sy("m"), sy("n")), matrix(loop.Out, "Y", sy("m"), sy("n"))
	tri := matrix(loop.In, "tri", sy("n").Mul(sy("n").Add(in(1))), in(1))
	triangle := sy("i").Mul(sy("i").Add(in(1))).Scale(1, 2)
	runAll(t, []test{
		{k: window("shift", guarded(shifted, nonneg(sy("i").Sub(in(3))))), sizes: lengths("n")},
		{k: window("shiftInverse", guarded(ap("div", num(1), shifted), nonneg(sy("i").Sub(in(3))))), sizes: lengths("n")},
		{k: window("third", guarded(at(x, sy("i").Scale(1, 3)), divides(3, sy("i")))), sizes: lengths("n")},
		{k: window("fourth", guarded(at(x, sy("i")), divides(4, sy("i").Add(in(1))))), sizes: lengths("n")},
		{k: window("edge", ap("add", guarded(num(1), zero(sy("i").Sub(in(5)))), guarded(at(x, in(0)), nonneg(sy("i").Sub(in(9)))))), sizes: lengths("n")},
		{k: window("far", guarded(at(x, in(40)), nonneg(sy("i").Sub(in(40))))), sizes: lengths("n")},
		{k: window("lazy", ap("select", ap("ilt", whole(sy("i").Add(in(2))), whole(sy("n"))), at(x, sy("i").Add(in(2))), ap("neg", at(x, sy("i"))))), sizes: lengths("n")},
		{k: window("lazyAlike", ap("select", ap("ilt", whole(in(10)), whole(sy("n"))), at(x, in(10)), ap("neg", at(x, sy("i"))))), sizes: lengths("n")},
		{k: kernel("branch", []any{x, y, n}, rep(i, sy("n"),
			&loop.If{Conds: []symbolic.Cond{nonneg(sy("i").Sub(in(7))), nonneg(sy("n").Sub(in(20)))},
				Then: []loop.Stmt{set(y, sy("i"), at(x, sy("i").Sub(in(7))))},
				Else: []loop.Stmt{with(opAdd, y, sy("i"), at(x, sy("i")))}})), sizes: lengths("n")},
		{k: kernel("branchAlike", []any{x, y, n}, rep(i, sy("n"),
			&loop.If{Conds: []symbolic.Cond{nonneg(in(30).Sub(sy("n"))), nonneg(sy("n").Sub(in(20)))},
				Then: []loop.Stmt{set(y, sy("i"), num(3))},
				Else: []loop.Stmt{set(y, sy("i"), at(x, sy("i")))}})), sizes: lengths("n")},
		{k: kernel("choose", []any{x, y, n}, rep(i, sy("n"),
			acc(s, 0.5),
			&loop.Choose{Cond: ap("lt", num(0), at(x, sy("i"))),
				Then: []loop.Stmt{upd(s, nil, ap("sqrt", at(x, sy("i"))))},
				Else: []loop.Stmt{upd(s, opAdd, at(x, sy("i"))), with(opAdd, y, sy("i"), num(1))}},
			set(y, sy("i"), ap("sub", ref(s), at(y, sy("i")))))), sizes: lengths("n"), tol: 1},
		{k: kernel("lower", []any{X, Y, n, m}, rep(b, sy("m"), rep(i, sy("n"),
			set(Y, flat, guarded(at(X, flat), nonneg(sy("b").Sub(sy("i")))))))), sizes: grid("m", "n")},
		{k: kernel("rowsOfTriangle", []any{tri, y, n}, rep(i, sy("n"),
			acc(s, 0),
			rep(j, sy("i").Add(in(1)), upd(s, opAdd, at(tri, triangle.Add(sy("j"))))),
			set(y, sy("i"), ref(s)))), sizes: lengths("n")[:40], tame: true, tol: 300},
		{k: kernel("diagonalOfTriangle", []any{tri, y, n}, rep(i, sy("n"),
			set(y, sy("i"), at(tri, triangle.Add(sy("i")))))), sizes: lengths("n")},
	})
}

func TestOthers(t *testing.T) {
	n, i, j, m := ivar("n"), ivar("i"), ivar("j"), ivar("m")
	x, y := buf(loop.In, "x", symbolic.Real, sy("n").Mul(in(3))), buf(loop.Out, "y", symbolic.Real, sy("n").Mul(in(3)))
	p := func(k int) symbolic.Poly { return sy("i").Mul(in(3)).Add(in(k)) }
	a, b, c, d, e := rvar("a"), rvar("b"), rvar("c"), rvar("d"), rvar("e")
	s, w := rvar("s"), rvar("w")
	w.Wide = true
	out := buf(loop.Out, "out", symbolic.Real, in(4))
	X, Y := matrix(loop.In, "X", sy("m"), sy("n")), buf(loop.Out, "Y", symbolic.Real, sy("n"))
	by := buf(loop.Out, "by", symbolic.Boolean, sy("n"))
	on, was := &loop.Var{Name: "on", Type: symbolic.Boolean}, &loop.Var{Name: "was", Type: symbolic.Boolean}
	hist, idx := buf(loop.Out, "hist", symbolic.Real, in(10)), buf(loop.In, "idx", symbolic.Integer, sy("n"))
	v := ivar("v")
	runAll(t, []test{
		{k: kernel("cross", []any{x, y, n}, rep(i, sy("n"),
			let(a, at(x, p(0))), let(b, at(x, p(1))), let(c, at(x, p(2))),
			let(d, ap("sub", ap("mul", ref(a), ref(b)), ap("mul", ref(b), ref(c)))),
			let(e, ap("add", ap("mul", ref(d), ref(d)), num(1))),
			set(y, p(0), ap("div", ref(d), ref(e))), set(y, p(1), ap("add", ref(d), ref(e))), set(y, p(2), ap("mul", ref(c), ref(e))))), sizes: lengths("n"), tame: true, tol: 30},
		{k: kernel("twice", []any{out, n},
			acc(s, 0), let(a, ref(s)), // is 0 for ever
			rep(i, in(4), set(out, sy("i"), ap("add", at(out, sy("i")), num(1)))),
			rep(ivar("i"), in(3), upd(s, opAdd, ap("mul", at(out, in(3)), at(out, sy("i"))))),
			set(out, in(3), ref(s)),
			rep(ivar("i"), in(3), upd(s, opAdd, ap("mul", at(out, in(3)), at(out, sy("i"))))),
			set(out, in(2), ap("add", ref(s), ref(a)))), sizes: once(), tame: true, tol: 10},
		{k: kernel("truth", []any{by, x, n},
			rep(i, sy("n"), acc(on, 0), upd(on, symbolic.OpOr, ap("lt", at(x, sy("i")), num(0))), let(was, ref(on)),
				upd(on, symbolic.OpOr, ap("lt", num(1), at(x, sy("i")))), set(by, sy("i"), ap("and", ref(on), ap("not", ref(was)))))), sizes: lengths("n")},
		{k: kernel("fill", []any{y, n}, &loop.Fill{Buf: y, From: sy("n"), Len: sy("n"), Value: 2.5}, &loop.Fill{Buf: y, From: in(0), Len: sy("n"), Value: 0}), sizes: lengths("n")},
		{k: kernel("scalars", []any{out, a, b, n},
			let(c, ap("div", num(1), ap("real", whole(sy("n"))))),
			set(out, in(1), ap("mul", ref(c), ref(a))), with(opMax, out, in(2), ref(b)),
			&loop.If{Conds: []symbolic.Cond{nonneg(sy("n").Sub(in(4)))}, Then: []loop.Stmt{set(out, in(3), num(9))}, Else: []loop.Stmt{with(opAdd, out, in(3), num(1))}}), sizes: lengths("n")[:12]},
		{k: kernel("recurrence", []any{Y, n}, rep(i, sy("n").Sub(in(1)), set(Y, sy("i").Add(in(1)), ap("add", ap("mul", num(0.5), at(Y, sy("i"))), at(Y, sy("i").Add(in(1))))))), sizes: lengths("n"), tame: true, tol: 30},
		{k: kernel("one", []any{out, x, n}, rep(i, sy("n"), with(opAdd, out, in(2), at(x, sy("i"))))), sizes: lengths("n"), tame: true, tol: 3000},
		{k: kernel("long", []any{X, Y, n, m}, rep(i, sy("n"),
			acc(w, 0),
			rep(j, sy("m"), upd(w, opAdd, at(X, cell("j", "i", sy("n"))))),
			set(Y, sy("i"), ref(w)))), sizes: grid("m", "n"), tame: true, tol: 100},
		{k: kernel("longUnder", []any{X, Y, n, m}, rep(i, sy("n"),
			acc(w, 0),
			rep(j, sy("m"), &loop.Choose{Cond: ap("lt", num(0), at(X, cell("j", "i", sy("n")))),
				Then: []loop.Stmt{upd(w, opAdd, at(X, cell("j", "i", sy("n"))))}, Else: []loop.Stmt{upd(w, symbolic.OpSub, num(1))}}),
			set(Y, sy("i"), ref(w)))), sizes: grid("m", "n"), tame: true, tol: 100},
		{k: kernel("inPlace", []any{y, n}, rep(i, sy("n"), rep(j, in(3), let(a, at(y, p(0).Add(sy("j")))), set(y, p(0).Add(sy("j")), ap("mul", ref(a), ref(a)))),
			set(y, p(2), ap("sub", at(y, p(1)), at(y, p(2)))))), sizes: lengths("n"), tame: true, tol: 10},
		{k: scaleResult(s, kernel("scale", []any{X, n, m, a, b}, acc(s, 0), rep(i, sy("m"), rep(j, sy("n"), upd(s, opAdd, ap("mul", ref(a), at(X, cell("i", "j", sy("n"))))))))), sizes: grid("m", "n"), tame: true, tol: 500},
		{k: kernel("histogram", []any{hist, idx, n}, rep(i, sy("n"), let(v, at(idx, sy("i"))), with(opAdd, hist, sy("v"), num(1)))), sizes: lengths("n"), limit: map[string]int{"idx": 10}, tame: true, tol: 100},
		{k: kernel("adam", []any{x, y, n, a, b}, rep(i, sy("n").Mul(in(3)),
			let(c, ap("add", ap("mul", ref(a), at(x, sy("i"))), ap("mul", ap("sub", num(1), ref(a)), at(y, sy("i"))))),
			let(d, ap("add", ap("mul", ref(b), ap("square", at(x, sy("i")))), ap("square", at(y, sy("i"))))),
			set(y, sy("i"), ap("sub", ref(c), ap("div", ref(c), ap("add", ap("sqrt", ref(d)), num(1e-3))))))), sizes: lengths("n"), tame: true, tol: 3000},
	})
}

func scaleResult(v *loop.Var, k *loop.Kernel) *loop.Kernel {
	k.Results = []*loop.Var{v}
	return k
}

// recordsKernel reads fields of records and writes others, in so many turns.
func recordsKernel(name string, step int, turns symbolic.Poly, reads, writes []int) test {
	n, i, m := ivar("n"), ivar("i"), ivar("m")
	size := turns.Add(sy("m")).Mul(in(step))
	x, y := buf(loop.In, "x", symbolic.Real, size), buf(loop.Out, "y", symbolic.Real, size)
	var body []loop.Stmt
	var vs []*loop.Var
	for j, f := range reads {
		v := rvar("v" + string(rune('a'+j)))
		vs = append(vs, v)
		body = append(body, let(v, at(x, sy("i").Add(sy("m")).Mul(in(step)).Add(in(f)))))
	}
	for j, f := range writes {
		body = append(body, set(y, sy("i").Add(sy("m")).Mul(in(step)).Add(in(f)), ap("sub", ref(vs[j%len(vs)]), ref(vs[(j+1)%len(vs)]))))
	}
	return test{k: kernel(name, []any{x, y, n, m}, rep(i, turns, body...)), tame: true}
}

func TestRecords(t *testing.T) {
	var tests []test
	upTo := func(from, n int) (out []int) {
		for i := from; i < n; i++ {
			out = append(out, i)
		}
		return out
	}
	for _, step := range []int{2, 3, 4, 5, 7, 8, 9, 16, 20, 33} {
		all := upTo(0, step)
		few := []int{step - 1, 0, step / 2}
		for j, r := range [][]int{all, few} {
			for k, w := range [][]int{all, upTo(1, step), few} {
				if step == 2 && k == 1 {
					continue
				}
				x := recordsKernel("records"+string(rune('A'+step))+string(rune('a'+j))+string(rune('a'+k)), step, sy("n"), r, w)
				x.sizes = grid("m", "n")[17:51]
				tests = append(tests, x)
			}
		}
	}
	runAll(t, tests)
}

// TestRecordsLeft has records of a known number, of which some are left for lanes that are more: of reals, as
// in windows of an image, and of whole numbers and truth values.
func TestRecordsLeft(t *testing.T) {
	var tests []test
	for _, step := range []int{2, 3, 4, 8, 9} {
		for _, turns := range []int{1, 5, 7, 14, 23} {
			name := fmt.Sprintf("left%dOf%d", turns, step)
			last := []int{step - 1, 0}
			all := make([]int, step)
			for f := range all {
				all[f] = f
			}
			for k, fields := range [][]int{all, last} {
				x := recordsKernel(name+string(rune('a'+k)), step, in(turns), fields, fields)
				x.sizes = []map[string]int{{"n": 1, "m": 0}, {"n": 1, "m": 3}}
				tests = append(tests, x)
			}
		}
	}
	for _, turns := range []int{3, 7, 14, 16, 21} {
		n, i, v := ivar("n"), ivar("i"), ivar("v")
		pair := func(f int) symbolic.Poly { return sy("i").Mul(in(2)).Add(in(f)) }
		idx, iy := buf(loop.In, "idx", symbolic.Integer, in(2*turns)), buf(loop.Out, "iy", symbolic.Integer, in(2*turns))
		bx, by := buf(loop.In, "bx", symbolic.Boolean, in(2*turns)), buf(loop.Out, "by", symbolic.Boolean, in(2*turns))
		tests = append(tests, test{k: kernel(fmt.Sprintf("pairs%d", turns), []any{idx, bx, iy, by, n}, rep(i, in(turns),
			let(v, at(idx, pair(0))),
			set(iy, pair(0), ap("iadd", ref(v), at(idx, pair(1)))), set(iy, pair(1), ref(v)),
			set(by, pair(0), ap("and", at(bx, pair(0)), at(bx, pair(1)))), set(by, pair(1), ap("ieq", ref(v), whole(in(1)))))),
			sizes: once(), limit: map[string]int{"idx": 3}})
	}
	runAll(t, tests)
}

func once() []map[string]int { return []map[string]int{{"n": 1}} }
