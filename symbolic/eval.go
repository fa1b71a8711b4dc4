package symbolic

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Tensor is a value with numbers for its dims: Data in row-major order.
// Whole numbers are stored as such, truth values as 0 and 1.
type Tensor struct {
	Shape []int
	Data  []float64

	// faults marks elements that could not be computed, because an index was
	// out of range. They are errors only where they reach a result: a choice
	// may not take them. Nil: there are none.
	faults []error
}

// NewTensor returns a tensor of zeros.
func NewTensor(shape ...int) *Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return &Tensor{Shape: shape, Data: make([]float64, n)}
}

// Scalar returns a tensor of rank 0.
func Scalar(v float64) *Tensor { return &Tensor{Data: []float64{v}} }

// Vector returns a tensor of rank 1.
func Vector(v ...float64) *Tensor { return &Tensor{Shape: []int{len(v)}, Data: v} }

// fault returns why element i could not be computed, or nil.
func (t *Tensor) fault(i int) error {
	if t.faults == nil {
		return nil
	}
	return t.faults[i]
}

func (t *Tensor) setFault(i int, err error) {
	if err == nil {
		return
	}
	if t.faults == nil {
		t.faults = make([]error, len(t.Data))
	}
	if t.faults[i] == nil {
		t.faults[i] = err
	}
}

// An Env is what a graph is evaluated in.
type Env struct {
	Dims   map[string]int
	Inputs map[string]*Tensor      // by Input.Key
	Round  func(v float64) float64 // what becomes of every real result; nil: it stays
	Passes int                     // the most that all whiles together may make; 0: very many each
}

func (env *Env) dim(s string) (int, bool) {
	n, ok := env.Dims[s]
	return n, ok
}

// round gives a result of type typ the precision it has.
func (env *Env) round(v float64, typ Type) float64 {
	if env.Round != nil && typ == Real {
		return env.Round(v)
	}
	return v
}

// ToFloat32 rounds to float32, as an Env may.
func ToFloat32(v float64) float64 { return float64(float32(v)) }

// maxElements bounds the tensors that the interpreter makes.
const maxElements = 1<<31 - 1

// shape gives numbers to the dims of s.
func (env *Env) shape(s Shape) ([]int, error) {
	out, err := s.Eval(env.dim)
	if err != nil {
		return nil, err
	}
	n := 1
	for _, d := range out {
		if d > 0 && n > maxElements/d {
			return nil, fmt.Errorf("shape %s = %v is too large", s, out)
		}
		n *= d
	}
	return out, nil
}

// tensor returns zeros in the shape of y.
func (env *Env) tensor(y *Node) (*Tensor, error) {
	shape, err := env.shape(y.Shape)
	if err != nil {
		return nil, err
	}
	return NewTensor(shape...), nil
}

// Eval is the meaning of a graph: the values of roots in env. A nil root gives
// a nil tensor. Real arithmetic is that of float64 and package math, with NaN
// and infinities as there, each result rounded where env says so.
// A sum is taken in row-major order. What is missing, of a wrong length or out
// of range is an error.
func Eval(env *Env, roots ...*Node) ([]*Tensor, error) {
	own := *env // whiles count their passes in it
	own.Dims = maps.Clone(env.Dims)
	e := evaluator{env: &own, expansions: map[string]*expansion{}}
	out, err := e.run(roots, nil)
	if err != nil {
		return nil, err
	}
	for i, t := range out {
		if t == nil {
			continue
		}
		for _, f := range t.faults {
			if f != nil {
				return nil, fmt.Errorf("%s: %w", describe(roots[i]), f)
			}
		}
	}
	return out, nil
}

func describe(n *Node) string {
	if n.Name != "" {
		return fmt.Sprintf("%%%d (%s %s)", n.ID, n.Op.Name, n.Name)
	}
	return fmt.Sprintf("%%%d (%s)", n.ID, n.Op.Name)
}

type evaluator struct {
	env        *Env
	expansions map[string]*expansion
	passes     int // that whiles have made
}

// run evaluates roots; given holds values that are known already.
func (e *evaluator) run(roots []*Node, given map[*Node]*Tensor) ([]*Tensor, error) {
	order := Ordered(roots...)
	uses := make(map[*Node]int, len(order))
	for _, n := range order {
		for _, a := range n.Args {
			uses[a]++
		}
	}
	for _, r := range roots {
		uses[r]++
	}
	parts := map[*Node][]*Node{} // of loops, that are asked for
	for _, n := range order {
		if n.Op == OpPart {
			parts[n.Args[0]] = append(parts[n.Args[0]], n)
		}
	}
	ofLoops := map[*Node]*Tensor{}
	values := make(map[*Node]*Tensor)
	for _, n := range order {
		t := given[n]
		if t == nil {
			args := make([]*Tensor, len(n.Args))
			for i, a := range n.Args {
				args[i] = values[a]
			}
			var err error
			switch n.Op {
			case OpLoop:
				var of map[*Node]*Tensor
				t, of, err = e.loop(n, args, parts[n])
				maps.Copy(ofLoops, of)
			case OpPart:
				t = ofLoops[n]
				delete(ofLoops, n)
			default:
				t, err = e.node(n, args)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", describe(n), err)
			}
		}
		values[n] = t
		for _, a := range n.Args {
			if uses[a]--; uses[a] == 0 {
				delete(values, a)
			}
		}
	}
	out := make([]*Tensor, len(roots))
	for i, r := range roots {
		if r != nil {
			out[i] = values[r]
		}
	}
	return out, nil
}

// node evaluates y from the values of its arguments.
func (e *evaluator) node(y *Node, x []*Tensor) (*Tensor, error) {
	op := y.Op
	switch {
	case op.Run != nil:
		return op.Run(e.env, y, x)
	case op.Class == Reduction:
		return e.env.reduce(y, x[0])
	case op.Value() != nil:
		return e.env.elementwise(y, x)
	case op.Expand != nil:
		return e.expand(y, x)
	}
	return nil, fmt.Errorf("operator %s has no meaning", op.Name)
}

func (env *Env) elementwise(y *Node, x []*Tensor) (*Tensor, error) {
	out, err := env.tensor(y)
	if err != nil {
		return nil, err
	}
	eval := y.Op.Value()
	if eval == nil {
		return nil, fmt.Errorf("%s is known to Go only", y.Op.Name)
	}
	faulty := false
	for _, t := range x {
		faulty = faulty || t.faults != nil
	}
	v := make([]float64, len(x))
	for i := range out.Data {
		for j, t := range x {
			v[j] = t.Data[i]
		}
		if out.Data[i] = eval(v); !y.Op.Exact {
			out.Data[i] = env.round(out.Data[i], y.Type)
		}
		if faulty {
			out.setFault(i, elementFault(y.Op, x, i))
		}
	}
	return out, nil
}

// elementFault returns why element i of op's result has no value: for a lazy
// operator the arguments that it does not take do not matter.
func elementFault(op *OpSpec, x []*Tensor, i int) error {
	if op.Lazy && x[0].fault(i) == nil {
		taken := 2
		if x[0].Data[i] != 0 {
			taken = 1
		}
		return x[taken].fault(i)
	}
	for _, t := range x {
		if err := t.fault(i); err != nil {
			return err
		}
	}
	return nil
}

// reduce folds x over y's axes with the operator's Combine, from its Unit and
// in row-major order. Where the operator asks for a position, it is that of
// the first element that beats all before it; NaN beats nothing, and where
// nothing beats the Unit the position is 0.
func (env *Env) reduce(y *Node, x *Tensor) (*Tensor, error) {
	op, axes := y.Op, y.Attr.(Axes)
	out, err := env.tensor(y)
	if err != nil {
		return nil, err
	}
	best := slices.Repeat([]float64{op.Unit}, len(out.Data))
	seen := make([]int, len(out.Data))
	typ := y.Args[0].Type
	stride := make([]int, len(x.Shape)) // of the result along each axis of x
	n := 1
	for a := len(x.Shape) - 1; a >= 0; a-- {
		if !axes.Has(a) {
			stride[a] = n
			n *= x.Shape[a]
		}
	}
	pair := make([]float64, 2)
	each(x.Shape, func(i int, at []int) {
		o := 0
		for a, k := range at {
			o += k * stride[a]
		}
		pair[0], pair[1] = best[o], x.Data[i]
		v := op.Combine.Eval(pair)
		if !op.Combine.Exact {
			v = env.round(v, typ)
		}
		if op.Arg {
			// NaN would make every later comparison fail.
			if pair[1] == pair[1] && v != best[o] {
				best[o], out.Data[o] = v, float64(seen[o])
			}
		} else {
			best[o] = v
		}
		seen[o]++
		out.setFault(o, x.fault(i))
	})
	if !op.Arg {
		out.Data = best
	}
	return out, nil
}

// each calls f for every element of a shape in row-major order with its number
// and its indices, which f must not keep.
func each(shape []int, f func(i int, at []int)) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	at := make([]int, len(shape))
	for i := range n {
		f(i, at)
		for a := len(at) - 1; a >= 0; a-- {
			if at[a]++; at[a] < shape[a] {
				break
			}
			at[a] = 0
		}
	}
}

// An expansion is a composite written out in a graph of its own, so that
// evaluating a graph does not add to it.
type expansion struct {
	inputs []*Node
	root   *Node
}

func (e *evaluator) expand(y *Node, x []*Tensor) (*Tensor, error) {
	var key strings.Builder
	key.WriteString(y.Op.Name)
	if y.Attr != nil {
		key.WriteString("|" + y.Attr.Key())
	}
	for _, a := range y.Args {
		key.WriteString("|" + a.Shape.String() + a.Type.String())
		if a.Op.Class == Leaf && a.Attr != nil {
			key.WriteString(a.Op.Name + a.Attr.Key())
		}
	}
	ex := e.expansions[key.String()]
	if ex == nil {
		ex = &expansion{}
		if err := Guard(func() { ex.build(y) }); err != nil {
			return nil, err
		}
		e.expansions[key.String()] = ex
	}
	given := map[*Node]*Tensor{}
	for i, in := range ex.inputs {
		given[in] = x[i]
	}
	out, err := e.run([]*Node{ex.root}, given)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func (ex *expansion) build(y *Node) {
	g := NewGraph()
	for i, a := range y.Args {
		in := g.Input(ArgInput, fmt.Sprint(i), a.Shape, a.Type)
		if v, ok := ConstValue(a); ok {
			in = g.Const(v, a.Shape, a.Type)
		}
		ex.inputs = append(ex.inputs, in)
	}
	ex.root = y.Op.Expand(g, y.Attr, ex.inputs)
}
