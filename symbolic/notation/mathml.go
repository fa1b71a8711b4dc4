package notation

import (
	"html"
	"strings"
)

// A Linker says how the name of a value is marked in MathML, as attributes of
// its element; nil: not at all.
type Linker func(*Value) string

// MathML writes q as an element of MathML Core.
func (q *Equation) MathML(link Linker) string { return document(boxEquation(q), link) }

// MathML writes e as an element of MathML Core.
func MathML(e *Expr, link Linker) string { return document(layout(e), link) }

// MathML writes the name of v.
func (v *Value) MathML(link Linker) string { return document(nameOf(v), link) }

func document(b box, link Linker) string {
	m := &mathml{link: link}
	m.inside(b)
	return `<math displaystyle="true">` + m.String() + "</math>"
}

type mathml struct {
	strings.Builder
	link Linker
	mark string // attributes of the next element
}

func (m *mathml) tag(name, attrs string, inner func()) {
	if m.mark != "" {
		attrs, m.mark = strings.TrimSpace(m.mark+" "+attrs), ""
	}
	m.WriteString("<" + name)
	if attrs != "" {
		m.WriteString(" " + attrs)
	}
	m.WriteString(">")
	inner()
	m.WriteString("</" + name + ">")
}

func (m *mathml) leaf(name, attrs, text string) {
	m.tag(name, attrs, func() { m.WriteString(html.EscapeString(text)) })
}

// inside writes b into an element that is a row by itself.
func (m *mathml) inside(b box) {
	if b.kind != rowBox || b.value != nil || m.mark != "" {
		m.write(b)
		return
	}
	for _, a := range b.args {
		m.write(a)
	}
}

// write writes b, and marks a name that is linked.
func (m *mathml) write(b box) {
	if b.value != nil && m.link != nil {
		if attrs := m.link(b.value); attrs != "" && m.mark == "" {
			m.mark = attrs
		}
	}
	if b.kind == rowBox && len(b.args) == 1 && m.mark == "" {
		m.write(b.args[0])
		return
	}
	args := func() {
		for _, a := range b.args {
			m.write(a)
		}
	}
	switch b.kind {
	case rowBox:
		m.tag("mrow", "", args)
	case nameBox:
		if t, ok := greekLetter[b.text]; ok {
			b.text = t
		}
		m.leaf("mi", "", b.text)
	case numberBox:
		m.leaf("mn", "", b.text)
	case opBox:
		m.leaf("mo", "", b.text)
	case tightBox:
		switch b.text {
		case " ", "·":
			m.leaf("mo", `lspace="0.08em" rspace="0.08em"`, map[string]string{" ": "\u2062", "·": "·"}[b.text])
		default:
			m.leaf("mo", `lspace="0" rspace="0"`, b.text)
		}
	case openBox, closeBox:
		m.leaf("mo", "", b.text) // they stretch by themselves
	case wordBox:
		m.leaf("mtext", "", strings.ReplaceAll(b.text, " ", "\u00a0")) // spaces at the ends are not shown
	case fracBox:
		m.tag("mfrac", "", args)
	case supBox:
		m.tag("msup", "", args)
	case subBox:
		m.tag("msub", "", args)
	case rootBox:
		m.tag("msqrt", "", func() { m.inside(b.args[0]) })
	case bigBox:
		sign := map[string]string{"Σ": "∑", "Π": "∏"}[b.args[0].text]
		if sign == "" {
			sign = b.args[0].text
		}
		m.tag("munder", "", func() {
			m.leaf("mo", "", sign)
			m.write(b.args[1])
		})
	case casesBox:
		m.tag("mrow", "", func() {
			m.leaf("mo", "", "{")
			m.tag("mtable", "", func() {
				m.tag("mtr", "", func() {
					m.tag("mtd", "", func() { m.inside(b.args[0]) })
					m.tag("mtd", "", func() { m.leaf("mtext", "", "if\u00a0"); m.write(b.args[1]) })
				})
				m.tag("mtr", "", func() {
					m.tag("mtd", "", func() { m.inside(b.args[2]) })
					m.tag("mtd", "", func() { m.leaf("mtext", "", "else") })
				})
			})
		})
	case primeBox:
		m.tag("msup", "", func() {
			m.write(b.args[0])
			m.leaf("mo", "", "′")
		})
	case turnBox:
		m.tag("msup", "", func() {
			m.write(b.args[0])
			m.leaf("mo", "", "⊤")
		})
	}
}

// MathMLEqual writes a = b.
func MathMLEqual(a, b *Expr, link Linker) string {
	return document(row(0, layout(a), leaf(opBox, "="), layout(b)), link)
}

// A Path is a term of the chain rule: what comes back to a successor, and the
// local derivative on the way to it.
type Path struct{ Back, Local *Value }

// ChainRule writes v = Σ back·local.
func ChainRule(v *Value, paths []Path, link Linker) string {
	b := row(0, nameOf(v), leaf(opBox, "="))
	for i, p := range paths {
		if i > 0 {
			b.args = append(b.args, leaf(opBox, "+"))
		}
		if p.Back != nil {
			b.args = append(b.args, nameOf(p.Back), leaf(tightBox, "·"))
		}
		b.args = append(b.args, nameOf(p.Local))
	}
	return document(b, link)
}
