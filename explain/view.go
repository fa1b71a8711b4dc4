package explain

import (
	"fmt"
	"strings"
)

// A View is a way of explaining a derivation.
type View struct {
	Name, Doc string
	text      func(*Derivation, *Point, TextOptions) (string, error)
	latex     func(*Derivation, *Point) (string, error)
	diagrams  func(*Derivation, *Point) ([]*Diagram, error) // nil: the view is no drawing
}

// Views returns the four ways in order.
func Views() []View {
	return []View{
		{"equations", "forward and backward in matrix notation", equationsText, (*Derivation).equationsLaTeX, nil},
		{"circuit", "gates and wires, with values and gradients on them", circuitText, circuitLaTeX, circuitDiagrams},
		{"graph", "the flow of values and of what comes back", graphText, graphLaTeX, graphDiagrams},
		{"deltas", "the errors' way down, with their sizes", (*Derivation).DeltasText, deltasLaTeX, nil},
	}
}

func equationsText(d *Derivation, _ *Point, o TextOptions) (string, error) {
	return d.EquationsText(o), nil
}

func graphText(d *Derivation, _ *Point, o TextOptions) (string, error) { return d.GraphText(o) }

// many is how many gates are too many to look at in one go.
const many = 24

// DefaultCircuit is the circuit as it is shown first: with its groups as
// single gates where there are many gates.
func (d *Derivation) DefaultCircuit(p *Point) (*Circuit, error) {
	c, err := d.Circuit(p, func(*Group) bool { return false })
	if err == nil && len(c.Gates) > many {
		c, err = d.Circuit(p, func(*Group) bool { return true })
	}
	return c, err
}

func circuitText(d *Derivation, p *Point, o TextOptions) (string, error) {
	c, err := d.DefaultCircuit(p)
	if err != nil {
		return "", err
	}
	return c.CircuitText(o)
}

func circuitDiagrams(d *Derivation, p *Point) ([]*Diagram, error) {
	c, err := d.DefaultCircuit(p)
	if err != nil {
		return nil, err
	}
	return []*Diagram{c.Diagram("The circuit of " + d.Name)}, nil
}

func circuitLaTeX(d *Derivation, p *Point) (string, error) {
	ds, err := circuitDiagrams(d, p)
	if err != nil {
		return "", err
	}
	return ds[0].TikZ()
}

func graphDiagrams(d *Derivation, _ *Point) ([]*Diagram, error) {
	return []*Diagram{d.Flow().Diagram()}, nil
}

func graphLaTeX(d *Derivation, p *Point) (string, error) {
	return d.Flow().Diagram().TikZ()
}

// Text writes the views of all ds for a terminal.
func Text(ds []*Derivation, views []View, p *Point, o TextOptions) (string, error) {
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
