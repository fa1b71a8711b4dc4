package frontend

import (
	"go/token"
	"path"
	"strings"
	"unicode"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// foreign is a function of Go that the model may call.
type foreign struct {
	name string
	op   *symbolic.OpSpec
}

func (*foreign) kind() string { return "extern func" }

// extern is extern func F(x) = math.F grad E. What it says goes into generated
// code as an import path and a name and in no other way, so both are held
// against what Go allows; of the standard library it is math only, whose
// functions do nothing but compute.
func (c *ctx) extern(d *parser.ExternDecl) value {
	f, ok := c.foreignOf(d)
	if !ok {
		return poison{}
	}
	if c.opt.Extern != nil {
		if err := c.opt.Extern(f); err != nil {
			c.errorf(d.Go.Span(), "%v", err)
			return poison{}
		}
	}
	n := len(d.Params)
	for _, p := range d.Params {
		if p.Type != nil && (len(p.Type.Dims) > 0 || p.Type.Elem != parser.Real) {
			c.errorf(p.Span(), "an extern func takes numbers, and %s is %s", p.Name.Name, c.typeText(p.Type)).
				Hintf("it is called for each element of a tensor")
			return poison{}
		}
	}
	switch {
	case n == 0:
		c.errorf(d.Name.Span(), "an extern func takes at least one number")
		return poison{}
	case len(d.Grad) != n:
		c.errorf(d.Span(), "%s has %s and %s", d.Name.Name, plural(n, "argument"), plural(len(d.Grad), "derivative")).
			Hintf("there is one derivative for each argument: grad E, E")
		return poison{}
	}
	if f.Path == "math" {
		if _, args, _ := symbolic.MathFunction(f.Func); args != n {
			c.errorf(d.Go.Span(), "math.%s takes %s", f.Func, plural(args, "argument"))
			return poison{}
		}
	}
	at := d.Name.Span().Pos
	op := symbolic.NewForeign("extern "+d.Name.Name+" "+at.File+":"+itoa(at.Line)+" "+f.Key(), f, n)
	return &foreign{d.Name.Name, op}
}

// foreignOf reads which function of Go is meant.
func (c *ctx) foreignOf(d *parser.ExternDecl) (f symbolic.Foreign, ok bool) {
	if d.Path == "" {
		return c.mathOf(d.Go)
	}
	n, ok := d.Go.(*parser.Name)
	switch {
	case !ok: // the parser has said so
	case !importPath(d.Path):
		c.errorf(d.Span(), "%q is no import path of a package outside of the standard library", short(d.Path)).
			Hintf("write it as Go does, example.com/robot/air; of the standard library only math can be called: math.%s", n.Name)
		ok = false
	case !token.IsIdentifier(n.Name) || !token.IsExported(n.Name):
		c.errorf(n.Span(), "%s is no function that a package of Go exports", n.Name)
		ok = false
	}
	if !ok {
		return f, false
	}
	return symbolic.Foreign{Path: d.Path, Func: n.Name}, true
}

// mathOf reads math.Name.
func (c *ctx) mathOf(x parser.Expr) (f symbolic.Foreign, ok bool) {
	m, ok := unparen(x).(*parser.Member)
	if ok {
		pkg, isName := m.X.(*parser.Name)
		ok = isName && pkg.Name == "math"
	}
	if !ok {
		c.errorf(x.Span(), "%s is no function of Go that can be called", short(c.text(x))).
			Hintf(`write math.Name, or for another package its path: "example.com/robot/air".Name`)
		return f, false
	}
	if _, _, ok := symbolic.MathFunction(m.Name.Name); !ok {
		d := c.errorf(x.Span(), "math.%s is no function of numbers", m.Name.Name)
		suggest(d, m.Name.Name, symbolic.MathFunctions())
		return f, false
	}
	return symbolic.Foreign{Path: "math", Func: m.Name.Name}, true
}

// importPath reports whether s may stand in an import of generated code: a path
// whose first element has a dot, as no package of the standard library does.
func importPath(s string) bool {
	first, _, _ := strings.Cut(s, "/")
	if !strings.Contains(first, ".") || s != path.Clean(s) || strings.HasPrefix(s, ".") || len(s) > 300 {
		return false
	}
	for _, part := range strings.Split(s, "/") {
		if strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".") || part == "" {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !(r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("-._~/", r))
	})
}

// externGrads elaborates the derivatives of an extern func over a graph of their
// own. They may call other extern funcs, and this one.
func (f *frontend) externGrads(fl *file, d *parser.ExternDecl, v *foreign) {
	model := f.g
	f.g = f.newGraph()
	defer func() { f.g = model }()
	c := &ctx{frontend: f, scope: fl.scope.inner(), frame: &frame{file: fl, uses: map[string]diag.Span{}}}
	var inputs, partials []*symbolic.Node
	for _, p := range d.Params {
		in := f.g.Input(symbolic.ArgInput, p.Name.Name, nil, symbolic.Real)
		if !c.mayBind(p.Name) {
			return
		}
		c.scope.names[p.Name.Name] = &binding{val: &tensor{node: in}, span: p.Name.Span(), what: "argument"}
		inputs = append(inputs, in)
	}
	for _, x := range d.Grad {
		n, ok := c.externGrad(x, d, inputs)
		if !ok {
			return
		}
		partials = append(partials, n)
	}
	v.op.SetPartials(inputs, partials)
}

// externGrad is one derivative: a formula of the arguments, or math.F, which is
// called with them.
func (c *ctx) externGrad(x parser.Expr, d *parser.ExternDecl, inputs []*symbolic.Node) (*symbolic.Node, bool) {
	if m, ok := unparen(x).(*parser.Member); ok && c.scope.local("math") == nil && c.scope.file.alias("math") == nil {
		if pkg, isName := m.X.(*parser.Name); isName && pkg.Name == "math" {
			f, ok := c.mathOf(x)
			if !ok {
				return nil, false
			}
			if _, args, _ := symbolic.MathFunction(f.Func); args != len(inputs) {
				c.errorf(x.Span(), "math.%s takes %s, %s has %d", f.Func, plural(args, "argument"), d.Name.Name, len(inputs))
				return nil, false
			}
			at := x.Span().Pos
			op := symbolic.NewForeign("extern "+at.File+":"+itoa(at.Line)+":"+itoa(at.Col)+" "+f.Key(), f, len(inputs))
			return c.g.Apply(op, nil, inputs...), true
		}
	}
	t, ok := c.real(c.eval(x), x)
	if !ok {
		return nil, false
	}
	if bad := symbolic.ScalarFormula(t.node); bad != nil || len(t.axes) > 0 {
		c.errorf(x.Span(), "the derivative of an extern func is a formula of its arguments, number by number")
		return nil, false
	}
	return t.node, true
}

// callForeign calls a function of Go for each element.
func (c *ctx) callForeign(f *foreign, args []value, at []parser.Expr, x *parser.Call) value {
	k := &bcall{c, &builtin{name: f.name}, args, at, x}
	return k.elementwise(f.op)
}
