package parser

import "strings"

// reduction reads sum[k < K] E, sum[k](E), or the name sum of a call.
func (p *parser) reduction() Expr {
	t := p.take()
	start := p.spanOf(t)
	open := p.cur()
	if p.at("(") {
		return &Name{at{start}, t.text}
	}
	x := &Reduction{Op: t.text, OpSpan: start}
	if !p.at("[") {
		bad := p.bad()
		p.expected("[ and indices, or ( after "+t.text, t.text+" is a reserved word: write "+t.text+"(x) or "+t.text+"[i] x[i]")
		return bad
	}
	p.take()
	open.role = glued
	p.bracket(open, func() {
		for {
			x.Binders = append(x.Binders, p.binder())
			if !p.got(",") {
				break
			}
		}
	})
	if open := p.cur(); p.got("(") {
		open.role = glued
		x.Paren = true
		p.bracket(open, func() { x.Body = p.expr() })
		if p.at("^", "**") {
			op := p.cur()
			p.errorf(p.spanOf(op), "%s[..](..)^ can be read in two ways", t.text).
				Hintf("write %s[..]((..)^2) or (%s[..](..))^2", t.text, t.text)
		}
	} else {
		x.Body = p.binary(products)
	}
	x.span = p.since(start)
	return x
}

// binder reads an index: k, k < K, lo <= k, or lo <= k < hi.
func (p *parser) binder() *Binder {
	start := p.here()
	b := &Binder{}
	x := p.binary(sums)
	if p.at("in", "=", ":") {
		p.expected("< or ]", "the range of an index is written k < n, or lo <= k < hi")
	}
	if op := p.cur(); p.got("<") || p.got("<=") || p.got(">") || p.got(">=") {
		y := p.binary(sums)
		if op2 := p.cur(); p.at("<", "<=") && op.text[0] == '<' {
			p.take()
			b.Lo, b.LoOp = x, op.text
			b.Name = p.index(y, "the middle of lo <= k < hi is the index")
			b.Hi, b.HiOp = p.binary(sums), op2.text
		} else {
			b.Name = p.index(x, "a bound of an index is written k < K")
			if op.text[0] == '<' {
				b.Hi, b.HiOp = y, op.text
			} else {
				// k > lo is lo < k: LoOp stands between Lo and the index.
				b.Lo, b.LoOp = y, strings.Replace(op.text, ">", "<", 1)
			}
		}
	} else {
		b.Name = p.index(x, "expected an index")
	}
	b.span = p.since(start)
	return b
}

// index is the name that x is.
func (p *parser) index(x Expr, otherwise string) *Ident {
	if n, ok := x.(*Name); ok && !keywords[n.Name] {
		return &Ident{n.at, n.Name}
	}
	if _, bad := x.(*Bad); !bad && !p.failed {
		d := p.errorf(x.Span(), "%s", otherwise)
		if _, list := x.(*Number); list {
			d.Hintf("sum[k] takes the indices to sum over; an axis has no number")
		}
	}
	return &Ident{at: at{x.Span()}}
}
