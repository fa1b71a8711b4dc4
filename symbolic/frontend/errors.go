package frontend

import (
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// A report is a diagnostic with the calls that led to it, which are told last.
type report struct {
	*diag.Diagnostic
	frame *frame
}

// errorf reports an error. Notes and a hint can be added to what it returns.
func (c *ctx) errorf(at diag.Span, format string, args ...any) *diag.Diagnostic {
	return c.frontend.report(c.frame, at, format, args...)
}

func (f *frontend) report(fr *frame, at diag.Span, format string, args ...any) *diag.Diagnostic {
	var l diag.List
	d := l.Addf(at, format, args...)
	if f.quiet == 0 {
		f.reports = append(f.reports, report{d, fr})
	} else {
		f.silenced++
	}
	return d
}

// flush hands the reports over, each with the calls it happened in.
func (f *frontend) flush() {
	const most = 8 // calls told; a deep recursion has more
	for _, r := range f.reports {
		n := 0
		for fr := r.frame; fr != nil && fr.decl != nil && fr.up != nil; fr = fr.up {
			if n++; n <= most {
				r.Note("in "+fr.decl.Name.Name, "called here", fr.call)
			}
		}
		f.errs.Add(r.Diagnostic)
	}
	f.reports = nil
}

// unsupported reports a part of the language that is still to come.
func (c *ctx) unsupported(at diag.Span, what string) value {
	c.errorf(at, "not supported yet: %s", what)
	return poison{}
}

// text is the source of a node, on one line.
func (f *frontend) text(n parser.Node) string { return f.textOf(n.Span()) }

func (f *frontend) textOf(s diag.Span) string {
	src := f.sources[s.Pos.File]
	if s.Pos.Off < 0 || s.End.Off > len(src) || s.Pos.Off >= s.End.Off {
		return ""
	}
	return squeeze(string(src[s.Pos.Off:s.End.Off]))
}

// squeeze puts a piece of source on one line, without comments.
func squeeze(s string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if i := strings.Index(line, "//"); i >= 0 {
			line = line[:i]
		}
		lines = append(lines, line)
	}
	return strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
}

// short cuts a text for a message.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// side adds a note that says what an operand is and where it came from.
func (c *ctx) side(d *diag.Diagnostic, x parser.Expr, v value) *diag.Diagnostic {
	x = unparen(x)
	label, what := short(c.text(x)), describe(v)
	if t, ok := v.(*tensor); ok {
		what = t.typeText()
	}
	if n, ok := x.(*parser.Name); ok {
		if b := c.scope.local(n.Name); b != nil {
			if b.what != "" {
				what += "   " + b.what
			}
			return d.Note(label, what, b.span)
		}
	}
	return d.Note(label, what, diag.Span{})
}

// typeText writes the type of a value as the language does.
func (t *tensor) typeText() string {
	elem := t.node.Type.String()
	if t.lo != nil && t.hi != nil && t.lo.Is(0) {
		elem = "index[" + t.hi.Add(symbolic.Int(1)).String() + "]"
	}
	switch {
	case len(t.shape) == 0:
		return elem
	case t.node.Type == symbolic.Real:
		return t.shapeText(false)
	}
	return t.shapeText(false) + elem
}

func unparen(x parser.Expr) parser.Expr {
	for {
		p, ok := x.(*parser.Paren)
		if !ok {
			return x
		}
		x = p.X
	}
}

func suggest(d *diag.Diagnostic, name string, among []string) {
	if s := diag.Suggest(name, among); s != "" {
		d.Hintf("did you mean %s?", s)
	}
}
