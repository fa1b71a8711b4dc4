package gemm

import (
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/nest"
	"github.com/bpgen/bpgen/symbolic"
)

// finishing returns what is done with each sum, as statements: part is what
// was added up here.
func finishing(c *loop.Contract, part *loop.Var) []loop.Stmt {
	at := c.Out.At(symbolic.Sym(c.Row.Name), symbolic.Sym(c.Col.Name), symbolic.Poly{})
	var sum loop.Expr = &loop.Ref{Var: part}
	if c.Accumulate {
		was := &loop.Load{Buf: c.Out.Buf, Index: at}
		sum = &loop.Apply{Op: symbolic.OpAdd, Args: []loop.Expr{was, sum}}
	}
	list := []loop.Stmt{&loop.Let{Var: c.Sum, Value: sum}}
	if !c.Stored() {
		list = append(list, &loop.Store{Buf: c.Out.Buf, Index: at, Value: &loop.Ref{Var: c.Sum}})
	}
	return append(list, c.Epilogue...)
}

// finish runs the epilogue for the sums of a tile, of which row is the first
// row. The mask is for the last vector.
func (g *gen) finish(sums [][]asm.V, row asm.G, mask asm.M) {
	if g.long && len(sums) > 1 {
		g.finishLater(sums, row, mask)
		return
	}
	g.env.Scope(func() {
		if !g.c.Out.M.Is(0) && !g.outRow.known {
			for i, vs := range sums {
				g.finishRow(g.finishing, g.r.GAdd(row, g.r.Imm(i)), vs, mask)
			}
			return
		}
		// Rows are a known number of bytes from the first.
		g.env.Int(g.c.Row, row)
		for i, vs := range sums {
			to := symbolic.Sym(g.c.Row.Name).Add(symbolic.Int(i))
			g.finishVectors(nest.Replace(g.finishing, g.c.Row.Name, to), vs, mask)
		}
	})
}

// finishRow finishes the vectors of one row.
func (g *gen) finishRow(list []loop.Stmt, row asm.G, vs []asm.V, mask asm.M) {
	g.env.Scope(func() {
		g.env.Int(g.c.Row, row)
		g.finishVectors(list, vs, mask)
	})
}

func (g *gen) finishVectors(list []loop.Stmt, vs []asm.V, mask asm.M) {
	masks := make([]asm.M, len(vs))
	masks[len(vs)-1] = mask
	g.env.Over(nest.Lanes{Var: g.c.Col, Copies: len(vs), Base: g.col, Mask: masks}, func() {
		g.env.Real(g.part, vs...)
		g.env.Stmts(list)
	})
}

// finishLater stores a tile in scratch and goes through its rows in a loop, so
// that a long epilogue does not stand there for each row.
func (g *gen) finishLater(sums [][]asm.V, row asm.G, mask asm.M) {
	r := g.r
	wide, n := g.t.ISA.Bytes(), len(sums[0])
	tile := r.Base(g.scratch)
	for i, vs := range sums {
		for j, v := range vs {
			r.Store(asm.Mem{Base: tile, Disp: (i*n + j) * wide}, v)
		}
	}
	at, to := r.GVar(tile), r.GVar(row)
	r.Repeat(r.Imm(len(sums)), func() {
		vs := make([]asm.V, n)
		for j := range vs {
			vs[j] = r.Load(asm.Mem{Base: at, Disp: j * wide})
		}
		g.finishRow(g.finishing, to, vs, mask)
		r.GAddTo(at, r.Imm(n*wide))
		r.GAddTo(to, r.Imm(1))
	})
}

// tileVectors is the most vectors that a tile has.
const tileVectors = 24

// isLong reports whether an epilogue is too long to stand in the text for each
// vector of a tile.
func isLong(list []loop.Stmt) bool {
	ops := 0
	for _, s := range list {
		ops += stmtOps(s)
	}
	return ops > 6
}

func stmtOps(s loop.Stmt) int {
	n := 0
	add := func(list []loop.Stmt) {
		for _, s := range list {
			n += stmtOps(s)
		}
	}
	switch s := s.(type) {
	case *loop.Let:
		n = exprOps(s.Value)
	case *loop.Update:
		n = 1 + exprOps(s.Value)
	case *loop.Store:
		n = exprOps(s.Value)
		if s.Op != nil {
			n += 2
		}
	case *loop.If:
		n = 2 * len(s.Conds)
		add(s.Then)
		add(s.Else)
	case *loop.Choose:
		n = exprOps(s.Cond)
		add(s.Then)
		add(s.Else)
	}
	return n
}

// short are operators of an instruction or two.
var short = []string{"add", "sub", "mul", "neg", "abs", "square", "max", "min", "relu", "select", "lt", "le", "eq", "ne", "and", "or", "not"}

func exprOps(e loop.Expr) int {
	switch e := e.(type) {
	case *loop.Apply:
		n := 1
		if !slices.Contains(short, e.Op.Name) {
			n = 10
		}
		for _, a := range e.Args {
			n += exprOps(a)
		}
		return n
	case *loop.Guarded:
		return 2*len(e.Conds) + exprOps(e.X)
	}
	return 0
}

// prefetch asks for the lines of Out that a tile is stored in, as long as its
// sums take.
func (g *gen) prefetch(row asm.G, h, vectors int) {
	r := g.r
	if k, known := g.k.Const(); known && k < 32 {
		return
	}
	p := r.GVar(r.Lea(r.GAdd(g.outBase, g.times(g.outRow, row)), g.col, g.size, 0))
	for range h {
		for line := 0; line < vectors*g.t.ISA.Bytes(); line += 64 {
			r.Prefetch(asm.Mem{Base: p, Disp: line}, asm.T0)
		}
		g.along(p, g.outRow, 1)
	}
}
