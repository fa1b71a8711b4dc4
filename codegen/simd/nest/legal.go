package nest

import (
	"fmt"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// reasonAgainst says why the turns of l can't run in lanes, all at once; it is
// empty where they can: no turn reads or writes what another one writes, and
// what all of them change is changed by an operator that may be applied in any
// order.
func reasonAgainst(l *loop.Loop) string {
	if why := memoryAgainst(l); why != "" {
		return why
	}
	return variablesAgainst(l)
}

func memoryAgainst(l *loop.Loop) string {
	written := stored(l.Body)
	var spans []span
	unknown := map[string]bool{} // what depends on data
	each(l.Body, func(s loop.Stmt) bool {
		switch s := s.(type) {
		case *loop.Loop:
			spans = append(spans, span{s.Var.Name, s.Extent})
		case *loop.Let:
			unknown[s.Var.Name] = true
		case *loop.Acc:
			unknown[s.Var.Name] = true
		}
		return true
	})
	type part struct {
		rest   symbolic.Poly
		lo, hi symbolic.Poly
		writes bool
	}
	type use struct {
		step  symbolic.Poly
		parts []part
	}
	uses := map[*loop.Buffer]*use{}
	for _, a := range accesses(l.Body) {
		if !written[a.buf] {
			continue
		}
		for _, n := range a.index.Syms() {
			if unknown[n] {
				return fmt.Sprintf("where %s is written or read depends on data", a.buf.Name)
			}
		}
		step, rest, ok := coefficient(a.index, l.Var.Name)
		lo, hi, bounded := bounds(rest, spans)
		if !ok || !bounded || sign(step) == 0 {
			return fmt.Sprintf("the places of %s are not known to be apart", a.buf.Name)
		}
		if step.Is(0) {
			return fmt.Sprintf("all turns share an element of %s", a.buf.Name)
		}
		u := uses[a.buf]
		if u == nil {
			u = &use{step: step}
			uses[a.buf] = u
		}
		if !u.step.Equal(step) {
			return fmt.Sprintf("%s is gone through at different steps", a.buf.Name)
		}
		u.parts = append(u.parts, part{rest, lo, hi, a.store != nil})
		width := step
		if sign(step) < 0 {
			width = step.Neg()
		}
		for _, p := range u.parts {
			if !p.writes && a.store == nil || p.lo.Equal(hi) && p.hi.Equal(lo) {
				continue
			}
			room := width.Sub(symbolic.Int(1))
			if sign(room.Sub(hi.Sub(p.lo))) == 1 && sign(room.Sub(p.hi.Sub(lo))) == 1 {
				continue // each turn has a stretch of its own
			}
			reach := width.Mul(l.Extent)
			if strides(rest.Sub(p.rest), rest, reach, spans) && strides(symbolic.Poly{}, p.rest, reach, spans) {
				continue // each turn has a column of its own
			}
			if p.lo.Equal(p.hi) && lo.Equal(hi) && multiple(lo.Sub(p.lo), reach) ||
				sign(lo.Sub(p.hi).Sub(reach)) == 1 || sign(p.lo.Sub(hi).Sub(reach)) == 1 {
				continue // all turns reach less far than from one place to the other, as from row to row
			}
			return fmt.Sprintf("turns share elements of %s", a.buf.Name)
		}
	}
	return ""
}

// strides reports whether what loops inside add to a place is always some number of times reach, and
// so is what by is without them.
func strides(by, rest, reach symbolic.Poly, spans []span) bool {
	for _, s := range spans {
		step, left, ok := coefficient(rest, s.name)
		if !ok || !step.Is(0) && !multiple(step, reach) {
			return false
		}
		rest = left
		if _, by, ok = coefficient(by, s.name); !ok {
			return false
		}
	}
	return multiple(by, reach)
}

func variablesAgainst(l *loop.Loop) (why string) {
	set, declared := changed(l.Body)
	ops := map[*loop.Var]*symbolic.OpSpec{}
	against := func(format string, args ...any) {
		if why == "" {
			why = fmt.Sprintf(format, args...)
		}
	}
	varying := map[string]bool{l.Var.Name: true}
	each(l.Body, func(s loop.Stmt) bool {
		switch s := s.(type) {
		case *loop.Loop:
			for _, n := range s.Extent.Syms() {
				if varying[n] {
					against("the extent of the loop over %s differs from turn to turn", s.Var.Name)
				}
			}
		case *loop.Let:
			varying[s.Var.Name] = true
		case *loop.Acc:
			varying[s.Var.Name] = true
		case *loop.Update:
			if declared[s.Var] {
				break
			}
			op := s.Op
			if op == symbolic.OpSub {
				op = symbolic.OpAdd
			}
			if reductions[op] == nil || s.Var.Type != symbolic.Real {
				against("%s is not reduced by an operator that has lanes", s.Var.Name)
			}
			if old := ops[s.Var]; old != nil && old != op {
				against("%s is changed in two ways", s.Var.Name)
			}
			ops[s.Var] = op
		case *loop.Pick:
			if declared[s.Best] != declared[s.At] {
				against("%s and %s are not of one loop", s.Best.Name, s.At.Name)
			}
			if declared[s.Best] {
				break
			}
			if ops[s.Best] != nil {
				against("%s is picked twice", s.Best.Name)
			}
			ops[s.Best] = s.Op
			// The first of equals is the one of the least position.
			c, rest, ok := s.Position.Linear(l.Var.Name)
			for v := range declared {
				ok = ok && !mentions(rest, v.Name)
			}
			if !ok || c < 1 {
				against("the position of %s does not grow", s.Best.Name)
			}
		}
		return true
	})
	exprs(l.Body, func(e loop.Expr) {
		if r, ok := e.(*loop.Ref); ok && set[r.Var] && !declared[r.Var] {
			against("%s is read while it is reduced", r.Var.Name)
		}
	})
	polys(l.Body, func(p symbolic.Poly) {
		for v := range set {
			if !declared[v] && mentions(p, v.Name) {
				against("%s is read while it is reduced", v.Name)
			}
		}
	})
	return why
}
