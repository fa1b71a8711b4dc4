package main

import (
	"hash/fnv"
	"strings"
	"unicode"

	"github.com/bpgen/bpgen/generated/window"
)

const (
	width   = 5    // words in a window; the middle one is in question
	around  = 2    // words on either side
	affixes = 1000 // first and last letters are hashed into so many
)

// Each of a word's features is 0 outside the sentence.

// The forms of a word.
const (
	lower       = iota + 1
	capitalised // the first character only
	capitals    // every letter
	number
	mixed
	punctuation
	first // as capitalised, but of the first word, which always is
)

// form returns the form of a word as written.
func form(text string, isFirst bool) int32 {
	letters, digits, upper, starts := 0, 0, 0, false
	for i, c := range text {
		if unicode.IsLetter(c) {
			letters++
		}
		if unicode.IsDigit(c) {
			digits++
		}
		if unicode.IsUpper(c) {
			upper++
			starts = starts || i == 0
		}
	}
	switch {
	case digits > 0 && letters == 0:
		return number
	case digits > 0:
		return mixed
	case letters == 0:
		return punctuation
	case upper == 0:
		return lower
	case starts && upper == 1 && isFirst:
		return first
	case starts && upper == 1:
		return capitalised
	case upper == letters:
		return capitals
	}
	return mixed
}

// ends returns the features of a word's first three characters and of its last
// three. Words with the same hash share a vector.
func ends(text string) (head, tail int32) {
	c := []rune(strings.ToLower(text))
	n := min(3, len(c))
	return affix(c[:n]), affix(c[len(c)-n:])
}

func affix(c []rune) int32 {
	h := fnv.New32a()
	h.Write([]byte(string(c)))
	return int32(1 + h.Sum32()%(affixes-1))
}

// examples are the windows of sentences, one a word, as a batch of the model
// has them.
type examples struct{ window.WindowBatch }

// encode makes the windows of sentences.
func encode(sentences [][]word, v *vocabulary) *examples {
	x := &examples{}
	for _, s := range sentences {
		// The features of each word, once, with places outside on both sides.
		n := len(s) + 2*around
		ids, forms := make([]int32, n), make([]int32, n)
		heads, tails := make([]int32, n), make([]int32, n)
		for i, w := range s {
			at := around + i
			ids[at] = v.id(w.text)
			forms[at] = form(w.text, i == 0)
			heads[at], tails[at] = ends(w.text)
		}
		for i, w := range s {
			x.N++
			x.IDs = append(x.IDs, ids[i:][:width]...)
			x.Form = append(x.Form, forms[i:][:width]...)
			x.Head = append(x.Head, heads[i:][:width]...)
			x.Tail = append(x.Tail, tails[i:][:width]...)
			x.Tag = append(x.Tag, int32(w.tag))
		}
	}
	return x
}

// pick sets to to the windows at some places of x. It reuses the memory of to.
func (x *examples) pick(places []int, to *examples) {
	to.N = len(places)
	to.IDs, to.Form, to.Head, to.Tail, to.Tag = to.IDs[:0], to.Form[:0], to.Head[:0], to.Tail[:0], to.Tag[:0]
	for _, i := range places {
		to.IDs = append(to.IDs, x.IDs[i*width:][:width]...)
		to.Form = append(to.Form, x.Form[i*width:][:width]...)
		to.Head = append(to.Head, x.Head[i*width:][:width]...)
		to.Tail = append(to.Tail, x.Tail[i*width:][:width]...)
		to.Tag = append(to.Tag, x.Tag[i])
	}
}
