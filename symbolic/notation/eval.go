package notation

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// An Env gives values to names. Values that differ from example to example are
// given for all examples.
type Env struct {
	Dims   map[string]int
	Values map[*Value]*symbolic.Tensor

	pulls map[*Pull]*symbolic.Tensor // of values that are no pass's
}

// An array is a number, a column, a row or a table of any rank.
type array struct {
	shape []int
	data  []float64
	row   bool // of rank 1: a row
}

func scalar(v float64) array { return array{data: []float64{v}} }

// Eval returns the value of the equation's right side, for all examples, in
// the shape of the left side.
func (q *Equation) Eval(env *Env) (t *symbolic.Tensor, err error) {
	t, _, err = q.EvalSome(env, 1)
	return t, err
}

// EvalSome is Eval of one element of every so many, where the equation is
// written element by element. It tells which are left out.
func (q *Equation) EvalSome(env *Env, every int) (t *symbolic.Tensor, left map[int]bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			t, err = nil, f
		}
	}()
	e := &evaluator{env: env, at: map[string]int{}, calls: map[*Expr]*kept{}, every: every, left: map[int]bool{}}
	out := symbolic.NewTensor(e.shape(q.Left.Shape)...)
	for i := range out.Data {
		out.Data[i] = math.NaN() // in passes of which nothing is said
	}
	for _, c := range q.Cases() {
		e.fill(c, out)
	}
	return out, e.left, nil
}

// Cost is about how many operations Eval takes.
func (q *Equation) Cost(env *Env) float64 {
	e := &evaluator{env: env}
	total := 0.0
	for _, c := range q.Cases() {
		n := e.cost(c.Right)
		for _, a := range append(slices.Clone(c.Over), c.Index...) {
			n *= e.extent(a)
		}
		total += n
	}
	return total
}

func (e *evaluator) cost(x *Expr) float64 {
	n := 1.0
	for _, a := range x.Args {
		n += e.cost(a)
	}
	for _, a := range x.Data {
		n += e.cost(a)
	}
	if x.Kind == Big || x.Kind == Lambda {
		for _, a := range x.Over {
			n *= e.extent(a)
		}
	}
	return n
}

// extent is how far an index goes, where that is known.
func (e *evaluator) extent(a Axis) float64 {
	n, err := e.evalPoly(a.Extent, nil)
	if err != nil {
		return 1
	}
	return float64(max(n, 1))
}

// EvalIn puts what q says into out, in the passes with those numbers only.
func (q *Equation) EvalIn(env *Env, out *symbolic.Tensor, passes map[string]int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			err = f
		}
	}()
	e := &evaluator{env: env, at: maps.Clone(passes), calls: map[*Expr]*kept{}, left: map[int]bool{}}
	e.fill(q, out)
	return nil
}

// fill puts what one case says into out. A pass that has its number already is
// the only one.
func (e *evaluator) fill(q *Equation, out *symbolic.Tensor) {
	over := slices.DeleteFunc(slices.Clone(q.Over), func(a Axis) bool { _, fixed := e.at[a.Sym]; return fixed })
	all := slices.Clone(over)
	for i := range all {
		all[i].While = nil
	}
	count := 0
	e.each(all, func() {
		count++
		e.skip = e.every > 1 && len(all) > 0 && count%e.every != 1 || slices.ContainsFunc(over, func(a Axis) bool { return a.While != nil && e.number(a.While) == 0 })
		e.fillPass(q, out)
	})
}

// EvalIn is the number that x is in the passes with those numbers.
func (x *Expr) EvalIn(env *Env, passes map[string]int) (v float64, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			err = f
		}
	}()
	e := &evaluator{env: env, at: maps.Clone(passes), calls: map[*Expr]*kept{}}
	return e.number(x), nil
}

func (e *evaluator) fillPass(q *Equation, out *symbolic.Tensor) {
	k := q.Left.batch()
	dims := without(out.Shape, k)
	first := 0 // of the passes, in terms of one example
	for i, p := range q.At {
		first = first*dims[i] + e.poly(p, nil)
	}
	shape := dims[len(q.At):]
	n := size(shape)
	first *= n
	examples, after := 1, size(dims)
	if k >= 0 {
		examples, after = out.Shape[k], size(out.Shape[k+1:])
	}
	// at is the place of element i of example b.
	at := func(b, i int) int {
		i += first
		return (i/max(after, 1)*examples+b)*after + i%max(after, 1)
	}
	for b := range examples {
		if e.skip {
			for i := range n {
				e.left[at(b, i)] = true
			}
			continue
		}
		e.at[example] = b
		if q.Index == nil {
			a := e.whole(q.Right)
			if len(a.shape) == 0 {
				for i := range n {
					out.Data[at(b, i)] = a.data[0]
				}
				continue
			}
			if !sameShape(a.shape, shape) || a.row {
				fail("the right side is %v, the left %v", a.shape, shape)
			}
			for i, v := range a.data {
				out.Data[at(b, i)] = v
			}
			continue
		}
		i := 0
		e.each(q.Index, func() {
			if e.every > 1 && at(b, i)%e.every != 0 {
				e.left[at(b, i)] = true
			} else {
				out.Data[at(b, i)] = e.number(q.Right)
			}
			i++
		})
	}
}

type failure struct{ text string }

func (f failure) Error() string { return f.text }

func fail(format string, args ...any) { panic(failure{fmt.Sprintf(format, args...)}) }

type evaluator struct {
	env   *Env
	at    map[string]int // indices
	calls map[*Expr]*kept
	every int // elements are evaluated, 0 for all
	left  map[int]bool
	skip  bool // it is a pass that is not made
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func sameShape(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// each calls f at all places of the axes, in order.
func (e *evaluator) each(axes []Axis, f func()) {
	if len(axes) == 0 {
		f()
		return
	}
	a := axes[0]
	old, had := e.at[a.Sym]
	for i := range e.poly(a.Extent, nil) {
		e.at[a.Sym] = i
		if a.While == nil || e.number(a.While) != 0 {
			e.each(axes[1:], f)
		}
	}
	if had {
		e.at[a.Sym] = old
	} else {
		delete(e.at, a.Sym)
	}
}

func (e *evaluator) shape(s symbolic.Shape) []int {
	out := make([]int, len(s))
	for i, d := range s {
		out[i] = e.poly(d, nil)
	}
	return out
}

func (e *evaluator) poly(p symbolic.Poly, data []*Expr) int {
	if s, ok := p.AsSym(); ok {
		if v, ok := e.at[s]; ok {
			return v
		}
	}
	v, err := e.evalPoly(p, data)
	if err != nil {
		fail("%v", err)
	}
	return v
}

// try is poly where the value is a whole number.
func (e *evaluator) try(p symbolic.Poly, data []*Expr) (int, bool) {
	v, err := e.evalPoly(p, data)
	return v, err == nil
}

func (e *evaluator) evalPoly(p symbolic.Poly, data []*Expr) (int, error) {
	return p.Eval(func(s string) (int, bool) {
		if k, ok := symbolic.OperandOf(s); ok {
			return int(e.number(data[k])), true
		}
		if v, ok := e.at[s]; ok {
			return v, true
		}
		v, ok := e.env.Dims[s]
		return v, ok
	})
}

func (e *evaluator) number(x *Expr) float64 {
	a := e.whole(x)
	if len(a.data) != 1 {
		fail("%s is no number but %v", Text(x), a.shape)
	}
	return a.data[0]
}

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

// holds reports whether a condition holds. What is no whole number is not 0.
func (e *evaluator) holds(c symbolic.Cond, data []*Expr) bool {
	twice := c.E
	for n := int64(1); n <= 64; n *= 2 {
		if v, ok := e.try(twice, data); ok {
			return holds(c, v) && (n == 1 || c.Kind == symbolic.NonNeg)
		}
		twice = c.E.Scale(n*2, 1)
	}
	return false
}

func (e *evaluator) value(v *Value) *symbolic.Tensor {
	t := e.env.Values[v]
	if v.Known != nil {
		t = v.Known
	}
	if t == nil {
		fail("%s has no value", v.Name)
	}
	return t
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

// pulled asks the interpreter of the graph what comes back.
func (e *evaluator) pulled(p *Pull) *symbolic.Tensor {
	pulls := e.env.pulls
	if pulls[p] == nil {
		env := &symbolic.Env{Dims: e.env.Dims, Inputs: map[string]*symbolic.Tensor{}}
		for n, v := range p.Inputs {
			if t := e.env.Values[v]; t != nil && n.Op == symbolic.OpInput {
				env.Inputs[n.Attr.Key()] = t
			}
		}
		ts, err := symbolic.Eval(env, p.Node)
		if err != nil {
			fail("%v", err)
		}
		if pulls == nil {
			pulls = map[*Pull]*symbolic.Tensor{}
			e.env.pulls = pulls
		}
		pulls[p] = ts[0]
	}
	return pulls[p]
}

func (e *evaluator) element(x *Expr) float64 { return e.at1(x, e.value(x.Value)) }

// at1 is the element of t at the index of x.
func (e *evaluator) at1(x *Expr, t *symbolic.Tensor) float64 {
	at := 0
	for i, p := range x.Index {
		k := e.poly(p, x.Data)
		if k < 0 || k >= t.Shape[i] {
			fail("%s is out of range: %d of %d", Text(x), k, t.Shape[i])
		}
		at = at*t.Shape[i] + k
	}
	return t.Data[at]
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

// call asks the interpreter of the graph what the operator makes of its
// arguments.
func (e *evaluator) call(x *Expr) array {
	out := e.called(x)
	if x.Index == nil {
		return out
	}
	at := 0
	for i, p := range x.Index {
		at = at*out.shape[i] + e.poly(p, x.Data)
	}
	return scalar(out.data[at])
}

// called is the result of the call as a whole. It is kept as long as the
// indices that its arguments are over stay the same.
func (e *evaluator) called(x *Expr) array {
	key := ""
	for _, s := range slices.Sorted(maps.Keys(e.at)) {
		for _, a := range x.Args {
			if a.over(s) {
				key += fmt.Sprintf("%s=%d ", s, e.at[s])
				break
			}
		}
	}
	k := e.calls[x]
	if k == nil || k.key != key {
		k = &kept{key, e.callNow(x)}
		e.calls[x] = k
	}
	return k.array
}

// kept is the result of a call for some values of indices.
type kept struct {
	key string
	array
}

func (e *evaluator) callNow(x *Expr) array {
	env := &symbolic.Env{Dims: e.env.Dims, Inputs: map[string]*symbolic.Tensor{}}
	g := symbolic.NewGraph()
	var args []*symbolic.Node
	for i, a := range x.Args {
		v := e.whole(a)
		name := fmt.Sprint(i)
		shape, typ := symbolic.Shp(v.shape...), symbolic.Real
		if x.Loop != nil {
			shape, typ = x.Loop.Args[i].Shape, x.Loop.Args[i].Type
		}
		in := g.Input(symbolic.ArgInput, name, shape, typ)
		args = append(args, in)
		env.Inputs["arg:"+name] = &symbolic.Tensor{Shape: v.shape, Data: v.data}
	}
	attr := x.Attr
	if s, ok := attr.(symbolic.ShapeAttr); ok {
		attr = symbolic.ShapeAttr{Shape: symbolic.Shp(e.shape(s.Shape)...)}
	}
	if x.Loop != nil && x.Loop.Op != x.Op {
		args = []*symbolic.Node{g.Apply(x.Loop.Op, x.Loop.Attr, args...)}
	}
	t, err := symbolic.Eval(env, g.Apply(x.Op, attr, args...))
	if err != nil {
		fail("%s: %v", strings.TrimSpace(Text(x)), err)
	}
	return array{shape: t[0].Shape, data: t[0].Data}
}
