package randprog

import (
	"fmt"
	"slices"
	"strings"
)

// real writes an expression of a shape and says how large its numbers may be,
// more or less: what grows is squashed, so that programs neither overflow nor
// lose all their digits.
func (g *gen) real(s []dim, depth int) (string, float64) {
	e, mag := g.grow(s, depth)
	if mag > 20 {
		switch g.IntN(3) {
		case 0:
			return "tanh(" + e + ")", 1
		case 1:
			return "sin(" + e + ")", 1
		}
		return fmt.Sprintf("(%s)/%.0f", e, mag), 1
	}
	return e, mag
}

func (g *gen) grow(s []dim, depth int) (string, float64) {
	if depth <= 0 {
		return g.leaf(s)
	}
	forms := []func([]dim, int) (string, float64){
		g.leafOf, g.unary, g.unary, g.binary, g.binary, g.binary, g.broadcast, g.conditional, g.power, g.call, g.reduction, g.reduction, g.neighbour,
	}
	switch len(s) {
	case 0:
		forms = append(forms, g.whole, g.whole, g.position)
	case 1:
		forms = append(forms, g.matrixVector, g.normalised, g.join, g.part, g.listed, g.solved, g.hot, g.flattened, g.crossed)
	case 2:
		forms = append(forms, g.matrices, g.transposed, g.outer, g.normalised, g.listed, g.triangle, g.beside)
	}
	if g.model && !g.helping {
		forms = append(forms, g.inModel)
	}
	for range 5 {
		if e, mag := pick(g, forms...)(s, depth-1); e != "" {
			return e, mag
		}
	}
	return g.leaf(s)
}

func (g *gen) number() string {
	return pick(g, "0.5", "1.5", "0.25", "2", "1", "0.1", "3", "0.75", "1.25", "0")
}

func (g *gen) leafOf(s []dim, _ int) (string, float64) { return g.leaf(s) }

// leaf reads a value: one of the shape, or a part of one.
func (g *gen) leaf(s []dim) (string, float64) {
	if g.one(12) && len(s) == 0 {
		return g.number(), 3
	}
	for _, v := range g.shuffled() {
		lead := len(v.dims) - len(s)
		if v.whole || lead < 0 || !slices.Equal(v.dims[lead:], s) {
			continue
		}
		if lead == 0 {
			return v.name, v.mag
		}
		return v.name + g.subscripts(v.dims[:lead]), v.mag
	}
	if len(s) == 0 {
		return g.number(), 3
	}
	for _, v := range g.shuffled() { // spread what there is
		if v.whole || len(v.dims) >= len(s) || !slices.Equal(s[len(s)-len(v.dims):], v.dims) {
			continue
		}
		return fmt.Sprintf("(%s*ones%s)", v.name, text(s)), v.mag
	}
	return fmt.Sprintf("%s%s", pick(g, "ones", "zeros"), text(s)), 1
}

func (g *gen) subscripts(dims []dim) string {
	var out []string
	for _, d := range dims {
		out = append(out, g.subscript(d))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// subscript is a whole number from 0 to below d.
func (g *gen) subscript(d dim) string {
	var out []string
	at := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	shift := func(of string, room int) {
		if k := g.IntN(room + 1); k > 0 {
			of += fmt.Sprintf(" + %d", k)
		}
		at("%s", of)
	}
	for _, i := range g.indices {
		switch {
		case i.dim == d:
			at("%s", i.name)
			at("%s", i.name)
			at("%s - 1 - %s", d, i.name)
			at("mod(%s + 1, %s)", i.name, d)
			if d.sym == "" {
				at("mod(%d*%s, %s)", 2+g.IntN(2), i.name, d)
			}
		case d.fits(i.dim):
			shift(i.name, d.k-i.k)
		case d.sym == i.sym && d.c >= 2*i.c && d.k >= 2*i.k:
			at("2*%s", i.name)
			at("2*%s + 1", i.name)
		}
		for _, j := range g.indices {
			if sum, ok := i.plus(j.dim); ok && i.name != j.name {
				sum.k--
				if d.fits(sum) {
					shift(i.name+" + "+j.name, d.k-sum.k)
				}
			}
		}
	}
	for _, v := range g.values {
		if v.whole && d.fits(v.bound) {
			if len(v.dims) == 0 {
				at("%s", v.name)
			}
			for _, i := range g.indices {
				if len(v.dims) == 1 && i.dim == v.dims[0] {
					at("%s[%s]", v.name, i.name)
				}
			}
		}
	}
	if len(out) > 0 && !g.one(8) {
		return pick(g, out...)
	}
	if d.sym == "" {
		return fmt.Sprint(g.IntN(max(1, d.k)))
	}
	return pick(g, "0", d.plusK(-1).String())
}

func (d dim) plusK(k int) dim {
	d.k += k
	return d
}

// unaries are functions of a number, with what they make of one of size m. Those
// that are not defined everywhere get what they are defined for.
var unaries = []struct {
	form string
	mag  func(m float64) float64
	most float64
}{
	{"tanh(%s)", func(float64) float64 { return 1 }, 20},
	{"sin(%s)", func(float64) float64 { return 1 }, 20},
	{"cos(%s)", func(float64) float64 { return 1 }, 20},
	{"sigmoid(%s)", func(float64) float64 { return 1 }, 20},
	{"relu(%s)", func(m float64) float64 { return m }, 20},
	{"abs(%s)", func(m float64) float64 { return m }, 20},
	{"-(%s)", func(m float64) float64 { return m }, 20},
	{"exp(%s)", func(m float64) float64 { return 1 + m*m*m }, 3},
	{"exp(-(%s)^2)", func(float64) float64 { return 1 }, 5},
	{"expm1(%s)", func(m float64) float64 { return 1 + m*m*m }, 3},
	{"log(1 + (%s)^2)", func(m float64) float64 { return m }, 20},
	{"log1p(exp(%s))", func(m float64) float64 { return m + 1 }, 5},
	{"1/(1 + exp(-(%s)))", func(float64) float64 { return 1 }, 5},
	{"sqrt(1 + (%s)^2)", func(m float64) float64 { return m + 1 }, 20},
	{"softplus(%s)", func(m float64) float64 { return m + 1 }, 20},
	{"logsigmoid(%s)", func(m float64) float64 { return m + 1 }, 10},
	{"silu(%s)", func(m float64) float64 { return m }, 10},
	{"gelu(%s)", func(m float64) float64 { return m }, 10},
	{"elu(%s)", func(m float64) float64 { return m }, 10},
	{"erf(%s)", func(float64) float64 { return 1 }, 5},
	{"atan(%s)", func(float64) float64 { return 2 }, 20},
	{"asinh(%s)", func(m float64) float64 { return m }, 20},
	{"square(%s)", func(m float64) float64 { return m * m }, 5},
	{"1/(2 + sin(%s))", func(float64) float64 { return 1 }, 20},
	{"cbrt(3 + cos(%s))", func(float64) float64 { return 2 }, 20},
	{"leaky(%s)", func(m float64) float64 { return m }, 20},
	{"hardtanh(%s)", func(float64) float64 { return 1 }, 20},
	{"floor(%s)", func(m float64) float64 { return m + 1 }, 20},
	{"sign(%s)", func(float64) float64 { return 1 }, 20},
	{"stop(%s)", func(m float64) float64 { return m }, 20},
	{"lgamma(1.5 + sigmoid(%s))", func(float64) float64 { return 1 }, 20},
	{"sinh(%s)", func(m float64) float64 { return 1 + m*m*m }, 3},
	{"erfcx(1 + sigmoid(%s))", func(float64) float64 { return 1 }, 10},
	{"erfc(%s)", func(float64) float64 { return 2 }, 5},
	{"tan(0.5*tanh(%s))", func(float64) float64 { return 1 }, 20},
	{"asin(0.9*sin(%s))", func(float64) float64 { return 2 }, 20},
	{"acos(0.9*tanh(%s))", func(float64) float64 { return 3 }, 20},
	{"atanh(0.9*sin(%s))", func(float64) float64 { return 2 }, 20},
	{"acosh(2 + (%s)^2)", func(m float64) float64 { return m + 1 }, 20},
	{"cosh(%s)", func(m float64) float64 { return 1 + m*m*m }, 3},
	{"log2(2 + sin(%s))", func(float64) float64 { return 2 }, 20},
	{"log10(1 + abs(%s))", func(float64) float64 { return 2 }, 20},
	{"digamma(1.5 + sigmoid(%s))", func(float64) float64 { return 1 }, 10},
	{"trigamma(1.5 + sigmoid(%s))", func(float64) float64 { return 1 }, 10},
	{"besselj(1, %s)", func(float64) float64 { return 1 }, 10},
	{"bessely(0, 1.5 + sigmoid(%s))", func(float64) float64 { return 1 }, 10},
	{"round(%s)", func(m float64) float64 { return m + 1 }, 20},
	{"ceil(%s)", func(m float64) float64 { return m + 1 }, 20},
	{"cos(pi*(%s))", func(float64) float64 { return 1 }, 5},
	{"1 - cos(%s)", func(float64) float64 { return 2 }, 20},
	{"min(%s, 0.5, 1.5)", func(m float64) float64 { return m + 1 }, 20},
}

// flat reports whether a form has no derivative.
func flat(form string) bool {
	for _, f := range []string{"floor", "sign(", "stop", "round", "ceil"} {
		if strings.Contains(form, f) {
			return true
		}
	}
	return false
}

func (g *gen) unary(s []dim, depth int) (string, float64) {
	e, mag := g.real(s, depth)
	u := pick(g, unaries...)
	if flat(u.form) {
		u = pick(g, unaries...) // seldom what has no derivative
	}
	if mag > u.most {
		return "", 0
	}
	return fmt.Sprintf(u.form, e), u.mag(mag)
}

func (g *gen) binary(s []dim, depth int) (string, float64) {
	a, ma := g.real(s, depth)
	b, mb := g.real(s, depth)
	return g.combine(a, ma, b, mb)
}

func (g *gen) combine(a string, ma float64, b string, mb float64) (string, float64) {
	switch g.IntN(12) {
	case 0, 1:
		return fmt.Sprintf("(%s + %s)", a, b), ma + mb
	case 2, 3:
		return fmt.Sprintf("(%s - %s)", a, b), ma + mb
	case 4, 5, 6:
		return fmt.Sprintf("(%s)*(%s)", a, b), ma * mb
	case 7:
		return fmt.Sprintf("(%s)/(1.5 + (%s)^2)", a, b), ma
	case 8:
		return fmt.Sprintf("%s(%s, %s)", pick(g, "max", "min"), a, b), max(ma, mb)
	}
	if g.one(2) {
		return fmt.Sprintf("%s(%s, (%s)^2)", pick(g, "xlog1py"), a, b), ma * (1 + mb)
	}
	return fmt.Sprintf("%s(%s, 1 + abs(%s))", pick(g, "hypot", "atan2", "xlogy"), a, b), ma*(1+mb) + mb + 2
}

// broadcast combines with what has fewer dims.
func (g *gen) broadcast(s []dim, depth int) (string, float64) {
	if len(s) == 0 {
		return "", 0
	}
	a, ma := g.real(s, depth)
	b, mb := g.real(s[1+g.IntN(len(s)):], depth)
	if g.one(2) {
		a, ma, b, mb = b, mb, a, ma
	}
	return g.combine(a, ma, b, mb)
}

// truth is a condition.
func (g *gen) truth(depth int) string {
	if len(g.indices) > 0 && g.one(2) {
		i := pick(g, g.indices...)
		switch g.IntN(3) {
		case 0:
			return fmt.Sprintf("%s > 0", i.name)
		case 1:
			return fmt.Sprintf("mod(%s, 2) == 0", i.name)
		}
		return fmt.Sprintf("2*%s < %s", i.name, i.dim)
	}
	for _, v := range g.truths {
		switch {
		case !g.one(3):
		case len(v.dims) == 0:
			return pick(g, "", "!") + v.name
		default:
			for _, i := range g.indices {
				if v.dims[0] == i.dim {
					return fmt.Sprintf("%s[%s]", v.name, i.name)
				}
			}
			return fmt.Sprintf("%s(%s)", pick(g, "any", "every"), v.name)
		}
	}
	if g.one(8) {
		k := index{g.fresh("k"), g.shape1()}
		var e string
		g.over([]index{k}, func() { e = g.simple(1) })
		return fmt.Sprintf("(%s[%s < %s](%s > 0.3))", pick(g, "any", "every"), k.name, k.dim, e)
	}
	for _, v := range g.values {
		if v.whole && len(v.dims) == 0 && g.one(3) {
			return fmt.Sprintf("%s %s 1", v.name, pick(g, "==", "<", ">="))
		}
	}
	c := fmt.Sprintf("%s %s %s", g.simple(min(depth, 1)), pick(g, "<", ">", "<=", ">="), g.simple(min(depth, 1)))
	switch g.IntN(5) {
	case 0:
		return fmt.Sprintf("%s && %s > %s", c, g.simple(min(depth, 1)), g.simple(min(depth, 1)))
	case 1:
		return fmt.Sprintf("!(%s) || %s > %s", c, g.simple(min(depth, 1)), g.simple(min(depth, 1)))
	}
	return c
}

func (g *gen) conditional(s []dim, depth int) (string, float64) {
	c := g.truth(depth)
	a, ma := g.real(s, depth)
	b, mb := g.real(s, depth)
	return fmt.Sprintf("(if %s { %s } else { %s })", c, a, b), max(ma, mb)
}

func (g *gen) power(s []dim, depth int) (string, float64) {
	e, mag := g.real(s, depth)
	if mag > 3 {
		return "", 0
	}
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf("(1.5 + tanh(%s))^(%s)", e, "sin("+g.simple(depth)+")"), 6
	case 1:
		return fmt.Sprintf("(%s)^3", e), mag * mag * mag
	case 2:
		return fmt.Sprintf("(2 + sin(%s))^-1.5", e), 1
	}
	return fmt.Sprintf("(%s)^2", e), mag * mag
}

// call maps a func of the program.
func (g *gen) call(s []dim, depth int) (string, float64) {
	if len(g.helpers) == 0 {
		return "", 0
	}
	h := pick(g, g.helpers...)
	if h.results > 1 {
		return "", 0 // see several
	}
	in := s
	if len(h.shape) > 0 {
		in = append(slices.Clone(s), g.shape1())
	}
	if len(in) > 3 {
		return "", 0
	}
	return g.called(h, in, depth), 2
}

// called is a call of a helper for arguments of a shape.
func (g *gen) called(h helper, in []dim, depth int) string {
	var args []string
	for i := range h.args {
		e, mag := g.real(in, depth)
		if mag > 3 {
			e = "sin(" + e + ")"
		}
		if h.forms != nil {
			e = fmt.Sprintf(h.forms[i], e)
		}
		args = append(args, e)
	}
	return fmt.Sprintf("%s(%s)", h.name, strings.Join(args, ", "))
}

// inModel is what only models have: phases, the batch and this example's place
// in it.
func (g *gen) inModel(s []dim, depth int) (string, float64) {
	switch g.IntN(6) {
	case 0:
		if len(s) == 0 && g.shared == 0 {
			g.across = true
			return pick(g, "example/4", "batch/3"), 2
		}
	case 1:
		if len(s) == 0 && g.inLoop == 0 && g.shared == 0 && len(g.indices) == 0 {
			g.across = true
			e, mag := g.real(nil, depth)
			return fmt.Sprintf("%s(stack[batch](%s))", pick(g, "mean", "logsumexp", "norm"), e), 3*mag + 2
		}
	case 2:
		a, ma := g.real(s, depth)
		b, mb := g.real(s, depth)
		return fmt.Sprintf("(if training { %s } else { %s })", a, b), max(ma, mb)
	}
	return "", 0
}

// hot is 1 at a place and else 0.
func (g *gen) hot(s []dim, depth int) (string, float64) {
	for _, v := range g.values {
		if v.whole && len(v.dims) == 0 && v.bound == s[0] && v.bound.sym == "" {
			e, mag := g.real(nil, depth)
			return fmt.Sprintf("(onehot%s(%s)*(%s))", text(s), v.name, e), mag
		}
	}
	return "", 0
}

func (g *gen) crossed(s []dim, depth int) (string, float64) {
	if s[0] != num(3) {
		return "", 0
	}
	a, ma := g.real(s, depth)
	b, mb := g.real(s, depth)
	return fmt.Sprintf("cross(%s, %s)", a, b), 2 * ma * mb
}

// flattened has the elements of a matrix, or of a tensor.
func (g *gen) flattened(s []dim, depth int) (string, float64) {
	n := s[0].k
	if s[0].sym != "" || n < 1 {
		return "", 0
	}
	for _, rows := range []int{2, 3, 1} {
		if n%rows == 0 {
			e, mag := g.real([]dim{num(rows), num(n / rows)}, depth)
			if g.one(2) {
				return fmt.Sprintf("reshape[%d](%s)", n, e), mag
			}
			return "flat(" + e + ")", mag
		}
	}
	return "", 0
}

// triangle is made of a vector of its elements.
func (g *gen) triangle(s []dim, depth int) (string, float64) {
	n := s[0].k
	if s[0] != s[1] || s[0].sym != "" || n < 2 {
		return "", 0
	}
	how, k := "", n*(n+1)/2
	switch g.IntN(3) {
	case 0:
		how = "[columns]"
	case 1:
		how, k = "[strict]", n*(n-1)/2
	}
	e, mag := g.real([]dim{num(k)}, depth)
	return fmt.Sprintf("tril%s(%s)", how, e), mag
}

// beside puts two matrices side by side, or makes one of a vector.
func (g *gen) beside(s []dim, depth int) (string, float64) {
	if s[0].sym != "" || s[1].sym != "" || s[1].k < 2 {
		return "", 0
	}
	if g.one(2) {
		e, mag := g.real([]dim{num(s[0].k * s[1].k)}, depth)
		return fmt.Sprintf("reshape%s(%s)", text(s), e), mag
	}
	left := 1 + g.IntN(s[1].k-1)
	a, ma := g.real([]dim{s[0], num(left)}, depth)
	b, mb := g.real([]dim{s[0], num(s[1].k - left)}, depth)
	return fmt.Sprintf("concat[1](%s, %s)", a, b), max(ma, mb)
}

// reduction is over an index.
func (g *gen) reduction(s []dim, depth int) (string, float64) {
	if len(s) > 1 {
		return "", 0
	}
	k := index{g.fresh("k"), g.shape1()}
	binder := fmt.Sprintf("%s < %s", k.name, k.dim)
	empty := false // it may be
	if len(g.indices) > 0 && g.one(4) {
		i := pick(g, g.indices...)
		k.dim = i.dim
		binder = fmt.Sprintf("%s <= %s", k.name, i.name)
		switch g.IntN(4) {
		case 0:
			binder, empty = fmt.Sprintf("%s < %s < %s", i.name, k.name, k.dim), true
		case 1:
			binder, empty = fmt.Sprintf("%s < %s", k.name, i.name), true
		}
	} else if g.one(8) {
		binder, empty = fmt.Sprintf("1 <= %s < %s", k.name, k.dim), true
	}
	ix := []index{k}
	if g.one(5) {
		j := index{g.fresh("j"), g.shape1()}
		ix = append(ix, j)
		binder += fmt.Sprintf(", %s < %s", j.name, j.dim)
	}
	var e string
	var mag float64
	g.over(ix, func() { e, mag = g.real(s, depth) })
	n := 1.0
	for _, i := range ix {
		n *= i.most()
	}
	kind := g.IntN(8)
	if empty && kind != 6 {
		kind = 0 // others of nothing are no numbers
	}
	switch kind {
	case 0, 1, 2, 3:
		return fmt.Sprintf("(sum[%s](%s))", binder, e), n * mag
	case 4:
		return fmt.Sprintf("(mean[%s](%s))", binder, e), mag
	case 5:
		return fmt.Sprintf("(%s[%s](%s))", pick(g, "max", "min"), binder, e), mag
	case 6:
		return fmt.Sprintf("(prod[%s](1 + 0.5*sin(%s)))", binder, e), 5
	}
	return fmt.Sprintf("(logsumexp[%s](%s))", binder, e), mag + n
}

// neighbour reads an entry before, where there is one.
func (g *gen) neighbour(s []dim, depth int) (string, float64) {
	for _, i := range g.indices {
		for _, v := range g.shuffled() {
			if !v.whole && len(v.dims) == len(s)+1 && v.dims[0] == i.dim && slices.Equal(v.dims[1:], s) {
				e, mag := g.real(s, depth)
				if g.one(2) {
					return fmt.Sprintf("(if %s > 0 { %s[%s - 1] } else { %s })", i.name, v.name, i.name, e), max(mag, v.mag)
				}
				return fmt.Sprintf("(if %s < %s { %s[%s + 1] } else { %s })", i.name, i.plusK(-1), v.name, i.name, e), max(mag, v.mag)
			}
		}
	}
	return "", 0
}

// whole is a number made of all elements of a value.
func (g *gen) whole(_ []dim, depth int) (string, float64) {
	s := g.shape(2)
	if len(s) == 0 {
		return "", 0
	}
	e, mag := g.real(s, depth)
	n := 1.0
	for _, d := range s {
		n *= d.most()
	}
	switch g.IntN(11) {
	case 0, 1:
		return "sum(" + e + ")", n * mag
	case 8:
		return "prod(1 + 0.3*sin(" + e + "))", 3
	case 9:
		if len(g.indices) == 0 {
			a, _ := g.real([]dim{s[0], s[0]}, depth-1)
			return fmt.Sprintf("%s(sin(%s)/4 + eye[%s])", pick(g, "logdet", "det"), a, s[0]), 3
		}
	case 10:
		f, m2 := g.real(g.shape(1), depth)
		return fmt.Sprintf("sumsq(%s, %s)", e, f), n*mag*mag + 4*m2*m2
	case 2:
		return "mean(" + e + ")", mag
	case 3:
		return pick(g, "max", "min") + "(" + e + ")", mag
	case 4:
		return "logsumexp(" + e + ")", mag + n
	case 5:
		return "sumsq(" + e + ")", n * mag * mag
	case 6:
		return "norm(" + e + ")", n * mag
	}
	f, m2 := g.real(s, depth)
	return fmt.Sprintf("dot(%s, %s)", e, f), n * mag * m2
}

// position is an index or a size as a number.
func (g *gen) position([]dim, int) (string, float64) {
	if len(g.indices) > 0 {
		i := pick(g, g.indices...)
		return pick(g, i.name+"/4", "(0.5*"+i.name+" - 1)", fmt.Sprintf("%s/%s", i.name, i.dim), "popcount("+i.name+")", "(if bit("+i.name+", 0) { 0.5 } else { 1 })"), 2
	}
	if len(g.syms) > 0 {
		return pick(g, g.syms...).String() + "/8", 1
	}
	return "", 0
}

func (g *gen) matrixVector(s []dim, depth int) (string, float64) {
	k := g.shape1()
	a, ma := g.real([]dim{s[0], k}, depth)
	x, mx := g.real([]dim{k}, depth)
	if g.one(3) {
		a, ma = g.real([]dim{k, s[0]}, depth)
		return fmt.Sprintf("(%s) @ (%s)", x, a), ma * mx * k.most()
	}
	return fmt.Sprintf("(%s) @ (%s)", a, x), ma * mx * k.most()
}

func (g *gen) matrices(s []dim, depth int) (string, float64) {
	k := g.shape1()
	a, ma := g.real([]dim{s[0], k}, depth)
	b, mb := g.real([]dim{k, s[1]}, depth)
	return fmt.Sprintf("(%s) @ (%s)", a, b), ma * mb * k.most()
}

func (g *gen) transposed(s []dim, depth int) (string, float64) {
	e, mag := g.real([]dim{s[1], s[0]}, depth)
	return "(" + e + ")'", mag
}

func (g *gen) outer(s []dim, depth int) (string, float64) {
	a, ma := g.real(s[:1], depth)
	b, mb := g.real(s[1:], depth)
	return fmt.Sprintf("outer(%s, %s)", a, b), ma * mb
}

func (g *gen) normalised(s []dim, depth int) (string, float64) {
	e, mag := g.real(s, depth)
	if g.one(3) {
		return "logsoftmax(" + e + ")", mag + 3
	}
	return "softmax(" + e + ")", 1
}

// join puts two vectors one after the other.
func (g *gen) join(s []dim, depth int) (string, float64) {
	for _, v := range g.shuffled() {
		if v.whole || len(v.dims) != 1 || v.dims[0].c > s[0].c || v.dims[0].sym != s[0].sym && v.dims[0].sym != "" {
			continue
		}
		rest := dim{s[0].c - v.dims[0].c, s[0].sym, s[0].k - v.dims[0].k}
		if rest.c == 0 {
			rest.sym = ""
		}
		if rest.k < 0 || rest.c == 0 && rest.k == 0 {
			continue
		}
		e, mag := g.real([]dim{rest}, depth)
		return fmt.Sprintf("concat(%s, %s)", v.name, e), max(mag, v.mag)
	}
	return "", 0
}

// part is a slice, or a gather.
func (g *gen) part(s []dim, depth int) (string, float64) {
	for _, v := range g.shuffled() {
		if v.whole {
			for _, x := range g.values {
				if !x.whole && len(x.dims) == 1 && slices.Equal(v.dims, s) && x.dims[0] == v.bound {
					return fmt.Sprintf("%s[%s]", x.name, v.name), x.mag
				}
			}
			continue
		}
		if len(v.dims) == 1 && v.dims[0].fits(s[0]) && v.dims[0].k > s[0].k {
			lo := g.IntN(v.dims[0].k - s[0].k + 1)
			return fmt.Sprintf("%s[%d:%s]", v.name, lo, s[0].plusK(lo)), v.mag
		}
	}
	return "", 0
}

func (g *gen) listed(s []dim, depth int) (string, float64) {
	if s[0].sym != "" || s[0].k < 1 {
		return "", 0
	}
	var es []string
	most := 0.0
	for range s[0].k {
		e, mag := g.real(s[1:], depth-1)
		es, most = append(es, e), max(most, mag)
	}
	return "[" + strings.Join(es, ", ") + "]", most
}

// solved is a system that is far from singular.
func (g *gen) solved(s []dim, depth int) (string, float64) {
	if len(g.indices) > 0 || !g.one(3) {
		return "", 0
	}
	a, _ := g.real([]dim{s[0], s[0]}, depth-1)
	b, mb := g.real(s, depth-1)
	switch g.IntN(5) {
	case 3:
		return fmt.Sprintf("usolve(sin(%s) + 9*eye[%s], %s)", a, s[0], b), mb
	case 4:
		return fmt.Sprintf("inverse(sin(%s) + 9*eye[%s]) @ (%s)", a, s[0], b), mb
	case 0:
		return fmt.Sprintf("lsolve(sin(%s) + 9*eye[%s], %s)", a, s[0], b), mb
	case 1:
		return fmt.Sprintf("cholesky((sin(%s)) @ (sin(%s))' + 9*eye[%s]) @ (%s)", a, a, s[0], b), 5 * mb
	}
	return fmt.Sprintf("solve(sin(%s) + 9*eye[%s], %s)", a, s[0], b), mb
}
