package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// A verdict is what can be said of a condition before the program runs.
type verdict uint8

const (
	unknown verdict = iota
	holds
	fails
)

// decide says whether a condition holds at all points of c's axes.
func (c *comp) decide(k symbolic.Cond) verdict {
	one := symbolic.Int(1)
	switch k.Kind {
	case symbolic.NonNeg:
		if c.nonNeg(k.E) {
			return holds
		}
		if c.nonNeg(k.E.Neg().Sub(one)) {
			return fails
		}
	case symbolic.Zero:
		if k.E.Is(0) {
			return holds
		}
		if c.nonNeg(k.E.Sub(one)) || c.nonNeg(k.E.Neg().Sub(one)) {
			return fails
		}
	case symbolic.Divides:
		all, some := true, false
		k.E.Terms(func(num, den int64, syms []string) {
			all = all && den == 1 && num%int64(k.Mod) == 0
			some = some || len(syms) > 0
		})
		if all {
			return holds
		}
		if !some {
			return fails
		}
	}
	return unknown
}

// nonNeg reports that p is surely at least 0 wherever the loops of c run: each
// axis is taken at the end of its range where p is least, and a size that some
// loop runs over is at least 1 there.
func (c *comp) nonNeg(p symbolic.Poly) bool {
	for i := len(c.axes) - 1; i >= 0; i-- {
		a := c.axes[i]
		if !mentions(p, a.sym) {
			continue
		}
		factor, rest, ok := linearIn(p, a.sym)
		switch {
		case !ok:
			return false
		case allSigns(factor, 1):
			p = rest
		case allSigns(factor, -1):
			p = rest.Add(factor.Mul(a.extent.Sub(symbolic.Int(1))))
		default:
			return false
		}
	}
	for _, a := range c.around {
		factor, rest, ok := linearIn(p, a.sym)
		switch {
		case !mentions(p, a.sym):
		case !ok:
			return false
		case allSigns(factor, 1):
			p = rest
		case allSigns(factor, -1):
			p = rest.Add(factor.Mul(a.extent.Sub(symbolic.Int(1))))
		default:
			return false
		}
	}
	for _, s := range p.Syms() {
		if _, isData := c.dataOf(s); isData {
			return false
		}
	}
	p = p.Subst(func(s string) (symbolic.Poly, bool) {
		least := slices.ContainsFunc(c.axes, func(a axis) bool { e, ok := a.extent.AsSym(); return ok && e == s }) ||
			slices.ContainsFunc(c.around, func(a *pass) bool { e, ok := a.extent.AsSym(); return ok && e == s })
		return symbolic.Sym(s).Add(symbolic.Int(1)), least
	})
	return allSigns(p, 1)
}

// linearIn splits p into factor·sym + rest.
func linearIn(p symbolic.Poly, sym string) (factor, rest symbolic.Poly, ok bool) {
	ok = true
	p.Terms(func(num, den int64, syms []string) {
		t := symbolic.Int(1).Scale(num, den)
		n := 0
		for _, s := range syms {
			if s == sym {
				n++
			} else {
				t = t.Mul(symbolic.Sym(s))
			}
		}
		switch n {
		case 0:
			rest = rest.Add(t)
		case 1:
			factor = factor.Add(t)
		default:
			ok = false
		}
	})
	return factor, rest, ok
}

func allSigns(p symbolic.Poly, sign int64) bool {
	ok := true
	p.Terms(func(num, den int64, syms []string) { ok = ok && num*sign > 0 })
	return ok
}

// inRange reports that a read surely stays inside of its value at all points
// of c's axes.
func (c *comp) inRange(t *term) bool {
	if c.eachInRange(t) {
		return true
	}
	// An index may go over several dims of a value in one piece.
	flat := symbolic.Poly{}
	for i, s := range t.val.node.Shape.Strides() {
		flat = flat.Add(t.index[i].Mul(s))
	}
	return c.nonNeg(flat) && c.nonNeg(t.val.node.Shape.Size().Sub(symbolic.Int(1)).Sub(flat))
}

func (c *comp) eachInRange(t *term) bool {
	for i, e := range t.index {
		d := t.val.node.Shape[i]
		if !c.nonNeg(e) || !c.nonNeg(d.Sub(symbolic.Int(1)).Sub(e)) {
			return false
		}
	}
	return true
}

// safeOutside reports that a read whose index does not depend on the loops
// inside of some level may be done even where those loops do not run at all.
func (c *comp) safeOutside(t *term) bool {
	passes := &comp{around: c.around, tiling: c.tiling} // alone: these do run
	for i, e := range t.index {
		d := t.val.node.Shape[i]
		if passes.nonNeg(e) && passes.nonNeg(d.Sub(symbolic.Int(1)).Sub(e)) && !slices.ContainsFunc(e.Syms(), func(s string) bool { return c.passOf(s) == nil }) {
			continue
		}
		if n, ok := e.Const(); ok {
			if size, known := d.Const(); known && n >= 0 && n < size {
				continue
			}
			return false
		}
		s, ok := e.AsSym()
		if !ok {
			return false
		}
		a, ok := c.axisSym(s)
		if !ok || !c.axes[a].extent.Equal(d) {
			return false
		}
	}
	return true
}
