package codegen

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// A block is a type of numbers that lie one after the other, with a field for
// each tensor: the parameters of a model, or its states.
type block struct {
	typ, new string
	arg      string   // what errors call it, and the model's field
	doc      []string // of the type
	tensors  []tensor
	tree     *fieldTree
}

// A tensor is a part of a block.
type tensor struct {
	name  string // h[0].W, as in a weights file
	doc   []string
	shape symbolic.Shape
}

func paramTensors(params []*module.Param) (out []tensor) {
	for _, q := range params {
		out = append(out, tensor{q.Name, q.Doc, q.Shape})
	}
	return out
}

func stateTensors(states []*module.State) (out []tensor) {
	for _, s := range states {
		out = append(out, tensor{s.Name, s.Doc, s.Shape})
	}
	return out
}

// path is the Go path of a tensor in the block: .H[0].W.
func (b *block) path(name string) string { return "." + b.tree.paths[name] }

// size is the number of all numbers in the block.
func (b *block) size() symbolic.Poly {
	total := symbolic.Poly{}
	for _, t := range b.tensors {
		total = total.Add(t.shape.Size())
	}
	return total
}

// A fieldTree is the structure of a block: h[0].W stands under h, then 0, then
// W.
type fieldTree struct {
	name   string // Go field, or index
	tensor *tensor
	kids   []*fieldTree
	byKey  map[string]*fieldTree
	paths  map[string]string // of the root: Go path by name of tensor
	scope  *scope
}

// blockMethods are the methods of the type, which no field may be called.
var blockMethods = []string{"All", "Tensors", "Lookup", "WriteTo", "ReadFrom", "Save", "Load", "all", "check"}

func newFieldTree(tensors []tensor) *fieldTree {
	root := &fieldTree{byKey: map[string]*fieldTree{}, paths: map[string]string{}, scope: newScope(nil, blockMethods...)}
	for i := range tensors {
		t := root
		for _, seg := range segments(tensors[i].name) {
			kid := t.byKey[seg]
			if kid == nil {
				kid = &fieldTree{name: seg, byKey: map[string]*fieldTree{}, scope: newScope(nil)}
				t.byKey[seg] = kid
				t.kids = append(t.kids, kid)
			}
			t = kid
		}
		t.tensor = &tensors[i]
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
func (t *fieldTree) assign(root *fieldTree, path string) {
	if t.tensor != nil {
		root.paths[t.tensor.name] = path
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
func (t *fieldTree) isArray() bool {
	for i, k := range t.kids {
		if k.name != "["+strconv.Itoa(i)+"]" || k.form() != t.kids[0].form() {
			return false
		}
	}
	return len(t.kids) > 0
}

func (t *fieldTree) form() string {
	var b strings.Builder
	for _, k := range t.kids {
		b.WriteString(k.name + "(" + k.form() + ")")
	}
	return b.String()
}

// typeCode prints the Go type of t.
func (t *fieldTree) typeCode(float string, root bool) *jen.Statement {
	switch {
	case len(t.kids) == 0:
		return jen.Index().Id(float)
	case t.isArray():
		return jen.Index(jen.Lit(len(t.kids))).Add(t.kids[0].typeCode(float, false))
	}
	return jen.Struct(t.fields(float)...)
}

func (t *fieldTree) fields(float string) []jen.Code {
	var out []jen.Code
	for _, k := range t.kids {
		f := jen.Id(k.name).Add(k.typeCode(float, false))
		if k.tensor != nil {
			if len(k.tensor.doc) > 0 {
				out = append(out, comment(k.tensor.doc...))
			}
			f.Comment(commentLine(k.tensor.shape.String()))
		}
		out = append(out, f)
	}
	return out
}

// blockDecls prints the type of a block, what makes one, and its methods.
func (p *modelPrinter) blockDecls(b *block) error {
	n, float := p.n, p.m.Float.String()
	fields := b.tree.fields(float)
	fields = append(fields, jen.Line(), jen.Id("all").Index().Id(float).Comment("what the fields above are parts of"))
	for _, d := range p.m.Dims {
		fields = append(fields, jen.Id(n.dims[d.Name]).Int())
	}
	p.api.add(jen.Add(prose(append(b.doc,
		"Each field is a part of one block, in row-major order; change what is in it, but",
		"do not replace it.")...)).Line().Type().Id(b.typ).Struct(fields...))

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
	lits = append(lits, "all", jen.Make(jen.Index().Id(float), polyCode(b.size(), syms).code))
	body := []jen.Code{jen.Id("p").Op(":=").Op("&").Id(b.typ).Add(record(lits...))}
	if len(b.tensors) > 0 {
		body = append(body, jen.Id("rest").Op(":=").Id("p").Dot("all"))
	}
	for _, t := range b.tensors {
		body = append(body, jen.Id("p").Op(b.path(t.name)).Op("=").Id("cut").Call(jen.Op("&").Id("rest"), polyCode(t.shape.Size(), syms).code))
	}
	body = append(body, jen.Return(jen.Id("p")))
	if len(params) > 0 {
		params = []jen.Code{jen.List(params...).Int()}
	}
	p.api.add(prose(b.new + " lays the fields out in a block of zeros.").(*jen.Statement).Line().
		Func().Id(b.new).Params(params...).Op("*").Id(b.typ).Block(body...))

	own := func(x string) symbols {
		return func(s string) jen.Code { return jen.Id(x).Dot(n.dims[s]) }
	}
	var list []jen.Code
	for _, t := range b.tensors {
		var dims []jen.Code
		for _, d := range t.shape {
			dims = append(dims, polyCode(d, own("p")).code)
		}
		list = append(list, jen.Line().Values(jen.Lit(t.name), jen.Index().Int().Values(dims...), jen.Id("p").Op(b.path(t.name))))
	}
	tensors := func() *jen.Statement { return jen.Index().Id("Tensor").Index(jen.Id(float)) }
	p.api.add(jen.Add(prose("Tensors returns all tensors by their names in the model.")).Line().
		Func().Params(jen.Id("p").Op("*").Id(b.typ)).Id("Tensors").Params().Add(tensors()).Block(
		jen.Return(tensors().Values(append(list, jen.Line())...))))

	p.checkBlock(b)
	text, err := p.templatedFor(b, "block.go.tmpl")
	p.api.addText(text)
	return err
}

// checkBlock prints the method that finds blocks of another model and fields
// that do not lie in the block any more.
func (p *modelPrinter) checkBlock(b *block) {
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
	size := polyCode(b.size(), syms).code
	body = append(body, jen.If(jen.Len(jen.Id("p").Dot("all")).Op("!=").Add(size)).Block(jen.Return(jen.Op("&").Id("ShapeError").Add(record(
		"Of", jen.Lit(n.typ), "Arg", jen.Id("arg"), "Got", jen.Len(jen.Id("p").Dot("all")), "Want", size)))))
	var cases []jen.Code
	for _, t := range b.tensors {
		path := b.path(t.name)
		cases = append(cases, jen.Case(jen.Op("!").Id("same").Call(jen.Id("p").Op(path), jen.Id("cut").Call(jen.Op("&").Id("rest"), polyCode(t.shape.Size(), syms).code))).
			Block(jen.Return(jen.Id("replaced").Call(jen.Lit(n.typ), jen.Id("arg").Op("+").Lit(path)))))
	}
	if len(cases) > 0 {
		body = append(body, jen.Id("rest").Op(":=").Id("p").Dot("all"), jen.Switch().Block(cases...))
	}
	body = append(body, jen.Return(jen.Nil()))
	p.api.add(jen.Add(prose("check reports whether p has the size that it should have, and whether its", "fields are parts of its block.")).Line().
		Func().Params(jen.Id("p").Op("*").Id(b.typ)).Id("check").Params(params...).Error().Block(body...))
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

// checked returns a call that finds wrong blocks of the model m.
func (p *modelPrinter) checked(m jen.Code) jen.Code {
	if p.n.states != nil {
		return jen.Add(m).Dot("check").Call()
	}
	return p.sized(jen.Add(m).Dot("Params"), "Params", m)
}

// stateDecls prints the states of a model: their type, and the model's methods
// that check and save them with the parameters.
func (p *modelPrinter) stateDecls() error {
	if err := p.blockDecls(p.n.states); err != nil {
		return err
	}
	m := jen.Id("m")
	p.api.add(jen.Add(prose("check finds parameters and states of another size, and replaced ones.")).Line().
		Func().Params(jen.Id("m").Op("*").Id(p.n.typ)).Id("check").Params().Error().Block(
		guard(p.sized(jen.Add(m).Dot("Params"), "Params", m)),
		jen.Return(p.sized(jen.Add(m).Dot("States"), "States", m))))
	text, err := p.templated("model_file.go.tmpl")
	p.api.addText(text)
	return err
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
	return p.templatedFor(p.n.params, file)
}

func (p *modelPrinter) templatedFor(b *block, file string) (string, error) {
	n := p.n
	check := `t.m.Params.check("Params"` + p.dimArgs("t.m") + ")"
	if n.states != nil {
		check = "t.m.check()"
	}
	return p.declsOf(file, map[string]string{
		"Package": p.pkg, "Float": p.m.Float.String(), "Model": n.typ, "Block": b.typ, "Arg": b.arg, "Batch": n.batch,
		"Outputs": n.outputs, "Loss": n.loss, "Work": n.work, "Trainer": n.trainer, "New": n.new,
		"OwnDims": p.dimArgs("p"), "Check": check,
	})
}
