package loop

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// A term is a scalar expression while a program is being made: its reads have
// an index for every axis, in symbols of the comp's axes. Terms of one comp
// are interned, so that what occurs twice is one term.
type term struct {
	node *symbolic.Node
	typ  symbolic.Type
	kind termKind
	uses int // by other terms of the comp that are always computed

	op    *symbolic.OpSpec // of an apply
	args  []*term          // of an apply; the guarded one
	conds []symbolic.Cond  // of a guard
	val   *value           // of a read
	index []symbolic.Poly  // of a read, one for every axis
	num   float64          // of a number
	poly  symbolic.Poly    // of a whole number made of axes and sizes
}

type termKind uint8

const (
	apply  termKind = iota
	read            // val at index
	number          // num
	whole           // poly
	guard           // args[0] where conds hold, else 0
)

// A builder makes the terms of a comp.
type builder struct {
	l    *lowering
	c    *comp
	memo map[string]*term
}

// at returns the value of n at index as a term.
func (b *builder) at(n *symbolic.Node, index []symbolic.Poly) *term {
	if v, ok := b.symbolOf(n); ok {
		return v
	}
	key := termKey(n, index)
	if t, ok := b.memo[key]; ok {
		return t
	}
	var t *term
	if a := b.l.aliasOf(n); a != nil {
		t = b.aliased(a, n, index)
	} else if v := b.l.valueOf(n); v != nil {
		t = b.read(v, index)
	} else {
		t = b.compute(n, index)
	}
	b.memo[key] = t
	return t
}

func termKey(n *symbolic.Node, index []symbolic.Poly) string {
	var s strings.Builder
	s.WriteString(strconv.Itoa(n.ID))
	for _, e := range index {
		s.WriteByte('|')
		s.WriteString(e.String())
	}
	return s.String()
}

// symbolOf returns constants and sizes, which are the same at every index.
func (b *builder) symbolOf(n *symbolic.Node) (*term, bool) {
	switch a := n.Attr.(type) {
	case symbolic.Value:
		if n.Type == symbolic.Integer {
			return &term{node: n, typ: n.Type, kind: whole, poly: symbolic.Int(int(a))}, true
		}
		return &term{node: n, typ: n.Type, kind: number, num: float64(a)}, true
	case symbolic.SizeAttr:
		return &term{node: n, typ: n.Type, kind: whole, poly: a.Poly}, true
	}
	return nil, false
}

func (b *builder) read(v *value, index []symbolic.Poly) *term {
	return &term{node: v.node, typ: v.node.Type, kind: read, val: v, index: index}
}

// compute returns n at index computed from n's arguments.
func (b *builder) compute(n *symbolic.Node, index []symbolic.Poly) *term {
	switch a := n.Attr.(type) {
	case *symbolic.Map:
		return b.access(n, a, index)
	case symbolic.ShapeAttr:
		return b.at(n.Args[0], reindex(n.Args[0].Shape, a.Shape, index))
	case symbolic.Axes: // an index as a value
		return &term{node: n, typ: n.Type, kind: whole, poly: index[a[0]]}
	}
	t := &term{node: n, typ: n.Type, kind: apply, op: n.Op}
	for _, a := range n.Args {
		t.args = append(t.args, b.at(a, index))
	}
	if n.Op.Lazy {
		for i, a := range t.args[1:] {
			t.args[1+i] = given(a, t.args[0], i)
		}
	}
	if n.Op == symbolic.OpAdd { // a guard that always fails leaves a zero
		for i, a := range t.args {
			if a.kind == number && a.num == 0 {
				return t.args[1-i]
			}
		}
	}
	if p, ok := wholeArith(t); ok {
		return &term{node: n, typ: n.Type, kind: whole, poly: p}
	}
	if x := b.c.settledTruth(t); x != nil {
		return x
	}
	return t
}

// settledTruth returns what t is where a comparison of sizes and indices has the same answer
// everywhere, and what a choice by that is, or nil.
func (c *comp) settledTruth(t *term) *term {
	answer := func(truth bool) *term {
		n := 0.0
		if truth {
			n = 1
		}
		return &term{node: t.node, typ: t.typ, kind: number, num: n}
	}
	known := func(i int) bool { return t.args[i].kind == number }
	is := func(i int) bool { return t.args[i].num != 0 }
	switch t.op {
	case symbolic.OpSelect, symbolic.OpIntSelect:
		if known(0) && is(0) {
			return t.args[1]
		} else if known(0) {
			return t.args[2]
		}
	case symbolic.OpNot:
		if known(0) {
			return answer(!is(0))
		}
	case symbolic.OpTruth:
		if known(0) {
			return answer(is(0))
		}
	case symbolic.OpAnd, symbolic.OpOr:
		for i := range t.args {
			if known(i) && is(i) == (t.op == symbolic.OpOr) {
				return answer(is(i))
			} else if known(i) {
				return t.args[1-i]
			}
		}
	case symbolic.OpIntEq, symbolic.OpIntNe, symbolic.OpIntLt, symbolic.OpIntLe:
		if t.args[0].kind != whole || t.args[1].kind != whole {
			return nil
		}
		less := t.args[1].poly.Sub(t.args[0].poly)
		k := symbolic.Cond{Kind: symbolic.Zero, E: less}
		switch t.op {
		case symbolic.OpIntLt:
			k = symbolic.Cond{Kind: symbolic.NonNeg, E: less.Sub(symbolic.Int(1))}
		case symbolic.OpIntLe:
			k = symbolic.Cond{Kind: symbolic.NonNeg, E: less}
		}
		if v := c.decide(k); v != unknown {
			return answer((v == holds) != (t.op == symbolic.OpIntNe))
		}
	}
	return nil
}

// given is t in a branch of a choice by cond, the first or the second, where a choice by the same cond is made.
func given(t, cond *term, branch int) *term {
	if t.kind != apply {
		return t
	}
	if t.op.Lazy && t.args[0] == cond {
		return t.args[1+branch]
	}
	out := t
	for i, a := range t.args {
		if b := given(a, cond, branch); b != a {
			if out == t {
				changed := *t
				out, changed.args = &changed, slices.Clone(t.args)
			}
			out.args[i] = b
		}
	}
	return out
}

// wholeArith keeps sums and products of sizes and indices in the algebra of
// indices.
func wholeArith(t *term) (symbolic.Poly, bool) {
	if len(t.args) != 2 || t.args[0].kind != whole || t.args[1].kind != whole {
		return symbolic.Poly{}, false
	}
	p, q := t.args[0].poly, t.args[1].poly
	switch t.op {
	case symbolic.OpIntAdd:
		return p.Add(q), true
	case symbolic.OpIntSub:
		return p.Sub(q), true
	case symbolic.OpIntMul:
		return p.Mul(q), true
	}
	return symbolic.Poly{}, false
}

// access composes the index map with index.
func (b *builder) access(n *symbolic.Node, m *symbolic.Map, index []symbolic.Poly) *term {
	sub := b.substitution(n.Args[1:], index)
	in := make([]symbolic.Poly, len(m.Index))
	for i, e := range m.Index {
		in[i] = e.Subst(sub)
	}
	conds, never := b.conds(m.Guard, sub)
	if never {
		return &term{node: n, typ: n.Type, kind: number}
	}
	x := b.at(n.Args[0], in)
	if len(conds) == 0 {
		return x
	}
	return &term{node: n, typ: n.Type, kind: guard, conds: conds, args: []*term{x}}
}

// substitution replaces the axes of a map by index and its operands by what
// they are there.
func (b *builder) substitution(operands []*symbolic.Node, index []symbolic.Poly) func(string) (symbolic.Poly, bool) {
	return func(s string) (symbolic.Poly, bool) {
		if i, ok := symbolic.AxisOf(s); ok {
			return index[i], true
		}
		if i, ok := symbolic.OperandOf(s); ok {
			return b.symbolFor(b.at(operands[i], index)), true
		}
		return symbolic.Poly{}, false
	}
}

// symbolFor returns a whole number for use in indices: itself where it is made
// of axes and sizes, else a symbol that stands for the term.
func (b *builder) symbolFor(t *term) symbolic.Poly {
	if t.kind == whole {
		return t.poly
	}
	if t.kind == number {
		return symbolic.Int(int(t.num))
	}
	for i, d := range b.c.data {
		if d == t {
			return symbolic.Sym(b.c.dataSym(i))
		}
	}
	b.c.data = append(b.c.data, t)
	return symbolic.Sym(b.c.dataSym(len(b.c.data) - 1))
}

// conds substitutes in conditions and drops those that always hold. never
// reports that one never does, or not with another.
func (b *builder) conds(cs []symbolic.Cond, sub func(string) (symbolic.Poly, bool)) (out []symbolic.Cond, never bool) {
	for _, c := range cs {
		c = c.With(c.E.Subst(sub))
		switch b.c.decide(c) {
		case holds:
		case fails:
			return nil, true
		default:
			out = append(out, c)
		}
	}
	for i, c := range out {
		for _, d := range out[:i] {
			if both := c.With(c.E.Add(d.E)); c.Kind == symbolic.NonNeg && d.Kind == symbolic.NonNeg && b.c.decide(both) == fails {
				return nil, true
			}
		}
	}
	return out, false
}

// reindex returns the index into shape from of the element that has index in
// shape to. Where an index would have to be split the last axis of the stretch
// takes all of it, which names the same element in row-major order.
func reindex(from, to symbolic.Shape, index []symbolic.Poly) []symbolic.Poly {
	out := make([]symbolic.Poly, len(from))
	for _, r := range runs(from, to) {
		flat, size := symbolic.Poly{}, symbolic.Int(1)
		for i := len(r.to) - 1; i >= 0; i-- {
			flat = flat.Add(index[r.to[i]].Mul(size))
			size = size.Mul(to[r.to[i]])
		}
		at := len(r.from) - 1
		for at > 0 && from[r.from[at]].Is(1) {
			at--
		}
		if at >= 0 {
			out[r.from[at]] = flat
		}
	}
	return out
}

// walk calls f for t and everything below it, operands of indices included,
// each once, users first. f returns false to stay above.
func (c *comp) walk(t *term, f func(*term) bool) { c.visit(t, map[*term]bool{}, f) }

func (c *comp) visit(t *term, seen map[*term]bool, f func(*term) bool) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	if !f(t) {
		return
	}
	for _, a := range t.args {
		c.visit(a, seen, f)
	}
	for _, d := range c.operandsOf(t) {
		c.visit(d, seen, f)
	}
}

// each calls f for every term of c.
func (c *comp) each(f func(*term)) {
	seen := map[*term]bool{}
	all := func(t *term) bool { f(t); return true }
	c.visit(c.body, seen, all)
	for _, d := range c.data {
		c.visit(d, seen, all)
	}
}

// operandsOf returns the terms that t's indices and conditions speak of.
func (c *comp) operandsOf(t *term) []*term {
	if len(c.data) == 0 {
		return nil
	}
	var out []*term
	add := func(p symbolic.Poly) {
		for _, s := range p.Syms() {
			if i, ok := c.dataOf(s); ok {
				out = append(out, c.data[i])
			}
		}
	}
	add(t.poly)
	for _, e := range t.index {
		add(e)
	}
	for _, k := range t.conds {
		add(k.E)
	}
	return out
}
