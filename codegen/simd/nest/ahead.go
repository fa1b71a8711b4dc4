package nest

import (
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// ahead computes, before a loop that has turns, what is the same in all of
// them: expressions, and the part of addresses.
func (c *compiler) ahead(l *loop.Loop) {
	a := c.hoister(l)
	a.stmts(l.Body, true)
	inside := a.inside
	for _, x := range accesses(l.Body) {
		bound, known := split(x.index, func(s string) bool { return inside[s] || c.varying(s) })
		if _, fixed := split(known, func(string) bool { return true }); !bound.Is(0) && !known.Sub(fixed).Is(0) && denominator(x.index) == 1 {
			c.pointer(x.buf, known)
		}
	}
}

// hoister looks for what is the same in all turns of l.
func (c *compiler) hoister(l *loop.Loop) *hoister {
	set, declared := changed([]loop.Stmt{l})
	inside := map[string]bool{}
	for v := range declared {
		inside[v.Name] = true
	}
	for v := range set {
		inside[v.Name] = true
	}
	return &hoister{c: c, set: set, declared: declared, inside: inside, written: stored(l.Body)}
}

type hoister struct {
	c             *compiler
	set, declared map[*loop.Var]bool
	inside        map[string]bool
	written       map[*loop.Buffer]bool
}

// stmts looks through a list that is run in any case where sure is set.
func (h *hoister) stmts(list []loop.Stmt, sure bool) {
	for _, s := range list {
		for _, v := range values(s) {
			h.expr(v, sure)
		}
		inner := false
		if l, ok := s.(*loop.Loop); ok {
			n, fixed := l.Extent.Const()
			inner = sure && fixed && n > 0
		}
		for _, b := range bodies(s) {
			h.stmts(b, inner)
		}
	}
}

func (h *hoister) expr(e loop.Expr, sure bool) {
	if h.same(e) {
		if (sure || !loads(e)) && h.worth(e) {
			key := h.c.key(e)
			if _, ok := h.c.knownValue(key); !ok {
				h.c.top().values[key] = h.c.vectors(h.c.narrow(h.c.settled(h.c.eval(e))))
			}
			return
		}
	}
	switch e := e.(type) {
	case *loop.Apply:
		for i, a := range e.Args {
			h.expr(a, sure && !(e.Op.Lazy && i > 0))
		}
		if e.Op == symbolic.OpDiv && h.same(e.Args[1]) && (sure || !loads(e.Args[1])) {
			h.reciprocal(e.Args[1])
		}
	case *loop.Guarded:
		h.expr(e.X, false)
	}
}

// reciprocal has that of a divisor ahead.
func (h *hoister) reciprocal(e loop.Expr) {
	if _, ok := folded(e); ok {
		return
	}
	c := h.c
	y := c.narrow(c.eval(e))
	if y.varies {
		return
	}
	if _, ok := c.reciprocal(y.v[0]); !ok {
		c.top().reciprocals[y.v[0]] = c.r.Div(c.r.Const(1), y.v[0])
	}
}

// worth reports whether having e ahead saves anything. Constants are had where
// they are used.
func (h *hoister) worth(e loop.Expr) bool {
	if _, ok := folded(e); ok {
		return false
	}
	if r, ok := e.(*loop.Ref); ok {
		return r.Var.Type == symbolic.Integer || h.c.isWide(r.Var)
	}
	return true
}

// same reports whether e is the same in all turns.
func (h *hoister) same(e loop.Expr) bool {
	ok := true
	outside := func(p symbolic.Poly) bool {
		return !slices.ContainsFunc(p.Syms(), func(s string) bool { return h.inside[s] })
	}
	eachExpr(e, func(e loop.Expr) bool {
		switch e := e.(type) {
		case *loop.Ref:
			ok = ok && !h.declared[e.Var] && !h.set[e.Var]
		case *loop.Load:
			ok = ok && !h.written[e.Buf] && outside(e.Index)
		case *loop.Int:
			ok = ok && outside(e.Poly)
		case *loop.Guarded:
			for _, x := range e.Conds {
				ok = ok && outside(x.E)
			}
		}
		return ok
	})
	return ok
}
