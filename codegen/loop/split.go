package loop

import (
	"maps"
	"math/bits"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// A Split is how the work of a kernel is cut into parts that are independent of
// each other: stretches of Size iterations along one axis. It follows from
// shapes alone, so that results do not depend on who does which part. What
// parts return is combined in order.
type Split struct {
	Extent symbolic.Poly // of the axis
	Size   int
	Rows   bool          // the axis is the rows of a contraction; else its columns, or a loop's
	Work   symbolic.Poly // operations in all, about; those of a product count for a part of one

	from, count *Var
	v           *Var // of the axis
}

// Operations that a part has, about: long enough that handing it over does not
// count, short enough to be stopped for the garbage collector in good time.
var (
	partOps     = 1 << 18 // of elementwise work
	partProduct = 1 << 23 // of matrix products
)

// SmallParts makes parts as short as they can be, for tests of what is done in parts, and
// returns what undoes that.
func SmallParts() (undo func()) {
	ops, product := partOps, partProduct
	partOps, partProduct = 1, 1
	return func() { partOps, partProduct = ops, product }
}

// SplitOf returns how k can be cut, or nil where it cannot be or is too small.
// A contraction is cut by its rows where byRows says so.
func SplitOf(k *Kernel, byRows bool) *Split {
	s := findSplit(k, byRows)
	if s == nil {
		return nil
	}
	if n, ok := s.Extent.Const(); ok && n <= s.Size {
		return nil
	}
	return s
}

func findSplit(k *Kernel, byRows bool) *Split {
	s := k.splitLoop()
	if c := k.Contract(); c != nil {
		s = k.splitContract(c, byRows)
	}
	if s == nil {
		return nil
	}
	taken := map[string]bool{}
	for _, p := range k.Params {
		taken[p.Name()] = true
	}
	Walk(k.Body, func(st Stmt) {
		for _, v := range declaredBy(st) {
			taken[v.Name] = true
		}
	})
	free := namer{func(n string) bool { return taken[n] }, map[string]int{}}
	s.from = &Var{Name: free.name("first"), Type: symbolic.Integer}
	s.count = &Var{Name: free.name("count"), Type: symbolic.Integer}
	return s
}

// splitLoop cuts the outermost loop with independent iterations, of those that
// are all that is in the loop around them.
func (k *Kernel) splitLoop() *Split {
	inner := map[string]bool{}
	for list := withoutNotes(k.Body[len(k.Results):]); len(list) == 1; {
		l, ok := list[0].(*Loop)
		if !ok || slices.ContainsFunc(l.Extent.Syms(), func(s string) bool { return inner[s] }) {
			return nil
		}
		inner[l.Var.Name] = true
		if k.independent(l.Var) {
			ops := max(1, countOps(l.Body))
			return &Split{Extent: l.Extent, Size: powerOfTwo(partOps / ops), Work: l.Extent.Scale(int64(ops), 1), v: l.Var}
		}
		list = l.Body
	}
	return nil
}

// Round makes the size of parts a multiple of step.
func (s *Split) Round(step int) { s.Size = roundUp(s.Size, step) }

// powerOfTwo is the greatest that is not above n, and at least 1.
func powerOfTwo(n int) int { return 1 << max(0, bits.Len(uint(max(n, 1)))-1) }

func roundUp(n, step int) int { return (n + step - 1) / step * step }

// splitContract cuts the columns, or the rows.
func (k *Kernel) splitContract(c *Contract, byRows bool) *Split {
	const step = 16
	s := &Split{Extent: c.N, v: c.Col, Rows: byRows, Work: c.M.Mul(c.N).Mul(c.K).Scale(int64(2*partOps), int64(partProduct))}
	other := c.M
	if byRows {
		s.Extent, s.v, other = c.M, c.Row, c.N
	}
	if !k.independent(s.v) {
		return nil
	}
	each := 2 * min(guess(other), 1<<20) * min(guess(c.K), 1<<20)
	s.Size = roundUp(max(1, partProduct/max(1, each)), step)
	return s
}

// Part returns the kernel that does a stretch: it begins at the first of two
// more parameters, and has as many iterations as the second says.
func (k *Kernel) Part(s *Split) *Kernel {
	part := &Kernel{Name: k.Name, Results: k.Results}
	part.Params = append([]*Param{{Int: s.from}, {Int: s.count}}, k.Params...)
	from, count := symbolic.Sym(s.from.Name), symbolic.Sym(s.count.Name)
	shifted := func(list []Stmt) []Stmt { return Shift(list, s.v, from) }
	var cut func(list []Stmt) []Stmt
	cut = func(list []Stmt) (out []Stmt) {
		for _, st := range list {
			switch t := st.(type) {
			case *Loop:
				if t.Var == s.v {
					st = &Loop{Var: t.Var, Extent: count, Body: shifted(t.Body)}
				} else {
					st = &Loop{Var: t.Var, Extent: t.Extent, Body: cut(t.Body)}
				}
			case *Contract:
				c := *t
				c.Within = t.within(from, s.Rows)
				if s.Rows {
					c.M = count
					c.Out.Base, c.A.Base = c.Out.Base.Add(from.Mul(c.Out.M)), c.A.Base.Add(from.Mul(c.A.M))
					c.Epilogue = shifted(t.Epilogue)
				} else {
					c.N = count
					c.Out.Base, c.B.Base = c.Out.Base.Add(from.Mul(c.Out.N)), c.B.Base.Add(from.Mul(c.B.N))
					c.Epilogue = shifted(t.Epilogue)
				}
				st = &c
			}
			out = append(out, st)
		}
		return out
	}
	part.Body = cut(k.Body)
	return part
}

// within are the bounds of rows, or columns, from one on.
func (c *Contract) within(from symbolic.Poly, rows bool) []Bound {
	out := slices.Clone(c.Within)
	for i, b := range out {
		by := b.N
		if rows {
			by = b.M
		}
		out[i].Const = b.Const.Add(from.Scale(int64(by), 1))
	}
	return out
}

// independent reports whether the iterations of v, a loop or an axis of a
// contraction, are: no two write to one place, and none reads what another
// writes.
func (k *Kernel) independent(v *Var) bool {
	c := &clashes{v: v.Name, stored: map[*Buffer][]symbolic.Poly{}}
	c.body(k.Body, map[string]*symbolic.Poly{})
	return !c.found && !c.rereads(k.Body)
}

// A clashes looks for places that two iterations have to do with.
type clashes struct {
	v      string
	stored map[*Buffer][]symbolic.Poly
	found  bool
}

// body notes what statements store; inner are the variables declared inside,
// with the extents of those that count.
func (c *clashes) body(list []Stmt, inner map[string]*symbolic.Poly) {
	inner = maps.Clone(inner)
	for _, s := range list {
		switch s := s.(type) {
		case *Loop:
			inner[s.Var.Name] = &s.Extent
			c.body(s.Body, inner)
			delete(inner, s.Var.Name)
		case *Contract:
			in := maps.Clone(inner)
			in[s.Row.Name], in[s.Col.Name] = &s.M, &s.N
			c.store(s.Out.Buf, s.Out.At(symbolic.Sym(s.Row.Name), symbolic.Sym(s.Col.Name), symbolic.Poly{}), in)
			c.body(s.Epilogue, in)
		case *Let:
			inner[s.Var.Name] = nil
		case *Acc:
			inner[s.Var.Name] = nil
		case *Store:
			c.store(s.Buf, s.Index, inner)
		case *Fill:
			in := maps.Clone(inner)
			in["~fill"] = &s.Len
			c.store(s.Buf, s.From.Add(symbolic.Sym("~fill")), in)
		case *If:
			c.body(s.Then, inner)
			c.body(s.Else, inner)
		case *Choose:
			c.body(s.Then, inner)
			c.body(s.Else, inner)
		}
	}
}

func (c *clashes) store(b *Buffer, index symbolic.Poly, inner map[string]*symbolic.Poly) {
	c.stored[b] = append(c.stored[b], index)
	c.found = c.found || !apart(index, c.v, inner)
}

// rereads reports whether anything that is stored is read at another place.
func (c *clashes) rereads(list []Stmt) (found bool) {
	Walk(list, func(s Stmt) {
		if p, is := s.(*Contract); is {
			found = found || len(c.stored[p.A.Buf]) > 0 || len(c.stored[p.B.Buf]) > 0
		}
		for _, x := range exprsOf(s) {
			eachLoad(x, func(b *Buffer, index symbolic.Poly) {
				for _, at := range c.stored[b] {
					found = found || !at.Equal(index)
				}
			})
		}
	})
	return found
}

// apart reports that places of one iteration of v are surely not those of
// another: a step is longer than what some of the other variables reach, and
// the steps of those left are longer than what v reaches.
func apart(index symbolic.Poly, v string, inner map[string]*symbolic.Poly) bool {
	changes := func(p symbolic.Poly) bool {
		return slices.ContainsFunc(p.Syms(), func(s string) bool { _, is := inner[s]; return is })
	}
	step, rest, ok := linearIn(index, v)
	if !ok || step.Is(0) || changes(step) {
		return false
	}
	room := step // that is left, given that sizes are at least 1
	for _, s := range rest.Syms() {
		extent, is := inner[s]
		if !is {
			continue // the same in all iterations
		}
		f, _, ok := linearIn(rest, s)
		if !ok || extent == nil || changes(f) || changes(*extent) || !allSigns(f, 1) {
			return false
		}
		if own := inner[v]; own != nil && allSigns(f.Sub(step.Mul(*own)), 1) {
			continue
		}
		room = room.Sub(f.Mul(extent.Sub(symbolic.Int(1))))
	}
	n, fixed := room.Const()
	return fixed && n >= 1 || !fixed && allSigns(room, 1)
}

// exprsOf returns the expressions that stand in s itself.
func exprsOf(s Stmt) []Expr {
	switch s := s.(type) {
	case *Let:
		return []Expr{s.Value}
	case *Update:
		return []Expr{s.Value}
	case *Pick:
		return []Expr{s.Value}
	case *Store:
		return []Expr{s.Value}
	case *Choose:
		return []Expr{s.Cond}
	}
	return nil
}

// eachLoad calls f for all loads in x.
func eachLoad(x Expr, f func(*Buffer, symbolic.Poly)) {
	switch x := x.(type) {
	case *Load:
		f(x.Buf, x.Index)
	case *Guarded:
		eachLoad(x.X, f)
	case *Apply:
		for _, a := range x.Args {
			eachLoad(a, f)
		}
	}
}

// countOps is about how many operations statements are.
func countOps(list []Stmt) int {
	ops := 0
	for _, s := range list {
		n := 1
		for _, x := range exprsOf(s) {
			n += applied(x)
		}
		switch s := s.(type) {
		case *Note:
			n = 0
		case *Loop:
			n = min(guess(s.Extent), 1<<20) * countOps(s.Body)
		case *If:
			n = countOps(s.Then) + countOps(s.Else)
		case *Choose:
			n += countOps(s.Then) + countOps(s.Else)
		case *Fill:
			n = min(guess(s.Len), 1<<20)
		}
		ops = min(ops+n, 1<<30)
	}
	return ops
}

func applied(x Expr) int {
	switch x := x.(type) {
	case *Guarded:
		return applied(x.X)
	case *Apply:
		n := 1
		if !isArithmetic(x.Op) {
			n = 8
		}
		for _, a := range x.Args {
			n += applied(a)
		}
		return n
	}
	return 0
}

// isArithmetic reports that an operator is an instruction or two.
func isArithmetic(op *symbolic.OpSpec) bool { return op.Prec > 0 || op.Go == "max" || op.Go == "min" }
