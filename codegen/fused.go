package codegen

import (
	"fmt"
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// A fusedStep is a step of training in which parameters are updated as soon as
// their gradient is complete, so that it is never stored. It is for batches of
// one tile; larger ones take a gradient and an update.
type fusedStep struct {
	*procedure
	most    int
	updated []*loop.Buffer // parameters
	numbers []*loop.Buffer // what the rule reads besides
}

// fuse finds the fused step of a model, or nil: there is one where the rule does
// the same to every parameter, and keeps nothing of its own.
func (p *modelPrinter) fuse() *fusedStep {
	r := p.m.Rule
	if r == nil || p.grad == nil || p.opt.Plain || len(r.States) > 0 || len(r.Updates) != 1 {
		return nil
	}
	u, rule := r.Updates[0], p.steps[0]
	if u.Ranks != nil || u.Norm != nil || !elementwise(rule) {
		return nil
	}
	holding := func(node *symbolic.Node) *loop.Buffer { return rule.holding(node) }
	w, g := holding(u.W), holding(u.G)
	if w == nil || g == nil {
		return nil
	}
	f := loop.Fuse(p.grad.raw, rule.raw, w, g, rule.outs[0], func(d *loop.Buffer) *loop.Buffer {
		i := slices.Index(p.grad.outs, d)
		if i < 0 || p.grad.proc.Results[i].Kind != module.ParamGradient {
			return nil
		}
		for _, b := range p.grad.inputs() {
			if in := inputOf(b); in.Kind == symbolic.ParamInput && in.Name == p.grad.proc.Results[i].Name {
				return b
			}
		}
		return nil
	})
	if f == nil {
		return nil
	}
	step := &fusedStep{most: f.Most, numbers: f.Numbers}
	step.procedure = &procedure{proc: p.grad.proc, raw: f.Program, prog: f.Program, plan: loop.MakePlan(f.Program)}
	for _, d := range p.grad.outs {
		if w := f.Updated[d]; w != nil {
			step.updated = append(step.updated, w)
			d = nil
		}
		step.outs = append(step.outs, d)
	}
	p.outline(step.procedure, p.m.Float, true)
	return step
}

func (p *modelPrinter) fusedProcedure() *procedure {
	if p.fused == nil {
		return nil
	}
	return p.fused.procedure
}

// stepMethod prints Step of a trainer that has a fused step.
func (p *modelPrinter) stepMethod() error {
	n, f := p.n, p.fused
	zero := []jen.Code{jen.Id(n.loss).Values()}
	t, w, b, grads := jen.Id("t"), jen.Id("w"), jen.Id("b"), jen.Id("grads")
	var numbers []jen.Code
	for _, x := range f.numbers {
		if in := inputOf(x); in.Kind == symbolic.HyperInput {
			numbers = append(numbers, jen.Add(t).Dot(n.hypers[in.Name]))
		} else {
			numbers = append(numbers, jen.Add(t).Dot("step"))
		}
	}
	body := []jen.Code{
		jen.List(w, grads).Op(":=").List(jen.Add(t).Dot("work"), jen.Add(t).Dot("grads")),
		jen.If(jen.Add(b).Dot("N").Op(">").Lit(f.most)).Block(
			p.gradAndUpdate(w, grads)...,
		),
	}
	body = append(body, p.prepare("checkLoss", f.procedure, zero)...)
	body = append(body, jen.Add(t).Dot("step").Op("++"))
	call := jen.Add(w).Dot("step").Call(append([]jen.Code{jen.Op("&").Add(b), grads}, numbers...)...)
	body = append(body, jen.Id("loss").Op(":=").Add(call))
	for _, q := range p.m.Params {
		if !slices.ContainsFunc(f.updated, func(b *loop.Buffer) bool { return inputOf(b).Name == q.Name }) {
			path := n.params.path(q.Name)
			body = append(body, jen.Add(t).Dot("update").Call(jen.Add(w).Dot("m").Dot("Params").Op(path), jen.Add(grads).Op(path)))
		}
	}
	body = append(body, p.commit()...)
	p.declareStep(append(body, jen.Return(jen.Id("loss"), jen.Nil())))
	if err := p.procedure("step", f.procedure); err != nil {
		return fmt.Errorf("step: %w", err)
	}
	return nil
}
