package frontend

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// words mean themselves in brackets after the name of a function: how a
// derivative is taken, how a triangle is packed.
var words = map[string]bool{"forward": true, "reverse": true, "diagonal": true, "rows": true, "columns": true, "strict": true}

// A sweep is a derivative of y by xs, for unit seeds or for one that is given.
// An axis that y and x both vary along is one axis of the result: a derivative
// within a mapped call or an index statement is that of each element by itself.
type sweep struct {
	*ctx
	y    *tensor
	xs   []*tensor
	seed *tensor // in the shape of y or x; nil: all unit seeds
	diag bool    // of a square matrix the diagonal only
	even *tensor // the x, if any, by which the derivative is its own transpose

	at, of parser.Node   // the derivative, and what y is
	wrt    []parser.Expr // what the xs are; nil: it is not looked at where y loses its derivative
}

// reverse walks from y to every x.
func (s *sweep) reverse() ([]*tensor, bool) {
	u := s.g.Open(s.y.node)
	rs := s.g.VJP(nodes(s.y), []*symbolic.Node{u}, nodes(s.xs...))
	out := make([]*tensor, len(s.xs))
	swept, extra, ok := s.sweep(s.y, u, rs)
	for i, x := range s.xs {
		if !ok {
			return nil, false
		}
		l := layout{append(slices.Clone(s.y.shape), x.shape...), append(padded(s.y), padded(x)...), 0, len(s.y.shape)}
		out[i] = s.arrange(swept[i], extra, s.y, x, l)
		if swept[i].Zero() && !s.mayBeZero(i) {
			return nil, false
		}
	}
	return out, true
}

// forward walks from every x to y.
func (s *sweep) forward() ([]*tensor, bool) {
	var out []*tensor
	for i, x := range s.xs {
		u := s.g.Open(x.node)
		dxs := make([]*symbolic.Node, len(s.xs))
		dxs[i] = u
		swept, extra, ok := s.sweep(x, u, s.g.JVP(nodes(s.y), nodes(s.xs...), dxs))
		if !ok {
			return nil, false
		}
		l := layout{append(slices.Clone(s.y.shape), x.shape...), append(padded(s.y), padded(x)...), len(s.y.shape), 0}
		out = append(out, s.arrange(swept[0], extra, x, s.y, l))
		if swept[0].Zero() && !s.mayBeZero(i) {
			return nil, false
		}
	}
	return out, true
}

// mayBeZero reports an error where y depends on x and has lost its derivative on
// the way.
func (s *sweep) mayBeZero(i int) bool {
	if s.wrt == nil {
		return true
	}
	what := short(s.text(s.of)) + " by " + short(s.text(s.wrt[i]))
	d := module.Refusal(s.g, s.y.node, s.xs[i].node, s.at.Span(), what)
	if d != nil {
		s.refuse(d)
	}
	return d == nil
}

// sweep takes what a walk from one value has given for all seeds there. Seeds
// that are given may vary along axes that the value does not have.
func (s *sweep) sweep(from *tensor, u *symbolic.Node, rs []*symbolic.Node) (swept []*symbolic.Swept, extra []*axis, ok bool) {
	full := from.node.Shape
	seed, units := s.g.Const(1, full, symbolic.Real), symbolic.Units(full, all(len(full))...)
	if s.seed != nil {
		units = nil
		for _, a := range s.seed.axes {
			if !slices.Contains(from.axes, a) {
				extra = append(extra, a)
				units = append(units, symbolic.Unit{Size: a.size})
			}
		}
		units = append(units, symbolic.Units(full, all(len(from.axes))...)...)
		seed = s.spread(s.seed, append(slices.Clone(extra), from.axes...), from.shape)
	}
	swept, err := s.g.Sweep(rs, u, seed, units)
	if err != nil {
		s.errorf(s.at.Span(), "not supported yet: %v", err)
		return nil, nil, false
	}
	return swept, extra, true
}

// all lists 0 to n−1.
func all(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// A layout is the shape of a derivative, and from where on in it are the dims
// of the unit seeds and of what the walk ends at.
type layout struct {
	shape      symbolic.Shape
	names      []string
	units, own int
}

// arrange lays out what the walk from one value to another has given.
func (s *sweep) arrange(v *symbolic.Swept, extra []*axis, from, to *tensor, l layout) *tensor {
	if to == s.even || from == s.even {
		l.units, l.own = 0, len(to.shape)
	}
	if s.seed != nil || s.diag {
		l = layout{shape: to.shape, names: padded(to)}
	}
	if v.Zero() {
		return &tensor{node: s.g.Const(0, l.shape, symbolic.Real), shape: l.shape, names: l.names}
	}
	over := unite(from, to, &tensor{axes: extra})
	place := func(axes []*axis, rank, at int) (out []int) {
		for _, a := range axes {
			out = append(out, slices.Index(over, a))
		}
		for k := range rank {
			out = append(out, len(over)+at+k)
		}
		return out
	}
	seeded := len(from.shape)
	if s.seed != nil {
		seeded = 0
	}
	unitAt := place(append(slices.Clone(extra), from.axes...), seeded, l.units)
	ownAt := place(to.axes, len(to.shape), l.own)
	return &tensor{node: v.Arrange(dims(over, l.shape), unitAt, ownAt), axes: over, shape: l.shape, names: l.names}
}

// padded are the names of all dims of t.
func padded(t *tensor) []string {
	out := make([]string, len(t.shape))
	copy(out, t.names)
	return out
}

func nodes(ts ...*tensor) []*symbolic.Node {
	var out []*symbolic.Node
	for _, t := range ts {
		out = append(out, t.node)
	}
	return out
}

// ---- the functions of the language

// usage is how the derivatives are called.
var usage = map[string]string{
	"grad": "grad(s, x)", "jacobian": "jacobian(y, x)", "hessian": "hessian(s, x)",
	"jvp": "jvp(y, x, v)", "vjp": "vjp(y, x, v)", "hvp": "hvp(s, x, v)",
}

// derivation reads the arguments of a derivative: a value, a name or several,
// and as many seeds as the function takes.
func (k *bcall) derivation(several bool, seeds int) (*sweep, mode, bool) {
	m, ok := k.mode()
	if !ok {
		return nil, "", false
	}
	want := 2 + seeds
	if len(k.args) < want || !several && len(k.args) > want {
		k.errorf(k.x.Span(), "%s takes %s, has %d", k.f.name, plural(want, "argument"), len(k.args)).
			Hintf("%s: the derivative of a value by a name", usage[k.f.name])
		return nil, "", false
	}
	y, ok := k.tensor(k.args[0], k.at[0])
	if !ok {
		return nil, "", false
	}
	if y.node.Type == symbolic.Integer {
		if _, static := k.args[0].(number); static {
			y = k.toReal(y)
		}
	}
	if y.node.Type != symbolic.Real {
		k.errorAt(0, "%s is %s and has no derivative", short(k.text(k.at[0])), y.node.Type)
		return nil, "", false
	}
	out := *y
	out.node = k.g.Stable(y.node)[0]
	s := &sweep{ctx: k.ctx, y: &out, at: k.x, of: k.at[0]}
	for i := 1; i < len(k.args)-seeds; i++ {
		x, ok := k.byName(i)
		if !ok {
			return nil, "", false
		}
		if slices.Contains(nodes(s.xs...), x.node) {
			k.errorf(k.at[i].Span(), "%s is named twice", short(k.text(k.at[i])))
			return nil, "", false
		}
		s.xs, s.wrt = append(s.xs, x), append(s.wrt, k.at[i])
	}
	return s, m, true
}

// mode is what stands in brackets.
func (k *bcall) mode() (mode, bool) {
	if len(k.f.static) == 0 {
		return "", true
	}
	allowed := map[string][]mode{
		"grad": {"forward", "reverse"}, "jacobian": {"forward", "reverse"}, "hvp": {"forward", "reverse"},
		"hessian": {"forward", "reverse", "diagonal"},
	}[k.f.name]
	a := k.f.static[0]
	m, ok := a.val.(mode)
	if len(k.f.static) == 1 && a.name == "" && ok && slices.Contains(allowed, m) {
		return m, true
	}
	d := k.errorf(k.x.Fun.Span(), "%s does not take this in brackets", k.f.name)
	var choice []string
	for _, m := range allowed {
		choice = append(choice, k.f.name+"["+string(m)+"]")
	}
	if len(choice) > 0 {
		d.Hintf("write %s", strings.Join(choice, " or "))
	}
	return "", false
}

// byName is the value of argument i, which must be a name.
func (k *bcall) byName(i int) (*tensor, bool) {
	x := unparen(k.at[i])
	id, ok := x.(*parser.Name)
	if !ok {
		k.errorf(x.Span(), "a derivative is by a name, and %s is none", short(k.text(x))).
			Hintf("bind it before it is used: t = %s, then %s(…, t)", short(k.text(x)), k.f.name)
		return nil, false
	}
	t, ok := k.args[i].(*tensor)
	switch {
	case !ok:
		k.errorf(x.Span(), "%s is %s, known when generating; a derivative is by a value", id.Name, describe(k.args[i]))
		return nil, false
	case t.node.Type != symbolic.Real:
		k.errorAt(i, "%s is %s and has no derivative", id.Name, t.node.Type)
		return nil, false
	}
	return t, true
}

// seedOf takes the last argument as a seed in the shape of a value.
func (k *bcall) seedOf(like *tensor, what string) (*tensor, bool) {
	i := len(k.args) - 1
	v, ok := k.real(k.args[i], k.at[i])
	if !ok {
		return nil, false
	}
	if !v.shape.Equal(like.shape) {
		k.errorAt(i, "%s takes a vector in the shape of %s, which is %s", k.f.name, what, describe(like))
		return nil, false
	}
	return v, true
}

// scalar reports an error where the value is not one number.
func (k *bcall) scalar(s *sweep) bool {
	if len(s.y.shape) == 0 {
		return true
	}
	d := k.errorAt(0, "%s is of one number, and %s is %s", k.f.name, short(k.text(k.at[0])), describe(s.y))
	if k.f.name == "grad" {
		d.Hintf("jacobian(%s, %s) has the derivative of each element", short(k.text(k.at[0])), short(k.text(k.at[1])))
	}
	return false
}

// given is one value or a group of them.
func given(ts []*tensor, ok bool) value {
	switch {
	case !ok:
		return poison{}
	case len(ts) == 1:
		return ts[0]
	}
	var out tuple
	for _, t := range ts {
		out = append(out, t)
	}
	return out
}

func (k *bcall) grad() value {
	s, m, ok := k.derivation(true, 0)
	if !ok || !k.scalar(s) {
		return poison{}
	}
	if m == "forward" {
		return given(s.forward())
	}
	return given(s.reverse())
}

func (k *bcall) jacobian() value {
	s, m, ok := k.derivation(true, 0)
	if !ok {
		return poison{}
	}
	return given(s.jacobians(m))
}

// jacobians takes each derivative in the way that is asked for, or that costs
// less.
func (s *sweep) jacobians(m mode) ([]*tensor, bool) {
	forward := func(x *tensor) bool {
		return m == "forward" || m == "" && symbolic.ForwardIsCheaper(s.y.shape, x.shape)
	}
	var there, back []*tensor
	ok := true
	if slices.ContainsFunc(s.xs, forward) {
		there, ok = s.forward()
	}
	if ok && slices.ContainsFunc(s.xs, func(x *tensor) bool { return !forward(x) }) {
		back, ok = s.reverse()
	}
	if !ok {
		return nil, false
	}
	out := make([]*tensor, len(s.xs))
	for i, x := range s.xs {
		if forward(x) {
			out[i] = there[i]
		} else {
			out[i] = back[i]
		}
	}
	return out, true
}

// hessian has the blocks of second derivatives, for several names those on and
// above the diagonal: the others are their transposes.
func (k *bcall) hessian() value {
	s, m, ok := k.derivation(true, 0)
	if !ok || !k.scalar(s) {
		return poison{}
	}
	gs, ok := s.reverse()
	var out []*tensor
	for i, g := range gs {
		second := &sweep{ctx: s.ctx, y: g, xs: s.xs, even: s.xs[i], at: s.at}
		var row []*tensor
		switch m {
		case "diagonal":
			second.diag = true
			row, ok = second.forward()
			if ok {
				row = row[i : i+1]
			}
		case "reverse":
			row, ok = second.reverse()
		default:
			row, ok = second.forward()
		}
		if !ok {
			return poison{}
		}
		if m != "diagonal" {
			row = row[i:]
		}
		out = append(out, row...)
	}
	return given(out, ok)
}

func (k *bcall) jvp() value {
	s, _, ok := k.derivation(false, 1)
	if !ok {
		return poison{}
	}
	if s.seed, ok = k.seedOf(s.xs[0], short(k.text(k.at[1]))); !ok {
		return poison{}
	}
	return given(s.forward())
}

func (k *bcall) vjp() value {
	s, _, ok := k.derivation(false, 1)
	if !ok {
		return poison{}
	}
	if s.seed, ok = k.seedOf(s.y, short(k.text(k.at[0]))); !ok {
		return poison{}
	}
	return given(s.reverse())
}

// hvp is the gradient's derivative along a vector.
func (k *bcall) hvp() value {
	s, m, ok := k.derivation(false, 1)
	if !ok || !k.scalar(s) {
		return poison{}
	}
	v, ok := k.seedOf(s.xs[0], short(k.text(k.at[1])))
	if !ok {
		return poison{}
	}
	gs, ok := s.reverse()
	if !ok {
		return poison{}
	}
	second := &sweep{ctx: s.ctx, y: gs[0], xs: s.xs, seed: v, at: s.at}
	if m == "reverse" { // the matrix is its own transpose
		return given(second.reverse())
	}
	return given(second.forward())
}
