package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEachElement holds the formulas of a while of each element.
func TestEachElement(t *testing.T) {
	d := deriveText(t, `package each

func halve(x) {
    while abs(a) > 1 carry a = x { next a = a/2 }
    return a
}

func Each(x [n]) {
    s[i] = halve(x[i])
    return sum(s)
}
`)
	checkFormulas(t, d, &Point{})
	text := d.EquationsText(Options{Width: 100})
	for _, want := range []string{
		"aₜ₊₁ = if 1 < |aₜ| { a′[t] } else { aₜ }",
		"δaₜ = (if 1 < |aₜ| { 0 } else { δaₜ₊₁ }) + δa′[t]/2",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
}

// TestByName holds that the derivative of what a loop carries speaks of its value.
func TestByName(t *testing.T) {
	text := deriveText(t, `package rnn

func Rnn(W, U [n, n], x [m, n]) {
    scan xt in x carry h [n] = 0 {
        next h = tanh(W @ xt + U @ h)
    }
    return sumsq(h)
}
`).EquationsText(Options{Width: 100})
	if want := "δhₜ₊₁∘(1 − hₜ₊₁²)"; !strings.Contains(text, want) {
		t.Errorf("there is no %s in\n%s", want, text)
	}
}

// deriveText is the first derivation of a model.
func deriveText(t *testing.T, text string) *Derivation {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.bp")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return derive(t, path)[0]
}
