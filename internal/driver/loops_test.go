package driver_test

import (
	"fmt"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// A loopResult is what a loop program gives for a result of its procedure.
type loopResult struct {
	name string
	data []float64
}

// runLoops lowers a procedure, checks its loop program and interprets it: the
// results in order.
func runLoops(p *module.Procedure, env *symbolic.Env) ([]loopResult, error) {
	prog, err := loop.Lower(p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	if err := loop.Check(prog); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	in := map[string][]float64{}
	for _, x := range prog.Buffers {
		if x.Kind != loop.In {
			continue
		}
		t := env.Inputs[x.Node.Attr.Key()]
		if t == nil {
			return nil, fmt.Errorf("%s: no value for %s", p.Name, x.Name)
		}
		in[x.Name] = t.Data
	}
	plan := loop.MakePlan(prog)
	if tampered.program != nil {
		tampered.program(prog, plan)
	}
	got, err := loop.Run(prog, plan, env.Dims, in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	var out []loopResult
	for _, x := range prog.Buffers {
		if x.Kind == loop.Out {
			out = append(out, loopResult{"loop program: " + x.Name, got[x.Name]})
		}
	}
	return out, nil
}
