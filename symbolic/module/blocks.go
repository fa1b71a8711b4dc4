package module

import (
	"fmt"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// A Jacobian by example is that of a func whose results have a row for each of
// many examples, as the residuals of observations have. Row i depends on a few
// rows of the arguments: on its own, x[i], or on one that an index says,
// x[at[i]]. What it does not depend on is zero and is left out: for each such
// read there is one block, and beside it the number of the row.

// A rowRead is one way in which examples read rows of an argument.
type rowRead struct {
	arg   int
	point *symbolic.Node // the rows that are read, or the argument itself
	lead  int            // the axes of point that are no dims of a row
	row   *symbolic.Node // their numbers; nil: those of the examples
}

// blocks makes the derivative.
func (d *derivation) blocks() {
	parts := d.parts()
	for _, y := range parts {
		if len(y.n.Shape) == 0 || !y.n.Shape[0].Equal(parts[0].n.Shape[0]) {
			d.errs.Addf(d.d.Span, "%s has no row for each example: its results must have one first dim", d.f.Name)
			return
		}
	}
	ys := make([]*symbolic.Node, len(parts))
	for i, y := range parts {
		ys[i] = y.n
	}
	reads, ys := d.rowReads(ys)
	points := make([]*symbolic.Node, len(reads))
	of := map[int]int{}
	for i, r := range reads {
		points[i] = r.point
		of[r.arg]++
	}
	numbered := make([]int, len(d.xs))
	for i, r := range reads {
		name := d.d.Wrt[r.arg].Name
		if of[r.arg] > 1 {
			name += fmt.Sprint(numbered[r.arg])
			numbered[r.arg]++
		}
		some := false
		for k, y := range ys {
			n := d.block(y, points, i, r)
			if n == nil {
				continue
			}
			some = true
			block := name
			if len(parts) > 1 {
				block = parts[k].name + capital(name)
			}
			nameGradient(d.g, n, block)
			d.p.Results = append(d.p.Results, &Result{ExampleBlock, block, n})
			d.p.Blocks = append(d.p.Blocks, Block{parts[k].of, d.d.Wrt[r.arg], block, ""})
			if r.row != nil {
				d.p.Blocks[len(d.p.Blocks)-1].Row = name + "Row"
			}
		}
		if some && r.row != nil {
			d.p.Results = append(d.p.Results, &Result{ExampleBlock, name + "Row", r.row})
		}
	}
}

// block is ∂y/∂(the rows that r reads), row by row; nil where it is zero.
func (d *derivation) block(y *symbolic.Node, points []*symbolic.Node, i int, r *rowRead) *symbolic.Node {
	x := r.point
	own := r.lead > 0 || len(x.Shape) > 0 && x.Shape[0].Equal(y.Shape[0])
	forward := symbolic.ForwardIsCheaper(y.Shape[1:], x.Shape[min(1, len(x.Shape)):])
	if d.d.Mode != "" {
		forward = d.d.Mode == "forward"
	}
	from, u := y, d.g.Open(y)
	var open []*symbolic.Node
	if forward {
		from, u = x, d.g.Open(x)
		dxs := make([]*symbolic.Node, len(points))
		dxs[i] = u
		open = d.g.JVP([]*symbolic.Node{y}, points, dxs)
	} else {
		open = d.g.VJP([]*symbolic.Node{y}, []*symbolic.Node{u}, points)[i : i+1]
	}
	if open[0] == nil {
		return nil
	}
	swept, err := d.g.Sweep(open, u, d.g.Like(1, u), symbolic.Units(from.Shape, numbers(0, len(from.Shape))...))
	if err != nil {
		d.errs.Addf(d.d.Span, "not supported yet: %v", err)
		return nil
	}
	if swept[0].Zero() {
		return nil
	}
	// The first axes of both are the examples, and one axis of the block.
	rows, shared := len(y.Shape), 0
	shape := slices.Clone(y.Shape)
	if own {
		if !swept[0].Along(0, 0) {
			d.errs.Addf(d.d.Span, "a row of %s depends on more than one row of %s, so there is no Jacobian by example", d.f.Name, d.d.Wrt[r.arg].Name).
				Hintf("derive jacobian(%s) gives all of it", d.d.Wrt[r.arg].Name)
			return nil
		}
		shared = 1
	}
	shape = append(shape, x.Shape[shared:]...)
	yAt, xAt := numbers(0, rows), append(numbers(0, shared), numbers(rows, len(x.Shape)-shared)...)
	if from == y {
		return swept[0].Arrange(shape, yAt, xAt)
	}
	return swept[0].Arrange(shape, xAt, yAt)
}

// numbers are n numbers from the first on.
func numbers(first, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = first + i
	}
	return out
}

// rowReads finds how the rows of arguments are read, and gives results of which
// each read is a point.
func (d *derivation) rowReads(ys []*symbolic.Node) ([]*rowRead, []*symbolic.Node) {
	count := ys[0].Shape[0]
	by := map[*symbolic.Node]*symbolic.Node{}
	var reads []*rowRead
	direct := map[int]bool{}
	for _, n := range symbolic.Reachable(ys...) {
		for k, a := range n.Args {
			arg := slices.Index(d.xs, a)
			if arg < 0 {
				continue
			}
			lead := 0
			if k == 0 && n.Op == symbolic.OpAccess && len(n.Shape) > 0 && n.Shape[0].Equal(count) {
				lead = leadOf(n)
			}
			if lead == 0 {
				direct[arg] = true
				continue
			}
			r := d.rowRead(n, arg, lead)
			if i := slices.IndexFunc(reads, func(o *rowRead) bool { return o.arg == arg && o.row == r.row }); i >= 0 {
				r = reads[i]
			} else {
				reads = append(reads, r)
			}
			m := n.Attr.(*symbolic.Map)
			of := &symbolic.Map{Shape: m.Shape, Guard: m.Guard}
			for a := range lead {
				of.Index = append(of.Index, symbolic.Axis(a))
			}
			of.Index = append(of.Index, m.Index[1:]...)
			by[n] = d.g.Access(r.point, of, n.Args[1:]...)
		}
	}
	for arg, x := range d.xs {
		if direct[arg] || slices.Contains(ys, x) {
			reads = append(reads, &rowRead{arg: arg, point: x})
		}
	}
	slices.SortStableFunc(reads, func(a, b *rowRead) int { return a.arg - b.arg })
	return reads, d.g.Substitute(ys, by)
}

// rowRead makes a point of the rows that an access reads whose first index
// varies along the first lead axes.
func (d *derivation) rowRead(n *symbolic.Node, arg, lead int) *rowRead {
	x, front := n.Args[0], slices.Clone(n.Shape[:lead])
	// The number of the row is the same for all elements along the other axes.
	at := &symbolic.Map{Shape: front}
	for a := range n.Shape {
		if a < lead {
			at.Index = append(at.Index, symbolic.Axis(a))
		} else {
			at.Index = append(at.Index, symbolic.Int(0))
		}
	}
	row := d.g.Rewrite(symbolic.Simplify, d.g.Access(rowOperand(n), at))[0]
	shape := append(slices.Clone(front), x.Shape[1:]...)
	rows := &symbolic.Map{Shape: shape, Index: []symbolic.Poly{symbolic.Operand(0)}}
	for a := lead; a < len(shape); a++ {
		rows.Index = append(rows.Index, symbolic.Axis(a))
	}
	point := d.g.Mark(d.g.Access(x, rows, d.g.Broadcast(row, shape, numbers(0, lead)...)))
	return &rowRead{arg: arg, point: point, lead: lead, row: row}
}

// leadOf is how many of the first axes of an access say which row it reads; 0
// where others do, or where no data do.
func leadOf(n *symbolic.Node) int {
	row := rowOperand(n)
	if row == nil {
		return 0
	}
	lead := 0
	for a := range n.Shape {
		if varies(row, a) {
			lead = a + 1
		}
	}
	return lead
}

// rowOperand is the operand that an access has for its first index, or nil.
func rowOperand(n *symbolic.Node) *symbolic.Node {
	if m := n.Attr.(*symbolic.Map); len(m.Index) > 0 {
		s, _ := m.Index[0].AsSym()
		if o, ok := symbolic.OperandOf(s); ok {
			return n.Args[1+o]
		}
	}
	return nil
}

// indexVaries reports whether an index of an access may change along an axis.
func indexVaries(p symbolic.Poly, n *symbolic.Node, axis int) bool {
	for _, s := range p.Syms() {
		if o, ok := symbolic.OperandOf(s); ok && varies(n.Args[1+o], axis) || symbolic.Axis(axis).Equal(symbolic.Sym(s)) {
			return true
		}
	}
	return false
}

// varies reports whether a value may change along one of its axes.
func varies(n *symbolic.Node, axis int) bool {
	if _, ok := symbolic.ConstValue(n); ok {
		return false
	}
	switch {
	case n.Op == symbolic.OpIota:
		return n.Attr.(symbolic.Axes).Has(axis)
	case n.Op == symbolic.OpAccess:
		m := n.Attr.(*symbolic.Map)
		for j, p := range m.Index {
			if indexVaries(p, n, axis) && varies(n.Args[0], j) {
				return true
			}
		}
		return slices.ContainsFunc(m.Guard, func(c symbolic.Cond) bool { return indexVaries(c.E, n, axis) })
	case n.Op.Class == symbolic.Elementwise:
		return slices.ContainsFunc(n.Args, func(a *symbolic.Node) bool { return varies(a, axis) })
	}
	return true
}
