package layout

import "testing"

func TestPlace(t *testing.T) {
	diamond := func() *Graph {
		g := &Graph{Nodes: []*Node{{W: 40, H: 20}, {W: 40, H: 20}, {W: 40, H: 20}, {W: 40, H: 20}}}
		for _, e := range [][2]int{{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}} {
			g.Edges = append(g.Edges, &Edge{From: e[0], To: e[1], LabelW: 30, LabelH: 24})
		}
		return g
	}
	g, again := diamond(), diamond()
	for _, g := range []*Graph{g, again} {
		if err := Place(g); err != nil {
			t.Fatal(err)
		}
	}
	for i, n := range g.Nodes {
		if n.X < n.W/2-1 || n.X > g.Width || n.Y < n.H/2-1 || n.Y > g.Height {
			t.Errorf("node %d at %g, %g is outside of %g × %g", i, n.X, n.Y, g.Width, g.Height)
		}
		if m := again.Nodes[i]; m.X != n.X || m.Y != n.Y {
			t.Errorf("node %d is elsewhere the second time", i)
		}
	}
	for i, e := range g.Edges {
		if len(e.Points) < 4 || (len(e.Points)-1)%3 != 0 {
			t.Errorf("edge %d has %d points", i, len(e.Points))
		}
		if g.Nodes[e.From].X >= g.Nodes[e.To].X {
			t.Errorf("edge %d does not go to the right", i)
		}
	}
	if a, b := g.Nodes[1], g.Nodes[2]; a.X != b.X {
		t.Errorf("the two in the middle are not in one layer: %g and %g", a.X, b.X)
	}
}
