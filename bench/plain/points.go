package plain

import (
	"math"

	"github.com/bpgen/bpgen/bench/task"
)

func circuit(x, y, z float64) (f, dx, dy, dz float64) {
	q := x + y
	return q * z, z, z, q
}

func neuron(w *[3]float64, x *[2]float64, dw *[3]float64, dx *[2]float64) float64 {
	f := 1 / (1 + math.Exp(-(w[0]*x[0] + w[1]*x[1] + w[2])))
	d := f * (1 - f)
	*dw = [3]float64{d * x[0], d * x[1], d}
	*dx = [2]float64{d * w[0], d * w[1]}
	return f
}

// newPoints is for a value and its gradient at each of many points.
func newPoints(s task.Spec, d *task.Data) task.Runner {
	switch s.Kind {
	case "circuit", "circuits":
		return &circuits{s.Kind == "circuit", task.Circuits(d.Points), make([]task.CircuitGrad, s.N)}
	default:
		return &neurons{s.Kind == "neuron", task.Neurons(d.Points), make([]task.NeuronGrad, s.N)}
	}
}

// circuits computes circuits.
type circuits struct {
	called bool
	in     []task.Circuit
	out    []task.CircuitGrad
}

func (p *circuits) Reset() {}

func (p *circuits) Run(n int) error {
	for range n {
		if p.called {
			callCircuits(p.in, p.out)
			continue
		}
		out := p.out[:len(p.in)]
		for i := range p.in {
			x, y := &p.in[i], &out[i]
			y[0], y[1], y[2], y[3] = circuit(x[0], x[1], x[2])
		}
	}
	return nil
}

func (p *circuits) Result() ([]float64, error) { return task.CircuitNumbers(p.out), nil }

// neurons computes neurons.
type neurons struct {
	called bool
	in     []task.Neuron
	out    []task.NeuronGrad
}

func (p *neurons) Reset() {}

func (p *neurons) Run(n int) error {
	for range n {
		if p.called {
			callNeurons(p.in, p.out)
			continue
		}
		out := p.out[:len(p.in)]
		for i := range p.in {
			x, y := &p.in[i], &out[i]
			y.F = neuron(&x.W, &x.X, &y.W, &y.X)
		}
	}
	return nil
}

func (p *neurons) Result() ([]float64, error) { return task.NeuronNumbers(p.out), nil }

// Through these the functions are called, not copied into a loop.
var (
	callCircuit = circuit
	callNeuron  = neuron
)

// callCircuits makes eight calls a time round. Go keeps nothing in registers
// over a call: with one, what is measured is how long the loop's counter takes
// through memory.
func callCircuits(in []task.Circuit, out []task.CircuitGrad) {
	for i := 0; i+8 <= len(in) && i+8 <= len(out); i += 8 {
		x, y := (*[8]task.Circuit)(in[i:]), (*[8]task.CircuitGrad)(out[i:])
		y[0][0], y[0][1], y[0][2], y[0][3] = callCircuit(x[0][0], x[0][1], x[0][2])
		y[1][0], y[1][1], y[1][2], y[1][3] = callCircuit(x[1][0], x[1][1], x[1][2])
		y[2][0], y[2][1], y[2][2], y[2][3] = callCircuit(x[2][0], x[2][1], x[2][2])
		y[3][0], y[3][1], y[3][2], y[3][3] = callCircuit(x[3][0], x[3][1], x[3][2])
		y[4][0], y[4][1], y[4][2], y[4][3] = callCircuit(x[4][0], x[4][1], x[4][2])
		y[5][0], y[5][1], y[5][2], y[5][3] = callCircuit(x[5][0], x[5][1], x[5][2])
		y[6][0], y[6][1], y[6][2], y[6][3] = callCircuit(x[6][0], x[6][1], x[6][2])
		y[7][0], y[7][1], y[7][2], y[7][3] = callCircuit(x[7][0], x[7][1], x[7][2])
	}
}

// callNeurons is the same for neurons.
func callNeurons(in []task.Neuron, out []task.NeuronGrad) {
	for i := 0; i+8 <= len(in) && i+8 <= len(out); i += 8 {
		x, y := (*[8]task.Neuron)(in[i:]), (*[8]task.NeuronGrad)(out[i:])
		y[0].F = callNeuron(&x[0].W, &x[0].X, &y[0].W, &y[0].X)
		y[1].F = callNeuron(&x[1].W, &x[1].X, &y[1].W, &y[1].X)
		y[2].F = callNeuron(&x[2].W, &x[2].X, &y[2].W, &y[2].X)
		y[3].F = callNeuron(&x[3].W, &x[3].X, &y[3].W, &y[3].X)
		y[4].F = callNeuron(&x[4].W, &x[4].X, &y[4].W, &y[4].X)
		y[5].F = callNeuron(&x[5].W, &x[5].X, &y[5].W, &y[5].X)
		y[6].F = callNeuron(&x[6].W, &x[6].X, &y[6].W, &y[6].X)
		y[7].F = callNeuron(&x[7].W, &x[7].X, &y[7].W, &y[7].X)
	}
}
