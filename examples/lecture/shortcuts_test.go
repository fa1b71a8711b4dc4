package lecture

import (
	"math"
	"testing"

	"github.com/bpgen/bpgen/generated/lecture"
)

// TestShortCuts runs backward through the net by hand: the error of a layer is
// the sum of what comes from each layer that it feeds.
func TestShortCuts(t *testing.T) {
	m, err := lecture.NewShortCuts(1)
	if err != nil {
		t.Fatal(err)
	}
	copy(m.Params.All(), numbers(len(m.Params.All()), 2))
	const n, inputs, outputs = 3, 6, 2
	b := lecture.ShortCutsBatch{N: n, X: numbers(n*inputs, 3), Y: numbers(n*outputs, 4)}
	p, want := m.Params, m.NewGrads()
	loss := 0.0
	for i := range n {
		x, y := b.X[i*inputs:][:inputs], b.Y[i*outputs:][:outputs]
		h1 := each(math.Tanh, zip(mul(p.H1.W, x), p.H1.B, add))
		h2 := each(math.Tanh, zip(mul(p.H2.W, h1), p.H2.B, add))
		h3 := each(math.Tanh, zip(zip(mul(p.H3.W, h2), p.H3.B, add), h1, add))
		top := append(append([]float64(nil), h3...), x...)
		z := zip(mul(p.Z.W, top), p.Z.B, add)
		d := zip(z, y, sub)
		loss += square(d) / 2 / n

		d3 := zip(mulT(p.Z.W, d)[:len(h3)], h3, backTanh)
		d2 := zip(mulT(p.H3.W, d3), h2, backTanh)
		d1 := zip(zip(mulT(p.H2.W, d2), d3, add), h1, backTanh) // through h2, and past it
		accumulate(want.Z.W, 1.0/n, outer(d, top))
		accumulate(want.Z.B, 1.0/n, d)
		accumulate(want.H3.W, 1.0/n, outer(d3, h2))
		accumulate(want.H3.B, 1.0/n, d3)
		accumulate(want.H2.W, 1.0/n, outer(d2, h1))
		accumulate(want.H2.B, 1.0/n, d2)
		accumulate(want.H1.W, 1.0/n, outer(d1, x))
		accumulate(want.H1.B, 1.0/n, d1)
	}

	g := m.NewGrads()
	l, err := m.NewWork().Grad(b, g)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss", []float64{l.Loss}, []float64{loss})
	for i, w := range want.Tensors() {
		near(t, "d"+w.Name, g.Tensors()[i].Data, w.Data)
	}
}
