package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// A contraction is a sum of products of two elements, or of squares of their difference. Its axes are of four
// sorts: m, which only the first factor has; n, which only the second has; k,
// which both have and which is summed over; and what both and the result have,
// for which there are loops around it. Several axes of a sort are one, where
// memory goes through the inner one and then on with the next of the outer one, in
// all that has them: the rows b and the places t of x[b,t,:]·W are the 64·b + t of one matrix.
// What is not one with them goes around, too.
type contraction struct {
	terms   Terms // what is added up
	a, b    *term // the factors; b is the one that has n
	m, n, k []int // axes of the comp, outermost first
	around  []int // the others, outermost first
}

// contractionOf recognises a comp that is a contraction. rows is the axis that
// goes over the rows of a tile, which is in one of the three if that pays; outside is one
// that is to go around.
func (c *comp) contractionOf(rows, outside int) (x contraction, ok bool) {
	if slices.ContainsFunc(c.axes, func(a axis) bool { return a.window != nil }) {
		return x, false
	}
	if c.combine != symbolic.OpAdd || c.arg || c.scatter || len(c.conds) > 0 || len(c.data) > 0 {
		return x, false
	}
	if x.terms, x.a, x.b, ok = c.body.pair(); !ok {
		return x, false
	}
	in := [2]map[int]bool{c.linearAxes(x.a), c.linearAxes(x.b)}
	if in[0] == nil || in[1] == nil || c.target.shares(x.a, x.b) {
		return x, false
	}
	var only [2][]int // axes of the result that one factor has
	var sums []int
	for i, a := range c.axes {
		switch inA, inB := in[0][i], in[1][i]; {
		case a.tile:
		case i == outside:
			x.around = append(x.around, i)
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
	side := only[1][0]
	for _, i := range only[1] {
		if c.axes[i].out > c.axes[side].out {
			side = i
		}
	}
	a, b, out := place{x.a.val, x.a.index}, place{x.b.val, x.b.index}, place{c.target, c.index}
	x.m = c.longest(only[0], rows, a, out)
	x.n = c.chain(side, only[1], rows, b, out)
	x.k = c.chain(c.longSum(sums, rows), sums, rows, a, b)
	for _, i := range slices.Concat(only[0], only[1], sums) {
		if !x.over(i) {
			x.around = append(x.around, i)
		}
	}
	slices.SortStableFunc(x.around, func(i, j int) int { return rank(c, i) - rank(c, j) })
	return x, c.forwards(x)
}

// pair takes t apart, if it is made of two elements as the terms of contractions are.
func (t *term) pair() (of Terms, a, b *term, ok bool) {
	if t.kind == apply && t.op == symbolic.OpSquare {
		of, t = Squares, t.args[0]
	}
	op := [...]*symbolic.OpSpec{Products: symbolic.OpMul, Squares: symbolic.OpSub}[of]
	if t.kind != apply || t.op != op || t.args[0].kind != read || t.args[1].kind != read {
		return of, nil, nil, false
	}
	return of, t.args[0], t.args[1], true
}

// A place is an element of a value, by indices in symbols of a comp.
type place struct {
	of    *value
	index []symbolic.Poly
}

// step is how far apart in memory the elements for neighbours along sym are.
func (p place) step(sym string) symbolic.Poly {
	strides, out := p.of.strides(), symbolic.Poly{}
	for k, e := range p.index {
		f, _, _ := linearIn(e, sym)
		out = out.Add(f.Mul(strides[k]))
	}
	return out
}

// strides are the steps along the axes of v where all of it is kept. If loops take axes
// from it, then what is one axis with another stays so.
func (v *value) strides() []symbolic.Poly {
	if v.of != nil {
		return v.of.strides()[len(v.lead):]
	}
	out, step := make([]symbolic.Poly, len(v.node.Shape)), symbolic.Int(1)
	for k := len(out) - 1; k >= 0; k-- {
		out[k] = step
		step = step.Mul(v.node.Shape[k])
	}
	return out
}

// areOne reports whether the axes outer and inner are one wherever they are found. A tile
// has some of the rows only, so these are within nothing.
func (c *comp) areOne(outer, inner, rows int, places ...place) bool {
	if inner == rows {
		return false
	}
	for _, p := range places {
		if !p.step(c.axes[outer].sym).Equal(p.step(c.axes[inner].sym).Mul(c.axes[inner].extent)) {
			return false
		}
	}
	return true
}

// chain lists the axes that are one with axis, outermost first.
func (c *comp) chain(axis int, of []int, rows int, places ...place) []int {
	out := []int{axis}
	for found := true; found; {
		found = false
		for _, i := range of {
			switch {
			case slices.Contains(out, i):
			case c.areOne(i, out[0], rows, places...):
				out, found = append([]int{i}, out...), true
			case c.areOne(out[len(out)-1], i, rows, places...):
				out, found = append(out, i), true
			}
		}
	}
	return out
}

// longest is the longest chain of axes, the one with rows if others are no longer.
func (c *comp) longest(of []int, rows int, places ...place) []int {
	var best []int
	most := 0
	for _, i := range of {
		chain := c.chain(i, of, rows, places...)
		size := c.length(chain, rows)
		if best == nil || size > most || size == most && slices.Contains(chain, rows) {
			best, most = chain, size
		}
	}
	return best
}

// length is the size of axes that are one.
func (c *comp) length(axes []int, rows int) int {
	size := 1
	for _, i := range axes {
		switch {
		case i != rows:
			size *= guess(c.axes[i].extent)
		case c.size < leastRows: // not known yet
			size *= usualRows
		default:
			size *= c.size
		}
	}
	return size
}

// over reports whether the axis is one of those that x contracts.
func (x contraction) over(axis int) bool {
	return slices.Contains(x.m, axis) || slices.Contains(x.n, axis) || slices.Contains(x.k, axis)
}

// forwards reports whether both factors are gone through from their beginnings.
func (c *comp) forwards(x contraction) bool {
	for _, t := range []*term{x.a, x.b} {
		for _, p := range t.index {
			for _, axis := range slices.Concat(x.m, x.n, x.k) {
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
	for _, i := range slices.Backward(sums) { // inner axes are likelier to be side by side
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
	if x, ok := c.contractionOf(rows, -1); ok && how.pays(c, x, rows) {
		c.contractBy(x, c.order[0])
	}
}

// contractsAlone does so where there are no tiles. A first loop that others may
// share already stays the first.
func (c *comp) contractsAlone(how tiling) {
	if len(c.order) == 0 {
		return
	}
	first := -1
	if !short(c.loopAt(0).extent) {
		first = c.order[0]
	}
	if x, ok := c.contractionOf(-1, first); ok && how.paysAlone(c, x) && (first < 0 || x.around[0] == first) {
		c.contractBy(x)
	}
}

// contractsWhole does so where a long loop that would be shared is an inner axis of the sums, and
// nothing goes around: tiles of it could not be one with the axis outside.
func (c *comp) contractsWhole(how tiling) {
	x, ok := c.contractionOf(-1, -1)
	if ok && len(x.around) == 0 && slices.Contains(x.k[1:], c.order[0]) && how.paysAlone(c, x) {
		c.contractBy(x)
	}
}

func (c *comp) contractBy(x contraction, tiles ...int) {
	c.contract = len(tiles) + len(x.around) + 1
	c.sorts = [3]int{len(x.m), len(x.n), len(x.k)}
	c.terms, c.a, c.b = x.terms, x.a, x.b
	c.limits = c.bounds(x)
	c.order = slices.Concat(tiles, x.around, x.m, x.n, x.k)
}

func (c *comp) contractsAt(depth int) bool { return c.contract == depth+1 }

// outs is the number of a contraction's loops over axes of the result.
func (c *comp) outs() int { return c.sorts[0] + c.sorts[1] }

// contractLoops are the loops of a contraction over m, n and k.
func (c *comp) contractLoops() (m, n, k []*group) {
	loops := c.path[c.contract-1:]
	at := c.outs()
	return loops[:c.sorts[0]], loops[c.sorts[0]:at], loops[at : at+c.sorts[2]]
}

// isRow reports whether c's loop at a depth is over the rows of a tile.
func (c *comp) isRow(depth int) bool {
	return depth > 0 && depth < len(c.order) && c.loopAt(0).tile && c.loopAt(depth).sym == c.loopAt(0).sym
}

func (c *comp) axisOfSym(sym string) int {
	a, _ := c.axisSym(sym)
	return a
}

// ---- groups

// contraction makes the loops of c.
func (f *level) contraction(c *comp) *group {
	var first, parent *group = nil, f.parent
	for d := f.depth; d < len(c.order); d++ {
		a := c.loopAt(d)
		g := &group{parent: parent, depth: d, loop: true, extent: a.extent, spine: c.isSpine(a.extent), row: c.isRow(d), comps: []*comp{c}}
		if first == nil {
			first, g.contract = g, true
		} else {
			parent.body = append(parent.body, g)
		}
		c.path = append(c.path, g)
		parent = g
	}
	for _, sort := range []func(m, n, k []*group) []*group{
		func(m, _, _ []*group) []*group { return m },
		func(_, n, _ []*group) []*group { return n },
		func(_, _, k []*group) []*group { return k },
	} {
		loops := sort(c.contractLoops())
		for _, g := range loops[:len(loops)-1] {
			g.merged = true
		}
	}
	leaf := &group{parent: parent, depth: len(c.order), comps: []*comp{c}}
	parent.body = append(parent.body, leaf)
	c.path = append(c.path, leaf)
	return first
}

// before returns the contraction that c may be done with, element by element
// as its sums are complete: c computes an element for each of them, from them
// and from what is there before. It is the last group that c has to wait for.
func (f *level) before(c *comp) *group {
	if c.contract > 0 || c.combine != nil || len(c.data) > 0 || len(c.conds) > 0 || c.guarded() {
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
	end := f.depth + g.comps[0].outs()
	if end != c.loops() || !c.mergesAs(g) {
		return nil
	}
	for d := f.depth; d < end; d++ {
		if c.loopAt(d).out < 0 {
			return nil
		}
	}
	// What is done with one sum must not change a factor of the next.
	if p := g.comps[0]; c.target.shares(p.a, p.b) {
		return nil
	}
	for _, v := range c.reads() {
		for _, p := range v.writers {
			if !f.here(p) || p.path[f.depth] != g {
				continue
			}
			for d := f.depth; d < end; d++ {
				if p.isRow(d) != c.isRow(d) || !runsAlong(p, c, v, d) {
					return nil
				}
			}
		}
	}
	return g
}

// mergesAs reports whether the loops of c that are one in the contraction g are so in all
// that c reads and writes, and count for nothing else.
func (c *comp) mergesAs(g *group) bool {
	places := []place{{c.target, c.index}}
	ok := true
	merged := map[string]bool{}
	m, n, _ := g.comps[0].contractLoops()
	for _, h := range slices.Concat(m[:len(m)-1], n[:len(n)-1]) {
		merged[c.loopAt(h.depth).sym], merged[c.loopAt(h.depth+1).sym] = true, true
	}
	c.each(func(t *term) {
		switch t.kind {
		case read:
			places = append(places, place{t.val, t.index})
		case whole:
			ok = ok && !slices.ContainsFunc(t.poly.Syms(), func(s string) bool { return merged[s] })
		}
	})
	for _, h := range slices.Concat(m[:len(m)-1], n[:len(n)-1]) {
		ok = ok && c.areOne(c.order[h.depth], c.order[h.depth+1], -1, places...)
	}
	return ok
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
	m, n, _ := g.comps[0].contractLoops()
	last := n[len(n)-1]
	if len(last.body) == 1 {
		last.body = append(last.body, &group{parent: last, depth: last.depth + 1})
	}
	for _, h := range append(slices.Concat(m, n), last.body[1]) {
		h.comps = append(h.comps, c)
		c.path = append(c.path, h)
	}
}

// keepSums keeps the memory of a contraction's sums where nothing that is done
// with them is stored in their place.
func (c *comp) keepSums() {
	v, at := c.target, c.contract-1
	lost := func(e *comp) (some, all bool) {
		all = true
		for d := at; d < at+c.outs(); d++ {
			is := e.target.lost[e.loopAt(d).out]
			some, all = some || is, all && is
		}
		return some, all
	}
	if _, all := lost(c); !all {
		return
	}
	for _, e := range c.path[at].comps[1:] {
		t := e.target
		if t.shares(c.a, c.b) {
			continue // what is read may not be written while it is
		}
		if some, _ := lost(e); t.node.Type == symbolic.Real && len(t.writers) == 1 && !(t.kind == Temp && some) {
			return
		}
	}
	for d := at; d < at+c.outs(); d++ {
		v.lost[c.loopAt(d).out] = false
	}
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

// contract makes the statement for the loops of g.
func (e *emitter) contract(g *group, first bool) {
	c := g.comps[0]
	v := c.target
	for _, each := range g.comps {
		e.hoist(each, g.depth)
	}
	m, n, k := c.contractLoops()
	rows, cols, sums := m[len(m)-1], n[len(n)-1], k[len(k)-1]
	s := &Contract{Of: c.terms, Sum: c.acc, M: e.extents(m), N: e.extents(n), K: e.extents(k)}
	s.Epilogue = e.scope(func() {
		s.Row = e.counter(rows)
		rows.name = s.Row.Name
		s.Col = e.counter(cols)
		cols.name, sums.name = s.Col.Name, "~k"
		s.A, s.B = e.access(c, c.a), e.access(c, c.b)
		_, added := v.fillAt()
		s.Accumulate = added && !first
		v.v, v.local = s.Sum, c.path[:g.depth+c.outs():g.depth+c.outs()]
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
	for _, p := range c.limits {
		if b := boundOf(e.poly(c, p), rows.name, cols.name, sums.name); b.K != 0 || len(s.Epilogue) == 0 {
			s.Within = append(s.Within, b)
		}
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
	m, n, k := c.contractLoops()
	a.M, a.Base, _ = linearIn(a.Base, m[len(m)-1].name)
	a.N, a.Base, _ = linearIn(a.Base, n[len(n)-1].name)
	a.K, a.Base, _ = linearIn(a.Base, k[len(k)-1].name)
	return a
}

// extents is how often loops that are one go around.
func (e *emitter) extents(loops []*group) symbolic.Poly {
	n := symbolic.Int(1)
	for _, g := range loops {
		n = n.Mul(e.extent(g))
	}
	return n
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
