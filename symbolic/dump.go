package symbolic

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Dump writes roots and what they depend on, one node a line, arguments first.
// Nodes are numbered anew, so that the text depends on nothing but the graph's
// form:
//
//	%12 = mul %3 %5 : [batch, 100] real // a2 = sigmoid(z2)   window.bp:27
func Dump(w io.Writer, roots ...*Node) error {
	number := map[*Node]int{}
	for _, n := range Reachable(roots...) {
		number[n] = len(number)
		if _, err := io.WriteString(w, dumpLine(n, number)); err != nil {
			return err
		}
	}
	var out []string
	for _, r := range roots {
		if r == nil {
			out = append(out, "nil")
		} else {
			out = append(out, "%"+strconv.Itoa(number[r]))
		}
	}
	_, err := fmt.Fprintf(w, "return %s\n", strings.Join(out, " "))
	return err
}

// DumpString returns what Dump writes.
func DumpString(roots ...*Node) string {
	var b strings.Builder
	Dump(&b, roots...)
	return b.String()
}

func dumpLine(n *Node, number map[*Node]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%%%d = %s", number[n], n.Op.Name)
	for _, a := range n.Args {
		fmt.Fprintf(&b, " %%%d", number[a])
	}
	if n.Attr != nil {
		b.WriteString(" " + attrText(n.Attr))
	}
	fmt.Fprintf(&b, " : %s %s", n.Shape, n.Type)
	if c := comment(n); c != "" {
		b.WriteString(" // " + c)
	}
	b.WriteByte('\n')
	return b.String()
}

// attrText is the attribute as people read it; keys are made for comparing.
func attrText(a Attr) string {
	switch a := a.(type) {
	case Value:
		return strconv.FormatFloat(float64(a), 'g', -1, 64)
	case *Map:
		return "{" + a.String() + "}"
	}
	return a.Key()
}

func comment(n *Node) string {
	var parts []string
	if n.Origin.Adjoint != nil {
		of := n.Origin.Adjoint
		if of.Name != "" {
			parts = append(parts, "∂/∂"+of.Name)
		} else {
			parts = append(parts, "∂/∂("+of.Op.Name+")")
		}
	}
	switch {
	case n.Origin.Stmt != "":
		parts = append(parts, n.Origin.Stmt)
	case n.Name != "":
		parts = append(parts, n.Name)
	}
	if p := n.Origin.Span.Pos; p.IsValid() {
		parts = append(parts, fmt.Sprintf("%s:%d", p.File, p.Line))
	}
	return strings.Join(parts, "   ")
}
