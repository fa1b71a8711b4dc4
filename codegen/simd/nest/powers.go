package nest

import (
	"maps"
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A power is x^(i + k) in a loop, i being its turn and all else the same in all
// turns: from turn to turn it is multiplied, and nowhere computed anew.
type power struct {
	now    []asm.V // of each copy
	varies bool    // it is another one in each lane
	step   []asm.V // what a turn of each copy multiplies it with
	all    asm.V   // in a loop over lanes: what a turn of all copies does, step being one of a single copy
}

// powers are those of a loop, by the keys of their expressions.
type powers map[string]*power

// findPowers calls f with each power in l.
func (c *compiler) findPowers(l *loop.Loop, f func(base value, from symbolic.Poly) *power) powers {
	out := powers{}
	h := c.hoister(l)
	exprs(l.Body, func(e loop.Expr) {
		x, ok := e.(*loop.Apply)
		if !ok || x.Op != symbolic.OpPowInt || !h.same(x.Args[0]) {
			return
		}
		n, ok := x.Args[1].(*loop.Int)
		if !ok {
			return
		}
		factor, from, ok := n.Poly.Linear(l.Var.Name)
		if !ok || factor != 1 || negative(from) || !h.same(&loop.Int{Poly: from}) || out[c.powerKey(x)] != nil {
			return
		}
		if p := f(c.narrow(c.settled(c.eval(x.Args[0]))), from); p != nil {
			out[c.powerKey(x)] = p
		}
	})
	return out
}

// negative reports whether a polynomial of sizes and indices may be less than 0: from
// 0⁻¹ no multiplication leads to 0⁰.
func negative(p symbolic.Poly) (found bool) {
	p.Terms(func(num, _ int64, _ []string) { found = found || num < 0 })
	return found
}

// powerKey is the key of a power, the same within the loop and before it.
func (c *compiler) powerKey(e *loop.Apply) string {
	n, ok := e.Args[1].(*loop.Int)
	if !ok {
		return ""
	}
	return c.key(e.Args[0]) + "^" + n.Poly.String()
}

// lanePowers has the powers in a loop over lanes for its first turns.
func (c *compiler) lanePowers(l *loop.Loop, copies int) powers {
	return c.findPowers(l, func(base value, from symbolic.Poly) *power {
		if base.varies {
			return nil
		}
		one := c.r.Const(1)
		now, square := one, base.of(0)
		for bit := 1; bit < c.t.Lanes(); bit *= 2 {
			odd := c.r.MaskConst(0) // the lanes whose number has this bit
			for m := bit; m <= c.t.Lanes(); m += bit {
				odd = c.r.MXor(odd, c.r.MaskConst(m))
			}
			now = c.r.Mul(now, c.r.Select(odd, square, one))
			square = c.r.Mul(square, square)
		}
		now = c.raised(now, base, from)
		p := &power{step: []asm.V{square}, all: square}
		for range copies {
			p.now = append(p.now, c.r.Var(now))
			if len(p.now) < copies {
				now = c.r.Mul(now, square)
				p.all = c.r.Mul(p.all, square)
			}
		}
		return p
	})
}

// turnPowers has the powers in a loop turn by turn for its first turn.
func (c *compiler) turnPowers(l *loop.Loop) powers {
	return c.findPowers(l, func(base value, from symbolic.Poly) *power {
		p := &power{varies: base.varies}
		n := 1
		if base.varies {
			n = c.copies()
		}
		for i := range n {
			p.now = append(p.now, c.r.Var(c.raised(c.r.Const(1), realValue(base.of(i)), from)))
			p.step = append(p.step, base.of(i))
		}
		return p
	})
}

// raised is x·base^from.
func (c *compiler) raised(x asm.V, base value, from symbolic.Poly) asm.V {
	if from.Is(0) {
		return x
	}
	k := c.vectors(c.settled(c.eval(&loop.Int{Poly: from})))
	return c.r.Mul(x, c.operator(symbolic.OpPowInt, []value{{typ: symbolic.Real, v: base.v[:1]}, k}).of(0))
}

// advance goes on to the next turns of a loop over lanes, after a body of so many copies.
func (c *compiler) advance(all powers, copies int) {
	for _, key := range slices.Sorted(maps.Keys(all)) {
		p := all[key]
		by := p.step[0]
		if copies == len(p.now) {
			by = p.all
		}
		for _, v := range p.now[:copies] {
			c.r.Set(v, c.r.Mul(v, by))
		}
	}
}

// turn goes on to the next turn of a loop turn by turn.
func (c *compiler) turn(all powers) {
	for _, key := range slices.Sorted(maps.Keys(all)) {
		p := all[key]
		for i, v := range p.now {
			c.r.Set(v, c.r.Mul(v, p.step[i]))
		}
	}
}

// running is a power that goes along with the turns of a loop.
func (c *compiler) running(e *loop.Apply) (value, bool) {
	key := c.powerKey(e)
	if c.lane != nil {
		if p := c.lane.powers[key]; p != nil {
			return value{typ: symbolic.Real, varies: true, v: p.now[:c.lane.copies]}, true
		}
	}
	for _, in := range c.powers {
		if p := in[key]; p != nil {
			return value{typ: symbolic.Real, varies: p.varies, v: p.now}, true
		}
	}
	return value{}, false
}
