package driver_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/internal/randprog"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// A check that finds nothing may be one that can find nothing. So bpgen is broken on
// purpose here, in one place at a time, and what holds random programs against each other
// must notice, by the check that is named.

// tampered is where what bpgen makes can be changed on its way to the checks.
var tampered struct {
	module  func(*module.Module)            // the model as it says it, which nothing has rewritten
	program func(*loop.Program, *loop.Plan) // a loop program with its plan of memory
	file    func(pkg, text string) string   // a generated file
}

// A sabotage breaks bpgen until undo is called.
type sabotage struct {
	what  string
	apply func() (undo func())
	says  string // of what notices it; empty: it must not be noticed
}

// wrong changes an operator of the table.
func wrong(name string, change func(op *symbolic.OpSpec)) func() func() {
	return func() func() {
		op := symbolic.Lookup(name)
		was := *op
		change(op)
		return func() { *op = was }
	}
}

// minus is a derivative with its sign flipped.
func minus(d func(*symbolic.Graph, []*symbolic.Node, *symbolic.Node) *symbolic.Node) func(*symbolic.Graph, []*symbolic.Node, *symbolic.Node) *symbolic.Node {
	return func(g *symbolic.Graph, x []*symbolic.Node, y *symbolic.Node) *symbolic.Node {
		return g.Apply(named("neg"), nil, d(g, x, y))
	}
}

func named(op string) *symbolic.OpSpec { return symbolic.Lookup(op) }

// rule puts another function in the place of a rewriting rule.
func rule(name string, change func(was func(*symbolic.Graph, *symbolic.Node) *symbolic.Node) func(*symbolic.Graph, *symbolic.Node) *symbolic.Node) func() func() {
	return func() func() {
		all := symbolic.Rules()
		r := all[slices.IndexFunc(all, func(r *symbolic.Rule) bool { return r.Name == name })]
		was := r.Func
		r.Func = change(was)
		return func() { r.Func = was }
	}
}

func inModule(f func(*module.Module)) func() func() {
	return func() func() { tampered.module = f; return func() { tampered.module = nil } }
}

func inProgram(f func(*loop.Program, *loop.Plan)) func() func() {
	return func() func() { tampered.program = f; return func() { tampered.program = nil } }
}

// sabotages are noticed without a compiler of Go.
var sabotages = []sabotage{
	{"the derivative of sin has another sign", wrong("sin", func(op *symbolic.OpSpec) {
		op.Partial = append(slices.Clone(op.Partial)[:0:0], minus(op.Partial[0]))
	}), "finite differences say"},
	{"the gradient of a maximum goes to the other", wrong("max", func(op *symbolic.OpSpec) {
		grad := op.Grad
		op.Grad = func(g *symbolic.Graph, y, dy *symbolic.Node) []*symbolic.Node {
			ds := grad(g, y, dy)
			return []*symbolic.Node{ds[1], ds[0]}
		}
	}), "⟨u, Jv⟩ against ⟨Jᵀu, v⟩"},
	{"x·x is rewritten as x", rule("x * x", func(func(*symbolic.Graph, *symbolic.Node) *symbolic.Node) func(*symbolic.Graph, *symbolic.Node) *symbolic.Node {
		return func(_ *symbolic.Graph, n *symbolic.Node) *symbolic.Node {
			if n.Args[0] == n.Args[1] {
				return n.Args[0]
			}
			return nil
		}
	}), "simplified"},
	{"a factor that leaves a sum changes its sign", rule("sum of product", func(was func(*symbolic.Graph, *symbolic.Node) *symbolic.Node) func(*symbolic.Graph, *symbolic.Node) *symbolic.Node {
		return func(g *symbolic.Graph, n *symbolic.Node) *symbolic.Node {
			m := was(g, n)
			if m != nil {
				m = g.Apply(named("neg"), nil, m)
			}
			return m
		}
	}), "against the graph as it was"},
	{"a loop ends one pass early", inProgram(func(p *loop.Program, _ *loop.Plan) {
		done := false
		loop.Walk(p.Body, func(s loop.Stmt) {
			if l, ok := s.(*loop.Loop); ok && !done {
				l.Extent, done = l.Extent.Sub(symbolic.Int(1)), true
			}
		})
	}), "loop: "},
	{"temporaries lie in one place", inProgram(func(p *loop.Program, plan *loop.Plan) {
		for b := range plan.Offset {
			plan.Offset[b] = symbolic.Int(0)
		}
	}), "loop: "},
	{"a batch counts its first example twice, and its last not at all", inModule(func(m *module.Module) {
		if len(m.Models) == 0 || m.Models[0].Train.Loss == nil {
			return
		}
		x := m.Models[0]
		by := map[*symbolic.Node]*symbolic.Node{}
		for _, a := range x.Args {
			n := a.Node.Shape[0]
			first := x.Graph.Slice(a.Node, 0, symbolic.Int(0), symbolic.Int(1))
			by[a.Node] = x.Graph.Concat(0, first, x.Graph.Slice(a.Node, 0, symbolic.Int(0), n.Sub(symbolic.Int(1))))
		}
		x.Train.Loss = x.Graph.Substitute([]*symbolic.Node{x.Train.Loss}, by)[0]
	}), "the mean of the examples"},
}

// mostPrograms is how many it may take to notice a sabotage.
const mostPrograms = 60

// TestSabotage breaks bpgen in each of these ways. The first programs notice.
func TestSabotage(t *testing.T) {
	for _, s := range sabotages {
		t.Run(s.what, func(t *testing.T) {
			defer s.apply()()
			for seed := uint64(1); seed <= mostPrograms; seed++ {
				_, err := checkClosely(randprog.New(seed), "float64", fewRuns)
				if kind(err) != "" && strings.Contains(err.Error(), s.says) {
					t.Logf("program %d: %v", seed, err)
					return
				}
			}
			t.Errorf("%d programs have not noticed", mostPrograms)
		})
	}
}

// part is how the parts of a sum, one for each thread that helped, are added up.
var sumOfParts = regexp.MustCompile(`for _, x := range (k\.sum\d+) \{\n\t\ts \+= x\n`)

// inFiles changes generated files of a package, all that match.
func inFiles(pkg string, at *regexp.Regexp, by string) func() func() {
	return func() func() {
		tampered.file = func(p, text string) string {
			if p == pkg {
				text = at.ReplaceAllString(text, by)
			}
			return text
		}
		return func() { tampered.file = nil }
	}
}

// generatedSabotages are noticed when generated Go has run.
var generatedSabotages = []sabotage{
	{"the sum of parts is taken the other way round by several threads", inFiles("r0f64", sumOfParts, `for i := range $1 {
		x := $1[i]
		if defaultThreads > 1 {
			x = $1[len($1)-1-i]
		}
		s += x
`), "threads"},
	{"float64 is summed in another order", inFiles("r0f64", sumOfParts, `for i := range $1 {
		s += $1[len($1)-1-i]
`), ""},
	{"float32 is summed in another order", inFiles("r0f32", sumOfParts, `for i := range $1 {
		s += $1[len($1)-1-i]
`), ""},
	{"a sum leaves out a part", inFiles("r0f64", sumOfParts, `for _, x := range $1[1:] {
		s += x
`), "element"},
	{"a trainer forgets to count its steps", inFiles("r0plain", regexp.MustCompile(`\n\tt\.step\+\+`), ""), "losses of steps"},
}

// sabotaged are programs that have what these break.
var sabotaged = &randprog.Program{Seed: 1, Name: "P1", Decls: `func P1(x [n], y [n]) derive grad {
    a = tanh(x)*y
    return sum[i < n](sin(x[i])*y[i]) + sumsq(a)
}
`}

var trainedModel = &randprog.Program{Seed: 2, Name: "P2", Model: true, Decls: `model P2(x [3], y real) {
    param w [3] ~ normal(0, 0.5)
    z = tanh(dot(w, x))
    output z
    loss (z - y)^2
    train adam(lr = 0.1)
}
`}

// TestGeneratedSabotage breaks generated Go. What only rounds otherwise is not noticed.
func TestGeneratedSabotage(t *testing.T) {
	var cases []*randomCase
	for _, p := range []*randprog.Program{sabotaged, trainedModel} {
		c, err := checkRandom(p, "float64")
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	for _, s := range generatedSabotages {
		t.Run(s.what, func(t *testing.T) {
			undo := s.apply()
			change, changed := tampered.file, false
			tampered.file = func(pkg, text string) string {
				out := change(pkg, text)
				changed = changed || out != text
				return out
			}
			defer undo()
			failed := map[uint64]error{}
			if err := runCompiled(t.TempDir(), cases, failed); err != nil {
				t.Fatal(err)
			}
			if !changed {
				t.Fatal("there is nothing to break")
			}
			for _, err := range failed {
				if s.says != "" && strings.Contains(err.Error(), s.says) {
					t.Log(err)
					return
				}
			}
			if s.says != "" || len(failed) > 0 {
				t.Errorf("it says %v, want %q", failed, s.says)
			}
		})
	}
}

// TestGuardedSabotage lets each kernel go on for one element, into a page that must not be touched.
func TestGuardedSabotage(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("pages are protected as Linux does it, and assembly is that of amd64")
	}
	r := &conformanceRun{dir: t.TempDir()}
	if err := r.addAny("far", "far.bp", []byte(randprog.File("far", sabotaged)), nil, "float64", 1); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(r.dir, "far", "far_amd64.go")
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	further := regexp.MustCompile(`(return |\t)(\w+AVX(?:512|2)\()(first, count|n)\b`)
	if !further.Match(src) {
		t.Fatal("there is nothing to break")
	}
	write(t, path, further.ReplaceAllString(string(src), "$1$2$3+1"))
	r.buildGuarded(t)
	in, err := json.Marshal(r.calls)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"avx512", "avx2"} {
		if _, err := r.reports(in, "BPGEN_CPU="+k, "BPGEN_THREADS=2", "GUARD=end"); err == nil || !strings.Contains(err.Error(), "fault") {
			t.Errorf("%s writes beyond the end, and it says %v", k, err)
		}
	}
}
