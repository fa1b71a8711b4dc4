package explain

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// models lists the example models: those of examples, the starters and
// testdata.
func models(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"../examples/*/*.bp", "../templates/bp/starters/*.bp", "../testdata/*/*.bp", "../internal/driver/testdata/*/*.bp"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, files...)
	}
	if len(out) < 8 {
		t.Fatalf("only %d models found", len(out))
	}
	return out
}

// small gives the dims of some models fewer elements, since formulas are
// evaluated element by element.
var small = map[string]map[string]string{
	"examples/window/window.bp": {"affixes": "7", "hidden": "9"},
	"examples/chars/chars.bp":   {"width": "4", "hidden": "3", "context": "6", "T": "3"},
	"examples/lenet/lenet.bp":   {"first": "2", "second": "3", "hidden": "4"},
}

func derive(t *testing.T, path string) []*Derivation {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var errs diag.List
	m, _ := frontend.Load(path, src, frontend.Options{Dims: small[strings.TrimPrefix(path, "../")], Whole: true}, &errs)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	raw := Raw(m)
	module.Derive(m, &errs)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return Derive(m, raw, &errs)
}

// sparse are members whose formulas are so long, or that make so many passes, that
// only one element or pass of every so many is evaluated.
var sparse = map[string]int{"ComplicatedJacobian": 29, "ParticleFF": 97, "ParticleFR": 97, "ParticleRF": 97, "ParticleRR": 97}

// points are values for models that go on for too long with others.
var points = map[string]string{"../examples/gradbench/particle.bp": "w=0.2071918746486115"}

// point is where the model at path is looked at.
func point(t *testing.T, path string) *Point {
	t.Helper()
	p := &Point{Batch: 2}
	if err := p.Parse(points[path]); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFormulas evaluates every formula that is shown, at random values,
// against the interpreter of the graph; what comes back to a value is compared
// with the derivative of the whole by that value.
func TestFormulas(t *testing.T) {
	for _, path := range models(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".bp"), func(t *testing.T) {
			for _, d := range derive(t, path) {
				t.Run(d.Name, func(t *testing.T) { checkFormulas(t, d, point(t, path)) })
			}
		})
	}
}

func checkFormulas(t *testing.T, d *Derivation, p *Point) {
	in, err := d.sample(p)
	if err != nil {
		t.Fatal(err)
	}
	env, err := d.evaluate(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range d.Backwards() {
		if v.Loop != nil {
			continue // it has been found by its equation; what it leads to is not
		}
		g := d.graph.Gradient(d.Result.Node, v.Node)[0]
		if v == d.Result {
			g = d.graph.Like(1, v.Node)
		}
		r, err := symbolic.Eval(in, g)
		if err != nil {
			t.Fatal(v.Name, err)
		}
		env.Values[v.Delta] = r[0]
	}
	hold := func(what string, q *notation.Equation, want *symbolic.Tensor) *symbolic.Tensor {
		t.Helper()
		got, left, err := q.EvalSome(env, sparse[d.Name])
		if err != nil {
			t.Errorf("%s %s: %v", what, q.Text(), err)
			return nil
		}
		if want == nil {
			return got
		}
		for i, w := range want.Data {
			if left[i] {
				continue
			}
			if x := got.Data[i]; math.Abs(x-w) > 1e-9*(1+math.Abs(w)) && !(math.IsNaN(x) && math.IsNaN(w)) {
				t.Errorf("%s %s\nat %d is %g, the interpreter says %g", what, q.Text(), i, x, w)
				return got
			}
		}
		return got
	}
	for _, v := range d.Values {
		if v.Def != nil {
			hold("forward", v.Def, env.Values[v.Value])
		}
	}
	for _, v := range d.Backwards() {
		hold("backward", v.Back.Equation, env.Values[v.Delta])
		hold("plain", v.Back.Plain, env.Values[v.Delta])
		for _, term := range v.Back.Terms {
			want := hold("term", term.Right, nil)
			hold("local", term.Local, want)
			hold("raw", term.Raw, want)
		}
	}
}
