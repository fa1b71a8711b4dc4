// Command factors makes up tastes and ratings by them, shows the model some of
// the ratings, and asks for the others.
package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"

	"github.com/bpgen/bpgen/generated/factors"
)

//go:generate go tool bpgen gen -plain -o ../../generated/factors factors.bp

func main() {
	if _, _, err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "factors:", err)
		os.Exit(1)
	}
}

const (
	users, items = 120, 80
	tastes       = 3   // that decide how a user likes an item
	noise        = 0.3 // deviation of what tastes do not explain
)

// run learns and returns how far the predictions of ratings that were not shown
// are off, and how far their mean would be: the roots of the mean squares.
func run(out io.Writer) (off, spread float64, err error) {
	seen, asked := ratings()
	m, err := factors.NewFactors(users, items, 1)
	if err != nil {
		return 0, 0, err
	}
	t := m.NewTrainer()
	random := rand.New(rand.NewPCG(1, 0))
	const epochs, size = 80, 64
	for range epochs {
		order := random.Perm(seen.N)
		for i := 0; i < seen.N; i += size {
			if _, err := t.Step(pick(seen, order[i:min(i+size, seen.N)])); err != nil {
				return 0, 0, err
			}
		}
	}
	got, err := t.Work().Forward(asked)
	if err != nil {
		return 0, 0, err
	}
	mean := 0.0
	for _, r := range asked.Rating {
		mean += float64(r) / float64(asked.N)
	}
	for i, r := range asked.Rating {
		off += math.Pow(float64(got.R[i]-r), 2)
		spread += math.Pow(float64(r)-mean, 2)
	}
	off, spread = math.Sqrt(off/float64(asked.N)), math.Sqrt(spread/float64(asked.N))
	fmt.Fprintf(out, "From %d ratings, %d others are known to within %.2f. They are spread by %.2f, %.2f of it by chance.\n",
		seen.N, asked.N, off, spread, noise)
	return off, spread, nil
}

// ratings makes up what everybody thinks of everything, half of it to be seen and a
// tenth to be asked for.
func ratings() (seen, asked factors.FactorsBatch) {
	random := rand.New(rand.NewPCG(7, 0))
	normal := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = random.NormFloat64()
		}
		return x
	}
	likes, has, level := normal(users*tastes), normal(items*tastes), normal(items)
	for u := range users {
		for i := range items {
			r := 3 + level[i]/2 + noise*random.NormFloat64()
			for k := range tastes {
				r += 0.6 * likes[u*tastes+k] * has[i*tastes+k]
			}
			switch p := random.Float64(); {
			case p < 0.5:
				add(&seen, u, i, r)
			case p < 0.6:
				add(&asked, u, i, r)
			}
		}
	}
	return seen, asked
}

func add(b *factors.FactorsBatch, user, item int, rating float64) {
	b.N++
	b.U, b.I, b.Rating = append(b.U, int32(user)), append(b.I, int32(item)), append(b.Rating, float32(rating))
}

func pick(b factors.FactorsBatch, order []int) (some factors.FactorsBatch) {
	for _, k := range order {
		add(&some, int(b.U[k]), int(b.I[k]), float64(b.Rating[k]))
	}
	return some
}
