package symbolic

// A Sign is what is known of the elements of a value.
type Sign uint8

const (
	AnySign Sign = iota
	NotNegative
	Positive
)

// surely is the Sign of an operator whose results all have it.
func surely(s Sign) func(*Node, func(int) Sign) Sign {
	return func(*Node, func(int) Sign) Sign { return s }
}

// ofFirst is the Sign of an operator whose results have that of its argument.
func ofFirst(n *Node, of func(int) Sign) Sign { return of(0) }

// unless is the Pole of an operator that is finite where an argument has at least a sign.
func unless(i int, least Sign) func(*Node, func(int) Sign) bool {
	return func(n *Node, of func(int) Sign) bool { return of(i) < least }
}

// anywhere is the Pole of an operator that may be infinite whatever the signs are.
func anywhere(*Node, func(int) Sign) bool { return true }

// SignOf returns what is known of n's elements, given what is known of its arguments'.
func (n *Node) SignOf(of func(int) Sign) Sign {
	if v, ok := ConstValue(n); ok {
		switch {
		case v > 0:
			return Positive
		case v == 0:
			return NotNegative
		}
		return AnySign
	}
	if m, ok := n.Attr.(*Map); ok && n.Op.Class == Movement && len(n.Args) == 1 {
		if len(m.Guard) > 0 {
			return min(of(0), NotNegative)
		}
		return of(0)
	}
	if n.Op.Sign == nil {
		return AnySign
	}
	return n.Op.Sign(n, of)
}

// HasPole reports whether the operator of n may give what is not finite where its arguments
// are finite, and not too large, given what is known of their signs.
func (n *Node) HasPole(of func(int) Sign) bool {
	return n.Op.Foreign != nil || n.Op.Pole != nil && n.Op.Pole(n, of)
}
