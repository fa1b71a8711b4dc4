package explain

import (
	"fmt"
	"strings"
	"testing"
)

// deepModel is a net of blocks of attention, by calls in a for.
const deepModel = `package deep

import "nn"

dim T = 3, D = 2

func head(q, k, v [T, D]) [T, D] {
    A[t, s] = softmax[s <= t](sum[d] q[t, d]*k[s, d]/sqrt(D))
    o[t, d] = sum[s] A[t, s]*v[s, d]
    return o
}

layer attention(x [T, D]) [T, D] {
    q = dense[D](x)
    k = dense[D](x)
    v = dense[D](x)
    o = dense[D](head(q, k, v))
    return o
}

layer block(x [T, D]) [T, D] {
    a = attention(x)
    f = tanh(dense[3](x + a))
    g = dense[D](f)
    return x + g
}

model Deep(x [T, D], y [D]) {
    for i < %d carry h = x {
        b = block(h)
        next h = b
    }
    s[d] = mean[t] h[t, d]
    loss sumsq(s - y)/2
}
`

func deep(t *testing.T, blocks int) *Derivation {
	t.Helper()
	return deriveText(t, strings.Replace(deepModel, "%d", fmt.Sprint(blocks), 1))
}

// TestCalls finds the calls of a deep net in each other, and looks at what is
// seen with all of them folded.
func TestCalls(t *testing.T) {
	d := deep(t, 3)
	var tree strings.Builder
	for _, g := range d.valueGroups() {
		fmt.Fprintf(&tree, "%s%s: %s\n", strings.Repeat("  ", len(g.path())-1), g.Name(), g.Label)
	}
	one := "block b₀: block(x)\n  attention aᵇ⁰: attention(x)\n    head o: head(…)\n  fᵇ⁰: tanh("
	if got := tree.String(); !strings.HasPrefix(got, one) || strings.Count(got, "\n") != 12 || strings.Count(got, "\nblock") != 2 {
		t.Errorf("groups:\n%s\nbegin not with\n%s", got, one)
	}
	f := d.Flow()
	var boxes []string
	for _, b := range f.Diagram(f.sight(FoldAuto)).Boxes {
		boxes = append(boxes, b.Text)
	}
	if got := strings.Join(boxes, "; "); got != "x; y; b₀ = block(x); b₁ = block(b₀); b₂ = block(b₁); s; ℓ = ‖s − y‖²/2; E = Σₙ ℓ/N" {
		t.Errorf("boxes: %s", got)
	}
}

// TestSights holds what the pictures of a deep net show against the circuit of
// all values: each shows a value in one place and after what it is made from,
// what comes back to it is the same, and all that comes back to a group over its
// wires is all that comes back from it.
func TestSights(t *testing.T) {
	d := deep(t, 3)
	fine, err := d.valueCircuit(&Point{Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	grad := map[*Value]string{}
	for _, g := range fine.Gates {
		grad[g.Of] = valueText(g.Grad)
	}
	seen := map[*Value]bool{}
	keys := map[string]bool{}
	for _, p := range panes(fine.Groups, fine.values()) {
		if keys[p.key] {
			t.Errorf("two pictures with open %q", p.key)
		}
		keys[p.key] = true
		c := fine.see(p.sight)
		if len(c.Gates) > many && p.title != "all open" {
			t.Errorf("%s: %d gates", p.title, len(c.Gates))
		}
		sums := map[*Gate]map[*Value]float64{}
		for _, w := range c.Wires {
			if w.From.ID >= w.To.ID {
				t.Errorf("%s: %s reads %s, which comes later", p.title, w.To.called(), w.From.called())
			}
			if w.Grad != nil && w.name == "" {
				if sums[w.From] == nil {
					sums[w.From] = map[*Value]float64{}
				}
				sums[w.From][w.From.Of] += w.Grad.Data[0]
			}
		}
		for i, g := range c.Gates {
			if g.ID != i || valueText(g.Grad) != grad[g.Of] {
				t.Errorf("%s: gate %d is %d, with %s of %s coming back", p.title, i, g.ID, valueText(g.Grad), grad[g.Of])
			}
			if !g.Folded {
				seen[g.Of] = true
			}
			if s := sums[g]; s != nil && p.sight.inside == nil && !near(s[g.Of], g.Grad.Data[0]) {
				t.Errorf("%s: over the wires of %s comes %g, to it %g", p.title, g.called(), s[g.Of], g.Grad.Data[0])
			}
		}
	}
	for v := range grad {
		if !seen[v] {
			t.Errorf("no picture shows %s", v.Text())
		}
	}
}

// TestDeepPage holds a page of a deep net to a size in proportion to the net.
func TestDeepPage(t *testing.T) {
	size := func(blocks int) int {
		e := &Explanation{Title: "deep", Derivations: []*Derivation{deep(t, blocks)}}
		s, err := e.HTML(Views(), &Point{Batch: 2})
		if err != nil {
			t.Fatal(err)
		}
		return len(s)
	}
	fixed := size(1)
	if a, b := size(3)-fixed, size(5)-fixed; b > 2*a+2*a/5 {
		t.Errorf("two blocks more make %d bytes, four %d", a, b)
	}
}
