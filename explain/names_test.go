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
	checkSayings(t, []saying{
		{"func F(w [n], x [n]) = sum(sigmoid(w*x)*tanh(x))", "s = σ(w∘x); a = tanh(x); f = sᵀ·a; ∂f/∂w = δs∘s∘(1 − s)∘x; ∂f/∂x = δs∘s∘(1 − s)∘w + δa∘tanh′(x); with tanh′(x) = 1 − a²"},
		{"func F(s, x) = s + x*sigmoid(x)", "s₁ = σ(x); f = s + x·s₁; ∂f/∂x = δs₁·σ′(x) + s₁"},
		{"func F(x, const y) = x*x*sigmoid(y)", "f = x²·σ(y)"}, // it has no derivative here
		{"func F(x) = tanh(x) + x", "a = tanh(x); f = a + x"},
	})
}

// What comes back to a window goes to the place of its maximum, or to all places
// alike; each element says which window it is in.
func TestWindows(t *testing.T) {
	checkSayings(t, []saying{
		{"import \"nn\"\n\nfunc F(x [2, 8, 6]) = sumsq(maxpool[2](x))", "∂f/∂x[i,j,k] = [(j mod 2)·2 + k mod 2 = argmaxₗ,ₚ x[i,2·⌊j/2⌋ + l,2·⌊k/2⌋ + p]]·δY[i,⌊j/2⌋,⌊k/2⌋]"},
		{"import \"nn\"\n\nfunc F(x [2, 8]) = sumsq(maxpool1d[2](x))", "∂f/∂x[i,j] = [j mod 2 = argmaxₖ x[i,2·⌊j/2⌋ + k]]·δY[i,⌊j/2⌋]"},
		{"import \"nn\"\n\nfunc F(x [1, 5]) = sumsq(maxpool1d[3, stride = 2](x))", ""},
		{"import \"nn\"\n\nfunc F(x [2, 8, 6]) = sumsq(avgpool[2](x))", "∂f/∂x[i,j,k] = δY[i,⌊j/2⌋,⌊k/2⌋]/4"},
		{"import \"nn\"\n\nmodel M(x [1, 7, 7]) {\n c = conv2d[2, 2](x)\n h = maxpool[2](tanh(c))\n loss sumsq(h)\n}", ""},
		{"import \"nn\"\n\nmodel M(x [1, 9, 9], y [2, 4, 4]) {\n h = conv2d[2, 3, stride = 2](x)\n loss sumsq(h - y)\n}", "Yʰ[i,j,k] = Σ_(l,p,q) Fʰ[i,l,p,q]·x[l,2·j + p,2·k + q]"},
	})
}

// A saying is a member and equations that it is explained by.
type saying struct{ src, want string }

// checkSayings checks the formulas of members, and that the wanted ones are among them.
func checkSayings(t *testing.T, all []saying) {
	t.Helper()
	for _, c := range all {
		path := filepath.Join(t.TempDir(), "m.bp")
		if err := os.WriteFile(path, []byte("package m\n\n"+c.src+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		d := derive(t, path)[0]
		checkFormulas(t, d, point(t, path))
		text := d.EquationsText(Options{Width: 160})
		for _, line := range strings.Split(c.want, "; ") {
			if line != "" && !strings.Contains(text, "  "+line+" ") && !strings.Contains(text, "  "+line+"\n") {
				t.Errorf("%s: there is no line %s in\n%s", c.src, line, text)
			}
		}
	}
}
