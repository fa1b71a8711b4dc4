package notation

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// A matrix is an expression over whole values, and the indices that it is a
// vector or matrix over, in order. The example is not one of them.
type matrix struct {
	*Expr
	axes []string
}

// board turns the expression of one element, at the indices want, into one of
// whole vectors and matrices.
func board(e *Expr, want []Axis, factor bool) (*Expr, bool) {
	w := &boardWriter{factor: factor, extent: map[string]symbolic.Poly{}}
	var syms []string
	for _, a := range want {
		w.extent[a.Sym] = a.Extent
		syms = append(syms, a.Sym)
	}
	m, ok := w.whole(e)
	if !ok {
		return nil, false
	}
	if len(m.axes) == 2 && len(syms) == 2 && m.axes[0] == syms[1] && m.axes[1] == syms[0] {
		m = matrix{transpose(m.Expr), syms}
	}
	if !slices.Equal(m.axes, syms) && !(len(m.axes) == 0 && m.Kind == Number) {
		return nil, false
	}
	return m.Expr, true
}

// Board turns the expression of one element, at the indices want, into one of
// whole vectors and matrices.
func Board(e *Expr, want []Axis) (*Expr, bool) { return board(e, want, true) }

type boardWriter struct {
	extent map[string]symbolic.Poly
	factor bool
}

func (w *boardWriter) whole(e *Expr) (matrix, bool) {
	switch e.Kind {
	case Number:
		return matrix{e, nil}, true
	case Count:
		if len(e.Data) > 0 || w.mentions(e.Poly) {
			return matrix{}, false
		}
		return matrix{e, nil}, true
	case Element:
		if m, ok := w.name(e); ok {
			return m, true
		}
		return w.rows(e)
	case Apply:
		return w.apply(e)
	case Big:
		return w.big(e)
	case Call:
		return w.call(e)
	case Stack:
		return w.stack(e)
	}
	return matrix{}, false
}

// stack takes a vector of numbers as a whole.
func (w *boardWriter) stack(e *Expr) (matrix, bool) {
	if len(e.Index) != 1 {
		return matrix{}, false
	}
	s, ok := e.Index[0].AsSym()
	if extent, axis := w.extent[s]; !ok || !axis || !extent.Is(len(e.Args)) {
		return matrix{}, false
	}
	out := &Expr{Kind: Stack}
	for _, a := range e.Args {
		x, ok := w.scalar(a)
		if !ok {
			return matrix{}, false
		}
		out.Args = append(out.Args, x)
	}
	return matrix{out, []string{s}}, true
}

// mentions reports whether p is over an index.
func (w *boardWriter) mentions(p symbolic.Poly) bool {
	return slices.ContainsFunc(p.Syms(), func(s string) bool { _, ok := w.extent[s]; return ok })
}

// name reads an element as part of the whole: at an index of its own for each
// dim, or at none.
func (w *boardWriter) name(e *Expr) (matrix, bool) {
	index, dims := e.Index, e.Value.Shape
	if b := e.Value.batch(); b >= 0 {
		if s, ok := index[b].AsSym(); !ok || s != example {
			return matrix{}, false
		}
		index, dims = without(index, b), without(dims, b)
	}
	var axes []string
	var offset, extent, passes []symbolic.Poly
	for len(passes) < len(index) && !w.mentions(index[len(passes)]) && plain(index[len(passes)]) &&
		(len(passes) < len(e.Value.Pass) || ofPass(index[len(passes)])) {
		passes = index[:len(passes)+1]
	}
	index, dims = index[len(passes):], dims[len(passes):]
	sliced := false
	for k, p := range index {
		at := ""
		for _, s := range p.Syms() {
			if _, ok := w.extent[s]; ok {
				if at != "" {
					return matrix{}, false
				}
				at = s
			}
		}
		if at == "" {
			continue
		}
		c, rest, ok := p.Linear(at)
		if !ok || c != 1 || slices.Contains(axes, at) || !plain(rest) {
			return matrix{}, false
		}
		axes = append(axes, at)
		offset, extent = append(offset, rest), append(extent, w.extent[at])
		sliced = sliced || !rest.Is(0) || !w.extent[at].Equal(dims[k])
	}
	switch {
	case len(axes) == 0:
		for _, d := range e.Data {
			if _, ok := w.scalar(d); !ok {
				return matrix{}, false
			}
		}
		if len(dims) == 0 {
			return matrix{&Expr{Kind: Name, Value: e.Value, At: passes}, nil}, true
		}
		return matrix{e, nil}, true
	case len(axes) < len(dims):
		return matrix{}, false
	}
	out := &Expr{Kind: Name, Value: e.Value, At: passes}
	if sliced {
		out.Offset, out.Extent = offset, extent
	}
	return matrix{out, axes}, true
}

// rows reads whole rows of a table, at whole numbers from elsewhere: L[ids].
func (w *boardWriter) rows(e *Expr) (matrix, bool) {
	if e.Value.PerExample() || len(e.Index) == 0 || len(e.Data) != 1 || !e.Index[0].Equal(symbolic.Operand(0)) {
		return matrix{}, false
	}
	at, ok := w.whole(e.Data[0])
	if !ok {
		return matrix{}, false
	}
	axes := slices.Clone(at.axes)
	for k, p := range e.Index[1:] {
		s, ok := p.AsSym()
		if extent, axis := w.extent[s]; !ok || !axis || slices.Contains(axes, s) || !extent.Equal(e.Value.Shape[k+1]) {
			return matrix{}, false
		}
		axes = append(axes, s)
	}
	return matrix{&Expr{Kind: Rows, Value: e.Value, Args: []*Expr{at.Expr}}, axes}, true
}

// plain reports whether p is over sizes only.
func plain(p symbolic.Poly) bool {
	return !slices.ContainsFunc(p.Syms(), func(s string) bool { return s[0] == '$' })
}

// scalar is e where it is over no index.
func (w *boardWriter) scalar(e *Expr) (*Expr, bool) {
	m, ok := w.whole(e)
	return m.Expr, ok && len(m.axes) == 0
}

func (w *boardWriter) apply(e *Expr) (matrix, bool) {
	if e.Op == symbolic.OpMul {
		return w.product(factors(e), nil)
	}
	if m, ok := w.oneHot(e); ok {
		return m, true
	}
	parts := make([]matrix, len(e.Args))
	var axes []string
	for i, a := range e.Args {
		m, ok := w.whole(a)
		if !ok {
			return matrix{}, false
		}
		parts[i] = m
		if len(m.axes) > len(axes) {
			axes = m.axes
		}
	}
	args := make([]*Expr, len(parts))
	for i, m := range parts {
		x, ok := fit(m, axes)
		if !ok {
			return matrix{}, false
		}
		args[i] = x
	}
	if w.factor && (e.Op == symbolic.OpAdd || e.Op == symbolic.OpSub) {
		if x, ok := commonFactor(e.Op, args[0], args[1]); ok {
			return matrix{x, axes}, true
		}
	}
	return matrix{apply(e.Op, args...), axes}, true
}

// commonFactor writes a·b ± a·c as a·(b ± c), where the factors are scalars or
// all of one shape.
func commonFactor(op *symbolic.OpSpec, a, b *Expr) (*Expr, bool) {
	product := func(e *Expr) bool { return e.Kind == Apply && e.Op == symbolic.OpMul }
	if !product(a) || !product(b) || Text(a.Args[0]) != Text(b.Args[0]) || rank(a.Args[1]) != rank(b.Args[1]) {
		return nil, false
	}
	return apply(symbolic.OpMul, a.Args[0], apply(op, a.Args[1], b.Args[1])), true
}

// fit gives m the axes of what it is put together with: it has them already,
// or the last of them, or the other way round.
func fit(m matrix, axes []string) (*Expr, bool) {
	switch n := len(axes) - len(m.axes); {
	case n >= 0 && slices.Equal(m.axes, axes[n:]):
		return m.Expr, true
	case n == 0 && len(axes) == 2 && m.axes[0] == axes[1] && m.axes[1] == axes[0]:
		return transpose(m.Expr), true
	}
	return nil, false
}

// oneHot recognises [i = y]: 1 where the index is y.
func (w *boardWriter) oneHot(e *Expr) (matrix, bool) {
	if e.Op != symbolic.OpTruth || e.Args[0].Kind != Apply || e.Args[0].Op != symbolic.OpIntEq {
		return matrix{}, false
	}
	a, b := e.Args[0].Args[0], e.Args[0].Args[1]
	if a.Kind != Count {
		a, b = b, a
	}
	s, ok := a.Poly.AsSym()
	extent, axis := w.extent[s]
	if a.Kind != Count || !ok || !axis {
		return matrix{}, false
	}
	y, ok := w.scalar(b)
	return matrix{&Expr{Kind: OneHot, Args: []*Expr{y}, Poly: extent}, []string{s}}, ok
}

// factors takes a product apart.
func factors(e *Expr) []*Expr {
	if e.Kind == Apply && e.Op == symbolic.OpMul {
		return append(factors(e.Args[0]), factors(e.Args[1])...)
	}
	return []*Expr{e}
}

// gather writes the factors of a product: numbers, and what has the same axes
// together.
func (w *boardWriter) gather(fs []*Expr) (scalars []*Expr, parts []matrix, ok bool) {
	for _, f := range fs {
		m, ok := w.whole(f)
		if !ok {
			return nil, nil, false
		}
		if len(m.axes) == 0 {
			scalars = append(scalars, m.Expr)
			continue
		}
		at := slices.IndexFunc(parts, func(p matrix) bool { return slices.Equal(p.axes, m.axes) })
		if at < 0 {
			parts = append(parts, m)
			continue
		}
		parts[at] = matrix{apply(symbolic.OpMul, parts[at].Expr, m.Expr), m.axes}
	}
	return scalars, parts, true
}

// coefficient puts the numbers among scalars together, in front; a 1 goes
// unless nothing else is there.
func coefficient(scalars []*Expr, alone bool) []*Expr {
	c := 1.0
	var rest []*Expr
	for _, e := range scalars {
		for e.Kind == Apply && e.Op == symbolic.OpDiv && e.Args[1].Kind == Number && e.Args[1].Num != 0 {
			c, e = c/e.Args[1].Num, e.Args[0]
		}
		if e.Kind == Number {
			c *= e.Num
			continue
		}
		rest = append(rest, e)
	}
	if c == 1 && (len(rest) > 0 || !alone) {
		return rest
	}
	return append([]*Expr{num(c)}, rest...)
}

func scaled(scalars []*Expr, m matrix) matrix {
	for i := len(scalars) - 1; i >= 0; i-- {
		m = matrix{apply(symbolic.OpMul, scalars[i], m.Expr), m.axes}
	}
	return m
}

// product joins factors, summed over the indices over: Wx, Wᵀδ, uᵀv, δxᵀ.
func (w *boardWriter) product(fs []*Expr, over []string) (matrix, bool) {
	scalars, parts, ok := w.gather(fs)
	if !ok {
		return matrix{}, false
	}
	scalars = coefficient(scalars, len(parts) == 0)
	inner := func(m matrix) bool {
		return slices.ContainsFunc(m.axes, func(s string) bool { return slices.Contains(over, s) })
	}
	switch {
	case len(parts) == 0 && len(over) == 0:
		return scaled(scalars[:len(scalars)-1], matrix{scalars[len(scalars)-1], nil}), true
	case len(parts) == 1 && len(over) == 0:
		return scaled(scalars, parts[0]), true
	case len(parts) == 1:
		m, ok := foldAll(parts[0], over)
		return scaled(scalars, m), ok
	case len(parts) == 2 && len(over) == 0 && len(parts[0].axes) == 1 && len(parts[1].axes) == 1:
		u, v := parts[0], parts[1]
		return scaled(scalars, matrix{times(u.Expr, transpose(v.Expr)), []string{u.axes[0], v.axes[0]}}), true
	case len(parts) == 2 && len(over) == 0:
		a, b := parts[0], parts[1]
		if len(a.axes) < len(b.axes) {
			a, b = b, a
		}
		x, ok := fit(b, a.axes)
		return scaled(scalars, matrix{apply(symbolic.OpMul, a.Expr, x), a.axes}), ok
	case len(parts) == 2 && len(over) == 1 && inner(parts[0]) && inner(parts[1]):
		m, ok := contract(parts[0], parts[1], over[0])
		return scaled(scalars, m), ok
	case len(parts) == 3 && len(over) == 1:
		// A vector beside a matrix with that vector's index only outside the
		// sum stands outside of it: u∘(W v).
		for i, p := range parts {
			if !inner(p) {
				rest := append(slices.Clone(parts[:i]), parts[i+1:]...)
				if !inner(rest[0]) || !inner(rest[1]) {
					continue
				}
				m, ok := contract(rest[0], rest[1], over[0])
				if !ok || !slices.Equal(m.axes, p.axes) {
					continue
				}
				return scaled(scalars, matrix{apply(symbolic.OpMul, p.Expr, m.Expr), p.axes}), true
			}
		}
	}
	return matrix{}, false
}

// foldAll is the sum of all elements of m.
func foldAll(m matrix, over []string) (matrix, bool) {
	if len(m.axes) != len(over) {
		return matrix{}, false
	}
	for _, s := range over {
		if !slices.Contains(m.axes, s) {
			return matrix{}, false
		}
	}
	if e := m.Expr; e.Kind == Apply && e.Op == symbolic.OpMul && len(over) == 1 {
		if fs := factors(e); len(fs) == 2 && rank(fs[0]) == 1 && rank(fs[1]) == 1 {
			return matrix{times(transpose(fs[0]), fs[1]), nil}, true
		}
	}
	return matrix{&Expr{Kind: Fold, Op: symbolic.OpSum, Args: []*Expr{m.Expr}}, nil}, true
}

// rank is 0 for what may be a scalar: a product with it is not one of vectors.
func rank(e *Expr) int {
	switch e.Kind {
	case Name, Chain:
		if e.Extent != nil {
			return len(e.Extent)
		}
		return len(e.Value.Dims()) - len(e.At)
	case OneHot, Stack:
		return 1
	case Rows:
		return rank(e.Args[0]) + len(e.Value.Shape) - 1
	case Apply, Prime:
		n := 0
		for _, a := range e.Args {
			n = max(n, rank(a))
		}
		return n
	case Product:
		return 2 - b2i(rank(e.Args[1]) == 1 && e.Args[1].Kind != Transpose)
	case Transpose:
		return 2
	case Big:
		return rank(e.Args[0])
	case Call:
		if e.Index != nil {
			return 0
		}
		return len(e.Extent)
	}
	return 0
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// contract is the sum over r of the products of a's and b's elements.
func contract(a, b matrix, r string) (matrix, bool) {
	if len(a.axes) > 2 || len(b.axes) > 2 {
		return matrix{}, false
	}
	if len(a.axes) == 1 && len(b.axes) == 2 {
		a, b = b, a
	}
	left, right := a.Expr, b.Expr
	var axes []string
	for _, s := range slices.Concat(a.axes, b.axes) {
		if s != r {
			axes = append(axes, s)
		}
	}
	if len(axes) == 2 && axes[0] == axes[1] {
		return matrix{}, false
	}
	if a.axes[0] == r {
		left = transpose(left)
	}
	if len(b.axes) == 2 && b.axes[1] == r {
		right = transpose(right)
	}
	return matrix{times(left, right), axes}, true
}

func times(a, b *Expr) *Expr { return &Expr{Kind: Product, Args: []*Expr{a, b}} }

// transpose turns e; a product's factors change places.
func transpose(e *Expr) *Expr {
	switch e.Kind {
	case Transpose:
		return e.Args[0]
	case Number, Count:
		return e
	case Product:
		return times(transpose(e.Args[1]), transpose(e.Args[0]))
	case Apply:
		if e.Op == symbolic.OpMul && rank(e.Args[0]) == 0 {
			return apply(e.Op, e.Args[0], transpose(e.Args[1]))
		}
	}
	return &Expr{Kind: Transpose, Args: []*Expr{e}}
}

func (w *boardWriter) big(e *Expr) (matrix, bool) {
	over := make([]string, len(e.Over))
	for i, a := range e.Over {
		over[i] = a.Sym
	}
	if isBatch(e.Over[0].Extent) || isPass(over[0]) {
		if len(e.Over) > 1 || over[0] != example && !isPass(over[0]) {
			return matrix{}, false
		}
		m, ok := w.whole(e.Args[0])
		return matrix{&Expr{Kind: Big, Op: e.Op, Over: e.Over, Args: []*Expr{m.Expr}}, m.axes}, ok
	}
	for _, a := range e.Over {
		w.extent[a.Sym] = a.Extent
	}
	if e.Op == symbolic.OpSum {
		return w.product(factors(e.Args[0]), over)
	}
	m, ok := w.whole(e.Args[0])
	if !ok || !slices.Equal(m.axes, over) {
		return matrix{}, false
	}
	return matrix{&Expr{Kind: Fold, Op: e.Op, Args: []*Expr{m.Expr}}, nil}, true
}

// call takes an operator's arguments as wholes, where its result is one too.
func (w *boardWriter) call(e *Expr) (matrix, bool) {
	out := &Expr{Kind: Call, Op: e.Op, Attr: e.Attr, Loop: e.Loop, Extent: e.Extent}
	for _, a := range e.Args {
		var over []string
		for _, x := range a.Over {
			if isBatch(x.Extent) {
				return matrix{}, false
			}
			w.extent[x.Sym] = x.Extent
			over = append(over, x.Sym)
		}
		m, ok := w.whole(a.Args[0])
		if !ok {
			return matrix{}, false
		}
		if !slices.Equal(m.axes, over) {
			x, ok := fit(m, over)
			if !ok || len(m.axes) != len(over) {
				return matrix{}, false
			}
			m.Expr = x
		}
		out.Args = append(out.Args, m.Expr)
	}
	var axes []string
	scalar := true
	for k, p := range e.Index {
		s, ok := p.AsSym()
		if extent, axis := w.extent[s]; ok && axis && extent.Equal(e.Extent[k]) && !slices.Contains(axes, s) {
			axes = append(axes, s)
			scalar = false
			continue
		}
		if w.mentions(p) {
			return matrix{}, false
		}
		out.Index, out.Data = e.Index, e.Data
	}
	if out.Index != nil && !scalar {
		return matrix{}, false
	}
	return matrix{out, axes}, true
}
