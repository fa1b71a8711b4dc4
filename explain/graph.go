package explain

import (
	"fmt"
	"html"
	"slices"

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

// sight is what of f is shown with groups as fold says.
func (f *Flow) sight(fold Folding) *sight {
	groups := f.d.valueGroups()
	if fold == FoldAuto {
		return overview(groups, f.Values)
	}
	return &sight{groups: groups, folded: fold.folds}
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

// Diagram draws the flow graph as s shows it; where there is much to be seen
// without parameters.
func (f *Flow) Diagram(s *sight) *Diagram {
	d := &Diagram{Title: "Flow of " + f.d.Name, Down: true, effort: f.d.graph.Effort}
	spots, at := s.spots(f.Values)
	computed := 0
	for _, p := range spots {
		computed += b2i(p.value.Def != nil)
	}
	large := len(spots) > many
	box := map[*spot]int{}
	frames := map[*Group][]int{}
	for _, p := range spots {
		v := p.value
		if v.Role == Param && large {
			continue
		}
		box[p] = len(d.Boxes)
		b := &Box{Text: flowText(v), Kind: "gate", Step: len(d.Boxes), Link: link(v), Title: valueTitle(v)}
		if g := p.group; g != nil {
			b.Link += fmt.Sprintf(` data-group="%d"`, g.ID)
			if !p.folded {
				frames[g] = append(frames[g], box[p])
			} else if g.Outer != nil {
				frames[g.Outer] = append(frames[g.Outer], box[p])
			}
		}
		switch {
		case p.folded:
			b.Kind = "fold"
			if columns(p.group.Label) <= 40 {
				b.Text = v.Text() + " = " + p.group.Label
			}
		case v.Role == Param:
			b.Kind = "param"
		case v.Def == nil:
			b.Kind = "leaf"
		case p.outside:
			b.Kind, b.Text = "leaf", v.Text()
		case v.Role == Loss:
			b.Kind = "loss"
		}
		d.Boxes = append(d.Boxes, b)
	}
	d.frame(s, frames)
	type ends struct {
		from, to *spot
		again    bool
	}
	arrows := map[ends]*Arrow{}
	for _, e := range f.Edges {
		from, to := at[e.From], at[e.To]
		k := ends{from, to, e.Again}
		if _, ok := box[from]; !ok || to == nil || to.outside || from == to && (from.folded || !e.Again) {
			continue
		}
		a := arrows[k]
		if a == nil {
			a = &Arrow{From: box[from], To: box[to], Kind: "wire", Link: fmt.Sprintf(`data-from="%d" data-to="%d"`, box[from], box[to])}
			a.Title = from.value.Text() + " → " + to.value.Text()
			if e.Again {
				a.Title += " (in the next pass)"
			}
			arrows[k] = a
			d.Lines = append(d.Lines, a)
		}
		if e.Short && s.short(f, e, at) && a.Kind == "wire" {
			a.Kind = "wire skip"
			a.Title += " (a short-circuit connection)"
		}
		if e.Back != nil {
			a.Returns = true
			a.Title += "; back comes " + notation.Text(e.Back.Right.Right)
		}
	}
	return d
}

// short reports whether e is a short circuit also in the picture: there is a
// longer way from its one end to the other through something else that is seen.
func (s *sight) short(f *Flow, e *FlowEdge, at map[*Value]*spot) bool {
	from, to := at[e.From], at[e.To]
	if !from.folded && !to.folded {
		return true
	}
	next := map[*spot][]*spot{}
	for _, x := range f.Edges {
		if p, q := at[x.From], at[x.To]; p != nil && q != nil && p != q && !x.Again && !q.outside {
			next[p] = append(next[p], q)
		}
	}
	seen := map[*spot]bool{}
	var reaches func(*spot) bool
	reaches = func(p *spot) bool {
		if p == to || seen[p] {
			return p == to
		}
		seen[p] = true
		return slices.ContainsFunc(next[p], reaches)
	}
	return slices.ContainsFunc(next[from], func(p *spot) bool { return p != to && reaches(p) })
}

// frame draws the groups that are open around the boxes that are in them.
func (d *Diagram) frame(s *sight, boxes map[*Group][]int) {
	var open []*Group
	for _, g := range s.groups { // the outer ones first
		if s.folded(g) || s.inside != nil && !within(g, s.inside) || !slices.ContainsFunc(s.groups, func(in *Group) bool { return boxes[in] != nil && within(in, g) }) {
			continue
		}
		open = append(open, g)
	}
	if len(open) > many {
		return
	}
	for _, g := range open {
		d.Frames = append(d.Frames, &Frame{
			Boxes: boxes[g], Outer: slices.Index(open, g.Outer), Text: g.Label,
			Link: fmt.Sprintf(`data-group="%d"`, g.ID), Title: "fold into " + g.Name(),
		})
	}
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
	if err := p.picture(f.Diagram(f.sight(o.Fold))); err != nil {
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
