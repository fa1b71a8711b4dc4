package codegen

import (
	"fmt"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// trainerDecls prints the type that updates a model's parameters.
func (p *modelPrinter) trainerDecls() error {
	n, r, float := p.n, p.m.Rule, p.m.Float.String()
	var fields []jen.Code
	var lits []jen.Code // a line for each
	lit := func(name string, value jen.Code) { lits = append(lits, jen.Line().Id(name).Op(":").Add(value)) }
	for _, h := range r.Hypers {
		fields = append(fields, jen.Id(n.hypers[h.Name]).Id(float))
		lit(n.hypers[h.Name], number(h.Default))
	}
	if len(fields) > 0 {
		fields = append(fields, jen.Line())
	}
	fields = append(fields, jen.Id("m").Op("*").Id(n.typ), jen.Id("work").Op("*").Id(n.work),
		jen.Id("grads").Op("*").Id(n.params), jen.Id("step").Int())
	lit("m", jen.Id("m"))
	lit("work", jen.Id("m").Dot("NewWork").Call())
	lit("grads", jen.Id("m").Dot("NewGrads").Call())
	var fills []jen.Code
	for _, s := range r.States {
		f := n.states[s.Name]
		fields = append(fields, jen.Id(f).Op("*").Id(n.params).Comment(commentLine(s.Name+" of the update rule")))
		lit(f, jen.Id("m").Dot("NewGrads").Call())
		if s.Start != 0 {
			fills = append(fills, jen.Id("fill").Call(jen.Id("t").Dot(f).Dot("all"), number(s.Start)))
		}
	}
	lits = append(lits, jen.Line())
	doc := n.trainer + " trains a " + n.typ + " as the model says: " + clean(r.Text) + "."
	p.api.add(jen.Add(comment(doc, "The exported fields are the settings of the rule, which may be changed between", "steps.")).Line().
		Type().Id(n.trainer).Struct(fields...))
	body := []jen.Code{jen.Id("t").Op(":=").Op("&").Id(n.trainer).Values(lits...)}
	if len(fills) == 0 {
		body = []jen.Code{jen.Return(jen.Op("&").Id(n.trainer).Values(lits...))}
	} else {
		body = append(append(body, fills...), jen.Return(jen.Id("t")))
	}
	p.api.add(jen.Add(comment("NewTrainer returns a trainer that has made no step.")).Line().
		Func().Params(jen.Id("m").Op("*").Id(n.typ)).Id("NewTrainer").Params().Op("*").Id(n.trainer).Block(body...))

	text, err := p.templated("trainer.go.tmpl")
	if err != nil {
		return err
	}
	p.api.addText(text)
	if err := p.updateMethod(); err != nil {
		return err
	}
	p.settings()
	return nil
}

// settings prints what a file of the trainer holds beside the tensors.
func (p *modelPrinter) settings() {
	n, r, float := p.n, p.m.Rule, p.m.Float.String()
	recv := jen.Id("t").Op("*").Id(n.trainer)
	tensors := []jen.Code{jen.Id("all").Op(":=").Id("t").Dot("m").Dot("Params").Dot("Tensors").Call()}
	for _, s := range r.States {
		tensors = append(tensors, jen.Id("all").Op("=").Append(jen.Id("all"),
			jen.Id("prefixed").Call(jen.Lit(clean(s.Name)+"/"), jen.Id("t").Dot(n.states[s.Name]).Dot("Tensors").Call()).Op("...")))
	}
	tensors = append(tensors, jen.Return(jen.Id("all")))
	p.api.add(jen.Add(comment("tensors are all numbers that training goes on from.")).Line().
		Func().Params(recv).Id("tensors").Params().Index().Id("Tensor").Index(jen.Id(float)).Block(tensors...))

	lits := jen.Dict{jen.Lit("rule"): jen.Lit(r.Name), jen.Lit("step"): jen.Qual("strconv", "Itoa").Call(jen.Id("t").Dot("step"))}
	read := []jen.Code{
		jen.If(jen.Id("got").Op(":=").Id("meta").Index(jen.Lit("rule")), jen.Id("got").Op("!=").Lit(r.Name)).Block(
			jen.Return(jen.Qual("fmt", "Errorf").Call(jen.Lit("has rule %q, want %q"), jen.Id("got"), jen.Lit(r.Name)))),
		jen.List(jen.Id("step"), jen.Err()).Op(":=").Qual("strconv", "Atoi").Call(jen.Id("meta").Index(jen.Lit("step"))),
		jen.If(jen.Err().Op("!=").Nil().Op("||").Id("step").Op("<").Lit(0)).Block(
			jen.Return(jen.Qual("fmt", "Errorf").Call(jen.Lit("has step %q, want a number"), jen.Id("meta").Index(jen.Lit("step"))))),
		jen.Id("t").Dot("step").Op("=").Id("step"),
	}
	for _, h := range r.Hypers {
		f := jen.Id("t").Dot(n.hypers[h.Name])
		key := jen.Lit("hyper." + clean(h.Name))
		lits[key] = jen.Id("formatSetting").Call(f)
		read = append(read, jen.If(jen.Err().Op(":=").Id("parseSetting").Call(jen.Id("meta"), key, jen.Op("&").Add(f)), jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err())))
	}
	read = append(read, jen.Return(jen.Nil()))
	p.api.add(jen.Add(comment("settings are the numbers beside the tensors, as text.")).Line().
		Func().Params(recv).Id("settings").Params().Map(jen.String()).String().Block(jen.Return(jen.Map(jen.String()).String().Values(lits))))
	p.api.add(jen.Add(comment("set takes settings back.")).Line().
		Func().Params(recv).Id("set").Params(jen.Id("meta").Map(jen.String()).String()).Error().Block(read...))
}

// updateMethod prints Update and the loops of the rule.
func (p *modelPrinter) updateMethod() error {
	n, r := p.n, p.m.Rule
	recv := jen.Id("t").Op("*").Id(n.trainer)
	body := []jen.Code{
		guard(jen.Id("t").Dot("m").Dot("Params").Dot("check").Call(jen.Lit("Params"), jen.Id("t").Dot("m"))),
		guard(jen.Id("grads").Dot("check").Call(jen.Lit("grads"), jen.Id("t").Dot("m"))),
		jen.Id("t").Dot("step").Op("++"),
	}
	if r.GradNorm {
		body = append(body, jen.Id("size").Op(":=").Id("norm").Call(jen.Id("grads").Dot("all")))
	}
	for i, u := range r.Updates {
		name := "update"
		if len(r.Updates) > 1 {
			name = fmt.Sprintf("update%d", i)
		}
		call := func(path string) {
			args := []jen.Code{jen.Id("t").Dot("m").Dot("Params").Op("." + path), jen.Id("grads").Op("." + path)}
			for _, s := range r.States {
				args = append(args, jen.Id("t").Dot(n.states[s.Name]).Op("."+path))
			}
			if u.Norm != nil {
				args = append(args, jen.Id("size"))
			}
			body = append(body, jen.Id("t").Dot(name).Call(args...))
		}
		if u.Ranks == nil {
			call("all")
		} else {
			for _, q := range p.m.Params {
				for _, k := range u.Ranks {
					if k == len(q.Shape) {
						call(n.tree.path(q.Name))
					}
				}
			}
		}
		if err := p.updateLoops(name, u, p.steps[i]); err != nil {
			return err
		}
	}
	body = append(body, jen.Return(jen.Nil()))
	p.api.add(jen.Add(comment("Update changes the parameters by a gradient.")).Line().
		Func().Params(recv).Id("Update").Params(jen.Id("grads").Op("*").Id(n.params)).Error().Block(body...))
	return nil
}

// updateLoops prints the rule for one block of weights. Weights and states
// are updated in place.
func (p *modelPrinter) updateLoops(name string, u *module.Update, pr *procedure) error {
	n, r, float := p.n, p.m.Rule, p.m.Float.String()
	s := newScope(p.scope, "t")
	q := newPrinter(pr.prog, s, p.m.Float, p.helpers)
	byNode := map[*symbolic.Node]*loop.Buffer{}
	for _, b := range pr.inputs() {
		byNode[b.Node] = b
	}
	q.symbol[sizeSymbol(u.W.Shape)] = jen.Id(s.pick("n"))
	var params []jen.Code
	block := func(name string, in *symbolic.Node, out *loop.Buffer) {
		id := s.pick(local(name))
		params = append(params, jen.Id(id))
		for _, b := range []*loop.Buffer{byNode[in], out} {
			if b != nil {
				q.bufs[b] = id
			}
		}
	}
	block("w", u.W, pr.outs[0])
	block("g", u.G, nil)
	for i, st := range r.States {
		block(st.Name, st.Node, pr.outs[1+i])
	}
	params = []jen.Code{jen.List(params...).Index().Id(float)}
	for _, h := range r.Hypers {
		if b := byNode[h.Node]; b != nil && q.uses.touched[b] {
			q.bufs[b], q.scalars[b] = "t."+n.hypers[h.Name], true
		}
	}
	if u.Norm != nil {
		id := s.pick("size")
		params = append(params, jen.Id(id).Id(float))
		if b := byNode[u.Norm]; b != nil {
			q.bufs[b], q.scalars[b] = id, true
		}
	}
	if b := byNode[u.Step]; u.Step != nil && b != nil {
		q.bufs[b], q.scalars[b] = "t.step", true
	}
	if !pr.plan.Reals.Is(0) || !pr.plan.Ints.Is(0) {
		return fmt.Errorf("the rule %s needs memory beside its states", r.Name)
	}
	if b := overwritten(pr, q.bufs); b != nil {
		return fmt.Errorf("the rule %s cannot be computed in place: it reads %s after it is changed", r.Name, b.Name)
	}
	body := q.block(func() {
		for _, b := range pr.temps() {
			q.scalars[b] = true
			q.bufs[b] = s.pick(local(b.Name))
		}
		q.stmts(pr.prog.Body)
	})
	views := []jen.Code{jen.Id("n").Op(":=").Len(jen.Id("w"))}
	p.loops.add(jen.Add(comment(name + " changes weights w in place by their gradient g: " + clean(r.Text))).Line().
		Func().Params(jen.Id("t").Op("*").Id(n.trainer)).Id(name).Params(params...).Block(append(views, body...)...))
	return nil
}

func sizeSymbol(s symbolic.Shape) string {
	for _, d := range s {
		for _, x := range d.Syms() {
			return x
		}
	}
	return "n"
}

// overwritten returns an input that is read after a result in the same memory
// is stored, or nil.
func overwritten(pr *procedure, names map[*loop.Buffer]string) (bad *loop.Buffer) {
	stored := map[string]bool{}
	walkStmts(pr.prog.Body, func(s loop.Stmt) {
		for _, e := range exprsOf(s) {
			walkExpr(e, func(e loop.Expr) {
				if l, ok := e.(*loop.Load); ok && l.Buf.Kind == loop.In && stored[names[l.Buf]] && bad == nil {
					bad = l.Buf
				}
			})
		}
		if st, ok := s.(*loop.Store); ok && st.Buf.Kind == loop.Out {
			stored[names[st.Buf]] = true
		}
	})
	return bad
}
