package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A σ or tanh within a larger expression has a name, by which its derivative is
// said: it is not written out again.
func TestActivationNames(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"func F(w [n], x [n]) = sum(sigmoid(w*x)*tanh(x))", "s = σ(w∘x); a = tanh(x); f = sᵀ·a; ∂f/∂w = δs∘s∘(1 − s)∘x; ∂f/∂x = δs∘s∘(1 − s)∘w + δa∘tanh′(x); with tanh′(x) = 1 − a²"},
		{"func F(s, x) = s + x*sigmoid(x)", "s₁ = σ(x); f = s + x·s₁; ∂f/∂x = δs₁·σ′(x) + s₁"},
		{"func F(x, const y) = x*x*sigmoid(y)", "f = x²·σ(y)"}, // it has no derivative here
		{"func F(x) = tanh(x) + x", "a = tanh(x); f = a + x"},
	} {
		path := filepath.Join(t.TempDir(), "m.bp")
		if err := os.WriteFile(path, []byte("package m\n\n"+c.src+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		d := derive(t, path)[0]
		checkFormulas(t, d, point(t, path))
		text := d.EquationsText(Options{Width: 100})
		for _, line := range strings.Split(c.want, "; ") {
			if !strings.Contains(text, "  "+line+" ") && !strings.Contains(text, "  "+line+"\n") {
				t.Errorf("%s: there is no line %s in\n%s", c.src, line, text)
			}
		}
	}
}
