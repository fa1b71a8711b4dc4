package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// A contraction is a sum of products of two elements. Its axes are of four
// sorts: m, which only the first factor has; n, which only the second has; k,
// which both have and which is summed over; and what both and the result have,
// for which there are loops around it.
type contraction struct {
	a, b    *term // the factors; b is the one that has n
	m, n, k int   // axes of the comp
	around  []int // the others, outermost first
}

// contractionOf recognises a comp that is a contraction. rows is the axis that
// goes over the rows of a tile, which is one of the three if it can be.
func (c *comp) contractionOf(rows int) (x contraction, ok bool) {
	t := c.body
	if c.combine != symbolic.OpAdd || c.arg || c.scatter || len(c.conds) > 0 || len(c.data) > 0 ||
		t.kind != apply || t.op != symbolic.OpMul || t.args[0].kind != read || t.args[1].kind != read {
		return x, false
	}
	x.a, x.b = t.args[0], t.args[1]
	in := [2]map[int]bool{c.linearAxes(x.a), c.linearAxes(x.b)}
	if in[0] == nil || in[1] == nil || c.target.shares(x.a, x.b) {
		return x, false
	}
	var only [2][]int // axes of the result that one factor has
	var sums []int
	for i, a := range c.axes {
		switch inA, inB := in[0][i], in[1][i]; {
		case a.tile:
		case inA && inB && a.out < 0:
			sums = append(sums, i)
		case inA && inB:
			x.around = append(x.around, i)
		case a.out < 0:
			return x, false
		case inA:
			only[0] = append(only[0], i)
		case inB:
			only[1] = append(only[1], i)
		default:
			return x, false
		}
	}
	if len(only[0]) == 0 || len(only[1]) == 0 || len(sums) == 0 {
		return x, false
	}
	// n is where the result has its elements side by side.
	if c.side(only[0]) > c.side(only[1]) {
		x.a, x.b = x.b, x.a
		only[0], only[1] = only[1], only[0]
	}
	pick := func(from []int, best int) int {
		for _, i := range from {
			if i != best {
				x.around = append(x.around, i)
			}
		}
		return best
	}
	x.n = only[1][0]
	for _, i := range only[1] {
		if c.axes[i].out > c.axes[x.n].out {
			x.n = i
		}
	}
	x.n = pick(only[1], x.n)
	x.m = pick(only[0], c.largest(only[0], rows))
	x.k = pick(sums, c.longSum(sums, rows))
	slices.SortStableFunc(x.around, func(i, j int) int { return rank(c, i) - rank(c, j) })
	return x, !slices.Contains(x.around, -1) && c.forwards(x)
}

// forwards reports whether both factors are gone through from their beginnings.
func (c *comp) forwards(x contraction) bool {
	for _, t := range []*term{x.a, x.b} {
		for _, p := range t.index {
			for _, axis := range []int{x.m, x.n, x.k} {
				back := false
				step, _, _ := linearIn(p, c.axes[axis].sym)
				step.Terms(func(num, _ int64, _ []string) { back = back || num < 0 })
				if back {
					return false
				}
			}
		}
	}
	return true
}

// rank puts the batch first, then the axes of the result, then those of sums.
func rank(c *comp, axis int) int {
	switch a := c.axes[axis]; {
	case c.isSpine(a.extent):
		return 0
	case a.out >= 0:
		return 1 + a.out
	}
	return 1 + len(c.target.node.Shape) + axis
}

// side is the last axis of the target among axes of c.
func (c *comp) side(axes []int) int {
	last := -1
	for _, i := range axes {
		last = max(last, c.axes[i].out)
	}
	return last
}

// largest returns rows if it is there, else the axis of the greatest extent.
func (c *comp) largest(axes []int, rows int) int {
	if slices.Contains(axes, rows) {
		return rows
	}
	best := axes[0]
	for _, i := range axes[1:] {
		if guess(c.axes[i].extent) > guess(c.axes[best].extent) {
			best = i
		}
	}
	return best
}

// longSum returns the axis that sums run along: one that is long for every row,
// else rows.
func (c *comp) longSum(sums []int, rows int) int {
	const long = 32
	for _, i := range sums {
		if n, ok := c.axes[i].extent.Const(); ok && n >= long && i != rows {
			return i
		}
	}
	return c.largest(sums, rows)
}

// linearAxes returns the axes that t's place in memory depends on, all by
// fixed steps, or nil where that is not so.
func (c *comp) linearAxes(t *term) map[int]bool {
	on := map[int]bool{}
	for _, p := range t.index {
		for _, s := range p.Syms() {
			a, ok := c.axisSym(s)
			if !ok {
				continue
			}
			f, rest, ok := linearIn(p, s)
			if !ok || mentions(rest, s) || slices.ContainsFunc(f.Syms(), func(s string) bool { _, is := c.axisSym(s); return is }) {
				return nil
			}
			on[a] = true
		}
	}
	return on
}

// contracts makes c, which is in the tiles of a batch, a contraction where
// that pays.
func (c *comp) contracts(how tiling) {
	rows := c.order[1]
	if x, ok := c.contractionOf(rows); ok && how.pays(c, x, rows) {
		c.contractBy(x, c.order[0])
	}
}

// contractsAlone does so where there are no tiles. A first loop that others may
// share already stays the first.
func (c *comp) contractsAlone(how tiling) {
	if len(c.order) == 0 {
		return
	}
	x, ok := c.contractionOf(-1)
	if !ok || !how.paysAlone(c, x) {
		return
	}
	if !short(c.loopAt(0).extent) && (len(x.around) == 0 || x.around[0] != c.order[0]) {
		return
	}
	c.contractBy(x)
}

func (c *comp) contractBy(x contraction, tiles ...int) {
	c.order = append(tiles, x.around...)
	c.order = append(c.order, x.m, x.n, x.k)
	c.contract = len(c.order) - 2
}

func (c *comp) contractsAt(depth int) bool { return c.contract == depth+1 }

// contractLoop is the axis of the first, second or third loop of a contraction.
func (c *comp) contractLoop(i int) axis { return c.loopAt(c.contract - 1 + i) }

// isRow reports whether c's loop at a depth is over the rows of a tile.
func (c *comp) isRow(depth int) bool {
	return depth > 0 && depth < len(c.order) && c.loopAt(0).tile && c.loopAt(depth).sym == c.loopAt(0).sym
}

// factors returns the operands of a contraction, the one with n last.
func (c *comp) factors() (a, b *term) {
	x, _ := c.contractionOf(c.axisOfSym(c.loopAt(0).sym))
	return x.a, x.b
}

func (c *comp) axisOfSym(sym string) int {
	a, _ := c.axisSym(sym)
	return a
}

// ---- groups

// contraction makes the three loops of c.
func (f *level) contraction(c *comp) *group {
	at := func(parent *group, depth int) *group {
		a := c.loopAt(depth)
		g := &group{parent: parent, depth: depth, loop: true, extent: a.extent, spine: c.isSpine(a.extent), row: c.isRow(depth), comps: []*comp{c}}
		if parent != nil && depth > f.depth {
			parent.body = append(parent.body, g)
		}
		c.path = append(c.path, g)
		return g
	}
	m := at(f.parent, f.depth)
	m.contract = true
	n := at(m, f.depth+1)
	k := at(n, f.depth+2)
	leaf := &group{parent: k, depth: f.depth + 3, comps: []*comp{c}}
	k.body = append(k.body, leaf)
	c.path = append(c.path, leaf)
	return m
}

// before returns the contraction that c may be done with, element by element
// as its sums are complete: c computes an element for each of them, from them
// and from what is there before. It is the last group that c has to wait for.
func (f *level) before(c *comp) *group {
	if f.depth+2 != c.loops() || c.contract > 0 || c.combine != nil || len(c.data) > 0 || len(c.conds) > 0 ||
		c.loopAt(f.depth).out < 0 || c.loopAt(f.depth+1).out < 0 || c.guarded() {
		return nil
	}
	last := -1
	for _, v := range c.reads() {
		for _, p := range v.writers {
			if f.here(p) {
				last = max(last, slices.Index(f.groups, p.path[f.depth]))
			}
		}
	}
	if last < 0 || !f.groups[last].contract {
		return nil
	}
	g := f.groups[last]
	// What is done with one sum must not change a factor of the next.
	if a, b := g.comps[0].factors(); c.target.base() == a.val.base() || c.target.base() == b.val.base() {
		return nil
	}
	for _, v := range c.reads() {
		for _, p := range v.writers {
			if !f.here(p) || p.path[f.depth] != g {
				continue
			}
			for d := f.depth; d < f.depth+2; d++ {
				if p.isRow(d) != c.isRow(d) || !runsAlong(p, c, v, d) {
					return nil
				}
			}
		}
	}
	return g
}

// here reports that p is placed at this level already.
func (f *level) here(p *comp) bool {
	return len(p.path) > f.depth && (f.depth == 0 || p.path[f.depth-1] == f.parent)
}

// guarded reports that something in c is only computed under conditions on
// indices.
func (c *comp) guarded() bool {
	found := false
	c.each(func(t *term) { found = found || t.kind == guard })
	return found
}

// finishWith adds c to what is done with each sum of a contraction.
func (g *group) finishWith(c *comp) {
	n := g.body[0]
	if len(n.body) == 1 {
		n.body = append(n.body, &group{parent: n, depth: n.depth + 1})
	}
	leaf := n.body[1]
	for _, h := range []*group{g, n, leaf} {
		h.comps = append(h.comps, c)
		c.path = append(c.path, h)
	}
}

// keepSums keeps the memory of a contraction's sums where nothing that is done
// with them is stored in their place.
func (c *comp) keepSums() {
	v := c.target
	m, n := c.contractLoop(0).out, c.contractLoop(1).out
	if !v.lost[m] || !v.lost[n] {
		return
	}
	a, b := c.factors()
	at := c.contract - 1
	for _, e := range c.path[at].comps[1:] {
		t := e.target
		if t.shares(a, b) {
			continue // what is read may not be written while it is
		}
		i, j := e.loopAt(at).out, e.loopAt(at+1).out
		if t.node.Type == symbolic.Real && len(t.writers) == 1 && !(t.kind == Temp && (t.lost[i] || t.lost[j])) {
			return
		}
	}
	v.lost[m], v.lost[n] = false, false
}

// ---- statements

// first reports that c is the first to write its target, all of it, so that
// there is nothing to add to.
func (e *emitter) first(c *comp) bool {
	v := c.target
	at, fill := v.fillAt()
	if !fill || !c.contractsAt(at) || v.filled {
		return false
	}
	for _, p := range c.index {
		if s, ok := p.AsSym(); !ok || c.axes[c.axisOfSym(s)].out < 0 {
			return false
		}
	}
	return true
}

// contract makes the statement for the three loops of g.
func (e *emitter) contract(g *group, first bool) {
	c := g.comps[0]
	v := c.target
	for _, each := range g.comps {
		e.hoist(each, g.depth)
	}
	cols := g.body[0]
	sums := cols.body[0]
	s := &Contract{Sum: c.acc, M: e.extent(g), N: e.extent(cols), K: e.extent(sums)}
	s.Epilogue = e.scope(func() {
		s.Row = e.counter(g)
		g.name = s.Row.Name
		s.Col = e.counter(cols)
		cols.name, sums.name = s.Col.Name, "~k"
		ta, tb := c.factors()
		s.A, s.B = e.access(c, ta), e.access(c, tb)
		_, added := v.fillAt()
		s.Accumulate = added && !first
		v.v, v.local = s.Sum, c.path[:g.depth+2:g.depth+2]
		if v.buf != nil {
			s.Out = e.split(c, v, c.index)
		}
		if len(cols.body) > 1 {
			e.countLoads(cols.body[1])
			for _, each := range g.comps[1:] {
				e.leaf(each)
			}
		}
	})
	if v.buf == nil {
		s.Out = outOf(s)
	}
	if s.N.Is(1) && s.Out.N.Is(0) { // one column lies beside itself
		s.Out.N = symbolic.Int(1)
	}
	e.add(s)
}

// forget takes the name of c's sum out of scope.
func (e *emitter) forget(c *comp) {
	in := e.scopes[len(e.scopes)-1]
	delete(in.names, c.acc.Name)
	delete(in.next, sumName(c.node))
}

// access is how the read t goes through memory.
func (e *emitter) access(c *comp, t *term) Access { return e.split(c, t.val, t.index) }

// split takes the place of an element of v apart by the three axes.
func (e *emitter) split(c *comp, v *value, index []symbolic.Poly) Access {
	a := Access{Buf: v.buf, Base: v.flat(e.polys(c, index))}
	for d, step := range []*symbolic.Poly{&a.M, &a.N, &a.K} {
		*step, a.Base, _ = linearIn(a.Base, c.path[c.contract-1+d].name)
	}
	return a
}

// outOf finds where the epilogue stores a number for each sum.
func outOf(s *Contract) (out Access) {
	for _, t := range s.Epilogue {
		st, ok := t.(*Store)
		if !ok || st.Op != nil || st.Buf.Type != symbolic.Real {
			continue
		}
		a := Access{Buf: st.Buf}
		var rest symbolic.Poly
		a.M, rest, _ = linearIn(st.Index, s.Row.Name)
		a.N, a.Base, _ = linearIn(rest, s.Col.Name)
		out = a
	}
	return out
}
