// Command ode learns how a damped pendulum moves from short pieces of its path, and
// then follows it for longer than any of them.
package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"

	"github.com/bpgen/bpgen/generated/ode"
)

//go:generate go tool bpgen gen -plain -o ../../generated/ode ode.bp

func main() {
	if _, err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ode:", err)
		os.Exit(1)
	}
}

// h is the time between two states.
const h = 0.1

// swing returns the angle and speed of a pendulum at n times after it had those
// of s, in small steps.
func swing(s [2]float64, n int) (path []float32) {
	const fine = 50
	for range n {
		for range fine {
			s[1] += h / fine * (-2*math.Sin(s[0]) - 0.2*s[1])
			s[0] += h / fine * s[1]
		}
		path = append(path, float32(s[0]), float32(s[1]))
	}
	return path
}

// run learns and returns how far the model is off after so many states, on
// average, from a start it has not seen.
func run(out io.Writer) (float64, error) {
	const pieces, steps, long = 64, 10, 60
	random := rand.New(rand.NewPCG(1, 0))
	b := ode.OdeBatch{N: pieces, Steps: steps}
	for range pieces {
		s := [2]float64{4*random.Float64() - 2, 4*random.Float64() - 2}
		b.Start = append(b.Start, float32(s[0]), float32(s[1]))
		b.Path = append(b.Path, swing(s, steps)...)
	}
	m, err := ode.NewOde(1)
	if err != nil {
		return 0, err
	}
	t := m.NewTrainer()
	for i := range 800 {
		loss, err := t.Step(b)
		if err != nil {
			return 0, err
		}
		if i%200 == 0 {
			fmt.Fprintf(out, "step %3d: loss %.5f\n", i, loss.Loss)
		}
	}
	start := [2]float64{1.2, 0.4}
	want := swing(start, long)
	got, err := t.Work().Infer(long, []float32{float32(start[0]), float32(start[1])})
	if err != nil {
		return 0, err
	}
	off := 0.0
	for i := range want {
		off += math.Abs(float64(got.Way[i]-want[i])) / float64(len(want))
	}
	for i := 9; i < long; i += 10 {
		fmt.Fprintf(out, "after %.0f s the angle is %6.3f, and the model has %6.3f\n", float64(i+1)*h, want[2*i], got.Way[2*i])
	}
	return off, nil
}
