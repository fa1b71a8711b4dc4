package parser

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bpgen/bpgen/internal/diag"
)

// A scanner cuts a source file into tokens and comments. What it cannot use it
// reports, and leaves a badTok in its place.
type scanner struct {
	name     string
	src      string
	errs     *diag.List
	off      int
	line     int
	start    int // offset of the line's first byte
	nl       bool
	bare     bool // a carriage return without a newline has been reported
	tokens   []token
	comments []Comment
}

// scan reads the whole file. The last token is always eofTok.
func scan(name string, src []byte, errs *diag.List) ([]token, []Comment) {
	s := &scanner{name: name, src: string(src), errs: errs, line: 1, nl: true}
	s.off = len(src) - len(strings.TrimPrefix(s.src, "\ufeff")) // a byte order mark says nothing here
	for s.off < len(s.src) {
		s.next()
	}
	s.add(eofTok, s.off)
	return s.tokens, s.comments
}

func (s *scanner) next() {
	switch c := s.src[s.off]; {
	case c == '\n':
		s.off++
		s.line++
		s.start = s.off
		s.nl = true
	case c == ' ' || c == '\t':
		s.off++
	case c == '\r':
		if !strings.HasPrefix(s.src[s.off:], "\r\n") {
			if !s.bare { // a file of them is one mistake
				s.errorf(s.off, s.off+1, "a carriage return without a newline")
			}
			s.bare, s.nl = true, true
		}
		s.off++
	case strings.HasPrefix(s.src[s.off:], "//"):
		s.comment()
	case '0' <= c && c <= '9':
		s.number()
	case c == '"':
		s.str()
	case letter(s.peek()):
		s.word()
	default:
		s.op()
	}
}

func (s *scanner) peek() rune {
	r, _ := utf8.DecodeRuneInString(s.src[s.off:])
	return r
}

func letter(r rune) bool { return r == '_' || r != utf8.RuneError && unicode.IsLetter(r) }

func (s *scanner) add(k kind, end int) {
	s.tokens = append(s.tokens, token{
		kind: k, nl: s.nl, text: s.src[s.off:end], off: s.off, line: s.line, col: s.off - s.start + 1,
	})
	s.nl = false
	s.off = end
}

// comment takes a comment up to the end of its line.
func (s *scanner) comment() {
	end := strings.IndexByte(s.src[s.off:], '\n')
	if end < 0 {
		end = len(s.src)
	} else {
		end += s.off
	}
	for i := s.off; i < end; {
		r, n := utf8.DecodeRuneInString(s.src[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			s.errorf(i, i+1, "invalid UTF-8 in a comment")
			i = end // one report a comment will do
		case r == 0:
			s.errorf(i, i+1, "a NUL byte in a comment")
			i = end
		case r == '\r' && i+1 < end:
			s.errorf(i, i+1, "a carriage return within a comment")
			i = end
		default:
			i += n
		}
	}
	text := strings.TrimRight(s.src[s.off:end], " \t\r")
	s.comments = append(s.comments, Comment{at{s.span(s.off, s.off+len(text))}, text})
	s.off = end
}

// number takes digits with a fraction and an exponent.
func (s *scanner) number() {
	end := s.digits(s.off)
	if strings.HasPrefix(s.src[end:], ".") && s.digits(end+1) > end+1 {
		end = s.digits(end + 1)
	}
	if e := end; e < len(s.src) && (s.src[e] == 'e' || s.src[e] == 'E') {
		e++
		if e < len(s.src) && (s.src[e] == '+' || s.src[e] == '-') {
			e++
		}
		if d := s.digits(e); d > e {
			end = d
		}
	}
	s.add(numberTok, end)
}

func (s *scanner) digits(i int) int {
	for i < len(s.src) && '0' <= s.src[i] && s.src[i] <= '9' {
		i++
	}
	return i
}

func (s *scanner) word() {
	end := s.off
	for end < len(s.src) {
		r, n := utf8.DecodeRuneInString(s.src[end:])
		if !letter(r) && !(end > s.off && unicode.IsDigit(r)) {
			break
		}
		end += n
	}
	if keywords[s.src[s.off:end]] {
		s.add(keywordTok, end)
	} else {
		s.add(nameTok, end)
	}
}

func (s *scanner) str() {
	rest := s.src[s.off+1:]
	end := strings.IndexAny(rest, "\"\n")
	if end < 0 || rest[end] == '\n' {
		stop := len(s.src)
		if end >= 0 {
			stop = s.off + 1 + end
		}
		stop = s.off + len(strings.TrimRight(s.src[s.off:stop], " \t\r"))
		s.errorf(s.off, stop, "a string without its closing quote")
		s.add(stringTok, stop)
		return
	}
	stop := s.off + end + 2
	text := s.src[s.off:stop]
	if !utf8.ValidString(text) {
		s.errorf(s.off, stop, "invalid UTF-8 in a string")
	} else if strings.ContainsFunc(text, unicode.IsControl) {
		s.errorf(s.off, stop, "a control character in a string")
	}
	s.add(stringTok, stop)
}

func (s *scanner) op() {
	rest := s.src[s.off:]
	if len(rest) > 1 {
		switch rest[:2] {
		case "&&", "||", "==", "!=", "<=", ">=":
			s.add(opTok, s.off+2)
			return
		case "**": // not of the language, but the parser can say what is meant
			s.add(opTok, s.off+2)
			return
		}
	}
	if strings.IndexByte("-+*/@^()[]{}<>=,:.'!~", rest[0]) >= 0 {
		s.add(opTok, s.off+1)
		return
	}
	s.unknown()
}

// unknown reports characters that begin no token, a run of equal ones once.
func (s *scanner) unknown() {
	from := s.off
	r, n := utf8.DecodeRuneInString(s.src[from:])
	end := from
	bad := r == utf8.RuneError && n == 1
	for end < len(s.src) {
		if again, m := utf8.DecodeRuneInString(s.src[end:]); again != r || bad && m != 1 {
			break
		}
		end += n
	}
	s.add(badTok, end)
	switch {
	case bad:
		s.errorf(from, s.off, "invalid UTF-8").Hintf("save the file as UTF-8")
	case r == 0:
		s.errorf(from, s.off, "a NUL byte")
	case r == '\ufeff':
		s.errorf(from, s.off, "a byte order mark within the file")
	case r == ';':
		s.errorf(from, s.off, "unexpected character ;").Hintf("a newline ends a statement")
	case r == '#':
		s.errorf(from, s.off, "unexpected character #").Hintf("a comment begins with //")
	case r == '&' || r == '|':
		d := s.errorf(from, s.off, "unexpected character %c", r).Hintf("write %c%c", r, r)
		if r == '|' {
			d.Hintf("or is written ||, a size abs(x) or norm(x)")
		}
	case r == '%':
		s.errorf(from, s.off, "unexpected character %%").Hintf("write mod(a, b)")
	case unicode.IsPrint(r):
		d := s.errorf(from, s.off, "unexpected character %c", r)
		if ascii, ok := lookalikes[r]; ok {
			d.Hintf("write %s", ascii)
		}
	default:
		s.errorf(from, s.off, "unexpected character %U", r)
	}
}

// lookalikes are what word processors and formula editors put in place of
// the characters of the language.
var lookalikes = map[rune]string{
	'−': "-", '–': "-", '—': "-", '×': "*", '·': "*", '∗': "*", '÷': "/", '≤': "<=", '≥': ">=", '≠': "!=",
	'‘': "'", '’': "'", '“': `"`, '”': `"`, '∧': "&&", '∨': "||", '¬': "!", '²': "^2", '³': "^3", '⊤': "' for the transpose",
	'∑': "sum[i] ...", '√': "sqrt(x)", '\\': "solve(A, b)", '$': "a name of letters, digits and _", '?': "if c { a } else { b }",
}

func (s *scanner) span(from, to int) diag.Span {
	at := diag.Pos{File: s.name, Line: s.line, Col: from - s.start + 1, Off: from}
	end := at
	end.Col += to - from
	end.Off = to
	return diag.Span{Pos: at, End: end}
}

func (s *scanner) errorf(from, to int, format string, args ...any) *diag.Diagnostic {
	return s.errs.Addf(s.span(from, to), format, args...)
}
