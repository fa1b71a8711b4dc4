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
	g.env.Scope(func() {
		if !g.outRow.known || g.rowIsRead {
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

// keep stores the sums of a tile in scratch.
func (g *gen) keep(sums [][]asm.V) {
	tile := g.r.Base(g.scratch)
	for i, vs := range sums {
		for j, v := range vs {
			g.r.Store(asm.Mem{Base: tile, Disp: (i*len(vs) + j) * g.t.ISA.Bytes()}, v)
		}
	}
}

// finishKept finishes so many rows of the tile that is in scratch.
func (g *gen) finishKept(vectors int, row, rows asm.G, mask asm.M) {
	r := g.r
	wide := g.t.ISA.Bytes()
	at, to := r.GVar(r.Base(g.scratch)), r.GVar(row)
	r.Repeat(rows, func() {
		vs := make([]asm.V, vectors)
		for j := range vs {
			vs[j] = r.Load(asm.Mem{Base: at, Disp: j * wide})
		}
		g.finishRow(g.finishing, to, vs, mask)
		r.GAddTo(at, r.Imm(vectors*wide))
		r.GAddTo(to, r.Imm(1))
	})
}

// mostOps is how many instructions may stand in the text for each vector of a
// tile.
const mostOps = 6

// tileVectors is the most vectors that a tile has.
const tileVectors = 24

// A size is how much an epilogue is, about: instructions for a vector.
type size struct {
	ops  int
	read map[*loop.Var]bool // variables that expressions read
}

// sizeOf counts a list.
func sizeOf(list []loop.Stmt) *size {
	s := &size{read: map[*loop.Var]bool{}}
	s.stmts(list)
	return s
}

func (s *size) stmts(list []loop.Stmt) {
	for _, st := range list {
		switch st := st.(type) {
		case *loop.Let:
			s.expr(st.Value)
		case *loop.Update:
			s.ops++
			s.expr(st.Value)
		case *loop.Store:
			if st.Op != nil {
				s.ops += 2
			}
			s.expr(st.Value)
		case *loop.If:
			s.ops += 2 * len(st.Conds)
			s.stmts(st.Then)
			s.stmts(st.Else)
		case *loop.Choose:
			s.expr(st.Cond)
			s.stmts(st.Then)
			s.stmts(st.Else)
		}
	}
}

// short are operators of an instruction or two.
var short = []string{"add", "sub", "mul", "neg", "abs", "square", "max", "min", "relu", "select", "lt", "le", "eq", "ne", "and", "or", "not"}

func (s *size) expr(e loop.Expr) {
	switch e := e.(type) {
	case *loop.Ref:
		s.read[e.Var] = true
	case *loop.Apply:
		s.ops++
		if !slices.Contains(short, e.Op.Name) {
			s.ops += 10
		}
		for _, a := range e.Args {
			s.expr(a)
		}
	case *loop.Guarded:
		s.ops += 2 * len(e.Conds)
		s.expr(e.X)
	}
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
