package codegen

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"sync"

	"github.com/bpgen/bpgen/symbolic"
)

// With Options.Strict the numbers of a package are the same to the bit on every
// platform. Two things in Go are not: a product may be combined with a sum, and
// not be rounded in between, also across statements; and package math computes
// with instructions that some platforms have. Both are seen to here, in the text
// of the package, whatever has printed it: portableMath puts functions of
// templates/go/strict.go.tmpl in the place of those of package math, and
// roundProducts rounds products. Assembly is not made at all.

// exactMath are the functions of package math that are exact, or rounded once.
var exactMath = setOf(`Abs Ceil Copysign Dim FMA Float32bits Float32frombits Float64bits Float64frombits Floor Frexp Inf IsInf
	IsNaN Ldexp Logb Max Min Mod NaN Nextafter Remainder Round RoundToEven Signbit Sqrt Trunc`)

func setOf(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

const strictFile = "strict.go.tmpl"

// strictFunctions are the names in strictFile.
var strictFunctions = sync.OnceValue(func() map[string]bool {
	s, err := loadScaffold(nil, strictFile)
	if err != nil {
		panic(err)
	}
	m := map[string]bool{}
	for _, n := range s.names() {
		m[n] = true
	}
	return m
})

// strictMath returns what a name of package math is in a strict package, "" where
// it has no form that is the same everywhere.
func strictMath(name string) string {
	if exactMath[name] || isMathConst(name) {
		return "math." + name
	}
	if fn := "strict" + name; strictFunctions()[fn] {
		return fn
	}
	return ""
}

func isMathConst(name string) bool {
	p, err := std.Import("math")
	if err != nil {
		return false
	}
	_, ok := p.Scope().Lookup(name).(*types.Const)
	return ok
}

// portableMath replaces the functions of package math in a Go file.
func portableMath(src string) (string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.SkipObjectResolution)
	if err != nil {
		return "", fmt.Errorf("codegen: %w", err)
	}
	var edits []edit
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if id, ok := s.X.(*ast.Ident); ok && id.Name == "math" {
			with := strictMath(s.Sel.Name)
			if with == "" {
				err = fmt.Errorf("codegen: math.%s has no form that is the same everywhere", s.Sel.Name)
			}
			edits = append(edits, edit{fset.Position(s.Pos()).Offset, fset.Position(s.End()).Offset, with})
		}
		return true
	})
	return edited(src, edits), err
}

// portableMath replaces the functions of package math in what is printed.
func (b *body) portableMath() error {
	const head = "package p\n"
	text, err := portableMath(head + b.text.String())
	b.text.Reset()
	b.text.WriteString(strings.TrimPrefix(text, head))
	return err
}

// StrictForeign returns an error where what a function of Go computes may differ
// between platforms.
func StrictForeign(f symbolic.Foreign) error {
	switch {
	case f.Path != "math":
		return fmt.Errorf("with -strict no other package can be called: what %s computes may differ between platforms", f.Func)
	case strictMath(f.Func) == "":
		return fmt.Errorf("math.%s differs between platforms, and has no other form for -strict", f.Func)
	}
	return nil
}

// roundProducts has every product and quotient of files rounded by itself. A
// conversion says so to the compiler, float64(x*y) + z; only where it is compared,
// divided by or converted there is nothing to combine it with. (The compiler may
// add x·y to itself for 2·x·y, and multiply in the place of a division by 4.)
// Tests are left as they are.
func roundProducts(pkg string, files []File, foreign []*symbolic.OpSpec) ([]File, error) {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	fset, parsed, err := checked(pkg, files, foreign, info)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(files)
	for i, f := range parsed {
		if strings.HasSuffix(out[i].Name, "_test.go") {
			continue
		}
		r := &rounding{info: info, src: string(files[i].Data), at: func(p token.Pos) int { return fset.Position(p).Offset }}
		ast.PreorderStack(f, nil, r.visit)
		if out[i].Data, err = format.Source([]byte(edited(r.src, r.edits))); err != nil {
			return nil, fmt.Errorf("codegen: %w", err)
		}
	}
	return out, nil
}

// A rounding collects what is to be changed in a file.
type rounding struct {
	info  *types.Info
	src   string
	at    func(token.Pos) int
	edits []edit
}

func (r *rounding) visit(n ast.Node, stack []ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		t := r.floatOf(n)
		if n.Op != token.MUL && n.Op != token.QUO || t == "" || r.rounded(n, stack) {
			break
		}
		if p, ok := stack[len(stack)-1].(*ast.ParenExpr); ok {
			r.insert(p.Pos(), t)
			break
		}
		r.insert(n.Pos(), t+"(")
		r.insert(n.End(), ")")
	case *ast.AssignStmt:
		if n.Tok != token.MUL_ASSIGN && n.Tok != token.QUO_ASSIGN {
			break
		}
		if t := r.floatOf(n.Lhs[0]); t != "" { // x *= y becomes x = float64(x * y)
			x := r.src[r.at(n.Lhs[0].Pos()):r.at(n.Lhs[0].End())]
			op := strings.TrimSuffix(n.Tok.String(), "=")
			before, after := "= "+t+"("+x+op, ")"
			if b, ok := n.Rhs[0].(*ast.BinaryExpr); ok && b.Op.Precedence() < token.MUL.Precedence() {
				before, after = before+"(", "))"
			}
			r.edits = append(r.edits, edit{r.at(n.TokPos), r.at(n.TokPos) + len(n.Tok.String()), before})
			r.insert(n.Rhs[0].End(), after)
		}
	}
	return true
}

func (r *rounding) insert(at token.Pos, text string) {
	r.edits = append(r.edits, edit{r.at(at), r.at(at), text})
}

// floatOf returns the type of an expression that is computed in floating point
// when running.
func (r *rounding) floatOf(e ast.Expr) string {
	tv := r.info.Types[e]
	if tv.Type == nil || tv.Value != nil {
		return ""
	}
	if p, ok := tv.Type.(*types.TypeParam); ok {
		if types.Satisfies(types.Typ[types.Float64], p.Constraint().Underlying().(*types.Interface)) {
			return p.Obj().Name()
		}
		return ""
	}
	if b, ok := tv.Type.Underlying().(*types.Basic); ok && b.Info()&types.IsFloat != 0 {
		return types.TypeString(tv.Type, func(*types.Package) string { return "" })
	}
	return ""
}

// rounded reports whether what e stands in, the last of the stack, can't be
// combined with it, or rounds it.
func (r *rounding) rounded(e ast.Expr, stack []ast.Node) bool {
	for i := len(stack) - 1; ; i-- {
		switch p := stack[i].(type) {
		case *ast.ParenExpr:
			e = p
		case *ast.UnaryExpr: // −x·y may be combined as x·y may
			e = p
		case *ast.BinaryExpr:
			return p.Op.Precedence() == token.EQL.Precedence() || p.Op == token.QUO && e == p.Y
		case *ast.CallExpr:
			fn := r.info.Types[p.Fun]
			return fn.IsType() && types.Identical(fn.Type, r.info.Types[e].Type)
		default:
			return false
		}
	}
}

// An edit is text in the place of other text.
type edit struct {
	from, to int
	text     string
}

// edited makes the edits in src. Those at one place stand in the order in which they were
// asked for.
func edited(src string, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var out strings.Builder
	at := 0
	for _, e := range edits {
		out.WriteString(src[at:e.from])
		out.WriteString(e.text)
		at = e.to
	}
	out.WriteString(src[at:])
	return out.String()
}
