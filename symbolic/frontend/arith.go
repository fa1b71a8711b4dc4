package frontend

import (
	"math"

	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// maxPower bounds the exponents of exact powers.
const maxPower = 16

func (c *ctx) unary(x *parser.Unary) value {
	v := c.eval(x.X)
	switch v := v.(type) {
	case poison:
		return v
	case truth:
		if x.Op == "!" {
			return !v
		}
	case number:
		if x.Op == "-" {
			if v.exact {
				return number{poly: v.poly.Neg(), exact: true, typ: v.typ}
			}
			return number{f: -v.f, typ: v.typ}
		}
	case *list:
		if x.Op == "-" {
			t, ok := c.tensor(v, x.X)
			if !ok {
				return poison{}
			}
			return c.negate(t)
		}
	case *tensor:
		if x.Op == "!" && v.node.Type == symbolic.Boolean {
			out := c.apply(symbolic.OpNot, v)
			out.yes, out.no = v.no, v.yes
			return out
		}
		if x.Op == "-" && v.node.Type != symbolic.Boolean {
			return c.negate(v)
		}
	}
	what := map[string]string{"-": "a number", "!": "a truth value"}[x.Op]
	c.side(c.errorf(x.Span(), "%s needs %s, and %s is %s", x.Op, what, short(c.text(x.X)), describe(v)), x.X, v)
	return poison{}
}

func (c *ctx) negate(t *tensor) *tensor {
	if t.node.Type != symbolic.Integer {
		return c.apply(symbolic.OpNeg, t)
	}
	zero := &tensor{node: c.g.Const(0, nil, symbolic.Integer)}
	out := c.apply(symbolic.OpIntSub, zero, t)
	if t.lo != nil && t.hi != nil {
		lo, hi := t.hi.Neg(), t.lo.Neg()
		out.lo, out.hi = &lo, &hi
	}
	return out
}

func (c *ctx) binary(x *parser.Binary) value {
	if x.Op == "&&" || x.Op == "||" {
		return c.logic(x)
	}
	a, b := c.eval(x.X), c.eval(x.Y)
	if isPoison(a) || isPoison(b) {
		return poison{}
	}
	if x.Op == "@" {
		return c.matmul(x, a, b)
	}
	p, isP := a.(number)
	q, isQ := b.(number)
	if isP && isQ {
		if v, ok := c.fold(x, p, q); ok {
			return v
		}
	}
	if s, ok := a.(truth); ok {
		if t, ok := b.(truth); ok && (x.Op == "==" || x.Op == "!=") {
			return truth((s == t) == (x.Op == "=="))
		}
	}
	if v, ok := c.ruleFold(x.Op, a, b); ok {
		return v
	}
	s, ok := c.tensor(a, x.X)
	t, ok2 := c.tensor(b, x.Y)
	if !ok || !ok2 {
		return poison{}
	}
	switch x.Op {
	case "+", "-", "*", "/", "^":
		return c.arith(x, s, t)
	}
	return c.compare(x, s, t)
}

// fold computes with numbers known when generating; it fails where the result
// is not one.
func (c *ctx) fold(x *parser.Binary, p, q number) (value, bool) {
	typ := symbolic.Real
	if p.typ == symbolic.Integer && q.typ == symbolic.Integer {
		typ = symbolic.Integer
	}
	a, okA := p.float()
	b, okB := q.float()
	consts := okA && okB
	if consts {
		if v, ok := c.foldLarge(x, a, b, typ); ok {
			return v, true
		}
	}
	if p.exact && q.exact {
		n := p.poly.Len() * q.poly.Len()
		c.effort.Spend(n)
		switch {
		case x.Op == "*" && n > maxTerms:
			return c.tooLong(x), true
		case x.Op == "*" && p.poly.Degree()+q.poly.Degree() > maxDegree:
			return c.tooSteep(x), true
		}
		exact := func(r symbolic.Poly, typ symbolic.Type) (value, bool) {
			return number{poly: r, exact: true, typ: typ}, true
		}
		switch x.Op {
		case "+":
			return exact(p.poly.Add(q.poly), typ)
		case "-":
			return exact(p.poly.Sub(q.poly), typ)
		case "*":
			return exact(p.poly.Mul(q.poly), typ)
		case "/":
			if r, ok := p.poly.Div(q.poly); ok {
				return exact(r, symbolic.Real)
			}
		case "^":
			if n, ok := q.int(); ok && 0 <= n && (n <= maxPower || n < 64 && consts && p.typ == symbolic.Integer) {
				r := symbolic.Int(1)
				if n*p.poly.Degree() > maxDegree {
					return c.tooSteep(x), true
				}
				for range n {
					if r.Len()*p.poly.Len() > maxTerms {
						return c.tooLong(x), true
					}
					r = r.Mul(p.poly)
				}
				return exact(r, p.typ)
			}
			if p.typ == symbolic.Integer && p.poly.Is(2) && q.typ == symbolic.Integer && !consts && !c.mentionsAxis(q.poly) && c.prove(q.poly, nil) {
				if r, ok := symbolic.Exp2(q.poly); ok {
					return exact(r, p.typ)
				}
			}
		case "==", "!=":
			if p.poly.Equal(q.poly) {
				return truth(x.Op == "=="), true
			}
		}
		if !consts {
			// What holds for every size is known now: 0 <= T.
			if v, ok := c.decide(x.Op, p.poly, q.poly); ok {
				return v, true
			}
		}
	}
	if !consts {
		return nil, false
	}
	switch x.Op {
	case "+":
		return constant(a + b), true
	case "-":
		return constant(a - b), true
	case "*":
		return constant(a * b), true
	case "/":
		return constant(a / b), true
	case "^":
		return constant(math.Pow(a, b)), true
	case "==":
		return truth(a == b), true
	case "!=":
		return truth(a != b), true
	case "<":
		return truth(a < b), true
	case "<=":
		return truth(a <= b), true
	case ">":
		return truth(a > b), true
	case ">=":
		return truth(a >= b), true
	}
	return nil, false
}

// foldLarge computes what is too large for the exact arithmetic of sizes. A
// whole number that is too large is an error.
func (c *ctx) foldLarge(x *parser.Binary, a, b float64, typ symbolic.Type) (value, bool) {
	var r float64
	switch x.Op {
	case "+":
		r = a + b
	case "-":
		r = a - b
	case "*":
		r = a * b
	case "^":
		r = math.Pow(a, b)
	}
	switch {
	case math.Abs(r) < 1<<53:
		return nil, false
	case typ == symbolic.Real:
		return constant(r), true
	}
	c.errorf(x.Span(), "%s is too large for a whole number", short(c.text(x))).Hintf("write a real number: %g", r)
	return poison{}, true
}

// tooLong reports a size whose polynomial is too long to work with.
func (c *ctx) tooLong(x parser.Expr) value {
	c.errorf(x.Span(), "the size %s has more than %d terms", short(c.text(x)), maxTerms)
	return poison{}
}

// tooSteep reports a size whose polynomial has too high powers.
func (c *ctx) tooSteep(x parser.Expr) value {
	c.errorf(x.Span(), "the size %s is of a degree above %d", short(c.text(x)), maxDegree)
	return poison{}
}

// decide compares polynomials where the outcome is the same for all sizes and
// all indices in their ranges.
func (c *ctx) decide(op string, p, q symbolic.Poly) (value, bool) {
	one := symbolic.Int(1)
	ge := func(a, b symbolic.Poly) bool { return c.prove(a.Sub(b), nil) }
	switch op {
	case "<":
		if ge(q, p.Add(one)) {
			return truth(true), true
		}
		if ge(p, q) {
			return truth(false), true
		}
	case "<=":
		if ge(q, p) {
			return truth(true), true
		}
		if ge(p, q.Add(one)) {
			return truth(false), true
		}
	case ">":
		return c.decide("<", q, p)
	case ">=":
		return c.decide("<=", q, p)
	case "==", "!=":
		if ge(p, q.Add(one)) || ge(q, p.Add(one)) {
			return truth(op == "!="), true
		}
	}
	return nil, false
}

// logic is && and ||.
func (c *ctx) logic(x *parser.Binary) value {
	a := c.eval(x.X)
	if k, ok := a.(truth); ok {
		if bool(k) == (x.Op == "||") {
			return k // the other side does not matter
		}
		return c.truthOf(x.Op, x.Y, c.eval(x.Y))
	}
	right := c
	if t, ok := a.(*tensor); ok {
		if x.Op == "&&" {
			right = c.assuming(t.yes)
		} else {
			right = c.assuming(t.no)
		}
	}
	b := right.eval(x.Y)
	if isPoison(a) || isPoison(b) {
		return poison{}
	}
	if k, ok := b.(truth); ok && bool(k) == (x.Op == "&&") {
		return c.truthOf(x.Op, x.X, a)
	}
	s, ok := c.tensor(a, x.X)
	t, ok2 := c.tensor(b, x.Y)
	if !ok || !ok2 {
		return poison{}
	}
	if isPoison(c.truthOf(x.Op, x.X, s)) || isPoison(c.truthOf(x.Op, x.Y, t)) || !c.agree(x, s, t) {
		return poison{}
	}
	op := symbolic.OpAnd
	if x.Op == "||" {
		op = symbolic.OpOr
	}
	out := c.apply(op, s, t)
	if x.Op == "&&" {
		out.yes, out.no = s.yes.and(t.yes), s.no.or(t.no)
	} else {
		out.yes, out.no = s.yes.or(t.yes), s.no.and(t.no)
	}
	return out
}

// truthOf is v, the value of x, which && and || need to be a truth value.
func (c *ctx) truthOf(op string, x parser.Expr, v value) value {
	switch t := v.(type) {
	case truth, poison:
		return v
	case *tensor:
		if t.node.Type == symbolic.Boolean {
			return v
		}
	}
	c.side(c.errorf(x.Span(), "%s needs truth values, and %s is %s", op, short(c.text(x)), describe(v)), x, v)
	return poison{}
}

// agree reports an error unless the shapes of both sides fit.
func (c *ctx) agree(x *parser.Binary, s, t *tensor) bool {
	if fits(s.shape, t.shape) {
		return true
	}
	words := map[string]string{"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "^": "raise"}
	verb, ok := words[x.Op]
	if !ok {
		verb = "compare"
	}
	d := c.errorf(x.Span(), "cannot %s %s", verb, short(c.text(x)))
	c.side(c.side(d, x.X, s), x.Y, t)
	if len(s.shape) == 2 && len(t.shape) <= 2 && x.Op == "*" && len(t.shape) > 0 && s.shape[1].Equal(t.shape[0]) {
		d.Hintf("* works on each element; a matrix product is %s @ %s", short(c.text(x.X)), short(c.text(x.Y)))
		return false
	}
	d.Hintf("the shapes must be the same, or the shorter one the end of the longer; sizes agree by name or by number")
	return false
}

func (c *ctx) numeric(x *parser.Binary, ts ...*tensor) bool {
	for i, t := range ts {
		if t.node.Type == symbolic.Boolean {
			e := []parser.Expr{x.X, x.Y}[i]
			d := c.side(c.errorf(e.Span(), "%s needs numbers, and %s is %s", x.Op, short(c.text(e)), describe(t)), e, t)
			if len(t.shape) == 0 {
				d.Hintf("write if %s { 1 } else { 0 }", short(c.text(e)))
			} else {
				d.Hintf("sum and mean take truth values as 0 and 1; for each element write y[i] = if b[i] { 1 } else { 0 }")
			}
			return false
		}
	}
	return true
}

func (c *ctx) arith(x *parser.Binary, s, t *tensor) value {
	if !c.numeric(x, s, t) || !c.agree(x, s, t) {
		return poison{}
	}
	ints := s.node.Type == symbolic.Integer && t.node.Type == symbolic.Integer
	switch {
	case x.Op == "^" && t.node.Type == symbolic.Integer:
		return c.powInt(x, s, t)
	case ints && x.Op != "/":
		return c.intArith(x.Op, s, t)
	}
	op := map[string]*symbolic.OpSpec{"+": symbolic.OpAdd, "-": symbolic.OpSub, "*": symbolic.OpMul, "/": symbolic.OpDiv, "^": symbolic.OpPow}[x.Op]
	return c.apply(op, c.toReal(s), c.toReal(t))
}

// powInt is a power with a whole exponent.
func (c *ctx) powInt(x *parser.Binary, s, t *tensor) value {
	if s.node.Type == symbolic.Integer {
		n, ok := symbolic.ConstValue(t.node)
		if ok && n >= 0 && n <= maxPower {
			out := &tensor{node: c.g.Const(1, nil, symbolic.Integer)}
			for i := range int(n) {
				if i == 0 {
					out = s
					continue
				}
				out = c.intArith("*", out, s)
			}
			return out
		}
	}
	switch base, _ := symbolic.ConstValue(s.node); {
	case base == 2 && s.node.Type == symbolic.Integer && t.lo != nil && c.prove(*t.lo, nil):
		out := c.apply(symbolic.OpExp2, t)
		if t.hi != nil {
			if hi, ok := symbolic.Exp2(*t.hi); ok {
				out.lo, out.hi = &symbolic.Poly{}, &hi
			}
		}
		return out
	case base == -1:
		zero := &tensor{node: c.g.Const(0, nil, symbolic.Integer)}
		one := &tensor{node: c.g.Num(1)}
		return c.apply(symbolic.OpSelect, c.apply(symbolic.OpBit, t, zero), c.apply(symbolic.OpNeg, one), one)
	}
	return c.apply(symbolic.OpPowInt, c.toReal(s), t)
}

func (c *ctx) intArith(op string, s, t *tensor) *tensor {
	spec := map[string]*symbolic.OpSpec{"+": symbolic.OpIntAdd, "-": symbolic.OpIntSub, "*": symbolic.OpIntMul,
		"div": symbolic.OpIntDiv, "mod": symbolic.OpIntMod}[op]
	out := c.apply(spec, s, t)
	c.underChoice(op, s, t, out)
	if s.lo == nil || s.hi == nil || t.lo == nil || t.hi == nil {
		if op == "mod" && t.lo != nil && t.hi != nil && t.lo.Equal(*t.hi) && c.prove(t.lo.Sub(symbolic.Int(1)), nil) {
			zero, top := symbolic.Poly{}, t.hi.Sub(symbolic.Int(1))
			out.lo, out.hi = &zero, &top
		}
		return out
	}
	var lo, hi symbolic.Poly
	switch op {
	case "+":
		lo, hi = s.lo.Add(*t.lo), s.hi.Add(*t.hi)
	case "-":
		lo, hi = s.lo.Sub(*t.hi), s.hi.Sub(*t.lo)
	case "*":
		if !t.lo.Equal(*t.hi) {
			s, t = t, s
		}
		if !t.lo.Equal(*t.hi) {
			return out
		}
		switch {
		case c.prove(*t.lo, nil):
			lo, hi = s.lo.Mul(*t.lo), s.hi.Mul(*t.lo)
		case c.prove(t.lo.Neg(), nil):
			lo, hi = s.hi.Mul(*t.lo), s.lo.Mul(*t.lo)
		default:
			return out
		}
	case "mod":
		if !t.lo.Equal(*t.hi) || !c.prove(t.lo.Sub(symbolic.Int(1)), nil) {
			return out
		}
		hi = t.hi.Sub(symbolic.Int(1))
	case "div":
		n, ok := t.lo.Const()
		always := *c
		always.facts = nil
		a, ok1 := always.interval(s)
		if !ok || !t.lo.Equal(*t.hi) || n <= 0 || !ok1 {
			return out
		}
		lo, hi = symbolic.Int(floorDiv(a.lo, n)), symbolic.Int(floorDiv(a.hi, n))
	}
	out.lo, out.hi = &lo, &hi
	return out
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// compare is a comparison of run-time values. Comparing static indices leaves
// facts that the branches may rely on.
func (c *ctx) compare(x *parser.Binary, s, t *tensor) value {
	bools := s.node.Type == symbolic.Boolean && t.node.Type == symbolic.Boolean
	if bools && (x.Op == "==" || x.Op == "!=") {
		if !c.agree(x, s, t) {
			return poison{}
		}
		same := c.apply(symbolic.OpIff, s, t)
		if x.Op == "!=" {
			return c.apply(symbolic.OpNot, same)
		}
		return same
	}
	if !c.numeric(x, s, t) || !c.agree(x, s, t) {
		return poison{}
	}
	op := x.Op
	if op == ">" || op == ">=" {
		s, t = t, s
		op = map[string]string{">": "<", ">=": "<="}[op]
	}
	ints := s.node.Type == symbolic.Integer && t.node.Type == symbolic.Integer
	spec := map[string]*symbolic.OpSpec{"<": symbolic.OpLt, "<=": symbolic.OpLe, "==": symbolic.OpEq, "!=": symbolic.OpNe}[op]
	if ints {
		spec = map[string]*symbolic.OpSpec{"<": symbolic.OpIntLt, "<=": symbolic.OpIntLe, "==": symbolic.OpIntEq, "!=": symbolic.OpIntNe}[op]
	} else {
		s, t = c.toReal(s), c.toReal(t)
	}
	if spec == nil {
		c.errorf(x.Span(), "unknown operator %s", x.Op)
		return poison{}
	}
	out := c.apply(spec, s, t)
	if !ints {
		return out
	}
	p, q := c.formOf(s), c.formOf(t)
	if p == nil || q == nil {
		return out
	}
	up := q.Sub(*p) // b − a
	one := symbolic.Int(1)
	switch op {
	case "<":
		out.yes.facts, out.no.facts = []fact{up.Sub(one)}, []fact{up.Neg()}
	case "<=":
		out.yes.facts, out.no.facts = []fact{up}, []fact{up.Neg().Sub(one)}
	case "==":
		out.yes.facts, out.no.facts = []fact{up, up.Neg()}, c.apart(up)
	case "!=":
		out.yes.facts, out.no.facts = c.apart(up), []fact{up, up.Neg()}
	}
	return out
}

// apart is what p ≠ 0 says of a whole number that is known to be on one side
// of 0.
func (c *ctx) apart(p symbolic.Poly) []fact {
	one := symbolic.Int(1)
	switch {
	case c.prove(p, c.facts):
		return []fact{p.Sub(one)}
	case c.prove(p.Neg(), c.facts):
		return []fact{p.Neg().Sub(one)}
	}
	return nil
}
