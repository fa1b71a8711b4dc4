package codegen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/dave/jennifer/jen"
)

// expr prints e. What Go cannot say in an expression, a choice of which only
// one side is computed, becomes statements before the one that e stands in.
func (p *printer) expr(e loop.Expr) printed {
	switch e := e.(type) {
	case *loop.Const:
		return p.constant(e.Value, e.Type)
	case *loop.Ref:
		if p.wide[e.Var] {
			return atom(jen.Add(p.floatType()).Call(jen.Id(p.name(e.Var))))
		}
		return ident(p.name(e.Var))
	case *loop.Load:
		return p.load(e.Buf, e.Index)
	case *loop.Int:
		return polyCode(e.Poly, p.sym)
	case *loop.Apply:
		return p.apply(e)
	case *loop.Guarded:
		return p.choice(condsCode(e.Conds, p.sym), e.X, nil, p.typeOf(e.X))
	}
	panic(fmt.Sprintf("codegen: expression %T", e))
}

// constant prints a number. Whole numbers are printed without a point, so two
// of them must not be divided: apply folds constants.
func (p *printer) constant(v float64, t symbolic.Type) printed {
	switch t {
	case symbolic.Integer:
		return signed(strconv.FormatFloat(v, 'f', -1, 64))
	case symbolic.Boolean:
		return atom(jen.Lit(v != 0))
	}
	bits := int(p.float)
	if bits == 32 {
		v = float64(float32(v))
	}
	switch {
	case math.IsNaN(v):
		return atom(jen.Id("nan").Index(p.floatType()).Call())
	case math.IsInf(v, 0):
		return atom(jen.Id("inf").Index(p.floatType()).Call(jen.Lit(int(math.Copysign(1, v)))))
	case v == 0 && math.Signbit(v):
		return atom(jen.Id("negZero").Index(p.floatType()).Call())
	}
	s := strconv.FormatFloat(v, 'g', -1, bits)
	s = strings.Replace(strings.Replace(s, "e-0", "e-", 1), "e+0", "e+", 1)
	if n := strconv.FormatFloat(v, 'f', -1, bits); len(n) <= len(s) {
		s = n
	}
	return signed(s)
}

func signed(s string) printed {
	if strings.HasPrefix(s, "-") {
		return printed{jen.Op(s), precPrefix}
	}
	return atom(jen.Op(s))
}

// typed prints e where the context does not say that it is a real number.
func (p *printer) typed(e loop.Expr) printed {
	x := p.expr(e)
	if isConstant(e) && p.typeOf(e) == symbolic.Real {
		return atom(jen.Add(p.floatType()).Call(x.code))
	}
	return x
}

func isConstant(e loop.Expr) bool {
	switch e := e.(type) {
	case *loop.Const:
		return true
	case *loop.Int:
		_, ok := e.Poly.Const()
		return ok
	case *loop.Apply:
		for _, a := range e.Args {
			if !isConstant(a) {
				return false
			}
		}
		return e.Op.Eval != nil
	}
	return false
}

// fold returns the value of a constant expression.
func fold(e loop.Expr) float64 {
	switch e := e.(type) {
	case *loop.Const:
		return e.Value
	case *loop.Int:
		n, _ := e.Poly.Const()
		return float64(n)
	case *loop.Apply:
		var xs []float64
		for _, a := range e.Args {
			xs = append(xs, fold(a))
		}
		return e.Op.Eval(xs)
	}
	panic("codegen: not a constant")
}

func (p *printer) load(b *loop.Buffer, index symbolic.Poly) printed {
	x := atom(p.element(b, index))
	if p.isScalar(b) {
		return x
	}
	switch b.Type {
	case symbolic.Integer:
		return atom(jen.Int().Call(x.code))
	case symbolic.Boolean:
		if p.isFlag(b) {
			return printed{jen.Add(x.code).Op("!=").Lit(0), 3}
		}
	}
	return x
}

// isFlag reports whether the truth values of b are int32, 0 or 1: those of the arena are,
// and kernels see no others.
func (p *printer) isFlag(b *loop.Buffer) bool {
	return b.Type == symbolic.Boolean && (b.Kind == loop.Temp || p.inKernel)
}

func (p *printer) apply(e *loop.Apply) printed {
	if isConstant(e) {
		return p.constant(fold(e), p.typeOf(e))
	}
	op := e.Op
	if op.Lazy {
		return p.choice(p.expr(e.Args[0]), e.Args[1], e.Args[2], p.typeOf(e))
	}
	args := make([]printed, len(e.Args))
	untyped := !isInfix(op.Go)
	for i, a := range e.Args {
		args[i] = p.expr(a)
		untyped = untyped && (isConstant(a) || p.typeOf(a) != symbolic.Real)
	}
	if untyped { // a helper takes its type from its arguments
		for i, a := range e.Args {
			if isConstant(a) {
				args[i] = p.typed(a)
			}
		}
	}
	return p.operator(op, args)
}

// operator prints an operator on operands that are printed already.
func (p *printer) operator(op *symbolic.OpSpec, args []printed) printed {
	name := op.Go
	codes := make([]jen.Code, len(args))
	for i, a := range args {
		codes[i] = a.code
	}
	if fn := p.helpers.function(op, p.float); fn != "" {
		return atom(jen.Id(fn).Call(codes...))
	}
	switch {
	case name == "float":
		return atom(jen.Add(p.floatType()).Call(codes...))
	case name == "truth":
		return atom(jen.Id("truth").Index(p.floatType()).Call(codes...))
	case isInfix(name) && len(args) == 1:
		return printed{jen.Op(name).Add(args[0].in(precPrefix + 1)), precPrefix}
	case isInfix(name):
		// Go groups to the left: a + (b + c) keeps its parentheses, because it
		// is not (a + b) + c in floating point.
		return printed{jen.Add(args[0].in(op.Prec)).Op(name).Add(args[1].in(op.Prec + 1)), op.Prec}
	}
	if f := op.Foreign; f != nil && f.Path != "math" {
		return atom(jen.Id(p.helpers.call(*f, len(args))).Call(codes...))
	}
	if fn, ok := strings.CutPrefix(name, "math."); ok {
		return atom(jen.Qual("math", fn).Call(codes...))
	}
	return atom(jen.Id(name).Call(codes...)) // a builtin, or a helper from templates/go
}

func isInfix(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r == '.' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' })
}

// choice prints "a where cond, else b"; a nil b is zero.
func (p *printer) choice(cond printed, a, b loop.Expr, t symbolic.Type) printed {
	name := p.scope.pick("v")
	p.put(jen.Var().Id(name).Add(p.scalarType(t)))
	if b != nil && isZero(b) {
		b = nil
	}
	p.assignChosen(jen.Id(name), cond, a, b)
	return ident(name)
}

func isZero(e loop.Expr) bool {
	if c, ok := e.(*loop.Const); ok {
		return c.Value == 0 && !math.Signbit(c.Value)
	}
	return false
}

func (p *printer) typeOf(e loop.Expr) symbolic.Type {
	switch e := e.(type) {
	case *loop.Const:
		return e.Type
	case *loop.Ref:
		return e.Var.Type
	case *loop.Load:
		return e.Buf.Type
	case *loop.Int:
		return symbolic.Integer
	case *loop.Apply:
		if e.Op.InferFn != nil {
			return p.typeOf(e.Args[0])
		}
		return e.Op.Out
	case *loop.Guarded:
		return p.typeOf(e.X)
	}
	panic(fmt.Sprintf("codegen: expression %T", e))
}

func (p *printer) floatType() *jen.Statement {
	return jen.Id(p.float.String())
}

// varType is the type of a variable.
func (p *printer) varType(v *loop.Var) *jen.Statement {
	if p.wide[v] {
		return jen.Float64()
	}
	return p.scalarType(v.Type)
}

func (p *printer) scalarType(t symbolic.Type) *jen.Statement {
	switch t {
	case symbolic.Integer:
		return jen.Int()
	case symbolic.Boolean:
		return jen.Bool()
	}
	return p.floatType()
}
