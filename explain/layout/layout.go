// Package layout gives the nodes and edges of a diagram their places: in
// layers along the arrows, with few crossings. Graphviz does it, in Go where
// that runs and in the page that loads bpgen where it does not.
package layout

import (
	"fmt"
	"strconv"
	"strings"
)

// A Graph is what is to be laid out. Lengths are in points.
type Graph struct {
	Nodes []*Node
	Edges []*Edge
	Down  bool // arrows go down the page, not to the right
	// Clusters are nodes that keep together, with nothing else between them.
	Clusters []*Cluster

	Width, Height float64 // set by Place
}

// A Node is a box; X and Y are its middle, set by Place.
type Node struct {
	W, H float64
	Rank string // nodes of one rank stand side by side; "": anywhere
	X, Y float64
}

// An Edge is an arrow with room for a label. Points, set by Place, are those
// of cubic Bézier curves joined end to end.
type Edge struct {
	From, To       int
	LabelW, LabelH float64
	Points         [][2]float64
	LabelX, LabelY float64
	Loose          bool // does not pull its ends into layers
	Out, In        bool // begins and ends in the middle of a side, in the direction of the arrows
}

const (
	inch     = 72
	charSize = 10 // of the letters that a label's room is asked for in
)

// A Cluster holds nodes by their numbers, and clusters of some more.
type Cluster struct {
	Nodes []int
	Outer int // the number of the cluster that it is in, or -1
}

// Place lays g out. The same graph is always laid out the same way.
func Place(g *Graph) error {
	if len(g.Nodes) == 0 {
		return nil
	}
	text, err := Plain(g.dot())
	if err != nil {
		return err
	}
	return g.read(text)
}

// dot is g in Graphviz's language. The label of an edge is its number, as wide
// as the room that it needs.
func (g *Graph) dot() string {
	var b strings.Builder
	dir := "LR"
	if g.Down {
		dir = "TB"
	}
	fmt.Fprintf(&b, "digraph {\nrankdir=%s; nodesep=0.25; ranksep=0.35;\nnode [shape=box, fixedsize=true, label=\"\"];\n", dir)
	fmt.Fprintf(&b, "edge [fontname=\"Courier\", fontsize=%d, arrowhead=none];\n", charSize)
	ranks := map[string][]int{}
	var order []string
	for i, n := range g.Nodes {
		fmt.Fprintf(&b, "n%d [width=%.3f, height=%.3f];\n", i, n.W/inch, n.H/inch)
		if n.Rank != "" {
			if ranks[n.Rank] == nil {
				order = append(order, n.Rank)
			}
			ranks[n.Rank] = append(ranks[n.Rank], i)
		}
	}
	for _, r := range order {
		b.WriteString("{ rank=same;")
		for _, i := range ranks[r] {
			fmt.Fprintf(&b, " n%d;", i)
		}
		b.WriteString(" }\n")
	}
	g.clusters(&b, -1)
	for i, e := range g.Edges {
		label := "e" + strconv.Itoa(i)
		n := int(e.LabelW / (0.6 * charSize))
		label += strings.Repeat("_", max(0, n-len(label)))
		lines := max(1, int(e.LabelH/(1.2*charSize)+0.5))
		label += strings.Repeat(`\n_`, lines-1)
		more := ""
		if e.Loose {
			more = ", constraint=false"
		}
		out, in := "e", "w"
		if g.Down {
			out, in = "s", "n"
		}
		if e.Out {
			more += ", tailport=" + out
		}
		if e.In {
			more += ", headport=" + in
		}
		fmt.Fprintf(&b, "n%d -> n%d [label=\"%s\"%s];\n", e.From, e.To, label, more)
	}
	b.WriteString("}\n")
	return b.String()
}

// clusters writes those that are in outer. Each has room for a word at its top.
func (g *Graph) clusters(b *strings.Builder, outer int) {
	for i, c := range g.Clusters {
		if c.Outer != outer {
			continue
		}
		fmt.Fprintf(b, "subgraph cluster%d {\nmargin=10; label=\"_\"; fontsize=%d;\n", i, charSize)
		for _, n := range c.Nodes {
			fmt.Fprintf(b, "n%d;\n", n)
		}
		g.clusters(b, i)
		b.WriteString("}\n")
	}
}

// read takes places from Graphviz's plain format.
func (g *Graph) read(text string) error {
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", "")) {
		w := strings.Fields(line)
		switch {
		case len(w) < 4:
		case w[0] == "graph":
			g.Width, g.Height = points(w[2]), points(w[3])
		case w[0] == "node":
			i, err := strconv.Atoi(strings.TrimPrefix(w[1], "n"))
			if err != nil || i >= len(g.Nodes) {
				return fmt.Errorf("layout: %q", line)
			}
			g.Nodes[i].X, g.Nodes[i].Y = points(w[2]), g.Height-points(w[3])
		case w[0] == "edge":
			if err := g.readEdge(w); err != nil {
				return err
			}
		}
	}
	return nil
}

// readEdge reads edge tail head n x1 y1 … label x y style colour.
func (g *Graph) readEdge(w []string) error {
	n, err := strconv.Atoi(w[3])
	if err != nil || len(w) < 4+2*n+3 {
		return fmt.Errorf("layout: %q", strings.Join(w, " "))
	}
	label := strings.Trim(w[4+2*n], `"`)
	digits := strings.TrimPrefix(label, "e")
	if i := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = digits[:i]
	}
	i, err := strconv.Atoi(digits)
	if err != nil || i >= len(g.Edges) {
		return fmt.Errorf("layout: an edge with the label %q", label)
	}
	e := g.Edges[i]
	for k := range n {
		e.Points = append(e.Points, [2]float64{points(w[4+2*k]), g.Height - points(w[5+2*k])})
	}
	e.LabelX, e.LabelY = points(w[5+2*n]), g.Height-points(w[6+2*n])
	return nil
}

func points(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return v * inch
}
