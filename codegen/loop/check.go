package loop

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// Check reports how a program breaks the rules of this package: what is in no
// scope, what has a name that something else has, what writes an input. That
// nothing is read before it is written and nothing out of range is for Run.
func Check(p *Program) error {
	c := &checker{names: map[string]bool{}, bufs: map[*Buffer]bool{}, vars: map[string]*Var{}}
	for _, d := range p.Dims {
		c.names[d] = true
	}
	last := In
	for _, b := range p.Buffers {
		if c.names[b.Name] || b.Name == "" {
			c.errorf("name %q of a buffer is taken or empty", b.Name)
		}
		if b.Kind < last {
			c.errorf("buffer %s is not in order of kind", b.Name)
		}
		last = b.Kind
		c.names[b.Name], c.bufs[b] = true, true
	}
	for _, b := range p.Buffers {
		for _, d := range b.Shape {
			for _, s := range d.Syms() {
				if !slices.Contains(p.Dims, s) && !b.Grows() {
					c.errorf("%s of the shape of %s is not a dim", s, b.Name)
				}
			}
		}
	}
	c.dims = p.Dims
	c.body(p.Body)
	return errors.Join(c.errs...)
}

type checker struct {
	errs  []error
	dims  []string
	names map[string]bool // of buffers and dims
	bufs  map[*Buffer]bool
	vars  map[string]*Var
}

func (c *checker) errorf(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("loop: "+format, args...))
}

func (c *checker) poly(p symbolic.Poly) {
	for _, s := range p.Syms() {
		v := c.vars[s]
		if v == nil && !slices.Contains(c.dims, s) {
			c.errorf("%s of %s is neither a dim nor a variable", s, p)
		}
		if v != nil && v.Type != symbolic.Integer {
			c.errorf("%s of index %s is %s", s, p, v.Type)
		}
	}
}

func (c *checker) conds(cs []symbolic.Cond) {
	for _, k := range cs {
		c.poly(k.E)
	}
}

func (c *checker) buffer(b *Buffer, written bool) {
	if !c.bufs[b] {
		c.errorf("buffer %s is not the program's", b.Name)
	}
	if written && b.Kind == In {
		c.errorf("input %s is written", b.Name)
	}
}

func (c *checker) variable(v *Var) {
	if c.vars[v.Name] != v {
		c.errorf("variable %s is not in scope", v.Name)
	}
}

func (c *checker) body(ss []Stmt) {
	var declared []string
	declare := func(v *Var) {
		if c.names[v.Name] || c.vars[v.Name] != nil {
			c.errorf("name %s of a variable is taken", v.Name)
		}
		c.vars[v.Name] = v
		declared = append(declared, v.Name)
	}
	for _, s := range ss {
		switch s := s.(type) {
		case *Loop:
			c.poly(s.Extent)
			declare(s.Var)
			c.body(s.Body)
			delete(c.vars, s.Var.Name)
		case *Tile:
			c.poly(s.Extent)
			if s.Size < 1 {
				c.errorf("a tile of %d", s.Size)
			}
			declare(s.From)
			declare(s.Rows)
			c.body(s.Body)
			delete(c.vars, s.From.Name)
			delete(c.vars, s.Rows.Name)
		case *While:
			c.body(s.Body)
		case *Leave:
			c.expr(s.If)
		case *Grow:
			c.buffer(s.Buf, true)
			c.poly(s.Len)
			if !s.Buf.Grows() {
				c.errorf("buffer %s does not grow", s.Buf.Name)
			}
		case *Contract:
			c.contract(s)
			declare(s.Row)
			declare(s.Col)
			declare(s.Sum)
			c.body(s.Epilogue)
			for _, v := range []*Var{s.Row, s.Col, s.Sum} {
				delete(c.vars, v.Name)
			}
		case *Call:
			c.call(s)
		case *Let:
			c.expr(s.Value)
			declare(s.Var)
		case *Acc:
			declare(s.Var)
		case *Update:
			c.variable(s.Var)
			c.expr(s.Value)
		case *Pick:
			c.variable(s.Best)
			c.variable(s.At)
			c.expr(s.Value)
			c.poly(s.Position)
		case *Store:
			c.buffer(s.Buf, true)
			c.poly(s.Index)
			c.expr(s.Value)
		case *Fill:
			c.buffer(s.Buf, true)
			c.poly(s.From)
			c.poly(s.Len)
		case *If:
			c.conds(s.Conds)
			c.body(s.Then)
			c.body(s.Else)
		case *Choose:
			c.expr(s.Cond)
			c.body(s.Then)
			c.body(s.Else)
		}
	}
	for _, name := range declared {
		delete(c.vars, name)
	}
}

// call checks what a kernel is called with, and the kernel as a program of its
// own.
func (c *checker) call(s *Call) {
	k := s.Kernel
	if len(s.Args) != len(k.Params) || len(s.Results) != len(k.Results) || len(s.Ops) != len(k.Results) {
		c.errorf("call of %s with %d arguments and %d results", k.Name, len(s.Args), len(s.Results))
		return
	}
	in := &checker{names: map[string]bool{}, bufs: map[*Buffer]bool{}, vars: map[string]*Var{}}
	for i, p := range k.Params {
		switch a := s.Args[i]; {
		case p.Buf != nil:
			c.buffer(a.Buf, p.Buf.Kind == Out)
			c.poly(a.From)
			in.names[p.Buf.Name], in.bufs[p.Buf] = true, true
		case p.Int != nil:
			c.poly(a.Int)
			in.vars[p.Int.Name] = p.Int
		default:
			c.expr(a.Real)
			in.vars[p.Real.Name] = p.Real
		}
	}
	for _, v := range s.Results {
		c.variable(v)
	}
	in.body(k.Body)
	for _, err := range in.errs {
		c.errs = append(c.errs, fmt.Errorf("kernel %s: %w", k.Name, err))
	}
}

func (c *checker) contract(s *Contract) {
	for i, a := range []Access{s.Out, s.A, s.B} {
		c.buffer(a.Buf, i == 0)
		for _, p := range []symbolic.Poly{a.Base, a.M, a.N, a.K} {
			c.poly(p)
		}
		if a.Buf.Type != symbolic.Real {
			c.errorf("contraction over %s, which is %s", a.Buf.Name, a.Buf.Type)
		}
	}
	for _, p := range []symbolic.Poly{s.M, s.N, s.K} {
		c.poly(p)
	}
	for _, b := range s.Within {
		c.poly(b.Const)
	}
	if s.A.Buf == s.Out.Buf || s.B.Buf == s.Out.Buf {
		c.errorf("contraction into %s reads it", s.Out.Buf.Name)
	}
	if !s.Out.K.Is(0) || !s.A.N.Is(0) || !s.B.M.Is(0) {
		c.errorf("contraction into %s has steps along axes that are not there", s.Out.Buf.Name)
	}
}

func (c *checker) expr(x Expr) {
	switch x := x.(type) {
	case *Ref:
		c.variable(x.Var)
	case *Load:
		c.buffer(x.Buf, false)
		c.poly(x.Index)
	case *Int:
		c.poly(x.Poly)
	case *Guarded:
		c.conds(x.Conds)
		c.expr(x.X)
	case *Apply:
		for _, a := range x.Args {
			c.expr(a)
		}
	}
}
