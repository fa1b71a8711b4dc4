package symbolic

import "slices"

// A partCot is a value of a loop with its cotangent.
type partCot struct{ part, cot *Node }

// loopGrad returns the cotangents of the arguments of the loop y, nil where
// there is none or needs says that none is wanted. It is a loop over the same
// rows in the other direction, which carries the cotangents of the carries. Its
// rows are what the forward loop has to keep: the carries before each pass, and
// what is costly to compute again. Cotangents of what is captured are added up:
// where they are products of values of a pass, by one product over all passes
// afterwards, else on the way.
func (g *Graph) loopGrad(y *Node, cots []partCot, needs []bool) []*Node {
	r := newReversal(g, y)
	l := r.l
	r.seedParts(cots)
	ds := r.pullBack(needs)

	// The reverse loop, so far without what is added up on the way.
	m := &Loop{Kind: ScanLoop, Count: l.Count, Reverse: !l.Reverse, Index: r.index, Passes: r.passes}
	var args []*Node
	for i, k := range l.Carry {
		if r.bars[i] != nil {
			m.Carry, args = append(m.Carry, r.bars[i]), append(args, g.orZero(r.last[k], k))
			m.Next = append(m.Next, ds[i])
		}
	}
	each := ds[len(l.Carry):] // the cotangents of rows and captures in one pass
	m, args = r.settled(m, args)
	// What other sums stack anyway is added up from there.
	stacked := map[*Node]bool{}
	for i, d := range each {
		if d != nil && i >= len(l.Elem) && r.unfolds(d) && r.afterwards(d) {
			r.leaves(d, stacked)
		}
	}
	sums := make([]*Node, len(each))
	formals := l.Formals()[len(l.Carry):]
	for i, d := range each {
		if d == nil || i < len(l.Elem) || r.unfolds(d) && r.afterwards(d) || stacked[d] {
			continue
		}
		sums[i] = g.Formal("d"+formals[i].Name, formals[i].Shape, Real)
		m.Carry, args = append(m.Carry, sums[i]), append(args, g.Like(0, formals[i]))
		m.Next = append(m.Next, g.Add(sums[i], d))
	}
	m, args = r.withRows(m, args, each)
	loop := g.Apply(OpLoop, m, args...)

	out := make([]*Node, len(y.Args))
	for i := range l.Carry {
		if b := r.bars[i]; b != nil && needs[i] {
			if out[i] = r.by[b]; out[i] == nil { // else it has not changed
				out[i] = g.Last(loop, b)
			}
		}
	}
	all := r.over(loop, m)
	for i, d := range each {
		at := len(l.Carry) + i
		switch {
		case d == nil:
		case sums[i] != nil:
			out[at] = g.Last(loop, sums[i])
		case i < len(l.Elem):
			out[at] = all(d)
		default:
			out[at] = g.Sum(all(d), 0)
		}
	}
	return out
}

// A reversal is the making of a reverse loop.
type reversal struct {
	g      *Graph
	y      *Node
	l      *Loop
	index  *Node
	passes *Node            // stands for the while whose passes are counted
	last   map[*Node]*Node  // cotangents of carries after the last pass
	bars   []*Node          // formals for the cotangents of the carries; nil: none comes back
	ys     []*Node          // values of a pass
	seeds  []*Node          // and their cotangents
	own    []*Node          // formals that only the reverse pass has
	by     map[*Node]*Node  // what formals stand for that are the same in all passes
	row    map[*Node]*Node  // what formals are the rows of
	inner  map[string]*Node // whiles of a pass
}

func newReversal(g *Graph, y *Node) *reversal {
	l := y.Attr.(*Loop)
	r := &reversal{
		g: g, y: y, l: l, index: l.Index, bars: make([]*Node, len(l.Carry)),
		last: map[*Node]*Node{}, by: map[*Node]*Node{}, row: map[*Node]*Node{},
		inner: whilesAmong(Reachable(bodyOf(y)...)),
	}
	if r.index == nil {
		r.index = g.Formal("", nil, Integer)
	}
	if r.passes = l.Passes; l.Kind == WhileLoop {
		r.passes = g.Formal("", nil, Integer)
		r.by[r.passes] = y
	}
	_, elems, captures := l.parts(y.Args)
	for i, f := range l.Elem {
		r.row[f] = elems[i]
	}
	for i, f := range l.Capture {
		r.by[f] = captures[i]
	}
	for _, k := range l.Carry {
		if l.Kind == TableLoop {
			r.by[k] = g.Last(y, k)
		} else {
			r.row[k] = g.Stack(y, k)
		}
	}
	return r
}

// seedParts says what comes back from the loop's values.
func (r *reversal) seedParts(cots []partCot) {
	g, l := r.g, r.l
	for _, c := range cots {
		p := c.part.Attr.(*Part)
		if p.Kind == Last {
			r.last[p.Of] = g.sumOf(r.last[p.Of], c.cot)
			continue
		}
		e := g.Formal(cotName(p.Of), p.Of.Shape, Real)
		r.row[e] = c.cot
		r.own = append(r.own, e)
		r.ys, r.seeds = append(r.ys, p.Of), append(r.seeds, e)
	}
	// A carry has a cotangent where it has one in the end, or where something
	// that has one is made from it.
	for more := true; more; {
		more = false
		on := map[*Node]bool{}
		for _, n := range Reachable(r.ys...) {
			on[n] = true
		}
		for i, k := range l.Carry {
			if k.Type != Real || r.bars[i] != nil || !on[k] && r.last[k] == nil {
				continue
			}
			r.bars[i], more = g.Formal(cotName(k), k.Shape, Real), true
			r.own = append(r.own, r.bars[i])
			r.ys, r.seeds = append(r.ys, l.Next[i]), append(r.seeds, r.before(i))
		}
	}
}

func cotName(n *Node) string {
	if n.Name == "" {
		return ""
	}
	return "d" + n.Name
}

// before is the cotangent of what the next value of carry i is.
func (r *reversal) before(i int) *Node {
	b := r.bars[i]
	if r.l.Kind != TableLoop {
		return b
	}
	row := b.Shape[1:]
	m := &Map{Shape: row, Index: []Poly{Operand(0)}}
	for a := range row {
		m.Index = append(m.Index, Axis(a))
	}
	return r.g.Access(b, m, r.g.Broadcast(r.index, row))
}

// pullBack returns what comes back through one pass to the loop's formals, in
// terms of what the reverse loop has.
func (r *reversal) pullBack(needs []bool) []*Node {
	g, l := r.g, r.l
	var xs []*Node
	var at []int
	for i, f := range l.Formals() {
		if i < len(l.Carry) && r.bars[i] != nil || i >= len(l.Carry) && f.Type == Real && needs[i] {
			xs, at = append(xs, f), append(at, i)
		}
	}
	var roots []*Node
	var which []int
	for j, d := range g.VJP(r.ys, r.seeds, xs) {
		i := at[j]
		switch {
		case i < len(l.Carry) && l.Kind == TableLoop:
			d = g.sumOf(r.bars[i], d)
		case i < len(l.Carry):
			d = g.orZero(d, xs[j])
		}
		if d != nil {
			roots, which = append(roots, d), append(which, i)
		}
	}
	out := make([]*Node, len(l.Formals()))
	for j, n := range g.Substitute(roots, r.keep(roots)) {
		out[which[j]] = n
	}
	return out
}

// keep finds the values of the forward pass that the reverse one reads and that
// are better kept than computed again: what takes a sum or a function to
// compute, and is computed in each pass. It returns the formals for them.
func (r *reversal) keep(roots []*Node) map[*Node]*Node {
	g, l := r.g, r.l
	changes := dependence(roots, slices.Concat(l.Carry, l.Elem, indexOf(l.Index)))
	own := dependence(roots, r.own)
	hard := map[*Node]bool{}
	for _, n := range Reachable(roots...) {
		if !changes[n] || own[n] {
			continue
		}
		hard[n] = n.Op.Class != Elementwise && n.Op.Class != Movement && n.Op.Class != Leaf || costly(n.Op)
		for _, a := range n.Args {
			hard[n] = hard[n] || hard[a]
		}
	}
	if l.Recompute {
		return nil
	}
	// What is one hard value and some arithmetic is made from that again.
	from := func(n *Node) int {
		const enough = 2
		few := map[*Node]bool{}
		var collect func(n *Node)
		collect = func(n *Node) {
			for _, a := range n.Args {
				switch {
				case !hard[a] || len(few) >= enough:
				case easy(a) || a.Op.Class == Movement && len(a.Args) == 1:
					collect(a)
				default:
					few[a] = true
				}
			}
		}
		collect(n)
		return len(few)
	}
	kept := map[*Node]*Node{}
	seen := map[*Node]bool{}
	var visit func(n *Node, lazy bool)
	visit = func(n *Node, lazy bool) {
		if seen[n] || kept[n] != nil {
			return
		}
		if hard[n] && !lazy && n.Op.Class != Movement && n.Op != OpLoop && n.Type == Real && !mentionsCount(n) && (!easy(n) || from(n) > 1) {
			f := g.Formal(n.Name, n.Shape, n.Type)
			kept[n], r.row[f] = f, g.Stack(r.y, n)
			return
		}
		seen[n] = true
		for i, a := range n.Args {
			visit(a, !own[n] && (lazy || n.Op.Lazy && i > 0))
		}
	}
	for _, n := range roots {
		visit(n, false)
	}
	return kept
}

// settled makes captures of the carries that no pass changes.
func (r *reversal) settled(l *Loop, args []*Node) (*Loop, []*Node) {
	m := *l
	m.Carry, m.Next = nil, nil
	var rest []*Node
	for i, k := range l.Carry {
		if l.Next[i] == k {
			r.by[k] = args[i]
			continue
		}
		m.Carry, m.Next, rest = append(m.Carry, k), append(m.Next, l.Next[i]), append(rest, args[i])
	}
	return &m, rest
}

// withRows gives a loop the rows and captures that it needs.
func (r *reversal) withRows(l *Loop, args, more []*Node) (*Loop, []*Node) {
	m := *l
	for _, f := range formalsIn(r.row) {
		m.Elem, args = append(m.Elem, f), append(args, r.row[f])
	}
	for _, f := range formalsIn(r.by) {
		m.Capture, args = append(m.Capture, f), append(args, r.by[f])
	}
	return m.used(args, slices.DeleteFunc(slices.Clone(more), func(n *Node) bool { return n == nil }))
}

func formalsIn(m map[*Node]*Node) []*Node {
	var out []*Node
	for f := range m {
		out = append(out, f)
	}
	sortByID(out)
	return out
}

// over returns a function that gives a value of the reverse body for all passes
// at once: what is larger than what it is made from is made from that, and the
// rest is stacked.
func (r *reversal) over(loop *Node, m *Loop) func(*Node) *Node {
	rows := formalsIn(r.row)
	var of []*Node
	for _, f := range rows {
		of = append(of, r.row[f])
	}
	changing := slices.Concat(m.Carry, rows, []*Node{r.index})
	free := map[*Node]bool{}
	lift := r.g.lifter(r.l.Count, r.index, rows, of, func(n *Node) bool {
		if _, ok := free[n]; !ok {
			free[n] = !dependence([]*Node{n}, changing)[n]
		}
		return free[n]
	})
	lift.inner = r.inner
	// What is the same in all passes is computed outside.
	lift.outside = func(n *Node) *Node { return r.g.Substitute([]*Node{n}, r.by)[0] }
	var all func(n *Node) *Node
	all = func(n *Node) *Node {
		if out := lift.memo[n]; out != nil {
			return out
		}
		if len(n.sizedBy(r.inner)) == 0 && lift.same(n) {
			return lift.node(n)
		}
		if r.unfolds(n) {
			for _, a := range n.Args {
				lift.memo[a] = all(a)
			}
			delete(lift.memo, n)
			if out := lift.node(n); out != nil {
				return out
			}
		}
		lift.memo[n] = r.g.Stack(loop, n)
		return lift.memo[n]
	}
	return all
}

// unfolds reports whether n is made of smaller values, by repeating them,
// multiplying what was repeated, or adding up such products.
func (r *reversal) unfolds(n *Node) bool {
	if r.l.Recompute {
		return false // its factors are not kept either
	}
	for _, a := range n.Args {
		if len(a.sizedBy(r.inner)) > 0 {
			return false // each pass has another number of them
		}
	}
	switch n.Op {
	case OpAccess:
		return len(n.Args) == 1 && len(n.Attr.(*Map).Guard) == 0 && about(n.Args[0].Shape) < about(n.Shape)
	case OpSum:
		return n.Args[0].Op == OpMul && r.unfolds(n.Args[0])
	case OpMul, OpNeg, OpAdd, OpSub:
		some := false
		for _, a := range n.Args {
			if _, isConst := ConstValue(a); isConst {
				continue
			}
			if !r.unfolds(a) {
				return false
			}
			some = true
		}
		return some
	}
	return false
}

// afterwards reports whether d can be added up when the reverse loop is done. What
// is the same in all passes of a while would be so often added as there were
// passes, and nothing but a name would say that the while must have ended.
func (r *reversal) afterwards(d *Node) bool {
	return r.passes == nil || dependence([]*Node{d}, slices.Concat(formalsIn(r.row), r.own, []*Node{r.index}))[d]
}

// leaves notes what an unfolding value is made from.
func (r *reversal) leaves(n *Node, out map[*Node]bool) {
	if !r.unfolds(n) {
		out[n] = true
		return
	}
	for _, a := range n.Args {
		r.leaves(a, out)
	}
}

// about is the number of elements of a shape, sizes of run time taken for some
// hundreds.
func about(s Shape) int {
	const typical = 256
	n, err := s.Size().Eval(func(string) (int, bool) { return typical, true })
	if err != nil {
		return typical
	}
	return n
}

// easy reports whether n is arithmetic.
func easy(n *Node) bool { return n.Op.Class == Elementwise && !costly(n.Op) }

// costly reports whether an elementwise operator is more than arithmetic.
func costly(op *OpSpec) bool {
	switch op.Go {
	case "+", "-", "*", "/", "<", "<=", "==", "!=", "&&", "||", "!", "float", "truth":
		return false
	}
	return op.Class == Elementwise && !op.Lazy && op != OpSquare && op != OpMark && op != OpStop
}

// A loopTangent is a loop that computes another one's values and beside them
// their tangents.
type loopTangent struct {
	node *Node
	dx   map[*Node]*Node // the tangents of its formals
}

// loopJVP returns the loop that computes tangents beside the values of y, given
// the tangents of its arguments; nil entries are zero.
func (g *Graph) loopJVP(y *Node, dargs []*Node) *loopTangent {
	l := y.Attr.(*Loop)
	if l.Kind == TableLoop {
		return g.tableJVP(y, dargs)
	}
	t := &loopTangent{dx: map[*Node]*Node{}}
	m := *l
	inits, elems, captures := l.parts(y.Args)
	formals := l.Formals()
	var xs, dxs []*Node
	var more [3][]*Node
	into := [3]*[]*Node{&m.Carry, &m.Elem, &m.Capture}
	for i, f := range formals {
		where := 0
		if i >= len(l.Carry) {
			where = 1
		}
		if i >= len(l.Carry)+len(l.Elem) {
			where = 2
		}
		if f.Type != Real || where > 0 && dargs[i] == nil {
			continue
		}
		d := g.Formal(cotName(f), f.Shape, Real)
		t.dx[f] = d
		xs, dxs = append(xs, f), append(dxs, d)
		*into[where] = append(slices.Clone(*into[where]), d)
		more[where] = append(more[where], g.orZero(dargs[i], y.Args[i]))
	}
	m.Next = slices.Clone(l.Next)
	for i, k := range l.Carry {
		if k.Type == Real {
			m.Next = append(m.Next, g.orZero(g.JVP(l.Next[i:i+1], xs, dxs)[0], k))
		}
	}
	args := slices.Concat(inits, more[0], elems, more[1], captures, more[2])
	t.node = g.Apply(OpLoop, &m, args...)
	return t
}

// tableJVP returns the loop that computes the tangents of a table, of which the
// table itself is an argument.
func (g *Graph) tableJVP(y *Node, dargs []*Node) *loopTangent {
	l := y.Attr.(*Loop)
	t := &loopTangent{dx: map[*Node]*Node{}}
	_, elems, captures := l.parts(y.Args)
	k := l.Carry[0]
	dk := g.Formal(cotName(k), k.Shape, Real)
	t.dx[k] = dk
	m := *l
	m.Carry = []*Node{dk}
	m.Elem, m.Capture = slices.Clone(l.Elem), append(slices.Clone(l.Capture), k)
	elems, captures = slices.Clone(elems), append(slices.Clone(captures), g.Last(y, k))
	xs, dxs := []*Node{k}, []*Node{dk}
	for i, f := range l.Formals() {
		if i == 0 || f.Type != Real || dargs[i] == nil {
			continue
		}
		d := g.Formal(cotName(f), f.Shape, Real)
		t.dx[f] = d
		xs, dxs = append(xs, f), append(dxs, d)
		if i < 1+len(l.Elem) {
			m.Elem, elems = append(m.Elem, d), append(elems, dargs[i])
		} else {
			m.Capture, captures = append(m.Capture, d), append(captures, dargs[i])
		}
	}
	row := l.Next[0]
	m.Next = []*Node{g.orZero(g.JVP([]*Node{row}, xs, dxs)[0], row)}
	t.node = g.Apply(OpLoop, &m, slices.Concat([]*Node{g.Like(0, k)}, elems, captures)...)
	return t
}

// part returns the tangent of a part of the loop.
func (t *loopTangent) part(g *Graph, y *Node) *Node {
	p := y.Attr.(*Part)
	if p.Kind == Last {
		return g.Last(t.node, t.dx[p.Of])
	}
	var xs, dxs []*Node
	for _, f := range formalsIn(t.dx) {
		xs, dxs = append(xs, f), append(dxs, t.dx[f])
	}
	d := g.JVP([]*Node{p.Of}, xs, dxs)[0]
	if d == nil {
		return nil
	}
	return g.Stack(t.node, d)
}
