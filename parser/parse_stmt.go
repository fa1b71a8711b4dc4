package parser

import "github.com/bpgen/bpgen/internal/diag"

// block reads a body in braces; what says whose, for the error without it.
// The word head begins what the body belongs to.
func (p *parser) block(head *token, r role, what string) *Block {
	p.skipTo("{")
	start := p.here()
	b := &Block{}
	open := p.cur()
	defer func() { p.nest-- }()
	if !p.deeper() {
		b.span = p.since(start)
		return b
	}
	if !p.got("{") {
		hint := ""
		if head != nil && head.is("if") {
			hint = "a choice is written if c { a } else { b }"
		}
		p.expected("{ and "+what, hint)
		b.span = p.since(start)
		return b
	}
	open.role, open.head = r, head
	inside, brackets := p.inside, p.open
	p.inside, p.open = 0, nil
	for {
		t := p.real()
		p.ended = p.i
		if t.is("}") {
			p.i++
			break
		}
		if t.kind == eofTok || p.startsDecl(t) && (t.col == 1 && declaring[t.text] || p.unclosed > 0 || p.cut == t) {
			p.missingBrace(open, t)
			break
		}
		t.start = true
		if s := p.stmt(); s != nil {
			b.Stmts = append(b.Stmts, s)
		}
		if p.at("else") && head.is("if") {
			end := p.spanOf(p.last()).End
			p.errorf(diag.Span{Pos: end, End: end}, "missing } before else").
				Note("", "the { opened here", p.spanOf(open))
			p.unclosed--
			break
		}
		p.endLine()
		if p.failed {
			p.recoverStmt(t)
		}
		if p.real() == t { // whatever it is, go on after it
			p.i++
		}
	}
	p.inside, p.open = inside, brackets
	b.span = p.since(start)
	return b
}

// stmt reads a statement.
func (p *parser) stmt() Stmt {
	t := p.cur()
	start := p.spanOf(t)
	if n := p.peek(); t.kind == keywordTok && n.is("=") && !n.nl {
		d := p.errorf(start, "cannot give a value to %s, a reserved word", t.text)
		if t.is("output") || t.is("loss") || t.is("penalty") || t.is("metric") || t.is("train") {
			d.Hintf("%s stands without =: write %s and then its value", t.text, t.text)
		} else {
			d.Hintf("take another name")
		}
		p.take()
		p.take()
		v := p.exprs()
		return &LetStmt{at{p.since(start)}, []*Ident{{at{start}, t.text}}, v}
	}
	if t.kind == keywordTok {
		switch t.text {
		case "return":
			p.take()
			v := p.exprs()
			return &ReturnStmt{at{p.since(start)}, v}
		case "emit":
			p.take()
			v := p.exprs()
			return &EmitStmt{at{p.since(start)}, v}
		case "next":
			return p.next()
		case "rec":
			p.take()
			return p.define(start, true)
		case "scan", "for", "while":
			return p.loop(start, nil)
		case "const", "dim":
			return p.values(p.doc(t)).(Stmt)
		case "func", "layer":
			return p.callable(p.doc(t)).(Stmt)
		case "param", "state", "given", "sample":
			return p.own()
		case "output", "loss", "penalty", "metric":
			return p.roleStmt()
		case "train":
			p.take()
			r := p.expr()
			return &TrainStmt{at{p.since(start)}, r}
		case "package", "import", "type", "model", "rule", "extern":
			if d := p.fail("%s does not stand in a body", t.text); d != nil {
				d.Hintf("move it to the level of the file")
			}
			return nil
		}
	}
	// hyper is a name like any other, except where a name follows on it.
	if n := p.peek(); t.kind == nameTok && t.text == "hyper" && n.kind == nameTok && !n.nl {
		return p.own()
	}
	return p.define(start, false)
}

func (p *parser) next() Stmt {
	t := p.take()
	s := &NextStmt{Names: p.idents("the name of a carry or state")}
	eq := p.cur()
	if p.at("[") {
		if d := p.fail("next takes a name, not its elements"); d != nil {
			d.Hintf("a table filled in order is written rec %s[i] = ...", s.Names[len(s.Names)-1].Name)
		}
	} else if p.want("=", "and the next value") {
		p.assigns(eq, true)
	}
	s.Values = p.exprs()
	s.span = p.since(p.spanOf(t))
	return s
}

var ownKinds = map[string]OwnKind{
	"param": ParamOwn, "state": StateOwn, "given": GivenOwn, "sample": SampleOwn, "hyper": HyperOwn,
}

// own reads a param, state, given, sample or hyper.
func (p *parser) own() Stmt {
	t := p.take()
	s := &OwnStmt{Doc: p.doc(t), Kind: ownKinds[t.text]}
	s.Names = p.idents("the name of the " + t.text)
	if p.at("[", "real", "int", "bool") {
		first := p.cur()
		s.Type = p.typ()
		first.role = ownType
	} else if p.at("index") {
		if d := p.fail("a %s is not of an index type", t.text); d != nil {
			d.Hintf("write int")
		}
	}
	sign, other := "=", "~"
	if s.Kind == ParamOwn || s.Kind == SampleOwn {
		sign, other = "~", "="
	}
	op := p.cur()
	switch {
	case p.got(sign):
		p.assigns(op, true)
		s.Value = p.expr()
	case p.at(other):
		hint := "a " + t.text + " has a value: " + t.text + " " + s.Names[0].Name + " = 0"
		if sign == "~" {
			hint = "values are drawn: ~ normal(0, 1), and ~ constant(c) gives the same to all"
		}
		p.expected(sign, hint)
		s.Value = p.bad()
	case s.Kind == SampleOwn:
		p.expected("~ and a distribution", "sample "+s.Names[0].Name+" ~ normal(0, 1)")
		s.Value = p.bad()
	case s.Kind == StateOwn:
		p.expected("= and the value to start from", "state "+s.Names[0].Name+" = 0")
		s.Value = p.bad()
	case s.Kind == HyperOwn:
		p.expected("= and the default", "hyper "+s.Names[0].Name+" = 1e-3")
		s.Value = p.bad()
	}
	s.span = p.since(p.spanOf(t))
	return s
}

var roleKinds = map[string]RoleKind{"output": Output, "loss": Loss, "penalty": Penalty, "metric": Metric}

// roleStmt reads an output, loss, penalty or metric.
func (p *parser) roleStmt() Stmt {
	t := p.take()
	s := &RoleStmt{Kind: roleKinds[t.text]}
	if n := p.peek(); p.cur().kind == nameTok && n.is("=") && !n.nl {
		s.Name = p.ident("")
		p.assigns(p.cur(), true)
		p.take()
	}
	s.Value = p.expr()
	s.span = p.since(p.spanOf(t))
	return s
}

// define reads a statement that begins with an expression: it binds names,
// defines a tensor by its indices, or is a value.
func (p *parser) define(start diag.Span, rec bool) Stmt {
	left := p.exprs()
	eq := p.cur()
	if !p.at("=") {
		if rec || p.at("carry") {
			p.expected("=", "")
		}
		return &ValueStmt{at{p.since(start)}, left}
	}
	if s, ok := left[0].(*Subscript); ok && len(left) == 1 {
		if n, ok := s.X.(*Name); ok {
			st := &IndexStmt{Rec: rec, Name: &Ident{n.at, n.Name}, Binders: p.leftBinders(s.Args)}
			p.take()
			p.assigns(eq, true)
			if p.at("scan", "for", "while") {
				if d := p.fail("the values of a loop are bound to names without indices"); d != nil {
					d.Hintf("write %s = %s ...", n.Name, p.real().text)
				}
			}
			st.Value = p.rhs()
			st.span = p.since(start)
			return st
		}
	}
	names := p.leftNames(left)
	p.take()
	p.assigns(eq, true)
	if rec && !p.failed {
		p.errorf(start, "rec defines a tensor by its indices").Hintf("write rec %s[i] = ...", names[0].Name)
	}
	if p.at("scan", "for", "while") {
		return p.loop(start, names)
	}
	st := &LetStmt{Names: names}
	if p.at("{") {
		st.Values = []Expr{p.rhs()}
	} else {
		st.Values = p.exprs()
	}
	st.span = p.since(start)
	return st
}

// leftNames are the names that stand left of =.
func (p *parser) leftNames(left []Expr) []*Ident {
	var names []*Ident
	for _, e := range left {
		switch n := e.(type) {
		case *Name:
			if keywords[n.Name] {
				p.errorf(n.span, "cannot give a value to the reserved word %s", n.Name).Hintf("take another name")
			}
			names = append(names, &Ident{n.at, n.Name})
		case *Bad:
			names = append(names, &Ident{n.at, ""})
		default:
			p.errorf(e.Span(), "only a name, or a name with its indices, can stand left of =").
				Hintf("to compare write ==")
			names = append(names, &Ident{at{e.Span()}, ""})
		}
	}
	return names
}

// leftBinders are the indices that stand left of =.
func (p *parser) leftBinders(args []*Arg) []*Binder {
	var out []*Binder
	for _, a := range args {
		b := &Binder{at: a.at}
		switch e := a.Value.(type) {
		case *Name:
			b.Name = &Ident{e.at, e.Name}
		case *Binary:
			if n, ok := e.X.(*Name); ok && (e.Op == "<" || e.Op == "<=") {
				b.Name, b.Hi, b.HiOp = &Ident{n.at, n.Name}, e.Y, e.Op
			}
		}
		if b.Name == nil {
			b.Name = &Ident{at: a.at}
			if _, bad := a.Value.(*Bad); !bad {
				p.errorf(a.span, "an index left of = is a new name, alone or with its bound (i < n)").
					Hintf("to compare write ==")
			}
		}
		out = append(out, b)
	}
	return out
}

// rhs reads an expression or a block that is one.
func (p *parser) rhs() Expr {
	if p.at("{") {
		b := p.block(p.cur(), innerOpen, "a value")
		return &BlockExpr{b.at, b}
	}
	return p.expr()
}

var loopKinds = map[string]LoopKind{"scan": Scan, "for": For, "while": While}

// loop reads a scan, for or while.
func (p *parser) loop(start diag.Span, outs []*Ident) Stmt {
	t := p.take()
	s := &LoopStmt{Kind: loopKinds[t.text], Outs: outs}
	if s.Kind == While {
		s.Cond = p.cond()
	} else {
		for {
			s.Gens = append(s.Gens, p.generator(t.text))
			if !p.got(",") {
				break
			}
		}
	}
	p.skipTo("carry", "{")
	if p.got("carry") {
		for {
			s.Carry = append(s.Carry, p.carry())
			if !p.got(",") {
				break
			}
		}
	}
	if n := p.cur(); n.kind == nameTok && n.text == "checkpoint" && s.Kind == Scan {
		p.take()
		s.Checkpoint = true
	}
	if p.recoverHeader(t) {
		s.Body = p.block(t, innerOpen, "the body of the "+t.text)
	} else {
		s.Body = &Block{at: at{p.here()}}
	}
	s.span = p.since(start)
	return s
}

// generator reads x in xs, or i < n.
func (p *parser) generator(word string) *Generator {
	g := &Generator{Name: p.ident("the name of what each pass takes")}
	t := p.cur()
	switch {
	case p.got("in"):
		g.Over = p.expr()
	case p.got("<"), p.got("<="):
		g.Op = t.text
		g.To = p.binary(sums)
	case p.at(","):
		p.expected("in or <", "what goes in step has a range each: "+word+" x in xs, y in ys")
		g.Over = p.bad()
	default:
		p.expected("in or <", "write "+word+" x in xs, or "+word+" i < n")
		g.Over = p.bad()
	}
	g.span = p.since(g.Name.span)
	return g
}

func (p *parser) carry() *Carry {
	c := &Carry{Name: p.ident("the name of a carry")}
	if p.at("[", "int", "real", "bool") {
		c.Type = p.typ()
	}
	if p.want("=", "and the value to start from") {
		c.Init = p.expr()
	} else {
		c.Init = p.bad()
	}
	c.span = p.since(c.Name.span)
	return c
}

// idents reads names with commas between.
func (p *parser) idents(what string) []*Ident {
	out := []*Ident{p.ident(what)}
	for p.got(",") {
		out = append(out, p.ident(what))
	}
	return out
}
