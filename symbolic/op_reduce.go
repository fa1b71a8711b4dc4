package symbolic

import "math"

// OpSum is the sum over axes.
var OpSum = named("sum")

func init() {
	Register(OpSpec{
		Name: "sum", Doc: "The sum over axes.", Args: 1, Class: Reduction, Builtin: true,
		Sign:    ofFirst,
		Combine: OpAdd, Unit: 0, Linear: true,
		Grad: func(g *Graph, y, dy *Node) []*Node { return []*Node{g.spread(dy, y)} },
		Math: "Σ %s",
	})
}

// OpProd is the product over axes.
var OpProd = named("prod")

func init() {
	Register(OpSpec{
		Name: "prod", Doc: "The product over axes.", Args: 1, Class: Reduction, Builtin: true,
		Sign:    ofFirst,
		Combine: OpMul, Unit: 1,
		// ∂Πx/∂x_i is the product of the others, taken without dividing, so that
		// zeros do no harm.
		Grad: func(g *Graph, y, dy *Node) []*Node {
			return []*Node{g.Mul(g.spread(dy, y), g.productOfOthers(y))}
		},
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			return g.timesNil(dx[0], func(d *Node) *Node {
				return g.Apply(OpSum, y.Attr, g.Mul(d, g.productOfOthers(y)))
			})
		},
		Math: "Π %s",
	})
}

// OpMaxOver is the greatest element over axes.
var OpMaxOver = named("maxof")

func init() {
	Register(chosen("maxof", "The greatest element over axes; its cotangent goes to the first such.", "max %s", math.Inf(-1), OpMax, OpArgmax))
}

// OpMinOver is the least element over axes.
var OpMinOver = named("minof")

func init() {
	Register(chosen("minof", "The least element over axes; its cotangent goes to the first such.", "min %s", math.Inf(1), OpMin, OpArgmin))
}

// OpArgmax is the position of the first greatest element.
var OpArgmax = named("argmax")

func init() {
	Register(OpSpec{
		Name: "argmax", Doc: "The position of the greatest element, the first of equals.", Args: 1, Class: Reduction, Builtin: true, LastAxis: true,
		Combine: OpMax, Unit: math.Inf(-1), Arg: true, Math: "argmax %s",
	})
}

// OpArgmin is the position of the first least element.
var OpArgmin = named("argmin")

func init() {
	Register(OpSpec{
		Name: "argmin", Doc: "The position of the least element, the first of equals.", Args: 1, Class: Reduction, Builtin: true, LastAxis: true,
		Combine: OpMin, Unit: math.Inf(1), Arg: true, Math: "argmin %s",
	})
}

// OpAny is true where some element is.
var OpAny = named("any")

func init() {
	Register(OpSpec{
		Name: "any", Doc: "Whether some element holds.", Args: 1, Class: Reduction, Combine: OpOr, Unit: 0, Builtin: true, Math: "∃ %s", In: []Type{Boolean},
	})
}

// OpEvery is true where all elements are.
var OpEvery = named("every")

func init() {
	Register(OpSpec{
		Name: "every", Doc: "Whether all elements hold.", Args: 1, Class: Reduction, Combine: OpAnd, Unit: 1, Builtin: true, Math: "∀ %s", In: []Type{Boolean},
	})
}

func chosen(name, doc, form string, unit float64, combine, arg *OpSpec) OpSpec {
	// masked keeps d where the element is the chosen one.
	masked := func(g *Graph, y, d *Node) *Node {
		at := g.Apply(arg, y.Attr, y.Args[0])
		here := g.Apply(OpIntEq, nil, g.position(y), g.spread(at, y))
		return g.Select(here, d, g.Like(0, d))
	}
	return OpSpec{
		Name: name, Doc: doc, Args: 1, Class: Reduction, Combine: combine, Unit: unit, Math: form, Sign: ofFirst,
		Grad: func(g *Graph, y, dy *Node) []*Node { return []*Node{masked(g, y, g.spread(dy, y))} },
		Tangent: func(g *Graph, y *Node, dx []*Node) *Node {
			return g.timesNil(dx[0], func(d *Node) *Node { return g.Apply(OpSum, y.Attr, masked(g, y, d)) })
		},
	}
}

// spread repeats v, which has the shape of the reduction y, over y's reduced
// axes.
func (g *Graph) spread(v, y *Node) *Node {
	in := y.Args[0].Shape
	var kept []int
	for i := range in {
		if !y.Attr.(Axes).Has(i) {
			kept = append(kept, i)
		}
	}
	return g.Broadcast(v, in, kept...)
}

// position gives each element of a reduction's argument its row-major number
// over the reduced axes.
func (g *Graph) position(y *Node) *Node {
	in := y.Args[0].Shape
	if len(y.Attr.(Axes)) == 0 {
		return g.Const(0, in, Integer)
	}
	var n *Node
	for _, a := range y.Attr.(Axes) {
		i := g.Iota(in, a)
		if n == nil {
			n = i
			continue
		}
		size := g.Broadcast(g.Size(in[a]), in)
		n = g.Apply(OpIntAdd, nil, g.Apply(OpIntMul, nil, n, size), i)
	}
	return n
}

// productOfOthers gives each element of a product's argument the product of
// all others that it is multiplied with.
func (g *Graph) productOfOthers(y *Node) *Node {
	x, axes := y.Args[0], y.Attr.(Axes)
	if len(axes) == 0 {
		return g.Like(1, x)
	}
	rank := len(x.Shape)
	// Over the axes of x and then the reduced ones again: 1 where both agree.
	m := &Map{Shape: append(Shape(nil), x.Shape...)}
	for i := range x.Shape {
		m.Index = append(m.Index, Axis(i))
	}
	var again Axes
	for i, a := range axes {
		m.Shape = append(m.Shape, x.Shape[a])
		m.Index[a] = Axis(rank + i)
		again = append(again, rank+i)
	}
	var same *Node
	for i, a := range axes {
		e := g.Apply(OpIntEq, nil, g.Iota(m.Shape, a), g.Iota(m.Shape, rank+i))
		if same == nil {
			same = e
		} else {
			same = g.Apply(OpAnd, nil, same, e)
		}
	}
	others := g.access(x, m)
	return g.Apply(OpProd, again, g.Select(same, g.Like(1, others), others))
}

// Sum returns the sum of x over axes.
func (g *Graph) Sum(x *Node, axes ...int) *Node {
	if len(axes) == 0 {
		return x
	}
	return g.Apply(OpSum, Axes(axes), x)
}

// AllAxes lists the axes of x.
func AllAxes(x *Node) Axes {
	out := make(Axes, len(x.Shape))
	for i := range out {
		out[i] = i
	}
	return out
}
