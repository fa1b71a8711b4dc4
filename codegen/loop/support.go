package loop

import (
	"maps"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// Where a pass has anything to do. The cotangent of one element of a state is 0
// everywhere else, and in a pass it spreads no further than the pass reads: one place
// back where y[i] is made from y[i − 1]. So the loops of a pass go over the part
// of an axis where something is not 0, its window, and those that compute the way
// forward again over what these read. A zero is what a condition on indices leaves, and
// a product with it is 0 whatever the other factor is, as where the condition is written out.

// A window is the part of an axis that a loop goes over. It is cut off at the axis's ends.
type window struct {
	ends   interval
	extent symbolic.Poly // of the axis

	first, end symbolic.Poly // as statements say it
}

// A spread follows where the values of a body are not 0.
type spread struct {
	in    *lowering
	where map[*value]interval // of what that is known of, along
	axis  map[*value]int      // this axis
	comps map[*comp]int       // those that compute it, with their axis
}

// narrow finds where the passes of r have anything to do, and how far the comps of
// its body go. It does so for scans, whose number of passes is known, and states of
// which one is kept, not all.
func (r *region) narrow(in *lowering) {
	if r.test != nil || r.loop.Kind == symbolic.TableLoop {
		return
	}
	begin, axis := r.starts()
	if !begin.bounded() {
		return
	}
	// The window before a pass is taken for the first one, grown. What does not fit that is given up.
	for len(axis) > 0 && begin.bounded() {
		before := begin.each(func(p symbolic.Poly, side int64) *symbolic.Poly {
			if side > 0 {
				p = p.Sub(symbolic.Sym(grownLo))
			} else {
				p = p.Add(symbolic.Sym(grownHi))
			}
			return &p
		})
		s := &spread{in: in, where: map[*value]interval{}, axis: maps.Clone(axis), comps: map[*comp]int{}}
		for v := range axis {
			s.where[v] = before
		}
		after := s.follow()
		by, fits := [2]int{}, true
		for _, st := range r.carry {
			if _, is := axis[st.at]; !is {
				continue
			}
			next, known := after[st.at]
			if st.next != nil {
				next, known = after[st.next.base()]
			}
			if next.none {
				continue
			}
			if !known || !next.bounded() {
				delete(axis, st.at)
				fits = false
				continue
			}
			lo, okLo := steps(before.lo, next.lo)
			hi, okHi := steps(next.hi, before.hi)
			if begin.lo != nil && !okLo {
				begin.lo, fits = nil, false
			}
			if begin.hi != nil && !okHi {
				begin.hi, fits = nil, false
			}
			by = [2]int{max(by[0], lo), max(by[1], hi)}
		}
		if fits {
			s.mark(r, by)
			return
		}
	}
}

// starts returns where the states of r begin as something else than 0, and along which axis:
// those for which it is the same place, or none.
func (r *region) starts() (interval, map[*value]int) {
	var begin interval
	axis, zero := map[*value]int{}, []*value{}
	var shape symbolic.Shape
	along := 0
	for _, st := range r.carry {
		if st.kept || st.start == nil || len(st.start.node.Shape) == 0 || len(st.start.writers) != 1 {
			continue
		}
		c := st.start.writers[0]
		if !c.plain() {
			continue
		}
		none := &spread{}
		if x := none.of(c, c.body, ""); x.none {
			zero = append(zero, st.at)
			continue
		}
		for _, a := range c.axes {
			x := none.of(c, c.body, a.sym).each(func(p symbolic.Poly, _ int64) *symbolic.Poly {
				if slices.ContainsFunc(p.Syms(), func(s string) bool { return strings.HasPrefix(s, "~") }) {
					return nil // what is known while the comp runs only
				}
				return &p
			})
			if n, ok := a.extent.Const(); a.out < 0 || !x.bounded() || ok && n < worthNarrowing {
				continue
			}
			if len(axis) == 0 {
				begin, shape, along = x, st.at.node.Shape, a.out
			}
			if a.out == along && x.same(begin) && st.at.node.Shape[along].Equal(shape[along]) {
				axis[st.at] = along
			}
			break
		}
	}
	for _, v := range zero {
		if along < len(v.node.Shape) && len(axis) > 0 && v.node.Shape[along].Equal(shape[along]) {
			axis[v] = along
		}
	}
	return begin, axis
}

// worthNarrowing is the length of an axis from which on windows are looked for.
const worthNarrowing = 64

// plain reports whether c sets, or adds to, the elements at its own axes.
func (c *comp) plain() bool {
	if c.region != nil || c.body == nil || c.scatter || c.arg || len(c.conds) > 0 || len(c.data) > 0 {
		return false
	}
	return !slices.ContainsFunc(c.axes, func(a axis) bool { return a.out < 0 })
}

// follow goes through the body, and returns where the next states are not 0.
func (s *spread) follow() map[*value]interval {
	after := map[*value]interval{}
	writers := s.in.writers()
	for _, c := range s.in.comps {
		v := c.target.base()
		if !c.plain() {
			if c.late {
				after[v] = interval{}
			}
			continue
		}
		if !c.late && (c.combine != nil || writers[v] > 1 || len(c.target.lead) > 0) {
			continue
		}
		for i, a := range c.axes {
			x := s.of(c, c.body, a.sym)
			if !x.none {
				x = x.moving()
			}
			if k, set := s.axis[v]; !x.none && !x.bounded() || set && k != a.out {
				continue
			}
			s.comps[c], s.axis[v] = i, a.out
			if c.late {
				before, more := after[v]
				if !more {
					before = s.where[v]
				}
				after[v] = before.or(x)
			} else {
				s.where[v], after[v] = x, x
			}
			break
		}
		if _, found := s.comps[c]; !found && c.late {
			after[v] = interval{}
		}
	}
	return after
}

// writers counts what writes each value of a body, or a part of it. A loop in it writes its states
// more than once.
func (l *lowering) writers() map[*value]int {
	n := map[*value]int{}
	for _, c := range l.comps {
		n[c.target.base()]++
		if r := c.region; r != nil {
			for _, st := range r.carry {
				n[st.at.base()] += 2
			}
			for _, v := range r.stacks {
				n[v.base()] += 2
			}
		}
	}
	return n
}

// of returns where t, a term of c, is not 0 along an axis.
func (s *spread) of(c *comp, t *term, sym string) interval {
	return s.memoized(c, t, sym, map[*term]interval{})
}

func (s *spread) memoized(c *comp, t *term, sym string, memo map[*term]interval) interval {
	x, done := memo[t]
	if !done {
		x = s.term(c, t, sym, func(a *term) interval { return s.memoized(c, a, sym, memo) })
		memo[t] = x
	}
	return x
}

func (s *spread) term(c *comp, t *term, sym string, of func(*term) interval) interval {
	switch t.kind {
	case number:
		return interval{none: t.num == 0}
	case read:
		x, known := s.where[t.val.base()]
		if k := s.axis[t.val.base()]; known && len(t.val.lead) == 0 {
			if x.none {
				return x
			}
			if at, rest, ok := linearIn(t.index[k], sym); ok && at.Is(1) && c.fixed(rest) {
				return x.shifted(rest.Neg())
			}
		}
	case guard:
		x := of(t.args[0])
		for _, k := range t.conds {
			x = x.and(c.span(k, sym))
		}
		return x
	case apply:
		switch {
		case t.op == symbolic.OpMul:
			return of(t.args[0]).and(of(t.args[1]))
		case t.op == symbolic.OpDiv, t.op == symbolic.OpNeg:
			return of(t.args[0])
		case t.op == symbolic.OpAdd, t.op == symbolic.OpSub:
			return of(t.args[0]).or(of(t.args[1]))
		case t.op == symbolic.OpSelect:
			return of(t.args[1]).or(of(t.args[2]))
		}
	}
	return interval{}
}

// span returns where a condition holds along an axis.
func (c *comp) span(k symbolic.Cond, sym string) interval {
	at, rest, ok := linearIn(k.E, sym)
	if !ok || !c.fixed(rest) || k.Kind == symbolic.Divides {
		return interval{}
	}
	minus := rest.Neg()
	switch {
	case at.Is(1) && k.Kind == symbolic.NonNeg:
		return interval{lo: &minus}
	case at.Is(-1) && k.Kind == symbolic.NonNeg:
		return interval{hi: &rest}
	case at.Is(1):
		return interval{lo: &minus, hi: &minus}
	case at.Is(-1):
		return interval{lo: &rest, hi: &rest}
	}
	return interval{}
}

// fixed reports whether p is the same in all loops of c.
func (c *comp) fixed(p symbolic.Poly) bool {
	return !slices.ContainsFunc(p.Syms(), func(s string) bool {
		_, loop := c.axisSym(s)
		_, data := c.dataOf(s)
		return loop || data
	})
}

// mark gives comps their windows. Those that follow where something is not 0 have one in common;
// what they find outside of it is there from before the loop, as windows only grow.
func (s *spread) mark(r *region, by [2]int) {
	all := interval{none: true}
	for _, c := range s.in.comps {
		if i, is := s.comps[c]; is {
			x := s.where[c.target.base()]
			if c.late {
				x = s.of(c, c.body, c.axes[i].sym).moving()
			}
			all = all.or(x)
		}
	}
	if !all.bounded() {
		return
	}
	grown := func(x interval) interval {
		t := symbolic.Sym(r.pass.sym)
		return x.each(func(p symbolic.Poly, side int64) *symbolic.Poly {
			p = p.Subst(func(sym string) (symbolic.Poly, bool) {
				switch sym {
				case grownLo:
					return t.Scale(int64(by[0]), 1), true
				case grownHi:
					return t.Scale(int64(by[1]), 1), true
				}
				return symbolic.Poly{}, false
			})
			return &p
		})
	}
	goes := map[*comp]interval{} // how far each goes
	for c := range s.comps {
		goes[c] = all
	}
	for _, c := range slices.Backward(s.in.comps) {
		if i, is := s.comps[c]; is {
			r.window(c, i, grown(all))
			if v := c.target.base(); !c.late && !slices.Contains(r.zeros, v) {
				r.zeros = append(r.zeros, v)
			}
			continue
		}
		if i, x, ok := s.readFrom(c, goes); ok {
			goes[c] = x
			s.comps[c] = i
			r.window(c, i, grown(x))
		}
	}
}

// readFrom returns how far c has to go along one of its axes, where comps that have a window
// are all that reads it.
func (s *spread) readFrom(c *comp, goes map[*comp]interval) (int, interval, bool) {
	v := c.target
	if !c.plain() || c.combine != nil || v.of != nil || v.kind != Temp || len(v.writers) > 1 {
		return 0, interval{}, false
	}
	for i, a := range c.axes {
		x, ok := interval{none: true}, true
		for _, d := range s.in.comps {
			if !slices.Contains(d.reads(), v) {
				continue
			}
			w, has := goes[d]
			if !has {
				ok = false
				break
			}
			sym := d.axes[s.comps[d]].sym
			d.each(func(t *term) {
				if t.kind != read || t.val != v {
					return
				}
				at, rest, linear := linearIn(t.index[a.out], sym)
				if !linear || !at.Is(1) || !d.fixed(rest) {
					ok = false
					return
				}
				x = x.or(w.shifted(rest))
			})
		}
		if ok && x.bounded() {
			return i, x, true
		}
	}
	return 0, interval{}, false
}

// window lets the loop over an axis of c go over so much of it.
func (r *region) window(c *comp, i int, x interval) {
	extent := c.axes[i].extent
	x = x.each(func(p symbolic.Poly, side int64) *symbolic.Poly {
		if side > 0 && allSigns(p, -1) || side < 0 && allSigns(p.Sub(extent).Add(symbolic.Int(1)), 1) {
			return nil // all of it, at that end
		}
		return &p
	})
	if !x.bounded() {
		return
	}
	for _, w := range r.windows {
		if w.ends.same(x) && w.extent.Equal(extent) {
			c.axes[i].window = w
			return
		}
	}
	w := &window{ends: x, extent: extent}
	r.windows = append(r.windows, w)
	c.axes[i].window = w
}

// ---- statements

// clear makes 0 what loops with windows leave out.
func (e *emitter) clear(r *region) {
	for _, v := range slices.Backward(r.zeros) {
		if v.buf != nil {
			e.add(&Fill{Buf: v.buf, Len: v.buf.Shape.Size()})
		}
	}
}

// windows computes where the windows of a pass begin and how long they are.
func (e *emitter) windows(r *region) {
	for _, w := range slices.Backward(r.windows) {
		w.end = w.extent
		if w.ends.lo != nil {
			lo := r.inner.inPass(*w.ends.lo)
			x := intOp(symbolic.OpIntMax, &Const{Type: symbolic.Integer}, &Int{lo})
			if !allSigns(w.extent.Sub(lo), 1) {
				x = intOp(symbolic.OpIntMin, &Int{w.extent}, x)
			}
			v := e.newVar("first", symbolic.Integer)
			e.add(&Let{Var: v, Value: x})
			w.first = symbolic.Sym(v.Name)
		}
		if w.ends.hi != nil {
			v := e.newVar("end", symbolic.Integer)
			hi := r.inner.inPass(*w.ends.hi).Add(symbolic.Int(1))
			var x Expr = &Int{hi}
			if !allSigns(hi.Sub(w.first), 1) {
				x = intOp(symbolic.OpIntMax, &Int{w.first}, x) // which is not larger than the extent
			}
			e.add(&Let{Var: v, Value: intOp(symbolic.OpIntMin, &Int{w.extent}, x)})
			w.end = symbolic.Sym(v.Name)
		}
	}
}

// whole adds to ends what the variables of w are where it is all of its axis.
func (w *window) whole(ends map[string]symbolic.Poly) map[string]symbolic.Poly {
	if ends == nil {
		ends = map[string]symbolic.Poly{}
	}
	if s, ok := w.first.AsSym(); ok {
		ends[s] = symbolic.Poly{}
	}
	if s, ok := w.end.AsSym(); ok && w.ends.hi != nil {
		ends[s] = w.extent
	}
	return ends
}

func intOp(op *symbolic.OpSpec, a, b Expr) Expr { return &Apply{Op: op, Args: []Expr{a, b}} }

// inPass is p in the names of the variables that count passes.
func (l *lowering) inPass(p symbolic.Poly) symbolic.Poly {
	return p.Subst(func(s string) (symbolic.Poly, bool) {
		for _, q := range l.passes {
			if q.sym == s {
				return symbolic.Sym(q.name), true
			}
		}
		return symbolic.Poly{}, false
	})
}
