package explain

import (
	"strings"

	"github.com/bpgen/bpgen/symbolic/notation"
)

// A Line is an equation of the view of equations, with what stands beside it.
type Line struct {
	Value    *Value
	Equation *notation.Equation
	Backward bool
	Shape    string
	// Primes say what the derivatives written with a prime are.
	Primes []*Prime
	Paths  []*Value // the successors that it sums over, where there are several
}

// A Prime is a local derivative by its name, and what it is: σ′(z) = a∘(1 − a).
type Prime struct {
	Name, Is *notation.Expr
}

// Lines returns the equations, forward and then backward.
func (d *Derivation) Lines() (forward, backward []*Line) {
	for _, v := range d.Values {
		if v.Def != nil {
			forward = append(forward, &Line{Value: v, Equation: v.Def, Shape: shapeText(v.Value)})
		}
	}
	for _, v := range d.Backwards() {
		if v == d.Result && v.Def != nil || v.Back.Written {
			backward = append(backward, backLine(v))
		}
	}
	return forward, backward
}

func backLine(v *Value) *Line {
	l := &Line{Value: v, Equation: v.Back.Equation, Backward: true, Shape: shapeText(v.Value)}
	for _, t := range v.Back.Terms {
		if t.Prime != nil {
			l.Primes = append(l.Primes, &Prime{t.Prime, t.Slope})
		}
		if len(v.Back.Terms) > 1 {
			l.Paths = append(l.Paths, t.Via)
		}
	}
	return l
}

// EquationsText writes the equations for a terminal.
func (d *Derivation) EquationsText(o TextOptions) string {
	p := &page{width: o.Width, color: o.Color}
	forward, backward := d.Lines()
	p.line(p.paint(bold, "Forward"))
	for _, l := range forward {
		p.aside("  ", l.Equation.Text(), l.Shape, green)
	}
	p.line("")
	p.line(p.paint(bold, "Backward"))
	for _, l := range backward {
		p.aside("  ", l.Equation.Text(), l.Shape, red)
		for _, x := range l.Primes {
			p.aside("      ", "with "+notation.Text(x.Name)+" = "+notation.Text(x.Is), "", "")
		}
		if len(l.Paths) > 0 {
			p.aside("      ", "summed over the paths through "+list(names(l.Paths)), "", "")
		}
		if o.Steps {
			for _, s := range l.Value.Steps() {
				p.aside("      ", s.Rule+":  "+s.Text(), "", faint)
			}
		}
	}
	return p.String()
}

func names(vs []*Value) []string {
	var out []string
	for _, v := range vs {
		out = append(out, v.Text())
	}
	return out
}

func list(s []string) string {
	if len(s) < 2 {
		return strings.Join(s, "")
	}
	return strings.Join(s[:len(s)-1], ", ") + " and " + s[len(s)-1]
}

// TextOptions say how text is laid out.
type TextOptions struct {
	Width int
	Color bool
	Steps bool // with the derivation of each equation
}
