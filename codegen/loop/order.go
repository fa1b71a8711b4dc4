package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// loopOrder returns the axes of c, outermost loop first. The batch is
// outermost, unless a position is looked for along it. The innermost loop is the one that walks memory by steps of one
// most often, where both would do a reduction, so that it adds up in a
// register: W·x becomes dot products, Wᵀ·δ adds rows. An exponent comes before that.
// The others follow from the inside out by the same count.
func loopOrder(c *comp) []int {
	var free, order []int
	spine := -1
	for i, a := range c.axes {
		if spine < 0 && c.isSpine(a.extent) && !(c.arg && a.out < 0) {
			spine = i
			continue
		}
		free = append(free, i)
	}
	walks := c.walks()
	for len(free) > 0 {
		best, least := 0, 0
		for k := len(free) - 1; k >= 0; k-- {
			cost := 2 * strideCost(walks, free[k], free, len(order) == 0)
			if c.axes[free[k]].out >= 0 {
				cost++
			}
			if len(order) == 0 && c.isExponent(free[k]) {
				cost -= 1000 // from turn to turn the power is multiplied once
			}
			if c.arg && c.axes[free[k]].out >= 0 {
				cost += 1000 // the position is kept in a register
			}
			if k == len(free)-1 || cost < least {
				best, least = k, cost
			}
		}
		order = append(order, free[best])
		free = slices.Delete(free, best, best+1)
	}
	if spine >= 0 {
		order = append(order, spine)
	}
	slices.Reverse(order)
	return order
}

// isExponent reports whether something in c is raised to the power of an axis.
func (c *comp) isExponent(axis int) (found bool) {
	if c.body == nil {
		return false
	}
	c.each(func(t *term) {
		if t.kind == apply && t.op == symbolic.OpPowInt && t.args[1].kind == whole && mentions(t.args[1].poly, c.axes[axis].sym) {
			found = true
		}
	})
	return found
}

func isBatch(extent symbolic.Poly) bool {
	s, ok := extent.AsSym()
	return ok && s == module.Batch
}

// isSpine reports whether an extent is that of the outermost loops: the batch, or
// what a func has many of.
func (how *tiling) isSpine(extent symbolic.Poly) bool {
	s, ok := extent.AsSym()
	return ok && s == how.spine
}

// A walk is how one access goes through memory.
type walk struct {
	axes [][]int // for each index of the access, the axes that it depends on
	unit []int   // the axes that go from one element to the next
	bent []int   // the axes whose steps are not all the same
}

// walks lists the accesses of c.
func (c *comp) walks() []walk {
	var out []walk
	add := func(index []symbolic.Poly) {
		w := walk{axes: make([][]int, len(index))}
		for k, e := range index {
			for _, s := range e.Syms() {
				if a, ok := c.axisSym(s); ok {
					w.axes[k] = append(w.axes[k], a)
					if n, _, ok := e.Linear(s); ok && n*n == 1 && k == len(index)-1 {
						w.unit = append(w.unit, a)
					}
					if f, _, ok := linearIn(e, s); !ok || slices.ContainsFunc(f.Syms(), func(s string) bool { _, is := c.axisSym(s); return is }) {
						w.bent = append(w.bent, a)
					}
				}
				if i, ok := c.dataOf(s); ok {
					w.axes[k] = append(w.axes[k], c.axesOf(c.data[i])...)
				}
			}
		}
		out = append(out, w)
	}
	if len(c.index) > 0 {
		add(c.index)
	}
	c.each(func(t *term) {
		if t.kind == read && len(t.index) > 0 {
			add(t.index)
		}
	})
	return out
}

// axesOf lists the axes that t depends on.
func (c *comp) axesOf(t *term) []int {
	var out []int
	c.walk(t, func(t *term) bool {
		for _, e := range append(slices.Clip(t.index), t.poly) {
			for _, s := range e.Syms() {
				if a, ok := c.axisSym(s); ok {
					out = append(out, a)
				}
			}
		}
		return true
	})
	return out
}

// strideCost counts the accesses in which a has a larger stride than another
// of the free axes, or as innermost axis one other than 1. Where it has no stride at all, elements
// are found one by one.
func strideCost(walks []walk, a int, free []int, innermost bool) int {
	n := 0
	for _, w := range walks {
		at := slices.IndexFunc(w.axes, func(axes []int) bool { return slices.Contains(axes, a) })
		if at < 0 {
			continue
		}
		bad := innermost && !slices.Contains(w.unit, a)
		for _, axes := range w.axes[at+1:] {
			for _, b := range axes {
				bad = bad || b != a && slices.Contains(free, b)
			}
		}
		if bad {
			n++
		}
		if innermost && slices.Contains(w.bent, a) {
			n += 2
		}
	}
	return n
}
