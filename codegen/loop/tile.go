package loop

import (
	"fmt"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// tiling says how batches are cut into tiles.
type tiling struct {
	spine string // the size that outermost loops go over, in tiles where that pays
	size  int    // examples a tile; 0: as shapes suggest
	any   bool   // whatever can be a contraction is one, for tests

	each, weights int // what size follows from: temporaries of an example, parameters
}

// What a size that is known at run time only is taken for; and one beside the rows of a
// tile, of which a func has several where a model has what its layers say.
const (
	typical = 256
	besides = 48
)

// guess returns a size, about.
func guess(p symbolic.Poly) int { return guessBy(p, typical) }

// guessBy is guess with another number for what is not known.
func guessBy(p symbolic.Poly, unknown int) int {
	n, err := p.Eval(func(string) (int, bool) { return unknown, true })
	if err != nil {
		return unknown
	}
	return n
}

// pays reports whether a contraction is better done over a tile than example
// by example.
func (how tiling) pays(c *comp, x contraction, rows int) bool {
	size, largest := c.beside(x, rows)
	return how.any || largest >= 8 && size >= 64
}

// paysAlone reports whether a contraction that is not over the rows of a tile is
// worth more than three loops.
func (how tiling) paysAlone(c *comp, x contraction) bool {
	size, longest := 1, 0
	for _, axes := range [][]int{x.m, x.n, x.k} {
		n := c.length(axes, -1)
		size *= n
		longest = max(longest, n)
	}
	return how.any || longest >= longSide && size >= 8*bigMatrix
}

// worthProduct reports whether a sum of products over axes of a shape is worth
// factors that are stored: then it can be a contraction.
func (how *tiling) worthProduct(shape symbolic.Shape) bool {
	size, longest, least := 1, 0, 8*bigMatrix
	for _, d := range shape {
		if how.isSpine(d) {
			least = bigMatrix
			continue
		}
		size *= guess(d)
		longest = max(longest, guess(d))
	}
	return how.any || longest >= longSide && size >= least
}

// beside is the size of a contraction beside its rows, and its longest axis.
func (c *comp) beside(x contraction, rows int) (size, largest int) {
	size = 1
	for _, axes := range [][]int{x.m, x.n, x.k} {
		n := c.length(slices.DeleteFunc(slices.Clone(axes), func(i int) bool { return i == rows }), -1)
		size *= n
		largest = max(largest, n)
	}
	return size, largest
}

// short reports whether all of an axis is no more than a tile.
func short(extent symbolic.Poly) bool {
	n, ok := extent.Const()
	return ok && n <= mostRows
}

// tileGroup makes an outermost loop, over the batch or something else that is
// long, one over tiles, in which all comps have a loop over the rows, if it
// holds a contraction that is worth it: one over rows, with weights enough to
// be read once a tile and not for each row.
func (l *lowering) tileGroup(g *group) {
	if g.depth > 0 || short(g.extent) || g.window != nil {
		return
	}
	found, worth := 0, false
	for _, c := range g.comps {
		rows := c.order[0]
		x, ok := c.contractionOf(rows, -1)
		if !ok || !x.over(rows) {
			continue
		}
		size, largest := c.beside(x, rows)
		found++
		worth = worth || l.any || largest >= longSide && size >= bigMatrix || l.spine != module.Batch && l.pays(c, x, rows)
	}
	if !worth {
		why := "no matrix products over the batch"
		if found > 0 {
			why = fmt.Sprintf("no matrix has %d rows or columns and %d elements", longSide, bigMatrix)
		}
		if g.spine {
			l.notes = append(l.notes, "example by example: "+why)
		}
		for _, c := range g.comps {
			c.contractsAlone(l.tiling)
		}
		return
	}
	rows, over := "examples", "the batch"
	if !g.spine || l.spine != module.Batch {
		rows, over = "rows", g.extent.String()
	}
	note := fmt.Sprintf("tiles of %d %s: %d matrix products over %s", l.size, rows, found, over)
	if l.each > 0 {
		each := map[string]string{"examples": "an example", "rows": "a row"}[rows]
		note += fmt.Sprintf("; temporaries of %d numbers %s, %d weights", l.each, each, l.weights)
	}
	l.notes = append(l.notes, note)
	g.tile, g.size = true, symbolic.Int(l.size)
	for _, c := range g.comps {
		spine := c.loopAt(0)
		spine.tile = true
		c.axes = append(c.axes, spine)
		c.order = append([]int{len(c.axes) - 1}, c.order...)
		c.contracts(l.tiling)
	}
	rowsInside(g.comps)
}

// rowsInside puts the rows of a tile within a loop that goes around contractions, in all that
// has loops over both and one within, so that what goes into them and what comes out of them is
// there for one turn of that loop only. It does so where all that has to do with each other agrees.
func rowsInside(comps []*comp) {
	seen := map[*comp]bool{}
	for _, c := range comps {
		if c.contract > 2 && !c.isRow(1) && !seen[c] {
			around := c.loopAt(1).extent
			together := c.together(comps)
			agree := true
			for _, e := range together {
				seen[e] = true
				agree = agree && (e.rowsWithin(around) || e.rowsAround(around))
			}
			for _, e := range together {
				if agree && e.rowsAround(around) {
					e.order[1], e.order[2] = e.order[2], e.order[1]
				}
			}
		}
	}
}

// rowsWithin reports that c is a contraction in a loop over so many, which has the rows within.
func (c *comp) rowsWithin(around symbolic.Poly) bool {
	return c.contract > 2 && !c.isRow(1) && c.loopAt(1).extent.Equal(around)
}

// rowsAround reports that the loop over the rows, which such a loop is in, could be in it.
func (c *comp) rowsAround(around symbolic.Poly) bool {
	return c.contract == 0 && len(c.order) > 3 && c.isRow(1) && c.loopAt(2).extent.Equal(around)
}

// together are the comps that c has to do with through temporaries of three axes and more.
func (c *comp) together(comps []*comp) []*comp {
	out, seen := []*comp{c}, map[*comp]bool{c: true}
	for i := 0; i < len(out); i++ {
		for _, v := range append(slices.Clip(out[i].reads()), out[i].target) {
			if v.kind != Temp || len(v.node.Shape) < 3 {
				continue
			}
			for _, e := range slices.Concat(v.writers, v.readers) {
				if !seen[e] && slices.Contains(comps, e) {
					seen[e] = true
					out = append(out, e)
				}
			}
		}
	}
	return out
}

// A matrix is worth a tile from this size on.
const (
	longSide  = 16
	bigMatrix = 512
)

// Rows a tile has at least and at most, and the numbers that should stay in a
// core's second cache.
const (
	leastRows = 16
	mostRows  = 512
	usualRows = 128
	cached    = 1 << 18
)

// tiled reports whether a program goes through a batch in tiles.
func tiled(p *Program) bool {
	found := false
	Walk(p.Body, func(s Stmt) {
		_, is := s.(*Tile)
		found = found || is
	})
	return found
}

// perTile is the size of the temporaries that are needed while a tile is. What
// is kept for the whole batch, from pass to pass of a loop or for what follows a sum over the batch, goes
// through memory in any case.
func perTile(p *Program, spine string) symbolic.Poly {
	return MakePlan(p).Reals.Subst(func(s string) (symbolic.Poly, bool) { return symbolic.Poly{}, s == spine })
}

// weightsOf counts the parameters that a program reads.
func weightsOf(p *Program) int {
	n := 0
	for _, b := range p.Buffers {
		if in, ok := b.Node.Attr.(symbolic.Input); ok && in.Kind == symbolic.ParamInput {
			n += guess(b.Shape.Size())
		}
	}
	return n
}

// rowsFor chooses the number of examples in a tile, given the temporaries of
// one: a power of two, so a multiple of what kernels do at a time. With more of
// them a tile's temporaries no longer fit the cache and go through memory,
// written and read; with fewer the weights do so more often, read twice, their
// gradients read and written. The number that moves least is taken, as long as
// temporaries do not take more memory than the weights or the cache. It follows
// from shapes alone, so results do not depend on the machine.
func rowsFor(each, weights int) int {
	best, least := 0, 0.0
	for rows := leastRows; rows <= mostRows; rows *= 2 {
		if rows > leastRows && each*rows > max(cached, weights) {
			break
		}
		cost := 0.0
		if each*rows > cached {
			cost += 2 * float64(each)
		}
		if each*rows+weights > cached {
			cost += 4 * float64(weights) / float64(rows)
		}
		if best == 0 || cost < least || cost == least && rows <= usualRows {
			best, least = rows, cost
		}
	}
	return best
}
