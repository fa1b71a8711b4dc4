package explain

import (
	"fmt"
	"strings"
)

// A View is a way of explaining a derivation.
type View struct {
	Name, Doc string
	text      func(*Derivation, *Point, Options) (string, error)
	latex     func(*Derivation, *Point, Options) (string, error)
	diagram   func(*Derivation, *Point, Options) (*Diagram, error) // nil: the view is no drawing
}

// Views returns the four ways in order.
func Views() []View {
	return []View{
		{"equations", "forward and backward in matrix notation", equationsText, (*Derivation).equationsLaTeX, nil},
		{"circuit", "gates and wires, with values and gradients on them", circuitText, circuitLaTeX, circuitDiagram},
		{"graph", "the flow of values and of what comes back", graphText, graphLaTeX, graphDiagram},
		{"deltas", "the errors' way down, with their sizes", (*Derivation).DeltasText, deltasLaTeX, nil},
	}
}

func equationsText(d *Derivation, _ *Point, o Options) (string, error) {
	return d.EquationsText(o), nil
}

func graphText(d *Derivation, _ *Point, o Options) (string, error) { return d.GraphText(o) }

// many is how many gates are too many to look at in one go.
const many = 24

// seen is the circuit with its groups as o asks for.
func (d *Derivation) seen(p *Point, o Options) (*Circuit, error) {
	if !d.scalar() {
		c, err := d.valueCircuit(p)
		if err != nil {
			return nil, err
		}
		s := &sight{groups: c.Groups, folded: o.Fold.folds}
		if o.Fold == FoldAuto {
			s = overview(c.Groups, c.values())
		}
		return c.see(s), nil
	}
	c, err := d.Circuit(p, o.Fold.folds)
	if err == nil && o.Fold == FoldAuto && len(c.Gates) > many {
		return d.Circuit(p, FoldAll.folds)
	}
	return c, err
}

func circuitText(d *Derivation, p *Point, o Options) (string, error) {
	c, err := d.seen(p, o)
	if err != nil {
		return "", err
	}
	return c.CircuitText(o)
}

func circuitDiagram(d *Derivation, p *Point, o Options) (*Diagram, error) {
	c, err := d.seen(p, o)
	if err != nil {
		return nil, err
	}
	return c.Diagram("The circuit of " + d.Name), nil
}

func circuitLaTeX(d *Derivation, p *Point, o Options) (string, error) {
	c, err := circuitDiagram(d, p, o)
	if err != nil {
		return "", err
	}
	return onPage(c)
}

func graphDiagram(d *Derivation, _ *Point, o Options) (*Diagram, error) {
	f := d.Flow()
	return f.Diagram(f.sight(o.Fold)), nil
}

func graphLaTeX(d *Derivation, _ *Point, o Options) (string, error) {
	f := d.Flow()
	return onPage(f.Diagram(f.sight(o.Fold)))
}

// onPage draws d, where there is room for it on a page of paper.
func onPage(d *Diagram) (string, error) {
	if len(d.Boxes) > 4*many {
		return fmt.Sprintf("%s has %d boxes, too many for a page of paper.\n", latexText(d.Title), len(d.Boxes)), nil
	}
	return d.TikZ()
}

// Text writes the views of all ds for a terminal.
func Text(ds []*Derivation, views []View, p *Point, o Options) (string, error) {
	w := &page{width: o.Width, color: o.Color}
	for i, d := range ds {
		if i > 0 {
			w.line("")
		}
		head := d.Kind + " " + d.Name
		at := ""
		if p := d.Span.Pos; p.IsValid() {
			at = fmt.Sprintf("%s:%d", base(p.File), p.Line)
		}
		w.aside("", head, at, bold)
		for _, v := range views {
			w.line("")
			if len(views) > 1 {
				w.line(w.paint(bold, strings.ToUpper(v.Name[:1])+v.Name[1:]))
				w.line("")
			}
			s, err := v.text(d, p, o)
			if no, ok := endless(err); ok {
				w.line(no)
			} else if err != nil {
				return "", err
			}
			w.WriteString(s)
		}
	}
	return w.String(), nil
}
