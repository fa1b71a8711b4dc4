package frontend

import (
	"bytes"
	"slices"
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

// refuse reports a diagnostic that has been made elsewhere.
func (c *ctx) refuse(d *diag.Diagnostic) {
	*c.errorf(d.Span, "") = *d
}

func (f *frontend) report(fr *frame, at diag.Span, format string, args ...any) *diag.Diagnostic {
	var l diag.List
	d := l.Addf(at, format, args...)
	switch {
	case f.quiet > 0:
		f.silenced++
	case len(f.reports) < maxReports:
		f.reports = append(f.reports, report{d, fr})
	default:
		f.stopped = true
	}
	return d
}

// flush hands the reports over, each with the calls it happened in. What went
// wrong inside a library of bpgen is told where the model calls the library.
func (f *frontend) flush() {
	const most = 8 // calls told; a deep recursion has more
	for _, r := range f.reports {
		type call struct {
			decl *parser.FuncDecl
			at   diag.Span
		}
		told := map[call]bool{}
		for fr := r.frame; fr != nil && fr.decl != nil && fr.up != nil; fr = fr.up {
			k := call{fr.decl, fr.call}
			switch {
			case f.inLibrary(r.Span) && !f.inLibrary(fr.call):
				// Innermost first: the notes so far are calls within the library.
				note := diag.Note{Label: "in " + r.frame.decl.Name.Name, Text: short(f.lineOf(r.Span)), Span: r.Span}
				r.Notes = slices.Insert(r.Notes, len(r.Notes)-len(told), note)
				r.Span = fr.call
			case !told[k] && len(told) < most:
				told[k] = true
				r.Note("in "+fr.decl.Name.Name, "called here", fr.call)
			}
		}
		f.errs.Add(r.Diagnostic)
	}
	f.reports = nil
}

// place is where the model makes what a library declares at s: the call that
// leads there.
func (c *ctx) place(s diag.Span) diag.Span {
	for fr := c.frame; fr != nil && c.inLibrary(s); fr = fr.up {
		s = fr.call
	}
	return s
}

// inLibrary reports whether a place is in a file that is part of bpgen.
func (f *frontend) inLibrary(s diag.Span) bool {
	for _, fl := range f.files {
		if fl.embedded && fl.name == s.Pos.File {
			return true
		}
	}
	return false
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

// lineOf is the line of source that a place is on.
func (f *frontend) lineOf(s diag.Span) string {
	src := f.sources[s.Pos.File]
	if s.Pos.Off > len(src) {
		return ""
	}
	from := bytes.LastIndexByte(src[:s.Pos.Off], '\n') + 1
	to := bytes.IndexByte(src[from:], '\n')
	if to < 0 {
		to = len(src) - from
	}
	return squeeze(string(src[from : from+to]))
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
				if b.with != "" {
					what += " in a group with " + b.with
				}
			}
			return c.grouped(d.Note(label, what, b.span), c.boundAt(b.span))
		}
	}
	return c.grouped(d.Note(label, what, diag.Span{}), x)
}

// grouped adds a note for each argument in x that has the dims of others after it,
// which may not be what was meant: in f(a, b [n]) both are vectors.
func (c *ctx) grouped(d *diag.Diagnostic, x parser.Node) *diag.Diagnostic {
	if x == nil {
		return d
	}
	parser.Inspect(x, func(n parser.Node) bool {
		name, ok := n.(*parser.Name)
		if !ok {
			return true
		}
		b := c.scope.local(name.Name)
		if b == nil || b.with == "" || slices.ContainsFunc(d.Notes, func(o diag.Note) bool { return o.Label == name.Name }) {
			return true
		}
		if t, ok := b.val.(*tensor); ok && len(t.shape) > 0 {
			d.Note(name.Name, t.typeText()+"   "+b.what+" in a group with "+b.with, b.span)
		}
		return true
	})
	return d
}

// boundAt is the statement of this body that binds a name at a place, or nil.
func (c *ctx) boundAt(at diag.Span) (found parser.Node) {
	if c.frame == nil || c.frame.decl == nil || c.frame.decl.Body == nil {
		return nil
	}
	parser.Inspect(c.frame.decl.Body, func(n parser.Node) bool {
		switch n := n.(type) {
		case *parser.LetStmt:
			if slices.ContainsFunc(n.Names, func(id *parser.Ident) bool { return id.Span() == at }) {
				found = n
			}
		case *parser.IndexStmt:
			if n.Name.Span() == at {
				found = n
			}
		}
		return found == nil
	})
	return found
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

// isNot says what an expression is where something else is wanted: ", and n is
// 2.5", or ", not 2.5" of 2.5 itself.
func (c *ctx) isNot(x parser.Node, is string) string {
	if text := short(c.text(x)); text != is {
		return ", and " + text + " is " + is
	}
	return ", not " + is
}

func suggest(d *diag.Diagnostic, name string, among []string) {
	if s := diag.Suggest(name, among); s != "" {
		d.Hintf("did you mean %s?", s)
	}
}

// elsewhere says what goes by another name in the language.
var elsewhere = map[string]string{
	"pow": "a power is written x^p", "ln": "the natural logarithm is log(x)",
	"log2": "write log(x)/log(2)", "log10": "write log(x)/log(10)",
	"flatten": "write flat(x)", "ravel": "write flat(x)",
	"matmul": "a matrix product is written a @ b", "mm": "a matrix product is written a @ b",
	"map":       "a func of numbers works on each element: f(x)",
	"transpose": "a transpose is written x'",
}

// unknown says what may have been meant by an unknown name: what is called
// otherwise here, what a library has, or a name that looks like it.
func (c *ctx) unknown(d *diag.Diagnostic, name string, among []string) {
	if s, ok := elsewhere[name]; ok {
		d.Hintf("%s", s)
		return
	}
	for _, lib := range []string{"nn", "optim"} {
		if fl := c.library(lib); fl != nil && fl.own(name) != nil {
			d.Hintf("%s is in a library: import %q", name, lib)
			return
		}
	}
	suggest(d, name, among)
}
