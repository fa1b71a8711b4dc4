package nest

import (
	"fmt"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A compiler writes one routine.
type compiler struct {
	r    *asm.Routine
	wide *asm.Routine // r with lanes of float64
	t    asm.Target

	vars     map[*loop.Var]*variable
	bufs     map[*loop.Buffer]asm.G
	scopes   []*scope
	ordinals map[*loop.Var]int
	mutable  map[asm.V]bool // vectors that accumulators are in

	mutableMasks map[asm.M]bool
	lane         *lane    // nil outside of loops over lanes
	powers       []powers // of the loops around that go turn by turn
	short        preparer

	onLoad  func(*loop.Buffer, symbolic.Poly) ([]asm.V, bool)
	onStore func(*loop.Buffer, symbolic.Poly, []asm.V) bool
}

// Compile writes k as a routine. It fails where k has something that has no
// form here.
func Compile(k *loop.Kernel, t asm.Target) (r *asm.Routine, err error) {
	err = caught(k.Name, func() {
		params, results := signature(k, t)
		r = asm.New(t, k.Name, "", params, results)
		c := newCompiler(r)
		c.within(func() {
			c.parameters(k)
			c.stmts(c.short.prepare(k.Body))
			for _, v := range k.Results {
				c.result(v)
			}
		})
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// caught runs f and returns what has no form as an error.
func caught(name string, f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case unsupported:
			err = fmt.Errorf("nest: %s: %w", name, r)
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

func newCompiler(r *asm.Routine) *compiler {
	return &compiler{
		r: r, wide: r.As(asm.F64), t: r.Target(),
		vars:     map[*loop.Var]*variable{},
		bufs:     map[*loop.Buffer]asm.G{},
		ordinals: map[*loop.Var]int{},
		mutable:  map[asm.V]bool{},

		mutableMasks: map[asm.M]bool{},
	}
}

// signature returns the parameters and results of a kernel's routine.
func signature(k *loop.Kernel, t asm.Target) (params, results []asm.Param) {
	for _, p := range k.Params {
		switch {
		case p.Buf != nil && p.Buf.Type == symbolic.Real:
			params = append(params, asm.Param{Name: p.Buf.Name, Kind: asm.Reals})
		case p.Buf != nil:
			params = append(params, asm.Param{Name: p.Buf.Name, Kind: asm.Ints32})
		case p.Int != nil:
			params = append(params, asm.Param{Name: p.Int.Name, Kind: asm.Int})
		default:
			params = append(params, asm.Param{Name: p.Real.Name, Kind: realKind(p.Real, t)})
		}
	}
	for _, v := range k.Results {
		kind := realKind(v, t)
		switch v.Type {
		case symbolic.Integer:
			kind = asm.Int
		case symbolic.Boolean:
			failf("%s is a truth value, which no routine returns", v.Name)
		}
		results = append(results, asm.Param{Name: v.Name, Kind: kind})
	}
	return params, results
}

func realKind(v *loop.Var, t asm.Target) asm.Kind {
	if v.Wide && t.Elem == asm.F32 {
		return asm.Wide
	}
	return asm.Real
}

// parameters binds those of a kernel.
func (c *compiler) parameters(k *loop.Kernel) {
	for _, p := range k.Params {
		switch {
		case p.Buf != nil:
			c.bufs[p.Buf] = c.r.Base(p.Buf.Name)
		case p.Int != nil:
			c.bind(p.Int, variable{value: value{typ: symbolic.Integer, g: c.r.Int(p.Int.Name)}})
		default:
			x := realValue(c.r.Real(p.Real.Name))
			x.wide = c.isWide(p.Real)
			c.bind(p.Real, variable{value: c.narrow(x)})
		}
	}
}

func (c *compiler) result(v *loop.Var) {
	x := c.lookup(v).value
	switch {
	case v.Type == symbolic.Integer:
		c.r.ReturnInt(v.Name, c.general(x))
	default:
		c.viewOf(x).Return(v.Name, x.v[0])
	}
}
