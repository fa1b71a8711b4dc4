// Package plain is what a Go programmer would write by hand, with care and
// without assembly.
package plain

import "github.com/bpgen/bpgen/bench/task"

// Open makes a task ready.
func Open(s task.Spec, d *task.Data) (task.Runner, error) {
	switch s.Kind {
	case "step", "forward":
		return newNet(s, d), nil
	case "adam":
		return newAdam(d), nil
	case "circuit", "circuits", "neuron", "neurons":
		return newPoints(s, d), nil
	case "conv", "lstm", "block":
		return nil, task.ErrNone
	default:
		return &vector{kind: s.Kind, x: d.X, y: make([]float32, len(d.X))}, nil
	}
}
