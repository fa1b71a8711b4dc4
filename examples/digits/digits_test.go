package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
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

func TestSplit(t *testing.T) {
	all, err := load()
	if err != nil {
		t.Fatal(err)
	}
	train, held := all.split()
	if all.N != 1797 || train.N != 1437 || held.N != 360 {
		t.Errorf("%d images are split into %d and %d, want 1797, 1437 and 360", all.N, train.N, held.N)
	}
}

func TestReadErrors(t *testing.T) {
	row := strings.Repeat("0,", pixels)
	for _, test := range []struct{ name, text, want string }{
		{"short", "0,1,2\n", "line 1"},
		{"grey", row + "1\n17," + row[2:] + "1\n", `line 2, column 1: "17" is not a whole number from 0 to 16`},
		{"digit", row + "10\n", `line 1, column 129: "10" is not a whole number from 0 to 9`},
	} {
		if _, err := read(strings.NewReader(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %q in it", test.name, err, test.want)
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
