package frontend

import (
	"maps"
	"math/bits"
	"slices"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// A bcall is a call of a built-in function.
type bcall struct {
	*ctx
	f    *builtin
	args []value
	at   []parser.Expr
	x    *parser.Call
}

// structural are the built-in functions that are not operators of the table.
var structural map[string]func(*bcall) value

func init() {
	structural = map[string]func(*bcall) value{
		"max": (*bcall).extreme, "min": (*bcall).extreme,
		"flat": (*bcall).flat, "concat": (*bcall).concat, "split": (*bcall).split, "stack": (*bcall).stack,
		"outer": (*bcall).outer, "dot": (*bcall).dot, "norm": (*bcall).norm, "sumsq": (*bcall).sumsq,
		"len": (*bcall).length, "rank": (*bcall).rank, "reshape": (*bcall).reshape,
		"eye": (*bcall).filled, "ones": (*bcall).filled, "zeros": (*bcall).filled,
		"onehot": (*bcall).onehot, "cross": (*bcall).cross, "tril": (*bcall).tril,
		"grad": (*bcall).grad, "jacobian": (*bcall).jacobian, "hessian": (*bcall).hessian,
		"solve": (*bcall).solve, "lsolve": (*bcall).solve, "usolve": (*bcall).solve, "inverse": (*bcall).inverse,
		"cholesky": (*bcall).ofMatrix, "det": (*bcall).ofMatrix, "logdet": (*bcall).ofMatrix,
		"jvp": (*bcall).jvp, "vjp": (*bcall).vjp, "hvp": (*bcall).hvp, "div": (*bcall).divmod, "mod": (*bcall).divmod,
		"bit": (*bcall).bit, "popcount": (*bcall).popcount,
	}
}

func isBuiltin(name string) bool {
	if structural[name] != nil {
		return true
	}
	op := symbolic.Lookup(name)
	return op != nil && op.Builtin
}

func builtinNames() []string {
	out := slices.Collect(maps.Keys(structural))
	for _, op := range symbolic.Ops() {
		if op.Builtin {
			out = append(out, op.Name)
		}
	}
	return append(out, "pi", "inf", "training", "batch", "example", "step")
}

// callBuiltin is a call of a built-in function.
func (c *ctx) callBuiltin(f *builtin, args []value, at []parser.Expr, x *parser.Call) value {
	k := &bcall{c, f, args, at, x}
	if fn := structural[f.name]; fn != nil {
		return fn(k)
	}
	op := symbolic.Lookup(f.name)
	if op == nil {
		return c.unsupported(x.Span(), f.name)
	}
	if len(f.static) > 0 {
		c.errorf(x.Fun.Span(), "%s takes nothing in brackets here", f.name)
		return poison{}
	}
	switch op.Class {
	case symbolic.Elementwise:
		return k.elementwise(op)
	case symbolic.Reduction, symbolic.Composite:
		return k.reduce(op)
	}
	return c.unsupported(x.Span(), f.name)
}

func (k *bcall) arity(n int) bool {
	if len(k.args) == n {
		return true
	}
	d := k.errorf(k.x.Span(), "%s takes %s, has %d", k.f.name, plural(n, "argument"), len(k.args))
	if _, ok := foldOf(k.f.name); ok && n == 1 && len(k.args) == 2 {
		d.Hintf("what to combine over is said by an index: y[i] = %s[j] x[i, j]", k.f.name)
	}
	return false
}

func (k *bcall) errorAt(i int, format string, args ...any) *diag.Diagnostic {
	return k.side(k.errorf(k.at[i].Span(), format, args...), k.at[i], k.args[i])
}

// reals takes all arguments as real tensors.
func (k *bcall) reals() ([]*tensor, bool) {
	var out []*tensor
	for i, v := range k.args {
		t, ok := k.real(v, k.at[i])
		if !ok {
			return nil, false
		}
		out = append(out, t)
	}
	return out, true
}

func (k *bcall) elementwise(op *symbolic.OpSpec) value {
	if !k.arity(op.Args) {
		return poison{}
	}
	var floats []float64
	for _, v := range k.args {
		if n, ok := v.(number); ok {
			if f, ok := n.float(); ok {
				floats = append(floats, f)
			}
		}
	}
	if len(floats) == len(k.args) && op.Eval != nil && op.Out == symbolic.Real {
		return constant(op.Eval(floats))
	}
	var ts []*tensor
	for i, v := range k.args {
		t, ok := k.tensor(v, k.at[i])
		if !ok {
			return poison{}
		}
		want := op.ArgType(i)
		if want == symbolic.Real && t.node.Type == symbolic.Integer {
			t = k.toReal(t)
		}
		if t.node.Type != want {
			k.errorAt(i, "%s works on %s values, and %s is %s", op.Name, want, short(k.text(k.at[i])), t.node.Type)
			return poison{}
		}
		if i > 0 && !fits(t.shape, ts[0].shape) {
			d := k.errorf(k.x.Span(), "the arguments of %s have different shapes", op.Name)
			for j := range k.args {
				k.side(d, k.at[j], k.args[j])
			}
			return poison{}
		}
		ts = append(ts, t)
	}
	return k.apply(op, ts...)
}

// reduce is a reduction over all there is, or along the last dim.
func (k *bcall) reduce(op *symbolic.OpSpec) value {
	if !k.arity(1) {
		return poison{}
	}
	if op.LastAxis {
		t, ok := k.real(k.args[0], k.at[0])
		if !ok {
			return poison{}
		}
		if len(t.shape) == 0 {
			k.errorAt(0, "%s works on a vector, and %s is one number", op.Name, short(k.text(k.at[0])))
			return poison{}
		}
		last := len(t.shape) - 1
		out := &tensor{node: k.g.Apply(op, symbolic.Axes{len(t.axes) + last}, t.node), axes: t.axes, shape: t.shape, names: t.names}
		if op.Arg {
			out.shape, out.names = t.shape[:last], cut(t.names, last)
			lo, hi := symbolic.Poly{}, t.shape[last].Sub(symbolic.Int(1))
			out.lo, out.hi = &lo, &hi
		}
		return out
	}
	f, ok := foldOf(op.Name)
	if !ok {
		f = fold{op: op}
	}
	return k.all(f, op.Name)
}

// all reduces everything that the one argument has.
func (k *bcall) all(f fold, name string) value {
	t, ok := k.foldOperand(f, k.args[0], k.at[0], name)
	if !ok {
		return poison{}
	}
	return k.reduceAll(f.op, t)
}

func (c *ctx) reduceAll(op *symbolic.OpSpec, t *tensor) *tensor {
	if len(t.shape) == 0 {
		return t
	}
	var at symbolic.Axes
	for i := range t.shape {
		at = append(at, len(t.axes)+i)
	}
	return &tensor{node: c.g.Apply(op, at, t.node), axes: t.axes}
}

// extreme is max and min: of all elements of one argument, or element by
// element of several.
func (k *bcall) extreme() value {
	if len(k.args) == 0 {
		k.errorf(k.x.Span(), "%s of nothing", k.f.name)
		return poison{}
	}
	if len(k.f.static) > 0 {
		k.errorf(k.x.Fun.Span(), "%s takes nothing in brackets here", k.f.name)
		return poison{}
	}
	isMax := k.f.name == "max"
	if len(k.args) == 1 {
		f, _ := foldOf(k.f.name)
		return k.all(f, k.f.name)
	}
	out := k.args[0]
	for i := 1; i < len(k.args); i++ {
		if out = k.pair(isMax, out, k.args[i], i); isPoison(out) {
			return out
		}
	}
	return out
}

func (k *bcall) pair(isMax bool, a, b value, i int) value {
	p, okP := a.(number)
	q, okQ := b.(number)
	if okP && okQ {
		x, ok1 := p.float()
		y, ok2 := q.float()
		switch {
		case ok1 && ok2 && (x >= y) == isMax:
			return p
		case ok1 && ok2:
			return q
		}
		if p.exact && q.exact && !k.mentionsAxis(p.poly) && !k.mentionsAxis(q.poly) {
			if v, ok := k.decide(">=", p.poly, q.poly); ok {
				if bool(v.(truth)) == isMax {
					return p
				}
				return q
			}
		}
	}
	if v, ok := k.ruleExtreme(isMax, a, b); ok {
		return v
	}
	s, ok := k.tensor(a, k.at[0])
	t, ok2 := k.tensor(b, k.at[i])
	if !ok || !ok2 {
		return poison{}
	}
	if s.node.Type == symbolic.Boolean || t.node.Type == symbolic.Boolean {
		k.errorAt(i, "%s compares numbers", k.f.name)
		return poison{}
	}
	if !fits(s.shape, t.shape) {
		d := k.errorf(k.x.Span(), "the arguments of %s have different shapes", k.f.name)
		k.side(k.side(d, k.at[0], s), k.at[i], t)
		return poison{}
	}
	if s.node.Type == symbolic.Integer && t.node.Type == symbolic.Integer {
		lo, hi := s, t
		if isMax {
			lo, hi = t, s
		}
		out := k.apply(symbolic.OpIntLe, lo, hi)
		axes, shape := out.axes, out.shape
		n := k.g.Apply(symbolic.OpIntSelect, nil, out.node, k.spread(s, axes, shape), k.spread(t, axes, shape))
		r := &tensor{node: n, axes: axes, shape: shape}
		r.lo, r.hi = k.hull([]*tensor{s, t})
		return r
	}
	op := symbolic.OpMax
	if !isMax {
		op = symbolic.OpMin
	}
	return k.apply(op, k.toReal(s), k.toReal(t))
}

// sumsq is the sum of the squares of all its arguments, lists of parameters
// included.
func (k *bcall) sumsq() value {
	var sum *tensor
	var add func(v value, at parser.Expr) bool
	add = func(v value, at parser.Expr) bool {
		if l, ok := v.(*list); ok {
			for _, e := range l.elems {
				if !add(e, at) {
					return false
				}
			}
			return true
		}
		t, ok := k.real(v, at)
		if !ok {
			return false
		}
		s := k.reduceAll(symbolic.OpSum, k.apply(symbolic.OpSquare, t))
		if sum == nil {
			sum = s
		} else {
			sum = k.apply(symbolic.OpAdd, sum, s)
		}
		return true
	}
	for i, v := range k.args {
		if !add(v, k.at[i]) {
			return poison{}
		}
	}
	if sum == nil {
		return constant(0)
	}
	return sum
}

// norm is √Σx². At 0, where the root has no derivative, its derivative is 0:
// the root is taken of 1 there, and not used.
func (k *bcall) norm() value {
	if !k.arity(1) {
		return poison{}
	}
	v := k.sumsq()
	s, ok := v.(*tensor)
	if !ok {
		return v
	}
	zero := k.g.Apply(symbolic.OpEq, nil, s.node, k.g.Like(0, s.node))
	safe := k.g.Select(zero, k.g.Like(1, s.node), s.node)
	out := *s
	out.node = k.g.Select(zero, k.g.Like(0, s.node), k.g.Apply(symbolic.Lookup("sqrt"), nil, safe))
	return &out
}

func (k *bcall) dot() value {
	if !k.arity(2) {
		return poison{}
	}
	ts, ok := k.reals()
	if !ok {
		return poison{}
	}
	if len(ts[0].shape) == 0 || !ts[0].shape.Equal(ts[1].shape) {
		d := k.errorf(k.x.Span(), "dot takes two values of one shape")
		k.side(k.side(d, k.at[0], ts[0]), k.at[1], ts[1])
		return poison{}
	}
	return k.reduceAll(symbolic.OpSum, k.apply(symbolic.OpMul, ts...))
}

// outer is a[i]*b[j].
func (k *bcall) outer() value {
	if !k.arity(2) {
		return poison{}
	}
	ts, ok := k.reals()
	if !ok {
		return poison{}
	}
	a, b := ts[0], ts[1]
	axes := unite(a, b)
	shape := append(slices.Clone(a.shape), b.shape...)
	full := dims(axes, shape)
	place := func(t *tensor, at int) *symbolic.Node { return k.placeReal(t, axes, full, at) }
	n := k.g.Mul(place(a, 0), place(b, len(a.shape)))
	names := make([]string, len(a.shape))
	copy(names, a.names)
	return &tensor{node: n, axes: axes, shape: shape, names: append(names, b.names...)}
}

// placeReal repeats t to a full shape, its own dims standing from dim at on.
func (c *ctx) placeReal(t *tensor, axes []*axis, full symbolic.Shape, at int) *symbolic.Node {
	if v, ok := symbolic.ConstValue(t.node); ok {
		return c.g.Const(v, full, t.node.Type)
	}
	return c.placeOperand(t, axes, full, at)
}

// divmod is floor division of whole numbers, and what it leaves.
func (k *bcall) divmod() value {
	if !k.arity(2) {
		return poison{}
	}
	for i, v := range k.args {
		k.args[i] = k.asWhole(v)
	}
	p, ok1 := k.args[0].(number)
	q, ok2 := k.args[1].(number)
	for i, v := range k.args {
		n, isNum := v.(number)
		t, isTensor := v.(*tensor)
		if isNum && n.typ == symbolic.Integer || isTensor && t.node.Type == symbolic.Integer {
			continue
		}
		k.errorAt(i, "%s takes whole numbers", k.f.name)
		return poison{}
	}
	if ok1 && ok2 {
		a, okA := p.int()
		b, okB := q.int()
		if okB && b == 0 {
			k.errorAt(1, "%s by zero", k.f.name)
			return poison{}
		}
		if okA && okB {
			if k.f.name == "div" {
				return whole(symbolic.Int(floorDiv(a, b)))
			}
			return whole(symbolic.Int(a - b*floorDiv(a, b)))
		}
		// An exact quotient stays a polynomial: div(j*(j - 1), 2).
		if r, ok := p.poly.Div(q.poly); ok && k.wholeValued(r) {
			if k.f.name == "div" {
				return whole(r)
			}
			return whole(symbolic.Poly{})
		}
	}
	s, ok1 := k.tensor(k.args[0], k.at[0])
	t, ok2 := k.tensor(k.args[1], k.at[1])
	if !ok1 || !ok2 {
		return poison{}
	}
	if !fits(s.shape, t.shape) {
		d := k.errorf(k.x.Span(), "the arguments of %s have different shapes", k.f.name)
		k.side(k.side(d, k.at[0], s), k.at[1], t)
		return poison{}
	}
	out := k.intArith(k.f.name, s, t)
	if k.f.name == "mod" && out.hi == nil && t.lo != nil && t.hi != nil && t.lo.Equal(*t.hi) && !k.mentionsAxis(*t.lo) {
		// By a run-time size: known too, as it is not 0 where an index goes over
		// it, and checked elsewhere.
		if !slices.ContainsFunc(unite(s, t), func(a *axis) bool { return a.size.Equal(*t.lo) }) {
			k.check(*t.lo, symbolic.Int(1), k.x)
		}
		zero, top := symbolic.Poly{}, t.lo.Sub(symbolic.Int(1))
		out.lo, out.hi = &zero, &top
	}
	return out
}

// wholes takes all arguments as whole numbers.
func (k *bcall) wholes(n int) ([]*tensor, bool) {
	if !k.arity(n) {
		return nil, false
	}
	var out []*tensor
	for i, v := range k.args {
		t, ok := k.tensor(k.asWhole(v), k.at[i])
		if !ok {
			return nil, false
		}
		if t.node.Type != symbolic.Integer {
			k.errorAt(i, "%s takes whole numbers", k.f.name)
			return nil, false
		}
		out = append(out, t)
	}
	return out, true
}

// bit says whether a whole number, as a set, has a member.
func (k *bcall) bit() value {
	ts, ok := k.wholes(2)
	if !ok {
		return poison{}
	}
	if !fits(ts[0].shape, ts[1].shape) {
		d := k.errorf(k.x.Span(), "the arguments of bit have different shapes")
		k.side(k.side(d, k.at[0], ts[0]), k.at[1], ts[1])
		return poison{}
	}
	return k.apply(symbolic.OpBit, ts...)
}

// popcount is how many members a set has: none of those below 2^m more than m,
// and at least one unless it is empty.
func (k *bcall) popcount() value {
	ts, ok := k.wholes(1)
	if !ok {
		return poison{}
	}
	t := ts[0]
	out := k.apply(symbolic.OpPopcount, t)
	if t.lo == nil || t.hi == nil || !k.prove(*t.lo, nil) {
		return out
	}
	hi := k.closeBound(t.hi, k.axesIn(*t.hi), true)
	if hi == nil {
		return out
	}
	most, ok := hi.Add(symbolic.Int(1)).Log2()
	if n, isConst := hi.Const(); isConst {
		most, ok = symbolic.Int(bits.Len(uint(n))), true
	}
	if !ok {
		return out
	}
	out.lo, out.hi = &symbolic.Poly{}, &most
	one := symbolic.Int(1)
	if p := k.formOf(t); p != nil && len(k.facts) > 0 && k.prove(p.Sub(one), k.facts) {
		if q := k.formOf(out); q != nil {
			k.facts = append(slices.Clone(k.facts), q.Sub(one))
		}
	}
	return out
}
