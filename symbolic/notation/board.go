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

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
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
