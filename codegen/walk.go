package codegen

import (
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// usage counts what statements read.
type usage struct {
	reads   map[*loop.Var]int    // by Ref, or by name in an index
	symbols map[string]int       // other names in indices: sizes
	loads   map[*loop.Buffer]int // elements read
	touched map[*loop.Buffer]bool

	env  loop.Scope         // variables in scope
	lets []*loop.Var        // what is defined, accumulators included
	dead map[*loop.Var]bool // defined and never read: what is read for it counts for nothing
}

// countUses counts in a body whose results are read by whoever calls it.
func countUses(body []loop.Stmt, results ...*loop.Var) *usage {
	dead := map[*loop.Var]bool{}
	for {
		u := &usage{
			reads: map[*loop.Var]int{}, symbols: map[string]int{}, loads: map[*loop.Buffer]int{},
			touched: map[*loop.Buffer]bool{}, dead: dead,
		}
		u.body(body)
		for _, v := range results {
			u.reads[v]++
		}
		n := len(dead)
		for _, v := range u.lets {
			if u.reads[v] == 0 {
				dead[v] = true
			}
		}
		if len(dead) == n {
			return u
		}
	}
}

func (u *usage) body(list []loop.Stmt) {
	defer u.env.Enter()()
	for _, s := range list {
		switch s := s.(type) {
		case *loop.Let:
			if u.dead[s.Var] {
				continue
			}
		case *loop.Update:
			if u.dead[s.Var] {
				continue
			}
		}
		for _, e := range exprsOf(s) {
			walkExpr(e, u.expr)
		}
		switch s := s.(type) {
		case *loop.Let:
			u.env.Declare(s.Var)
			u.lets = append(u.lets, s.Var)
		case *loop.Acc:
			u.env.Declare(s.Var)
			u.lets = append(u.lets, s.Var)
		case *loop.Loop:
			u.poly(s.Extent)
			u.scoped(s.Body, s.Var)
		case *loop.Tile:
			u.poly(s.Extent)
			u.scoped(s.Body, s.From, s.Rows)
		case *loop.While:
			u.body(s.Body)
		case *loop.Grow:
			u.touched[s.Buf] = true
			u.poly(s.Len)
		case *loop.Contract:
			u.contract(s)
		case *loop.Call:
			u.call(s)
		case *loop.Pick:
			u.poly(s.Position)
		case *loop.Store:
			u.touched[s.Buf] = true
			u.poly(s.Index)
		case *loop.Fill:
			u.touched[s.Buf] = true
			u.poly(s.From, s.Len)
		case *loop.If:
			u.conds(s.Conds)
			u.body(s.Then)
			u.body(s.Else)
		case *loop.Choose:
			u.body(s.Then)
			u.body(s.Else)
		}
	}
}

// scoped counts in a body that vars are declared for.
func (u *usage) scoped(list []loop.Stmt, vars ...*loop.Var) {
	defer u.env.Enter()()
	for _, v := range vars {
		u.env.Declare(v)
	}
	u.body(list)
}

func (u *usage) contract(s *loop.Contract) {
	for _, a := range []loop.Access{s.Out, s.A, s.B} {
		u.touched[a.Buf] = true
		u.poly(a.Base, a.M, a.N, a.K)
	}
	u.loads[s.A.Buf]++
	u.loads[s.B.Buf]++
	u.poly(s.M, s.N, s.K)
	u.scoped(s.Epilogue, s.Row, s.Col, s.Sum)
}

func (u *usage) call(s *loop.Call) {
	for _, a := range s.Args {
		if a.Buf != nil {
			u.touched[a.Buf] = true
			u.loads[a.Buf]++
		}
		u.poly(a.From, a.Int)
	}
}

func (u *usage) poly(ps ...symbolic.Poly) {
	for _, p := range ps {
		for _, s := range p.Syms() {
			if v := u.env.Of(s); v != nil {
				u.reads[v]++
			} else {
				u.symbols[s]++
			}
		}
	}
}

func (u *usage) conds(cs []symbolic.Cond) {
	for _, c := range cs {
		u.poly(c.E)
	}
}

func (u *usage) expr(e loop.Expr) {
	switch e := e.(type) {
	case *loop.Ref:
		u.reads[e.Var]++
	case *loop.Load:
		u.loads[e.Buf]++
		u.touched[e.Buf] = true
		u.poly(e.Index)
	case *loop.Int:
		u.poly(e.Poly)
	case *loop.Guarded:
		u.conds(e.Conds)
	}
}

// varsOf returns the variables that a statement itself declares.
func varsOf(s loop.Stmt) []*loop.Var {
	switch s := s.(type) {
	case *loop.Let:
		return []*loop.Var{s.Var}
	case *loop.Acc:
		return []*loop.Var{s.Var}
	}
	return nil
}

// exprsOf returns the expressions that stand in a statement itself.
func exprsOf(s loop.Stmt) []loop.Expr {
	switch s := s.(type) {
	case *loop.Let:
		return []loop.Expr{s.Value}
	case *loop.Update:
		return []loop.Expr{s.Value}
	case *loop.Pick:
		// Best is compared with, so it is read.
		return []loop.Expr{s.Value, &loop.Ref{Var: s.Best}}
	case *loop.Store:
		return []loop.Expr{s.Value}
	case *loop.Choose:
		return []loop.Expr{s.Cond}
	case *loop.Call:
		var out []loop.Expr
		for _, a := range s.Args {
			if a.Real != nil {
				out = append(out, a.Real)
			}
		}
		return out
	case *loop.Leave:
		return []loop.Expr{s.If}
	}
	return nil
}

// walkStmts calls f for all statements, outer ones first.
func walkStmts(list []loop.Stmt, f func(loop.Stmt)) {
	for _, s := range list {
		f(s)
		switch s := s.(type) {
		case *loop.Loop:
			walkStmts(s.Body, f)
		case *loop.Tile:
			walkStmts(s.Body, f)
		case *loop.While:
			walkStmts(s.Body, f)
		case *loop.Contract:
			walkStmts(s.Epilogue, f)
		case *loop.If:
			walkStmts(s.Then, f)
			walkStmts(s.Else, f)
		case *loop.Choose:
			walkStmts(s.Then, f)
			walkStmts(s.Else, f)
		}
	}
}

// walkExpr calls f for e and what it is made of.
func walkExpr(e loop.Expr, f func(loop.Expr)) {
	f(e)
	switch e := e.(type) {
	case *loop.Apply:
		for _, a := range e.Args {
			walkExpr(a, f)
		}
	case *loop.Guarded:
		walkExpr(e.X, f)
	}
}

// always calls f for the loads in e that happen whatever the values are.
func always(e loop.Expr, f func(*loop.Load)) {
	switch e := e.(type) {
	case *loop.Load:
		f(e)
	case *loop.Apply:
		for i, a := range e.Args {
			if i > 0 && e.Op.Lazy {
				break
			}
			always(a, f)
		}
	}
}
