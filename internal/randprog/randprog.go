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
	Seed   uint64
	Name   string // of the func or model
	Model  bool
	Across bool // a model that looks at other examples of the batch
	Decls  string
}

// File is the text of a file with these programs.
func File(pkg string, ps ...*Program) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport \"nn\"\n", pkg)
	for _, p := range ps {
		b.WriteString("\n" + p.Decls)
	}
	return b.String()
}

// New makes the program of a seed. Nearly all are valid; the compiler says
// which are not, for instance because a derivative goes through nothing that
// has one.
func New(seed uint64) *Program {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 0)), suffix: fmt.Sprint(seed)}
	p := &Program{Seed: seed, Name: "P" + g.suffix, Model: g.one(3)}
	g.model = p.Model
	if p.Model {
		g.writeModel(p.Name)
	} else {
		g.writeFunc(p.Name)
	}
	p.Decls, p.Across = g.decls.String()+g.body.String(), g.across
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

// A value is a name that can be read.
type value struct {
	name  string
	dims  []dim
	whole bool
	bound dim // of whole numbers
	mag   float64
	owns  bool // a parameter, or what a layer with parameters gives
}

// An index has values from 0 to its dim.
type index struct {
	name string
	dim
}

// A helper is a func of numbers, or of vectors of one size, that gives a number.
type helper struct {
	name  string
	args  int
	shape []dim
}

type gen struct {
	*rand.Rand
	suffix  string
	model   bool
	helping bool // writes a func that others call, and map
	across  bool
	syms    []dim // sizes of the running program
	values  []value
	indices []index
	helpers []helper
	names   int
	inLoop  int
	derived int // derivatives taken so far

	decls, body strings.Builder
	indent      string
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
	values, indices, indent := len(g.values), len(g.indices), g.indent
	g.indent += "    "
	f()
	g.values, g.indices, g.indent = g.values[:values], g.indices[:indices], indent
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

// ---- funcs and models

func (g *gen) writeFunc(name string) {
	for range g.IntN(3) {
		g.writeHelper()
	}
	if g.one(2) {
		g.syms = append(g.syms, dim{c: 1, sym: "n"})
		if g.one(2) {
			g.syms = append(g.syms, dim{c: 1, sym: "m"})
		}
	}
	var params []string
	for i, s := range g.syms { // each is bound by an argument
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
	params = append(params, g.wholeParams()...)
	for i := len(params) - 1; i > 0; i-- { // "x, y [3]" would give x the type too
		if !strings.Contains(params[i-1], " ") {
			params[i-1] += " real"
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
		if g.one(2) {
			var ds []string
			seen := map[string]bool{}
			for range 1 + g.IntN(3) {
				d := pick(g, requests...)
				if kind, _, _ := strings.Cut(d, "["); !seen[kind] {
					seen[kind] = true
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

// writeHelper writes a func that others call.
func (g *gen) writeHelper() {
	h := helper{name: fmt.Sprintf("f%dof%s", len(g.helpers), g.suffix), args: 1 + g.IntN(2)}
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
		e, mag := g.real(nil, 3)
		if mag > 2 {
			e = "tanh(" + e + ")"
		}
		g.linef("return %s", e)
	})
	g.body.WriteString("}\n\n")
	g.values, g.syms, g.helping = values, syms, false
	g.decls.WriteString(g.body.String())
	g.body.Reset()
	g.helpers = append(g.helpers, h)
}

func (g *gen) writeModel(name string) {
	if g.one(2) {
		g.writeHelper()
	}
	for _, s := range []string{"n", "m"}[:g.IntN(3)] {
		s += "of" + g.suffix
		fmt.Fprintf(&g.decls, "dim %s\n", s)
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
	fmt.Fprintf(&g.body, "model %s(%s) {\n", name, strings.Join(params, ", "))
	g.within(func() {
		var own []value
		for range 1 + g.IntN(3) {
			w := g.fresh("w")
			dims := g.shape(2)
			g.linef("param %s %s ~ normal(0, 0.5)", w, text(dims))
			v := value{name: w, dims: dims, mag: 1, owns: true}
			g.values, own = append(g.values, v), append(own, v)
		}
		g.statements(2 + g.IntN(4))
		for range g.IntN(3) {
			g.layer()
		}
		for range g.IntN(3) {
			e, _ := g.real(g.shape(2), 2)
			g.linef("output %s = %s", g.fresh("o"), e)
		}
		e, _ := g.real(nil, 3)
		for _, v := range g.values {
			if v.owns || !v.whole && g.one(2) {
				e += fmt.Sprintf(" + %s(%s)", pick(g, "sumsq", "mean", "sum"), v.name)
			}
		}
		g.linef("loss %s", e)
		if g.one(2) {
			g.linef("metric %s = %s < %s", g.fresh("q"), g.simple(1), g.simple(1))
		}
		var names []string
		for _, v := range own {
			names = append(names, v.name)
		}
		all := g.values
		g.values = own
		e, _ = g.real(nil, 2)
		g.values = all
		g.linef("penalty 0.1*sumsq(%s) + %s", strings.Join(names, ", "), e)
		g.linef("train %s", pick(g, "sgd", "sgd(lr = 0.1, momentum = 0.9)", "adam"))
	})
	g.body.WriteString("}\n")
}

// layer uses a layer of the library.
func (g *gen) layer() {
	z, k := g.fresh("z"), 1+g.IntN(4)
	out := []dim{num(k)}
	switch g.IntN(5) {
	case 0, 1:
		in := num(1 + g.IntN(4))
		lead := g.shape(1)
		x, _ := g.real(append(slices.Clone(lead), in), 2)
		g.linef("%s = %s(dense[%d](%s))", z, pick(g, "tanh", "sigmoid", "relu", "gelu"), k, x)
		out = append(lead, num(k))
	case 2:
		out = []dim{num(2 + g.IntN(3))}
		x, _ := g.real(out, 2)
		g.linef("%s = %s(%s)", z, pick(g, "layernorm", "rmsnorm"), x)
	case 3:
		t, d := num(1+g.IntN(4)), num(1+g.IntN(3))
		if len(g.syms) > 0 && g.one(2) {
			t = g.syms[0]
		}
		x, _ := g.real([]dim{t, d}, 2)
		g.linef("%s = %s[%d](%s)", z, pick(g, "rnn", "gru", "lstm"), k, x)
		out = []dim{t, num(k)}
	case 4:
		c, w := num(1+g.IntN(2)), num(3+g.IntN(4))
		x, _ := g.real([]dim{c, w}, 2)
		g.linef("%s = conv1d[%d, 2, pad = 1](%s)", z, k, x)
		out = []dim{num(k), num(w.k + 1)}
	}
	g.values = append(g.values, value{name: z, dims: out, mag: 3, owns: true})
}

// simple is a number, without how large it may be.
func (g *gen) simple(depth int) string {
	e, _ := g.real(nil, depth)
	return e
}
