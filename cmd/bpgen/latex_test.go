package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLaTeX lets LaTeX read the explanations of the example models, in all four
// ways.
func TestLaTeX(t *testing.T) {
	pdflatex, err := exec.LookPath("pdflatex")
	if err != nil {
		t.Skip("needs pdflatex, with amsmath and tikz")
	}
	models, err := filepath.Glob("../../examples/*/*.bp")
	if err != nil || len(models) < 20 {
		t.Fatal(err, models)
	}
	for _, model := range models {
		name := strings.TrimSuffix(filepath.Base(model), ".bp")
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			out := filepath.Join(dir, name+".tex")
			var errs bytes.Buffer
			if code := run([]string{"explain", "-format", "latex", "-o", out, model}, strings.NewReader(""), &errs, &errs); code != 0 {
				if strings.Contains(errs.String(), "no func or model with a derivative") {
					return // a file for others to import
				}
				t.Fatalf("exit %d: %s", code, errs.String())
			}
			cmd := exec.Command(pdflatex, "-interaction=nonstopmode", "-halt-on-error", "-draftmode", filepath.Base(out))
			cmd.Dir = dir
			if log, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, tail(log))
			}
		})
	}
}

func tail(b []byte) []byte { return b[max(0, len(b)-1500):] }
