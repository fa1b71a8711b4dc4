package main

import (
	"io"
	"math"
	"slices"
	"testing"

	"github.com/bpgen/bpgen/generated/chars"
)

// TestRun wants both models to know after some steps what guessing by frequencies
// cannot tell them.
func TestRun(t *testing.T) {
	losses, err := run(150, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{2.3, 2.5} {
		if losses[i] > want {
			t.Errorf("model %d has a loss of %.3f, want at most %.3f of the %.3f of frequencies", i, losses[i], want, entropy())
		}
	}
}

// entropy is the loss of a model that knows how frequent characters are.
func entropy() (h float64) {
	letters, ids := encode(text)
	count := make([]float64, len(letters))
	for _, i := range ids {
		count[i]++
	}
	for _, c := range count {
		if c > 0 {
			h -= c / float64(len(ids)) * math.Log(c/float64(len(ids)))
		}
	}
	return h
}

// TestCausal: what GPT says of a text does not depend on what follows.
func TestCausal(t *testing.T) {
	letters, ids := encode(text)
	m, err := chars.NewGPT(len(letters), 1)
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWork()
	out, err := w.Infer(20, ids[:20])
	if err != nil {
		t.Fatal(err)
	}
	want, common := slices.Clone(out.Output), 12*len(letters)
	other := append(slices.Clone(ids[:12]), ids[100:108]...)
	if out, err = w.Infer(20, other); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(want[:common], out.Output[:common]) {
		t.Error("the first twelve rows change with the characters after them")
	}
	if slices.Equal(want[common:], out.Output[common:]) {
		t.Error("other characters make no difference")
	}
}

func TestEncode(t *testing.T) {
	letters, ids := encode("\nnoon\n")
	if string(letters) != "\nno" || !slices.Equal(ids, []int32{1, 2, 2, 1}) {
		t.Errorf("have %q and %v", string(letters), ids)
	}
}
