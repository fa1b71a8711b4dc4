package nest

import (
	"math"
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/mathfn"
	"github.com/bpgen/bpgen/symbolic"
)

// eval returns the value of e where the code stands.
func (c *compiler) eval(e loop.Expr) value {
	if c.remembers() {
		if x, ok := c.knownValue(c.key(e)); ok {
			return x
		}
	}
	switch e := e.(type) {
	case *loop.Const:
		return c.constant(e.Value, e.Type)
	case *loop.Ref:
		if c.lane != nil && e.Var == c.lane.v {
			return c.integerOf(symbolic.Sym(e.Var.Name))
		}
		return c.lookup(e.Var).value
	case *loop.Load:
		return c.load(e.Buf, e.Index)
	case *loop.Int:
		return c.integerOf(e.Poly)
	case *loop.Guarded:
		return c.guarded(e)
	case *loop.Apply:
		return c.apply(e)
	}
	failf("expression %T has no vector form", e)
	return value{}
}

// remembers reports whether any expression was computed ahead.
func (c *compiler) remembers() bool {
	return slices.ContainsFunc(c.scopes, func(s *scope) bool { return len(s.values) > 0 })
}

func (c *compiler) constant(x float64, t symbolic.Type) value {
	switch t {
	case symbolic.Integer:
		return value{typ: t, g: c.r.Imm(int(x)), v: []asm.V{c.integer(int64(x))}}
	case symbolic.Boolean:
		n := 0
		if x != 0 {
			n = c.t.Lanes()
		}
		return value{typ: t, m: []asm.M{c.r.MaskConst(n)}}
	}
	return realValue(c.r.Const(x))
}

func (c *compiler) integerOf(p symbolic.Poly) value {
	if !c.polyVaries(p) {
		if n, ok := p.Const(); ok {
			return c.constant(float64(n), symbolic.Integer)
		}
		return value{typ: symbolic.Integer, g: c.number(p)}
	}
	out := value{typ: symbolic.Integer, varies: true}
	for i := range c.copies() {
		out.v = append(out.v, c.lanesOf(p, i))
	}
	return out
}

// loads reports whether e reads memory.
func loads(e loop.Expr) (found bool) {
	eachExpr(e, func(e loop.Expr) bool {
		if _, ok := e.(*loop.Load); ok {
			found = true
		}
		return !found
	})
	return found
}

func (c *compiler) apply(e *loop.Apply) value {
	op := e.Op
	if n, ok := folded(e); ok {
		return c.constant(n, typeOf(e))
	}
	if op.Lazy && len(e.Args) == 3 {
		return c.lazy(e)
	}
	if x, ok := c.fused(e); ok {
		return x
	}
	if op == symbolic.OpPowInt {
		if x, ok := c.running(e); ok {
			return x
		}
		if x, ok := c.power(e); ok {
			return x
		}
	}
	if op == symbolic.OpDiv {
		if x, ok := c.divided(e); ok {
			return x
		}
	}
	args := make([]value, len(e.Args))
	for i, a := range e.Args {
		args[i] = c.eval(a)
	}
	if op == symbolic.OpDiv {
		if x, ok := c.quotient(c.narrow(args[0]), c.narrow(args[1])); ok {
			return x
		}
	}
	if form := firstConstant(e); form != nil {
		return c.lift(symbolic.Real, form(c.r), c.narrow(args[0]), c.narrow(args[1]))
	}
	return c.operator(op, args)
}

// folded returns the value of an expression of numbers.
func folded(e loop.Expr) (float64, bool) {
	switch e := e.(type) {
	case *loop.Const:
		return e.Value, true
	case *loop.Int:
		n, ok := e.Poly.Const()
		return float64(n), ok
	case *loop.Apply:
		if e.Op.Eval == nil {
			return 0, false
		}
		xs := make([]float64, len(e.Args))
		for i, a := range e.Args {
			x, ok := folded(a)
			if !ok {
				return 0, false
			}
			xs[i] = x
		}
		return e.Op.Eval(xs), true
	}
	return 0, false
}

// firstConstant returns a shorter form of max and min where an argument is a
// number: the instruction returns the second operand where either is NaN.
func firstConstant(e *loop.Apply) func(*asm.Routine) func([]asm.V) asm.V {
	var f func(r *asm.Routine, a, b asm.V) asm.V
	switch e.Op {
	case symbolic.OpMax:
		f = (*asm.Routine).Max
	case symbolic.OpMin:
		f = (*asm.Routine).Min
	default:
		return nil
	}
	for i, a := range e.Args {
		if n, ok := folded(a); ok && !math.IsNaN(n) {
			return func(r *asm.Routine) func([]asm.V) asm.V {
				return func(x []asm.V) asm.V { return f(r, x[i], x[1-i]) }
			}
		}
	}
	return nil
}

// product returns the factors of e where it is a product of reals that is not
// known yet.
func (c *compiler) product(e loop.Expr) (a, b loop.Expr, ok bool) {
	x, is := e.(*loop.Apply)
	if !is {
		return nil, nil, false
	}
	if c.remembers() {
		if _, known := c.knownValue(c.key(e)); known {
			return nil, nil, false
		}
	}
	if _, number := folded(e); number {
		return nil, nil, false
	}
	switch x.Op {
	case symbolic.OpMul:
		return x.Args[0], x.Args[1], true
	case symbolic.OpSquare:
		return x.Args[0], x.Args[0], true
	}
	return nil, nil, false
}

// fused returns a product and a sum in one instruction.
func (c *compiler) fused(e *loop.Apply) (value, bool) {
	type form func(r *asm.Routine, a, b, sum asm.V) asm.V
	try := func(product, sum loop.Expr, f form) (value, bool) {
		a, b, ok := c.product(product)
		if !ok {
			return value{}, false
		}
		x := c.narrow(c.eval(a))
		y := x
		if a != b {
			y = c.narrow(c.eval(b))
		}
		z := c.narrow(c.eval(sum))
		return c.lift(symbolic.Real, func(v []asm.V) asm.V { return f(c.r, v[0], v[1], v[2]) }, x, y, z), true
	}
	switch e.Op {
	case symbolic.OpAdd:
		if x, ok := try(e.Args[0], e.Args[1], (*asm.Routine).FMA); ok {
			return x, true
		}
		return try(e.Args[1], e.Args[0], (*asm.Routine).FMA)
	case symbolic.OpSub:
		if x, ok := try(e.Args[0], e.Args[1], (*asm.Routine).FMS); ok {
			return x, true
		}
		return try(e.Args[1], e.Args[0], (*asm.Routine).FNMA)
	}
	return value{}, false
}

// power multiplies out a power of a fixed exponent.
func (c *compiler) power(e *loop.Apply) (value, bool) {
	f, ok := folded(e.Args[1])
	n := int(math.Abs(f))
	if !ok || n > 64 {
		return value{}, false
	}
	x := c.narrow(c.eval(e.Args[0]))
	return c.lift(symbolic.Real, func(v []asm.V) asm.V {
		var out asm.V
		square := v[0]
		for ; n > 0; n >>= 1 {
			if n&1 == 1 {
				if out.Ok() {
					out = c.r.Mul(out, square)
				} else {
					out = square
				}
			}
			if n > 1 {
				square = c.r.Mul(square, square)
			}
		}
		n = int(math.Abs(f)) // for the next copy
		switch {
		case !out.Ok():
			return c.r.Const(1)
		case f < 0:
			return c.r.Div(c.r.Const(1), out)
		}
		return out
	}, x), true
}

// operator applies an operator to values.
func (c *compiler) operator(op *symbolic.OpSpec, args []value) value {
	for i := range args {
		args[i] = c.narrow(args[i])
	}
	if form := maskForms[op]; form != nil {
		return c.masks(func(x []asm.M) asm.M { return form(c.r, x) }, args...)
	}
	if form := generalForms[op]; form != nil && args[0].g.Ok() && args[1].g.Ok() {
		return value{typ: symbolic.Integer, g: form(c.r, args[0].g, args[1].g)}
	}
	if op == symbolic.OpTruth {
		return c.choose(args[0], c.constant(1, symbolic.Real), c.constant(0, symbolic.Real))
	}
	for i := range args {
		args[i] = c.vectors(args[i])
	}
	if pred, ok := comparisons[op]; ok {
		compare := c.r.Cmp
		if args[0].typ == symbolic.Integer {
			compare = c.r.ICmp
		}
		return c.test(func(x []asm.V) asm.M { return compare(pred, x[0], x[1]) }, args...)
	}
	if op == symbolic.OpToReal {
		return c.lift(symbolic.Real, func(x []asm.V) asm.V { return c.r.ToReal(x[0]) }, args...)
	}
	if form := integerForms[op]; form != nil {
		return c.lift(symbolic.Integer, func(x []asm.V) asm.V { return form(c.r, x) }, args...)
	}
	if form := vectorForms[op]; form != nil {
		return c.lift(typeOfResult(op, args), func(x []asm.V) asm.V { return form(c.r, x) }, args...)
	}
	if op == symbolic.OpPowInt {
		return c.operator(symbolic.OpPow, []value{args[0], c.operator(symbolic.OpToReal, args[1:])})
	}
	if f := mathfn.Lookup(op.Name); f != nil {
		return c.lift(symbolic.Real, func(x []asm.V) asm.V { return f.Code(c.r, x...) }, args...)
	}
	if op.Expand != nil && op.Class == symbolic.Elementwise {
		return c.expanded(op, args)
	}
	failf("%s has no vector form", op.Name)
	return value{}
}

func typeOfResult(op *symbolic.OpSpec, args []value) symbolic.Type {
	if op.InferFn != nil {
		return args[0].typ
	}
	return op.Out
}

// expanded applies an operator by what it stands for.
func (c *compiler) expanded(op *symbolic.OpSpec, args []value) value {
	g := symbolic.NewGraph()
	known := map[*symbolic.Node]value{}
	var inputs []*symbolic.Node
	for i, a := range args {
		in := g.Input(symbolic.ArgInput, string(rune('a'+i)), nil, op.ArgType(i))
		inputs = append(inputs, in)
		known[in] = a
	}
	root := op.Expand(g, nil, inputs)
	for _, n := range symbolic.Reachable(root) {
		if _, ok := known[n]; ok {
			continue
		}
		if x, ok := symbolic.ConstValue(n); ok {
			known[n] = c.constant(x, n.Type)
			continue
		}
		var xs []value
		for _, a := range n.Args {
			xs = append(xs, known[a])
		}
		if n.Op.Lazy {
			known[n] = c.choose(xs[0], xs[1], xs[2])
			continue
		}
		known[n] = c.operator(n.Op, xs)
	}
	return known[root]
}

// lazy is a choice of which only the side that is taken may read memory.
func (c *compiler) lazy(e *loop.Apply) value {
	cond := c.eval(e.Args[0])
	yes, no := e.Args[1], e.Args[2]
	if !loads(yes) && !loads(no) {
		return c.choose(cond, c.eval(yes), c.eval(no))
	}
	if !cond.varies {
		return c.branch(typeOf(e), func(then, els func()) {
			bits := c.r.Bits(cond.m[0])
			c.r.If(asm.NE, bits, c.r.Imm(0), then, els)
		}, yes, no)
	}
	var a, b value
	c.where(cond, func() { a = c.eval(yes) })
	c.where(c.masks(func(x []asm.M) asm.M { return c.r.MNot(x[0]) }, cond), func() { b = c.eval(no) })
	return c.choose(cond, a, b)
}

// guarded is X where the conditions hold, else 0.
func (c *compiler) guarded(e *loop.Guarded) value {
	zero := &loop.Const{Type: typeOf(e.X)}
	alike, apart := c.conditions(e.Conds)
	inner := func() value {
		if len(apart) == 0 {
			return c.eval(e.X)
		}
		cond := c.holds(apart)
		var x value
		if loads(e.X) {
			c.where(cond, func() { x = c.eval(e.X) })
		} else {
			x = c.eval(e.X)
		}
		return c.choose(cond, x, c.eval(zero))
	}
	if len(alike) == 0 {
		return inner()
	}
	out := c.blank(typeOf(e.X))
	c.ifAll(alike, func() { c.within(func() { c.assign(out, inner()) }) }, nil)
	return out
}

// branch returns yes or no, of which one is computed.
func (c *compiler) branch(t symbolic.Type, choose func(then, els func()), yes, no loop.Expr) value {
	out := c.blank(t)
	choose(
		func() { c.within(func() { c.assign(out, c.eval(yes)) }) },
		func() { c.within(func() { c.assign(out, c.eval(no)) }) })
	return out
}

// blank returns a value that branches can assign to: zero, in each copy.
func (c *compiler) blank(t symbolic.Type) value {
	out := value{typ: t, varies: c.lane != nil}
	for range c.copies() {
		if t == symbolic.Boolean {
			out.m = append(out.m, c.r.MVar(c.r.MaskConst(0)))
		} else {
			out.v = append(out.v, c.r.Var(c.r.Zero()))
		}
	}
	return out
}

func (c *compiler) assign(to, x value) {
	x = c.vectors(c.narrow(x))
	for i := range max(len(to.v), len(to.m)) {
		if to.typ == symbolic.Boolean {
			c.r.MSet(to.m[i], x.when(i))
		} else {
			c.r.Set(to.v[i], x.of(i))
		}
	}
}
