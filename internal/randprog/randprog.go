// Package randprog makes random programs of the language, for tests that
// compare what different parts of bpgen make of one program, and makes failing
// ones small. A program is decided by its seed.
package randprog

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A Program is the declarations of one func or model, with the funcs and dims
// that it uses. All its names at the top of a file end in its own, so that many
// programs stand in one file.
type Program struct {
	Seed    uint64
	Name    string // of the func or model
	Model   bool
	Across  bool // a model that looks at other examples of the batch, or at which one this is
	Drawn   bool // it draws random numbers, which are others for each type
	Foreign bool // it calls functions of package curves
	Decls   string
	Parts   []Part // that it imports
}

// New makes the program of a seed. Nearly all are valid; the compiler says
// which are not, for instance because a derivative goes through nothing that
// has one.
func New(seed uint64) *Program {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 0)), suffix: fmt.Sprint(seed), names: 3} // arguments are x0 to x2 and so on
	p := &Program{Seed: seed, Name: "P" + g.suffix, Model: g.one(3)}
	g.model = p.Model
	switch {
	case p.Model:
		g.writeModel(p.Name)
	case g.one(12):
		g.writeByExample(p.Name)
	default:
		g.writeFunc(p.Name)
	}
	p.Across, p.Drawn, p.Foreign = g.across, g.drawn, g.foreign
	p.Decls, p.Parts = g.split(g.decls, g.body.String())
	return p
}

// A dim is c·sym + k.
type dim struct {
	c   int
	sym string
	k   int
}

func num(k int) dim { return dim{k: k} }

func (d dim) String() string {
	switch {
	case d.sym == "":
		return fmt.Sprint(d.k)
	case d.c == 1 && d.k == 0:
		return d.sym
	}
	s := d.sym
	if d.c != 1 {
		s = fmt.Sprintf("%d*%s", d.c, d.sym)
	}
	switch {
	case d.k > 0:
		s += fmt.Sprintf(" + %d", d.k)
	case d.k < 0:
		s += fmt.Sprintf(" - %d", -d.k)
	}
	return s
}

// plus is d + e where that is a dim.
func (d dim) plus(e dim) (dim, bool) {
	switch {
	case d.sym == "":
		d.c, d.sym = e.c, e.sym
	case e.sym == "":
	case d.sym == e.sym:
		d.c += e.c
	default:
		return dim{}, false
	}
	d.k += e.k
	return d, true
}

// most is how large a dim may be when the program runs, more or less.
func (d dim) most() float64 { return float64(4*d.c + d.k) }

// fits reports whether d is at least e for all sizes.
func (d dim) fits(e dim) bool { return d.sym == e.sym && d.c == e.c && d.k >= e.k }

func text(s []dim) string {
	if len(s) == 0 {
		return ""
	}
	var out []string
	for _, d := range s {
		out = append(out, d.String())
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// A value is a name that can be read: real numbers, or whole ones below a bound.
type value struct {
	name   string
	dims   []dim
	whole  bool
	bound  dim // of whole numbers
	mag    float64
	owns   bool   // a parameter, or what a layer with parameters gives
	weight string // of such a layer
}

// An index has values from 0 to its dim.
type index struct {
	name string
	dim
}

// A helper is a func of numbers, or of vectors of one size, that gives numbers.
type helper struct {
	name    string
	args    int
	shape   []dim
	results int
	forms   []string // of its arguments, where it does not take all numbers
}

// A list is a name for numbers that are known when generating, and these.
type list struct {
	name  string
	sizes []int // of a dim; those of a const are no sizes
}

type gen struct {
	*rand.Rand
	suffix  string
	model   bool
	helping bool // writes a func that others call, and map
	across  bool
	drawn   bool
	foreign bool
	syms    []dim // sizes of the running program
	values  []value
	truths  []value
	indices []index
	helpers []helper
	lists   []list
	names   int
	inLoop  int
	shared  int // within what must be the same for all examples
	derived int // derivatives taken so far

	decls  []string // what stands above the func or model
	body   strings.Builder
	indent string
}

// declare writes a declaration above the func or model.
func (g *gen) declare(format string, args ...any) {
	g.decls = append(g.decls, fmt.Sprintf(format, args...)+"\n")
}

// one is true once in n times.
func (g *gen) one(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *gen, xs ...T) T { return xs[g.IntN(len(xs))] }

func (g *gen) fresh(letter string) string {
	g.names++
	return fmt.Sprintf("%s%d", letter, g.names)
}

func (g *gen) linef(format string, args ...any) {
	fmt.Fprintf(&g.body, g.indent+format+"\n", args...)
}

// within writes what is in a block, whose names end with it.
func (g *gen) within(f func()) {
	values, truths, indices, helpers, indent := len(g.values), len(g.truths), len(g.indices), len(g.helpers), g.indent
	g.indent += "    "
	f()
	g.values, g.truths, g.indices, g.helpers, g.indent = g.values[:values], g.truths[:truths], g.indices[:indices], g.helpers[:helpers], indent
}

// over evaluates f where indices are known.
func (g *gen) over(ix []index, f func()) {
	n := len(g.indices)
	g.indices = append(g.indices, ix...)
	f()
	g.indices = g.indices[:n]
}

func (g *gen) add(name string, dims []dim, mag float64) {
	g.values = append(g.values, value{name: name, dims: dims, mag: mag})
}

func (g *gen) dim() dim {
	if len(g.syms) > 0 && g.one(2) {
		d := pick(g, g.syms...)
		switch g.IntN(8) {
		case 0:
			d.k++
		case 1:
			d.c = 2
		}
		return d
	}
	return num(1 + g.IntN(4))
}

func (g *gen) shape(most int) []dim {
	var s []dim
	for range g.IntN(most + 1) {
		if len(g.values) > 0 && g.one(2) { // of something that there is
			if v := pick(g, g.values...); len(v.dims) > 0 {
				s = append(s, pick(g, v.dims...))
				continue
			}
		}
		s = append(s, g.dim())
	}
	return s
}

// ---- funcs

func (g *gen) writeFunc(name string) {
	g.writeHelpers()
	if g.one(2) {
		g.syms = append(g.syms, dim{c: 1, sym: "n"})
		if g.one(2) {
			g.syms = append(g.syms, dim{c: 1, sym: "m"})
		}
	}
	var params, variables []string
	bound := g.syms // each by an argument
	if g.one(5) {   // but one is an argument
		n := g.fresh("n")
		params = append(params, n+" int")
		g.syms = append(slices.Clip(g.syms), dim{c: 1, sym: n})
	}
	for i, s := range bound {
		x := fmt.Sprintf("x%d", i)
		dims := []dim{s}
		if g.one(3) {
			dims = append(dims, g.dim())
		}
		params = append(params, x+" "+text(dims))
		g.add(x, dims, 1)
	}
	for i := range 1 + g.IntN(3) {
		y := fmt.Sprintf("y%d", i)
		dims := g.shape(3)
		params = append(params, strings.TrimSpace(y+" "+text(dims)+pick(g, "", " real")))
		g.add(y, dims, 1)
	}
	for i, q := range params {
		x, typ, _ := strings.Cut(q, " ")
		switch {
		case typ == "int":
		case g.one(8):
			params[i] = "const " + q
		default:
			variables = append(variables, x)
		}
	}
	params = append(params, g.wholeParams()...)
	params = append(params, g.truthParams()...)
	for i, q := range params { // "x, y [3]" would give x the type too
		if !strings.Contains(strings.TrimPrefix(q, "const "), " ") && i+1 < len(params) {
			params[i] += " real"
		}
	}
	head := &strings.Builder{}
	fmt.Fprintf(head, "func %s(%s)", name, strings.Join(params, ", "))
	g.within(func() {
		g.statements(2 + g.IntN(5))
		var results []string
		scalar := g.one(2)
		for range 1 + g.IntN(3) {
			s := g.shape(2)
			if scalar {
				s = nil
			}
			r := g.fresh("r")
			e, _ := g.real(s, 2)
			g.linef("%s = %s", r, e)
			results = append(results, r)
			if scalar {
				break
			}
		}
		if g.one(4) && len(results) < 3 {
			if v := pick(g, g.values...); !v.whole {
				results = append(results, v.name)
				scalar = false
			}
		}
		g.linef("return %s", strings.Join(results, ", "))
		requests := []string{"vjp", "jvp", "jacobian", "jacobian[forward]", "jacobian[reverse]"}
		if scalar {
			requests = append(requests, "grad", "grad", "hessian", "hvp", "hvp[reverse]", "grad[forward]")
		}
		if len(variables) > 0 && g.one(2) {
			var ds []string
			seen := map[string]bool{}
			for range 1 + g.IntN(3) {
				d := pick(g, requests...)
				if kind, _, _ := strings.Cut(d, "["); !seen[kind] {
					seen[kind] = true
					if g.one(4) {
						d += "(" + pick(g, variables...) + ")"
					}
					ds = append(ds, d)
				}
			}
			fmt.Fprintf(head, " derive %s", strings.Join(ds, ", "))
		}
	})
	body := g.body.String()
	g.body.Reset()
	g.body.WriteString(head.String() + " {\n" + body + "}\n")
}

// wholeParams are arguments that are indices.
func (g *gen) wholeParams() (out []string) {
	for i := range g.IntN(3) {
		d := g.dim()
		v := value{name: fmt.Sprintf("k%d", i), dims: g.shape(1), whole: true, bound: d}
		out = append(out, fmt.Sprintf("%s %sindex[%s]", v.name, text(v.dims), d))
		g.values = append(g.values, v)
	}
	return out
}

// truthParams are arguments that are truth values.
func (g *gen) truthParams() (out []string) {
	for i := range max(0, g.IntN(5)-2) {
		v := value{name: fmt.Sprintf("c%d", i), dims: g.shape(1)}
		out = append(out, fmt.Sprintf("%s %sbool", v.name, text(v.dims)))
		g.truths = append(g.truths, v)
	}
	return out
}

// writeByExample writes a func whose results have a row for each example, which
// depends on few rows of the arguments.
func (g *gen) writeByExample(name string) {
	n, p := dim{c: 1, sym: "n"}, dim{c: 1, sym: "p"}
	g.syms = []dim{n, p}
	params := []string{"y0 real"}
	var rows []string // what an example reads
	add := func(lead dim, at string) {
		x := g.fresh("x")
		dims := append([]dim{lead}, g.fixed(1)...)
		params = append(params, x+" "+text(dims)+"real")
		t := g.fresh("t")
		rows = append(rows, fmt.Sprintf("%s = %s[%s]", t, x, at))
		g.add(t, dims[1:], 1)
	}
	i := g.fresh("i")
	params = append(params, "k0 [p]index[n]")
	add(n, "k0["+i+"]")
	if g.one(2) {
		params = append(params, "k1 [p]index[n]")
		add(n, "k1["+i+"]")
	}
	if g.one(2) {
		add(p, i)
	}
	g.add("y0", nil, 1)
	g.syms = nil // what is computed of rows has sizes of its own
	b := g.fresh("b")
	fmt.Fprintf(&g.body, "func %s(%s) derive jacobian%s by example {\n", name, strings.Join(params, ", "), pick(g, "", "", "[forward]", "[reverse]"))
	g.within(func() {
		g.linef("%s[%s < p] = {", b, i)
		g.within(func() {
			for _, r := range rows {
				g.linef("%s", r)
			}
			e, _ := g.real(g.fixed(1), 3)
			g.linef("%s", e)
		})
		g.linef("}")
		g.linef("return %s", b)
	})
	g.body.WriteString("}\n")
}

// fixed is a shape that is known.
func (g *gen) fixed(most int) []dim {
	var s []dim
	for range g.IntN(most + 1) {
		s = append(s, num(1+g.IntN(4)))
	}
	return s
}

// writeHelpers writes what others call.
func (g *gen) writeHelpers() {
	if g.one(4) {
		g.writeList()
	}
	for range g.IntN(3) {
		g.writeHelper()
	}
	if g.one(3) {
		g.writeExtern()
	}
	if g.one(5) {
		g.writeStatic()
	}
}

// writeList names some numbers: sizes, or others.
func (g *gen) writeList() {
	if g.one(3) {
		l := list{name: "c0of" + g.suffix}
		g.declare("const %s = %s\n", l.name, pick(g, "[0.5, -0.25]", "[1.5]", "[0.1, 0.2, 0.3]"))
		g.lists = append(g.lists, l)
		return
	}
	l := list{"l0of" + g.suffix, g.someSizes()}
	g.declare("dim %s = %s\n", l.name, l.text())
	g.lists = append(g.lists, l)
}

func (g *gen) someSizes() (out []int) {
	for range 1 + g.IntN(3) {
		out = append(out, 1+g.IntN(4))
	}
	return out
}

func (l list) text() string { return strings.ReplaceAll(fmt.Sprint(l.sizes), " ", ", ") }

// aList is one of sizes, which has a name or stands here.
func (g *gen) aList() list {
	for _, l := range g.lists {
		if l.sizes != nil && !g.one(4) {
			return l
		}
	}
	l := list{sizes: g.someSizes()}
	l.name = l.text()
	return l
}

// writeStatic writes a func that is made anew for each use, for a number and a
// func that are known.
func (g *gen) writeStatic() {
	name := fmt.Sprintf("f%dof%s", len(g.helpers), g.suffix)
	g.declare("func %s[n = 2, f](x) = sum[i < n](f(x + i)/(i + 1))\n", name)
	f := pick(g, "tanh", "sin", "sigmoid")
	use := pick(g, fmt.Sprintf("[%d, %s]", 1+g.IntN(3), f), fmt.Sprintf("[f = %s]", f))
	g.helpers = append(g.helpers, helper{name: name + use, args: 1, results: 1})
}

// writeHelper writes a func that others call.
func (g *gen) writeHelper() {
	h := helper{name: fmt.Sprintf("f%dof%s", len(g.helpers), g.suffix), args: 1 + g.IntN(2), results: 1 + g.IntN(5)/4}
	values, syms := g.values, g.syms
	g.values, g.helping = nil, true
	param := ""
	if g.one(2) {
		h.shape = []dim{{c: 1, sym: "d"}}
		param = " [d]"
		g.syms = h.shape
	}
	var params []string
	for i := range h.args {
		x := fmt.Sprintf("x%d", i)
		params = append(params, x)
		g.add(x, h.shape, 2)
	}
	fmt.Fprintf(&g.body, "func %s(%s%s) {\n", h.name, strings.Join(params, ", "), param)
	g.within(func() {
		g.statements(g.IntN(3))
		var es []string
		for range h.results {
			e, mag := g.real(nil, 3)
			if mag > 2 {
				e = "tanh(" + e + ")"
			}
			es = append(es, e)
		}
		g.linef("return %s", strings.Join(es, ", "))
	})
	g.body.WriteString("}\n\n")
	g.values, g.syms, g.helping = values, syms, false
	g.decls = append(g.decls, g.body.String())
	g.body.Reset()
	g.helpers = append(g.helpers, h)
}

// simple is a number, without how large it may be.
func (g *gen) simple(depth int) string {
	e, _ := g.real(nil, depth)
	return e
}
