package main

import (
	"fmt"

	"github.com/bpgen/bpgen/generated/gradbench/kmeans"
)

type kmeansInput struct {
	Points    [][]float64 `json:"points"`
	Centroids [][]float64 `json:"centroids"`
}

// flat is the input as rows of d numbers.
func (in kmeansInput) flat() (points, centroids []float64, d int, err error) {
	if len(in.Centroids) == 0 {
		return nil, nil, 0, fmt.Errorf("there are no centroids")
	}
	d = len(in.Centroids[0])
	if points, err = flat("points", in.Points, d); err != nil {
		return nil, nil, 0, err
	}
	centroids, err = flat("centroids", in.Centroids, d)
	return points, centroids, d, err
}

func kmeansCost(in kmeansInput) (computation, error) {
	points, centroids, d, err := in.flat()
	if err != nil {
		return computation{}, err
	}
	w := kmeans.NewCostWork()
	a := kmeans.CostArgs{N: len(in.Points), D: d, K: len(in.Centroids), Points: points, Centroids: centroids}
	return number(func() (float64, error) { return w.Value(a) })
}

func kmeansDir(in kmeansInput) (computation, error) {
	points, centroids, d, err := in.flat()
	if err != nil {
		return computation{}, err
	}
	w := kmeans.NewDirWork()
	a := kmeans.DirArgs{N: len(in.Points), D: d, K: len(in.Centroids), Points: points, Centroids: centroids}
	return matrix(a.K, d, func() ([]float64, error) {
		r, err := w.Value(a)
		return r.Value, err
	})
}
