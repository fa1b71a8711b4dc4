package loop

import (
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// indexed says c's body element by element, as y[i] = Σ_j A[i,j]·x[j].
func (w *mathWriter) indexed(is string) string {
	c := w.c
	letter := map[string]string{}
	next := []string{"i", "j", "k", "l", "m", "n", "q", "r", "i2", "j2", "k2"}
	for _, a := range c.order {
		x := c.axes[a]
		switch {
		case isSpine(x.extent):
			letter[x.sym] = "b"
		case len(next) > 0:
			letter[x.sym], next = next[0], next[1:]
		}
	}
	x := &indexWriter{c: c, letter: letter}
	left := c.target.label() + x.brackets(c.index, c.target)
	body := x.term(c.body)
	s := body.s
	if c.combine != nil {
		over := ""
		for _, a := range c.order {
			if ax := c.axes[a]; ax.out < 0 && !c.scatter && !isSpine(ax.extent) {
				over += letter[ax.sym]
			}
		}
		sign := "Σ"
		switch {
		case c.arg:
			sign = "arg" + c.combine.Name
		case c.combine == symbolic.OpMul:
			sign = "Π"
		case c.combine != symbolic.OpAdd:
			sign = c.combine.Name
		}
		if over != "" {
			s = sign + "_" + over + " " + wrap(body, mulPrec)
		}
		if c.scatter {
			is = " += "
		}
	}
	return left + is + s
}

// An indexWriter writes terms with their indices.
type indexWriter struct {
	c      *comp
	letter map[string]string
}

// brackets writes indices; that of the batch goes without saying, and so does
// the 0 before an index that goes over several dims.
func (w *indexWriter) brackets(index []symbolic.Poly, v *value) string {
	var parts []string
	for k, p := range index {
		d := v.node.Shape
		if k+1 < len(index) && p.Is(0) && !d[k].Is(1) && !w.c.nonNeg(d[k+1].Sub(symbolic.Int(1)).Sub(index[k+1])) {
			continue
		}
		if s := w.poly(p); !(s == "b" && isSpine(d[k])) {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func (w *indexWriter) poly(p symbolic.Poly) string {
	p = p.Subst(func(s string) (symbolic.Poly, bool) {
		if l, ok := w.letter[s]; ok {
			return symbolic.Sym(l), true
		}
		if p := w.c.passOf(s); p != nil {
			return symbolic.Sym(p.name), true
		}
		if i, ok := w.c.dataOf(s); ok {
			return symbolic.Sym(w.term(w.c.data[i]).s), true
		}
		return symbolic.Poly{}, false
	})
	return strings.ReplaceAll(strings.ReplaceAll(p.String(), "*", "·"), "-", "−")
}

func (w *indexWriter) term(t *term) text {
	switch t.kind {
	case number:
		return text{num(t.num), atomPrec, nil}
	case whole:
		return text{w.poly(t.poly), sumPrec, nil}
	case read:
		return text{t.val.label() + w.brackets(t.index, t.val), atomPrec, nil}
	case guard:
		parts := make([]string, len(t.conds))
		for i, k := range t.conds {
			sign := map[symbolic.CondKind]string{symbolic.NonNeg: " ≥ 0", symbolic.Zero: " = 0", symbolic.Divides: " divisible"}[k.Kind]
			parts[i] = w.poly(k.E) + sign
		}
		return text{"[" + strings.Join(parts, ", ") + "]·" + wrap(w.term(t.args[0]), mulPrec), mulPrec, nil}
	}
	args := make([]text, len(t.args))
	for i, a := range t.args {
		args[i] = w.term(a)
	}
	return opText(t.op, args, nil)
}
