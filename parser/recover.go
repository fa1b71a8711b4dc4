package parser

import "github.com/bpgen/bpgen/internal/diag"

// recoverStmt goes on after a statement that began at start: on the next line
// that is not a part of it, or at the } of the block around it.
func (p *parser) recoverStmt(start *token) {
	p.reset()
	brackets, braces, column := len(p.open), 0, p.column(start)
	p.open = p.open[:0]
	for ; ; p.i++ {
		t := p.real()
		if t.kind == eofTok {
			return
		}
		if t.nl && t.off > start.off {
			if p.startsDecl(t) {
				return
			}
			// A line that is not indented more than the statement began
			// another, even if a bracket is open: that is the mistake then.
			if braces == 0 && !t.is("}") && !t.is(")") && !t.is("]") &&
				(brackets <= 0 && p.last().ends() || t.col <= column) {
				p.ended = p.i
				return
			}
		}
		if t.kind != opTok {
			continue
		}
		switch t.text {
		case "(", "[":
			brackets++
		case ")", "]":
			brackets--
		case "{":
			braces++
		case "}":
			if braces == 0 {
				return
			}
			braces--
		}
	}
}

// recoverDecl goes on after a declaration that began at start: at the next line
// that is not indented and may begin one. What is indented belongs to what
// could not be read.
func (p *parser) recoverDecl(start *token) {
	p.reset()
	p.open = p.open[:0]
	margin := p.tokens[0].col
	if p.real() == start && start.kind != eofTok {
		p.i++
	}
	for t := p.real(); t.kind != eofTok; t = p.real() {
		word := t.kind == nameTok || t.kind == keywordTok || t.is("}")
		if t.nl && (t.col <= margin && word || p.startsDecl(t)) {
			if t.is("}") { // of the body whose header could not be read
				p.i++
			}
			return
		}
		p.i++
	}
}

// recoverHeader goes on at the { of a header, if it has one. It reports
// whether there is one.
func (p *parser) recoverHeader(start *token) bool {
	if !p.failed {
		return true
	}
	brackets, column := len(p.open), p.column(start)
	for j := p.i; ; j++ {
		t := &p.tokens[j]
		if t.kind == eofTok || t.is("}") {
			return false
		}
		if t.nl && t.off > start.off && !t.is("{") && !t.is("derive") && !t.is("carry") &&
			(p.startsDecl(t) || t.col <= column || brackets <= 0 && j > 0 && p.tokens[j-1].ends()) {
			return false
		}
		switch {
		case t.is("("), t.is("["):
			brackets++
		case t.is(")"), t.is("]"):
			brackets--
		// A { that ends its line begins a body; another may be an if's.
		case t.is("{") && (brackets <= 0 || p.tokens[j+1].nl):
			p.reset()
			p.i = j
			p.ended = j
			p.open = p.open[:0]
			return true
		}
	}
}

func (p *parser) reset() {
	p.failed = false
	p.inside = 0
}

// startsDecl reports whether a line that begins with t is most likely a
// declaration of the file, whatever is open.
func (p *parser) startsDecl(t *token) bool {
	if !t.nl || t.kind != keywordTok {
		return false
	}
	if declaring[t.text] {
		return t.text != "type" || t.col == 1
	}
	switch t.text {
	case "func", "layer", "const", "dim":
		return t.col == 1
	}
	return false
}

// column is the column of the first token of the line that t is on.
func (p *parser) column(t *token) int { return p.tokens[p.lineStart(t)].col }

// lineStart is the index of the first token of the line that t is on.
func (p *parser) lineStart(t *token) int {
	i := t.index(p.tokens)
	for i > 0 && !p.tokens[i].nl {
		i--
	}
	return i
}

// index finds t among tokens by its offset.
func (t *token) index(tokens []token) int {
	lo, hi := 0, len(tokens)-1
	for lo < hi {
		m := (lo + hi) / 2
		if tokens[m].off < t.off {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// missingBrace reports a { without its } before the token t. The blocks around
// it end there too, without a word.
func (p *parser) missingBrace(open, t *token) {
	if p.cut == t {
		return
	}
	p.cut = t
	end := p.spanOf(p.last()).End
	d := p.errorf(diag.Span{Pos: end, End: end}, "missing }").Note("", "the { opened here", p.spanOf(open))
	if a, b := p.odd(open); a != nil {
		d.Note("", "this one is closed", p.spanOf(a))
		d.Note("", "by a } indented otherwise", p.spanOf(b))
	}
	p.unclosed--
}

// odd finds the first { after open whose } begins a line that is indented
// less than the line of the {: most likely its own } is the missing one.
func (p *parser) odd(open *token) (a, b *token) {
	var stack []*token
	for i := open.index(p.tokens); i < p.i; i++ {
		switch t := &p.tokens[i]; {
		case t.is("{"):
			stack = append(stack, t)
		case t.is("}") && len(stack) > 0:
			o := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if t.nl && t.line > o.line && t.col < p.column(o) {
				return o, t
			}
		}
	}
	return nil, nil
}
