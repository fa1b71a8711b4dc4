package explain

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
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
	Depth  int      // how many loops it is in
	Heads  []Head   // of loops that begin with it
}

// A Prime is a local derivative by its name, and what it is: σ′(z) = a∘(1 − a).
type Prime struct {
	Name, Is *notation.Expr
}

// A Head stands over the equations of a loop.
type Head struct {
	Phrase notation.Phrase
	Depth  int
}

// Lines returns the equations, forward and then backward.
func (d *Derivation) Lines() (forward, backward []*Line) {
	w := &lineWriter{}
	w.write(d.Values, nil)
	back := &lineWriter{backward: true, result: d.Result}
	back.write(d.Backwards(), nil)
	return w.lines, back.lines
}

// A lineWriter puts equations in order: those of a loop under its head, between
// what is before the first pass and what comes after the last.
type lineWriter struct {
	backward bool
	result   *Value
	depth    int
	heads    []Head // that wait for a line
	lines    []*Line
}

// write writes values that are computed in the passes of o, or in loops inside.
func (w *lineWriter) write(vs []*Value, o *Loop) {
	for i := 0; i < len(vs); {
		v := vs[i]
		if v.Loop == o {
			w.value(v, true)
			i++
			continue
		}
		in := v.Loop
		for in.Outer != o {
			in = in.Outer
		}
		k := i
		for k < len(vs) && vs[k].within(in) {
			k++
		}
		w.loop(vs[i:k], in)
		i = k
	}
}

func (w *lineWriter) loop(vs []*Value, o *Loop) {
	var rest, states []*Value
	for _, v := range vs {
		if v.Loop == o && v.State && o.l.Kind != symbolic.TableLoop {
			states = append(states, v)
		} else {
			rest = append(rest, v)
		}
	}
	for _, v := range states {
		w.value(v, false)
	}
	w.heads = append(w.heads, Head{o.head(w.backward), w.depth})
	w.depth++
	w.write(rest, o)
	for _, v := range states {
		w.value(v, true)
	}
	w.depth--
}

// within reports whether v is computed in the passes of o.
func (v *Value) within(o *Loop) bool {
	for l := v.Loop; l != nil; l = l.Outer {
		if l == o {
			return true
		}
	}
	return false
}

// value writes the equation of v that holds in each pass, or those of other
// passes.
func (w *lineWriter) value(v *Value, each bool) {
	q := v.Def
	if w.backward {
		if v.Back == nil || !(v == w.result && v.Def != nil || v.Back.Written) {
			return
		}
		q = v.Back.Equation
	}
	for _, c := range q.Cases() {
		if each != (len(c.Over) >= len(v.Pass)) {
			continue
		}
		c = copied(c)
		c.Else = nil
		l := &Line{Value: v, Equation: c, Shape: shapeText(v.Value, len(c.At)), Depth: w.depth, Heads: w.heads}
		w.heads = nil
		w.lines = append(w.lines, l)
		if w.backward {
			l.Backward = true
			if each {
				l.explain()
			}
		}
	}
}

// head says what passes the equations below it are about.
func (o *Loop) head(backward bool) notation.Phrase {
	return notation.PassHead(o.Passes, backward != o.l.Reverse, o.While)
}

// explain says what stands beside a backward equation.
func (l *Line) explain() {
	for _, t := range l.Value.Back.Terms {
		if t.Prime != nil {
			l.Primes = append(l.Primes, &Prime{t.Prime, t.Slope})
		}
		for _, q := range t.Right.Cases() {
			if slices.EqualFunc(q.At, l.Equation.At, symbolic.Poly.Equal) && !(len(q.At) > 0 && q.Right.Kind == notation.Number && q.Right.Num == 0) {
				l.Paths = append(l.Paths, t.Via)
			}
		}
	}
	if len(l.Paths) < 2 {
		l.Paths = nil
	}
}

// EquationsText writes the equations for a terminal.
func (d *Derivation) EquationsText(o Options) string {
	p := &page{width: o.Width, color: o.Color}
	forward, backward := d.Lines()
	p.line(p.paint(bold, "Forward"))
	for _, l := range forward {
		p.aside(l.indent(p), l.Equation.Text(), l.Shape, green)
	}
	p.line("")
	p.line(p.paint(bold, "Backward"))
	for _, l := range backward {
		in := l.indent(p)
		p.aside(in, l.Equation.Text(), l.Shape, red)
		in += "    "
		for _, x := range l.Primes {
			p.aside(in, "with "+notation.Text(x.Name)+" = "+notation.Text(x.Is), "", "")
		}
		if len(l.Paths) > 0 {
			p.aside(in, "summed over the paths through "+list(names(l.Paths)), "", "")
		}
		if o.Steps {
			for _, s := range l.Steps() {
				p.aside(in, s.Rule+":  "+s.Text(), "", faint)
			}
		}
	}
	return p.String()
}

// Steps derives the equation.
func (l *Line) Steps() []Step {
	if !l.Backward || len(l.Equation.Over) < len(l.Value.Pass) {
		return nil // together with that of each pass
	}
	return l.Value.Steps()
}

// indent writes the heads over l, and returns what stands before it.
func (l *Line) indent(p *page) string {
	for _, h := range l.Heads {
		p.aside(strings.Repeat("  ", h.Depth+1), h.Phrase.Text(), "", "")
	}
	return strings.Repeat("  ", l.Depth+1)
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

// Options say how text is laid out.
type Options struct {
	Width int
	Color bool
	Steps bool // with the derivation of each equation
	Fold  Folding
}
