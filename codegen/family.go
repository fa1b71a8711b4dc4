package codegen

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// A family is a type for what derivatives of a func give: gradients, Jacobians
// and so on. The work has a field of it.
type family struct {
	kind    module.ResultKind
	typ     string
	name    string // the field of the work
	doc     string
	members []member
}

type member struct {
	result, field string
	shape         symbolic.Shape
	typ           symbolic.Type
}

// kinds are the families that there may be.
var kinds = []family{
	{kind: module.InputGradient, typ: "Grads", name: "grads",
		doc: "%s are the gradients by arguments of %s, in the shape of the arguments. They\nare in the memory of the work that computed them, and valid until it\ncomputes again."},
	{kind: module.JacobianBlock, typ: "Jacobians", name: "jacobians",
		doc: "%s are the derivatives of the results of %s, row-major with the dims of\nthe result first, then those of the argument. They are in the memory of the work."},
	{kind: module.ExampleBlock, typ: "Blocks", name: "byExample",
		doc: "%s are the derivatives of each row of the results of %s by the rows of arguments\nthat it reads, row-major with the dims of the result first, and the numbers of\nthese rows. They are in the memory of the work."},
	{kind: module.HessianBlock, typ: "Hessians", name: "hessians",
		doc: "%s are the second derivatives of %s by pairs of arguments. They are in\nthe memory of the work."},
	{kind: module.Tangent, typ: "Tangents", name: "tangents",
		doc: "%s say how the results of %s change, in their shape. They are in the\nmemory of the work."},
	{kind: module.Product, typ: "Products", name: "products",
		doc: "%s are products of the Hessian of %s, in the shape of the arguments. They\nare in the memory of the work."},
}

// families finds what the derivatives of the func give.
func (b *bigFunc) families() {
	for _, k := range kinds {
		scope := newScope(nil)
		for _, pr := range b.procs {
			for _, r := range pr.proc.Results {
				if r.Kind == k.kind && !slices.ContainsFunc(k.members, func(m member) bool { return m.result == r.Name }) {
					k.members = append(k.members, member{r.Name, "", r.Node.Shape, r.Node.Type})
				}
			}
		}
		if len(k.members) == 0 {
			continue
		}
		if k.kind == module.Tangent { // of results, in their order
			fields := b.realOuts()
			for i := range k.members {
				k.members[i].field = fields[i]
			}
			b.keep(k)
			continue
		}
		slices.SortStableFunc(k.members, func(x, y member) int { return b.argNumber(x.result) - b.argNumber(y.result) })
		for i, m := range k.members {
			f := b.args[m.result]
			if f == "" {
				if f = exported(m.result); m.result == "" {
					f = "Value"
				}
			}
			k.members[i].field = scope.pick(f)
		}
		b.keep(k)
	}
}

// keep gives a family the name of its type.
func (b *bigFunc) keep(k family) {
	if k.typ = b.n.value + k.typ; !slices.Contains(b.n.derivs, k.typ) { // a derivative is a method here, which leaves its name free
		k.typ = b.scope.pick(k.typ)
	}
	b.kept = append(b.kept, k)
}

// realOuts are the fields of results that are real numbers.
func (b *bigFunc) realOuts() (out []string) {
	for i, r := range b.f.Results {
		if r.Node.Type == symbolic.Real {
			out = append(out, b.outs[i])
		}
	}
	return out
}

// argNumber is the number of an argument; other names come after all.
func (b *bigFunc) argNumber(name string) int {
	i := slices.IndexFunc(b.f.Args, func(a *module.Arg) bool { return a.Name == name })
	if i < 0 {
		return len(b.f.Args)
	}
	return i
}

// of reports whether a procedure gives something of the family.
func (k *family) of(pr *procedure) bool {
	return slices.ContainsFunc(pr.proc.Results, func(r *module.Result) bool { return r.Kind == k.kind })
}

// given is what a procedure gives of the family: what it has not computed may be that
// of another procedure, and is left out.
func (k *family) given(pr *procedure) jen.Code {
	var fields []jen.Code
	for _, m := range k.members {
		if slices.ContainsFunc(pr.proc.Results, func(r *module.Result) bool { return r.Kind == k.kind && r.Name == m.result }) {
			fields = append(fields, jen.Id(m.field).Op(":").Id("w").Dot(k.name).Dot(m.field))
		}
	}
	if len(fields) == len(k.members) {
		return jen.Id("w").Dot(k.name)
	}
	return jen.Id(k.typ).Values(fields...)
}

// place is where result number i of a procedure goes.
func (b *bigFunc) place(r *module.Result, i int) *jen.Statement {
	for _, k := range b.kept {
		for _, m := range k.members {
			if k.kind == r.Kind && m.result == r.Name {
				return jen.Id("w").Dot(k.name).Dot(m.field)
			}
		}
	}
	return jen.Id("w").Dot("out").Dot(b.outs[i])
}
