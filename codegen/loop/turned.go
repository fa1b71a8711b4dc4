package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// turned has loops take a matrix with its rows for columns where their bodies multiply by it along
// its rows: a product goes through it column by column, and would copy it in each pass. It is
// laid out anew once, before the loop.
func (s *settler) turned(roots []*symbolic.Node) []*symbolic.Node {
	captures := map[*symbolic.Node]*symbolic.Node{} // what formals stand for
	nodes := symbolic.ReachableInside(roots...)
	for _, n := range nodes {
		if lp, ok := n.Attr.(*symbolic.Loop); ok {
			for i, f := range lp.Capture {
				captures[f] = n.Args[len(lp.Carry)+len(lp.Elem)+i]
			}
		}
	}
	type turn struct {
		formal, matrix *symbolic.Node
		order          []int
	}
	turns := map[*symbolic.Node]turn{}                // by formals
	factors := map[*symbolic.Node][2]*symbolic.Node{} // of sums, where not as they are
	for _, n := range nodes {
		over, ok := n.Attr.(symbolic.Axes)
		if !ok || n.Op != symbolic.OpSum || n.Args[0].Op != symbolic.OpMul || !s.how.worthProduct(n.Args[0].Shape) {
			continue
		}
		kept := without(symbolic.AllAxes(n.Args[0]), over)
		for i, x := range n.Args[0].Args {
			f, m := through(x, nil)
			if len(kept) == 0 || captures[f] == nil {
				continue
			}
			matrix, m := through(captures[f], m)
			order := columnsLast(m, last(kept), over)
			if order == nil {
				continue
			}
			laid := s.g.Permute(matrix, order...)
			if laid == captures[f] {
				continue
			}
			if turns[f].formal == nil {
				turns[f] = turn{s.g.Formal(matrix.Name, laid.Shape, laid.Type), matrix, order}
			}
			if t := turns[f]; t.matrix == matrix && slices.Equal(t.order, order) {
				to := &symbolic.Map{Shape: m.Shape}
				for _, d := range order {
					to.Index = append(to.Index, m.Index[d])
				}
				of := factors[n]
				of[i] = s.g.Access(t.formal, to)
				factors[n] = of
			}
		}
	}
	if len(turns) == 0 {
		return roots
	}
	new := map[*symbolic.Node]*symbolic.Node{}
	for _, n := range nodes {
		new[n] = s.node(n, new, func(m *symbolic.Node) *symbolic.Node {
			if of, ok := factors[n]; ok {
				args := slices.Clone(m.Args[0].Args)
				for i, x := range of {
					if x != nil {
						args[i] = x
					}
				}
				return s.g.Sum(s.g.Mul(args[0], args[1]), m.Attr.(symbolic.Axes)...)
			}
			lp, ok := m.Attr.(*symbolic.Loop)
			if !ok {
				return m
			}
			with, args := *lp, m.Args
			for _, f := range lp.Capture {
				if t, ok := turns[f]; ok {
					with.Capture = append(with.Capture[:len(with.Capture):len(with.Capture)], t.formal)
					args = append(args[:len(args):len(args)], s.g.Permute(new[t.matrix], t.order...))
				}
			}
			return s.g.Apply(m.Op, &with, args...)
		})
	}
	return images(roots, new)
}

// through is what n reads, and how, where it does nothing else; by says how n is read.
func through(n *symbolic.Node, by *symbolic.Map) (*symbolic.Node, *symbolic.Map) {
	for ; isPlainAccess(n); n = n.Args[0] {
		if m := n.Attr.(*symbolic.Map); by == nil {
			by = m
		} else {
			by = m.After(by)
		}
	}
	return n, by
}

// columnsLast is the order of the dims of a factor in which that of an axis of the result is last;
// nil where there is none. Where what is last now is not summed over, it stays.
func columnsLast(m *symbolic.Map, axis int, over symbolic.Axes) []int {
	if m == nil {
		return nil
	}
	var order []int
	at := -1
	for d, e := range m.Index {
		on := axesIn(e)
		if len(on) != 1 || d == len(m.Index)-1 && on[0] != axis && !over.Has(on[0]) {
			return nil
		}
		if on[0] == axis {
			at = d
		} else {
			order = append(order, d)
		}
	}
	if at < 0 {
		return nil
	}
	return append(order, at)
}

// isTurned reports whether what lies side by side in the argument of an access does not in it.
func isTurned(n *symbolic.Node) bool {
	if !isPlainAccess(n) || len(n.Shape) < 2 || len(n.Args[0].Shape) < 2 {
		return false
	}
	m := n.Attr.(*symbolic.Map)
	sym, _ := m.Index[len(m.Index)-1].AsSym()
	a, ok := symbolic.AxisOf(sym)
	return ok && a != len(n.Shape)-1
}
