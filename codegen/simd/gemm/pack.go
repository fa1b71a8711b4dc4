package gemm

import (
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A when says whether something is done: known when the code is written, or
// where a register is not 0, or from so many lines of the other factor on.
type when struct {
	known, yes bool
	flag       asm.G
	least      int
}

var (
	never  = when{known: true}
	always = when{known: true, yes: true}
)

// possible reports whether w may be.
func (w when) possible() bool { return !w.known || w.yes }

// branch runs one of two blocks.
func (g *gen) branch(w when, then, els func()) {
	switch {
	case !w.known:
		g.r.If(asm.NE, w.flag, g.r.Imm(0), then, els)
	case w.yes:
		then()
	case els != nil:
		els()
	}
}

// A factor is a matrix as the tiles read it, and how it is packed. Its lines
// are rows of A or columns of B: a group is as many of them as a vector has
// lanes, and holds for each k its elements side by side, with zeros or whatever
// beyond the last line.
type factor struct {
	base    asm.G // of line 0, k 0
	line, k step
	lo, hi  asm.G // lines of the call
	pack    when
	bit     int // of the parameter pack
	at      asm.G
}

// wantsPack says when to copy a factor whose lines lie side by side and whose
// elements of one line are so far apart along k. It costs about as much as
// multiplying by two of the other factor's lines, and pays where neighbours
// along k share a few places of the caches, or are on more pages than the
// processor knows at a time.
func (g *gen) wantsPack(apart, others symbolic.Poly) when {
	d, known := apart.Const()
	if !known {
		return g.wantsPackAtRunTime(apart, others)
	}
	k, known := g.k.Const()
	if !known {
		k = typical
	}
	least := 0
	switch d *= g.size; {
	case k < fewWays:
		return never
	case d%page == 0:
		least = fewWays
	case d%g.crowded() == 0 || d*k >= far:
		least = worthPacking
	default:
		return never
	}
	if n, known := others.Const(); known {
		return when{known: true, yes: n >= least}
	}
	return when{least: least}
}

func (g *gen) wantsPackAtRunTime(apart, others symbolic.Poly) when {
	r := g.r
	yes := r.GVar(r.Imm(0))
	set := func() { r.GSet(yes, r.Imm(1)) }
	bytes := r.GMul(g.value(apart), r.Imm(g.size))
	r.If(asm.GE, g.value(others), r.Imm(worthPacking), func() {
		r.If(asm.EQ, r.GAnd(bytes, r.Imm(g.crowded()-1)), r.Imm(0), set, nil)
		r.If(asm.GE, r.GMul(bytes, g.kSize), r.Imm(far), set, nil)
	}, nil)
	return when{flag: yes}
}

const (
	typical      = 256         // a size that is not known
	worthPacking = 32          // lines of the other factor
	fewWays      = 8           // neighbours that the first cache can hold where they crowd
	page         = 4096        // bytes after which its places repeat
	far          = 1024 * page // bytes from the first k to the last
)

// crowded is the number of bytes of which distances should not be a multiple.
func (g *gen) crowded() int {
	if g.t.ISA == asm.AVX2 {
		return page / 2 // narrow tiles read each line of the cache more often
	}
	return page
}

// packFactor copies the lines of the call, if it is asked to.
func (g *gen) packFactor(f *factor) {
	if !f.pack.possible() {
		return
	}
	r := g.r
	g.branch(f.pack, func() {
		asked := r.GAnd(r.Int(g.pack), r.Imm(f.bit))
		r.If(asm.NE, asked, r.Imm(0), func() {
			if f.line.known && f.line.bytes == g.size {
				g.packLines(f)
			} else {
				g.packTransposed(f)
			}
		}, nil)
	}, nil)
}

// packedAt is where the first line of the call is packed.
func (g *gen) packedAt(f *factor) asm.G {
	if f == &g.b {
		return f.at
	}
	return g.r.GAdd(f.at, g.times(g.group, g.r.GShr(f.lo, log2(g.lanes))))
}

// rowsAhead is how many rows before it copies one packLines asks for it: they
// are on pages of their own, where the processor does not foresee them.
const rowsAhead = 8

// packLines copies where lines lie side by side: for each k all that the call
// is for, as memory is best read.
func (g *gen) packLines(f *factor) {
	r := g.r
	count := r.GSub(f.hi, f.lo)
	full := r.GShr(count, log2(g.lanes))
	part := r.GAnd(count, r.Imm(g.lanes-1))
	mask := r.TailMask(part)
	src := r.GVar(r.Lea(f.base, f.lo, g.size, 0))
	dst := r.GVar(g.packedAt(f))
	wide := g.t.ISA.Bytes()
	ahead := g.times(f.k, r.Imm(rowsAhead))
	r.Repeat(g.kSize, func() {
		s, d := r.GVar(src), r.GVar(dst)
		r.Repeat(full, func() {
			r.Prefetch(asm.Mem{Base: s, Index: ahead, Scale: 1}, asm.T0)
			r.Store(asm.Mem{Base: d}, r.Load(asm.Mem{Base: s}))
			r.GAddTo(s, r.Imm(wide))
			g.along(d, g.group, 1)
		})
		r.If(asm.GT, part, r.Imm(0), func() {
			r.Store(asm.Mem{Base: d}, r.LoadMask(asm.Mem{Base: s}, mask))
		}, nil)
		g.along(src, f.k, 1)
		r.GAddTo(dst, r.Imm(wide))
	})
}

// packTransposed copies where the elements of a line lie side by side: squares
// are transposed in registers.
func (g *gen) packTransposed(f *factor) {
	r := g.r
	count := r.GVar(r.GSub(f.hi, f.lo))
	src := r.GVar(r.GAdd(f.base, g.times(f.line, f.lo)))
	dst := r.GVar(g.packedAt(f))
	if !g.c.B.K.Is(1) {
		r.While(asm.GT, count, r.Imm(0), func() {
			g.slowLines(f, dst, src, r.GMin(count, r.Imm(g.lanes)))
			g.along(src, f.line, g.lanes)
			g.along(dst, g.group, 1)
			r.GAddTo(count, r.Imm(-g.lanes))
		})
		return
	}
	n, known := g.n.Const()
	if !known || n >= g.lanes {
		r.While(asm.GE, count, r.Imm(g.lanes), func() {
			g.squares(dst, g.lattice(src, f.line, g.lanes), g.lanes)
			g.along(src, f.line, g.lanes)
			g.along(dst, g.group, 1)
			r.GAddTo(count, r.Imm(-g.lanes))
		})
	}
	switch part := n % g.lanes; {
	case known && part > 0:
		r.If(asm.GT, count, r.Imm(0), func() { g.squares(dst, g.lattice(src, f.line, part), part) }, nil)
	case !known:
		r.If(asm.GT, count, r.Imm(0), func() { g.slowLines(f, dst, src, count) }, nil)
	}
}

// squares transposes a group, of which there are so many lines.
func (g *gen) squares(dst asm.G, lines lattice, have int) {
	r := g.r
	wide := g.t.ISA.Bytes()
	d := r.GVar(dst)
	square := func(load func(asm.Mem) asm.V) {
		vs := make([]asm.V, g.lanes)
		for i := range vs {
			if i < have {
				vs[i] = load(lines.at(i, 0))
			} else {
				vs[i] = r.Zero()
			}
		}
		for i, v := range r.Transpose(vs) {
			r.Store(asm.Mem{Base: d, Disp: i * wide}, v)
		}
	}
	next := func() {
		g.move(lines, step{known: true, bytes: wide}, 1)
		r.GAddTo(d, r.Imm(g.lanes*wide))
	}
	if _, known := g.k.Const(); !known && g.t.ISA == asm.AVX512 {
		// Masks cost nothing there, and the text of a square is long.
		left := r.GVar(g.kSize)
		r.While(asm.GT, left, r.Imm(0), func() {
			mask := r.TailMask(left)
			square(func(m asm.Mem) asm.V { return r.LoadMask(m, mask) })
			next()
			r.GAddTo(left, r.Imm(-g.lanes))
		})
		return
	}
	r.Repeat(r.GShr(g.kSize, log2(g.lanes)), func() {
		square(r.Load)
		next()
	})
	part := r.GAnd(g.kSize, r.Imm(g.lanes-1))
	r.If(asm.GT, part, r.Imm(0), func() {
		mask := r.TailMask(part)
		square(func(m asm.Mem) asm.V { return r.LoadMask(m, mask) })
	}, nil)
}

// slowLines copies the last lines, fewer than a vector has lanes, one element
// at a time.
func (g *gen) slowLines(f *factor, dst, src, count asm.G) {
	r := g.r
	wide := r.Imm(g.t.ISA.Bytes())
	clear := r.GVar(dst)
	r.Repeat(g.kSize, func() {
		r.Store(asm.Mem{Base: clear}, r.Zero())
		r.GAddTo(clear, wide)
	})
	from, to := r.GVar(src), r.GVar(dst)
	r.Repeat(count, func() {
		s, d := r.GVar(from), r.GVar(to)
		r.Repeat(g.kSize, func() {
			r.StoreScalar(asm.Mem{Base: d}, r.LoadScalar(asm.Mem{Base: s}))
			g.along(s, f.k, 1)
			r.GAddTo(d, wide)
		})
		g.along(from, f.line, 1)
		r.GAddTo(to, r.Imm(g.size))
	})
}

// A line of memory, which no vector of what is packed should cross.
const cacheLine = 64
