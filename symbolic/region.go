package symbolic

import "slices"

// Substitute returns what roots become when nodes are replaced. A node whose
// arguments change is made anew; bodies mention nothing outside, so they stay.
func (g *Graph) Substitute(roots []*Node, by map[*Node]*Node) []*Node {
	defer g.At(g.origin)()
	new := map[*Node]*Node{}
	for _, n := range Reachable(roots...) {
		if m := by[n]; m != nil {
			new[n] = m
			continue
		}
		new[n] = n
		args, same := make([]*Node, len(n.Args)), true
		for i, a := range n.Args {
			args[i] = new[a]
			same = same && new[a] == a
		}
		if !same {
			g.At(n.Origin)
			new[n] = g.Apply(n.Op, n.Attr, args...)
			g.SetName(new[n], n.Name)
		}
	}
	out := make([]*Node, len(roots))
	for i, r := range roots {
		if r != nil {
			out[i] = new[r]
		}
	}
	return out
}

// dependence tells for each node under roots whether it depends on one of on.
func dependence(roots []*Node, on []*Node) map[*Node]bool {
	dep := map[*Node]bool{}
	for _, n := range on {
		dep[n] = true
	}
	nodes := Ordered(roots...)
	whiles := whilesAmong(nodes)
	for _, n := range nodes {
		for _, a := range n.Args {
			dep[n] = dep[n] || dep[a]
		}
		for _, w := range n.sizedBy(whiles) {
			dep[n] = dep[n] || dep[w]
		}
	}
	return dep
}

// constant nodes are the same everywhere and always: they stand in bodies as
// they are.
func constantsIn(roots []*Node) map[*Node]bool {
	out := map[*Node]bool{}
	for _, n := range Reachable(roots...) {
		if n.Op.Class == Leaf {
			out[n] = n.Op != OpInput && n.Op != OpFormal
			continue
		}
		out[n] = n.Op.Class != Region && n.Op != OpMark
		for _, a := range n.Args {
			out[n] = out[n] && out[a]
		}
	}
	return out
}

// A Body is a loop while it is made: its values may still mention what is
// outside.
type Body struct {
	Kind    LoopKind
	Count   Poly
	Reverse bool
	Index   *Node
	Carry   []*Node
	Init    []*Node
	Elem    []*Node // formals
	Over    []*Node // and what they are the rows of
	Next    []*Node
	Cond    *Node
	Emit    []*Node
	// Checkpoint makes a scan one over segments, see segmented.
	Checkpoint bool
	Since      int // what was made before is outside, and was computed there
}

// Close makes a loop of a body: what it takes from outside becomes arguments.
// What does not depend on a carry and is better computed for all passes at
// once leaves the body, and comes back row by row. It returns, for each carry,
// what it is in the end, and what is emitted, stacked.
func (g *Graph) Close(b *Body) (lasts, stacks []*Node) {
	defer g.At(g.origin)()
	roots := slices.Concat(b.Next, b.Emit)
	if b.Cond != nil {
		roots = append(roots, b.Cond)
	}
	if b.Kind == ScanLoop {
		roots = g.splitSums(roots, b.Carry)
	}
	c := &closing{
		g: g, b: b, by: map[*Node]*Node{}, seen: map[*Node]bool{},
		bound:    dependence(roots, b.Carry),
		inside:   dependence(roots, slices.Concat(b.Carry, b.Elem, indexOf(b.Index))),
		constant: constantsIn(roots),
	}
	c.lift = g.lifter(b.Count, b.Index, b.Elem, b.Over, func(n *Node) bool { return !c.inside[n] })
	c.lift.inner = whilesAmong(Reachable(roots...))
	for _, r := range roots {
		c.visit(r, false)
	}
	new := g.Substitute(roots, c.by)
	l := &Loop{
		Kind: b.Kind, Count: b.Count, Reverse: b.Reverse, Index: b.Index,
		Carry: b.Carry, Elem: b.Elem, Capture: c.formals, Next: new[:len(b.Next):len(b.Next)],
	}
	if b.Cond != nil {
		l.Cond = new[len(new)-1]
	}
	emits := new[len(b.Next):][:len(b.Emit)]
	args := slices.Concat(b.Init, b.Over, c.outside)
	l, args = l.used(args, emits)
	if b.Checkpoint && len(b.Carry) > 0 {
		lasts, stacks = g.segmented(l, args, emits)
	} else {
		lasts, stacks = g.plain(l, args, emits)
	}
	for i := range emits {
		emit := roots[len(b.Next)+i]
		if s := c.lift.node(emit); s != nil && !c.bound[emit] && b.Kind != WhileLoop {
			stacks[i] = s // no loop is needed for it
		}
	}
	return lasts, stacks
}

// plain makes the loop, and the parts of it that are asked for.
func (g *Graph) plain(l *Loop, args, emits []*Node) (lasts, stacks []*Node) {
	if len(args) == 0 {
		return nil, make([]*Node, len(emits)) // it has nothing to go over
	}
	loop := g.Apply(OpLoop, l, args...)
	for _, k := range l.Carry {
		lasts = append(lasts, g.Last(loop, k))
	}
	for _, n := range emits {
		stacks = append(stacks, g.Stack(loop, n))
	}
	return lasts, stacks
}

func indexOf(n *Node) []*Node {
	if n == nil {
		return nil
	}
	return []*Node{n}
}

// used leaves out rows and captures that no value of the body mentions.
func (l *Loop) used(args []*Node, more []*Node) (*Loop, []*Node) {
	roots := slices.Concat(l.Roots(), more)
	on := map[*Node]bool{}
	for _, n := range Reachable(roots...) {
		on[n] = true
	}
	m := *l
	m.Elem, m.Capture = nil, nil
	inits, elems, captures := l.parts(args)
	out := slices.Clone(inits)
	for i, f := range l.Elem {
		if on[f] {
			m.Elem, out = append(m.Elem, f), append(out, elems[i])
		}
	}
	for i, f := range l.Capture {
		if on[f] || f == l.Passes {
			m.Capture, out = append(m.Capture, f), append(out, captures[i])
		}
	}
	return &m, out
}

// A closing finds what a body takes from outside.
type closing struct {
	g        *Graph
	b        *Body
	inside   map[*Node]bool // depends on something that changes from pass to pass
	bound    map[*Node]bool // depends on a carry
	constant map[*Node]bool
	seen     map[*Node]bool
	lift     *lifter

	by      map[*Node]*Node // the formals that take the places of values outside
	formals []*Node
	outside []*Node
}

// visit goes from users to arguments. lazy says that n may not be computed in
// each pass.
func (c *closing) visit(n *Node, lazy bool) {
	if c.by[n] != nil || c.seen[n] {
		return
	}
	if !c.inside[n] {
		if c.constant[n] {
			return
		}
		if n.ID >= c.b.Since && lazy && mayFail(n) {
			for _, a := range n.Args {
				c.visit(a, lazy)
			}
			return
		}
		f := c.g.Formal(n.Name, n.Shape, n.Type)
		c.by[n], c.formals, c.outside = f, append(c.formals, f), append(c.outside, n)
		return
	}
	if !c.bound[n] && n.Op != OpFormal && c.hoists(n) {
		if over := c.lift.node(n); over != nil && !(lazy && n.Op != OpAccess && mayFail(n)) && !(lazy && n.Op == OpAccess && len(over.Args) > 1) {
			f := c.g.Formal(n.Name, n.Shape, n.Type)
			c.by[n], c.b.Elem, c.b.Over = f, append(c.b.Elem, f), append(c.b.Over, over)
			return
		}
	}
	c.seen[n] = true
	for i, a := range n.Args {
		c.visit(a, lazy || n.Op.Lazy && i > 0)
	}
}

// hoists reports whether n, which does not depend on carries, is better
// computed for all passes at once: reads of what is outside, which then are
// rows, and sums, which together are a larger product.
func (c *closing) hoists(n *Node) bool {
	if n.Op == OpAccess {
		return !c.inside[n.Args[0]]
	}
	return n.Op == OpSum || n.Op.Class == Elementwise && slices.ContainsFunc(n.Args, func(a *Node) bool {
		return a.Op == OpSum && c.inside[a] && !c.bound[a]
	})
}

// mayFail reports whether some read under n may be out of range.
func mayFail(n *Node) bool {
	return slices.ContainsFunc(Reachable(n), func(m *Node) bool { return m.Op == OpAccess && len(m.Args) > 1 })
}

// A lifter computes values of a body for all passes at once: with the passes as
// first axis.
type lifter struct {
	g       *Graph
	count   Poly
	inner   map[string]*Node  // whiles of the body; what is sized by them is so in its pass only
	same    func(*Node) bool  // what is the same in all passes
	memo    map[*Node]*Node   // nil entries: cannot be lifted
	outside func(*Node) *Node // gives what is the same in all passes outside of the body; nil: it is there
}

// lifter returns a lifter for bodies in which over has the rows of elems.
func (g *Graph) lifter(count Poly, index *Node, elems, over []*Node, same func(*Node) bool) *lifter {
	l := &lifter{g: g, count: count, same: same, memo: map[*Node]*Node{}}
	if index != nil {
		l.memo[index] = g.Iota(Shape{count}, 0)
	}
	for i, e := range elems {
		l.memo[e] = over[i]
	}
	return l
}

// node returns n with the passes as first axis, or nil.
func (l *lifter) node(n *Node) *Node {
	if m, ok := l.memo[n]; ok {
		return m
	}
	l.memo[n] = nil
	m := l.make(n)
	l.memo[n] = m
	return m
}

func (l *lifter) full(n *Node) Shape { return append(Shape{l.count}, n.Shape...) }

func (l *lifter) make(n *Node) *Node {
	g := l.g
	defer g.At(n.Origin)()
	if len(n.sizedBy(l.inner)) > 0 {
		return nil
	}
	if l.same(n) {
		if l.outside != nil {
			if n = l.outside(n); n == nil {
				return nil
			}
		}
		return g.Broadcast(n, l.full(n), axesFrom(1, len(n.Shape))...)
	}
	if n.Op.Class == Leaf || n.Op.Class == Region || n.Op.Class == Scatter {
		return nil
	}
	if n.Op == OpMark && l.outside != nil {
		return l.node(n.Args[0]) // a mark is for derivatives, which have been taken
	}
	if n.Op == OpAccess {
		return l.access(n)
	}
	args := make([]*Node, len(n.Args))
	for i, a := range n.Args {
		if args[i] = l.node(a); args[i] == nil {
			return nil
		}
	}
	attr := n.Attr
	switch a := attr.(type) {
	case nil:
	case Axes:
		later := make(Axes, len(a))
		for i, x := range a {
			later[i] = x + 1
		}
		attr = later
	case ShapeAttr:
		attr = ShapeAttr{l.full(n)}
	default:
		return nil
	}
	shape, typ, err := n.Op.Infer(attr, args)
	if err != nil || !shape.Equal(l.full(n)) || typ != n.Type {
		return nil
	}
	m := g.Apply(n.Op, attr, args...)
	g.SetName(m, n.Name)
	return m
}

// access lifts a read. Where the index is made of passes and axes only, it is
// no longer an operand.
func (l *lifter) access(n *Node) *Node {
	g, m, x := l.g, n.Attr.(*Map), n.Args[0]
	out := &Map{Shape: l.full(n)}
	var base *Node
	if l.same(x) {
		base = x
		if l.outside != nil {
			base = l.outside(x)
		}
	} else if base = l.node(x); base != nil {
		out.Index = append(out.Index, Axis(0))
	}
	if base == nil {
		return nil
	}
	var operands []*Node
	value := make([]Poly, len(n.Args)-1)
	for k, o := range n.Args[1:] {
		lifted := l.node(o)
		if lifted == nil {
			return nil
		}
		p, ok := indexPoly(lifted, 0)
		if !ok {
			p = Operand(len(operands))
			operands = append(operands, lifted)
		}
		value[k] = p
	}
	sub := func(s string) (Poly, bool) {
		if a, ok := axisOf(s); ok {
			return Axis(a + 1), true
		}
		if k, ok := OperandOf(s); ok {
			return value[k], true
		}
		return Poly{}, false
	}
	for _, e := range m.Index {
		out.Index = append(out.Index, e.Subst(sub))
	}
	for _, c := range m.Guard {
		c = c.With(c.E.Subst(sub))
		out.Guard = append(out.Guard, c)
	}
	r := g.access(base, out, operands...)
	g.SetName(r, n.Name)
	return r
}

// indexPoly returns the whole number n as a polynomial of its axes and sizes.
func indexPoly(n *Node, depth int) (Poly, bool) {
	const deepest = 8
	if depth > deepest || n.Type != Integer {
		return Poly{}, false
	}
	if v, ok := ConstValue(n); ok {
		return Int(int(v)), true
	}
	switch n.Op {
	case OpSize:
		return n.Attr.(SizeAttr).Poly, true
	case OpIota:
		return Axis(n.Attr.(Axes)[0]), true
	case OpAccess:
		m := n.Attr.(*Map)
		if len(n.Args) > 1 || len(m.Guard) > 0 {
			return Poly{}, false
		}
		p, ok := indexPoly(n.Args[0], depth+1)
		if !ok {
			return Poly{}, false
		}
		return p.Subst(func(s string) (Poly, bool) {
			if a, ok := axisOf(s); ok {
				return m.Index[a], true
			}
			return Poly{}, false
		}), true
	case OpIntAdd, OpIntSub, OpIntMul:
		p, ok := indexPoly(n.Args[0], depth+1)
		q, good := indexPoly(n.Args[1], depth+1)
		if !ok || !good {
			return Poly{}, false
		}
		switch n.Op {
		case OpIntAdd:
			return p.Add(q), true
		case OpIntSub:
			return p.Sub(q), true
		}
		return p.Mul(q), true
	}
	return Poly{}, false
}

// axesFrom returns n axes from first on.
func axesFrom(first, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = first + i
	}
	return out
}
