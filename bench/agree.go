package main

import (
	"fmt"
	"math"

	"github.com/bpgen/bpgen/bench/task"
)

// each wants every element within rel of what it should be, or of least if
// that is smaller.
func each(rel, least float64) func(task.Spec, *task.Data, []float64, []float64) error {
	return func(_ task.Spec, _ *task.Data, got, want []float64) error {
		for i, w := range want {
			if d := math.Abs(got[i] - w); !(d <= rel*max(math.Abs(w), least)) {
				return fmt.Errorf("element %d is %g, bpgen has %g", i, got[i], w)
			}
		}
		return nil
	}
}

// agreeForward wants the outputs within 1e-4 of their norm.
func agreeForward(_ task.Spec, _ *task.Data, got, want []float64) error {
	return near("the outputs", got, want, 1e-4, 0)
}

// agreeStep wants the loss within 1e-4, and what the step has changed, which
// is the gradient, within 1e-3 of its norm in each matrix and vector. Beside
// that the parameters themselves are rounded, once for each example where the
// examples' shares are added to them in place.
func agreeStep(s task.Spec, d *task.Data, got, want []float64) error {
	if !(math.Abs(got[0]-want[0]) <= 1e-4*math.Abs(want[0])) {
		return fmt.Errorf("the loss is %g, bpgen has %g", got[0], want[0])
	}
	rounding := math.Sqrt(1+float64(s.Examples())) / (1 << 24)
	at := 0
	for _, t := range s.Tensors() {
		n := t.Size()
		start := task.Widen(nil, d.W[at:][:n]...)
		g, w := minus(got[1+at:][:n], start), minus(want[1+at:][:n], start)
		if err := near("the change of "+t.Name, g, w, 1e-3, rounding*norm(start)); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// agreeAdam wants the change of the parameters and both moments, after three
// steps, within 1e-3 of their norms.
func agreeAdam(_ task.Spec, d *task.Data, got, want []float64) error {
	n := len(want) / 3
	start := task.Widen(nil, d.W[:n]...)
	if err := near("the change of the parameters", minus(got[:n], start), minus(want[:n], start), 1e-3, 0); err != nil {
		return err
	}
	if err := near("the first moment", got[n:2*n], want[n:2*n], 1e-3, 0); err != nil {
		return err
	}
	return near("the second moment", got[2*n:], want[2*n:], 1e-3, 0)
}

// near wants the norm of a difference below rel of the norm of want, plus abs.
func near(what string, got, want []float64, rel, abs float64) error {
	if d, most := norm(minus(got, want)), rel*norm(want)+abs; !(d <= most) {
		return fmt.Errorf("%s is %g away from bpgen's, allowed are %g", what, d, most)
	}
	return nil
}

func minus(a, b []float64) []float64 {
	c := make([]float64, len(a))
	for i := range a {
		c[i] = a[i] - b[i]
	}
	return c
}

func norm(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v * v
	}
	return math.Sqrt(s)
}
