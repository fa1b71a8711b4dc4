package randprog

import (
	"fmt"
	"slices"
	"strings"
)

// statements writes n of them.
func (g *gen) statements(n int) {
	for range n {
		g.statement()
	}
}

// A maker writes one kind of statement.
type maker struct {
	weight int
	fits   func(*gen) bool // whether it may stand here
	write  func(*gen)
}

func anywhere(*gen) bool     { return true }
func inFewLoops(g *gen) bool { return g.inLoop < 2 }
func atTop(g *gen) bool      { return g.inLoop == 0 && !g.helping }
func ofModels(g *gen) bool   { return atTop(g) && g.model }

// makers are all kinds of statements.
func makers() []maker {
	return []maker{
		{6, anywhere, (*gen).let},
		{6, anywhere, (*gen).indexed},
		{2, anywhere, (*gen).choice},
		{2, anywhere, (*gen).integer},
		{2, anywhere, (*gen).several},
		{1, anywhere, (*gen).slide},
		{1, anywhere, (*gen).pool},
		{2, inFewLoops, (*gen).scan},
		{2, inFewLoops, (*gen).unrolled},
		{1, inFewLoops, (*gen).ladder},
		{2, inFewLoops, (*gen).rec},
		{2, inFewLoops, (*gen).sets},
		{2, func(g *gen) bool { return inFewLoops(g) && !g.model && !g.helping }, (*gen).while},
		{2, atTop, (*gen).derivative},
		{2, atTop, (*gen).each},
		{2, atTop, (*gen).local},
		{1, atTop, (*gen).spelled},
		{2, ofModels, (*gen).acrossBatch},
		{2, ofModels, (*gen).stacked},
	}
}

func (g *gen) statement() {
	var kinds []maker
	for _, m := range makers() {
		for range m.weight {
			if m.fits(g) {
				kinds = append(kinds, m)
			}
		}
	}
	pick(g, kinds...).write(g)
}

// bind gives a name to an expression.
func (g *gen) bind(letter string, s []dim, depth int) value {
	e, mag := g.real(s, depth)
	v := value{name: g.fresh(letter), dims: s, mag: mag}
	g.linef("%s = %s", v.name, e)
	g.values = append(g.values, v)
	return v
}

func (g *gen) let() {
	name := g.fresh("a")
	s := g.shape(3)
	if g.one(6) {
		t := g.fresh("t")
		var e string
		var mag float64
		g.linef("%s = {", name)
		g.within(func() {
			inner := g.shape(2)
			in, m := g.real(inner, 3)
			g.linef("%s = %s", t, in)
			g.add(t, inner, m)
			e, mag = g.real(s, 2)
			g.linef("%s", e)
		})
		g.linef("}")
		g.add(name, s, mag)
		return
	}
	e, mag := g.real(s, 4)
	g.linef("%s = %s", name, e)
	g.add(name, s, mag)
}

// indexed is Y[i, j] = E.
func (g *gen) indexed() {
	name := g.fresh("b")
	var ix []index
	var left []string
	var dims []dim
	for range 1 + g.IntN(2) {
		i := index{g.fresh("i"), g.shape1()}
		ix, dims = append(ix, i), append(dims, i.dim)
		left = append(left, fmt.Sprintf("%s < %s", i.name, i.dim))
	}
	if i := ix[0]; g.one(10) && len(ix) == 1 { // each row weighs those up to itself
		j := index{g.fresh("j"), i.dim}
		var e string
		g.over([]index{i, j}, func() { e, _ = g.real(nil, 3) })
		bound := pick(g, "", fmt.Sprintf(" <= %s", i.name))
		g.linef("%s[%s < %s, %s < %s] = softmax[%s%s](%s)", name, i.name, i.dim, j.name, j.dim, j.name, bound, e)
		g.add(name, []dim{i.dim, j.dim}, 1)
		return
	}
	rest := []dim(nil)
	if g.one(4) {
		rest = g.shape(1)
	}
	var e string
	var mag float64
	g.over(ix, func() { e, mag = g.real(rest, 4) })
	g.linef("%s[%s] = %s", name, strings.Join(left, ", "), e)
	g.add(name, append(dims, rest...), mag)
}

// shape1 is a dim, of something that there is where possible.
func (g *gen) shape1() dim {
	for range 3 {
		if v := pick(g, g.values...); len(v.dims) > 0 {
			return pick(g, v.dims...)
		}
	}
	return g.dim()
}

// choice is p, q = if c { a, b } else { d, e }.
func (g *gen) choice() {
	p, q := g.fresh("p"), g.fresh("q")
	s, t := g.shape(2), g.shape(1)
	a, ma := g.real(s, 2)
	b, mb := g.real(t, 2)
	c, mc := g.real(s, 2)
	d, md := g.real(t, 2)
	g.linef("%s, %s = if %s { %s, %s } else { %s, %s }", p, q, g.truth(1), a, b, c, d)
	g.add(p, s, max(ma, mc))
	g.add(q, t, max(mb, md))
}

// integer is a whole number with a range: the place of the greatest, or a step on.
func (g *gen) integer() {
	q, d := g.fresh("q"), g.shape1()
	bound := d
	switch g.IntN(4) {
	case 0:
		e, _ := g.real([]dim{d}, 2)
		g.linef("%s = %s(%s)", q, pick(g, "argmax", "argmin"), e)
	case 1:
		k := index{g.fresh("k"), d}
		var e string
		g.over([]index{k}, func() { e, _ = g.real(nil, 2) })
		g.linef("%s = %s[%s < %s](%s)", q, pick(g, "argmax", "argmin"), k.name, d, e)
	case 2:
		if len(g.indices) == 0 {
			g.let()
			return
		}
		g.linef("%s = mod(3*%s + 1, %s)", q, pick(g, g.indices...).name, d)
	case 3:
		var whole []value
		for _, v := range g.values {
			if v.whole && len(v.dims) == 0 {
				whole = append(whole, v)
			}
		}
		if len(whole) == 0 {
			g.let()
			return
		}
		v := pick(g, whole...)
		half := q
		q = g.fresh("q")
		g.linef("%s = div(%s, 2)", half, v.name)
		g.linef("%s = mod(%s + 1, %s)", q, half, d)
	}
	g.values = append(g.values, value{name: q, whole: true, bound: bound})
}

// several binds the results of a call, or the parts of a vector.
func (g *gen) several() {
	p, q := g.fresh("p"), g.fresh("q")
	for _, h := range g.helpers {
		if h.results < 2 {
			continue
		}
		s := g.shape(1)
		in := s
		if len(h.shape) > 0 {
			in = append(slices.Clone(s), g.shape1())
		}
		g.linef("%s, %s = %s", p, q, g.called(h, in, 2))
		g.add(p, s, 2)
		g.add(q, s, 2)
		return
	}
	d := g.dim()
	if d.sym != "" && d.k != 0 {
		d = num(2)
	}
	e, mag := g.real([]dim{{2 * d.c, d.sym, 2 * d.k}}, 2)
	g.linef("%s, %s = split(%s, 2)", p, q, e)
	g.add(p, []dim{d}, mag)
	g.add(q, []dim{d}, mag)
}

// sets are a table over the sets of a few things.
func (g *gen) sets() {
	name, i, j := g.fresh("c"), g.fresh("i"), g.fresh("j")
	n := 2 + g.IntN(2)
	d := num(1 << n)
	var e string
	g.over([]index{{i, d}, {j, num(n)}}, func() { e, _ = g.real(nil, 2) })
	g.linef("rec %s[%s < 2^%d] = if %s == 0 { 1 } else { tanh(sum[%s < %d](if bit(%s, %s) { sin(%s)*%s[%s - 2^%s] } else { 0 })) }", name, i, n, i, j, n, i, j, e, name, i, j)
	g.add(name, []dim{d}, 2)
}

// each takes a derivative for every index.
func (g *gen) each() {
	var rows []value
	for _, v := range g.values {
		if !v.whole && len(v.dims) > 1 {
			rows = append(rows, v)
		}
	}
	if len(rows) == 0 || g.derived > 1 {
		g.let()
		return
	}
	g.derived++
	v := pick(g, rows...)
	d, t, i := g.fresh("d"), g.fresh("t"), index{g.fresh("i"), v.dims[0]}
	g.linef("%s[%s < %s] = {", d, i.name, i.dim)
	g.over([]index{i}, func() {
		g.within(func() {
			g.linef("%s = %s[%s]", t, v.name, i.name)
			g.add(t, v.dims[1:], v.mag)
			e, _ := g.real(nil, 2)
			g.linef("tanh(grad(%s + sum(sin(%s)), %s))", e, t, t)
		})
	})
	g.linef("}")
	g.add(d, v.dims, 1)
}

// local is a func that knows what is around it.
func (g *gen) local() {
	f, x := g.fresh("f"), g.fresh("x")
	var e string
	g.within(func() {
		g.add(x, nil, 2)
		var mag float64
		e, mag = g.real(nil, 3)
		if mag > 2 {
			e = "tanh(" + e + ")"
		}
	})
	g.linef("func %s(%s) = %s", f, x, e)
	g.helpers = append(g.helpers, helper{name: f, args: 1, results: 1})
}

func (g *gen) scan() {
	head, rows := "", value{}
	var ix []index
	length := g.shape1()
	for _, v := range g.shuffled() {
		if !v.whole && len(v.dims) > 0 && g.one(2) {
			rows = value{name: g.fresh("e"), dims: v.dims[1:], mag: v.mag}
			head = fmt.Sprintf("%s in %s", rows.name, v.name)
			length = v.dims[0]
			if g.one(3) { // in step
				ix = []index{{g.fresh("t"), length}}
				head += fmt.Sprintf(", %s < %s", ix[0].name, length)
			}
			break
		}
	}
	if head == "" {
		ix = []index{{g.fresh("t"), length}}
		head = fmt.Sprintf("%s < %s", ix[0].name, length)
	}
	g.repeat("scan", head, rows, ix, length)
}

func (g *gen) unrolled() {
	n := num(1 + g.IntN(3))
	ix := []index{{g.fresh("t"), n}}
	if g.one(4) {
		e := value{name: g.fresh("e"), mag: 1}
		g.repeat("for", fmt.Sprintf("%s in [0.5, -1]", e.name), e, nil, num(2))
		return
	}
	g.repeat("for", fmt.Sprintf("%s < %s", ix[0].name, n), value{}, ix, n)
}

// repeat writes a scan or a for. What is carried and what is emitted is kept small.
func (g *gen) repeat(word, head string, rows value, ix []index, length dim) {
	h, out := g.fresh("h"), g.fresh("s")
	s := g.shape(1)
	init, _ := g.real(s, 2)
	if len(s) > 0 && g.one(2) {
		init = "0"
	}
	emit := g.one(2)
	left := ""
	if emit {
		left = out + " = "
	}
	end := ""
	if word == "scan" && g.one(4) {
		end = "checkpoint "
	}
	typ := text(s)
	if typ == "" {
		typ = "real"
	}
	// Sometimes a number is carried beside.
	beside, start, besides := "", "", ""
	if g.one(4) {
		beside = g.fresh("h")
		start, _ = g.real(nil, 1)
		besides = fmt.Sprintf(", %s real = %s", beside, start)
	}
	g.linef("%s%s %s carry %s %s = %s%s %s{", left, word, head, h, typ, init, besides, end)
	emitted := []dim(nil)
	g.inLoop++
	g.over(ix, func() {
		g.within(func() {
			if rows.name != "" {
				g.values = append(g.values, rows)
			}
			g.add(h, s, 2)
			if beside != "" {
				g.add(beside, nil, 2)
			}
			g.statements(g.IntN(2))
			e, mag := g.real(s, 3)
			if g.one(2) {
				e, mag = fmt.Sprintf("(%s + %s)", e, h), mag+2
			}
			if mag > 1 {
				e = fmt.Sprintf("%s(%s)", pick(g, "tanh", "sin"), e)
			}
			next := g.fresh("u")
			g.linef("%s = %s", next, e)
			g.add(next, s, 1)
			if emit {
				emitted = g.shape(1)
				e, mag := g.real(emitted, 2)
				if mag > 3 {
					e = "tanh(" + e + ")"
				}
				g.linef("emit %s", e)
			}
			if beside == "" {
				g.linef("next %s = %s", h, next)
				return
			}
			after, mag := g.real(nil, 2)
			if mag > 1 {
				after = "sin(" + after + ")"
			}
			g.linef("next %s, %s = %s, %s", h, beside, next, after)
		})
	})
	g.inLoop--
	g.linef("}")
	g.add(h, s, 2)
	if beside != "" {
		g.add(beside, nil, 2)
	}
	if emit {
		g.add(out, append([]dim{length}, emitted...), 3)
	}
}

func (g *gen) while() {
	h, k := g.fresh("h"), g.fresh("k")
	s := g.shape(1)
	init, _ := g.real(s, 2)
	typ := text(s)
	if typ == "" {
		typ = "real"
	}
	cond := fmt.Sprintf("%s < %d", k, 1+g.IntN(3))
	if g.one(2) && len(s) == 0 {
		cond += fmt.Sprintf(" && abs(%s) > 0.1", h)
	}
	// What is emitted has a size that no result can have: it is added up.
	out, left := g.fresh("s"), ""
	emit := g.one(3) && len(g.indices) == 0
	if emit {
		left = out + " = "
	}
	g.linef("%swhile %s carry %s %s = %s, %s int = 0 {", left, cond, h, typ, init, k)
	g.inLoop++
	emitted := g.shape(1)
	g.within(func() {
		g.add(h, s, 2)
		if emit {
			e, mag := g.real(emitted, 2)
			if mag > 3 {
				e = "tanh(" + e + ")"
			}
			g.linef("emit %s", e)
		}
		e, mag := g.real(s, 3)
		if mag > 1 {
			e = "sin(" + e + ")"
		}
		g.linef("next %s, %s = %s, %s + 1", h, k, e, k)
	})
	g.inLoop--
	g.linef("}")
	g.add(h, s, 2)
	if emit {
		a := g.fresh("a")
		switch i := g.fresh("i"); {
		case g.one(2):
			g.linef("%s = %s(%s)", a, pick(g, "sum", "sumsq"), out)
			g.add(a, nil, 6)
		default:
			g.linef("%s = sum[%s] %s[%s]", a, i, out, i)
			g.add(a, emitted, 9)
		}
	}
}

// rec is a table whose entries read those before.
func (g *gen) rec() {
	name := g.fresh("c")
	i := index{g.fresh("i"), g.shape1()}
	s := g.shape(1)
	var first, rest string
	g.over([]index{i}, func() {
		first, _ = g.real(s, 2)
		rest, _ = g.real(s, 2)
	})
	before := fmt.Sprintf("%s[%s - 1]", name, i.name)
	switch g.IntN(3) {
	case 0:
		g.linef("rec %s[%s < %s] = if %s == 0 { tanh(%s) } else { tanh(%s + %s) }", name, i.name, i.dim, i.name, first, before, rest)
	case 1:
		g.linef("rec %s[%s < %s] = if %s == 0 { tanh(%s) } else { sin(%s)*tanh(%s) + %s }", name, i.name, i.dim, i.name, first, before, rest, g.number())
	case 2:
		j := g.fresh("j")
		s = nil
		g.over([]index{i}, func() { rest, _ = g.real(nil, 2) })
		g.linef("rec %s[%s < %s] = tanh(%s + sum[%s < %s] %s*%s[%s])", name, i.name, i.dim, rest, j, i.name, g.number(), name, j)
	}
	g.add(name, append([]dim{i.dim}, s...), 2)
}

// derivative takes one of a number by a name.
func (g *gen) derivative() {
	if g.derived > 1 {
		g.let()
		return
	}
	g.derived++
	var xs []value
	for _, v := range g.values {
		if !v.whole {
			xs = append(xs, v)
		}
	}
	x := pick(g, xs...)
	s, d := g.fresh("s"), g.fresh("d")
	e, _ := g.real(nil, 3)
	g.linef("%s = %s + sum(sin(%s))", s, e, x.name)
	dims := slices.Clone(x.dims)
	kind := g.IntN(9)
	switch kind {
	case 0, 1, 2:
		g.linef("%s = tanh(grad(%s, %s))", d, s, x.name)
	case 3:
		v, _ := g.real(x.dims, 2)
		w := g.fresh("v")
		g.linef("%s = %s", w, v)
		g.linef("%s = tanh(hvp(%s, %s, %s))", d, s, x.name, w)
	case 4:
		g.linef("%s = tanh(jacobian%s(%s, %s))", d, pick(g, "", "[forward]", "[reverse]"), s, x.name)
	case 5:
		g.linef("%s = tanh(hessian[diagonal](%s, %s))", d, s, x.name)
	case 6, 7, 8: // of a vector
		ys := g.shape(1)
		y, w := g.fresh("y"), g.fresh("v")
		e, _ := g.real(ys, 2)
		g.linef("%s = (%s) + sum(sin(%s))", y, e, x.name)
		switch {
		case kind == 6:
			u, _ := g.real(ys, 2)
			g.linef("%s = %s", w, u)
			g.linef("%s = tanh(vjp(%s, %s, %s))", d, y, x.name, w)
		case kind == 7 && len(dims) < 2:
			g.linef("%s = tanh(jacobian%s(%s, %s))", d, pick(g, "", "[forward]", "[reverse]"), y, x.name)
			dims = append(slices.Clone(ys), dims...)
		default:
			v, _ := g.real(x.dims, 2)
			g.linef("%s = %s", w, v)
			g.linef("%s = tanh(jvp(%s, %s, %s))", d, y, x.name, w)
			dims = ys
		}
	}
	g.add(d, dims, 1)
	if kind == 0 && g.one(3) { // of two at once
		z := pick(g, xs...)
		if z.name != x.name {
			p, q := g.fresh("p"), g.fresh("q")
			g.linef("%s, %s = grad(%s, %s, %s)", p, q, s, x.name, z.name)
			g.add(p, x.dims, 9)
			g.add(q, z.dims, 9)
		}
	}
}

// acrossBatch is a value of all examples.
func (g *gen) acrossBatch() {
	g.across = true
	name := g.fresh("a")
	switch g.IntN(6) {
	case 0: // a truth value
		g.linef("%s = %s[batch](%s)", name, pick(g, "any", "every"), g.truth(1))
		g.truths = append(g.truths, value{name: name})
		return
	case 1:
		e, _ := g.real(nil, 2)
		g.linef("%s = prod[batch](1 + 0.5*sin(%s))", name, e)
		g.add(name, nil, 4)
		return
	case 2: // over examples and an index
		k := index{g.fresh("k"), g.shape1()}
		var e string
		var mag float64
		g.over([]index{k}, func() { e, mag = g.real(nil, 2) })
		g.linef("%s = %s[batch, %s < %s](%s)", name, pick(g, "mean", "sum", "max"), k.name, k.dim, e)
		g.add(name, nil, examples*k.most()*mag)
		return
	}
	t := g.bind("t", g.shape(1), 3)
	g.linef("%s = %s[batch](%s)", name, pick(g, "mean", "max", "min", "sum", "logsumexp"), t.name)
	g.add(name, t.dims, examples*t.mag+2)
}

// examples are as many as a batch has, more or less.
const examples = 4

// stacked has what all examples have in rows, and computes with these.
func (g *gen) stacked() {
	g.across = true
	name, all, s := g.fresh("a"), g.fresh("a"), g.shape(1)
	t := g.bind("t", g.shape(1), 2)
	rows := dim{c: 1, sym: "batch"}
	mag := 0.0
	g.linef("%s = {", name)
	g.within(func() {
		g.linef("%s = stack[batch](%s)", all, t.name)
		g.add(all, append([]dim{rows}, t.dims...), t.mag)
		g.values = append(g.values, value{name: "example", whole: true, bound: rows})
		g.statements(g.IntN(3))
		var e, rest string
		i := index{g.fresh("i"), rows}
		g.over([]index{i}, func() { e, mag = g.real(s, 3) })
		rest, more := g.real(s, 2)
		mag = examples*mag + more
		g.linef("(%s[%s < batch](%s)) + %s", pick(g, "sum", "mean", "max"), i.name, e, rest)
	})
	g.linef("}")
	g.add(name, s, mag)
}

// ladder goes through a list of sizes, from vectors of one to vectors of the next, or through
// other numbers.
func (g *gen) ladder() {
	h, n := g.fresh("h"), g.fresh("n")
	init, _ := g.real([]dim{num(1 + g.IntN(3))}, 2)
	for _, l := range g.lists {
		if l.sizes == nil {
			init, _ := g.real(nil, 2)
			g.linef("for %s in %s carry %s = %s {", n, l.name, h, init)
			g.within(func() {
				g.add(n, nil, 2)
				e, _ := g.real(nil, 3)
				g.linef("next %s = tanh(%s*%s + %s)", h, n, h, e)
			})
			g.linef("}")
			g.add(h, nil, 1)
			return
		}
	}
	l := g.aList()
	g.linef("for %s in %s carry %s = %s {", n, l.name, h, init)
	syms := g.syms
	g.inLoop++
	g.within(func() {
		size := dim{c: 1, sym: n}
		g.syms = append(slices.Clip(syms), size)
		i, b := index{g.fresh("i"), size}, g.fresh("b")
		var e string
		g.over([]index{i}, func() { e, _ = g.real(nil, 3) })
		g.linef("%s[%s < %s] = tanh(%s + mean(%s))", b, i.name, n, e, h)
		g.linef("next %s = %s", h, b)
	})
	g.inLoop--
	g.syms = syms
	g.linef("}")
	g.add(h, []dim{num(l.sizes[len(l.sizes)-1])}, 1)
}

// A sliding is how windows of k elements, dilation apart, go over an axis in steps.
type sliding struct{ k, stride, dilation int }

func (g *gen) sliding() sliding { return sliding{1 + g.IntN(3), 1 + g.IntN(3), 1 + g.IntN(5)/4} }

// over is the length of what windows with d places lie on.
func (w sliding) over(d dim) dim {
	return dim{w.stride * d.c, d.sym, w.stride*(d.k-1) + w.dilation*(w.k-1) + 1}
}

// places is how many windows lie on n elements with pad more at either end.
func (w sliding) places(n, pad int) int { return (n+2*pad-w.dilation*(w.k-1)-1)/w.stride + 1 }

// slide has a sum for each place of a window along one axis or two.
func (g *gen) slide() {
	name := g.fresh("b")
	var over, out []dim
	var within []index
	var left, binders, at []string
	for range 1 + g.IntN(2) {
		d := g.shape1()
		if d.most() > 8 {
			d = num(2)
		}
		w := g.sliding()
		i, u := index{g.fresh("i"), d}, index{g.fresh("u"), num(w.k)}
		over, out = append(over, w.over(d)), append(out, d)
		within = append(within, u)
		left, binders = append(left, fmt.Sprintf("%s < %s", i.name, d)), append(binders, fmt.Sprintf("%s < %d", u.name, w.k))
		at = append(at, fmt.Sprintf("%d*%s + %d*%s", w.stride, i.name, w.dilation, u.name))
	}
	x := g.bind("x", over, 2)
	var filter string
	var mag float64
	g.over(within, func() { filter, mag = g.real(nil, 2) })
	n := 1.0
	for _, u := range within {
		n *= u.most()
	}
	kind := pick(g, "sum", "sum", "max", "mean")
	g.linef("%s[%s] = %s[%s](%s[%s]*(%s))", name, strings.Join(left, ", "), kind, strings.Join(binders, ", "), x.name, strings.Join(at, ", "), filter)
	g.add(name, out, n*mag*x.mag)
}

// pool is one of the library's, with strides and padding.
func (g *gen) pool() {
	name, w, c := g.fresh("b"), g.sliding(), num(1+g.IntN(2))
	w.dilation = 1
	pad := g.IntN(w.k/2 + 1)
	dims, out := []dim{c}, []dim{c}
	kind := pick(g, "maxpool", "avgpool")
	axes := 1 + g.IntN(2)
	if axes == 1 {
		kind += "1d"
	}
	for range axes {
		n := num(w.k + g.IntN(4))
		dims, out = append(dims, n), append(out, num(w.places(n.k, pad)))
	}
	how := fmt.Sprint(w.k)
	if w.stride != w.k || g.one(3) {
		how += fmt.Sprintf(", stride = %d", w.stride)
	}
	if pad > 0 {
		how += fmt.Sprintf(", pad = %d", pad)
	}
	e, mag := g.real(dims, 2)
	g.linef("%s = %s[%s](%s)", name, kind, how, e)
	g.add(name, out, mag)
}

// spelled is how probable labels are under scores over time.
func (g *gen) spelled() {
	name, y, classes := g.fresh("a"), g.fresh("y"), 2+g.IntN(2)
	labels := num(1 + g.IntN(2))
	for _, v := range g.shuffled() {
		if v.whole && len(v.dims) == 1 && v.bound.sym == "" && v.bound.k > 1 {
			y, labels, classes = v.name, v.dims[0], v.bound.k
			break
		}
	}
	if !g.declared(y) {
		i := g.fresh("i")
		g.linef("%s[%s < %s] = mod(%d*%s + 1, %d)", y, i, labels, 1+g.IntN(2), i, classes)
	}
	steps := dim{2 * labels.c, labels.sym, 2*labels.k + 1}
	z := g.bind("z", []dim{steps, num(classes)}, 2)
	count := labels.String()
	if labels.sym == "" && g.one(2) {
		count = fmt.Sprint(g.IntN(labels.k + 1))
	}
	blank := pick(g, "", fmt.Sprintf("[blank = %d]", classes-1))
	g.linef("%s = ctc%s(%s, %s, %s, %s)", name, blank, z.name, y, steps, count)
	g.add(name, nil, 8)
}

// declared reports whether a value goes by a name.
func (g *gen) declared(name string) bool {
	return slices.ContainsFunc(g.values, func(v value) bool { return v.name == name })
}

func (g *gen) shuffled() []value {
	vs := slices.Clone(g.values)
	g.Shuffle(len(vs), func(i, j int) { vs[i], vs[j] = vs[j], vs[i] })
	return vs
}
