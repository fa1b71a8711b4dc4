package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// A factor that leaves a choice is multiplied by 0 where the condition fails, and the
// product is NaN where the factor is infinite: so one that may be infinite at some finite
// values, as 1/x and log x are at 0, does not leave. It may where all of it is needed in
// any case, for then what is infinite comes out already.

// needed marks values of which every element is used whatever the choices are.
func needed(roots []*symbolic.Node) map[*symbolic.Node]bool {
	out := map[*symbolic.Node]bool{}
	stack := append([]*symbolic.Node(nil), roots...)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if out[n] {
			continue
		}
		out[n] = true
		m, isMap := n.Attr.(*symbolic.Map)
		switch {
		case n.Op.Lazy:
			stack = append(stack, n.Args[0])
		case isMap && len(n.Args) == 1 && !keepsAll(m, n.Args[0].Shape):
		default:
			stack = append(stack, n.Needs()...)
		}
	}
	return out
}

// signOf knows the sign of what is made to be positive, as what is divided by should be:
// sums of squares, exponentials, and these with a little added.
func (s *settler) signOf(n *symbolic.Node) symbolic.Sign {
	k, done := s.signs[n]
	if !done {
		k = n.SignOf(func(i int) symbolic.Sign { return s.signOf(n.Args[i]) })
		s.signs[n] = k
	}
	return k
}

// mayBeInfinite reports whether a value may be infinite or NaN where inputs are finite, by
// another way than that they are large.
func (s *settler) mayBeInfinite(n *symbolic.Node) bool {
	if s.needed[n] {
		return false
	}
	k, done := s.infinite[n]
	if done {
		return k
	}
	k = n.HasPole(func(i int) symbolic.Sign { return s.signOf(n.Args[i]) })
	of := n.Needs()
	if p, ok := n.Attr.(*symbolic.Part); ok {
		of = append(slices.Clip(of), p.Of)
	}
	for _, a := range of {
		k = k || (a.Type == symbolic.Real || a.Op == symbolic.OpLoop) && s.mayBeInfinite(a)
	}
	s.infinite[n] = k
	return k
}
