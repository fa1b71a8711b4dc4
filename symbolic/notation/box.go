package notation

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bpgen/bpgen/symbolic"
)

// A shape of writing: what text, LaTeX and MathML have in common. Parentheses
// are in it already, but for those that only a fraction on one line needs.
type box struct {
	kind  boxKind
	text  string
	args  []box
	value *Value // of a name, for links
	prec  int
}

type boxKind uint8

const (
	rowBox    boxKind = iota // args side by side
	nameBox                  // an identifier; of several letters upright
	numberBox                // digits
	opBox                    // an infix operator, with space around it
	tightBox                 // an operator or punctuation without space
	openBox                  // an opening bracket
	closeBox                 // a closing one
	wordBox                  // words
	fracBox                  // args[0] over args[1]
	supBox                   // args[0] with args[1] above right
	subBox                   // args[0] with args[1] below right
	rootBox                  // the square root of args[0]
	bigBox                   // args[0], a sign such as Σ, over args[1]
	casesBox                 // args[0] where args[1], else args[2]
	primeBox                 // args[0] with a prime
	turnBox                  // args[0] transposed
)

const (
	sumPrec    = 4
	mulPrec    = 5
	prefixPrec = 6
	atomPrec   = 8
)

func row(prec int, args ...box) box { return box{kind: rowBox, args: args, prec: prec} }

func leaf(kind boxKind, text string) box {
	return box{kind: kind, text: text, prec: atomPrec}
}

// factor is b as a later factor of a product: a sum, and what begins with a
// minus, in parentheses.
func factor(b box, prec int) box {
	if begins(b) == "−" {
		return fenced("(", b, ")")
	}
	return wrap(b, prec)
}

// begins is the first sign of b.
func begins(b box) string {
	for len(b.args) > 0 && b.kind != bigBox && b.kind != casesBox && b.kind != fracBox {
		b = b.args[0]
	}
	first, _ := utf8.DecodeRuneInString(b.text)
	return string(first)
}

func fenced(open string, b box, close string) box {
	return row(atomPrec, leaf(openBox, open), b, leaf(closeBox, close))
}

// wrap puts b in parentheses where it binds less tightly than prec.
func wrap(b box, prec int) box {
	if b.prec < prec {
		return fenced("(", b, ")")
	}
	return b
}

// boxEquation lays q out.
func boxEquation(q *Equation) box {
	left := nameAt(q.Left, polys(q.At, nil))
	if len(q.Index) > 0 {
		var at []box
		for _, a := range q.Index {
			at = append(at, nameText(a.Sym))
		}
		left = row(atomPrec, left, brackets(at))
	}
	right := layout(q.Right)
	switch {
	case q.Left.Type == symbolic.Boolean && q.Right.Kind == Number:
		right = leaf(wordBox, map[bool]string{true: "true", false: "false"}[q.Right.Num != 0])
	case q.Left.Type == symbolic.Boolean && right.kind == rowBox && right.prec <= 3:
		right = fenced("(", right, ")")
	}
	b := row(0, left, leaf(opBox, "="), right)
	if q.Else != nil {
		b = row(0, b, leaf(tightBox, ",  "), boxEquation(q.Else))
	}
	return b
}

func brackets(at []box) box {
	var in []box
	for i, b := range at {
		if i > 0 {
			in = append(in, leaf(tightBox, ","))
		}
		in = append(in, b)
	}
	return fenced("[", row(0, in...), "]")
}

// layout lays e out.
func layout(e *Expr) box {
	switch e.Kind {
	case Number:
		return numberOf(e.Num)
	case Count:
		return poly(e.Poly, e.Data)
	case Name:
		return name(e)
	case Element:
		return element(e)
	case Apply:
		return operator(e)
	case Prime:
		f, _, _ := strings.Cut(mathForm(e.Op, 1), "(")
		return row(7, box{kind: primeBox, args: []box{nameText(f)}, prec: atomPrec}, fenced("(", layout(e.Args[0]), ")"))
	case Product:
		left := wrap(layout(e.Args[0]), mulPrec)
		if x := e.Args[0]; x.Kind == Apply && left.prec == mulPrec {
			left = wrap(left, mulPrec+1) // not u∘(v·w)
		}
		return row(mulPrec, left, leaf(tightBox, "·"), factor(layout(e.Args[1]), mulPrec+1))
	case Chain:
		b := row(mulPrec, nameAt(e.Pull.Back, nil), leaf(tightBox, "·"), nameOf(e.Pull.Local))
		if len(e.Index) > len(e.At) {
			var at []box
			for _, p := range e.Index[len(e.At):] {
				if s, ok := p.AsSym(); !ok || s != example {
					at = append(at, poly(p, nil))
				}
			}
			b = row(atomPrec, fenced("(", b, ")"), brackets(at))
		}
		return b
	case Transpose:
		return box{kind: turnBox, args: []box{wrap(layout(e.Args[0]), atomPrec)}, prec: atomPrec}
	case Rows:
		return row(atomPrec, nameOf(e.Value), brackets([]box{layout(e.Args[0])}))
	case Stack:
		var in []box
		for i, a := range e.Args {
			if i > 0 {
				in = append(in, leaf(tightBox, ", "))
			}
			in = append(in, layout(a))
		}
		b := fenced("(", row(0, in...), ")")
		if len(e.Index) > 0 {
			b = row(atomPrec, b, brackets(polys(e.Index, nil)))
		}
		return b
	case Fold:
		if x := e.Args[0]; e.Op == symbolic.OpSum && x.Kind == Apply && mathForm(x.Op, 1) == "%s²" {
			return box{kind: supBox, args: []box{fenced("‖", layout(x.Args[0]), "‖"), leaf(numberBox, "2")}, prec: atomPrec}
		}
		if e.Op == symbolic.OpSum || e.Op == symbolic.OpProd {
			sign := strings.TrimSpace(strings.ReplaceAll(e.Op.Math, "%s", ""))
			return row(mulPrec, leaf(nameBox, sign), leaf(tightBox, " "), wrap(layout(e.Args[0]), mulPrec))
		}
		return row(atomPrec, nameText(reductionName(e.Op)), fenced("(", layout(e.Args[0]), ")"))
	case Big:
		return bigSum(e)
	case Guard:
		return row(mulPrec, fenced("[", conditions(e), "]"), leaf(tightBox, "·"), factor(layout(e.Args[0]), mulPrec))
	case OneHot:
		return box{kind: subBox, args: []box{leaf(numberBox, "1"), layout(e.Args[0])}, prec: atomPrec}
	case Call:
		return call(e)
	case Lambda:
		if x := e.Args[0]; x.Kind == Element && isWhole(x.Index, e.Over) {
			return nameOf(x.Value)
		}
		return layout(e.Args[0])
	}
	return leaf(wordBox, "?")
}

// conditions lists what a guard asks for.
func conditions(e *Expr) box {
	var in []box
	for i, c := range e.Conds {
		if i > 0 {
			in = append(in, leaf(tightBox, ", "))
		}
		in = append(in, condition(c, e.Data))
	}
	return row(0, in...)
}

// place lays out a condition that one place fulfils, that of a maximum: what has
// it as its condition is 0 elsewhere.
func place(e *Expr) (box, bool) {
	if e.Kind == Guard {
		b, ok := place(e.Args[0])
		return row(0, conditions(e), leaf(tightBox, ", "), b), ok
	}
	ok := false
	if e.Kind == Apply && e.Op == symbolic.OpIntEq {
		e.Each(func(x *Expr) { ok = ok || x.Kind == Big && x.Op.Arg })
	}
	return layout(e), ok
}

func reductionName(op *symbolic.OpSpec) string {
	return strings.TrimSpace(strings.ReplaceAll(mathForm(op, 1), "%s", ""))
}

func numberOf(v float64) box {
	b := leaf(numberBox, numberText(v))
	if v < 0 {
		b.prec = prefixPrec
	}
	return b
}

func numberText(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	s = strings.ReplaceAll(s, "-", "−")
	return strings.NewReplacer("+Inf", "∞", "−Inf", "−∞").Replace(s)
}

func bigSum(e *Expr) box {
	sign := map[*symbolic.OpSpec]string{symbolic.OpSum: "Σ", symbolic.OpProd: "Π"}[e.Op]
	if sign == "" {
		sign = reductionName(e.Op)
	}
	var under []box
	for i, a := range e.Over {
		if i > 0 {
			under = append(under, leaf(tightBox, ","))
		}
		under = append(under, sizeBox(a.Sym))
	}
	b := box{kind: bigBox, args: []box{leaf(nameBox, sign), row(0, under...)}, prec: atomPrec}
	return row(mulPrec, b, wrap(layout(e.Args[0]), mulPrec))
}

// mathForm is how op is written, with %s for each argument.
func mathForm(op *symbolic.OpSpec, args int) string {
	if op.Math != "" {
		return op.Math
	}
	return op.Name + "(" + strings.Join(slices.Repeat([]string{"%s"}, args), ", ") + ")"
}

// operator writes op in its mathematical form.
func operator(e *Expr) box {
	form := mathForm(e.Op, len(e.Args))
	switch form {
	case "%s/%s":
		return box{kind: fracBox, args: []box{layout(e.Args[0]), layout(e.Args[1])}, prec: mulPrec}
	case "%s^%s":
		return box{kind: supBox, args: []box{wrap(layout(e.Args[0]), atomPrec), layout(e.Args[1])}, prec: 7}
	case "%s²":
		base := wrap(layout(e.Args[0]), atomPrec)
		if base.kind == supBox {
			base = fenced("(", base, ")")
		}
		return box{kind: supBox, args: []box{base, leaf(numberBox, "2")}, prec: 7}
	case "√(%s)":
		return box{kind: rootBox, args: []box{layout(e.Args[0])}, prec: atomPrec}
	case "if %s { %s } else { %s }":
		if a, b := e.Args[1], e.Args[2]; a.Kind == Number && a.Num == 1 && b.Kind == Number && b.Num == 0 {
			return fenced("[", layout(e.Args[0]), "]")
		} else if at, ok := place(e.Args[0]); ok && b.Kind == Number && b.Num == 0 {
			if x := e.Args[0]; x.Kind == Guard && a.Kind == Guard && text(conditions(x)) == text(conditions(a)) {
				a = a.Args[0] // under the same conditions
			}
			return row(mulPrec, fenced("[", at, "]"), leaf(tightBox, "·"), factor(layout(a), mulPrec))
		}
		return box{kind: casesBox, args: []box{layout(e.Args[1]), layout(e.Args[0]), layout(e.Args[2])}, prec: 0}
	case "%s·%s":
		sign := "·"
		if rank(e.Args[0]) > 0 && rank(e.Args[1]) > 0 {
			sign = "∘"
		}
		// Of equals that are next to each other none needs brackets.
		right := mulPrec + 1
		if x := e.Args[1]; x.Kind == Apply && x.Op == e.Op || x.Kind == Product && sign == "·" {
			right = mulPrec
		}
		left := wrap(layout(e.Args[0]), mulPrec)
		if x := e.Args[0]; x.Kind == Product && sign == "∘" || remainder(x) {
			left = wrap(left, mulPrec+1)
		}
		return row(mulPrec, left, signBox(sign), factor(layout(e.Args[1]), right))
	}
	open := !strings.ContainsAny(form, "({|[⌊⌈")
	var out []box
	prec := e.Op.Prec
	if prec == 0 || !open {
		prec = atomPrec
	}
	for i, a := range e.Args {
		before, after, _ := strings.Cut(form, "%s")
		out = append(out, signs(before, i == 0)...)
		p := 0
		if open && e.Op.Prec > 0 {
			p = e.Op.Prec
			if i > 0 && !e.Op.Commutes || e.Op.Prec >= 6 {
				p++
			}
		}
		b := layout(a)
		if p == prefixPrec+1 && b.prec >= mulPrec && len(e.Args) == 1 && b.prec < prefixPrec {
			p = mulPrec // −a·b needs no brackets
			prec = mulPrec
		}
		out = append(out, wrap(b, p))
		form = after
	}
	out = append(out, signs(form, false)...)
	return row(prec, out...)
}

// remainder reports whether e is one, by itself: as a factor it is (j mod 2).
func remainder(e *Expr) bool {
	if s, ok := e.Poly.AsSym(); ok && e.Kind == Count {
		if k, ok := symbolic.OperandOf(s); ok {
			return remainder(e.Data[k])
		}
	}
	return e.Op == symbolic.OpIntMod
}

func signBox(s string) box {
	if s == "∘" {
		return leaf(opBox, s)
	}
	return leaf(tightBox, s)
}

// signs are the pieces of a form between its arguments.
func signs(s string, first bool) []box {
	trimmed := strings.TrimSpace(s)
	switch {
	case trimmed == "":
		return nil
	case strings.HasSuffix(trimmed, "(") && len(trimmed) > 1:
		return []box{nameText(strings.TrimSuffix(trimmed, "(")), leaf(openBox, "(")}
	case strings.ContainsAny(trimmed[len(trimmed)-1:], "([{"):
		return []box{leaf(openBox, trimmed)}
	case trimmed == ")" || trimmed == "]" || trimmed == "}" || trimmed == "⌋" || trimmed == "⌉":
		return []box{leaf(closeBox, trimmed)}
	case trimmed == "⌊" || trimmed == "⌈":
		return []box{leaf(openBox, trimmed)}
	case trimmed == ",":
		return []box{leaf(tightBox, ", ")}
	case !first && s != trimmed:
		return []box{leaf(opBox, trimmed)}
	}
	return []box{leaf(tightBox, s)}
}

func call(e *Expr) box {
	var args []box
	for i, a := range e.Args {
		if i > 0 {
			args = append(args, leaf(tightBox, ", "))
		}
		args = append(args, layout(a))
	}
	f := e.Op.Name
	switch {
	case e.Loop != nil:
		f = "loop"
		if l, ok := e.Loop.Attr.(*symbolic.Loop); ok {
			f = l.Kind.String()
		}
	case e.Op == symbolic.OpConcat:
		f = ""
	case e.Op == symbolic.OpReshape:
		f = "flat"
		if s, ok := e.Attr.(symbolic.ShapeAttr); ok && len(s.Shape) != 1 {
			f = "fold"
		}
	}
	b := fenced("(", row(0, args...), ")")
	if f != "" {
		b = row(atomPrec, nameText(f), b)
	}
	if len(e.Index) > 0 {
		b = row(atomPrec, b, brackets(polys(e.Index, e.Data)))
	}
	return b
}
