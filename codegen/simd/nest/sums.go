package nest

import (
	"math"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A sum is a variable that all turns of a loop over lanes change: while the
// loop runs, each lane has its own, and at the end they are put together, in
// an order that depends on nothing but the number of lanes.
type sum struct {
	v    *loop.Var
	op   *symbolic.OpSpec
	acc  []asm.V // of each copy; two of float64 each where it is wide
	wide bool
	nan  []asm.M // max and min: whether there was a NaN

	at  *loop.Var // of a pick: the position of the best
	pos []asm.V
}

// sums are those of a loop, in the order of the program.
type sums struct {
	list  []*sum
	byVar map[*loop.Var]*sum
}

func (c *compiler) startSums(l *loop.Loop, copies int) sums {
	_, declared := changed(l.Body)
	out := sums{byVar: map[*loop.Var]*sum{}}
	start := func(v *loop.Var, op *symbolic.OpSpec, at *loop.Var) {
		if declared[v] || out.byVar[v] != nil {
			return
		}
		a := c.newSum(v, op, at, copies)
		out.list = append(out.list, a)
		out.byVar[v] = a
	}
	each(l.Body, func(s loop.Stmt) bool {
		switch s := s.(type) {
		case *loop.Update:
			op := s.Op
			if op == symbolic.OpSub {
				op = symbolic.OpAdd
			}
			start(s.Var, op, nil)
		case *loop.Pick:
			start(s.Best, s.Op, s.At)
		}
		return true
	})
	return out
}

func (c *compiler) newSum(v *loop.Var, op *symbolic.OpSpec, at *loop.Var, copies int) *sum {
	a := &sum{v: v, op: op, at: at, wide: c.isWide(v)}
	if reductions[op] == nil {
		failf("%s is not reduced by an operator that has lanes", v.Name)
	}
	unit := reductions[op].unit
	for range copies {
		switch {
		case a.wide:
			a.acc = append(a.acc, c.wide.Var(c.wide.Const(unit)), c.wide.Var(c.wide.Const(unit)))
		default:
			a.acc = append(a.acc, c.r.Var(c.r.Const(unit)))
		}
		if at != nil {
			a.pos = append(a.pos, c.r.Var(c.integer(math.MaxInt32)))
		} else if op == symbolic.OpMax || op == symbolic.OpMin {
			a.nan = append(a.nan, c.r.MVar(c.r.MaskConst(0)))
		}
	}
	return a
}

// reduce takes what the lanes at work have into their sums.
func (c *compiler) reduce(a *sum, s *loop.Update) {
	negative := s.Op == symbolic.OpSub
	if a.wide {
		c.reduceWide(a, c.eval(s.Value), negative)
		return
	}
	if p, q, ok := c.product(s.Value); ok && a.op == symbolic.OpAdd {
		x := c.narrow(c.eval(p))
		y := x
		if p != q {
			y = c.narrow(c.eval(q))
		}
		for i := range c.lane.copies {
			c.multiplyInto(a.acc[i], x.of(i), y.of(i), c.mask(i), negative)
		}
		return
	}
	x := c.narrow(c.eval(s.Value))
	for i := range c.lane.copies {
		k, acc, v := c.mask(i), a.acc[i], x.of(i)
		var next asm.V
		switch {
		case negative:
			next = c.r.Sub(acc, v)
		case a.nan != nil:
			next = instruction[a.op](c.r, v, acc)
			nan := c.r.IsNaN(v)
			if k.Ok() {
				nan = c.r.MAnd(nan, k)
			}
			c.r.MSet(a.nan[i], c.r.MOr(a.nan[i], nan))
		default:
			next = instruction[a.op](c.r, acc, v)
		}
		if k.Ok() {
			next = c.r.Select(k, next, acc)
		}
		c.r.Set(acc, next)
	}
}

// instruction is what a reduction is where NaN needs no care.
var instruction = map[*symbolic.OpSpec]func(r *asm.Routine, a, b asm.V) asm.V{
	symbolic.OpAdd: (*asm.Routine).Add,
	symbolic.OpMul: (*asm.Routine).Mul,
	symbolic.OpMax: (*asm.Routine).Max,
	symbolic.OpMin: (*asm.Routine).Min,
}

func (c *compiler) multiplyInto(acc, x, y asm.V, k asm.M, negative bool) {
	switch {
	case !k.Ok() && negative:
		c.r.FNMAInto(acc, x, y)
	case !k.Ok():
		c.r.FMAInto(acc, x, y)
	case negative:
		c.r.Set(acc, c.r.Select(k, c.r.FNMA(x, y, acc), acc))
	default:
		c.r.Set(acc, c.r.Select(k, c.r.FMA(x, y, acc), acc))
	}
}

// reduceWide adds up the copies as elements first: a few of them lose nothing
// that counts, and converting takes longer than adding.
func (c *compiler) reduceWide(a *sum, x value, negative bool) {
	f := instruction[a.op]
	if negative {
		f = (*asm.Routine).Sub
	}
	take := func(copy int, parts []asm.V) {
		for i, v := range parts {
			c.wide.Set(a.acc[2*copy+i], f(c.wide, a.acc[2*copy+i], v))
		}
	}
	if x.wide && x.varies && c.lane.mask == nil {
		for i := range c.lane.copies {
			take(i, x.v[2*i:2*i+2])
		}
		return
	}
	x = c.narrow(x)
	var all []asm.V
	for i := range c.lane.copies {
		v := x.of(i)
		if k := c.mask(i); k.Ok() {
			v = c.r.Select(k, v, c.r.Const(reductions[a.op].unit))
		}
		all = append(all, v)
	}
	if a.op == symbolic.OpAdd {
		all = []asm.V{tree(all, c.r.Add)}
	}
	for i, v := range all {
		take(i, []asm.V{c.r.WidenLo(v), c.r.WidenHi(v)})
	}
}

// pickLanes keeps in each lane the first value that beats all before it there.
func (c *compiler) pickLanes(a *sum, s *loop.Pick, x value, pred asm.Pred) {
	position := c.vectors(c.integerOf(s.Position))
	for i := range c.lane.copies {
		beats := c.r.Cmp(pred, x.of(i), a.acc[i])
		if k := c.mask(i); k.Ok() {
			beats = c.r.MAnd(beats, k)
		}
		c.r.Set(a.acc[i], c.r.Select(beats, x.of(i), a.acc[i]))
		c.r.Set(a.pos[i], c.r.Select(beats, position.of(i), a.pos[i]))
	}
}

// finishSums puts the lanes' sums together and into their variables.
func (c *compiler) finishSums(all sums) {
	for _, a := range all.list {
		switch {
		case a.at != nil:
			c.finishPick(a)
		case a.wide:
			c.finish(c.wide, a)
		default:
			c.finish(c.r, a)
		}
	}
}

func (c *compiler) finish(r *asm.Routine, a *sum) {
	f := instruction[a.op]
	total := tree(a.acc, func(x, y asm.V) asm.V { return f(r, x, y) })
	total = r.Splat(c.across(r, a.op, total))
	to := c.lookup(a.v)
	if a.nan != nil {
		nan := tree(a.nan, c.r.MOr)
		// What was in the variable before may be NaN as well.
		old := to.v[0]
		next := c.r.Select(c.r.IsNaN(old), old, f(c.r, total, old))
		bits := c.r.Bits(nan)
		c.r.Set(old, next)
		c.r.If(asm.NE, bits, c.r.Imm(0), func() { c.r.Set(old, c.r.Const(math.NaN())) }, nil)
		return
	}
	r.Set(to.v[0], f(r, to.v[0], total))
}

// across puts the lanes of x together in lane 0.
func (c *compiler) across(r *asm.Routine, op *symbolic.OpSpec, x asm.V) asm.V {
	switch op {
	case symbolic.OpAdd:
		return r.HSum(x)
	case symbolic.OpMax:
		return r.HMax(x)
	case symbolic.OpMin:
		return r.HMin(x)
	}
	return fold(r, x, (*asm.Routine).Mul)
}

// fold puts the lanes of x together in all lanes: halves, quarters, …
func fold(r *asm.Routine, x asm.V, f func(r *asm.Routine, a, b asm.V) asm.V) asm.V {
	for half := r.Lanes() / 2; half > 0; half /= 2 {
		turned := make([]uint64, r.Lanes())
		for i := range turned {
			turned[i] = uint64((i + half) % r.Lanes())
		}
		x = f(r, x, r.Lookup([]asm.V{x}, r.ConstLanes(turned)))
	}
	return x
}

// tree puts a list together, neighbours first.
func tree[T any](list []T, f func(a, b T) T) T {
	for len(list) > 1 {
		var next []T
		for i := 0; i+1 < len(list); i += 2 {
			next = append(next, f(list[i], list[i+1]))
		}
		if len(list)%2 == 1 {
			next = append(next, list[len(list)-1])
		}
		list = next
	}
	return list[0]
}

// finishPick finds the best of all lanes, and of those that have it the one
// that came first.
func (c *compiler) finishPick(a *sum) {
	pred := asm.GT
	if a.op == symbolic.OpMin {
		pred = asm.LT
	}
	f := instruction[a.op]
	best := tree(a.acc, func(x, y asm.V) asm.V { return f(c.r, x, y) })
	best = c.r.Splat(c.across(c.r, a.op, best))
	var firsts []asm.V
	for i, v := range a.acc {
		firsts = append(firsts, c.r.Select(c.r.Cmp(asm.EQ, v, best), a.pos[i], c.integer(math.MaxInt32)))
	}
	first := fold(c.r, tree(firsts, c.r.IMin), (*asm.Routine).IMin)
	old, at := c.lookup(a.v).v[0], c.lookup(a.at).v[0]
	beats := c.r.Cmp(pred, best, old)
	c.r.Set(at, c.r.Select(beats, first, at))
	c.r.Set(old, c.r.Select(beats, best, old))
}
