package explain

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// A page is text for a terminal, so many columns wide.
type page struct {
	strings.Builder
	width int
	color bool
}

// Colours of a terminal: values are green, what comes back is red, local
// gradients are blue.
const (
	green = "32"
	red   = "31"
	blue  = "34"
	bold  = "1"
	faint = "2"
)

func (p *page) paint(color, s string) string {
	if !p.color || s == "" {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

func (p *page) line(s string) {
	p.WriteString(strings.TrimRight(s, " "))
	p.WriteByte('\n')
}

// columns is the width of s on a terminal.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += diag.Width(r)
	}
	return n
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-columns(s))) }

// aside writes left, which may go over several lines, with right beside its
// last line where there is room.
func (p *page) aside(indent, left, right, color string) {
	lines := fold(left, p.width-columns(indent))
	for i, l := range lines {
		if i > 0 {
			indent, l = strings.Repeat(" ", columns(indent)), "    "+l
		}
		text := indent + p.paint(color, l)
		if i == len(lines)-1 && right != "" {
			at := p.width - columns(right)
			if n := columns(indent + l); n+2 <= at {
				text += strings.Repeat(" ", at-n) + p.paint(faint, right)
			} else {
				p.line(text)
				text = strings.Repeat(" ", max(0, at)) + p.paint(faint, right)
			}
		}
		p.line(text)
	}
}

// fold breaks a formula before signs of addition where it is wider than width:
// before the last one that is in as few brackets as any.
func fold(s string, width int) []string {
	var out []string
	for columns(s) > width {
		at := breakAt(s, width)
		if at <= 0 {
			break
		}
		out = append(out, strings.TrimRight(s[:at], " "))
		s = s[at:]
		width -= 4 * b2i(len(out) == 1) // what follows is indented
	}
	return append(out, s)
}

// breakAt is where a line is broken, within that width if it can be; or 0.
func breakAt(s string, width int) int {
	at, least, depth, col := 0, 1<<30, 0, 0
	for i, r := range s {
		if col += diag.Width(r); col > width && at > 0 {
			break
		}
		switch {
		case strings.ContainsRune("([{", r):
			depth++
		case strings.ContainsRune(")]}", r):
			depth--
		case (r == '+' || r == '−') && i > 0 && s[i-1] == ' ' && strings.HasPrefix(s[i+utf8.RuneLen(r):], " ") && depth <= least:
			at, least = i, depth
		}
	}
	return at
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// shapeText is the shape of v for one example, without as many dims for passes.
func shapeText(v *notation.Value, passes int) string {
	s := v.Dims()[passes:]
	if len(s) == 0 {
		return ""
	}
	return symbolic.ReadCounts(s.String())
}

// place is where the model says n, as file:line.
func place(n *symbolic.Node) string {
	p := n.Origin.Span.Pos
	if !p.IsValid() {
		return ""
	}
	return fmt.Sprintf("%s:%d", base(p.File), p.Line)
}

func base(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }
