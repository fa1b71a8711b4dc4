package nest

import (
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

func TestElementwise(t *testing.T) {
	runAll(t, []test{
		{k: elementwise("add", func(x, z loop.Expr) loop.Expr { return ap("add", x, z) }), sizes: lengths("n")},
		{k: elementwise("fma", func(x, z loop.Expr) loop.Expr { return ap("sub", z, ap("mul", x, z)) }), sizes: lengths("n"), tol: 4, tame: true},
		{k: elementwise("div", func(x, z loop.Expr) loop.Expr { return ap("div", x, ap("sqrt", z)) }), sizes: lengths("n")},
		{k: elementwise("relu", func(x, z loop.Expr) loop.Expr { return ap("relu", x) }), sizes: lengths("n")},
		{k: elementwise("max", func(x, z loop.Expr) loop.Expr { return ap("max", x, z) }), extreme: true, sizes: lengths("n")},
		{k: elementwise("min", func(x, z loop.Expr) loop.Expr { return ap("min", ap("min", x, z), num(1.5)) }), extreme: true, sizes: lengths("n")},
		{k: elementwise("sign", func(x, z loop.Expr) loop.Expr { return ap("sign", x) }), sizes: lengths("n")},
		{k: elementwise("cube", func(x, z loop.Expr) loop.Expr { return ap("powi", x, whole(in(-3))) }), sizes: lengths("n"), tol: 8},
		{k: elementwise("pick", func(x, z loop.Expr) loop.Expr {
			return ap("select", ap("or", ap("lt", x, z), ap("not", ap("le", num(0), z))), ap("div", num(1), x), z)
		}), sizes: lengths("n")},
	})
}

func TestReductions(t *testing.T) {
	var tests []test
	for _, wide := range []bool{false, true} {
		name := map[bool]string{false: "", true: "Wide"}[wide]
		tests = append(tests,
			test{k: reduceKernel("sum"+name, symbolic.OpAdd, wide, first), sizes: lengths("n"), tame: true, tol: 2000},
			test{k: reduceKernel("dot"+name, symbolic.OpAdd, wide, times), sizes: lengths("n"), tame: true, tol: 2000},
		)
	}
	tests = append(tests,
		test{k: reduceKernel("less", symbolic.OpSub, false, first), sizes: lengths("n"), tame: true, tol: 2000},
		test{k: reduceKernel("greatest", symbolic.OpMax, false, first), extreme: true, sizes: lengths("n")},
		test{k: reduceKernel("greatestTame", symbolic.OpMax, false, first), sizes: lengths("n"), tame: true},
		test{k: reduceKernel("least", symbolic.OpMin, false, first), extreme: true, sizes: lengths("n")},
		test{k: reduceKernel("leastTame", symbolic.OpMin, false, first), sizes: lengths("n"), tame: true},
		test{k: reduceKernel("product", symbolic.OpMul, false, first), sizes: lengths("n")[:40], tame: true, tol: 200},
	)
	runAll(t, tests)
}
