package explain

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryView writes every example model in every way and format; those of
// the conformance tests, which are many, in two formats.
func TestEveryView(t *testing.T) {
	for _, path := range models(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".bp"), func(t *testing.T) {
			t.Parallel()
			few := strings.Contains(path, "testdata") || strings.Contains(path, "gradbench")
			p := point(t, path)
			e := &Explanation{Title: "all", Derivations: derive(t, path)}
			for _, d := range e.Derivations {
				if few {
					break
				}
				one := &Explanation{Title: d.Name, Derivations: []*Derivation{d}}
				for _, v := range Views() {
					if _, err := one.Write("svg", []View{v}, p, Options{Width: 80}); err != nil {
						t.Error(v.Name, err)
					}
				}
			}
			for _, format := range []string{"text", "latex", "html", "markdown"} {
				if few && (format == "html" || format == "markdown") {
					break
				}
				s, err := e.Write(format, Views(), p, Options{Width: 80, Steps: true})
				if err != nil {
					t.Error(format, err)
				}
				for _, word := range []string{"?", "part(", "loop(", "formal", "%!", "passes!"} {
					if format == "text" && strings.Contains(s, word) {
						i := strings.Index(s, word)
						t.Errorf("%s has %q: %s", format, word, s[max(0, i-80):min(len(s), i+20)])
					}
				}
			}
		})
	}
}
