package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// repeatsWindows reports whether m reads elements again and again, in windows
// that lie over each other.
func repeatsWindows(m *symbolic.Map, in symbolic.Shape) bool {
	return slices.ContainsFunc(m.Index, func(e symbolic.Poly) bool { return len(axesIn(e)) > 1 }) && guess(m.Shape.Size()) > guess(in.Size())
}

// framed parts windows that reach beyond a value from its edges: a frame of
// zeros is put around it, once, and the windows read that without a test.
//
//	[0 ≤ i + u − 2 < n]·x[i + u − 2]  =  p[i + u]  with  p[j] = [0 ≤ j − 2 < n]·x[j − 2]
func (s *settler) framed(n *symbolic.Node) *symbolic.Node {
	m, ok := n.Attr.(*symbolic.Map)
	if !ok || n.Op != symbolic.OpAccess || len(n.Args) > 1 || len(m.Guard) == 0 {
		return n
	}
	x := n.Args[0]
	if !repeatsWindows(m, x.Shape) {
		return n
	}
	frame := &symbolic.Map{Shape: slices.Clone(x.Shape)}
	read := &symbolic.Map{Shape: m.Shape}
	guards := map[string]bool{}
	for _, c := range m.Guard {
		guards[c.String()] = true
	}
	for k, e := range m.Index {
		frame.Index = append(frame.Index, symbolic.Axis(k))
		read.Index = append(read.Index, e)
		for _, c := range edges(e, x.Shape[k]) {
			if !guards[c.String()] {
				continue
			}
			lo, hi, ok := s.ends(e, m.Shape)
			if !ok {
				return n
			}
			frame.Shape[k] = hi.Sub(lo).Add(symbolic.Int(1))
			frame.Index[k] = symbolic.Axis(k).Add(lo)
			read.Index[k] = e.Sub(lo)
		}
		for _, c := range edges(e, x.Shape[k]) {
			if guards[c.String()] {
				delete(guards, c.String())
				at := edges(frame.Index[k], x.Shape[k])
				frame.Guard = append(frame.Guard, at[slices.IndexFunc(edges(e, x.Shape[k]), func(d symbolic.Cond) bool { return d.String() == c.String() })])
			}
		}
	}
	if len(guards) > 0 || guess(frame.Shape.Size()) > 2*guess(x.Shape.Size()) && guess(frame.Shape.Size()) > guess(m.Shape.Size())/4 {
		return n
	}
	return s.g.Apply(symbolic.OpAccess, read, s.g.Apply(symbolic.OpAccess, frame, x))
}

// edges are the conditions that an index is in range.
func edges(e, size symbolic.Poly) []symbolic.Cond {
	return []symbolic.Cond{
		{Kind: symbolic.NonNeg, E: e},
		{Kind: symbolic.NonNeg, E: size.Sub(symbolic.Int(1)).Sub(e)},
	}
}

// ends are the least and the greatest value of an index whose axes have fixed
// steps.
func (s *settler) ends(e symbolic.Poly, shape symbolic.Shape) (lo, hi symbolic.Poly, ok bool) {
	lo, hi = e, e
	for _, a := range axesIn(e) {
		step, _, linear := e.Linear(symbolic.Axis(a).String())
		if !linear {
			return lo, hi, false
		}
		last := shape[a].Sub(symbolic.Int(1))
		least, most := symbolic.Poly{}, last
		if step < 0 {
			least, most = last, symbolic.Poly{}
		}
		at := func(p, v symbolic.Poly) symbolic.Poly {
			return p.Subst(func(sym string) (symbolic.Poly, bool) { return v, sym == symbolic.Axis(a).String() })
		}
		lo, hi = at(lo, least), at(hi, most)
	}
	return lo, hi, len(axesIn(lo)) == 0 && len(axesIn(hi)) == 0
}

// A sum of products with windows is a matrix product when the windows lie side
// by side as the columns of a matrix (im2col; Chellapilla, Puri, Simard: High
// performance convolutional neural networks for document processing, 2006):
//
//	Y[o, i, j] = Σ F[o, c, u, v]·P[c, i + u, j + v]  =  Σ F[o, q]·W[q, p]
//
// with q for (c, u, v), p for (i, j) and W[c, u, v, i, j] = P[c, i + u, j + v].
// The derivative by F is a product with W too, so W is kept for both. A matrix that does not stay
// in a cache is worth it only where windows have no long rows, which are
// multiplied as they lie else.
const (
	cachedWindows = 1 << 15 // of an example
	mostWindows   = 1 << 20
	leastWindows  = 1 << 8
	leastFilters  = 3
	longRow       = 32
)

// windows makes n a matrix product where it is a sum of products with windows.
func (s *settler) windows(n *symbolic.Node) *symbolic.Node {
	if n.Op != symbolic.OpSum {
		return n
	}
	product := n.Args[0]
	at := func(x *symbolic.Node) *symbolic.Node { return x }
	if isPlainAccess(product) {
		m := product.Attr.(*symbolic.Map)
		at = func(x *symbolic.Node) *symbolic.Node { return s.g.Access(x, m) }
		product = product.Args[0]
	}
	if product.Op != symbolic.OpMul {
		return n
	}
	for i := range 2 {
		if w := s.columns(n, at(product.Args[i]), at(product.Args[1-i])); w != nil {
			return w
		}
	}
	return n
}

// accessed returns what a plain access, or one of one, reads in the end, and how.
func accessed(n *symbolic.Node) (*symbolic.Node, *symbolic.Map) {
	var m *symbolic.Map
	for isPlainAccess(n) && n.Op == symbolic.OpAccess {
		if at := n.Attr.(*symbolic.Map); m == nil {
			m = at
		} else {
			m = at.After(m)
		}
		n = n.Args[0]
	}
	return n, m
}

// columns is the sum of x·y as a product with the matrix of the windows that y
// is, or nil.
func (s *settler) columns(n, x, y *symbolic.Node) *symbolic.Node {
	full, sums := n.Args[0].Shape, n.Attr.(symbolic.Axes)
	x, xm := accessed(x)
	y, ym := accessed(y)
	if xm == nil || ym == nil || !repeatsWindows(ym, y.Shape) {
		return nil
	}
	// The axes of y: the batch, those within windows, and the windows' places.
	var batch, within, places []int
	for _, e := range ym.Index {
		axes := axesIn(e)
		place := -1
		if len(axes) > 1 {
			for _, a := range axes {
				if place < 0 || guess(full[a]) > guess(full[place]) {
					place = a
				}
			}
		}
		for _, a := range axes {
			switch {
			case slices.Contains(within, a) || slices.Contains(places, a) || slices.Contains(batch, a):
				return nil
			case isBatch(full[a]):
				batch = append(batch, a)
			case a == place:
				places = append(places, a)
			default:
				within = append(within, a)
			}
		}
	}
	var filters []int
	for a := range full {
		if !slices.Contains(batch, a) && !slices.Contains(within, a) && !slices.Contains(places, a) {
			filters = append(filters, a)
		}
	}
	if len(batch) != 1 || len(filters) == 0 || len(places) == 0 || len(within) == 0 {
		return nil
	}
	inner, outer := within, places // what is summed, and what is not
	if sums.Has(places[0]) {
		inner, outer = places, within
	}
	overBatch := sums.Has(batch[0])
	for _, a := range inner {
		if !sums.Has(a) {
			return nil
		}
	}
	for _, a := range append(slices.Clone(outer), filters...) {
		if sums.Has(a) {
			return nil
		}
	}
	if overBatch == sums.Has(within[0]) {
		return nil // a gradient of filters is summed over the batch, and nothing else is
	}
	// x is a matrix as it lies: filters by what is summed.
	var order []int
	for k, e := range xm.Index {
		if x.Shape[k].Is(1) {
			continue
		}
		sym, ok := e.AsSym()
		a, isAxis := symbolic.AxisOf(sym)
		if !ok || !isAxis {
			return nil
		}
		order = append(order, a)
	}
	want := append(slices.Clone(filters), inner...)
	perExample := len(order) > 0 && order[0] == batch[0]
	if perExample {
		want = append(slices.Clone(batch), want...)
	}
	if perExample != overBatch || !slices.Equal(order, want) {
		return nil
	}
	size := func(axes []int) symbolic.Poly {
		p := symbolic.Int(1)
		for _, a := range axes {
			p = p.Mul(full[a])
		}
		return p
	}
	f, q, p := size(filters), size(inner), size(outer)
	elements, most := guess(q.Mul(p)), mostWindows
	if guess(full[places[len(places)-1]]) >= longRow {
		most = cachedWindows
	}
	if guess(f) < leastFilters || elements > most || elements < leastWindows {
		return nil
	}
	// The matrix, always with the places last.
	lead := append(append(slices.Clone(batch), within...), places...)
	at := map[int]int{}
	w := &symbolic.Map{}
	for i, a := range lead {
		at[a] = i
		w.Shape = append(w.Shape, full[a])
	}
	for _, e := range ym.Index {
		w.Index = append(w.Index, e.Subst(func(sym string) (symbolic.Poly, bool) {
			a, ok := symbolic.AxisOf(sym)
			return symbolic.Axis(at[a]), ok
		}))
	}
	b := full[batch[0]]
	matrix := s.g.Reshape(s.g.Access(y, w), symbolic.Shape{b, size(within), size(places)})
	all := symbolic.Shape{b, f, q, p}
	var sum *symbolic.Node
	if overBatch {
		left := s.g.Broadcast(s.g.Reshape(x, symbolic.Shape{b, f, q}), all, 0, 1, 2)
		sum = s.g.Sum(s.g.Mul(left, s.g.Broadcast(matrix, all, 0, 3, 2)), 0, 2)
	} else {
		left := s.g.Broadcast(s.g.Reshape(x, symbolic.Shape{f, q}), all, 1, 2)
		sum = s.g.Sum(s.g.Mul(left, s.g.Broadcast(matrix, all, 0, 2, 3)), 2)
	}
	// Apart again, and in the order that n has.
	parts := append(slices.Clone(filters), outer...)
	if !overBatch {
		parts = append(slices.Clone(batch), parts...)
	}
	var shape symbolic.Shape
	for _, a := range parts {
		shape = append(shape, full[a])
	}
	out := s.g.Reshape(sum, shape)
	rest := &symbolic.Map{Shape: n.Shape, Index: make([]symbolic.Poly, len(parts))}
	k := 0
	for a := range full {
		if i := slices.Index(parts, a); i >= 0 {
			rest.Index[i] = symbolic.Axis(k)
			k++
		}
	}
	return s.g.Access(out, rest)
}
