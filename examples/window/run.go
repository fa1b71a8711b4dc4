package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"os"

	"github.com/bpgen/bpgen/generated/window"
)

// A small corpus of invented sentences for a first run; see data/README.md.
//
//go:embed data/small.conll
var small []byte

// shown is how many sentences are printed with what was found in them.
const shown = 5

// result is how well locations were found in the sentences held out.
type result struct{ baseline, model score }

// run trains, tests and saves.
func run(s settings, stdout io.Writer) (result, error) {
	var r result
	sentences, err := corpus(s.data)
	if err != nil {
		return r, err
	}
	train, held := split(sentences)
	if len(train) == 0 || len(held) == 0 {
		return r, fmt.Errorf("%d sentences are too few to learn from and to be tested with", len(sentences))
	}
	v := newVocabulary(train)
	learn, test := encode(train, v), encode(held, v)
	fmt.Fprintf(stdout, "%d words in %d sentences to learn from, %d in %d held out\n\n", learn.N, len(train), test.N, len(held))

	m, err := window.NewWindow(v.size(), s.seed)
	if err != nil {
		return r, err
	}
	if s.epochs == 0 {
		s.epochs = epochsFor(learn.N)
	}
	if r.model, err = fit(m, v, learn, test, s.epochs, s.seed, stdout); err != nil {
		return r, err
	}
	r.baseline = newBaseline(train).score(held)
	fmt.Fprintln(stdout, "\nLocations in the sentences held out:")
	fmt.Fprintln(stdout, "          precision  recall     F1")
	fmt.Fprintf(stdout, "baseline  %s\nmodel     %s\n", r.baseline, r.model)

	fmt.Fprintln(stdout, "\nSome of these sentences, with what the model finds in brackets:")
	work, left := m.NewWork(), shown
	for _, sentence := range held {
		got, err := predict(work, encode([][]word{sentence}, v))
		if err != nil {
			return r, err
		}
		if text, some := bracket(sentence, got); some && left > 0 {
			fmt.Fprintln(stdout, " ", text)
			left--
		}
	}

	if err := save(s.out, m, v); err != nil {
		return r, err
	}
	fmt.Fprintf(stdout, "\nThe weights and the vocabulary are in %s; to use them: -load %[1]s\n", s.out)
	return r, nil
}

// corpus reads the sentences of a file, or those built in.
func corpus(path string) ([][]word, error) {
	if path == "" {
		return readCoNLL(bytes.NewReader(small), "small.conll")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readCoNLL(f, path)
}
