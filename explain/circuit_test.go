package explain

import (
	"fmt"
	"strings"
	"testing"
)

// lecture returns a member of the lecture's models.
func lecture(t *testing.T, name string) *Derivation {
	t.Helper()
	for _, d := range derive(t, "../examples/lecture/lecture.bp") {
		if d.Name == name {
			return d
		}
	}
	t.Fatal("there is no", name)
	return nil
}

// TestCircuitNumbers holds the two circuits of the lecture against the numbers
// that it has for them.
func TestCircuitNumbers(t *testing.T) {
	for _, c := range []struct {
		name, at string
		want     map[string]string // value and gradient by name
	}{
		{"Circuit", "x=-2,y=5,z=-4", map[string]string{
			"x": "−2 −4", "y": "5 −4", "z": "−4 3", "q": "3 −4", "f": "−12 1",
		}},
		{"Neuron", "w=[2,-3,-3],x=[-1,-2]", map[string]string{
			"w[0]": "2 −0.20", "x[0]": "−1 0.39", "w[1]": "−3 −0.39", "x[1]": "−2 −0.59", "w[2]": "−3 0.20", "f": "0.73 1",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &Point{}
			if err := p.Parse(c.at); err != nil {
				t.Fatal(err)
			}
			d := lecture(t, c.name)
			for _, folded := range []bool{false, true} {
				got, err := d.Circuit(p, func(*Group) bool { return folded })
				if err != nil {
					t.Fatal(err)
				}
				seen := 0
				for _, g := range got.Gates {
					want, ok := c.want[g.Name]
					if !ok {
						continue
					}
					seen++
					if text := valueText(g.Value) + " " + valueText(g.Grad); text != want {
						t.Errorf("%s is %s, want %s", g.Name, text, want)
					}
				}
				if seen != len(c.want) {
					t.Errorf("%d of %d gates", seen, len(c.want))
				}
			}
		})
	}
}

// TestCircuitWires holds every wire's gradient against the chain rule: what
// came back to the gate times the local gradient; and what comes back to a
// gate against the sum over its wires.
func TestCircuitWires(t *testing.T) {
	for _, name := range []string{"Circuit", "Neuron", "Paths"} {
		d := lecture(t, name)
		for _, folded := range []bool{false, true} {
			c, err := d.Circuit(&Point{}, func(*Group) bool { return folded })
			if err != nil {
				t.Fatal(err)
			}
			sum := map[*Gate]float64{}
			for _, w := range c.Wires {
				if w.Grad == nil || w.Local == nil {
					t.Fatalf("%s: the wire from %s to %s has no gradient", name, w.From.called(), w.To.called())
				}
				if want := w.To.Grad.Data[0] * w.Local.Data[0]; !near(w.Grad.Data[0], want) {
					t.Errorf("%s: over the wire from %s to %s comes %g, want %g", name, w.From.called(), w.To.called(), w.Grad.Data[0], want)
				}
				sum[w.From] += w.Grad.Data[0]
			}
			for g, s := range sum {
				if !near(g.Grad.Data[0], s) {
					t.Errorf("%s: to %s comes %g, its wires say %g", name, g.called(), g.Grad.Data[0], s)
				}
			}
		}
	}
}

// TestNeuronGates holds the eight gates of the lecture's neuron, written out
// naively, against the lecture: what stands in each, its value, its gradient and
// its local gradients; folded they are σ, and then one gate.
func TestNeuronGates(t *testing.T) {
	p := &Point{}
	if err := p.Parse("w=[2,-3,-3],x=[-1,-2]"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		fold Folding
		want string
	}{
		{FoldNone, `
			× −2 0.20 [−1 2]
			× 6 0.20 [−2 −3]
			+ 4 0.20 [1 1]
			+ 1 0.20 [1 1]
			×(−1) −1 −0.20 [−1]
			exp 0.37 −0.53 [0.37]
			+1 1.37 −0.53 [1]
			1/x 0.73 1 [−0.53]`},
		{FoldInner, `
			× −2 0.20 [−1 2]
			× 6 0.20 [−2 −3]
			+ 4 0.20 [1 1]
			+ 1 0.20 [1 1]
			σ 0.73 1 [0.20]`},
		{FoldAll, `
			σ(w₀·x₀ + w₁·x₁ + w₂) 0.73 1 [−0.20 0.39 −0.39 −0.59 0.20]`},
	} {
		got, err := lecture(t, "Neuron").Circuit(p, c.fold.folds)
		if err != nil {
			t.Fatal(err)
		}
		d := got.Diagram("")
		if err := d.place(); err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, g := range got.Gates {
			if g.Leaf {
				continue
			}
			var locals []string
			for _, l := range d.Boxes[g.ID].Locals {
				locals = append(locals, l.Text)
			}
			text += fmt.Sprintf("\n\t\t\t%s %s %s %v", g.Label, valueText(g.Value), valueText(g.Grad), locals)
		}
		if text != c.want {
			t.Errorf("folded %q:%s\nwant%s", c.fold, text, c.want)
		}
	}
}

func near(a, b float64) bool { return a-b < 1e-12 && b-a < 1e-12 }

// TestGroups looks for the sigmoid in the neuron, and for the layers of a net.
func TestGroups(t *testing.T) {
	c, err := lecture(t, "Neuron").Circuit(&Point{}, func(*Group) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Groups) != 2 || c.Groups[0].Label != "σ" || len(c.Groups[0].in) != 4 || c.Groups[0].Outer != c.Groups[1] || len(c.Groups[1].in) != 8 {
		t.Errorf("groups of the neuron: %v", c.Groups)
	}
	c, err = lecture(t, "LayerNet").Circuit(&Point{Batch: 2}, func(*Group) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, g := range c.Gates {
		if g.Folded {
			labels = append(labels, g.Label)
		}
	}
	if got := strings.Join(labels, "; "); got != "σ(Wʰ⁰·x + bʰ⁰); σ(Wʰ¹·h₀ + bʰ¹); σ(Wʰ²·h₁ + bʰ²)" {
		t.Errorf("layers: %s", got)
	}
}

// TestPoint reads values, and says what is wrong with others.
func TestPoint(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"x=-2, w=[1,0.5]", "w=[2] [1 0.5] x=[] [-2] "},
		{"A=[[1,2],[3,4]]", "A=[2 2] [1 2 3 4] "},
		{"", ""},
		{"x", `"x" is not NAME=VALUE`},
		{"x=NaN", `x: "NaN" is not a number`},
		{"x=[1,[2]]", "x: the rows are of different lengths"},
		{"x=[1,", "x: [1, is not a list of numbers"},
		{"x=1,x=2", "x is given twice"},
	} {
		p := &Point{}
		err := p.Parse(c.at)
		got := ""
		for _, name := range []string{"A", "w", "x"} {
			if v := p.Inputs[name]; v != nil {
				got += fmt.Sprintf("%s=%v %v ", name, v.Shape, v.Data)
			}
		}
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.at, got, c.want)
		}
	}
}

// TestCSV reads examples from a table, and says what is wrong with others.
func TestCSV(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"x[1],y,x[0]\n2,3,1\n5,6,4\n", "x=[2 2] [1 2 4 5] y=[2] [3 6] "},
		{"x\n", "there are no examples below the names of the columns"},
		{"x\none\n", `line 2, column x: "one" is not a number`},
		{"x[0],x[2]\n1,2\n", "the columns of x are not x[0] to x[1]"},
		{"x,x[0]\n1,2\n", "the columns of x are not x[0] to x[1]"},
		{"x,x\n1,2\n", `column 2 is called "x", as another is`},
		{"x[a]\n1\n", `column 1 is called "x[a]", which is neither NAME nor NAME[0]`},
	} {
		p := &Point{}
		err := p.ReadCSV([]byte(c.text))
		got := ""
		for _, name := range []string{"x", "y"} {
			if v := p.Inputs[name]; v != nil {
				got += fmt.Sprintf("%s=%v %v ", name, v.Shape, v.Data)
			}
		}
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

// TestIndexGiven refuses an index that is out of range.
func TestIndexGiven(t *testing.T) {
	p := &Point{}
	if err := p.Parse("y=4"); err != nil {
		t.Fatal(err)
	}
	if _, err := lecture(t, "Softmax").Deltas(p); err == nil || err.Error() != "Softmax: y has a 4, and is a whole number from 0 to 3" {
		t.Error(err)
	}
}

// TestGiven refuses values that do not fit.
func TestGiven(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"w=[1,2]", "w has shape [3], what is given has [2]"},
		{"w=1", "w has shape [3], what is given has 0 dims"},
	} {
		p := &Point{}
		if err := p.Parse(c.at); err != nil {
			t.Fatal(err)
		}
		if _, err := lecture(t, "Neuron").Circuit(p, func(*Group) bool { return false }); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v", c.at, err)
		}
	}
}
