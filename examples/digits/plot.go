package main

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// draw writes the losses after each epoch as a picture.
func draw(curve []epoch, path string) error {
	train := make(plotter.XYs, len(curve))
	held := make(plotter.XYs, len(curve))
	for i, e := range curve {
		train[i] = plotter.XY{X: float64(i), Y: float64(e.train.Loss)}
		held[i] = plotter.XY{X: float64(i), Y: float64(e.held.Loss)}
	}

	p := plot.New()
	p.Title.Text = "Handwritten digits"
	p.X.Label.Text = "epoch"
	p.Y.Label.Text = "loss (cross entropy and penalty)"
	// The loss falls through several powers of ten.
	p.Y.Scale = plot.LogScale{}
	p.Y.Tick.Marker = plot.LogTicks{Prec: -1}
	p.Title.Padding = vg.Points(8)
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(3)
	p.Add(plotter.NewGrid())

	for _, c := range []struct {
		name   string
		points plotter.XYs
		color  color.Color
		dashes []vg.Length
	}{
		{"learned from", train, color.RGBA{R: 0x1f, G: 0x5f, B: 0xbf, A: 0xff}, nil},
		{"held out", held, color.RGBA{R: 0xd0, G: 0x50, B: 0x10, A: 0xff}, []vg.Length{vg.Points(5), vg.Points(3)}},
	} {
		line, err := plotter.NewLine(c.points)
		if err != nil {
			return err
		}
		line.Color = c.color
		line.Width = vg.Points(1.5)
		line.Dashes = c.dashes
		p.Add(line)
		p.Legend.Add(c.name, line)
	}
	// Whole powers of ten, so that both ends of the axis have a number.
	p.Y.Min = math.Pow(10, math.Floor(math.Log10(p.Y.Min)))
	p.Y.Max = math.Pow(10, math.Ceil(math.Log10(p.Y.Max)))
	return p.Save(16*vg.Centimeter, 10*vg.Centimeter, path)
}
