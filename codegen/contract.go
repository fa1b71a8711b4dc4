package codegen

import (
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/dave/jennifer/jen"
)

// A routine is a function of the generated package that does a contraction, or
// the part of one that it can do.
type routine struct {
	name string
	args []jen.Code
	all  bool // the epilogue too
}

// kernelOf chooses the function for a contraction; ok is false where there is
// none and plain loops have to do. This is the only place that knows.
func (p *printer) kernelOf(s *loop.Contract) (k routine, ok bool) {
	if !s.Out.N.Is(1) || s.Of != loop.Products {
		return routine{}, false
	}
	k.name = "matmul"
	if s.Accumulate {
		k.name = "addmul"
	}
	k.args = []jen.Code{
		p.matrix(s.Out.Buf, s.Out.Base, s.M, s.N, s.Out.M, s.Out.N),
		p.matrix(s.A.Buf, s.A.Base, s.M, s.K, s.A.M, s.A.K),
		p.matrix(s.B.Buf, s.B.Base, s.K, s.N, s.B.K, s.B.N),
	}
	return k, true
}

// contract prints a contraction as a call, followed by loops for what the call
// does not do.
func (p *printer) contract(s *loop.Contract) {
	if s.Reads() {
		p.byRows(s)
		return
	}
	k, ok := p.kernelOf(s)
	if !ok {
		loops := plainLoops(s)
		p.uses = countUses(slices.Concat(p.prog.Body, loops), p.results...)
		p.stmts(loops)
	} else {
		p.put(jen.Id(k.name).Call(k.args...))
	}
	if !k.all && len(s.Epilogue) > 0 {
		p.sure = s.Out.Buf
		p.stmts([]loop.Stmt{p.epilogueLoops(s)})
		p.sure = nil
	}
}

// mostSums is how many sums are kept at once where they go nowhere else.
const mostSums = 1024

// byRows prints a contraction whose sums are not stored: those of a row, or a
// stretch of it, are kept until the epilogue has seen them.
func (p *printer) byRows(s *loop.Contract) {
	size, fixed := s.N.Const()
	if !fixed || size > mostSums {
		size = mostSums
	}
	sums := &loop.Buffer{Name: "sums", Kind: loop.Temp, Shape: symbolic.Shape{symbolic.Int(size)}}
	from := &loop.Var{Name: s.Col.Name + "From", Type: symbolic.Integer}
	count := &loop.Var{Name: s.Col.Name + "Count", Type: symbolic.Integer}
	row, at := symbolic.Sym(s.Row.Name), symbolic.Sym(from.Name)
	n := symbolic.Sym(count.Name)
	if fixed && size < mostSums {
		at, n = symbolic.Poly{}, s.N
	}
	one := &loop.Contract{ // all terms, as functions of the package take them
		Of:  s.Of,
		Out: loop.Access{Buf: sums, M: n, N: symbolic.Int(1)},
		A:   loop.Access{Buf: s.A.Buf, Base: s.A.Base.Add(row.Mul(s.A.M)), M: s.A.M, K: s.A.K},
		B:   loop.Access{Buf: s.B.Buf, Base: s.B.Base.Add(at.Mul(s.B.N)), N: s.B.N, K: s.B.K},
		M:   symbolic.Int(1), N: n, K: s.K, Row: s.Row, Col: s.Col, Sum: s.Sum,
	}
	col := &loop.Var{Name: s.Col.Name, Type: symbolic.Integer}
	body := []loop.Stmt{one, &loop.Loop{Var: col, Extent: n, Body: append([]loop.Stmt{
		&loop.Let{Var: s.Sum, Value: &loop.Load{Buf: sums, Index: symbolic.Sym(col.Name)}},
	}, loop.Shift(s.Epilogue, s.Col, at)...)}}
	if !at.Is(0) {
		body = []loop.Stmt{&loop.Tile{From: from, Rows: count, Extent: s.N, Size: size, Body: body}}
	}
	all := []loop.Stmt{&loop.Loop{Var: s.Row, Extent: s.M, Body: body}}
	p.uses = countUses(append(slices.Clone(p.prog.Body), all...), p.results...)
	p.bufs[sums], p.arrays[sums] = p.scope.pick("sums"), true
	p.put(jen.Var().Id(p.bufs[sums]).Index(jen.Lit(size)).Add(p.floatType()))
	p.stmts(all)
}

// matrix prints a view of b from a place on.
func (p *printer) matrix(b *loop.Buffer, from, rows, cols, row, col symbolic.Poly) jen.Code {
	x := jen.Code(jen.Id(p.bufs[b]))
	switch {
	case !from.Is(0):
		x = jen.Add(x).Index(polyCode(from, p.sym).code, jen.Empty())
	case p.arrays[b]:
		x = jen.Add(x).Index(jen.Empty(), jen.Empty())
	}
	size := func(q symbolic.Poly) jen.Code { return polyCode(q, p.sym).code }
	switch {
	case col.Is(1) && row.Equal(cols):
		return jen.Id("mat").Call(x, size(rows), size(cols))
	case row.Is(1) && col.Equal(rows):
		return jen.Id("mat").Call(x, size(cols), size(rows)).Dot("T").Call()
	}
	return jen.Id("matrix").Index(p.floatType()).Values(x, size(rows), size(cols), size(row), size(col))
}

// plainLoops is a contraction without its epilogue, in other statements.
func plainLoops(s *loop.Contract) []loop.Stmt {
	sum := &loop.Var{Name: s.Sum.Name, Type: symbolic.Real}
	k := &loop.Var{Name: s.Sum.Name + "k", Type: symbolic.Integer}
	m, n := symbolic.Sym(s.Row.Name), symbolic.Sym(s.Col.Name)
	load := func(a loop.Access) loop.Expr { return &loop.Load{Buf: a.Buf, Index: a.At(m, n, symbolic.Sym(k.Name))} }
	st := &loop.Store{Buf: s.Out.Buf, Index: s.Out.At(m, n, symbolic.Poly{}), Value: &loop.Ref{Var: sum}}
	if s.Accumulate {
		st.Op = symbolic.OpAdd
	}
	return []loop.Stmt{&loop.Loop{Var: s.Row, Extent: s.M, Body: []loop.Stmt{
		&loop.Loop{Var: s.Col, Extent: s.N, Body: []loop.Stmt{
			&loop.Acc{Var: sum},
			&loop.Loop{Var: k, Extent: s.K, Body: []loop.Stmt{
				&loop.Update{Var: sum, Op: symbolic.OpAdd, Value: s.Of.Term(load(s.A), load(s.B))},
			}},
			st,
		}},
	}}}
}

// epilogueLoops is what is done with each sum, once all of them are stored.
func (p *printer) epilogueLoops(s *loop.Contract) loop.Stmt {
	col := symbolic.Sym(s.Col.Name)
	if s.N.Is(1) { // which may go by no name
		col = symbolic.Poly{}
	}
	sum := &loop.Load{Buf: s.Out.Buf, Index: s.Out.At(symbolic.Sym(s.Row.Name), col, symbolic.Poly{})}
	body := s.Epilogue
	if p.uses.reads[s.Sum] > 1 {
		body = append([]loop.Stmt{&loop.Let{Var: s.Sum, Value: sum}}, body...)
	} else {
		body = inPlace(body, s.Sum, sum)
	}
	return &loop.Loop{Var: s.Row, Extent: s.M, Body: []loop.Stmt{&loop.Loop{Var: s.Col, Extent: s.N, Body: body}}}
}

// inPlace reads the element at for the variable v. A choice between it and
// something else that is stored there again only stores the other.
func inPlace(list []loop.Stmt, v *loop.Var, at *loop.Load) []loop.Stmt {
	var out []loop.Stmt
	for _, s := range list {
		s = rewritten(s, v, at)
		st, ok := s.(*loop.Store)
		if !ok || st.Op != nil || st.Buf != at.Buf || !st.Index.Equal(at.Index) {
			out = append(out, s)
			continue
		}
		same := func(e loop.Expr) bool {
			l, ok := e.(*loop.Load)
			return ok && l.Buf == at.Buf && l.Index.Equal(at.Index)
		}
		a, ok := st.Value.(*loop.Apply)
		switch {
		case same(st.Value):
		case ok && a.Op.Lazy && !isConstant(a) && same(a.Args[1]):
			not := &loop.Apply{Op: symbolic.OpNot, Args: a.Args[:1]}
			out = append(out, &loop.Choose{Cond: not, Then: []loop.Stmt{&loop.Store{Buf: st.Buf, Index: st.Index, Value: a.Args[2]}}})
		case ok && a.Op.Lazy && !isConstant(a) && same(a.Args[2]):
			out = append(out, &loop.Choose{Cond: a.Args[0], Then: []loop.Stmt{&loop.Store{Buf: st.Buf, Index: st.Index, Value: a.Args[1]}}})
		default:
			out = append(out, s)
		}
	}
	return out
}

// rewritten is s with x read for the variable v.
func rewritten(s loop.Stmt, v *loop.Var, x loop.Expr) loop.Stmt {
	all := func(list []loop.Stmt) (out []loop.Stmt) {
		for _, s := range list {
			out = append(out, rewritten(s, v, x))
		}
		return out
	}
	switch s := s.(type) {
	case *loop.Let:
		return &loop.Let{Var: s.Var, Value: put(s.Value, v, x)}
	case *loop.Update:
		return &loop.Update{Var: s.Var, Op: s.Op, Value: put(s.Value, v, x)}
	case *loop.Store:
		return &loop.Store{Buf: s.Buf, Index: s.Index, Op: s.Op, Value: put(s.Value, v, x)}
	case *loop.If:
		return &loop.If{Conds: s.Conds, Then: all(s.Then), Else: all(s.Else)}
	case *loop.Choose:
		return &loop.Choose{Cond: put(s.Cond, v, x), Then: all(s.Then), Else: all(s.Else)}
	}
	return s
}

// put is e with x in the place of the variable v.
func put(e loop.Expr, v *loop.Var, x loop.Expr) loop.Expr {
	switch e := e.(type) {
	case *loop.Ref:
		if e.Var == v {
			return x
		}
	case *loop.Guarded:
		return &loop.Guarded{Conds: e.Conds, X: put(e.X, v, x)}
	case *loop.Apply:
		args := make([]loop.Expr, len(e.Args))
		for i, a := range e.Args {
			args[i] = put(a, v, x)
		}
		return &loop.Apply{Op: e.Op, Args: args}
	}
	return e
}
