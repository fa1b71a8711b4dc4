package main

import (
	"fmt"

	"github.com/bpgen/bpgen/generated/gradbench/ht"
)

// htInput is a hand and the points it is to be fitted to. Without us each point
// is matched with a vertex, with them with a place in a triangle.
type htInput struct {
	Theta []float64   `json:"theta"`
	Us    [][]float64 `json:"us,omitempty"`
	Data  struct {
		Correspondences []int32     `json:"correspondences"`
		Points          [][]float64 `json:"points"`
		Model           struct {
			Parents       []int32       `json:"parents"`
			Relatives     [][][]float64 `json:"base_relatives"`
			Inverses      [][][]float64 `json:"inverse_base_absolutes"`
			BasePositions [][]float64   `json:"base_positions"`
			Weights       [][]float64   `json:"weights"`
			Triangles     [][]int32     `json:"triangles"`
			Mirrored      bool          `json:"is_mirrored"`
		} `json:"model"`
	} `json:"data"`
}

const bones = 22

func (in htInput) args() (a ht.ComplicatedArgs, err error) {
	d, m := in.Data, in.Data.Model
	a = ht.ComplicatedArgs{
		N: len(d.Points), V: len(m.BasePositions), T: len(m.Triangles),
		Theta: in.Theta, Parent: m.Parents, Mirrored: m.Mirrored, Corr: d.Correspondences,
	}
	for b, p := range m.Parents {
		if p < -1 || int(p) >= b {
			return a, fmt.Errorf("parents[%d] is %d, want a bone before it, or -1", b, p)
		}
	}
	for i, t := range m.Triangles {
		if len(t) != 3 {
			return a, fmt.Errorf("triangles[%d] has %d corners", i, len(t))
		}
		a.Tri = append(a.Tri, t...)
	}
	for _, t := range []struct {
		name string
		rows [][]float64
		n    int
		to   *[]float64
	}{
		{"us", in.Us, 2, &a.Us},
		{"points", d.Points, 3, &a.Points},
		{"base_positions", m.BasePositions, 4, &a.Base},
		{"weights", m.Weights, bones, &a.Weight},
	} {
		if *t.to, err = flat(t.name, t.rows, t.n); err != nil {
			return a, err
		}
	}
	for _, t := range []struct {
		name     string
		matrices [][][]float64
		to       *[]float64
	}{
		{"base_relatives", m.Relatives, &a.Rel},
		{"inverse_base_absolutes", m.Inverses, &a.Inv},
	} {
		for b, rows := range t.matrices {
			if len(rows) != 4 {
				return a, fmt.Errorf("%s[%d] has %d rows, want 4", t.name, b, len(rows))
			}
			r, err := flat(fmt.Sprintf("%s[%d]", t.name, b), rows, 4)
			if err != nil {
				return a, err
			}
			*t.to = append(*t.to, r...)
		}
	}
	return a, nil
}

// simple is the same hand with points matched with vertices.
func simple(a ht.ComplicatedArgs) ht.SimpleArgs {
	return ht.SimpleArgs{
		V: a.V, N: a.N, Theta: a.Theta, Parent: a.Parent, Rel: a.Rel, Inv: a.Inv, Base: a.Base,
		Weight: a.Weight, Mirrored: a.Mirrored, Corr: a.Corr, Points: a.Points,
	}
}

func htObjective(in htInput) (computation, error) {
	c, err := in.args()
	if err != nil {
		return computation{}, err
	}
	if len(in.Us) > 0 {
		w := ht.NewComplicatedWork()
		return numbers(func() ([]float64, error) {
			r, err := w.Value(c)
			return r.E, err
		})
	}
	w, a := ht.NewSimpleWork(), simple(c)
	return numbers(func() ([]float64, error) {
		r, err := w.Value(a)
		return r.Value, err
	})
}

func htJacobian(in htInput) (computation, error) {
	c, err := in.args()
	if err != nil {
		return computation{}, err
	}
	if len(in.Us) > 0 {
		w, a := ht.NewComplicatedJacobianWork(), ht.ComplicatedJacobianArgs(c)
		return matrix(3*a.N, 28, func() ([]float64, error) {
			r, err := w.Value(a)
			return r.J, err
		})
	}
	w, a := ht.NewSimpleWork(), simple(c)
	return matrix(3*a.N, 26, func() ([]float64, error) {
		_, j, err := w.Jacobian(a)
		return j.Theta, err
	})
}
