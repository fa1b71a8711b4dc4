package nest

import (
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// manyEdges is how many turns at the beginning or the end of a loop may stand apart from the others.
const manyEdges = 8

// overMost runs the turns of l in lanes. Conditions that only the first few turns or the last few decide
// otherwise, as of a read of the neighbour, are not asked in lanes: those turns stand apart.
func (c *compiler) overMost(l *loop.Loop) {
	e := edgesOf(l, c.limits())
	if e == nil {
		c.overLanes(l)
		return
	}
	from := func(n symbolic.Poly, extent symbolic.Poly, body []loop.Stmt) *loop.Loop {
		return &loop.Loop{Var: l.Var, Extent: extent, Body: replace(body, l.Var.Name, symbolic.Sym(l.Var.Name).Add(n))}
	}
	head, tail := symbolic.Int(e.head), symbolic.Int(e.tail)
	most := l.Extent.Sub(head).Sub(tail)
	c.ifAll([]symbolic.Cond{{Kind: symbolic.NonNeg, E: most}}, func() {
		c.within(func() {
			c.turns(&loop.Loop{Var: l.Var, Extent: head, Body: l.Body})
			c.overLanes(from(head, most, e.stmts(l.Body)))
			c.turns(from(l.Extent.Sub(tail), tail, l.Body))
		})
	}, func() { c.within(func() { c.turns(l) }) })
}

// edges are the turns of a loop that stand apart, at its beginning and its end, and what is known in those between.
type edges struct {
	l          *loop.Loop
	head, tail int
	truth      map[*loop.Var]bool // variables that are known
	limits     []symbolic.Poly    // what is known not to be negative
}

// edgesOf returns those of l, or nil where there are none: then no condition changes near an end, the
// loop is short, or an index is of halves, which of one turn is whole only where its condition holds.
func edgesOf(l *loop.Loop, limits []symbolic.Poly) *edges {
	if n, fixed := l.Extent.Const(); fixed && n < shortRow*manyEdges || reads(l.Body, l.Var) {
		return nil
	}
	if slices.ContainsFunc(accesses(l.Body), func(a access) bool { return denominator(a.index) != 1 }) {
		return nil
	}
	e := &edges{l: l, truth: map[*loop.Var]bool{}, limits: limits}
	conditions(l.Body, func(p symbolic.Poly) {
		_, fromBegin, fromEnd, ok := e.change(p)
		switch {
		case !ok:
		case fromBegin != nil && 0 <= *fromBegin && *fromBegin < manyEdges:
			e.head = max(e.head, *fromBegin+1)
		case fromEnd != nil && 0 < *fromEnd && *fromEnd <= manyEdges:
			e.tail = max(e.tail, *fromEnd)
		}
	})
	if e.head+e.tail == 0 {
		return nil
	}
	return e
}

// change finds the turn at which p, which grows by step a turn, is 0: counted from the begin or back from the end,
// or the last one at which it may be.
func (e *edges) change(p symbolic.Poly) (step int, fromBegin, fromEnd *int, ok bool) {
	step, rest, ok := p.Linear(e.l.Var.Name)
	if !ok || step != 1 && step != -1 {
		return 0, nil, nil, false
	}
	root := rest.Scale(int64(-step), 1)
	if n, ok := e.most(root); ok {
		return step, &n, nil, true
	}
	if n, ok := e.most(e.l.Extent.Sub(root)); ok {
		return step, nil, &n, true
	}
	return 0, nil, nil, false
}

// most is what p is at most, where that is known.
func (e *edges) most(p symbolic.Poly) (n int, ok bool) {
	p.Terms(func(num, den int64, syms []string) {
		if len(syms) == 0 && den == 1 {
			n = int(num)
		}
	})
	less := symbolic.Int(n).Sub(p)
	return n, less.Is(0) || slices.ContainsFunc(e.limits, less.Equal)
}

// limit notes in what bounds a whole number is.
func (c *compiler) limit(v *loop.Var, x loop.Expr) {
	is := symbolic.Sym(v.Name)
	if notNegative(x) {
		c.top().limits = append(c.top().limits, is)
	}
	for _, p := range atMost(x) {
		c.top().limits = append(c.top().limits, p.Sub(is))
	}
}

// limits lists what is known here not to be negative.
func (c *compiler) limits() (out []symbolic.Poly) {
	for _, s := range c.scopes {
		out = append(out, s.limits...)
	}
	return out
}

func notNegative(x loop.Expr) bool {
	switch x := x.(type) {
	case *loop.Const:
		return x.Value >= 0
	case *loop.Int:
		return sign(x.Poly) > 0
	case *loop.Apply:
		switch x.Op {
		case symbolic.OpIntMax:
			return notNegative(x.Args[0]) || notNegative(x.Args[1])
		case symbolic.OpIntMin:
			return notNegative(x.Args[0]) && notNegative(x.Args[1])
		}
	}
	return false
}

// atMost lists what x is not larger than.
func atMost(x loop.Expr) []symbolic.Poly {
	switch x := x.(type) {
	case *loop.Int:
		return []symbolic.Poly{x.Poly}
	case *loop.Apply:
		if x.Op == symbolic.OpIntMin {
			return append(atMost(x.Args[0]), atMost(x.Args[1])...)
		}
	}
	return nil
}

// sign returns that of p in the turns between, which is not 0; it is 0 where it is not known.
func (e *edges) sign(p symbolic.Poly) int {
	step, fromBegin, fromEnd, ok := e.change(p)
	switch {
	case !ok:
	case fromBegin != nil && *fromBegin < e.head:
		return step
	case fromEnd != nil && *fromEnd <= e.tail:
		return -step
	}
	return 0
}

// conditions calls f for what conditions in a list compare with 0.
func conditions(list []loop.Stmt, f func(symbolic.Poly)) {
	of := func(conds []symbolic.Cond) {
		for _, k := range conds {
			if k.Kind != symbolic.Divides {
				f(k.E)
			}
		}
	}
	each(list, func(s loop.Stmt) bool {
		if s, ok := s.(*loop.If); ok {
			of(s.Conds)
		}
		return true
	})
	exprs(list, func(x loop.Expr) {
		switch x := x.(type) {
		case *loop.Guarded:
			of(x.Conds)
		case *loop.Apply:
			if p, ok := difference(x); ok {
				f(p)
			}
		}
	})
}

// ofSign says whether a comparison of whole numbers holds where the first less the second has a sign.
var ofSign = map[*symbolic.OpSpec]func(sign int) bool{
	symbolic.OpIntLt: func(sign int) bool { return sign < 0 },
	symbolic.OpIntLe: func(sign int) bool { return sign < 0 },
	symbolic.OpIntEq: func(int) bool { return false },
	symbolic.OpIntNe: func(int) bool { return true },
}

// difference returns the first less the second of what is compared, where these are sizes or indices.
func difference(x *loop.Apply) (symbolic.Poly, bool) {
	if ofSign[x.Op] == nil {
		return symbolic.Poly{}, false
	}
	var of [2]symbolic.Poly
	for i, a := range x.Args {
		switch a := a.(type) {
		case *loop.Int:
			of[i] = a.Poly
		case *loop.Const:
			of[i] = symbolic.Int(int(a.Value))
		default:
			return symbolic.Poly{}, false
		}
	}
	return of[0].Sub(of[1]), true
}

// holds returns those conditions that are not known to hold, and whether all may.
func (e *edges) holds(conds []symbolic.Cond) (left []symbolic.Cond, may bool) {
	for _, k := range conds {
		sign := 0
		if k.Kind != symbolic.Divides {
			sign = e.sign(k.E)
		}
		switch {
		case sign == 0:
			left = append(left, k)
		case k.Kind == symbolic.Zero || sign < 0:
			return nil, false
		}
	}
	return left, true
}

// known returns what a truth value is in the turns between.
func (e *edges) known(x loop.Expr) (truth, ok bool) {
	switch x := x.(type) {
	case *loop.Const:
		return x.Value != 0, x.Type == symbolic.Boolean
	case *loop.Ref:
		truth, ok = e.truth[x.Var]
		return truth, ok
	case *loop.Apply:
		if x.Op == symbolic.OpNot {
			truth, ok = e.known(x.Args[0])
			return !truth, ok
		}
		if p, compared := difference(x); compared {
			if sign := e.sign(p); sign != 0 {
				return ofSign[x.Op](sign), true
			}
		}
	}
	return false, false
}

// stmts returns a list as it is in the turns between.
func (e *edges) stmts(list []loop.Stmt) (out []loop.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *loop.Let:
			if truth, ok := e.known(s.Value); ok {
				e.truth[s.Var] = truth
				continue
			}
			out = append(out, &loop.Let{Var: s.Var, Value: e.expr(s.Value)})
		case *loop.Update:
			out = append(out, &loop.Update{Var: s.Var, Op: s.Op, Value: e.expr(s.Value)})
		case *loop.Pick:
			out = append(out, &loop.Pick{Best: s.Best, At: s.At, Op: s.Op, Value: e.expr(s.Value), Position: s.Position})
		case *loop.Store:
			out = append(out, &loop.Store{Buf: s.Buf, Index: s.Index, Op: s.Op, Value: e.expr(s.Value)})
		case *loop.Loop:
			out = append(out, &loop.Loop{Var: s.Var, Extent: s.Extent, Body: e.stmts(s.Body)})
		case *loop.If:
			switch left, may := e.holds(s.Conds); {
			case !may:
				out = append(out, e.stmts(s.Else)...)
			case len(left) == 0:
				out = append(out, e.stmts(s.Then)...)
			default:
				then, els := e.stmts(s.Then), e.stmts(s.Else)
				if len(then)+len(els) > 0 {
					out = append(out, &loop.If{Conds: left, Then: then, Else: els})
				}
			}
		case *loop.Choose:
			switch truth, ok := e.known(s.Cond); {
			case ok && truth:
				out = append(out, e.stmts(s.Then)...)
			case ok:
				out = append(out, e.stmts(s.Else)...)
			default:
				cond, then, els := e.expr(s.Cond), e.stmts(s.Then), e.stmts(s.Else)
				if len(then) == 0 { // what is left of a choice has something to do where it holds
					cond, then, els = &loop.Apply{Op: symbolic.OpNot, Args: []loop.Expr{cond}}, els, nil
				}
				if len(then) > 0 {
					out = append(out, &loop.Choose{Cond: cond, Then: then, Else: els})
				}
			}
		default:
			out = append(out, s)
		}
	}
	return out
}

func (e *edges) expr(x loop.Expr) loop.Expr {
	if truth, ok := e.known(x); ok {
		value := 0.0
		if truth {
			value = 1
		}
		return &loop.Const{Value: value, Type: symbolic.Boolean}
	}
	switch x := x.(type) {
	case *loop.Guarded:
		left, may := e.holds(x.Conds)
		if !may {
			return &loop.Const{Type: typeOf(x.X)}
		}
		if len(left) == 0 {
			return e.expr(x.X)
		}
		return &loop.Guarded{Conds: left, X: e.expr(x.X)}
	case *loop.Apply:
		if x.Op.Lazy && len(x.Args) == 3 {
			if truth, ok := e.known(x.Args[0]); ok && truth {
				return e.expr(x.Args[1])
			} else if ok {
				return e.expr(x.Args[2])
			}
		}
		out := &loop.Apply{Op: x.Op}
		for _, a := range x.Args {
			out.Args = append(out.Args, e.expr(a))
		}
		return out
	}
	return x
}
