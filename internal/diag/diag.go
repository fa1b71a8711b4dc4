package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Diagnostic is one thing that is wrong, where, and why.
type Diagnostic struct {
	Span  Span
	Msg   string
	Notes []Note
	Hint  string // what to do about it, or ""
}

// A Note says what one side of a problem is and where it came from. Label
// names the side, Text describes it; a tab or two blanks in Text separate
// columns, which Render aligns over the notes of a diagnostic.
type Note struct {
	Label string
	Text  string
	Span  Span // or the zero Span
}

// Error returns the diagnostic in one line.
func (d *Diagnostic) Error() string {
	at := d.Span.Pos.String()
	if at == "" {
		return d.Msg
	}
	return at + ": " + d.Msg
}

// Note adds a note and returns d.
func (d *Diagnostic) Note(label, text string, span Span) *Diagnostic {
	d.Notes = append(d.Notes, Note{label, text, span})
	return d
}

// Hintf sets the hint and returns d.
func (d *Diagnostic) Hintf(format string, args ...any) *Diagnostic {
	d.Hint = fmt.Sprintf(format, args...)
	return d
}

// A List collects diagnostics. The zero List is empty and ready for use.
type List []*Diagnostic

// Add appends d.
func (l *List) Add(d *Diagnostic) { *l = append(*l, d) }

// Addf appends a diagnostic with a formatted message, and returns it so that
// notes and a hint can be added.
func (l *List) Addf(span Span, format string, args ...any) *Diagnostic {
	d := &Diagnostic{Span: span, Msg: fmt.Sprintf(format, args...)}
	l.Add(d)
	return d
}

// MaxShown is how many diagnostics a list shows. Nobody reads more, and each
// is shown with its line.
const MaxShown = 1000

// Sort orders the list by file and position, drops what is said twice, the same
// message at the same place, and of more than MaxShown the last.
func (l *List) Sort() {
	slices.SortStableFunc(*l, func(a, b *Diagnostic) int {
		return comparePos(a.Span.Pos, b.Span.Pos)
	})
	type key struct {
		at  Pos
		msg string
	}
	seen := map[key]bool{}
	*l = slices.DeleteFunc(*l, func(d *Diagnostic) bool {
		k := key{d.Span.Pos, d.Msg}
		dup := seen[k]
		seen[k] = true
		return dup
	})
	if len(*l) > MaxShown {
		*l = (*l)[:MaxShown]
		l.Addf((*l)[MaxShown-1].Span, "more than %d errors; the others are not shown", MaxShown)
	}
}

func comparePos(a, b Pos) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
}

// Err returns the list as an error, or nil when it is empty.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Error returns a line for each diagnostic.
func (l List) Error() string {
	var b strings.Builder
	for i, d := range l {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(d.Error())
	}
	return b.String()
}
