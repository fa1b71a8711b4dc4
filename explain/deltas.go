package explain

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// A Delta is a stage of the error signal's way down: what comes back to a
// value, how it got there, and the gradients that fall out.
type Delta struct {
	Value    *Value
	Across   string // what it came through, in words
	Equation *notation.Equation
	RMS      float64 // of its elements
	Forward  float64 // of the value itself
	First    float64 // of a value of a loop: in the first pass, which is the last on the way back
	Last     float64 // and in the last pass
	Change   float64 // how much larger it is than the largest of those that it comes from
	Falls    []*Fall
}

// A Fall is the gradient by a parameter or input that falls out at a stage.
type Fall struct {
	Value    *Value
	Equation *notation.Equation
	Shared   *Value // the value whose δ it is made from
	RMS      float64
}

// Deltas follows the error signal from the result to what a gradient is asked
// by, with magnitudes at p.
func (d *Derivation) Deltas(p *Point) ([]*Delta, error) {
	in, err := d.sample(p)
	if err != nil {
		return nil, err
	}
	env, err := d.evaluate(in)
	if err != nil {
		return nil, err
	}
	sizes := map[*notation.Value]float64{}
	for v, t := range env.Values {
		sizes[v] = rms(t)
	}
	var out []*Delta
	of := map[*Value]*Delta{}
	for _, v := range d.Backwards() {
		if v.Def == nil && len(out) > 0 {
			last := out[len(out)-1]
			// It falls out where the last of its terms does.
			f := &Fall{Value: v, Equation: v.Back.Equation, Shared: v.Back.Terms[0].Via, RMS: sizes[v.Delta]}
			if s := of[f.Shared]; s != nil {
				last = s
			}
			last.Falls = append(last.Falls, f)
			continue
		}
		s := &Delta{Value: v, Equation: inPass(v.Back.Plain, v), RMS: sizes[v.Delta], Forward: sizes[v.Value], Across: across(v)}
		if t := env.Values[v.Delta]; v.Loop != nil && len(v.Pass) == 1 && t.Shape[0] > 1 {
			n := len(t.Data) / t.Shape[0]
			s.First, s.Last = rms(&symbolic.Tensor{Data: t.Data[:n]}), rms(&symbolic.Tensor{Data: t.Data[len(t.Data)-n:]})
			if v.Loop.l.Reverse {
				s.First, s.Last = s.Last, s.First
			}
		}
		from := 0.0
		for _, t := range v.Back.Terms {
			from = math.Max(from, sizes[t.Via.Delta])
		}
		if from > 0 {
			s.Change = s.RMS / from
		}
		of[v] = s
		out = append(out, s)
	}
	return out, nil
}

// across says in words how an error gets to v.
func across(v *Value) string {
	var parts []string
	for _, t := range v.Back.Terms {
		how := "by the local derivative"
		switch {
		case t.Prime != nil:
			how = "pointwise, by " + strings.TrimSuffix(notation.Text(t.Prime), "("+v.Text()+")")
		case transposed(t.Right.Right) != "":
			how = "across the affine map, by " + transposed(t.Right.Right)
		case t.Right.Right.Kind == notation.Name:
			how = "as it is"
		}
		if len(v.Back.Terms) > 1 {
			how += " from " + t.Via.Text()
		}
		parts = append(parts, how)
	}
	return strings.Join(parts, "; ")
}

// transposed is the matrix that e multiplies by the transpose of, or "".
func transposed(e *notation.Expr) string {
	out := ""
	e.Each(func(x *notation.Expr) {
		if x.Kind == notation.Product && x.Args[0].Kind == notation.Transpose && len(x.Args[0].Args[0].Args) == 0 && x.Args[1].Kind != notation.Transpose {
			if v := x.Args[0].Args[0].Value; v != nil && len(v.Dims()) == 2 {
				out = notation.Text(x.Args[0])
			}
		}
	})
	return out
}

// evaluate gives every value, and what comes back to it, its tensor.
func (d *Derivation) evaluate(in *symbolic.Env) (*notation.Env, error) {
	if d.looked == nil || d.looked.in != in {
		return d.evaluated(in)
	}
	if d.looked.out == nil {
		out, err := d.evaluated(in)
		if err != nil {
			return nil, err
		}
		d.looked.out = out
	}
	return d.looked.out, nil
}

func (d *Derivation) evaluated(in *symbolic.Env) (*notation.Env, error) {
	vs, gs := d.gradients()
	var roots []*symbolic.Node
	for _, v := range d.Values {
		roots = append(roots, v.Node)
	}
	roots = append(roots, gs...)
	if err := d.countPasses(in); err != nil {
		return nil, err
	}
	ts, err := symbolic.Eval(in, roots...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Name, err)
	}
	env := &notation.Env{Dims: maps.Clone(in.Dims), Values: map[*notation.Value]*symbolic.Tensor{}}
	for i, v := range d.Values {
		env.Values[v.Value] = ts[i]
	}
	for i, v := range vs {
		env.Values[v.Delta] = ts[len(d.Values)+i]
	}
	return env, d.throughLoops(env)
}

// countPasses finds out how many passes whiles make.
func (d *Derivation) countPasses(in *symbolic.Env) error {
	for _, n := range symbolic.Reachable(d.roots()...) {
		l, ok := n.Attr.(*symbolic.Loop)
		if !ok || l.Kind != symbolic.WhileLoop {
			continue
		}
		s, _ := l.Count.AsSym()
		if _, known := in.Dims[s]; known {
			continue
		}
		ts, err := symbolic.Eval(in, n)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
		in.Dims[s] = int(ts[0].Data[0])
	}
	for _, o := range d.ragged {
		s, _ := o.l.Count.AsSym()
		ts, err := symbolic.Eval(in, o.made)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
		in.Dims[s] = 0
		for _, n := range ts[0].Data {
			in.Dims[s] = max(in.Dims[s], int(n))
		}
	}
	return nil
}

// gradients builds what comes back to each value outside of loops in the graph:
// statement by statement, or where there are loops as the derivative of the whole.
func (d *Derivation) gradients() ([]*Value, []*symbolic.Node) {
	g := d.graph
	cot := map[*Value]*symbolic.Node{d.Result: g.Like(1, d.Result.Node)}
	loops := slices.ContainsFunc(d.Values, func(v *Value) bool { return v.Loop != nil })
	var vs []*Value
	var out []*symbolic.Node
	for i := len(d.Values) - 1; i >= 0; i-- {
		v := d.Values[i]
		if v.Loop != nil || v.Back == nil {
			continue
		}
		if loops && v != d.Result {
			cot[v] = g.Gradient(d.Result.Node, v.Node)[0]
		}
		if cot[v] == nil {
			continue
		}
		vs, out = append(vs, v), append(out, cot[v])
		if v.Def == nil || loops {
			continue
		}
		var xs []*symbolic.Node
		for _, u := range v.From {
			xs = append(xs, u.Node)
		}
		for k, t := range g.VJP([]*symbolic.Node{v.Node}, []*symbolic.Node{cot[v]}, xs) {
			u := v.From[k]
			switch {
			case t == nil || u.Type != symbolic.Real:
			case cot[u] == nil:
				cot[u] = t
			default:
				cot[u] = g.Add(cot[u], t)
			}
		}
	}
	return vs, out
}

// Verdict says whether the errors get out of hand on their way.
func Verdict(ds []*Delta) string {
	var seen []*Delta
	for _, s := range ds {
		if len(s.Value.Dims()) > 0 && s.RMS > 0 {
			seen = append(seen, s)
		}
	}
	if len(seen) < 2 {
		return ""
	}
	first, last := seen[0], seen[len(seen)-1]
	ratio := last.RMS / first.RMS
	word := "keep their size"
	switch {
	case ratio < 1e-3:
		word = "vanish"
	case ratio < 0.3:
		word = "shrink"
	case ratio > 1e3:
		word = "explode"
	case ratio > 3:
		word = "grow"
	}
	return fmt.Sprintf("From %s to %s the errors %s: by a factor of %s.", first.Value.Delta.Text(), last.Value.Delta.Text(), word, short(ratio))
}

// DeltasText writes the errors' way down for a terminal: each δ with the
// dims of its factors below, its size as a bar, and what falls out.
func (d *Derivation) DeltasText(p *Point, o Options) (string, error) {
	ds, err := d.Deltas(p)
	if err != nil {
		return "", err
	}
	w := &page{width: o.Width, color: o.Color}
	top := 0.0
	for _, s := range ds {
		top = math.Max(top, s.RMS)
	}
	for i, g := range d.foldDeltas(ds, o.Fold) {
		if i > 0 {
			w.line("  │")
		}
		mark := "  ▼ "
		if i == 0 {
			mark = "    "
		}
		s := g.steps[0]
		if g.of != nil {
			w.aside(mark, g.of.Name()+g.count(), "rms "+short(s.RMS)+" "+bar(s.RMS, top), red)
			continue
		}
		formula, dims := s.lines()
		w.aside(mark, formula, "rms "+short(s.RMS)+" "+bar(s.RMS, top), red)
		if dims != "" && columns(mark+dims) <= o.Width {
			w.line(w.paint(faint, strings.Repeat(" ", columns(mark))+dims))
		}
		if s.Across != "" {
			w.aside("    ", s.Across, "", faint)
		}
		if t := s.Through(); t != "" {
			w.line("    " + w.paint(faint, t))
		}
		for _, f := range s.Falls {
			w.aside("  ├──▶ ", f.Equation.Text(), "rms "+short(f.RMS), "")
		}
	}
	if v := Verdict(ds); v != "" {
		w.line("")
		w.line(v)
	}
	return w.String(), nil
}

// A foldedDelta is a stage, or those of a group as one.
type foldedDelta struct {
	of    *Group // or nil
	steps []*Delta
}

// count says what is folded.
func (f *foldedDelta) count() string {
	falls := 0
	for _, s := range f.steps {
		falls += len(s.Falls)
	}
	return fmt.Sprintf(", %d steps in which %d gradients fall out", len(f.steps), falls)
}

// foldDeltas puts stages that follow on each other in one group together.
func (d *Derivation) foldDeltas(ds []*Delta, fold Folding) []*foldedDelta {
	var in map[int]*Group
	switch fold {
	case FoldAuto:
		in = d.sections()
	case FoldAll:
		in = innermost(d.valueGroups())
	}
	var out []*foldedDelta
	for _, s := range ds {
		var g *Group
		if path := in[s.Value.ID].path(); len(path) > 0 {
			g = path[0]
		}
		if n := len(out); g != nil && n > 0 && out[n-1].of == g {
			out[n-1].steps = append(out[n-1].steps, s)
		} else {
			out = append(out, &foldedDelta{g, []*Delta{s}})
		}
	}
	for _, f := range out {
		if len(f.steps) == 1 {
			f.of = nil
		}
	}
	return out
}

// Through says how the size changes on the way back through the passes.
func (s *Delta) Through() string {
	if s.First == 0 && s.Last == 0 {
		return ""
	}
	return "on the way back through the passes: from rms " + short(s.Last) + " in the last to " + short(s.First) + " in the first"
}

// bar is as long as v is large on a scale of powers of ten below top.
func bar(v, top float64) string {
	const length = 8
	n := 0
	if v > 0 && top > 0 {
		n = int(math.Round(length * (1 + math.Log10(v/top)/6)))
	}
	n = min(max(n, 0), length)
	return strings.Repeat("█", n) + strings.Repeat("·", length-n)
}

// lines is the formula of a stage, and a line with the dims of its factors
// below them.
func (s *Delta) lines() (formula, dims string) {
	if s.Equation.Index != nil {
		return s.Equation.Text(), ""
	}
	var a, b strings.Builder
	for _, t := range append([]token{{text: s.Equation.LeftText(), dims: dimsOf(s.dims())}, {text: " = "}}, tokens(s.Equation.Right)...) {
		n := max(columns(t.text), columns(t.dims))
		a.WriteString(center(t.text, n))
		b.WriteString(center(t.dims, n))
	}
	return strings.TrimRight(a.String(), " "), strings.TrimRight(b.String(), " ")
}

// dims are those of what the stage's equation is about.
func (s *Delta) dims() symbolic.Shape { return s.Value.Dims()[len(s.Equation.At):] }

func center(s string, n int) string {
	gap := n - columns(s)
	return strings.Repeat(" ", gap/2) + s + strings.Repeat(" ", gap-gap/2)
}

// A token is a piece of a formula: a factor with its dims, or a sign.
type token struct {
	text string
	dims string
	rows symbolic.Poly
	cols symbolic.Poly
	size bool // it is a vector or matrix
}

func dimsOf(s symbolic.Shape) string {
	var parts []string
	for _, d := range s {
		n := symbolic.ReadCounts(d.String())
		if len(s) > 1 && strings.ContainsAny(n, " ") {
			n = "(" + n + ")"
		}
		parts = append(parts, n)
	}
	return strings.Join(parts, "×")
}

// tokens takes a formula apart into factors and signs.
func tokens(e *notation.Expr) []token {
	factor := func(shape symbolic.Shape) []token {
		t := token{text: notation.Text(e), dims: dimsOf(shape), size: len(shape) == 1 || len(shape) == 2}
		if t.size {
			t.rows, t.cols = shape[0], symbolic.Int(1)
			if len(shape) == 2 {
				t.cols = shape[1]
			}
		}
		return []token{t}
	}
	switch {
	case e.Kind == notation.Name && e.Extent != nil:
		return factor(e.Extent)
	case e.Kind == notation.Name:
		return factor(e.Value.Dims()[len(e.At):])
	case e.Kind == notation.Prime && e.Args[0].Kind == notation.Name:
		return factor(e.Args[0].Value.Dims()[len(e.Args[0].At):])
	case e.Kind == notation.Transpose && e.Args[0].Kind == notation.Name:
		s := slices.Clone(e.Args[0].Value.Dims()[len(e.Args[0].At):])
		if len(s) == 1 {
			s = symbolic.Shape{symbolic.Int(1), s[0]}
		} else {
			slices.Reverse(s)
		}
		return factor(s)
	case e.Kind == notation.Product, e.Kind == notation.Apply && len(e.Args) == 2 && e.Op.Class == symbolic.Elementwise:
		whole := notation.Text(e)
		a, b := notation.Text(e.Args[0]), notation.Text(e.Args[1])
		// Keep the signs and brackets that stand around the arguments.
		i := strings.Index(whole, a)
		if i < 0 {
			break
		}
		rest := whole[i+len(a):]
		k := strings.LastIndex(rest, b)
		if k < 0 {
			break
		}
		var out []token
		add := func(s string) {
			if s != "" {
				out = append(out, token{text: s})
			}
		}
		add(whole[:i])
		out = append(out, tokens(e.Args[0])...)
		add(rest[:k])
		out = append(out, tokens(e.Args[1])...)
		add(rest[k+len(b):])
		return out
	}
	return []token{{text: notation.Text(e)}}
}
