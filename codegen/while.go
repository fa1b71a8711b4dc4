package codegen

import (
	"fmt"
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// while prints a loop that something in it leaves.
func (p *printer) while(w *loop.While) {
	p.declare(w.Body)
	p.put(jen.For().Block(p.block(func() { p.stmts(w.Body) })...))
}

// growing gives a place to a temporary whose size shows as it is made: a field of
// the work, so that it grows once.
func (p *printer) growing(b *loop.Buffer) {
	p.traces[b.Type == symbolic.Real]++
	p.bufs[b] = "w." + traceName(p.traces[b.Type == symbolic.Real], b.Type == symbolic.Real)
}

// trace gives places to what grows in a function that has no work: fields of a
// struct that is kept in a pool, for several goroutines may call it.
func (p *printer) trace(pr *procedure, name string) {
	grow := slices.DeleteFunc(slices.Clone(pr.temps()), func(b *loop.Buffer) bool { return !b.Grows() || !p.uses.touched[b] })
	if len(grow) == 0 {
		return
	}
	w, names := p.scope.pick("w"), newScope(nil)
	var fields []variable
	for _, b := range grow {
		id := names.pick(local(b.Name))
		fields = append(fields, variable{id, jen.Index().Add(p.arrayElem(b))})
		p.bufs[b] = w + "." + id
	}
	typ := p.scope.outermost().pick(unexported(name) + "Trace")
	pool := p.scope.outermost().pick(typ + "s")
	p.parts = append(p.parts,
		jen.Comment("// "+typ+" is what "+name+" keeps of each pass of its loops.").Line().
			Type().Id(typ).Struct(fieldLines(fields)...),
		jen.Var().Id(pool).Op("=").Qual("sync", "Pool").Values(jen.Dict{
			jen.Id("New"): jen.Func().Params().Any().Block(jen.Return(jen.New(jen.Id(typ)))),
		}))
	p.put(jen.Id(w).Op(":=").Id(pool).Dot("Get").Call().Assert(jen.Op("*").Id(typ)))
	p.put(jen.Defer().Id(pool).Dot("Put").Call(jen.Id(w)))
}

func traceName(i int, real bool) string {
	if real {
		return fmt.Sprintf("trace%d", i)
	}
	return fmt.Sprintf("marks%d", i)
}

// traceFields are the fields of a work that growing gives out.
func traceFields(float module.Float, procs ...*procedure) []jen.Code {
	var fields []jen.Code
	for _, real := range []bool{true, false} {
		most := 0
		for _, pr := range procs {
			n := 0
			if pr == nil {
				continue
			}
			for _, b := range pr.temps() {
				if b.Grows() && (b.Type == symbolic.Real) == real {
					n++
				}
			}
			most = max(most, n)
		}
		elem := jen.Int32()
		if real {
			elem = jen.Id(float.String())
		}
		for i := range most {
			fields = append(fields, jen.Id(traceName(i+1, real)).Index().Add(elem))
		}
	}
	return fields
}

// grow makes room in a temporary.
func (p *printer) grow(s *loop.Grow) {
	place := jen.Id(p.bufs[s.Buf])
	p.put(jen.Add(place).Op("=").Id(p.helpers.grown()).Call(place, polyCode(s.Len, p.sym).code))
}

// grown returns the name of a function that makes a slice longer.
func (h *helpers) grown() string {
	const name = "grown"
	id := h.names[helper{op: name}]
	if h.decls[id] == nil {
		h.decls[id] = comment(id+" returns s with at least n elements, the first of them as they were. What is\ncopied at least doubles.").(*jen.Statement).Line().
			Func().Id(id).Types(jen.Id("E").Id("any")).Params(jen.Id("s").Index().Id("E"), jen.Id("n").Int()).Index().Id("E").Block(
			jen.If(jen.Id("n").Op("<=").Len(jen.Id("s"))).Block(jen.Return(jen.Id("s"))),
			jen.If(jen.Id("n").Op("<=").Cap(jen.Id("s"))).Block(jen.Return(jen.Id("s").Index(jen.Empty(), jen.Id("n")))),
			jen.Id("t").Op(":=").Make(jen.Index().Id("E"), jen.Id("n"), jen.Id("max").Call(jen.Id("n"), jen.Lit(2).Op("*").Cap(jen.Id("s")))),
			jen.Copy(jen.Id("t"), jen.Id("s")),
			jen.Return(jen.Id("t")),
		)
	}
	return id
}
