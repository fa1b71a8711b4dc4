package main

import (
	"fmt"

	"github.com/bpgen/bpgen/generated/gradbench/lstm"
)

type lstmInput struct {
	Main     [][]float64 `json:"main_params"`
	Extra    [][]float64 `json:"extra_params"`
	State    [][]float64 `json:"state"`
	Sequence [][]float64 `json:"sequence"`
}

func (in lstmInput) args() (a lstm.LSTMArgs, err error) {
	if len(in.Main) == 0 || len(in.Main)%2 != 0 {
		return a, fmt.Errorf("main_params has %d rows, want two for each layer", len(in.Main))
	}
	a.L = len(in.Main) / 2
	a.B = len(in.Main[0]) / 4
	a.C = len(in.Sequence)
	if a.C < 2 {
		return a, fmt.Errorf("sequence has %d rows, want at least 2", a.C)
	}
	for _, t := range []struct {
		name string
		rows [][]float64
		n    int
		to   *[]float64
	}{
		{"main_params", in.Main, 4 * a.B, &a.Weights},
		{"extra_params", in.Extra, a.B, &a.Extra},
		{"state", in.State, a.B, &a.Start},
		{"sequence", in.Sequence, a.B, &a.Seq},
	} {
		if *t.to, err = flat(t.name, t.rows, t.n); err != nil {
			return a, err
		}
	}
	return a, nil
}

func lstmObjective(in lstmInput) (computation, error) {
	a, err := in.args()
	if err != nil {
		return computation{}, err
	}
	w := lstm.NewLSTMWork()
	return number(func() (float64, error) { return w.Value(a) })
}

func lstmJacobian(in lstmInput) (computation, error) {
	a, err := in.args()
	if err != nil {
		return computation{}, err
	}
	w := lstm.NewLSTMWork()
	var g lstm.LSTMGrads
	return computation{
		run:    func() (err error) { _, g, err = w.Grad(a); return },
		output: func() any { return append(append([]float64{}, g.Weights...), g.Extra...) },
	}, nil
}
