package explain

import (
	"github.com/bpgen/bpgen/explain/layout"
)

// A Diagram is boxes and arrows, on paper or on a terminal.
type Diagram struct {
	Title string
	Boxes []*Box
	Lines []*Arrow
	Down  bool // the arrows go down the page

	Width, Height float64 // of the drawing, once it is laid out
}

// A Box is what stands at one place.
type Box struct {
	Text  string // in the box
	Above string // over it, a value
	Below string // under it, what comes back
	Kind  string // leaf, param, gate, fold or loss
	Link  string // attributes for the page, as data-value="3"
	Title string // for who points at it
	Step  int    // when it has its value, on the way forward
	// Value and Back stand over and under the box on a terminal, where there
	// is no room for them on the arrows.
	Value, Back string

	x, y, w, h float64
}

// An Arrow goes from one box to another.
type Arrow struct {
	From, To     int
	Above, Below string // a value, and what comes back
	Kind         string // wire, skip or back
	Link         string
	Title        string
	Returns      bool // something comes back along it

	points [][2]float64
	lx, ly float64
}

const (
	fontSize  = 12.0
	charWidth = 7.3
	lineSkip  = 15.0
)

func textWidth(s string) float64 { return charWidth * float64(columns(s)) }

// place lays the diagram out.
func (d *Diagram) place() error {
	g := &layout.Graph{Down: d.Down}
	for _, b := range d.Boxes {
		b.w = max(textWidth(b.Text)+16, 28)
		b.h = 26
		h, w := b.h, b.w
		if b.Above != "" || b.Below != "" {
			h += 2 * lineSkip
			w = max(w, textWidth(b.Above), textWidth(b.Below))
		}
		g.Nodes = append(g.Nodes, &layout.Node{W: w, H: h})
	}
	for _, a := range d.Lines {
		e := &layout.Edge{From: a.From, To: a.To}
		if a.Above != "" || a.Below != "" {
			e.LabelW, e.LabelH = max(textWidth(a.Above), textWidth(a.Below))+8, 2*lineSkip+6
		}
		g.Edges = append(g.Edges, e)
	}
	if err := layout.Place(g); err != nil {
		return err
	}
	d.Width, d.Height = g.Width, g.Height
	for i, n := range g.Nodes {
		d.Boxes[i].x, d.Boxes[i].y = n.X, n.Y
	}
	for i, e := range g.Edges {
		a := d.Lines[i]
		a.points, a.lx, a.ly = e.Points, e.LabelX, e.LabelY
	}
	return nil
}
