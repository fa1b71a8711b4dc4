package symbolic

import "slices"

// sumRules take out of a sum what does not depend on what it runs over. They
// decide more than any other rule: a factor that leaves a sum can take a whole
// matrix product with it.
var sumRules = []Rule{
	{Name: "sum over nothing", Phase: always, Func: func(g *Graph, n *Node) *Node {
		if n.Op.Class == Reduction && !n.Op.Arg && len(n.Attr.(Axes)) == 0 {
			return n.Args[0]
		}
		return nil
	}, Example: func(g *Graph) *Node { return g.Apply(OpSum, Axes{}, sample(g, "x", 2)) }},
	{Name: "sum of sum", Phase: after, Safety: Reassoc, Func: reductionOfReduction,
		Example: func(g *Graph) *Node { return g.Sum(g.Sum(sample(g, "x", 2, 3, 2), 1), 0) }},
	{Name: "sum of one", Phase: after, Func: reductionOfOne,
		Example: func(g *Graph) *Node { return g.Sum(sample(g, "x", 2, 1), 1) }},
	{Name: "sum of minus", Phase: after, Ops: []*OpSpec{OpSum}, Func: func(g *Graph, n *Node) *Node {
		if x := n.Args[0]; x.Op == OpNeg {
			return g.Neg(g.Apply(OpSum, n.Attr, x.Args[0]))
		}
		return nil
	}, Example: func(g *Graph) *Node { return g.Sum(g.Neg(sample(g, "x", 2, 3)), 1) }},
	{Name: "sum of product", Phase: after, Safety: Reassoc, Ops: []*OpSpec{OpSum}, Func: sumOfProduct,
		Example: func(g *Graph) *Node {
			q := g.Broadcast(sample(g, "q", 3), Shp(2, 3), 1)
			return g.Sum(g.Mul(g.Broadcast(sample(g, "y", 2), q.Shape, 0), q), 1)
		}},
	{Name: "sum of quotient", Phase: after, Safety: Reassoc, Ops: []*OpSpec{OpSum}, Func: sumOfQuotient,
		Example: func(g *Graph) *Node {
			q := g.Broadcast(sample(g, "q", 3), Shp(2, 3), 1)
			return g.Sum(g.Div(q, g.Broadcast(sample(g, "y", 2), q.Shape, 0)), 1)
		}},
	{Name: "sum inside product", Phase: after, Safety: Reassoc, Ops: []*OpSpec{OpSum}, Func: sumInsideProduct,
		Example: func(g *Graph) *Node {
			w := sample(g, "w", 2, 3)
			return g.Sum(g.Mul(w, g.Broadcast(sample(g, "x", 3), w.Shape, 1)), 0, 1)
		}},
	{Name: "sum of one pick", Phase: after, Ops: []*OpSpec{OpSum}, Func: sumOfPick,
		Example: func(g *Graph) *Node {
			m := &Map{Shape: Shp(2, 3), Index: []Poly{Axis(1)}, Guard: []Cond{{Kind: Zero, E: Axis(0).Sub(Axis(1)).Add(Int(1))}}}
			return g.Sum(g.Mul(g.Access(sample(g, "x", 3), m), sample(g, "y", 2, 3)), 1)
		}},
	{Name: "sum of part of sum", Phase: after, Safety: Reassoc, Ops: []*OpSpec{OpSum}, Func: sumOfPartOfSum,
		Example: func(g *Graph) *Node {
			m := &Map{Shape: Shp(2, 4), Index: []Poly{Axis(0), Axis(1).Sub(Int(1))}, Guard: []Cond{{Kind: NonNeg, E: Axis(1).Sub(Int(1))}}}
			return g.Sum(g.Access(g.Sum(sample(g, "x", 2, 3, 2), 2), m), 0)
		}},
	{Name: "sum of repeated", Phase: after, Safety: Reassoc, Ops: []*OpSpec{OpSum}, Func: sumOfPlain,
		Example: func(g *Graph) *Node { return g.Sum(g.Broadcast(sample(g, "x", 2), Shp(2, 3), 0), 0, 1) }},
}

// reductionOfReduction merges two reductions of the same kind.
func reductionOfReduction(g *Graph, n *Node) *Node {
	if n.Op.Class != Reduction || n.Op.Arg {
		return nil
	}
	in := n.Args[0]
	if in.Op != n.Op {
		return nil
	}
	inner := in.Attr.(Axes)
	axes := slices.Clone(inner)
	at := 0
	for a := range in.Args[0].Shape {
		if inner.Has(a) {
			continue
		}
		if n.Attr.(Axes).Has(at) {
			axes = append(axes, a)
		}
		at++
	}
	slices.Sort(axes)
	return g.Apply(n.Op, axes, in.Args[0])
}

// reductionOfOne reads the only element along an axis of length 1.
func reductionOfOne(g *Graph, n *Node) *Node {
	if n.Op.Class != Reduction || n.Op.Arg {
		return nil
	}
	x := n.Args[0]
	for i, a := range n.Attr.(Axes) {
		if !x.Shape[a].Is(1) {
			continue
		}
		rest := slices.Delete(slices.Clone(n.Attr.(Axes)), i, i+1)
		for j := i; j < len(rest); j++ {
			rest[j]--
		}
		m := &Map{}
		for k, d := range x.Shape {
			if k == a {
				m.Index = append(m.Index, Int(0))
				continue
			}
			m.Index = append(m.Index, Axis(len(m.Shape)))
			m.Shape = append(m.Shape, d)
		}
		return g.Apply(n.Op, rest, g.access(x, m))
	}
	return nil
}

// maxDepth and maxFactors bound how far a sum looks into its argument.
const (
	maxDepth   = 4
	maxFactors = 16
)

// factors takes a product apart.
func factors(n *Node) []*Node {
	out := []*Node{n}
	for i := 0; i < len(out) && len(out) < maxFactors; {
		if f := out[i]; f.Op == OpMul {
			out = append(out[:i], append([]*Node{f.Args[0], f.Args[1]}, out[i+1:]...)...)
			continue
		}
		i++
	}
	return out
}

func (g *Graph) product(xs []*Node) *Node {
	var p *Node
	for _, x := range xs {
		if p == nil {
			p = x
		} else {
			p = g.Mul(p, x)
		}
	}
	return p
}

// without returns n with axes left out, nil where n depends on them.
func (g *Graph) without(n *Node, axes Axes) *Node { return g.withoutAt(n, axes, 0) }

func (g *Graph) withoutAt(n *Node, axes Axes, depth int) *Node {
	to := make([]int, len(n.Shape)) // where an axis goes
	var shape Shape
	for a, d := range n.Shape {
		if axes.Has(a) {
			to[a] = -1
			continue
		}
		to[a] = len(shape)
		shape = append(shape, d)
	}
	if v, ok := ConstValue(n); ok {
		return g.Const(v, shape, n.Type)
	}
	switch {
	case n.Op == OpIota:
		if a := to[n.Attr.(Axes)[0]]; a >= 0 {
			return g.Iota(shape, a)
		}
		return nil
	case n.Op == OpAccess:
		m := n.Attr.(*Map)
		free := true
		out := m.subst(shape, func(s string) (Poly, bool) {
			a, ok := axisOf(s)
			if !ok {
				return Poly{}, false
			}
			if to[a] < 0 {
				free = false
				return Poly{}, false
			}
			return Axis(to[a]), true
		})
		if !free {
			return nil
		}
		var operands []*Node
		for _, o := range n.Args[1:] {
			if depth >= maxDepth {
				return nil
			}
			if o = g.withoutAt(o, axes, depth+1); o == nil {
				return nil
			}
			operands = append(operands, o)
		}
		return g.access(n.Args[0], out, operands...)
	case n.Op.Class == Elementwise && n.Attr == nil && depth < maxDepth:
		args := make([]*Node, len(n.Args))
		for i, a := range n.Args {
			if args[i] = g.withoutAt(a, axes, depth+1); args[i] == nil {
				return nil
			}
		}
		return g.Apply(n.Op, nil, args...)
	}
	return nil
}

// sumOfProduct: Σ y·q = y·Σ q where y does not depend on what is summed over.
// It is worth it where the sum that is left is smaller than the result, because
// q does not vary along all of the result's axes: then a matrix product may
// become a sum and a few products. Where it is as large, nothing is gained, and
// a value y·q that others use too would be computed twice.
func sumOfProduct(g *Graph, n *Node) *Node {
	x, axes := n.Args[0], n.Attr.(Axes)
	if x.Op != OpMul || len(axes) == 0 {
		return nil
	}
	var outside, inside []*Node
	for _, f := range factors(x) {
		if y := g.without(f, axes); y != nil {
			outside = append(outside, y)
		} else {
			inside = append(inside, f)
		}
	}
	switch {
	case len(outside) == 0:
		return nil
	case len(inside) == 0:
		return g.Mul(g.product(outside), g.sizeOver(n))
	}
	small := g.smallerSum(n, inside)
	if small == nil {
		return nil
	}
	return g.Mul(g.product(outside), small)
}

func sumOfQuotient(g *Graph, n *Node) *Node {
	x, axes := n.Args[0], n.Attr.(Axes)
	if x.Op != OpDiv || len(axes) == 0 {
		return nil
	}
	y := g.without(x.Args[1], axes)
	if y == nil {
		return nil
	}
	small := g.smallerSum(n, x.Args[:1])
	if small == nil {
		return nil
	}
	return g.Div(small, y)
}

// smallerSum is the sum of a product over the axes of n, repeated to n's shape,
// where no factor varies along some axis that n keeps; else nil.
func (g *Graph) smallerSum(n *Node, fs []*Node) *Node {
	x, axes := n.Args[0], n.Attr.(Axes)
	var idle, left Axes // left: the axes, numbered without the idle ones
	var kept []int      // where the axes that stay are in n's shape
	at, out := 0, 0
	for a := range x.Shape {
		varies := func(f *Node) bool { return g.without(f, Axes{a}) == nil }
		switch {
		case axes.Has(a):
			left = append(left, at)
			at++
			continue
		case slices.ContainsFunc(fs, varies):
			kept = append(kept, out)
			at++
		default:
			idle = append(idle, a)
		}
		out++
	}
	if len(idle) == 0 {
		return nil
	}
	rest := make([]*Node, len(fs))
	for i, f := range fs {
		if rest[i] = g.without(f, idle); rest[i] == nil {
			return nil
		}
	}
	return g.Broadcast(g.Sum(g.product(rest), left...), n.Shape, kept...)
}

// sumInsideProduct: Σ over i and r of a(i)·q(i, r) is Σ over i of a·Σ over r
// of q. What is summed over and only one factor depends on is summed there.
func sumInsideProduct(g *Graph, n *Node) *Node {
	x, axes := n.Args[0], n.Attr.(Axes)
	if x.Op != OpMul || len(axes) < 2 {
		return nil
	}
	fs := factors(x)
	for i := range fs {
		var own Axes
		for _, r := range axes {
			alone := true
			for j, f := range fs {
				alone = alone && (i == j || g.without(f, Axes{r}) != nil)
			}
			if alone {
				own = append(own, r)
			}
		}
		if len(own) == 0 {
			continue
		}
		rest := slices.Clone(fs)
		for j, f := range fs {
			if i == j {
				rest[j] = g.Apply(OpSum, own, f)
			} else {
				rest[j] = g.without(f, own)
			}
		}
		var left Axes
		for _, r := range axes {
			if own.Has(r) {
				continue
			}
			before := 0
			for _, o := range own {
				if o < r {
					before++
				}
			}
			left = append(left, r-before)
		}
		return g.Sum(g.product(rest), left...)
	}
	return nil
}

// sumOfPick: Σ over j of what is read where j = e only is what is read there.
func sumOfPick(g *Graph, n *Node) *Node {
	x, axes := n.Args[0], n.Attr.(Axes)
	fs := factors(x)
	for _, f := range fs {
		if f.Op != OpAccess {
			continue
		}
		for _, c := range f.Attr.(*Map).Guard {
			if c.Kind != Zero || slices.ContainsFunc(c.E.Syms(), isOperand) {
				continue
			}
			for _, j := range axes {
				k, rest, ok := c.E.Linear(Axis(j).String())
				if !ok || k != 1 && k != -1 || !integral(rest) {
					continue
				}
				m := picking(x.Shape, j, rest.Scale(int64(-k), 1))
				for i, f := range fs {
					fs[i] = g.access(f, m)
				}
				left := slices.DeleteFunc(slices.Clone(axes), func(a int) bool { return a == j })
				for i, a := range left {
					if a > j {
						left[i]--
					}
				}
				return g.Sum(g.product(fs), left...)
			}
		}
	}
	return nil
}

// integral reports whether p is whole because its coefficients are.
func integral(p Poly) bool {
	whole := true
	p.Terms(func(_, den int64, _ []string) { whole = whole && den == 1 })
	return whole
}

// picking reads a value of the given shape at e along axis j, where e is in
// range.
func picking(shape Shape, j int, e Poly) *Map {
	e = without(e, j)
	m := &Map{Shape: slices.Delete(slices.Clone(shape), j, j+1)}
	for a := range shape {
		if a == j {
			m.Index = append(m.Index, e)
		} else {
			m.Index = append(m.Index, without(Axis(a), j))
		}
	}
	if top := shape[j].Sub(Int(1)).Sub(e); !inRange(e, shape[j], m.Shape) {
		m.Guard = []Cond{{Kind: NonNeg, E: e}, {Kind: NonNeg, E: top}}
	}
	return m
}

// sumOfPlain sums before values are repeated or change places.
func sumOfPlain(g *Graph, n *Node) *Node {
	a, axes := n.Args[0], n.Attr.(Axes)
	if a.Op != OpAccess || len(a.Args) > 1 || len(axes) == 0 {
		return nil
	}
	m, x := a.Attr.(*Map), a.Args[0]
	if !plain(m, x.Shape) {
		return nil
	}
	// Which axis of x each axis of the access reads; a diagonal reads two.
	from := map[int]int{}
	for k, e := range m.Index {
		s, _ := e.AsSym()
		i, _ := axisOf(s)
		if _, twice := from[i]; twice {
			return nil
		}
		from[i] = k
	}
	size := Int(1)
	var inner Axes
	for _, r := range axes {
		if k, ok := from[r]; ok {
			inner = append(inner, k)
		} else {
			size = size.Mul(m.Shape[r])
		}
	}
	slices.Sort(inner)
	out := &Map{Shape: n.Shape}
	for k, e := range m.Index {
		if inner.Has(k) {
			continue
		}
		s, _ := e.AsSym()
		i, _ := axisOf(s)
		before := 0
		for _, r := range axes {
			if r < i {
				before++
			}
		}
		out.Index = append(out.Index, Axis(i-before))
	}
	y := g.access(g.Sum(x, inner...), out)
	if size.Is(1) {
		return y
	}
	return g.Mul(y, g.Broadcast(g.ToReal(g.Size(size)), n.Shape))
}
