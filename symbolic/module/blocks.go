package module

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// A Jacobian by example is that of a func whose results have a row for each of
// many examples, as the residuals of observations have. Row i depends on a few
// rows of the arguments: on its own, x[i], on a neighbour, x[i + 1], or on one that
// an index says, x[at[i]]. What it does not depend on is zero and is left out: for
// each such read there is one block, and beside it the number of the row.

// A rowRead is one way in which examples read rows of an argument.
type rowRead struct {
	arg   int
	point *symbolic.Node   // the rows that are read, or the argument itself
	lead  int              // the axes of point that are no dims of a row
	row   *symbolic.Node   // their numbers; nil: those of the examples, or all
	some  *symbolic.Map    // where there is such a row; nil: everywhere
	given []*symbolic.Node // operands of some
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
	number := d.firstNumbers(of)
	taken := names{} // by blocks and their rows
	for i, r := range reads {
		name := d.d.Wrt[r.arg].Name
		if of[r.arg] > 1 {
			name += fmt.Sprint(number[r.arg])
			number[r.arg]++
		}
		some := false
		row := ""
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
			block = taken.pick(block)
			nameGradient(d.g, n, block)
			d.p.Results = append(d.p.Results, &Result{ExampleBlock, block, n})
			d.p.Blocks = append(d.p.Blocks, Block{parts[k].of, d.d.Wrt[r.arg], block, ""})
			if r.row != nil {
				if row == "" {
					row = taken.pick(name + "Row")
				}
				d.p.Blocks[len(d.p.Blocks)-1].Row = row
			}
		}
		if some && r.row != nil {
			d.p.Results = append(d.p.Results, &Result{ExampleBlock, row, r.row})
		}
	}
}

// firstNumbers says for each argument from where on its reads are numbered: from 0,
// unless another argument has such a name.
func (d *derivation) firstNumbers(of map[int]int) []int {
	out := make([]int, len(d.xs))
	taken := func(name string) bool {
		return slices.ContainsFunc(d.d.Wrt, func(a *Arg) bool { return strings.EqualFold(a.Name, name) })
	}
	for arg, x := range d.d.Wrt {
		for k := 0; k < of[arg]; k++ {
			if taken(x.Name + fmt.Sprint(out[arg]+k)) {
				out[arg], k = out[arg]+k+1, -1
			}
		}
	}
	return out
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

// A use is a place where examples read rows of an argument.
type use struct {
	*rowRead
	n   *symbolic.Node  // the access
	col []symbolic.Poly // which of several rows it reads, where they are read as one
}

// rowReads finds how the rows of arguments are read, and gives results of which
// each read is a point.
func (d *derivation) rowReads(ys []*symbolic.Node) ([]*rowRead, []*symbolic.Node) {
	count := ys[0].Shape[0]
	var uses []*use
	direct := map[int]bool{}
	for _, n := range symbolic.Reachable(ys...) {
		for k, a := range n.Args {
			arg := slices.Index(d.xs, a)
			if arg < 0 {
				continue
			}
			if k == 0 && n.Op == symbolic.OpAccess && len(a.Shape) > 0 && len(n.Shape) > 0 && n.Shape[0].Equal(count) {
				if r := d.rowRead(n, arg); r != nil {
					uses = append(uses, &use{rowRead: r, n: n})
					continue
				}
			}
			direct[arg] = true
		}
	}
	joinColumns(uses, count)
	var reads []*rowRead
	by := map[*symbolic.Node]*symbolic.Node{}
	for _, u := range uses {
		if i := slices.IndexFunc(reads, u.same); i >= 0 {
			u.rowRead = reads[i]
		} else {
			u.point = d.pointOf(u.rowRead)
			reads = append(reads, u.rowRead)
		}
		m := u.n.Attr.(*symbolic.Map)
		of := &symbolic.Map{Shape: m.Shape, Guard: m.Guard}
		for a := range u.lead - len(u.col) {
			of.Index = append(of.Index, symbolic.Axis(a))
		}
		of.Index = append(append(of.Index, u.col...), m.Index[1:]...)
		by[u.n] = d.g.Access(u.point, of, u.n.Args[1:]...)
	}
	read := map[int]bool{}
	for _, r := range reads {
		read[r.arg] = true
	}
	for arg, x := range d.xs {
		if direct[arg] || slices.Contains(ys, x) {
			r := &rowRead{arg: arg, point: x}
			if read[arg] && x.Shape[0].Equal(count) { // its own row is one of several
				r.row = d.g.Iota(symbolic.Shape{count}, 0)
			}
			reads = append(reads, r)
		}
	}
	slices.SortStableFunc(reads, func(a, b *rowRead) int { return a.arg - b.arg })
	return reads, d.g.Substitute(ys, by)
}

// same reports whether both read the same rows.
func (r *rowRead) same(o *rowRead) bool { return o.arg == r.arg && o.row == r.row }

// rowRead says which rows of an argument an access reads; nil where that are not
// others for each example, or where it is the example's own row.
func (d *derivation) rowRead(n *symbolic.Node, arg int) *rowRead {
	m := n.Attr.(*symbolic.Map)
	at := m.Index[0]
	r := &rowRead{arg: arg}
	for a := range n.Shape {
		if indexVaries(at, n, a) {
			r.lead = a + 1
		}
	}
	if r.lead == 0 || !indexVaries(at, n, 0) || at.Equal(symbolic.Axis(0)) && n.Args[0].Shape[0].Equal(n.Shape[0]) {
		return nil
	}
	// Numbers of rows, and whether there is one, are the same for all elements along
	// the other axes.
	front := &symbolic.Map{Shape: slices.Clone(n.Shape[:r.lead])}
	for a := range n.Shape {
		if a < r.lead {
			front.Index = append(front.Index, symbolic.Axis(a))
		} else {
			front.Index = append(front.Index, symbolic.Int(0))
		}
	}
	within := func(p symbolic.Poly) bool {
		for a := r.lead; a < len(n.Shape); a++ {
			if indexVaries(p, n, a) {
				return false
			}
		}
		return true
	}
	var operands []*symbolic.Node
	for _, o := range n.Args[1:] {
		operands = append(operands, d.g.Access(o, front))
	}
	some := &symbolic.Map{Shape: front.Shape, Index: front.Index[:r.lead]}
	for _, c := range m.Guard {
		switch {
		case within(c.E):
			some.Guard = append(some.Guard, c)
		case slices.ContainsFunc(c.E.Syms(), func(s string) bool { return slices.Contains(at.Syms(), s) }):
			return nil // whether there is a row is not known of the row alone
		}
	}
	row, ok := d.g.Numbers(at, front.Shape, operands)
	if !ok {
		return nil
	}
	if len(some.Guard) > 0 {
		row = d.g.Access(row, some, operands...)
		r.some, r.given = some, operands
	}
	r.row = d.g.Rewrite(symbolic.Simplify, row)[0]
	return r
}

// joinColumns makes one read of those by T[i, 0], T[i, 1], and so on, where all
// columns of T are read, or all at once.
func joinColumns(uses []*use, count symbolic.Poly) {
	type table struct {
		arg int
		of  *symbolic.Node
	}
	columns := map[table]map[int]bool{}
	column := func(u *use) (t table, c int, ok bool) {
		if u.lead != 1 || u.some != nil || u.row.Op != symbolic.OpAccess || len(u.row.Args) > 1 {
			return t, 0, false
		}
		m, of := u.row.Attr.(*symbolic.Map), u.row.Args[0]
		if len(of.Shape) != 2 || len(m.Guard) > 0 || !of.Shape[0].Equal(count) || !m.Index[0].Equal(symbolic.Axis(0)) {
			return t, 0, false
		}
		c, ok = m.Index[1].Const()
		return table{u.arg, of}, c, ok
	}
	for _, u := range uses {
		if t, c, ok := column(u); ok {
			if columns[t] == nil {
				columns[t] = map[int]bool{}
			}
			columns[t][c] = true
		}
	}
	for _, u := range uses {
		t, c, ok := column(u)
		if !ok {
			continue
		}
		whole := &rowRead{arg: u.arg, lead: 2, row: t.of}
		if t.of.Shape[1].Is(len(columns[t])) || slices.ContainsFunc(uses, func(o *use) bool { return o.lead == 2 && whole.same(o.rowRead) }) {
			u.rowRead, u.col = whole, []symbolic.Poly{symbolic.Int(c)}
		}
	}
}

// pointOf makes a point of the rows that are read.
func (d *derivation) pointOf(r *rowRead) *symbolic.Node {
	x := d.xs[r.arg]
	shape := append(slices.Clone(r.row.Shape), x.Shape[1:]...)
	rows := &symbolic.Map{Shape: shape, Index: []symbolic.Poly{symbolic.Operand(0)}}
	for a := r.lead; a < len(shape); a++ {
		rows.Index = append(rows.Index, symbolic.Axis(a))
	}
	operands := []*symbolic.Node{r.row}
	if r.some != nil {
		operands = append(operands, r.given...)
		for _, c := range r.some.Guard {
			c.E = c.E.Subst(func(s string) (symbolic.Poly, bool) {
				o, ok := symbolic.OperandOf(s)
				return symbolic.Operand(o + 1), ok
			})
			rows.Guard = append(rows.Guard, c)
		}
	}
	for i, o := range operands {
		operands[i] = d.g.Broadcast(o, shape, numbers(0, r.lead)...)
	}
	return d.g.Mark(d.g.Access(x, rows, operands...))
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
