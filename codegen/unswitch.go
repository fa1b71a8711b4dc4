package codegen

import (
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// unswitch rewrites statements so that a choice that does not change while a
// loop runs is made once, before the loop: what is added only where a
// condition holds becomes an if; neighbours under the same condition share it;
// a loop of nothing else goes inside. Programs are not changed, only copied.
func unswitch(list []loop.Stmt, results ...*loop.Var) []loop.Stmt {
	return unswitcher{countUses(list, results...)}.body(list)
}

// An unswitcher knows what the whole program reads.
type unswitcher struct{ uses *usage }

func (u unswitcher) body(list []loop.Stmt) []loop.Stmt {
	var out []loop.Stmt
	for _, s := range u.inlineChoices(u.inlineBranches(list)) {
		out = append(out, u.stmt(s)...)
	}
	return merge(out)
}

// inlineChoices puts a choice that has a name into the statement after it,
// where that adds it and nothing else reads it.
func (u unswitcher) inlineChoices(list []loop.Stmt) []loop.Stmt {
	var out []loop.Stmt
	for _, s := range list {
		out = append(out, s)
		last := len(out) - 2
		for last >= 0 {
			if _, note := out[last].(*loop.Note); !note {
				break
			}
			last--
		}
		if last < 0 {
			continue
		}
		let, ok := out[last].(*loop.Let)
		if !ok {
			continue
		}
		reads := func(e loop.Expr) bool {
			r, ok := e.(*loop.Ref)
			return ok && r.Var == let.Var && u.uses.reads[let.Var] == 1
		}
		switch s := s.(type) {
		case *loop.Store:
			if _, _, ok := addedIf(s.Op, let.Value); ok && reads(s.Value) {
				out[len(out)-1] = &loop.Store{Buf: s.Buf, Index: s.Index, Op: s.Op, Value: let.Value}
				out = slices.Delete(out, last, last+1)
			}
		case *loop.Update:
			if _, _, ok := addedIf(s.Op, let.Value); ok && reads(s.Value) {
				out[len(out)-1] = &loop.Update{Var: s.Var, Op: s.Op, Value: let.Value}
				out = slices.Delete(out, last, last+1)
			}
		}
	}
	return out
}

func (u unswitcher) stmt(s loop.Stmt) []loop.Stmt {
	switch s := s.(type) {
	case *loop.Store:
		if cond, x, ok := addedIf(s.Op, s.Value); ok {
			return []loop.Stmt{&loop.Choose{Cond: cond, Then: []loop.Stmt{&loop.Store{Buf: s.Buf, Index: s.Index, Op: s.Op, Value: x}}}}
		}
	case *loop.Update:
		if cond, x, ok := addedIf(s.Op, s.Value); ok {
			return []loop.Stmt{&loop.Choose{Cond: cond, Then: []loop.Stmt{&loop.Update{Var: s.Var, Op: s.Op, Value: x}}}}
		}
	case *loop.If:
		return []loop.Stmt{&loop.If{Conds: s.Conds, Then: u.body(s.Then), Else: u.body(s.Else)}}
	case *loop.Choose:
		return []loop.Stmt{&loop.Choose{Cond: s.Cond, Then: u.body(s.Then), Else: u.body(s.Else)}}
	case *loop.While:
		return []loop.Stmt{&loop.While{Body: u.body(s.Body)}}
	case *loop.Tile:
		t := *s
		t.Body = u.body(s.Body)
		return []loop.Stmt{&t}
	case *loop.Loop:
		l := &loop.Loop{Var: s.Var, Extent: s.Extent, Body: u.body(s.Body)}
		if len(l.Body) != 1 {
			return []loop.Stmt{l}
		}
		c, ok := l.Body[0].(*loop.Choose)
		if !ok || len(c.Else) > 0 || !invariant(c.Cond, l) {
			return []loop.Stmt{l}
		}
		l.Body = c.Then
		return []loop.Stmt{&loop.Choose{Cond: c.Cond, Then: []loop.Stmt{l}}}
	}
	return []loop.Stmt{s}
}

// inlineBranches does the same for a choice that is spelled out: a variable that
// is set where a condition holds, stays zero elsewhere, and is then added.
func (u unswitcher) inlineBranches(list []loop.Stmt) []loop.Stmt {
	var out []loop.Stmt
	for i := 0; i < len(list); i++ {
		if s, n, ok := u.addedBranch(list[i:]); ok {
			out = append(out, s...)
			i += n - 1
			continue
		}
		out = append(out, list[i])
	}
	return out
}

// addedBranch recognises such a choice where list begins with it, and returns
// what replaces its first n statements.
func (u unswitcher) addedBranch(list []loop.Stmt) (with []loop.Stmt, n int, ok bool) {
	if len(list) < 3 {
		return nil, 0, false
	}
	acc, ok1 := list[0].(*loop.Acc)
	c, ok2 := list[1].(*loop.Choose)
	if !ok1 || !ok2 || acc.Init != 0 || len(c.Then) == 0 || !staysZero(acc.Var, c.Else) {
		return nil, 0, false
	}
	set, ok := c.Then[len(c.Then)-1].(*loop.Update)
	if !ok || set.Var != acc.Var || set.Op != nil || u.uses.reads[acc.Var] != 1 {
		return nil, 0, false
	}
	n = 2
	var notes []loop.Stmt
	for n < len(list) {
		if _, note := list[n].(*loop.Note); !note {
			break
		}
		notes = append(notes, list[n])
		n++
	}
	if n == len(list) {
		return nil, 0, false
	}
	is := func(e loop.Expr) bool { r, ok := e.(*loop.Ref); return ok && r.Var == acc.Var }
	var added loop.Stmt
	switch s := list[n].(type) {
	case *loop.Store:
		if s.Op != nil && s.Op.Go == "+" && is(s.Value) {
			added = &loop.Store{Buf: s.Buf, Index: s.Index, Op: s.Op, Value: set.Value}
		}
	case *loop.Update:
		if s.Op != nil && s.Op.Go == "+" && is(s.Value) {
			added = &loop.Update{Var: s.Var, Op: s.Op, Value: set.Value}
		}
	}
	if added == nil {
		return nil, 0, false
	}
	then := append(slices.Clone(c.Then[:len(c.Then)-1]), added)
	return append(notes, &loop.Choose{Cond: c.Cond, Then: then}), n + 1, true
}

// staysZero reports whether statements do nothing but set v to zero.
func staysZero(v *loop.Var, list []loop.Stmt) bool {
	for _, s := range list {
		if u, ok := s.(*loop.Update); !ok || u.Var != v || u.Op != nil || !isZero(u.Value) {
			return false
		}
	}
	return true
}

// addedIf takes "x where cond, else 0" apart where it is added to something.
func addedIf(op *symbolic.OpSpec, value loop.Expr) (cond, x loop.Expr, ok bool) {
	a, isApply := value.(*loop.Apply)
	if op == nil || op.Go != "+" || !isApply || !a.Op.Lazy || isConstant(a) || !isZero(a.Args[2]) {
		return nil, nil, false
	}
	return a.Args[0], a.Args[1], true
}

// invariant reports whether cond is the same in each iteration of l. It is
// enough to know variables and sizes from outside.
func invariant(cond loop.Expr, l *loop.Loop) bool {
	ok := true
	inside := map[*loop.Var]bool{l.Var: true}
	walkStmts(l.Body, func(s loop.Stmt) {
		for _, v := range varsOf(s) {
			inside[v] = true
		}
	})
	walkExpr(cond, func(e loop.Expr) {
		switch e := e.(type) {
		case *loop.Const, *loop.Apply:
		case *loop.Ref:
			ok = ok && !inside[e.Var]
			walkStmts(l.Body, func(s loop.Stmt) {
				if u, is := s.(*loop.Update); is && u.Var == e.Var {
					ok = false
				}
			})
		default:
			ok = false
		}
	})
	return ok
}

// merge joins neighbours under the same condition, with the notes before them.
func merge(list []loop.Stmt) []loop.Stmt {
	var out []loop.Stmt
	var notes []loop.Stmt
	for _, s := range list {
		if n, ok := s.(*loop.Note); ok {
			notes = append(notes, n)
			continue
		}
		c, ok := s.(*loop.Choose)
		if !ok || len(c.Else) > 0 {
			out = append(append(out, notes...), s)
			notes = nil
			continue
		}
		then := append(notes, c.Then...)
		notes = nil
		if len(out) > 0 {
			if before, ok := out[len(out)-1].(*loop.Choose); ok && len(before.Else) == 0 && sameExpr(before.Cond, c.Cond) && !sets(before.Then, c.Cond) {
				out[len(out)-1] = &loop.Choose{Cond: before.Cond, Then: slices.Concat(before.Then, then)}
				continue
			}
		}
		out = append(out, &loop.Choose{Cond: c.Cond, Then: then})
	}
	return append(out, notes...)
}

// sameExpr reports whether two expressions are alike. Those that read memory
// never are: it may have changed.
func sameExpr(a, b loop.Expr) bool {
	switch a := a.(type) {
	case *loop.Ref:
		b, ok := b.(*loop.Ref)
		return ok && a.Var == b.Var
	case *loop.Const:
		b, ok := b.(*loop.Const)
		return ok && *a == *b
	case *loop.Apply:
		b, ok := b.(*loop.Apply)
		return ok && a.Op == b.Op && slices.EqualFunc(a.Args, b.Args, sameExpr)
	}
	return false
}

// sets reports whether statements change a variable that cond reads.
func sets(list []loop.Stmt, cond loop.Expr) (yes bool) {
	read := map[*loop.Var]bool{}
	walkExpr(cond, func(e loop.Expr) {
		if r, ok := e.(*loop.Ref); ok {
			read[r.Var] = true
		}
	})
	walkStmts(list, func(s loop.Stmt) {
		if u, ok := s.(*loop.Update); ok {
			yes = yes || read[u.Var]
		}
	})
	return yes
}
