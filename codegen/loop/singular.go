package loop

import "github.com/bpgen/bpgen/symbolic"

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

// A sign is what is known of the elements of a value.
type sign int

const (
	anySign sign = iota
	notNegative
	positive
)

// signOf knows the sign of what is made to be positive, as what is divided by should be:
// sums of squares, exponentials, and these with a little added.
func (s *settler) signOf(n *symbolic.Node) sign {
	if k, ok := s.signs[n]; ok {
		return k
	}
	s.signs[n] = anySign
	k := s.signFrom(n)
	s.signs[n] = k
	return k
}

func (s *settler) signFrom(n *symbolic.Node) sign {
	of := func(i int) sign { return s.signOf(n.Args[i]) }
	if v, ok := symbolic.ConstValue(n); ok {
		switch {
		case v > 0:
			return positive
		case v == 0:
			return notNegative
		}
		return anySign
	}
	if m, ok := n.Attr.(*symbolic.Map); ok && n.Op.Class == symbolic.Movement && len(n.Args) == 1 {
		if len(m.Guard) > 0 {
			return min(of(0), notNegative)
		}
		return of(0)
	}
	switch n.Op.Name {
	case "size", "exp", "sigmoid", "softplus", "cosh", "erfc", "erfcx", "softmax":
		return positive
	case "iota":
		return notNegative
	case "real", "mark", "stop", "reshape", "sum", "mean", "prod", "maxof", "minof":
		return of(0)
	case "sqrt":
		return max(of(0), notNegative)
	case "abs", "square", "hypot", "relu":
		return notNegative
	case "select":
		return min(of(1), of(2))
	case "max":
		return max(of(0), of(1))
	case "min":
		return min(of(0), of(1))
	case "add":
		if a, b := of(0), of(1); min(a, b) > anySign {
			return max(a, b)
		}
	case "mul":
		if n.Args[0] == n.Args[1] {
			return max(of(0), notNegative)
		}
		return min(of(0), of(1))
	case "div":
		if of(1) == positive {
			return of(0)
		}
	case "pow":
		if of(0) == positive {
			return positive
		}
	case "powi":
		if v, ok := symbolic.ConstValue(n.Args[1]); of(0) == anySign && ok && int(v)%2 == 0 {
			return notNegative
		}
		return of(0)
	}
	return anySign
}

// mayBeInfinite reports whether a value may be infinite or NaN where inputs are finite, by
// another way than that they are large.
func (s *settler) mayBeInfinite(n *symbolic.Node) bool {
	if s.needed[n] {
		return false
	}
	if k, ok := s.infinite[n]; ok {
		return k
	}
	s.infinite[n] = false
	k := s.hasPole(n)
	for _, a := range n.Args {
		k = k || a.Type == symbolic.Real && s.mayBeInfinite(a)
	}
	s.infinite[n] = k
	return k
}

// hasPole reports whether the operator of n may give what is not finite.
func (s *settler) hasPole(n *symbolic.Node) bool {
	switch n.Op.Name {
	case "div":
		return s.signOf(n.Args[1]) < positive
	case "log", "log2", "log10", "pow":
		return s.signOf(n.Args[0]) < positive
	case "log1p", "sqrt":
		return s.signOf(n.Args[0]) < notNegative
	case "powi":
		v, ok := symbolic.ConstValue(n.Args[1])
		return ok && v < 0 && s.signOf(n.Args[0]) < positive
	case "asin", "acos", "acosh", "atanh", "lgamma", "digamma", "trigamma", "bessely", "xlogy", "xlog1py", "logmul", "logprod":
		return true
	}
	return n.Op.Class == symbolic.Elementwise && n.Op.Name == "foreign"
}
