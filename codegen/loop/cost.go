package loop

import (
	"maps"

	"github.com/bpgen/bpgen/symbolic"
)

// A Cost is what a program does, in terms of its dims. A branch counts as if it
// were taken, a window as if it were all of its axis, and a product of matrices as if
// each element went through memory once.
type Cost struct {
	Kept, KeptInts   symbolic.Poly // elements that the way back reads
	Moved, MovedInts symbolic.Poly // elements loaded and stored
	Operations       symbolic.Poly // of arithmetic, functions included
}

func costOf(p *Program) Cost {
	c := &counter{sizes: map[string]symbolic.Poly{}}
	maps.Copy(c.sizes, p.ends)
	for _, b := range p.Buffers {
		switch n := b.Shape.Size(); {
		case !b.Kept || b.Grows():
		case b.Type == symbolic.Real:
			c.Kept = c.Kept.Add(n)
		default:
			c.KeptInts = c.KeptInts.Add(n)
		}
	}
	c.body(p.Body, symbolic.Int(1))
	c.Moved = c.Moved.Add(symbolic.Int(c.moved))
	c.MovedInts = c.MovedInts.Add(symbolic.Int(c.movedInts))
	c.Operations = c.Operations.Add(symbolic.Int(c.ops))
	return c.Cost
}

type counter struct {
	Cost
	sizes map[string]symbolic.Poly // of tiles, by the variable of their rows, and the ends of windows

	// What is done once is counted in numbers, for the sake of long programs.
	moved, movedInts, ops int
}

// size is p with the rows of a tile all there: times the number of tiles, that
// is the size of the batch.
func (c *counter) size(p symbolic.Poly) symbolic.Poly {
	return p.Subst(func(s string) (symbolic.Poly, bool) {
		if symbolic.IsCount(s) {
			return symbolic.Int(1), true
		}
		n, ok := c.sizes[s]
		return n, ok
	})
}

func (c *counter) body(ss []Stmt, times symbolic.Poly) {
	for _, s := range ss {
		switch s := s.(type) {
		case *Loop:
			c.body(s.Body, times.Mul(c.size(s.Extent)))
		case *Tile:
			c.sizes[s.Rows.Name] = symbolic.Int(s.Size)
			c.body(s.Body, times.Mul(c.size(s.Extent)).Scale(1, int64(s.Size)))
			delete(c.sizes, s.Rows.Name)
		case *While: // as if it made one pass
			c.body(s.Body, times)
		case *Leave:
			c.expr(s.If, times)
		case *Contract:
			c.contract(s, times)
		case *Let:
			c.expr(s.Value, times)
		case *Update:
			c.expr(s.Value, times)
			c.op(s.Op, times)
		case *Pick:
			c.expr(s.Value, times)
			c.op(s.Op, times)
		case *Store:
			c.expr(s.Value, times)
			c.move(s.Buf, times)
			if s.Op != nil {
				c.move(s.Buf, times)
				c.op(s.Op, times)
			}
		case *Fill:
			c.move(s.Buf, times.Mul(c.size(s.Len)))
		case *If:
			c.body(s.Then, times)
			c.body(s.Else, times)
		case *Choose:
			c.expr(s.Cond, times)
			c.body(s.Then, times)
			c.body(s.Else, times)
		}
	}
}

func (c *counter) contract(s *Contract, times symbolic.Poly) {
	m, n, k := c.size(s.M), c.size(s.N), c.size(s.K)
	each := times.Mul(m).Mul(n)
	c.Operations = c.Operations.Add(each.Mul(k).Scale(2+int64(btoi(s.Of == Squares)), 1))
	c.move(s.A.Buf, times.Mul(m).Mul(k))
	c.move(s.B.Buf, times.Mul(k).Mul(n))
	if !s.Stored() {
		c.move(s.Out.Buf, each)
	}
	if s.Accumulate {
		c.move(s.Out.Buf, each)
	}
	c.body(s.Epilogue, each)
}

func (c *counter) expr(x Expr, times symbolic.Poly) {
	switch x := x.(type) {
	case *Load:
		c.move(x.Buf, times)
	case *Guarded:
		c.expr(x.X, times)
	case *Apply:
		c.op(x.Op, times)
		for _, a := range x.Args {
			c.expr(a, times)
		}
	}
}

func (c *counter) op(op *symbolic.OpSpec, times symbolic.Poly) {
	switch {
	case op == nil:
	case times.Is(1):
		c.ops++
	default:
		c.Operations = c.Operations.Add(times)
	}
}

func (c *counter) move(b *Buffer, times symbolic.Poly) {
	real := b.Type == symbolic.Real
	switch {
	case times.Is(1) && real:
		c.moved++
	case times.Is(1):
		c.movedInts++
	case real:
		c.Moved = c.Moved.Add(times)
	default:
		c.MovedInts = c.MovedInts.Add(times)
	}
}
