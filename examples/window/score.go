package main

import "fmt"

// A score counts how locations were found.
type score struct {
	found int // what was said to be a location and is one
	said  int // what was said to be a location
	are   int // what is a location
}

// add counts a word.
func (s *score) add(got, want int) {
	if got == location {
		s.said++
	}
	if want == location {
		s.are++
		if got == location {
			s.found++
		}
	}
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// precision is how much of what was said is right.
func (s score) precision() float64 { return ratio(s.found, s.said) }

// recall is how much of what is there was found.
func (s score) recall() float64 { return ratio(s.found, s.are) }

// f1 is the harmonic mean of both.
func (s score) f1() float64 { return ratio(2*s.found, s.said+s.are) }

func (s score) String() string {
	return fmt.Sprintf("%9.3f  %6.3f  %5.3f", s.precision(), s.recall(), s.f1())
}

// baseline remembers for each word, as written, the tag that it has most often.
type baseline map[string]int

// newBaseline learns from sentences.
func newBaseline(sentences [][]word) baseline {
	counts := map[string][]int{}
	b := baseline{}
	for _, s := range sentences {
		for _, w := range s {
			c := counts[w.text]
			if c == nil {
				c = make([]int, len(tags))
				counts[w.text] = c
			}
			c[w.tag]++
		}
	}
	// Of tags that are equally frequent the one seen first counts.
	for _, s := range sentences {
		for _, w := range s {
			c := counts[w.text]
			if best, ok := b[w.text]; !ok || c[w.tag] > c[best] {
				b[w.text] = w.tag
			}
		}
	}
	return b
}

// score compares what b says with what is. A word it does not know names
// nothing, which is tag 0.
func (b baseline) score(sentences [][]word) score {
	var sc score
	for _, s := range sentences {
		for _, w := range s {
			sc.add(b[w.text], w.tag)
		}
	}
	return sc
}
