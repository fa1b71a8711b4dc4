package notation

import (
	"fmt"
	"math"

	"github.com/bpgen/bpgen/symbolic"
)

func (e *evaluator) whole(x *Expr) array {
	switch x.Kind {
	case Number:
		return scalar(x.Num)
	case Count:
		return scalar(float64(e.poly(x.Poly, x.Data)))
	case Name, Chain:
		if x.Index != nil {
			return scalar(e.at1(x, e.pulled(x.Pull)))
		}
		return e.name(x)
	case Element:
		return scalar(e.element(x))
	case Apply:
		return e.apply(x)
	case Prime:
		return e.prime(x)
	case Product:
		return e.product(x)
	case Transpose:
		return turn(e.whole(x.Args[0]))
	case Fold:
		a := e.whole(x.Args[0])
		return scalar(fold(x.Op, len(a.data), func(i int) float64 { return a.data[i] }))
	case Big:
		return e.big(x)
	case Guard:
		for _, c := range x.Conds {
			if !e.holds(c, x.Data) {
				return scalar(0)
			}
		}
		return e.whole(x.Args[0])
	case OneHot:
		out := array{shape: []int{e.poly(x.Poly, nil)}}
		out.data = make([]float64, out.shape[0])
		out.data[int(e.number(x.Args[0]))] = 1
		return out
	case Rows:
		t, at := e.value(x.Value), e.whole(x.Args[0])
		n := size(t.Shape[1:])
		out := array{shape: append(append([]int{}, at.shape...), t.Shape[1:]...)}
		for _, k := range at.data {
			out.data = append(out.data, t.Data[int(k)*n:][:n]...)
		}
		return out
	case Stack:
		if x.Index != nil {
			return scalar(e.number(x.Args[e.poly(x.Index[0], nil)]))
		}
		out := array{shape: []int{len(x.Args)}}
		for _, a := range x.Args {
			out.data = append(out.data, e.number(a))
		}
		return out
	case Call:
		return e.call(x)
	case Lambda:
		out := array{}
		for _, a := range x.Over {
			out.shape = append(out.shape, e.poly(a.Extent, nil))
		}
		e.each(x.Over, func() { out.data = append(out.data, e.number(x.Args[0])) })
		return out
	}
	fail("an expression of kind %d", x.Kind)
	return array{}
}

func (e *evaluator) name(x *Expr) array {
	var t *symbolic.Tensor
	if x.Kind == Chain {
		t = e.pulled(x.Pull)
	} else {
		t = e.value(x.Value)
	}
	out := array{shape: t.Shape, data: t.Data}
	if k := x.Value.batch(); k >= 0 {
		out = array{shape: without(t.Shape, k)}
		n, after := t.Shape[k], size(t.Shape[k+1:])
		for i := range size(t.Shape[:k]) {
			out.data = append(out.data, t.Data[(i*n+e.at[example])*after:][:after]...)
		}
	}
	if len(x.At) > 0 {
		at := 0
		for i, p := range x.At {
			k := e.poly(p, nil)
			if k < 0 || k >= out.shape[i] {
				fail("%s is out of range", Text(x))
			}
			at = at*out.shape[i] + k
		}
		out.shape = out.shape[len(x.At):]
		n := size(out.shape)
		out.data = out.data[at*n:][:n]
	}
	if x.Offset == nil {
		return out
	}
	cut := array{}
	var axes []Axis
	for i, d := range x.Extent {
		axes = append(axes, Axis{Sym: fmt.Sprintf("·s%d", i), Extent: d})
		cut.shape = append(cut.shape, e.poly(d, nil))
	}
	e.each(axes, func() {
		at := 0
		for i, a := range axes {
			k := e.at[a.Sym] + e.poly(x.Offset[i], nil)
			if k < 0 || k >= out.shape[i] {
				fail("%s is out of range", Text(x))
			}
			at = at*out.shape[i] + k
		}
		cut.data = append(cut.data, out.data[at])
	})
	return cut
}

func (e *evaluator) apply(x *Expr) array {
	if x.Op.Lazy {
		c := e.whole(x.Args[0])
		if len(c.data) == 1 {
			if c.data[0] != 0 {
				return e.whole(x.Args[1])
			}
			return e.whole(x.Args[2])
		}
	}
	args := make([]array, len(x.Args))
	widest := 0
	for i, a := range x.Args {
		args[i] = e.whole(a)
		if len(args[i].shape) > len(args[widest].shape) {
			widest = i
		}
	}
	out := array{shape: args[widest].shape, row: args[widest].row}
	out.data = make([]float64, len(args[widest].data))
	v := make([]float64, len(args))
	for _, a := range args {
		n := len(out.shape) - len(a.shape)
		if n < 0 || !sameShape(out.shape[n:], a.shape) || len(a.shape) > 0 && a.row != out.row && len(out.shape) == 1 {
			fail("%s of %v and %v", x.Op.Name, out.shape, a.shape)
		}
	}
	for i := range out.data {
		for k, a := range args {
			v[k] = a.data[i%len(a.data)]
		}
		out.data[i] = evalOp(x.Op, v)
	}
	return out
}

func evalOp(op *symbolic.OpSpec, v []float64) float64 {
	if op.Eval != nil {
		return op.Eval(v)
	}
	g := symbolic.NewGraph()
	args := make([]*symbolic.Node, len(v))
	for i, x := range v {
		args[i] = g.Const(x, nil, op.ArgType(i))
	}
	t, err := symbolic.Eval(&symbolic.Env{}, op.Expand(g, nil, args))
	if err != nil {
		fail("%s: %v", op.Name, err)
	}
	return t[0].Data[0]
}

// prime is the derivative as the operator's entry in the table says it.
func (e *evaluator) prime(x *Expr) array {
	a := e.whole(x.Args[0])
	g := symbolic.NewGraph()
	in := g.Input(symbolic.ArgInput, "x", nil, symbolic.Real)
	d := g.Gradient(g.Apply(x.Op, nil, in), in)[0]
	out := array{shape: a.shape, data: make([]float64, len(a.data)), row: a.row}
	if d == nil {
		return out
	}
	for i, v := range a.data {
		t, err := symbolic.Eval(&symbolic.Env{Inputs: map[string]*symbolic.Tensor{"arg:x": symbolic.Scalar(v)}}, d)
		if err != nil {
			fail("%s: %v", x.Op.Name, err)
		}
		out.data[i] = t[0].Data[0]
	}
	return out
}

func turn(a array) array {
	switch len(a.shape) {
	case 0:
		return a
	case 1:
		return array{a.shape, a.data, !a.row}
	case 2:
		n, m := a.shape[0], a.shape[1]
		out := array{shape: []int{m, n}, data: make([]float64, len(a.data))}
		for i := range n {
			for j := range m {
				out.data[j*n+i] = a.data[i*m+j]
			}
		}
		return out
	}
	fail("a transpose of rank %d", len(a.shape))
	return array{}
}

func (e *evaluator) product(x *Expr) array {
	a, b := e.whole(x.Args[0]), e.whole(x.Args[1])
	a, b = zeros(a, x.Args[0], b, 0), zeros(b, x.Args[1], a, len(a.shape)-1)
	n, k, m := 1, 1, 1
	table := func(a array) (int, int) {
		switch {
		case len(a.shape) == 2:
			return a.shape[0], a.shape[1]
		case len(a.shape) == 1 && a.row:
			return 1, a.shape[0]
		case len(a.shape) == 1:
			return a.shape[0], 1
		}
		fail("a matrix product with rank %d in %s", len(a.shape), Text(x))
		return 0, 0
	}
	n, k = table(a)
	k2, m := table(b)
	if k != k2 {
		fail("a matrix product of %v and %v in %s", a.shape, b.shape, Text(x))
	}
	data := make([]float64, n*m)
	for i := range n {
		for j := range m {
			for r := range k {
				data[i*m+j] += a.data[i*k+r] * b.data[r*m+j]
			}
		}
	}
	row := len(a.shape) == 1 && a.row
	column := len(b.shape) == 1 && !b.row
	switch {
	case row && column:
		return scalar(data[0])
	case row:
		return array{[]int{m}, data, true}
	case column:
		return array{[]int{n}, data, false}
	}
	return array{[]int{n, m}, data, false}
}

// zeros is a, which x says; where x is a vector that a choice gives a 0 for, the
// zeros that fit to dim k of the other factor.
func zeros(a array, x *Expr, other array, k int) array {
	if len(a.shape) > 0 || a.data[0] != 0 || rank(x) == 0 || k < 0 || k >= len(other.shape) {
		return a
	}
	n := other.shape[k]
	return array{[]int{n}, make([]float64, n), x.Kind == Transpose}
}

func fold(op *symbolic.OpSpec, n int, at func(int) float64) float64 {
	best, pos := op.Unit, 0
	for i := range n {
		v := op.Combine.Eval([]float64{best, at(i)})
		if v != best && !math.IsNaN(at(i)) {
			pos = i
		}
		best = v
	}
	if op.Arg {
		return float64(pos)
	}
	return best
}

func (e *evaluator) big(x *Expr) array {
	var all []array
	e.each(x.Over, func() { all = append(all, e.whole(x.Args[0])) })
	if len(all) == 0 {
		return scalar(x.Op.Unit)
	}
	widest := all[0] // a choice may give a number in the place of a vector
	for _, a := range all {
		if len(a.shape) > len(widest.shape) {
			widest = a
		}
	}
	out := array{shape: widest.shape, row: widest.row, data: make([]float64, len(widest.data))}
	for i := range out.data {
		out.data[i] = fold(x.Op, len(all), func(k int) float64 { return all[k].data[i%len(all[k].data)] })
	}
	return out
}
