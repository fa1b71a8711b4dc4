package driver

import (
	"os"
	"strings"
	"testing"
)

// Squares that are differentiated again and again make formulas that double,
// and more, with each: a playground answers while they can be read, and then says
// that it is too much. What is written is a measure of the work that it takes.
func TestPlayEffort(t *testing.T) {
	for _, m := range []struct{ name, head, again, end string }{
		{"of a number", "func F(x) {\n s0 = sin(x)*x\n", "s#+ = grad(s#*s#, x)\n", "return s$\n}\n"},
		{"of a vector", "func F(W [n, n], x [n]) {\n s0 = sum(sin(W*x)*x)\n", "g#+ = grad(s#*s#, x)\n s#+ = sum(g#+*g#+)\n", "return s$\n}\n"},
	} {
		t.Run(m.name, func(t *testing.T) {
			refused := false
			for n := 1; n <= 6 && !refused; n++ {
				src := "package a\n" + m.head + each(n, m.again, "") + strings.ReplaceAll(m.end, "$", string(rune('0'+n)))
				a := Play(Request{Source: src})
				if refused = a.Errors != ""; refused && !strings.Contains(a.Errors, "model.bp:2:6: the model takes more than") {
					t.Errorf("%d derivatives: %s", n, a.Errors)
				}
				if len(a.HTML) > 8<<20 {
					t.Errorf("%d derivatives: %d MB", n, len(a.HTML)>>20)
				}
			}
			if !refused {
				t.Error("nothing is too much")
			}
		})
	}
}

// What is no more than a large model is explained with the steps that a page has.
func TestPlayExamples(t *testing.T) {
	for _, name := range []string{"lenet/lenet", "chars/chars"} {
		src, err := os.ReadFile("../../examples/" + name + ".bp")
		if err != nil {
			t.Fatal(err)
		}
		a := Play(Request{Source: string(src)})
		if a.Errors != "" || strings.Contains(a.HTML, "to be laid out here") {
			t.Errorf("%s: %s", name, a.Errors)
		}
	}
}
