package notation

import (
	"slices"
	"strconv"

	"github.com/bpgen/bpgen/symbolic"
)

// FreeLetters are letters for indices: those that no size that roots depend on
// is called.
func FreeLetters(roots ...*symbolic.Node) []string {
	sizes := map[string]bool{}
	for _, x := range symbolic.Reachable(roots...) {
		for _, d := range x.Shape {
			for _, s := range d.Syms() {
				sizes[s] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(letters), func(s string) bool { return sizes[s] })
}

func (b *Builder) axis(extent symbolic.Poly) Axis {
	if isBatch(extent) {
		b.batches++
		if b.batches == 1 {
			return Axis{Sym: example, Extent: extent}
		}
		return Axis{Sym: example + strconv.Itoa(b.batches), Extent: extent}
	}
	if len(b.letters) == 0 {
		b.batches++ // never seen; a name that still differs
		return Axis{Sym: "i" + strconv.Itoa(100+b.batches), Extent: extent}
	}
	s := b.letters[0]
	b.letters = b.letters[1:]
	return Axis{Sym: s, Extent: extent}
}

// never reports that one of the conditions holds in none of the passes that
// are meant.
func (b *Builder) never(conds []symbolic.Cond, sub func(string) (symbolic.Poly, bool)) bool {
	return slices.ContainsFunc(conds, func(c symbolic.Cond) bool {
		known, yes := b.decided(c, c.E.Subst(sub))
		return known && !yes
	})
}

// decided tells whether a condition on e is the same in all passes that are
// meant, and what it is.
func (b *Builder) decided(c symbolic.Cond, e symbolic.Poly) (known, yes bool) {
	if v, ok := e.Const(); ok {
		return true, holds(c, v)
	}
	lo, hi := e, e
	for _, p := range b.bound {
		k, rest, ok := e.Linear(p.Sym)
		if !ok || k*k != 1 {
			continue
		}
		last := p.Extent.Sub(symbolic.Int(1))
		if k > 0 {
			lo, hi = rest, rest.Add(last)
		} else {
			lo, hi = rest.Sub(last), rest
		}
	}
	least, bounded := lo.Const()
	most, bounded2 := hi.Const()
	switch {
	case c.Kind == symbolic.NonNeg && bounded && least >= 0:
		return true, true
	case c.Kind == symbolic.NonNeg && bounded2 && most < 0, c.Kind == symbolic.Zero && (bounded && least > 0 || bounded2 && most < 0):
		return true, false
	}
	return false, false
}

// substitution puts an access's result axes in terms of index, and its index
// operands behind the data that index already has.
func substitution(index []symbolic.Poly, data, operands []*Expr) (func(string) (symbolic.Poly, bool), []*Expr) {
	return func(s string) (symbolic.Poly, bool) {
		if a, ok := symbolic.AxisOf(s); ok {
			return index[a], true
		}
		if k, ok := symbolic.OperandOf(s); ok {
			if operands[k].Kind == Count && len(operands[k].Data) == 0 {
				return operands[k].Poly, true
			}
			return symbolic.Operand(len(data) + k), true
		}
		return symbolic.Poly{}, false
	}, append(slices.Clone(data), operands...)
}

// apart is where the element of a reshaped value at index comes from, where dims
// of it are several of the argument: windows and places in them, ⌊j/2⌋ and
// j mod 2. A value that is put into a row as a whole is none of these.
func apart(n *symbolic.Node, index []symbolic.Poly, data []*Expr) (at []symbolic.Poly, of []*Expr, ok bool) {
	from, to := n.Args[0].Shape, n.Shape
	of = slices.Clone(data)
	dims := 0
	for k, d := range to {
		size := symbolic.Int(1)
		first := len(at)
		for len(at) < len(from) && (len(at) == first || !size.Equal(d)) {
			size = size.Mul(from[len(at)])
			at = append(at, index[k])
		}
		if !size.Equal(d) {
			return nil, nil, false
		}
		if !isBatch(d) {
			dims++
		}
		if len(at) <= first+1 {
			continue
		}
		ok = true
		inner := symbolic.Int(1)
		for a := len(at) - 1; a >= first; a-- {
			e := &Expr{Kind: Count, Poly: index[k], Data: data}
			if !inner.Is(1) {
				e = apply(symbolic.OpIntDiv, e, &Expr{Kind: Count, Poly: inner})
			}
			if a > first {
				e = apply(symbolic.OpIntMod, e, &Expr{Kind: Count, Poly: from[a]})
			}
			at[a] = symbolic.Operand(len(of))
			of = append(of, e)
			inner = inner.Mul(from[a])
		}
	}
	return at, of, ok && dims > 1 && len(at) == len(from)
}

// prune leaves out data that no index mentions.
func prune(at []symbolic.Poly, data []*Expr) ([]symbolic.Poly, []*Expr) {
	used := map[int]int{}
	var out []*Expr
	for _, p := range at {
		for _, s := range p.Syms() {
			if k, ok := symbolic.OperandOf(s); ok {
				if _, seen := used[k]; !seen {
					used[k] = len(out)
					out = append(out, data[k])
				}
			}
		}
	}
	res := make([]symbolic.Poly, len(at))
	for i, p := range at {
		res[i] = p.Subst(func(s string) (symbolic.Poly, bool) {
			if k, ok := symbolic.OperandOf(s); ok {
				return symbolic.Operand(used[k]), true
			}
			return symbolic.Poly{}, false
		})
	}
	return res, out
}

func (b *Builder) guarded(conds []symbolic.Cond, sub func(string) (symbolic.Poly, bool), data []*Expr, body *Expr) *Expr {
	var polys []symbolic.Poly
	var left []symbolic.Cond
	for _, c := range conds {
		c = c.With(c.E.Subst(sub))
		if known, yes := b.decided(c, c.E); known && yes {
			continue
		}
		left, polys = append(left, c), append(polys, c.E)
	}
	if len(left) == 0 {
		return body
	}
	polys, used := prune(polys, data)
	for i := range left {
		left[i].E = polys[i]
	}
	return &Expr{Kind: Guard, Conds: left, Data: used, Args: []*Expr{body}}
}

func holds(c symbolic.Cond, v int) bool {
	switch c.Kind {
	case symbolic.NonNeg:
		return v >= 0
	case symbolic.Zero:
		return v == 0
	}
	return v%c.Mod == 0
}
