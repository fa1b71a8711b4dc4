package nest

import (
	"fmt"
	"math"
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// prepare brings a body into the form that lanes are chosen in: fills are
// loops, nests that run through memory in one piece are one loop, and what is
// summed in memory over a loop is summed in a variable.
func (p *preparer) prepare(body []loop.Stmt) []loop.Stmt { return p.stmts(body) }

// A preparer rewrites the body of one kernel.
type preparer struct{ fresh int }

// variable returns a new variable. Its name is no identifier, so that it is
// nobody else's.
func (p *preparer) variable(name string, t symbolic.Type) *loop.Var {
	p.fresh++
	return &loop.Var{Name: fmt.Sprintf("%s·%d", name, p.fresh), Type: t}
}

func (p *preparer) stmts(list []loop.Stmt) (out []loop.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *loop.Note:
		case *loop.Fill:
			out = append(out, p.fill(s))
		case *loop.If:
			out = append(out, &loop.If{Conds: s.Conds, Then: p.stmts(s.Then), Else: p.stmts(s.Else)})
		case *loop.Choose:
			out = append(out, &loop.Choose{Cond: s.Cond, Then: p.stmts(s.Then), Else: p.stmts(s.Else)})
		case *loop.Loop:
			out = append(out, p.loop(&loop.Loop{Var: s.Var, Extent: s.Extent, Body: p.stmts(s.Body)})...)
		default:
			out = append(out, s)
		}
	}
	return out
}

func (p *preparer) fill(s *loop.Fill) loop.Stmt {
	i := p.variable("fill", symbolic.Integer)
	return &loop.Loop{Var: i, Extent: s.Len, Body: []loop.Stmt{
		&loop.Store{Buf: s.Buf, Index: s.From.Add(symbolic.Sym(i.Name)), Value: &loop.Const{Value: s.Value, Type: s.Buf.Type}},
	}}
}

func (p *preparer) loop(l *loop.Loop) []loop.Stmt {
	if n, fixed := l.Extent.Const(); fixed && 0 < n && n < tooShort && n*count(l.Body) <= fewStmts && !reads(l.Body, l.Var) {
		return p.unroll(l, n)
	}
	l = collapse(l)
	if lets, inner := nested(l.Body); inner != nil {
		turned := &loop.Loop{Var: inner.Var, Extent: inner.Extent, Body: []loop.Stmt{
			&loop.Loop{Var: l.Var, Extent: l.Extent, Body: append(lets, inner.Body...)},
		}}
		if sumsOver(l, inner) && !picks(inner.Body) && !mentions(inner.Extent, l.Var.Name) && reasonAgainst(turned) == "" {
			turned.Body = p.promote(only(turned.Body))
			return []loop.Stmt{turned}
		}
	}
	return p.promote(l)
}

// tooShort is how many turns a loop has at least for lanes to be worth it; a
// shorter one is written out.
const tooShort = 4

// unroll writes out the turns of l, with variables of their own.
func (p *preparer) unroll(l *loop.Loop, n int) (out []loop.Stmt) {
	vars := declarations(l.Body)
	for i := range n {
		own, names := map[*loop.Var]*loop.Var{}, map[string]symbolic.Poly{l.Var.Name: symbolic.Int(i)}
		for _, v := range vars {
			w := p.variable(v.Name, v.Type)
			w.Wide = v.Wide
			own[v], names[v.Name] = w, symbolic.Sym(w.Name)
		}
		out = append(out, rewriter{vars: own, poly: func(q symbolic.Poly) symbolic.Poly {
			return q.Subst(func(s string) (symbolic.Poly, bool) { by, ok := names[s]; return by, ok })
		}}.stmts(l.Body)...)
	}
	return out
}

// writeOut writes out the short loops in a list, and returns of how many
// statements it is then; 0 where there is no such loop, or where there are
// branches. What the turns of a longer loop around them add to are variables.
func (p *preparer) writeOut(list []loop.Stmt) (out []loop.Stmt, n int) {
	found := false
	for _, s := range list {
		l, ok := s.(*loop.Loop)
		if !ok {
			if len(bodies(s)) > 0 {
				return nil, 0
			}
			out = append(out, s)
			n++
			continue
		}
		body := l.Body
		if nests(l) {
			if body, _ = p.writeOut(body); body == nil {
				return nil, 0
			}
			found = true
		}
		turns, fixed := l.Extent.Const()
		switch {
		case !fixed:
			return nil, 0
		case turns >= 1 && turns <= shortRow && !reads(body, l.Var) && turns*len(body) <= longRecord && !slices.ContainsFunc(body, isLoop):
			found = true
			out = append(out, p.unroll(&loop.Loop{Var: l.Var, Extent: l.Extent, Body: body}, turns)...)
			n += turns * len(body)
		default:
			out = append(out, p.promote(&loop.Loop{Var: l.Var, Extent: l.Extent, Body: body})...)
			n += len(body)
		}
	}
	if !found {
		return nil, 0
	}
	return out, n
}

func isLoop(s loop.Stmt) bool { _, ok := s.(*loop.Loop); return ok }

// nests reports whether s is a loop with loops or branches in it.
func nests(s loop.Stmt) bool {
	l, ok := s.(*loop.Loop)
	return ok && slices.ContainsFunc(l.Body, func(s loop.Stmt) bool { return len(bodies(s)) > 0 })
}

// nested returns the loop that a body ends with, and before it what it may as well compute in each turn:
// values that take little, of memory that it leaves as it is. It is nil where the body is more.
func nested(body []loop.Stmt) (lets []loop.Stmt, inner *loop.Loop) {
	if len(body) == 0 {
		return nil, nil
	}
	n := len(body) - 1
	inner, _ = body[n].(*loop.Loop)
	if inner == nil {
		return nil, nil
	}
	if turns, fixed := inner.Extent.Const(); n > 0 && fixed && turns < shortRow {
		return nil, nil // a few columns
	}
	written := stored(inner.Body)
	for _, s := range body[:n] {
		let, ok := s.(*loop.Let)
		if !ok || (coster{}).own(let) > costLittle || mentions(inner.Extent, let.Var.Name) ||
			slices.ContainsFunc(accesses([]loop.Stmt{let}), func(a access) bool { return written[a.buf] }) {
			return nil, nil
		}
	}
	return slices.Clone(body[:n]), inner
}

// only returns the loop that is all of a body.
func only(body []loop.Stmt) *loop.Loop {
	if len(body) != 1 {
		return nil
	}
	l, _ := body[0].(*loop.Loop)
	return l
}

// collapse makes one loop of two that go through all memory as one would.
func collapse(l *loop.Loop) *loop.Loop {
	inner := only(l.Body)
	if inner == nil || mentions(inner.Extent, l.Var.Name) {
		return l
	}
	ok := true
	check := func(p symbolic.Poly) {
		ci, rest, linear := coefficient(p, l.Var.Name)
		cj, _, alone := coefficient(rest, inner.Var.Name)
		ok = ok && linear && alone && !mentions(ci, inner.Var.Name) && ci.Equal(cj.Mul(inner.Extent))
	}
	polys(inner.Body, check)
	exprs(inner.Body, func(e loop.Expr) {
		if r, is := e.(*loop.Ref); is && (r.Var == l.Var || r.Var == inner.Var) {
			ok = false
		}
	})
	if !ok {
		return l
	}
	return &loop.Loop{
		Var: inner.Var, Extent: l.Extent.Mul(inner.Extent),
		Body: replace(inner.Body, l.Var.Name, symbolic.Poly{}),
	}
}

// sumsOver reports whether the nest of outer and inner adds up over outer in
// elements that inner goes through.
func sumsOver(outer, inner *loop.Loop) bool {
	for _, a := range accesses(inner.Body) {
		if a.store != nil && reductions[a.store.Op] != nil && mentions(a.index, inner.Var.Name) && !mentions(a.index, outer.Var.Name) {
			return true
		}
	}
	return false
}

// picks reports whether a list looks for the first of something.
func picks(list []loop.Stmt) (found bool) {
	each(list, func(s loop.Stmt) bool {
		if _, ok := s.(*loop.Pick); ok {
			found = true
		}
		return true
	})
	return found
}

// promote makes variables of the elements that each turn of l adds to.
func (p *preparer) promote(l *loop.Loop) []loop.Stmt {
	_, declared := changed([]loop.Stmt{l})
	bound := map[string]bool{}
	for v := range declared {
		bound[v.Name] = true
	}
	all := accesses(l.Body)
	type sum struct {
		v     *loop.Var
		store *loop.Store
		turns []symbolic.Poly
	}
	var sums []*sum
	var walk func(list []loop.Stmt, turns []symbolic.Poly) []loop.Stmt
	walk = func(list []loop.Stmt, turns []symbolic.Poly) (out []loop.Stmt) {
		for _, s := range list {
			switch s := s.(type) {
			case *loop.Loop:
				body := walk(s.Body, append(slices.Clone(turns), s.Extent))
				out = append(out, &loop.Loop{Var: s.Var, Extent: s.Extent, Body: body})
				continue
			case *loop.Store:
				if s.Buf.Type == symbolic.Real && reductions[s.Op] != nil && !slices.ContainsFunc(s.Index.Syms(), func(n string) bool { return bound[n] }) && aloneIn(all, s) &&
					!slices.ContainsFunc(turns, func(t symbolic.Poly) bool {
						return slices.ContainsFunc(t.Syms(), func(n string) bool { return bound[n] })
					}) {
					i := slices.IndexFunc(sums, func(x *sum) bool { return x.store.Buf == s.Buf && x.store.Index.Equal(s.Index) })
					if i < 0 {
						i = len(sums)
						sums = append(sums, &sum{p.variable("sum", symbolic.Real), s, turns})
					}
					out = append(out, &loop.Update{Var: sums[i].v, Op: s.Op, Value: s.Value})
					continue
				}
			}
			out = append(out, s)
		}
		return out
	}
	body := walk(l.Body, []symbolic.Poly{l.Extent})
	var out, after []loop.Stmt
	for _, s := range sums {
		out = append(out, &loop.Acc{Var: s.v, Init: reductions[s.store.Op].unit})
		var store loop.Stmt = &loop.Store{Buf: s.store.Buf, Index: s.store.Index, Op: s.store.Op, Value: &loop.Ref{Var: s.v}}
		// Where nothing was added the element need not be there.
		var conds []symbolic.Cond
		for _, t := range s.turns {
			if n, ok := t.Const(); !ok || n < 1 {
				conds = append(conds, symbolic.Cond{Kind: symbolic.NonNeg, E: t.Sub(symbolic.Int(1))})
			}
		}
		if len(conds) > 0 {
			store = &loop.If{Conds: conds, Then: []loop.Stmt{store}}
		}
		after = append(after, store)
	}
	out = append(out, &loop.Loop{Var: l.Var, Extent: l.Extent, Body: body})
	return append(out, after...)
}

// aloneIn reports whether all accesses to the element of s do what s does.
func aloneIn(all []access, s *loop.Store) bool {
	for _, a := range all {
		if a.buf != s.Buf {
			continue
		}
		n, fixed := a.index.Sub(s.Index).Const()
		if !fixed || n == 0 && (a.store == nil || a.store.Op != s.Op) {
			return false
		}
	}
	return true
}

// A reduction is an operator whose order of application does not matter.
type reduction struct {
	unit float64
}

var reductions = map[*symbolic.OpSpec]*reduction{
	symbolic.OpAdd: {0},
	symbolic.OpMul: {1},
	symbolic.OpMax: {math.Inf(-1)},
	symbolic.OpMin: {math.Inf(1)},
}
