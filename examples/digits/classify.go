package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/bpgen/bpgen/examples/digits/data"
	"github.com/bpgen/bpgen/generated/digits"
)

// shown is how many images are printed.
const shown = 4

// classify shows how m reads the first images, and returns the part of all that
// it reads rightly.
func classify(m *digits.Digits, x *data.Images, w io.Writer) (float64, error) {
	work := m.NewWork()

	fmt.Fprintln(w, "\nThe model read back from that file sees")
	var blocks [][]string
	for i := range min(shown, x.N) {
		grey, y := x.Image(i)
		out, err := work.Infer(grey)
		if err != nil {
			return 0, err
		}
		read, p := likeliest(out.Output)
		blocks = append(blocks, append(data.Text(grey),
			fmt.Sprintf("a %d (%.1f %%)", read, 100*p),
			fmt.Sprintf("and it is %d", y)))
	}
	for row := range data.Side + 2 {
		for _, block := range blocks {
			fmt.Fprintf(w, "  %-*s", 2*data.Side, block[row])
		}
		fmt.Fprintln(w)
	}

	out, err := work.Forward(batch(x))
	if err != nil {
		return 0, err
	}
	right := 0
	for i, y := range x.Digit {
		if read, _ := likeliest(out.Output[i*data.Kinds:][:data.Kinds]); read == int(y) {
			right++
		}
	}
	accuracy := float64(right) / float64(x.N)
	fmt.Fprintf(w, "\nOf the %d images held out it reads %d rightly: %.2f %%.\n", x.N, right, 100*accuracy)
	return accuracy, nil
}

// likeliest returns the digit with the greatest probability.
func likeliest(p []float32) (digit int, probability float32) {
	probability = slices.Max(p)
	return slices.Index(p, probability), probability
}
