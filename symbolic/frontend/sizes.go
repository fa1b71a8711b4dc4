package frontend

import (
	"slices"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// checkSizes leaves it to the running program to check, once and before
// anything is computed, the sizes under roots that some values of the run-time
// dims make negative: n - k + 1, n - 2.
func (f *frontend) checkSizes(checks *[]module.Check, roots ...*symbolic.Node) {
	c := &ctx{frontend: f}
	// A product of dims is not negative where they are not, so a value that is
	// flattened asks for no check of its own.
	good := map[string]bool{}
	var found []module.Check
	for _, n := range symbolic.ReachableInside(roots...) {
		if n.Op == symbolic.OpReshape {
			from := n.Args[0].Shape
			for i := range from {
				p := from[i]
				for _, q := range from[i+1:] {
					p = p.Mul(q)
					good[p.String()] = true
				}
			}
		}
		for _, p := range n.Shape {
			if good[p.String()] {
				continue
			}
			good[p.String()] = true
			if c.prove(p, nil) || neverNegative(p) {
				continue
			}
			found = append(found, module.Check{A: p, AtLeast: true, Span: n.Origin.Span, Text: n.Origin.Stmt})
		}
	}
	var facts []fact
	for _, k := range *checks {
		facts = append(facts, k.A.Sub(k.B))
		if !k.AtLeast {
			facts = append(facts, k.B.Sub(k.A))
		}
	}
	for i, k := range found {
		others := slices.Clone(facts)
		for _, o := range found[i+1:] {
			others = append(others, o.A)
		}
		if c.implied(k.A, others) {
			continue
		}
		facts = append(facts, k.A)
		*checks = append(*checks, k)
	}
}

// sizeFollows reports what is given to the caller and has as many rows as a while
// has made passes: nobody can make room for it before.
func (c *ctx) sizeFollows(t *tensor, at diag.Span, what string) bool {
	for i, d := range t.shape {
		if slices.ContainsFunc(d.Syms(), symbolic.IsCount) {
			c.errorf(at, "the size of this %s, dim %d, is known only when a while has ended", what, i).
				Hintf("give what is computed from it, or as much as fits into a size that is known: y[i < n] = if i < len(ys) { ys[i] } else { 0 }")
			return false
		}
	}
	return true
}

// implied reports whether p ≥ 0 follows from one of the facts.
func (c *ctx) implied(p symbolic.Poly, facts []fact) bool {
	return slices.ContainsFunc(facts, func(q fact) bool { return c.box(p.Sub(q)) })
}

// neverNegative knows what box does not: sizes such as n*(n - 1)/2 of one dim,
// which are 0 before they grow.
func neverNegative(p symbolic.Poly) bool {
	const most = 8 // values looked at one by one
	syms := p.Syms()
	if len(syms) != 1 {
		return false
	}
	for n := range most {
		rest, good := replace(p, syms[0], symbolic.Sym(syms[0]).Add(symbolic.Int(n))), true
		rest.Terms(func(num, _ int64, _ []string) { good = good && num >= 0 })
		if good {
			return true
		}
		if v, ok := polyFloat(replace(p, syms[0], symbolic.Int(n))); !ok || v < 0 {
			return false
		}
	}
	return false
}
