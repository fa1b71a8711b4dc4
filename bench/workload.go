package main

import (
	"fmt"

	"github.com/bpgen/bpgen/bench/task"
)

// A workload is a task under a name, with what is known about it.
type workload struct {
	name   string
	spec   task.Spec
	calls  int     // of what the time is stated for, in one run of the task
	flops  float64 // additions and multiplications of matrices
	bytes  float64 // that must be read or written
	checks int     // runs before results are compared
	agree  func(s task.Spec, d *task.Data, got, want []float64) error
}

// workloads are all that there are, in the order of the table.
func workloads() []workload {
	var ws []workload
	ws = append(ws, scalarWorkloads()...)
	ws = append(ws, netWorkloads()...)
	ws = append(ws, layerWorkloads()...)
	ws = append(ws, elementwiseWorkloads()...)
	return append(ws, adamWorkload())
}

// points is how many points a circuit or neuron is computed at. They fit into a
// first-level cache.
const points = 256

// scalarWorkloads are functions of a few numbers. The time is that of one
// value with its gradient. Of circuit and neuron every function is called
// through a pointer; of circuits and neurons a compiler may do with the loop
// over the points what it likes.
func scalarWorkloads() []workload {
	var ws []workload
	for _, kind := range []string{"circuit", "circuits", "neuron", "neurons"} {
		ws = append(ws, workload{
			name: kind, spec: task.Spec{Kind: kind, N: points}, calls: points, checks: 1,
			agree: each(1e-12, 1e-3),
		})
	}
	return ws
}

// elementwiseWorkloads are functions of a vector of 100 000. The time is that
// of the whole vector.
func elementwiseWorkloads() []workload {
	var ws []workload
	for _, kind := range []string{"exp", "sigmoid", "tanh", "log", "softmax"} {
		agree := each(1e-5, 1e-2)
		if kind == "softmax" {
			agree = each(1e-3, 0) // a sum of 100 000, in whatever order
		}
		ws = append(ws, workload{
			name: kind, spec: task.Spec{Kind: kind, N: 100_000}, calls: 1, checks: 1, agree: agree,
		})
	}
	return ws
}

// adamWorkload updates ten million parameters.
func adamWorkload() workload {
	const n = 10_000_000
	return workload{
		name: "adam", spec: task.Spec{Kind: "adam", N: n}, calls: 1, checks: 3,
		bytes: 7 * 4 * n, // w, m and v read and written, the gradient read
		agree: agreeAdam,
	}
}

// layerWorkloads are steps of a net of two filters and two pools, of an LSTM
// over 32 rows of 64 with 128 states, and of a transformer's block over 64 rows
// of 128 with 4 heads.
func layerWorkloads() []workload {
	const (
		// Multiplications of one example, forward.
		conv  = 28*28*8*9 + 14*14*16*8*9 + 784*10
		lstm  = 32*512*(64+128) + 128*10
		block = 64*128*(4*128+2*512) + 2*64*64*128 + 128*10
		// What the gradient by the input would take is not computed.
		convInput, lstmInput = 28 * 28 * 8 * 9, 32 * 512 * 64
	)
	step := func(name, kind string, batch, forward, inputs int) workload {
		return workload{
			name: name, spec: task.Spec{Kind: kind, N: batch}, calls: 1, checks: 1,
			flops: 2 * float64(batch*(3*forward-inputs)), agree: agreeStep,
		}
	}
	return []workload{
		step("step conv 28x28 8-16 batch 32", "conv", 32, conv, convInput),
		step("step lstm 128 rows 32 batch 16", "lstm", 16, lstm, lstmInput),
		step("step block 128 rows 64 batch 4", "block", 4, block, 0),
	}
}

// netWorkloads are a step, the forward pass of a step's batch, and that of one
// example.
func netWorkloads() []workload {
	var ws []workload
	for _, s := range []task.Spec{
		{Act: "sigmoid", Loss: "bce", Batch: 1, Sizes: []int{250, 100, 1}},
		{Act: "relu", Loss: "xent", Batch: 32, Sizes: []int{64, 128, 10}},
		{Act: "relu", Loss: "xent", Batch: 128, Sizes: []int{784, 512, 512, 10}},
		{Act: "relu", Loss: "xent", Batch: 512, Sizes: []int{784, 2048, 2048, 10}},
	} {
		s.Kind = "step"
		ws = append(ws, netWorkload(s))
		s.Kind = "forward"
		ws = append(ws, netWorkload(s))
		if s.Batch > 1 {
			s.Batch = 1
			ws = append(ws, netWorkload(s))
		}
	}
	return ws
}

func netWorkload(s task.Spec) workload {
	name := s.Kind + " "
	for i, n := range s.Sizes {
		if i > 0 {
			name += "-"
		}
		name += fmt.Sprint(n)
	}
	w := workload{name: fmt.Sprint(name, " batch ", s.Batch), spec: s, calls: 1, checks: 1}
	w.agree = agreeForward
	if s.Kind == "step" {
		w.agree = agreeStep
	}
	for i := 1; i < len(s.Sizes); i++ {
		products := 1 // forward
		if s.Kind == "step" {
			products++ // the gradient by the weights
			if i > 1 {
				products++ // the gradient by what comes from below
			}
		}
		w.flops += 2 * float64(products*s.Batch*s.Sizes[i]*s.Sizes[i-1])
	}
	return w
}
