// Command gaussian draws a function, sees it at some places through noise, and
// says what it is between them by a Gaussian process whose kernel it learns.
package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/bpgen/bpgen/generated/gaussian"
)

//go:generate go tool bpgen gen -plain -o ../../generated/gaussian gaussian.bp

func main() {
	if _, err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gaussian:", err)
		os.Exit(1)
	}
}

// truth is the function that is looked for.
func truth(x float64) float64 { return math.Sin(x) + 0.3*math.Sin(3*x) }

// fit goes down the gradient of the evidence in so many steps of a length, and
// returns the evidence before each.
func fit(a *gaussian.EvidenceArgs, steps int, rate float64) (evidence []float64, err error) {
	w := gaussian.NewEvidenceWork()
	for range steps {
		f, g, err := w.Grad(*a)
		if err != nil {
			return nil, err
		}
		evidence = append(evidence, f)
		for i := range a.Theta {
			a.Theta[i] -= rate * g.Theta[i]
		}
	}
	return evidence, nil
}

// run learns, and returns how many deviations the truth is away from the mean that
// is predicted, at most.
func run(out io.Writer) (float64, error) {
	const n, m, noise = 40, 25, 0.1
	random := rand.New(rand.NewPCG(2, 0))
	a := gaussian.EvidenceArgs{N: n, D: 1, Theta: []float64{0, 0, -2}}
	for range n {
		x := 6 * random.Float64()
		a.X, a.Y = append(a.X, x), append(a.Y, truth(x)+noise*random.NormFloat64())
	}
	evidence, err := fit(&a, 300, 0.02)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "-log evidence from %.2f to %.2f: deviation %.2f, length %.2f, noise %.3f (it is %.3f)\n\n",
		evidence[0], evidence[len(evidence)-1], math.Exp(a.Theta[0]/2), math.Exp(a.Theta[1]), math.Exp(a.Theta[2]/2), noise)

	p := gaussian.PredictArgs{N: n, D: 1, M: m, Theta: a.Theta, X: a.X, Y: a.Y}
	for i := range m {
		p.Z = append(p.Z, 6*float64(i)/(m-1))
	}
	got, err := gaussian.NewPredictWork().Value(p)
	if err != nil {
		return 0, err
	}
	most := 0.0
	for i, z := range p.Z {
		dev := math.Sqrt(got.Variance[i])
		most = max(most, math.Abs(got.Center[i]-truth(z))/dev)
		fmt.Fprintf(out, "%4.2f %6.2f ± %.2f |%s\n", z, got.Center[i], dev, plot(truth(z), got.Center[i], dev))
	}
	return most, nil
}

// plot draws where the truth is and what is predicted, two deviations on either side.
func plot(truth, center, dev float64) string {
	const width = 60
	at := func(y float64) int { return min(max(int((y+1.5)/3*width), 0), width-1) }
	row := []byte(strings.Repeat(" ", width))
	for i := at(center - 2*dev); i <= at(center+2*dev); i++ {
		row[i] = '-'
	}
	row[at(truth)] = '*'
	return strings.TrimRight(string(row), " ")
}
