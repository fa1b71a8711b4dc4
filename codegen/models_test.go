package codegen

import (
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// A maker builds modules by hand, as the frontend would from source.
type maker struct {
	g *symbolic.Graph
	m *module.Module
}

func newMaker(pkg string) *maker {
	g := symbolic.NewGraph()
	return &maker{g, &module.Module{Package: pkg, Files: []string{"models/" + pkg + ".bp"}}}
}

func span(file string, line int) diag.Span {
	return diag.Span{Pos: diag.Pos{File: "models/" + file + ".bp", Line: line, Col: 1}}
}

// at runs f with the origin of a statement.
func (k *maker) at(line int, stmt string, f func() *symbolic.Node) *symbolic.Node {
	defer k.g.At(symbolic.Origin{Span: span(k.m.Package, line), Stmt: stmt})()
	return f()
}

func (k *maker) arg(name string, s symbolic.Shape) *module.Arg {
	return &module.Arg{Name: name, Shape: s, Node: k.g.Input(symbolic.ArgInput, name, s, symbolic.Real)}
}

// batched is an argument of a model.
func (k *maker) batched(name string, s symbolic.Shape, t symbolic.Type, bound *symbolic.Poly) *module.Arg {
	full := append(symbolic.Shape{symbolic.Sym(module.Batch)}, s...)
	return &module.Arg{Name: name, Shape: s, Type: t, Bound: bound, Node: k.g.Input(symbolic.ArgInput, name, full, t)}
}

func (k *maker) param(name string, kind string, s symbolic.Shape) *module.Param {
	return &module.Param{Name: name, Shape: s, Init: module.Init{Kind: kind}, Node: k.g.Input(symbolic.ParamInput, name, s, symbolic.Real)}
}

// affine is W x + b for every example.
func (k *maker) affine(w, x, b *symbolic.Node) *symbolic.Node {
	n := symbolic.Sym(module.Batch)
	o, i := w.Shape[0], w.Shape[1]
	all := symbolic.Shape{n, o, i}
	s := k.g.Sum(k.g.Mul(k.g.Broadcast(w, all, 1, 2), k.g.Broadcast(x, all, 0, 2)), 2)
	return k.g.Add(s, k.g.Broadcast(b, s.Shape, 1))
}

func funcsModule() *module.Module {
	k := newMaker("lecture")
	g := k.g
	x, y, z := k.arg("x", nil), k.arg("y", nil), k.arg("z", nil)
	f := k.at(7, "return (x + y) * z", func() *symbolic.Node { return g.Mul(g.Add(x.Node, y.Node), z.Node) })
	k.m.Funcs = append(k.m.Funcs, &module.Func{Graph: k.g,
		Name: "Circuit", Doc: []string{"Circuit is f = (x + y) z."}, Span: span("lecture", 6), Float: module.Float64,
		Args: []*module.Arg{x, y, z}, Results: []*module.Value{{Node: f}},
		Derive: []module.Derivative{{Kind: "grad", Wrt: []*module.Arg{x, y, z}}},
	})
	w, v := k.arg("w", symbolic.Shp(3)), k.arg("x", symbolic.Shp(2))
	pick := func(n *symbolic.Node, i int) *symbolic.Node {
		return g.Access(n, &symbolic.Map{Index: []symbolic.Poly{symbolic.Int(i)}})
	}
	s := k.at(11, "func Neuron(w [3], x [2]) = 1 / (1 + exp(-(w[0]*x[0] + w[1]*x[1] + w[2])))", func() *symbolic.Node {
		t := g.Add(g.Add(g.Mul(pick(w.Node, 0), pick(v.Node, 0)), g.Mul(pick(w.Node, 1), pick(v.Node, 1))), pick(w.Node, 2))
		return g.Div(g.Num(1), g.Add(g.Num(1), g.Apply(symbolic.OpExp, nil, g.Neg(t))))
	})
	k.m.Funcs = append(k.m.Funcs, &module.Func{Graph: k.g,
		Name: "Neuron", Doc: []string{"Neuron is a sigmoid neuron, written out naively."}, Span: span("lecture", 11), Float: module.Float64,
		Args: []*module.Arg{w, v}, Results: []*module.Value{{Node: s}},
		Derive: []module.Derivative{{Kind: "grad", Wrt: []*module.Arg{w, v}}},
	})
	return k.m
}

// mlpModule is a net of two layers with a cross-entropy loss, trained with
// momentum.
func mlpModule() *module.Module {
	k := newMaker("digits")
	g := k.g
	ten := symbolic.Int(10)
	n := symbolic.Sym(module.Batch)
	x, y := k.batched("x", symbolic.Shp(64), symbolic.Real, nil), k.batched("y", nil, symbolic.Integer, &ten)
	w1, b1 := k.param("h.W", "glorot", symbolic.Shp(32, 64)), k.param("h.b", "zeros", symbolic.Shp(32))
	w2, b2 := k.param("z.W", "glorot", symbolic.Shp(10, 32)), k.param("z.b", "zeros", symbolic.Shp(10))
	h := k.at(6, "h = sigmoid(dense[32](x))", func() *symbolic.Node {
		return g.Apply(symbolic.OpSigmoid, nil, k.affine(w1.Node, x.Node, b1.Node))
	})
	g.SetName(h, "h")
	z := k.at(7, "z = dense[10](h)", func() *symbolic.Node { return k.affine(w2.Node, h, b2.Node) })
	g.SetName(z, "z")
	p := k.at(8, "output softmax(z)", func() *symbolic.Node { return g.Apply(symbolic.OpSoftmax, symbolic.Axes{1}, z) })
	each := k.at(9, "loss -log(softmax(z)[y])", func() *symbolic.Node {
		zy := g.Access(z, &symbolic.Map{Shape: symbolic.Shape{n}, Index: []symbolic.Poly{symbolic.Axis(0), symbolic.Operand(0)}}, y.Node)
		return g.Sub(g.Apply(symbolic.OpLogSumExp, symbolic.Axes{1}, z), zy)
	})
	mean := func(v *symbolic.Node) *symbolic.Node { return g.Apply(symbolic.OpMean, symbolic.Axes{0}, v) }
	loss := k.at(9, "loss -log(softmax(z)[y])", func() *symbolic.Node { return mean(each) })
	acc := k.at(10, "metric accuracy = argmax(z) == y", func() *symbolic.Node {
		return mean(g.ToReal(g.Apply(symbolic.OpIntEq, nil, g.Apply(symbolic.OpArgmax, symbolic.Axes{1}, z), y.Node)))
	})
	ph := module.Phase{
		Outputs: []*module.Value{{Text: "softmax(z)", Node: p, PerExample: true}},
		Losses:  []*module.Value{{Node: each, PerExample: true}},
		Metrics: []*module.Value{{Name: "accuracy", Text: "argmax(z) == y", Node: acc}},
		Loss:    loss,
	}
	k.m.Models = append(k.m.Models, &module.Model{Graph: k.g,
		Name: "Digits", Doc: []string{"Digits tells handwritten digits apart."}, Span: span("digits", 5), Float: module.Float32,
		Args: []*module.Arg{x, y}, Params: []*module.Param{w1, b1, w2, b2}, Train: ph, Infer: ph, Rule: momentum(),
	})
	return k.m
}

func momentum() *module.Rule {
	g := symbolic.NewGraph()
	s := symbolic.Shape{symbolic.Sym("n")}
	w, d := g.Input(symbolic.ArgInput, "w", s, symbolic.Real), g.Input(symbolic.ArgInput, "g", s, symbolic.Real)
	v := g.Input(symbolic.StateInput, "v", s, symbolic.Real)
	lr, mu := g.Input(symbolic.HyperInput, "lr", nil, symbolic.Real), g.Input(symbolic.HyperInput, "mu", nil, symbolic.Real)
	next := g.Add(g.Mul(g.Broadcast(mu, s), v), d)
	return &module.Rule{
		Name: "momentum", Text: "train momentum(lr = 0.1, mu = 0.9)", Graph: g,
		Hypers:  []*module.Hyper{{Name: "lr", Default: 0.1, Node: lr}, {Name: "mu", Default: 0.9, Node: mu}},
		States:  []*module.RuleState{{Name: "v", Node: v}},
		Updates: []*module.Update{{W: w, G: d, NewW: g.Sub(w, g.Mul(g.Broadcast(lr, s), next)), Next: []*symbolic.Node{next}}},
	}
}

func emitted(t *testing.T, m *module.Module) []File {
	t.Helper()
	var errs diag.List
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	files, err := Emit(d, m, Options{Tests: true})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sizesModule has funcs of run-time size: LSE(x [n]) and Far(a [n, d], i [m]index[n]).
func sizesModule() *module.Module {
	k := newMaker("sizes")
	g := k.g
	n, d, m := symbolic.Sym("n"), symbolic.Sym("d"), symbolic.Sym("m")
	x := k.arg("x", symbolic.Shape{n})
	lse := k.at(3, "func LSE(x [n]) = logsumexp(x)", func() *symbolic.Node { return g.Apply(symbolic.OpLogSumExp, symbolic.Axes{0}, x.Node) })
	k.m.Funcs = append(k.m.Funcs, &module.Func{Graph: k.g,
		Name: "LSE", Span: span("sizes", 3), Float: module.Float64, Dims: []*module.Dim{{Name: "n"}},
		Args: []*module.Arg{x}, Results: []*module.Value{{Node: lse}}, Derive: []module.Derivative{{Kind: "grad", Wrt: []*module.Arg{x}}},
	})
	a := k.arg("a", symbolic.Shape{n, d})
	s := k.arg("scale", nil)
	i := &module.Arg{Name: "i", Shape: symbolic.Shape{m}, Type: symbolic.Integer, Bound: &n, Node: g.Input(symbolic.ArgInput, "i", symbolic.Shape{m}, symbolic.Integer)}
	far := k.at(5, "return scale * sumsq(a[i])", func() *symbolic.Node {
		at := g.Broadcast(i.Node, symbolic.Shape{m, d}, 0)
		rows := g.Access(a.Node, &symbolic.Map{Shape: symbolic.Shape{m, d}, Index: []symbolic.Poly{symbolic.Operand(0), symbolic.Axis(1)}}, at)
		return g.Mul(s.Node, g.Sum(g.Mul(rows, rows), 0, 1))
	})
	k.m.Funcs = append(k.m.Funcs, &module.Func{Graph: k.g,
		Name: "Far", Doc: []string{"Far is far."}, Span: span("sizes", 4), Float: module.Float64,
		Dims: []*module.Dim{{Name: "n"}, {Name: "d"}, {Name: "m"}},
		Args: []*module.Arg{a, i, s}, Results: []*module.Value{{Node: far}}, Derive: []module.Derivative{{Kind: "grad", Wrt: []*module.Arg{a, s}}},
		Checks: []module.Check{{A: n, B: m, AtLeast: true, Text: "n >= m", Span: span("sizes", 4)}},
	})
	return k.m
}

// windowModule scores words by a table that is known in size when the program
// runs, with a max-margin loss, in float64; names are not friendly.
func windowModule() *module.Module {
	k := newMaker("window")
	g := k.g
	n, vocab, five, embed := symbolic.Sym(module.Batch), symbolic.Sym("vocab"), symbolic.Int(5), symbolic.Int(4)
	pos, neg := k.batched("pos", symbolic.Shape{five}, symbolic.Integer, &vocab), k.batched("neg", symbolic.Shape{five}, symbolic.Integer, &vocab)
	weight := k.batched("weight", nil, symbolic.Real, nil)
	l, u := k.param("L", "uniform", symbolic.Shape{vocab, embed}), k.param("u[0].range", "he", symbolic.Shape{five.Mul(embed)})
	l.Init.Args = []float64{-0.1, 0.1}
	bias := k.param("u[1].range", "zeros", symbolic.Shape{five.Mul(embed)})
	shift := k.param("shift", "constant", nil)
	shift.Init.Args = []float64{0.25}
	score := func(ids *symbolic.Node) *symbolic.Node {
		s := symbolic.Shape{n, five, embed}
		rows := g.Access(l.Node, &symbolic.Map{Shape: s, Index: []symbolic.Poly{symbolic.Operand(0), symbolic.Axis(2)}}, g.Broadcast(ids, s, 0, 1))
		x := g.Reshape(rows, symbolic.Shape{n, five.Mul(embed)})
		x = g.Add(g.Mul(x, g.Broadcast(u.Node, x.Shape, 1)), g.Broadcast(bias.Node, x.Shape, 1))
		return g.Add(g.Sum(g.Apply(symbolic.OpSigmoid, nil, x), 1), g.Broadcast(shift.Node, symbolic.Shape{n}))
	}
	s := k.at(7, "s = score(pos)", func() *symbolic.Node { return score(pos.Node) })
	each := k.at(9, "loss weight * max(0, 1 - s + score(neg))", func() *symbolic.Node {
		return g.Mul(weight.Node, g.Apply(symbolic.OpMax, nil, g.Num(0), g.Add(g.Sub(g.Num(1), s), score(neg.Node))))
	})
	loss := k.at(9, "loss weight * max(0, 1 - s + score(neg))", func() *symbolic.Node {
		mean := g.Apply(symbolic.OpMean, symbolic.Axes{0}, each)
		return g.Add(mean, g.Mul(g.Num(0.01), g.Sum(g.Mul(u.Node, u.Node), 0)))
	})
	ph := module.Phase{
		Outputs: []*module.Value{{Name: "s", Node: s, PerExample: true}},
		Losses:  []*module.Value{{Node: each, PerExample: true}},
		Loss:    loss,
	}
	k.m.Models = append(k.m.Models, &module.Model{Graph: k.g,
		Name: "Window", Doc: []string{"go:build ignore", "*/ func init() { panic(1) }"}, Span: span("window", 5), Float: module.Float64,
		Dims: []*module.Dim{{Name: "vocab"}}, Args: []*module.Arg{pos, neg, weight}, Params: []*module.Param{l, u, bias, shift},
		Train: ph, Infer: ph, Rule: momentum(), Inputs: []*module.Arg{weight},
	})
	return k.m
}
