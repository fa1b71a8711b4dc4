package driver

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/bpgen/bpgen/codegen"
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// A Phase is a point on the way at which a model can be looked at.
type Phase struct {
	Name, Doc string
	dump      func(w io.Writer, path string, src []byte, opt Options) (*Result, error)
}

// Phases returns the phases in order.
func Phases() []Phase {
	return []Phase{
		{"tokens", "the words of the file", dumpTokens},
		{"tree", "the syntax tree", dumpTree},
		{"graph", "the graph as the model says it", dumpGraph},
		{"rules", "the rewriting rules that make it stable, as they fire", dumpRules},
		{"grad", "the graph with its gradients, simplified", dumpGrad},
		{"loop", "the loop programs", dumpLoop},
		{"plan", "the loop programs' memory: what is kept where, and why", dumpPlan},
		{"go", "the generated files", dumpGo},
	}
}

// ErrPhase is the error for a phase that does not exist.
var ErrPhase = errors.New("no such phase")

// Dump writes the model in src as it stands after the named phase.
func Dump(w io.Writer, path string, src []byte, phase string, opt Options) (_ *Result, err error) {
	defer orBug(path, &err)
	phases := Phases()
	i := slices.IndexFunc(phases, func(p Phase) bool { return p.Name == phase })
	if i < 0 {
		return nil, fmt.Errorf("%w: %s", ErrPhase, phase)
	}
	return phases[i].dump(w, path, src, opt)
}

func dumpTokens(w io.Writer, path string, src []byte, _ Options) (*Result, error) {
	res := &Result{Sources: diag.Sources{path: src}}
	err := parser.DumpTokens(w, path, src, &res.Diags)
	res.Diags.Sort()
	return res, err
}

func dumpTree(w io.Writer, path string, src []byte, _ Options) (*Result, error) {
	res := &Result{Sources: diag.Sources{path: src}}
	f := parser.Parse(path, src, &res.Diags)
	res.Diags.Sort()
	return res, parser.Dump(w, f)
}

// load goes as far as the frontend.
func load(path string, src []byte, opt Options) (*module.Module, *Result) {
	res := &Result{}
	m, sources := frontend.Load(path, src, opt.frontend(), &res.Diags)
	res.Sources = sources
	res.Diags.Sort()
	return m, res
}

func dumpGraph(w io.Writer, path string, src []byte, opt Options) (*Result, error) {
	m, res := load(path, src, opt)
	if len(res.Diags) > 0 {
		return res, nil
	}
	return res, eachMember(m, func(name string, _ *symbolic.Graph, roots []*symbolic.Node) error {
		return dumpRoots(w, name, roots)
	})
}

// eachMember calls f with the values of every func and model.
func eachMember(m *module.Module, f func(name string, g *symbolic.Graph, roots []*symbolic.Node) error) error {
	nodes := func(vss ...[]*module.Value) (out []*symbolic.Node) {
		for _, vs := range vss {
			for _, v := range vs {
				out = append(out, v.Node)
			}
		}
		return out
	}
	for _, fn := range m.Funcs {
		if err := f("func "+fn.Name, fn.Graph, nodes(fn.Results)); err != nil {
			return err
		}
	}
	for _, mo := range m.Models {
		p := &mo.Train
		roots := nodes(p.Outputs, p.Metrics)
		if p.Loss != nil {
			roots = append(roots, p.Loss)
		}
		if err := f("model "+mo.Name, mo.Graph, roots); err != nil {
			return err
		}
	}
	return nil
}

func dumpRoots(w io.Writer, name string, roots []*symbolic.Node) error {
	if _, err := fmt.Fprintf(w, "%s:\n", name); err != nil {
		return err
	}
	return symbolic.Dump(w, roots...)
}

func dumpRules(w io.Writer, path string, src []byte, opt Options) (*Result, error) {
	m, res := load(path, src, opt)
	if len(res.Diags) > 0 {
		return res, nil
	}
	return res, eachMember(m, func(name string, g *symbolic.Graph, roots []*symbolic.Node) error {
		if _, err := fmt.Fprintf(w, "%s:\n", name); err != nil {
			return err
		}
		_, steps := g.RewriteSteps(symbolic.Stability, roots...)
		for _, s := range steps {
			if _, err := fmt.Fprintf(w, "\t%s\t%s: %s\n", s.Rule.Name, s.Before.Origin.Span.Pos, s.Before.Origin.Stmt); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachProcedure calls f with every procedure of the model in src and the name
// of the member that it belongs to.
func eachProcedure(path string, src []byte, opt Options, f func(name string, p *module.Procedure, float module.Float) error) (*Result, error) {
	_, d, res := front(path, src, opt)
	if len(res.Diags) > 0 {
		return res, nil
	}
	member := func(name string, float module.Float, ps []*module.Procedure) error {
		for _, p := range ps {
			if err := f(name+"."+p.Name, p, float); err != nil {
				return err
			}
		}
		return nil
	}
	for _, fn := range d.Funcs {
		if err := member(fn.Func.Name, fn.Func.Float, fn.All()); err != nil {
			return res, err
		}
	}
	for _, mo := range d.Models {
		if err := member(mo.Model.Name, mo.Model.Float, mo.All()); err != nil {
			return res, err
		}
	}
	return res, nil
}

func dumpGrad(w io.Writer, path string, src []byte, opt Options) (*Result, error) {
	return eachProcedure(path, src, opt, func(name string, p *module.Procedure, _ module.Float) error {
		var roots []*symbolic.Node
		for _, r := range p.Results {
			roots = append(roots, r.Node)
		}
		return dumpRoots(w, name, roots)
	})
}

func dumpLoop(w io.Writer, path string, src []byte, opt Options) (*Result, error) {
	return eachProcedure(path, src, opt, func(name string, p *module.Procedure, _ module.Float) error {
		prog, err := loop.Lower(p)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s:\n%s", name, prog)
		return err
	})
}

func dumpPlan(w io.Writer, path string, src []byte, opt Options) (*Result, error) {
	return eachProcedure(path, src, opt, func(name string, p *module.Procedure, float module.Float) error {
		prog, err := loop.Lower(p)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s:\n%s%s", name, loop.MakePlan(prog).Text(int(float)/8), codegen.PlanKernels(prog, float, opt.Strict))
		return err
	})
}

func dumpGo(w io.Writer, path string, src []byte, opt Options) (*Result, error) {
	res, err := Generate(path, src, opt)
	if err != nil {
		return res, err
	}
	for _, f := range res.Files {
		if _, err := fmt.Fprintf(w, "-- %s --\n%s", f.Name, f.Data); err != nil {
			return res, err
		}
	}
	return res, nil
}
