package main

import (
	"encoding/json"
	"io"
	"math"
	"os"
	"testing"

	"github.com/bpgen/bpgen/generated/gaussian"
)

func TestRun(t *testing.T) {
	most, err := run(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if most > 3 {
		t.Errorf("the truth is %.1f deviations away from what is predicted, want at most 3", most)
	}
}

// TestGolden holds the evidence, its gradient, a hundred steps down it, and what
// is predicted then against JAX's.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile("../../testdata/golden/gaussian.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			N, D, M                    int
			Theta, X, Y, Z             []float64
			Evidence                   float64
			Gradient, Center, Variance []float64
			Rate                       float64
			Steps, Final               []float64
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil || len(golden.Cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, c := range golden.Cases {
		a := gaussian.EvidenceArgs{N: c.N, D: c.D, Theta: c.Theta, X: c.X, Y: c.Y}
		predict := func(what string, center, variance []float64) {
			got, err := gaussian.NewPredictWork().Value(gaussian.PredictArgs{N: c.N, D: c.D, M: c.M, Theta: a.Theta, X: c.X, Y: c.Y, Z: c.Z})
			if err != nil {
				t.Fatal(err)
			}
			near(t, what+" mean", got.Center, center, 1e-9)
			near(t, what+" variance", got.Variance, variance, 1e-8)
		}
		f, g, err := gaussian.NewEvidenceWork().Grad(a)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "evidence", []float64{f}, []float64{c.Evidence}, 1e-10)
		near(t, "gradient", g.Theta, c.Gradient, 1e-9)
		predict("first", c.Center, c.Variance)
		steps, err := fit(&a, len(c.Steps), c.Rate)
		if err != nil {
			t.Fatal(err)
		}
		if len(steps) != 100 {
			t.Errorf("%d steps, want 100", len(steps))
		}
		near(t, "steps", steps, c.Steps, 1e-8)
		near(t, "final theta", a.Theta, c.Final, 1e-8)
	}
}

// near holds got against want, relative to the greatest element.
func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	size := 0.0
	for _, v := range want {
		size = max(size, math.Abs(v))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*size) {
			t.Errorf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}
