package symbolic

import "math"

func inferSame(attr Attr, args []*Node) (Shape, Type, error) { return args[0].Shape, Real, nil }

// peak returns the greatest element of x over axes, or 0 where that is
// infinite, spread to the shape of x: what may be taken off before exp.
func (g *Graph) peak(x *Node, axes Attr) (flat, full *Node) {
	m := g.Apply(OpStop, nil, g.Apply(OpMaxOver, axes, x))
	finite := g.Apply(OpLt, nil, g.Apply(OpAbs, nil, m), g.Num(math.Inf(1)))
	m = g.Select(finite, m, g.Like(0, m))
	g.SetName(m, "top")
	return m, g.spreadAxes(m, x, axes.(Axes))
}

// spreadAxes repeats v, which is x without axes, over axes.
func (g *Graph) spreadAxes(v, x *Node, axes Axes) *Node {
	var kept []int
	for i := range x.Shape {
		if !axes.Has(i) {
			kept = append(kept, i)
		}
	}
	return g.Broadcast(v, x.Shape, kept...)
}

// exps returns exp x and its sum over axes, called as people would call them.
func (g *Graph) exps(x *Node, axes Attr) (each, total *Node) {
	each = g.Apply(OpExp, nil, x)
	total = g.Apply(OpSum, axes, each)
	g.SetName(each, "exps")
	g.SetName(total, "total")
	return each, total
}

// OpLogSumExp is log Σ exp x, taken from the greatest element so that nothing
// overflows.
var OpLogSumExp = named("logsumexp")

func init() {
	Register(OpSpec{
		Name: "logsumexp", Doc: "log Σ exp x over axes.", Args: 1, Class: Composite, Builtin: true,
		InferFn: func(attr Attr, args []*Node) (Shape, Type, error) { return OpSum.inferReduction(attr, args) },
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			m, full := g.peak(x[0], attr)
			_, total := g.exps(g.Sub(x[0], full), attr)
			return g.Add(m, g.Apply(OpLog, nil, total))
		},
		Grad: func(g *Graph, y, dy *Node) []*Node {
			return []*Node{g.Mul(g.spread(dy, y), g.Apply(OpSoftmax, y.Attr, y.Args[0]))}
		},
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			return g.timesNil(dx[0], func(d *Node) *Node {
				return g.Apply(OpSum, y.Attr, g.Mul(g.Apply(OpSoftmax, y.Attr, y.Args[0]), d))
			})
		},
		Math: "logsumexp(%s)",
	})
}

// OpSoftmax is exp x / Σ exp x.
var OpSoftmax = named("softmax")

func init() {
	// y∘(v − Σ y∘v) is both the derivative and its transpose.
	apply := func(g *Graph, y, v *Node) *Node {
		s := g.Apply(OpSum, y.Attr, g.Mul(y, v))
		return g.Mul(y, g.Sub(v, g.spreadAxes(s, y, y.Attr.(Axes))))
	}
	Register(OpSpec{
		Name: "softmax", Doc: "exp x / Σ exp x over axes.", Args: 1, Class: Composite, Builtin: true, LastAxis: true,
		Sign:    surely(Positive),
		InferFn: inferSame,
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			_, m := g.peak(x[0], attr)
			e, total := g.exps(g.Sub(x[0], m), attr)
			return g.Div(e, g.spreadAxes(total, e, attr.(Axes)))
		},
		Grad: func(g *Graph, y, dy *Node) []*Node { return []*Node{apply(g, y, dy)} },
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			return g.timesNil(dx[0], func(d *Node) *Node { return apply(g, y, d) })
		},
		Math: "softmax(%s)",
	})
}

// OpLogSoftmax is x − log Σ exp x.
var OpLogSoftmax = named("logsoftmax")

func init() {
	Register(OpSpec{
		Name: "logsoftmax", Doc: "x − log Σ exp x over axes.", Args: 1, Class: Composite, Builtin: true, LastAxis: true,
		InferFn: inferSame,
		// The peak is taken off first, so that large x keep their digits.
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			_, m := g.peak(x[0], attr)
			v := g.Sub(x[0], m)
			_, total := g.exps(v, attr)
			return g.Sub(v, g.spreadAxes(g.Apply(OpLog, nil, total), v, attr.(Axes)))
		},
		Grad: func(g *Graph, y, dy *Node) []*Node {
			s := g.spreadAxes(g.Apply(OpSum, y.Attr, dy), y, y.Attr.(Axes))
			return []*Node{g.Sub(dy, g.Mul(g.Apply(OpSoftmax, y.Attr, y.Args[0]), s))}
		},
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			return g.timesNil(dx[0], func(d *Node) *Node {
				s := g.Apply(OpSum, y.Attr, g.Mul(g.Apply(OpSoftmax, y.Attr, y.Args[0]), d))
				return g.Sub(d, g.spreadAxes(s, y, y.Attr.(Axes)))
			})
		},
		Math: "logsoftmax(%s)",
	})
}

// OpMean is the mean over axes.
var OpMean = named("mean")

func init() {
	Register(OpSpec{
		Name: "mean", Doc: "The mean over axes.", Args: 1, Class: Composite, Builtin: true,
		Sign:    ofFirst,
		InferFn: func(attr Attr, args []*Node) (Shape, Type, error) { return OpSum.inferReduction(attr, args) },
		Expand: func(g *Graph, attr Attr, x []*Node) *Node {
			n := Int(1)
			for _, a := range attr.(Axes) {
				n = n.Mul(x[0].Shape[a])
			}
			s := g.Apply(OpSum, attr, x[0])
			return g.Div(s, g.Broadcast(g.ToReal(g.Size(n)), s.Shape))
		},
		Math: "mean(%s)",
	})
}
