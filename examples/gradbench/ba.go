package main

import (
	"fmt"

	"github.com/bpgen/bpgen/generated/gradbench/ba"
)

// baInput is one camera, point, weight and feature, which stand for n, m, p
// and p of them.
type baInput struct {
	N    int       `json:"n"`
	M    int       `json:"m"`
	P    int       `json:"p"`
	Cam  []float64 `json:"cam"`
	X    []float64 `json:"x"`
	W    float64   `json:"w"`
	Feat []float64 `json:"feat"`
}

// args repeats the input. Observation i is of point i mod m by camera i mod n.
func (in baInput) args() (a ba.ErrorsArgs, err error) {
	if in.N < 1 || in.M < 1 || in.P < 1 {
		return a, fmt.Errorf("n, m and p are %d, %d and %d, want at least 1", in.N, in.M, in.P)
	}
	for _, t := range []struct {
		name string
		have int
		want int
	}{{"cam", len(in.Cam), 11}, {"x", len(in.X), 3}, {"feat", len(in.Feat), 2}} {
		if t.have != t.want {
			return a, fmt.Errorf("%s has %d numbers, want %d", t.name, t.have, t.want)
		}
	}
	a = ba.ErrorsArgs{
		N: in.N, M: in.M, P: in.P,
		Cams: repeat(in.Cam, in.N),
		Pts:  repeat(in.X, in.M),
		W:    repeat([]float64{in.W}, in.P),
		Feat: repeat(in.Feat, in.P),
		Cam:  make([]int32, in.P),
		Pt:   make([]int32, in.P),
	}
	for i := range in.P {
		a.Cam[i] = int32(i % in.N)
		a.Pt[i] = int32(i % in.M)
	}
	return a, nil
}

func baObjective(in baInput) (computation, error) {
	a, err := in.args()
	if err != nil {
		return computation{}, err
	}
	w := ba.NewErrorsWork()
	var r ba.ErrorsResults
	return computation{
		run: func() (err error) { r, err = w.Value(a); return },
		output: func() any {
			return map[string]any{
				"reproj_error": map[string]any{"elements": r.E[2*a.P-2:], "repeated": a.P},
				"w_err":        map[string]any{"element": r.Value1[a.P-1], "repeated": a.P},
			}
		},
	}, nil
}

// baJacobian answers the first 30 entries and the last of the three arrays that
// a sparse matrix consists of.
func baJacobian(in baInput) (computation, error) {
	const each = 11 + 3 + 1 // entries in a row of an observation: its camera, point and weight
	if in.P < 10 {
		return computation{}, fmt.Errorf("p is %d, and the answer wants 30 rows or more", in.P)
	}
	e, err := in.args()
	if err != nil {
		return computation{}, err
	}
	w, a := ba.NewBlocksWork(), ba.BlocksArgs(e)
	var r ba.BlocksResults
	start := func(row int) int { return each*min(row, 2*a.P) + max(0, row-2*a.P) }
	column := func(k int) int { // of entry k in the rows of observation 0
		switch {
		case k < 11:
			return k
		case k < 14:
			return 11*a.N + k - 11
		}
		return 11*a.N + 3*a.M
	}
	return computation{
		run: func() (err error) { r, err = w.Value(a); return },
		output: func() any {
			var starts, columns []int
			for k := range 2 * each {
				starts = append(starts, start(k))
				columns = append(columns, column(k%each))
			}
			return map[string]any{
				"rows": append(starts, start(3*a.P)),
				"cols": append(columns, 11*a.N+3*a.M+a.P-1),
				"vals": append(append([]float64{}, r.J[:2*each]...), r.Value1[a.P-1]),
			}
		},
	}, nil
}
