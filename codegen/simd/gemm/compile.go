package gemm

import (
	"fmt"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A Plan is a contraction as assembly.
type Plan struct {
	Routine *asm.Routine

	// Rows and Cols are the extents that the routine's ranges divide.
	Rows, Cols symbolic.Poly
	// RowStep and ColStep are what ranges begin at a multiple of, and end at
	// one of or at the end.
	RowStep, ColStep int
	// Packs says that the routine copies the columns of its range to scratch
	// first if its parameter pack is not 0.
	Packs bool

	k     symbolic.Poly
	lanes int
}

// Scratch is how many elements of scratch a call for so many columns needs.
func (p *Plan) Scratch(cols symbolic.Poly) symbolic.Poly {
	if !p.Packs {
		return symbolic.Poly{}
	}
	return cols.Add(symbolic.Int(p.lanes)).Mul(groupRows(p.k, p.lanes))
}

// groupRows is the number of vectors that a packed group takes, at most.
func groupRows(k symbolic.Poly, lanes int) symbolic.Poly {
	return k.Add(symbolic.Int(lanes))
}

// Ops is the number of multiplications and additions.
func (p *Plan) Ops() symbolic.Poly {
	return p.Rows.Mul(p.Cols).Mul(p.k).Scale(2, 1)
}

type gen struct {
	r *asm.Routine
	t asm.Target
	c *loop.Contract

	size, shift, lanes int
	packs              bool
	m, n, k            symbolic.Poly
	ints               map[string]asm.G

	aBase, bBase, outBase asm.G
	aRow, aK              step
	bCol, bK              step
	colK                  step // along k, where the tiles read B
	outRow                step
	kSize                 asm.G
	group                 step

	col    asm.G // first column of the panel
	packed asm.G // where the panel is packed
}

// Compile writes a kernel whose body is one contraction.
func Compile(k *loop.Kernel, t asm.Target) (*Plan, error) {
	c, err := contractOf(k)
	if err != nil {
		return nil, fmt.Errorf("gemm: %s: %w", k.Name, err)
	}
	params := append(params(k), ranges...)
	g := &gen{
		r: asm.New(t, k.Name, "", params, nil), t: t, c: c,
		size: t.Size(), shift: log2(t.Size()), lanes: t.Lanes(),
		m: c.M, n: c.N, k: c.K,
	}
	g.packs = !c.B.N.Is(1)
	g.enter(k)
	m, known := c.M.Const()
	switch dots := g.packs && c.A.K.Is(1) && c.B.K.Is(1); {
	case !dots || known && m > fewRows:
		g.tiles()
	case known:
		g.dots()
	default:
		g.r.If(asm.LE, g.value(c.M), g.r.Imm(fewRows), g.dots, g.tiles)
	}
	p := &Plan{
		Routine: g.r, Rows: c.M, Cols: c.N, RowStep: 8, ColStep: g.widest() * g.lanes,
		Packs: g.packs, k: c.K, lanes: g.lanes,
	}
	return p, nil
}

// ranges are the parameters that every routine has beside those of the kernel.
var ranges = []asm.Param{
	{Name: "rowLo", Kind: asm.Int}, {Name: "rowHi", Kind: asm.Int},
	{Name: "colLo", Kind: asm.Int}, {Name: "colHi", Kind: asm.Int},
	{Name: "pack", Kind: asm.Int}, {Name: "scratch", Kind: asm.Reals},
}

func params(k *loop.Kernel) []asm.Param {
	var out []asm.Param
	for _, p := range k.Params {
		switch {
		case p.Int != nil:
			out = append(out, asm.Param{Name: p.Int.Name, Kind: asm.Int})
		case p.Real != nil:
			out = append(out, asm.Param{Name: p.Real.Name, Kind: asm.Real})
		case p.Buf.Type == symbolic.Real:
			out = append(out, asm.Param{Name: p.Buf.Name, Kind: asm.Reals})
		default:
			out = append(out, asm.Param{Name: p.Buf.Name, Kind: asm.Ints32})
		}
	}
	return out
}

// enter computes what does not change in the routine.
func (g *gen) enter(k *loop.Kernel) {
	r, c := g.r, g.c
	g.ints = map[string]asm.G{}
	for _, p := range k.Params {
		if p.Int != nil {
			g.ints[p.Int.Name] = r.Int(p.Int.Name)
		}
	}
	base := func(a loop.Access) asm.G {
		p := r.Base(a.Buf.Name)
		if n, known := a.Base.Const(); known {
			return r.GAdd(p, r.Imm(n*g.size))
		}
		return r.Lea(p, g.value(a.Base), g.size, 0)
	}
	g.aBase, g.bBase, g.outBase = base(c.A), base(c.B), base(c.Out)
	g.aRow, g.aK = g.step(c.A.M), g.step(c.A.K)
	g.bCol, g.bK = g.step(c.B.N), g.step(c.B.K)
	g.outRow = g.step(c.Out.M)
	g.kSize = g.value(c.K)
	g.colK = g.bK
	if g.packs {
		g.colK = step{known: true, bytes: g.t.ISA.Bytes()}
		g.group = g.step(groupRows(c.K, g.lanes).Scale(int64(g.lanes), 1))
	}
}

// contractOf checks that a kernel is one that Compile can write.
func contractOf(k *loop.Kernel) (*loop.Contract, error) {
	if len(k.Body) != 1 || len(k.Results) > 0 {
		return nil, fmt.Errorf("its body is not one contraction")
	}
	c, ok := k.Body[0].(*loop.Contract)
	if !ok {
		return nil, fmt.Errorf("its body is not a contraction")
	}
	ints := map[string]bool{}
	for _, p := range k.Params {
		if p.Int != nil {
			ints[p.Int.Name] = true
		}
	}
	for _, p := range []symbolic.Poly{
		c.M, c.N, c.K, c.Out.Base, c.Out.M, c.Out.N, c.A.Base, c.A.M, c.A.K, c.B.Base, c.B.N, c.B.K,
	} {
		if err := checkSizes(p, func(s string) bool { return ints[s] }); err != nil {
			return nil, err
		}
	}
	if !c.Out.N.Is(1) {
		return nil, fmt.Errorf("columns of %s do not lie side by side", c.Out.Buf.Name)
	}
	return c, nil
}
