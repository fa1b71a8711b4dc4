package loop

import (
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// A net is a procedure made by hand, as the frontend would make it.
type net struct {
	g    *symbolic.Graph
	proc *module.Procedure
}

func newNet(name string) *net {
	g := symbolic.NewGraph()
	return &net{g: g, proc: &module.Procedure{Name: name, Graph: g}}
}

var batch = symbolic.Sym(module.Batch)

func batched(dims ...int) symbolic.Shape {
	return append(symbolic.Shape{batch}, symbolic.Shp(dims...)...)
}

func (t *net) param(name string, dims ...int) *symbolic.Node {
	return t.g.Input(symbolic.ParamInput, name, symbolic.Shp(dims...), symbolic.Real)
}

func (t *net) arg(name string, shape symbolic.Shape) *symbolic.Node {
	return t.g.Input(symbolic.ArgInput, name, shape, symbolic.Real)
}

func (t *net) index(name string, shape symbolic.Shape) *symbolic.Node {
	return t.g.Input(symbolic.ArgInput, name, shape, symbolic.Integer)
}

// stmt makes the nodes of a statement and names its value.
func (t *net) stmt(name, text string, f func() *symbolic.Node) *symbolic.Node {
	defer t.g.At(symbolic.Origin{Stmt: name + " = " + text})()
	n := f()
	t.g.SetName(n, name)
	return n
}

// matvec is W·x of batched vectors.
func (t *net) matvec(W, x *symbolic.Node) *symbolic.Node {
	shape := symbolic.Shape{x.Shape[0], W.Shape[0], W.Shape[1]}
	return t.g.Sum(t.g.Mul(t.g.Broadcast(W, shape, 1, 2), t.g.Broadcast(x, shape, 0, 2)), 2)
}

// like repeats v over the batch of x.
func (t *net) like(v, x *symbolic.Node) *symbolic.Node { return t.g.Broadcast(v, x.Shape, 1) }

func (t *net) apply(op string, x ...*symbolic.Node) *symbolic.Node {
	return t.g.Apply(symbolic.Lookup(op), nil, x...)
}

func (t *net) dense(act string, W, b, x *symbolic.Node) *symbolic.Node {
	z := t.matvec(W, x)
	return t.apply(act, t.g.Add(z, t.like(b, z)))
}

func (t *net) result(kind module.ResultKind, name string, n *symbolic.Node) {
	t.proc.Results = append(t.proc.Results, &module.Result{Kind: kind, Name: name, Node: n})
}

// meanOver is the mean over the batch.
func (t *net) meanOver(x *symbolic.Node) *symbolic.Node {
	return t.g.Apply(symbolic.Lookup("mean"), symbolic.Axes{0}, x)
}

// gradients asks for the loss and its gradients.
func (t *net) gradients(loss *symbolic.Node, params ...*symbolic.Node) *module.Procedure {
	t.result(module.LossResult, "loss", loss)
	for i, d := range t.g.Gradient(loss, params...) {
		t.result(module.ParamGradient, params[i].Name, d)
	}
	return t.proc
}

// gather is L[ids] of batched ids.
func (t *net) gather(L, ids *symbolic.Node) *symbolic.Node {
	shape := append(append(symbolic.Shape{}, ids.Shape...), L.Shape[1])
	at := t.g.Broadcast(ids, shape, 0, 1)
	return t.g.Access(L, &symbolic.Map{Shape: shape, Index: []symbolic.Poly{symbolic.Operand(0), symbolic.Axis(2)}}, at)
}

// window is the lecture's scorer over word vectors: s = Uᵀσ(W2σ(W1x+b1)+b2).
func windowNet() *module.Procedure {
	t := newNet("grad")
	const words, embed, hidden = 3, 4, 5
	ids := t.index("ids", batched(words))
	L := t.g.Input(symbolic.ParamInput, "L", symbolic.Shape{symbolic.Sym("vocab"), symbolic.Int(embed)}, symbolic.Real)
	W1, b1 := t.param("W1", hidden, words*embed), t.param("b1", hidden)
	W2, b2 := t.param("W2", hidden, hidden), t.param("b2", hidden)
	U := t.param("U", hidden)
	x := t.stmt("x", "flat(L[ids])", func() *symbolic.Node {
		return t.g.Reshape(t.gather(L, ids), batched(words*embed))
	})
	a2 := t.stmt("a2", "sigmoid(W1 @ x + b1)", func() *symbolic.Node { return t.dense("sigmoid", W1, b1, x) })
	a3 := t.stmt("a3", "sigmoid(W2 @ a2 + b2)", func() *symbolic.Node { return t.dense("sigmoid", W2, b2, a2) })
	s := t.stmt("s", "dot(U, a3)", func() *symbolic.Node { return t.g.Sum(t.g.Mul(t.like(U, a3), a3), 1) })
	return t.gradients(t.meanOver(s), U, W2, b2, W1, b1, L)
}

// mlp is a classifier with a short-circuit connection and a penalty.
func mlp() *module.Procedure {
	t := newNet("grad")
	const in, hidden, classes = 4, 5, 3
	x, y := t.arg("x", batched(in)), t.index("y", batched())
	W1, b1 := t.param("W1", hidden, in), t.param("b1", hidden)
	W2, b2 := t.param("W2", hidden, hidden), t.param("b2", hidden)
	W3, b3 := t.param("W3", classes, hidden), t.param("b3", classes)
	h := t.stmt("h", "relu(dense(x))", func() *symbolic.Node { return t.dense("relu", W1, b1, x) })
	r := t.stmt("r", "h + relu(dense(h))", func() *symbolic.Node { return t.g.Add(h, t.dense("relu", W2, b2, h)) })
	z := t.stmt("z", "dense(r)", func() *symbolic.Node {
		z := t.matvec(W3, r)
		return t.g.Add(z, t.like(b3, z))
	})
	nll := t.stmt("nll", "logsumexp(z) - z[y]", func() *symbolic.Node {
		zy := t.g.Access(z, &symbolic.Map{Shape: batched(), Index: []symbolic.Poly{symbolic.Axis(0), symbolic.Operand(0)}}, y)
		return t.g.Sub(t.g.Apply(symbolic.Lookup("logsumexp"), symbolic.Axes{1}, z), zy)
	})
	penalty := t.stmt("penalty", "0.001*sumsq(W3)", func() *symbolic.Node {
		return t.g.Mul(t.g.Num(0.001), t.g.Sum(t.g.Mul(W3, W3), 0, 1))
	})
	return t.gradients(t.g.Add(t.meanOver(nll), penalty), W1, b1, W2, b2, W3, b3)
}

// neuron is the sigmoid neuron, written naively.
func neuron() *module.Procedure {
	t := newNet("grad")
	w, x := t.arg("w", symbolic.Shp(3)), t.arg("x", symbolic.Shp(2))
	at := func(v *symbolic.Node, i int) *symbolic.Node {
		return t.g.Access(v, &symbolic.Map{Index: []symbolic.Poly{symbolic.Int(i)}})
	}
	g := t.g
	z := g.Add(g.Add(g.Mul(at(w, 0), at(x, 0)), g.Mul(at(w, 1), at(x, 1))), at(w, 2))
	f := g.Div(g.Num(1), g.Add(g.Num(1), t.apply("exp", g.Neg(z))))
	t.result(module.OutputResult, "", f)
	for i, d := range g.Gradient(f, w, x) {
		t.result(module.InputGradient, []string{"w", "x"}[i], d)
	}
	return t.proc
}

// circuit is f = (x + y) z.
func circuit() *module.Procedure {
	t := newNet("grad")
	x, y, z := t.arg("x", nil), t.arg("y", nil), t.arg("z", nil)
	q := t.stmt("q", "x + y", func() *symbolic.Node { return t.g.Add(x, y) })
	f := t.g.Mul(q, z)
	t.result(module.OutputResult, "", f)
	for i, d := range t.g.Gradient(f, x, y, z) {
		t.result(module.InputGradient, []string{"x", "y", "z"}[i], d)
	}
	return t.proc
}
