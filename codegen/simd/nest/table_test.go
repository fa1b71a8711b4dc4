package nest

import (
	"math"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// Constructors that write kernels as short as the dump does.

func sy(n string) symbolic.Poly                    { return symbolic.Sym(n) }
func in(n int) symbolic.Poly                       { return symbolic.Int(n) }
func ivar(n string) *loop.Var                      { return &loop.Var{Name: n, Type: symbolic.Integer} }
func rvar(n string) *loop.Var                      { return &loop.Var{Name: n} }
func num(x float64) loop.Expr                      { return &loop.Const{Value: x} }
func ref(v *loop.Var) loop.Expr                    { return &loop.Ref{Var: v} }
func whole(p symbolic.Poly) loop.Expr              { return &loop.Int{Poly: p} }
func let(v *loop.Var, e loop.Expr) *loop.Let       { return &loop.Let{Var: v, Value: e} }
func at(b *loop.Buffer, p symbolic.Poly) loop.Expr { return &loop.Load{Buf: b, Index: p} }

func ap(name string, args ...loop.Expr) loop.Expr {
	op := symbolic.Lookup(name)
	if op == nil {
		panic("no operator " + name)
	}
	return &loop.Apply{Op: op, Args: args}
}

func rep(v *loop.Var, n symbolic.Poly, body ...loop.Stmt) *loop.Loop {
	return &loop.Loop{Var: v, Extent: n, Body: body}
}

func set(b *loop.Buffer, p symbolic.Poly, e loop.Expr) *loop.Store {
	return &loop.Store{Buf: b, Index: p, Value: e}
}

func with(op *symbolic.OpSpec, b *loop.Buffer, p symbolic.Poly, e loop.Expr) *loop.Store {
	return &loop.Store{Buf: b, Index: p, Op: op, Value: e}
}

func acc(v *loop.Var, x float64) *loop.Acc { return &loop.Acc{Var: v, Init: x} }

func upd(v *loop.Var, op *symbolic.OpSpec, e loop.Expr) *loop.Update {
	return &loop.Update{Var: v, Op: op, Value: e}
}

func buf(kind loop.BufferKind, name string, typ symbolic.Type, shape ...symbolic.Poly) *loop.Buffer {
	return &loop.Buffer{Name: name, Kind: kind, Type: typ, Shape: shape}
}

func nonneg(p symbolic.Poly) symbolic.Cond { return symbolic.Cond{Kind: symbolic.NonNeg, E: p} }

// kernel makes one of buffers, *loop.Vars of integers and of reals.
func kernel(name string, params []any, body ...loop.Stmt) *loop.Kernel {
	k := &loop.Kernel{Name: name, Body: body}
	for _, p := range params {
		switch p := p.(type) {
		case *loop.Buffer:
			k.Params = append(k.Params, &loop.Param{Buf: p})
		case *loop.Var:
			if p.Type == symbolic.Integer {
				k.Params = append(k.Params, &loop.Param{Int: p})
			} else {
				k.Params = append(k.Params, &loop.Param{Real: p})
			}
		}
	}
	return k
}

// A test is a kernel with the sizes to run it at. Whole numbers of buffers are
// drawn from 0 up to limit.
type test struct {
	k     *loop.Kernel
	sizes []map[string]int
	limit map[string]int
	tame  bool // no special values: they would not come out alike
	// math.Max of an infinity and NaN is the infinity, Go's max is NaN, and so
	// are the routines'.
	extreme bool
	tol     float64 // in units of the last place of what is as large as 1
}

func lengths(name string) (out []map[string]int) {
	for n := range 71 {
		out = append(out, map[string]int{name: n})
	}
	return append(out, map[string]int{name: 1000}, map[string]int{name: 4099})
}

func grid(a, b string) (out []map[string]int) {
	for _, n := range []int{0, 1, 2, 3, 5, 7} {
		for _, m := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 70, 130} {
			out = append(out, map[string]int{a: n, b: m})
		}
	}
	return out
}

// elementwise is y[i] = f(x[i], z[i]) for i < n.
func elementwise(name string, f func(x, z loop.Expr) loop.Expr) *loop.Kernel {
	n, i := ivar("n"), ivar("i")
	x, z, y := buf(loop.In, "x", symbolic.Real, sy("n")), buf(loop.In, "z", symbolic.Real, sy("n")), buf(loop.Out, "y", symbolic.Real, sy("n"))
	return kernel(name, []any{x, z, y, n}, rep(i, sy("n"), set(y, sy("i"), f(at(x, sy("i")), at(z, sy("i"))))))
}

// reduce is s = op over i < n of f(x[i], z[i]).
func reduceKernel(name string, op *symbolic.OpSpec, wide bool, f func(x, z loop.Expr) loop.Expr) *loop.Kernel {
	n, i, s := ivar("n"), ivar("i"), rvar("s")
	s.Wide = wide
	x, z := buf(loop.In, "x", symbolic.Real, sy("n")), buf(loop.In, "z", symbolic.Real, sy("n"))
	unit := map[*symbolic.OpSpec]float64{symbolic.OpMul: 1, symbolic.OpMax: math.Inf(-1), symbolic.OpMin: math.Inf(1)}[op]
	k := kernel(name, []any{x, z, n}, acc(s, unit), rep(i, sy("n"), upd(s, op, f(at(x, sy("i")), at(z, sy("i"))))))
	k.Results = []*loop.Var{s}
	return k
}

func first(x, _ loop.Expr) loop.Expr { return x }
func times(x, z loop.Expr) loop.Expr { return ap("mul", x, z) }
