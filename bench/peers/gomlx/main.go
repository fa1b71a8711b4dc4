// Gomlx is a peer: nets and functions of a vector on GoMLX's Go backend.
package main

import (
	"os"
	"runtime/debug"

	"github.com/bpgen/bpgen/bench/task"
	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/gomlx/gomlx/pkg/ml/layers/activations"
)

func main() {
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/gomlx/gomlx" {
				version = m.Version
			}
		}
	}
	out := os.Stdout
	os.Stdout = os.Stderr // the backend prints its settings
	config := "parallelism=" + os.Getenv("BENCH_THREADS")
	if os.Getenv("BENCH_THREADS") == "1" {
		config += ",ops_sequential"
	}
	if more := os.Getenv("BENCH_GOMLX"); more != "" {
		config += "," + more
	}
	backend, err := simplego.New(config)
	if err != nil {
		panic(err)
	}
	os.Stdout = out
	task.Serve("GoMLX "+version+", Go backend", func(s task.Spec, d *task.Data) (task.Runner, error) {
		switch {
		case s.Net():
			return newNet(backend, s, d)
		case functions[s.Kind] != nil:
			return newVector(backend, s, d)
		}
		return nil, task.ErrNone
	})
}

// functions are those of a vector.
var functions = map[string]func(x *graph.Node) *graph.Node{
	"exp":     graph.Exp,
	"log":     graph.Log,
	"tanh":    graph.Tanh,
	"sigmoid": graph.Sigmoid,
	"softmax": func(x *graph.Node) *graph.Node { return graph.Softmax(x) },
}

// vector applies a function to each element.
type vector struct {
	exec *graph.Exec
	x, y *tensors.Tensor
}

func newVector(b backends.Backend, s task.Spec, d *task.Data) (*vector, error) {
	exec, err := graph.NewExec(b, functions[s.Kind])
	return &vector{exec: exec, x: tensors.FromFlatDataAndDimensions(d.X, len(d.X))}, err
}

func (v *vector) Reset() {}

func (v *vector) Run(n int) (err error) {
	for range n {
		if v.y != nil {
			v.y.MustFinalizeAll()
		}
		if v.y, err = v.exec.Exec1(v.x); err != nil {
			return err
		}
	}
	return nil
}

func (v *vector) Result() ([]float64, error) {
	y, err := tensors.CopyFlatData[float32](v.y)
	return task.Widen(nil, y...), err
}

// net is a graph whose arguments are x, the truths and the parameters, and
// whose results are the loss and new parameters, or the outputs.
type net struct {
	s      task.Spec
	d      *task.Data
	exec   *graph.Exec
	x, y   *tensors.Tensor
	params []*tensors.Tensor
	out    *tensors.Tensor
}

func newNet(b backends.Backend, s task.Spec, d *task.Data) (*net, error) {
	n := &net{s: s, d: d, x: tensors.FromFlatDataAndDimensions(d.X, s.Batch, s.In())}
	n.y = tensors.FromFlatDataAndDimensions(d.Y, s.Batch)
	if s.Loss == "bce" {
		n.y = tensors.FromFlatDataAndDimensions(d.T, s.Batch, 1)
	}
	var err error
	n.exec, err = graph.NewExec(b, func(args []*graph.Node) []*graph.Node {
		x, y, params := args[0], args[1], args[2:]
		z := scores(s, x, params)
		if s.Kind == "forward" {
			if s.Loss == "bce" {
				z = graph.Sigmoid(z)
			}
			return []*graph.Node{z}
		}
		var loss *graph.Node
		if s.Loss == "bce" {
			loss = graph.ReduceAllMean(graph.Sub(graph.Softplus(z), graph.Mul(y, z)))
		} else {
			oneHot := graph.OneHot(y, s.Out(), z.DType())
			loss = graph.DivScalar(graph.Neg(graph.ReduceAllSum(graph.Mul(oneHot, graph.LogSoftmax(z)))), float64(s.Batch))
		}
		results := []*graph.Node{loss}
		for i, g := range graph.Gradient(loss, params...) {
			results = append(results, graph.Sub(params[i], graph.MulScalar(g, task.LR)))
		}
		return results
	})
	return n, err
}

// scores are those of a batch.
func scores(s task.Spec, x *graph.Node, params []*graph.Node) *graph.Node {
	h := x
	for l := 0; l < len(params); l += 2 {
		w, b := params[l], params[l+1]
		h = graph.DotGeneral(h, []int{1}, nil, w, []int{1}, nil)
		h = graph.Add(h, graph.ExpandLeftToRank(b, 2))
		switch {
		case l == len(params)-2:
		case s.Act == "relu":
			h = activations.Relu(h)
		default:
			h = graph.Sigmoid(h)
		}
	}
	return h
}

func (n *net) Reset() {
	n.params = nil
	ws, bs := n.s.Layers(n.d.W)
	for l := range ws {
		n.params = append(n.params, tensors.FromFlatDataAndDimensions(ws[l], n.s.Sizes[l+1], n.s.Sizes[l]))
		n.params = append(n.params, tensors.FromFlatDataAndDimensions(bs[l], n.s.Sizes[l+1]))
	}
}

func (n *net) Run(times int) error {
	for range times {
		args := []any{n.x, n.y}
		for _, p := range n.params {
			args = append(args, p)
		}
		results, err := n.exec.Exec(args...)
		if err != nil {
			return err
		}
		n.out = results[0]
		if n.s.Kind == "step" {
			for _, p := range n.params {
				p.MustFinalizeAll()
			}
			n.params = results[1:]
		}
	}
	return nil
}

func (n *net) Result() ([]float64, error) {
	var r []float64
	all := []*tensors.Tensor{n.out}
	if n.s.Kind == "step" {
		r = []float64{float64(tensors.ToScalar[float32](n.out))}
		all = n.params
	}
	for _, t := range all {
		x, err := tensors.CopyFlatData[float32](t)
		if err != nil {
			return nil, err
		}
		r = task.Widen(r, x...)
	}
	return r, nil
}
