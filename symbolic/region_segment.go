package symbolic

import "slices"

// segmented makes of a loop over all rows a loop over segments of them, each a
// loop over its rows: what a checkpointed scan is. Only the carries before each
// segment are kept, and the reverse pass computes a segment again before it goes
// back through it. There are about √T segments of √T rows. The last one may go on
// behind the end, where passes change nothing.
func (g *Graph) segmented(l *Loop, args, emits []*Node) (lasts, stacks []*Node) {
	s := &segments{g: g, l: l}
	s.divide()
	inits, over, captures := l.parts(args)

	// Inside: the rows of a segment.
	first := g.Formal("", nil, Integer) // the number of the segment, as the inner loop sees it
	row := g.Formal(l.Index.Name, nil, Integer)
	length := g.Formal("", nil, Integer)
	at := g.Apply(OpIntAdd, nil, g.Apply(OpIntMul, nil, first, length), row)
	valid := g.Apply(OpIntLt, nil, at, g.Size(l.Count))
	if !s.even { // so that a pass behind the end reads nothing that is not there
		at = g.Apply(OpIntSelect, nil, valid, at, g.Size(l.Count.Sub(Int(1))))
	}
	body := g.Substitute(slices.Concat(l.Next, emits), map[*Node]*Node{l.Index: at})
	in := &Loop{Count: s.length, Index: row, Carry: l.Carry, Elem: l.Elem, Capture: append(slices.Clone(l.Capture), first, length)}
	for i, k := range l.Carry {
		next := body[i]
		if !s.even {
			next = g.choose(valid, next, k)
		}
		in.Next = append(in.Next, next)
	}

	// Outside: the segments.
	out := &Loop{Count: s.count, Index: g.Formal("", nil, Integer), Recompute: true}
	var inner []*Node
	for _, k := range l.Carry {
		f := g.Formal(k.Name, k.Shape, k.Type)
		out.Carry, inner = append(out.Carry, f), append(inner, f)
	}
	for i, e := range l.Elem {
		f := g.Formal(e.Name, append(Shape{s.length}, e.Shape...), e.Type)
		out.Elem, inner = append(out.Elem, f), append(inner, f)
		over[i] = s.rows(over[i])
	}
	for _, c := range l.Capture {
		f := g.Formal(c.Name, c.Shape, c.Type)
		out.Capture, inner = append(out.Capture, f), append(inner, f)
	}
	n := g.Formal("", nil, Integer)
	out.Capture = append(out.Capture, n)
	in, inner = in.used(append(inner, out.Index, n), body)
	loop := g.Apply(OpLoop, in, inner...)
	for _, k := range l.Carry {
		out.Next = append(out.Next, g.Last(loop, k))
	}
	var stacked []*Node
	for _, e := range body[len(l.Next):] {
		stacked = append(stacked, g.Stack(loop, e))
	}
	out, args = out.used(slices.Concat(inits, over, captures, []*Node{s.size}), stacked)
	all := g.Apply(OpLoop, out, args...)
	for _, k := range out.Carry {
		lasts = append(lasts, g.Last(all, k))
	}
	for _, e := range stacked {
		stacks = append(stacks, s.flat(g.Stack(all, e)))
	}
	return lasts, stacks
}

// segments are the rows of a loop, divided.
type segments struct {
	g             *Graph
	l             *Loop
	count, length Poly
	size          *Node // the length as a value
	even          bool  // the last segment is as long as the others
}

// divide finds the least n with n² rows or more, when generating or, by counting,
// when the program runs.
func (s *segments) divide() {
	g := s.g
	if t, ok := s.l.Count.Const(); ok {
		n := 1
		for n*n < t {
			n++
		}
		k := (t + n - 1) / n
		s.count, s.length, s.even = Int(k), Int(n), k*n == t
		s.size = g.Const(float64(n), nil, Integer)
		return
	}
	k := g.Formal("", nil, Integer)
	t := g.Formal("", nil, Integer)
	n := g.NewCount("segments")
	loop := g.Apply(OpLoop, &Loop{
		Kind: WhileLoop, Count: n, Carry: []*Node{k}, Capture: []*Node{t},
		Next: []*Node{g.Apply(OpIntAdd, nil, k, g.Const(1, nil, Integer))},
		Cond: g.Apply(OpIntLt, nil, g.Apply(OpIntMul, nil, k, k), t),
	}, g.Const(0, nil, Integer), g.Size(s.l.Count))
	s.count, s.length, s.size = n, n, g.Last(loop, k)
}

// rows arranges rows by segment; behind the end they are zero.
func (s *segments) rows(x *Node) *Node {
	all := s.count.Mul(s.length)
	if !s.even {
		m := &Map{Shape: append(Shape{all}, x.Shape[1:]...), Guard: []Cond{{Kind: NonNeg, E: s.l.Count.Sub(Int(1)).Sub(Axis(0))}}}
		for i := range x.Shape {
			m.Index = append(m.Index, Axis(i))
		}
		x = s.g.Access(x, m)
	}
	return s.g.Reshape(x, append(Shape{s.count, s.length}, x.Shape[1:]...))
}

// flat is what rows does backwards.
func (s *segments) flat(x *Node) *Node {
	x = s.g.Reshape(x, append(Shape{s.count.Mul(s.length)}, x.Shape[2:]...))
	if !s.even {
		x = s.g.Slice(x, 0, Int(0), s.l.Count)
	}
	return x
}
