package randprog

import (
	"fmt"
	"slices"
	"strings"
)

func (g *gen) writeModel(name string) {
	g.writeHelpers()
	layer := g.one(3)
	if layer {
		g.writeLayer()
	}
	rule := g.one(4)
	if rule {
		g.writeRule()
	}
	for _, s := range []string{"n", "m"}[:g.IntN(3)] {
		s += "of" + g.suffix
		g.declare("dim %s%s", s, pick(g, "", "", " <= 20"))
		g.syms = append(g.syms, dim{c: 1, sym: s})
	}
	var params []string
	for i := range 1 + g.IntN(3) {
		x := fmt.Sprintf("x%d", i)
		dims := g.shape(2)
		params = append(params, x+" "+text(dims)+"real")
		g.add(x, dims, 1)
	}
	params = append(params, g.wholeParams()...)
	params = append(params, g.truthParams()...)
	pull := g.one(8) // it has no loss
	derive := ""
	if g.one(4) {
		derive = " derive grad(x0)"
		if pull {
			derive = " derive vjp(x0)"
		}
	}
	fmt.Fprintf(&g.body, "model %s(%s)%s {\n", name, strings.Join(params, ", "), derive)
	g.within(func() {
		own := g.params()
		g.givens()
		g.states()
		g.samples()
		g.statements(2 + g.IntN(4))
		for range g.IntN(3) {
			g.layer()
		}
		if layer {
			g.ownLayer()
		}
		for range g.IntN(3) {
			e, _ := g.real(g.shape(2), 2)
			g.linef("output %s = %s", g.fresh("o"), e)
		}
		e, _ := g.real(nil, 3)
		for _, v := range g.values { // what has parameters is in it
			if v.owns || !v.whole && g.one(2) {
				e += fmt.Sprintf(" + %s(%s)", pick(g, "sumsq", "mean", "sum"), v.name)
			}
		}
		if pull {
			g.linef("output %s = %s", g.fresh("o"), e)
			return
		}
		g.linef("loss %s", e)
		if g.one(4) {
			e, _ := g.real(nil, 2)
			g.linef("loss %s = %s", g.fresh("l"), e)
		}
		if g.one(2) {
			g.linef("metric %s = %s < %s", g.fresh("q"), g.simple(1), g.simple(1))
		}
		if g.one(4) {
			g.linef("metric %s = %s", g.fresh("q"), g.simple(2))
		}
		g.penalty(own)
		g.train(rule)
	})
	g.body.WriteString("}\n")
}

// params are what is learned.
func (g *gen) params() (own []value) {
	for range 1 + g.IntN(3) {
		w := g.fresh("w")
		dims := g.shape(2)
		g.linef("param %s %s ~ %s", w, text(dims), pick(g, "normal(0, 0.5)", "uniform(-1, 1)", "glorot", "he", "constant(0.5)"))
		v := value{name: w, dims: dims, mag: 1, owns: true}
		g.values, own = append(g.values, v), append(own, v)
	}
	return own
}

// givens are the same for a whole call. Some are sizes.
func (g *gen) givens() {
	if g.one(5) {
		v := g.fresh("v")
		g.linef("given %s = 0.5", v)
		g.add(v, nil, 1)
	}
	if g.one(8) {
		v := g.fresh("v")
		dims := []dim{g.dim()}
		g.linef("given %s %s", v, text(dims))
		g.add(v, dims, 1)
	}
	if g.one(8) {
		n := g.fresh("n")
		g.linef("given %s int = 3", n)
		g.syms = append(g.syms, dim{c: 1, sym: n})
	}
}

// states are what steps leave behind.
func (g *gen) states() {
	if !g.one(5) {
		return
	}
	a, t := g.fresh("a"), g.fresh("t")
	dims := g.shape(1)
	g.linef("state %s %s = %s", a, text(dims), pick(g, "0", "0.5", "1"))
	g.shared++ // what it becomes is for all examples
	e, mag := g.real(dims, 2)
	g.shared--
	if mag > 2 {
		e = "tanh(" + e + ")"
	}
	g.linef("%s = %s", t, e)
	g.linef("next %s = 0.75*%s + 0.25*mean[batch](%s)", a, a, t)
	g.across = true
	g.add(a, dims, 2)
}

// samples are drawn for every example.
func (g *gen) samples() {
	if !g.one(4) {
		return
	}
	g.across, g.drawn = true, true // it is which example this is that matters
	for range 1 + g.IntN(2) {
		e, dims := g.fresh("e"), g.shape(2)
		mu, _ := g.real(pick(g, nil, dims), 2)
		switch g.IntN(6) {
		case 0:
			g.linef("sample %s %s ~ uniform", e, text(dims))
		case 1:
			g.linef("sample %s %s ~ uniform(-1, 1 + (%s)^2)", e, text(dims), mu)
		case 2:
			g.linef("sample %s %s ~ normal", e, text(dims))
		case 3:
			g.linef("sample %s %s ~ normal(sin(%s), 0.5)", e, text(dims), mu)
		case 4:
			g.linef("sample %s %s ~ bernoulli(0.3)", e, text(dims))
		case 5:
			g.linef("sample %s %sbool ~ bernoulli(0.6)", e, text(dims[:min(1, len(dims))]))
			g.truths = append(g.truths, value{name: e, dims: dims[:min(1, len(dims))]})
			continue
		}
		g.add(e, dims, 3)
	}
}

func (g *gen) penalty(own []value) {
	var names []string
	for _, v := range own {
		names = append(names, v.name)
	}
	for _, v := range g.values {
		if v.weight != "" {
			names = append(names, v.weight)
		}
	}
	all, truths, helpers := g.values, g.truths, g.helpers
	g.values, g.truths = own, nil
	g.helpers = slices.DeleteFunc(slices.Clone(helpers), func(h helper) bool { return !strings.Contains(h.name, "of") }) // others may read examples
	g.shared++
	e, _ := g.real(nil, 2)
	g.shared--
	g.values, g.truths, g.helpers = all, truths, helpers
	g.linef("penalty 0.1*sumsq(%s) + %s", strings.Join(names, ", "), e)
}

// train names a rule of the library, or the program's own.
func (g *gen) train(rule bool) {
	if rule {
		g.linef("train r0of%s%s", g.suffix, pick(g, "", "(lr = 0.1)", "(rho = 0.5, lr = 0.2/step)"))
		return
	}
	if g.one(6) {
		h := g.fresh("h")
		g.linef("hyper %s = 0.1", h)
		g.linef("train sgd(lr = %s/sqrt(step), momentum = 0.5)", h)
		return
	}
	g.linef("train %s", pick(g, "sgd", "sgd(lr = 0.1)", "sgd(lr = 0.1, momentum = 0.9)", "sgd(lr = 0.1, momentum = 0.9, nesterov = 1)",
		"momentum", "nesterov(lr = 0.02, rate = 0.8)", "rmsprop", "adagrad(lr = 0.1)", "adam", "adam(lr = 0.02, decay = 0.1)",
		"adam(clip = 0.5)", "adamw(lr = 0.01)", "sgd(lr = 0.1*cosine[2, 5](step))", "sgd(lr = 0.1*halve[2](step))"))
}

// writeRule writes a rule of updates.
func (g *gen) writeRule() {
	lines := []string{
		fmt.Sprintf("rule r0of%s(w, g, lr = 0.05, rho = 0.8%s) {", g.suffix, pick(g, "", ", off = 0")),
		"    state v1 = " + pick(g, "0", "0.1"),
		"    c1 = " + pick(g, "g", "g*min(1, 2/gradnorm)", "g + 0.1*w", "tanh(g)"),
		"    u1 = " + pick(g, "rho*v1 + (1 - rho)*c1", "rho*v1 + c1", "v1 + c1^2"),
		"    next v1 = u1",
		"    d1 = " + pick(g, "0", "if rank(w) >= 2 { 0.1*w } else { 0 }", "w/(1 + step)"),
		fmt.Sprintf("    return w - lr*(%s + d1)", pick(g, "u1", "c1/(sqrt(abs(u1)) + 0.5)", "u1*if step < 2 { 0.5 } else { 1 }", "c1 + rho*u1")),
		"}",
	}
	g.declare("%s\n", strings.Join(lines, "\n"))
}

// writeLayer writes a layer of the program's own.
func (g *gen) writeLayer() {
	sample, noise := "", ""
	if g.one(3) {
		g.across, g.drawn = true, true
		sample, noise = "    sample e [H] ~ normal(0, 0.5)\n", "*e"
	}
	g.declare("layer lay0of%s[H, act](x [D]) [H] {\n    param A [H, D] ~ normal(0, 0.5)\n    param b [H]\n%s    return act(A @ x + b%s)\n}\n", g.suffix, sample, noise)
}

// ownLayer uses it: for a vector, for rows, or as an instance, twice.
func (g *gen) ownLayer() {
	k, in := num(1+g.IntN(3)), num(1+g.IntN(4))
	use := fmt.Sprintf("lay0of%s[%s, %s]", g.suffix, k, pick(g, "tanh", "sin", "softplus"))
	if g.one(3) {
		l := g.fresh("l")
		g.linef("layer %s = %s", l, use)
		for range 2 {
			z := g.fresh("z")
			x, _ := g.real([]dim{in}, 2)
			g.linef("%s = %s(%s)", z, l, x)
			g.values = append(g.values, value{name: z, dims: []dim{k}, mag: 3, owns: true})
		}
		return
	}
	z, lead := g.fresh("z"), g.shape(1)
	x, _ := g.real(append(slices.Clone(lead), in), 2)
	g.linef("%s = %s(%s)", z, use, x)
	g.values = append(g.values, value{name: z, dims: append(lead, k), mag: 3, owns: true, weight: z + ".A"})
}
