// Command logistic learns by logistic regression whether a handwritten digit is
// odd, from the grey values of its pixels.
package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/bpgen/bpgen/examples/digits/data"
	"github.com/bpgen/bpgen/generated/logistic"
)

//go:generate go tool bpgen gen -plain -o ../../generated/logistic logistic.bp

func main() {
	if _, err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "logistic:", err)
		os.Exit(1)
	}
}

// run learns and returns the accuracy on images held out.
func run(out io.Writer) (float32, error) {
	all, err := data.Load()
	if err != nil {
		return 0, err
	}
	train, held := all.Split()
	m, err := logistic.NewLogistic(1)
	if err != nil {
		return 0, err
	}
	t := m.NewTrainer()
	random := rand.New(rand.NewPCG(1, 0))
	const epochs, size = 30, 16
	for range epochs {
		x := train.Pick(random.Perm(train.N))
		for i := 0; i < x.N; i += size {
			if _, err := t.Step(batch(x.Part(i, size))); err != nil {
				return 0, err
			}
		}
	}
	seen, err := t.Work().Loss(batch(train))
	if err != nil {
		return 0, err
	}
	new, err := t.Work().Loss(batch(held))
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "Odd or even? Right for %.1f %% of the %d digits learned from, %.1f %% of %d others.\n",
		100*seen.Accuracy, train.N, 100*new.Accuracy, held.N)
	return new.Accuracy, nil
}

// batch is images as the model has them: grey values from -1 to 1, and 1 for
// what is odd.
func batch(x *data.Images) logistic.LogisticBatch {
	b := logistic.LogisticBatch{N: x.N}
	for _, v := range x.Grey {
		b.X = append(b.X, 2*v/data.White-1)
	}
	for _, y := range x.Digit {
		b.Y = append(b.Y, float32(y%2))
	}
	return b
}
