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
	for _, n := range ReachableInside(roots...) {
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
	if n.Attr != nil && n.Op != OpFormal { // its number says which one it is
		b.WriteString(" " + attrText(n.Attr, number))
	}
	fmt.Fprintf(&b, " : %s %s", n.Shape, n.Type)
	line := ReadCounts(b.String())
	if c := comment(n); c != "" {
		line += " // " + c
	}
	return line + "\n"
}

// attrText is the attribute as people read it; keys are made for comparing.
func attrText(a Attr, number map[*Node]int) string {
	switch a := a.(type) {
	case *Loop:
		return a.text(number)
	case *Part:
		return fmt.Sprintf("%s %%%d", [...]string{"last", "stack"}[a.Kind], number[a.Of])
	case Value:
		return strconv.FormatFloat(float64(a), 'g', -1, 64)
	case *Map:
		return "{" + a.String() + "}"
	}
	return a.Key()
}

// text says what the formals of a loop are, in order of the arguments, and what
// the carries become: {scan n, index %3, carry %4 -> %9, row %5, capture %6}.
func (l *Loop) text(number map[*Node]int) string {
	parts := []string{l.Kind.String() + " " + l.Count.String()}
	if l.Reverse {
		parts[0] += " backwards"
	}
	if l.Recompute {
		parts[0] += " computed again"
	}
	add := func(form string, ns ...*Node) {
		var args []any
		for _, n := range ns {
			i, ok := number[n]
			if !ok {
				return // nothing reads it
			}
			args = append(args, i)
		}
		parts = append(parts, fmt.Sprintf(form, args...))
	}
	if l.Index != nil {
		add("index %%%d", l.Index)
	}
	for i, k := range l.Carry {
		if _, read := number[k]; read {
			add("carry %%%d -> %%%d", k, l.Next[i])
		} else {
			add("carry -> %%%d", l.Next[i])
		}
	}
	for _, f := range l.Elem {
		add("row %%%d", f)
	}
	for _, f := range l.Capture {
		add("capture %%%d", f)
	}
	if l.Cond != nil {
		add("as long as %%%d", l.Cond)
	}
	return "{" + strings.Join(parts, ", ") + "}"
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
	case n.Op == OpFormal && n.Name != "":
		parts = append(parts, n.Name)
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
