package symbolic

import "slices"

// padsAreConcat: values that are laid into zeros, each at its place, and added
// up are laid one after the other. That is how the cotangents of slices come
// back together.
func padsAreConcat(g *Graph, n *Node) *Node {
	if m := rowsAreConcat(g, n); m != nil {
		return m
	}
	var pads []pad
	for _, m := range summands(n) {
		p, ok := padOf(m)
		if !ok || len(pads) > 0 && p.axis != pads[0].axis {
			return nil
		}
		pads = append(pads, p)
	}
	if len(pads) == 0 {
		return nil
	}
	axis := pads[0].axis
	var parts []*Node
	at := Poly{}
	for range pads {
		for _, p := range pads {
			if p.from.Equal(at) && !p.of.Shape[axis].Is(0) {
				parts, at = append(parts, p.of), at.Add(p.of.Shape[axis])
				break
			}
		}
	}
	if len(parts) != len(pads) || !at.Equal(n.Shape[axis]) {
		return nil
	}
	return g.Concat(axis, parts...)
}

// summands takes a sum of a few values apart; nil where there are more.
func summands(n *Node) []*Node {
	out := []*Node{n}
	for i := 0; i < len(out); {
		if len(out) > maxFactors {
			return nil
		}
		if m := out[i]; m.Op == OpAdd {
			out = append(out[:i:i], append([]*Node{m.Args[0], m.Args[1]}, out[i+1:]...)...)
			continue
		}
		i++
	}
	return out
}

// A pad is a value that lies in zeros from a place on along an axis.
type pad struct {
	of   *Node
	axis int
	from Poly
}

func padOf(n *Node) (pad, bool) {
	m, ok := n.Attr.(*Map)
	if !ok || n.Op != OpAccess || len(n.Args) > 1 || len(n.Args[0].Shape) != len(n.Shape) || n.Type != Real {
		return pad{}, false
	}
	p := pad{of: n.Args[0], axis: -1}
	for i, e := range m.Index {
		if e.Equal(Axis(i)) && p.of.Shape[i].Equal(n.Shape[i]) {
			continue
		}
		if p.axis >= 0 {
			return pad{}, false
		}
		p.axis, p.from = i, Axis(i).Sub(e)
		if len(p.from.Syms()) > 0 && mentionsAxis(p.from) {
			return pad{}, false
		}
	}
	if p.axis < 0 {
		return pad{}, false
	}
	low := Axis(p.axis).Sub(p.from)
	high := p.of.Shape[p.axis].Sub(Int(1)).Sub(low)
	for _, c := range m.Guard {
		if c.Kind != NonNeg || !c.E.Equal(low) && !c.E.Equal(high) {
			return pad{}, false
		}
	}
	return p, true
}

func mentionsAxis(p Poly) bool {
	for _, s := range p.Syms() {
		if _, ok := axisOf(s); ok {
			return true
		}
	}
	return false
}

// rowsAreConcat is the same for values that each are one row of the sum, at a
// place of its own, and together all of them: the cotangents of p[0], p[1], …
func rowsAreConcat(g *Graph, n *Node) *Node {
	rows := map[int]*Node{}
	rank := -1
	for _, m := range summands(n) {
		at, ok := rowOf(m)
		if !ok || rows[at] != nil || rank >= 0 && rank != len(m.Args[0].Shape) {
			return nil
		}
		rows[at], rank = m.Args[0], len(m.Args[0].Shape)
	}
	if rank < 0 {
		return nil
	}
	k := len(n.Shape) - rank
	count, ok := n.Shape[:k].Size().Const()
	if !ok || count != len(rows) || rank == 0 {
		return nil
	}
	var parts []*Node
	for i := range count {
		if rows[i] == nil {
			return nil
		}
		parts = append(parts, rows[i])
	}
	return g.Reshape(g.Concat(0, parts...), n.Shape)
}

// rowOf tells which row of its result an access lays its argument into, where
// it does so: the number of the row in row-major order.
func rowOf(n *Node) (int, bool) {
	m, ok := n.Attr.(*Map)
	if !ok || n.Op != OpAccess || len(n.Args) > 1 || n.Type != Real {
		return 0, false
	}
	x := n.Args[0]
	k := len(n.Shape) - len(x.Shape)
	if k <= 0 {
		return 0, false
	}
	for i, e := range m.Index {
		if !e.Equal(Axis(k+i)) || !x.Shape[i].Equal(n.Shape[k+i]) {
			return 0, false
		}
	}
	at := make([]int, k)
	for i := range at {
		if n.Shape[i].Is(1) {
			continue
		}
		at[i] = -1
	}
	for _, c := range m.Guard {
		ok := false
		for i := range k {
			for _, e := range []Poly{Axis(i).Sub(c.E), Axis(i).Add(c.E)} {
				if v, fixed := e.Const(); fixed && c.Kind == Zero && v >= 0 {
					at[i], ok = v, true
				}
			}
		}
		if !ok {
			return 0, false
		}
	}
	row := 0
	for i, v := range at {
		size, known := n.Shape[i].Const()
		if !known || v < 0 || v >= size {
			return 0, false
		}
		row = row*size + v
	}
	return row, true
}

// sumOfPartOfSum: what is laid into zeros, or taken out of something larger,
// in the same way for all that is summed over, is summed first. Then two sums
// are one.
func sumOfPartOfSum(g *Graph, n *Node) *Node {
	a := n.Args[0]
	m, ok := a.Attr.(*Map)
	if !ok || a.Op != OpAccess || len(a.Args) > 1 {
		return nil
	}
	x := a.Args[0]
	if x.Op != OpSum && !(len(m.Guard) > 0 && (x.Op == OpMul || x.Op == OpAdd || x.Op == OpSub)) {
		return nil
	}
	inner := map[int]int{} // axes of x by the axes of the read that go along them
	for _, r := range n.Attr.(Axes) {
		at, uses := -1, 0
		for k, e := range m.Index {
			if e.Equal(Axis(r)) && x.Shape[k].Equal(m.Shape[r]) {
				at = k
			}
			if mentionsOf(e, r) {
				uses++
			}
		}
		for _, c := range m.Guard {
			if mentionsOf(c.E, r) {
				uses = 2
			}
		}
		if at >= 0 && uses == 1 {
			inner[r] = at
		}
	}
	if len(inner) == 0 {
		return nil
	}
	var over, rest Axes
	to := map[int]Poly{} // axes of the read after some have gone
	out := &Map{}
	for r, d := range m.Shape {
		if k, gone := inner[r]; gone {
			over = append(over, k)
			continue
		}
		to[r] = Axis(len(out.Shape))
		if n.Attr.(Axes).Has(r) {
			rest = append(rest, len(out.Shape))
		}
		out.Shape = append(out.Shape, d)
	}
	sub := func(s string) (Poly, bool) {
		a, ok := axisOf(s)
		return to[a], ok
	}
	slices.Sort(over)
	for k, e := range m.Index {
		if !over.Has(k) {
			out.Index = append(out.Index, e.Subst(sub))
		}
	}
	for _, c := range m.Guard {
		c = c.With(c.E.Subst(sub))
		out.Guard = append(out.Guard, c)
	}
	return g.Sum(g.access(g.Sum(x, over...), out), rest...)
}

func mentionsOf(p Poly, axis int) bool { return slices.Contains(p.Syms(), Axis(axis).String()) }
