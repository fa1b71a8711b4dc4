package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLaTeX lets LaTeX read the explanations of the example models.
func TestLaTeX(t *testing.T) {
	pdflatex, err := exec.LookPath("pdflatex")
	if err != nil {
		t.Skip("needs pdflatex, with amsmath and tikz")
	}
	for _, model := range []string{"lecture/lecture.bp", "window/window.bp", "digits/digits.bp"} {
		t.Run(filepath.Base(model), func(t *testing.T) {
			dir := t.TempDir()
			for _, view := range []string{"equations", "circuit", "graph", "deltas"} {
				var errs bytes.Buffer
				args := []string{"explain", "-as", view, "-format", "latex", "-o", filepath.Join(dir, view+".tex"), "../../examples/" + model}
				if code := run(args, strings.NewReader(""), &errs, &errs); code != 0 {
					t.Fatalf("%q: exit %d: %s", args, code, errs.String())
				}
				cmd := exec.Command(pdflatex, "-interaction=nonstopmode", "-halt-on-error", view+".tex")
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", view, err, tail(out))
				}
			}
		})
	}
}

func tail(b []byte) []byte { return b[max(0, len(b)-1500):] }
