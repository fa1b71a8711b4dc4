package explain

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// Diagram draws the circuit: values above, what comes back below.
func (c *Circuit) Diagram(title string) *Diagram {
	d := &Diagram{Title: title, Down: !c.Fine && len(c.Gates) > many/4, effort: c.effort}
	read := map[*Gate]bool{}
	for _, w := range c.Wires {
		read[w.From] = true
	}
	for _, g := range c.Gates {
		b := &Box{Text: g.label(), Kind: g.kind(), Step: g.ID, Title: c.title(g), Link: g.link(),
			Value: g.valueText(), Back: valueText(g.Grad)}
		if !read[g] || g.Leaf {
			b.Above, b.Below = g.valueText(), valueText(g.Grad)
		}
		d.Boxes = append(d.Boxes, b)
	}
	for _, w := range c.Wires {
		a := &Arrow{From: w.From.ID, To: w.To.ID, Kind: "wire", Title: w.title(),
			Link: fmt.Sprintf(`data-from="%d" data-to="%d"`, w.From.ID, w.To.ID)}
		a.Below = valueText(w.Grad)
		if !w.From.Leaf {
			a.Above = w.valueText()
		} else if valueText(w.Grad) == valueText(w.From.Grad) {
			a.Below = "" // it stands at the leaf
		}
		d.Lines = append(d.Lines, a)
		if l := w.local(); l != "" {
			to := d.Boxes[w.To.ID]
			to.Locals = append(to.Locals, &Local{From: w.From.ID, Text: l})
		}
	}
	c.frames(d)
	return d
}

// frames draws the groups that are open.
func (c *Circuit) frames(d *Diagram) {
	boxes := map[*Group][]int{}
	for _, g := range c.Gates {
		if g.Group != nil && !g.Folded {
			boxes[g.Group] = append(boxes[g.Group], g.ID)
		}
	}
	var open []*Group // those around others first
	groups := slices.Clone(c.Groups)
	slices.SortStableFunc(groups, func(a, b *Group) int { return cmp.Compare(len(a.path()), len(b.path())) })
	for _, g := range groups {
		if c.inside != nil && !within(g, c.inside) {
			continue
		}
		inside := slices.ContainsFunc(c.Groups, func(in *Group) bool {
			return in.Outer == g && (boxes[in] != nil || slices.ContainsFunc(c.Gates, func(x *Gate) bool { return x.Group == in }))
		})
		if boxes[g] != nil || inside {
			open = append(open, g)
		}
	}
	if len(open) > many {
		return
	}
	for _, g := range open {
		f := &Frame{Boxes: boxes[g], Outer: slices.Index(open, g.Outer), Text: g.Label, Link: fmt.Sprintf(`data-group="%d"`, g.ID), Title: "fold into " + g.Name()}
		for _, x := range c.Gates { // a gate that is a group inside
			if x.Folded && x.Group.Outer == g {
				f.Boxes = append(f.Boxes, x.ID)
			}
		}
		d.Frames = append(d.Frames, f)
	}
}

// local is the wire's local gradient: a number, or where vectors are on it what
// comes back is multiplied by, in letters.
func (w *Wire) local() string {
	switch {
	case w.Local != nil:
		return valueText(w.Local)
	case w.From.Of == nil || w.To.Of == nil || w.To.Folded || w.Grad == nil:
		return ""
	}
	if t := w.From.Of.term(w.To.Of); t != nil {
		if e := without(inPass(t.Right, w.From.Of).Right, w.To.Of.Delta); e != nil {
			if s := notation.Text(e); columns(s) <= 16 {
				return s
			}
		}
	}
	return "∂" + w.To.Of.Text() + "/∂" + w.From.Of.Text()
}

// without is e without its factor v; nil where v is no factor of e, and all of
// e where v is the 1 that is not written.
func without(e *notation.Expr, v *notation.Value) *notation.Expr {
	if !e.Mentions(v) {
		return e
	}
	one := func(x *notation.Expr) bool { return x.Kind == notation.Number && x.Num == 1 }
	switch e.Kind {
	case notation.Name, notation.Element:
		return &notation.Expr{Kind: notation.Number, Num: 1}
	case notation.Transpose, notation.Big:
		x := without(e.Args[0], v)
		if x == nil || one(x) || e.Kind == notation.Big {
			return x
		}
	case notation.Product, notation.Apply:
		if len(e.Args) != 2 || e.Kind == notation.Apply && e.Op != symbolic.OpMul && e.Op != symbolic.OpDiv {
			return nil
		}
		i := b2i(!e.Args[0].Mentions(v))
		if e.Args[1-i].Mentions(v) || i == 1 && e.Op == symbolic.OpDiv {
			return nil
		}
		x := without(e.Args[i], v)
		switch {
		case x == nil:
			return nil
		case one(x) && e.Op != symbolic.OpDiv:
			return e.Args[1-i]
		}
		out := *e
		out.Args = slices.Clone(e.Args)
		out.Args[i] = x
		return &out
	}
	return nil
}

func (g *Gate) kind() string {
	switch {
	case g.Param:
		return "param"
	case g.Leaf:
		return "leaf"
	case g.Folded:
		return "fold"
	}
	return "gate"
}

// label is what stands in the gate.
func (g *Gate) label() string {
	name := ""
	if g.Name != "" {
		name = notation.NameText(g.Name)
	}
	switch {
	case g.Leaf:
		return name
	case g.Of != nil && name != "" && columns(g.Label) > 30:
		return name
	case g.Of != nil && g.Left != "":
		return g.Left + " = " + g.Label
	case g.Of != nil && name != "":
		return name + " = " + g.Label
	}
	return g.Label
}

// valueText is the gate's value, with its name where that is not in the gate.
func (g *Gate) valueText() string {
	if g.Name != "" && !g.Leaf && g.Of == nil {
		return notation.NameText(g.Name) + " = " + valueText(g.Value)
	}
	return valueText(g.Value)
}

// valueText is the value on the wire, with its name where the gate that it comes
// from has others.
func (w *Wire) valueText() string {
	switch {
	case w.Value == nil:
		return w.name
	case w.name != "":
		return w.name + " = " + valueText(w.Value)
	}
	return w.From.valueText()
}

// title says what a gate is about: its value, its local gradients, what comes
// back to it, and the line of the model.
func (c *Circuit) title(g *Gate) string {
	parts := []string{valueText(g.Value)}
	if g.Name != "" {
		parts[0] = notation.NameText(g.Name) + " = " + parts[0]
	}
	var local []string
	for _, w := range c.Wires {
		if w.To == g && w.Local != nil {
			local = append(local, valueText(w.Local)+" by "+w.From.called())
		}
	}
	if local != nil {
		parts = append(parts, "local gradient "+list(local))
	}
	if g.Grad != nil {
		parts = append(parts, "gradient "+valueText(g.Grad))
	}
	if p := g.Origin.Span.Pos; p.IsValid() {
		parts = append(parts, fmt.Sprintf("%s:%d", base(p.File), p.Line))
	}
	return strings.Join(parts, ", ")
}

func (w *Wire) title() string {
	if w.Value == nil {
		return w.name
	}
	s := "value " + valueText(w.Value)
	if w.Local != nil {
		s += ", local gradient " + valueText(w.Local)
	}
	if w.Grad != nil {
		s += ", gradient " + valueText(w.Grad)
	}
	return s
}

func (g *Gate) link() string {
	var s []string
	if g.Of != nil {
		s = append(s, fmt.Sprintf(`data-value="%d"`, g.Of.ID))
	}
	if p := g.Origin.Span.Pos; p.IsValid() {
		s = append(s, fmt.Sprintf(`data-line="%d" data-file="%s"`, p.Line, html.EscapeString(base(p.File))))
	}
	if g.Group != nil {
		s = append(s, fmt.Sprintf(`data-group="%d"`, g.Group.ID))
	}
	return strings.Join(s, " ")
}

// CircuitText draws the circuit for a terminal where it is narrow enough, and
// lists the gates with their local gradients.
func (c *Circuit) CircuitText(o Options) (string, error) {
	p := &page{width: o.Width, color: o.Color}
	if err := p.picture(c.Diagram("")); err != nil {
		return "", err
	}
	c.table(p)
	return p.String(), nil
}

// picture draws d where it is narrow enough.
func (p *page) picture(d *Diagram) error {
	if len(d.Boxes) > 4*many {
		return nil
	}
	plain, err := d.Text(false)
	if err != nil {
		return err
	}
	wide := 0
	for l := range strings.Lines(plain) {
		wide = max(wide, columns(strings.TrimRight(l, "\n")))
	}
	if wide > p.width {
		return nil
	}
	if p.color {
		if plain, err = d.Text(true); err != nil {
			return err
		}
	}
	p.WriteString(plain)
	p.line("")
	return nil
}

// table lists the gates forward and the gradients backward.
func (c *Circuit) table(p *page) {
	name := 0
	for _, g := range c.Gates {
		name = max(name, min(columns(g.formula()), p.width/3))
	}
	p.line(p.paint(bold, "Forward"))
	for _, g := range c.Gates {
		p.entry(g.formula(), name, valueText(g.Value), green, "")
	}
	p.line("")
	p.line(p.paint(bold, "Backward"))
	for i := len(c.Gates) - 1; i >= 0; i-- {
		if g := c.Gates[i]; g.Grad != nil {
			p.entry(g.formula(), name, valueText(g.Grad), red, c.comesFrom(g))
		}
	}
}

// entry writes a name, a value, and what that is made from: side by side where
// there is room, else below each other.
func (p *page) entry(name string, column int, value, color, from string) {
	value8 := pad(value, 8)
	if from == "" {
		value8 = value
	}
	if line := "  " + pad(name, column) + "  " + value8 + "  " + from; columns(line) <= p.width {
		p.line("  " + pad(name, column) + "  " + p.paint(color, value8) + "  " + p.paint(faint, from))
		return
	}
	if line := "  " + pad(name, column) + "  " + value; columns(line) <= p.width {
		p.line("  " + pad(name, column) + "  " + p.paint(color, value))
	} else {
		p.aside("  ", name, "", "")
		p.line("      " + p.paint(color, value))
	}
	if from != "" {
		p.aside("      ", "= "+from, "", faint)
	}
}

// comesFrom says what comes back to g over its wires.
func (c *Circuit) comesFrom(g *Gate) string {
	var terms []string
	for _, w := range c.Wires {
		if w.From == g && w.Grad != nil {
			t := valueText(w.Grad) + " from " + w.To.called()
			if w.Local != nil && w.To.Grad != nil {
				t = valueText(w.To.Grad) + "·" + brackets(valueText(w.Local)) + " from " + w.To.called()
			}
			terms = append(terms, t)
		}
	}
	return strings.Join(terms, " + ")
}

func brackets(s string) string {
	if strings.HasPrefix(s, "−") {
		return "(" + s + ")"
	}
	return s
}

// called is the name of a gate in a sentence.
func (g *Gate) called() string {
	if g.Name != "" {
		return notation.NameText(g.Name)
	}
	return "#" + fmt.Sprint(g.ID)
}

// formula says what a gate computes from which gates.
func (g *Gate) formula() string {
	if g.Leaf {
		return g.called()
	}
	if g.Of == nil {
		return g.Formula
	}
	if g.Left != "" {
		return g.Left + " = " + g.Label
	}
	return g.called() + " = " + g.Label
}
