package parser

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// How tightly binary operators bind. All associate to the left; ^ and the
// unary operators bind tighter, see unary.
const (
	ors = 1 + iota
	ands
	comparisons
	sums
	products
)

var precedence = map[string]int{
	"||": ors, "&&": ands,
	"==": comparisons, "!=": comparisons, "<": comparisons, "<=": comparisons, ">": comparisons, ">=": comparisons,
	"+": sums, "-": sums,
	"*": products, "/": products, "@": products,
}

// exprs reads expressions with commas between. Within brackets the last comma
// may be followed by nothing.
func (p *parser) exprs() []Expr {
	out := []Expr{p.expr()}
	for p.got(",") {
		if p.at(")", "]") {
			break
		}
		out = append(out, p.expr())
	}
	return out
}

func (p *parser) expr() Expr { return p.binary(ors) }

// cond reads a condition, in which = can only be meant as ==.
func (p *parser) cond() Expr {
	x := p.expr()
	for p.at("=") {
		op := p.take()
		p.errorf(p.spanOf(op), "expected a condition, found =").Hintf("= binds a name; to compare write ==")
		y := p.binary(sums)
		x = &Binary{at{x.Span().To(y.Span())}, "==", p.spanOf(op), x, y}
	}
	return x
}

// bad stands for what could not be read.
func (p *parser) bad() Expr { return &Bad{at{p.here()}} }

// binary reads operators that bind at least as tightly as level.
func (p *parser) binary(level int) Expr {
	defer func() { p.nest-- }()
	if !p.deeper() {
		return p.bad()
	}
	x := p.unary()
	compared := false
	for n := 0; ; n++ {
		op := p.cur()
		text, prec := p.operator(op)
		if prec < level || prec == 0 {
			return x
		}
		if n == maxChain {
			if d := p.fail("more than %d operators in a row", maxChain); d != nil {
				d.Hintf("bind parts of the expression to names")
			}
			return x
		}
		p.take()
		if prec == comparisons && compared {
			p.errorf(p.spanOf(op), "comparisons do not chain").Hintf("write a < b && b < c")
		}
		compared = prec == comparisons
		y := p.binary(prec + 1)
		x = &Binary{at{p.since(x.Span())}, text, p.spanOf(op), x, y}
	}
}

// operator is the binary operator that op is and how tightly it binds; 0 if
// it is none. The words of other languages are reported and understood.
func (p *parser) operator(op *token) (string, int) {
	if op.kind == opTok {
		return op.text, precedence[op.text]
	}
	if op.kind == nameTok && (op.text == "and" || op.text == "or") && p.last().end() <= op.off {
		means := map[string]string{"and": "&&", "or": "||"}[op.text]
		if n := len(*p.errs); n == 0 || (*p.errs)[n-1].Span.Pos.Off != op.off {
			p.errorf(p.spanOf(op), "%s is not an operator", op.text).Hintf("write %s", means)
		}
		return means, precedence[means]
	}
	return "", 0
}

func (p *parser) unary() Expr {
	op := p.cur()
	if p.got("-") || p.got("!") {
		op.role = prefix
		defer func() { p.nest-- }()
		if !p.deeper() {
			return p.bad()
		}
		x := p.unary()
		return &Unary{at{p.since(p.spanOf(op))}, op.text, x}
	}
	if n := p.peek(); op.kind == nameTok && op.text == "not" && !n.nl &&
		(n.kind == nameTok || n.kind == numberTok || n.is("true") || n.is("false")) {
		p.take()
		p.errorf(p.spanOf(op), "not is not an operator").Hintf("write !")
		x := p.power()
		return &Unary{at{p.since(p.spanOf(op))}, "!", x}
	}
	return p.power()
}

func (p *parser) power() Expr {
	x := p.postfix()
	op := p.cur()
	if p.got("**") {
		p.errorf(p.spanOf(op), "** is not an operator").Hintf("a power is written a^b")
	} else if !p.got("^") {
		return x
	}
	defer func() { p.nest-- }()
	if !p.deeper() {
		return x
	}
	y := p.unary()
	return &Binary{at{p.since(x.Span())}, "^", p.spanOf(op), x, y}
}

// postfix reads calls, subscripts, transposes and members.
func (p *parser) postfix() Expr {
	x := p.primary()
	for n := 0; ; n++ {
		t := p.cur()
		if n == maxChain && p.at("(", "[", "'", ".") {
			p.fail("more than %d calls and subscripts in a row", maxChain)
			return x
		}
		switch {
		case p.got("("):
			t.role = glued
			var args []*Arg
			p.bracket(t, func() { args = p.args(")") })
			x = &Call{at{p.since(x.Span())}, x, args}
		case p.got("["):
			t.role = glued
			var args []*Arg
			p.bracket(t, func() {
				if p.at("]") {
					p.fail("empty brackets")
				}
				args = p.args("]")
			})
			x = &Subscript{at{p.since(x.Span())}, x, args}
		case p.got("'"):
			x = &Transpose{at{p.since(x.Span())}, x}
		case p.got("."):
			if n, ok := x.(*Number); ok && p.last().off == n.span.End.Off {
				p.errorf(p.since(n.span), "a real number has digits after its point").Hintf("write %s.0", n.Text)
				p.failed = true
			}
			if t := p.cur(); slices.Contains(reductions, t.text) {
				if d := p.fail("%s is no member", t.text); d != nil {
					d.Hintf("a function stands before: %s(x)", t.text)
				}
			}
			name := p.ident("the name of a parameter")
			x = &Member{at{p.since(x.Span())}, x, name}
		default:
			return x
		}
	}
}

// args reads arguments or subscripts up to the closing bracket.
func (p *parser) args(closer string) []*Arg {
	var out []*Arg
	for !p.at(closer) && !p.failed {
		out = append(out, p.arg(closer == "]"))
		if !p.got(",") {
			break
		}
	}
	return out
}

func (p *parser) arg(sub bool) *Arg {
	start := p.here()
	a := &Arg{}
	switch {
	case p.cur().kind == nameTok && p.peek().is("="):
		a.Name = p.ident("")
		p.take()
		a.Value = p.expr()
	case sub && p.at(":"):
		p.bounds(a)
	default:
		a.Value = p.expr()
		if sub && p.at(":") {
			a.Lo, a.Value = a.Value, nil
			p.bounds(a)
		}
	}
	a.span = p.since(start)
	return a
}

// bounds reads a slice from its colon on.
func (p *parser) bounds(a *Arg) {
	p.take().role = slice
	a.Slice = true
	if !p.at(",", "]") {
		a.Hi = p.expr()
	}
}

func (p *parser) primary() Expr {
	t := p.cur()
	start := p.spanOf(t)
	switch t.kind {
	case numberTok:
		p.take()
		return p.number(t)
	case nameTok:
		p.take()
		return &Name{at{start}, t.text}
	case keywordTok:
		switch t.text {
		case "true", "false":
			p.take()
			return &Name{at{start}, t.text}
		case "if":
			return p.choice(t)
		}
		for _, r := range reductions {
			if t.text == r {
				return p.reduction()
			}
		}
	case opTok:
		switch t.text {
		case "(":
			p.take()
			var x Expr
			p.bracket(t, func() { x = p.expr() })
			return &Paren{at{p.since(start)}, x}
		case "[":
			p.take()
			t.role = listOpen
			var elems []Expr
			p.bracket(t, func() {
				if !p.at("]") {
					elems = p.exprs()
				}
			})
			return &List{at{p.since(start)}, elems}
		}
	}
	bad := p.bad()
	p.noExpr(t)
	return bad
}

// noExpr fails because t begins no expression.
func (p *parser) noExpr(t *token) {
	hint := ""
	switch {
	case t.is("."):
		hint = "a number begins with a digit: 0.5"
	case t.is("{"):
		hint = "a block is a value right after = or as a branch of an if"
	case t.is("scan"), t.is("for"), t.is("while"):
		hint = "a loop is a statement: ys = " + t.text + " ..."
	case t.is("else"):
		hint = "an else follows the } of its if"
	case p.startsDecl(t) && precedence[p.last().text] > 0 && p.last().kind == opTok:
		hint = p.last().text + " has nothing on its right"
	case t.is("param"), t.is("state"), t.is("given"), t.is("sample"):
		hint = "its name stands behind it: " + t.text + " w [n]"
	case t.kind == keywordTok:
		hint = t.text + " is a reserved word"
	case t.kind == stringTok:
		hint = "strings stand in imports only"
	case t.is(",") || t.is(")") || t.is("]") || t.is("}") || t.kind == newlineTok:
		if prev := p.last(); precedence[prev.text] > 0 && prev.kind == opTok {
			hint = prev.text + " has nothing on its right"
		}
	case t.kind == opTok && (precedence[t.text] > 0 || t.text == "^"):
		hint = t.text + " has nothing on its left"
	}
	p.expected("an expression", hint)
}

func (p *parser) number(t *token) Expr {
	n := &Number{at: at{p.spanOf(t)}, Text: t.text, Int: !strings.ContainsAny(t.text, ".eE")}
	var err error
	if n.Int {
		// Whole numbers are int64 when the program runs.
		if _, err = strconv.ParseInt(t.text, 10, 64); err != nil {
			p.errorf(n.span, "the whole number %s does not fit 64 bits", short(t.text)).
				Hintf("a real number has a point or an exponent: 1e20")
		}
		n.Value, _ = strconv.ParseFloat(t.text, 64)
		if math.IsInf(n.Value, 0) {
			n.Value = math.MaxFloat64
		}
		return n
	}
	n.Value, err = strconv.ParseFloat(t.text, 64)
	digits, _, _ := strings.Cut(strings.ToLower(t.text), "e")
	switch {
	case err != nil:
		p.errorf(n.span, "the number %s is too large", short(t.text)).Hintf("the largest is about 1.8e308; inf is infinity")
		n.Value = math.MaxFloat64
	case n.Value == 0 && strings.ContainsAny(digits, "123456789"):
		p.errorf(n.span, "the number %s is too small", short(t.text)).Hintf("the smallest is about 4.9e-324")
	}
	return n
}

// choice reads an if. The word head is the first if of its chain.
func (p *parser) choice(head *token) Expr {
	t := p.take()
	x := &If{}
	defer func() { p.nest-- }()
	if p.deeper() {
		x.Cond = p.cond()
		if p.failed && !p.recoverBranch(t) {
			x.Then = &Block{at: at{p.here()}}
		}
	}
	if x.Cond == nil {
		x.Cond = p.bad()
	}
	if x.Then == nil {
		x.Then = p.block(head, innerOpen, "the value where the condition holds")
	}
	p.skipTo("else")
	word := p.cur()
	switch {
	case p.got("else"):
		word.head = head
		if p.at("if") {
			e := p.choice(head)
			span := at{e.Span()}
			x.Else, x.ElseIf = &Block{span, []Stmt{&ValueStmt{span, []Expr{e}}}}, true
		} else {
			x.Else = p.block(head, innerOpen, "the value where the condition does not hold")
		}
	case !p.failed && p.cut == nil:
		span := p.since(p.spanOf(t))
		if e := p.cur().text; e == "elif" || e == "elsif" || e == "elseif" {
			p.expected("else", "write else if")
		} else {
			p.errorf(span, "an if is an expression and needs an else").Hintf("if c { a } else { b }")
		}
		fallthrough
	default:
		here := at{p.here()}
		x.Else = &Block{here, []Stmt{&ValueStmt{here, []Expr{&Bad{here}}}}}
	}
	x.span = p.since(p.spanOf(t))
	return x
}

// recoverBranch goes on at the { of an if whose condition could not be read.
// Brackets that were open around the if stay so.
func (p *parser) recoverBranch(t *token) bool {
	inside := p.inside
	if inside > 0 {
		return false
	}
	return p.recoverHeader(t)
}
