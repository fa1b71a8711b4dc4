package frontend

import (
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// uses are the subscripts in an expression that say something about the range
// of an index.
type uses struct {
	alone  map[string][]aloneUse
	affine []affineUse
}

// aloneUse is x[k]: the index is all of a subscript.
type aloneUse struct {
	size symbolic.Poly
	at   parser.Expr
	dim  int
}

// affineUse is x[2*k + u]. Indices bound further inside are symbols "?u"; inner
// says what they stand for.
type affineUse struct {
	poly  symbolic.Poly
	size  symbolic.Poly
	inner map[string]*innerIndex
	at    parser.Expr
}

// An innerIndex is bound by a reduction inside of the expression. Its size, as
// far as it is known, is there once the walk has left the reduction.
type innerIndex struct {
	size   symbolic.Poly
	known  bool
	stated bool // k < size: that is where its size comes from, or from nowhere
}

// uses walks an expression for subscripts by the wanted indices. It looks only
// at values whose shape can be told without elaborating the expression.
func (c *ctx) uses(x parser.Expr, want map[string]*index) *uses {
	w := &useWalker{c: c, want: want, out: &uses{alone: map[string][]aloneUse{}}, local: map[string]bool{}, inner: map[string]*innerIndex{}}
	w.expr(x)
	return w.out
}

type useWalker struct {
	c     *ctx
	want  map[string]*index
	out   *uses
	local map[string]bool        // bound inside the expression
	inner map[string]*innerIndex // by symbol, where the walk is
}

func (w *useWalker) expr(x parser.Expr) {
	w.c.effort.Spend(1)
	switch x := x.(type) {
	case *parser.Paren:
		w.expr(x.X)
	case *parser.Unary:
		w.expr(x.X)
	case *parser.Binary:
		w.expr(x.X)
		w.expr(x.Y)
	case *parser.Transpose:
		w.expr(x.X)
	case *parser.Call:
		w.expr(x.Fun)
		w.args(x.Args)
	case *parser.Subscript:
		w.subscript(x)
	case *parser.Member:
		w.expr(x.X)
	case *parser.List:
		for _, e := range x.Elems {
			w.expr(e)
		}
	case *parser.If:
		w.expr(x.Cond)
		w.block(x.Then)
		w.block(x.Else)
	case *parser.BlockExpr:
		w.block(x.Block)
	case *parser.Reduction:
		w.reduction(x)
	}
}

func (w *useWalker) args(as []*parser.Arg) {
	for _, a := range as {
		for _, e := range []parser.Expr{a.Value, a.Lo, a.Hi} {
			if e != nil {
				w.expr(e)
			}
		}
	}
}

func (w *useWalker) block(b *parser.Block) {
	if b == nil {
		return
	}
	for _, s := range b.Stmts {
		switch s := s.(type) {
		case *parser.LetStmt:
			w.exprs(s.Values)
			w.names(s.Names...)
		case *parser.IndexStmt:
			w.expr(s.Value)
			w.names(s.Name)
		case *parser.LoopStmt:
			w.loop(s)
		case *parser.NextStmt:
			w.exprs(s.Values)
		case *parser.EmitStmt:
			w.exprs(s.Values)
		case *parser.ValueStmt:
			w.exprs(s.Values)
		case *parser.ReturnStmt:
			w.exprs(s.Values)
		}
	}
}

func (w *useWalker) loop(s *parser.LoopStmt) {
	for _, g := range s.Gens {
		w.expr(g.Over)
		w.names(g.Name)
	}
	for _, k := range s.Carry {
		w.expr(k.Init)
		w.names(k.Name)
	}
	w.expr(s.Cond)
	w.block(s.Body)
	w.names(s.Outs...)
}

func (w *useWalker) exprs(xs []parser.Expr) {
	for _, x := range xs {
		w.expr(x)
	}
}

// names are bound inside the expression from here on.
func (w *useWalker) names(ids ...*parser.Ident) {
	for _, id := range ids {
		w.local[id.Name] = true
	}
}

// reduction notes the ranges of the indices that it binds, which may stand in
// affine subscripts beside the wanted ones.
func (w *useWalker) reduction(x *parser.Reduction) {
	if x.Op == "softmax" {
		w.expr(x.Body) // binds nothing
		return
	}
	for _, b := range x.Binders {
		if b.Name == nil {
			continue
		}
		k := &innerIndex{stated: b.Hi != nil}
		if b.Hi != nil {
			if p, ok := w.affine(b.Hi); ok {
				if b.HiOp == "<=" {
					p = p.Add(symbolic.Int(1))
				}
				if !w.c.mentionsAxis(p) && !w.unknown(p) {
					k.size, k.known = p, true
				}
			}
		}
		w.inner["?"+b.Name.Name] = k
		w.local[b.Name.Name] = true
	}
	w.expr(x.Body)
	for _, b := range x.Binders {
		if b.Name != nil {
			delete(w.local, b.Name.Name)
		}
	}
}

func (w *useWalker) unknown(p symbolic.Poly) bool {
	for _, s := range p.Syms() {
		if s[0] == '?' {
			return true
		}
	}
	return false
}

func (w *useWalker) subscript(x *parser.Subscript) {
	w.args(x.Args)
	shape, ok := w.shape(x.X)
	if !ok {
		w.expr(x.X)
		return
	}
	if _, name := unparen(x.X).(*parser.Name); !name {
		w.expr(x.X)
	}
	for i, a := range x.Args {
		if i >= len(shape) {
			return
		}
		if a.Slice || a.Value == nil {
			continue
		}
		e := unparen(a.Value)
		if n, ok := e.(*parser.Name); ok {
			if _, wanted := w.want[n.Name]; wanted {
				w.out.alone[n.Name] = append(w.out.alone[n.Name], aloneUse{shape[i], x, i})
			}
			if k := w.inner["?"+n.Name]; k != nil && w.local[n.Name] && !k.known && !k.stated {
				k.size, k.known = shape[i], true
			}
			continue
		}
		if p, ok := w.affine(e); ok {
			in := map[string]*innerIndex{}
			for _, s := range p.Syms() {
				if k := w.inner[s]; k != nil {
					in[s] = k
				}
			}
			w.out.affine = append(w.out.affine, affineUse{p, shape[i], in, x})
		}
	}
}

// shape tells the shape of what is subscripted where it is a name, a member,
// or a subscript or transpose of one.
func (w *useWalker) shape(x parser.Expr) (symbolic.Shape, bool) {
	switch x := x.(type) {
	case *parser.Paren:
		return w.shape(x.X)
	case *parser.Name:
		if w.local[x.Name] {
			return nil, false
		}
		b := w.c.scope.local(x.Name)
		if b == nil {
			if e := w.c.scope.file.lookup(w.c.frontend, x.Name, x.Span()); e != nil {
				b = e
			}
		}
		if b != nil {
			return shapeOfValue(b.val)
		}
	case *parser.Member:
		w.c.quiet++
		v := w.c.member(x)
		w.c.quiet--
		return shapeOfValue(v)
	case *parser.Transpose:
		s, ok := w.shape(x.X)
		if !ok || len(s) != 2 {
			return nil, false
		}
		return symbolic.Shape{s[1], s[0]}, true
	case *parser.Subscript:
		s, ok := w.shape(x.X)
		if !ok || len(s) < len(x.Args) {
			return nil, false
		}
		for _, a := range x.Args {
			if a.Slice {
				return nil, false
			}
			if sub, ok := w.shape(a.Value); ok && len(sub) > 0 {
				return nil, false
			}
		}
		return s[len(x.Args):], true
	}
	return nil, false
}

func shapeOfValue(v value) (symbolic.Shape, bool) {
	switch v := v.(type) {
	case *tensor:
		return v.shape, true
	case *list:
		if len(v.elems) == 0 {
			return nil, false
		}
		s := symbolic.Shp(len(v.elems))
		if rest, ok := shapeOfValue(v.elems[0]); ok {
			s = append(s, rest...)
		}
		return s, true
	}
	return nil, false
}

// affine reads an expression as a polynomial of indices and sizes.
func (w *useWalker) affine(x parser.Expr) (symbolic.Poly, bool) {
	switch x := x.(type) {
	case *parser.Paren:
		return w.affine(x.X)
	case *parser.Number:
		if x.Int && x.Value < 1<<31 {
			return symbolic.Int(int(x.Value)), true
		}
	case *parser.Name:
		if w.local[x.Name] {
			return symbolic.Sym("?" + x.Name), true
		}
		b := w.c.scope.local(x.Name)
		if b == nil {
			b = w.c.scope.file.lookup(w.c.frontend, x.Name, x.Span())
		}
		if b != nil {
			if n, ok := b.val.(number); ok && n.exact {
				return n.poly, true
			}
		}
	case *parser.Unary:
		if p, ok := w.affine(x.X); ok && x.Op == "-" {
			return p.Neg(), true
		}
	case *parser.Binary:
		p, ok := w.affine(x.X)
		q, ok2 := w.affine(x.Y)
		if !ok || !ok2 {
			return symbolic.Poly{}, false
		}
		switch x.Op {
		case "+":
			return p.Add(q), true
		case "-":
			return p.Sub(q), true
		case "*":
			return p.Mul(q), true
		case "/":
			return p.Div(q)
		}
	}
	return symbolic.Poly{}, false
}
