package explain

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// cuts gives the nodes that are values of their own the name that they have:
// what the model names and what it gives; what a nonlinearity is applied to,
// z; what is put together from parts; and what is used in several places.
func (x *extraction) cuts(order []*symbolic.Node) map[*symbolic.Node]string {
	uses := map[*symbolic.Node]int{}
	for _, n := range order {
		for i, a := range n.Args {
			if !contains(n.Args[:i], a) {
				uses[a]++
			}
		}
	}
	parts := inParts(order)
	on := x.onWay(order)
	cuts := map[*symbolic.Node]string{}
	heavy := map[*symbolic.Node]bool{} // has a sum in it since the last cut
	for _, n := range order {
		for _, a := range n.Args {
			heavy[n] = heavy[n] || heavy[a] && cuts[a] == ""
		}
		heavy[n] = heavy[n] || n.Op.Class == symbolic.Reduction || n.Op.Class == symbolic.Composite
		if n.Op.Class == symbolic.Leaf || transparent(n) || x.ofOpened(n) {
			continue
		}
		name, named := n.Name, "" // by the model, and here
		if x.name[n] != "" {
			name = x.name[n]
		}
		switch {
		case name != "":
		case x.role[n] != Inner:
			name = "f"
		case n.Op == symbolic.OpConcat:
			name = "c"
		case n.Op == symbolic.OpReshape && n.Args[0].Op != symbolic.OpInput:
			name = "x"
		case n.Op == symbolic.OpPart:
			name = x.shared
		case elementOf(n) != "" && parts[n.Args[0]]:
			name = elementOf(n)
		case n.Op == symbolic.OpAccess && nonlinear(n.Args[0]) && heavy[n.Args[0]] && cuts[n.Args[0]] == "" && len(n.Shape) > len(n.Args[0].Shape):
			cuts[n.Args[0]] = ownerOf(n.Args[0]) + "s"
			continue
		case on[n] && ownSlope[n.Op] != "":
			named = x.letter(ownSlope[n.Op])
		case uses[n] > 1 && (heavy[n] || nonlinear(n)):
			name = x.shared
		}
		cuts[n] = cmp.Or(named, name)
		if (n.Op == symbolic.OpSoftmax || n.Op == symbolic.OpLogSumExp) && x.role[n] == Inner {
			if a := n.Args[0]; a.Op.Class != symbolic.Leaf && cuts[a] == "" && heavy[a] {
				cuts[a] = beforeName(activationName(n, name))
			}
			if name == "" && n.Op == symbolic.OpSoftmax {
				cuts[n] = "p"
			}
		}
		if u := n; nonlinear(u) && notation.IsFunction(u.Op) {
			a := u.Args[0]
			sum := a.Op.Class == symbolic.Elementwise && len(a.Args) > 1 || a.Op.Class == symbolic.Reduction
			if sum && cuts[a] == "" && (heavy[a] || len(a.Shape) == 0) {
				cuts[a] = beforeName(activationName(u, name))
			}
		}
	}
	return cuts
}

// ownSlope are the functions whose derivative is said by their own value, more
// than once in backward equations, and what that is called where the model has no
// name for it: s∘(1 − s), 1 − a².
var ownSlope = map[*symbolic.OpSpec]string{symbolic.OpSigmoid: "s", symbolic.OpTanh: "a"}

// letter is a name that begins with s and that the model has for nothing.
func (x *extraction) letter(s string) string {
	if x.letters[s] {
		for i := 1; x.letters[s]; i++ {
			s = strings.TrimRight(s, "0123456789") + strconv.Itoa(i)
		}
	}
	return s
}

// onWay are the nodes by whose values gradients come back.
func (x *extraction) onWay(order []*symbolic.Node) map[*symbolic.Node]bool {
	on := map[*symbolic.Node]bool{}
	for _, n := range order {
		on[n] = x.values[n] != nil && x.values[n].Wanted
		for _, a := range n.Args {
			on[n] = on[n] || on[a]
		}
		on[n] = on[n] && n.Type == symbolic.Real && n.Op != symbolic.OpStop
	}
	return on
}

func contains(ns []*symbolic.Node, n *symbolic.Node) bool {
	for _, m := range ns {
		if m == n {
			return true
		}
	}
	return false
}

// ofOpened reports that n is a loop, or a part of one, that is explained pass
// by pass: it is no value of its own, unless it is a result. A loop as a whole never
// is: its value is the number of passes, by which a reverse loop says what it follows.
func (x *extraction) ofOpened(n *symbolic.Node) bool {
	switch n.Op {
	case symbolic.OpLoop:
		return true
	case symbolic.OpPart:
		return (x.opened == nil || x.opened[n.Args[0]] != nil) && (x.role[n] == Inner || ofLoop(n) && n != x.result)
	}
	return false
}

// transparent nodes are their argument under another guise.
func transparent(n *symbolic.Node) bool {
	return n.Op == symbolic.OpMark || n.Op == symbolic.OpStop || n.Op == symbolic.OpToReal
}

// nonlinear reports whether n is a function of one argument, element by
// element, that bends it.
func nonlinear(n *symbolic.Node) bool {
	return n.Op.Class == symbolic.Elementwise && len(n.Args) == 1 && !n.Op.Linear &&
		n.Type == symbolic.Real && n.Args[0].Type == symbolic.Real && !transparent(n)
}

// elementOf is the name of an input's element at a place that the model says.
func elementOf(n *symbolic.Node) string {
	m, ok := n.Attr.(*symbolic.Map)
	if !ok || n.Op != symbolic.OpAccess || n.Args[0].Op != symbolic.OpInput || len(n.Shape) > 0 || len(m.Index) != 1 || n.Type != symbolic.Real {
		return ""
	}
	if k, ok := m.Index[0].Const(); ok {
		return n.Args[0].Name + "[" + strconv.Itoa(k) + "]"
	}
	return ""
}

// inParts are the inputs that are only read element by element.
func inParts(order []*symbolic.Node) map[*symbolic.Node]bool {
	out := map[*symbolic.Node]bool{}
	for _, n := range order {
		out[n] = n.Op == symbolic.OpInput
		for _, a := range n.Args {
			out[a] = out[a] && elementOf(n) != ""
		}
	}
	return out
}

// ownerOf is the layer that a value belongs to, by what it is made from: n[0]. of
// n[0].d.
func ownerOf(n *symbolic.Node) string {
	for level := n.Args; len(level) > 0; {
		var next []*symbolic.Node
		for _, a := range level {
			if i := strings.LastIndex(a.Name, "."); i >= 0 {
				return a.Name[:i+1]
			}
			next = append(next, a.Args...)
		}
		level = next
		if len(level) > 64 {
			break
		}
	}
	return ""
}

// beforeName is what the argument of the nonlinearity that gives a is called:
// z of h, and z2 for a2.
func beforeName(a string) string {
	if number := strings.TrimPrefix(a, "a"); number != a && strings.Trim(number, "0123456789") == "" {
		return "z" + number
	}
	if a == "f" || a == "" {
		return "z"
	}
	return a + ".z"
}

// activationName is the name of the nonlinearity's value, or of the statement
// that it is part of.
func activationName(n *symbolic.Node, name string) string {
	if name != "" {
		return name
	}
	left, _, ok := strings.Cut(n.Origin.Stmt, "=")
	left = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(left), "next "))
	if ok && !strings.ContainsAny(left, "([, ") {
		return left
	}
	return ""
}
