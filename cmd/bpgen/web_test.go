package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestWeb validates the pages and drives them in a browser. It needs Node.js,
// Chromium, and the npm packages katex, html-validate, axe-core and
// playwright-core in $BPGEN_WEB/node_modules.
func TestWeb(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs Node.js")
	}
	web := os.Getenv("BPGEN_WEB")
	if web == "" {
		t.Skip("needs BPGEN_WEB, a folder with node_modules that have katex, html-validate, axe-core and playwright-core")
	}
	dir := t.TempDir()
	deep := filepath.Join(dir, "deep.bp")
	if err := os.WriteFile(deep, []byte(deepNet(40)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"explain", "-o", filepath.Join(dir, "lecture.html"), "../../examples/lecture/lecture.bp"},
		{"explain", "-o", filepath.Join(dir, "neuron.html"), "../../templates/bp/lecture/2-neuron.bp"},
		{"explain", "-o", filepath.Join(dir, "layers.html"), "../../templates/bp/lecture/5-layers.bp"},
		{"explain", "-o", filepath.Join(dir, "shortcuts.html"), "../../templates/bp/lecture/7-shortcuts.bp"},
		{"explain", "-o", filepath.Join(dir, "deep.html"), deep},
		{"explain", "-as", "equations", "-format", "markdown", "-o", filepath.Join(dir, "lecture.md"), "../../examples/lecture/lecture.bp"},
		{"explain", "-as", "equations", "-format", "markdown", "-o", filepath.Join(dir, "window.md"), "../../examples/window/window.bp"},
	} {
		var errs bytes.Buffer
		if code := run(args, strings.NewReader(""), &errs, &errs); code != 0 {
			t.Fatalf("%q: exit %d: %s", args, code, errs.String())
		}
	}
	h, err := playground()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	defer s.Close()
	out, err := exec.Command(node, "testdata/web/check.mjs", dir, s.URL+"/").CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

// deepNet is a model of n layers.
func deepNet(n int) string {
	return fmt.Sprintf(`package deep

import "nn"

model Deep(x [4], y [4]) {
    for l < %d carry h = x {
        next h = tanh(dense[4](h))
    }
    output h
    loss sumsq(h - y)
}
`, n)
}
