package frontend

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// prove reports whether p ≥ 0 follows from the ranges of indices and sizes and
// from the given facts. It knows interval arithmetic and adding up facts, no
// more; false means that it does not know.
func (c *ctx) prove(p symbolic.Poly, facts []fact) bool {
	if c.box(p) {
		return true
	}
	for i, q := range facts {
		d := p.Sub(q)
		if c.box(d) {
			return true
		}
		if n := multiple(p, q); n > 1 && c.box(p.Sub(q.Scale(int64(n), 1))) {
			return true
		}
		for _, r := range facts[i+1:] {
			if c.box(d.Sub(r)) {
				return true
			}
		}
	}
	return false
}

// multiple is how often q has to be taken off p for a symbol to go, 1 if there is
// none such.
func multiple(p, q symbolic.Poly) int {
	for _, s := range q.Syms() {
		a, _, ok := p.Linear(s)
		b, _, ok2 := q.Linear(s)
		if ok && ok2 && b != 0 && a%b == 0 && a/b > 1 {
			return a / b
		}
	}
	return 1
}

// box proves p ≥ 0 at all corners of the ranges of what p mentions. Where p is
// linear in each symbol the corners are the extremes.
func (c *ctx) box(p symbolic.Poly) bool {
	least := map[string]int{}
	for _, s := range p.Syms() {
		if _, ok := symbolic.ExponentOf(s); ok {
			least[s] = 1 // 2^n
		}
		// Where there is an index there is an element.
		if a := c.axisOf(s); a != nil {
			someOf(a.size, least)
		}
		if t := c.dataOf(s); t != nil && t.hi != nil {
			someOf(t.hi.Add(symbolic.Int(1)), least)
		}
	}
	return c.corners(p, least, 0)
}

// someOf notes how great a size is at least for n, c·size + k, to be at least 1.
func someOf(n symbolic.Poly, least map[string]int) {
	syms := n.Syms()
	if len(syms) != 1 {
		return
	}
	c, rest, ok := n.Linear(syms[0])
	if k, known := rest.Const(); ok && known && c > 0 {
		least[syms[0]] = max(least[syms[0]], -floorDiv(k-1, c))
	}
}

func (c *ctx) corners(p symbolic.Poly, least map[string]int, deep int) bool {
	const most = 12 // symbols split: 4096 corners
	if f, ok := polyFloat(p); ok {
		return f >= 0
	}
	for _, s := range p.Syms() {
		var lo, hi symbolic.Poly
		if a := c.axisOf(s); a != nil {
			hi = a.size.Sub(symbolic.Int(1))
		} else if t := c.dataOf(s); t != nil {
			if t.lo == nil || t.hi == nil {
				return false
			}
			lo, hi = *t.lo, *t.hi
		} else if d := c.dims[s]; d != nil && d.bound > 0 {
			lo, hi = symbolic.Int(least[s]), symbolic.Int(d.bound)
		} else {
			continue
		}
		if deep >= most || powerOf(p, s) != 1 {
			return false
		}
		return c.corners(replace(p, s, lo), least, deep+1) && c.corners(replace(p, s, hi), least, deep+1)
	}
	// Only unbounded sizes are left: s = least + s', s' ≥ 0.
	for _, s := range p.Syms() {
		if least[s] > 0 {
			p = replace(p, s, symbolic.Sym(s).Add(symbolic.Int(least[s])))
		}
	}
	good := true
	p.Terms(func(num, _ int64, _ []string) { good = good && num >= 0 })
	return good
}

// powerOf is the highest power of a symbol in p.
func powerOf(p symbolic.Poly, sym string) int {
	most := 0
	p.Terms(func(_, _ int64, syms []string) {
		n := 0
		for _, s := range syms {
			if s == sym {
				n++
			}
		}
		most = max(most, n)
	})
	return most
}

func replace(p symbolic.Poly, sym string, by symbolic.Poly) symbolic.Poly {
	return p.Subst(func(s string) (symbolic.Poly, bool) { return by, s == sym })
}

// A witness is values of indices and sizes under which something fails.
type witness struct {
	text  string
	value int
}

// refute looks for indices and sizes in their ranges, under the facts, at
// which p is negative.
func (c *ctx) refute(p symbolic.Poly, show symbolic.Poly, facts []fact) (witness, bool) {
	var axes []*axis
	var sizes []string
	add := func(q symbolic.Poly) {
		for _, s := range q.Syms() {
			if a := c.axisOf(s); a != nil {
				if !slices.Contains(axes, a) {
					axes = append(axes, a)
				}
			} else if !slices.Contains(sizes, s) {
				sizes = append(sizes, s)
			}
		}
	}
	add(p)
	for _, f := range facts {
		if !slices.ContainsFunc(f.Syms(), func(s string) bool { return c.dataOf(s) != nil }) {
			add(f)
		}
	}
	for _, a := range axes {
		add(a.size)
	}
	if len(axes) > 6 || len(sizes) > 3 {
		return witness{}, false
	}
	env := map[string]int{}
	get := func(s string) (int, bool) { n, ok := env[s]; return n, ok }
	budget := 100_000
	var found witness
	var overAxes func(int) bool
	overAxes = func(i int) bool {
		if budget--; budget < 0 {
			return false
		}
		if i < len(axes) {
			n, err := axes[i].size.Eval(get)
			if err != nil {
				return false
			}
			for _, v := range samples(n) {
				env[axes[i].sym()] = v
				if overAxes(i + 1) {
					return true
				}
			}
			return false
		}
		for _, f := range facts {
			if slices.ContainsFunc(f.Syms(), func(s string) bool { return c.dataOf(s) != nil }) {
				continue // it may hold
			}
			if v, err := f.Eval(get); err != nil || v < 0 {
				return false
			}
		}
		v, err := p.Eval(get)
		if err != nil || v >= 0 {
			return false
		}
		found.value, _ = show.Eval(get)
		found.text = c.witnessText(env, axes, sizes)
		return true
	}
	var overSizes func(int) bool
	overSizes = func(i int) bool {
		if i == len(sizes) {
			return overAxes(0)
		}
		for _, v := range []int{4, 3, 5, 2, 1, 7} {
			if d := c.dims[sizes[i]]; d != nil && d.bound > 0 && v > d.bound {
				continue
			}
			env[sizes[i]] = v
			if overSizes(i + 1) {
				return true
			}
		}
		return false
	}
	ok := overSizes(0)
	return found, ok
}

// samples are the values of an index of n that are tried: all of a few, the
// ends and the middle of many.
func samples(n int) []int {
	if n <= 8 {
		out := make([]int, 0, max(n, 0))
		for i := range n {
			out = append(out, i)
		}
		return out
	}
	return []int{0, 1, 2, n / 2, n - 3, n - 2, n - 1}
}

func (c *ctx) witnessText(env map[string]int, axes []*axis, sizes []string) string {
	var parts []string
	for _, a := range axes {
		parts = append(parts, fmt.Sprintf("%s = %d", a.name, env[a.sym()]))
	}
	for _, s := range sizes {
		parts = append(parts, fmt.Sprintf("%s = %d", s, env[s]))
	}
	return strings.Join(parts, ", ")
}

// polyText writes a polynomial of indices with their names.
func (f *frontend) polyText(p symbolic.Poly) string {
	return p.Subst(func(s string) (symbolic.Poly, bool) {
		if a := f.axisOf(s); a != nil {
			return symbolic.Sym(a.name), true
		}
		return symbolic.Poly{}, false
	}).String()
}
