// Gorgonia is a peer: nets as Gorgonia's graphs, on its tape machine.
package main

import (
	"fmt"
	"runtime/debug"

	"github.com/bpgen/bpgen/bench/task"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func main() {
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "gorgonia.org/gorgonia" {
				version = m.Version
			}
		}
	}
	task.Serve("Gorgonia "+version, func(s task.Spec, d *task.Data) (task.Runner, error) {
		if !s.Net() {
			return nil, task.ErrNone
		}
		return newNet(s, d)
	})
}

// net is a graph. Its matrices are [in, out], which saves a transposition.
type net struct {
	s            task.Spec
	d            *task.Data
	params       G.Nodes
	machine      G.VM
	solver       G.Solver
	loss, output G.Value
}

func newNet(s task.Spec, d *task.Data) (*net, error) {
	n := &net{s: s, d: d, solver: G.NewVanillaSolver(G.WithLearnRate(task.LR))}
	g := G.NewGraph()
	x := G.NewMatrix(g, G.Float32, G.WithShape(s.Batch, s.In()), G.WithName("x"), G.WithValue(dense(d.X, s.Batch, s.In())))
	h := x
	for l := 1; l < len(s.Sizes); l++ {
		in, out := s.Sizes[l-1], s.Sizes[l]
		w := G.NewMatrix(g, G.Float32, G.WithShape(in, out), G.WithName(fmt.Sprint("W", l)), G.WithValue(dense(make([]float32, in*out), in, out)))
		b := G.NewMatrix(g, G.Float32, G.WithShape(1, out), G.WithName(fmt.Sprint("b", l)), G.WithValue(dense(make([]float32, out), 1, out)))
		n.params = append(n.params, w, b)
		z := G.Must(G.Mul(h, w))
		if s.Batch == 1 {
			h = G.Must(G.Add(z, b))
		} else {
			h = G.Must(G.BroadcastAdd(z, b, nil, []byte{0}))
		}
		switch {
		case l == len(s.Sizes)-1:
		case s.Act == "relu":
			h = G.Must(G.Rectify(h))
		default:
			h = G.Must(G.Sigmoid(h))
		}
	}
	if s.Kind == "forward" {
		if s.Loss == "bce" {
			h = G.Must(G.Sigmoid(h))
		}
		G.Read(h, &n.output)
		n.machine = G.NewTapeMachine(g)
		return n, nil
	}
	var sum *G.Node
	if s.Loss == "bce" {
		t := G.NewMatrix(g, G.Float32, G.WithShape(s.Batch, 1), G.WithName("t"), G.WithValue(dense(d.T, s.Batch, 1)))
		sum = G.Must(G.Sum(G.Must(G.Sub(G.Must(G.Softplus(h)), G.Must(G.HadamardProd(t, h))))))
	} else {
		oneHot := make([]float32, s.Batch*s.Out())
		for e, y := range d.Y {
			oneHot[e*s.Out()+int(y)] = 1
		}
		y := G.NewMatrix(g, G.Float32, G.WithShape(s.Batch, s.Out()), G.WithName("y"), G.WithValue(dense(oneHot, s.Batch, s.Out())))
		sum = G.Must(G.Neg(G.Must(G.Sum(G.Must(G.HadamardProd(y, G.Must(G.Log(G.Must(G.SoftMax(h))))))))))
	}
	loss := G.Must(G.Div(sum, G.NewConstant(float32(s.Batch))))
	G.Read(loss, &n.loss)
	if _, err := G.Grad(loss, n.params...); err != nil {
		return nil, err
	}
	n.machine = G.NewTapeMachine(g, G.BindDualValues(n.params...))
	return n, nil
}

func dense(data []float32, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
}

// Reset copies the parameters, whose matrices are [out, in], into the nodes.
func (n *net) Reset() {
	ws, bs := n.s.Layers(n.d.W)
	for l := range ws {
		to := n.params[2*l].Value().Data().([]float32)
		in, out := n.s.Sizes[l], n.s.Sizes[l+1]
		for i := range in {
			for o := range out {
				to[i*out+o] = ws[l][o*in+i]
			}
		}
		copy(n.params[2*l+1].Value().Data().([]float32), bs[l])
	}
}

func (n *net) Run(times int) error {
	for range times {
		if err := n.machine.RunAll(); err != nil {
			return err
		}
		if n.s.Kind == "step" {
			if err := n.solver.Step(G.NodesToValueGrads(n.params)); err != nil {
				return err
			}
		}
		n.machine.Reset()
	}
	return nil
}

func (n *net) Result() ([]float64, error) {
	if n.s.Kind == "forward" {
		return floats(n.output), nil
	}
	r := floats(n.loss)
	for l := range len(n.s.Sizes) - 1 {
		w := floats(n.params[2*l].Value())
		in, out := n.s.Sizes[l], n.s.Sizes[l+1]
		for o := range out {
			for i := range in {
				r = append(r, w[i*out+o])
			}
		}
		r = append(r, floats(n.params[2*l+1].Value())...)
	}
	return r, nil
}

// floats are the numbers of a value, which may be a single one.
func floats(v G.Value) []float64 {
	switch x := v.Data().(type) {
	case []float32:
		return task.Widen(nil, x...)
	case float32:
		return []float64{float64(x)}
	}
	return nil
}
