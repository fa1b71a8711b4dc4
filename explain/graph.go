package explain

import (
	"fmt"
	"html"

	"github.com/bpgen/bpgen/symbolic/notation"
)

// Flow is the network at the level of its statements: what reads what, and
// along which arrows gradients come back.
type Flow struct {
	d      *Derivation
	Values []*Value
	Edges  []*FlowEdge
}

// A FlowEdge leads from a value to one that reads it.
type FlowEdge struct {
	From, To *Value
	Back     *Term // what comes back along it, or nil
	Short    bool  // a short circuit: there is a longer way too
	Again    bool  // into the next pass of a loop
}

// Flow returns the flow graph.
func (d *Derivation) Flow() *Flow {
	f := &Flow{d: d}
	for _, v := range d.Values {
		if v.Def == nil && len(v.To) == 0 {
			continue
		}
		f.Values = append(f.Values, v)
		for _, u := range v.From {
			e := &FlowEdge{From: u, To: v, Again: u.ID >= v.ID}
			e.Short = u.Role != Param && v.Role != Loss && !e.Again && longer(u, v)
			if u.Back != nil {
				for _, t := range u.Back.Terms {
					if t.Via == v {
						e.Back = t
					}
				}
			}
			f.Edges = append(f.Edges, e)
		}
	}
	return f
}

// longer reports whether there is a way from u to v through another value.
func longer(u, v *Value) bool {
	seen := map[*Value]bool{}
	var reaches func(w *Value) bool
	reaches = func(w *Value) bool {
		if w == v {
			return true
		}
		if seen[w] || w.ID > v.ID {
			return false
		}
		seen[w] = true
		for _, x := range w.To {
			if x.ID > w.ID && reaches(x) {
				return true
			}
		}
		return false
	}
	for _, w := range u.To {
		if w != v && w.ID > u.ID && reaches(w) {
			return true
		}
	}
	return false
}

// Diagram draws the flow graph; where it is large without parameters, and
// with each layer as one box.
func (f *Flow) Diagram() *Diagram {
	d := &Diagram{Title: "Flow of " + f.d.Name, Down: true}
	at := map[*Value]int{}
	large := len(f.Values) > many
	layer := map[*Value]*Group{} // of what is inside
	if large {
		for _, g := range f.d.layers() {
			for _, v := range f.Values {
				if g.in[v.Node] {
					layer[v] = g
				}
			}
		}
	}
	for _, v := range f.Values {
		g := layer[v]
		if v.Role == Param && large || g != nil && v != g.value {
			continue
		}
		at[v] = len(d.Boxes)
		b := &Box{Text: flowText(v), Kind: "gate", Step: len(d.Boxes), Link: link(v), Title: valueTitle(v)}
		switch {
		case g != nil:
			b.Kind = "fold"
			if columns(g.Label) <= 40 {
				b.Text = v.Text() + " = " + g.Label
			}
		case v.Role == Param:
			b.Kind = "param"
		case v.Def == nil:
			b.Kind = "leaf"
		case v.Role == Loss:
			b.Kind = "loss"
		}
		d.Boxes = append(d.Boxes, b)
	}
	for v, g := range layer {
		if v.Role != Param {
			at[v] = at[g.value]
		}
	}
	for _, e := range f.Edges {
		from, ok := at[e.From]
		to, ok2 := at[e.To]
		if !ok || !ok2 || from == to && !e.Again {
			continue
		}
		a := &Arrow{From: from, To: to, Kind: "wire", Link: fmt.Sprintf(`data-from="%d" data-to="%d"`, e.From.ID, e.To.ID)}
		a.Title = e.From.Text() + " → " + e.To.Text()
		switch {
		case e.Short:
			a.Kind = "wire skip"
			a.Title += " (a short-circuit connection)"
		case e.Again:
			a.Title += " (in the next pass)"
		}
		if e.Back != nil {
			a.Returns = true
			a.Title += "; back comes " + notation.Text(e.Back.Right.Right)
		}
		d.Lines = append(d.Lines, a)
	}
	return d
}

// flowText is what stands in the box of v.
func flowText(v *Value) string {
	if v.Def == nil {
		return v.Text()
	}
	if q := v.inPass(); len(q.Index) == 0 {
		if s := q.Text(); columns(s) <= 40 {
			return s
		}
	}
	return v.Text()
}

func link(v *Value) string {
	p := v.Node.Origin.Span.Pos
	if !p.IsValid() {
		return fmt.Sprintf(`data-value="%d"`, v.ID)
	}
	return fmt.Sprintf(`data-value="%d" data-line="%d" data-file="%s"`, v.ID, p.Line, html.EscapeString(base(p.File)))
}

func valueTitle(v *Value) string {
	s := v.Text()
	if d := shapeText(v.Value, len(v.Pass)); d != "" {
		s += " " + d
	}
	if p := place(v.Node); p != "" {
		s += ", " + p
	}
	return s
}

// Successors says which values read v and what comes back from each of them:
// the chain rule, and the terms that it has here.
func (v *Value) Successors() []string {
	if v.Back == nil || len(v.Back.Terms) == 0 {
		return nil
	}
	var out []string
	out = append(out, Step{Sum: v.Back.Terms, Of: v}.Text())
	for _, t := range v.Back.Terms {
		out = append(out, "through "+t.Via.Text()+":  "+notation.Text(t.Right.Right))
	}
	return out
}

// GraphText draws the flow graph for a terminal where it is narrow enough, and
// says for every value what reads it and what comes back.
func (d *Derivation) GraphText(o Options) (string, error) {
	p := &page{width: o.Width, color: o.Color}
	f := d.Flow()
	if err := p.picture(f.Diagram()); err != nil {
		return "", err
	}
	for _, v := range f.Values {
		text := v.Text()
		if v.Def != nil {
			text = v.Def.Text()
		}
		p.aside("", text, shapeText(v.Value, len(v.Pass)), green)
		for _, u := range v.To {
			note := ""
			for _, e := range f.Edges {
				switch {
				case e.From != v || e.To != u:
				case e.Short:
					note = "  (short circuit)"
				case e.Again:
					note = "  (in the next pass)"
				}
			}
			back := ""
			if t := v.term(u); t != nil {
				back = p.paint(red, "  ← "+notation.Text(t.Right.Right))
			}
			p.line("  → " + u.Text() + note + back)
		}
		if v.Back != nil && len(v.Back.Terms) > 0 && v != d.Result {
			p.aside("  ", Step{Sum: v.Back.Terms, Of: v}.Text(), "", red)
		}
	}
	return p.String(), nil
}

// term is what comes back to v from u, or nil.
func (v *Value) term(u *Value) *Term {
	if v.Back == nil {
		return nil
	}
	for _, t := range v.Back.Terms {
		if t.Via == u {
			return t
		}
	}
	return nil
}
