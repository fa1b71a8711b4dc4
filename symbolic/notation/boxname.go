package notation

import (
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// name is a whole value, or the stretch of it that is meant.
func name(e *Expr) box {
	b := nameAt(e.Value, polys(e.At, nil))
	if e.Extent == nil {
		return b
	}
	var at []box
	dims := e.Value.Dims()[len(e.At):]
	for i, lo := range e.Offset {
		hi := lo.Add(e.Extent[i])
		if lo.Is(0) && hi.Equal(dims[i]) {
			at = append(at, leaf(tightBox, ":"))
			continue
		}
		part := []box{leaf(tightBox, ":")}
		if !lo.Is(0) {
			part = append([]box{poly(lo, nil)}, part...)
		}
		if !hi.Equal(dims[i]) {
			part = append(part, poly(hi, nil))
		}
		at = append(at, row(0, part...))
	}
	return row(atomPrec, b, brackets(at))
}

func element(e *Expr) box {
	index := e.Index
	if b := e.Value.batch(); b >= 0 {
		if s, ok := index[b].AsSym(); ok && s == example {
			index = without(index, b)
		}
	}
	n := 0
	for n < len(index) && plain(index[n]) && (n < len(e.Value.Pass) || ofPass(index[n])) {
		n++
	}
	b := nameAt(e.Value, polys(index[:n], nil))
	if n == len(index) {
		return b
	}
	return row(atomPrec, b, brackets(polys(index[n:], e.Data)))
}

// sizeBox lays out a size or an index: how many passes there are in pass t has a
// t below.
func sizeBox(s string) box {
	if name, of, ok := strings.Cut(sizeName(s), "_"); ok && symbolic.IsCount(s) {
		return box{kind: subBox, args: []box{nameText(name), nameText(of)}, prec: atomPrec}
	}
	return nameText(sizeName(s))
}

// sizeName is what a size or an index is called in print.
func sizeName(s string) string {
	if s == Batch {
		return "N"
	}
	if strings.HasPrefix(s, example) {
		return "n" + strings.TrimPrefix(s, example)
	}
	return symbolic.CountName(strings.TrimPrefix(s, passMark))
}

// nameOf is what v is called: δ of what comes back to it, ∂E/∂W for a
// gradient.
func nameOf(v *Value) box { return nameAt(v, nil) }

// below writes the numbers of passes below a name.
func below(b box, at []box) box {
	if len(at) == 0 {
		return b
	}
	var in []box
	if b.kind == subBox {
		in, b = append(in, b.args[1]), b.args[0]
	}
	for _, a := range at {
		if len(in) > 0 {
			in = append(in, leaf(tightBox, ","))
		}
		in = append(in, a)
	}
	return box{kind: subBox, args: []box{b, row(0, in...)}, prec: atomPrec}
}

// nameAt is what v is called in the passes at.
func nameAt(v *Value, at []box) box {
	below := below
	if v.Bracket {
		below = func(b box, at []box) box {
			if len(at) > 0 {
				b = row(atomPrec, b, brackets(at))
			}
			return b
		}
	}
	b := below(nameText(v.Name), at)
	switch {
	case v.Plain:
		b = below(leaf(tightBox, v.Name), at)
	case v.Delta:
		b = box{kind: subBox, args: []box{leaf(nameBox, "δ"), b}, prec: atomPrec}
	case v.Of != "":
		d := func(b box) box { return row(atomPrec, leaf(tightBox, "∂"), b) }
		b = box{kind: fracBox, args: []box{d(nameText(v.Of)), d(b)}, prec: atomPrec}
	}
	b.value = v
	return b
}

// nameText lays out a name: z2 is z with 2 below, h[0].W is W with h₀ above.
func nameText(s string) box {
	if owner, rest, ok := cutLast(s, "."); ok {
		return box{kind: supBox, args: []box{nameText(rest), nameText(owner)}, prec: atomPrec}
	}
	base := strings.TrimRight(s, "′")
	primes := strings.Count(s[len(base):], "′")
	stem := strings.TrimRight(base, "0123456789")
	var b box
	switch name, at, ok := strings.Cut(base, "["); {
	case ok:
		b = box{kind: subBox, args: []box{nameText(name), leaf(numberBox, strings.TrimSuffix(at, "]"))}, prec: atomPrec}
	case stem == "" || stem == base:
		b = leaf(nameBox, base)
	default:
		b = box{kind: subBox, args: []box{leaf(nameBox, strings.TrimSuffix(stem, "_")), leaf(numberBox, base[len(stem):])}, prec: atomPrec}
	}
	for range primes {
		b = box{kind: primeBox, args: []box{b}, prec: atomPrec}
	}
	return b
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

// Gate is what an operator does to its arguments, in few letters: the sign
// where it has two, the sign and the number where one of them is a number, its
// name where it is a function of one, else the formula.
func Gate(e *Expr) string {
	form := mathForm(e.Op, len(e.Args))
	before, rest, _ := strings.Cut(form, "%s")
	sign, after, two := strings.Cut(rest, "%s")
	infix := two && before == "" && after == "" && strings.TrimSpace(sign) != ""
	if sign = strings.TrimSpace(sign); sign == "·" {
		sign = "×"
	}
	isNumber := func(i int) bool { return e.Args[i].Kind == Number }
	number := func(i int) string { return sign + text(factor(layout(e.Args[i]), mulPrec)) }
	switch {
	case e.Kind != Apply:
	case form == "−%s":
		return "×(−1)"
	case len(e.Args) == 1 && IsFunction(e.Op):
		return strings.TrimSuffix(before, "(")
	case !infix:
	case isNumber(0) && e.Op.Commutes:
		return number(0)
	case isNumber(1) && strings.Contains("+−×", sign):
		return number(1)
	case !isNumber(0) && !isNumber(1) && text(layout(e.Args[0])) != text(layout(e.Args[1])):
		return sign
	}
	return text(operator(e))
}
