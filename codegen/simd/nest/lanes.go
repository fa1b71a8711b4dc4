package nest

import (
	"maps"
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A lane is where in a loop over lanes the code stands: copies of the body
// stand in a row, each a vector of turns further.
type lane struct {
	v      *loop.Var
	copies int
	base   asm.G // the turn of the first lane is base + at
	at     int

	mask []asm.M // which lanes are at work; nil, or not Ok for a copy, where all are
	left int     // how many are in the last copy, where that is less than all and known; else 0
	cond []asm.M // the conditions of branches among them; nil where there are none

	sums   map[*loop.Var]*sum
	powers powers

	records records
	loaded  sorted // fields of records; nil where which lanes are at work is not known
	kept    sorted
}

// loop runs l in lanes, or its turns one after the other.
func (c *compiler) loop(l *loop.Loop) {
	if n, ok := l.Extent.Const(); ok && n <= 0 {
		return
	}
	if c.lane == nil {
		best, cost := c.asOne(l)
		if parts := cut(l); parts != nil && c.costs(parts) < cost {
			for _, p := range parts {
				c.loop(p)
			}
			return
		}
		if best != nil {
			c.overMost(best)
			return
		}
	}
	c.turns(l)
}

// asOne returns what l costs where it stays one loop, and what is run in lanes then; nil where its
// turns run one after the other.
func (c *compiler) asOne(l *loop.Loop) (*loop.Loop, float64) {
	cost := c.oneByOne(l)
	if best, lanes := c.forLanes(l); best != nil && lanes <= cost {
		return best, lanes
	}
	return nil, cost
}

// costs is what loops cost, each run as well as it can be.
func (c *compiler) costs(list []*loop.Loop) (sum float64) {
	for _, l := range list {
		_, cost := c.asOne(l)
		sum += cost
	}
	return sum
}

// forLanes returns what is best run in lanes for l, and its cost: l itself, or
// l with short loops in it written out, so that what they go through are
// fields of records. It is nil where lanes are not possible.
func (c *compiler) forLanes(l *loop.Loop) (*loop.Loop, float64) {
	if reasonAgainst(l) != "" {
		return nil, 0
	}
	best, cost := l, c.inLanes(l)
	if _, fixed := l.Extent.Const(); fixed && slices.ContainsFunc(l.Body, nests) {
		return best, cost // a few turns of much code
	}
	if body, n := c.short.writeOut(l.Body); n > 0 && n <= longRecord {
		if out := (&loop.Loop{Var: l.Var, Extent: l.Extent, Body: body}); c.inLanes(out) < cost {
			best, cost = out, c.inLanes(out)
		}
	}
	return best, cost
}

const (
	shortRow   = 16 // turns of a loop that may be written out in lanes
	longRecord = 64 // statements that this may make
	fewTurns   = 8  // a loop of so many may stand there turn by turn
	fewStmts   = 32 // if that makes no more statements than this
	bodyLarge  = 60 // instructions of a body that is not repeated
	bodySmall  = 24 // instructions of a body that is repeated four times
)

// turns runs the turns of l one after the other.
func (c *compiler) turns(l *loop.Loop) {
	n, fixed := l.Extent.Const()
	if fixed && n <= fewTurns && n*count(l.Body) <= fewStmts && !reads(l.Body, l.Var) {
		for i := range n {
			c.within(func() { c.stmts(replace(l.Body, l.Var.Name, symbolic.Int(i))) })
		}
		return
	}
	var powers powers
	body := func(i asm.G) {
		c.within(func() {
			c.bind(l.Var, variable{value: value{typ: symbolic.Integer, g: i}})
			c.stmts(l.Body)
			c.turn(powers)
		})
	}
	c.guarding(l, func(extent asm.G) {
		c.ahead(l)
		powers = c.turnPowers(l)
		outer := c.powers
		c.powers = append(slices.Clip(outer), powers)
		defer func() { c.powers = outer }()
		if fixed {
			c.r.LoopConst(n, 1, body)
		} else {
			c.r.Loop(extent, 1, body)
		}
	})
}

// guarding runs f where l has any turns, so that f may compute ahead what each
// of them does.
func (c *compiler) guarding(l *loop.Loop, f func(extent asm.G)) {
	if _, fixed := l.Extent.Const(); fixed {
		// What was computed ahead may not be so after the loop.
		values := maps.Clone(c.top().values)
		f(asm.G{})
		c.top().values = values
		return
	}
	n := c.number(l.Extent)
	c.r.If(asm.GT, n, c.r.Imm(0), func() { c.within(func() { f(n) }) }, nil)
}

// count is the number of statements of a list, loops counted by their turns.
func count(list []loop.Stmt) (n int) {
	for _, s := range list {
		n++
		for _, b := range bodies(s) {
			n += count(b)
		}
		if _, ok := s.(*loop.Loop); ok {
			n += fewStmts
		}
	}
	return n
}

// reads reports whether a list reads the variable v other than in an index.
func reads(list []loop.Stmt, v *loop.Var) (found bool) {
	exprs(list, func(e loop.Expr) {
		if r, ok := e.(*loop.Ref); ok && r.Var == v {
			found = true
		}
	})
	return found
}

// unroll is how many copies of a body stand in a row: the smaller it is, the
// more, so that they do not wait for each other.
func (c *compiler) unroll(l *loop.Loop) int {
	k := coster{lanes: c.t.Lanes()}
	cost, functions := 0.0, false
	each(l.Body, func(s loop.Stmt) bool {
		cost += k.own(s)
		for _, v := range values(s) {
			eachExpr(v, func(e loop.Expr) bool {
				functions = functions || k.expr(e) >= costMath
				return true
			})
		}
		return true
	})
	sums := false
	set, declared := changed(l.Body)
	for v := range set {
		sums = sums || !declared[v]
	}
	switch {
	case cost <= bodySmall && (sums || !functions):
		return 4
	case cost <= bodyLarge:
		return 2
	}
	return 1
}

// overLanes runs the turns of l in lanes.
func (c *compiler) overLanes(l *loop.Loop) {
	lanes, copies := c.t.Lanes(), c.unroll(l)
	c.guarding(l, func(extent asm.G) {
		c.ahead(l)
		n, fixed := l.Extent.Const()
		if fixed {
			// A fifth vector is a copy too, not a turn of a loop.
			if whole := (n + lanes - 1) / lanes; whole <= copies+1 {
				copies = whole
			}
		}
		sums, records := c.startSums(l, copies), c.recordsOf(l)
		powers := c.lanePowers(l, copies)
		run := func(copies int, base asm.G, at int, t tail) {
			c.lane = &lane{v: l.Var, copies: copies, base: base, at: at, left: t.left, sums: sums.byVar, powers: powers}
			if t.mask.Ok() {
				c.lane.mask = make([]asm.M, copies)
				c.lane.mask[copies-1] = t.mask
			}
			c.within(func() {
				c.bind(l.Var, variable{value: value{typ: symbolic.Integer, g: base, varies: true}})
				c.inRecords(records, func() { c.stmts(l.Body) })
				c.advance(powers, copies)
			})
			c.lane = nil
		}
		if fixed {
			c.fixedLanes(n, copies, run)
		} else {
			c.runTimeLanes(extent, copies, run)
		}
		c.finishSums(sums)
	})
}

// A tail is the turns that are left for a vector that has more lanes: which these are, and how many where
// that is known. Of the zero one none is left over.
type tail struct {
	mask asm.M
	left int
}

// fixedLanes covers n turns, whose number is known.
func (c *compiler) fixedLanes(n, copies int, run func(copies int, base asm.G, at int, t tail)) {
	lanes := c.t.Lanes()
	step := copies * lanes
	done := n / step * step
	switch {
	case done > step:
		c.r.LoopConst(done, step, func(i asm.G) { run(copies, i, 0, tail{}) })
	case done == step:
		run(copies, asm.G{}, 0, tail{})
	}
	if done == n {
		return
	}
	t := tail{}
	if over := n % lanes; over > 0 {
		t = tail{c.r.MaskConst(over), over}
	}
	run((n-done+lanes-1)/lanes, asm.G{}, done, t)
}

// runTimeLanes covers n turns: copies of the body as long as there are turns
// for all, then single ones, the last of which is masked.
func (c *compiler) runTimeLanes(n asm.G, copies int, run func(copies int, base asm.G, at int, t tail)) {
	lanes := c.t.Lanes()
	if copies > 1 {
		c.r.Loop(n, copies*lanes, func(i asm.G) { run(copies, i, 0, tail{}) })
		from := c.r.GSub(n, c.r.Tail(n, copies*lanes))
		if c.t.ISA == asm.AVX512 {
			end := c.r.Lea(n, asm.G{}, 1, lanes-1)
			c.r.LoopFrom(from, end, lanes, func(i asm.G) { run(1, i, 0, tail{mask: c.r.TailMask(c.r.GSub(n, i))}) })
			return
		}
		c.r.LoopFrom(from, n, lanes, func(i asm.G) { run(1, i, 0, tail{}) })
	} else {
		c.r.Loop(n, lanes, func(i asm.G) { run(1, i, 0, tail{}) })
	}
	over := c.r.Tail(n, lanes)
	c.r.If(asm.GT, over, c.r.Imm(0), func() {
		run(1, c.r.GSub(n, over), 0, tail{mask: c.r.TailMask(over)})
	}, nil)
}
