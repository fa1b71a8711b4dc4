package explain

import (
	"embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic/notation"
)

//go:embed page
var pages embed.FS

var templates = template.Must(template.ParseFS(pages, "page/*.tmpl"))

func asset(name string) string {
	b, err := pages.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}

// HTML writes the explanation as one page that needs nothing else.
func (e *Explanation) HTML(views []View, p *Point) (string, error) {
	return e.render("page.html.tmpl", views, p)
}

// Fragment writes what stands in the page, for a page that is there already.
func (e *Explanation) Fragment(views []View, p *Point) (string, error) {
	return e.render("main", views, p)
}

func (e *Explanation) render(name string, views []View, p *Point) (string, error) {
	var data *pageData
	err := guarded(func() (err error) {
		data, err = e.page(views, p)
		return err
	})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return "", err
	}
	return b.String(), nil
}

func (e *Explanation) page(views []View, p *Point) (*pageData, error) {
	data := &pageData{
		Title: e.Title, Style: template.CSS(asset("page.css") + drawingStyle), Script: template.JS(asset("page.js")),
	}
	for _, v := range views {
		data.Views = append(data.Views, viewData{v.Name, title(v.Name)})
	}
	for i, d := range e.Derivations {
		m, err := d.member(i, views, p)
		if err != nil {
			return nil, err
		}
		data.Members = append(data.Members, m)
	}
	e.sources(data)
	return data, nil
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (d *Derivation) member(id int, views []View, p *Point) (*memberData, error) {
	m := &memberData{ID: id, Kind: d.Kind, Name: d.Name, Doc: strings.TrimSpace(strings.Join(d.Doc, "\n")), views: views}
	link := d.linker()
	forward, backward := d.Lines()
	in := d.sections()
	m.Forward, m.Backward = sections(lineDataOf(forward, link), in), sections(lineDataOf(backward, link), in)
	if m.Has("circuit") {
		err := d.circuits(m, p)
		if no, ok := endless(err); ok {
			m.None = no
		} else if err != nil {
			return nil, err
		}
	}
	if m.Has("graph") {
		f := d.Flow()
		for _, x := range panes(f.d.valueGroups(), f.Values) {
			if err := m.Flow.add(x.key, x.title, f.Diagram(x.sight)); err != nil {
				return nil, err
			}
		}
		m.flows(f, link)
	}
	if m.Has("deltas") {
		err := d.stages(m, p, link)
		if no, ok := endless(err); ok {
			m.None = no
		} else if err != nil {
			return nil, err
		}
	}
	return m, nil
}

// linker marks the names of values in formulas.
func (d *Derivation) linker() notation.Linker {
	of := map[*notation.Value]int{}
	for _, v := range d.Values {
		of[v.Value] = v.ID
		if v.Delta != nil {
			of[v.Delta] = v.ID
		}
	}
	return func(v *notation.Value) string {
		id, ok := of[v]
		if !ok {
			return ""
		}
		return fmt.Sprintf(`data-v="%d"`, id)
	}
}

func lineDataOf(lines []*Line, link notation.Linker) []lineData {
	var out []lineData
	for _, l := range lines {
		x := lineData{Value: l.Value.ID, Backward: l.Backward, Shape: l.Shape, Plain: l.Equation.Text(), Formula: template.HTML(l.Equation.MathML(link)), Paths: list(names(l.Paths))}
		x.Depth = l.Depth
		for _, h := range l.Heads {
			x.Heads = append(x.Heads, headData{h.Depth, template.HTML(h.Phrase.MathML(link))})
		}
		for _, w := range l.Primes {
			x.With = append(x.With, template.HTML(notation.MathMLEqual(w.Name, w.Is, link)))
		}
		if l.Backward {
			for _, s := range l.Steps() {
				if s.Equation == l.Value.Back.Equation {
					x.Steps = append(x.Steps, stepData{s.Rule + ", as above", ""})
					continue
				}
				x.Steps = append(x.Steps, stepData{s.Rule, template.HTML(s.mathML(link))})
			}
		}
		out = append(out, x)
	}
	return out
}

// mathML writes the step; the chain rule has names of derivatives only.
func (s Step) mathML(link notation.Linker) string {
	if s.Equation != nil {
		return s.Equation.MathML(link)
	}
	return notation.ChainRule(s.Of.Delta, s.paths(), link)
}

// paths are what comes back to each successor, and the local derivative there.
func (s Step) paths() []notation.Path {
	var out []notation.Path
	for _, t := range s.Sum {
		out = append(out, notation.Path{Back: t.Via.Delta, Local: &notation.Value{Name: s.Of.Name, Of: t.Via.Name}})
	}
	return out
}

// circuits draws the circuit with its groups open and folded.
func (d *Derivation) circuits(m *memberData, p *Point) error {
	if d.scalar() {
		return d.operatorCircuits(m, p)
	}
	c, err := d.valueCircuit(p)
	if err != nil {
		return err
	}
	for _, x := range panes(c.Groups, c.values()) {
		if err := m.Circuit.add(x.key, x.title, c.see(x.sight).Diagram(x.title+", of "+d.Name)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Derivation) operatorCircuits(m *memberData, p *Point) error {
	c, err := d.Circuit(p, FoldNone.folds)
	if err != nil {
		return err
	}
	sets := openings(c.Groups)
	if len(c.Gates) <= many { // then all is seen first
		sets[0], sets[1] = sets[1], sets[0]
	}
	for _, open := range sets {
		var key []string
		for _, g := range c.Groups {
			if open[g.ID] {
				key = append(key, fmt.Sprint(g.ID))
			}
		}
		c, err := d.Circuit(p, func(g *Group) bool { return !open[g.ID] })
		if err != nil {
			return err
		}
		title := titleOf(c.Groups, open)
		if err := m.Circuit.add(strings.Join(key, " "), title, c.Diagram(title+", of "+d.Name)); err != nil {
			return err
		}
		if len(c.Groups) == 0 {
			break
		}
	}
	return nil
}

// add draws one more picture, or says that it takes more work than is left.
func (ps *pictures) add(key, title string, d *Diagram) error {
	if d.work() > d.effort.Left() {
		text := fmt.Sprintf("<p>A picture with %d arrows takes too long to be laid out here; bpgen explain draws it.</p>", len(d.Lines))
		ps.All = append(ps.All, pictureData{key, title, template.HTML(text)})
		return nil
	}
	svg, err := d.SVG(false)
	ps.All = append(ps.All, pictureData{key, title, template.HTML(svg)})
	return err
}

func (m *memberData) flows(f *Flow, link notation.Linker) {
	for _, v := range f.Values {
		x := flowData{ID: v.ID}
		switch {
		case v.Back == nil || len(v.Back.Terms) == 0:
			head := v.Value.MathML(link)
			if len(v.To) > 0 {
				head += " is read by " + template.HTMLEscapeString(list(names(v.To))) + "; nothing comes back to it."
			}
			x.Head = template.HTML(head)
		default:
			x.Head = template.HTML(Step{Sum: v.Back.Terms, Of: v}.mathML(link))
			for _, t := range v.Back.Terms {
				x.Terms = append(x.Terms, template.HTML("through "+t.Via.Value.MathML(link)+": "+notation.MathML(t.Right.Right, link)))
			}
		}
		m.Flows = append(m.Flows, x)
	}
}

func (d *Derivation) stages(m *memberData, p *Point, link notation.Linker) error {
	ds, err := d.Deltas(p)
	if err != nil {
		return err
	}
	env, err := d.sample(p)
	if err != nil {
		return err
	}
	m.Verdict = Verdict(ds)
	m.At = "values drawn at random"
	if len(p.Inputs) > 0 {
		m.At = "the values given"
	}
	top := 0.0
	for _, s := range ds {
		top = max(top, s.RMS)
	}
	var stages []stageData
	for _, s := range ds {
		x := stageData{
			Value: s.Value.ID, Formula: template.HTML(s.Equation.MathML(link)), Picture: template.HTML(s.picture(env.Dims)),
			RMS: short(s.RMS), How: s.Across, Through: s.Through(), Bar: fmt.Sprintf("%.2f", scale(s.RMS, top)),
		}
		for _, f := range s.Falls {
			x.Falls = append(x.Falls, fallData{f.Value.ID, template.HTML(f.Equation.MathML(link)), short(f.RMS)})
		}
		stages = append(stages, x)
	}
	m.Stages = sections(stages, d.sections())
	return nil
}

// scale puts v on a scale of six powers of ten below top.
func scale(v, top float64) float64 {
	if v <= 0 || top <= 0 {
		return 0
	}
	return min(max(1+math.Log10(v/top)/6, 0), 1)
}

// sources are the model and the generated code with what their lines are
// about.
func (e *Explanation) sources(data *pageData) {
	at := map[int][]string{}
	add := func(line int, key string) {
		if !slices.Contains(at[line], key) {
			at[line] = append(at[line], key)
		}
	}
	for i, d := range e.Derivations {
		for _, v := range d.Values {
			if p := v.Node.Origin.Span.Pos; p.IsValid() && base(p.File) == base(e.Model.Name) {
				add(p.Line, fmt.Sprintf("f%d:%d", i, v.ID))
				if v.Back != nil {
					add(p.Line, fmt.Sprintf("b%d:%d", i, v.ID))
				}
			}
		}
	}
	data.Model.Name = base(e.Model.Name)
	n := 0
	for text := range strings.Lines(string(e.Model.Data)) {
		n++
		data.Model.Lines = append(data.Model.Lines, sourceLine{n, strings.TrimRight(text, "\n"), strings.Join(at[n], " ")})
	}
	for _, f := range e.Code() {
		if !slices.ContainsFunc(f.Lines, func(l *CodeLine) bool { return l.Noted }) {
			continue // nothing of the model is in it
		}
		file := fileData{Name: f.Name}
		for i, l := range f.Lines {
			var keys []string
			for _, s := range l.Forward {
				keys = append(keys, fmt.Sprintf("f%d:%d", s.Derivation, s.Value.ID))
			}
			for _, s := range l.Backward {
				keys = append(keys, fmt.Sprintf("b%d:%d", s.Derivation, s.Value.ID))
			}
			file.Lines = append(file.Lines, sourceLine{i + 1, l.Text, strings.Join(keys, " ")})
		}
		data.Go = append(data.Go, file)
	}
}
