// Command window learns to tell from a window of five words whether the one in
// the middle is (part of) the name of a location. It reads sentences in the
// CoNLL format, learns from the first four fifths and is tested with the rest,
// beside a baseline that remembers each word's most frequent label. The vectors
// of words are learned with everything else.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

//go:generate go tool bpgen gen -o ../../generated/window window.bp

// settings are what the command line says.
type settings struct {
	data   string
	epochs int
	seed   uint64
	out    string
	load   string
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	f := flag.NewFlagSet("window", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&s.data, "data", "", "a CoNLL `file`; without one, a small corpus that is built in")
	f.IntVar(&s.epochs, "epochs", 0, "how often to go through the sentences (0: as often as the\nlearning rate allows, at most 20 times)")
	f.Uint64Var(&s.seed, "seed", 1, "of the first weights and of the order of the words")
	f.StringVar(&s.out, "out", filepath.Join("out", "window"), "`folder` for the weights and the vocabulary")
	f.StringVar(&s.load, "load", "", "do not train: load what is in this `folder` and find locations in\nthe standard input, a sentence to a line, spaces between words\nand punctuation")
	f.Usage = func() {
		fmt.Fprintln(stderr, "Learns to find the names of locations in sentences.")
		fmt.Fprintln(stderr, "\nUsage: window [flags]")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return s, err
	}
	complain := func(format string, args ...any) (settings, error) {
		err := fmt.Errorf(format, args...)
		fmt.Fprintln(stderr, "window:", err)
		return s, err
	}
	switch {
	case f.NArg() > 0:
		return complain("unexpected argument %q", f.Arg(0))
	case s.epochs < 0:
		return complain("-epochs is %d, want at least 0", s.epochs)
	case s.load != "" && s.data != "":
		return complain("-load does not train, so there is no use for -data")
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
	if s.load != "" {
		err = annotate(s.load, os.Stdin, os.Stdout)
	} else {
		_, err = run(s, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "window:", err)
		os.Exit(1)
	}
}
