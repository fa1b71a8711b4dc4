// Package data has the handwritten digits that several examples read.
package data

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
	"strings"
)

const (
	Side   = 8 // an image has Side×Side grey values
	Pixels = Side * Side
	White  = 16 // the greatest of them
	Kinds  = 10
)

// Handwritten digits by E. Alpaydin and C. Kaynak (CC BY 4.0); see LICENSE.
//
//go:embed digits.csv.gz
var file []byte

// Images are images and what they show.
type Images struct {
	N     int
	Grey  []float32 // Pixels of each, row by row
	Digit []int32
}

// Image returns the grey values of one image, and what it shows.
func (x *Images) Image(i int) ([]float32, int) {
	return x.Grey[i*Pixels:][:Pixels], int(x.Digit[i])
}

// add appends an image.
func (x *Images) add(grey []float32, digit int) {
	x.N++
	x.Grey = append(x.Grey, grey...)
	x.Digit = append(x.Digit, int32(digit))
}

// Pick returns the images at the places of order.
func (x *Images) Pick(order []int) *Images {
	var picked Images
	for _, i := range order {
		picked.add(x.Image(i))
	}
	return &picked
}

// Part returns at most n images from the i-th on. They share memory with x.
func (x *Images) Part(i, n int) *Images {
	n = min(n, x.N-i)
	return &Images{N: n, Grey: x.Grey[i*Pixels:][:n*Pixels], Digit: x.Digit[i:][:n]}
}

// Split returns four fifths to learn from and one to be tested with, always the
// same, so that runs with different seeds can be compared.
func (x *Images) Split() (train, held *Images) {
	order := rand.New(rand.NewPCG(1797, 0)).Perm(x.N)
	n := x.N * 4 / 5
	return x.Pick(order[:n]), x.Pick(order[n:])
}

// Text draws an image in rows of text, two characters a pixel, which is about a
// square.
func Text(grey []float32) []string {
	const ink = " .:-=+*#%@"
	rows := make([]string, Side)
	for i := range rows {
		var b strings.Builder
		for _, v := range grey[i*Side:][:Side] {
			c := ink[min(max(int(v), 0), White)*(len(ink)-1)/White]
			b.Write([]byte{c, c})
		}
		rows[i] = b.String()
	}
	return rows
}

// Load reads the images.
func Load() (*Images, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return read(z)
}

// read reads images, one to a line: the grey values row by row, then the digit.
func read(r io.Reader) (*Images, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = Pixels + 1
	lines.ReuseRecord = true
	var all Images
	grey := make([]float32, Pixels)
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return &all, nil
		}
		if err != nil {
			return nil, err
		}
		digit := 0
		for i, field := range line {
			most := White
			if i == Pixels {
				most = Kinds - 1
			}
			v, err := strconv.Atoi(field)
			if err != nil || v < 0 || v > most {
				row, column := lines.FieldPos(i)
				return nil, fmt.Errorf("line %d, column %d: %q is not a whole number from 0 to %d", row, column, field, most)
			}
			if i == Pixels {
				digit = v
			} else {
				grey[i] = float32(v)
			}
		}
		all.add(grey, digit)
	}
}
