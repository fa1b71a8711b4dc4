package loop

import (
	"fmt"

	"github.com/bpgen/bpgen/symbolic"
)

// A rebinding copies statements with other names in them: other buffers, which
// may begin at another place, and other variables.
type rebinding struct {
	bufs  map[*Buffer]*Buffer
	from  map[*Buffer]symbolic.Poly // is taken off the indices of a buffer
	vars  map[*Var]*Var
	polys func(symbolic.Poly) symbolic.Poly // nil: as they are

	scalars map[*Buffer]*Var // read in the place of a buffer of one number
}

// Shift returns statements in which v is counted from by less.
func Shift(list []Stmt, v *Var, by symbolic.Poly) []Stmt {
	at := symbolic.Sym(v.Name).Add(by)
	r := &rebinding{polys: func(p symbolic.Poly) symbolic.Poly {
		return p.Subst(func(name string) (symbolic.Poly, bool) { return at, name == v.Name })
	}}
	return r.stmts(list)
}

// Merged returns statements in which buffers that are one block of memory are one buffer.
func Merged(list []Stmt, as map[*Buffer]*Buffer) []Stmt {
	return (&rebinding{bufs: as}).stmts(list)
}

func (r *rebinding) v(v *Var) *Var {
	if w := r.vars[v]; w != nil {
		return w
	}
	return v
}

func (r *rebinding) buf(b *Buffer) *Buffer {
	if c := r.bufs[b]; c != nil {
		return c
	}
	return b
}

func (r *rebinding) poly(p symbolic.Poly) symbolic.Poly {
	if r.polys != nil {
		return r.polys(p)
	}
	return p
}

// at is a place in b.
func (r *rebinding) at(b *Buffer, index symbolic.Poly) symbolic.Poly {
	if from, ok := r.from[b]; ok {
		index = index.Sub(from)
	}
	return r.poly(index)
}

func (r *rebinding) access(a Access) Access {
	return Access{Buf: r.buf(a.Buf), Base: r.at(a.Buf, a.Base), M: r.poly(a.M), N: r.poly(a.N), K: r.poly(a.K)}
}

func (r *rebinding) within(bs []Bound) []Bound {
	var out []Bound
	for _, b := range bs {
		b.Const = r.poly(b.Const)
		out = append(out, b)
	}
	return out
}

func (r *rebinding) conds(cs []symbolic.Cond) []symbolic.Cond {
	var out []symbolic.Cond
	for _, c := range cs {
		out = append(out, c.With(r.poly(c.E)))
	}
	return out
}

func (r *rebinding) stmts(list []Stmt) []Stmt {
	var out []Stmt
	for _, s := range list {
		out = append(out, r.stmt(s))
	}
	return out
}

func (r *rebinding) stmt(s Stmt) Stmt {
	switch s := s.(type) {
	case *Loop:
		return &Loop{Var: r.v(s.Var), Extent: r.poly(s.Extent), Body: r.stmts(s.Body)}
	case *Tile:
		return &Tile{From: r.v(s.From), Rows: r.v(s.Rows), Extent: r.poly(s.Extent), Size: s.Size, Body: r.stmts(s.Body)}
	case *Contract:
		return &Contract{
			Of: s.Of, Out: r.access(s.Out), A: r.access(s.A), B: r.access(s.B),
			M: r.poly(s.M), N: r.poly(s.N), K: r.poly(s.K), Within: r.within(s.Within),
			Accumulate: s.Accumulate, Row: r.v(s.Row), Col: r.v(s.Col), Sum: r.v(s.Sum),
			Epilogue: r.stmts(s.Epilogue),
		}
	case *Let:
		return &Let{Var: r.v(s.Var), Value: r.expr(s.Value)}
	case *Acc:
		return &Acc{Var: r.v(s.Var), Init: s.Init}
	case *Update:
		return &Update{Var: r.v(s.Var), Op: s.Op, Value: r.expr(s.Value)}
	case *Pick:
		return &Pick{Best: r.v(s.Best), At: r.v(s.At), Op: s.Op, Value: r.expr(s.Value), Position: r.poly(s.Position)}
	case *Store:
		return &Store{Buf: r.buf(s.Buf), Index: r.at(s.Buf, s.Index), Op: s.Op, Value: r.expr(s.Value)}
	case *Fill:
		return &Fill{Buf: r.buf(s.Buf), From: r.at(s.Buf, s.From), Len: r.poly(s.Len), Value: s.Value}
	case *If:
		return &If{Conds: r.conds(s.Conds), Then: r.stmts(s.Then), Else: r.stmts(s.Else)}
	case *Choose:
		return &Choose{Cond: r.expr(s.Cond), Then: r.stmts(s.Then), Else: r.stmts(s.Else)}
	case *Note:
		return &Note{Node: s.Node, Of: r.buf(s.Of), Text: s.Text}
	}
	panic(fmt.Sprintf("loop: statement %T in a kernel", s))
}

func (r *rebinding) expr(x Expr) Expr {
	switch x := x.(type) {
	case *Ref:
		return &Ref{Var: r.v(x.Var)}
	case *Load:
		if v := r.scalars[x.Buf]; v != nil {
			return &Ref{Var: v}
		}
		return &Load{Buf: r.buf(x.Buf), Index: r.at(x.Buf, x.Index)}
	case *Int:
		return &Int{Poly: r.poly(x.Poly)}
	case *Guarded:
		return &Guarded{Conds: r.conds(x.Conds), X: r.expr(x.X)}
	case *Apply:
		args := make([]Expr, len(x.Args))
		for i, a := range x.Args {
			args[i] = r.expr(a)
		}
		return &Apply{Op: x.Op, Args: args}
	}
	return x
}
