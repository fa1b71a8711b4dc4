package frontend

import (
	"fmt"
	"strings"

	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// A distribution is what a sample can be drawn from.
type distribution struct {
	params []string
	start  []float64 // what they are by default; fewer: the first must be given
	draws  int       // how many uniform numbers it takes
	// of makes the sample from uniform numbers and the parameters.
	of func(c *ctx, u, params []*tensor) *tensor
}

var distributions = map[string]*distribution{
	"uniform": {[]string{"lo", "hi"}, []float64{0, 1}, 1, func(c *ctx, u, p []*tensor) *tensor {
		return c.apply(symbolic.OpAdd, p[0], c.apply(symbolic.OpMul, c.apply(symbolic.OpSub, p[1], p[0]), u[0]))
	}},
	// Box, Muller: A note on the generation of random normal deviates, 1958.
	"normal": {[]string{"mean", "dev"}, []float64{0, 1}, 2, func(c *ctx, u, p []*tensor) *tensor {
		r := c.apply(symbolic.OpSqrt, c.apply(symbolic.OpMul, c.realConst(-2), c.apply(symbolic.OpLog, u[0])))
		n := c.apply(symbolic.OpMul, r, c.apply(symbolic.OpCos, c.apply(symbolic.OpMul, c.realConst(tau), u[1])))
		return c.apply(symbolic.OpAdd, p[0], c.apply(symbolic.OpMul, p[1], n))
	}},
	"bernoulli": {[]string{"p"}, nil, 1, func(c *ctx, u, p []*tensor) *tensor {
		return c.apply(symbolic.OpLt, u[0], p[0])
	}},
}

const tau = 6.28318530717958647692528676655900577

func (c *ctx) realConst(x float64) *tensor { return &tensor{node: c.g.Num(x)} }

const distributionHint = "uniform(lo, hi), normal(mean, deviation), bernoulli(p)"

// sample declares random numbers, which are drawn anew for every example and
// step. They are constants for derivatives; the parameters of the distribution
// are not.
func (c *ctx) sample(s *parser.OwnStmt, id *parser.Ident) value {
	m := c.frame.model
	switch {
	case m == nil || !c.frame.owns:
		c.errorf(s.Span(), "a %s draws no samples", frameKind(c.frame)).Hintf("models and layers do; a func takes them as arguments")
		return poison{}
	}
	shape, names, elem, ok := c.ownShape(s)
	if !ok {
		return poison{}
	}
	d, params, ok := c.distribution(s, shape)
	if !ok {
		return poison{}
	}
	if whiles, _ := c.loopsAround(); len(whiles) > 1 {
		c.errorf(s.Span(), "a sample in a while within a while").
			Hintf("it is numbered by its pass, and nobody knows how many passes the inner one makes; draw it outside")
		return poison{}
	}
	switch isTruth := d.params[0] == "p"; {
	case elem != parser.Real && elem != parser.Bool, elem == parser.Bool && !isTruth:
		c.errorf(s.Span(), "a sample is real, not %s", elem)
		return poison{}
	}
	defer c.g.At(symbolic.Origin{Span: s.Span(), Stmt: c.text(s), Call: c.frame.in})()
	out := d.of(c, c.uniforms(m.sampleKeys(c, id.Name), c.ambient(), shape, d.draws), params)
	if out.node.Type == symbolic.Boolean && elem != parser.Bool {
		out = c.apply(symbolic.OpTruth, out)
	}
	out.names = names
	return out
}

// distribution reads what is drawn from.
func (c *ctx) distribution(s *parser.OwnStmt, shape symbolic.Shape) (*distribution, []*tensor, bool) {
	x := unparen(s.Value)
	var args []*parser.Arg
	if call, ok := x.(*parser.Call); ok {
		x, args = unparen(call.Fun), call.Args
	}
	n, ok := x.(*parser.Name)
	if !ok {
		c.errorf(s.Value.Span(), "%s is no distribution", short(c.text(s.Value))).Hintf("%s", distributionHint)
		return nil, nil, false
	}
	d := distributions[n.Name]
	if d == nil {
		e := c.errorf(n.Span(), "unknown distribution %s", n.Name)
		e.Hintf("%s", distributionHint)
		suggest(e, n.Name, []string{"uniform", "normal", "bernoulli"})
		return nil, nil, false
	}
	if len(args) != len(d.params) && (len(args) != 0 || d.start == nil) {
		c.errorf(s.Value.Span(), "%s takes %s, has %d", n.Name, plural(len(d.params), "number"), len(args))
		return nil, nil, false
	}
	var params []*tensor
	if len(args) == 0 {
		for _, f := range d.start {
			params = append(params, c.realConst(f))
		}
	}
	for i, a := range args {
		if a.Value == nil || a.Name != nil {
			c.errorf(a.Span(), "a distribution takes numbers")
			return nil, nil, false
		}
		v := c.eval(a.Value)
		if isPoison(v) {
			return nil, nil, false
		}
		if n, isNum := v.(number); isNum {
			switch f, known := n.float(); {
			case known && d.params[i] == "dev" && f < 0:
				c.errorf(a.Span(), "the deviation of normal is negative")
				return nil, nil, false
			case known && d.params[i] == "p" && !(f >= 0 && f <= 1):
				c.errorf(a.Span(), "a probability is from 0 to 1, not %s", describe(v))
				return nil, nil, false
			}
		}
		t, ok := c.real(v, a.Value)
		if !ok {
			return nil, nil, false
		}
		if !fits(t.shape, shape) || len(t.shape) > len(shape) {
			c.side(c.errorf(a.Span(), "the sample is %s, and this is %s", shape, t.shapeText(false)), a.Value, t)
			return nil, nil, false
		}
		params = append(params, t)
	}
	return d, params, true
}

// sampleKeys returns the key of the next sample of a name: calls of one layer
// draw samples of their own.
func (b *modelBuild) sampleKeys(c *ctx, name string) [2]*symbolic.Node {
	name = c.frame.path + name + c.iter
	n := b.drawn[name]
	if c.quiet == 0 {
		b.drawn[name]++
	}
	if n > 0 {
		name += fmt.Sprintf("'%d", n)
	}
	s := b.samples[name]
	if s == nil {
		s = &module.Sample{Name: name}
		ident := strings.NewReplacer(".", " ", "[", " ", "]", "", "'", " ").Replace(name)
		for i := range s.Key {
			s.Key[i] = c.g.Input(symbolic.SystemInput, ident+[]string{"", " key"}[i], nil, symbolic.Integer)
		}
		b.samples[name] = s
		b.m.Samples = append(b.m.Samples, s)
	}
	return s.Key
}

// passNumber numbers the pass of the loops around: those of each are a digit, the
// outermost first. A while comes before all, for nobody knows how many it makes.
func (c *ctx) passNumber() *symbolic.Node {
	whiles, others := c.loopsAround()
	pass := c.g.Const(0, nil, symbolic.Integer)
	for i, b := range append(whiles, others...) {
		if i > 0 {
			pass = c.g.Apply(symbolic.OpIntMul, nil, pass, c.g.Size(b.Count))
		}
		if b.Index == nil { // of a while, which has one where something asks for it
			b.Index = c.g.Formal("pass", nil, symbolic.Integer)
		}
		pass = c.g.Apply(symbolic.OpIntAdd, nil, pass, b.Index)
	}
	return pass
}

// loopsAround are the loops being elaborated, whiles by themselves.
func (c *ctx) loopsAround() (whiles, others []*symbolic.Body) {
	for _, b := range c.bodies {
		if b.Kind == symbolic.WhileLoop {
			whiles = append(whiles, b)
		} else {
			others = append(others, b)
		}
	}
	return whiles, others
}

// uniforms returns tensors of numbers uniform in (0, 1).
func (c *ctx) uniforms(key [2]*symbolic.Node, axes []*axis, shape symbolic.Shape, n int) []*tensor {
	op := symbolic.OpUniform52
	if c.floatOf(parser.Model) == module.Float32 {
		op = symbolic.OpUniform23
	}
	full := dims(axes, shape)
	integer := func(x *symbolic.Node) *symbolic.Node { return c.g.Broadcast(x, full) }
	pass := c.passNumber()
	var out []*tensor
	for draw := range n {
		var at *symbolic.Node
		add := func(k *symbolic.Node) {
			if at != nil {
				k = c.g.Apply(symbolic.OpIntAdd, nil, k, at)
			}
			at = k
		}
		if draw > 0 || len(full) == 0 {
			add(c.g.Const(float64(draw), full, symbolic.Integer))
		}
		stride := symbolic.Int(n)
		for i := len(full) - 1; i >= 0; i-- {
			k := c.g.Iota(full, i)
			if !stride.Is(1) {
				k = c.g.Apply(symbolic.OpIntMul, nil, integer(c.g.Size(stride)), k)
			}
			add(k)
			stride = stride.Mul(full[i])
		}
		u := c.g.Apply(op, nil, integer(key[0]), integer(key[1]), integer(pass), at)
		out = append(out, &tensor{node: u, axes: axes, shape: shape})
	}
	return out
}

// ambient returns the axes along which everything may vary here: the batch, the
// dims that calls are mapped over, and the indices of statements and reductions.
func (c *ctx) ambient() []*axis {
	all := []*tensor{{axes: c.frame.around}}
	if c.frame.model != nil {
		all = append(all, &tensor{axes: []*axis{c.frame.model.batch}})
	}
	for s := c.scope; s != nil; s = s.up {
		for _, b := range s.names {
			n, ok := b.val.(number)
			if !ok || b.what != "index" {
				continue
			}
			if sym, ok := n.poly.AsSym(); ok {
				if a := c.axisOf(sym); a != nil && a.pass == nil {
					all = append(all, &tensor{axes: []*axis{a}})
				}
			}
		}
	}
	return unite(all...)
}
