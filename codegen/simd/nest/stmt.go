package nest

import (
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

func (c *compiler) stmts(list []loop.Stmt) {
	for _, s := range list {
		c.stmt(s)
	}
}

func (c *compiler) stmt(s loop.Stmt) {
	switch s := s.(type) {
	case *loop.Loop:
		c.loop(s)
	case *loop.Let:
		c.bind(s.Var, variable{value: c.settled(c.eval(s.Value))})
		if a, ok := s.Value.(*loop.Apply); ok && s.Var.Type == symbolic.Integer && (a.Op == symbolic.OpIntMin || a.Op == symbolic.OpIntMax) {
			c.limit(s.Var, a)
		}
	case *loop.Acc:
		c.declare(s)
	case *loop.Update:
		c.update(s)
	case *loop.Pick:
		c.pick(s)
	case *loop.Store:
		x := c.eval(s.Value)
		if s.Op != nil {
			x = c.operator(s.Op, []value{c.load(s.Buf, s.Index), x})
		}
		c.store(s.Buf, s.Index, x)
	case *loop.If:
		c.ifs(s)
	case *loop.Choose:
		c.chooses(s)
	case *loop.Note:
	default:
		failf("statement %T has no vector form", s)
	}
}

// settled returns x so that it stays what it is when an accumulator that it
// was read from changes.
func (c *compiler) settled(x value) value {
	x.v, x.m = slices.Clone(x.v), slices.Clone(x.m)
	for i, v := range x.v {
		if c.mutable[v] {
			x.v[i] = c.viewOf(x).Var(v)
		}
	}
	for i, m := range x.m {
		if c.mutableMasks[m] {
			x.m[i] = c.r.MVar(m)
		}
	}
	return x
}

// viewOf is the routine as the elements of x see it.
func (c *compiler) viewOf(x value) *asm.Routine {
	if x.wide {
		return c.wide
	}
	return c.r
}

func (c *compiler) isWide(v *loop.Var) bool { return v.Wide && c.t.Elem == asm.F32 }

// declare starts an accumulator.
func (c *compiler) declare(s *loop.Acc) {
	x := value{typ: s.Var.Type, wide: c.isWide(s.Var), varies: c.lane != nil}
	n := c.copies()
	if x.wide && x.varies {
		n *= 2
	}
	for range n {
		switch {
		case s.Var.Type == symbolic.Boolean:
			x.m = append(x.m, c.r.MVar(c.constant(s.Init, s.Var.Type).m[0]))
			c.mutableMasks[x.m[len(x.m)-1]] = true
			continue
		case x.wide:
			x.v = append(x.v, c.wide.Var(c.wide.Const(s.Init)))
		case s.Var.Type == symbolic.Integer:
			x.v = append(x.v, c.r.Var(c.integer(int64(s.Init))))
		default:
			x.v = append(x.v, c.r.Var(c.r.Const(s.Init)))
		}
		c.mutable[x.v[len(x.v)-1]] = true
	}
	c.bind(s.Var, variable{value: x, changes: true})
}

func (c *compiler) update(s *loop.Update) {
	if c.lane != nil {
		if a := c.lane.sums[s.Var]; a != nil {
			c.reduce(a, s)
			return
		}
	}
	old := c.lookup(s.Var).value
	if old.wide {
		c.updateWide(old, s)
		return
	}
	if s.Op == nil {
		c.change(old, c.eval(s.Value))
		return
	}
	c.change(old, c.eval(&loop.Apply{Op: s.Op, Args: []loop.Expr{&loop.Ref{Var: s.Var}, s.Value}}))
}

// updateWide changes a long sum. Under a condition it takes what changes
// nothing in the other lanes.
func (c *compiler) updateWide(old value, s *loop.Update) {
	x := c.eval(s.Value)
	if c.lane != nil && c.lane.cond != nil {
		idle := c.narrow(old)
		if r := reductions[s.Op]; r != nil {
			idle = c.constant(r.unit, symbolic.Real)
		} else if s.Op == symbolic.OpSub {
			idle = c.constant(0, symbolic.Real)
		} else if s.Op != nil {
			failf("a long sum is changed by %s under a condition", s.Op.Name)
		}
		x = c.choose(value{typ: symbolic.Boolean, varies: true, m: c.lane.cond}, x, idle)
	}
	n := c.copies()
	if !old.varies {
		n = 1
	}
	for i := range n {
		parts := c.widened(x, i)
		if !old.varies {
			parts = parts[:1]
		}
		for j, v := range parts {
			acc := old.v[i*len(parts)+j]
			if s.Op != nil {
				v = vectorForms[s.Op](c.wide, []asm.V{acc, v})
			}
			c.wide.Set(acc, v)
		}
	}
}

// widened returns the lanes of a copy as two vectors of float64.
func (c *compiler) widened(x value, copy int) []asm.V {
	switch {
	case x.wide && x.varies:
		return x.v[2*copy : 2*copy+2]
	case x.wide:
		return []asm.V{x.v[0], x.v[0]}
	}
	v := x.of(copy)
	return []asm.V{c.r.WidenLo(v), c.r.WidenHi(v)}
}

// change sets an accumulator in the lanes whose condition holds.
func (c *compiler) change(to, x value) {
	if c.lane == nil || c.lane.cond == nil {
		c.assign(to, x)
		return
	}
	c.assign(to, c.choose(value{typ: symbolic.Boolean, varies: true, m: c.lane.cond}, x, to))
}

func (c *compiler) pick(s *loop.Pick) {
	pred := asm.GT
	if s.Op == symbolic.OpMin {
		pred = asm.LT
	}
	x := c.narrow(c.eval(s.Value))
	if c.lane != nil {
		if a := c.lane.sums[s.Best]; a != nil {
			c.pickLanes(a, s, x, pred)
			return
		}
	}
	best, at := c.lookup(s.Best).value, c.lookup(s.At).value
	beats := c.test(func(v []asm.V) asm.M { return c.r.Cmp(pred, v[0], v[1]) }, x, best)
	c.change(best, c.choose(beats, x, best))
	c.change(at, c.choose(beats, c.vectors(c.integerOf(s.Position)), at))
}

func (c *compiler) ifs(s *loop.If) {
	alike, apart := c.conditions(s.Conds)
	if len(apart) == 0 {
		c.ifAll(alike, c.block(s.Then), c.block(s.Else))
		return
	}
	cond := c.holds(s.Conds)
	c.where(cond, c.block(s.Then))
	if len(s.Else) > 0 {
		c.where(c.not(cond), c.block(s.Else))
	}
}

func (c *compiler) chooses(s *loop.Choose) {
	cond := c.eval(s.Cond)
	if !cond.varies {
		c.r.If(asm.NE, c.r.Bits(cond.m[0]), c.r.Imm(0), c.block(s.Then), c.block(s.Else))
		return
	}
	c.where(cond, c.block(s.Then))
	if len(s.Else) > 0 {
		c.where(c.not(cond), c.block(s.Else))
	}
}

func (c *compiler) not(cond value) value {
	return c.masks(func(x []asm.M) asm.M { return c.r.MNot(x[0]) }, cond)
}

// block returns what runs a list in a scope of its own; nil where it is empty.
func (c *compiler) block(list []loop.Stmt) func() {
	if len(list) == 0 {
		return nil
	}
	return func() { c.within(func() { c.stmts(list) }) }
}

// where runs f for the lanes of cond.
func (c *compiler) where(cond value, f func()) {
	if f == nil {
		return
	}
	old := *c.lane
	c.lane.mask, c.lane.cond = make([]asm.M, old.copies), make([]asm.M, old.copies)
	both := func(list []asm.M, i int) asm.M {
		if list == nil || !list[i].Ok() {
			return cond.when(i)
		}
		return c.r.MAnd(list[i], cond.when(i))
	}
	for i := range old.copies {
		c.lane.cond[i] = both(old.cond, i)
		c.lane.mask[i] = both(old.mask, i)
	}
	f()
	c.lane.mask, c.lane.cond = old.mask, old.cond
}

// conditions parts those that are alike in all lanes from the others.
func (c *compiler) conditions(list []symbolic.Cond) (alike, apart []symbolic.Cond) {
	for _, x := range list {
		if c.polyVaries(x.E) {
			apart = append(apart, x)
		} else {
			alike = append(alike, x)
		}
	}
	return alike, apart
}

// ifAll runs then where all conditions hold, which are alike in all lanes.
func (c *compiler) ifAll(conds []symbolic.Cond, then, els func()) {
	if then == nil {
		then = func() {}
	}
	switch len(conds) {
	case 0:
		then()
	case 1:
		p, a, b := c.comparison(conds[0])
		c.r.If(p, a, b, then, els)
	default:
		hold := c.r.GVar(c.r.Imm(0))
		set := func() { c.r.GSet(hold, c.r.Imm(1)) }
		for i := len(conds) - 1; i >= 0; i-- {
			x, next := conds[i], set
			set = func() {
				p, a, b := c.comparison(x)
				c.r.If(p, a, b, func() { c.within(next) }, nil)
			}
		}
		set()
		c.r.If(asm.NE, hold, c.r.Imm(0), then, els)
	}
}

func (c *compiler) comparison(x symbolic.Cond) (p asm.Pred, a, b asm.G) {
	e := c.number(x.E)
	switch x.Kind {
	case symbolic.NonNeg:
		return asm.GE, e, c.r.Imm(0)
	case symbolic.Zero:
		return asm.EQ, e, c.r.Imm(0)
	}
	if n := x.Mod; n&(n-1) == 0 {
		return asm.EQ, c.r.GAnd(e, c.r.Imm(n-1)), c.r.Imm(0)
	}
	_, m := divmod(c.r, c.r.SplatInt(e), c.integer(int64(x.Mod)))
	return asm.EQ, c.r.FirstInt(m), c.r.Imm(0)
}

// holds returns where all conditions do.
func (c *compiler) holds(conds []symbolic.Cond) value {
	out := value{typ: symbolic.Boolean, varies: true}
	for i := range c.copies() {
		var all asm.M
		for _, x := range conds {
			e := c.lanesOf(x.E, i)
			var k asm.M
			switch x.Kind {
			case symbolic.NonNeg:
				k = c.r.ICmp(asm.GE, e, c.r.Zero())
			case symbolic.Zero:
				k = c.r.ICmp(asm.EQ, e, c.r.Zero())
			default:
				_, m := divmod(c.r, e, c.integer(int64(x.Mod)))
				k = c.r.ICmp(asm.EQ, m, c.r.Zero())
			}
			if all.Ok() {
				k = c.r.MAnd(all, k)
			}
			all = k
		}
		out.m = append(out.m, all)
	}
	return out
}
