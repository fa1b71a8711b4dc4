package notation

import (
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// LaTeX writes e in TeX's mathematics, with the amsmath package.
func LaTeX(e *Expr) string { return latex(layout(e)) }

// LaTeX writes q.
func (q *Equation) LaTeX() string { return latex(boxEquation(q)) }

// LeftLaTeX writes what q is about.
func (q *Equation) LeftLaTeX() string { return latex(boxEquation(q).args[0]) }

// A Term is a part of a sum, as text and in LaTeX, with its sign.
type Term struct{ Sign, Text, LaTeX string }

// Terms takes the right side of q apart where it is a sum.
func (q *Equation) Terms() []Term {
	var out []Term
	var walk func(e *Expr, sign string)
	walk = func(e *Expr, sign string) {
		if e.Kind == Apply && (e.Op == symbolic.OpAdd || e.Op == symbolic.OpSub) && sign != " - " {
			walk(e.Args[0], sign)
			if e.Op == symbolic.OpAdd {
				walk(e.Args[1], " + ")
			} else {
				walk(e.Args[1], " - ")
			}
			return
		}
		b := layout(e)
		if sign != "" {
			b = wrap(b, sumPrec+1)
		}
		out = append(out, Term{sign, sign + text(b), sign + latex(b)})
	}
	walk(q.Right, "")
	return out
}

// LaTeX writes the name of v.
func (v *Value) LaTeX() string { return latex(nameOf(v)) }

func latex(b box) string {
	arg := func(i int) string { return latex(b.args[i]) }
	switch b.kind {
	case rowBox:
		var s strings.Builder
		for _, a := range b.args {
			s.WriteString(latex(a))
		}
		return s.String()
	case nameBox:
		return latexName(b.text)
	case numberBox:
		return latexNumber(b.text)
	case opBox:
		return " " + latexSigns(b.text) + " "
	case tightBox:
		if b.text == " " {
			return `\,`
		}
		if b.text == "·" {
			return `\,`
		}
		return latexSigns(b.text)
	case openBox:
		if name := strings.TrimRight(b.text, "([{"); name != "" && name != b.text {
			return latexName(name) + `\left` + latexSigns(b.text[len(name):])
		}
		return `\left` + latexSigns(b.text)
	case closeBox:
		return `\right` + latexSigns(b.text)
	case wordBox:
		return `\text{` + b.text + `}`
	case fracBox:
		return `\frac{` + arg(0) + `}{` + arg(1) + `}`
	case supBox:
		return `{` + arg(0) + `}^{` + arg(1) + `}`
	case subBox:
		base := arg(0)
		if b.args[0].kind == numberBox {
			base = `\mathbf{1}`
		}
		return base + `_{` + arg(1) + `}`
	case rootBox:
		return `\sqrt{` + arg(0) + `}`
	case bigBox:
		switch b.args[0].text {
		case "Σ":
			return `\sum_{` + arg(1) + `} `
		case "Π":
			return `\prod_{` + arg(1) + `} `
		}
		return `\operatorname*{` + b.args[0].text + `}_{` + arg(1) + `} `
	case casesBox:
		return `\begin{cases} ` + arg(0) + ` & \text{if } ` + arg(1) + ` \\ ` + arg(2) + ` & \text{else} \end{cases}`
	case primeBox:
		return arg(0) + `'`
	case turnBox:
		return `{` + arg(0) + `}^{\top}`
	}
	return b.text
}

var latexSign = strings.NewReplacer(
	"·", `\cdot `, "∘", `\circ`, "−", "-", "≤", `\le `, "≥", `\ge `, "≠", `\ne `, "∧", `\land `, "∨", `\lor `,
	"¬", `\lnot `, "↔", `\leftrightarrow `, "⌊", `\lfloor `, "⌋", `\rfloor `, "⌈", `\lceil `, "⌉", `\rceil `,
	"∂", `\partial `, "{", `\{`, "}", `\}`, "∞", `\infty `, "∃", `\exists `, "∀", `\forall `, "|", `|`,
	"mod", `\bmod `, "²", "^2", "√", `\surd `, "∛", `\sqrt[3] `, "%", `\%`, "‖", `\Vert `, "…", `\dots `,
)

func latexSigns(s string) string { return latexSign.Replace(s) }

// latexNumber writes 1e-09 as a power of ten.
func latexNumber(s string) string {
	s = latexSigns(s)
	if m, e, ok := strings.Cut(s, "e"); ok {
		sign := ""
		if strings.HasPrefix(e, "-") {
			sign = "-"
		}
		return m + `\cdot 10^{` + sign + strings.TrimLeft(e, "+-0") + `}`
	}
	return s
}

// texNames are names that TeX has a command for.
var texNames = map[string]string{
	"ℓ": `\ell`, "∃": `\exists`, "∀": `\forall`, "∛": `\sqrt[3]`,
	"exp": `\exp`, "log": `\log`, "sin": `\sin`, "cos": `\cos`, "tan": `\tan`, "tanh": `\tanh`, "sinh": `\sinh`,
	"cosh": `\cosh`, "max": `\max`, "min": `\min`,
}

func latexName(s string) string {
	if t, ok := greekTeX[s]; ok {
		return t
	}
	if t, ok := texNames[s]; ok {
		return t
	}
	if first, rest, ok := strings.Cut(s, " "); ok { // log σ
		return latexName(first) + `\,` + latexName(rest)
	}
	if len([]rune(s)) == 1 {
		return s
	}
	return `\mathrm{` + strings.ReplaceAll(s, "_", `\_`) + `}`
}
