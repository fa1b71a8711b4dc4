// Command bpgen turns networks and formulas written in the bpgen language
// into Go packages that compute them, their derivatives, and learn.
//
// It is a thin shell: arguments in, an exit code out. What is done is done by
// internal/driver.
package main

import (
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run does what the arguments say and returns the exit code.
func run(args []string, in io.Reader, out, err io.Writer) int {
	root := newRoot()
	root.SetIn(in)
	root.SetOut(oneDash(args, out))
	root.SetErr(err)
	root.SetArgs(twoDashes(root, args))
	cmd, e := root.ExecuteC()
	return exitCode(err, cmd, e)
}
