// Package task says what is measured, and how the harness and a peer in a
// process of its own speak about it.
package task

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// LR is the learning rate of every step, of SGD and of Adam.
const (
	LR     = 0.01
	AdamLR = 1e-3
)

// A Spec is one computation, down to its sizes.
type Spec struct {
	// Kind is step or forward, of a net; adam; exp, sigmoid, tanh, log or
	// softmax, of a vector; circuit or neuron, one call for each point, and
	// circuits or neurons, the points in one loop; conv, lstm or block, a step
	// of a net of layers.
	Kind string

	Act   string // of a net's hidden layers: sigmoid or relu
	Loss  string // of a net: bce of one score, or xent of several
	Batch int
	Sizes []int // of a net's layers, from the input to the scores

	N int // of all other kinds: how many elements, parameters, points or examples
}

// Net reports whether the computation is that of a net.
func (s Spec) Net() bool { return s.Kind == "step" || s.Kind == "forward" }

// String is the form that Parse reads.
func (s Spec) String() string {
	if !s.Net() {
		return fmt.Sprint(s.Kind, " ", s.N)
	}
	return fmt.Sprint(s.Kind, " ", s.Act, " ", s.Loss, " ", s.Batch, " ", strings.Trim(fmt.Sprint(s.Sizes), "[]"))
}

// Parse reads the words of a Spec.
func Parse(words []string) (Spec, error) {
	if len(words) < 2 {
		return Spec{}, errors.New("a task has a kind and a size")
	}
	s := Spec{Kind: words[0]}
	if !s.Net() {
		n, err := strconv.Atoi(words[1])
		s.N = n
		return s, err
	}
	if len(words) < 6 {
		return Spec{}, errors.New("a net has an activation, a loss, a batch and sizes")
	}
	s.Act, s.Loss = words[1], words[2]
	var numbers []int
	for _, w := range words[3:] {
		n, err := strconv.Atoi(w)
		if err != nil {
			return Spec{}, err
		}
		numbers = append(numbers, n)
	}
	s.Batch, s.Sizes = numbers[0], numbers[1:]
	return s, nil
}

// In and Out are the widths of a net's ends.
func (s Spec) In() int  { return s.Sizes[0] }
func (s Spec) Out() int { return s.Sizes[len(s.Sizes)-1] }

// Params is the number of a net's parameters.
func (s Spec) Params() (n int) {
	for _, t := range s.Tensors() {
		n += t.Size()
	}
	return n
}

// Tensors are a net's parameters in the order in which they lie.
func (s Spec) Tensors() (all []Tensor) {
	if s.Layered() {
		return layeredNets[s.Kind].tensors
	}
	for i := 1; i < len(s.Sizes); i++ {
		in, out := s.Sizes[i-1], s.Sizes[i]
		all = append(all,
			Tensor{fmt.Sprint("W", i), []int{out, in}, math.Sqrt(6 / float64(in+out)), false},
			Tensor{fmt.Sprint("b", i), []int{out}, 0.1, false})
	}
	return all
}

// Examples is how many examples a net's batch has.
func (s Spec) Examples() int {
	if s.Net() {
		return s.Batch
	}
	return s.N
}

// Layers cuts a block of parameters into the matrices [out, in] and the
// vectors [out] of a net, in the order in which they lie.
func (s Spec) Layers(block []float32) (w, b [][]float32) {
	for i := 1; i < len(s.Sizes); i++ {
		n, m := s.Sizes[i], s.Sizes[i-1]
		w = append(w, block[:n*m])
		b = append(b, block[n*m:][:n])
		block = block[n*m+n:]
	}
	return w, b
}

// ErrNone is returned for a task that a system does not have.
var ErrNone = errors.New("not one of this system's tasks")

// A Runner is a task that is ready to run.
type Runner interface {
	// Reset goes back to the parameters that the task began with.
	Reset()
	// Run does the task n times.
	Run(n int) error
	// Result is what the runs since Reset have made: of a step the loss
	// before the last one and the parameters; of adam the first Shown
	// parameters, their first and their second moments; of circuits and
	// neurons the value and the gradient at each point; else the outputs.
	Result() ([]float64, error)
}

// Shown is how many elements of Adam's vectors a result has.
const Shown = 100_000
