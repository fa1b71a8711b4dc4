package explain

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestWellFormed reads every drawing and formula as XML.
func TestWellFormed(t *testing.T) {
	for _, d := range derive(t, "../examples/lecture/lecture.bp") {
		e := &Explanation{Title: d.Name, Derivations: []*Derivation{d}}
		for _, v := range Views() {
			s, err := e.Write("svg", []View{v}, &Point{Batch: 2}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, d.Name+" "+v.Name, s)
		}
		forward, backward := d.Lines()
		for _, l := range append(forward, backward...) {
			wellFormed(t, l.Equation.Text(), l.Equation.MathML(d.linker()))
			if tex := l.Equation.LaTeX(); strings.Count(tex, "{") != strings.Count(tex, "}") {
				t.Errorf("%s: braces in %s", d.Name, tex)
			}
		}
	}
}

func wellFormed(t *testing.T, what, s string) {
	t.Helper()
	for r := xml.NewDecoder(strings.NewReader(s)); ; {
		_, err := r.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", what, err, s)
			return
		}
	}
}

// TestPageStandsAlone looks for anything in a page that would use a network,
// and for models that would become markup.
func TestPageStandsAlone(t *testing.T) {
	d := derive(t, "../examples/lecture/lecture.bp")
	e := &Explanation{
		Title: "<b>", Derivations: d,
		Model: Source{"m.bp", []byte("// </script><script>alert(1)</script>\n")},
		Go:    []Source{{"m.go", []byte("// <img src=x>\n")}},
	}
	d[0].Doc = []string{"<img src=x onerror=alert(1)>"}
	page, err := e.HTML(Views(), &Point{Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"http://", "https://", "@import", "url(", "<img", "alert(1)</script>", "<b>:"} {
		if i := strings.Index(page, s); i >= 0 {
			t.Errorf("there is %q in %q", s, page[max(0, i-40):i+60])
		}
	}
	for _, s := range []string{"Content-Security-Policy", "prefers-color-scheme:dark", "@media print", "<math", "<svg"} {
		if !strings.Contains(page, s) {
			t.Errorf("there is no %s", s)
		}
	}
}

// TestWidth holds text within its columns, and without colours where none are
// asked for.
func TestWidth(t *testing.T) {
	for _, name := range []string{"Score", "LayerNet", "Margin"} {
		for _, width := range []int{40, 72, 100} {
			for _, v := range Views() {
				s, err := v.text(lecture(t, name), &Point{Batch: 2}, Options{Width: width, Steps: true})
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(s, "\x1b") {
					t.Errorf("%s %s is coloured", name, v.Name)
				}
				for l := range strings.Lines(s) {
					// What can't be broken may be longer: one factor, one name.
					if n := columns(strings.TrimRight(l, "\n")); n > width && strings.Contains(strings.TrimSpace(l), " + ") {
						t.Errorf("%s %s: %d columns of %d: %s", name, v.Name, n, width, l)
					}
				}
			}
		}
	}
	s := lecture(t, "Score").EquationsText(Options{Width: 80, Color: true})
	if !strings.Contains(s, "\x1b[32m") || !strings.Contains(s, "\x1b[31m") {
		t.Error("no green or no red")
	}
}
