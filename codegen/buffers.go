package codegen

import (
	"fmt"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// A procedure is one printed: what its function needs around the loops.
type procedure struct {
	proc *module.Procedure
	prog *loop.Program // with calls of kernels
	raw  *loop.Program // as lowered
	plan *loop.Plan
	outs []*loop.Buffer // parallel to proc.Results

	merged map[*loop.Buffer]*loop.Buffer // what inputs and results are that are one block of memory

	inWork bool // it is a method of a work, or of what has one
	tasks  bool // some kernels are done in parts
}

func lower(p *module.Procedure) (*procedure, error) {
	if p == nil {
		return nil, nil
	}
	prog, err := loop.Lower(p)
	if err != nil {
		return nil, err
	}
	plan := loop.MakePlan(prog)
	out := &procedure{proc: p, prog: prog, raw: prog, plan: plan}
	for _, b := range prog.Buffers {
		if b.Kind == loop.Out {
			out.outs = append(out.outs, b)
		}
	}
	if len(out.outs) != len(p.Results) {
		return nil, fmt.Errorf("codegen: %s has %d results and %d buffers for them", p.Name, len(p.Results), len(out.outs))
	}
	for i, r := range p.Results {
		if (r.Kind == module.LossResult || r.Kind == module.MetricResult) && len(out.outs[i].Shape) > 0 {
			return nil, fmt.Errorf("codegen: %s of %s has shape %s, want a scalar", r.Name, p.Name, out.outs[i].Shape)
		}
	}
	return out, nil
}

// outline makes kernels of what is worth it, for a work or without one.
func (g *generator) outline(p *procedure, float module.Float, inWork bool) {
	prog := *p.raw
	if len(p.merged) > 0 {
		prog.Body = loop.Merged(prog.Body, p.merged)
	}
	prog.Body = unswitch(loop.Outline(prog.Body, loop.WorthKernel, func(k *loop.Kernel) bool { return g.kernels.accepts(k, inWork) }))
	loop.Walk(prog.Body, func(s loop.Stmt) {
		if c, ok := s.(*loop.Call); ok {
			p.tasks = g.kernels.of(c.Kernel, float, inWork).method() || p.tasks
		}
	})
	p.prog, p.inWork = &prog, inWork
}

// inputs returns the buffers that come from the caller.
func (p *procedure) inputs() (out []*loop.Buffer) {
	for _, b := range p.prog.Buffers {
		if b.Kind == loop.In {
			out = append(out, b)
		}
	}
	return out
}

func (p *procedure) temps() (out []*loop.Buffer) {
	for _, b := range p.prog.Buffers {
		if b.Kind == loop.Temp {
			out = append(out, b)
		}
	}
	return out
}

// holding returns the input that holds n, or nil where it is not read.
func (p *procedure) holding(n *symbolic.Node) *loop.Buffer {
	for _, b := range p.inputs() {
		if b.Node == n {
			return b
		}
	}
	return nil
}

// inputOf returns what kind of thing an input is, and its name.
func inputOf(b *loop.Buffer) symbolic.Input {
	in, _ := b.Node.Attr.(symbolic.Input)
	return in
}

// arenaTemps declares the temporaries of a program as parts of two arenas.
func (p *printer) arenaTemps(pr *procedure, reals, ints jen.Code) {
	for _, b := range pr.temps() {
		if len(b.Shape) == 0 {
			p.scalars[b] = true
			p.bufs[b] = p.scope.pick(local(b.Name))
			continue
		}
		if !p.uses.touched[b] {
			continue
		}
		if b.Grows() {
			p.growing(b)
			continue
		}
		p.bufs[b] = p.scope.pick(local(b.Name))
		arena := reals
		if b.Type != symbolic.Real {
			arena = ints
		}
		p.put(jen.Id(p.bufs[b]).Op(":=").Add(slot(arena, polyCode(pr.plan.Offset[b], p.sym), polyCode(b.Shape.Size(), p.sym), pr.plan.Offset[b].Is(0))))
	}
}

func slot(arena jen.Code, from, n printed, first bool) jen.Code {
	if first {
		return jen.Add(arena).Index(jen.Empty(), n.code)
	}
	return jen.Add(arena).Index(from.code, jen.Empty()).Index(jen.Empty(), n.code)
}

// arrayTemps declares the temporaries of a small program as arrays; those that
// grow have their places.
func (p *printer) arrayTemps(pr *procedure) {
	for _, b := range pr.temps() {
		if len(b.Shape) == 0 {
			p.scalars[b] = true
			p.bufs[b] = p.scope.pick(local(b.Name))
			continue
		}
		if !p.uses.touched[b] {
			continue
		}
		if b.Grows() {
			continue
		}
		n, _ := b.Shape.Size().Const()
		p.bufs[b] = p.scope.pick(local(b.Name))
		p.arrays[b] = true
		elem := jen.Code(p.floatType())
		if b.Type != symbolic.Real {
			elem = jen.Int32()
		}
		p.put(jen.Var().Id(p.bufs[b]).Index(jen.Lit(n)).Add(elem))
	}
}

// elemType is the Go type of a buffer's elements in the API.
func elemType(f module.Float, t symbolic.Type) *jen.Statement {
	switch t {
	case symbolic.Integer:
		return jen.Int32()
	case symbolic.Boolean:
		return jen.Bool()
	}
	return jen.Id(f.String())
}
