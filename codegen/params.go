package codegen

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// A paramTree is the structure of a model's parameters: h[0].W stands under h,
// then 0, then W.
type paramTree struct {
	name  string // Go field, or index
	param *module.Param
	kids  []*paramTree
	byKey map[string]*paramTree
	paths map[string]string // of the root: Go path by parameter name
	scope *scope
}

// paramMethods are the methods of the type, which no field may be called.
var paramMethods = []string{"All", "Tensors", "Lookup", "WriteTo", "ReadFrom", "Save", "Load", "all", "check"}

func paramNames(params []*module.Param) *paramTree {
	root := &paramTree{byKey: map[string]*paramTree{}, paths: map[string]string{}, scope: newScope(nil, paramMethods...)}
	for _, q := range params {
		t := root
		for _, seg := range segments(q.Name) {
			kid := t.byKey[seg]
			if kid == nil {
				kid = &paramTree{name: seg, byKey: map[string]*paramTree{}, scope: newScope(nil)}
				t.byKey[seg] = kid
				t.kids = append(t.kids, kid)
			}
			t = kid
		}
		t.param = q
	}
	root.assign(root, "")
	return root
}

// segments splits h[0].W into h, [0] and W.
func segments(name string) []string {
	name = strings.ReplaceAll(name, "[", ".[")
	return slices.DeleteFunc(strings.Split(name, "."), func(s string) bool { return s == "" })
}

// assign gives fields their names. Indexed groups that look alike become an
// array, others fields of their own.
func (t *paramTree) assign(root *paramTree, path string) {
	if t.param != nil {
		root.paths[t.param.Name] = path
	}
	array := t.isArray()
	for _, k := range t.kids {
		at := path
		if array {
			at += k.name
		} else {
			if path != "" {
				at += "."
			}
			k.name = t.scope.pick(exported(k.name))
			at += k.name
		}
		k.assign(root, at)
	}
}

// isArray reports whether t's children are numbered from 0 and alike.
func (t *paramTree) isArray() bool {
	for i, k := range t.kids {
		if k.name != "["+strconv.Itoa(i)+"]" || k.form() != t.kids[0].form() {
			return false
		}
	}
	return len(t.kids) > 0
}

func (t *paramTree) form() string {
	var b strings.Builder
	for _, k := range t.kids {
		b.WriteString(k.name + "(" + k.form() + ")")
	}
	return b.String()
}

func (t *paramTree) path(param string) string { return t.paths[param] }

// typeCode prints the Go type of t.
func (t *paramTree) typeCode(float string, root bool) *jen.Statement {
	switch {
	case len(t.kids) == 0:
		return jen.Index().Id(float)
	case t.isArray():
		return jen.Index(jen.Lit(len(t.kids))).Add(t.kids[0].typeCode(float, false))
	}
	return jen.Struct(t.fields(float)...)
}

func (t *paramTree) fields(float string) []jen.Code {
	var out []jen.Code
	for _, k := range t.kids {
		f := jen.Id(k.name).Add(k.typeCode(float, false))
		if k.param != nil {
			if len(k.param.Doc) > 0 {
				out = append(out, comment(k.param.Doc...))
			}
			f.Comment(commentLine(k.param.Shape.String()))
		}
		out = append(out, f)
	}
	return out
}

func (p *modelPrinter) paramDecls() error {
	n, float := p.n, p.m.Float.String()
	fields := n.tree.fields(float)
	fields = append(fields, jen.Line(), jen.Id("all").Index().Id(float).Comment("what the fields above are parts of"))
	for _, d := range p.m.Dims {
		fields = append(fields, jen.Id(n.dims[d.Name]).Int())
	}
	p.api.add(jen.Add(prose(
		n.params+" has the shape of the parameters of "+n.typ+": it holds them, or their gradients.",
		"Each field is a part of one block, in row-major order; change what is in it, but",
		"do not replace it.")).Line().Type().Id(n.params).Struct(fields...))

	// The constructor lays the fields out in the block.
	s := newScope(p.scope, "p", "rest")
	ids := map[string]jen.Code{}
	var params []jen.Code
	var lits []any
	for _, d := range p.m.Dims {
		id := s.pick(local(d.Name))
		ids[d.Name] = jen.Id(id)
		params = append(params, jen.Id(id))
		lits = append(lits, n.dims[d.Name], jen.Id(id))
	}
	syms := func(s string) jen.Code { return jen.Add(ids[s]) }
	total := p.size()
	lits = append(lits, "all", jen.Make(jen.Index().Id(float), polyCode(total, syms).code))
	body := []jen.Code{jen.Id("p").Op(":=").Op("&").Id(n.params).Add(record(lits...))}
	if len(p.m.Params) > 0 {
		body = append(body, jen.Id("rest").Op(":=").Id("p").Dot("all"))
	}
	for _, q := range p.m.Params {
		body = append(body, jen.Id("p").Op("."+n.tree.path(q.Name)).Op("=").Id("cut").Call(jen.Op("&").Id("rest"), polyCode(q.Shape.Size(), syms).code))
	}
	body = append(body, jen.Return(jen.Id("p")))
	if len(params) > 0 {
		params = []jen.Code{jen.List(params...).Int()}
	}
	p.api.add(prose(n.newParams + " lays the fields out in a block of zeros.").(*jen.Statement).Line().
		Func().Id(n.newParams).Params(params...).Op("*").Id(n.params).Block(body...))

	own := func(x string) symbols {
		return func(s string) jen.Code { return jen.Id(x).Dot(n.dims[s]) }
	}
	var list []jen.Code
	for _, q := range p.m.Params {
		var dims []jen.Code
		for _, d := range q.Shape {
			dims = append(dims, polyCode(d, own("p")).code)
		}
		list = append(list, jen.Line().Values(jen.Lit(q.Name), jen.Index().Int().Values(dims...), jen.Id("p").Op("."+n.tree.path(q.Name))))
	}
	tensor := func() *jen.Statement { return jen.Index().Id("Tensor").Index(jen.Id(float)) }
	p.api.add(jen.Add(prose("Tensors returns all tensors by their names in the model.")).Line().
		Func().Params(jen.Id("p").Op("*").Id(n.params)).Id("Tensors").Params().Add(tensor()).Block(
		jen.Return(tensor().Values(append(list, jen.Line())...))))

	p.checkParams()
	text, err := p.templated("params.go.tmpl")
	p.api.addText(text)
	return err
}

// checkParams prints the method that finds blocks of another model and fields
// that do not lie in the block any more.
func (p *modelPrinter) checkParams() {
	n := p.n
	s := newScope(p.scope, "p", "arg", "rest")
	ids := map[string]jen.Code{}
	params := []jen.Code{jen.Id("arg").String()}
	var dims []jen.Code
	body := []jen.Code{jen.If(jen.Id("p").Op("==").Nil()).Block(
		jen.Return(jen.Op("&").Id("ShapeError").Add(record("Of", jen.Lit(n.typ), "Arg", jen.Id("arg"), "Text", jen.Lit("is nil")))))}
	for _, d := range p.m.Dims {
		id := s.pick(local(d.Name))
		ids[d.Name] = jen.Id(id)
		dims = append(dims, jen.Id(id))
		f := jen.Id("p").Dot(n.dims[d.Name])
		body = append(body, jen.If(jen.Add(f).Op("!=").Id(id)).Block(
			jen.Return(jen.Id("otherDim").Call(jen.Lit(n.typ), jen.Id("arg"), jen.Lit(d.Name), f, jen.Id(id)))))
	}
	if len(dims) > 0 {
		params = append(params, jen.List(dims...).Int())
	}
	syms := func(s string) jen.Code { return jen.Add(ids[s]) }
	size := polyCode(p.size(), syms).code
	body = append(body, jen.If(jen.Len(jen.Id("p").Dot("all")).Op("!=").Add(size)).Block(jen.Return(jen.Op("&").Id("ShapeError").Add(record(
		"Of", jen.Lit(n.typ), "Arg", jen.Id("arg"), "Got", jen.Len(jen.Id("p").Dot("all")), "Want", size)))))
	var cases []jen.Code
	for _, q := range p.m.Params {
		path := n.tree.path(q.Name)
		cases = append(cases, jen.Case(jen.Op("!").Id("same").Call(jen.Id("p").Op("."+path), jen.Id("cut").Call(jen.Op("&").Id("rest"), polyCode(q.Shape.Size(), syms).code))).
			Block(jen.Return(jen.Id("replaced").Call(jen.Lit(n.typ), jen.Id("arg").Op("+").Lit("."+path)))))
	}
	if len(cases) > 0 {
		body = append(body, jen.Id("rest").Op(":=").Id("p").Dot("all"), jen.Switch().Block(cases...))
	}
	body = append(body, jen.Return(jen.Nil()))
	p.api.add(jen.Add(prose("check reports whether p has the size that it should have, and whether its", "fields are parts of its block.")).Line().
		Func().Params(jen.Id("p").Op("*").Id(n.params)).Id("check").Params(params...).Error().Block(body...))
}

// sized returns a call of check, which finds blocks of another size than those
// of the model m.
func (p *modelPrinter) sized(block jen.Code, arg string, m jen.Code) jen.Code {
	args := []jen.Code{jen.Lit(arg)}
	for _, d := range p.m.Dims {
		args = append(args, jen.Add(m).Dot(p.n.dims[d.Name]))
	}
	return jen.Add(block).Dot("check").Call(args...)
}

// dimArgs is the run-time dims of x as further arguments of a call.
func (p *modelPrinter) dimArgs(x string) string {
	var b strings.Builder
	for _, d := range p.m.Dims {
		b.WriteString(", " + x + "." + p.n.dims[d.Name])
	}
	return b.String()
}

// declsOf fills in a template and returns its declarations.
func (g *generator) declsOf(file string, names map[string]string) (string, error) {
	text, err := fillTemplate(file, names)
	if err != nil {
		return "", err
	}
	return stripHeader(text)
}

func (p *modelPrinter) templated(file string) (string, error) {
	n := p.n
	return p.declsOf(file, map[string]string{
		"Package": p.pkg, "Float": p.m.Float.String(), "Model": n.typ, "Params": n.params, "Batch": n.batch,
		"Outputs": n.outputs, "Loss": n.loss, "Work": n.work, "Trainer": n.trainer, "New": n.new,
		"OwnDims": p.dimArgs("p"), "ModelDims": p.dimArgs("t.m"),
	})
}
