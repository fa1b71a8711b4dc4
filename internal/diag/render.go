package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sources holds the text of source files by the name that positions use.
type Sources map[string][]byte

// Render writes the diagnostics for people, each with the line it is about:
//
//	window.bp:27:16: cannot multiply W1 @ x
//	    27 |     a2 = sigmoid(W1 @ x + b1)
//	       |                  ^^^^^^
//	    W1  [100, 250]   param, window.bp:17:5
//	    hint: the last dim of W1 must equal the only dim of x
func Render(w io.Writer, list List, src Sources, color bool) error {
	var b bytes.Buffer
	p := printer{&b, color}
	for _, d := range list {
		if at := d.Span.Pos.String(); at != "" {
			p.in(bold, at+":")
			b.WriteByte(' ')
		}
		p.in(red, clean(d.Msg))
		b.WriteByte('\n')
		p.snippet(d.Span, src)
		p.notes(d.Notes)
		if d.Hint != "" {
			b.WriteString("    ")
			p.in(cyan, "hint:")
			b.WriteString(" " + clean(d.Hint) + "\n")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

const (
	bold = "\x1b[1m"
	red  = "\x1b[1;31m"
	cyan = "\x1b[36m"
	off  = "\x1b[0m"
)

type printer struct {
	*bytes.Buffer
	color bool
}

func (p printer) in(style, s string) {
	if p.color {
		s = style + s + off
	}
	p.WriteString(s)
}

// maxLine is how many columns of a source line are shown, and maxBytes how
// many bytes to each side of the place are looked at for them.
const (
	maxLine  = 160
	maxBytes = 2000
)

func (p printer) snippet(s Span, src Sources) {
	line, ok := lineOf(src[s.Pos.File], s.Pos.Line)
	if !ok {
		return
	}
	from := min(max(s.Pos.Col-1, 0), len(line))
	to := len(bytes.TrimRight(line, " \t"))
	if s.End.Line == s.Pos.Line {
		to = min(s.End.Col-1, len(line))
	} else if s.End.Line == 0 {
		to = from
	}
	if len(line) > 2*maxBytes { // no more of it can be shown
		lo, hi := max(0, from-maxBytes), min(len(line), from+maxBytes)
		for lo > 0 && !utf8.RuneStart(line[lo]) {
			lo--
		}
		line, from, to = line[lo:hi], from-lo, min(to, hi)-lo
	}
	// One cell a column: what stands there, and the caret under it.
	var text, marks []string
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		mark := " "
		if from <= i && i < to {
			mark = "^"
		}
		switch w := Width(r); {
		case r == '\t':
			text, marks = append(text, " "), append(marks, mark)
			for len(text)%4 != 0 {
				text, marks = append(text, " "), append(marks, mark)
			}
		case w == 0 && len(text) > 0 && unicode.IsPrint(r):
			text[len(text)-1] += string(r)
		default:
			if !unicode.IsPrint(r) {
				r = utf8.RuneError
			}
			text, marks = append(text, string(r)), append(marks, mark)
			if w == 2 {
				text, marks = append(text, ""), append(marks, mark)
			}
		}
		i += n
	}
	if from >= to {
		marks = marks[:columns(line[:from])]
		marks = append(marks, "^")
	}
	text, marks = window(text, marks)
	num := fmt.Sprint(s.Pos.Line)
	fmt.Fprintf(p, "    %s | %s\n", num, strings.TrimRight(strings.Join(text, ""), " "))
	fmt.Fprintf(p, "    %*s | ", len(num), "")
	under := strings.TrimRight(strings.Join(marks, ""), " ")
	carets := strings.TrimLeft(under, " ")
	p.WriteString(under[:len(under)-len(carets)])
	p.in(red, carets)
	p.WriteByte('\n')
}

// window cuts a line that is too long to the part around its first caret.
func window(text, marks []string) (t, m []string) {
	if len(text) <= maxLine {
		return text, marks
	}
	first := 0
	for first < len(marks) && marks[first] != "^" {
		first++
	}
	lo := max(0, min(first-maxLine/4, len(text)-maxLine))
	hi := min(lo+maxLine, len(text))
	t = append([]string{}, text[lo:hi]...)
	m = append([]string{}, marks[min(lo, len(marks)):min(hi, len(marks))]...)
	if lo > 0 {
		t[0] = "…"
	}
	if hi < len(text) {
		t = append(t, "…")
	}
	return t, m
}

// columns is how many cells the text before a caret takes.
func columns(line []byte) int {
	n := 0
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		line = line[size:]
		switch {
		case r == '\t':
			n += 4 - n%4
		case n == 0 || !unicode.IsPrint(r):
			n += max(1, Width(r))
		default:
			n += Width(r)
		}
	}
	return n
}

func lineOf(src []byte, n int) ([]byte, bool) {
	if n < 1 || src == nil {
		return nil, false
	}
	for range n - 1 {
		i := bytes.IndexByte(src, '\n')
		if i < 0 {
			return nil, false
		}
		src = src[i+1:]
	}
	if i := bytes.IndexByte(src, '\n'); i >= 0 {
		src = src[:i]
	}
	return bytes.TrimSuffix(src, []byte("\r")), true
}

func (p printer) notes(notes []Note) {
	if len(notes) == 0 {
		return
	}
	rows := make([][]string, len(notes))
	var widths []int
	label := 0
	for i, n := range notes {
		label = max(label, width(n.Label))
		cells := split(clean(n.Text))
		if at := n.Span.Pos; at.IsValid() {
			last := &cells[len(cells)-1]
			if *last != "" {
				*last += ", "
			}
			*last += at.String()
		}
		for j, c := range cells[:len(cells)-1] {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], width(c))
		}
		rows[i] = cells
	}
	for i, n := range notes {
		line := "    "
		if label > 0 {
			line += pad(clean(n.Label), label) + "  "
		}
		for j, c := range rows[i] {
			if j < len(rows[i])-1 {
				c = pad(c, widths[j]) + "   "
			}
			line += c
		}
		p.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// split cuts a note at its column separators.
func split(text string) []string {
	text = strings.ReplaceAll(text, "\t", "  ")
	var cells []string
	for {
		i := strings.Index(text, "  ")
		if i < 0 {
			return append(cells, text)
		}
		cells = append(cells, text[:i])
		text = strings.TrimLeft(text[i:], " ")
	}
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }

func width(s string) int {
	n := 0
	for _, r := range s {
		n += Width(r)
	}
	return n
}

// clean keeps what a file says from steering the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}
