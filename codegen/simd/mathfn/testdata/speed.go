// This program measures the routines in singles and doubles, which the
// benchmark appends, all by turns, and prints the least time of each.
package main

import (
	"fmt"
	"time"
)

type row[F float32 | float64] struct {
	name string
	f    func(x, y, out []F)
}

const size = 100_000

// measure returns the least nanoseconds an element of each routine.
func measure[F float32 | float64](rows []row[F]) []float64 {
	x, y, out := make([]F, size), make([]F, size), make([]F, size)
	for i := range x {
		x[i], y[i] = F(i%3331)/1000+0.01, F(i%771)/300
	}
	least := make([]float64, len(rows))
	for range 150 {
		for i, r := range rows {
			start := time.Now() // one time is short enough to come between what else runs
			r.f(x, y, out)
			if t := float64(time.Since(start).Nanoseconds()) / size; least[i] == 0 || t < least[i] {
				least[i] = t
			}
		}
	}
	return least
}

func main() {
	print(singles)
	print(doubles)
}

func print[F float32 | float64](rows []row[F]) {
	for i, t := range measure(rows) {
		fmt.Printf("%-24s %.4f\n", rows[i].name, t)
	}
}
