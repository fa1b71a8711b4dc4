package randprog

import (
	"fmt"
	"slices"
)

// A use is a layer or loss of the library, for values of some shapes: what gives it, and
// of which shape that is. Its parameters are learned, if it has some.
type use struct {
	text   string
	out    []dim
	mag    float64
	weight string // a parameter of it that may be penalised, as .W
	plain  bool   // it has no parameters
}

// uses are all kinds, some of which stand here more than once. One that does not
// fit here gives no text.
func uses() []func(g *gen, k int) use {
	return []func(g *gen, k int) use{
		dense, dense, norm, recurrent, convolution1, convolution2, convolution2, mlp, attention, embedding, batchnorm, batchnorm2, dropout, loss, positioned, cell,
	}
}

// layer uses a layer of the library.
func (g *gen) layer() {
	if g.one(12) {
		g.chain()
		return
	}
	u := pick(g, uses()...)(g, 1+g.IntN(4))
	if u.text == "" {
		return
	}
	z := g.fresh("z")
	g.linef("%s = %s", z, u.text)
	v := value{name: z, dims: u.out, mag: u.mag, owns: !u.plain}
	if u.weight != "" {
		v.weight = z + u.weight
	}
	g.values = append(g.values, v)
}

// chain has one layer after the other, each of its own size.
func (g *gen) chain() {
	n, h, l := g.fresh("n"), g.fresh("z"), g.aList()
	init := g.bind("x", []dim{num(2)}, 2)
	g.linef("for %s in %s carry %s = %s {", n, l.name, h, init.name)
	g.linef("    next %s = tanh(dense[%s](%s))", h, n, h)
	g.linef("}")
	g.values = append(g.values, value{name: h, dims: []dim{num(l.sizes[len(l.sizes)-1])}, mag: 1, owns: true, weight: h + ".W"})
}

func dense(g *gen, k int) use {
	lead := g.shape(1)
	x, _ := g.real(append(slices.Clone(lead), num(1+g.IntN(4))), 2)
	return use{fmt.Sprintf("%s(dense[%d](%s))", pick(g, "tanh", "sigmoid", "relu", "gelu"), k, x), append(lead, num(k)), 3, ".W", false}
}

func norm(g *gen, _ int) use {
	out := []dim{num(2 + g.IntN(3))}
	x, _ := g.real(out, 2)
	return use{text: fmt.Sprintf("%s(%s)", pick(g, "layernorm", "rmsnorm"), x), out: out, mag: 3}
}

// length is the number of rows of a sequence.
func (g *gen) length() dim {
	if len(g.syms) > 0 && g.one(2) {
		return g.syms[0]
	}
	return num(1 + g.IntN(4))
}

func recurrent(g *gen, k int) use {
	t := g.length()
	x, _ := g.real([]dim{t, num(1 + g.IntN(3))}, 2)
	return use{text: fmt.Sprintf("%s[%d](%s)", pick(g, "rnn", "gru", "lstm"), k, x), out: []dim{t, num(k)}, mag: 3}
}

func cell(g *gen, k int) use {
	x, _ := g.real([]dim{num(2)}, 2)
	h, _ := g.real([]dim{num(k)}, 2)
	return use{text: fmt.Sprintf("%s[%d](%s, %s)", pick(g, "rnncell", "grucell"), k, x, h), out: []dim{num(k)}, mag: 3}
}

// convolution is what one is told, for c channels and o filters, and the places along
// axes of n elements.
func (g *gen) convolution(k int, n ...int) (how string, channels int, out []dim) {
	w := sliding{1 + g.IntN(3), 1 + g.IntN(2), 1 + g.IntN(4)/3}
	pad, groups := g.IntN(w.k), 1
	channels = 1 + g.IntN(2)
	if channels == 2 && k%2 == 0 && g.one(2) {
		groups = 2
	}
	how = fmt.Sprintf("%d, %d", k, w.k)
	for _, o := range []struct {
		name          string
		is, otherwise int
	}{{"stride", w.stride, 1}, {"pad", pad, 0}, {"dilation", w.dilation, 1}, {"groups", groups, 1}} {
		if o.is != o.otherwise {
			how += fmt.Sprintf(", %s = %d", o.name, o.is)
		}
	}
	out = []dim{num(k)}
	for _, n := range n {
		out = append(out, num(w.places(n, pad)))
	}
	return how, channels, out
}

func convolution1(g *gen, k int) use {
	n := 5 + g.IntN(4)
	how, c, out := g.convolution(k, n)
	x, _ := g.real([]dim{num(c), num(n)}, 2)
	return use{text: fmt.Sprintf("conv1d[%s](%s)", how, x), out: out, mag: 3, weight: ".F"}
}

func convolution2(g *gen, k int) use {
	n, m := 5+g.IntN(3), 5+g.IntN(2)
	how, c, out := g.convolution(k, n, m)
	x, _ := g.real([]dim{num(c), num(n), num(m)}, 1)
	return use{text: fmt.Sprintf("%s(conv2d[%s](%s))", pick(g, "tanh", "relu"), how, x), out: out, mag: 3, weight: ".F"}
}

func mlp(g *gen, _ int) use {
	l := g.aList()
	x, _ := g.real([]dim{num(2)}, 2)
	return use{text: fmt.Sprintf("mlp[%s, %s](%s)", l.name, pick(g, "tanh", "silu"), x), out: []dim{num(l.sizes[len(l.sizes)-1])}, mag: 3}
}

func attention(g *gen, _ int) use {
	t := g.shape1()
	x, _ := g.real([]dim{t, num(4)}, 2)
	form := pick(g, "attention[2](%s)", "attention[1, causal = false](%s)", "attention[2, bias = true](%s)", "crossattention[2](%[1]s, %[1]s)")
	return use{text: fmt.Sprintf(form, x), out: []dim{t, num(4)}, mag: 3}
}

func embedding(g *gen, k int) use {
	for _, v := range g.shuffled() {
		if v.whole && v.bound.sym == "" {
			return use{text: fmt.Sprintf("embedding[%s, %d](%s)", v.bound, k, v.name), out: append(slices.Clone(v.dims), num(k)), mag: 1}
		}
	}
	return use{}
}

func batchnorm(g *gen, k int) use {
	g.across = true
	x, _ := g.real([]dim{num(k)}, 2)
	return use{text: fmt.Sprintf("batchnorm(%s)", x), out: []dim{num(k)}, mag: 3}
}

func batchnorm2(g *gen, k int) use {
	g.across = true
	out := []dim{num(k), num(2), num(3)}
	x, _ := g.real(out, 2)
	return use{text: fmt.Sprintf("batchnorm2d(%s)", x), out: out, mag: 3}
}

func dropout(g *gen, _ int) use {
	g.across, g.drawn = true, true
	out := g.shape(2)
	x, mag := g.real(out, 2)
	return use{text: fmt.Sprintf("dropout[0.25](%s)", x), out: out, mag: 2 * mag, plain: true}
}

// positioned has what says where its rows stand.
func positioned(g *gen, _ int) use {
	if t := num(1 + g.IntN(4)); g.one(2) {
		x, mag := g.real([]dim{t, num(3)}, 2)
		return use{text: fmt.Sprintf("positions[4](%s)", x), out: []dim{t, num(3)}, mag: mag + 1}
	}
	t := g.length()
	x, mag := g.real([]dim{t, num(4)}, 2)
	return use{text: fmt.Sprintf("sinusoids(%s)", x), out: []dim{t, num(4)}, mag: mag + 1, plain: true}
}

// loss is what is wanted of scores.
func loss(g *gen, _ int) use {
	x, _ := g.real([]dim{num(4)}, 2)
	y, _ := g.real([]dim{num(4)}, 2)
	form := pick(g, "mse(%s, %s)", "sum(huber(%s, %s))", "kl(softmax(%s), softmax(%s))", "klnormal(%s, sin(%s))", "triplet(%s, %s, ones[4])",
		"xent[smooth = 0.1](%s, argmax(%s))", "sum(bce(%s, sigmoid(%s)))", "multimargin(%s, argmin(%s))", "sum(margin[0.5](%s, %s))", "sum(hinge(%s, sign(%s)))", "xents[ignore = 1]([%s, ones[4]], [argmax(%s), 1])")
	return use{text: fmt.Sprintf(form, x, y), mag: 10, plain: true}
}
