package main

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestSmall wants the model to find locations in the small corpus better than
// the baseline does, and that what is saved finds them, too.
func TestSmall(t *testing.T) {
	s, err := parse([]string{"-out", t.TempDir()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run(s, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if r.model.f1() < r.baseline.f1()+0.05 {
		t.Errorf("F1 is %.3f, want at least 0.05 more than the baseline's %.3f", r.model.f1(), r.baseline.f1())
	}
	var out bytes.Buffer
	if err := annotate(s.out, strings.NewReader("Anna lives in Glasgow .\n\n"), &out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "Anna lives in [Glasgow] .\n\n"; got != want {
		t.Errorf("have %q, want %q", got, want)
	}
}

// TestWikigold wants the same of text from Wikipedia (Balasuriya et al. 2009,
// CC BY 4.0), where it is at hand.
func TestWikigold(t *testing.T) {
	const path = "../../../shared/data/wikigold/wikigold.conll.txt"
	if _, err := os.Stat(path); err != nil {
		t.Skip(err)
	}
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	s, err := parse([]string{"-data", path, "-out", t.TempDir()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run(s, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if r.baseline.are != 249 {
		t.Errorf("%d words held out are locations, want 249", r.baseline.are)
	}
	if r.model.f1() < r.baseline.f1()+0.1 {
		t.Errorf("F1 is %.3f, want at least 0.1 more than the baseline's %.3f", r.model.f1(), r.baseline.f1())
	}
}

func TestReadCoNLL(t *testing.T) {
	got, err := readCoNLL(strings.NewReader("-DOCSTART- X O\n\nOslo NNP B-LOC\nsings VB O\n\n\nNew I-LOC\nYork I-LOC"), "x")
	want := [][]word{{{"Oslo", 1}, {"sings", 0}}, {{"New", 1}, {"York", 1}}}
	if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("have %v (%v), want %v", got, err, want)
	}
	for text, want := range map[string]string{
		"Oslo I-LOC\nsings\n":        `x:2: want a word and its tag, have "sings" only`,
		"Oslo I-TOWN\n":              `x:1: unknown tag "I-TOWN"`,
		"\nOslo LOC\n":               `x:2: unknown tag "LOC"`,
		"Oslo I-O\n":                 `x:1: unknown tag "I-O"`,
		"a O\n" + long + " O\nb O\n": `x:2: bufio.Scanner: token too long`,
	} {
		if _, err := readCoNLL(strings.NewReader(text), "x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
}

// long is a word longer than a line may be.
var long = strings.Repeat("x", 1<<20)

func TestForm(t *testing.T) {
	for _, test := range []struct {
		text  string
		first bool
		want  int32
	}{
		{"1979", false, number}, {"3,5", false, number}, {"A4", false, mixed}, {"--", false, punctuation},
		{"river", true, lower}, {"Oslo", true, first}, {"Oslo", false, capitalised}, {"A", false, capitalised},
		{"UN", true, capitals}, {"U.N.", false, capitals}, {"McKay", false, mixed}, {"Élan", false, capitalised}, {"iPod", false, mixed},
	} {
		if got := form(test.text, test.first); got != test.want {
			t.Errorf("form(%q, %v) is %d, want %d", test.text, test.first, got, test.want)
		}
	}
}

// TestEncode looks at the windows of one sentence.
func TestEncode(t *testing.T) {
	sentence := [][]word{{{"Oslo", 1}, {"is", 0}}}
	v := newVocabulary([][]word{{{"is", 0}, {"oslo", 1}}})
	x := encode(sentence, v)
	if want := []int32{0, 0, 3, 2, 0, 0, 3, 2, 0, 0}; x.N != 2 || !slices.Equal(x.IDs, want) {
		t.Errorf("have %d windows with ids %v, want 2 with %v", x.N, x.IDs, want)
	}
	if want := []int32{0, 0, first, lower, 0, 0, first, lower, 0, 0}; !slices.Equal(x.Form, want) {
		t.Errorf("have forms %v, want %v", x.Form, want)
	}
	// The 32-bit FNV-1a hashes of osl, is and slo, as computed elsewhere.
	if want := []int32{0, 0, 618, 137, 0, 0, 618, 137, 0, 0}; !slices.Equal(x.Head, want) {
		t.Errorf("have heads %v, want %v", x.Head, want)
	}
	if want := []int32{0, 0, 315, 137, 0, 0, 315, 137, 0, 0}; !slices.Equal(x.Tail, want) {
		t.Errorf("have tails %v, want %v", x.Tail, want)
	}
	if want := []int32{1, 0}; !slices.Equal(x.Tag, want) {
		t.Errorf("have tags %v, want %v", x.Tag, want)
	}
}

func TestParse(t *testing.T) {
	for _, args := range [][]string{{"-epochs", "-1"}, {"-seed", "x"}, {"more"}, {"-load", "x", "-data", "y"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%v is no error", args)
		}
	}
}
