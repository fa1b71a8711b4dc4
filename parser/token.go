package parser

import (
	"slices"

	"github.com/bpgen/bpgen/internal/diag"
)

// A kind is what sort of token stands somewhere.
type kind uint8

const (
	eofTok     kind = iota
	nameTok         // a name that is not reserved
	keywordTok      // a reserved word
	numberTok
	stringTok // with its quotes
	opTok
	badTok     // a character that has been reported
	newlineTok // the end of a statement; only the parser makes these
	stopTok    // what the parser sees after an error, until it has recovered
)

// A token is one word of the source.
type token struct {
	kind kind
	role role
	nl   bool // a newline comes before it
	// start is set where a statement or declaration begins. head is the word
	// that an else or a { of a body belongs to.
	start bool
	head  *token
	text  string
	off   int
	line  int
	col   int
}

// A role is what a token turned out to be where its text does not say. The
// parser notes it for the formatter.
type role uint8

const (
	plain      role = iota
	prefix          // - or ! of a unary expression
	glued           // ( or [ that belongs to what comes before, as in f(x)
	typeStart       // first token of a type
	ownType         // the same of a param, state, given, sample or hyper
	assign          // the = or ~ of a line, the first one
	bodyAssign      // the = before the body of a func
	bodyOpen        // { of a func, layer, rule or model
	innerOpen       // any other {
	listOpen        // [ of a list
	slice           // : between bounds
)

// reductions may be written with indices: sum[k] x[k].
var reductions = []string{"sum", "mean", "prod", "max", "min", "any", "every", "logsumexp", "softmax", "argmax", "argmin"}

var keywords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range []string{
		"package", "import", "type", "const", "dim", "func", "layer", "model", "rule", "extern", "derive",
		"param", "state", "given", "sample", "output", "loss", "penalty", "metric", "train",
		"return", "if", "else", "for", "scan", "while", "rec", "carry", "next", "emit", "in",
		"index", "int", "real", "bool", "true", "false",
	} {
		m[w] = true
	}
	for _, w := range reductions {
		m[w] = true
	}
	return m
}()

// Keywords returns the reserved words in order.
func Keywords() []string {
	var all []string
	for w := range keywords {
		all = append(all, w)
	}
	slices.Sort(all)
	return all
}

// declaring are the words that only begin a declaration of a file.
var declaring = map[string]bool{
	"package": true, "import": true, "type": true, "model": true, "rule": true, "extern": true,
}

// is reports whether t is the operator or keyword text.
func (t *token) is(text string) bool {
	return t.text == text && (t.kind == opTok || t.kind == keywordTok)
}

// ends reports whether a statement may end after t, so that a newline there
// ends it.
func (t *token) ends() bool {
	switch t.kind {
	case nameTok, numberTok, stringTok, badTok:
		return true
	}
	switch t.text {
	case ")", "]", "}", "'", "return", "true", "false", "real", "int", "bool":
		return true
	}
	return false
}

func (t *token) end() int { return t.off + len(t.text) }

// describe names t in a message.
func (t *token) describe() string {
	switch t.kind {
	case eofTok:
		return "the end of the file"
	case newlineTok:
		return "the end of the line"
	case keywordTok:
		return "the reserved word " + t.text
	case stringTok:
		return "the string " + short(t.text)
	}
	return short(t.text)
}

// short keeps a message in one line.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

func (p *parser) spanOf(t *token) diag.Span {
	from := diag.Pos{File: p.name, Line: t.line, Col: t.col, Off: t.off}
	to := from
	if t.kind != eofTok && t.kind != newlineTok && t.kind != stopTok {
		to.Col += len(t.text)
		to.Off += len(t.text)
	}
	return diag.Span{Pos: from, End: to}
}
