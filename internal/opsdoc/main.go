// Command opsdoc writes docs/ops.md from the table of operators.
package main

import (
	"fmt"
	"os"

	"github.com/bpgen/bpgen/symbolic"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: opsdoc FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(symbolic.RenderOps()), 0o666); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
