package symbolic

import "slices"

// selectRules keep choices outermost in derivatives: what the branch not taken
// would give is never multiplied by 0, because it may be infinite there.
var selectRules = []Rule{
	{Name: "choice of the same", From: "Select(c, x, x)", To: "x", Phase: always},
	{Name: "choice by true", From: "Select(1, x, y)", To: "x", Phase: always},
	{Name: "choice by false", From: "Select(0, x, y)", To: "y", Phase: always},
	{Name: "choice by not", From: "Select(!c, x, y)", To: "Select(c, y, x)", Phase: always},
	{Name: "choice taken again", From: "Select(c, Select(c, x, y), z)", To: "Select(c, x, z)", Phase: always},
	{Name: "choice not taken again", From: "Select(c, x, Select(c, y, z))", To: "Select(c, x, z)", Phase: always},
	{Name: "choice under both", From: "Select(c, Select(d, x, 0), 0)", To: "Select(c && d, x, 0)", Phase: after},

	{Name: "minus under choice", From: "-Select(c, x, 0)", To: "Select(c, -x, 0)", Phase: after},
	{Name: "minus under other choice", From: "-Select(c, 0, x)", To: "Select(c, 0, -x)", Phase: after},
	{Name: "product under choice", From: "Select(c, x, 0) * y", To: "Select(c, x * y, 0)", Phase: after, Adjoint: true},
	{Name: "product under other choice", From: "Select(c, 0, x) * y", To: "Select(c, 0, x * y)", Phase: after, Adjoint: true},
	{Name: "quotient under choice", From: "Select(c, x, 0) / y", To: "Select(c, x / y, 0)", Phase: after, Adjoint: true},
	{Name: "quotient under other choice", From: "Select(c, 0, x) / y", To: "Select(c, 0, x / y)", Phase: after, Adjoint: true},
	{Name: "sum of both branches", From: "Select(c, x, 0) + Select(c, 0, y)", To: "Select(c, x, y)", Phase: after},
	{Name: "sum in one branch", From: "Select(c, x, 0) + Select(c, y, 0)", To: "Select(c, x + y, 0)", Phase: after},
	{Name: "sum in other branch", From: "Select(c, 0, x) + Select(c, 0, y)", To: "Select(c, 0, x + y)", Phase: after},
	{Name: "difference of branches", From: "Select(c, x, 0) - Select(c, 0, y)", To: "Select(c, x, -y)", Phase: after},

	{Name: "access of choice", Phase: after, Ops: []*OpSpec{OpAccess}, Func: accessOfChoice,
		Example: func(g *Graph) *Node {
			x := sample(g, "x", 3)
			return g.Broadcast(g.Select(g.Apply(OpLt, nil, g.Num(0), x), x, g.Num(0)), Shp(2, 3), 1)
		}},
	{Name: "reshape of choice", Phase: after, Ops: []*OpSpec{OpReshape}, Func: func(g *Graph, n *Node) *Node {
		s := n.Args[0]
		if !hasZeroBranch(s) {
			return nil
		}
		var args []*Node
		for _, a := range s.Args {
			args = append(args, g.Reshape(a, n.Shape))
		}
		return g.Apply(OpSelect, nil, args...)
	}, Example: func(g *Graph) *Node {
		x := sample(g, "x", 6)
		return g.Reshape(g.Select(g.Apply(OpLt, nil, g.Num(0), x), x, g.Num(0)), Shp(2, 3))
	}},
	{Name: "sum of choice", Phase: after, Ops: []*OpSpec{OpSum}, Func: sumOfChoice,
		Example: func(g *Graph) *Node {
			x, c := sample(g, "x", 2, 3), g.Input(ArgInput, "c", Shp(2), Boolean)
			return g.Sum(g.Select(g.Broadcast(c, x.Shape, 0), x, g.Num(0)), 1)
		}},
	{Name: "sum under both", Phase: after, Ops: []*OpSpec{OpSum}, Func: sumUnderBoth,
		Example: func(g *Graph) *Node {
			x, c := sample(g, "x", 2, 3), g.Input(ArgInput, "c", Shp(2), Boolean)
			both := g.Apply(OpAnd, nil, g.Broadcast(c, x.Shape, 0), g.Apply(OpLt, nil, g.Num(0), x))
			return g.Sum(g.Select(both, x, g.Num(0)), 1)
		}},
	{Name: "factor of choices", Phase: after, Adjoint: true, Ops: []*OpSpec{OpMul, OpDiv}, Func: factorOfChoices,
		Example: func(g *Graph) *Node {
			x, y, z := sample(g, "x"), sample(g, "y"), sample(g, "z")
			choice := func(v *Node) *Node { return g.Select(g.Apply(OpLt, nil, v, y), v, g.Num(0)) }
			return g.Div(g.Add(choice(x), choice(z)), y)
		}},
}

func isZero(n *Node) bool {
	v, ok := ConstValue(n)
	return ok && v == 0
}

// hasZeroBranch reports whether n chooses between a value and 0.
func hasZeroBranch(n *Node) bool {
	return n.Op == OpSelect && (isZero(n.Args[1]) || isZero(n.Args[2]))
}

// Where a guard fails all three accesses give 0, which is the choice's value
// there too.
func accessOfChoice(g *Graph, n *Node) *Node {
	s, m := n.Args[0], n.Attr.(*Map)
	if !hasZeroBranch(s) {
		return nil
	}
	read := func(x *Node) *Node { return g.access(x, m, n.Args[1:]...) }
	c := s.Args[0]
	if open := g.unguarded(c, m); open != nil {
		c = open
	} else if len(m.Guard) > 0 && !isZero(s.Args[2]) {
		return nil
	} else {
		c = read(c)
	}
	return g.Apply(OpSelect, nil, c, read(s.Args[1]), read(s.Args[2]))
}

// unguarded reads c as the map says, but everywhere: as it is where the guards
// hold, and in the same way where they fail. So accesses to several parts of a
// choice that is one for all of them, slices of a vector say, keep its condition,
// and their sum is a choice again. It is nil where what the guards are about, or
// more than an axis as it is, decides what is read.
func (g *Graph) unguarded(c *Node, m *Map) *Node {
	if len(m.Guard) == 0 {
		return nil
	}
	var moved Axes
	read := &Map{Shape: m.Shape}
	for k, e := range m.Index {
		sym, ok := e.AsSym()
		if ok {
			_, ok = axisOf(sym)
		}
		if !ok || slices.ContainsFunc(m.Guard, func(q Cond) bool { return slices.Contains(q.E.Syms(), sym) }) {
			moved = append(moved, k)
			continue
		}
		read.Index = append(read.Index, e)
	}
	if c = g.without(c, moved); c == nil {
		return nil
	}
	return g.access(c, read)
}

func sumOfChoice(g *Graph, n *Node) *Node {
	s, axes := n.Args[0], n.Attr.(Axes)
	if !hasZeroBranch(s) {
		return nil
	}
	c := g.without(s.Args[0], axes)
	if c == nil {
		return nil
	}
	part := func(a *Node) *Node {
		if isZero(a) {
			return g.Const(0, n.Shape, Real)
		}
		return g.Apply(OpSum, axes, a)
	}
	return g.Select(c, part(s.Args[1]), part(s.Args[2]))
}

// sumUnderBoth takes those of several conditions out of a sum that hold or fail for all
// of it.
func sumUnderBoth(g *Graph, n *Node) *Node {
	s, axes := n.Args[0], n.Attr.(Axes)
	if s.Op != OpSelect || !isZero(s.Args[2]) {
		return nil
	}
	var out, in *Node
	and := func(a, b *Node) *Node {
		if a == nil {
			return b
		}
		return g.Apply(OpAnd, nil, a, b)
	}
	var part func(c *Node)
	part = func(c *Node) {
		if c.Op == OpAnd {
			part(c.Args[0])
			part(c.Args[1])
		} else if c.Op == OpAccess && c.Args[0].Op == OpAnd {
			for _, a := range c.Args[0].Args {
				read := g.access(a, c.Attr.(*Map), c.Args[1:]...)
				if read.Op == OpAccess {
					if one := accessOfAccess(g, read); one != nil {
						read = one
					}
				}
				part(read)
			}
		} else if o := g.without(c, axes); o != nil {
			out = and(out, o)
		} else {
			in = and(in, c)
		}
	}
	part(s.Args[0])
	if out == nil || in == nil {
		return nil
	}
	return g.Select(out, g.Apply(OpSum, axes, g.Select(in, s.Args[1], s.Args[2])), g.Const(0, n.Shape, Real))
}

// factorOfChoices: what comes back to a value from several choices, each with a
// condition of its own, is no choice as a whole, but is 0 where none was taken. There
// a local derivative that may be infinite is not looked at.
func factorOfChoices(g *Graph, n *Node) *Node {
	for i, x := range n.Args {
		if n.Op == OpDiv && i > 0 || x.Origin.Adjoint == nil || hasZeroBranch(x) || !fromChoices(x, 0) {
			continue
		}
		y, some := n.Args[1-i], g.Apply(OpNe, nil, x, g.Like(0, x))
		if y.Op == OpSelect && y.Args[0] == some {
			continue // done
		}
		if n.Op == OpDiv && mayVanish(y, 0) || n.Op == OpMul && mayBeInfinite(y, 0) {
			args := []*Node{x, x}
			args[1-i] = g.Select(some, y, g.Like(1, y))
			return g.Apply(n.Op, n.Attr, args...)
		}
	}
	return nil
}

// fromChoices reports whether n is 0 where none of some conditions holds, which
// data decide.
func fromChoices(n *Node, depth int) bool {
	if depth > maxDepth {
		return false
	}
	from := func(a *Node) bool { return fromChoices(a, depth+1) }
	switch n.Op {
	case OpSelect:
		return hasZeroBranch(n) && !ofIndices(n.Args[0], 0)
	case OpAdd, OpSub:
		return from(n.Args[0]) && from(n.Args[1])
	case OpMul:
		return from(n.Args[0]) || from(n.Args[1])
	case OpDiv, OpNeg, OpSum, OpAccess, OpReshape:
		return from(n.Args[0])
	}
	return false
}

// ofIndices reports whether a condition is about indices and sizes only.
func ofIndices(c *Node, depth int) bool {
	switch {
	case depth > maxDepth || c.Type == Real:
		return false
	case len(c.Args) == 0:
		return c.Op == OpIota || c.Op == OpSize || c.Op == OpConst
	}
	return !slices.ContainsFunc(c.Args, func(a *Node) bool { return !ofIndices(a, depth+1) })
}

// mayBeInfinite reports whether a formula of finite numbers divides by what may
// be 0, or has a logarithm or a power in it.
func mayBeInfinite(n *Node, depth int) bool {
	if depth > maxDepth {
		return true
	}
	switch n.Op {
	case OpDiv:
		return mayVanish(n.Args[1], depth+1) || mayBeInfinite(n.Args[0], depth+1)
	case OpLog, OpPow, OpPowInt:
		return true
	case OpAdd, OpSub, OpMul, OpNeg, OpAccess, OpReshape, OpSqrt, OpSquare:
		return slices.ContainsFunc(n.Args, func(a *Node) bool { return a.Type == Real && mayBeInfinite(a, depth+1) })
	}
	return false
}

// mayVanish reports whether nothing says that n is not 0.
func mayVanish(n *Node, depth int) bool {
	if v, ok := ConstValue(n); ok {
		return v == 0
	}
	if depth > maxDepth {
		return true
	}
	switch n.Op {
	case OpAdd: // of squares, say, and a number
		for i, a := range n.Args {
			if v, ok := ConstValue(a); ok && v > 0 {
				return mayBeNegative(n.Args[1-i], depth+1)
			}
		}
	case OpExp:
		return false
	case OpSqrt, OpSquare, OpNeg, OpAccess, OpReshape, OpToReal:
		return mayVanish(n.Args[0], depth+1)
	case OpMul:
		return mayVanish(n.Args[0], depth+1) || mayVanish(n.Args[1], depth+1)
	case OpSelect:
		return mayVanish(n.Args[1], depth+1) || mayVanish(n.Args[2], depth+1)
	}
	return n.Op != OpSize
}

// mayBeNegative reports whether nothing says that n is at least 0.
func mayBeNegative(n *Node, depth int) bool {
	if v, ok := ConstValue(n); ok {
		return v < 0
	}
	if depth > maxDepth {
		return true
	}
	switch n.Op {
	case OpSquare, OpExp, OpSqrt, OpAbs, OpSize:
		return false
	case OpSum, OpAccess, OpReshape, OpToReal:
		return mayBeNegative(n.Args[0], depth+1)
	case OpAdd, OpMul, OpDiv:
		return mayBeNegative(n.Args[0], depth+1) || mayBeNegative(n.Args[1], depth+1)
	}
	return true
}
