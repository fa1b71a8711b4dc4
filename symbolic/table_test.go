package symbolic

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The tests here walk the table, so that an operator is tested by being there.

func TestTableIsComplete(t *testing.T) {
	for _, op := range Ops() {
		t.Run(op.Name, func(t *testing.T) {
			if op.Name == "" {
				t.Fatal("named but never registered")
			}
			if op.Doc == "" {
				t.Error("has no doc")
			}
			if op.InferFn == nil && op.Class != Elementwise && op.Class != Reduction && op.Class != Leaf {
				t.Error("has no shape rule")
			}
			if op.Class == Region {
				return // the evaluator and the walks of derivatives know them
			}
			if op.Run == nil && op.Eval == nil && op.Expand == nil && op.Combine == nil {
				t.Error("has no meaning")
			}
			if op.Class == Elementwise && op.Args < 0 {
				t.Error("elementwise operators have a fixed number of arguments")
			}
			if op.Class == Elementwise && op.Go == "" && op.Expand == nil && !op.Lazy && op != OpMark && op != OpStop {
				t.Error("can be printed neither as Go nor from an expansion")
			}
			if op.Partial != nil && len(op.Partial) != op.Args {
				t.Errorf("has %d partials for %d arguments", len(op.Partial), op.Args)
			}
			if op.Domain != nil && len(op.Domain) != op.Args {
				t.Errorf("has %d domains for %d arguments", len(op.Domain), op.Args)
			}
			if op.derivative() == "none" {
				t.Error("has no derivative, and no reason not to have one")
			}
			if op.Grad != nil && !op.Linear && op.Tangent == nil && op.Partial == nil && op.Expand == nil {
				t.Error("has no tangent")
			}
		})
	}
}

// drawn returns a sample for argument i, away from kinks.
func (op *OpSpec) drawn(r *rand.Rand, i int) float64 {
	lo, hi := -2.0, 2.0
	if op.Domain != nil {
		lo, hi = op.Domain[i][0], op.Domain[i][1]
	}
	for {
		v := lo + r.Float64()*(hi-lo)
		switch op.ArgType(i) {
		case Integer:
			return math.Floor(v)
		case Boolean:
			return float64(r.IntN(2))
		}
		if !slices.ContainsFunc(op.Kinks, func(k float64) bool { return math.Abs(v-k) < 0.05 }) {
			return v
		}
	}
}

func elementwiseOps() []*OpSpec {
	return slices.DeleteFunc(Ops(), func(op *OpSpec) bool { return op.Class != Elementwise })
}

// applied returns op applied to fresh inputs of a shape.
func (op *OpSpec) applied(g *Graph, shape Shape) (*Node, []*Node) {
	x := make([]*Node, op.Args)
	for i := range x {
		x[i] = g.Input(ArgInput, fmt.Sprint("x", i), shape, op.ArgType(i))
	}
	var attr Attr
	if op == OpMark {
		attr = MarkAttr(1)
	}
	return g.Apply(op, attr, x...), x
}

func (op *OpSpec) samples(r *rand.Rand, x []*Node, size ...int) *Env {
	env := &Env{Inputs: map[string]*Tensor{}}
	for i, n := range x {
		v := NewTensor(size...)
		for k := range v.Data {
			v.Data[k] = op.drawn(r, i)
		}
		env.Inputs[n.Attr.Key()] = v
	}
	return env
}

func TestElementwiseValues(t *testing.T) {
	for _, op := range elementwiseOps() {
		t.Run(op.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 1))
			g := NewGraph()
			y, x := op.applied(g, Shp(200))
			env := op.samples(r, x, 200)
			got := mustEval(t, env, y)[0]
			if op.Oracle != nil {
				v := make([]float64, op.Args)
				for k, y := range got.Data {
					for i := range x {
						v[i] = env.Inputs[x[i].Attr.Key()].Data[k]
					}
					if want := op.Oracle(v); !near(y, want, 1e-12) {
						t.Fatalf("%v: %v, by the oracle %v", v, y, want)
					}
				}
			}
			if op.Expand != nil && op.Eval != nil {
				want := mustEval(t, env, op.Expand(g, y.Attr, x))[0]
				for k := range got.Data {
					if !near(got.Data[k], want.Data[k], 1e-14) {
						t.Fatalf("%v, by the expansion %v", got.Data[k], want.Data[k])
					}
				}
			}
			// NaN must not be hidden by functions of one real.
			if op.Args == 1 && op.ArgType(0) == Real && op.Eval != nil {
				if v := op.Eval([]float64{math.NaN()}); !math.IsNaN(v) {
					t.Errorf("of NaN is %v", v)
				}
			}
			// Float32 results are float32 numbers near the float64 ones.
			env.Round = ToFloat32
			for k, v := range mustEval(t, env, y)[0].Data {
				if v != float64(float32(v)) {
					t.Fatalf("%v is no float32", v)
				}
				if y.Type == Real && !near(v, got.Data[k], 1e-3) && op.Kinks == nil && op.Name != "tan" {
					t.Errorf("%v in float32, %v in float64", v, got.Data[k])
				}
			}
			for _, size := range [][]int{{}, {0}, {1}, {2, 3}} {
				y, x := op.applied(g, Shp(size...))
				if out := mustEval(t, op.samples(r, x, size...), y)[0]; !slices.Equal(out.Shape, size) {
					t.Errorf("shape %v becomes %v", size, out.Shape)
				}
			}
		})
	}
}

// richardson is the derivative of f at 0 to fourth order.
func richardson(f func(h float64) float64) float64 {
	const h = 1e-3
	d := func(h float64) float64 { return (f(h) - f(-h)) / (2 * h) }
	return (4*d(h/2) - d(h)) / 3
}

// checkGradient fails where gradientFault finds something.
func checkGradient(t *testing.T, r *rand.Rand, g *Graph, env *Env, y *Node, xs []*Node, order int) {
	t.Helper()
	if err := gradientFault(r, g, env, y, xs, order); err != nil {
		t.Fatal(err)
	}
}

// gradientFault compares the gradient of ⟨u, y⟩ by xs with finite differences
// and with the tangent, and does so again for the derivative of the gradient.
func gradientFault(r *rand.Rand, g *Graph, env *Env, y *Node, xs []*Node, order int) error {
	if y.Type != Real || order == 0 {
		return nil
	}
	var fault error
	normal := func(n *Node, name string) *Node {
		in := g.Input(SeedInput, name, n.Shape, Real)
		shape, err := n.Shape.Eval(env.dim)
		if err != nil {
			fault = err
			return in
		}
		v := NewTensor(shape...)
		for i := range v.Data {
			v.Data[i] = r.NormFloat64()
		}
		env.Inputs[in.Attr.Key()] = v
		return in
	}
	u := normal(y, fmt.Sprint("u", order))
	s := g.Sum(g.Mul(u, y), AllAxes(y)...)
	grads := g.Gradient(s, xs...)
	var dxs []*Node
	for i, x := range xs {
		dxs = append(dxs, normal(x, fmt.Sprint("dx", order, ".", i)))
	}
	tangent := g.JVP([]*Node{s}, xs, dxs)[0]
	along := g.Num(0) // ⟨∇s, dx⟩
	for i, d := range grads {
		if d == nil {
			continue
		}
		if !d.Shape.Equal(xs[i].Shape) {
			return fmt.Errorf("gradient of %s has shape %s", xs[i].Shape, d.Shape)
		}
		along = g.Add(along, g.Sum(g.Mul(d, dxs[i]), AllAxes(d)...))
	}
	if tangent == nil {
		tangent = g.Num(0)
	}
	simple := g.Rewrite(Simplify, along)[0]
	v, err := Eval(env, along, tangent, simple)
	if err = errors.Join(fault, err); err != nil {
		return err
	}
	reverse, forward, rewritten := v[0].Data[0], v[1].Data[0], v[2].Data[0]
	if !near(reverse, forward, 1e-11) {
		return fmt.Errorf("order %d: ⟨u, Jv⟩ is %v, ⟨Jᵀu, v⟩ is %v", order, forward, reverse)
	}
	if !near(reverse, rewritten, 1e-11) {
		return fmt.Errorf("order %d: rewriting changes %v to %v", order, reverse, rewritten)
	}
	fd := richardson(func(h float64) float64 {
		moved := &Env{Dims: env.Dims, Inputs: map[string]*Tensor{}}
		for k, t := range env.Inputs {
			moved.Inputs[k] = t
		}
		for i, x := range xs {
			d := env.Inputs[dxs[i].Attr.Key()]
			v := &Tensor{Shape: d.Shape, Data: slices.Clone(env.Inputs[x.Attr.Key()].Data)}
			for j := range v.Data {
				v.Data[j] += h * d.Data[j]
			}
			moved.Inputs[x.Attr.Key()] = v
		}
		out, err := Eval(moved, s)
		if err != nil {
			fault = err
			return math.NaN()
		}
		return out[0].Data[0]
	})
	if fault != nil {
		return fault
	}
	if !near(reverse, fd, 1e-6) {
		return fmt.Errorf("order %d: gradient %v, finite differences %v", order, reverse, fd)
	}
	for _, d := range grads {
		if d != nil && order > 1 {
			if err := gradientFault(r, g, env, d, xs, order-1); err != nil {
				return err
			}
		}
	}
	return nil
}

// elementwiseFault holds the derivatives of an elementwise operator against
// finite differences, in several shapes.
func (op *OpSpec) elementwiseFault() error {
	r := rand.New(rand.NewPCG(2, 1))
	for _, size := range [][]int{{}, {1}, {5}, {2, 3}} {
		g := NewGraph()
		y, x := op.applied(g, Shp(size...))
		reals := slices.DeleteFunc(slices.Clone(x), func(n *Node) bool { return n.Type != Real })
		if y.Type != Real || len(reals) == 0 {
			return nil
		}
		if err := gradientFault(r, g, op.samples(r, x, size...), y, reals, 2); err != nil {
			return err
		}
		if err := Check(g); err != nil {
			return err
		}
	}
	return nil
}

func TestElementwiseGradients(t *testing.T) {
	for _, op := range elementwiseOps() {
		if op.Out != Real || op == OpStop {
			continue
		}
		t.Run(op.Name, func(t *testing.T) {
			if err := op.elementwiseFault(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// subsets lists the sets of axes of a rank.
func subsets(rank int) []Axes {
	var out []Axes
	for bits := range 1 << rank {
		a := Axes{}
		for i := range rank {
			if bits>>i&1 == 1 {
				a = append(a, i)
			}
		}
		out = append(out, a)
	}
	return out
}

func overAxes() []*OpSpec {
	return slices.DeleteFunc(Ops(), func(op *OpSpec) bool {
		return op.Class != Reduction && op.Class != Composite || op.Args != 1 || op.Batched // of matrices: TestLinearAlgebra
	})
}

// TestOverAxes runs reductions and composites over every set of axes.
func TestOverAxes(t *testing.T) {
	for _, op := range overAxes() {
		t.Run(op.Name, func(t *testing.T) {
			if err := op.axesFault(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// axesFault holds values and derivatives of a reduction or composite against its
// expansion, its meaning and finite differences, over every set of axes.
func (op *OpSpec) axesFault() error {
	r := rand.New(rand.NewPCG(5, 1))
	for _, size := range [][]int{{}, {1}, {4}, {2, 3}, {2, 1, 3}, {0, 2}} {
		for _, axes := range subsets(len(size)) {
			g := NewGraph()
			x := g.Input(ArgInput, "x", Shp(size...), op.ArgType(0))
			y := g.Apply(op, axes, x)
			env := op.samples(r, []*Node{x}, size...)
			roots := []*Node{y}
			if op.Expand != nil {
				roots = append(roots, op.Expand(g, axes, []*Node{x}))
			}
			out, err := Eval(env, roots...)
			if err != nil {
				return err
			}
			got := out[0]
			for _, want := range out[1:] {
				for i := range want.Data {
					if !near(got.Data[i], want.Data[i], 1e-14) {
						return fmt.Errorf("%v, by the expansion %v", got.Data, want.Data)
					}
				}
			}
			if want, ok := foldByHand(op, env.Inputs["arg:x"], axes); ok && !slices.Equal(got.Data, want) {
				return fmt.Errorf("over %v of %v: %v, by hand %v", axes, size, got.Data, want)
			}
			if op.Out == Real && !op.Arg && op.ArgType(0) == Real && !slices.Contains(size, 0) {
				if err := gradientFault(r, g, env, y, []*Node{x}, 2); err != nil {
					return err
				}
			}
			if err := Check(g); err != nil {
				return err
			}
		}
	}
	return nil
}

// foldByHand reduces by looking up each element's place in a map.
func foldByHand(op *OpSpec, x *Tensor, axes Axes) ([]float64, bool) {
	if op.Combine == nil || op.Arg {
		return nil, false
	}
	n := 1
	for a, d := range x.Shape {
		if !axes.Has(a) {
			n *= d
		}
	}
	out := slices.Repeat([]float64{op.Unit}, n)
	for i := range x.Data {
		o, rest, scale := 0, i, 1
		for a := len(x.Shape) - 1; a >= 0; a-- {
			k := rest % x.Shape[a]
			rest /= x.Shape[a]
			if !axes.Has(a) {
				o += k * scale
				scale *= x.Shape[a]
			}
		}
		out[o] = op.Combine.Eval([]float64{out[o], x.Data[i]})
	}
	return out, true
}

// TestStableComposites compares with what the definitions give in range, far
// out of it.
func TestStableComposites(t *testing.T) {
	g := NewGraph()
	x := g.Input(ArgInput, "x", Shp(3), Real)
	lse, p, lp := g.Apply(OpLogSumExp, Axes{0}, x), g.Apply(OpSoftmax, Axes{0}, x), g.Apply(OpLogSoftmax, Axes{0}, x)
	inf := math.Inf(1)
	for _, c := range []struct{ x, lse, p, lp []float64 }{
		{[]float64{1000, 1000, -1000}, []float64{1000 + math.Ln2}, []float64{0.5, 0.5, 0}, []float64{-math.Ln2, -math.Ln2, -2000 - math.Ln2}},
		{[]float64{-inf, 0, -inf}, []float64{0}, []float64{0, 1, 0}, []float64{-inf, 0, -inf}},
		{[]float64{-inf, -inf, -inf}, []float64{-inf}, nil, nil},
		{[]float64{inf, 0, 0}, []float64{inf}, nil, nil},
	} {
		out := mustEval(t, &Env{Inputs: map[string]*Tensor{"arg:x": Vector(c.x...)}}, lse, p, lp)
		for i, want := range [][]float64{c.lse, c.p, c.lp} {
			for j, w := range want {
				if !near(out[i].Data[j], w, 1e-15) {
					t.Errorf("%v: result %d is %v, want %v", c.x, i, out[i].Data, want)
				}
			}
		}
	}
}
