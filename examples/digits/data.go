package main

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"

	"github.com/bpgen/bpgen/generated/digits"
)

const (
	side   = 8 // an image has side×side grey values
	pixels = side * side
	white  = 16 // the greatest of them
	kinds  = 10
)

// Handwritten digits by E. Alpaydin and C. Kaynak (CC BY 4.0); see data/LICENSE.
//
//go:embed data/digits.csv.gz
var file []byte

// images are images and what they show, as a batch of the model has them.
type images struct{ digits.DigitsBatch }

// image returns the grey values of one image, and what it shows.
func (x *images) image(i int) ([]float32, int) {
	return x.Image[i*pixels:][:pixels], int(x.Y[i])
}

// add appends an image.
func (x *images) add(grey []float32, y int) {
	x.N++
	x.Image = append(x.Image, grey...)
	x.Y = append(x.Y, int32(y))
}

// pick returns the images at the places of order.
func (x *images) pick(order []int) *images {
	var picked images
	for _, i := range order {
		picked.add(x.image(i))
	}
	return &picked
}

// from returns at most n images from the i-th on. They share memory with x.
func (x *images) from(i, n int) digits.DigitsBatch {
	n = min(n, x.N-i)
	return digits.DigitsBatch{N: n, Image: x.Image[i*pixels:][:n*pixels], Y: x.Y[i:][:n]}
}

// split returns four fifths to learn from and one to be tested with, always the
// same, so that runs with different seeds can be compared.
func (x *images) split() (train, held *images) {
	order := rand.New(rand.NewPCG(1797, 0)).Perm(x.N)
	n := x.N * 4 / 5
	return x.pick(order[:n]), x.pick(order[n:])
}

// load reads the embedded images.
func load() (*images, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return read(z)
}

// read reads images, one to a line: the grey values row by row, then the digit.
func read(r io.Reader) (*images, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = pixels + 1
	lines.ReuseRecord = true
	var all images
	grey := make([]float32, pixels)
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return &all, nil
		}
		if err != nil {
			return nil, err
		}
		y := 0
		for i, field := range line {
			most := white
			if i == pixels {
				most = kinds - 1
			}
			v, err := strconv.Atoi(field)
			if err != nil || v < 0 || v > most {
				row, column := lines.FieldPos(i)
				return nil, fmt.Errorf("line %d, column %d: %q is not a whole number from 0 to %d", row, column, field, most)
			}
			if i == pixels {
				y = v
			} else {
				grey[i] = float32(v)
			}
		}
		all.add(grey, y)
	}
}
