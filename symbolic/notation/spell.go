package notation

import (
	"math"
	"strconv"

	"github.com/bpgen/bpgen/symbolic"
)

// A Const is a number that has a name.
type Const struct {
	Name string
	Num  float64
}

// value is c as something that expressions call by its name.
func (c Const) value() *Value {
	return &Value{Name: c.Name, Type: symbolic.Real, Known: symbolic.Scalar(c.Num)}
}

// spell writes the numbers in e as one would: by the name of a const, λ/2 for
// 0.0005, and as fractions, roots and parts of π where their digits go on and on.
func (b *Builder) spell(e *Expr) *Expr {
	e = e.Replace(func(x *Expr) *Expr {
		if x.Kind == Number {
			return b.number(x.Num)
		}
		return nil
	})
	return tidy(e)
}

// tidy writes quotients among the factors of a product below its line, and a sum
// with what begins with a minus as a difference.
func tidy(e *Expr) *Expr {
	out := *e
	out.Args = nil
	for _, a := range e.Args {
		out.Args = append(out.Args, tidy(a))
	}
	e = &out
	switch {
	case e.Kind != Apply:
	case e.Op == symbolic.OpAdd:
		if p, ok := Negated(e.Args[1]); ok {
			return apply(symbolic.OpSub, e.Args[0], p)
		}
	case e.Op == symbolic.OpMul:
		return quotient(e)
	}
	return e
}

// quotient gathers the numbers that a product is divided by: 1/12·a·(b/c) is
// a·b/(12·c).
func quotient(e *Expr) *Expr {
	var over, under []*Expr
	changed := false
	for _, f := range factors(e) {
		for f.Kind == Apply && f.Op == symbolic.OpDiv && rank(f.Args[1]) == 0 {
			under = append(under, f.Args[1])
			f, changed = f.Args[0], true
		}
		if f.Kind == Number && f.Num == 0.5 {
			under, changed = append(under, num(2)), true
			continue
		}
		if f.Kind != Number || f.Num != 1 {
			over = append(over, f)
		}
	}
	if !changed {
		return e
	}
	c, over := coefficients(over)
	d, under := coefficients(under)
	switch n := math.Round(d / c); {
	case same(c/d, math.Round(c/d)):
		c, d = c/d, 1
	case same(d/c, n):
		c, d = 1, n
	}
	if top := producted(c, over); d != 1 || len(under) > 0 {
		return apply(symbolic.OpDiv, top, producted(d, under))
	} else {
		return top
	}
}

// coefficients multiplies the numbers among es out.
func coefficients(es []*Expr) (c float64, rest []*Expr) {
	c = 1
	for _, e := range es {
		if e.Kind == Number {
			c *= e.Num
		} else {
			rest = append(rest, e)
		}
	}
	return c, rest
}

// producted is the product of c and es, equals that are side by side as squares.
func producted(c float64, es []*Expr) *Expr {
	var fs []*Expr
	for _, e := range es {
		if n := len(fs); n > 0 && Text(fs[n-1]) == Text(e) {
			fs[n-1] = apply(symbolic.OpSquare, e)
			continue
		}
		fs = append(fs, e)
	}
	if c != 1 || len(fs) == 0 {
		fs = append([]*Expr{num(c)}, fs...)
	}
	out := fs[0]
	for _, e := range fs[1:] {
		out = apply(symbolic.OpMul, out, e)
	}
	return out
}

// number writes v.
func (b *Builder) number(v float64) *Expr {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return num(v)
	}
	if v < 0 {
		if e := b.number(-v); e.Kind != Number {
			return apply(symbolic.OpNeg, e)
		}
		return num(v)
	}
	for _, c := range b.Consts {
		if e := c.times(v); e != nil {
			return e
		}
	}
	if len(strconv.FormatFloat(v, 'g', -1, 64)) <= 8 {
		return num(v)
	}
	for _, c := range []struct {
		of  float64
		say func(p, q int) *Expr
	}{
		{v, func(p, q int) *Expr { return num(float64(p)) }},
		{v / math.Pi, func(p, q int) *Expr { return multiple(p, Whole(Const{"π", math.Pi}.value())) }},
		{v * v, func(p, q int) *Expr { return apply(symbolic.OpSqrt, num(float64(p))) }},
	} {
		for q := 1; q <= most; q++ {
			p := math.Round(c.of * float64(q))
			if p < 1 || p > most || !same(p/float64(q), c.of) {
				continue
			}
			e := c.say(int(p), q)
			switch {
			case e.Op == symbolic.OpSqrt && p == 1: // 1/√q
				return apply(symbolic.OpDiv, num(1), apply(symbolic.OpSqrt, num(float64(q))))
			case e.Op == symbolic.OpSqrt && q > 1:
				return apply(symbolic.OpSqrt, apply(symbolic.OpDiv, num(p), num(float64(q))))
			case q > 1:
				return apply(symbolic.OpDiv, e, num(float64(q)))
			}
			return e
		}
	}
	return num(v)
}

// most is how large the parts of a fraction may be.
const most = 1000

func same(a, b float64) bool { return math.Abs(a-b) <= 4e-16*math.Abs(b) }

func multiple(k int, e *Expr) *Expr {
	if k == 1 {
		return e
	}
	return apply(symbolic.OpMul, num(float64(k)), e)
}

// times is v as a small multiple or part of c, or nil. Of what is a small
// number or fraction itself only the whole is: a 2 may be something else.
func (c Const) times(v float64) *Expr {
	a := math.Abs(c.Num)
	if a == 0 || a == 1 || a == 2 || math.IsInf(a, 0) || math.IsNaN(a) {
		return nil
	}
	sign := func(e *Expr) *Expr {
		if c.Num < 0 {
			return apply(symbolic.OpNeg, e)
		}
		return e
	}
	name := Whole(c.value())
	if same(v, a) {
		return sign(name)
	}
	const few = 12
	for q := 1; q <= few; q++ {
		if p := math.Round(a * float64(q)); p >= 1 && p <= few && same(p/float64(q), a) {
			return nil
		}
	}
	for q := 1; q <= few; q++ {
		p := math.Round(v / a * float64(q))
		if p < 1 || p > few || !same(p/float64(q)*a, v) {
			continue
		}
		e := multiple(int(p), name)
		if q > 1 {
			e = apply(symbolic.OpDiv, e, num(float64(q)))
		}
		return sign(e)
	}
	return nil
}
