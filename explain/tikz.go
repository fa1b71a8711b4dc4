package explain

import (
	"fmt"
	"strings"

	"github.com/bpgen/bpgen/symbolic/notation"
)

// pageWidth and pageHeight are what there is room for on a page, in points.
const pageWidth, pageHeight = 480, 680

// TikZ draws the diagram as a picture of LaTeX, made smaller where it is too
// large for a page.
func (d *Diagram) TikZ() (string, error) {
	if err := d.place(); err != nil {
		return "", err
	}
	var b strings.Builder
	scale := min(1, pageWidth/(d.Width+40), pageHeight/(d.Height+40))
	if scale < 1 {
		fmt.Fprintf(&b, "\\scalebox{%.3f}{%%\n", scale)
	}
	b.WriteString("\\begin{tikzpicture}[x=1pt, y=-1pt, >=stealth, every node/.style={font=\\small}]\n")
	for _, f := range d.Frames {
		fmt.Fprintf(&b, "\\draw[dotted, rounded corners=6pt] (%.1f, %.1f) rectangle (%.1f, %.1f);\n", f.x0, f.y0, f.x1, f.y1)
		fmt.Fprintf(&b, "\\node[right, text=blue!60!black] at (%.1f, %.1f) {%s};\n", f.tx-6, f.ty-4, latexText(f.Text))
	}
	for i, x := range d.Boxes {
		style := fmt.Sprintf("draw, minimum width=%.0fpt, minimum height=%.0fpt", x.w, x.h)
		switch x.Kind {
		case "leaf", "param":
			style += ", dashed"
		case "fold":
			style += ", rounded corners=3pt, fill=blue!8"
		default:
			style += ", rounded corners=3pt"
		}
		fmt.Fprintf(&b, "\\node[%s] (n%d) at (%.1f, %.1f) {%s%s};\n", style, i, x.x, x.y, x.tikzLocals(), latexText(x.Text))
		above, below := x.labels()
		if x.Above != "" {
			fmt.Fprintf(&b, "\\node[text=green!50!black] at (%.1f, %.1f) {%s};\n", x.x, x.y+above-4, latexText(x.Above))
		}
		if x.Below != "" {
			fmt.Fprintf(&b, "\\node[text=red!70!black] at (%.1f, %.1f) {%s};\n", x.x, x.y+below-4, latexText(x.Below))
		}
	}
	for _, a := range d.Lines {
		if len(a.points) == 0 {
			continue
		}
		style := "->"
		if strings.HasSuffix(a.Kind, "skip") {
			style = "->, dashed"
		}
		fmt.Fprintf(&b, "\\draw[%s] (%.1f, %.1f)", style, a.points[0][0], a.points[0][1])
		for i := 1; i+2 < len(a.points); i += 3 {
			p := a.points
			fmt.Fprintf(&b, " .. controls (%.1f, %.1f) and (%.1f, %.1f) .. (%.1f, %.1f)", p[i][0], p[i][1], p[i+1][0], p[i+1][1], p[i+2][0], p[i+2][1])
		}
		b.WriteString(";\n")
		if a.Above != "" {
			fmt.Fprintf(&b, "\\node[text=green!50!black] at (%.1f, %.1f) {%s};\n", a.lx, a.ly-7, latexText(a.Above))
		}
		if a.Below != "" {
			fmt.Fprintf(&b, "\\node[text=red!70!black] at (%.1f, %.1f) {%s};\n", a.lx, a.ly+7, latexText(a.Below))
		}
	}
	b.WriteString("\\end{tikzpicture}")
	if scale < 1 {
		b.WriteString("}")
	}
	b.WriteString("\n")
	return b.String(), nil
}

// tikzLocals are the local gradients beside what stands in the box.
func (x *Box) tikzLocals() string {
	var s []string
	for _, l := range x.Locals {
		s = append(s, latexText(l.Text))
	}
	if s == nil {
		return ""
	}
	return `\textcolor{blue}{\scriptsize\begin{tabular}{@{}r@{}}` + strings.Join(s, `\\`) + `\end{tabular}}\ `
}

// latexText writes a line of Unicode mathematics for LaTeX.
func latexText(s string) string {
	var b strings.Builder
	for _, r := range s {
		t, ok := latexRune[r]
		if !ok {
			t, ok = notation.TeXLetter(r)
		}
		switch {
		case ok:
			b.WriteString("\\ensuremath{" + t + "}")
		case strings.ContainsRune(`#$%&_{}`, r):
			b.WriteString("\\" + string(r))
		case r == '^':
			b.WriteString(`\^{}`)
		case r == '\\':
			b.WriteString(`\textbackslash{}`)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

var latexRune = func() map[rune]string {
	m := map[rune]string{
		'−': "-", '·': `\cdot `, '∘': `\circ `, '×': `\times `, 'σ': `\sigma `, 'Σ': `\Sigma `, 'Π': `\Pi `, 'δ': `\delta `,
		'∂': `\partial `, '′': "'", 'ᵀ': `^{\top}`, '√': `\surd `, '≤': `\le `, '≥': `\ge `, '≠': `\ne `, 'ℓ': `\ell `,
		'‖': `\Vert `, '∧': `\land `, '∨': `\lor `, '¬': `\lnot `, '⌊': `\lfloor `, '⌋': `\rfloor `, '²': "^2", '∞': `\infty `,
		'<': "<", '>': ">", '|': "|", 'ψ': `\psi `, 'Γ': `\Gamma `, '…': `\dots `, '↻': `\circlearrowright `, '⌈': `\lceil `, '⌉': `\rceil `, '∛': `\surd `,
	}
	for i, r := range []rune("⁰¹²³⁴⁵⁶⁷⁸⁹") {
		m[r] = fmt.Sprintf("^{%d}", i)
	}
	for i, r := range []rune("⁺⁻⁽⁾") {
		m[r] = "^{" + string("+-()"[i]) + "}"
	}
	for i, r := range []rune("₊₋₍₎") {
		m[r] = "_{" + string("+-()"[i]) + "}"
	}
	for i, r := range []rune("₀₁₂₃₄₅₆₇₈₉") {
		m[r] = fmt.Sprintf("_{%d}", i)
	}
	for i, r := range []rune("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ") {
		m[r] = "^{" + string("abcdefghijklmnoprstuvwxyz"[i]) + "}"
	}
	for i, r := range []rune("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ") {
		m[r] = "_{" + string("aehijklmnoprstuvx"[i]) + "}"
	}
	return m
}()
