// Package task says what is measured, and how the harness and a peer in a
// process of its own speak about it.
package task

import (
	"errors"
	"fmt"
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
	// circuits or neurons, the points in one loop.
	Kind string

	Act   string // of a net's hidden layers: sigmoid or relu
	Loss  string // of a net: bce of one score, or xent of several
	Batch int
	Sizes []int // of a net's layers, from the input to the scores

	N int // of all other kinds: how many elements, parameters or points
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
func (s Spec) Params() int {
	n := 0
	for i := 1; i < len(s.Sizes); i++ {
		n += s.Sizes[i] * (s.Sizes[i-1] + 1)
	}
	return n
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
