package notation

import "strings"

// Text writes e on one line.
func Text(e *Expr) string { return text(layout(e)) }

// Text writes q on one line.
func (q *Equation) Text() string { return text(boxEquation(q)) }

// Text writes the name of v.
func (v *Value) Text() string { return text(nameOf(v)) }

func text(b box) string {
	switch b.kind {
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
		return "√(" + text(b.args[0]) + ")"
	case bigBox:
		return raised(text(b.args[0]), text(b.args[1]), subscript, "_") + " "
	case casesBox:
		return "if " + text(b.args[1]) + " { " + text(b.args[0]) + " } else { " + text(b.args[2]) + " }"
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

// NameText writes a name of the model on one line.
func NameText(s string) string { return text(nameText(s)) }
