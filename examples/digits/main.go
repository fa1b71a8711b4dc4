// Command digits trains the net of digits.bp to read handwritten digits: it
// prints the loss and the accuracy after each epoch, on the images it learns
// from and on a fifth that it never sees, writes the weights and a picture of
// the loss, reads the weights back and classifies.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/bpgen/bpgen/examples/digits/data"
	"github.com/bpgen/bpgen/generated/digits"
)

//go:generate go tool bpgen gen -o ../../generated/digits digits.bp

// settings are what the command line says.
type settings struct {
	epochs int
	batch  int
	seed   uint64
	out    string
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	f := flag.NewFlagSet("digits", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&s.epochs, "epochs", 30, "how often to go through the images")
	f.IntVar(&s.batch, "batch", 32, "images in a step")
	f.Uint64Var(&s.seed, "seed", 1, "of the first weights and of the order of the images")
	f.StringVar(&s.out, "out", filepath.Join("out", "digits"), "folder for the weights and the picture")
	f.Usage = func() {
		fmt.Fprintln(stderr, "Trains a net on handwritten digits, saves it, reads it back and classifies.")
		fmt.Fprintln(stderr, "\nUsage: digits [flags]")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return s, err
	}
	complain := func(format string, args ...any) (settings, error) {
		err := fmt.Errorf(format, args...)
		fmt.Fprintln(stderr, "digits:", err)
		return s, err
	}
	switch {
	case f.NArg() > 0:
		return complain("unexpected argument %q", f.Arg(0))
	case s.epochs < 1:
		return complain("-epochs is %d, want at least 1", s.epochs)
	case s.batch < 1:
		return complain("-batch is %d, want at least 1", s.batch)
	}
	return s, nil
}

func main() {
	s, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2)
	}
	if _, err := run(s, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "digits:", err)
		os.Exit(1)
	}
}

// run does what the command does, and returns the accuracy on the images held
// out.
func run(s settings, stdout, stderr io.Writer) (float64, error) {
	all, err := data.Load()
	if err != nil {
		return 0, err
	}
	train, held := all.Split()
	fmt.Fprintf(stdout, "%d images to learn from, %d held out\n\n", train.N, held.N)

	m, err := digits.NewDigits(s.seed)
	if err != nil {
		return 0, err
	}
	curve, err := fit(m, train, held, s, stdout, stderr)
	if err != nil {
		return 0, err
	}

	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return 0, err
	}
	picture := filepath.Join(s.out, "loss.png")
	if err := draw(curve, picture); err != nil {
		return 0, err
	}
	weights := filepath.Join(s.out, "digits.safetensors")
	if err := m.Params.Save(weights); err != nil {
		return 0, err
	}
	fmt.Fprintf(stdout, "\nThe loss is drawn in %s, the weights are in %s.\n", picture, weights)

	// A model that knows nothing but the file.
	again, err := digits.NewDigits(s.seed + 1)
	if err != nil {
		return 0, err
	}
	if err := again.Params.Load(weights); err != nil {
		return 0, err
	}
	return classify(again, held, stdout)
}
