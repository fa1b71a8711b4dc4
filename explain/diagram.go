package explain

import (
	"cmp"
	"math"
	"slices"

	"github.com/bpgen/bpgen/explain/layout"
	"github.com/bpgen/bpgen/symbolic"
)

// A Diagram is boxes and arrows, on paper or on a terminal.
type Diagram struct {
	Title string
	Boxes []*Box
	Lines []*Arrow
	Down  bool // the arrows go down the page

	effort *symbolic.Effort // that laying it out spends from

	Frames []*Frame // around boxes that belong together; those inside come after those around them

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
	// Locals stand in the box, on the side where the arrows come in.
	Locals []*Local

	x, y, w, h float64
	side       int // where Above and Below stand: -1 both over it, 1 both under it, 0 as they are called
}

// labels is how far below the middle the lines of Above and Below are.
func (b *Box) labels() (above, below float64) {
	over, under := -b.h/2-4, b.h/2+lineSkip-3
	switch b.side {
	case -1:
		if b.Below == "" {
			return over, over
		}
		return over - lineSkip, over
	case 1:
		return under, under + lineSkip
	}
	return over, under
}

// A Local is the local gradient of a box by the box From.
type Local struct {
	From int
	Text string

	at [2]float64 // where the arrow comes in
}

// A Frame is drawn around boxes.
type Frame struct {
	Boxes []int
	Outer int // the frame that it is in, or -1
	Text  string
	Link  string
	Title string

	x0, y0, x1, y1 float64
	tx, ty         float64 // where Text begins
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

// work is how many steps it takes to lay the diagram out: Graphviz moves arrows
// past each other until few cross.
func (d *Diagram) work() int {
	n := len(d.Lines)
	return n * n * n
}

// place lays the diagram out.
func (d *Diagram) place() error {
	d.effort.Spend(d.work())
	g := &layout.Graph{Down: d.Down}
	for _, b := range d.Boxes {
		b.size(d.Down)
		h, w := b.h, b.w
		if b.labelled() {
			h += 2 * lineSkip
			w = max(w, textWidth(b.Above), textWidth(b.Below))
		}
		g.Nodes = append(g.Nodes, &layout.Node{W: w, H: h})
	}
	for _, a := range d.Lines {
		from, to := d.Boxes[a.From], d.Boxes[a.To]
		e := &layout.Edge{From: a.From, To: a.To, Out: from.labelled() && !d.Down, In: to.labelled() && !d.Down}
		if a.Above != "" || a.Below != "" {
			e.LabelW, e.LabelH = max(textWidth(a.Above), textWidth(a.Below))+8, 2*lineSkip+6
		}
		g.Edges = append(g.Edges, e)
	}
	for _, f := range d.Frames {
		g.Clusters = append(g.Clusters, &layout.Cluster{Nodes: f.Boxes, Outer: f.Outer})
	}
	if err := layout.Place(g); err != nil {
		return err
	}
	d.Width, d.Height = g.Width, g.Height
	for i, n := range g.Nodes {
		b := d.Boxes[i]
		if d.Down && b.labelled() { // where no arrow is
			b.side = 1
			if slices.ContainsFunc(d.Lines, func(a *Arrow) bool { return a.From == i }) {
				b.side = -1
			}
		}
		b.x, b.y = n.X, n.Y-float64(b.side)*lineSkip
	}
	for i, e := range g.Edges {
		a := d.Lines[i]
		a.points, a.lx, a.ly = e.Points, e.LabelX, e.LabelY
		a.reach(d.Boxes[a.From], d.Boxes[a.To])
	}
	d.placeLocals()
	d.placeFrames(g)
	d.placeWords()
	return nil
}

// labelled reports whether something stands over or under b.
func (b *Box) labelled() bool { return b.Above != "" || b.Below != "" }

// reach leads the arrow to the boxes themselves, where room is kept around them.
func (a *Arrow) reach(from, to *Box) {
	if len(a.points) == 0 {
		return
	}
	line := func(p, q [2]float64) [][2]float64 {
		at := func(t float64) [2]float64 { return [2]float64{p[0] + t*(q[0]-p[0]), p[1] + t*(q[1]-p[1])} }
		return [][2]float64{at(1. / 3), at(2. / 3), q}
	}
	last := a.points[len(a.points)-1]
	if q := to.nearest(last); far(last, q) {
		a.points = append(a.points, line(last, q)...)
	}
	if q := from.nearest(a.points[0]); far(a.points[0], q) {
		first := append([][2]float64{q}, line(q, a.points[0])...)
		a.points = append(first, a.points[1:]...)
	}
}

func far(p, q [2]float64) bool { return math.Hypot(p[0]-q[0], p[1]-q[1]) > 1.5 }

// nearest is the point of b that is nearest to p.
func (b *Box) nearest(p [2]float64) [2]float64 {
	return [2]float64{min(max(p[0], b.x-b.w/2), b.x+b.w/2), min(max(p[1], b.y-b.h/2), b.y+b.h/2)}
}

const (
	localWidth = 6.4 // of a letter of a local gradient
	localSkip  = 13.0
)

// size makes the box as large as what stands in it.
func (b *Box) size(down bool) {
	b.w, b.h = max(textWidth(b.Text)+16, 28), 26
	if len(b.Locals) == 0 {
		return
	}
	if down {
		b.h += localSkip
		b.w = max(b.w, b.localsWidth(true))
		return
	}
	b.w += b.localsWidth(false)
	b.h = max(b.h, localSkip*float64(len(b.Locals))+6)
}

// localsWidth is the room that the local gradients need, side by side or one
// below the other.
func (b *Box) localsWidth(beside bool) float64 {
	w := 0.0
	for _, l := range b.Locals {
		n := localWidth*float64(columns(l.Text)) + 10
		if beside {
			w += n
		} else {
			w = max(w, n)
		}
	}
	return w
}

// placeLocals puts the local gradients in the order in which the arrows come in.
func (d *Diagram) placeLocals() {
	for _, a := range d.Lines {
		if len(a.points) == 0 {
			continue
		}
		for _, l := range d.Boxes[a.To].Locals {
			if l.From == a.From {
				l.at = a.points[len(a.points)-1]
				// Where it came from tells more, if several end in one place.
				before := a.points[0]
				l.at[0], l.at[1] = l.at[0]+before[0]*1e-3, l.at[1]+before[1]*1e-3
			}
		}
	}
	k := 1
	if d.Down {
		k = 0
	}
	for _, b := range d.Boxes {
		slices.SortStableFunc(b.Locals, func(x, y *Local) int { return cmp.Compare(x.at[k], y.at[k]) })
	}
}

// placeFrames draws frames around what is in them.
func (d *Diagram) placeFrames(g *layout.Graph) {
	const around, word = 10, 14
	for i, f := range slices.Backward(d.Frames) {
		f.x0, f.y0, f.x1, f.y1 = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
		hold := func(x0, y0, x1, y1 float64) {
			f.x0, f.y0, f.x1, f.y1 = min(f.x0, x0), min(f.y0, y0), max(f.x1, x1), max(f.y1, y1)
		}
		for _, k := range f.Boxes {
			n := g.Nodes[k]
			hold(n.X-n.W/2, n.Y-n.H/2, n.X+n.W/2, n.Y+n.H/2)
		}
		for _, in := range d.Frames[i+1:] {
			if in.Outer == i {
				hold(in.x0, in.y0, in.x1, in.y1)
			}
		}
		f.x0, f.y0, f.x1, f.y1 = f.x0-around, f.y0-around-word, f.x1+around, f.y1+around
	}
}

// placeWords puts what is written in frames where no arrow runs through it, if
// there is such a place along their tops.
func (d *Diagram) placeWords() {
	const step = 12
	for _, f := range d.Frames {
		f.tx, f.ty = f.x0+8, f.y0+14
		w := textWidth(f.Text)
		for x := f.tx; x+w <= f.x1-4; x += step {
			if !d.crossed(x-3, f.y0+1, x+w+3, f.y0+17) {
				f.tx = x
				break
			}
		}
	}
}

// crossed reports whether an arrow runs through a rectangle.
func (d *Diagram) crossed(x0, y0, x1, y1 float64) bool {
	for _, a := range d.Lines {
		for i := 0; i+3 < len(a.points); i += 3 {
			p := a.points[i : i+4]
			const parts = 24
			for k := range parts + 1 {
				t := float64(k) / parts
				u := 1 - t
				at := func(c int) float64 {
					return u*u*u*p[0][c] + 3*u*u*t*p[1][c] + 3*u*t*t*p[2][c] + t*t*t*p[3][c]
				}
				if x, y := at(0), at(1); x0 <= x && x <= x1 && y0 <= y && y <= y1 {
					return true
				}
			}
		}
	}
	return false
}
