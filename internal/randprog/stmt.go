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

func (g *gen) statement() {
	kinds := []func(){g.let, g.let, g.let, g.indexed, g.indexed, g.indexed, g.choice}
	if g.inLoop < 2 {
		kinds = append(kinds, g.scan, g.unrolled, g.rec)
		if !g.model && !g.helping {
			kinds = append(kinds, g.while)
		}
	}
	if g.inLoop == 0 && !g.helping {
		kinds = append(kinds, g.derivative)
		if g.model {
			kinds = append(kinds, g.acrossBatch)
		}
	}
	pick(g, kinds...)()
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

func (g *gen) scan() {
	head, rows := "", value{}
	var ix []index
	length := g.shape1()
	for _, v := range g.shuffled() {
		if !v.whole && len(v.dims) > 0 && g.one(2) {
			rows = value{name: g.fresh("e"), dims: v.dims[1:], mag: v.mag}
			head = fmt.Sprintf("%s in %s", rows.name, v.name)
			length = v.dims[0]
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
	g.linef("%s%s %s carry %s %s = %s %s{", left, word, head, h, typ, init, end)
	emitted := []dim(nil)
	g.inLoop++
	g.over(ix, func() {
		g.within(func() {
			if rows.name != "" {
				g.values = append(g.values, rows)
			}
			g.add(h, s, 2)
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
			g.linef("next %s = %s", h, next)
		})
	})
	g.inLoop--
	g.linef("}")
	g.add(h, s, 2)
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
	g.linef("while %s carry %s %s = %s, %s int = 0 {", cond, h, typ, init, k)
	g.inLoop++
	g.within(func() {
		g.add(h, s, 2)
		e, mag := g.real(s, 3)
		if mag > 1 {
			e = "sin(" + e + ")"
		}
		g.linef("next %s, %s = %s, %s + 1", h, k, e, k)
	})
	g.inLoop--
	g.linef("}")
	g.add(h, s, 2)
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
	switch g.IntN(5) {
	case 0, 1, 2:
		g.linef("%s = tanh(grad(%s, %s))", d, s, x.name)
	case 3:
		v, _ := g.real(x.dims, 2)
		w := g.fresh("v")
		g.linef("%s = %s", w, v)
		g.linef("%s = tanh(hvp(%s, %s, %s))", d, s, x.name, w)
	case 4:
		g.linef("%s = tanh(jacobian%s(%s, %s))", d, pick(g, "", "[forward]", "[reverse]"), s, x.name)
	}
	g.add(d, dims, 1)
}

// acrossBatch is a value of all examples.
func (g *gen) acrossBatch() {
	g.across = true
	name := g.fresh("a")
	s := g.shape(1)
	e, mag := g.real(s, 3)
	t := g.fresh("t")
	g.linef("%s = %s", t, e)
	g.add(t, s, mag)
	g.linef("%s = %s[batch](%s)", name, pick(g, "mean", "max", "logsumexp"), t)
	g.add(name, s, mag+2)
}

func (g *gen) shuffled() []value {
	vs := slices.Clone(g.values)
	g.Shuffle(len(vs), func(i, j int) { vs[i], vs[j] = vs[j], vs[i] })
	return vs
}
