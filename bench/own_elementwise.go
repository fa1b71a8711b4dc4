package main

import (
	"github.com/bpgen/bpgen/bench/gen/elementwise"
	"github.com/bpgen/bpgen/bench/task"
)

// ownVector applies a function to each element.
type ownVector struct {
	value func() ([]float32, error)
	y     []float32
}

func openVector(s task.Spec, d *task.Data) (task.Runner, error) {
	v := &ownVector{}
	n, x := len(d.X), d.X
	switch s.Kind {
	case "exp":
		w, a := elementwise.NewExpWork(), elementwise.ExpArgs{N: n, X: x}
		v.value = func() ([]float32, error) { r, err := w.Value(a); return r.Value, err }
	case "sigmoid":
		w, a := elementwise.NewSigmoidWork(), elementwise.SigmoidArgs{N: n, X: x}
		v.value = func() ([]float32, error) { r, err := w.Value(a); return r.Value, err }
	case "tanh":
		w, a := elementwise.NewTanhWork(), elementwise.TanhArgs{N: n, X: x}
		v.value = func() ([]float32, error) { r, err := w.Value(a); return r.Value, err }
	case "log":
		w, a := elementwise.NewLogWork(), elementwise.LogArgs{N: n, X: x}
		v.value = func() ([]float32, error) { r, err := w.Value(a); return r.Value, err }
	case "softmax":
		w, a := elementwise.NewSoftmaxWork(), elementwise.SoftmaxArgs{N: n, X: x}
		v.value = func() ([]float32, error) { r, err := w.Value(a); return r.Value, err }
	default:
		return nil, task.ErrNone
	}
	return v, nil
}

func (v *ownVector) Reset() {}

func (v *ownVector) Run(n int) (err error) {
	for range n {
		if v.y, err = v.value(); err != nil {
			return err
		}
	}
	return nil
}

func (v *ownVector) Result() ([]float64, error) { return task.Widen(nil, v.y...), nil }
