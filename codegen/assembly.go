package codegen

import (
	"bytes"
	"slices"

	"github.com/bpgen/bpgen/codegen/simd"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/dave/jennifer/jen"
)

// An assembly is a kernel's routines, one for each set of instructions. nil is
// one without any.
type assembly struct{ routines []*simd.Routine }

// assemble compiles a kernel, if it can be.
func (g *generator) assemble(k *kernel) *assembly {
	if g.opt.Strict {
		return nil
	}
	rs, err := simd.Compile(k.name, k.Kernel, int(k.float))
	if err != nil {
		k.why = err.Error()
		return nil
	}
	return &assembly{rs}
}

// scratch reports whether routines need memory to compute in.
func (a *assembly) scratch() bool {
	return a != nil && slices.ContainsFunc(simd.Scratch(a.routines, symbolic.Int(1)), func(p symbolic.Poly) bool { return !p.Is(0) })
}

// room prints how many elements that memory has, for so many columns.
func (a *assembly) room(cols symbolic.Poly, syms symbols) jen.Code {
	sizes := simd.Scratch(a.routines, cols)
	most := []symbolic.Poly{sizes[0]}
	for _, p := range sizes[1:] {
		switch d := p.Sub(most[0]); {
		case allSigns(d, -1):
		case allSigns(d, 1):
			most[0] = p
		default:
			most = append(most, p)
		}
	}
	if len(most) == 1 {
		return polyCode(most[0], syms).code
	}
	var args []jen.Code
	for _, p := range most {
		args = append(args, polyCode(p, syms).code)
	}
	return jen.Max(args...)
}

// allSigns reports whether all of p's terms have a sign, or it is 0.
func allSigns(p symbolic.Poly, sign int64) bool {
	ok := true
	p.Terms(func(num, _ int64, _ []string) { ok = ok && num*sign > 0 })
	return ok
}

// dispatch prints the function that chooses a routine, for a build with
// assembly and for one without.
func (g *generator) dispatch(k *kernel) {
	p := k.printer(g)
	params, results := k.signature(p, k.Kernel)
	if k.asm.scratch() {
		params = append(params, variable{p.scope.pick("scratch"), jen.Index().Id(k.float.String())})
	}
	call := func(name string, args []jen.Code) []jen.Code {
		c := jen.Id(name).Call(args...)
		if len(results) > 0 {
			return []jen.Code{jen.Return(c)}
		}
		return []jen.Code{c}
	}
	plain := call(k.part()+"Go", ids(params))
	head := func(doc string, body ...jen.Code) jen.Code {
		return jen.Add(prose(wrapped(k.part() + " " + doc)...)).Line().
			Func().Id(k.part()).Params(merged(params)...).Params(merged(unnamed(results))...).Block(body...)
	}
	g.plainDispatch.add(head("is "+k.part()+"Go: this build has no assembly.", plain...))

	var cases []jen.Code
	for _, r := range k.asm.routines {
		args := ids(params)
		if r.Product != nil {
			args = k.ranged(p, params, r.Product.Turned)
		}
		cases = append(cases, jen.Case(jen.Id(r.Set.Name)).Block(call(r.Built.Name, args)...))
		g.declarations.addText("//go:noescape\n" + r.Declaration())
		g.routines = append(g.routines, r)
	}
	if len(results) == 0 {
		cases = append(cases, jen.Default().Block(plain...))
		g.asmDispatch.add(head("is "+k.part()+"Go, or assembly that computes the same.", jen.Switch(jen.Id("cpu")).Block(cases...)))
		return
	}
	g.asmDispatch.add(head("is "+k.part()+"Go, or assembly that computes the same.", append([]jen.Code{jen.Switch(jen.Id("cpu")).Block(cases...)}, plain...)...))
}

func unnamed(vs []variable) []variable {
	var out []variable
	for _, v := range vs {
		out = append(out, variable{typ: v.typ})
	}
	return out
}

// ranged are the arguments of a contraction's routine: those of the kernel,
// the rows and columns to do, and memory to pack columns into.
func (k *kernel) ranged(p *printer, params []variable, turned bool) []jen.Code {
	c := k.whole.Contract()
	size := func(x symbolic.Poly) jen.Code { return polyCode(x, p.sym).code }
	args := ids(params)
	scratch := jen.Code(jen.Nil())
	if k.asm.scratch() {
		scratch, args = args[len(args)-1], args[:len(args)-1]
	}
	rows, cols := []jen.Code{jen.Lit(0), size(c.M)}, []jen.Code{jen.Lit(0), size(c.N)}
	if k.split != nil {
		first, count := args[0], args[1]
		args = args[2:]
		stretch := []jen.Code{first, jen.Add(first).Op("+").Add(count)}
		if k.split.Rows {
			rows = stretch
		} else {
			cols = stretch
		}
	}
	if turned {
		rows, cols = cols, rows
	}
	args = append(args, rows...)
	args = append(args, cols...)
	return append(args, jen.Lit(simd.CopyAll), scratch)
}

// assemblyFiles are the files with routines and those that choose them.
func (g *generator) assemblyFiles(header string) ([]File, error) {
	if len(g.routines) == 0 {
		return nil, nil
	}
	tags := "//go:build " + simd.Tags + "\n\n"
	text := g.asmDispatch.text.String() + "\n\n" + g.declarations.text.String()
	for _, name := range cpuFiles {
		src, err := fixedText(name)
		if err != nil {
			return nil, err
		}
		text += "\n\n" + src
	}
	chosen, err := source(header, tags, g.pkg, text, g.helpers.imports)
	if err != nil {
		return nil, err
	}
	plain, err := source(header, "//go:build !("+simd.Tags+")\n\n", g.pkg, g.plainDispatch.text.String(), g.helpers.imports)
	if err != nil {
		return nil, err
	}
	routines, err := simd.File(g.pkg, g.routines)
	if err != nil {
		return nil, err
	}
	cpuid, err := fillTemplate("cpu_amd64.s.tmpl", nil)
	if err != nil {
		return nil, err
	}
	body := bytes.NewBufferString(header + "\n\n" + tags)
	body.Write(below(routines, "#include"))
	body.Write(below([]byte(cpuid), "// func"))
	files := []File{{g.stem + "_amd64.go", chosen}, {g.stem + "_amd64.s", body.Bytes()}, {g.stem + "_portable.go", plain}}
	if !g.opt.Tests || g.tests.text.Len() == 0 {
		return files, nil
	}
	variants, err := fixedText("variants_test.go.tmpl")
	if err != nil {
		return nil, err
	}
	tests, err := source(header, tags, g.pkg, variants, nil)
	return append(files, File{g.stem + "_amd64_test.go", tests}), err
}

// cpuFiles are the scaffolding that finds out about the processor.
var cpuFiles = []string{"cpu.go.tmpl", "cpu_amd64.go.tmpl"}

// cpuNames are what it declares.
var cpuNames = []string{"isa", "portable", "avx2", "avx512", "cpu", "chosen", "found", "cpuid", "xgetbv", "tasks", "workers"}

// fixedText is scaffolding without its package clause.
func fixedText(name string) (string, error) {
	src, err := fillTemplate(name, map[string]string{"Package": "p"})
	if err != nil {
		return "", err
	}
	return stripHeader(src)
}

// below is the text from the first line on that begins in a way.
func below(text []byte, begins string) []byte {
	if i := bytes.Index(text, []byte("\n"+begins)); i >= 0 {
		return text[i+1:]
	}
	return text
}
