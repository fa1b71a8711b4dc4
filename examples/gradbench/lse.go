package main

import "github.com/bpgen/bpgen/generated/gradbench/lse"

type lseInput struct {
	X []float64 `json:"x"`
}

func (in lseInput) args() lse.LSEArgs { return lse.LSEArgs{N: len(in.X), X: in.X} }

func lsePrimal(in lseInput) (computation, error) {
	w, a := lse.NewLSEWork(), in.args()
	return number(func() (float64, error) { return w.Value(a) })
}

func lseGradient(in lseInput) (computation, error) {
	w, a := lse.NewLSEWork(), in.args()
	return numbers(func() ([]float64, error) {
		_, g, err := w.Grad(a)
		return g.X, err
	})
}
