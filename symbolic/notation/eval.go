package notation

import (
	"fmt"
	"maps"
	"math"
	"slices"

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
