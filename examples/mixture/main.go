// Command mixture fits a mixture of three Gaussians to points drawn from one.
package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"

	"github.com/bpgen/bpgen/generated/mixture"
)

//go:generate go tool bpgen gen -plain -o ../../generated/mixture mixture.bp

func main() {
	if _, _, err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mixture:", err)
		os.Exit(1)
	}
}

// truth are the parts that points are drawn from: weight, mean, and the lower
// triangle of a root of the covariance matrix.
var truth = []struct {
	weight  float64
	mean    [2]float64
	a, b, c float64 // x = mean + (a·e₀, b·e₀ + c·e₁)
}{
	{0.5, [2]float64{-2, 0}, 1, 0.8, 0.3},
	{0.3, [2]float64{2, 1}, 0.3, 0, 1},
	{0.2, [2]float64{1, -3}, 0.7, -0.5, 0.4},
}

// draw returns points, the part that each comes from, and the mean of the
// logarithm of their density.
func draw(n int) (b mixture.MixtureBatch, from []int, density float64) {
	random := rand.New(rand.NewPCG(3, 0))
	b.N = n
	for range n {
		p, k := random.Float64(), 0
		for ; k < len(truth)-1 && p > truth[k].weight; k++ {
			p -= truth[k].weight
		}
		g, e0, e1 := truth[k], random.NormFloat64(), random.NormFloat64()
		x, y := g.mean[0]+g.a*e0, g.mean[1]+g.b*e0+g.c*e1
		b.X = append(b.X, float32(x), float32(y))
		from = append(from, k)
		sum := 0.0
		for _, t := range truth {
			u := (x - t.mean[0]) / t.a
			v := (y - t.mean[1] - t.b*u) / t.c
			sum += t.weight * math.Exp(-(u*u+v*v)/2) / (2 * math.Pi * t.a * t.c)
		}
		density += math.Log(sum) / float64(n)
	}
	return b, from, density
}

// run fits a mixture and returns the mean of the logarithm of the density of the
// points, by the fit and by the truth.
func run(out io.Writer) (fitted, drawn float64, err error) {
	points, from, density := draw(600)
	m, err := mixture.NewMixture(5)
	if err != nil {
		return 0, 0, err
	}
	t := m.NewTrainer()
	for range 400 {
		if _, err := t.Step(points); err != nil {
			return 0, 0, err
		}
	}
	loss, err := t.Work().Loss(points)
	if err != nil {
		return 0, 0, err
	}
	fitted = -float64(loss.Loss)
	got, err := t.Work().Forward(points)
	if err != nil {
		return 0, 0, err
	}
	fmt.Fprintf(out, "The logarithm of the points' density is %.3f by the fit and %.3f by the truth.\n", fitted, density)
	const parts = 3
	var count [parts][parts]int // of points that come from one part and are taken to come from another
	for i, k := range from {
		likeliest := 0
		for c, p := range got.Part[i*parts:][:parts] {
			if p > got.Part[i*parts+likeliest] {
				likeliest = c
			}
		}
		count[k][likeliest]++
	}
	for k, row := range count {
		fmt.Fprintf(out, "Points of part %d are put into parts of the fit: %v\n", k, row)
	}
	return fitted, density, nil
}
