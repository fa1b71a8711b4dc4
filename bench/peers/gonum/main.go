// Gonum is a peer: nets by hand, on Gonum's float32 BLAS.
package main

import (
	"math"
	"runtime/debug"
	"slices"

	"github.com/bpgen/bpgen/bench/task"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

func main() {
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "gonum.org/v1/gonum" {
				version = m.Version
			}
		}
	}
	task.Serve("Gonum "+version, func(s task.Spec, d *task.Data) (task.Runner, error) {
		if !s.Net() {
			return nil, task.ErrNone
		}
		return newNet(s, d), nil
	})
}

// net keeps what each layer gives for the whole batch.
type net struct {
	s     task.Spec
	d     *task.Data
	all   []float32
	w     []blas32.General // parts of all
	b     [][]float32
	a, da []blas32.General // what each layer gives, and its gradient
	sum   []float32        // over a batch, of a layer
	loss  float32
}

func newNet(s task.Spec, d *task.Data) *net {
	n := &net{s: s, d: d, all: make([]float32, len(d.W)), sum: make([]float32, slices.Max(s.Sizes))}
	ws, bs := s.Layers(n.all)
	n.b = bs
	for i, w := range ws {
		n.w = append(n.w, matrix(s.Sizes[i+1], s.Sizes[i], w))
	}
	for i, width := range s.Sizes {
		n.a = append(n.a, matrix(s.Batch, width, make([]float32, s.Batch*width)))
		n.da = append(n.da, matrix(s.Batch, width, make([]float32, s.Batch*width)))
		if i == 0 {
			n.a[0].Data = d.X
		}
	}
	return n
}

func matrix(rows, cols int, data []float32) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: data}
}

// vector is the only row of m.
func vector(m blas32.General) blas32.Vector {
	return blas32.Vector{N: m.Cols, Inc: 1, Data: m.Data}
}

func (n *net) Reset() { copy(n.all, n.d.W) }

func (n *net) Run(times int) error {
	for range times {
		n.forward()
		switch {
		case n.s.Kind == "step":
			n.lossAndGradient()
			n.backward()
		case n.s.Loss == "bce":
			z := n.a[len(n.a)-1].Data
			for i := range z {
				z[i] = sigmoid(z[i])
			}
		}
	}
	return nil
}

func (n *net) forward() {
	for l, w := range n.w {
		x, y := n.a[l], n.a[l+1]
		if n.s.Batch == 1 {
			blas32.Gemv(blas.NoTrans, 1, w, vector(x), 0, vector(y))
		} else {
			blas32.Gemm(blas.NoTrans, blas.Trans, 1, x, w, 0, y)
		}
		last := l == len(n.w)-1
		for e := range n.s.Batch {
			row := y.Data[e*y.Cols:][:y.Cols]
			b := n.b[l][:len(row)]
			switch {
			case last:
				for i := range row {
					row[i] += b[i]
				}
			case n.s.Act == "relu":
				for i := range row {
					row[i] = max(0, row[i]+b[i])
				}
			default:
				for i := range row {
					row[i] = sigmoid(row[i] + b[i])
				}
			}
		}
	}
}

func (n *net) lossAndGradient() {
	z, dz := n.a[len(n.a)-1], n.da[len(n.da)-1]
	scale := 1 / float32(n.s.Batch)
	n.loss = 0
	for e := range n.s.Batch {
		row, drow := z.Data[e*z.Cols:][:z.Cols], dz.Data[e*z.Cols:][:z.Cols]
		if n.s.Loss == "bce" {
			v, t := row[0], n.d.T[e]
			n.loss += scale * (max(v, 0) + float32(math.Log1p(math.Exp(-math.Abs(float64(v))))) - t*v)
			drow[0] = scale * (sigmoid(v) - t)
			continue
		}
		greatest, sum := row[0], float32(0)
		for _, v := range row {
			greatest = max(greatest, v)
		}
		for i, v := range row {
			drow[i] = float32(math.Exp(float64(v - greatest)))
			sum += drow[i]
		}
		for i := range drow {
			drow[i] *= scale / sum
		}
		y := n.d.Y[e]
		drow[y] -= scale
		n.loss += scale * (greatest + float32(math.Log(float64(sum))) - row[y])
	}
}

// backward makes the step on its way: a layer's weights change once nothing
// below needs them.
func (n *net) backward() {
	for l := len(n.w) - 1; l >= 0; l-- {
		w, x, dz := n.w[l], n.a[l], n.da[l+1]
		if l > 0 {
			dx := n.da[l]
			if n.s.Batch == 1 {
				blas32.Gemv(blas.Trans, 1, w, vector(dz), 0, vector(dx))
			} else {
				blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, dz, w, 0, dx)
			}
			for i, a := range x.Data {
				switch {
				case n.s.Act != "relu":
					dx.Data[i] *= a * (1 - a)
				case a <= 0:
					dx.Data[i] = 0
				}
			}
		}
		if n.s.Batch == 1 {
			blas32.Ger(-task.LR, vector(dz), vector(x), w)
		} else {
			blas32.Gemm(blas.Trans, blas.NoTrans, -task.LR, dz, x, 1, w)
		}
		// Summed first: one example is too little to move a bias by.
		sum := n.sum[:dz.Cols]
		clear(sum)
		for e := range n.s.Batch {
			blas32.Axpy(1, blas32.Vector{N: dz.Cols, Inc: 1, Data: dz.Data[e*dz.Cols:]}, blas32.Vector{N: dz.Cols, Inc: 1, Data: sum})
		}
		for i, v := range sum {
			n.b[l][i] -= task.LR * v
		}
	}
}

func (n *net) Result() ([]float64, error) {
	if n.s.Kind == "step" {
		return task.Widen([]float64{float64(n.loss)}, n.all...), nil
	}
	return task.Widen(nil, n.a[len(n.a)-1].Data...), nil
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }
