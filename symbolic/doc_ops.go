package symbolic

import (
	"fmt"
	"strings"
)

//go:generate go run ../internal/opsdoc ../docs/ops.md

// RenderOps returns docs/ops.md, the table of operators as text.
func RenderOps() string {
	var b strings.Builder
	b.WriteString("<!-- Rendered from the operator table; do not edit. -->\n\n# Operators\n\n")
	b.WriteString("Those in **bold** are functions of the language under their name.\n")
	for c := Leaf; c <= Region; c++ {
		title := c.String()
		fmt.Fprintf(&b, "\n## %s\n\n| name | notation | meaning | in Go | derivative |\n|---|---|---|---|---|\n", strings.ToUpper(title[:1])+title[1:])
		for _, op := range Ops() {
			if op.Class == c {
				b.WriteString(op.row())
			}
		}
	}
	b.WriteString("\n# Rewriting rules\n\nIn the order in which they are tried. Finite rules are not used by default.\n")
	b.WriteString("\n| name | from | to | phase | floats |\n|---|---|---|---|---|\n")
	for _, r := range Rules() {
		from, to := "", ""
		if r.Func == nil {
			from, to = "`"+cell(r.From)+"`", "`"+cell(r.To)+"`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", cell(r.Name), from, to, r.Phase, r.Safety)
	}
	return b.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func (op *OpSpec) row() string {
	name := op.Name
	if op.Builtin {
		name = "**" + name + "**"
	}
	form := ""
	if op.Math != "" {
		names := []any{"x", "y", "z"}
		if n := strings.Count(op.Math, "%s"); n <= len(names) {
			form = fmt.Sprintf(op.Math, names[:n]...)
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", name, cell(form), cell(op.Doc), cell(code(op.Go)), op.derivative())
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// derivative says where an operator's derivative comes from.
func (op *OpSpec) derivative() string {
	some := false
	for _, p := range op.Partial {
		some = some || p != nil
	}
	switch {
	case op.Class == Leaf:
		return "leaf"
	case op.Class == Region:
		return "of the body"
	case op.Out != Real || op.Arg || len(op.In) > 0 && op.In[0] != Real && len(op.In) == 1:
		return "none: not real"
	case op.Grad != nil || some:
		return "own"
	case op.Partial != nil:
		return "zero"
	case op.Expand != nil:
		return "of the expansion"
	}
	return "none"
}

func (p Phase) String() string {
	var parts []string
	for i, name := range []string{"stability", "simplify", "final"} {
		if p&(1<<i) != 0 {
			parts = append(parts, name)
		}
	}
	if p == always {
		return "always"
	}
	return strings.Join(parts, ", ")
}
