package frontend

import (
	"math"
	"slices"
	"strconv"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

var pi, inf = math.Pi, math.Inf(1)

// maxNesting bounds how deep expressions are elaborated, calls included, so
// that no model can exhaust the stack.
const maxNesting = 20_000

// eval elaborates an expression. What is wrong with it has been reported where
// the result is poison.
func (c *ctx) eval(x parser.Expr) value {
	if c.stopped || x == nil {
		return poison{}
	}
	c.effort.Spend(10)
	if c.depth++; c.depth > maxNesting {
		c.depth--
		return c.stop(x.Span(), "expressions and calls are nested more than %d deep", maxNesting)
	}
	defer func() { c.depth-- }()
	switch x := x.(type) {
	case *parser.Name:
		return c.evalName(x)
	case *parser.Number:
		return c.evalNumber(x)
	case *parser.Paren:
		return c.eval(x.X)
	case *parser.Unary:
		return c.unary(x)
	case *parser.Binary:
		return c.binary(x)
	case *parser.Transpose:
		return c.transpose(x)
	case *parser.Call:
		return c.call(x)
	case *parser.Subscript:
		return c.subscript(x)
	case *parser.Member:
		return c.member(x)
	case *parser.Reduction:
		return c.reduction(x)
	case *parser.List:
		out := &list{n: len(x.Elems)}
		for _, e := range x.Elems {
			v := c.eval(e)
			if isPoison(v) {
				return v
			}
			out.elems = append(out.elems, v)
			if l, ok := v.(*list); ok {
				out.n += l.n
			}
			if out.n > maxNumbers {
				return c.stop(x.Span(), "the list comes to more than %d numbers", maxNumbers)
			}
		}
		return c.listValue(out, x)
	case *parser.If:
		return c.choice(x)
	case *parser.BlockExpr:
		return c.block(x.Block)
	}
	return poison{} // Bad: the parser has said so
}

func (c *ctx) evalName(x *parser.Name) value {
	if b := c.lookup(x.Name, x.Span()); b != nil {
		if t, ok := b.val.(*tensor); ok && t.table != nil {
			c.errorf(x.Span(), "%s is not all there yet: rec reads itself entry by entry", x.Name).
				Hintf("write %s[…]", x.Name)
			return poison{}
		}
		return b.val
	}
	if c.scope.file.missing {
		return poison{} // it may be in the import that could not be read
	}
	if im := c.scope.file.alias(x.Name); im != nil {
		c.errorf(x.Span(), "%s is the name of an import, not a value", x.Name).Hintf("what the file declares is %s.name", x.Name)
		return poison{}
	}
	d := c.errorf(x.Span(), "unknown name %s", x.Name)
	if r := c.ended(x); r != nil {
		d.Hintf("%s[%s](…) ends at its parenthesis: put all of the product into it", r.Op, x.Name)
	} else {
		c.unknown(d, x.Name, c.known())
	}
	return poison{}
}

func (c *ctx) evalNumber(x *parser.Number) value {
	if x.Int {
		if x.Value >= 1<<53 {
			c.errorf(x.Span(), "%s is too large for a whole number", short(x.Text)).Hintf("write it as a real number: %g", x.Value)
			return poison{}
		}
		return whole(symbolic.Int(int(x.Value)))
	}
	return constant(x.Value)
}

// ended is the reduction to the left of a name that would have bound it, had it not
// ended at a parenthesis: sum[i](x[i])*y[i].
func (c *ctx) ended(x *parser.Name) (found *parser.Reduction) {
	if c.frame == nil || c.frame.decl == nil || c.frame.decl.Body == nil {
		return nil
	}
	binds := func(b *parser.Binder) bool { return b.Name != nil && b.Name.Name == x.Name }
	left := func(e parser.Expr) *parser.Reduction {
		for {
			b, ok := e.(*parser.Binary)
			if !ok {
				break
			}
			e = b.X
		}
		r, _ := e.(*parser.Reduction)
		return r
	}
	parser.Inspect(c.frame.decl.Body, func(n parser.Node) bool {
		b, ok := n.(*parser.Binary)
		if ok && b.Y.Span().Pos.Off <= x.Span().Pos.Off && x.Span().End.Off <= b.Y.Span().End.Off {
			if r := left(b.X); r != nil && r.Paren && slices.ContainsFunc(r.Binders, binds) {
				found = r
			}
		}
		return found == nil
	})
	return found
}

// listValue keeps a list static where its entries are, and else stacks it.
func (c *ctx) listValue(l *list, at parser.Node) value {
	for _, e := range l.elems {
		if _, ok := e.(*tensor); ok {
			t, ok := c.stackValues(l.elems, at)
			if !ok {
				return poison{}
			}
			return t
		}
		if n, ok := e.(number); ok && c.mentionsAxis(n.poly) {
			t, ok := c.stackValues(l.elems, at)
			if !ok {
				return poison{}
			}
			return t
		}
	}
	return l
}

func (c *ctx) mentionsAxis(p symbolic.Poly) bool {
	for _, s := range p.Syms() {
		if c.axisOf(s) != nil {
			return true
		}
	}
	return false
}

// constInt evaluates a whole number that must be known when generating.
func (c *ctx) constInt(x parser.Expr, what string) (int, bool) {
	v := c.eval(x)
	if isPoison(v) {
		return 0, false
	}
	if n, ok := v.(number); ok {
		if i, ok := n.int(); ok {
			return i, true
		}
	}
	c.errorf(x.Span(), "%s must be a whole number known when generating, not %s", what, describe(v))
	return 0, false
}

// dimPoly takes a static number as a size.
func (c *ctx) dimPoly(n number, x parser.Node) (symbolic.Poly, bool) {
	if !n.exact {
		c.errorf(x.Span(), "a dim must be a whole number%s", c.isNot(x, strconv.FormatFloat(n.f, 'g', -1, 64)))
		return symbolic.Poly{}, false
	}
	if k, ok := n.poly.Const(); ok {
		switch {
		case k < 0:
			c.errorf(x.Span(), "a dim is 0 or more%s", c.isNot(x, itoa(k)))
			return symbolic.Poly{}, false
		case int64(k) > maxDim:
			c.errorf(x.Span(), "a dim is at most 2⁴⁰%s", c.isNot(x, itoa(k)))
			return symbolic.Poly{}, false
		}
		return n.poly, true
	}
	if c.mentionsAxis(n.poly) {
		c.errorf(x.Span(), "%s varies with an index; a dim is the same everywhere", short(c.text(x)))
		return symbolic.Poly{}, false
	}
	if !c.wholeValued(n.poly) {
		c.errorf(x.Span(), "a dim must be a whole number%s", c.isNot(x, n.poly.String()))
		return symbolic.Poly{}, false
	}
	return n.poly, true
}

// size evaluates a dim.
func (c *ctx) size(x parser.Expr) (symbolic.Poly, bool) {
	for _, n := range dimNames(x) {
		if !c.scope.file.missing && c.scope.file.alias(n.Name) == nil && c.lookup(n.Name, n.Span()) == nil {
			d := c.errorf(n.Span(), "unknown name %s", n.Name)
			d.Hintf("declare it in the file: dim %s, known at run time, or dim %s = 10", n.Name, n.Name)
			if _, alone := unparen(x).(*parser.Name); !alone && c.frame.model == nil {
				d.Hintf("an argument binds it where it stands alone, x [%s]; or declare it in the file: dim %s", n.Name, n.Name)
			}
			suggest(d, n.Name, c.sizes())
			return symbolic.Poly{}, false
		}
	}
	v := c.eval(x)
	switch v := v.(type) {
	case number:
		return c.dimPoly(v, x)
	case poison:
	default:
		c.asSize(v)
		c.errorf(x.Span(), "%s is %s, not a size", short(c.text(x)), describe(v))
	}
	return symbolic.Poly{}, false
}

// dimNames are the names that a dim is computed from.
func dimNames(x parser.Expr) []*parser.Name {
	switch x := x.(type) {
	case *parser.Name:
		return []*parser.Name{x}
	case *parser.Paren:
		return dimNames(x.X)
	case *parser.Binary:
		return append(dimNames(x.X), dimNames(x.Y)...)
	}
	return nil
}

// sizes lists the names that are numbers known when generating or sizes, for
// suggestions.
func (c *ctx) sizes() []string {
	var out []string
	for _, name := range c.known() {
		b := c.scope.local(name)
		if b == nil {
			if e := c.scope.file.own(name); e == nil || e.callable() {
				continue
			}
			b = c.scope.file.lookup(c.frontend, name, diag.Span{})
		}
		if _, ok := b.val.(number); ok {
			out = append(out, name)
		}
	}
	return out
}

// shapeOf evaluates the dims of a type.
func (c *ctx) shapeOf(t *parser.Type) (shape symbolic.Shape, names []string, ok bool) {
	ok = true
	if t == nil {
		return nil, nil, true
	}
	for _, x := range t.Dims {
		p, good := c.size(x)
		ok = ok && good
		shape = append(shape, p)
		name := ""
		if n, is := unparen(x).(*parser.Name); is {
			name = n.Name
		}
		names = append(names, name)
	}
	if n := 1; ok {
		for _, p := range shape {
			if n *= max(1, p.Len()); n > maxTerms {
				c.errorf(t.Span(), "the size of %s has more than %d terms", short(c.text(t)), maxTerms)
				return nil, nil, false
			}
		}
	}
	return shape, names, ok
}

// asWhole makes a whole number of one that is known when generating and is whole, as
// the quotient D/heads; other values stay what they are.
func (c *ctx) asWhole(v value) value {
	if n, ok := v.(number); ok && n.exact && c.wholeValued(n.poly) {
		return whole(n.poly)
	}
	return v
}

// wholeValued reports whether a polynomial with rational coefficients is a
// whole number wherever its symbols are: true for j*(j − 1)/2. Such a
// polynomial repeats modulo its denominator, so a grid of that many points
// each way decides.
func (c *ctx) wholeValued(p symbolic.Poly) bool {
	den := int64(1)
	p.Terms(func(_, d int64, _ []string) { den = lcm(den, d) })
	if den == 1 {
		return true
	}
	syms := p.Syms()
	points := 1
	for range syms {
		if points *= int(den); points > 100_000 || den > 1000 {
			return false
		}
	}
	c.effort.Spend(5 * points * p.Len())
	for k := range points {
		_, err := p.Eval(func(s string) (int, bool) {
			n := k
			for _, t := range syms {
				if t == s {
					return n % int(den), true
				}
				n /= int(den)
			}
			return 0, false
		})
		if err != nil {
			return false
		}
	}
	return true
}

// block elaborates a block standing as a value, or the body of a choice.
func (c *ctx) block(b *parser.Block) value {
	if b == nil {
		return poison{}
	}
	for _, s := range b.Stmts {
		if r, ok := s.(*parser.ReturnStmt); ok {
			c.errorf(r.Span(), "return ends a func or layer, not a block within").
				Hintf("the value of a block is its last line, without a word before it")
			return poison{}
		}
	}
	v, ok := c.in(c.scope.inner()).stmts(b.Stmts)
	if !ok {
		if c.stopped {
			return poison{}
		}
		c.errorf(b.Span(), "this block has no value").Hintf("its last line must be an expression")
		return poison{}
	}
	return v
}

// choice is if c { a } else { b }.
func (c *ctx) choice(x *parser.If) value {
	cond := c.eval(x.Cond)
	switch k := cond.(type) {
	case poison:
		return poison{}
	case truth:
		if k {
			return c.block(x.Then)
		}
		if x.Else == nil {
			c.errorf(x.Span(), "an if is a value and needs an else")
			return poison{}
		}
		return c.block(x.Else)
	case *tensor:
		if k.node.Type == symbolic.Boolean && len(k.shape) == 0 {
			if x.Else == nil {
				c.errorf(x.Span(), "an if is a value and needs an else")
				return poison{}
			}
			a := c.assuming(k.yes).block(x.Then)
			b := c.assuming(k.no).block(x.Else)
			return c.pick(k, a, b, x)
		}
		if k.node.Type == symbolic.Boolean {
			c.side(c.errorf(x.Cond.Span(), "a condition is one truth value"), x.Cond, k).
				Hintf("put the choice in a func of numbers, which then works on each element; or use any, every")
			return poison{}
		}
	}
	d := c.side(c.errorf(x.Cond.Span(), "a condition must be a truth value, not %s", describe(cond)), x.Cond, cond)
	if t, ok := cond.(*tensor); ok && len(t.shape) == 0 {
		d.Hintf("compare it: %s > 0, %s != 0", short(c.text(x.Cond)), short(c.text(x.Cond)))
	}
	return poison{}
}

// pick is a where k holds and b elsewhere, for values and groups of values.
func (c *ctx) pick(k *tensor, a, b value, x *parser.If) value {
	if c.guessing > 0 && isPoison(a) != isPoison(b) {
		if isPoison(a) {
			a = b
		}
		if t, ok := c.tensor(a, x.Then); ok {
			return t
		}
	}
	if isPoison(a) || isPoison(b) {
		return poison{}
	}
	ta, oka := a.(tuple)
	tb, okb := b.(tuple)
	if oka || okb {
		if len(ta) != len(tb) {
			c.errorf(x.Span(), "the branches have %s and %s", describe(a), describe(b))
			return poison{}
		}
		var out tuple
		for i := range ta {
			out = append(out, c.pick(k, ta[i], tb[i], x))
		}
		return out
	}
	p, ok := c.tensor(a, x.Then)
	q, ok2 := c.tensor(b, x.Else)
	if !ok || !ok2 {
		return poison{}
	}
	if p.node.Type != q.node.Type {
		if p.node.Type == symbolic.Boolean || q.node.Type == symbolic.Boolean {
			c.errorf(x.Span(), "the branches are %s and %s", describe(p), describe(q))
			return poison{}
		}
		p, q = c.toReal(p), c.toReal(q)
	}
	if !fits(p.shape, q.shape) {
		d := c.errorf(x.Span(), "the branches have different shapes")
		d.Note("then", p.shapeText(true), x.Then.Span()).Note("else", q.shapeText(true), x.Else.Span())
		return poison{}
	}
	return c.pickTensor(k, p, q)
}

// pickTensor is p where k holds and q elsewhere, of one type and of shapes that
// fit.
func (c *ctx) pickTensor(k, p, q *tensor) *tensor {
	if p.node.Type == symbolic.Boolean {
		yes := c.apply(symbolic.OpAnd, k, p)
		no := c.apply(symbolic.OpAnd, c.apply(symbolic.OpNot, k), q)
		return c.apply(symbolic.OpOr, yes, no)
	}
	op := symbolic.OpSelect
	if p.node.Type == symbolic.Integer {
		op = symbolic.OpIntSelect
	}
	// The condition is one truth value; the branches may be tensors.
	long := p
	if len(q.shape) > len(p.shape) {
		long = q
	}
	axes := unite(k, p, q)
	kk := c.spread(k, axes, long.shape)
	n := c.g.Apply(op, nil, kk, c.spread(p, axes, long.shape), c.spread(q, axes, long.shape))
	out := &tensor{node: n, axes: axes, shape: long.shape, names: mergeNames(p, q)}
	if p.node.Type == symbolic.Integer {
		out.lo, out.hi = c.hull([]*tensor{p, q})
	}
	return out
}

// transpose is x'.
func (c *ctx) transpose(x *parser.Transpose) value {
	v := c.eval(x.X)
	if isPoison(v) {
		return v
	}
	t, ok := c.tensor(v, x.X)
	if !ok {
		return poison{}
	}
	if len(t.shape) != 2 {
		d := c.side(c.errorf(x.Span(), "' transposes a matrix, and %s is %s", short(c.text(x.X)), describe(t)), x.X, t)
		if len(t.shape) == 1 {
			d.Hintf("a vector is a row or a column as it is needed: b @ A, A @ b; products of two are dot(a, b), outer(a, b)")
		}
		return poison{}
	}
	return c.permute(t, 1, 0)
}

// permute gives t's dims another order: dim i of the result is dim perm[i].
func (c *ctx) permute(t *tensor, perm ...int) *tensor {
	out := *t
	n := len(t.axes)
	full := make([]int, n+len(perm))
	for i := range n {
		full[i] = i
	}
	out.shape, out.names = nil, nil
	for i, p := range perm {
		full[n+i] = n + p
		out.shape = append(out.shape, t.shape[p])
		out.names = append(out.names, t.dimName(p))
	}
	out.node = c.g.Permute(t.node, full...)
	return &out
}
