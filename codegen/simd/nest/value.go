package nest

import (
	"fmt"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A value is what an expression is in registers. Where it is the same in all
// lanes it has one vector, with the number in every lane, else one for each
// copy of the body.
//
// Reals are in v, and whole numbers as integers of a lane's width in v or,
// alike in all lanes, in g, or in both. Truth values are in m. A wide real is
// in two vectors of float64 for each copy, the lower lanes first, or in one
// where it is alike in all lanes.
type value struct {
	typ    symbolic.Type
	wide   bool
	varies bool
	v      []asm.V
	m      []asm.M
	g      asm.G
}

// unsupported is what compiling panics with where a kernel has no form here;
// Compile makes an error of it.
type unsupported string

func (u unsupported) Error() string { return string(u) }

func failf(format string, args ...any) { panic(unsupported(fmt.Sprintf(format, args...))) }

func realValue(v ...asm.V) value { return value{typ: symbolic.Real, v: v} }

// of returns the vector of a copy.
func (x value) of(copy int) asm.V {
	if !x.varies {
		return x.v[0]
	}
	return x.v[copy]
}

// when returns the mask of a copy.
func (x value) when(copy int) asm.M {
	if !x.varies {
		return x.m[0]
	}
	return x.m[copy]
}

// vectors makes sure that a whole number is in vectors.
func (c *compiler) vectors(x value) value {
	if x.typ == symbolic.Integer && len(x.v) == 0 {
		x.v = []asm.V{c.r.SplatInt(x.g)}
	}
	return x
}

// general returns a whole number that is alike in all lanes in a general
// register.
func (c *compiler) general(x value) asm.G {
	if x.g.Ok() {
		return x.g
	}
	if x.varies {
		failf("a whole number differs from lane to lane where one is wanted")
	}
	return c.r.FirstInt(x.v[0])
}

// narrow returns a real as elements.
func (c *compiler) narrow(x value) value {
	if !x.wide {
		return x
	}
	out := value{typ: x.typ, varies: x.varies}
	if !x.varies {
		out.v = []asm.V{c.r.Narrow(x.v[0], x.v[0])}
		return out
	}
	for i := 0; i < len(x.v); i += 2 {
		out.v = append(out.v, c.r.Narrow(x.v[i], x.v[i+1]))
	}
	return out
}

// copies is how often the body stands in a row.
func (c *compiler) copies() int {
	if c.lane == nil {
		return 1
	}
	return c.lane.copies
}

// lift applies f to the vectors of all copies, or once where no argument
// differs from lane to lane.
func (c *compiler) lift(typ symbolic.Type, f func(x []asm.V) asm.V, args ...value) value {
	out := value{typ: typ}
	for _, a := range args {
		out.varies = out.varies || a.varies
	}
	n := 1
	if out.varies {
		n = c.copies()
	}
	for i := range n {
		xs := make([]asm.V, len(args))
		for j, a := range args {
			xs[j] = a.of(i)
		}
		out.v = append(out.v, f(xs))
	}
	return out
}

// test applies f, which compares, to the vectors of all copies.
func (c *compiler) test(f func(x []asm.V) asm.M, args ...value) value {
	out := value{typ: symbolic.Boolean}
	for _, a := range args {
		out.varies = out.varies || a.varies
	}
	n := 1
	if out.varies {
		n = c.copies()
	}
	for i := range n {
		xs := make([]asm.V, len(args))
		for j, a := range args {
			xs[j] = a.of(i)
		}
		out.m = append(out.m, f(xs))
	}
	return out
}

// masks applies f to the masks of all copies.
func (c *compiler) masks(f func(x []asm.M) asm.M, args ...value) value {
	out := value{typ: symbolic.Boolean}
	for _, a := range args {
		out.varies = out.varies || a.varies
	}
	n := 1
	if out.varies {
		n = c.copies()
	}
	for i := range n {
		xs := make([]asm.M, len(args))
		for j, a := range args {
			xs[j] = a.when(i)
		}
		out.m = append(out.m, f(xs))
	}
	return out
}

// choose returns yes where cond holds, else no.
func (c *compiler) choose(cond, yes, no value) value {
	if yes.typ == symbolic.Boolean {
		return c.masks(func(x []asm.M) asm.M {
			return c.r.MOr(c.r.MAnd(x[0], x[1]), c.r.MAnd(c.r.MNot(x[0]), x[2]))
		}, cond, yes, no)
	}
	yes, no = c.vectors(c.narrow(yes)), c.vectors(c.narrow(no))
	out := value{typ: yes.typ, varies: cond.varies || yes.varies || no.varies}
	n := 1
	if out.varies {
		n = c.copies()
	}
	for i := range n {
		out.v = append(out.v, c.r.Select(cond.when(i), yes.of(i), no.of(i)))
	}
	return out
}

// A variable is what a name of the kernel stands for.
type variable struct {
	value
	changes bool // an accumulator
}

func (c *compiler) lookup(v *loop.Var) *variable {
	x := c.vars[v]
	if x == nil {
		failf("%s is not known", v.Name)
	}
	return x
}
