package notation

import (
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// Text writes e on one line.
func Text(e *Expr) string { return text(layout(e)) }

// Text writes q on one line.
func (q *Equation) Text() string { return text(boxEquation(q)) }

// Text writes the name of v.
func (v *Value) Text() string { return text(nameOf(v)) }

func text(b box) string {
	switch b.kind {
	case nameBox:
		if t, ok := greekLetter[b.text]; ok {
			return t
		}
	case rowBox:
		var s strings.Builder
		for _, a := range b.args {
			s.WriteString(text(a))
		}
		return s.String()
	case opBox:
		if b.text == "∘" {
			return b.text
		}
		return " " + b.text + " "
	case fracBox:
		// ∂E/∂W is one name.
		over, under := text(b.args[0]), text(b.args[1])
		if b.value == nil {
			over, under = text(wrap(b.args[0], mulPrec)), text(wrap(b.args[1], mulPrec+1))
		}
		return over + "/" + under
	case supBox:
		return raised(text(b.args[0]), text(b.args[1]), superscript, "^")
	case subBox:
		if b.args[0].text == "δ" {
			return "δ" + text(b.args[1])
		}
		if b.args[0].kind == numberBox { // the vector that is 1 in one place
			return "1" + "[" + text(b.args[1]) + "]"
		}
		return lowered(text(b.args[0]), text(b.args[1]))
	case rootBox:
		if k := b.args[0].kind; k == numberBox || k == nameBox {
			return "√" + text(b.args[0])
		}
		return "√(" + text(b.args[0]) + ")"
	case bigBox:
		return raised(text(b.args[0]), text(b.args[1]), subscript, "_") + " "
	case casesBox:
		s := "if " + text(b.args[1]) + " { " + text(b.args[0]) + " } else "
		if b.args[2].kind == casesBox {
			return s + text(b.args[2])
		}
		return s + "{ " + text(b.args[2]) + " }"
	case primeBox:
		return text(b.args[0]) + "′"
	case turnBox:
		return text(b.args[0]) + "ᵀ"
	}
	return b.text
}

// lowered writes s below base where that is short, else in brackets.
func lowered(base, s string) string {
	const short = 5
	tight := strings.ReplaceAll(s, " ", "")
	if n := len([]rune(tight)); n <= short && !strings.ContainsFunc(tight, func(r rune) bool { _, ok := subscript[r]; return !ok }) {
		return raised(base, tight, subscript, "_")
	}
	if s != tight || strings.ContainsRune(s, ',') || len([]rune(s)) > short {
		return base + "[" + s + "]"
	}
	return raised(base, s, subscript, "_")
}

// raised writes s above or below the line where there are letters for all of
// it.
func raised(base, s string, letters map[rune]rune, mark string) string {
	var out strings.Builder
	for _, r := range s {
		x, ok := letters[r]
		if !ok {
			if len([]rune(s)) > 1 {
				s = "(" + s + ")"
			}
			return base + mark + s
		}
		out.WriteRune(x)
	}
	return base + out.String()
}

var superscript = pairs("0123456789−+abcdefghijklmnoprstuvwxyz₀₁₂₃₄₅₆₇₈₉()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")

var subscript = pairs("0123456789−+aehijklmnoprstuvx(),", "₀₁₂₃₄₅₆₇₈₉₋₊ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₍₎,")

func pairs(from, to string) map[rune]rune {
	m := map[rune]rune{}
	t := []rune(to)
	for i, r := range []rune(from) {
		m[r] = t[i]
	}
	return m
}

// A Phrase is words with mathematics in them.
type Phrase struct{ box box }

// PassHead says which passes the equations below it are about.
func PassHead(a Axis, down bool, while *Expr) Phrase {
	t, last := sizeBox(a.Sym), poly(a.Extent.Sub(symbolic.Int(1)), nil)
	comma, dots := leaf(tightBox, ", "), leaf(tightBox, "…")
	zero, one := leaf(numberBox, "0"), leaf(numberBox, "1")
	b := row(0, leaf(wordBox, "for "), t, leaf(opBox, "="))
	if down {
		b.args = append(b.args, last, comma, dots, comma, one, comma, zero)
	} else {
		b.args = append(b.args, zero, comma, one, comma, dots, comma, last)
		if while != nil {
			b.args = append(b.args, leaf(wordBox, ", as long as "), layout(while))
		}
	}
	b.args = append(b.args, leaf(wordBox, ":"))
	return Phrase{b}
}

// Text writes p on one line.
func (p Phrase) Text() string { return text(p.box) }

// LaTeX writes p in TeX's mathematics.
func (p Phrase) LaTeX() string { return latex(p.box) }

// MathML writes p as an element of MathML Core.
func (p Phrase) MathML(link Linker) string { return document(p.box, link) }

// PolyText writes a size on one line.
func PolyText(p symbolic.Poly) string { return text(poly(p, nil)) }

// LeftText writes what q is about.
func (q *Equation) LeftText() string { return text(nameAt(q.Left, polys(q.At, nil))) }

// NameText writes a name of the model on one line.
func NameText(s string) string { return text(nameText(s)) }
