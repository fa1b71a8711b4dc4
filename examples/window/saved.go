package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpgen/bpgen/generated/window"
)

// What is saved in a folder. The weights are of use only with the vocabulary
// that they were learned with.
const (
	weightsFile    = "window.safetensors"
	vocabularyFile = "vocabulary.txt"
)

func save(dir string, m *window.Window, v *vocabulary) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, vocabularyFile))
	if err != nil {
		return err
	}
	_, err = v.WriteTo(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return m.Params.Save(filepath.Join(dir, weightsFile))
}

func load(dir string) (*window.Window, *vocabulary, error) {
	path := filepath.Join(dir, vocabularyFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	v, err := readVocabulary(f, path)
	if err != nil {
		return nil, nil, err
	}
	m, err := window.NewWindow(v.size(), 0)
	if err != nil {
		return nil, nil, err
	}
	return m, v, m.Params.Load(filepath.Join(dir, weightsFile))
}

// annotate finds locations in sentences, one to a line.
func annotate(dir string, r io.Reader, w io.Writer) error {
	m, v, err := load(dir)
	if err != nil {
		return err
	}
	work := m.NewWork()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var sentence []word
		for _, text := range strings.Fields(lines.Text()) {
			sentence = append(sentence, word{text: text})
		}
		got, err := predict(work, encode([][]word{sentence}, v))
		if err != nil {
			return err
		}
		text, _ := bracket(sentence, got)
		if _, err := io.WriteString(w, text+"\n"); err != nil {
			return err
		}
	}
	return lines.Err()
}

// bracket returns a sentence with its locations in brackets, and whether there
// are any.
func bracket(sentence []word, got []int) (text string, some bool) {
	var b strings.Builder
	within := false
	for i, w := range sentence {
		is := got[i] == location
		if within && !is {
			b.WriteByte(']')
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		if is && !within {
			b.WriteByte('[')
		}
		b.WriteString(w.text)
		within, some = is, some || is
	}
	if within {
		b.WriteByte(']')
	}
	return b.String(), some
}
