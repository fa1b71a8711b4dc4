package gemm

import (
	"fmt"

	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A step is the distance in bytes between neighbours along an axis: known when
// the code is written, or in a register.
type step struct {
	known bool
	bytes int
	reg   asm.G
}

// times returns n steps in a register.
func (g *gen) times(s step, n asm.G) asm.G {
	if s.known {
		return g.r.GMul(n, g.r.Imm(s.bytes))
	}
	return g.r.GMul(n, s.reg)
}

// along moves the pointer p by n steps.
func (g *gen) along(p asm.G, s step, n int) {
	if s.known {
		if n*s.bytes != 0 {
			g.r.GAddTo(p, g.r.Imm(n*s.bytes))
		}
		return
	}
	for range n {
		g.r.GAddTo(p, s.reg)
	}
}

// step computes a distance that is a number of elements.
func (g *gen) step(p symbolic.Poly) step {
	if n, ok := p.Const(); ok {
		return step{known: true, bytes: n * g.size}
	}
	return step{reg: g.r.GShl(g.value(p), g.shift)}
}

// value computes a polynomial over the integer parameters of the kernel and
// what else has a register.
func (g *gen) value(p symbolic.Poly) asm.G {
	var sum asm.G
	constant := 0
	p.Terms(func(num, _ int64, syms []string) {
		if len(syms) == 0 {
			constant = int(num)
			return
		}
		x := g.ints[syms[0]]
		for _, s := range syms[1:] {
			x = g.r.GMul(x, g.ints[s])
		}
		if num != 1 {
			x = g.r.GMul(x, g.r.Imm(int(num)))
		}
		if sum.Ok() {
			x = g.r.GAdd(sum, x)
		}
		sum = x
	})
	switch {
	case !sum.Ok():
		return g.r.Imm(constant)
	case constant != 0:
		return g.r.GAdd(sum, g.r.Imm(constant))
	}
	return sum
}

// checkSizes reports what value could not compute.
func checkSizes(p symbolic.Poly, known func(string) bool) error {
	var err error
	p.Terms(func(_, den int64, syms []string) {
		if den != 1 {
			err = fmt.Errorf("a size or index with a division: %s", p)
		}
		for _, s := range syms {
			if !known(s) {
				err = fmt.Errorf("%s in a size or index is not a parameter", s)
			}
		}
	})
	return err
}

// A lattice addresses up to sixteen rows that are a step apart. Where the step
// is known all hang on one pointer, else each fourth row has one.
type lattice struct {
	ptrs  []asm.G // variables
	step  step
	three asm.G // three steps
}

func (g *gen) lattice(p asm.G, s step, rows int) lattice {
	r := g.r
	l := lattice{ptrs: []asm.G{r.GVar(p)}, step: s}
	if s.known || rows == 1 {
		return l
	}
	if rows > 3 {
		l.three = g.three(s)
	}
	for i := 4; i < rows; i += 4 {
		p = r.Lea(p, s.reg, 4, 0)
		l.ptrs = append(l.ptrs, r.GVar(p))
	}
	return l
}

// three is three times a step.
func (g *gen) three(s step) asm.G { return g.r.Lea(s.reg, s.reg, 2, 0) }

// at is the place of row i, disp bytes on.
func (l lattice) at(i, disp int) asm.Mem {
	if l.step.known {
		return asm.Mem{Base: l.ptrs[0], Disp: i*l.step.bytes + disp}
	}
	m := asm.Mem{Base: l.ptrs[i/4], Disp: disp}
	switch i % 4 {
	case 1:
		m.Index, m.Scale = l.step.reg, 1
	case 2:
		m.Index, m.Scale = l.step.reg, 2
	case 3:
		m.Index, m.Scale = l.three, 1
	}
	return m
}

// move moves all rows by n steps s along the other axis.
func (g *gen) move(l lattice, s step, n int) {
	for _, p := range l.ptrs {
		g.along(p, s, n)
	}
}
