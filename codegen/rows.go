package codegen

import (
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/dave/jennifer/jen"
)

// A row is a stretch of a buffer that an innermost loop runs along. It gets a
// name of its own, which reads better and leaves the compiler no index to
// check.
type row struct {
	buf  *loop.Buffer
	v    *loop.Var
	base symbolic.Poly // where the stretch begins
	name string
}

// hoistRows names the rows of an innermost loop before it. Only what is read
// or written in each iteration counts, because nothing else is sure to exist.
func (p *printer) hoistRows(l *loop.Loop) {
	inside := map[string]bool{l.Var.Name: true}
	for _, s := range l.Body {
		switch s.(type) {
		case *loop.Loop, *loop.Contract, *loop.While, *loop.Grow:
			return
		}
	}
	walkStmts(l.Body, func(s loop.Stmt) {
		for _, v := range varsOf(s) {
			inside[v.Name] = true
		}
	})
	first := len(p.rows)
	add := func(b *loop.Buffer, index symbolic.Poly) {
		c, rest, ok := index.Linear(l.Var.Name)
		if !ok || c != 1 || p.scalars[b] {
			return
		}
		if _, fixed := rest.Const(); fixed {
			return
		}
		for _, s := range rest.Syms() {
			if inside[s] {
				return
			}
		}
		for _, r := range p.rows[first:] {
			if r.buf == b && r.base.Equal(rest) {
				return
			}
		}
		p.rows = append(p.rows, row{b, l.Var, rest, p.stretchName(b, rest, l.Extent)})
	}
	for _, s := range l.Body {
		for _, e := range exprsOf(s) {
			always(e, func(x *loop.Load) { add(x.Buf, x.Index) })
		}
		if st, ok := s.(*loop.Store); ok {
			add(st.Buf, st.Index)
		}
	}
	walkStmts(l.Body, func(s loop.Stmt) {
		if st, ok := s.(*loop.Store); ok && st.Buf == p.sure {
			add(st.Buf, st.Index)
		}
	})
}

// A stretch is a part of a buffer that has a name.
type stretch struct {
	buf     *loop.Buffer
	from, n symbolic.Poly
	name    string
}

// stretchName returns the name of b[from : from+n], which is given one here if
// no block around has done so.
func (p *printer) stretchName(b *loop.Buffer, from, n symbolic.Poly) string {
	if name := p.stretchKnown(b, from, n); name != "" {
		return name
	}
	name := p.scope.pick(p.bufs[b][strings.LastIndexByte(p.bufs[b], '.')+1:] + "Row") // of all.x: xRow
	p.put(jen.Id(name).Op(":=").Add(p.stretch(b, from, n)))
	p.open = append(p.open, stretch{b, from, n, name})
	return name
}

func (p *printer) stretchKnown(b *loop.Buffer, from, n symbolic.Poly) string {
	for _, s := range p.open {
		if s.buf == b && s.from.Equal(from) && s.n.Equal(n) {
			return s.name
		}
	}
	return ""
}

// stretch prints b[from : from+n] as a slice.
func (p *printer) stretch(b *loop.Buffer, from, n symbolic.Poly) jen.Code {
	if name := p.stretchKnown(b, from, n); name != "" {
		return jen.Id(name)
	}
	s := jen.Id(p.bufs[b])
	switch {
	case from.Is(0) && n.Equal(b.Shape.Size()):
		if p.arrays[b] {
			s.Index(jen.Empty(), jen.Empty())
		}
		return s
	case from.Is(0):
		return s.Index(jen.Empty(), polyCode(n, p.sym).code)
	}
	return s.Index(polyCode(from, p.sym).code, jen.Empty()).Index(jen.Empty(), polyCode(n, p.sym).code)
}
