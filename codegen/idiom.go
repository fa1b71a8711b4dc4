package codegen

import (
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/dave/jennifer/jen"
)

// Two forms of loop are printed as calls, which are shorter to read and
// unrolled: sums of products of neighbours, and multiples of neighbours added
// to neighbours. A loop may have several of them, and names for elements that
// they share.

// dots prints accumulators and the loop that sums products into them as calls
// of dot, where list begins with them. It returns how many statements those
// are.
func (p *printer) dots(list []loop.Stmt) int {
	accs := map[*loop.Var]bool{}
	n := 0
	var before []loop.Stmt
	for ; n < len(list); n++ {
		if note, ok := list[n].(*loop.Note); ok {
			before = append(before, note)
			continue
		}
		a, ok := list[n].(*loop.Acc)
		if !ok || a.Init != 0 || a.Var.Type != symbolic.Real {
			break
		}
		accs[a.Var] = true
	}
	if n == len(list) || len(accs) == 0 {
		return 0
	}
	l, ok := list[n].(*loop.Loop)
	if !ok || isShort(l.Extent) {
		return 0
	}
	elements := map[*loop.Var]loop.Expr{}
	var calls []loop.Stmt
	for _, s := range l.Body {
		switch s := s.(type) {
		case *loop.Note:
			calls = append(calls, s)
			continue
		case *loop.Let:
			if _, ok := s.Value.(*loop.Load); !ok {
				return 0
			}
			elements[s.Var] = s.Value
			continue
		case *loop.Update:
			if !accs[s.Var] || s.Op == nil || s.Op.Go != "+" {
				return 0
			}
			delete(accs, s.Var)
			x, y, ok := product(s.Value, elements)
			if !ok || !isRun(x, l) || !isRun(y, l) {
				return 0
			}
			calls = append(calls, s)
			continue
		}
		return 0
	}
	if len(accs) > 0 {
		return 0
	}
	for _, s := range append(before, calls...) {
		switch s := s.(type) {
		case *loop.Note:
			p.say(s)
		case *loop.Update:
			if p.uses.reads[s.Var] > 0 {
				x, y, _ := product(s.Value, elements)
				sum := jen.Id("dot").Call(p.run(x, l), p.run(y, l))
				if p.wide[s.Var] && p.declared(s.Var) {
					sum = jen.Float64().Call(sum)
				} else {
					delete(p.wide, s.Var)
				}
				p.put(jen.Id(p.name(s.Var)).Op(p.becomes(s.Var)).Add(sum))
			}
		}
	}
	return n + 1
}

// axpys prints a loop that adds multiples of neighbours to neighbours as calls
// of axpy.
func (p *printer) axpys(l *loop.Loop) bool {
	if isShort(l.Extent) {
		return false
	}
	elements := map[*loop.Var]loop.Expr{}
	stored := map[*loop.Buffer]bool{}
	for _, s := range l.Body {
		switch s := s.(type) {
		case *loop.Note:
		case *loop.Let:
			if _, ok := s.Value.(*loop.Load); !ok {
				return false
			}
			elements[s.Var] = s.Value
		case *loop.Store:
			if s.Op == nil || s.Op.Go != "+" || stored[s.Buf] || !isRun(&loop.Load{Buf: s.Buf, Index: s.Index}, l) {
				return false
			}
			stored[s.Buf] = true
		default:
			return false
		}
	}
	type call struct{ a, x loop.Expr }
	calls := map[*loop.Store][]call{}
	for _, s := range l.Body {
		st, ok := s.(*loop.Store)
		if !ok {
			continue
		}
		for _, term := range terms(st.Value) {
			x, y, ok := product(term, elements)
			if !ok {
				return false
			}
			switch {
			case isRun(x, l) && p.fixed(y, l, stored):
				calls[st] = append(calls[st], call{y, x})
			case isRun(y, l) && p.fixed(x, l, stored):
				calls[st] = append(calls[st], call{x, y})
			default:
				return false
			}
			if stored[calls[st][len(calls[st])-1].x.(*loop.Load).Buf] {
				return false
			}
		}
	}
	if len(calls) == 0 {
		return false
	}
	for _, s := range l.Body {
		switch s := s.(type) {
		case *loop.Note:
			p.say(s)
		case *loop.Store:
			for _, c := range calls[s] {
				p.put(jen.Id("axpy").Call(p.typed(c.a).code, p.run(c.x, l), p.run(&loop.Load{Buf: s.Buf, Index: s.Index}, l)))
			}
		}
	}
	return true
}

// terms takes a sum of two apart.
func terms(e loop.Expr) []loop.Expr {
	if a, ok := e.(*loop.Apply); ok && a.Op.Go == "+" && len(a.Args) == 2 {
		return a.Args
	}
	return []loop.Expr{e}
}

// product takes a product apart and puts elements in for their names.
func product(e loop.Expr, elements map[*loop.Var]loop.Expr) (x, y loop.Expr, ok bool) {
	m, ok := e.(*loop.Apply)
	if !ok || m.Op.Go != "*" || len(m.Args) != 2 {
		return nil, nil, false
	}
	put := func(e loop.Expr) loop.Expr {
		if r, ok := e.(*loop.Ref); ok && elements[r.Var] != nil {
			return elements[r.Var]
		}
		return e
	}
	return put(m.Args[0]), put(m.Args[1]), true
}

// fixed reports whether e is the same while l runs and stores.
func (p *printer) fixed(e loop.Expr, l *loop.Loop, stored map[*loop.Buffer]bool) bool {
	ok := true
	inside := map[*loop.Var]bool{}
	for _, s := range l.Body {
		for _, v := range varsOf(s) {
			inside[v] = true
		}
	}
	walkExpr(e, func(e loop.Expr) {
		switch e := e.(type) {
		case *loop.Load:
			ok = ok && !stored[e.Buf]
		case *loop.Ref:
			ok = ok && !inside[e.Var]
		}
	})
	return ok && !mentions(e, l.Var, nil)
}

// isShort reports whether a loop is too short for a call to pay.
func isShort(extent symbolic.Poly) bool {
	n, ok := extent.Const()
	return ok && n < 8
}

// isRun reports whether e reads a slice, element by element, while l runs.
func isRun(e loop.Expr, l *loop.Loop) bool {
	x, ok := e.(*loop.Load)
	if !ok || x.Buf.Type != symbolic.Real || len(x.Buf.Shape) == 0 {
		return false
	}
	c, _, ok := x.Index.Linear(l.Var.Name)
	return ok && c == 1
}

// run prints that slice.
func (p *printer) run(e loop.Expr, l *loop.Loop) jen.Code {
	x := e.(*loop.Load)
	_, rest, _ := x.Index.Linear(l.Var.Name)
	return p.stretch(x.Buf, rest, l.Extent)
}

// mentions reports whether e depends on v or reads b.
func mentions(e loop.Expr, v *loop.Var, b *loop.Buffer) (found bool) {
	has := func(ps ...symbolic.Poly) {
		for _, q := range ps {
			for _, s := range q.Syms() {
				found = found || s == v.Name
			}
		}
	}
	walkExpr(e, func(e loop.Expr) {
		switch e := e.(type) {
		case *loop.Ref:
			found = found || e.Var == v
		case *loop.Load:
			found = found || e.Buf == b
			has(e.Index)
		case *loop.Int:
			has(e.Poly)
		case *loop.Guarded:
			for _, c := range e.Conds {
				has(c.E)
			}
		}
	})
	return found
}
