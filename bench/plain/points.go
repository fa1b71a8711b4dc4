package plain

import (
	"math"

	"github.com/bpgen/bpgen/bench/task"
)

// points computes a value and its gradient at each of many points.
type points struct {
	s       task.Spec
	in, out []float64
}

func circuit(x, y, z float64) (f, dx, dy, dz float64) {
	q := x + y
	return q * z, z, z, q
}

func neuron(w *[3]float64, x *[2]float64) (f float64, dw [3]float64, dx [2]float64) {
	f = 1 / (1 + math.Exp(-(w[0]*x[0] + w[1]*x[1] + w[2])))
	d := f * (1 - f)
	return f, [3]float64{d * x[0], d * x[1], d}, [2]float64{d * w[0], d * w[1]}
}

// Through these the functions are called, not copied into the loop.
var (
	callCircuit = circuit
	callNeuron  = neuron
)

func (p *points) Reset() {}

func (p *points) Run(n int) error {
	for range n {
		in, out := p.in, p.out
		switch p.s.Kind {
		case "circuit":
			for len(in) >= 3 && len(out) >= 4 {
				out[0], out[1], out[2], out[3] = callCircuit(in[0], in[1], in[2])
				in, out = in[3:], out[4:]
			}
		case "circuits":
			for len(in) >= 3 && len(out) >= 4 {
				out[0], out[1], out[2], out[3] = circuit(in[0], in[1], in[2])
				in, out = in[3:], out[4:]
			}
		case "neuron":
			for len(in) >= 5 && len(out) >= 6 {
				f, dw, dx := callNeuron((*[3]float64)(in), (*[2]float64)(in[3:]))
				out[0], out[1], out[2], out[3], out[4], out[5] = f, dw[0], dw[1], dw[2], dx[0], dx[1]
				in, out = in[5:], out[6:]
			}
		case "neurons":
			for len(in) >= 5 && len(out) >= 6 {
				f, dw, dx := neuron((*[3]float64)(in), (*[2]float64)(in[3:]))
				out[0], out[1], out[2], out[3], out[4], out[5] = f, dw[0], dw[1], dw[2], dx[0], dx[1]
				in, out = in[5:], out[6:]
			}
		}
	}
	return nil
}

func (p *points) Result() ([]float64, error) { return p.out, nil }
