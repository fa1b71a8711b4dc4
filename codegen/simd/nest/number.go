package nest

import (
	"fmt"
	"math/bits"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// varying reports whether what a name stands for differs from lane to lane.
func (c *compiler) varying(name string) bool {
	_, v := c.depth(name)
	return c.lane != nil && (v == c.lane.v || c.lookup(v).varies)
}

func (c *compiler) polyVaries(p symbolic.Poly) bool {
	for _, s := range p.Syms() {
		if c.varying(s) {
			return true
		}
	}
	return false
}

// number returns p, which is alike in all lanes, in a general register.
func (c *compiler) number(p symbolic.Poly) asm.G {
	if n, ok := p.Const(); ok {
		return c.r.Imm(n)
	}
	if name, ok := p.AsSym(); ok {
		_, v := c.depth(name)
		return c.generalOf(v)
	}
	key := c.polyKey(p)
	if g, ok := c.knownNumber(key); ok {
		return g
	}
	den := denominator(p)
	g := c.whole(p.Scale(den, 1))
	g = c.divide(g, den)
	if c.steady(p) {
		c.top().numbers[key] = g
	}
	return g
}

// steady reports that p speaks of nothing that is set more than once.
func (c *compiler) steady(p symbolic.Poly) bool {
	for _, s := range p.Syms() {
		if _, v := c.depth(s); c.lookup(v).changes {
			return false
		}
	}
	return true
}

// generalOf returns a variable in a general register, and remembers it.
func (c *compiler) generalOf(v *loop.Var) asm.G {
	x := c.lookup(v)
	if x.g.Ok() {
		return x.g
	}
	g := c.general(x.value)
	if !x.changes {
		x.g = g
	}
	return g
}

// denominator is the least number that p times is of whole coefficients.
func denominator(p symbolic.Poly) int64 {
	lcm := int64(1)
	p.Terms(func(_, den int64, _ []string) {
		a, b := lcm, den
		for b != 0 {
			a, b = b, a%b
		}
		lcm *= den / a
	})
	return lcm
}

// whole returns a polynomial of whole coefficients. What was known in outer
// scopes is asked for as a whole, so that it is computed there once.
func (c *compiler) whole(p symbolic.Poly) asm.G {
	deepest := 0
	for _, s := range p.Syms() {
		d, _ := c.depth(s)
		deepest = max(deepest, d)
	}
	inner, outer := split(p, func(s string) bool { d, _ := c.depth(s); return d == deepest })
	var sum asm.G
	disp := 0
	if n, ok := outer.Const(); ok {
		disp = n
	} else {
		sum = c.number(outer)
	}
	inner.Terms(func(num, _ int64, syms []string) {
		sum = c.plus(sum, c.term(num, syms))
	})
	if disp != 0 {
		sum = c.r.Lea(sum, asm.G{}, 1, disp)
	}
	return sum
}

func (c *compiler) plus(a, b asm.G) asm.G {
	if !a.Ok() {
		return b
	}
	return c.r.GAdd(a, b)
}

func (c *compiler) term(num int64, syms []string) asm.G {
	var g asm.G
	for _, s := range syms {
		_, v := c.depth(s)
		x := c.generalOf(v)
		if g.Ok() {
			g = c.r.GMul(g, x)
		} else {
			g = x
		}
	}
	return c.times(g, num)
}

func (c *compiler) times(g asm.G, n int64) asm.G {
	switch {
	case n == 1:
		return g
	case n > 0 && n&(n-1) == 0:
		return c.r.GShl(g, bits.TrailingZeros64(uint64(n)))
	}
	return c.r.GMul(g, c.r.Imm(int(n)))
}

// divide divides what is a multiple of den: by the power of two in it with a
// shift, and by the odd rest with a product, which modulo 2⁶⁴ is the same.
func (c *compiler) divide(g asm.G, den int64) asm.G {
	if den == 1 {
		return g
	}
	shift := bits.TrailingZeros64(uint64(den))
	if odd := uint64(den) >> shift; odd != 1 {
		g = c.r.GMul(g, c.r.Imm(int(inverse(odd))))
	}
	if shift > 0 {
		g = c.r.GShr(g, shift)
	}
	return g
}

// inverse is the number that times odd is 1 modulo 2⁶⁴.
func inverse(odd uint64) uint64 {
	x := odd // right in the last 3 bits, and each step doubles them
	for range 5 {
		x *= 2 - odd*x
	}
	return x
}

// integer returns n in all lanes.
func (c *compiler) integer(n int64) asm.V {
	if c.t.Elem == asm.F32 {
		return c.r.ConstBits(uint64(uint32(n)))
	}
	return c.r.ConstBits(uint64(n))
}

// index returns the number of each lane's turn.
func (c *compiler) index(copy int) asm.V {
	l := c.lane
	x := c.ramp(l.at+copy*c.t.Lanes(), 1)
	if !l.base.Ok() {
		return x
	}
	key := fmt.Sprintf("lane %d of %d", copy, c.ordinal(l.v))
	if x, ok := c.knownSplat(key); ok {
		return x
	}
	x = c.r.IAdd(c.splatOf("base", l.v, l.base), x)
	c.top().splats[key] = x
	return x
}

// splatOf returns a register that belongs to a variable in all lanes.
func (c *compiler) splatOf(what string, v *loop.Var, g asm.G) asm.V {
	key := fmt.Sprintf("%s of %d", what, c.ordinal(v))
	x, ok := c.knownSplat(key)
	if !ok {
		x = c.r.SplatInt(g)
		c.top().splats[key] = x
	}
	return x
}

// lanesOf returns p in lanes.
func (c *compiler) lanesOf(p symbolic.Poly, copy int) asm.V {
	den := denominator(p)
	p = p.Scale(den, 1)
	inner, outer := split(p, c.varying)
	var sum asm.V
	add := func(x asm.V) {
		if sum.Ok() {
			x = c.r.IAdd(sum, x)
		}
		sum = x
	}
	inner.Terms(func(num, _ int64, syms []string) {
		var x asm.V
		rest := symbolic.Int(int(num))
		for _, s := range syms {
			if !c.varying(s) {
				rest = rest.Mul(symbolic.Sym(s))
				continue
			}
			_, v := c.depth(s)
			y := c.laneOf(v, copy)
			if x.Ok() {
				x = c.r.IMul(x, y)
			} else {
				x = y
			}
		}
		switch n, ok := rest.Const(); {
		case ok && n == 1:
		case ok && n > 0 && n&(n-1) == 0:
			x = c.r.IShl(x, bits.TrailingZeros64(uint64(n)))
		default:
			x = c.r.IMul(x, c.splat(rest))
		}
		add(x)
	})
	if !outer.Is(0) || !sum.Ok() {
		add(c.splat(outer))
	}
	return c.divideLanes(sum, den)
}

func (c *compiler) laneOf(v *loop.Var, copy int) asm.V {
	if v == c.lane.v {
		return c.index(copy)
	}
	return c.vectors(c.lookup(v).value).of(copy)
}

// splat returns p, which is alike in all lanes, in all of them.
func (c *compiler) splat(p symbolic.Poly) asm.V {
	if n, ok := p.Const(); ok {
		return c.integer(int64(n))
	}
	key := c.polyKey(p)
	if x, ok := c.knownSplat(key); ok {
		return x
	}
	v := c.r.SplatInt(c.number(p))
	if !c.steady(p) {
		return v
	}
	c.top().splats[key] = v
	return v
}

func (c *compiler) divideLanes(x asm.V, den int64) asm.V {
	if den == 1 {
		return x
	}
	shift := bits.TrailingZeros64(uint64(den))
	if odd := uint64(den) >> shift; odd != 1 {
		x = c.r.IMul(x, c.integer(int64(inverse(odd))))
	}
	if shift > 0 {
		x = c.r.ISar(x, shift)
	}
	return x
}
