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
		forms = append(forms, g.matrixVector, g.normalised, g.join, g.part, g.listed, g.solved)
	case 2:
		forms = append(forms, g.matrices, g.transposed, g.outer, g.normalised, g.listed)
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
}

func (g *gen) unary(s []dim, depth int) (string, float64) {
	e, mag := g.real(s, depth)
	u := pick(g, unaries...)
	if strings.Contains(u.form, "floor") || strings.Contains(u.form, "sign(") || strings.Contains(u.form, "stop") {
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
	switch g.IntN(10) {
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
	return fmt.Sprintf("%s(%s, 1 + abs(%s))", pick(g, "hypot", "atan2"), a, b), ma + mb + 2
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
	in := s
	if len(h.shape) > 0 {
		in = append(slices.Clone(s), g.shape1())
	}
	if len(in) > 3 {
		return "", 0
	}
	var args []string
	for range h.args {
		e, mag := g.real(in, depth)
		if mag > 3 {
			e = "sin(" + e + ")"
		}
		args = append(args, e)
	}
	return fmt.Sprintf("%s(%s)", h.name, strings.Join(args, ", ")), 2
}

// reduction is over an index.
func (g *gen) reduction(s []dim, depth int) (string, float64) {
	if len(s) > 1 {
		return "", 0
	}
	k := index{g.fresh("k"), g.shape1()}
	binder := fmt.Sprintf("%s < %s", k.name, k.dim)
	if len(g.indices) > 0 && g.one(4) {
		i := pick(g, g.indices...)
		k.dim = i.dim
		binder = fmt.Sprintf("%s <= %s", k.name, i.name)
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
	switch g.IntN(8) {
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
	switch g.IntN(8) {
	case 0, 1:
		return "sum(" + e + ")", n * mag
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
		return pick(g, i.name+"/4", "(0.5*"+i.name+" - 1)", fmt.Sprintf("%s/%s", i.name, i.dim)), 2
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
	switch g.IntN(3) {
	case 0:
		return fmt.Sprintf("lsolve(sin(%s) + 9*eye[%s], %s)", a, s[0], b), mb
	case 1:
		return fmt.Sprintf("cholesky((sin(%s)) @ (sin(%s))' + 9*eye[%s]) @ (%s)", a, a, s[0], b), 5 * mb
	}
	return fmt.Sprintf("solve(sin(%s) + 9*eye[%s], %s)", a, s[0], b), mb
}
