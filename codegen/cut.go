package codegen

import (
	"fmt"
	"maps"
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/dave/jennifer/jen"
)

// The Go compiler takes longer than linear in the length of a function: 50 000
// statements in one take two minutes, in pieces of 1 000 four seconds. A long
// program is therefore printed as a function that calls others. What several
// of them read and write stands in a struct that is a variable of the first,
// and which the others are methods of; nothing goes to the heap.

// pieceSize is how many statements a function has at most, or nearly so.
const pieceSize = 1000

// mostFields is how many values that pieces share have names. Where there are
// more they are numbered, in the order in which they are computed.
const mostFields = 500

// A piece stands for statements that are printed as a function of their own.
type piece struct {
	loop.Stmt
	body []loop.Stmt
}

// cutUp returns a program's statements with pieces in place of most of them.
func cutUp(list []loop.Stmt) []loop.Stmt {
	var out, run []loop.Stmt
	size := 0
	flush := func() {
		// What declares something, or speaks of what follows, goes with that.
		n := len(run)
		for n > 0 && opens(run[n-1]) {
			n--
		}
		if size < pieceSize/10 || n == 0 {
			n = 0
			out = append(out, run...)
			run = nil
		} else {
			out = append(out, &piece{body: slices.Clone(run[:n])})
			run = slices.Clone(run[n:])
		}
		size = 0
		for _, s := range run {
			size += statements(s)
		}
	}
	for _, s := range list {
		k := statements(s)
		_, leaves := s.(*loop.Leave) // the loop, so it stays in it
		if leaves || k > pieceSize {
			flush()
			out = append(out, run...)
			run, size = nil, 0
			out = append(out, cutInside(s))
			continue
		}
		if size+k > pieceSize {
			flush()
		}
		run = append(run, s)
		size += k
	}
	flush()
	return append(out, run...)
}

// opens reports whether s says something about the statement after it.
func opens(s loop.Stmt) bool {
	switch s.(type) {
	case *loop.Acc, *loop.Note:
		return true
	}
	return false
}

// cutInside cuts up the statements in s.
func cutInside(s loop.Stmt) loop.Stmt {
	switch s := s.(type) {
	case *loop.Loop:
		return &loop.Loop{Var: s.Var, Extent: s.Extent, Body: cutUp(s.Body)}
	case *loop.While:
		return &loop.While{Body: cutUp(s.Body)}
	case *loop.Tile:
		t := *s
		t.Body = cutUp(s.Body)
		return &t
	case *loop.If:
		return &loop.If{Conds: s.Conds, Then: cutUp(s.Then), Else: cutUp(s.Else)}
	case *loop.Choose:
		return &loop.Choose{Cond: s.Cond, Then: cutUp(s.Then), Else: cutUp(s.Else)}
	}
	return s
}

// statements is about how many statements of Go s becomes: long expressions
// count as several.
func statements(list ...loop.Stmt) int {
	n := 0
	walkStmts(list, func(s loop.Stmt) {
		if _, ok := s.(*loop.Note); ok {
			return
		}
		ops := 0
		for _, e := range exprsOf(s) {
			walkExpr(e, func(e loop.Expr) {
				if _, ok := e.(*loop.Apply); ok {
					ops++
				}
			})
		}
		n += 1 + ops/8
	})
	return n
}

// A frame is the struct that the pieces of a program share.
type frame struct {
	id     string // of the variable
	vars   map[*loop.Var]string
	bufs   map[*loop.Buffer]string
	sizes  map[string]string
	fields []variable
	count  int      // of pieces
	tasks  jen.Code // of the work; nil: none
	doc    string
	typ    string
	parts  []jen.Code // the functions
}

// pieces prints a program, in pieces if it is long. Buffers have their names.
func (p *printer) pieces(name string, body []loop.Stmt) {
	if statements(body...) <= pieceSize*3/2 {
		p.stmts(body)
		return
	}
	body = cutUp(body)
	f := &frame{
		id: p.scope.pick("all"), doc: name, typ: p.scope.outermost().pick(unexported(name) + "Frame"),
		vars: map[*loop.Var]string{}, bufs: map[*loop.Buffer]string{}, sizes: map[string]string{},
	}
	p.frame = f
	var results []jen.Code
	outside := maps.Clone(p.bufs)
	values := p.share(body, func(b *loop.Buffer, id string) {
		op := ":="
		if p.defined[b] || b.Grows() { // which goes on growing in the next call
			op = "="
		}
		results = append(results, jen.Id(p.bufs[b]).Op(op).Id(f.id).Dot(id))
	})
	if len(values) == 0 {
		p.put(jen.Var().Id(f.id).Id(f.typ))
	} else {
		p.put(jen.Id(f.id).Op(":=").Id(f.typ).Values(values...))
	}
	p.put(jen.Line())
	p.stmts(body)
	p.put(results...)
	p.bufs = outside
	p.parts = append(p.parts, jen.Add(prose(
		f.typ+" is what the parts of "+name+" have in common. As one function they would keep", "the Go compiler busy for too long.")).Line().
		Type().Id(f.typ).Struct(fieldLines(f.fields)...))
	p.parts = append(p.parts, f.parts...)
}

// fieldLines prints fields, a few of one type to a line.
func fieldLines(fields []variable) []jen.Code {
	var out []jen.Code
	for len(fields) > 0 {
		typ := fmt.Sprintf("%#v", fields[0].typ)
		var ids []jen.Code
		for len(fields) > 0 && len(ids) < 8 && fmt.Sprintf("%#v", fields[0].typ) == typ {
			ids = append(ids, jen.Id(fields[0].name))
			if len(fields) == 1 || len(ids) == 8 || fmt.Sprintf("%#v", fields[1].typ) != typ {
				out = append(out, jen.List(ids...).Add(fields[0].typ))
			}
			fields = fields[1:]
		}
	}
	return out
}

// share finds what the parts of a program have in common and gives it fields.
// It returns those that have a value to start from, and calls result for results
// that the frame holds.
func (p *printer) share(body []loop.Stmt, result func(b *loop.Buffer, id string)) (values []jen.Code) {
	f := p.frame
	s := &sharing{vars: map[*loop.Var][]int{}, bufs: map[*loop.Buffer][]int{}, sizes: map[string][]int{}}
	s.body(body, 0)
	names := newScope(nil, "part")
	field := func(name string, typ jen.Code) string {
		id := names.pick(local(name))
		f.fields = append(f.fields, variable{id, typ})
		return id
	}
	start := func(id string, value jen.Code) {
		values = append(values, jen.Line().Id(id).Op(":").Add(value))
	}
	held := map[*loop.Buffer]string{} // where scalars are that change
	for _, name := range s.sizeOrder {
		if slices.Max(s.sizes[name]) > 0 {
			id := field(name, jen.Int())
			f.sizes[name] = id
			start(id, p.sym(name))
		}
	}
	for _, b := range s.bufOrder {
		in := s.bufs[b]
		if slices.Max(in) == 0 || p.bufs[b] == "" || b.Kind == loop.Temp && len(b.Shape) == 0 && len(in) == 1 {
			continue
		}
		switch {
		case b.Grows():
			id := field(b.Name, jen.Index().Add(p.arrayElem(b)))
			f.bufs[b] = id
			start(id, jen.Id(p.bufs[b]))
			result(b, id)
			held[b] = f.id + "." + id
		case p.scalars[b]:
			id := field(b.Name, p.scalarType(b.Type))
			f.bufs[b] = id
			if b.Kind == loop.In {
				start(id, jen.Id(p.bufs[b]))
				continue
			}
			if b.Kind == loop.Out {
				result(b, id)
			}
			p.defined[b] = true
			held[b] = f.id + "." + id
		case p.arrays[b]:
			n, _ := b.Shape.Size().Const()
			id := field(b.Name, jen.Op("*").Index(jen.Lit(n)).Add(p.arrayElem(b)))
			f.bufs[b] = id
			if b.Kind != loop.Temp {
				start(id, jen.Id(p.bufs[b]))
			} else {
				start(id, jen.Op("&").Id(p.bufs[b]))
			}
		default:
			id := field(b.Name, jen.Index().Add(p.arrayElem(b)))
			f.bufs[b] = id
			start(id, jen.Id(p.bufs[b]))
		}
	}
	maps.Copy(p.bufs, held)
	var shared []*loop.Var
	for _, v := range s.varOrder {
		if in := s.vars[v]; len(in) > 1 && p.uses.reads[v] > 0 {
			shared = append(shared, v)
		}
	}
	// Go looks a field up by going through all of them.
	kept, array := 0, ""
	if len(shared) > mostFields {
		array = names.pick("kept")
	}
	for _, v := range shared {
		if array == "" || v.Type != symbolic.Real || p.wide[v] {
			f.vars[v] = field(v.Name, p.varType(v))
			continue
		}
		f.vars[v] = fmt.Sprintf("%s[%d]", array, kept)
		kept++
	}
	if kept > 0 {
		f.fields = append(f.fields, variable{array, jen.Index(jen.Lit(kept)).Add(p.floatType())})
	}
	if p.tasks != nil {
		id := field("tasks", jen.Op("*").Id("tasks"))
		start(id, jen.Op("&").Add(p.tasks))
		f.tasks = jen.Id(f.id).Dot(id)
	}
	if len(values) > 0 {
		values = append(values, jen.Line())
	}
	return values
}

func (p *printer) arrayElem(b *loop.Buffer) jen.Code {
	if b.Kind == loop.Temp && b.Type != symbolic.Real {
		return jen.Int32()
	}
	return elemType(p.float, b.Type)
}

// piece prints a piece and its call.
func (p *printer) piece(s *piece) {
	f := p.frame
	f.count++
	name := fmt.Sprintf("part%d", f.count)
	p.put(jen.Id(f.id).Dot(name).Call())

	// Inside, everything shared is in the frame.
	bufs, symbol, rows, open, tasks := p.bufs, p.symbol, p.rows, p.open, p.tasks
	p.tasks = f.tasks
	p.bufs, p.symbol = maps.Clone(p.bufs), maps.Clone(p.symbol)
	for b, id := range f.bufs {
		p.bufs[b] = f.id + "." + id
	}
	for s, id := range f.sizes {
		p.symbol[s] = jen.Id(f.id).Dot(id)
	}
	p.rows, p.open, p.note = nil, nil, ""
	body := p.block(func() { p.stmts(s.body) })
	f.parts = append(f.parts, jen.Func().Params(jen.Id(f.id).Op("*").Id(f.typ)).Id(name).Params().Block(body...))
	p.bufs, p.symbol, p.rows, p.open, p.note, p.tasks = bufs, symbol, rows, open, "", tasks
	for _, s := range s.body { // what is declared there may be read behind
		for _, v := range varsOf(s) {
			if id := f.vars[v]; id != "" {
				p.symbol[v.Name] = jen.Id(f.id).Dot(id)
			}
		}
	}
}

// A sharing notes which functions mention what: 0 is the first, the pieces
// count from 1.
type sharing struct {
	vars  map[*loop.Var][]int
	bufs  map[*loop.Buffer][]int
	sizes map[string][]int
	env   loop.Scope
	count int

	varOrder  []*loop.Var
	bufOrder  []*loop.Buffer
	sizeOrder []string
}

func (s *sharing) v(v *loop.Var, in int) {
	if s.vars[v] == nil {
		s.varOrder = append(s.varOrder, v)
	}
	if !slices.Contains(s.vars[v], in) {
		s.vars[v] = append(s.vars[v], in)
	}
}

func (s *sharing) buf(b *loop.Buffer, in int) {
	if s.bufs[b] == nil {
		s.bufOrder = append(s.bufOrder, b)
	}
	if !slices.Contains(s.bufs[b], in) {
		s.bufs[b] = append(s.bufs[b], in)
	}
}

func (s *sharing) poly(in int, ps ...symbolic.Poly) {
	for _, p := range ps {
		for _, name := range p.Syms() {
			if v := s.env.Of(name); v != nil {
				s.v(v, in)
				continue
			}
			if s.sizes[name] == nil {
				s.sizeOrder = append(s.sizeOrder, name)
			}
			s.sizes[name] = append(s.sizes[name], in)
		}
	}
}

func (s *sharing) conds(in int, cs []symbolic.Cond) {
	for _, c := range cs {
		s.poly(in, c.E)
	}
}

// inner is a body that variables are declared for.
func (s *sharing) inner(list []loop.Stmt, in int, own ...*loop.Var) {
	defer s.env.Enter()()
	for _, v := range own {
		s.env.Declare(v)
	}
	s.body(list, in)
}

func (s *sharing) body(list []loop.Stmt, in int) {
	for _, st := range list {
		for _, e := range exprsOf(st) {
			walkExpr(e, func(e loop.Expr) {
				switch e := e.(type) {
				case *loop.Ref:
					s.v(e.Var, in)
				case *loop.Load:
					s.buf(e.Buf, in)
					s.poly(in, e.Index)
				case *loop.Int:
					s.poly(in, e.Poly)
				case *loop.Guarded:
					s.conds(in, e.Conds)
				}
			})
		}
		switch st := st.(type) {
		case *piece:
			s.count++
			s.body(st.body, s.count)
		case *loop.Let:
			s.v(st.Var, in)
			s.env.Declare(st.Var)
		case *loop.Acc:
			s.v(st.Var, in)
			s.env.Declare(st.Var)
		case *loop.Update:
			s.v(st.Var, in)
		case *loop.Pick:
			s.v(st.Best, in)
			s.v(st.At, in)
			s.poly(in, st.Position)
		case *loop.Loop:
			s.v(st.Var, in)
			s.poly(in, st.Extent)
			s.inner(st.Body, in, st.Var)
		case *loop.While:
			s.inner(st.Body, in)
		case *loop.Grow:
			s.buf(st.Buf, in)
			s.poly(in, st.Len)
		case *loop.Tile:
			s.v(st.From, in)
			s.v(st.Rows, in)
			s.poly(in, st.Extent)
			s.inner(st.Body, in, st.From, st.Rows)
		case *loop.Contract:
			s.poly(in, st.M, st.N, st.K)
			for _, a := range []loop.Access{st.Out, st.A, st.B} {
				s.buf(a.Buf, in)
				s.poly(in, a.Base, a.M, a.N, a.K)
			}
			own := []*loop.Var{st.Row, st.Col, st.Sum}
			for _, v := range own {
				s.v(v, in)
			}
			s.inner(st.Epilogue, in, own...)
		case *loop.Call:
			for _, a := range st.Args {
				if a.Buf != nil {
					s.buf(a.Buf, in)
				}
				s.poly(in, a.From, a.Int)
			}
			for _, v := range st.Results {
				s.v(v, in)
			}
		case *loop.Store:
			s.buf(st.Buf, in)
			s.poly(in, st.Index)
		case *loop.Fill:
			s.buf(st.Buf, in)
			s.poly(in, st.From, st.Len)
		case *loop.If:
			s.conds(in, st.Conds)
			s.inner(st.Then, in)
			s.inner(st.Else, in)
		case *loop.Choose:
			s.inner(st.Then, in)
			s.inner(st.Else, in)
		}
	}
}
