package frontend

import (
	"math"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// tril unpacks the lower triangle of a matrix, whose numbers stand in the last
// dim one row, or one column, after the other. Above it the matrix is 0, which
// is known of it: a read that is guarded.
func (k *bcall) tril() value {
	if !k.arity(1) {
		return poison{}
	}
	byColumns, strict := false, false
	for _, a := range k.f.static {
		switch m, _ := a.val.(mode); {
		case a.name != "":
			k.errorf(a.span, "tril takes words in brackets, without names")
			return poison{}
		case m == "rows":
		case m == "columns":
			byColumns = true
		case m == "strict":
			strict = true
		default:
			k.errorf(a.span, "tril does not take this in brackets").
				Hintf("write tril[rows] or tril[columns], and tril[rows, strict] where the diagonal is 0")
			return poison{}
		}
	}
	t, ok := k.real(k.args[0], k.at[0])
	if !ok {
		return poison{}
	}
	last := len(t.shape) - 1
	if last < 0 {
		k.errorAt(0, "tril takes a vector, and %s is %s", short(k.text(k.at[0])), describe(t))
		return poison{}
	}
	n, ok := triangleOrder(t.shape[last])
	if !ok {
		k.errorAt(0, "%s is no triangle: %s is not n*(n + 1)/2 for any n", short(k.text(k.at[0])), t.shape[last])
		return poison{}
	}
	below := 0
	if strict {
		n, below = n.Add(symbolic.Int(1)), 1
	}
	m := &symbolic.Map{}
	lead := len(t.node.Shape) - 1
	for a := range lead {
		m.Index = append(m.Index, symbolic.Axis(a))
	}
	m.Shape = append(slices.Clone(t.node.Shape[:lead]), n, n)
	i, j := symbolic.Axis(lead), symbolic.Axis(lead+1)
	half := func(p, q symbolic.Poly) symbolic.Poly { return p.Mul(q).Scale(1, 2) }
	c := symbolic.Int
	at := half(i, i.Add(c(1-2*below))).Add(j) // row i begins behind i·(i ± 1)/2 numbers
	if byColumns {
		at = half(j, n.Scale(2, 1).Sub(j).Sub(c(1))).Add(i).Sub(j.Add(c(1)).Scale(int64(below), 1))
	}
	m.Index = append(m.Index, at)
	m.Guard = []symbolic.Cond{{Kind: symbolic.NonNeg, E: i.Sub(j).Sub(c(below))}}
	out := &tensor{node: k.g.Access(t.node, m), axes: t.axes, shape: append(slices.Clone(t.shape[:last]), n, n)}
	if len(t.names) > last {
		out.names = t.names[:last]
	} else {
		out.names = t.names
	}
	return out
}

// triangleOrder solves n·(n + 1)/2 = p for a number p, or a p of one size s, of
// which n is a·s + b.
func triangleOrder(p symbolic.Poly) (symbolic.Poly, bool) {
	is := func(n symbolic.Poly) bool { return n.Mul(n.Add(symbolic.Int(1))).Scale(1, 2).Equal(p) }
	if k, ok := p.Const(); ok {
		n := symbolic.Int(int((math.Sqrt(8*float64(k)+1) - 1) / 2))
		return n, is(n)
	}
	syms := p.Syms()
	if len(syms) != 1 {
		return symbolic.Poly{}, false
	}
	// 8p + 1 is (2n + 1)², so its coefficients are 4a², 4a(2b + 1) and a square.
	var square, linear float64
	p.Scale(8, 1).Terms(func(num, den int64, syms []string) {
		switch len(syms) {
		case 2:
			square = float64(num) / float64(den)
		case 1:
			linear = float64(num) / float64(den)
		}
	})
	a := math.Sqrt(square) / 2
	if a < 1 {
		return symbolic.Poly{}, false
	}
	b := (linear/(4*a) - 1) / 2
	n := symbolic.Sym(syms[0]).Scale(int64(a), 1).Add(symbolic.Int(int(math.Round(b))))
	return n, is(n)
}
