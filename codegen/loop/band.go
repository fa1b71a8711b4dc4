package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// A group is one step of a body: a loop that its comps share, or comps that
// have no loop left and follow each other.
type group struct {
	parent *group // the loop around it, or nil
	depth  int    // the number of loops around it
	loop   bool
	extent symbolic.Poly
	window *window // the part that it goes over; nil: all
	comps  []*comp
	body   []*group      // what a loop does
	spine  bool          // it goes over the batch
	tile   bool          // it goes over the tiles of the batch,
	size   symbolic.Poly // which have that many rows at most
	row    bool          // it goes over the rows of a tile
	rows   string        // of a tile, while statements are made: how many those are
	name   string        // of the loop's variable, while statements are made

	contract bool // it and the loops in it are one contraction,
	merged   bool // of which it is one with the loop in it
}

// fuse arranges comps into loops. At each level comps are taken in order of
// dependence; one joins the first loop that comes late enough for what it
// reads and that it has something in common with, else it gets a loop of its
// own, as early as can be: so it is in nobody's way.
func (l *lowering) fuse() []*group {
	for _, c := range l.comps {
		switch {
		case len(c.order) == 0:
		case short(c.loopAt(0).extent):
			c.contractsAlone(l.tiling)
		default:
			c.contractsWhole(l.tiling)
		}
	}
	return l.fuseLevel(l.comps, nil, 0)
}

// fuseLevel arranges what is at one depth.
func (l *lowering) fuseLevel(comps []*comp, parent *group, depth int) []*group {
	f := &level{parent: parent, depth: depth, effort: l.proc.Graph.Effort, touched: map[*comp][]touch{}}
	for _, c := range comps {
		f.place(c)
	}
	f.restoreOrder()
	for _, g := range f.groups {
		if g.loop && !g.contract {
			l.tileGroup(g)
			g.body = l.fuseLevel(g.comps, g, depth+1)
		}
	}
	return f.groups
}

// A level is a body while comps are placed in it.
type level struct {
	parent *group
	depth  int
	groups []*group
	effort *symbolic.Effort

	touched map[*comp][]touch // by those placed here
}

// place puts c into a group.
func (f *level) place(c *comp) {
	f.effort.Spend(10 + len(c.reads())*len(f.groups)/32) // groups are looked through for each
	if g := f.before(c); g != nil {
		g.finishWith(c)
		return
	}
	first := f.earliest(c)
	if c.late && f.depth == 0 {
		first = len(f.groups)
	}
	loop := f.depth < len(c.order)
	// A long loop goes behind numbers that others may want to read in it.
	own := first
	for loop && !short(c.loopAt(f.depth).extent) && own < len(f.groups) && !f.groups[own].loop {
		own++
	}
	if c.contractsAt(f.depth) {
		f.groups = slices.Insert(f.groups, own, f.contraction(c))
		return
	}
	// In models the loop over the batch stands early enough; what a func computes from
	// its other arguments may come to stand behind the loop over its spine.
	if loop && f.depth == 0 && c.spine != module.Batch && c.isSpine(c.loopAt(0).extent) && f.spineBefore(c, first) {
		return
	}
	for i := first; i < len(f.groups); i++ {
		g := f.groups[i]
		if g.contract {
			continue
		}
		if g.loop && loop && g.row == c.isRow(f.depth) && g.extent.Equal(c.loopAt(f.depth).extent) && g.window == c.loopAt(f.depth).window && f.worth(c, g) || !g.loop && !loop && i == first {
			f.join(c, g)
			return
		}
	}
	g := &group{parent: f.parent, depth: f.depth, loop: loop}
	if loop {
		g.extent, g.window = c.loopAt(f.depth).extent, c.loopAt(f.depth).window
		g.spine = c.isSpine(g.extent)
		g.row = c.isRow(f.depth)
	}
	f.groups = slices.Insert(f.groups, own, g)
	f.join(c, g)
}

// spineBefore puts c into a loop over the spine that stands before something that
// c reads, if that does not have to stand after the loop: then it moves before it.
func (f *level) spineBefore(c *comp, first int) bool {
	for i, g := range f.groups[:first] {
		if !g.spine || !g.loop || g.contract || g.row != c.isRow(f.depth) || !g.extent.Equal(c.loopAt(f.depth).extent) {
			continue
		}
		// What c needs that stands after g, and all that this needs.
		moves := make([]bool, len(f.groups))
		free := f.needs(c, func(p *comp, v *value, at int) bool {
			return at == i && sameIteration(p, c, v, f.depth) || at != i && f.moves(moves, at, i)
		})
		if !free {
			continue
		}
		var before, after []*group
		for j, h := range f.groups[i:] {
			if j > 0 && moves[i+j] {
				before = append(before, h)
			} else {
				after = append(after, h)
			}
		}
		f.groups = append(append(slices.Clone(f.groups[:i]), before...), after...)
		f.join(c, g)
		return true
	}
	return false
}

// needs reports whether ok holds for each comp p at this level that writes
// something, v, that c reads, in the group with number at.
func (f *level) needs(c *comp, ok func(p *comp, v *value, at int) bool) bool {
	for _, v := range c.reads() {
		for _, p := range v.writers {
			if f.here(p) && !ok(p, v, slices.Index(f.groups, p.path[f.depth])) {
				return false
			}
		}
	}
	return true
}

// moves notes the groups behind group i that group at needs, itself too, and
// reports whether none of them needs group i.
func (f *level) moves(noted []bool, at, i int) bool {
	if at <= i || noted[at] {
		return at != i
	}
	noted[at] = true
	for _, c := range f.groups[at].comps {
		if !f.needs(c, func(_ *comp, _ *value, other int) bool { return other == at || f.moves(noted, other, i) }) {
			return false
		}
	}
	return true
}

func (f *level) join(c *comp, g *group) {
	g.comps = append(g.comps, c)
	c.path = append(c.path, g)
}

// earliest is the first position where everything that c reads is there: in
// the loop that makes it, where c can read it in the same iteration, else
// after that loop.
func (f *level) earliest(c *comp) int {
	first := 0
	for _, v := range c.reads() {
		for _, p := range v.writers {
			if !f.here(p) {
				continue // not written at this level, but before
			}
			at := slices.Index(f.groups, p.path[f.depth])
			if together := !f.groups[at].loop && f.depth == c.loops() || sameIteration(p, c, v, f.depth); !together || f.groups[at].contract {
				at++
			}
			first = max(first, at)
		}
	}
	return first
}

// loopAt is the axis of c's loop at a depth.
func (c *comp) loopAt(depth int) axis { return c.axes[c.order[depth]] }

// sameIteration reports whether, in a loop that p and c share, c reads of v
// only what p has written in the same iteration.
func sameIteration(p, c *comp, v *value, depth int) bool {
	if depth >= len(p.order) || depth >= len(c.order) || p.contractsAt(depth) || c.contractsAt(depth) || p.isRow(depth) != c.isRow(depth) {
		return false
	}
	return runsAlong(p, c, v, depth)
}

func runsAlong(p, c *comp, v *value, depth int) bool {
	k := p.loopAt(depth).out
	return k >= 0 && p.loopAt(depth).window == c.loopAt(depth).window && p.loopAt(depth).extent.Equal(c.loopAt(depth).extent) && c.readsAlong(v, k, c.loopAt(depth).sym)
}

// readsAlong reports whether all reads of v by c have sym as index k.
func (c *comp) readsAlong(v *value, k int, sym string) bool {
	ok := true
	want := symbolic.Sym(sym)
	c.each(func(t *term) {
		if t.kind == read && t.val == v {
			ok = ok && t.index[k].Equal(want)
		}
	})
	return ok
}

// worth reports whether c and the loop g have something in common: a value
// that c reads from g, one that both read or one that both write, in the same
// place. The loop over the batch is for all.
func (f *level) worth(c *comp, g *group) bool {
	if g.spine {
		return true
	}
	mine := f.touches(c)
	f.effort.Spend(1 + len(g.comps))
	for _, p := range g.comps {
		for _, t := range f.touches(p) {
			if slices.Contains(mine, t) {
				return true
			}
		}
	}
	return false
}

// A touch is a value and the axis of it that a loop walks along.
type touch struct {
	v    *value
	axis int
}

// touches is what the loop of c at this level walks along.
func (f *level) touches(c *comp) []touch {
	t, ok := f.touched[c]
	if !ok {
		t = c.touches(f.depth)
		f.touched[c] = t
	}
	return t
}

// touches lists what the loop of c at a depth walks along. Reading the same
// input counts only where both just pass over it: nests that do more with it
// are easier to read, and to schedule, one by one.
func (c *comp) touches(depth int) []touch {
	a := c.loopAt(depth)
	var out []touch
	if a.out >= 0 {
		out = append(out, touch{c.target, a.out})
	}
	passes := a.out >= 0 && depth == c.loops()-1
	want := symbolic.Sym(a.sym)
	c.each(func(t *term) {
		if t.kind != read || t.val.kind == In && !passes {
			return
		}
		for k, e := range t.index {
			if e.Equal(want) && !slices.Contains(out, touch{t.val, k}) {
				out = append(out, touch{t.val, k})
			}
		}
	})
	return out
}

// restoreOrder sorts the groups by their first comp as far as dependences
// permit, so that the program follows the model.
func (f *level) restoreOrder() {
	n := len(f.groups)
	if n < 2 {
		return
	}
	at := map[*group]int{}
	for i, g := range f.groups {
		at[g] = i
	}
	needs := make([]map[int]bool, n) // groups that must come before
	for i, g := range f.groups {
		needs[i] = map[int]bool{}
		for _, c := range g.comps {
			for _, v := range c.reads() {
				for _, p := range v.writers {
					if len(p.path) > f.depth {
						if j, ok := at[p.path[f.depth]]; ok && j != i {
							needs[i][j] = true
						}
					}
				}
			}
		}
	}
	var out []*group
	done := make([]bool, n)
	for len(out) < n {
		best := -1
		for i, g := range f.groups {
			if done[i] || best >= 0 && f.groups[best].comps[0].id < g.comps[0].id {
				continue
			}
			ready := true
			for j := range needs[i] {
				ready = ready && done[j]
			}
			if ready {
				best = i
			}
		}
		done[best] = true
		out = append(out, f.groups[best])
	}
	f.groups = out
}

// shrink takes from temporaries the axes of loops around all their writers
// and readers: of those only the current element is ever looked at.
func (l *lowering) shrink() {
	for _, v := range l.order {
		if v.kind != Temp || len(v.writers) == 0 {
			continue
		}
		for d := range v.shared() {
			a := v.writers[0].loopAt(d)
			switch {
			case a.out < 0:
			case a.tile:
				v.tile, v.tiled = v.writers[0].path[d], a.out
			default:
				v.lost[a.out] = true
			}
		}
	}
	for _, c := range l.comps {
		if c.contract > 0 {
			c.keepSums()
		}
	}
}

// shared is the number of loops around all writers and readers of v.
func (v *value) shared() int {
	first := v.writers[0].path
	n := v.writers[0].loops()
	for _, cs := range [][]*comp{v.writers, v.readers} {
		for _, c := range cs {
			d := 0
			for d < n && d < c.loops() && c.path[d] == first[d] && (c.target != v || c.loopAt(d).out == v.writers[0].loopAt(d).out) {
				d++
			}
			n = d
		}
	}
	return n
}

// loops is the number of loops around c.
func (c *comp) loops() int { return len(c.order) }

// rank is the number of axes that v has left.
func (v *value) rank() int {
	n := 0
	for _, lost := range v.lost {
		if !lost {
			n++
		}
	}
	return n
}
