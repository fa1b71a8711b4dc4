package parser

import (
	"slices"
	"strings"
)

func (p *parser) file(src []byte) *File {
	f := &File{Name: p.name, Source: src, Comments: p.comments}
	start := p.spanOf(p.real())
	f.Doc = p.doc(p.real())
	f.Package = &Ident{at: at{start}}
	first := p.real()
	first.start = true
	if p.got("package") {
		f.Package = p.ident("the name of the package")
		p.endDecl(first)
	} else if d := p.errorf(start, "expected package NAME, found %s", first.describe()); d != nil {
		d.Hintf("a file begins with its package clause, as in Go: package %s", packageName(p.name))
	}
	for p.real().kind != eofTok {
		t := p.real()
		p.ended = p.i
		t.start = true
		if d := p.decl(); d != nil {
			f.Decls = append(f.Decls, d)
		}
		p.endDecl(t)
		if p.real() == t { // whatever it is, go on after it
			p.i++
		}
	}
	f.span = p.since(start)
	return f
}

// packageName is a name for the package of a file without one.
func packageName(file string) string {
	base := file[strings.LastIndexByte(file, '/')+1:]
	base = strings.TrimSuffix(base, ".bp")
	for _, r := range base {
		if !letter(r) {
			return "model"
		}
	}
	if base == "" || keywords[base] {
		return "model"
	}
	return base
}

// endDecl takes the end of the line after a declaration.
func (p *parser) endDecl(start *token) {
	p.endLine()
	if p.failed {
		p.recoverDecl(start)
	}
}

// endLine takes the newline that ends a statement or declaration; a } ends it
// as well.
func (p *parser) endLine() {
	switch t := p.cur(); {
	case t.kind == newlineTok:
		p.take()
	case t.kind == eofTok, t.kind == stopTok, t.is("}"):
	case t.nl:
		// After something that cannot end a statement and that an error cut off.
	default:
		p.unexpected()
	}
}

// unexpected fails because the statement should have ended here.
func (p *parser) unexpected() {
	t, prev := p.cur(), p.last()
	hint := ""
	switch {
	case t.is(")") || t.is("]"):
		if d := p.fail("unexpected %s", t.text); d != nil {
			d.Hintf("no bracket is open that it closes")
		}
		return
	case t.is("{") && prev.kind == nameTok:
		hint = "a block follows func, layer, model, rule, if, scan, for, while, or ="
	case t.is("else"):
		hint = "an else follows the } of its if"
	case t.is("if"):
		hint = "a choice is written if c { a } else { b }"
	case t.is("<=") || t.is("<"):
		hint = "comparisons do not chain; write a < b && b < c"
	case t.is(","):
		hint = "one declaration or statement a line; several values are returned by return"
	case t.kind == nameTok && prev.kind == nameTok || t.kind == numberTok || slices.Contains(reductions, t.text):
		hint = "one statement a line; a product needs *, a call parentheses"
	}
	p.expected("the end of the line", hint)
}

// decl reads a declaration of a file.
func (p *parser) decl() Decl {
	t := p.cur()
	start := p.spanOf(t)
	doc := p.doc(t)
	switch {
	case p.got("import"):
		d := &ImportDecl{}
		if p.cur().kind == nameTok {
			d.Alias = p.ident("")
		}
		if s := p.cur(); s.kind == stringTok {
			p.take()
			d.Path = strings.Trim(s.text, `"`)
			d.PathSpan = p.spanOf(s)
		} else {
			d.PathSpan = p.here()
			p.expected("the path of the import", `a path is written in quotes: import "nn"`)
		}
		d.span = p.since(start)
		return d
	case p.got("type"):
		d := &TypeDecl{Name: p.ident("float32 or float64")}
		d.span = p.since(start)
		return d
	case p.at("const", "dim"):
		return p.values(doc).(Decl)
	case p.at("func", "layer", "rule", "model"):
		return p.callable(doc).(Decl)
	case p.got("extern"):
		return p.extern(doc, t)
	case t.is("package"):
		p.fail("a second package clause")
	case t.is("}"):
		p.errorf(start, "unexpected }").Hintf("no { is open that it closes")
		p.take()
	default:
		hint := ""
		switch {
		case t.kind == keywordTok && t.text != "derive" && t.text != "else":
			hint = t.text + " stands in the body of a func, layer, rule or model"
		case t.kind == opTok && precedence[t.text] > 0:
			hint = "a long expression is broken after its operator, not before"
		case t.kind == nameTok && p.peek().is("="):
			hint = "a name of the file is a const: const " + t.text + " = ..."
		case t.text == "def" || t.text == "fn" || t.text == "fun" || t.text == "function":
			hint = "a function is declared by func"
		case t.kind == nameTok:
			hint = "a declaration begins with const, dim, func, layer, model, rule, extern, import or type"
		}
		p.expected("a declaration", hint)
	}
	return nil
}

// values reads a line of consts or dims.
func (p *parser) values(doc Doc) Node {
	t := p.take()
	start := p.spanOf(t)
	var specs []*ValueSpec
	for {
		s := &ValueSpec{Name: p.ident("the name of a " + t.text)}
		switch eq := p.cur(); {
		case p.got("="):
			p.assigns(eq, len(specs) == 0)
			s.Value = p.expr()
		case t.text == "dim" && p.got("<="):
			s.Bound = p.expr()
		case t.text == "const" && !p.failed:
			p.expected("= and the value of "+s.Name.Name, "a const has a value: const "+s.Name.Name+" = 1")
			s.Value = p.bad()
		}
		s.span = p.since(s.Name.span)
		specs = append(specs, s)
		if !p.got(",") {
			break
		}
	}
	span := at{p.since(start)}
	if t.text == "const" {
		return &ConstDecl{span, doc, specs}
	}
	return &DimDecl{span, doc, specs}
}

// assigns notes the = or ~ of a line for the formatter.
func (p *parser) assigns(t *token, first bool) {
	if first && !p.failed {
		t.role = assign
	}
}

// callable reads a func, layer, rule or model, or the naming of a layer.
func (p *parser) callable(doc Doc) Node {
	t := p.take()
	start := p.spanOf(t)
	f := &FuncDecl{Doc: doc}
	switch t.text {
	case "layer":
		f.Kind = Layer
	case "rule":
		f.Kind = Rule
	case "model":
		f.Kind = Model
	}
	f.Name = p.ident("the name of the " + t.text)
	if eq := p.cur(); f.Kind == Layer && p.got("=") {
		p.assigns(eq, true)
		d := &InstanceDecl{Doc: doc, Name: f.Name, Value: p.expr()}
		d.span = p.since(start)
		return d
	}
	if f.Kind == Model && p.at("[") {
		p.fail("a model has no static parameters").Hintf("declare dims in the file; -D sets them")
	} else if p.at("[") {
		f.Static = p.static()
	}
	f.Params = p.params(f.Kind == Rule)
	if f.Kind != Model {
		f.Results = p.results()
	}
	p.skipTo("derive", "=", "{")
	if d := p.cur(); p.got("derive") {
		d.head = t
		f.Derive = p.derive()
	}
	p.skipTo("=", "{")
	if p.failed && !p.recoverHeader(t) {
		f.Body = &Block{at: at{p.since(start)}}
		f.span = f.Body.span
		return f
	}
	if eq := p.cur(); f.Kind != Model && p.got("=") {
		eq.role = bodyAssign
		from := p.here()
		v := p.rhs()
		span := at{p.since(from)}
		f.Short = true
		f.Body = &Block{span, []Stmt{&ReturnStmt{span, []Expr{v}}}}
	} else {
		f.Body = p.block(t, bodyOpen, "the body of "+f.Name.Name)
	}
	f.span = p.since(start)
	return f
}

// static reads the parameters in brackets.
func (p *parser) static() []*StaticParam {
	var out []*StaticParam
	open := p.take()
	open.role = glued
	p.bracket(open, func() {
		for !p.at("]") {
			s := &StaticParam{Name: p.ident("the name of a parameter")}
			if p.got("=") {
				s.Default = p.expr()
			}
			s.span = p.since(s.Name.span)
			out = append(out, s)
			if !p.got(",") {
				break
			}
		}
	})
	return out
}

// params reads the parameters in parentheses. Names that share a type are a
// group, as in Go; a name without one is a real number. A const marks the names
// from it to the end of its group.
func (p *parser) params(rule bool) []*Param {
	var out []*Param
	open := p.cur()
	if !p.want("(", "and the parameters") {
		return nil
	}
	open.role = glued
	p.bracket(open, func() {
		group := 0 // where the names begin that wait for a type
		for !p.at(")") {
			from := p.here()
			par := &Param{Const: p.got("const")}
			par.Name = p.ident("the name of a parameter")
			out = append(out, par)
			switch {
			case rule && p.got("="):
				par.Default = p.expr()
				group = len(out)
			case p.at("[", "real", "int", "bool", "index"):
				typ := p.typ()
				fixed := false
				for _, q := range out[group:] {
					fixed = fixed || q.Const
					q.Type, q.Const = typ, fixed
				}
				group = len(out)
			case !rule && p.at("="):
				if d := p.fail("a parameter of a func or layer has no default"); d != nil {
					d.Hintf("parameters in brackets have: func f[%s = 1](x)", par.Name.Name)
				}
			case p.at(":"):
				p.expected(", or )", "")
			}
			par.span = p.since(from)
			if rule {
				group = len(out)
			}
			if !p.got(",") {
				break
			}
		}
	})
	return out
}

// results reads the types of the results, if they are stated.
func (p *parser) results() []*Type {
	if p.at("[", "real", "int", "bool") {
		return []*Type{p.typ()}
	}
	if p.at("index") {
		p.fail("a result is not of an index type")
		return nil
	}
	open := p.cur()
	if !p.got("(") {
		return nil
	}
	open.role = typeStart
	var out []*Type
	p.bracket(open, func() {
		for {
			out = append(out, p.typ())
			if !p.got(",") || p.at(")") {
				break
			}
		}
	})
	return out
}

// typ reads [dims]elem.
func (p *parser) typ() *Type {
	start := p.here()
	first := p.cur()
	t := &Type{}
	if p.got("[") {
		first.role = typeStart
		p.bracket(first, func() {
			if p.at("]") {
				p.expected("a dim", "say how many there are: x [3], or x [n] for any number n")
			}
			t.Dims = p.exprs()
		})
	}
	elem := p.cur()
	switch {
	case p.got("index"):
		t.Elem = Index
		open := p.cur()
		if p.want("[", "and the bound of the index") {
			open.role = glued
			p.bracket(open, func() { t.Bound = p.expr() })
		} else {
			t.Bound = p.bad()
		}
	case p.got("real"):
	case p.got("int"):
		t.Elem = Int
	case p.got("bool"):
		t.Elem = Bool
	case len(t.Dims) == 0:
		p.expected("a type", "a type is [dims], real, int, bool, index[n], or [dims] before one of these")
	}
	if len(t.Dims) == 0 && !p.failed {
		elem.role = typeStart
	}
	t.span = p.since(start)
	return t
}

// derive reads what follows the word derive.
func (p *parser) derive() []*Derive {
	var out []*Derive
	for {
		d := &Derive{What: p.ident("what to derive")}
		if open := p.cur(); p.got("[") {
			open.role = glued
			p.bracket(open, func() { d.Mode = p.ident("forward or reverse") })
		}
		if open := p.cur(); p.got("(") {
			open.role = glued
			p.bracket(open, func() { d.Wrt = p.idents("a parameter") })
		}
		if by := p.cur(); by.kind == nameTok && by.text == "by" {
			p.take()
			if p.ident("example").Name != "example" {
				p.errorf(p.spanOf(by), "by is followed by example").Hintf("derive jacobian by example gives the derivatives of each row of the results")
			}
			d.ByExample = true
		}
		d.span = p.since(d.What.span)
		out = append(out, d)
		if !p.got(",") {
			return out
		}
	}
}

// extern reads the rest of an extern func, whose first word is t.
func (p *parser) extern(doc Doc, t *token) Decl {
	start := p.spanOf(t)
	d := &ExternDecl{Doc: doc}
	p.want("func", "after extern")
	d.Name = p.ident("the name of the func")
	d.Params = p.params(false)
	p.want("=", "and the Go function")
	if s := p.cur(); s.kind == stringTok {
		p.take()
		d.Path = strings.Trim(s.text, `"`)
		p.want(".", "and the function in the package")
		if id := p.ident("the function"); id != nil {
			d.Go = &Name{at: at{id.Span()}, Name: id.Name}
		}
	} else {
		d.Go = p.expr()
	}
	p.skipTo("grad")
	if g := p.cur(); g.kind == nameTok && g.text == "grad" {
		p.take()
		d.Grad = p.exprs()
	} else {
		p.expected("grad and the derivatives", "an extern func says its derivative by each argument: grad E, E")
	}
	d.span = p.since(start)
	return d
}
