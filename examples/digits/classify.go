package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/generated/digits"
)

// shown is how many images are printed.
const shown = 4

// classify shows how m reads the first images, and returns the part of all that
// it reads rightly.
func classify(m *digits.Digits, x *images, w io.Writer) (float64, error) {
	work := m.NewWork()

	fmt.Fprintln(w, "\nThe model read back from that file sees")
	var blocks [][]string
	for i := range min(shown, x.N) {
		grey, y := x.image(i)
		out, err := work.Infer(grey)
		if err != nil {
			return 0, err
		}
		read, p := likeliest(out.Output)
		blocks = append(blocks, append(ascii(grey),
			fmt.Sprintf("a %d (%.1f %%)", read, 100*p),
			fmt.Sprintf("and it is %d", y)))
	}
	for row := range side + 2 {
		for _, block := range blocks {
			fmt.Fprintf(w, "  %-*s", 2*side, block[row])
		}
		fmt.Fprintln(w)
	}

	out, err := work.Forward(x.DigitsBatch)
	if err != nil {
		return 0, err
	}
	right := 0
	for i, y := range x.Y {
		if read, _ := likeliest(out.Output[i*kinds:][:kinds]); read == int(y) {
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

// ascii returns the rows of an image, two characters a pixel, which is about a
// square.
func ascii(grey []float32) []string {
	const ink = " .:-=+*#%@"
	rows := make([]string, 0, side)
	for row := range slices.Chunk(grey, side) {
		var b strings.Builder
		for _, v := range row {
			c := ink[int(v)*(len(ink)-1)/white]
			b.Write([]byte{c, c})
		}
		rows = append(rows, b.String())
	}
	return rows
}
