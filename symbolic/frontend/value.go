package frontend

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// A value is what an expression is when it is elaborated: a *tensor is known
// when the program runs; all others are known when generating.
type value interface{ kind() string }

// An axis is a dim that values may vary along without showing it: the batch,
// a leading dim that a call is mapped over, or an index that a statement or
// reduction binds. Axes are numbered as they come into scope, so the order of
// numbers is the order of nesting, outermost first.
type axis struct {
	id   int
	name string
	size symbolic.Poly
	span diag.Span
	// pass is the number of the pass of a scan that this index is, within the
	// scan's body: a value of the program, and no axis that others vary along.
	pass *symbolic.Node
}

// sym is the axis as a symbol of index polynomials.
func (a *axis) sym() string { return "%" + strconv.Itoa(a.id) }

// A tensor is a value of the running program. The first dims of its node are
// the axes it varies along, in their order; the rest is the shape that the
// program sees.
type tensor struct {
	node  *symbolic.Node
	axes  []*axis
	shape symbolic.Shape
	// names has, for each dim of shape, the name of the static dim it comes
	// from, or "". It may be shorter than shape.
	names []string
	// lo and hi bound whole numbers: lo ≤ v ≤ hi. Nil: not known.
	lo, hi *symbolic.Poly
	// form is a whole number as a polynomial, where that is known; under is where
	// it lies under the choices around the place where it was computed.
	form  *symbolic.Poly
	under *interval
	// yes and no are what is known where a truth value holds, and where not.
	yes, no known
	// rank is what rank(x) says in an update rule, where the shape is that of
	// a block.
	rank *int
	// table is set where the value is being defined by rec.
	table *table
}

// A fact is a polynomial of indices, sizes and whole numbers of the running
// program that is not negative.
type fact = symbolic.Poly

// A known is what a choice says of the place where it is taken: facts, and of
// each either at least one side, which is facts again.
type known struct {
	facts  []fact
	either [][][]fact
}

// and is what is known where both hold.
func (k known) and(l known) known {
	return known{slices.Concat(k.facts, l.facts), slices.Concat(k.either, l.either)}
}

// or is what is known where one of both holds.
func (k known) or(l known) known {
	a, b := k.sides(), l.sides()
	if a == nil || b == nil {
		return known{}
	}
	return known{either: [][][]fact{slices.Concat(a, b)}}
}

// sides is k as one either; nil where it says nothing.
func (k known) sides() [][]fact {
	switch {
	case len(k.facts) > 0:
		return [][]fact{k.facts}
	case len(k.either) > 0:
		return k.either[0]
	}
	return nil
}

// A number is known when generating: a polynomial of sizes and indices, or a
// floating-point number.
type number struct {
	poly  symbolic.Poly
	exact bool // poly is the value; else f
	f     float64
	typ   symbolic.Type // Integer or Real
}

type (
	// truth is a truth value known when generating.
	truth bool

	// list is a static list, [64, 32] or [a, b] of anything.
	list struct {
		elems []value
		n     int // numbers in it, those of its lists included
	}

	// tuple is the several values of a block or call.
	tuple []value

	// closure is a func, layer or rule with what it captures and the static
	// arguments given so far.
	closure struct {
		decl   *parser.FuncDecl
		env    *scope
		file   *file
		frame  *frame // where it was declared; nil at file level
		static []staticArg
		given  bool // static arguments have been given
	}

	// builtin is a function of the language itself.
	builtin struct {
		name   string
		static []staticArg
	}

	// instance is layer enc = dense[64].
	instance struct {
		fn   *closure
		path string
		span diag.Span
	}

	// mode is a word that means itself: grad[forward].
	mode string

	// hyper is a number of the trainer with its default: something to a train
	// line only.
	hyper float64

	// poison stands for a value whose error has been reported.
	poison struct{}
)

type staticArg struct {
	name string
	val  value
	span diag.Span
}

func (*tensor) kind() string   { return "value" }
func (number) kind() string    { return "number" }
func (truth) kind() string     { return "truth value" }
func (*list) kind() string     { return "list" }
func (tuple) kind() string     { return "group of values" }
func (*builtin) kind() string  { return "built-in function" }
func (*instance) kind() string { return "layer" }
func (mode) kind() string      { return "way of taking derivatives" }
func (hyper) kind() string     { return "number of the train line" }
func (poison) kind() string    { return "nothing" }

func (c *closure) kind() string { return c.decl.Kind.String() }

func isPoison(v value) bool { _, ok := v.(poison); return ok }

func whole(p symbolic.Poly) number {
	return number{poly: p, exact: true, typ: symbolic.Integer}
}

// constant is the number f; whole floats stay exact.
func constant(f float64) number {
	if f == math.Trunc(f) && math.Abs(f) < 1<<31 && !(f == 0 && math.Signbit(f)) {
		return number{poly: symbolic.Int(int(f)), exact: true, typ: symbolic.Real}
	}
	return number{f: f, typ: symbolic.Real}
}

// float returns the number as a float where it has no symbols.
func (n number) float() (float64, bool) {
	if !n.exact {
		return n.f, true
	}
	return polyFloat(n.poly)
}

func polyFloat(p symbolic.Poly) (float64, bool) {
	if len(p.Syms()) > 0 {
		return 0, false
	}
	v := 0.0
	p.Terms(func(num, den int64, _ []string) { v = float64(num) / float64(den) })
	return v, true
}

// int returns the number where it is whole and has no symbols.
func (n number) int() (int, bool) {
	if !n.exact {
		return 0, false
	}
	return n.poly.Const()
}

// dims returns the full shape of a value over axes with the given shape.
func dims(axes []*axis, shape symbolic.Shape) symbolic.Shape {
	out := make(symbolic.Shape, 0, len(axes)+len(shape))
	for _, a := range axes {
		out = append(out, a.size)
	}
	return append(out, shape...)
}

// unite returns the axes that any of ts varies along, in order.
func unite(ts ...*tensor) []*axis {
	var out []*axis
	for _, t := range ts {
		for _, a := range t.axes {
			if !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	slices.SortFunc(out, func(a, b *axis) int { return a.id - b.id })
	return out
}

func (t *tensor) perExample() bool { return len(t.axes) > 0 && t.axes[0].id == batchID }

func (t *tensor) dimName(i int) string {
	if i < len(t.names) {
		return t.names[i]
	}
	return ""
}

// shapeText is the shape for messages. With names, dims that come from a named
// dim show both: [words=4, embed=50].
func (t *tensor) shapeText(named bool) string {
	s := "["
	for i, d := range t.shape {
		if i > 0 {
			s += ", "
		}
		if n := t.dimName(i); named && n != "" && n != d.String() {
			s += n + "="
		}
		s += d.String()
	}
	return s + "]"
}

// describe says what a value is, for messages.
func describe(v value) string {
	switch v := v.(type) {
	case *tensor:
		what := map[symbolic.Type]string{symbolic.Real: "", symbolic.Integer: " int", symbolic.Boolean: " bool"}[v.node.Type]
		if len(v.shape) == 0 {
			return "one " + map[symbolic.Type]string{symbolic.Real: "number", symbolic.Integer: "int", symbolic.Boolean: "truth value"}[v.node.Type]
		}
		return v.shapeText(false) + what
	case number:
		if f, ok := v.float(); ok {
			return "the number " + strconv.FormatFloat(f, 'g', -1, 64)
		}
		return "the number " + v.poly.String()
	case truth:
		return fmt.Sprintf("%t", bool(v))
	case *list:
		return fmt.Sprintf("a list of %d", len(v.elems))
	case tuple:
		return fmt.Sprintf("%d values", len(v))
	case *closure, *builtin, *instance, *foreign, hyper, mode:
		return "a " + v.kind()
	}
	return v.kind()
}
