package plain

import (
	"math"

	"github.com/bpgen/bpgen/bench/task"
)

// net computes one example after the other.
type net struct {
	s          task.Spec
	d          *task.Data
	all, grads []float32
	w, b       [][]float32 // the parameters, layer by layer
	dw, db     [][]float32
	a          [][]float32 // what each layer gives, the input first
	da         [][]float32 // and its gradient
	out        []float32   // of forward
	loss       float32
}

func newNet(s task.Spec, d *task.Data) *net {
	n := &net{s: s, d: d, all: make([]float32, len(d.W)), grads: make([]float32, len(d.W)), out: make([]float32, s.Batch*s.Out())}
	n.w, n.b = s.Layers(n.all)
	n.dw, n.db = s.Layers(n.grads)
	for _, width := range s.Sizes {
		n.a = append(n.a, make([]float32, width))
		n.da = append(n.da, make([]float32, width))
	}
	return n
}

func (n *net) Reset() { copy(n.all, n.d.W) }

func (n *net) Run(times int) error {
	for range times {
		if n.s.Kind == "forward" {
			for e := range n.s.Batch {
				z := n.forward(e)
				if n.s.Loss == "bce" {
					z[0] = sigmoid(z[0])
				}
				copy(n.out[e*len(z):], z)
			}
			continue
		}
		clear(n.grads)
		n.loss = 0
		for e := range n.s.Batch {
			n.forward(e)
			n.loss += n.lossOf(e) / float32(n.s.Batch)
			n.backward()
		}
		axpy(-task.LR, n.grads, n.all)
	}
	return nil
}

// forward computes the scores of an example.
func (n *net) forward(e int) []float32 {
	in := n.s.In()
	n.a[0] = n.d.X[e*in:][:in]
	for l, w := range n.w {
		y := n.a[l+1]
		matvec(y, w, n.a[l])
		b := n.b[l][:len(y)]
		switch {
		case l == len(n.w)-1:
			for i := range y {
				y[i] += b[i]
			}
		case n.s.Act == "relu":
			for i := range y {
				y[i] = max(0, y[i]+b[i])
			}
		default:
			for i := range y {
				y[i] = sigmoid(y[i] + b[i])
			}
		}
	}
	return n.a[len(n.a)-1]
}

// lossOf returns an example's loss and sets the gradient by its scores.
func (n *net) lossOf(e int) float32 {
	z, dz := n.a[len(n.a)-1], n.da[len(n.a)-1]
	scale := 1 / float32(n.s.Batch)
	if n.s.Loss == "bce" {
		t := n.d.T[e]
		dz[0] = scale * (sigmoid(z[0]) - t)
		return max(z[0], 0) + float32(math.Log1p(math.Exp(-math.Abs(float64(z[0]))))) - t*z[0]
	}
	greatest, sum := softmax(dz, z)
	y := n.d.Y[e]
	for i := range dz {
		dz[i] *= scale
	}
	dz[y] -= scale
	return greatest + float32(math.Log(float64(sum))) - z[y]
}

// backward adds the example's gradient.
func (n *net) backward() {
	for l := len(n.w) - 1; l >= 0; l-- {
		dz, x := n.da[l+1], n.a[l]
		if l < len(n.w)-1 {
			a := n.a[l+1][:len(dz)]
			if n.s.Act == "relu" {
				for i := range dz {
					if a[i] <= 0 {
						dz[i] = 0
					}
				}
			} else {
				for i := range dz {
					dz[i] *= a[i] * (1 - a[i])
				}
			}
		}
		dx := n.da[l]
		if l > 0 {
			clear(dx)
		}
		for i, d := range dz {
			n.db[l][i] += d
			if d == 0 {
				continue
			}
			axpy(d, x, n.dw[l][i*len(x):][:len(x)])
			if l > 0 {
				axpy(d, n.w[l][i*len(x):][:len(x)], dx)
			}
		}
	}
}

func (n *net) Result() ([]float64, error) {
	if n.s.Kind == "forward" {
		return task.Widen(nil, n.out...), nil
	}
	return task.Widen([]float64{float64(n.loss)}, n.all...), nil
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// matvec sets y to W x, four rows at a time.
func matvec(y, w, x []float32) {
	n := len(x)
	i := 0
	for ; i+4 <= len(y); i += 4 {
		r0, r1, r2, r3 := w[i*n:][:n], w[(i+1)*n:][:n], w[(i+2)*n:][:n], w[(i+3)*n:][:n]
		var s0, s1, s2, s3 float32
		for j, v := range x {
			s0 += r0[j] * v
			s1 += r1[j] * v
			s2 += r2[j] * v
			s3 += r3[j] * v
		}
		y[i], y[i+1], y[i+2], y[i+3] = s0, s1, s2, s3
	}
	for ; i < len(y); i++ {
		var s float32
		for j, v := range w[i*n:][:n] {
			s += v * x[j]
		}
		y[i] = s
	}
}

// axpy adds a x to y.
func axpy(a float32, x, y []float32) {
	y = y[:len(x)]
	i := 0
	for ; i+4 <= len(x); i += 4 {
		p, q := x[i:i+4:i+4], y[i:i+4:i+4]
		q[0] += a * p[0]
		q[1] += a * p[1]
		q[2] += a * p[2]
		q[3] += a * p[3]
	}
	for ; i < len(x); i++ {
		y[i] += a * x[i]
	}
}
