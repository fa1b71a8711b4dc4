package parser

import (
	"bytes"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
)

// Format returns the source of f in the layout that all programs share. It
// changes blanks and newlines only, so nothing that is said can get lost, and
// it leaves a file alone that has errors.
//
//   - A level is four spaces. So is what is in brackets over several lines,
//     and what continues a statement.
//   - Line breaks are the writer's, except that a block is on one line or has
//     its braces at the ends of lines, else stands after }, and { after its
//     header, unless a derive has a line of its own. Blank lines are kept, but
//     never two, nor at the ends of a block.
//   - Operators have blanks around them, with these exceptions: ^ has none,
//     and * and / are the writer's choice (see productBlanks), but tight in a sum.
//   - Trailing comments keep their column. Other columns (the ~ of params, the
//     = of statements, the rows of a matrix) are straightened where the writer
//     began them, and are not imposed.
func Format(f *File) []byte {
	out, err := format(f.Name, f.Source)
	if err != nil {
		return bytes.Clone(f.Source)
	}
	return out
}

func format(name string, src []byte) ([]byte, error) {
	var errs diag.List
	p := newParser(name, src, &errs)
	f := p.file(src)
	if err := errs.Err(); err != nil {
		return nil, err
	}
	w := &formatter{src: string(src), spaced: productBlanks(f, src)}
	w.gather(p.tokens, p.comments)
	w.breaks()
	w.layout()
	w.align()
	return w.bytes(), nil
}

// A piece is a token or a comment, with the blanks that come before it.
type piece struct {
	text string
	tok  *token // nil for a comment
	off  int    // in the source
	line int
	col  int  // in the source, as shown
	wide bool // more than one blank stood before it
	// breaks is how many newlines come before it, 2 for a blank line.
	breaks int
	gap    int // how many spaces come before it on its line
}

func (x *piece) is(text string) bool { return x.tok != nil && x.tok.is(text) }

func (x *piece) opens() bool { return x.is("(") || x.is("[") || x.is("{") }

func (x *piece) closes() bool { return x.is(")") || x.is("]") || x.is("}") }

type formatter struct {
	src    string
	spaced map[int]bool // of * and / by offset
	pieces []piece
	lines  []line
}

// gather merges tokens and comments in the order of the source.
func (w *formatter) gather(tokens []token, comments []Comment) {
	tokens = tokens[:len(tokens)-1] // without the end of the file
	w.pieces = make([]piece, 0, len(tokens)+len(comments))
	for len(tokens) > 0 || len(comments) > 0 {
		if len(comments) == 0 || len(tokens) > 0 && tokens[0].off < comments[0].span.Pos.Off {
			t := &tokens[0]
			w.pieces = append(w.pieces, piece{text: t.text, tok: t, off: t.off, line: t.line})
			tokens = tokens[1:]
			continue
		}
		c := comments[0]
		w.pieces = append(w.pieces, piece{text: c.Text, off: c.span.Pos.Off, line: c.span.Pos.Line})
		comments = comments[1:]
	}
	end := 0 // of the piece before
	col := 0
	for i := range w.pieces {
		x := &w.pieces[i]
		between := w.src[end:x.off]
		if nl := strings.LastIndexByte(between, '\n'); nl >= 0 {
			col = 0
			between = between[nl+1:]
		}
		from := col
		for _, r := range between {
			if r == '\t' {
				col += 4 - col%4
			} else if r != '\ufeff' && r != '\r' {
				col++
			}
		}
		x.col = col
		x.wide = col-from > 1
		col += textWidth(x.text)
		end = x.off + len(x.text)
		if i > 0 {
			x.breaks = min(2, x.line-w.pieces[i-1].line)
		}
	}
}

func textWidth(s string) int {
	n := 0
	for _, r := range s {
		n += diag.Width(r)
	}
	return n
}

// breaks settles where lines end.
func (w *formatter) breaks() {
	broken := w.brokenBlocks()
	ownLine := map[*token]bool{} // funcs whose derive has a line of its own
	var open []int
	for i := range w.pieces {
		x := &w.pieces[i]
		var prev *piece
		if i > 0 {
			prev = &w.pieces[i-1]
		}
		first := prev != nil && (prev.opens() || prev.tok == nil && prev.breaks == 0 && i > 1 && w.pieces[i-2].opens())
		switch {
		case prev == nil:
			x.breaks = 0
		case x.tok == nil:
			if first {
				x.breaks = min(x.breaks, 1)
			}
		case prev.tok == nil: // a comment ends its line
			if first || !x.tok.start {
				x.breaks = 1
			}
		case x.is("derive"):
			x.breaks = min(x.breaks, 1)
			ownLine[x.tok.head] = x.breaks > 0
		case x.is("{") && x.tok.role == bodyOpen:
			x.breaks = 0
			if ownLine[x.tok.head] {
				x.breaks = 1
			}
		case x.is("{") && x.tok.head != x.tok, x.is("else"), x.tok.role == bodyAssign:
			x.breaks = 0
		case x.is("}"):
			x.breaks = 0
			if broken[open[len(open)-1]] {
				x.breaks = 1
			}
		case first || !x.tok.start:
			x.breaks = min(x.breaks, 1)
		}
		if prev != nil && prev.is("{") && broken[i-1] && x.tok != nil {
			x.breaks = 1
		}
		switch {
		case x.opens():
			open = append(open, i)
		case x.closes():
			open = open[:len(open)-1]
		}
	}
}

// brokenBlocks finds the blocks that are not on one line: those with a line
// break right after {, before }, or between statements.
func (w *formatter) brokenBlocks() map[int]bool {
	broken := map[int]bool{}
	var open []int
	for i := range w.pieces {
		x := &w.pieces[i]
		if len(open) > 0 {
			in := open[len(open)-1]
			if x.breaks > 0 && w.pieces[in].is("{") && (x.tok == nil || x.tok.start || x.is("}") || in == i-1) {
				broken[in] = true
			}
		}
		switch {
		case x.opens():
			open = append(open, i)
		case x.closes():
			open = open[:len(open)-1]
		}
	}
	return broken
}

// A line of the output is a run of pieces.
type line struct {
	from, to int // of formatter.pieces
	indent   int
}

// layout cuts lines, indents them and sets the blanks within.
func (w *formatter) layout() {
	type frame struct {
		indent int  // of the line that the bracket belongs to
		stmt   int  // indent of the line of the current statement
		block  bool // { or the file
	}
	frames := []frame{{indent: -4, block: true}}
	heads := map[*token]int{} // the indents of the lines of keywords and {
	indent := 0
	for i := range w.pieces {
		x := &w.pieces[i]
		top := &frames[len(frames)-1]
		if i == 0 || x.breaks > 0 {
			t := x.tok
			for j := i + 1; t == nil && j < len(w.pieces); j++ {
				t = w.pieces[j].tok // a comment is indented like what follows
			}
			switch {
			case t == nil:
				indent = 0
			case x.closes():
				indent = top.indent
			case t.is("}") || t.is(")") || t.is("]") || t.start || !top.block:
				indent = top.indent + 4
			case t.is("else"), t.is("{") && t.role == bodyOpen:
				indent = heads[t.head]
			default:
				indent = top.stmt + 4
			}
			w.lines = append(w.lines, line{from: i, indent: indent})
		} else if x.tok == nil || w.space(w.pieces[i-1].tok, x.tok) {
			x.gap = 1
		}
		w.lines[len(w.lines)-1].to = i + 1
		if x.tok == nil {
			continue
		}
		if x.tok.start {
			top.stmt = indent
		}
		if x.tok.kind == keywordTok || x.is("{") {
			heads[x.tok] = indent
		}
		switch {
		case x.is("{"):
			frames = append(frames, frame{heads[x.tok.head], heads[x.tok.head], true})
		case x.opens():
			frames = append(frames, frame{indent: indent})
		case x.closes():
			frames = frames[:len(frames)-1]
		}
	}
}

// space reports whether there is a blank between neighbours on a line.
func (w *formatter) space(a, b *token) bool {
	switch {
	case b.role == glued, b.is(","), b.is(")"), b.is("]"), b.is("'"), b.is("."), a.is("("), a.is("["), a.is("."):
		return false
	case a.is("{"):
		return !b.is("}")
	case a.is(","):
		return true
	case a.role == prefix, a.role == slice, b.role == slice, a.is("^"), b.is("^"):
		return false
	case a.is("*") || a.is("/"):
		return w.spaced[a.off]
	case b.is("*") || b.is("/"):
		return w.spaced[b.off]
	case a.is("]") && (b.is("index") || b.is("real") || b.is("int") || b.is("bool")):
		return false // [n]int
	}
	return true
}

func (w *formatter) bytes() []byte {
	var b bytes.Buffer
	for _, l := range w.lines {
		for i := l.from; i < l.to; i++ {
			x := &w.pieces[i]
			if i == l.from {
				if x.breaks == 2 {
					b.WriteByte('\n')
				}
				b.WriteString(strings.Repeat(" ", l.indent))
			} else {
				b.WriteString(strings.Repeat(" ", x.gap))
			}
			b.WriteString(x.text)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}
