package main

import (
	"fmt"

	"github.com/bpgen/bpgen/generated/gradbench/gmm"
)

type gmmInput struct {
	D     int         `json:"d"`
	K     int         `json:"k"`
	N     int         `json:"n"`
	M     int         `json:"m"`
	Gamma float64     `json:"gamma"`
	X     [][]float64 `json:"x"`
	Alpha []float64   `json:"alpha"`
	Mu    [][]float64 `json:"mu"`
	Q     [][]float64 `json:"q"`
	L     [][]float64 `json:"l"`
}

func (in gmmInput) args() (gmm.GMMArgs, error) {
	a := gmm.GMMArgs{K: in.K, D: in.D, N: in.N, Alpha: in.Alpha, M: in.M, Gamma: in.Gamma}
	if in.D < 1 {
		return a, fmt.Errorf("d is %d, want at least 1", in.D)
	}
	var err error
	for _, t := range []struct {
		name string
		rows [][]float64
		n    int
		to   *[]float64
	}{
		{"x", in.X, in.D, &a.X},
		{"mu", in.Mu, in.D, &a.Mu},
		{"q", in.Q, in.D, &a.Q},
		{"l", in.L, in.D * (in.D - 1) / 2, &a.L},
	} {
		if *t.to, err = flat(t.name, t.rows, t.n); err != nil {
			return a, err
		}
	}
	return a, nil
}

func gmmObjective(in gmmInput) (computation, error) {
	a, err := in.args()
	if err != nil {
		return computation{}, err
	}
	w := gmm.NewGMMWork()
	return number(func() (float64, error) { return w.Value(a) })
}

func gmmJacobian(in gmmInput) (computation, error) {
	a, err := in.args()
	if err != nil {
		return computation{}, err
	}
	w := gmm.NewGMMWork()
	var g gmm.GMMGrads
	return computation{
		run: func() (err error) { _, g, err = w.Grad(a); return },
		output: func() any {
			return map[string]any{
				"alpha": list(g.Alpha),
				"mu":    rows(g.Mu, a.K, a.D),
				"q":     rows(g.Q, a.K, a.D),
				"l":     rows(g.L, a.K, a.D*(a.D-1)/2),
			}
		},
	}, nil
}
