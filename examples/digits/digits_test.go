package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestRun trains as the command does and wants what the README promises.
func TestRun(t *testing.T) {
	s, err := parse([]string{"-epochs", "15", "-out", t.TempDir()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	accuracy, err := run(s, &out, &progress)
	if err != nil {
		t.Fatal(err)
	}
	if accuracy < 0.97 {
		t.Errorf("the accuracy on the images held out is %.4f, want at least 0.97\n%s", accuracy, &out)
	}
	if progress.Len() > 0 {
		t.Errorf("what is no terminal gets a progress bar: %q", &progress)
	}
	for _, name := range []string{"digits.safetensors", "loss.png"} {
		if i, err := os.Stat(filepath.Join(s.out, name)); err != nil || i.Size() == 0 {
			t.Errorf("%s is missing or empty: %v", name, err)
		}
	}
}

func TestParse(t *testing.T) {
	for _, args := range [][]string{{"-epochs", "0"}, {"-batch", "-1"}, {"-seed", "x"}, {"more"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%v is no error", args)
		}
	}
}
