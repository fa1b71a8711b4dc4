// Command gradbench is a tool for GradBench, the benchmark of automatic
// differentiation: it reads messages on standard input, one JSON object a
// line, and answers each with a line on standard output. Its twelve programs are
// the .bp files here, and whatever is computed is computed by the packages
// that are generated from them.
//
//	go run ./examples/gradbench
package main

import (
	"fmt"
	"os"
)

//go:generate go tool bpgen gen -o ../../generated/gradbench/hello hello.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/llsq llsq.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/lse lse.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/det det.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/ode ode.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/kmeans kmeans.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/gmm gmm.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/lstm lstm.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/ba ba.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/ht ht.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/saddle saddle.bp
//go:generate go tool bpgen gen -o ../../generated/gradbench/particle particle.bp

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "gradbench takes no arguments: it reads messages on standard input")
		os.Exit(2)
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gradbench:", err)
		os.Exit(1)
	}
}
