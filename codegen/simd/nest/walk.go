package nest

import (
	"fmt"
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// each calls f for the statements of a list and of what is in them, as long as
// f says to go into them.
func each(list []loop.Stmt, f func(loop.Stmt) bool) {
	for _, s := range list {
		if f(s) {
			for _, part := range bodies(s) {
				each(part, f)
			}
		}
	}
}

// bodies returns the lists of statements inside of s.
func bodies(s loop.Stmt) [][]loop.Stmt {
	switch s := s.(type) {
	case *loop.Loop:
		return [][]loop.Stmt{s.Body}
	case *loop.If:
		return [][]loop.Stmt{s.Then, s.Else}
	case *loop.Choose:
		return [][]loop.Stmt{s.Then, s.Else}
	}
	return nil
}

// values returns the expressions of s itself.
func values(s loop.Stmt) []loop.Expr {
	switch s := s.(type) {
	case *loop.Let:
		return []loop.Expr{s.Value}
	case *loop.Update:
		return []loop.Expr{s.Value}
	case *loop.Pick:
		return []loop.Expr{s.Value, &loop.Int{Poly: s.Position}}
	case *loop.Store:
		return []loop.Expr{s.Value}
	case *loop.Choose:
		return []loop.Expr{s.Cond}
	}
	return nil
}

// eachExpr calls f for e and the expressions in it, as long as f says to go
// into them.
func eachExpr(e loop.Expr, f func(loop.Expr) bool) {
	if !f(e) {
		return
	}
	switch e := e.(type) {
	case *loop.Apply:
		for _, a := range e.Args {
			eachExpr(a, f)
		}
	case *loop.Guarded:
		eachExpr(e.X, f)
	}
}

// exprs calls f for all expressions in a list of statements.
func exprs(list []loop.Stmt, f func(loop.Expr)) {
	each(list, func(s loop.Stmt) bool {
		for _, v := range values(s) {
			eachExpr(v, func(e loop.Expr) bool { f(e); return true })
		}
		return true
	})
}

// An access is a place of a list of statements where memory is read or written.
type access struct {
	buf   *loop.Buffer
	index symbolic.Poly
	store *loop.Store // nil where it is read
}

// accesses returns those of a list in order.
func accesses(list []loop.Stmt) (out []access) {
	each(list, func(s loop.Stmt) bool {
		for _, v := range values(s) {
			eachExpr(v, func(e loop.Expr) bool {
				if l, ok := e.(*loop.Load); ok {
					out = append(out, access{l.Buf, l.Index, nil})
				}
				return true
			})
		}
		if st, ok := s.(*loop.Store); ok {
			out = append(out, access{st.Buf, st.Index, st})
		}
		return true
	})
	return out
}

// stored returns the buffers that a list writes.
func stored(list []loop.Stmt) map[*loop.Buffer]bool {
	out := map[*loop.Buffer]bool{}
	each(list, func(s loop.Stmt) bool {
		if st, ok := s.(*loop.Store); ok {
			out[st.Buf] = true
		}
		return true
	})
	return out
}

// declarations returns the variables that a list declares, in order.
func declarations(list []loop.Stmt) (out []*loop.Var) {
	each(list, func(s loop.Stmt) bool {
		switch s := s.(type) {
		case *loop.Loop:
			out = append(out, s.Var)
		case *loop.Let:
			out = append(out, s.Var)
		case *loop.Acc:
			out = append(out, s.Var)
		}
		return true
	})
	return out
}

// changed returns the variables that a list sets, and those that it declares.
func changed(list []loop.Stmt) (set, declared map[*loop.Var]bool) {
	set, declared = map[*loop.Var]bool{}, map[*loop.Var]bool{}
	for _, v := range declarations(list) {
		declared[v] = true
	}
	each(list, func(s loop.Stmt) bool {
		switch s := s.(type) {
		case *loop.Update:
			set[s.Var] = true
		case *loop.Pick:
			set[s.Best], set[s.At] = true, true
		}
		return true
	})
	return set, declared
}

// typeOf returns the type of an expression.
func typeOf(e loop.Expr) symbolic.Type {
	switch e := e.(type) {
	case *loop.Const:
		return e.Type
	case *loop.Ref:
		return e.Var.Type
	case *loop.Load:
		return e.Buf.Type
	case *loop.Int:
		return symbolic.Integer
	case *loop.Apply:
		if e.Op.InferFn != nil {
			return typeOf(e.Args[0])
		}
		return e.Op.Out
	case *loop.Guarded:
		return typeOf(e.X)
	}
	return symbolic.Real
}

// key writes an expression so that equal ones are equal strings. Variables are
// told apart by what they are, not by name.
func (c *compiler) key(e loop.Expr) string {
	switch e := e.(type) {
	case *loop.Const:
		return fmt.Sprintf("%x:%d", e.Value, e.Type)
	case *loop.Ref:
		return fmt.Sprintf("%s.%d", e.Var.Name, c.ordinal(e.Var))
	case *loop.Load:
		return fmt.Sprintf("%s[%s]", e.Buf.Name, c.polyKey(e.Index))
	case *loop.Int:
		return "(" + c.polyKey(e.Poly) + ")"
	case *loop.Apply:
		args := make([]string, len(e.Args))
		for i, a := range e.Args {
			args[i] = c.key(a)
		}
		return e.Op.Name + "(" + strings.Join(args, ",") + ")"
	case *loop.Guarded:
		var conds []string
		for _, cond := range e.Conds {
			conds = append(conds, fmt.Sprintf("%d %d %s", cond.Kind, cond.Mod, c.polyKey(cond.E)))
		}
		return "{" + c.key(e.X) + " if " + strings.Join(conds, ",") + "}"
	}
	return fmt.Sprintf("%p", e)
}
