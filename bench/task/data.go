package task

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Data are the numbers that a task begins with, none of them zero.
type Data struct {
	W      []float32 // the parameters of a net, layer by layer, or of Adam
	G      []float32 // Adam's gradient
	X      []float32 // a net's inputs, or a vector
	T      []float32 // truths of bce
	Y      []int32   // classes of xent
	Points []float64 // x, y, z of a circuit; w₀, w₁, w₂, x₀, x₁ of a neuron
}

// Make draws the data of a task, always the same.
func Make(s Spec) *Data {
	r := rand.New(rand.NewPCG(1, 2))
	uniform := func(n int, lo, hi float64) []float32 {
		x := make([]float32, n)
		for i := range x {
			for x[i] == 0 {
				x[i] = float32(lo + (hi-lo)*r.Float64())
			}
		}
		return x
	}
	d := &Data{}
	for _, t := range s.Tensors() {
		middle := 0.0
		if t.Scale {
			middle = 1
		}
		d.W = append(d.W, uniform(t.Size(), middle-t.Far, middle+t.Far)...)
	}
	switch s.Kind {
	case "conv", "lstm", "block":
		d.X = uniform(s.N*s.Inputs(), -1, 1)
		for range s.N {
			d.Y = append(d.Y, int32(r.IntN(10)))
		}
	case "step", "forward":
		d.X = uniform(s.Batch*s.In(), -1, 1)
		for i := range s.Batch {
			d.T = append(d.T, float32((i+1)%2))
			d.Y = append(d.Y, int32(r.IntN(max(s.Out(), 1))))
		}
	case "adam":
		d.W = uniform(s.N, -0.1, 0.1)
		d.G = uniform(s.N, -1, 1)
	case "log":
		d.X = uniform(s.N, 0.01, 10)
	case "circuit", "circuits", "neuron", "neurons":
		d.Points = make([]float64, s.N*s.PointSize())
		for i := range d.Points {
			d.Points[i] = 4*r.Float64() - 2
		}
	default:
		d.X = uniform(s.N, -5, 5)
	}
	return d
}

// PointSize is how many numbers a point of a circuit or neuron has. Its result
// has one more.
func (s Spec) PointSize() int {
	if s.Kind == "circuit" || s.Kind == "circuits" {
		return 3
	}
	return 5
}

// files are the names of the blocks in a folder.
func (d *Data) files() map[string]any {
	return map[string]any{"w.bin": &d.W, "g.bin": &d.G, "x.bin": &d.X, "t.bin": &d.T, "y.bin": &d.Y, "points.bin": &d.Points}
}

// Write puts all blocks into a folder, as little-endian numbers.
func (d *Data) Write(dir string) error {
	for name, block := range d.files() {
		var buf []byte
		switch x := block.(type) {
		case *[]float32:
			buf = make([]byte, 0, 4*len(*x))
			for _, v := range *x {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
			}
		case *[]int32:
			for _, v := range *x {
				buf = binary.LittleEndian.AppendUint32(buf, uint32(v))
			}
		case *[]float64:
			buf = AppendFloat64s(nil, *x)
		}
		if err := os.WriteFile(filepath.Join(dir, name), buf, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Read reads what Write wrote.
func Read(dir string) (*Data, error) {
	d := &Data{}
	for name, block := range d.files() {
		buf, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		switch x := block.(type) {
		case *[]float32:
			*x = make([]float32, len(buf)/4)
			for i := range *x {
				(*x)[i] = math.Float32frombits(binary.LittleEndian.Uint32(buf[4*i:]))
			}
		case *[]int32:
			*x = make([]int32, len(buf)/4)
			for i := range *x {
				(*x)[i] = int32(binary.LittleEndian.Uint32(buf[4*i:]))
			}
		case *[]float64:
			*x = Float64s(buf)
		}
	}
	return d, nil
}

// AppendFloat64s appends numbers to buf, little-endian.
func AppendFloat64s(buf []byte, x []float64) []byte {
	for _, v := range x {
		buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
	}
	return buf
}

// Float64s are the numbers that AppendFloat64s appended.
func Float64s(buf []byte) []float64 {
	x := make([]float64, len(buf)/8)
	for i := range x {
		x[i] = math.Float64frombits(binary.LittleEndian.Uint64(buf[8*i:]))
	}
	return x
}

// Widen appends x to y.
func Widen(y []float64, x ...float32) []float64 {
	for _, v := range x {
		y = append(y, float64(v))
	}
	return y
}
