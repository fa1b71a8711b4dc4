package parser

import "slices"

// A cell is a piece that may stand in a column with cells of other lines. The
// column is that of its anchor, which is the piece itself, or what comes after
// it where it is the minus of an element of a matrix.
type cell struct {
	line  int // of formatter.lines
	piece int
	minus int
}

// A column is told from others by what its cells are: kind and ordinal.
type columnKey struct{ kind, n int }

const (
	typeColumn = iota
	assignColumn
	elementColumn
	commentColumn
)

// align straightens columns. Lines that follow each other at the same level
// are a run; in a run, cells of one kind that the writer put in one column, at
// least one of them with more than one blank before it, get a column again.
func (w *formatter) align() {
	pos := make([]cursor, len(w.lines))
	for i, l := range w.lines {
		pos[i] = cursor{l.from, 0}
	}
	for from := 0; from < len(w.lines); {
		to := from + 1
		for to < len(w.lines) && w.lines[to].indent == w.lines[from].indent && w.pieces[w.lines[to].from].breaks < 2 {
			to++
		}
		w.alignRun(from, to, pos)
		from = to
	}
}

func (w *formatter) alignRun(from, to int, pos []cursor) {
	columns := map[columnKey][]cell{}
	for i := from; i < to; i++ {
		w.cells(i, columns)
	}
	keys := make([]columnKey, 0, len(columns))
	for k := range columns {
		keys = append(keys, k)
	}
	// From left to right, since a cell that moves takes along what follows.
	slices.SortFunc(keys, func(a, b columnKey) int {
		if a.kind != b.kind {
			return a.kind - b.kind
		}
		return a.n - b.n
	})
	for _, k := range keys {
		groups := map[int][]cell{}
		var order []int
		for _, c := range columns[k] {
			col, ok := w.written(c)
			if !ok {
				continue
			}
			if groups[col] == nil {
				order = append(order, col)
			}
			groups[col] = append(groups[col], c)
		}
		for _, col := range order {
			w.straighten(k, groups[col], col, pos)
		}
	}
}

// written is the column in which the writer put the anchor of c, counted from
// the start of the line's text.
func (w *formatter) written(c cell) (col int, ok bool) {
	x, first := &w.pieces[c.piece], &w.pieces[w.lines[c.line].from]
	return x.col + c.minus - first.col, x.line == first.line
}

// straighten gives the cells of a group the first column that has room for
// all. A comment stays where it was if it can.
func (w *formatter) straighten(k columnKey, group []cell, col int, pos []cursor) {
	if k.kind != commentColumn && !slices.ContainsFunc(group, func(c cell) bool { return w.pieces[c.piece].wide }) {
		return
	}
	target := 0
	if k.kind == commentColumn {
		target = col
	}
	for _, c := range group {
		target = max(target, pos[c.line].to(w, c.piece)+c.minus)
	}
	for _, c := range group {
		w.pieces[c.piece].gap += target - c.minus - pos[c.line].to(w, c.piece)
	}
}

// A cursor walks along a line and knows the column it has come to.
type cursor struct{ piece, col int }

// to is the column of a piece at or after the cursor.
func (c *cursor) to(w *formatter, piece int) int {
	for ; c.piece < piece; c.piece++ {
		x := &w.pieces[c.piece]
		c.col += x.gap + textWidth(x.text)
	}
	return c.col + w.pieces[piece].gap
}

// cells adds the cells of a line to the columns.
func (w *formatter) cells(i int, columns map[columnKey][]cell) {
	add := func(kind, n, piece, minus int) {
		k := columnKey{kind, n}
		columns[k] = append(columns[k], cell{i, piece, minus})
	}
	l := w.lines[i]
	first := w.pieces[l.from].tok
	row := first != nil && first.role == listOpen
	starts := first != nil && first.start // what is bound deeper in the line does not count
	depth, elements := 0, 0
	for j := l.from; j < l.to; j++ {
		x := &w.pieces[j]
		switch {
		case x.tok == nil:
			if j > l.from {
				add(commentColumn, 0, j, 0)
			}
			continue
		case j == l.from:
		case starts && depth == 0 && x.tok.role == ownType:
			add(typeColumn, 0, j, 0)
		case starts && depth == 0 && x.tok.role == assign:
			add(assignColumn, 0, j, 0)
		case row && depth == 1 && w.pieces[j-1].is(","):
			minus := 0
			if x.is("-") {
				minus = 1
			}
			add(elementColumn, elements, j, minus)
			elements++
		}
		if x.opens() {
			depth++
		} else if x.closes() {
			depth--
		}
	}
}
