package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the commands of the documentation print into it")

// TestTutorial runs the commands of docs/backpropagation.md and compares what
// they print with what stands there, and the drawings that they write with
// those in docs/pictures. With -update it writes both.
func TestTutorial(t *testing.T) {
	t.Setenv("COLUMNS", "")
	t.Chdir("../..")
	const path = "docs/backpropagation.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := console.ReplaceAllStringFunc(string(text), func(block string) string {
		line, _, _ := strings.Cut(strings.TrimPrefix(block, "```console\n"), "\n")
		return "```console\n" + line + "\n" + bpgen(t, line) + "```\n"
	})
	if commands := len(console.FindAllString(got, -1)); commands < 6 {
		t.Errorf("%d commands", commands)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if got != string(text) {
		t.Errorf("%s is not what its commands print; go test ./cmd/bpgen -run Tutorial -update makes it so:\n%s", path, firstDifference(string(text), got))
	}
	for _, m := range drawing.FindAllStringSubmatch(string(text), -1) {
		file := m[2]
		out := filepath.Join(t.TempDir(), "out.svg")
		if *update {
			out = file
		}
		bpgen(t, m[1]+" -o "+out+m[3])
		want, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if data, err := os.ReadFile(out); err != nil || !bytes.Equal(data, want) {
			t.Errorf("%s is not what its command draws (%v)", file, err)
		}
	}
}

var (
	console = regexp.MustCompile("(?s)```console\n.*?```\n")
	drawing = regexp.MustCompile(`<!-- (\$ bpgen [^>]*?) -o (docs/\S+)( [^>]*?) -->`)
)

// bpgen runs a line of a shell and returns what it prints.
func bpgen(t *testing.T, line string) string {
	t.Helper()
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "$" || words[1] != "bpgen" {
		t.Fatalf("not a call of bpgen: %q", line)
	}
	var out, errs bytes.Buffer
	if code := run(words[2:], strings.NewReader(""), &out, &errs); code != 0 {
		t.Errorf("%s: exit %d: %s", line, code, errs.String())
	}
	return out.String()
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return "- " + x[i] + "\n+ " + y[i]
		}
	}
	return "one ends before the other"
}
