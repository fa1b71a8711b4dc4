package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

const (
	unknown = 1 // the id of a word that was not seen in training
	known   = 2 // the id of the first that was
)

// A vocabulary numbers words, which are told apart by their lower-case letters
// only; the form of a word keeps the rest.
type vocabulary struct {
	words []string       // in sorted order
	ids   map[string]int // the place of each in words
	count []int          // how often each was seen in training
}

// newVocabulary returns the words of sentences.
func newVocabulary(sentences [][]word) *vocabulary {
	count := map[string]int{}
	for _, s := range sentences {
		for _, w := range s {
			count[strings.ToLower(w.text)]++
		}
	}
	v := &vocabulary{words: slices.Sorted(maps.Keys(count)), ids: map[string]int{}}
	for i, w := range v.words {
		v.ids[w] = i
		v.count = append(v.count, count[w])
	}
	return v
}

// size is the number of ids: with that of unknown words, and of places outside
// the sentence.
func (v *vocabulary) size() int { return known + len(v.words) }

// id returns the id of a word.
func (v *vocabulary) id(text string) int32 {
	if i, ok := v.ids[strings.ToLower(text)]; ok {
		return int32(known + i)
	}
	return unknown
}

// forget makes some words unknown, the rare ones more often: only so is the
// vector of unknown words learned.
func (v *vocabulary) forget(ids []int32, random *rand.Rand) {
	for i, id := range ids {
		if id >= known && random.Float64() < 0.5/(0.5+float64(v.count[id-known])) {
			ids[i] = unknown
		}
	}
}

// WriteTo writes the words, one to a line, in the order of their ids.
func (v *vocabulary) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, strings.Join(append(slices.Clone(v.words), ""), "\n"))
	return int64(n), err
}

// readVocabulary reads what WriteTo wrote. The name stands in errors.
func readVocabulary(r io.Reader, name string) (*vocabulary, error) {
	v := &vocabulary{ids: map[string]int{}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		w := lines.Text()
		if _, ok := v.ids[w]; ok || w == "" {
			return nil, fmt.Errorf("%s:%d: the word %q is empty or comes twice", name, len(v.words)+1, w)
		}
		v.ids[w] = len(v.words)
		v.words = append(v.words, w)
	}
	return v, lines.Err()
}
