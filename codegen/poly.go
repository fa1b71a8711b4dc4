package codegen

import (
	"fmt"
	"math/big"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/dave/jennifer/jen"
)

// Precedences of Go's operators, as OpSpec.Prec has them.
const (
	precSum     = 4
	precProduct = 5
	precPrefix  = 6
	precAtom    = 7
)

// A term of Go with the precedence of its outermost operator.
type printed struct {
	code jen.Code
	prec int
}

func atom(c jen.Code) printed { return printed{c, precAtom} }

func ident(name string) printed { return atom(jen.Id(name)) }

// in returns e for use as an operand of an operator of precedence prec.
func (e printed) in(prec int) jen.Code {
	if e.prec < prec {
		return jen.Parens(e.code)
	}
	return e.code
}

// symbols gives the Go form of the symbols of a Poly.
type symbols func(sym string) jen.Code

// polyCode prints p as an int expression. Positive terms come first; rational
// coefficients become one division, which is exact.
func polyCode(p symbolic.Poly, syms symbols) printed {
	type term struct {
		num  int64
		syms []string
	}
	lcm := big.NewInt(1)
	p.Terms(func(_, den int64, _ []string) {
		d := big.NewInt(den)
		g := new(big.Int).GCD(nil, nil, lcm, d)
		lcm.Mul(lcm, d.Div(d, g))
	})
	all := lcm.Int64()
	var plus, minus []term
	p.Terms(func(num, den int64, syms []string) {
		if t := (term{num * (all / den), syms}); num > 0 {
			plus = append(plus, t)
		} else {
			t.num = -t.num
			minus = append(minus, t)
		}
	})
	product := func(t term) printed {
		if len(t.syms) == 0 {
			return atom(jen.Lit(int(t.num)))
		}
		c := jen.Add(syms(t.syms[0]))
		for _, s := range t.syms[1:] {
			c.Op("*").Add(syms(s))
		}
		if t.num != 1 {
			c.Op("*").Lit(int(t.num))
		}
		if t.num == 1 && len(t.syms) == 1 {
			return atom(c)
		}
		return printed{c, precProduct}
	}
	var out printed
	switch {
	case len(plus) > 0:
		out = product(plus[0])
		plus = plus[1:]
	case len(minus) > 0:
		out = printed{jen.Op("-").Add(product(minus[0]).in(precPrefix)), precPrefix}
		minus = minus[1:]
	default:
		return atom(jen.Lit(0))
	}
	for _, t := range plus {
		out = printed{jen.Add(out.code).Op("+").Add(product(t).code), precSum}
	}
	for _, t := range minus {
		out = printed{jen.Add(out.code).Op("-").Add(product(t).code), precSum}
	}
	if all != 1 {
		out = printed{jen.Add(out.in(precProduct)).Op("/").Lit(int(all)), precProduct}
	}
	return out
}

// roomChecks prints checks that sizes which multiply others do not overflow.
func roomChecks(of, what string, syms symbols, zeros []jen.Code, sizes ...symbolic.Poly) []jen.Code {
	var out []jen.Code
	for _, p := range sizes {
		product := false
		p.Terms(func(_, _ int64, ss []string) { product = product || len(ss) > 1 })
		if product {
			out = append(out, guard(jen.Id("checkRoom").Call(jen.Lit(of), jen.Lit(what), roomCode(p, syms)), zeros...))
		}
	}
	return out
}

// roomCode prints p as a float64 expression, which cannot overflow.
func roomCode(p symbolic.Poly, syms symbols) jen.Code {
	var out *jen.Statement
	p.Terms(func(num, den int64, ss []string) {
		t := jen.Lit(float64(num) / float64(den))
		if num == den && len(ss) > 0 {
			t = nil
		}
		for _, s := range ss {
			f := jen.Float64().Call(syms(s))
			if e, ok := symbolic.ExponentOf(s); ok {
				f = jen.Qual("math", "Exp2").Call(jen.Float64().Call(syms(e)))
			}
			if t == nil {
				t = f
			} else {
				t.Op("*").Add(f)
			}
		}
		if out == nil {
			out = t
		} else {
			out.Op("+").Add(t)
		}
	})
	if out == nil {
		return jen.Lit(0)
	}
	return out
}

// condCode prints a condition on indices.
func condCode(c symbolic.Cond, syms symbols) printed {
	// Positive terms on the left, the others on the right.
	var left, right symbolic.Poly
	c.E.Terms(func(num, den int64, ss []string) {
		t := symbolic.Int(1)
		for _, s := range ss {
			t = t.Mul(symbolic.Sym(s))
		}
		if num > 0 {
			left = left.Add(t.Scale(num, den))
		} else {
			right = right.Add(t.Scale(-num, den))
		}
	})
	l, r := polyCode(left, syms).code, polyCode(right, syms).code
	switch c.Kind {
	case symbolic.NonNeg:
		// a − b − 1 ≥ 0 reads better as a > b.
		if k, ok := right.Const(); ok || right.Sub(symbolic.Int(1)).Is(0) {
			return printed{jen.Add(l).Op(">=").Lit(k), 3}
		}
		if less := right.Sub(symbolic.Int(1)); len(termsOf(less)) < len(termsOf(right)) {
			return printed{jen.Add(polyCode(less, syms).code).Op("<").Add(l), 3}
		}
		return printed{jen.Add(r).Op("<=").Add(l), 3}
	case symbolic.Zero:
		return printed{jen.Add(l).Op("==").Add(r), 3}
	case symbolic.Divides:
		e := polyCode(c.E, syms)
		return printed{jen.Add(e.in(precProduct)).Op("%").Lit(c.Mod).Op("==").Lit(0), 3}
	}
	panic(fmt.Sprintf("codegen: condition of kind %d", c.Kind))
}

func termsOf(p symbolic.Poly) (out []string) {
	p.Terms(func(_, _ int64, ss []string) { out = append(out, fmt.Sprint(ss)) })
	return out
}

// condsCode prints a conjunction.
func condsCode(cs []symbolic.Cond, syms symbols) printed {
	var out *jen.Statement
	for _, c := range cs {
		if out == nil {
			out = jen.Add(condCode(c, syms).code)
			continue
		}
		out.Op("&&").Add(condCode(c, syms).code)
	}
	if out == nil {
		return atom(jen.True())
	}
	return printed{out, 2}
}
