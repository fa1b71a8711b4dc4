package lecture

import (
	"math"
	"testing"

	"github.com/bpgen/bpgen/generated/lecture"
)

// scoring is the scorer s = Uᵀf(W²f(W¹x + b¹) + b²) and its gradients as the
// lecture writes them.
type scoring struct {
	s                    float64
	dx, dW1, db1         []float64
	dW2, db2, dU         []float64
	x, W1, b1, W2, b2, U []float64
}

func (c *scoring) compute() {
	// forward
	a1 := c.x
	a2 := each(sigmoid, zip(mul(c.W1, a1), c.b1, add))
	a3 := each(sigmoid, zip(mul(c.W2, a2), c.b2, add))
	c.s = mul(c.U, a3)[0]

	// backward
	d3 := zip(c.U, a3, backSigmoid)            // δ³ = U∘f′(z³)
	d2 := zip(mulT(c.W2, d3), a2, backSigmoid) // δ² = W²ᵀδ³∘f′(z²)
	c.dU = a3
	c.dW2, c.db2 = outer(d3, a2), d3 // δ³a²ᵀ
	c.dW1, c.db1 = outer(d2, a1), d2 // δ²a¹ᵀ
	c.dx = mulT(c.W1, d2)            // W¹ᵀδ²
}

// TestScore compares for several sizes, which a func gets when it is called.
func TestScore(t *testing.T) {
	w := lecture.NewScoreWork()
	for _, size := range [][3]int{{20, 8, 6}, {3, 2, 5}, {1, 1, 1}} {
		n, h, m := size[0], size[1], size[2]
		want := scoring{x: numbers(n, 1), W1: numbers(h*n, 2), b1: numbers(h, 3), W2: numbers(m*h, 4), b2: numbers(m, 5), U: numbers(m, 6)}
		want.compute()
		s, g, err := w.Grad(lecture.ScoreArgs{N: n, H: h, M: m, X: want.x, W1: want.W1, B1: want.b1, W2: want.W2, B2: want.b2, U: want.U})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "s", []float64{s}, []float64{want.s})
		near(t, "dU", g.U, want.dU)
		near(t, "dW2", g.W2, want.dW2)
		near(t, "db2", g.B2, want.db2)
		near(t, "dW1", g.W1, want.dW1)
		near(t, "db1", g.B1, want.db1)
		near(t, "dx", g.X, want.dx)
	}
}

// TestScorer compares the model that learns. Its loss −log p is that of a
// logistic unit above the score, so each gradient is the lecture's times
// ∂loss/∂s = f(s) − y, and the mean over the examples.
func TestScorer(t *testing.T) {
	m, err := lecture.NewScorer(7)
	if err != nil {
		t.Fatal(err)
	}
	const n = 4
	width := len(m.Params.W1) / len(m.Params.B1)
	copy(m.Params.All(), numbers(len(m.Params.All()), 8))
	b := lecture.ScorerBatch{N: n, X: numbers(n*width, 9), Y: []float64{1, 0, 0, 1}}

	loss, dW1, dW2, dU := 0.0, make([]float64, len(m.Params.W1)), make([]float64, len(m.Params.W2)), make([]float64, len(m.Params.U))
	db1, db2 := make([]float64, len(m.Params.B1)), make([]float64, len(m.Params.B2))
	for i, y := range b.Y {
		c := scoring{x: b.X[i*width:][:width], W1: m.Params.W1, b1: m.Params.B1, W2: m.Params.W2, b2: m.Params.B2, U: m.Params.U}
		c.compute()
		loss += (math.Log1p(math.Exp(c.s)) - y*c.s) / n
		d := (sigmoid(c.s) - y) / n
		accumulate(dW1, d, c.dW1)
		accumulate(db1, d, c.db1)
		accumulate(dW2, d, c.dW2)
		accumulate(db2, d, c.db2)
		accumulate(dU, d, c.dU)
	}
	g := m.NewGrads()
	l, err := m.NewWork().Grad(b, g)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss", []float64{l.Loss}, []float64{loss})
	near(t, "dW1", g.W1, dW1)
	near(t, "db1", g.B1, db1)
	near(t, "dW2", g.W2, dW2)
	near(t, "db2", g.B2, db2)
	near(t, "dU", g.U, dU)
}
