package nest

import (
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// A rewriter copies statements, with polynomials and variables replaced.
type rewriter struct {
	poly func(symbolic.Poly) symbolic.Poly
	vars map[*loop.Var]*loop.Var
}

func (r rewriter) variable(v *loop.Var) *loop.Var {
	if w := r.vars[v]; w != nil {
		return w
	}
	return v
}

func (r rewriter) stmts(list []loop.Stmt) []loop.Stmt {
	out := make([]loop.Stmt, 0, len(list))
	for _, s := range list {
		out = append(out, r.stmt(s))
	}
	return out
}

func (r rewriter) stmt(s loop.Stmt) loop.Stmt {
	switch s := s.(type) {
	case *loop.Loop:
		return &loop.Loop{Var: r.variable(s.Var), Extent: r.poly(s.Extent), Body: r.stmts(s.Body)}
	case *loop.Let:
		return &loop.Let{Var: r.variable(s.Var), Value: r.expr(s.Value)}
	case *loop.Acc:
		return &loop.Acc{Var: r.variable(s.Var), Init: s.Init}
	case *loop.Update:
		return &loop.Update{Var: r.variable(s.Var), Op: s.Op, Value: r.expr(s.Value)}
	case *loop.Pick:
		return &loop.Pick{Best: r.variable(s.Best), At: r.variable(s.At), Op: s.Op, Value: r.expr(s.Value), Position: r.poly(s.Position)}
	case *loop.Store:
		return &loop.Store{Buf: s.Buf, Index: r.poly(s.Index), Op: s.Op, Value: r.expr(s.Value)}
	case *loop.Fill:
		return &loop.Fill{Buf: s.Buf, From: r.poly(s.From), Len: r.poly(s.Len), Value: s.Value}
	case *loop.If:
		return &loop.If{Conds: r.conds(s.Conds), Then: r.stmts(s.Then), Else: r.stmts(s.Else)}
	case *loop.Choose:
		return &loop.Choose{Cond: r.expr(s.Cond), Then: r.stmts(s.Then), Else: r.stmts(s.Else)}
	}
	return s
}

func (r rewriter) conds(list []symbolic.Cond) []symbolic.Cond {
	out := make([]symbolic.Cond, len(list))
	for i, c := range list {
		out[i] = c.With(r.poly(c.E))
	}
	return out
}

func (r rewriter) expr(e loop.Expr) loop.Expr {
	switch e := e.(type) {
	case *loop.Ref:
		return &loop.Ref{Var: r.variable(e.Var)}
	case *loop.Load:
		return &loop.Load{Buf: e.Buf, Index: r.poly(e.Index)}
	case *loop.Int:
		return &loop.Int{Poly: r.poly(e.Poly)}
	case *loop.Apply:
		out := &loop.Apply{Op: e.Op}
		for _, a := range e.Args {
			out.Args = append(out.Args, r.expr(a))
		}
		return out
	case *loop.Guarded:
		return &loop.Guarded{Conds: r.conds(e.Conds), X: r.expr(e.X)}
	}
	return e
}

// polys calls f for every polynomial that a list of statements mentions.
func polys(list []loop.Stmt, f func(symbolic.Poly)) {
	note := func(p symbolic.Poly) symbolic.Poly { f(p); return p }
	rewriter{poly: note}.stmts(list)
}

// replace returns list with the symbol name replaced.
func replace(list []loop.Stmt, name string, by symbolic.Poly) []loop.Stmt {
	return rewriter{poly: func(p symbolic.Poly) symbolic.Poly {
		return p.Subst(func(s string) (symbolic.Poly, bool) { return by, s == name })
	}}.stmts(list)
}
