package diag

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func span(file string, line, col, end int) Span {
	return Span{Pos{File: file, Line: line, Col: col}, Pos{File: file, Line: line, Col: end}}
}

func render(d *Diagnostic, src string, color bool) string {
	var b bytes.Buffer
	if err := Render(&b, List{d}, Sources{d.Span.Pos.File: []byte(src)}, color); err != nil {
		panic(err)
	}
	return b.String()
}

func TestRender(t *testing.T) {
	src := strings.Repeat("\n", 26) + "    a2 = sigmoid(W1 @ x + b1)\n"
	d := &Diagnostic{
		Span: span("window.bp", 27, 18, 24),
		Msg:  "cannot multiply W1 @ x",
		Notes: []Note{
			{"W1", "[100, 250]   param", span("window.bp", 17, 5, 7)},
			{"x", "[200]   flat(L[ids]) of [words=4, embed=50]", span("window.bp", 26, 9, 10)},
		},
		Hint: "the last dim of W1 must equal the only dim of x",
	}
	want := `window.bp:27:18: cannot multiply W1 @ x
    27 |     a2 = sigmoid(W1 @ x + b1)
       |                  ^^^^^^
    W1  [100, 250]   param, window.bp:17:5
    x   [200]        flat(L[ids]) of [words=4, embed=50], window.bp:26:9
    hint: the last dim of W1 must equal the only dim of x
`
	if got := render(d, src, false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	colored := render(d, src, true)
	for _, code := range []string{bold, red, cyan, off} {
		if !strings.Contains(colored, code) {
			t.Errorf("no %q in %q", code, colored)
		}
		colored = strings.ReplaceAll(colored, code, "")
	}
	if colored != want {
		t.Errorf("without its colours\n%s", colored)
	}
}

// The caret stands under what is meant, whatever stands before it.
func TestCaret(t *testing.T) {
	at := func(line, word string) Span {
		i := strings.Index(line, word)
		return span("a", 1, i+1, i+1+len(word))
	}
	for _, c := range []struct {
		line string
		span Span
		want string
	}{
		{"\tx = 世界 + yy", at("\tx = 世界 + yy", "yy"), "    x = 世界 + yy\n               ^^"},
		{"世界 = 2", at("世界 = 2", "世界"), "世界 = 2\n^^^^"},
		{"e\u0301 = yy", at("e\u0301 = yy", "yy"), "e\u0301 = yy\n    ^^"},
		{"a\tb\tc", at("a\tb\tc", "c"), "a   b   c\n        ^"},
		{"x = (", span("a", 1, 6, 6), "x = (\n     ^"},
		{"x\r\ny", span("a", 1, 9, 12), "x\n ^"},
		{"x = \xff\x00 y", span("a", 1, 5, 6), "x = \ufffd\ufffd y\n    ^"},
		{"x = a +  ", Span{Pos{File: "a", Line: 1, Col: 5}, Pos{File: "a", Line: 3, Col: 1}}, "x = a +\n    ^^^"},
		{"", span("a", 1, 1, 1), "\n^"},
	} {
		got := render(&Diagnostic{Span: c.span, Msg: "m"}, c.line, false)
		top, under, _ := strings.Cut(c.want, "\n")
		want := "a:1:" + strings.TrimPrefix(c.span.Pos.String(), "a:1:") + ": m\n    1 | " + top + "\n      | " + under + "\n"
		if got != want {
			t.Errorf("got\n%q\nwant\n%q", got, want)
		}
	}
}

func TestLongLine(t *testing.T) {
	line := strings.Repeat("x + ", 5000) + "bad" + strings.Repeat(" + x", 5000)
	i := strings.Index(line, "bad")
	rows := strings.Split(render(&Diagnostic{Span: span("a", 1, i+1, i+4)}, line, false), "\n")
	if len(rows[1]) > 200 || strings.Index(rows[2], "^^^") != len([]rune(rows[1][:strings.Index(rows[1], "bad")])) {
		t.Error(strings.Join(rows, "\n"))
	}
}

func TestRenderWithoutSource(t *testing.T) {
	if got := render(&Diagnostic{Msg: "no such file\x1b[2J"}, "", false); got != "no such file\ufffd[2J\n" {
		t.Errorf("%q", got)
	}
	if got := render(&Diagnostic{Span: span("a", 7, 1, 1), Msg: "m"}, "x\n", false); got != "a:7:1: m\n" {
		t.Errorf("%q", got)
	}
}

func TestList(t *testing.T) {
	var l List
	if l.Err() != nil {
		t.Error("an empty list is an error")
	}
	l.Addf(span("b", 1, 1, 1), "third")
	l.Addf(span("a", 2, 1, 1), "second").Note("x", "y", Span{}).Hintf("try %d", 1)
	l.Addf(span("a", 1, 5, 5), "first")
	l.Addf(span("a", 2, 1, 1), "second")
	l.Sort()
	if got, want := l.Err().Error(), "a:1:5: first\na:2:1: second\nb:1:1: third"; got != want {
		t.Errorf("got %q", got)
	}
	if l[1].Hint != "try 1" || len(l[1].Notes) != 1 {
		t.Error("the first of two equal diagnostics was not kept")
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	l := List{{Span: span("a.bp", 2, 3, 5), Msg: "a < b", Notes: []Note{{"x", "y", span("a.bp", 1, 1, 2)}}, Hint: "h"}}
	if err := JSON(&b, l); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	d := got[0]
	n := d["notes"].([]any)[0].(map[string]any)
	if d["file"] != "a.bp" || d["line"] != 2.0 || d["endCol"] != 5.0 || d["message"] != "a < b" || n["col"] != 1.0 || d["hint"] != "h" {
		t.Error(b.String())
	}
	b.Reset()
	if err := JSON(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("%q", b.String())
	}
}

func TestSuggest(t *testing.T) {
	names := []string{"sigmoid", "softmax", "sumsq", "hidden", "W1", "W2", "x", "logsumexp", "eps"}
	for name, want := range map[string]string{
		"sigmiod": "sigmoid", "sofmax": "softmax", "SumSq": "sumsq", "hiden": "hidden", "w1": "W1", "W3": "",
		"y": "", "X": "x", "logsumepx": "logsumexp", "zzz": "", "epz": "eps", "completely": "", "": "", "sigmoid": "",
	} {
		if got := Suggest(name, names); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", name, got, want)
		}
	}
}
