package codegen

import (
	"fmt"
	"slices"

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
	if len(p.m.Samples) > 0 {
		fields = append(fields, jen.Id("Seed").Uint64().Comment("of the samples, together with the number of the step"))
		lit("Seed", jen.Id("m").Dot("seed"))
	}
	if len(fields) > 0 {
		fields = append(fields, jen.Line())
	}
	fields = append(fields, jen.Id("m").Op("*").Id(n.typ), jen.Id("work").Op("*").Id(n.work),
		jen.Id("grads").Op("*").Id(n.params.typ), jen.Id("step").Int())
	lit("m", jen.Id("m"))
	lit("work", jen.Id("m").Dot("NewWork").Call())
	lit("grads", jen.Id("m").Dot("NewGrads").Call())
	var fills []jen.Code
	for _, s := range r.States {
		f := n.rule[s.Name]
		fields = append(fields, jen.Id(f).Op("*").Id(n.params.typ).Comment(commentLine(s.Name+" of the update rule")))
		lit(f, jen.Id("m").Dot("NewGrads").Call())
		if s.Start != 0 {
			fills = append(fills, jen.Id("fill").Call(jen.Id("t").Dot(f).Dot("all"), number(s.Start)))
		}
	}
	if p.ruleKeeps(func(u *module.Update, pr *procedure) symbolic.Poly { return ruleRoom(r, u, pr) }) {
		fields = append(fields, jen.Id("reals").Index().Id(float).Comment("what the update rule computes in"))
	}
	if p.ruleKeeps(func(_ *module.Update, pr *procedure) symbolic.Poly { return pr.plan.Ints }) {
		fields = append(fields, jen.Id("ints").Index().Int32())
	}
	lits = append(lits, jen.Line())
	doc := n.trainer + " trains a " + n.typ + " as the model says: " + clean(r.Text) + "."
	p.api.add(jen.Add(prose(doc, "The exported fields are the settings of the rule, which may be changed between", "steps.")).Line().
		Type().Id(n.trainer).Struct(fields...))
	body := []jen.Code{jen.Id("t").Op(":=").Op("&").Id(n.trainer).Values(lits...)}
	if len(fills) == 0 {
		body = []jen.Code{jen.Return(jen.Op("&").Id(n.trainer).Values(lits...))}
	} else {
		body = append(append(body, fills...), jen.Return(jen.Id("t")))
	}
	p.api.add(jen.Add(prose("NewTrainer returns a trainer that has made no step.")).Line().
		Func().Params(jen.Id("m").Op("*").Id(n.typ)).Id("NewTrainer").Params().Op("*").Id(n.trainer).Block(body...))

	text, err := p.templated("trainer.go.tmpl")
	if err != nil {
		return err
	}
	p.api.addText(text)
	if p.fused == nil {
		p.declareStep(p.gradAndUpdate(jen.Id("t").Dot("work"), jen.Id("t").Dot("grads")))
	} else if err = p.stepMethod(); err != nil {
		return err
	}
	p.updateMethod()
	p.settings()
	return nil
}

// declareStep prints the method Step.
func (p *modelPrinter) declareStep(body []jen.Code) {
	n := p.n
	if len(p.m.Samples) > 0 {
		t := jen.Id("t")
		body = append([]jen.Code{jen.List(jen.Add(t).Dot("work").Dot("Seed"), jen.Add(t).Dot("work").Dot("Step")).Op("=").
			List(jen.Add(t).Dot("Seed"), jen.Add(t).Dot("step").Op("+").Lit(1))}, body...)
	}
	p.api.add(jen.Add(prose("Step computes the loss of a batch and its gradient, and updates the", "parameters. The loss is that before the update.")).Line().
		Func().Params(jen.Id("t").Op("*").Id(n.trainer)).Id("Step").Params(jen.Id("b").Id(n.batch)).Params(jen.Id(n.loss), jen.Error()).Block(body...))
}

// gradAndUpdate prints a step that stores the whole gradient.
func (p *modelPrinter) gradAndUpdate(work, grads jen.Code) []jen.Code {
	update := jen.Id("t").Dot("Update").Call(grads)
	body := []jen.Code{
		jen.List(jen.Id("loss"), jen.Err()).Op(":=").Add(work).Dot("Grad").Call(jen.Id("b"), grads),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Id("loss"), jen.Err())),
	}
	if p.n.states == nil {
		return append(body, jen.Return(jen.Id("loss"), update))
	}
	body = append(body, guard(update, jen.Id("loss")))
	return append(append(body, p.commit()...), jen.Return(jen.Id("loss"), jen.Nil()))
}

// commit prints what makes the next states those of the model.
func (p *modelPrinter) commit() []jen.Code {
	if p.n.states == nil {
		return nil
	}
	return []jen.Code{jen.Id("copy").Call(jen.Id("t").Dot("m").Dot("States").Dot("all"), jen.Id("t").Dot("work").Dot("next").Dot("all"))}
}

// settings prints what a file of the trainer holds beside the tensors.
func (p *modelPrinter) settings() {
	n, r, float := p.n, p.m.Rule, p.m.Float.String()
	recv := jen.Id("t").Op("*").Id(n.trainer)
	model := jen.Id("t").Dot("m").Dot("Params").Dot("Tensors").Call()
	if n.states != nil {
		model = jen.Id("t").Dot("m").Dot("tensors").Call()
	}
	tensors := []jen.Code{jen.Id("all").Op(":=").Add(model)}
	for _, s := range r.States {
		tensors = append(tensors, jen.Id("all").Op("=").Append(jen.Id("all"),
			jen.Id("prefixed").Call(jen.Lit(clean(s.Name)+"/"), jen.Id("t").Dot(n.rule[s.Name]).Dot("Tensors").Call()).Op("...")))
	}
	tensors = append(tensors, jen.Return(jen.Id("all")))
	p.api.add(jen.Add(prose("tensors are all numbers that training goes on from.")).Line().
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
	if len(p.m.Samples) > 0 {
		f := jen.Id("t").Dot("Seed")
		lits[jen.Lit("seed")] = jen.Qual("strconv", "FormatUint").Call(f, jen.Lit(10))
		read = append(read,
			jen.List(jen.Id("seed"), jen.Err()).Op(":=").Qual("strconv", "ParseUint").Call(jen.Id("meta").Index(jen.Lit("seed")), jen.Lit(10), jen.Lit(64)),
			jen.If(jen.Err().Op("!=").Nil()).Block(
				jen.Return(jen.Qual("fmt", "Errorf").Call(jen.Lit("has seed %q, want a number"), jen.Id("meta").Index(jen.Lit("seed"))))),
			jen.Add(f).Op("=").Id("seed"))
	}
	read = append(read, jen.Return(jen.Nil()))
	p.api.add(jen.Add(prose("settings are the numbers beside the tensors, as text.")).Line().
		Func().Params(recv).Id("settings").Params().Map(jen.String()).String().Block(jen.Return(jen.Map(jen.String()).String().Values(lits))))
	p.api.add(jen.Add(prose("set takes settings back.")).Line().
		Func().Params(recv).Id("set").Params(jen.Id("meta").Map(jen.String()).String()).Error().Block(read...))
}

// updateMethod prints Update and the loops of the rule.
func (p *modelPrinter) updateMethod() {
	n, r := p.n, p.m.Rule
	recv := jen.Id("t").Op("*").Id(n.trainer)
	body := []jen.Code{
		guard(p.checked(jen.Id("t").Dot("m"))),
		guard(p.sized(jen.Id("grads"), "grads", jen.Id("t").Dot("m"))),
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
			args := []jen.Code{jen.Id("t").Dot("m").Dot("Params").Op(path), jen.Id("grads").Op(path)}
			for _, s := range r.States {
				args = append(args, jen.Id("t").Dot(n.rule[s.Name]).Op(path))
			}
			if u.Norm != nil {
				args = append(args, jen.Id("size"))
			}
			body = append(body, jen.Id("t").Dot(name).Call(args...))
		}
		switch {
		case u.Ranks == nil && elementwise(p.steps[i]):
			call(".all")
		default:
			for _, q := range p.m.Params {
				if u.Ranks == nil || slices.Contains(u.Ranks, len(q.Shape)) {
					call(n.params.path(q.Name))
				}
			}
		}
		p.updateLoops(name, u, p.steps[i])
	}
	body = append(body, jen.Return(jen.Nil()))
	p.api.add(jen.Add(prose("Update changes the parameters by a gradient.")).Line().
		Func().Params(recv).Id("Update").Params(jen.Id("grads").Op("*").Id(n.params.typ)).Error().Block(body...))
}

// updateLoops prints the rule for one block of weights. Weights and states
// are updated in place, or where they are still read after that at the end.
func (p *modelPrinter) updateLoops(name string, u *module.Update, pr *procedure) {
	n, r, float := p.n, p.m.Rule, p.m.Float.String()
	s := newScope(p.scope, "t")
	q := p.procedurePrinter(pr, s, p.m.Float)
	if pr.tasks {
		q.tasks = jen.Id("t").Dot("work").Dot("tasks")
	}
	byNode := map[*symbolic.Node]*loop.Buffer{}
	for _, b := range pr.inputs() {
		byNode[b.Node] = b
	}
	size := jen.Id(s.pick("n"))
	q.symbol[sizeSymbol(u.W.Shape)] = size
	var params, head, after []jen.Code
	room := ruleRoom(r, u, pr)
	at := pr.plan.Reals
	block := func(name string, in *symbolic.Node, out *loop.Buffer) {
		id := s.pick(local(name))
		params = append(params, jen.Id(id))
		q.bufs[byNode[in]] = id
		if one := pr.merged[byNode[in]]; one != nil {
			q.bufs[one] = id
		}
		if out == nil {
			return
		}
		q.bufs[out] = id
		if overwritten(pr.raw.Body, byNode[in], out) {
			next := s.pick(local("next " + name))
			q.bufs[out] = next
			head = append(head, jen.Id(next).Op(":=").Add(slot(jen.Id("t").Dot("reals"), polyCode(at, q.sym), polyCode(u.W.Shape.Size(), q.sym), at.Is(0))))
			at = at.Add(u.W.Shape.Size())
			after = append(after, jen.Id("copy").Call(jen.Id(id), jen.Id(next)))
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
	grow := func(field string, size symbolic.Poly) {
		if !size.Is(0) {
			f := jen.Id("t").Dot(field)
			head = append([]jen.Code{jen.Add(f).Op("=").Id("grow").Call(f, polyCode(size, q.sym).code)}, head...)
		}
	}
	grow("ints", pr.plan.Ints)
	grow("reals", room)
	body := q.block(func() {
		q.arenaTemps(pr, jen.Id("t").Dot("reals"), jen.Id("t").Dot("ints"))
		q.stmts(pr.prog.Body)
		q.put(after...)
	})
	head = append([]jen.Code{jen.Add(size).Op(":=").Len(jen.Id("w"))}, head...)
	if pr.tasks {
		head = append(head, jen.Id("t").Dot("work").Dot("tasks").Dot("threads").Op("=").Id("t").Dot("work").Dot("Threads"))
	}
	p.loops.add(jen.Add(prose(name + " changes weights w in place by their gradient g: " + clean(r.Text))).Line().
		Func().Params(jen.Id("t").Op("*").Id(n.trainer)).Id(name).Params(params...).Block(append(head, body...)...))
}

// mergeInPlace has weights and states be one buffer with what they become, where a rule is
// done with an element before it sets it.
func (p *procedure) mergeInPlace(r *module.Rule, u *module.Update) {
	again := false // a loop's program has statements of its own, which are left as they are
	loop.Walk(p.raw.Body, func(s loop.Stmt) {
		_, is := s.(*loop.While)
		again = again || is
	})
	if again {
		return
	}
	p.merged = map[*loop.Buffer]*loop.Buffer{}
	for i, out := range p.outs {
		node := u.W
		if i > 0 {
			node = r.States[i-1].Node
		}
		if in := p.holding(node); in != nil && !overwritten(p.raw.Body, in, out) {
			one := *in
			one.Kind = loop.Out
			p.merged[in], p.merged[out] = &one, &one
		}
	}
}

// ruleKeeps reports whether an update needs memory of a kind.
func (p *modelPrinter) ruleKeeps(size func(u *module.Update, pr *procedure) symbolic.Poly) bool {
	for i, u := range p.m.Rule.Updates {
		if !size(u, p.steps[i]).Is(0) {
			return true
		}
	}
	return false
}

// ruleRoom is how many numbers a rule keeps while it updates a block.
func ruleRoom(r *module.Rule, u *module.Update, pr *procedure) symbolic.Poly {
	room := pr.plan.Reals
	in := []*symbolic.Node{u.W}
	for _, s := range r.States {
		in = append(in, s.Node)
	}
	for i, out := range pr.outs {
		for _, b := range pr.inputs() {
			if b.Node == in[i] && overwritten(pr.raw.Body, b, out) {
				room = room.Add(u.W.Shape.Size())
			}
		}
	}
	return room
}

// overwritten reports whether a program might read an element of in after it
// has set that of out, which would be too late if both were one block.
func overwritten(body []loop.Stmt, in, out *loop.Buffer) bool {
	stored := false
	for _, s := range body {
		reads, writes := touches(s, in, out)
		if reads && stored {
			return true
		}
		if l, ok := s.(*loop.Loop); ok && reads && writes && !inStep(l, in, out) {
			return true
		}
		switch s := s.(type) {
		case *loop.If:
			if overwritten(s.Then, in, out) || overwritten(s.Else, in, out) {
				return true
			}
		case *loop.Choose:
			if overwritten(s.Then, in, out) || overwritten(s.Else, in, out) {
				return true
			}
		}
		stored = stored || writes
	}
	return false
}

// touches reports whether s reads in and whether it writes out.
func touches(s loop.Stmt, in, out *loop.Buffer) (reads, writes bool) {
	walkStmts([]loop.Stmt{s}, func(s loop.Stmt) {
		for _, e := range exprsOf(s) {
			walkExpr(e, func(e loop.Expr) {
				if l, ok := e.(*loop.Load); ok && l.Buf == in {
					reads = true
				}
			})
		}
		switch s := s.(type) {
		case *loop.Store:
			writes = writes || s.Buf == out
		case *loop.Fill:
			writes = writes || s.Buf == out
		}
	})
	return reads, writes
}

// inStep reports whether each iteration of l is about one element, which it
// reads before it sets it.
func inStep(l *loop.Loop, in, out *loop.Buffer) bool {
	ok, stored := true, false
	at := func(index symbolic.Poly) bool { return index.Equal(symbolic.Sym(l.Var.Name)) }
	walkStmts(l.Body, func(s loop.Stmt) {
		for _, e := range exprsOf(s) {
			walkExpr(e, func(e loop.Expr) {
				if x, is := e.(*loop.Load); is && x.Buf == in {
					ok = ok && at(x.Index) && !stored
				}
			})
		}
		switch s := s.(type) {
		case *loop.Store:
			if s.Buf == out {
				ok, stored = ok && at(s.Index), true
			}
		case *loop.Fill:
			ok = ok && s.Buf != out
		}
	})
	return ok
}

// elementwise reports whether a rule changes each number by itself, so that it
// does not matter which parameter it belongs to.
func elementwise(pr *procedure) bool {
	if len(pr.raw.Body) == 0 {
		return true
	}
	ok := true
	var vars []string
	at := func(index symbolic.Poly) {
		s, is := index.AsSym()
		ok = ok && is && slices.Contains(vars, s)
	}
	for _, b := range pr.temps() {
		ok = ok && len(b.Shape) == 0
	}
	walkStmts(pr.raw.Body, func(s loop.Stmt) {
		for _, e := range exprsOf(s) {
			walkExpr(e, func(e loop.Expr) {
				if x, is := e.(*loop.Load); is && len(x.Buf.Shape) > 0 {
					at(x.Index)
				}
			})
		}
		switch s := s.(type) {
		case *loop.Loop:
			vars = append(vars, s.Var.Name)
		case *loop.Acc, *loop.Pick:
			ok = false
		case *loop.Store:
			if len(s.Buf.Shape) > 0 {
				at(s.Index)
			}
		}
	})
	return ok
}

func sizeSymbol(s symbolic.Shape) string {
	for _, d := range s {
		for _, x := range d.Syms() {
			return x
		}
	}
	return "n"
}
