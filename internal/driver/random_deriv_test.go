package driver_test

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// The derivatives of random programs.

// checkRaw holds the graph's derivatives as they are before any rewriting against
// each other and against finite differences, along one direction v, for one
// cotangent u.
func (c *randomCase) checkRaw(env *symbolic.Env, g *symbolic.Graph, ys, xs []*symbolic.Node) error {
	var us, vs []*symbolic.Node
	for i, y := range ys {
		us = append(us, g.Input(symbolic.SeedInput, fmt.Sprint("random u", i), y.Shape, symbolic.Real))
		c.node(env, us[i])
	}
	for i, x := range xs {
		vs = append(vs, g.Input(symbolic.SeedInput, fmt.Sprint("random v", i), x.Shape, symbolic.Real))
		c.node(env, vs[i])
	}
	y, push, pull := directional(g, ys, us, xs, vs)
	ms, err := measure(env, c.rounding, []*symbolic.Node{y, push, pull})
	if err != nil {
		return err
	}
	if err := near2("⟨u, Jv⟩ against ⟨Jᵀu, v⟩", ms[1], ms[2], unit64); err != nil {
		return err
	}
	if strings.Contains(c.prog.Text(), "stop(") {
		return nil // differences know nothing of it
	}
	return c.differences("⟨u, Jv⟩", env, y, xs, vs, ms[1])
}

// directional gives ⟨u, y⟩, and its derivative along v forward and in reverse.
func directional(g *symbolic.Graph, ys, us, xs, vs []*symbolic.Node) (y, push, pull *symbolic.Node) {
	dot := func(as, bs []*symbolic.Node) *symbolic.Node {
		s := g.Num(0)
		for i, a := range as {
			if a == nil {
				continue
			}
			p := g.Mul(a, bs[i])
			for range p.Shape {
				p = g.Sum(p, 0)
			}
			s = g.Add(s, p)
		}
		return s
	}
	return dot(ys, us), dot(g.JVP(ys, xs, vs), us), dot(g.VJP(ys, us, xs), vs)
}

// differences holds want against finite differences of y along v, extrapolated
// to a step of none. They say themselves how far off they are.
func (c *randomCase) differences(what string, env *symbolic.Env, y *symbolic.Node, xs, vs []*symbolic.Node, want measured) error {
	at, err := measure(env, c.rounding, []*symbolic.Node{y})
	if err != nil {
		return err
	}
	f := func(h float64) float64 {
		e := *env
		e.Inputs = map[string]*symbolic.Tensor{}
		for k, t := range env.Inputs {
			e.Inputs[k] = t
		}
		for i, x := range xs {
			a, b := env.Inputs[x.Attr.Key()], env.Inputs[vs[i].Attr.Key()]
			t := &symbolic.Tensor{Shape: a.Shape, Data: slices.Clone(a.Data)}
			for j := range t.Data {
				t.Data[j] += h * b.Data[j]
			}
			e.Inputs[x.Attr.Key()] = t
		}
		out, err := symbolic.Eval(&e, y)
		if err != nil {
			return math.NaN()
		}
		return out[0].Data[0]
	}
	wrong := errKink
	for _, h := range []float64{0x1p-7, 0x1p-11, 0x1p-15} {
		var row []float64
		best, off := 0.0, math.Inf(1)
		for k := range 4 {
			next := []float64{(f(h) - f(-h)) / (2 * h)}
			for j := range row {
				next = append(next, next[j]+(next[j]-row[j])/(math.Pow(4, float64(j+1))-1))
			}
			if k > 1 {
				if o := math.Abs(next[k]-row[k-1]) + math.Abs(next[k]-next[k-1]); o < off {
					best, off = next[k], o
				}
			}
			row, h = next, h/2
		}
		// Rounding of y, as it was measured, counts twice in each difference.
		rounding := 8 * unit64 * (at[0].cond[0] + math.Abs(at[0].v[0])) / h
		if !(off+rounding <= 1e-4*(1e-3+math.Abs(best))) {
			continue
		}
		if math.Abs(best-want.v[0]) <= 4*off+rounding+want.bound(0, unit64) {
			return nil
		}
		// A kink within reach of the steps can look like convergence. A wrong derivative is wrong for
		// smaller ones too.
		wrong = fmt.Errorf("%s is %v, finite differences say %v, may be off by %.3g", what, want.v[0], best, 4*off+rounding)
	}
	return wrong
}

// derivative holds what a derivative procedure gives against the graph as it
// was: both are multiplied by the same directions, as far as the kind of it does
// not do so itself.
func (c *randomCase) derivative(env *symbolic.Env, raw *module.Func, p *module.Procedure, got []measured, xs, ys []*symbolic.Node) error {
	g := raw.Graph
	data := func(n *symbolic.Node) []float64 { return env.Inputs[n.Attr.Key()].Data }
	seeds := func(kind string, like []*symbolic.Node) (out []*symbolic.Node) {
		for i, x := range like {
			out = append(out, g.Input(symbolic.SeedInput, fmt.Sprint("random ", kind, i), x.Shape, symbolic.Real))
			c.node(env, out[i])
		}
		return out
	}
	given := func(from []*symbolic.Node, to []*symbolic.Node) { // the same directions under other names
		for i := range from {
			env.Inputs[to[i].Attr.Key()] = env.Inputs[from[i].Attr.Key()]
		}
	}
	us, vs, ws := seeds("u", ys), seeds("v", xs), seeds("w", xs)
	kind := strings.TrimSuffix(p.Name, "0")
	switch kind {
	case "vjp":
		given(p.Seeds, us)
	case "jvp":
		given(p.Seeds, vs)
	case "hvp":
		given(p.Seeds, ws)
		fallthrough
	case "grad", "hessian":
		env.Inputs[us[0].Attr.Key()] = symbolic.Scalar(1)
	}
	y, push, pull := directional(g, ys, us, xs, vs)
	roots := []*symbolic.Node{y, push}
	if kind == "hessian" || kind == "hvp" {
		_, twice, _ := directional(g, []*symbolic.Node{pull}, []*symbolic.Node{g.Num(1)}, xs, ws)
		roots = append(roots, twice)
	}
	ms, err := measure(env, c.rounding, roots)
	if err != nil {
		return err
	}
	// sum adds up results, each multiplied by what runs along its dims.
	sum := func(m measured, along ...[]float64) (v, cond float64) {
		for i := range m.v {
			f, rest := 1.0, i
			for k := len(along) - 1; k >= 0; k-- {
				f *= along[k][rest%len(along[k])]
				rest /= len(along[k])
			}
			v, cond = v+f*m.v[i], cond+math.Abs(f)*m.cond[i]
		}
		return v, cond
	}
	total := make([]measured, 2) // of first and second derivatives
	for i := range total {
		total[i] = measured{make([]float64, 1), make([]float64, 1)}
	}
	add := func(order int, m measured, along ...[]float64) {
		v, cond := sum(m, along...)
		total[order].v[0] += v
		total[order].cond[0] += cond
	}
	switch kind {
	case "blocks":
		first := len(p.Results) - len(got)
		for _, b := range p.Blocks {
			at := func(name string) measured {
				return got[slices.IndexFunc(p.Results[first:], func(r *module.Result) bool { return r.Name == name })]
			}
			x := slices.IndexFunc(xs, func(x *symbolic.Node) bool { return x.Attr.Key() == b.By.Node.Attr.Key() })
			var rows []float64
			if b.Row != "" {
				rows = at(b.Row).v
			}
			m := blockSum(at(b.Name), rows, env.Inputs[us[0].Attr.Key()], env.Inputs[vs[x].Attr.Key()])
			total[0].v[0] += m.v[0]
			total[0].cond[0] += m.cond[0]
		}
	case "jvp":
		for i := range ys {
			add(0, got[i], data(us[i]))
		}
	case "jacobian":
		for i := range ys {
			for j := range xs {
				add(0, got[i*len(xs)+j], data(us[i]), data(vs[j]))
			}
		}
	default:
		for j := range xs {
			add(0, got[j], data(vs[j]))
		}
	}
	k := len(xs)
	switch kind {
	case "hvp":
		for j := range xs {
			add(1, got[k+j], data(vs[j]))
		}
	case "hessian":
		for i := range xs {
			for j := i; j < len(xs); j++ {
				add(1, got[k], data(vs[i]), data(ws[j]))
				if i != j {
					add(1, got[k], data(ws[i]), data(vs[j]))
				}
				k++
			}
		}
	}
	for i, m := range ms[1:] {
		if err := near2(p.Name+fmt.Sprintf(" against the graph as it was, order %d", i+1), total[i], m, unit64); err != nil {
			return err
		}
	}
	return nil
}

// blockSum is Σ uᵢ·Bᵢ·v(rows of example i) of the blocks of a Jacobian by example. Without
// rows an example's block is by the row of its own number, or by all of v.
func blockSum(b measured, rows []float64, u, v *symbolic.Tensor) measured {
	examples := u.Shape[0]
	sum := measured{make([]float64, 1), make([]float64, 1)}
	if examples == 0 {
		return sum
	}
	outs, each := len(u.Data)/examples, len(rows)/examples
	cols := len(b.v) / max(1, len(u.Data)) // of a block's row
	for k, w := range b.v {
		i, j, col := k/cols/outs, k/cols, k%cols
		at := col // of all of v
		switch {
		case rows != nil:
			width := cols / each
			at = int(rows[i*each+col/width])*width + col%width
		case cols < len(v.Data):
			at = i*cols + col
		}
		f := u.Data[j] * v.Data[at]
		sum.v[0] += f * w
		sum.cond[0] += math.Abs(f) * b.cond[k]
	}
	return sum
}
