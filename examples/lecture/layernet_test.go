package lecture

import (
	"fmt"
	"math"
	"testing"

	"github.com/bpgen/bpgen/generated/lecture"
)

// lambda weighs the squares of the weights, as in lecture.bp.
const lambda = 1e-3

// layer is one layer of a net with its gradients.
type layer struct{ W, b, dW, db []float64 }

// layers are the layers of a net, the last one linear, whatever their number.
type layers []layer

// compute returns the error E of one example, the cross entropy of the softmax
// of the last layer, and adds its gradients, times k, to those of the layers.
func (net layers) compute(x []float64, y int, k float64) float64 {
	// forward
	a := [][]float64{x} // a[l] is what layer l sees
	for l, c := range net {
		z := zip(mul(c.W, a[l]), c.b, add)
		if l < len(net)-1 {
			z = each(sigmoid, z)
		}
		a = append(a, z)
	}
	p := softmax(a[len(net)])

	// backward
	d := append([]float64(nil), p...)
	d[y]-- // the error of the last layer
	for l := len(net) - 1; l >= 0; l-- {
		accumulate(net[l].dW, k, outer(d, a[l])) // δ⁽ˡ⁺¹⁾a⁽ˡ⁾ᵀ
		accumulate(net[l].db, k, d)
		if l > 0 {
			d = zip(mulT(net[l].W, d), a[l], backSigmoid) // δ⁽ˡ⁾ = (W⁽ˡ⁾ᵀδ⁽ˡ⁺¹⁾)∘f′(z⁽ˡ⁾)
		}
	}
	return -math.Log(p[y])
}

// TestLayerNet compares E_R = E + λ/2 Σ‖W‖² and its gradients,
// ∂E_R/∂W⁽ˡ⁾ = δ⁽ˡ⁺¹⁾a⁽ˡ⁾ᵀ + λW⁽ˡ⁾.
func TestLayerNet(t *testing.T) {
	m, err := lecture.NewLayerNet(1)
	if err != nil {
		t.Fatal(err)
	}
	copy(m.Params.All(), numbers(len(m.Params.All()), 2))
	const n, width = 3, 16
	b := lecture.LayerNetBatch{N: n, X: numbers(n*width, 3), Y: []int32{4, 0, 2}}
	g := m.NewGrads()
	loss, err := m.NewWork().Grad(b, g)
	if err != nil {
		t.Fatal(err)
	}

	var net, got layers
	for l := range m.Params.H {
		net = append(net, layer{W: m.Params.H[l].W, b: m.Params.H[l].B})
		got = append(got, layer{dW: g.H[l].W, db: g.H[l].B})
	}
	net = append(net, layer{W: m.Params.Z.W, b: m.Params.Z.B})
	got = append(got, layer{dW: g.Z.W, db: g.Z.B})
	want := 0.0
	for l := range net {
		c := &net[l]
		c.dW, c.db = make([]float64, len(c.W)), make([]float64, len(c.b))
		accumulate(c.dW, lambda, c.W)
		want += lambda / 2 * square(c.W)
	}
	for i, y := range b.Y {
		want += net.compute(b.X[i*width:][:width], int(y), 1.0/n) / n
	}

	near(t, "E_R", []float64{loss.Loss}, []float64{want})
	for l := range net {
		near(t, fmt.Sprintf("dW⁽%d⁾", l), got[l].dW, net[l].dW)
		near(t, fmt.Sprintf("db⁽%d⁾", l), got[l].db, net[l].db)
	}
}
