package nest

import (
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// cut makes several loops of one whose statements have nothing to do with each other, so that for each
// it is decided by itself what runs in lanes: no part reads what an earlier one declares or writes, or
// writes what an earlier one reads. It is nil where there is one part. What an earlier part does, it does
// for all turns before the next begins, so an element may still be read and then written in the same memory.
func cut(l *loop.Loop) (parts []*loop.Loop) {
	from := 0
	for i := 1; i < len(l.Body); i++ {
		if !tied(l.Body[from:i], l.Body[i:]) {
			parts = append(parts, &loop.Loop{Var: l.Var, Extent: l.Extent, Body: l.Body[from:i]})
			from = i
		}
	}
	if parts == nil {
		return nil
	}
	return append(parts, &loop.Loop{Var: l.Var, Extent: l.Extent, Body: l.Body[from:]})
}

// tied reports whether statements that follow have to do with those before.
func tied(before, after []loop.Stmt) bool {
	set, declared := changed(before)
	names := map[string]bool{}
	for v := range set {
		names[v.Name] = true
	}
	for v := range declared {
		names[v.Name] = true
	}
	found := false
	setAfter, _ := changed(after)
	for v := range setAfter {
		found = found || names[v.Name]
	}
	exprs(after, func(e loop.Expr) {
		if r, ok := e.(*loop.Ref); ok {
			found = found || set[r.Var] || declared[r.Var]
		}
	})
	own := map[string]bool{}
	for _, v := range declarations(after) {
		own[v.Name] = true
	}
	polys(after, func(p symbolic.Poly) {
		for _, s := range p.Syms() {
			found = found || names[s] && !own[s]
		}
	})
	writes, writesAfter := stored(before), stored(after)
	for _, a := range accesses(before) {
		found = found || writesAfter[a.buf]
	}
	for _, a := range accesses(after) {
		found = found || writes[a.buf]
	}
	return found
}
