package main

import "github.com/bpgen/bpgen/generated/gradbench/ode"

type odeInput struct {
	X []float64 `json:"x"`
	S int       `json:"s"`
}

func odePrimal(in odeInput) (computation, error) {
	w, a := ode.NewPrimalWork(), ode.PrimalArgs{N: len(in.X), X: in.X, S: in.S}
	return numbers(func() ([]float64, error) {
		r, err := w.Value(a)
		return r.Y, err
	})
}

func odeGradient(in odeInput) (computation, error) {
	w, a := ode.NewGradientWork(), ode.GradientArgs{N: len(in.X), X: in.X, S: in.S}
	return numbers(func() ([]float64, error) {
		r, err := w.Value(a)
		return r.Value, err
	})
}
