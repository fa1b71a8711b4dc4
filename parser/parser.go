package parser

import (
	"fmt"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
)

// Limits keep what walks the tree within bounds whatever the file says.
const (
	maxNest  = 500   // expressions and blocks within one another
	maxChain = 10000 // operators, calls and subscripts in a row
)

// Parse reads a source file. Errors go to errs; whatever they are, the result
// is a tree, with Bad where an expression could not be read.
func Parse(name string, src []byte, errs *diag.List) *File {
	p := newParser(name, src, errs)
	return p.file(src)
}

// A parser holds the tokens of a file and how far they have been read.
//
// After an error it is in a failed state, in which it sees nothing but a
// stopTok: every rule then unwinds by itself, keeping what it has, up to a
// place that knows where to go on (see recover.go).
type parser struct {
	name     string
	errs     *diag.List
	tokens   []token
	comments []Comment
	i        int      // the next token
	ended    int      // tokens[ended] has had its newline taken
	inside   int      // depth of ( and [ in the innermost block; newlines mean nothing there
	open     []*token // brackets not yet closed
	nest     int      // depth of the recursion
	failed   bool
	unclosed int    // how many { of the file have no }
	cut      *token // where a block without its } was taken to end
}

func newParser(name string, src []byte, errs *diag.List) *parser {
	p := &parser{name: name, errs: errs, ended: -1}
	p.tokens, p.comments = scan(name, src, errs)
	for i := range p.tokens {
		switch p.tokens[i].text {
		case "{":
			p.unclosed++
		case "}":
			p.unclosed--
		}
	}
	return p
}

var (
	stop    = &token{kind: stopTok}
	newline = &token{kind: newlineTok, text: "\n"}
)

// cur is the token that the grammar sees next: newlineTok where a newline ends
// a statement.
func (p *parser) cur() *token {
	if p.failed {
		return stop
	}
	if p.newline() {
		return newline
	}
	return &p.tokens[p.i]
}

func (p *parser) newline() bool {
	t := &p.tokens[p.i]
	return t.nl && p.inside == 0 && p.ended != p.i && p.i > 0 && p.tokens[p.i-1].ends()
}

// real is the next token whether or not a newline comes before it.
func (p *parser) real() *token { return &p.tokens[p.i] }

// peek is the token after cur.
func (p *parser) peek() *token { return &p.tokens[min(p.i+1, len(p.tokens)-1)] }

// last is the token read before.
func (p *parser) last() *token { return &p.tokens[max(p.i-1, 0)] }

// take reads a token, or the newline before it.
func (p *parser) take() *token {
	t := p.cur()
	switch t.kind {
	case newlineTok:
		p.ended = p.i
	case stopTok, eofTok:
	default:
		p.i++
	}
	return t
}

func (p *parser) at(texts ...string) bool {
	t := p.cur()
	for _, x := range texts {
		if t.is(x) {
			return true
		}
	}
	return false
}

func (p *parser) got(text string) bool {
	if p.cur().is(text) {
		p.take()
		return true
	}
	return false
}

// skipTo passes over newlines where a header goes on with one of texts.
func (p *parser) skipTo(texts ...string) {
	if p.cur().kind != newlineTok {
		return
	}
	for _, x := range texts {
		if t := p.real(); t.text == x && t.kind != stringTok {
			p.take()
			return
		}
	}
}

// want reads the token text, which after says what it follows on.
func (p *parser) want(text, after string) bool {
	if p.got(text) {
		return true
	}
	p.expected(text+" "+after, "")
	return false
}

// ident reads a name; what says which.
func (p *parser) ident(what string) *Ident {
	t := p.cur()
	if t.kind != nameTok {
		id := &Ident{at{p.here()}, ""}
		d := p.expected(what, "")
		if d != nil && t.kind == keywordTok {
			d.Hintf("%s is a reserved word; take another name", t.text)
		}
		return id
	}
	p.take()
	return &Ident{at{p.spanOf(t)}, t.text}
}

// here is the span of the next token, or the end of the line where a newline
// is what comes next.
func (p *parser) here() diag.Span {
	t := p.real()
	if p.i > 0 && (t.kind == eofTok || !p.failed && p.newline()) {
		s := p.spanOf(p.last())
		return diag.Span{Pos: s.End, End: s.End}
	}
	return p.spanOf(t)
}

// since is the span from a start to the last token read.
func (p *parser) since(start diag.Span) diag.Span {
	if p.i == 0 {
		return start
	}
	end := p.spanOf(p.last()).End
	if end.Off < start.Pos.Off {
		end = start.Pos
	}
	return diag.Span{Pos: start.Pos, End: end}
}

// errorf reports an error and goes on reading.
func (p *parser) errorf(span diag.Span, format string, args ...any) *diag.Diagnostic {
	return p.errs.Addf(span, format, args...)
}

// fail reports an error at the next token and stops reading until the parser
// has recovered. It returns nil when an error has been reported already.
func (p *parser) fail(format string, args ...any) *diag.Diagnostic {
	if p.failed {
		return nil
	}
	bad := p.real().kind == badTok && !p.newline()
	span := p.here()
	p.failed = true
	if bad {
		return nil // the scanner has said so
	}
	return p.errorf(span, format, args...)
}

// expected fails because what is not there.
func (p *parser) expected(what, hint string) *diag.Diagnostic {
	t := p.cur()
	d := p.fail("expected %s, found %s", what, t.describe())
	if d == nil {
		return nil
	}
	if hint != "" {
		d.Hint = hint
	} else if h, ok := p.habit(t); ok {
		d.Hint = h
	}
	return d
}

// habit guesses which other language the writer was thinking of.
func (p *parser) habit(t *token) (string, bool) {
	switch t.text {
	case "and", "or", "not":
		return "write && || ! for and, or, not", true
	case "=":
		if op := p.last(); precedence[op.text] >= sums && op.end() == t.off {
			return "a name is bound once; in a loop, next gives it another value", true
		}
		if start := p.lineStart(t); start > 0 && !p.tokens[start-1].ends() && p.inside == 0 {
			return "the line above ends in " + p.tokens[start-1].text + ", so its statement goes on here", true
		}
		return "= binds a name; to compare write ==", true
	case ":":
		if n := p.peek(); n.is("=") && n.off == t.off+1 {
			return "a name is bound by = alone", true
		}
		if p.last().is(")") {
			return "a body is a block { … }, or = and an expression", true
		}
		return "types follow names without a colon: x [3], n int", true
	case "for":
		if p.inside > 0 {
			return "what a comprehension says is said by an index: sum[i < n] x[i]^2, or y[i] = x[i]^2", true
		}
	case "+", "-", "*", "/":
		if n := p.peek(); n.is("=") && n.off == t.end() {
			return "the name stands again on the right: next s = s " + t.text + " …", true
		}
	case "float32", "float64", "float", "double":
		return "a number is real, which may be left out; type float64 at the top of the file says which Go type that is", true
	case "[":
		if p.last().is("]") {
			return "several dims stand in one pair of brackets: [3, 4]", true
		}
	}
	if prev := p.last(); t.kind == nameTok && prev.kind == numberTok && prev.end() == t.off {
		switch c := t.text[0]; {
		case prev.text == "0" && len(t.text) > 1 && (c == 'x' || c == 'b' || c == 'o') && t.text[1] <= '9':
			return "numbers are written with decimal digits", true
		case c == '_':
			return "the digits of a number stand together", true
		}
		return fmt.Sprintf("a product is written %s*%s", prev.text, t.text), true
	}
	if prev := p.last(); t.kind == numberTok && prev.is(".") && prev.end() == t.off {
		return "write 0." + t.text, true
	}
	return "", false
}

// deeper counts a level of recursion. When there are too many it fails; the
// caller calls p.nest-- in any case.
func (p *parser) deeper() bool {
	p.nest++
	if p.nest > maxNest {
		p.fail("nested deeper than %d levels", maxNest)
		return false
	}
	return !p.failed
}

// bracket reads an opening bracket's contents and the closing one. Newlines
// mean nothing within.
func (p *parser) bracket(open *token, contents func()) {
	closer := map[string]string{"(": ")", "[": "]"}[open.text]
	p.inside++
	p.open = append(p.open, open)
	contents()
	switch t := p.real(); {
	case p.failed:
	case t.text == closer && t.kind == opTok:
		p.take()
	default:
		p.unclosedBracket(open, closer)
	}
	p.inside--
	if !p.failed {
		p.open = p.open[:len(p.open)-1]
	}
}

// unclosedBracket says that a bracket does not close where it should.
func (p *parser) unclosedBracket(open *token, closer string) {
	t := p.real()
	var d *diag.Diagnostic
	if t.nl || t.kind == eofTok {
		// What is missing is missing at the end of the line before.
		end := p.spanOf(p.last()).End
		p.failed = true
		d = p.errorf(diag.Span{Pos: end, End: end}, "missing %s", closer)
	} else {
		what, hint := ", or "+closer, ""
		if open.is("(") && open.role == plain { // around an expression
			what = closer
			if t.is(",") {
				hint = "a list is written [a, b]"
			}
		} else if p.last().is(",") {
			what = closer
		}
		d = p.expected(what, hint)
	}
	if d != nil {
		d.Note("", "the "+open.text+" opened here", p.spanOf(open))
	}
}

// doc collects the comments right above the line that t begins.
func (p *parser) doc(t *token) Doc {
	if !t.nl {
		return nil
	}
	line := t.line
	lo, hi := 0, len(p.comments)
	for lo < hi { // the first comment at or below line
		m := (lo + hi) / 2
		if p.comments[m].span.Pos.Line < line {
			lo = m + 1
		} else {
			hi = m
		}
	}
	end := lo
	for lo > 0 && p.comments[lo-1].span.Pos.Line == line-(end-lo)-1 && p.alone(&p.comments[lo-1]) {
		lo--
	}
	var doc Doc
	for _, c := range p.comments[lo:end] {
		doc = append(doc, strings.TrimPrefix(strings.TrimPrefix(c.Text, "//"), " "))
	}
	return doc
}

// alone reports whether no token shares the line of c, which is above the
// token being read.
func (p *parser) alone(c *Comment) bool {
	for i := p.i - 1; i >= 0; i-- {
		t := &p.tokens[i]
		if t.off < c.span.Pos.Off {
			return t.line < c.span.Pos.Line
		}
	}
	return true
}
