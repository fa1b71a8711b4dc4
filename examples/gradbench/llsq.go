package main

import "github.com/bpgen/bpgen/generated/gradbench/llsq"

type llsqInput struct {
	X []float64 `json:"x"`
	N int       `json:"n"`
}

func (in llsqInput) args() llsq.LlsqArgs { return llsq.LlsqArgs{M: len(in.X), X: in.X, N: in.N} }

func llsqPrimal(in llsqInput) (computation, error) {
	w, a := llsq.NewLlsqWork(), in.args()
	return number(func() (float64, error) { return w.Value(a) })
}

func llsqGradient(in llsqInput) (computation, error) {
	w, a := llsq.NewLlsqWork(), in.args()
	return numbers(func() ([]float64, error) {
		_, g, err := w.Grad(a)
		return g.X, err
	})
}
