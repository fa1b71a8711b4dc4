package explain

import (
	"slices"
	"strings"
	"unicode"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// An Explanation is a module explained, beside its text and its Go.
type Explanation struct {
	Title       string
	Derivations []*Derivation
	Model       Source
	Go          []Source
	Notes       []Note
}

// A Source is a file.
type Source struct {
	Name string
	Data []byte
}

// A Note is a comment of generated code that says which value of the graph is
// computed below it.
type Note struct {
	Text string
	Node *symbolic.Node
}

// A CodeLine is a line of generated code and what it computes.
type CodeLine struct {
	Text     string
	Func     string  // the function that it stands in, or ""
	Forward  []*Spot // the values that it computes
	Backward []*Spot // the values that what it computes comes back to
	Comment  bool
	Derived  bool // it belongs to the way back
	Noted    bool // a comment says what it belongs to
}

// A Spot is a value of one of the derivations.
type Spot struct {
	Derivation int
	Value      *Value
}

// A CodeFile is a generated file, mapped.
type CodeFile struct {
	Name  string
	Lines []*CodeLine
}

// Code maps the generated files: lines to what they compute. Every formula
// leads to lines: one that was made part of another, as δa of δz, to those of
// that one.
func (e *Explanation) Code() []*CodeFile {
	notes := map[string][]*symbolic.Node{}
	for _, n := range e.Notes {
		key := commentKey(n.Text)
		if n.Node != nil && !slices.Contains(notes[key], n.Node) {
			notes[key] = append(notes[key], n.Node)
		}
	}
	var out []*CodeFile
	owners := e.owners()
	for _, file := range e.Go {
		f := &CodeFile{Name: file.Name}
		s := &scanner{of: map[*CodeLine][]noted{}}
		for text := range strings.Lines(string(file.Data)) {
			l := &CodeLine{Text: strings.TrimRight(text, "\n")}
			f.Lines = append(f.Lines, l)
			s.line(l, notes)
		}
		for _, l := range f.Lines {
			for _, n := range s.of[l] {
				forward, backward := owners.spots(n.node, n.label)
				l.Forward, l.Backward = appendNew(l.Forward, forward), appendNew(l.Backward, backward)
				l.Noted = true
				l.Derived = l.Derived || n.node.Origin.Adjoint != nil && len(forward) == 0 || len(backward) > 0
			}
		}
		out = append(out, f)
	}
	e.attach(out)
	return out
}

// attach gives the formulas that no line has been found for the lines of the
// formulas that they are part of, or that are part of them.
func (e *Explanation) attach(files []*CodeFile) {
	forward, backward := map[*Value][]*CodeLine{}, map[*Value][]*CodeLine{}
	for _, f := range files {
		for _, l := range f.Lines {
			for _, s := range l.Forward {
				forward[s.Value] = append(forward[s.Value], l)
			}
			for _, s := range l.Backward {
				backward[s.Value] = append(backward[s.Value], l)
			}
		}
	}
	for i, d := range e.Derivations {
		back := d.Backwards()
		for _, v := range back {
			if v.Def == nil && len(backward[v]) == 0 {
				for _, l := range d.assigns(files, v) {
					backward[v] = append(backward[v], l)
					l.Backward = appendNew(l.Backward, []*Spot{{i, v}})
				}
			}
		}
		for range 3 { // what was attached may be what another is part of
			for _, v := range back {
				if len(backward[v]) > 0 {
					continue
				}
				for _, l := range d.standIn(v, forward, backward) {
					backward[v] = append(backward[v], l)
					l.Backward = appendNew(l.Backward, []*Spot{{i, v}})
				}
			}
		}
	}
}

// assigns finds the lines of the gradient's functions that assign to what the
// gradient by v is called there.
func (d *Derivation) assigns(files []*CodeFile, v *Value) []*CodeLine {
	var out []*CodeLine
	for _, f := range files {
		for _, l := range f.Lines {
			if !strings.HasPrefix(l.Func, d.Name+"Grad") && !strings.HasPrefix(l.Func, d.Name+"Work.grad") || l.Comment {
				continue
			}
			left, _, ok := strings.Cut(l.Text, "=")
			for _, word := range strings.FieldsFunc(left, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == ':' }) {
				if ok && sameName(word, "d"+v.Name) {
					out = append(out, l)
				}
			}
		}
	}
	return out
}

// standIn finds lines for the formula of v: where it only gives another value
// its name, those of that value; else those of the formulas that it is part
// of, or that it is made from.
func (d *Derivation) standIn(v *Value, forward, backward map[*Value][]*CodeLine) []*CodeLine {
	if q := v.Back.Plain.Right; q.Kind == notation.Name {
		for _, w := range d.Values {
			switch {
			case w.Value == q.Value && len(forward[w]) > 0:
				return forward[w]
			case w.Delta == q.Value && len(backward[w]) > 0:
				return backward[w]
			}
		}
	}
	for _, u := range v.From {
		if u.term(v) != nil && len(backward[u]) > 0 {
			return backward[u]
		}
	}
	for _, t := range v.Back.Terms {
		if len(backward[t.Via]) > 0 {
			return backward[t.Via]
		}
	}
	return nil
}

func appendNew(list, more []*Spot) []*Spot {
	for _, x := range more {
		if !slices.ContainsFunc(list, func(y *Spot) bool { return y.Value == x.Value }) {
			list = append(list, x)
		}
	}
	return list
}

// commentKey is a comment without its marks, its space squeezed.
func commentKey(s string) string {
	return strings.Join(strings.Fields(strings.TrimPrefix(strings.TrimSpace(s), "//")), " ")
}

// noted is a node that a comment speaks of, and what the comment calls it.
type noted struct {
	node  *symbolic.Node
	label string
}

// A scanner finds for each line of a function the comment that speaks of it:
// the last one before it in its block or around it, else in a block before it,
// or where there is none yet the first that follows.
type scanner struct {
	fn      string
	current [][]noted   // by depth
	last    []noted     // in a block that has ended
	waiting []*CodeLine // for the first comment of the function
	opening []*CodeLine // the beginning of a block, and what is cleared for it
	of      map[*CodeLine][]noted
}

func (s *scanner) line(l *CodeLine, notes map[string][]*symbolic.Node) {
	text := strings.TrimLeft(l.Text, "\t")
	depth := len(l.Text) - len(text)
	switch {
	case depth == 0:
		if strings.HasPrefix(text, "func ") {
			s.fn = funcName(text)
			s.current, s.last, s.waiting, s.opening = nil, nil, nil, nil
			return // the signature
		}
		if text == "}" {
			s.fn = ""
		}
		return
	case text == "":
		return
	}
	l.Func = s.fn
	l.Comment = strings.HasPrefix(text, "//")
	if s.fn == "" {
		return
	}
	for len(s.current) <= depth {
		s.current = append(s.current, nil)
	}
	s.current = s.current[:depth+1] // what was deeper has ended
	if l.Comment {
		key := commentKey(text)
		var found []noted
		for _, n := range notes[key] {
			found = append(found, noted{n, firstWord(key)})
		}
		if found != nil {
			s.current[depth], s.last = found, found
			s.of[l] = found
			for _, w := range append(s.waiting, s.opening...) {
				s.of[w] = found
			}
			s.waiting = nil
		}
		s.opening = nil
		return
	}
	switch {
	case strings.HasPrefix(text, "clear("):
		s.opening = append(s.opening, l)
	case strings.HasSuffix(text, "{"):
		s.opening = append(s.opening, l)
	default:
		s.opening = nil
	}
	for d := depth; d > 0; d-- {
		if s.current[d] != nil {
			s.of[l] = s.current[d]
			return
		}
	}
	if s.last != nil {
		s.of[l] = s.last
		return
	}
	s.waiting = append(s.waiting, l)
}

// funcName is the name of a function, with the type before it where it is a
// method.
func funcName(text string) string {
	text = strings.TrimPrefix(text, "func ")
	owner := ""
	if receiver, rest, ok := strings.Cut(text, ") "); ok && strings.HasPrefix(receiver, "(") {
		owner = receiver[strings.LastIndexAny(receiver, " *")+1:] + "."
		text = rest
	}
	name, _, _ := strings.Cut(text, "(")
	return owner + name
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	w, _, _ = strings.Cut(w, "[")
	return w
}

// CodeOf says that the code is made from the graphs of m, and not from those that
// the derivations are of: they are alike but for how loops are run.
func CodeOf(ds []*Derivation, m *module.Module) {
	graphs := map[string]*symbolic.Graph{}
	for _, f := range m.Funcs {
		graphs[f.Name] = f.Graph
	}
	for _, mo := range m.Models {
		graphs[mo.Name] = mo.Graph
	}
	for _, d := range ds {
		d.code = graphs[d.Name]
	}
}

// codeGraph is the graph that the code is made from.
func (d *Derivation) codeGraph() *symbolic.Graph {
	if d.code != nil {
		return d.code
	}
	return d.graph
}

// owners tells which statement each node of a graph belongs to.
type owners struct {
	derivations []*Derivation
	of          []map[*symbolic.Node]*Value
	gradients   map[*Value]string // the letters of what the gradient by a value is called
}

func (e *Explanation) owners() *owners {
	o := &owners{derivations: e.Derivations, gradients: map[*Value]string{}}
	for _, d := range e.Derivations {
		m := map[*symbolic.Node]*Value{}
		for _, v := range d.Values {
			o.gradients[v] = letters("d" + v.Name)
			m[v.Node] = v
			if v.body != nil && m[v.body] == nil {
				m[v.body] = v
			}
		}
		for _, v := range d.Values {
			from := v.Node
			if v.body != nil {
				from = v.body
			}
			for _, n := range statementNodes(from, m) {
				if m[n] == nil {
					m[n] = v
				}
			}
		}
		o.of = append(o.of, m)
	}
	return o
}

// statementNodes are the nodes of n's statement without those that belong to
// another.
func statementNodes(n *symbolic.Node, values map[*symbolic.Node]*Value) []*symbolic.Node {
	var out []*symbolic.Node
	seen := map[*symbolic.Node]bool{}
	var walk func(*symbolic.Node)
	walk = func(m *symbolic.Node) {
		for _, a := range m.Needs() {
			if !seen[a] && values[a] == nil {
				seen[a] = true
				out = append(out, a)
				walk(a)
			}
		}
	}
	walk(n)
	return out
}

// spots are the values that a node of the graph is about, forward or backward.
func (o *owners) spots(n *symbolic.Node, label string) (forward, backward []*Spot) {
	called := letters(label)
	for i, d := range o.derivations {
		if g := d.codeGraph(); n.ID >= g.Len() || g.Node(n.ID) != n {
			continue
		}
		if n.Origin.Adjoint == nil {
			// A gradient may be a constant, or a value that there was before.
			for _, v := range d.Values {
				if v.Back != nil && v.Def == nil && sameLetters(called, o.gradients[v]) {
					backward = append(backward, &Spot{i, v})
				}
			}
			if v := o.forward(i, n); v != nil {
				forward = []*Spot{{i, v}}
			}
			return forward, backward
		}
		for _, v := range o.backward(i, n, called) {
			backward = append(backward, &Spot{i, v})
		}
		if backward == nil {
			// A derivative that the model itself asks for is a way forward:
			// to the value of its line, or to the result.
			v := o.forward(i, n)
			if v == nil {
				v = d.onLine(n)
			}
			forward = []*Spot{{i, v}}
		}
		return forward, backward
	}
	return nil, nil
}

// onLine is the first value of n's line, or the result.
func (d *Derivation) onLine(n *symbolic.Node) *Value {
	for _, v := range d.Values {
		if v.Def != nil && v.Node.Origin.Span.Pos.Line == n.Origin.Span.Pos.Line {
			return v
		}
	}
	return d.Result
}

// forward finds the value that n is or is part of: by the graph, or where a
// rule has made another node of it by its name and place in the model.
func (o *owners) forward(i int, n *symbolic.Node) *Value {
	if v := o.of[i][n]; v != nil {
		return v
	}
	var found *Value
	for _, v := range o.derivations[i].Values {
		if v.Node.Origin.Span == n.Origin.Span && v.Def != nil && (found == nil || v.Node.Name == n.Name) {
			found = v
		}
	}
	return found
}

// backward finds the values that n helps to bring something back to: those
// that the statement reads through which n goes back, and the statement's own.
// The name that the code has for n, of which letters are given, tells which of
// them.
func (o *owners) backward(i int, n *symbolic.Node, letters string) []*Value {
	v := o.statementOf(i, n)
	if v == nil {
		return nil
	}
	var all []*Value
	for _, u := range append([]*Value{v}, v.From...) {
		if u.Back != nil {
			all = append(all, u)
		}
	}
	var called []*Value
	for _, u := range all {
		if sameLetters(letters, o.gradients[u]) {
			called = append(called, u)
		}
	}
	if len(called) > 0 {
		return called
	}
	return all
}

// statementOf is the value whose definition n goes back through. What is
// inside an operator that is written out belongs to the operator.
func (o *owners) statementOf(i int, n *symbolic.Node) *Value {
	a := n.Origin.Adjoint
	for a != nil {
		if v := o.forward(i, a); v != nil {
			return v
		}
		if a.Origin.Adjoint == a {
			break
		}
		a = a.Origin.Adjoint
	}
	return nil
}

// sameName compares a name of the code with one of the model: without marks,
// and without the number that makes it differ from another.
func sameName(code, model string) bool { return sameLetters(letters(code), letters(model)) }

func sameLetters(code, model string) bool {
	return code == model || strings.TrimRight(code, "0123456789") == model
}

// letters are those of a name and its digits, all small.
func letters(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
