package symbolic

import "slices"

// Values with a few elements for each of many rows, a point in space for each
// observation, are computed element by element: then all of a row's numbers are
// variables of one loop, what is known to be zero is not computed, and what
// differs from element to element is not asked for when running.

// Limits on what is taken apart.
const (
	maxRowSize  = 64   // of one row of a value
	maxUnrolled = 6000 // nodes that are made
	maxTerms    = 16   // of a sum for each two rows
)

// Unrolled returns roots with the known dims of what they depend on taken apart,
// where all of these are small, there are rows of a number known when running,
// and the elements of a row are not all treated alike; else roots as they are.
func (g *Graph) Unrolled(roots []*Node) []*Node {
	u := &unroller{g: g, parts: map[*Node]map[int]*Node{}, whole: map[*Node]*Node{}}
	worth, total := false, 0
	for _, n := range Reachable(roots...) {
		small, rows := u.size(n)
		switch total += small; {
		case n.Op == OpInput:
			total -= small
		case n.Op.Class == Region, small > maxRowSize, total > 2*maxUnrolled, ofTwoRows(n):
			return roots
		}
		worth = worth || rows && u.distinguishes(n)
	}
	if !worth {
		return roots
	}
	start := g.Len()
	out := make([]*Node, len(roots))
	for i, r := range roots {
		out[i] = u.full(r)
		if g.Len()-start > maxUnrolled {
			return roots
		}
	}
	return g.Rewrite(Final, out...)
}

// ofTwoRows reports whether n is a long sum for each row of one value and each of another, as a matrix
// product is and the distances of points are: those have better forms.
func ofTwoRows(n *Node) bool {
	if n.Op != OpSum {
		return false
	}
	terms, rows := 1, 0
	for k, d := range n.Args[0].Shape {
		size, known := d.Const()
		switch {
		case !known:
			rows++
		case n.Attr.(Axes).Has(k):
			terms *= size
		}
	}
	return rows > 1 && terms >= maxTerms
}

// distinguishes reports whether n does not do the same with all elements of a row:
// it reduces them, moves them, or lays values side by side.
func (u *unroller) distinguishes(n *Node) bool {
	known := func(shape Shape, a int) bool {
		size, ok := shape[a].Const()
		return ok && size > 1
	}
	switch n.Op.Class {
	case Reduction:
		return slices.ContainsFunc(n.Attr.(Axes), func(a int) bool { return known(n.Args[0].Shape, a) })
	case Movement:
		if n.Op == OpConcat {
			return known(n.Shape, n.Attr.(Axes)[0])
		}
		m, ok := n.Attr.(*Map)
		if !ok {
			return false
		}
		for k, e := range m.Index {
			s, alone := e.AsSym()
			if a, isAxis := axisOf(s); known(n.Args[0].Shape, k) && (!alone || !isAxis || !m.Shape[a].Equal(n.Args[0].Shape[k])) {
				return true
			}
		}
	}
	return false
}

type unroller struct {
	g     *Graph
	parts map[*Node]map[int]*Node
	whole map[*Node]*Node
}

// size is the number of elements in a row of n, and whether there are rows.
func (u *unroller) size(n *Node) (small int, rows bool) {
	small = 1
	for _, d := range n.Shape {
		if k, ok := d.Const(); ok {
			small = min(small*k, 1<<30)
		} else {
			rows = true
		}
	}
	return small, rows
}

// A seat is where an axis of a value is in what is left of it: the axis of the
// part, or the index along a known axis.
type seat struct {
	axis, at int
	known    bool
}

// seats finds the places of the axes of a shape in its part with a number.
func seats(shape Shape, number int) (out []seat, rest Shape) {
	out = make([]seat, len(shape))
	for a := len(shape) - 1; a >= 0; a-- {
		if k, ok := shape[a].Const(); ok {
			out[a] = seat{at: number % max(k, 1), known: true}
			number /= max(k, 1)
		}
	}
	for a, d := range shape {
		if !out[a].known {
			out[a].axis = len(rest)
			rest = append(rest, d)
		}
	}
	return out, rest
}

// numberOf is the number of the part at the given indices along known axes.
func numberOf(shape Shape, at func(axis int) int) int {
	n := 0
	for a, d := range shape {
		if k, ok := d.Const(); ok {
			n = n*k + at(a)
		}
	}
	return n
}

// part is the part of n with a number: n at these indices along its known axes.
func (u *unroller) part(n *Node, number int) *Node {
	if small, _ := u.size(n); small == 1 && len(n.Shape) == 0 && n.Op.Class == Leaf {
		return n
	}
	if m := u.parts[n][number]; m != nil {
		return m
	}
	defer u.g.At(u.g.origin)()
	u.g.At(n.Origin)
	m := u.make(n, number)
	if u.parts[n] == nil {
		u.parts[n] = map[int]*Node{}
	}
	u.parts[n][number] = m
	return m
}

func (u *unroller) make(n *Node, number int) *Node {
	g := u.g
	at, rest := seats(n.Shape, number)
	switch {
	case n.Op == OpConst:
		return g.intern(OpConst, nil, n.Attr, rest, n.Type)
	case n.Op == OpIota:
		s := at[n.Attr.(Axes)[0]]
		if s.known {
			return g.Const(float64(s.at), rest, Integer)
		}
		return g.Iota(rest, s.axis)
	case n.Op.Class == Elementwise:
		args := make([]*Node, len(n.Args))
		for i, a := range n.Args {
			args[i] = u.part(a, number)
		}
		return g.Apply(n.Op, n.Attr, args...)
	case n.Op == OpAccess:
		return u.access(n, at, rest)
	case n.Op.Class == Reduction && !n.Op.Arg:
		return u.reduction(n, at)
	case n.Op == OpConcat:
		if m := u.concat(n, at); m != nil {
			return m
		}
	case n.Op == OpReshape:
		if m := u.reshape(n, number); m != nil {
			return m
		}
	}
	return u.read(u.full(n), at, rest)
}

// read takes a part out of a value that is there as a whole.
func (u *unroller) read(n *Node, at []seat, rest Shape) *Node {
	m := &Map{Shape: rest}
	for _, s := range at {
		if s.known {
			m.Index = append(m.Index, Int(s.at))
		} else {
			m.Index = append(m.Index, Axis(s.axis))
		}
	}
	return u.g.access(n, m)
}

func (u *unroller) access(n *Node, at []seat, rest Shape) *Node {
	g, m, x := u.g, n.Attr.(*Map), n.Args[0]
	sub := func(sym string) (Poly, bool) {
		a, ok := axisOf(sym)
		if !ok {
			return Poly{}, false
		}
		if at[a].known {
			return Int(at[a].at), true
		}
		return Axis(at[a].axis), true
	}
	out := &Map{Shape: rest}
	for _, c := range m.Guard {
		c = c.With(c.E.Subst(sub))
		v, known := c.E.Const()
		switch {
		case !known:
			out.Guard = append(out.Guard, c)
		case c.Kind == NonNeg && v < 0, c.Kind == Zero && v != 0, c.Kind == Divides && v%c.Mod != 0:
			return g.Const(0, rest, n.Type)
		}
	}
	number := numberOf(n.Shape, func(a int) int { return at[a].at })
	var operands []*Node
	for _, o := range n.Args[1:] {
		operands = append(operands, u.part(o, number))
	}
	// Of what is read the part, where all known axes are read at known indices.
	index := make([]Poly, len(m.Index))
	apart := x.Op != OpInput
	for k, e := range m.Index {
		index[k] = e.Subst(sub)
		if size, ok := x.Shape[k].Const(); ok {
			v, known := index[k].Const()
			apart = apart && known && v >= 0 && v < size
		}
	}
	if apart {
		for k, e := range index {
			if _, ok := x.Shape[k].Const(); !ok {
				out.Index = append(out.Index, e)
			}
		}
		part := u.part(x, numberOf(x.Shape, func(a int) int { v, _ := index[a].Const(); return v }))
		return g.access(part, out, operands...)
	}
	out.Index = index
	return g.access(u.full(x), out, operands...)
}

// reduction combines the parts along known axes, each of which is reduced along
// the others.
func (u *unroller) reduction(n *Node, at []seat) *Node {
	g, x, axes := u.g, n.Args[0], n.Attr.(Axes)
	var kept []seat // of the axes of x; where it is reduced, at runs
	var over []int
	k := 0
	for a := range x.Shape {
		if axes.Has(a) {
			over = append(over, a)
			kept = append(kept, seat{})
			continue
		}
		kept = append(kept, at[k])
		k++
	}
	total := 1
	var left Axes // among the axes of a part
	rows := 0
	for a, d := range x.Shape {
		if size, ok := d.Const(); ok {
			if axes.Has(a) {
				total *= size
			}
			continue
		}
		if axes.Has(a) {
			left = append(left, rows)
		}
		rows++
	}
	var sum *Node
	for i := range total {
		j := i
		for _, a := range slices.Backward(over) {
			if size, ok := x.Shape[a].Const(); ok {
				kept[a].at = j % size
				j /= size
			}
		}
		p := u.part(x, numberOf(x.Shape, func(a int) int { return kept[a].at }))
		if len(left) > 0 {
			p = g.Apply(n.Op, left, p)
		}
		if sum == nil {
			sum = p
		} else {
			sum = g.Apply(n.Op.Combine, nil, sum, p)
		}
	}
	if sum == nil {
		_, rest := seats(n.Shape, 0)
		return g.Const(n.Op.Unit, rest, n.Type)
	}
	return sum
}

func (u *unroller) concat(n *Node, at []seat) *Node {
	axis := n.Attr.(Axes)[0]
	if !at[axis].known {
		return nil
	}
	i := at[axis].at
	for _, a := range n.Args {
		size, ok := a.Shape[axis].Const()
		if !ok {
			return nil
		}
		if i < size {
			return u.part(a, numberOf(a.Shape, func(b int) int {
				if b == axis {
					return i
				}
				return at[b].at
			}))
		}
		i -= size
	}
	return nil
}

// reshape takes apart what has the same rows and then known dims only.
func (u *unroller) reshape(n *Node, number int) *Node {
	x := n.Args[0]
	rows := 0
	for rows < len(x.Shape) && rows < len(n.Shape) && x.Shape[rows].Equal(n.Shape[rows]) {
		if _, ok := x.Shape[rows].Const(); ok {
			break
		}
		rows++
	}
	for _, s := range []Shape{x.Shape[rows:], n.Shape[rows:]} {
		for _, d := range s {
			if _, ok := d.Const(); !ok {
				return nil
			}
		}
	}
	return u.part(x, number)
}

// full is n as a whole: made of its parts, unless it is none of what is taken
// apart.
func (u *unroller) full(n *Node) *Node {
	if m := u.whole[n]; m != nil {
		return m
	}
	defer u.g.At(u.g.origin)()
	u.g.At(n.Origin)
	m := u.assemble(n)
	u.g.SetName(m, n.Name)
	u.whole[n] = m
	return m
}

func (u *unroller) assemble(n *Node) *Node {
	g := u.g
	small, _ := u.size(n)
	switch {
	case n.Op.Class == Leaf:
		return n
	case small == 0 || !u.takesApart(n):
		args := make([]*Node, len(n.Args))
		for i, a := range n.Args {
			args[i] = u.full(a)
		}
		return g.Apply(n.Op, n.Attr, args...)
	}
	// One known axis after the other, from the last.
	level := make([]*Node, small)
	for i := range level {
		at, _ := seats(n.Shape, i)
		m := &Map{Shape: slices.Clone(n.Shape)}
		for a, s := range at {
			if s.known {
				m.Shape[a] = Int(1)
			} else {
				m.Index = append(m.Index, Axis(a))
			}
		}
		level[i] = g.access(u.part(n, i), m)
	}
	for a := len(n.Shape) - 1; a >= 0; a-- {
		size, ok := n.Shape[a].Const()
		if !ok {
			continue
		}
		var next []*Node
		for i := 0; i < len(level); i += size {
			next = append(next, g.Concat(a, level[i:i+size]...))
		}
		level = next
	}
	return level[0]
}

// takesApart reports whether parts of n are made from parts of its arguments.
func (u *unroller) takesApart(n *Node) bool {
	switch {
	case n.Op == OpConcat:
		axis := n.Attr.(Axes)[0]
		return !slices.ContainsFunc(n.Args, func(a *Node) bool { _, ok := a.Shape[axis].Const(); return !ok })
	case n.Op == OpReshape:
		return u.reshape(n, 0) != nil
	}
	return n.Op.Class == Elementwise || n.Op == OpAccess || n.Op.Class == Reduction && !n.Op.Arg
}
