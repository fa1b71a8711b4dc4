package codegen

import (
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/dave/jennifer/jen"
)

// while prints a loop that something in it leaves.
func (p *printer) while(w *loop.While) {
	p.declare(w.Body)
	p.put(jen.For().Block(p.block(func() { p.stmts(w.Body) })...))
}

// growing declares a temporary whose size shows as it is made.
func (p *printer) growing(b *loop.Buffer) {
	p.bufs[b] = p.scope.pick(local(b.Name))
	p.put(jen.Var().Id(p.bufs[b]).Index().Add(p.arrayElem(b)))
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
		h.decls[id] = comment(id+" returns s with at least n elements, the first of them as they were.").(*jen.Statement).Line().
			Func().Id(id).Types(jen.Id("E").Id("any")).Params(jen.Id("s").Index().Id("E"), jen.Id("n").Int()).Index().Id("E").Block(
			jen.If(jen.Id("n").Op("<=").Len(jen.Id("s"))).Block(jen.Return(jen.Id("s"))),
			jen.If(jen.Id("n").Op("<=").Cap(jen.Id("s"))).Block(jen.Return(jen.Id("s").Index(jen.Empty(), jen.Id("n")))),
			jen.Id("t").Op(":=").Make(jen.Index().Id("E"), jen.Id("n"), jen.Lit(2).Op("*").Id("n")),
			jen.Copy(jen.Id("t"), jen.Id("s")),
			jen.Return(jen.Id("t")),
		)
	}
	return id
}
