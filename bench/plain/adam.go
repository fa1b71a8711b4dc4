package plain

import (
	"math"

	"github.com/bpgen/bpgen/bench/task"
)

// adam is Kingma and Ba's rule in one pass.
type adam struct {
	start, w, g, m, v []float32
	step              int
}

func newAdam(d *task.Data) *adam {
	n := len(d.W)
	return &adam{start: d.W, w: make([]float32, n), g: d.G, m: make([]float32, n), v: make([]float32, n)}
}

func (a *adam) Reset() {
	copy(a.w, a.start)
	clear(a.m)
	clear(a.v)
	a.step = 0
}

func (a *adam) Run(n int) error {
	const beta1, beta2, eps = 0.9, 0.999, 1e-8
	for range n {
		a.step++
		r1 := float32(task.AdamLR / (1 - math.Pow(beta1, float64(a.step))))
		r2 := float32(1 / math.Sqrt(1-math.Pow(beta2, float64(a.step))))
		w, m, v := a.w, a.m[:len(a.w)], a.v[:len(a.w)]
		for i, g := range a.g[:len(w)] {
			m1 := beta1*m[i] + (1-beta1)*g
			v1 := beta2*v[i] + (1-beta2)*g*g
			m[i], v[i] = m1, v1
			w[i] -= r1 * m1 / (float32(math.Sqrt(float64(v1)))*r2 + eps)
		}
	}
	return nil
}

func (a *adam) Result() ([]float64, error) {
	n := min(task.Shown, len(a.w))
	return task.Widen(task.Widen(task.Widen(nil, a.w[:n]...), a.m[:n]...), a.v[:n]...), nil
}
