package main

import (
	"fmt"

	"github.com/bpgen/bpgen/generated/gradbench/particle"
	"github.com/bpgen/bpgen/generated/gradbench/saddle"
)

// modes are the functions of a program that descends by derivatives of
// derivatives: f for forward and r for reverse mode, of the outer one first.
func modes[In any](prepare func(mode string) func(In) (computation, error)) map[string]function {
	functions := map[string]function{}
	for _, mode := range []string{"ff", "fr", "rf", "rr"} {
		functions[mode] = of(prepare(mode))
	}
	return functions
}

type saddleInput struct {
	Start []float64 `json:"start"`
}

var saddles = map[string]func(start *[2]float64, optimum *[4]float64){
	"ff": saddle.SaddleFF, "fr": saddle.SaddleFR, "rf": saddle.SaddleRF, "rr": saddle.SaddleRR,
}

func saddlePoint(mode string) func(saddleInput) (computation, error) {
	return func(in saddleInput) (computation, error) {
		if len(in.Start) != 2 {
			return computation{}, fmt.Errorf("start has %d numbers, want 2", len(in.Start))
		}
		start, f := [2]float64(in.Start), saddles[mode]
		return numbers(func() ([]float64, error) {
			var p [4]float64
			f(&start, &p)
			return p[:], nil
		})
	}
}

type particleInput struct {
	W float64 `json:"w"`
}

var particles = map[string]func(float64) float64{
	"ff": particle.ParticleFF, "fr": particle.ParticleFR, "rf": particle.ParticleRF, "rr": particle.ParticleRR,
}

func particlePath(mode string) func(particleInput) (computation, error) {
	return func(in particleInput) (computation, error) {
		f := particles[mode]
		return number(func() (float64, error) { return f(in.W), nil })
	}
}
