package gemm

import (
	"fmt"
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/nest"
	"github.com/bpgen/bpgen/symbolic"
)

// A gen writes one routine.
type gen struct {
	r *asm.Routine
	t asm.Target
	c *loop.Contract

	size, shift, lanes int // of an element: bytes, their logarithm; elements a vector
	m, n, k            symbolic.Poly
	ints               map[string]asm.G

	a, b    factor
	packs   [2]bool // whether they may be packed
	outBase asm.G
	outRow  step
	kSize   asm.G
	group   step // from a packed group to the next
	tall    step // between rows of A, as the tiles read it, and along k
	tallK   step
	wide    step // between vectors of B, as the tiles read it, and along k
	wideK   step

	fewer int // if not 0, the code is for fewer rows than this

	col asm.G // first column of the panel
	bAt asm.G // where the tiles read it

	env       *nest.Env
	part      *loop.Var   // what a tile adds up
	finishing []loop.Stmt // what is done with it
	long      bool        // finishing is
	rowIsRead bool        // as a number

	rowLo, rowHi, colLo, colHi, pack, scratch string // names of parameters
}

// Compile writes a kernel whose body is one contraction, maybe after
// accumulators that its epilogue changes.
func Compile(k *loop.Kernel, t asm.Target) (*Plan, error) {
	c, err := contractOf(k)
	if err != nil {
		return nil, fmt.Errorf("gemm: %s: %w", k.Name, err)
	}
	swapped := false
	if c.Out.M.Is(1) && (c.N.Is(1) || !c.Out.N.Is(1)) && storesAll(c, c.Row) {
		c, swapped = turned(c), true
	}
	if c.N.Is(1) {
		one := *c // where a next column would be does not matter
		one.Out.N, c = symbolic.Int(1), &one
	}
	if !c.Out.N.Is(1) {
		return nil, fmt.Errorf("gemm: %s: elements of %s do not lie side by side", k.Name, c.Out.Buf.Name)
	}
	g := &gen{
		t: t, c: c, size: t.Size(), shift: log2(t.Size()), lanes: t.Lanes(), m: c.M, n: c.N, k: c.K,
		part: &loop.Var{Name: c.Sum.Name + "~", Type: symbolic.Real},
	}
	g.finishing = finishing(c, g.part)
	size := sizeOf(g.finishing)
	g.long, g.rowIsRead = size.ops > mostOps, size.read[c.Row]
	err = nest.Catch(k.Name, func() {
		g.begin(k)
		switch dots := g.prefersDots(); {
		case !dots.known:
			g.r.If(asm.LE, g.value(c.M), g.dotLimit(), g.dots, g.tiles)
		case dots.yes:
			g.dots()
		default:
			g.tiles()
		}
		g.end(k)
	})
	if err != nil {
		return nil, err
	}
	return g.plan(swapped), nil
}

// contractOf checks that a kernel is one that Compile can write.
func contractOf(k *loop.Kernel) (*loop.Contract, error) {
	if len(k.Body) == 0 {
		return nil, fmt.Errorf("its body is empty")
	}
	last := len(k.Body) - 1
	c, ok := k.Body[last].(*loop.Contract)
	if !ok {
		return nil, fmt.Errorf("the end of its body is not a contraction")
	}
	for _, s := range k.Body[:last] {
		if _, ok := s.(*loop.Acc); !ok {
			return nil, fmt.Errorf("its body is more than a contraction")
		}
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
	for _, w := range c.Within {
		if err := checkSizes(w.Const, func(s string) bool { return ints[s] }); err != nil {
			return nil, err
		}
	}
	for _, b := range []*loop.Buffer{c.Out.Buf, c.A.Buf, c.B.Buf} {
		if b.Type != symbolic.Real {
			return nil, fmt.Errorf("%s is not of real numbers", b.Name)
		}
	}
	var err error
	eachStore(c.Epilogue, func(s *loop.Store) {
		if s.Buf == c.A.Buf || s.Buf == c.B.Buf {
			err = fmt.Errorf("the epilogue stores to the factor %s", s.Buf.Name)
		}
	})
	return c, err
}

// turned is c with rows and columns in each other's place, for results of which
// the rows lie side by side: those of a single column are a row.
func turned(c *loop.Contract) *loop.Contract {
	t := *c
	t.M, t.N, t.Row, t.Col = c.N, c.M, c.Col, c.Row
	t.Within = nil
	for _, b := range c.Within {
		b.M, b.N = b.N, b.M
		t.Within = append(t.Within, b)
	}
	t.A = loop.Access{Buf: c.B.Buf, Base: c.B.Base, M: c.B.N, K: c.B.K}
	t.B = loop.Access{Buf: c.A.Buf, Base: c.A.Base, N: c.A.M, K: c.A.K}
	t.Out.M, t.Out.N = c.Out.N, c.Out.M
	return &t
}

// storesAll reports whether different turns of v store to different places.
func storesAll(c *loop.Contract, v *loop.Var) bool {
	all := true
	eachStore(c.Epilogue, func(s *loop.Store) {
		all = all && slices.Contains(s.Index.Syms(), v.Name)
	})
	return all
}

// eachStore calls f for the stores of a list and what is in it.
func eachStore(list []loop.Stmt, f func(*loop.Store)) {
	for _, s := range list {
		switch s := s.(type) {
		case *loop.Store:
			f(s)
		case *loop.If:
			eachStore(s.Then, f)
			eachStore(s.Else, f)
		case *loop.Choose:
			eachStore(s.Then, f)
			eachStore(s.Else, f)
		}
	}
}

// signature returns the parameters of the routine: those of the kernel and the
// ranges, named otherwise than those.
func (g *gen) signature(k *loop.Kernel) (params, results []asm.Param) {
	params, results = nest.Signature(k, g.t)
	taken := map[string]bool{}
	for _, p := range append(params, results...) {
		taken[p.Name] = true
	}
	add := func(name *string, want string, kind asm.Kind) {
		for taken[want] {
			want += "_"
		}
		*name = want
		params = append(params, asm.Param{Name: want, Kind: kind})
	}
	add(&g.rowLo, "rowLo", asm.Int)
	add(&g.rowHi, "rowHi", asm.Int)
	add(&g.colLo, "colLo", asm.Int)
	add(&g.colHi, "colHi", asm.Int)
	add(&g.pack, "pack", asm.Int)
	add(&g.scratch, "scratch", asm.Reals)
	return params, results
}

// begin computes what does not change in the routine.
func (g *gen) begin(k *loop.Kernel) {
	params, results := g.signature(k)
	g.r = asm.New(g.t, k.Name, "", params, results)
	r, c := g.r, g.c
	g.env = nest.NewEnv(r)
	g.env.Params(k)
	g.env.Stmts(k.Body[:len(k.Body)-1])
	g.env.Sums(g.finishing, 8)
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
	g.outBase, g.outRow = base(c.Out), g.step(c.Out.M)
	g.kSize = g.value(c.K)
	g.a = factor{base: base(c.A), line: g.step(c.A.M), k: g.step(c.A.K), lo: r.Int(g.rowLo), hi: r.Int(g.rowHi), bit: PackRows}
	g.b = factor{base: base(c.B), line: g.step(c.B.N), k: g.step(c.B.K), lo: r.Int(g.colLo), hi: r.Int(g.colHi), bit: PackCols}
}

// end returns what the kernel does.
func (g *gen) end(k *loop.Kernel) {
	g.env.EndSums()
	g.env.Return(k)
}

// tileSize is how many elements of scratch a tile is finished from.
func (g *gen) tileSize() int {
	if !g.long {
		return 0
	}
	return tileVectors * g.lanes
}
