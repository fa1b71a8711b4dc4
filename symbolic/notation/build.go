package notation

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// A Builder makes expressions from the nodes of a graph. Named tells which
// nodes are called by a name.
type Builder struct {
	Named   func(*symbolic.Node) *Value
	Letters []string         // for indices; see FreeLetters
	Consts  []Const          // names of numbers
	Factor  bool             // write a·b − a·c as a·(b − c)
	Effort  *symbolic.Effort // that what is written spends from; nil: none counts
	// Instead gives what is written in the place of a node; nil: itself.
	Instead func(*symbolic.Node) *symbolic.Node

	letters []string // still free
	bound   []Axis   // the passes that the equation speaks of
	partial bool     // it says the value in some passes only
	batches int      // how many indices over the batch are bound
}

var letters = strings.Fields("i j k l p q r u v w i2 j2 k2 l2 p2 q2 r2 u2 v2 w2")

// effort is how many steps of work each part of an expression takes, until it is
// written: what a graph has once a tree has as often as it is read, which
// doubles with each product of two that are alike.
const effort = 150

// Example is the index of the example that a formula speaks of. It is not
// written.
const Example = "·b"

const example = Example

// Equation returns how v is computed by n: in terms of whole vectors and
// matrices where that is possible, else element by element. Where define is
// set n is written out even if it has a name.
func (b *Builder) Equation(v *Value, n *symbolic.Node, define bool) *Equation {
	return b.equation(v, nil, nil, n, define, true)
}

// EquationAt is Equation for the passes at, which speak of passes over.
func (b *Builder) EquationAt(v *Value, at []symbolic.Poly, over []Axis, n *symbolic.Node, define bool) *Equation {
	return b.equation(v, at, over, n, define, true)
}

// Elements is Equation that always writes element by element.
func (b *Builder) Elements(v *Value, n *symbolic.Node, define bool) *Equation {
	return b.equation(v, nil, nil, n, define, false)
}

// ElementsAt is EquationAt that always writes element by element.
func (b *Builder) ElementsAt(v *Value, at []symbolic.Poly, over []Axis, n *symbolic.Node, define bool) *Equation {
	return b.equation(v, at, over, n, define, false)
}

func (b *Builder) equation(v *Value, at []symbolic.Poly, over []Axis, n *symbolic.Node, define, wholes bool) *Equation {
	b.letters = b.Letters
	b.batches = 0
	b.bound, b.partial = over, len(at) > 0
	axes := make([]Axis, 0) // none is not nil: of one element
	if len(at) == 0 {
		axes = nil
	}
	index := slices.Clone(at)
	for _, d := range n.Shape[len(at):] {
		if isBatch(d) && b.batches == 0 {
			b.batches++
			index = append(index, symbolic.Sym(example))
			continue
		}
		a := b.axis(d)
		axes, index = append(axes, a), append(index, symbolic.Sym(a.Sym))
	}
	e := b.assume(b.element(n, index, define), over)
	if wholes {
		if m, ok := board(e, axes, b.Factor); ok {
			return &Equation{Left: v, At: at, Over: over, Right: b.spell(m)}
		}
	}
	return &Equation{Left: v, At: at, Over: over, Index: axes, Right: b.spell(e.Replace(wholeArgument))}
}

// assume leaves out what is only said of passes that are not made: the choice by
// the condition of a while is that of a pass that is.
func (b *Builder) assume(e *Expr, over []Axis) *Expr {
	holds := func(x *Expr) bool { // it is the condition of a while, in whose passes e is meant
		is := func(s string) bool {
			return slices.ContainsFunc(over, func(a Axis) bool { return a.While != nil && Text(a.While) == s })
		}
		if is(Text(b.spell(x))) {
			return true
		}
		whole, ok := Board(x, nil)
		return ok && is(Text(b.spell(whole)))
	}
	return e.Replace(func(x *Expr) *Expr {
		switch {
		case x.Kind == Apply && x.Op == symbolic.OpAnd && holds(x.Args[0]):
			return b.assume(x.Args[1], over)
		case x.Kind == Apply && x.Op == symbolic.OpAnd && holds(x.Args[1]):
			return b.assume(x.Args[0], over)
		case x.Kind == Apply && x.Op == symbolic.OpAdd && len(x.Args) == 2: // of which one may be 0 then
			zero := func(x *Expr) bool { return x.Kind == Number && x.Num == 0 }
			l, r := b.assume(x.Args[0], over), b.assume(x.Args[1], over)
			switch {
			case zero(l) && !zero(x.Args[0]):
				return r
			case zero(r) && !zero(x.Args[1]):
				return l
			}
			out := *x
			out.Args = []*Expr{l, r}
			return &out
		case x.Kind == Big && isPass(x.Over[0].Sym) && x.Over[0].While != nil:
			out := *x
			out.Args = []*Expr{b.assume(x.Args[0], append(slices.Clone(over), x.Over...))}
			return &out
		case x.Kind == Apply && (x.Op == symbolic.OpSelect || x.Op == symbolic.OpIntSelect):
			if holds(x.Args[0]) {
				return b.assume(x.Args[1], over)
			}
		}
		return nil
	})
}

// wholeArgument writes what an operator is called with as a whole.
func wholeArgument(e *Expr) *Expr {
	if e.Kind != Lambda {
		return nil
	}
	if m, ok := board(e.Args[0], e.Over, false); ok && (m.Kind != Number || len(e.Over) == 0) {
		return m
	}
	return nil
}

// element is the expression for n at index. The node that is being defined is
// written out, also where it has a name.
func (b *Builder) element(n *symbolic.Node, index []symbolic.Poly, define bool, data ...*Expr) *Expr {
	b.Effort.Spend(effort)
	if b.Instead != nil {
		if m := b.Instead(n); m != nil {
			n = m
		}
	}
	if !define {
		if v := b.Named(n); v != nil {
			return &Expr{Kind: Element, Value: v, Index: index, Data: data}
		}
	}
	op := n.Op
	switch {
	case op == symbolic.OpConst:
		v, _ := symbolic.ConstValue(n)
		return num(v)
	case op == symbolic.OpSize:
		return &Expr{Kind: Count, Poly: n.Attr.(symbolic.SizeAttr).Poly}
	case op == symbolic.OpIota:
		return &Expr{Kind: Count, Poly: index[n.Attr.(symbolic.Axes)[0]], Data: data}
	case op == symbolic.OpMark || op == symbolic.OpStop || op == symbolic.OpToReal:
		return b.element(n.Args[0], index, false, data...)
	case op.Class == symbolic.Elementwise:
		args := make([]*Expr, len(n.Args))
		for i, a := range n.Args {
			args[i] = b.element(a, index, false, data...)
		}
		return b.joined(op, args)
	case op == symbolic.OpLoop:
		return &Expr{Kind: Count, Poly: n.Attr.(*symbolic.Loop).Count}
	case op == symbolic.OpAccess:
		return b.access(n, index, data)
	case op == symbolic.OpScatter:
		return b.scatter(n, index, data)
	case op == symbolic.OpReshape && b.Named(n.Args[0]) == nil:
		if at, of, ok := apart(n, index, data); ok {
			return b.element(n.Args[0], at, false, of...)
		}
	case op.Class == symbolic.Reduction:
		return b.reduction(op, n, index, data)
	case op == symbolic.OpMean && b.leading(n, index) < len(index): // mean(x) would not say over what
		count := symbolic.Int(1)
		for _, a := range n.Attr.(symbolic.Axes) {
			count = count.Mul(n.Args[0].Shape[a])
		}
		return b.joined(symbolic.OpDiv, []*Expr{b.reduction(symbolic.OpSum, n, index, data), {Kind: Count, Poly: count}})
	}
	return b.call(n, index, data)
}

func (b *Builder) access(n *symbolic.Node, index []symbolic.Poly, data []*Expr) *Expr {
	m := n.Attr.(*symbolic.Map)
	operands := make([]*Expr, len(n.Args)-1)
	for i, a := range n.Args[1:] {
		operands[i] = b.element(a, index, false, data...)
	}
	sub, all := substitution(index, data, operands)
	at := make([]symbolic.Poly, len(m.Index))
	for i, e := range m.Index {
		at[i] = e.Subst(sub)
	}
	at, used := prune(at, all)
	if b.never(m.Guard, sub) {
		return num(0)
	}
	return b.guarded(m.Guard, sub, all, b.element(n.Args[0], at, false, used...))
}

// joined is op of args; what adds nothing in the passes that are meant is left
// out.
func (b *Builder) joined(op *symbolic.OpSpec, args []*Expr) *Expr {
	if b.partial {
		zero := func(e *Expr) bool { return e.Kind == Number && e.Num == 0 }
		switch op {
		case symbolic.OpAdd, symbolic.OpIntAdd, symbolic.OpOr:
			if zero(args[0]) {
				return args[1]
			}
			if zero(args[1]) {
				return args[0]
			}
		case symbolic.OpSub:
			if zero(args[1]) {
				return args[0]
			}
			if zero(args[0]) {
				return apply(symbolic.OpNeg, args[1])
			}
		case symbolic.OpMul:
			if zero(args[0]) || zero(args[1]) {
				return num(0)
			}
		case symbolic.OpNeg:
			if zero(args[0]) {
				return args[0]
			}
		}
	}
	return apply(op, args...)
}

// scatter is the sum of what goes to index: over the axes of what is added,
// where they lead there. An axis that is an index itself is not summed over.
func (b *Builder) scatter(n *symbolic.Node, index []symbolic.Poly, data []*Expr) *Expr {
	m := n.Attr.(*symbolic.Map)
	from := n.Args[0]
	at := make([]symbolic.Poly, len(from.Shape))
	known := make([]bool, len(from.Shape))
	for k, e := range m.Index {
		s, ok := e.AsSym()
		if a, axis := symbolic.AxisOf(s); ok && axis && !known[a] && from.Shape[a].Equal(m.Shape[k]) {
			at[a], known[a] = index[k], true
		}
	}
	var over []Axis
	for a, d := range from.Shape {
		if !known[a] {
			x := b.axis(d)
			over, at[a] = append(over, x), symbolic.Sym(x.Sym)
		}
	}
	operands := make([]*Expr, len(n.Args)-1)
	for i, a := range n.Args[1:] {
		operands[i] = b.element(a, at, false, data...)
	}
	sub, all := substitution(at, data, operands)
	conds := slices.Clone(m.Guard)
	var eqs []symbolic.Cond
	for k, e := range m.Index {
		if d := e.Subst(sub).Sub(index[k]); !d.Is(0) {
			eqs = append(eqs, symbolic.Cond{Kind: symbolic.Zero, E: d})
		}
	}
	body := b.guarded(conds, sub, all, b.element(from, at, false, data...))
	body = b.guarded(eqs, func(string) (symbolic.Poly, bool) { return symbolic.Poly{}, false }, all, body)
	if len(over) == 0 {
		return body
	}
	return big(symbolic.OpSum, over, body)
}

// big is a reduction over indices, that over the examples outermost.
func big(op *symbolic.OpSpec, over []Axis, body *Expr) *Expr {
	var examples, rest []Axis
	for _, a := range over {
		if isBatch(a.Extent) {
			examples = append(examples, a)
		} else {
			rest = append(rest, a)
		}
	}
	if len(examples) > 0 && len(rest) > 0 && !op.Arg {
		return big(op, examples, big(op, rest, body))
	}
	return big1(op, over, body)
}

func (b *Builder) reduction(op *symbolic.OpSpec, n *symbolic.Node, index []symbolic.Poly, data []*Expr) *Expr {
	axes := n.Attr.(symbolic.Axes)
	var over []Axis
	var at []symbolic.Poly
	k := 0
	for i, d := range n.Args[0].Shape {
		if axes.Has(i) {
			a := b.axis(d)
			over, at = append(over, a), append(at, symbolic.Sym(a.Sym))
			continue
		}
		at = append(at, index[k])
		k++
	}
	body := b.element(n.Args[0], at, false, data...)
	if len(over) == 0 || b.partial && op == symbolic.OpSum && body.Kind == Number && body.Num == 0 {
		return body
	}
	return b.bySteps(big(op, over, body))
}

// bySteps writes a sum over rows that are those of passes as one over the
// passes: Σₜ δₜ·hₜᵀ. Other sums stand inside of it.
func (b *Builder) bySteps(e *Expr) *Expr {
	if e.Op != symbolic.OpSum {
		return e
	}
	if inner := e.Args[0]; isBatch(e.Over[0].Extent) && inner.Kind == Big {
		return big1(e.Op, e.Over, b.bySteps(inner))
	}
	for i, a := range e.Over {
		p := b.passOf(a, e.Args[0])
		if p == nil || e.Args[0].over(p.Sym) {
			continue
		}
		body := e.Args[0].Subst(a.Sym, symbolic.Sym(p.Sym))
		if rest := without(e.Over, i); len(rest) > 0 {
			body = b.bySteps(big1(e.Op, rest, body))
		}
		return big1(e.Op, []Axis{*p}, body)
	}
	return e
}

func big1(op *symbolic.OpSpec, over []Axis, body *Expr) *Expr {
	return &Expr{Kind: Big, Op: op, Over: over, Args: []*Expr{body}}
}

// passOf is the number of a pass that the index a is in e, or nil.
func (b *Builder) passOf(a Axis, e *Expr) *Axis {
	var pass *Axis
	e.Each(func(x *Expr) {
		if x.Kind != Element {
			return
		}
		for i, p := range x.Value.Pass {
			k, _, ok := x.Index[i].Linear(a.Sym)
			free := !slices.ContainsFunc(b.bound, func(q Axis) bool { return q.Sym == p.Sym })
			if pass == nil && ok && k == 1 && free && p.Extent.Equal(a.Extent) {
				for j, q := range x.Value.Pass[:i] {
					if p.While != nil {
						p.While = p.While.Subst(q.Sym, x.Index[j]) // in those passes around it
					}
				}
				pass = &p
			}
		}
	})
	return pass
}

// call is an operator of whole values: each argument is written over indices
// of its own, without the batch where the operator does not touch that.
func (b *Builder) call(n *symbolic.Node, index []symbolic.Poly, data []*Expr) *Expr {
	e := &Expr{Kind: Call, Op: n.Op, Attr: n.Attr, Data: data}
	args := n.Args
	switch { // what the loop is called with
	case n.Op == symbolic.OpPart:
		e.Loop = n.Args[0]
		args = e.Loop.Args
	case n.Op == symbolic.OpLoop:
		e.Loop = n
	}
	if s := b.stack(n, index, data); s != nil {
		return s
	}
	lead := b.leading(n, index)
	e.Index, e.Extent = slices.Clone(index[lead:]), n.Shape[lead:]
	if lead > 0 {
		e.Attr = withoutLeading(n.Attr)
	}
	letters, batches := b.letters, b.batches
	for _, a := range args {
		b.letters, b.batches = letters, batches // each argument has its own indices
		l := &Expr{Kind: Lambda}
		at := slices.Clone(index[:lead])
		for _, d := range a.Shape[lead:] {
			x := b.axis(d)
			l.Over, at = append(l.Over, x), append(at, symbolic.Sym(x.Sym))
		}
		l.Args = []*Expr{b.element(a, at, false)}
		e.Args = append(e.Args, l)
	}
	return e
}

// stack is an element of a vector that is put together from numbers: the one
// that is meant, where that is known, else the vector at its index. Nil: n is no
// such vector.
func (b *Builder) stack(n *symbolic.Node, index []symbolic.Poly, data []*Expr) *Expr {
	axes, ok := n.Attr.(symbolic.Axes)
	if n.Op != symbolic.OpConcat || !ok || len(data) > 0 {
		return nil
	}
	axis := axes[0]
	one := func(i int) *Expr {
		at := slices.Clone(index)
		at[axis] = symbolic.Int(0)
		return b.element(n.Args[i], at, false)
	}
	for _, a := range n.Args {
		if !a.Shape[axis].Is(1) {
			return nil
		}
	}
	if k, ok := index[axis].Const(); ok && k >= 0 && k < len(n.Args) {
		return one(k)
	}
	e := &Expr{Kind: Stack, Index: []symbolic.Poly{index[axis]}}
	for i := range n.Args {
		e.Args = append(e.Args, one(i))
	}
	return e
}

// leading is 1 where the first axis of n and of its arguments is the batch,
// which the operator leaves alone, else 0.
func (b *Builder) leading(n *symbolic.Node, index []symbolic.Poly) int {
	if len(n.Shape) == 0 || !isBatch(n.Shape[0]) || n.Op.Class == symbolic.Region {
		return 0
	}
	for _, a := range n.Args {
		if len(a.Shape) == 0 || !isBatch(a.Shape[0]) {
			return 0
		}
	}
	switch a := n.Attr.(type) {
	case symbolic.Axes:
		if a.Has(0) {
			return 0
		}
	case symbolic.ShapeAttr:
	case nil:
	default:
		return 0
	}
	for _, s := range index[0].Syms() {
		if strings.HasPrefix(s, "$") {
			return 0
		}
	}
	return 1
}

func withoutLeading(a symbolic.Attr) symbolic.Attr {
	switch a := a.(type) {
	case symbolic.Axes:
		out := make(symbolic.Axes, len(a))
		for i, x := range a {
			out[i] = x - 1
		}
		return out
	case symbolic.ShapeAttr:
		return symbolic.ShapeAttr{Shape: a.Shape[1:]}
	}
	return a
}
