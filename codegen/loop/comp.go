package loop

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// A comp is one way in which a value is written: for all points of its axes,
// the element of target at index is set to body, or combined with it.
type comp struct {
	*tiling
	id      int
	node    *symbolic.Node // what body computes
	axes    []axis
	order   []int // axis numbers, outermost loop first
	body    *term
	data    []*term // whole numbers that indices speak of
	target  *value
	index   []symbolic.Poly
	conds   []symbolic.Cond  // of a scatter: where to write at all
	combine *symbolic.OpSpec // nil: set
	unit    float64          // what combining starts from
	arg     bool             // the position of the best is what is wanted
	scatter bool             // elements go where index says, several to one place
	needs   []*value         // what must be there before, though it is not read: numbers of passes
	late    bool             // it changes what all others of its pass read before

	contract int             // one more than the depth of the first of the loops that are a contraction; 0 if none
	sorts    [3]int          // how many of those are over m, n and k
	terms    Terms           // what it adds up
	a, b     *term           // its factors, the one that has n last
	limits   []symbolic.Poly // not negative where a term counts

	region *region // of a loop of the graph, which has nothing else
	around []*pass // the loops of the graph that it is in

	path []*group // the groups it is in, outermost first

	acc, best *Var // of a reduction, while statements are made
	noted     bool
}

// An axis is a loop that a comp needs.
type axis struct {
	sym    string
	extent symbolic.Poly
	out    int     // the axis of target that it is, or -1
	tile   bool    // it stands for the tiles of the batch, of which another axis has the rows
	window *window // the part of it that the loop goes over; nil: all
}

func (c *comp) dataSym(i int) string { return fmt.Sprintf("~%d$%d", c.id, i) }

func (c *comp) dataOf(sym string) (int, bool) {
	rest, ok := strings.CutPrefix(sym, fmt.Sprintf("~%d$", c.id))
	if !ok {
		return 0, false
	}
	n := 0
	_, err := fmt.Sscanf(rest, "%d", &n)
	return n, err == nil
}

func (c *comp) axisSym(sym string) (int, bool) {
	for i, a := range c.axes {
		if a.sym == sym {
			return i, true
		}
	}
	return 0, false
}

// build makes the values and comps, arguments before users.
func (l *lowering) build(roots []*symbolic.Node) {
	nodes := l.needed(roots)
	taken := map[*symbolic.Node]bool{}
	for _, n := range nodes {
		if _, ok := n.Attr.(symbolic.Input); ok {
			l.values[n] = l.newValue(n, In, isInput)
		}
	}
	parts := partsOf(nodes)
	l.done = map[*symbolic.Node]bool{}
	for i, r := range roots {
		v := l.result(i, r)
		l.outs = append(l.outs, v)
		if r.Op.Class != symbolic.Leaf && !taken[r] {
			taken[r] = true
			l.values[r] = v
		}
	}
	for _, n := range nodes {
		why := l.store[n]
		if n.Op == symbolic.OpLoop {
			l.region(n, parts[n])
		}
		if why == inlined || n.Op.Class == symbolic.Leaf || l.done[n] {
			continue
		}
		v := l.values[n]
		if v == nil {
			v = l.newValue(n, Temp, why)
		} else {
			delete(l.values, n) // while it is built it is not read
		}
		l.write(v, n)
		l.values[n] = v
	}
	for i, r := range roots {
		if v := l.outs[i]; l.values[r] != v {
			l.writeAll(v, r) // an input, or a value that is also another result
		}
	}
	if l.outer == nil {
		l.dropUnread()
		l.readers()
	}
}

// needed lists what has to be computed for roots, arguments before users. A body
// computes nothing that has a value around it.
func (l *lowering) needed(roots []*symbolic.Node) []*symbolic.Node {
	roots = append(slices.Clip(roots), l.lateNodes()...)
	nodes := symbolic.Ordered(roots...)
	if l.outer == nil {
		return nodes
	}
	seen := map[*symbolic.Node]bool{}
	stack := slices.Clone(roots)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[n] || n.Op.Class != symbolic.Leaf && !slices.Contains(roots, n) && l.outer.valueOf(n) != nil {
			continue
		}
		seen[n] = true
		stack = append(stack, n.Args...)
	}
	return slices.DeleteFunc(nodes, func(n *symbolic.Node) bool { return !seen[n] })
}

// readers records who reads what.
func (l *lowering) readers() {
	for _, c := range l.comps {
		for _, v := range c.reads() {
			v.readers = append(v.readers, c)
		}
	}
}

// reads lists the values that c reads, each once, in order of first use.
func (c *comp) reads() []*value {
	if c.region != nil {
		return c.region.reads
	}
	var out []*value
	seen := map[*value]bool{}
	c.each(func(t *term) {
		if t.kind == read && !seen[t.val] {
			seen[t.val] = true
			out = append(out, t.val)
		}
	})
	return append(out, c.needs...)
}

// write makes the comps that compute n into v.
func (l *lowering) write(v *value, n *symbolic.Node) {
	switch {
	case n.Op.Class == symbolic.Reduction:
		l.writeReduction(v, n)
	case n.Op.Class == symbolic.Scatter:
		l.writeScatter(v, n)
	case isConcat(n):
		l.writeParts(v, n)
	case l.writeSum(v, n):
	default:
		l.writeAll(v, n)
	}
}

func (l *lowering) newComp(v *value, n *symbolic.Node, shape symbolic.Shape) (*comp, *builder, []symbolic.Poly) {
	c := &comp{id: len(l.comps), node: n, target: v, around: l.passes, tiling: &l.tiling}
	at := make([]symbolic.Poly, len(shape))
	for i, d := range shape {
		c.axes = append(c.axes, axis{sym: fmt.Sprintf("~%d#%d", c.id, i), extent: d, out: -1})
		at[i] = symbolic.Sym(c.axes[i].sym)
	}
	return c, &builder{l: l, c: c, memo: map[string]*term{}}, at
}

// add finishes a comp.
func (l *lowering) add(c *comp) {
	for k, e := range c.index {
		s, ok := e.AsSym()
		if !ok {
			continue
		}
		a, ok := c.axisSym(s)
		if !ok || !c.axes[a].extent.Equal(c.target.node.Shape[k]) {
			continue
		}
		alone := true
		for j, other := range c.index {
			alone = alone && (j == k || !mentions(other, s))
		}
		if alone {
			c.axes[a].out = k
		}
	}
	c.needs = l.passesOf(c)
	c.order = loopOrder(c)
	c.each(func(t *term) {
		for _, a := range t.args {
			a.uses++
		}
	})
	c.target.writers = append(c.target.writers, c)
	l.comps = append(l.comps, c)
}

func mentions(p symbolic.Poly, sym string) bool {
	for _, s := range p.Syms() {
		if s == sym {
			return true
		}
	}
	return false
}

// writeAll computes every element of v by itself.
func (l *lowering) writeAll(v *value, n *symbolic.Node) {
	l.writeAt(v, n, make([]*int, len(v.node.Shape)))
}

// writeAt computes the elements of v that have the given indices.
func (l *lowering) writeAt(v *value, n *symbolic.Node, given []*int) {
	var free symbolic.Shape
	for k, d := range v.node.Shape {
		if given[k] == nil {
			free = append(free, d)
		}
	}
	c, b, axes := l.newComp(v, n, free)
	for _, i := range given {
		if i != nil {
			c.index = append(c.index, symbolic.Int(*i))
			continue
		}
		c.index = append(c.index, axes[0])
		axes = axes[1:]
	}
	if l.valueOf(n) != nil || n.Op.Class == symbolic.Leaf || l.aliasOf(n) != nil {
		c.body = b.at(n, c.index)
	} else {
		c.body = b.compute(n, c.index)
	}
	if k, size := c.pickedAxis(); k >= 0 {
		for i := range size {
			one := slices.Clone(given)
			one[k] = &i
			l.writeAt(v, n, one)
		}
		return
	}
	l.add(c)
}

// few is how many elements are written one by one where each has an equation
// of its own.
const few = 8

// pickedAxis is a short axis of the target that some condition picks single
// elements of, as the gradient by w does that was read as w[0], w[1] and w[2].
func (c *comp) pickedAxis() (axis, size int) {
	axis = -1
	for k, p := range c.index {
		n, ok := c.target.node.Shape[k].Const()
		if s, isAxis := p.AsSym(); ok && isAxis && n <= few {
			c.each(func(t *term) {
				for _, cond := range t.conds {
					if cond.Kind == symbolic.Zero && mentions(cond.E, s) {
						axis, size = k, n
					}
				}
			})
		}
	}
	return axis, size
}

// writeReduction accumulates. A sum of sums is one sum.
func (l *lowering) writeReduction(v *value, n *symbolic.Node) {
	x := n.Args[0]
	c, b, at := l.newComp(v, n, x.Shape)
	axes := n.Attr.(symbolic.Axes)
	for i := range x.Shape {
		if !axes.Has(i) {
			c.index = append(c.index, at[i])
		}
	}
	c.combine, c.unit, c.arg = n.Op.Combine, n.Op.Unit, n.Op.Arg
	c.body = b.at(x, at)
	l.add(c)
}

// writeScatter lays out what adding each element of the argument at its place
// gives.
func (l *lowering) writeScatter(v *value, n *symbolic.Node) {
	if !l.addScattered(v, n) {
		c, _, at := l.newComp(v, n, n.Shape)
		c.index, c.body = slices.Clone(at), &term{node: n, typ: n.Type, kind: number}
		l.add(c)
	}
}

// addScattered adds each element of the argument at its place. Where none has
// one it adds nothing and returns false.
func (l *lowering) addScattered(v *value, n *symbolic.Node) bool {
	x, m := n.Args[0], n.Attr.(*symbolic.Map)
	c, b, at := l.newComp(v, n, x.Shape)
	sub := b.substitution(n.Args[1:], at)
	for _, e := range m.Index {
		c.index = append(c.index, e.Subst(sub))
	}
	never := false
	c.conds, never = b.conds(m.Guard, sub)
	if never {
		return false
	}
	c.combine, c.scatter = symbolic.OpAdd, true
	c.body = b.at(x, at)
	l.add(c)
	return true
}

// writeParts copies each part of a concatenation into its range.
func (l *lowering) writeParts(v *value, n *symbolic.Node) {
	l.writePartsAt(v, n, make([]symbolic.Poly, len(n.Shape)))
}

// writePartsAt does so from the given index on. Parts that are put together
// themselves, for this only, go where they belong at once.
func (l *lowering) writePartsAt(v *value, n *symbolic.Node, from []symbolic.Poly) {
	along := n.Attr.(symbolic.Axes)[0]
	from = slices.Clone(from)
	for _, part := range n.Args {
		if isConcat(part) && l.store[part] == inlined {
			l.writePartsAt(v, part, from)
		} else {
			c, b, at := l.newComp(v, part, part.Shape)
			for k := range at {
				c.index = append(c.index, at[k].Add(from[k]))
			}
			c.body = b.at(part, at)
			l.add(c)
		}
		from[along] = from[along].Add(part.Shape[along])
	}
}

// writeSum lets the terms of a sum that are accumulated accumulate in one
// place: Σ_b δ·xᵀ + λ·W adds λ·W to what the loop over b has left.
func (l *lowering) writeSum(v *value, n *symbolic.Node) bool {
	if n.Op != symbolic.OpAdd || len(n.Shape) == 0 {
		return false
	}
	var summands []*symbolic.Node
	stack := []*symbolic.Node{n}
	for len(stack) > 0 {
		m := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if m.Op == symbolic.OpAdd && (m == n || l.store[m] == inlined && l.uses[m] == 1) {
			stack = append(stack, m.Args[1], m.Args[0])
			continue
		}
		summands = append(summands, m)
	}
	var rest []*symbolic.Node
	var here []*value
	for _, m := range summands {
		if u := l.values[m]; u != nil && l.accumulates(u) {
			here = append(here, u)
		} else {
			rest = append(rest, m)
		}
	}
	if len(here) == 0 {
		return false
	}
	for _, u := range here {
		for _, c := range u.writers {
			c.target = v
			v.writers = append(v.writers, c)
		}
		delete(l.values, u.node)
		l.order = slices.DeleteFunc(l.order, func(w *value) bool { return w == u })
	}
	for _, m := range rest {
		c, b, at := l.newComp(v, m, n.Shape)
		c.index, c.combine = at, symbolic.OpAdd
		c.body = b.at(m, at)
		l.add(c)
	}
	return true
}

// accumulates reports whether u is a temporary that is added up in an array
// and read by one sum only.
func (l *lowering) accumulates(u *value) bool {
	if u.kind != Temp || l.uses[u.node] != 1 {
		return false
	}
	for _, c := range u.writers {
		if c.combine != symbolic.OpAdd || c.arg || !c.inArray() || l.finishes(c) {
			return false
		}
	}
	return true
}

// finishes reports whether c may be a contraction over the rows of a tile, whose sums are complete
// in it: the sum that reads them then is done with each of them, and needs no memory.
func (l *lowering) finishes(c *comp) bool {
	x, ok := c.contractionOf(-1, -1)
	for i, a := range c.axes {
		ok = ok && (a.out >= 0 || slices.Contains(x.k, i))
	}
	return ok && l.worthProduct(c.shape()) && slices.ContainsFunc(x.m, func(i int) bool { return c.isSpine(c.axes[i].extent) })
}

// shape is the sizes of the axes.
func (c *comp) shape() symbolic.Shape {
	out := make(symbolic.Shape, len(c.axes))
	for i, a := range c.axes {
		out[i] = a.extent
	}
	return out
}

// inArray reports whether the result of c is accumulated in memory: a loop
// over an axis of the result is inside of one that accumulates.
func (c *comp) inArray() bool {
	first, ok := c.firstReduced()
	return c.scatter || ok && c.combine != nil && c.lastOut() > first
}

// firstReduced is the position in order of the outermost loop that is not over
// an axis of the target.
func (c *comp) firstReduced() (int, bool) {
	for i, a := range c.order {
		if c.axes[a].out < 0 {
			return i, true
		}
	}
	return len(c.order), false
}

// lastOut is the position in order of the innermost loop over an axis of the
// target, or -1.
func (c *comp) lastOut() int {
	for i := len(c.order) - 1; i >= 0; i-- {
		if c.axes[c.order[i]].out >= 0 {
			return i
		}
	}
	return -1
}
