package driver

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/explain"
)

// TestCodeMap holds generated code against the formulas: every line of a
// gradient leads to a place in the model and to a formula, and every formula
// to lines.
func TestCodeMap(t *testing.T) {
	files, err := modelFiles()
	if err != nil || len(files) < 20 {
		t.Fatal(err, files)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			e, res, err := Explain(path, src, Options{})
			if err != nil || len(res.Diags) > 0 {
				t.Fatal(err, res.Diags)
			}
			back := slices.ContainsFunc(e.Derivations, func(d *explain.Derivation) bool { return goesBack(e.Code(), d) })
			if n := checkCode(t, e); n == 0 && back {
				t.Error("no line is derived")
			}
		})
	}
}

// checkCode returns how many lines belong to the way back.
func checkCode(t *testing.T, e *explain.Explanation) (derived int) {
	code := e.Code()
	reached := map[*explain.Value]bool{}
	for _, f := range code {
		gradients := map[string]bool{} // functions with a way back
		for _, l := range f.Lines {
			gradients[l.Func] = gradients[l.Func] || l.Derived
		}
		for i, l := range f.Lines {
			if statement := strings.Trim(l.Text, "\t}"); l.Func != "" && gradients[l.Func] && statement != "" && !l.Noted {
				t.Errorf("%s:%d: nothing is known of %s", f.Name, i+1, l.Text)
			}
			for _, s := range l.Backward {
				reached[s.Value] = true
				if !s.Value.Origin().Span.Pos.IsValid() {
					t.Errorf("%s:%d: %s has no place in the model", f.Name, i+1, s.Value.Name)
				}
			}
			if l.Derived {
				derived++
				if len(l.Backward) == 0 {
					t.Errorf("%s:%d: no formula for %s", f.Name, i+1, l.Text)
				}
			}
		}
	}
	for _, d := range e.Derivations {
		if !goesBack(code, d) {
			continue // it asks for another derivative
		}
		for _, v := range d.Backwards() {
			if !reached[v] {
				t.Errorf("%s: no line for %s", d.Name, v.Back.Equation.Text())
			}
		}
	}
	return derived
}

// modelFiles lists the example models: those of examples, the starters, the
// lecture's, and those of the conformance tests.
func modelFiles() (files []string, err error) {
	for _, pattern := range []string{"../../examples/*/*.bp", "../../templates/bp/starters/*.bp", "../../templates/bp/lecture/*.bp", "../../testdata/conformance/*.bp"} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	return files, nil
}

// goesBack reports whether the code has a function that goes back through d.
func goesBack(code []*explain.CodeFile, d *explain.Derivation) bool {
	return has(code, d.Name+"Grad", d.Name+"VJP", d.Name+"Work.grad", d.Name+"Work.vjp")
}

// has reports whether there is a function with one of the names in the code.
func has(code []*explain.CodeFile, names ...string) bool {
	for _, f := range code {
		for _, l := range f.Lines {
			if slices.Contains(names, l.Func) {
				return true
			}
		}
	}
	return false
}
