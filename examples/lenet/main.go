// Command lenet teaches a small convolutional net to read handwritten digits.
package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/bpgen/bpgen/examples/digits/data"
	"github.com/bpgen/bpgen/generated/lenet"
)

//go:generate go tool bpgen gen -o ../../generated/lenet lenet.bp

func main() {
	if _, err := run(20, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "lenet:", err)
		os.Exit(1)
	}
}

// run learns for some epochs and returns the accuracy on images held out.
func run(epochs int, out io.Writer) (float32, error) {
	all, err := data.Load()
	if err != nil {
		return 0, err
	}
	train, held := all.Split()
	m, err := lenet.NewLeNet(1)
	if err != nil {
		return 0, err
	}
	t := m.NewTrainer()
	random := rand.New(rand.NewPCG(1, 0))
	const size = 32
	var accuracy float32
	for epoch := range epochs {
		x := train.Pick(random.Perm(train.N))
		for i := 0; i < x.N; i += size {
			if _, err := t.Step(batch(x.Part(i, size))); err != nil {
				return 0, err
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
		accuracy = new.Accuracy
		fmt.Fprintf(out, "epoch %2d: loss %.4f, right %.2f %%; of others %.4f, %.2f %%\n",
			epoch+1, seen.Loss, 100*seen.Accuracy, new.Loss, 100*new.Accuracy)
	}
	return accuracy, nil
}

// batch is images as the model has them.
func batch(x *data.Images) lenet.LeNetBatch {
	return lenet.LeNetBatch{N: x.N, Image: x.Grey, Y: x.Digit}
}
