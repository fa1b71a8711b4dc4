package main

import (
	"github.com/bpgen/bpgen/bench/gen/scalars"
	"github.com/bpgen/bpgen/bench/task"
)

// ownPoints computes a value and its gradient at each of many points.
type ownPoints struct {
	s       task.Spec
	in, out []float64
}

// Through these the functions are called, not copied into the loop.
var (
	callCircuit = scalars.CircuitGrad
	callNeuron  = scalars.NeuronGrad
)

func (p *ownPoints) Reset() {}

func (p *ownPoints) Run(n int) error {
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
				out[0], out[1], out[2], out[3] = scalars.CircuitGrad(in[0], in[1], in[2])
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
				f, dw, dx := scalars.NeuronGrad((*[3]float64)(in), (*[2]float64)(in[3:]))
				out[0], out[1], out[2], out[3], out[4], out[5] = f, dw[0], dw[1], dw[2], dx[0], dx[1]
				in, out = in[5:], out[6:]
			}
		}
	}
	return nil
}

func (p *ownPoints) Result() ([]float64, error) { return p.out, nil }
