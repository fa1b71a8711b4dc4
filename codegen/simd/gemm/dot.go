package gemm

import (
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// The dot form is better as long as packing B, which costs about as much as
// twelve rows with the columns that are done together in the first cache, or as
// four rows with columns from the second, does not pay.
const (
	fewRows     = 12
	fewRowsLong = 4
	firstCache  = 28 << 10 // bytes that columns may take
)

// longest is for how many k the columns done together are in the first cache.
func (g *gen) longest() int { return firstCache / (g.bundleSize() * g.size) }

// prefersDots says whether the dot form is taken; where that depends on what is
// not known, the flag is not set: see dotLimit.
func (g *gen) prefersDots() when {
	if g.c.B.N.Is(1) || !g.c.A.K.Is(1) || !g.c.B.K.Is(1) {
		return never
	}
	m, knownM := g.m.Const()
	k, knownK := g.k.Const()
	switch {
	case knownM && m <= fewRowsLong:
		return always
	case knownM && m > fewRows:
		return never
	case !knownM || !knownK:
		return when{}
	}
	return when{known: true, yes: k <= g.longest()}
}

// dotLimit is up to how many rows the dot form is taken.
func (g *gen) dotLimit() asm.G {
	r := g.r
	limit := r.GVar(r.Imm(fewRows))
	r.If(asm.GT, g.kSize, r.Imm(g.longest()), func() { r.GSet(limit, r.Imm(fewRowsLong)) }, nil)
	return limit
}

// dots writes the dot form: vectors go along k, for several columns at a time.
func (g *gen) dots() {
	r := g.r
	g.col = r.GVar(g.b.lo)
	left := r.GVar(r.GSub(g.b.hi, g.b.lo))
	at := r.GVar(r.GAdd(g.b.base, g.times(g.b.line, g.b.lo)))
	for _, n := range g.bundles() {
		r.While(asm.GE, left, r.Imm(n), func() {
			g.bundle(n, at)
			g.along(at, g.b.line, n)
			r.GAddTo(g.col, r.Imm(n))
			r.GAddTo(left, r.Imm(-n))
		})
	}
}

// bundles are the numbers of columns that are done at a time, the most first.
func (g *gen) bundles() []int {
	most := g.bundleSize()
	n, known := g.n.Const()
	if !known {
		return []int{most, 4, 1}
	}
	var out []int
	if n >= most {
		out = append(out, most)
	}
	if rest := n % most; rest > 0 {
		out = append(out, rest)
	}
	return out
}

// bundleSize is the most columns done at a time: a vector of them, or as many
// as keep two multipliers busy if that is more or the first cache holds no more.
func (g *gen) bundleSize() int {
	const busy = 8
	if k, known := g.k.Const(); known && k*g.lanes*g.size > firstCache {
		return busy
	}
	return max(busy, g.lanes)
}

// bundle does n columns, which begin at b, for all rows.
func (g *gen) bundle(n int, b asm.G) {
	r := g.r
	row := r.GVar(g.a.lo)
	a := r.GVar(r.GAdd(g.a.base, g.times(g.a.line, row)))
	r.Repeat(r.GSub(g.a.hi, row), func() {
		acc := make([]asm.V, n)
		for i := range acc {
			acc[i] = r.Var(r.Zero())
		}
		g.products(acc, r.GVar(a), g.lattice(b, g.b.line, n))
		var sums []asm.V
		for i := 0; i < n; i += g.lanes {
			sums = append(sums, r.Sums(acc[i:min(n, i+g.lanes)]))
		}
		var mask asm.M
		if part := n % g.lanes; part > 0 {
			mask = r.MaskConst(part)
		}
		g.finish([][]asm.V{sums}, row, mask)
		r.GAddTo(row, r.Imm(1))
		g.along(a, g.a.line, 1)
	})
}

// products adds to acc the products of a row of A and columns of B, each lane
// for itself.
func (g *gen) products(acc []asm.V, a asm.G, cols lattice) {
	r := g.r
	vector := step{known: true, bytes: g.t.ISA.Bytes()}
	r.Repeat(r.GShr(g.kSize, log2(g.lanes)), func() {
		x := r.Load(asm.Mem{Base: a})
		for i, s := range acc {
			if g.c.Of == loop.Products {
				r.FMAIntoMem(s, x, cols.at(i, 0))
			} else {
				g.add(s, x, r.Load(cols.at(i, 0)))
			}
		}
		g.along(a, vector, 1)
		g.move(cols, vector, 1)
	})
	part := r.GAnd(g.kSize, r.Imm(g.lanes-1))
	r.If(asm.GT, part, r.Imm(0), func() {
		mask := r.TailMask(part)
		x := r.LoadMask(asm.Mem{Base: a}, mask)
		for i, s := range acc {
			g.add(s, x, r.LoadMask(cols.at(i, 0), mask))
		}
	}, nil)
}
