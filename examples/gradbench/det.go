package main

import "github.com/bpgen/bpgen/generated/gradbench/det"

type detInput struct {
	A   []float64 `json:"A"`
	Ell int       `json:"ell"`
}

func (in detInput) args() det.DetArgs { return det.DetArgs{N: in.Ell, A: in.A} }

func detPrimal(in detInput) (computation, error) {
	w, a := det.NewDetWork(), in.args()
	return number(func() (float64, error) { return w.Value(a) })
}

func detGradient(in detInput) (computation, error) {
	w, a := det.NewDetWork(), in.args()
	return numbers(func() ([]float64, error) {
		_, g, err := w.Grad(a)
		return g.A, err
	})
}
