package explain

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/explain/layout"
)

func hypot(x, y float64) float64 { return math.Hypot(x, y) }

// grid is a drawing in letters.
type grid struct {
	cells [][]rune
	paint map[[2]int]string // colour by line and column
}

func (g *grid) set(y, x int, r rune) {
	for len(g.cells) <= y {
		g.cells = append(g.cells, nil)
	}
	for len(g.cells[y]) <= x {
		g.cells[y] = append(g.cells[y], ' ')
	}
	g.cells[y][x] = r
}

func (g *grid) get(y, x int) rune {
	if y >= len(g.cells) || x >= len(g.cells[y]) {
		return ' '
	}
	return g.cells[y][x]
}

func (g *grid) write(y, x int, s, color string) {
	for _, r := range s {
		g.set(y, x, r)
		g.paint[[2]int{y, x}] = color
		x++
	}
}

// sides of a cell that a line goes through.
const (
	left = 1 << iota
	right
	up
	down
)

var lineRunes = map[int]rune{
	left | right: '─', left: '─', right: '─', up | down: '│', up: '│', down: '│',
	right | down: '┌', left | down: '┐', right | up: '└', left | up: '┘',
	left | right | down: '┬', left | right | up: '┴', up | down | right: '├', up | down | left: '┤',
	left | right | up | down: '┼',
}

var runeSides = func() map[rune]int {
	m := map[rune]int{}
	for s, r := range lineRunes {
		if s != left && s != right && s != up && s != down {
			m[r] = s
		}
	}
	return m
}()

// line adds sides to the line that goes through a cell.
func (g *grid) line(y, x, sides int) {
	g.set(y, x, lineRunes[sides|runeSides[g.get(y, x)]])
}

// cell is a box of a diagram, or a place where a long wire passes a layer.
type cell struct {
	box   int // -1: a wire passes
	layer int
	y     float64
	row   int
	next  []int // cells that are read from here, in the next layer
	fed   bool  // something leads here
}

// onward is the diagram without the arrows that lead back, into the next pass
// of a loop: a sign in the box says that there is one.
func (d *Diagram) onward() *Diagram {
	out := *d
	out.Boxes = make([]*Box, len(d.Boxes))
	for i, b := range d.Boxes {
		c := *b
		out.Boxes[i] = &c
	}
	out.Lines = nil
	for _, a := range d.Lines {
		if a.To > a.From {
			out.Lines = append(out.Lines, a)
		} else if b := out.Boxes[a.To]; !strings.HasPrefix(b.Text, recurs) {
			b.Text = recurs + b.Text
		}
	}
	return &out
}

// recurs stands before what is made from a pass before.
const recurs = "↻ "

// Text draws the diagram in letters, as wide as it has to be.
func (d *Diagram) Text(color bool) (string, error) {
	d = d.onward()
	cells, layers, err := d.cells()
	if err != nil {
		return "", err
	}
	g := &grid{paint: map[[2]int]string{}}
	x := 0
	for i, layer := range layers {
		width := 0
		for _, c := range layer {
			if c.box >= 0 {
				b := d.Boxes[c.box]
				width = max(width, columns(b.Text)+4, columns(b.Value)+2, columns(b.Back)+2, columns(b.locals())+2)
			}
		}
		for _, c := range layer {
			d.drawCell(g, c, x, width)
		}
		x += width
		if i+1 < len(layers) {
			x = d.drawWires(g, layer, cells, x)
		}
	}
	return g.String(color), nil
}

func (g *grid) String(color bool) string {
	p := &page{color: color}
	for y, l := range g.cells {
		var b strings.Builder
		for x, r := range l {
			if c := g.paint[[2]int{y, x}]; c != "" {
				b.WriteString(p.paint(c, string(r)))
			} else {
				b.WriteRune(r)
			}
		}
		p.line(b.String())
	}
	return p.String()
}

// rowHeight is that of a value, a box, what comes back, the local gradients
// where there are some, and nothing.
func (d *Diagram) rowHeight() int {
	return 4 + b2i(slices.ContainsFunc(d.Boxes, func(b *Box) bool { return len(b.Locals) > 0 }))
}

// locals are the local gradients of a box on one line.
func (b *Box) locals() string {
	var s []string
	for _, l := range b.Locals {
		s = append(s, l.Text)
	}
	if s == nil {
		return ""
	}
	return "∂ " + strings.Join(s, ", ")
}

func (d *Diagram) drawCell(g *grid, c *cell, x, width int) {
	y := c.row*d.rowHeight() + 1
	if c.box < 0 {
		for i := range width {
			g.line(y, x+i, left|right)
		}
		return
	}
	b := d.Boxes[c.box]
	w := columns(b.Text) + 4
	at := x + (width-w)/2
	for i := x; i < at && c.fed; i++ {
		g.line(y, i, left|right)
	}
	open, close := "[ ", " ]"
	if b.Kind == "leaf" || b.Kind == "param" {
		open, close = "  ", "  "
	}
	g.write(y, at, open+b.Text+close, "")
	if b.Kind == "leaf" || b.Kind == "param" {
		g.line(y, at+w-1, left|right)
	}
	for i := at + w; i < x+width && len(c.next) > 0; i++ {
		g.line(y, i, left|right)
	}
	g.write(y-1, x+(width-columns(b.Value))/2, b.Value, green)
	g.write(y+1, x+(width-columns(b.Back))/2, b.Back, red)
	g.write(y+2, x+(width-columns(b.locals()))/2, b.locals(), blue)
}

// drawWires draws the wires from one layer to the next from column x on, and
// returns where that begins. Every wire that changes its row has a column of
// its own to do so.
func (d *Diagram) drawWires(g *grid, layer []*cell, cells []*cell, x int) int {
	type wire struct {
		from, to int // rows
	}
	var wires []wire
	for _, c := range layer {
		for _, n := range c.next {
			wires = append(wires, wire{c.row, cells[n].row})
		}
	}
	slices.SortStableFunc(wires, func(a, b wire) int {
		return cmp.Or(cmp.Compare(sign(a.from-a.to), sign(b.from-b.to)), cmp.Compare(sign(a.to-a.from)*a.from, sign(b.to-b.from)*b.from))
	})
	// What leaves a row does so before something else comes to it: else that
	// would seem to go on along with it.
	for i := range wires {
		first := slices.IndexFunc(wires[i:], func(w wire) bool {
			return !slices.ContainsFunc(wires[i:], func(o wire) bool { return o.from == w.to && o.to != o.from })
		})
		if first > 0 { // -1: they go round in a circle
			w := wires[i+first]
			wires = slices.Insert(slices.Delete(wires, i+first, i+first+1), i, w)
		}
	}
	turns := 0
	for _, w := range wires {
		turns += b2i(w.from != w.to)
	}
	width := 2*turns + 2
	k := 0
	for _, w := range wires {
		y, to := w.from*d.rowHeight()+1, w.to*d.rowHeight()+1
		turn := x + width
		if w.from != w.to {
			turn = x + 1 + 2*k
			k++
		}
		for i := x; i < turn; i++ {
			g.line(y, i, left|right)
		}
		if w.from != w.to {
			dir, back := down, up
			if to < y {
				dir, back = up, down
			}
			g.line(y, turn, left|dir)
			for v := min(y, to) + 1; v < max(y, to); v++ {
				g.line(v, turn, up|down)
			}
			g.line(to, turn, right|back)
			for i := turn + 1; i < x+width; i++ {
				g.line(to, i, left|right)
			}
		}
	}
	return x + width
}

func sign(n int) int { return b2i(n > 0) - b2i(n < 0) }

// cells puts the boxes into layers, with a place in every layer that a wire
// passes, and rows as Graphviz orders them.
func (d *Diagram) cells() ([]*cell, [][]*cell, error) {
	depth := d.depths()
	var cells []*cell
	for i := range d.Boxes {
		cells = append(cells, &cell{box: i, layer: depth[i]})
	}
	for _, a := range d.Lines {
		from := a.From
		for l := depth[a.From] + 1; l < depth[a.To]; l++ {
			cells = append(cells, &cell{box: -1, layer: l})
			n := len(cells) - 1
			cells[from].next = append(cells[from].next, n)
			from = n
		}
		cells[from].next = append(cells[from].next, a.To)
		cells[a.To].fed = true
	}
	g := &layout.Graph{}
	for _, c := range cells {
		g.Nodes = append(g.Nodes, &layout.Node{W: 20, H: 20, Rank: "l" + string(rune('0'+c.layer))})
	}
	for i, c := range cells {
		for _, n := range c.next {
			g.Edges = append(g.Edges, &layout.Edge{From: i, To: n})
		}
	}
	if err := layout.Place(g); err != nil {
		return nil, nil, err
	}
	var layers [][]*cell
	for i, c := range cells {
		c.y = g.Nodes[i].Y
		for len(layers) <= c.layer {
			layers = append(layers, nil)
		}
		layers[c.layer] = append(layers[c.layer], c)
	}
	rows(layers)
	return cells, layers, nil
}

// depths is the number of each box's layer: the longest way to it. What only
// one box reads stands right before it.
func (d *Diagram) depths() []int {
	depth := make([]int, len(d.Boxes))
	for range d.Boxes {
		for _, a := range d.Lines {
			depth[a.To] = max(depth[a.To], depth[a.From]+1)
		}
	}
	nearest := map[int]int{}
	fed := map[int]bool{}
	for _, a := range d.Lines {
		fed[a.To] = true
		if n, ok := nearest[a.From]; !ok || depth[a.To] < n {
			nearest[a.From] = depth[a.To]
		}
	}
	for i := range depth {
		if n, ok := nearest[i]; ok && !fed[i] {
			depth[i] = n - 1
		}
	}
	return depth
}

// rows gives the cells of each layer rows of their own, near to where
// Graphviz puts them.
func rows(layers [][]*cell) {
	var ys []float64
	for _, l := range layers {
		slices.SortStableFunc(l, func(a, b *cell) int { return cmp.Compare(a.y, b.y) })
		for _, c := range l {
			ys = append(ys, c.y)
		}
	}
	slices.Sort(ys)
	ys = slices.CompactFunc(ys, func(a, b float64) bool { return b-a < 15 })
	for _, l := range layers {
		next := 0
		for _, c := range l {
			k, _ := slices.BinarySearch(ys, c.y-14)
			c.row = max(next, k)
			next = c.row + 1
		}
	}
	// Rows that nothing stands in go.
	used := map[int]bool{}
	for _, l := range layers {
		for _, c := range l {
			used[c.row] = true
		}
	}
	at := map[int]int{}
	n := 0
	for r := range len(ys) + 64 {
		if used[r] {
			at[r] = n
			n++
		}
	}
	for _, l := range layers {
		for _, c := range l {
			c.row = at[c.row]
		}
	}
}
