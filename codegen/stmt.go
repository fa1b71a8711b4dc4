package codegen

import (
	"fmt"
	"math"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// A printer prints the statements of one loop program.
type printer struct {
	prog     *loop.Program
	scope    *scope
	float    module.Float
	helpers  *helpers
	kernels  *kernelSet // that may be called; nil: none
	inWork   bool       // its kernels may use threads
	inKernel bool       // it prints one
	tasks    jen.Code   // of the work at hand; nil: no kernel needs them

	vars    map[*loop.Var]string
	symbol  map[string]jen.Code // sizes and integer variables by symbol
	bufs    map[*loop.Buffer]string
	scalars map[*loop.Buffer]bool // those that are a Go variable
	arrays  map[*loop.Buffer]bool // those that are a Go array, or a pointer to one
	defined map[*loop.Buffer]bool // scalars that are declared
	adopted *adoption
	sizes   map[string]bool // symbols of sizes that were printed
	uses    *usage
	results []*loop.Var        // of a kernel: its callers read them
	rows    []row              // of the innermost loop
	open    []stretch          // that have a name in the blocks being printed
	out     *[]jen.Code        // the block being printed
	note    string             // the last comment
	noted   int                // how much of the block was printed right after it
	wide    map[*loop.Var]bool // sums that are float64 in a program of float32
	frame   *frame             // of a long program
	parts   []jen.Code         // of a long program: what stands beside the function

	traces map[bool]int // temporaries that grow, the real ones and the others

	sure *loop.Buffer // that has an element wherever the loop being printed stores to it
}

// procedurePrinter returns a printer for a procedure of the package.
func (g *generator) procedurePrinter(pr *procedure, s *scope, float module.Float) *printer {
	p := newPrinter(pr.prog, s, float, g.helpers)
	p.kernels, p.inWork = g.kernels, pr.inWork
	return p
}

func newPrinter(prog *loop.Program, s *scope, float module.Float, h *helpers) *printer {
	wide := map[*loop.Var]bool{}
	walkStmts(prog.Body, func(s loop.Stmt) {
		if a, ok := s.(*loop.Acc); ok && a.Var.Wide && float == 32 {
			wide[a.Var] = true
		}
	})
	return &printer{
		wide: wide,
		prog: prog, scope: s, float: float, helpers: h,
		vars:    map[*loop.Var]string{},
		symbol:  map[string]jen.Code{},
		bufs:    map[*loop.Buffer]string{},
		scalars: map[*loop.Buffer]bool{},
		arrays:  map[*loop.Buffer]bool{},
		defined: map[*loop.Buffer]bool{},
		adopted: newAdoption(prog),
		sizes:   map[string]bool{},
		traces:  map[bool]int{},
		uses:    countUses(prog.Body),
		out:     new([]jen.Code),
	}
}

func (p *printer) put(c ...jen.Code) { *p.out = append(*p.out, c...) }

// block returns what f puts, in a scope of its own.
func (p *printer) block(f func()) []jen.Code {
	old, outer, open, noted := p.out, p.scope, len(p.open), p.noted
	p.out, p.scope, p.noted = new([]jen.Code), newScope(outer), 0
	f()
	out := *p.out
	p.out, p.scope, p.open, p.noted = old, outer, p.open[:open], noted
	return out
}

// name returns the identifier of a variable.
func (p *printer) name(v *loop.Var) string {
	if p.vars[v] == "" {
		if p.frame != nil && p.frame.vars[v] != "" {
			p.vars[v] = p.frame.id + "." + p.frame.vars[v]
		} else {
			p.vars[v] = p.scope.pick(local(v.Name))
		}
		if v.Type == symbolic.Integer {
			p.symbol[v.Name] = jen.Id(p.vars[v])
		}
	}
	return p.vars[v]
}

func (p *printer) sym(s string) jen.Code {
	if c := p.symbol[s]; c != nil {
		p.sizes[s] = true
		return jen.Add(c)
	}
	panic(fmt.Sprintf("codegen: %s mentions %s, which is not known there", p.prog.Name, s))
}

func (p *printer) isScalar(b *loop.Buffer) bool { return p.scalars[b] }

// element prints the place of an element of b.
func (p *printer) element(b *loop.Buffer, index symbolic.Poly) jen.Code {
	name := p.bufs[b]
	if name == "" {
		panic(fmt.Sprintf("codegen: %s mentions buffer %s, which it does not have", p.prog.Name, b.Name))
	}
	if p.scalars[b] {
		return jen.Id(name)
	}
	for i := len(p.rows) - 1; i >= 0; i-- {
		if r := p.rows[i]; r.buf == b {
			if c, rest, ok := index.Linear(r.v.Name); ok && c == 1 && rest.Equal(r.base) {
				return jen.Id(r.name).Index(jen.Id(p.name(r.v)))
			}
		}
	}
	return jen.Id(name).Index(polyCode(index, p.sym).code)
}

func (p *printer) stmts(list []loop.Stmt) {
	if p.frame == nil {
		p.adopt(list)
	}
	for i := 0; i < len(list); i++ {
		if n := p.dots(list[i:]); n > 0 {
			i += n - 1
			continue
		}
		p.stmt(list[i])
	}
}

func (p *printer) stmt(s loop.Stmt) {
	switch s := s.(type) {
	case *loop.Loop:
		p.loop(s)
	case *loop.Tile:
		p.tile(s)
	case *loop.While:
		p.while(s)
	case *loop.Leave:
		p.put(jen.If(p.expr(s.If).code).Block(jen.Break()))
	case *loop.Grow:
		p.grow(s)
	case *loop.Contract:
		p.contract(s)
	case *loop.Call:
		p.call(s)
	case *loop.Let:
		p.let(s)
	case *loop.Acc:
		p.acc(s)
	case *loop.Update:
		if p.uses.reads[s.Var] > 0 {
			if p.wide[s.Var] {
				p.addWide(s)
			} else {
				p.update(jen.Id(p.name(s.Var)), s.Op, s.Value)
			}
		}
	case *loop.Pick:
		p.pick(s)
	case *loop.Store:
		p.store(s)
	case *loop.Fill:
		p.fill(s)
	case *loop.If:
		p.ifs(condsCode(s.Conds, p.sym), s.Then, s.Else)
	case *loop.Choose:
		p.ifs(p.expr(s.Cond), s.Then, s.Else)
	case *loop.Note:
		p.say(s)
	case *piece:
		p.piece(s)
	default:
		panic(fmt.Sprintf("codegen: statement %T", s))
	}
}

// declared reports whether a variable has its place already: as a result of
// the function, or as a field.
func (p *printer) declared(v *loop.Var) bool {
	return p.adopted.result[v] || p.frame != nil && p.frame.vars[v] != ""
}

// becomes is the operator that gives a variable its first value.
func (p *printer) becomes(v *loop.Var) string {
	if p.declared(v) {
		return "="
	}
	return ":="
}

func (p *printer) let(s *loop.Let) {
	if p.uses.reads[s.Var] == 0 {
		return
	}
	if l, ok := s.Value.(*loop.Load); ok && l.Buf.Kind == loop.In && p.scalars[l.Buf] && p.frame == nil {
		p.vars[s.Var] = p.bufs[l.Buf] // has a name already
		p.symbol[s.Var.Name] = jen.Id(p.bufs[l.Buf])
		return
	}
	if cond, a, b, ok := p.chosen(s.Value); ok {
		name := p.name(s.Var)
		switch {
		case !p.declared(s.Var):
			p.put(jen.Var().Id(name).Add(p.scalarType(s.Var.Type)))
		case p.frame != nil && (b == nil || isZero(b)): // it may hold what it was before
			p.put(jen.Id(name).Op("=").Add(p.constant(0, s.Var.Type).code))
		}
		if b != nil && isZero(b) {
			b = nil // what it is already
		}
		p.assignChosen(jen.Id(name), cond, a, b)
		return
	}
	v := p.typed(s.Value)
	name := p.name(s.Var)
	p.put(jen.Id(name).Op(p.becomes(s.Var)).Add(v.code))
}

// isChosen reports whether e is a choice.
func isChosen(e loop.Expr) bool {
	if isConstant(e) {
		return false
	}
	switch e := e.(type) {
	case *loop.Guarded:
		return true
	case *loop.Apply:
		return e.Op.Lazy
	}
	return false
}

// chosen takes a choice apart; a nil b is a zero. What its condition needs is printed
// here.
func (p *printer) chosen(e loop.Expr) (cond printed, a, b loop.Expr, ok bool) {
	if !isChosen(e) {
		return cond, nil, nil, false
	}
	switch e := e.(type) {
	case *loop.Guarded:
		return condsCode(e.Conds, p.sym), e.X, nil, true
	case *loop.Apply:
		return p.expr(e.Args[0]), e.Args[1], e.Args[2], true
	}
	panic("codegen: no choice")
}

// assignChosen prints place = a where cond, else b; a nil b leaves the place.
func (p *printer) assignChosen(place jen.Code, cond printed, a, b loop.Expr) {
	set := func(e loop.Expr) []jen.Code {
		return p.block(func() { p.assign(place, e) })
	}
	s := jen.If(cond.code).Block(set(a)...)
	if b != nil {
		s.Else().Block(set(b)...)
	}
	p.put(s)
}

// assign prints place = e.
func (p *printer) assign(place jen.Code, e loop.Expr) {
	if cond, a, b, ok := p.chosen(e); ok {
		if b == nil {
			b = &loop.Const{Type: p.typeOf(a)}
		}
		p.assignChosen(place, cond, a, b)
		return
	}
	p.put(jen.Add(place).Op("=").Add(p.expr(e).code))
}

func (p *printer) ifs(cond printed, then, els []loop.Stmt) {
	p.declare(then)
	p.declare(els)
	a := p.block(func() { p.stmts(then) })
	b := p.block(func() { p.stmts(els) })
	switch {
	case len(a) == 0 && len(b) == 0:
	case len(a) == 0:
		p.put(jen.If(jen.Op("!").Add(cond.in(precPrefix))).Block(b...))
	case len(b) == 0:
		p.put(jen.If(cond.code).Block(a...))
	default:
		p.put(jen.If(cond.code).Block(a...).Else().Block(b...))
	}
}

// onlyStores reports whether statements are printed as assignments to elements
// and nothing else: there are no variables among them, nor choices, which become
// some.
func onlyStores(list []loop.Stmt) bool {
	for _, s := range list {
		switch s := s.(type) {
		case *loop.Note:
		case *loop.Store:
			plain := true
			walkExpr(s.Value, func(e loop.Expr) {
				a, isApply := e.(*loop.Apply)
				_, isGuarded := e.(*loop.Guarded)
				plain = plain && !isGuarded && !(isApply && a.Op.Lazy)
			})
			if !plain {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func (p *printer) loop(l *loop.Loop) {
	if p.axpys(l) {
		return
	}
	p.declare(l.Body)
	old := len(p.rows)
	p.hoistRows(l)
	body := p.block(func() {
		p.name(l.Var)
		p.stmts(l.Body)
	})
	p.rows = p.rows[:old]
	if len(body) == 0 {
		return
	}
	extent := polyCode(l.Extent, p.sym).code
	if l.Extent.Is(1) && p.uses.reads[l.Var] == 0 { // one pass is no loop
		if onlyStores(l.Body) {
			p.put(body...)
		} else {
			p.put(jen.Block(body...))
		}
		return
	}
	if p.uses.reads[l.Var] == 0 {
		p.put(jen.For(jen.Range().Add(extent)).Block(body...))
		return
	}
	p.put(jen.For(jen.Id(p.vars[l.Var]).Op(p.becomes(l.Var)).Range().Add(extent)).Block(body...))
}

// tile prints the loop over stretches of a range.
func (p *printer) tile(t *loop.Tile) {
	p.declare(t.Body)
	extent := polyCode(t.Extent, p.sym)
	body := p.block(func() {
		from, rows := jen.Id(p.name(t.From)), p.name(t.Rows)
		p.put(jen.Id(rows).Op(p.becomes(t.Rows)).Min(jen.Lit(t.Size), jen.Add(extent.code).Op("-").Add(from)))
		p.stmts(t.Body)
	})
	from := jen.Id(p.vars[t.From])
	p.put(jen.For(jen.Add(from).Op(p.becomes(t.From)).Lit(0), jen.Add(from).Op("<").Add(extent.code), jen.Add(from).Op("+=").Lit(t.Size)).Block(body...))
}

func (p *printer) acc(s *loop.Acc) {
	if p.uses.reads[s.Var] == 0 {
		return
	}
	name := p.name(s.Var)
	switch {
	case p.adopted.result[s.Var] && s.Init == 0 && !math.Signbit(s.Init): // as results start
	case p.declared(s.Var):
		p.put(jen.Id(name).Op("=").Add(p.constant(s.Init, s.Var.Type).code))
	case s.Init == 0 && !math.Signbit(s.Init):
		p.put(jen.Var().Id(name).Add(p.varType(s.Var)))
	case s.Var.Type == symbolic.Real:
		c := p.constant(s.Init, symbolic.Real)
		if math.IsInf(s.Init, 0) || math.IsNaN(s.Init) || s.Init == 0 {
			p.put(jen.Id(name).Op(":=").Add(c.code))
			return
		}
		p.put(jen.Id(name).Op(":=").Add(p.floatType()).Call(c.code))
	default:
		p.put(jen.Id(name).Op(":=").Add(p.constant(s.Init, s.Var.Type).code))
	}
}

// update prints place = op(place, value).
func (p *printer) update(place jen.Code, op *symbolic.OpSpec, value loop.Expr) {
	if op == nil {
		p.assign(place, value)
		return
	}
	if g, ok := value.(*loop.Guarded); ok && op.Go == "+" { // adding zero adds nothing
		p.put(jen.If(condsCode(g.Conds, p.sym).code).Block(p.block(func() { p.update(place, op, g.X) })...))
		return
	}
	if a, ok := value.(*loop.Apply); ok && op.Go == "+" && a.Op.Lazy && !isConstant(a) && isZero(a.Args[2]) {
		cond := p.expr(a.Args[0])
		p.put(jen.If(cond.code).Block(p.block(func() { p.update(place, op, a.Args[1]) })...))
		return
	}
	switch op.Go {
	case "+", "-", "*", "/":
		if a, ok := value.(*loop.Apply); ok && op.Go == "+" && a.Op.Go == "-" && len(a.Args) == 1 && !isConstant(a) {
			p.put(jen.Add(place).Op("-=").Add(p.expr(a.Args[0]).code))
			return
		}
		p.put(jen.Add(place).Op(op.Go + "=").Add(p.expr(value).code))
	default:
		p.put(jen.Add(place).Op("=").Add(p.operator(op, []printed{atom(place), p.expr(value)}).code))
	}
}

// addWide adds to a sum that is kept in float64.
func (p *printer) addWide(s *loop.Update) {
	place := jen.Id(p.name(s.Var))
	switch v := s.Value.(type) {
	case *loop.Guarded: // adding zero adds nothing
		p.put(jen.If(condsCode(v.Conds, p.sym).code).Block(p.block(func() { p.addWide(&loop.Update{Var: s.Var, Op: s.Op, Value: v.X}) })...))
		return
	case *loop.Apply:
		if v.Op.Lazy && !isConstant(v) && isZero(v.Args[2]) {
			cond := p.expr(v.Args[0])
			p.put(jen.If(cond.code).Block(p.block(func() { p.addWide(&loop.Update{Var: s.Var, Op: s.Op, Value: v.Args[1]}) })...))
			return
		}
		if v.Op.Go == "-" && len(v.Args) == 1 && !isConstant(v) {
			p.put(place.Op("-=").Float64().Call(p.typed(v.Args[0]).code))
			return
		}
	}
	p.put(place.Op("+=").Float64().Call(p.typed(s.Value).code))
}

func (p *printer) pick(s *loop.Pick) {
	less := ">"
	if s.Op.Go == "min" {
		less = "<"
	}
	var best, at []jen.Code
	v := p.expr(s.Value)
	if _, ok := s.Value.(*loop.Ref); !ok && !isConstant(s.Value) {
		name := p.scope.pick("v")
		p.put(jen.Id(name).Op(":=").Add(v.code))
		v = ident(name)
	}
	best, at = append(best, jen.Id(p.name(s.Best))), append(at, v.code)
	if p.uses.reads[s.At] > 0 {
		best = append(best, jen.Id(p.name(s.At)))
		at = append(at, polyCode(s.Position, p.sym).code)
	}
	p.put(jen.If(jen.Add(v.code).Op(less).Id(p.name(s.Best))).Block(
		jen.List(best...).Op("=").List(at...)))
}

func (p *printer) store(s *loop.Store) {
	b := s.Buf
	if p.adopted.stores[s] {
		return
	}
	if p.scalars[b] {
		p.storeScalar(s)
		return
	}
	place := p.element(b, s.Index)
	if b.Type == symbolic.Real {
		p.storeReal(place, s)
		return
	}
	v := p.typed(s.Value)
	if s.Op != nil {
		v = p.operator(s.Op, []printed{p.load(b, s.Index), v})
	}
	switch {
	case p.isFlag(b):
		p.put(jen.Add(place).Op("=").Id("flag").Call(v.code))
	case b.Type == symbolic.Boolean: // a bool of the caller's
		p.put(jen.Add(place).Op("=").Add(v.code))
	default:
		p.put(jen.Add(place).Op("=").Int32().Call(v.code))
	}
}

func (p *printer) storeReal(place jen.Code, s *loop.Store) {
	if s.Op != nil {
		p.update(place, s.Op, s.Value)
		return
	}
	if a, ok := s.Value.(*loop.Apply); ok && len(a.Args) == 2 && isInfix(a.Op.Go) && a.Op.Prec >= precSum {
		if l, ok := a.Args[0].(*loop.Load); ok && p.bufs[l.Buf] == p.bufs[s.Buf] && l.Index.Equal(s.Index) {
			p.update(place, a.Op, a.Args[1])
			return
		}
	}
	p.assign(place, s.Value)
}

// storeScalar sets a buffer that is a Go variable, which is declared here if
// it is not yet.
func (p *printer) storeScalar(s *loop.Store) {
	b := s.Buf
	if b.Kind == loop.Temp && p.uses.loads[b] == 0 {
		return
	}
	place := jen.Id(p.bufs[b])
	if s.Op != nil {
		p.define(b)
		p.update(place, s.Op, s.Value)
		return
	}
	if !p.defined[b] && !isChosen(s.Value) {
		p.defined[b] = true
		v := p.typed(s.Value)
		p.put(place.Op(":=").Add(v.code))
		return
	}
	p.define(b)
	p.assign(place, s.Value)
}

// define declares a scalar that is not declared yet.
func (p *printer) define(b *loop.Buffer) {
	if !p.defined[b] {
		p.defined[b] = true
		p.put(jen.Var().Id(p.bufs[b]).Add(p.scalarType(b.Type)))
	}
}

// declare declares the scalars that an inner block sets first.
func (p *printer) declare(body []loop.Stmt) {
	walkStmts(body, func(s loop.Stmt) {
		switch s := s.(type) {
		case *loop.Store:
			if p.scalars[s.Buf] && (s.Buf.Kind != loop.Temp || p.uses.loads[s.Buf] > 0) {
				p.define(s.Buf)
			}
		case *loop.Fill:
			if p.scalars[s.Buf] && (s.Buf.Kind != loop.Temp || p.uses.loads[s.Buf] > 0) {
				p.define(s.Buf)
			}
		}
	})
}

func (p *printer) fill(s *loop.Fill) {
	b := s.Buf
	if p.scalars[b] {
		if b.Kind == loop.Temp && p.uses.loads[b] == 0 {
			return
		}
		p.define(b)
		p.put(jen.Id(p.bufs[b]).Op("=").Add(p.constant(s.Value, b.Type).code))
		return
	}
	x := p.stretch(b, s.From, s.Len)
	if s.Value == 0 && !math.Signbit(s.Value) {
		p.put(jen.Id("clear").Call(x))
		return
	}
	v := p.constant(s.Value, symbolic.Real)
	if b.Type == symbolic.Boolean {
		v = atom(jen.Lit(1))
	}
	p.put(jen.Id("fill").Call(x, v.code))
}

// say prints the comment of a note, unless it is the one before.
func (p *printer) say(n *loop.Note) {
	var text string
	// A leaf is a result as it is: its statement declares it and says nothing
	// of why it is here.
	if n.Node != nil && n.Node.Origin.Adjoint == nil && n.Node.Op.Class != symbolic.Leaf {
		text = n.Node.Origin.Stmt
	}
	if text == "" {
		text = n.Text
	}
	if text == "" {
		return
	}
	if n.Node != nil {
		if at := place(n.Node.Origin.Span.Pos.File, n.Node.Origin.Span.Pos.Line); at != "" {
			text += "   " + at
		}
	}
	if p.helpers != nil && p.helpers.said != nil {
		p.helpers.said(text, n.Node)
	}
	if text == p.note {
		return
	}
	p.note = text
	if len(*p.out) > 0 && p.noted != len(*p.out) {
		p.put(jen.Line())
	}
	p.put(comment(text))
	p.noted = len(*p.out)
}
