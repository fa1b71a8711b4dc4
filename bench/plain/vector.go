package plain

import (
	"math"

	"github.com/bpgen/bpgen/bench/task"
)

// vector applies a function to each element, through Go's math.
type vector struct {
	kind string
	x, y []float32
}

func (v *vector) Reset() {}

func (v *vector) Run(n int) error {
	y := v.y[:len(v.x)]
	for range n {
		switch v.kind {
		case "exp":
			for i, x := range v.x {
				y[i] = float32(math.Exp(float64(x)))
			}
		case "sigmoid":
			for i, x := range v.x {
				y[i] = float32(1 / (1 + math.Exp(-float64(x))))
			}
		case "tanh":
			for i, x := range v.x {
				y[i] = float32(math.Tanh(float64(x)))
			}
		case "log":
			for i, x := range v.x {
				y[i] = float32(math.Log(float64(x)))
			}
		case "softmax":
			softmax(y, v.x)
		default:
			return task.ErrNone
		}
	}
	return nil
}

// softmax sets y to the softmax of x and returns the greatest of x and the sum
// of the exponentials, less it.
func softmax(y, x []float32) (greatest, sum float32) {
	greatest = x[0]
	for _, v := range x {
		greatest = max(greatest, v)
	}
	for i, v := range x {
		e := float32(math.Exp(float64(v - greatest)))
		y[i] = e
		sum += e
	}
	r := 1 / sum
	for i := range y {
		y[i] *= r
	}
	return greatest, sum
}

func (v *vector) Result() ([]float64, error) { return task.Widen(nil, v.y...), nil }
