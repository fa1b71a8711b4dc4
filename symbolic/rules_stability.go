package symbolic

import "slices"

// stabilityRules find what a formula means where its digits would be lost. The
// first that fits is taken, so the more special ones stand above.
var stabilityRules = []Rule{
	{Name: "sigmoid", From: "a / (1 + exp(-x))", To: "a * sigmoid(x)", Phase: Stability},
	{Name: "sigmoid of exp", From: "exp(x) / (1 + exp(x))", To: "sigmoid(x)", Phase: Stability},
	{Name: "sigmoid of minus", From: "a / (1 + exp(x))", To: "a * sigmoid(-x)", Phase: Stability},
	{Name: "tanh", From: "(exp(x) - exp(-x)) / (exp(x) + exp(-x))", To: "tanh(x)", Phase: Stability},
	{Name: "tanh of expm1", From: "expm1(x) / (1 + exp(x))", To: "tanh(0.5 * x)", Phase: Stability},
	{Name: "softplus", From: "log(1 + exp(x))", To: "softplus(x)", Phase: Stability},
	{Name: "softplus of log1p", From: "log1p(exp(x))", To: "softplus(x)", Phase: Stability},
	{Name: "log of two exps", From: "log(exp(x) + exp(y))", To: "Select(x < y, y + softplus(x - y), x + softplus(y - x))", Phase: Stability},
	{Name: "log sigmoid", From: "log(sigmoid(x))", To: "-softplus(-x)", Phase: Stability},
	{Name: "logsigmoid", From: "logsigmoid(x)", To: "-softplus(-x)", Phase: Stability},
	{Name: "log one minus sigmoid", From: "log(1 - sigmoid(x))", To: "-softplus(x)", Phase: Stability},
	{Name: "log1p minus sigmoid", From: "log1p(-sigmoid(x))", To: "-softplus(x)", Phase: Stability},
	{Name: "log exp", From: "log(exp(x))", To: "x", Phase: Stability},
	{Name: "log1p expm1", From: "log1p(expm1(x))", To: "x", Phase: Stability},
	{Name: "log1p", From: "log(1 + x)", To: "log1p(x)", Phase: Stability},
	{Name: "log1p of minus", From: "log(1 - x)", To: "log1p(-x)", Phase: Stability},
	{Name: "expm1", From: "exp(x) - 1", To: "expm1(x)", Phase: Stability},
	{Name: "expm1 turned", From: "1 - exp(x)", To: "-expm1(x)", Phase: Stability},
	{Name: "erfc", From: "1 - erf(x)", To: "erfc(x)", Phase: Stability},
	{Name: "erfc of minus", From: "1 + erf(x)", To: "erfc(-x)", Phase: Stability},
	{Name: "erf", From: "1 - erfc(x)", To: "erf(x)", Phase: Stability},
	{Name: "hypot", From: "sqrt(square(x) + square(y))", To: "hypot(x, y)", Phase: Stability},
	{Name: "x log x", From: "x * log(x)", To: "xlogy(x, x)", Phase: Stability},
	{Name: "x log y", From: "x * log(y)", To: "xlogy(x, y)", Phase: Stability, When: zeroTimesLog},
	{Name: "x log1p y", From: "x * log1p(y)", To: "xlog1py(x, y)", Phase: Stability, When: zeroTimesLog},
	{Name: "log of a square", From: "log(square(x))", To: "2 * log(abs(x))", Phase: Stability},
	{Name: "log of a product", From: "log(x * y)", To: "logmul(x, y)", Phase: Stability, When: func(b *Binding) bool {
		return !isNumber(b.Get("x")) && !isNumber(b.Get("y"))
	}},
	{Name: "one minus cos", From: "1 - cos(x)", To: "2 * square(sin(0.5 * x))", Phase: Stability},
	{Name: "cos minus one", From: "cos(x) - 1", To: "-2 * square(sin(0.5 * x))", Phase: Stability},
	// max(x, 0) has slope 1 at 0, since ties go to the first argument.
	{Name: "relu", From: "max(0, x)", To: "relu(x)", Phase: Stability, Ordered: true},

	{Name: "logsumexp", Phase: Stability, Ops: []*OpSpec{OpLog}, Func: logSumExp,
		Example: func(g *Graph) *Node {
			return g.Apply(OpLog, nil, g.Sum(g.Apply(OpExp, nil, sample(g, "x", 2, 3)), 1))
		}},
	{Name: "log of a product over axes", Phase: Stability, Ops: []*OpSpec{OpLog}, Func: logOf(OpProd, OpLogProd),
		Example: func(g *Graph) *Node { return g.Apply(OpLog, nil, g.Apply(OpProd, Axes{1}, sample(g, "x", 2, 3))) }},
	{Name: "variance", Phase: Stability, Ops: []*OpSpec{OpSub}, Func: variance,
		Example: func(g *Graph) *Node {
			x := sample(g, "x", 2, 3)
			return g.Sub(g.Apply(OpMean, Axes{1}, g.Apply(OpSquare, nil, x)), g.Apply(OpSquare, nil, g.Apply(OpMean, Axes{1}, x)))
		}},
	{Name: "softmax", Phase: Stability, Ops: []*OpSpec{OpDiv}, Func: softmaxOfExp,
		Example: func(g *Graph) *Node {
			e := g.Apply(OpExp, nil, sample(g, "x", 2, 3))
			return g.Div(e, g.Broadcast(g.Sum(e, 1), e.Shape, 0))
		}},
	{Name: "share of exps", Phase: Stability, Ops: []*OpSpec{OpDiv}, Func: shareOfExps,
		Example: func(g *Graph) *Node {
			e := g.Apply(OpExp, nil, sample(g, "x", 2, 3))
			return g.Div(g.Apply(OpExp, nil, sample(g, "y", 2)), g.Sum(e, 1))
		}},
	{Name: "logsoftmax", Phase: Stability, Ops: []*OpSpec{OpLog}, Func: logOf(OpSoftmax, OpLogSoftmax),
		Example: func(g *Graph) *Node {
			return g.Apply(OpLog, nil, g.Apply(OpSoftmax, Axes{1}, sample(g, "x", 2, 3)))
		}},
	{Name: "logsoftmax of difference", Phase: Stability, Ops: []*OpSpec{OpSub}, Func: logSoftmaxOfSub,
		Example: func(g *Graph) *Node {
			x := sample(g, "x", 2, 3)
			return g.Sub(x, g.Broadcast(g.Apply(OpLogSumExp, Axes{1}, x), x.Shape, 0))
		}},
	{Name: "exp of logsoftmax", Phase: Stability, Ops: []*OpSpec{OpExp}, Func: func(g *Graph, n *Node) *Node {
		if x := n.Args[0]; x.Op == OpLogSoftmax {
			return g.Apply(OpSoftmax, x.Attr, x.Args[0])
		}
		return nil
	}, Example: func(g *Graph) *Node {
		return g.Apply(OpExp, nil, g.Apply(OpLogSoftmax, Axes{1}, sample(g, "x", 2, 3)))
	}},
	{Name: "log of what is read", Phase: Stability, Ops: []*OpSpec{OpLog}, Func: logOfMoved,
		Example: func(g *Graph) *Node { return g.Apply(OpLog, nil, pickOf(g, OpSoftmax)) }},
	{Name: "picks of logsoftmax", Phase: Stability, Ops: []*OpSpec{OpAccess}, Func: pickLogSoftmax,
		Example: func(g *Graph) *Node { return pickOf(g, OpLogSoftmax) }},
}

// zeroTimesLog holds of x·log y where 0·log 0 may come up: x is no number. Where one
// logarithm is for many x it stays one.
func zeroTimesLog(b *Binding) bool {
	y := b.Get("y")
	return !isNumber(b.Get("x")) && !isNumber(y) && y.Op != OpAccess
}

func isNumber(n *Node) bool { _, ok := ConstValue(n); return ok }

// E[x²] − E[x]² is E[(x − E[x])²].
func variance(g *Graph, n *Node) *Node {
	squares, m, ok := meanOf(n.Args[0])
	if !ok || squares.Op != OpSquare || n.Args[1].Op != OpSquare {
		return nil
	}
	mean := n.Args[1].Args[0]
	x, same, ok := meanOf(mean)
	if !ok || x != squares.Args[0] || m.Key() != same.Key() {
		return nil
	}
	centred := g.Sub(x, g.spreadAxes(mean, x, m))
	return g.Apply(OpMean, m, g.Apply(OpSquare, nil, centred))
}

// meanOf returns what n is the mean of, and over which axes: mean x, or Σ x / n.
func meanOf(n *Node) (x *Node, axes Axes, ok bool) {
	switch n.Op {
	case OpMean:
		return n.Args[0], n.Attr.(Axes), true
	case OpDiv:
		s, by := n.Args[0], n.Args[1]
		if s.Op != OpSum {
			return nil, nil, false
		}
		axes, size := s.Attr.(Axes), Int(1)
		for _, a := range axes {
			size = size.Mul(s.Args[0].Shape[a])
		}
		if by.Op == OpAccess && len(by.Args) == 1 && len(by.Attr.(*Map).Guard) == 0 {
			by = by.Args[0] // repeated
		}
		if by.Op == OpToReal {
			by = by.Args[0]
		}
		if v, ok := ConstValue(by); ok {
			k, known := size.Const()
			return s.Args[0], axes, known && float64(k) == v
		}
		p, ok := by.Attr.(SizeAttr)
		return s.Args[0], axes, ok && p.Poly.Equal(size)
	}
	return nil, nil, false
}

// sample is an input of constant shape, for examples.
func sample(g *Graph, name string, dims ...int) *Node {
	return g.Input(ArgInput, name, Shp(dims...), Real)
}

func pickOf(g *Graph, op *OpSpec) *Node {
	p := g.Apply(op, Axes{1}, sample(g, "x", 2, 3))
	y := g.Input(ArgInput, "y", Shp(2), Integer)
	return g.Access(p, &Map{Shape: Shp(2), Index: []Poly{Axis(0), Operand(0)}}, y)
}

// log Σ exp x
func logSumExp(g *Graph, n *Node) *Node {
	s := n.Args[0]
	if s.Op != OpSum || s.Args[0].Op != OpExp {
		return nil
	}
	return g.Apply(OpLogSumExp, s.Attr, s.Args[0].Args[0])
}

// exp x / Σ exp x
func softmaxOfExp(g *Graph, n *Node) *Node {
	e := n.Args[0]
	if e.Op != OpExp {
		return nil
	}
	s := spreadOver(n.Args[1], OpSum, e)
	if s == nil {
		return nil
	}
	return g.Apply(OpSoftmax, s.Attr, e.Args[0])
}

// exp y / Σ exp x, where y may be one of the x, is exp(y − top − log Σ exp(x − top)):
// the greatest x is taken off first, so that large ones keep their digits.
func shareOfExps(g *Graph, n *Node) *Node {
	e, s := n.Args[0], n.Args[1]
	moved := func(n *Node) *Node { return n }
	if s.Op == OpAccess && len(s.Args) == 1 && len(s.Attr.(*Map).Guard) == 0 {
		m := s.Attr.(*Map)
		s, moved = s.Args[0], func(n *Node) *Node { return g.access(n, m) }
	}
	if e.Op != OpExp || s.Op != OpSum || s.Args[0].Op != OpExp {
		return nil
	}
	x := s.Args[0].Args[0]
	top, full := g.peak(x, s.Attr)
	_, total := g.exps(g.Sub(x, full), s.Attr)
	return g.Apply(OpExp, nil, g.Sub(g.Sub(e.Args[0], moved(top)), moved(g.Apply(OpLog, nil, total))))
}

// x − log Σ exp x
func logSoftmaxOfSub(g *Graph, n *Node) *Node {
	s := spreadOver(n.Args[1], OpLogSumExp, n.Args[0])
	if s == nil {
		return nil
	}
	return g.Apply(OpLogSoftmax, s.Attr, n.Args[0])
}

// spreadOver returns the node op(x) over axes where n is just that, repeated
// over these axes.
func spreadOver(n *Node, op *OpSpec, x *Node) *Node {
	s := n
	var m *Map
	if n.Op == OpAccess && len(n.Args) == 1 {
		s, m = n.Args[0], n.Attr.(*Map)
	}
	if s.Op != op || s.Args[0] != x {
		return nil
	}
	if m == nil {
		if len(s.Attr.(Axes)) > 0 {
			return nil
		}
		return s
	}
	k := 0
	if len(m.Guard) > 0 || !m.Shape.Equal(x.Shape) {
		return nil
	}
	for a := range x.Shape {
		if s.Attr.(Axes).Has(a) {
			continue
		}
		if !m.Index[k].Equal(Axis(a)) {
			return nil
		}
		k++
	}
	return s
}

// logOf is the rule log(from(x)) → to(x), attributes kept.
func logOf(from, to *OpSpec) func(*Graph, *Node) *Node {
	return func(g *Graph, n *Node) *Node {
		if x := n.Args[0]; x.Op == from {
			return g.Apply(to, x.Attr, x.Args[0])
		}
		return nil
	}
}

// logOfMoved takes the logarithm before the values are moved, where it then
// meets the operator that it is stable with.
func logOfMoved(g *Graph, n *Node) *Node {
	a := n.Args[0]
	if a.Op.Class != Movement || len(a.Args) == 0 {
		return nil
	}
	if m, ok := a.Attr.(*Map); ok && len(m.Guard) > 0 {
		return nil // what is not read is 0, and log 0 is not
	}
	if a.Op == OpConcat {
		return nil
	}
	if x := a.Args[0]; x.Op == OpSoftmax || x.Op == OpSigmoid {
		args := slices.Clone(a.Args)
		args[0] = g.Apply(OpLog, nil, x)
		return g.Apply(a.Op, a.Attr, args...)
	}
	return nil
}

// pickLogSoftmax reads z and log Σ exp z where only some of log softmax z is
// wanted.
func pickLogSoftmax(g *Graph, n *Node) *Node {
	p := n.Args[0]
	m := n.Attr.(*Map)
	if p.Op != OpLogSoftmax || len(m.Guard) > 0 {
		return nil
	}
	axes := p.Attr.(Axes)
	whole := true
	rest := &Map{Shape: m.Shape}
	for i, e := range m.Index {
		if !axes.Has(i) {
			rest.Index = append(rest.Index, e)
			continue
		}
		s, ok := e.AsSym()
		_, isAxis := axisOf(s)
		whole = whole && ok && isAxis
	}
	if whole {
		return nil
	}
	operands := n.Args[1:]
	z := p.Args[0]
	lse := g.Apply(OpLogSumExp, axes, z)
	return g.Sub(g.access(z, m, operands...), g.accessPruned(lse, rest, operands))
}

// accessPruned is access without the operands that the map does not mention.
func (g *Graph) accessPruned(x *Node, m *Map, operands []*Node) *Node {
	used := make([]bool, len(operands))
	mark := func(p Poly) {
		for _, s := range p.Syms() {
			if k, ok := OperandOf(s); ok {
				used[k] = true
			}
		}
	}
	for _, e := range m.Index {
		mark(e)
	}
	for _, c := range m.Guard {
		mark(c.E)
	}
	var kept []*Node
	to := make([]int, len(operands))
	for k, o := range operands {
		if used[k] {
			to[k] = len(kept)
			kept = append(kept, o)
		}
	}
	if len(kept) == len(operands) {
		return g.access(x, m, operands...)
	}
	sub := func(s string) (Poly, bool) {
		if k, ok := OperandOf(s); ok {
			return Operand(to[k]), true
		}
		return Poly{}, false
	}
	return g.access(x, m.subst(m.Shape, sub), kept...)
}

// subst returns m with symbols replaced, for a result of another shape.
func (m *Map) subst(shape Shape, sub func(string) (Poly, bool)) *Map {
	out := &Map{Shape: shape}
	for _, e := range m.Index {
		out.Index = append(out.Index, e.Subst(sub))
	}
	for _, c := range m.Guard {
		c = c.With(c.E.Subst(sub))
		out.Guard = append(out.Guard, c)
	}
	return out
}
