package lecture

import (
	"go/ast"
	"go/token"
	"math"
	"testing"

	"github.com/bpgen/bpgen/generated/lecture"
)

// TestSoftmax runs x → h = σ(Vx) → softmax → negative log-likelihood backward
// by hand: the gradient at the scores is p − y.
func TestSoftmax(t *testing.T) {
	m, err := lecture.NewSoftmax(1)
	if err != nil {
		t.Fatal(err)
	}
	copy(m.Params.All(), numbers(len(m.Params.All()), 2))
	const n, inputs = 4, 7
	b := lecture.SoftmaxBatch{N: n, X: numbers(n*inputs, 3), Y: []int32{3, 0, 1, 0}}
	p, want := m.Params, m.NewGrads()
	loss := 0.0
	for i, y := range b.Y {
		x := b.X[i*inputs:][:inputs]
		h := each(sigmoid, mul(p.V, x))
		d := softmax(mul(p.W, h))
		loss -= math.Log(d[y]) / n
		d[y]-- // p − y
		accumulate(want.W, 1.0/n, outer(d, h))
		accumulate(want.V, 1.0/n, outer(zip(mulT(p.W, d), h, backSigmoid), x))
	}

	g := m.NewGrads()
	l, err := m.NewWork().Grad(b, g)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss", []float64{l.Loss}, []float64{loss})
	near(t, "dW", g.W, want.W)
	near(t, "dV", g.V, want.V)

	// A step of stochastic gradient descent goes 0.5 times the gradient down.
	after := append([]float64(nil), p.All()...)
	accumulate(after, -0.5, want.All())
	if _, err := m.NewTrainer().Step(b); err != nil {
		t.Fatal(err)
	}
	near(t, "a step", p.All(), after)
}

// TestSoftmaxBackward wants the gradient at the scores to be one subtraction in
// the generated code: of what is 1 at the class and 0 elsewhere, from the
// probability, whose exponential the forward pass has computed.
func TestSoftmaxBackward(t *testing.T) {
	d := generated(t, "SoftmaxWork", "grad")
	c := calls(d)
	// Calls in the text, each of which a loop may make several times.
	if c["Exp"]+c["exp"] != 1 || c["Log"]+c["log"] != 1 {
		t.Errorf("the gradient calls %v, want one exp and one log", c)
	}
	minus := 0
	ast.Inspect(d, func(n ast.Node) bool {
		if e, ok := n.(*ast.BinaryExpr); ok && e.Op == token.SUB && compares(e.Y) {
			minus++
		}
		return true
	})
	if minus != 1 {
		t.Errorf("whether an index is the class is subtracted %d times, want once", minus)
	}
}

// compares reports whether there is an == in an expression.
func compares(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryExpr)
		found = found || ok && b.Op == token.EQL
		return true
	})
	return found
}
