package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// The kinds of name, as the model numbers them.
var tags = []string{"O", "LOC", "ORG", "PER", "MISC"}

// location is the one that is sought.
const location = 1

// A word of a sentence and what it names.
type word struct {
	text string
	tag  int
}

// readCoNLL reads sentences: a word to a line, of fields separated by white
// space, the first of which is the word and the last its tag. An empty line
// ends a sentence; so does one whose word is -DOCSTART-, which is no part of
// the text. The name stands in errors.
func readCoNLL(r io.Reader, name string) ([][]word, error) {
	var sentences [][]word
	var sentence []word
	end := func() {
		if len(sentence) > 0 {
			sentences = append(sentences, sentence)
			sentence = nil
		}
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	at := 0
	for lines.Scan() {
		at++
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || fields[0] == "-DOCSTART-" {
			end()
			continue
		}
		if len(fields) == 1 {
			return nil, fmt.Errorf("%s:%d: want a word and its tag, have %q only", name, at, fields[0])
		}
		tag, err := parseTag(fields[len(fields)-1])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, at, err)
		}
		sentence = append(sentence, word{fields[0], tag})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, at+1, err)
	}
	end()
	return sentences, nil
}

// parseTag returns the number of a tag. Its prefix says how words form a name,
// which is not asked here: I-LOC and B-LOC are both LOC.
func parseTag(s string) (int, error) {
	kind := s
	if prefix, rest, ok := strings.Cut(s, "-"); ok && (prefix == "I" || prefix == "B") {
		kind = rest
	}
	for i, t := range tags {
		if t == kind && (i > 0) == (kind != s) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("unknown tag %q: want O, or I- or B- and one of %s", s, strings.Join(tags[1:], ", "))
}

// split returns the first four fifths of the sentences to learn from, and the
// rest to be tested with.
func split(sentences [][]word) (train, held [][]word) {
	n := 4 * len(sentences) / 5
	return sentences[:n], sentences[n:]
}
