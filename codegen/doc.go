// Package codegen prints a module as a Go package.
//
// What comes in is a module with its derivatives; each procedure is lowered to
// a loop program and planned. What goes out are the files of a package that
// imports the standard library, and packages that extern funcs of the model
// name: formatted, type-checked, and the same to the byte each time. What
// follows from the graph is printed with jennifer; what does not is in
// templates/go, copied as far as it is used.
package codegen

import (
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dave/jennifer/jen"
)

// clean makes one line of text that is safe in a comment.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case !unicode.IsGraphic(r) || r == unicode.ReplacementChar || r == '\ufeff':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.TrimRight(s, " ")
}

// comment returns text as line comments. There is always a blank after the
// slashes, so that none can be a directive; the one form that counts as one
// with a blank too, "+build", gets a mark before it, and so does "go:".
func comment(lines ...string) jen.Code {
	c := jen.Null()
	for i, l := range lines {
		if i > 0 {
			c.Line()
		}
		c.Comment(commentLine(l))
	}
	return c
}

// prose returns text of our own as line comments of the usual width. An empty
// line ends a paragraph.
func prose(lines ...string) jen.Code { return comment(wrapped(lines...)...) }

func wrapped(lines ...string) []string {
	var out []string
	line := ""
	for _, l := range lines {
		if l == "" {
			out, line = append(out, line, ""), ""
		}
		for _, word := range strings.Fields(clean(l)) {
			if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > 76 {
				out, line = append(out, line), ""
			}
			line = strings.TrimPrefix(line+" "+word, " ")
		}
	}
	return append(out, line)
}

func commentLine(l string) string {
	l = clean(l)
	text := strings.TrimSpace(l)
	if text == "" {
		return "//"
	}
	for _, p := range []string{"+build", "go:"} {
		if strings.HasPrefix(text, p) {
			return "// · " + text
		}
	}
	return "// " + strings.TrimPrefix(l, " ")
}

// docs is the documentation of a declaration: what the model says, or else
// what there is to say anyway. Go's form wants the name first; where the
// model's text does not have it, it comes after a line of our own.
func docs(name string, model []string, otherwise string) []string {
	text := trimBlank(model)
	if len(text) == 0 {
		return []string{otherwise}
	}
	if first := strings.Fields(text[0]); len(first) > 0 && strings.TrimRight(first[0], ",:'’s") == strings.TrimRight(name, "s") {
		return text
	}
	return append([]string{otherwise, ""}, text...)
}

func trimBlank(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// place names a line of the model: window.bp:27.
func place(file string, line int) string {
	if line <= 0 {
		return ""
	}
	return clean(base(file)) + ":" + strconv.Itoa(line)
}

func base(file string) string { return path.Base(strings.ReplaceAll(file, `\`, "/")) }
