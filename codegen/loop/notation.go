package loop

import (
	"strings"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// note puts the equation that c belongs to before its first statement.
func (e *emitter) note(c *comp, g *group) {
	root := c.root()
	if root.noted {
		return
	}
	if g.loop && !g.contract {
		for _, other := range g.comps {
			if other.root() != root {
				return // further inside
			}
		}
	}
	root.noted = true
	if v := root.target; v.v == nil && v.name == "" && root.acc == nil {
		v.name = e.freeName(varName(v.node)) // as it will be declared
		defer func() { v.name = "" }()
	}
	e.add(&Note{Node: root.node, Of: root.target.buf, Text: root.equation()})
}

// root is the comp whose equation speaks of c: the reader, where c's value is
// a variable without a name that only it reads.
func (c *comp) root() *comp {
	for v := c.target; v.absorbed(); v = c.target {
		c = v.readers[0]
	}
	return c
}

// absorbed reports that v is said in the equation of its only reader: a sum
// that is one term of what is computed right after it. What is summed over the
// batch, and one of several sums at the top, have equations of their own.
func (v *value) absorbed() bool {
	if !v.absorbable() {
		return false
	}
	r := v.readers[0]
	if r.region != nil {
		return false
	}
	if r.loops() > 0 {
		return true
	}
	n := 0
	for _, u := range r.reads() {
		if u.absorbable() {
			n++
		}
	}
	return n == 1
}

func (v *value) absorbable() bool {
	return v.kind == Temp && v.buf == nil && v.node.Name == "" && v.node.Origin.Adjoint == nil &&
		len(v.readers) == 1 && len(v.writers) == 1 && (v.writers[0].combine != nil || v.readers[0].combine != nil) &&
		!v.writers[0].inArray() && !v.writers[0].overBatch()
}

// label is what v is called in equations.
func (v *value) label() string {
	switch {
	case v.of != nil:
		return v.of.label()
	case v.v != nil && v.buf == nil:
		return v.v.Name
	case v.name != "":
		return v.name
	case len(v.writers) == 1 && v.writers[0].acc != nil:
		return v.writers[0].acc.Name
	}
	return varName(v.node)
}

// equation says what c computes, in terms of whole vectors and matrices where
// that is possible. The batch is not said.
func (c *comp) equation() string {
	v := c.target
	is := " = "
	if _, added := v.fillAt(); added && (len(v.writers) > 1 || c.overBatch()) {
		is = " += "
	} else if c.combine != nil && c.overBatch() || c.scatter {
		is = " += "
	}
	w := newFormulas(c)
	e := w.comp(c, nil)
	if want, ok := w.whole(c); ok {
		if m, ok := notation.Board(e, want); ok {
			return v.label() + is + notation.Text(m)
		}
	}
	left := &notation.Expr{Kind: notation.Element, Value: &notation.Value{Name: v.label(), Plain: true}}
	left.Value.Shape, left.Index = w.element(v, w.polys(c.index, nil))
	left.Index, left.Data = w.data(c, left.Index)
	return notation.Text(left) + is + notation.Text(e)
}

func (c *comp) overBatch() bool {
	for _, a := range c.axes {
		if a.out < 0 && isBatch(a.extent) {
			return c.combine == symbolic.OpAdd
		}
	}
	return false
}

// formulas writes comps as formulas over letters.
type formulas struct {
	of     *comp
	sym    map[string]string        // the letter of an axis
	extent map[string]symbolic.Poly // how far a letter goes
	next   []string
}

func newFormulas(c *comp) *formulas {
	return &formulas{
		of: c, sym: map[string]string{}, extent: map[string]symbolic.Poly{},
		next: []string{"i", "j", "k", "l", "m", "n", "q", "r", "i2", "j2", "k2"},
	}
}

// letters gives the axes of c letters, outer ones first; the examples have
// that which is not written.
func (w *formulas) letters(c *comp) {
	example := false
	for _, a := range c.order {
		x := c.axes[a]
		switch {
		case w.sym[x.sym] != "":
		case isBatch(x.extent) || x.tile:
			w.sym[x.sym] = notation.Example
			if example && !x.tile {
				w.sym[x.sym] = "b"
			}
			example = true
		case len(w.next) > 0:
			w.sym[x.sym], w.next = w.next[0], w.next[1:]
		}
		w.extent[w.sym[x.sym]] = x.extent
	}
	for _, p := range c.around {
		w.sym[p.sym] = p.name
		w.extent[p.name] = p.extent
	}
}

// whole are the axes of c's result where it is written as a whole.
func (w *formulas) whole(c *comp) ([]notation.Axis, bool) {
	var want []notation.Axis
	for k, p := range c.index {
		s, ok := p.AsSym()
		if !ok {
			return nil, false
		}
		a, ok := c.axisSym(s)
		if !ok || c.axes[a].out != k {
			return nil, false
		}
		if !isBatch(c.axes[a].extent) {
			want = append(want, notation.Axis{Sym: w.sym[s], Extent: c.axes[a].extent})
		}
	}
	return want, len(c.conds) == 0 && !c.scatter
}

// comp is what c computes for one element, with at in the place of its result's
// axes; nil: those as they are.
func (w *formulas) comp(c *comp, at map[string]symbolic.Poly) *notation.Expr {
	w.letters(c)
	x := &formula{w, c, at}
	e := x.term(c.body)
	if c.combine == nil || c.scatter {
		return e
	}
	var over []notation.Axis
	for _, a := range c.order {
		if ax := c.axes[a]; ax.out < 0 && !isBatch(ax.extent) && !ax.tile {
			over = append(over, notation.Axis{Sym: w.sym[ax.sym], Extent: ax.extent})
		}
	}
	if len(over) == 0 {
		return e
	}
	return &notation.Expr{Kind: notation.Big, Op: reduction(c), Over: over, Args: []*notation.Expr{e}}
}

// reduction is the operator that c reduces with.
func reduction(c *comp) *symbolic.OpSpec {
	for _, op := range symbolic.Ops() {
		if op.Class == symbolic.Reduction && op.Combine == c.combine && op.Arg == c.arg {
			return op
		}
	}
	return c.combine
}

// A formula writes the terms of a comp.
type formula struct {
	*formulas
	c  *comp
	at map[string]symbolic.Poly
}

func (w *formulas) polys(ps []symbolic.Poly, at map[string]symbolic.Poly) []symbolic.Poly {
	out := make([]symbolic.Poly, len(ps))
	for i, p := range ps {
		out[i] = w.poly(p, at)
	}
	return out
}

// poly puts letters in the place of axes.
func (w *formulas) poly(p symbolic.Poly, at map[string]symbolic.Poly) symbolic.Poly {
	return p.Subst(func(s string) (symbolic.Poly, bool) {
		if q, ok := at[s]; ok {
			return q, true
		}
		if l := w.sym[s]; l != "" {
			return symbolic.Sym(l), true
		}
		if p := w.of.passOf(s); p != nil {
			return symbolic.Sym(p.name), true
		}
		if _, k, ok := strings.Cut(s, "$"); ok { // data of the comp
			return symbolic.Sym("$" + k), true
		}
		return symbolic.Poly{}, false
	})
}

// data are the whole numbers of c that ps speak of, and ps with their numbers.
func (w *formulas) data(c *comp, ps []symbolic.Poly) ([]symbolic.Poly, []*notation.Expr) {
	var data []*notation.Expr
	at := map[string]symbolic.Poly{}
	for _, p := range ps {
		for _, s := range p.Syms() {
			if _, known := at[s]; known {
				continue
			}
			if k, ok := symbolic.OperandOf(s); ok {
				at[s] = symbolic.Operand(len(data))
				data = append(data, (&formula{w, c, nil}).term(c.data[k]))
			}
		}
	}
	out := make([]symbolic.Poly, len(ps))
	for i, p := range ps {
		out[i] = p.Subst(func(s string) (symbolic.Poly, bool) {
			q, ok := at[s]
			return q, ok
		})
	}
	return out, data
}

// element leaves out the index of the example, and the 0 before an index that
// goes over several dims.
func (w *formulas) element(v *value, index []symbolic.Poly) (shape symbolic.Shape, at []symbolic.Poly) {
	wider := symbolic.Int(1)
	for k, p := range index {
		d := v.node.Shape[k]
		s, _ := p.AsSym()
		if s == notation.Example && isBatch(d) {
			continue
		}
		if k+1 < len(index) && p.Is(0) && !d.Is(1) && w.reaches(index[k+1], v.node.Shape[k+1]) {
			wider = wider.Mul(d)
			continue
		}
		shape, at = append(shape, d.Mul(wider)), append(at, p)
		wider = symbolic.Int(1)
	}
	return shape, at
}

// reaches reports whether an index goes beyond a dim.
func (w *formulas) reaches(p, d symbolic.Poly) bool {
	last := p.Subst(func(s string) (symbolic.Poly, bool) {
		e, ok := w.extent[s]
		return e.Sub(symbolic.Int(1)), ok
	})
	over := last.Sub(d)
	if n, ok := over.Const(); ok {
		return n >= 0
	}
	return !over.Add(symbolic.Int(1)).Is(0)
}

func (x *formula) term(t *term) *notation.Expr {
	switch t.kind {
	case number:
		return &notation.Expr{Kind: notation.Number, Num: t.num}
	case whole:
		if s, ok := t.poly.AsSym(); ok {
			if i, ok := x.c.dataOf(s); ok {
				return x.term(x.c.data[i])
			}
		}
		ps, data := x.data(x.c, []symbolic.Poly{x.poly(t.poly, x.at)})
		return &notation.Expr{Kind: notation.Count, Poly: ps[0], Data: data}
	case read:
		return x.read(t)
	case guard:
		e := &notation.Expr{Kind: notation.Guard, Args: []*notation.Expr{x.term(t.args[0])}}
		var ps []symbolic.Poly
		for _, k := range t.conds {
			k = k.With(x.poly(k.E, x.at))
			e.Conds, ps = append(e.Conds, k), append(ps, k.E)
		}
		ps, e.Data = x.data(x.c, ps)
		for i := range ps {
			e.Conds[i].E = ps[i]
		}
		return e
	}
	if t.op == symbolic.OpToReal {
		return x.term(t.args[0])
	}
	e := &notation.Expr{Kind: notation.Apply, Op: t.op}
	for _, a := range t.args {
		e.Args = append(e.Args, x.term(a))
	}
	return e
}

// read is an element of a value, or what it is made from where that is said
// here.
func (x *formula) read(t *term) *notation.Expr {
	v := t.val
	index := x.polys(t.index, x.at)
	if v.absorbed() {
		from := v.writers[0]
		at := map[string]symbolic.Poly{}
		for k, p := range from.index {
			if s, ok := p.AsSym(); ok {
				at[s] = index[k]
			}
		}
		return x.comp(from, at)
	}
	e := &notation.Expr{Kind: notation.Element, Value: &notation.Value{Name: v.label(), Plain: true, Type: v.node.Type}}
	e.Value.Shape, e.Index = x.element(v, index)
	e.Index, e.Data = x.data(x.c, e.Index)
	return e
}
