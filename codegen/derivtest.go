package codegen

import (
	"fmt"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/dave/jennifer/jen"
)

// A derivTester prints tests of a func's derivatives. Each is compared with
// differences of what it is the derivative of: the results of the func, or its
// gradient.
type derivTester struct {
	*funcPrinter
	head  []jen.Code             // declares the arguments
	slice map[string]string      // the slice that an argument's numbers are in
	view  map[string]jen.Code    // declares the slice, where head does not
	back  map[string]jen.Code    // brings changes of a slice to the argument
	sync  []jen.Code             // what of these the derivative needs
	sizes map[string]int         // of run-time dims
	value func(k int) []jen.Code // returns result k as a slice
	// call computes derivative i at the seeds, in a work, and gives the slices of
	// those results that are wanted, named by number.
	call func(work string, i int, seeds []jen.Code, want map[int]string) []jen.Code
}

func (d *derivTester) print() {
	for i, v := range d.f.Derive {
		if asked(d.f, i) {
			d.test(i, &v)
		}
	}
}

func (d *derivTester) floats() *jen.Statement { return jen.Index().Id(d.f.Float.String()) }

// closure is a function that returns numbers.
func (d *derivTester) closure(body ...jen.Code) jen.Code {
	return jen.Func().Params().Add(d.floats()).Block(append(slices.Clone(d.sync), body...)...)
}

func (d *derivTester) test(i int, v *module.Derivative) {
	proc := d.procs[i+1].proc
	body := slices.Clone(d.head)
	d.sync = nil
	for _, a := range v.Wrt {
		if x := d.view[a.Name]; x != nil {
			body = append(body, x)
		}
		if x := d.back[a.Name]; x != nil {
			d.sync = append(d.sync, x)
		}
	}
	var seeds, move []jen.Code
	for k, n := range proc.Seeds {
		id := fmt.Sprintf("v%d", k)
		size, _ := n.Shape.Size().Const()
		some, ok := exampleArg(&module.Arg{Type: symbolic.Real}, d.f.Float, n.Shape.Size(), 50+k, d.sizes)
		if !ok {
			return
		}
		body = append(body, jen.Id(id).Op(":=").Add(some))
		switch {
		case len(n.Shape) == 0:
			seeds = append(seeds, jen.Id(id).Index(jen.Lit(0)))
		case d.n.work != "":
			seeds = append(seeds, jen.Id(id))
		default:
			seeds = append(seeds, jen.Parens(jen.Op("*").Index(jen.Lit(size)).Id(d.f.Float.String())).Call(jen.Id(id)))
		}
		if v.Kind == "jvp" || v.Kind == "hvp" {
			x, was := d.slice[v.Wrt[k].Name], fmt.Sprintf("was%d", k)
			body = append(body, jen.Id(was).Op(":=").Append(d.floats().Call(jen.Nil()), jen.Id(x).Op("...")))
			move = append(move, jen.For(jen.Id("i").Op(":=").Range().Id(x)).Block(
				jen.Id(x).Index(jen.Id("i")).Op("=").Id(was).Index(jen.Id("i")).Op("+").Id("h").Index(jen.Lit(0)).Op("*").Id(id).Index(jen.Id("i"))))
		}
	}
	if move != nil {
		body = append(body, jen.Id("h").Op(":=").Add(d.floats()).Values(jen.Lit(0)))
	}
	// What is differentiated, and by what.
	type check struct {
		name, x string
		rows    int
		of      jen.Code
		blocks  []module.Block // that make up the rows, where these are no result
	}
	var checks []check
	want := map[int]string{}
	rows := func(k int) int {
		want[k] = fmt.Sprintf("r%d", k)
		return k
	}
	result := func(k int) jen.Code { return d.closure(append(slices.Clone(move), d.value(k)...)...) }
	gradient := func(k int) jen.Code {
		get := d.call("v", i, seeds, map[int]string{k: "g"})
		return d.closure(append(append(slices.Clone(move), get...), jen.Return(jen.Id("g")))...)
	}
	var gs []int
	for k, r := range proc.Results {
		if r.Kind == module.InputGradient {
			gs = append(gs, k)
		}
	}
	var reals []int
	for k, r := range d.f.Results {
		if r.Node.Type == symbolic.Real {
			reals = append(reals, k)
		}
	}
	next := len(d.f.Results)
	switch v.Kind {
	case "grad":
		for _, a := range v.Wrt {
			checks = append(checks, check{a.Name, d.slice[a.Name], rows(next), result(0), nil})
			next++
		}
	case "vjp":
		sum := []jen.Code{jen.Var().Id("s").Id(d.f.Float.String())}
		for j, k := range reals {
			of := fmt.Sprintf("f%d", k)
			body = append(body, jen.Id(of).Op(":=").Add(result(k)))
			sum = append(sum, jen.For(jen.List(jen.Id("i"), jen.Id("y")).Op(":=").Range().Id(of).Call()).Block(
				jen.Id("s").Op("+=").Id("y").Op("*").Id(fmt.Sprintf("v%d", j)).Index(jen.Id("i"))))
		}
		of := d.closure(append(sum, jen.Return(d.floats().Values(jen.Id("s"))))...)
		for _, a := range v.Wrt {
			checks = append(checks, check{a.Name, d.slice[a.Name], rows(next), of, nil})
			next++
		}
	case "jacobian":
		for _, k := range reals {
			for _, a := range v.Wrt {
				checks = append(checks, check{a.Name, d.slice[a.Name], rows(next), result(k), nil})
				next++
			}
		}
	case "blocks":
		named := func(name string) int {
			return slices.IndexFunc(proc.Results, func(r *module.Result) bool { return r.Kind == module.ExampleBlock && r.Name == name })
		}
		for _, k := range reals {
			for _, a := range v.Wrt {
				c := check{a.Name, d.slice[a.Name], 0, result(k), []module.Block{}}
				for _, b := range proc.Blocks {
					if b.Of == d.f.Results[k] && b.By == a {
						c.blocks = append(c.blocks, b)
						rows(named(b.Name))
						if b.Row != "" {
							rows(named(b.Row))
						}
					}
				}
				checks = append(checks, c)
			}
		}
	case "jvp":
		for _, k := range reals {
			checks = append(checks, check{"the seeds", "h", rows(next), result(k), nil})
			next++
		}
	case "hessian":
		next += len(gs)
		for j := range gs {
			for _, a := range v.Wrt[j:] {
				checks = append(checks, check{a.Name, d.slice[a.Name], rows(next), gradient(gs[j]), nil})
				next++
			}
		}
	case "hvp":
		next += len(gs)
		for _, g := range gs {
			checks = append(checks, check{"the seeds", "h", rows(next), gradient(g), nil})
			next++
		}
	}
	body = append(body, d.call("w", i, seeds, want)...)
	of := func(name string) jen.Code {
		for k, id := range want {
			if r := proc.Results[k]; r.Kind == module.ExampleBlock && r.Name == name {
				return jen.Id(id)
			}
		}
		return jen.Nil()
	}
	for i, c := range checks {
		got := jen.Id(want[c.rows])
		if c.blocks != nil {
			examples, _ := d.f.Results[reals[0]].Node.Shape[0].Eval(func(s string) (int, bool) { n, ok := d.sizes[s]; return n, ok })
			y := fmt.Sprintf("y%d", i)
			got = jen.Id(fmt.Sprintf("all%d", i))
			body = append(body, jen.Id(y).Op(":=").Add(c.of), jen.Add(got).Op(":=").Make(d.floats(), jen.Len(jen.Id(y).Call()).Op("*").Len(jen.Id(c.x))))
			for _, b := range c.blocks {
				body = append(body, jen.Id("addBlock").Call(got, jen.Len(jen.Id(c.x)), of(b.Name), of(b.Row), jen.Lit(examples)))
			}
			c.of = jen.Id(y)
		}
		body = append(body, jen.Id("checkRows").Call(jen.Id("t"), jen.Lit("by "+c.name), jen.Id(c.x), got, c.of))
	}
	d.testFunc("Test"+d.n.derivs[i], "$ compares derivatives with differences.", body...)
}

// numbersOf is a value as a slice of numbers.
func (d *derivTester) numbersOf(x jen.Code, scalar, array bool) jen.Code {
	switch {
	case scalar:
		return d.floats().Values(x)
	case array:
		return jen.Add(x).Index(jen.Empty(), jen.Empty())
	}
	return x
}

// small prints the tests of a func of scalars and arrays.
func (d *derivTester) small(call []jen.Code, failing bool) {
	bind := func(fn string, rs []*module.Result, args []jen.Code, want map[int]string) (out []jen.Code) {
		var ids []jen.Code
		new, args := false, slices.Clone(args)
		for k, r := range rs {
			id, wanted := want[k]
			id = "a" + id
			switch {
			case len(r.Node.Shape) > 0:
				if !wanted {
					id = fmt.Sprintf("a%d", k)
				}
				out = append(out, arrayFor(id, d.f.Float, r.Node.Type, r.Node.Shape))
				args = append(args, jen.Op("&").Id(id))
			case wanted:
				ids, new = append(ids, jen.Id(id)), true
			default:
				ids = append(ids, jen.Id("_"))
			}
		}
		if failing {
			ids = append(ids, jen.Err())
		}
		call := jen.Id(fn).Call(args...)
		switch {
		case new || failing:
			call = jen.List(ids...).Op(":=").Add(call)
		case len(ids) > 0:
			call = jen.List(ids...).Op("=").Add(call)
		}
		out = append(out, call)
		if failing {
			out = append(out, fatal("t"))
		}
		return out
	}
	d.value = func(k int) []jen.Code {
		out := bind(d.n.value, d.procs[0].proc.Results, call, map[int]string{k: "y"})
		return append(out, jen.Return(d.numbersOf(jen.Id("ay"), len(d.f.Results[k].Node.Shape) == 0, true)))
	}
	d.call = func(_ string, i int, seeds []jen.Code, want map[int]string) []jen.Code {
		rs := d.procs[i+1].proc.Results
		out := bind(d.n.derivs[i], rs, append(slices.Clone(call), seeds...), want)
		for k, r := range rs {
			if id, ok := want[k]; ok {
				out = append(out, jen.Id(id).Op(":=").Add(d.numbersOf(jen.Id("a"+id), len(r.Node.Shape) == 0, true)))
			}
		}
		return out
	}
	d.print()
}

// big prints the tests of a func with a work, for the arguments that example
// gives.
func (d *derivTester) big(b *bigFunc, example string, sizes map[string]int) {
	d.sizes = sizes
	d.head = []jen.Code{
		jen.Id("a").Op(":=").Id(example).Call(),
		// One computes what is compared, which stays in its memory.
		jen.List(jen.Id("w"), jen.Id("v")).Op(":=").List(jen.Id(d.n.newWork).Call(), jen.Id(d.n.newWork).Call()),
	}
	d.slice = map[string]string{}
	d.view, d.back = map[string]jen.Code{}, map[string]jen.Code{}
	for i, a := range d.f.Args {
		id, x := fmt.Sprintf("x%d", i), jen.Id("a").Dot(b.args[a.Name])
		d.slice[a.Name] = id
		if len(a.Shape) > 0 {
			d.view[a.Name] = jen.Id(id).Op(":=").Add(x)
			continue
		}
		d.view[a.Name] = jen.Id(id).Op(":=").Add(d.floats()).Values(x)
		d.back[a.Name] = jen.Add(x).Op("=").Id(id).Index(jen.Lit(0))
	}
	d.value = func(k int) []jen.Code {
		y := jen.Id("y")
		if !b.plain() {
			y.Dot(b.outs[k])
		}
		return []jen.Code{
			jen.List(jen.Id("y"), jen.Err()).Op(":=").Id("v").Dot("Value").Call(jen.Id("a")), fatal("t"),
			jen.Return(d.numbersOf(y, len(d.f.Results[k].Node.Shape) == 0, false)),
		}
	}
	d.call = func(work string, i int, seeds []jen.Code, want map[int]string) []jen.Code {
		pr := d.procs[i+1]
		ids := []jen.Code{jen.Id("_")}
		var out []jen.Code
		for _, k := range b.kept {
			if !k.of(pr) {
				continue
			}
			id := "_"
			for j, r := range pr.proc.Results {
				name, ok := want[j]
				if !ok || r.Kind != k.kind {
					continue
				}
				m := slices.IndexFunc(k.members, func(m member) bool { return m.result == r.Name })
				id = k.name
				out = append(out, jen.Id(name).Op(":=").Add(d.numbersOf(jen.Id(id).Dot(k.members[m].field), len(r.Node.Shape) == 0, false)))
			}
			ids = append(ids, jen.Id(id))
		}
		method := d.n.derivs[i][len(d.n.value):]
		return append([]jen.Code{
			jen.List(append(ids, jen.Err())...).Op(":=").Id(work).Dot(method).Call(append([]jen.Code{jen.Id("a")}, seeds...)...), fatal("t"),
		}, out...)
	}
	d.print()
}
