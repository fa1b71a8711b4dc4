package main

import (
	"github.com/bpgen/bpgen/bench/task"
)

// openOwn makes a task ready on the packages that bpgen has generated.
func openOwn(s task.Spec, d *task.Data) (task.Runner, error) {
	switch s.Kind {
	case "step", "forward":
		return openNet(s, d)
	case "conv", "lstm", "block":
		return openLayers(s, d)
	case "adam":
		return openAdam(s, d)
	case "circuit", "circuits", "neuron", "neurons":
		return openPoints(s, d)
	default:
		return openVector(s, d)
	}
}
