package explain

import (
	"fmt"
	"strings"

	"github.com/bpgen/bpgen/symbolic/notation"
)

// LaTeX writes the views of all ds as a document of LaTeX.
func LaTeX(ds []*Derivation, views []View, p *Point, title string, o Options) (string, error) {
	var b strings.Builder
	b.WriteString(`\documentclass{article}
\usepackage[a4paper,margin=2cm]{geometry}
\usepackage{amsmath}
\usepackage{tikz}
\allowdisplaybreaks
\begin{document}
\section*{` + latexText(title) + "}\n")
	for _, d := range ds {
		b.WriteString(`\subsection*{` + latexText(d.Kind+" "+d.Name) + "}\n")
		for _, v := range views {
			s, err := v.latex(d, p, o)
			no, none := endless(err)
			if none {
				b.WriteString(latexText(no) + "\n\n")
				continue
			}
			if err != nil {
				return "", err
			}
			b.WriteString(`\paragraph{` + strings.ToUpper(v.Name[:1]) + v.Name[1:] + "}\n")
			if v.diagram != nil {
				s = "\\begin{center}\n" + s + "\\end{center}\n"
			}
			b.WriteString(s)
		}
	}
	b.WriteString("\\end{document}\n")
	return b.String(), nil
}

// aligned writes lines under each other, equal signs in a column and shapes to
// the right.
func aligned(lines []*Line) string {
	var rows []string
	for _, l := range lines {
		for _, h := range l.Heads {
			rows = append(rows, `& `+strings.Repeat(`\quad `, h.Depth)+h.Phrase.LaTeX())
		}
		row := latexAligned(l.Equation)
		if l.Shape != "" {
			row += ` && \scriptstyle ` + strings.ReplaceAll(l.Shape, "*", `\cdot `)
		}
		rows = append(rows, row)
		for _, x := range l.Primes {
			rows = append(rows, `& \quad\text{with } `+notation.LaTeX(x.Name)+" = "+notation.LaTeX(x.Is))
		}
	}
	return "\\begin{align*}\n" + strings.Join(rows, " \\\\\n") + "\n\\end{align*}\n"
}

// latexAligned writes q with what its equal signs are under each other by, its
// sum over several lines where it is long.
func latexAligned(q *notation.Equation) string {
	const long, most = 90, 900 // signs on a line, and on one that TeX can still lay out
	if columns(q.Text()) <= long {
		return strings.Replace(q.LaTeX(), " = ", " &= ", 1)
	}
	var b strings.Builder
	line := 0
	for i, part := range q.Terms() {
		n := columns(part.Text)
		switch {
		case i == 0:
			b.WriteString(q.LeftLaTeX() + " &= ")
			line = columns(q.LeftText())
		case line+n > long:
			b.WriteString(` \\ & \quad `)
			line = 0
		}
		tex := part.LaTeX
		if n > most {
			tex = fmt.Sprintf(`%s\text{(a term of %d signs)}`, part.Sign, n)
		}
		b.WriteString(tex)
		line += n
	}
	return b.String()
}

func (d *Derivation) equationsLaTeX(*Point, Options) (string, error) {
	forward, backward := d.Lines()
	return "Forward:\n" + aligned(forward) + "Backward:\n" + aligned(backward), nil
}

func deltasLaTeX(d *Derivation, p *Point, o Options) (string, error) {
	ds, err := d.Deltas(p)
	if err != nil {
		return "", err
	}
	var rows []string
	for _, g := range d.foldDeltas(ds, o.Fold) {
		s := g.steps[0]
		if g.of != nil {
			rows = append(rows, `& \text{`+latexText(g.of.call.Func)+`}\;`+g.of.value.LaTeX()+`\text{`+latexText(g.count())+`} && && `+latexShort(s.RMS))
			continue
		}
		rows = append(rows, latexAligned(s.Equation)+` && \text{`+latexText(s.Across)+`} && `+latexShort(s.RMS))
		for _, f := range s.Falls {
			rows = append(rows, `& \;\rightarrow\; `+f.Equation.LaTeX()+" && && "+latexShort(f.RMS))
		}
	}
	return "\\begin{align*}\n" + strings.Join(rows, " \\\\\n") + "\n\\end{align*}\n", nil
}

func latexShort(v float64) string {
	s := strings.ReplaceAll(short(v), "−", "-")
	if m, e, ok := strings.Cut(s, "e"); ok {
		sign := ""
		if strings.HasPrefix(e, "-") {
			sign = "-"
		}
		return m + `\cdot 10^{` + sign + strings.TrimLeft(e, "+-0") + "}"
	}
	return s
}

// Markdown writes the views of all ds for a page that shows mathematics
// between dollar signs; drawings are in letters.
func Markdown(ds []*Derivation, views []View, p *Point, title string, o Options) (string, error) {
	var b strings.Builder
	b.WriteString("# " + title + "\n")
	for _, d := range ds {
		b.WriteString("\n## " + d.Kind + " " + d.Name + "\n")
		for _, v := range views {
			b.WriteString("\n### " + strings.ToUpper(v.Name[:1]) + v.Name[1:] + "\n")
			if v.Name == "equations" {
				forward, backward := d.Lines()
				b.WriteString("\nForward\n\n" + mathBlock(forward) + "\nBackward\n\n" + mathBlock(backward))
				continue
			}
			s, err := v.text(d, p, Options{Width: 100, Fold: o.Fold})
			if no, ok := endless(err); ok {
				b.WriteString("\n" + no + "\n")
				continue
			}
			if err != nil {
				return "", err
			}
			b.WriteString("\n```text\n" + s + "```\n")
		}
	}
	return b.String(), nil
}

// mathBlock is a block of mathematics in Markdown.
func mathBlock(lines []*Line) string {
	s := aligned(lines)
	s = strings.ReplaceAll(s, "align*", "aligned")
	return "$$\n" + s + "$$\n"
}
