// Command chars teaches two models some sonnets, character by character, and lets
// each go on from a few words.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/generated/chars"
)

//go:generate go tool bpgen gen -plain -o ../../generated/chars chars.bp

func main() {
	steps := flag.Int("steps", 1000, "of training, of each model")
	flag.Parse()
	if _, err := run(*steps, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chars:", err)
		os.Exit(1)
	}
}

// Sonnets by William Shakespeare, in the public domain; see data/README.md.
//
//go:embed data/sonnets.txt
var text string

// A model is one of the two, as the program needs it.
type model struct {
	name string
	// step learns from n windows of characters and of those that follow each.
	step func(n int, ids, following []int32) (loss float32, err error)
	// next gives the probabilities of what follows ids.
	next func(ids []int32) ([]float32, error)
}

// open makes both models ready, for so many different characters.
func open(vocab int) ([]model, error) {
	l, err := chars.NewLstm(vocab, 1)
	if err != nil {
		return nil, err
	}
	g, err := chars.NewGPT(vocab, 1)
	if err != nil {
		return nil, err
	}
	lt, gt := l.NewTrainer(), g.NewTrainer()
	last := func(p []float32) []float32 { return p[len(p)-vocab:] }
	return []model{
		{"LSTM", func(n int, ids, following []int32) (float32, error) {
			loss, err := lt.Step(chars.LstmBatch{N: n, T: len(ids) / n, IDs: ids, Following: following})
			return loss.Loss, err
		}, func(ids []int32) ([]float32, error) {
			out, err := lt.Work().Infer(len(ids), ids)
			return last(out.Output), err
		}},
		{"GPT", func(n int, ids, following []int32) (float32, error) {
			loss, err := gt.Step(chars.GPTBatch{N: n, T: len(ids) / n, IDs: ids, Following: following})
			return loss.Loss, err
		}, func(ids []int32) ([]float32, error) {
			out, err := gt.Work().Infer(len(ids), ids)
			return last(out.Output), err
		}},
	}, nil
}

// run teaches both models and returns their losses at the end, means of the last
// ten steps.
func run(steps int, out io.Writer) (losses []float64, err error) {
	letters, ids := encode(text)
	models, err := open(len(letters))
	if err != nil {
		return nil, err
	}
	const size, length = 8, 32 // windows in a step, characters in a window
	for _, m := range models {
		random := rand.New(rand.NewPCG(1, 0))
		var x, y []int32
		end := 0.0
		for i := range steps {
			x, y = x[:0], y[:0]
			for range size {
				at := random.IntN(len(ids) - length)
				x = append(x, ids[at:][:length]...)
				y = append(y, ids[at+1:][:length]...)
			}
			loss, err := m.step(size, x, y)
			if err != nil {
				return nil, err
			}
			if i%(steps/5+1) == 0 || i == steps-1 {
				fmt.Fprintf(out, "%s, step %4d: loss %.3f\n", m.name, i, loss)
			}
			if i >= steps-10 {
				end += float64(loss) / 10
			}
		}
		losses = append(losses, end)
		said, err := say(m, letters, "When in ", 200, random)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(out, "\n%s\n\n", said)
	}
	return losses, nil
}

// say goes on from a beginning by n characters, each drawn by what the model
// says after the last 32.
func say(m model, letters []rune, beginning string, n int, random *rand.Rand) (string, error) {
	said := []rune(beginning)
	for range n {
		var ids []int32
		for _, r := range said[max(0, len(said)-32):] {
			ids = append(ids, int32(slices.Index(letters, r)))
		}
		p, err := m.next(ids)
		if err != nil {
			return "", err
		}
		u, k := random.Float32(), 0
		for ; k < len(p)-1 && u >= p[k]; k++ {
			u -= p[k]
		}
		said = append(said, letters[k])
	}
	return string(said), nil
}

// encode returns the characters of a text in order, and the text as their numbers.
func encode(text string) (letters []rune, ids []int32) {
	for _, r := range text {
		if !slices.Contains(letters, r) {
			letters = append(letters, r)
		}
	}
	slices.Sort(letters)
	for _, r := range strings.TrimSpace(text) {
		ids = append(ids, int32(slices.Index(letters, r)))
	}
	return letters, ids
}
