package loop

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// A text is mathematics: what it says, how tightly it binds, and the axes of
// the comp that it is a vector or matrix over. The batch is not said.
type text struct {
	s    string
	prec int
	axes []int
}

const (
	sumPrec  = 4
	mulPrec  = 5
	atomPrec = 8
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

// equation says what c computes.
func (c *comp) equation() string {
	w := &mathWriter{c: c}
	v := c.target
	is := " = "
	if _, added := v.fillAt(); added && (len(v.writers) > 1 || c.overBatch()) {
		is = " += "
	} else if c.combine != nil && c.overBatch() {
		is = " += "
	}
	if t, ok := w.whole(); ok {
		return v.label() + is + t
	}
	return w.indexed(is)
}

func (c *comp) overBatch() bool {
	for _, a := range c.axes {
		if a.out < 0 && isSpine(a.extent) {
			return c.combine == symbolic.OpAdd
		}
	}
	return false
}

type mathWriter struct{ c *comp }

// whole says c's body in terms of whole vectors and matrices.
func (w *mathWriter) whole() (string, bool) {
	c := w.c
	var want []int // the axes of the result, in order
	for k, p := range c.index {
		s, ok := p.AsSym()
		if !ok {
			return "", false
		}
		a, ok := c.axisSym(s)
		if !ok || c.axes[a].out != k {
			return "", false
		}
		if !isSpine(c.axes[a].extent) {
			want = append(want, a)
		}
	}
	if len(c.conds) > 0 {
		return "", false
	}
	t, ok := w.result(c, want)
	if !ok || len(t.axes) > 0 && !slices.Equal(t.axes, want) {
		return "", false
	}
	return t.s, true
}

// result is the text of what a comp computes for its out axes want.
func (w *mathWriter) result(c *comp, want []int) (text, bool) {
	if c.combine == nil {
		return w.term(c, c.body)
	}
	var over []int
	for a, x := range c.axes {
		if x.out < 0 && !isSpine(x.extent) {
			over = append(over, a)
		}
	}
	if c.combine != symbolic.OpAdd || c.arg {
		t, ok := w.term(c, c.body)
		if !ok || !subset(t.axes, over) {
			return text{}, false
		}
		name := c.combine.Name
		if c.arg {
			name = "arg" + name
		}
		if c.combine == symbolic.OpMul {
			name = "Π"
		}
		return text{name + "(" + t.s + ")", atomPrec, nil}, true
	}
	return w.contraction(c, over, want)
}

func subset(a, b []int) bool {
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

// contraction is the text of a sum of products: W·x, Wᵀ·δ, u·v, δ·xᵀ.
func (w *mathWriter) contraction(c *comp, over, want []int) (text, bool) {
	scalars, parts, ok := w.factors(c, c.body)
	if !ok {
		return text{}, false
	}
	switch {
	case len(over) == 0 && len(parts) <= 2:
		return w.product(scalars, parts, want)
	case len(parts) == 1 && subset(parts[0].axes, over):
		p := parts[0]
		if u, v, both := strings.Cut(p.s, "∘"); both && len(p.axes) == 1 && !strings.ContainsAny(p.s, " ∘(") {
			return scaled(scalars, text{u + "·" + v, mulPrec, nil}), true
		}
		if u, v, both := strings.Cut(p.s, "∘"); both && len(p.axes) == 1 && !strings.Contains(v, "∘") && p.prec == mulPrec {
			return scaled(scalars, text{u + "·" + v, mulPrec, nil}), true
		}
		return scaled(scalars, text{"Σ " + wrap(p, mulPrec), mulPrec, nil}), true
	case len(parts) == 1 && len(parts[0].axes) == 2 && len(over) == 1 && len(scalars) == 0:
		return text{}, false
	case len(parts) == 2 && len(over) == 1:
		a, b := parts[0], parts[1]
		if len(want) > 0 && slices.Contains(b.axes, want[0]) {
			a, b = b, a
		}
		r := over[0]
		if !slices.Contains(a.axes, r) || !slices.Contains(b.axes, r) || len(a.axes) > 2 || len(b.axes) > 2 {
			return text{}, false
		}
		left, right := wrap(a, mulPrec+1), wrap(b, mulPrec+1)
		if len(a.axes) == 2 && a.axes[0] == r {
			left += "ᵀ"
		}
		if len(b.axes) == 2 && b.axes[1] == r {
			right += "ᵀ"
		}
		var axes []int
		for _, x := range slices.Concat(a.axes, b.axes) {
			if x != r {
				axes = append(axes, x)
			}
		}
		return scaled(scalars, text{left + "·" + right, mulPrec, axes}), true
	}
	return text{}, false
}

func scaled(scalars []text, t text) text {
	for i := len(scalars) - 1; i >= 0; i-- {
		t = text{wrap(scalars[i], mulPrec) + "·" + wrap(t, mulPrec), mulPrec, t.axes}
	}
	return t
}

// product joins factors that are not summed over.
func (w *mathWriter) product(scalars, parts []text, want []int) (text, bool) {
	switch len(parts) {
	case 0:
		return scaled(scalars[:len(scalars)-1], scalars[len(scalars)-1]), true
	case 1:
		return scaled(scalars, parts[0]), true
	case 2:
		a, b := parts[0], parts[1]
		if len(a.axes) == 1 && len(b.axes) == 1 {
			if len(want) == 2 && b.axes[0] == want[0] {
				a, b = b, a
			}
			return scaled(scalars, text{wrap(a, mulPrec+1) + "·" + wrap(b, mulPrec+1) + "ᵀ", mulPrec, []int{a.axes[0], b.axes[0]}}), true
		}
	}
	return text{}, false
}

// factors takes a product apart: numbers, and what has the same axes together.
func (w *mathWriter) factors(c *comp, t *term) (scalars, parts []text, ok bool) {
	var all []*term
	stack := []*term{t}
	for len(stack) > 0 {
		u := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if u.kind == apply && u.op == symbolic.OpMul {
			stack = append(stack, u.args[1], u.args[0])
			continue
		}
		all = append(all, u)
	}
	for _, u := range all {
		x, ok := w.term(c, u)
		if !ok {
			return nil, nil, false
		}
		if len(x.axes) == 0 {
			scalars = append(scalars, x)
			continue
		}
		at := slices.IndexFunc(parts, func(p text) bool { return slices.Equal(p.axes, x.axes) })
		if at < 0 {
			parts = append(parts, x)
			continue
		}
		parts[at] = text{wrap(parts[at], mulPrec) + "∘" + wrap(x, mulPrec+1), mulPrec, x.axes}
	}
	return scalars, parts, true
}

// wrap puts t in parentheses where it binds less tightly than prec.
func wrap(t text, prec int) string {
	if t.prec < prec {
		return "(" + t.s + ")"
	}
	return t.s
}

// term is the text of t, which is a vector or matrix over axes of c.
func (w *mathWriter) term(c *comp, t *term) (text, bool) {
	switch t.kind {
	case number:
		return text{num(t.num), atomPrec, nil}, true
	case whole:
		for _, s := range t.poly.Syms() {
			if strings.HasPrefix(s, "~") {
				return text{}, false
			}
		}
		if s, ok := t.poly.AsSym(); ok {
			return text{s, atomPrec, nil}, true
		}
		return text{"(" + t.poly.String() + ")", atomPrec, nil}, true
	case read:
		return w.read(c, t)
	case guard:
		return text{}, false
	}
	if t.op == symbolic.OpMul {
		scalars, parts, ok := w.factors(c, t)
		if !ok {
			return text{}, false
		}
		return w.product(scalars, parts, nil)
	}
	args := make([]text, len(t.args))
	var axes []int
	for i, a := range t.args {
		x, ok := w.term(c, a)
		if !ok || len(axes) > 0 && len(x.axes) > 0 && !slices.Equal(axes, x.axes) {
			return text{}, false
		}
		if len(x.axes) > 0 {
			axes = x.axes
		}
		args[i] = x
	}
	return opText(t.op, args, axes), true
}

// opText writes an operator in its mathematical form.
func opText(op *symbolic.OpSpec, args []text, axes []int) text {
	form := op.Math
	if form == "" {
		form = op.Name + "(" + strings.Repeat("%s, ", len(args)-1) + "%s)"
	}
	open := !strings.ContainsAny(form, "({|[⌊")
	var b strings.Builder
	for i, a := range args {
		before, after, _ := strings.Cut(form, "%s")
		b.WriteString(before)
		prec := 0
		if open && op.Prec > 0 {
			prec = op.Prec
			if i > 0 && !op.Commutes || op.Prec >= 6 {
				prec++
			}
		}
		b.WriteString(wrap(a, prec))
		form = after
	}
	b.WriteString(form)
	prec := op.Prec
	if prec == 0 || !open {
		prec = atomPrec
	}
	if strings.TrimSuffix(op.Math, "%s") == "" && len(args) == 1 {
		prec = args[0].prec
	}
	return text{b.String(), prec, axes}
}

// read is the text of an element of a value seen as part of the whole.
func (w *mathWriter) read(c *comp, t *term) (text, bool) {
	v := t.val
	var axes []int
	skipped := symbolic.Int(1) // dims that the next index goes over as well
	for k, p := range t.index {
		if p.Is(0) && k < len(t.index)-1 {
			skipped = skipped.Mul(v.node.Shape[k])
			continue
		}
		s, ok := p.AsSym()
		if !ok {
			return text{}, false
		}
		a, ok := c.axisSym(s)
		if !ok || !c.axes[a].extent.Equal(v.node.Shape[k].Mul(skipped)) || slices.Contains(axes, a) {
			return text{}, false
		}
		if skipped = symbolic.Int(1); !isSpine(c.axes[a].extent) {
			axes = append(axes, a)
		}
	}
	if !v.absorbed() {
		return text{v.label(), atomPrec, axes}, true
	}
	from := v.writers[0]
	var own []int
	for _, p := range from.index {
		s, _ := p.AsSym()
		if a, ok := from.axisSym(s); ok && !isSpine(from.axes[a].extent) {
			own = append(own, a)
		}
	}
	x, ok := w.result(from, own)
	if !ok || len(x.axes) > 0 && !slices.Equal(x.axes, own) {
		return text{}, false
	}
	if len(x.axes) > 0 {
		x.axes = axes
	}
	return x, true
}
