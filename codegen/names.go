package codegen

import (
	"go/token"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bpgen/bpgen/symbolic"
)

// A scope hands out identifiers, each once. What an enclosing scope has handed
// out is not given again, so that nothing generated ever shadows anything.
type scope struct {
	outer *scope
	used  map[string]bool
}

func newScope(outer *scope, reserved ...string) *scope {
	s := &scope{outer, map[string]bool{}}
	for _, r := range reserved {
		s.used[r] = true
	}
	return s
}

// reserve takes names that are handed out elsewhere.
func (s *scope) reserve(names []string) {
	for _, n := range names {
		s.used[n] = true
	}
}

// outermost is the scope of the package.
func (s *scope) outermost() *scope {
	for s.outer != nil {
		s = s.outer
	}
	return s
}

func (s *scope) has(name string) bool {
	for ; s != nil; s = s.outer {
		if s.used[name] {
			return true
		}
	}
	return false
}

// pick returns name, or where that is taken name with the first number, from
// 2, that makes it new. After a name that ends in a digit the number stands
// apart, for W12 is not the first W1; only the letters that loop programs use
// for passing values are counted on: s, s2, s3.
func (s *scope) pick(name string) string {
	stem, sep := name, ""
	if base := strings.TrimRight(name, "0123456789"); base != name {
		if strings.Contains("dmpstv", base) && len(base) == 1 {
			stem = base
		} else {
			sep = "_"
		}
	}
	pick := name
	for i := 2; s.has(pick); i++ {
		pick = stem + sep + strconv.Itoa(i)
	}
	s.used[pick] = true
	return pick
}

// predeclared are Go's own names. They may be redeclared, but code that does
// so cannot be read.
var predeclared = strings.Fields(`any append bool byte cap clear close comparable
	complex complex64 complex128 copy delete error false float32 float64 imag int
	int8 int16 int32 int64 iota len make max min new nil panic print println real
	recover rune string true uint uint8 uint16 uint32 uint64 uintptr _ init main`)

// universe is the scope of what no declaration may be called.
func universe() *scope {
	s := newScope(nil, predeclared...)
	for t := token.BREAK; t <= token.VAR; t++ {
		s.used[t.String()] = true
	}
	for path := range standard {
		s.used[packageName(path)] = true
	}
	return s
}

// words splits a name of the model where it has something that is no letter
// or digit.
func words(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// initials are words that Go writes in capitals.
var initials = map[string]bool{"lr": true, "id": true, "ids": true, "url": true, "ui": true, "cpu": true}

// exported returns a name of the model as an exported identifier: weight_decay
// as WeightDecay, h[0].W as H0W.
func exported(name string) string {
	var b strings.Builder
	for _, w := range words(name) {
		if initials[w] {
			w = strings.ToUpper(w[:2]) + w[2:]
		}
		r, n := utf8.DecodeRuneInString(w)
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(w[n:])
	}
	return exportedOr(b.String())
}

func exportedOr(s string) string {
	if !token.IsExported(s) {
		return "X" + s // no capital form, or nothing left
	}
	return s
}

// local returns a name of the model as an identifier for use in a function:
// h[0].W as h0W. The number of passes of a while has the name that it is read
// under, and 2^n is pow2N.
func local(name string) string {
	if e, ok := symbolic.ExponentOf(name); ok {
		return "pow2" + exported(e)
	}
	if symbolic.IsCount(name) {
		return symbolic.CountName(name)
	}
	ws := words(name)
	if len(ws) == 0 {
		return "v"
	}
	for i := 1; i < len(ws); i++ {
		r, n := utf8.DecodeRuneInString(ws[i])
		ws[i] = string(unicode.ToUpper(r)) + ws[i][n:]
	}
	s := strings.Join(ws, "")
	if r, _ := utf8.DecodeRuneInString(s); unicode.IsDigit(r) {
		s = "v" + s
	}
	return s
}

// unexported returns s with a small first letter, or a small first word where
// that is in capitals.
func unexported(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if next, _ := utf8.DecodeRuneInString(s[n:]); unicode.IsUpper(next) && strings.ToUpper(s) == s {
		return strings.ToLower(s)
	}
	low := string(unicode.ToLower(r)) + s[n:]
	if token.IsExported(low) {
		return "_" + low
	}
	return low
}
