package nest

import (
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// elemSize is the size of a buffer's elements: whole numbers and truth values
// are int32.
func (c *compiler) elemSize(b *loop.Buffer) int {
	if b.Type == symbolic.Real {
		return c.t.Size()
	}
	return 4
}

// pointer returns the address of b's element p, which is alike in all lanes,
// as a register and a displacement.
func (c *compiler) pointer(b *loop.Buffer, p symbolic.Poly) (asm.G, int) {
	size := c.elemSize(b)
	p, fixed := split(p, func(string) bool { return true })
	n, ok := fixed.Const()
	if !ok || denominator(p) != 1 {
		return c.r.Lea(c.base(b), c.number(p.Add(fixed)), size, 0), 0
	}
	if p.Is(0) {
		return c.base(b), n * size
	}
	key := b.Name + " at " + c.polyKey(p)
	if g, ok := c.knownNumber(key); ok {
		return g, n * size
	}
	deepest := 0
	for _, s := range p.Syms() {
		d, _ := c.depth(s)
		deepest = max(deepest, d)
	}
	inner, outer := split(p, func(s string) bool { d, _ := c.depth(s); return d == deepest })
	from, _ := c.pointer(b, outer)
	g := c.r.Lea(from, c.number(inner), size, 0)
	if c.steady(p) {
		c.top().numbers[key] = g
	}
	return g, n * size
}

func (c *compiler) base(b *loop.Buffer) asm.G {
	g, ok := c.bufs[b]
	if !ok {
		failf("%s is no parameter", b.Name)
	}
	return g
}

// A place is where the lanes of an access are in memory: all at one element,
// side by side, or apart.
type place struct {
	alike bool
	mem   []asm.Mem // of each copy
	index []asm.V   // of each copy where they are apart: in elements from mem
}

func (c *compiler) place(b *loop.Buffer, p symbolic.Poly) place {
	size := c.elemSize(b)
	if !c.polyVaries(p) {
		g, disp := c.pointer(b, p)
		return place{alike: true, mem: []asm.Mem{{Base: g, Disp: disp}}}
	}
	l, lanes := c.lane, c.t.Lanes()
	step, rest, ok := coefficient(p, l.v.Name)
	out := place{}
	if ok && !c.polyVaries(step) && !c.polyVaries(rest) && denominator(p) == 1 {
		g, disp := c.pointer(b, rest)
		n, fixed := step.Const()
		m := asm.Mem{Base: g, Disp: disp + n*l.at*size}
		switch {
		case fixed && n == 1:
			if l.base.Ok() {
				m.Index, m.Scale = l.base, size
			}
		case l.base.Ok():
			m.Base = c.r.Lea(g, c.stepped(step), size, 0)
		case !fixed:
			m.Base = c.r.Lea(g, c.number(step.Scale(int64(l.at), 1)), size, 0)
		}
		for i := range l.copies {
			at := m
			if fixed {
				at = m.Plus(i * lanes * n * size)
			}
			out.mem = append(out.mem, at)
			if fixed && n == 1 {
				continue
			}
			if fixed {
				out.index = append(out.index, c.ramp(0, n))
			} else {
				out.index = append(out.index, c.steps(step, i))
			}
		}
		return out
	}
	outer := symbolic.Poly{}
	if denominator(p) == 1 {
		p, outer = split(p, c.varying)
	}
	g, disp := c.pointer(b, outer)
	for i := range l.copies {
		out.mem = append(out.mem, asm.Mem{Base: g, Disp: disp})
		out.index = append(out.index, c.lanesOf(p, i))
	}
	return out
}

// stepped returns the lane loop's position times step.
func (c *compiler) stepped(step symbolic.Poly) asm.G {
	return c.number(step.Mul(symbolic.Sym(c.lane.v.Name)))
}

// ramp returns from, from + step, from + 2·step, …
func (c *compiler) ramp(from, step int) asm.V {
	lanes := make([]uint64, c.t.Lanes())
	for i := range lanes {
		lanes[i] = uint64(from + i*step)
	}
	return c.r.ConstLanes(lanes)
}

// steps returns where the lanes of a copy are that are step apart.
func (c *compiler) steps(step symbolic.Poly, copy int) asm.V {
	return c.r.IMul(c.ramp(copy*c.t.Lanes(), 1), c.splat(step))
}

// mask is which lanes of a copy are at work; not Ok where all are.
func (c *compiler) mask(copy int) asm.M {
	if c.lane == nil || c.lane.mask == nil {
		return asm.M{}
	}
	return c.lane.mask[copy]
}

func (c *compiler) load(b *loop.Buffer, p symbolic.Poly) value {
	if c.onLoad != nil {
		if v, ok := c.onLoad(b, p); ok {
			return value{typ: b.Type, v: v, varies: len(v) == c.copies()}
		}
	}
	if c.lane != nil && c.lane.loaded != nil {
		if r, field := find(c.lane.records.loads, b, p, c.lane.v.Name); r != nil {
			out := value{typ: b.Type, varies: true}
			for _, fields := range c.lane.loaded[r] {
				c.lanesInto(&out, fields[field])
			}
			return out
		}
	}
	at := c.place(b, p)
	if at.alike {
		return c.loadAlike(b, at.mem[0])
	}
	out := value{typ: b.Type, varies: true}
	real := b.Type == symbolic.Real
	for i, m := range at.mem {
		k := c.mask(i)
		var v asm.V
		switch apart := at.index != nil; {
		case apart && real && k.Ok():
			v = c.r.GatherMask(m.Base, at.index[i], c.elemSize(b), m.Disp, k)
		case apart && real:
			v = c.r.Gather(m.Base, at.index[i], c.elemSize(b), m.Disp)
		case apart:
			v = c.r.GatherInts(m.Base, at.index[i], c.elemSize(b), m.Disp, k)
		case real && k.Ok():
			v = c.r.LoadMask(m, k)
		case real:
			v = c.r.Load(m)
		case k.Ok():
			v = c.r.LoadIntsMask(m, k)
		default:
			v = c.r.LoadInts(m)
		}
		c.lanesInto(&out, v)
	}
	return out
}

// lanesInto adds the lanes of a copy to what is loaded.
func (c *compiler) lanesInto(out *value, v asm.V) {
	if out.typ == symbolic.Boolean {
		out.m = append(out.m, c.r.ICmp(asm.NE, v, c.r.Zero()))
	} else {
		out.v = append(out.v, v)
	}
}

// loadAlike loads one element for all lanes. Where a branch is not taken by
// any lane, it must not be touched.
func (c *compiler) loadAlike(b *loop.Buffer, m asm.Mem) value {
	out := value{typ: b.Type}
	guarded := c.lane != nil && c.lane.cond != nil
	maybe := func(f func()) {
		if guarded {
			c.r.IfAny(c.any(), f)
		} else {
			f()
		}
	}
	switch b.Type {
	case symbolic.Integer:
		if !guarded {
			out.g = c.r.LoadInt32(m)
			return out
		}
		out.g = c.r.GVar(c.r.Imm(0))
		maybe(func() { c.r.GSet(out.g, c.r.LoadInt32(m)) })
	case symbolic.Boolean:
		v := c.r.Zero()
		if guarded {
			v = c.r.Var(v)
			maybe(func() { c.r.Set(v, c.r.BroadcastInt(m)) })
		} else {
			v = c.r.BroadcastInt(m)
		}
		out.m = []asm.M{c.r.ICmp(asm.NE, v, c.r.Zero())}
	default:
		if !guarded {
			out.v = []asm.V{c.r.Broadcast(m)}
			return out
		}
		v := c.r.Var(c.r.Zero())
		maybe(func() { c.r.Set(v, c.r.Broadcast(m)) })
		out.v = []asm.V{v}
	}
	return out
}

// any returns a mask that has a lane where any copy has one at work.
func (c *compiler) any() asm.M {
	var k asm.M
	for i := range c.lane.copies {
		m := c.mask(i)
		if !m.Ok() {
			return c.r.MaskConst(c.t.Lanes())
		}
		if k.Ok() {
			m = c.r.MOr(k, m)
		}
		k = m
	}
	return k
}

// store writes x, of which the lanes at work are stored.
func (c *compiler) store(b *loop.Buffer, p symbolic.Poly, x value) {
	if c.onStore != nil {
		var v []asm.V
		y := c.vectors(c.narrow(x))
		for i := range c.copies() {
			v = append(v, y.of(i))
		}
		if c.onStore(b, p, v) {
			return
		}
	}
	if c.lane != nil && c.lane.loaded != nil {
		if r, field := find(c.lane.records.stores, b, p, c.lane.v.Name); r != nil {
			c.lane.kept.keep(r, c.lane.copies, field, c.vectors(c.numbers(x)))
			return
		}
	}
	at := c.place(b, p)
	if c.lane == nil {
		c.storeOne(b, at.mem[0], x)
		return
	}
	if at.alike {
		failf("all lanes store to one element of %s", b.Name)
	}
	x = c.vectors(c.numbers(x))
	for i, m := range at.mem {
		k, v := c.mask(i), x.of(i)
		switch apart, real := at.index != nil, b.Type == symbolic.Real; {
		case apart && real:
			c.r.Scatter(m.Base, at.index[i], c.elemSize(b), m.Disp, k, v)
		case apart:
			c.r.ScatterInts(m.Base, at.index[i], c.elemSize(b), m.Disp, k, v)
		case real && k.Ok():
			c.r.StoreMask(m, k, v)
		case real:
			c.r.Store(m, v)
		case k.Ok():
			c.r.StoreIntsMask(m, k, v)
		default:
			c.r.StoreInts(m, v)
		}
	}
}

// numbers is x as it is stored: a truth value is 1 or 0.
func (c *compiler) numbers(x value) value {
	if x.typ == symbolic.Boolean {
		return c.choose(x, value{typ: symbolic.Integer, v: []asm.V{c.integer(1)}}, value{typ: symbolic.Integer, v: []asm.V{c.integer(0)}})
	}
	return c.narrow(x)
}

func (c *compiler) storeOne(b *loop.Buffer, m asm.Mem, x value) {
	switch b.Type {
	case symbolic.Integer:
		c.r.StoreInt32(m, c.general(x))
	case symbolic.Boolean:
		c.r.StoreInt32(m, c.r.GAnd(c.r.Bits(x.m[0]), c.r.Imm(1)))
	default:
		c.r.StoreScalar(m, c.narrow(x).v[0])
	}
}
