package loop

import (
	"fmt"
	"math"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// Run executes a program as a check of it: every index is held against its
// buffer, every element must have been written before it is read, a variable
// must be in scope, and temporaries live where the plan puts them, so that two
// in one place at one time are found. in and the result are by the names of
// buffers.
func Run(p *Program, plan *Plan, dims map[string]int, in map[string][]float64) (map[string][]float64, error) {
	return Interp{Dims: dims}.Run(p, plan, in)
}

// An Interp executes programs. With Float32 every real value is rounded as
// generated code of that type rounds it. Without a plan temporaries have
// memory of their own.
type Interp struct {
	Dims    map[string]int
	Float32 bool
}

// Run executes p; see the function of that name.
func (o Interp) Run(p *Program, plan *Plan, in map[string][]float64) (out map[string][]float64, err error) {
	m := &machine{Interp: o, mem: map[*Buffer][]cell{}, vars: map[string]*variable{}, dims: p.Dims}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case fault:
			out, err = nil, fmt.Errorf("loop: %s: %s", p.Name, string(r))
		default:
			panic(r)
		}
	}()
	m.allocate(p, plan, in)
	m.run(p.Body)
	out = map[string][]float64{}
	for _, b := range p.Buffers {
		if b.Kind != Out {
			continue
		}
		data := make([]float64, len(m.mem[b]))
		for i := range data {
			data[i] = m.get(b, i)
		}
		out[b.Name] = data
	}
	return out, nil
}

type fault string

func failf(format string, args ...any) { panic(fault(fmt.Sprintf(format, args...))) }

// A cell is an element of memory: whose it is, and its value.
type cell struct {
	owner *Buffer // nil: nothing was written
	value float64
}

type variable struct {
	v     *Var
	value float64
}

type machine struct {
	Interp
	mem  map[*Buffer][]cell
	vars map[string]*variable // those in scope
	dims []string             // that the program speaks of

	views map[*Buffer]*Buffer // what the parameters of the kernel at hand are
}

func (m *machine) allocate(p *Program, plan *Plan, in map[string][]float64) {
	var reals, ints []cell
	if plan != nil {
		reals = make([]cell, m.poly(plan.Reals))
		ints = make([]cell, m.poly(plan.Ints))
	}
	for _, b := range p.Buffers {
		if b.Grows() {
			continue
		}
		n := m.poly(b.Shape.Size())
		switch {
		case b.Kind == Temp && plan != nil:
			off, ok := plan.Offset[b]
			if !ok {
				failf("%s has no place", b.Name)
			}
			arena := reals
			if b.Type != symbolic.Real {
				arena = ints
			}
			at := m.poly(off)
			if at+n > len(arena) {
				failf("%s at %d of %d elements is outside of an arena of %d", b.Name, at, n, len(arena))
			}
			m.mem[b] = arena[at : at+n]
		default:
			m.mem[b] = make([]cell, n)
		}
		data, ok := in[b.Name]
		if b.Kind != In && !ok { // what is given and written is updated
			continue
		}
		if !ok || len(data) != n {
			failf("input %s has %d elements, want %d", b.Name, len(data), n)
		}
		for i, v := range data {
			m.mem[b][i] = cell{b, m.round(v, b.Type)}
		}
	}
}

func (m *machine) round(v float64, typ symbolic.Type) float64 {
	if m.Float32 && typ == symbolic.Real {
		return float64(float32(v))
	}
	return v
}

func (m *machine) poly(p symbolic.Poly) int {
	n, err := p.Eval(func(s string) (int, bool) {
		if x, ok := m.vars[s]; ok {
			if x.v.Type != symbolic.Integer {
				failf("%s in an index is %s", s, x.v.Type)
			}
			return int(x.value), true
		}
		n, ok := m.Dims[s]
		return n, ok
	})
	if err != nil {
		failf("%v", err)
	}
	return n
}

func (m *machine) get(b *Buffer, i int) float64 {
	mem := m.mem[b]
	if i < 0 || i >= len(mem) {
		failf("%s[%d] is out of range of %d elements", b.Name, i, len(mem))
	}
	if mem[i].owner != m.owner(b) {
		failf("%s[%d] is read before it is written", b.Name, i)
	}
	return mem[i].value
}

func (m *machine) set(b *Buffer, i int, v float64) {
	mem := m.mem[b]
	if i < 0 || i >= len(mem) {
		failf("%s[%d] is out of range of %d elements", b.Name, i, len(mem))
	}
	if b.Kind == In {
		failf("%s is an input and is written", b.Name)
	}
	mem[i] = cell{m.owner(b), m.round(v, b.Type)}
}

// owner is the buffer of the program that b is, which may be a kernel's.
func (m *machine) owner(b *Buffer) *Buffer {
	if v := m.views[b]; v != nil {
		return v
	}
	return b
}

// call runs a kernel, which sees its parameters only.
func (m *machine) call(s *Call) {
	k := s.Kernel
	in := &machine{Interp: Interp{Float32: m.Float32}, mem: map[*Buffer][]cell{}, vars: map[string]*variable{}, views: map[*Buffer]*Buffer{}}
	for i, p := range k.Params {
		switch a := s.Args[i]; {
		case p.Buf != nil:
			from, mem := m.poly(a.From), m.mem[a.Buf]
			if from < 0 || from > len(mem) {
				failf("%s from %d of %d elements", a.Buf.Name, from, len(mem))
			}
			in.mem[p.Buf], in.views[p.Buf] = mem[from:], m.owner(a.Buf)
		case p.Int != nil:
			in.vars[p.Int.Name] = &variable{p.Int, float64(m.poly(a.Int))}
		default:
			in.vars[p.Real.Name] = &variable{p.Real, m.eval(a.Real)}
		}
	}
	in.runIn(k.Body, false)
	for i, v := range s.Results {
		x := m.variable(v)
		x.value = m.combine(s.Ops[i], v.Type, func() float64 { return x.value }, in.variable(k.Results[i]).value)
	}
}

// run executes a body; what it declares is out of scope after it.
// It reports whether the while around is left.
func (m *machine) run(ss []Stmt) (left bool) { return m.runIn(ss, true) }

// runIn executes a body, in a scope of its own or not.
func (m *machine) runIn(ss []Stmt, scope bool) (left bool) {
	var declared []string
	declare := func(v *Var, x float64) {
		if _, ok := m.vars[v.Name]; ok {
			failf("%s is declared in the scope of another", v.Name)
		}
		if slices.Contains(m.dims, v.Name) {
			failf("%s is a dim and a variable", v.Name)
		}
		m.vars[v.Name] = &variable{v, m.round(x, v.Type)}
		declared = append(declared, v.Name)
	}
	for _, s := range ss {
		switch s := s.(type) {
		case *Loop:
			n := m.poly(s.Extent)
			for i := range n {
				declare(s.Var, float64(i))
				m.run(s.Body)
				delete(m.vars, s.Var.Name)
			}
		case *Tile:
			n := m.poly(s.Extent)
			for from := 0; from < n; from += s.Size {
				declare(s.From, float64(from))
				declare(s.Rows, float64(min(s.Size, n-from)))
				m.run(s.Body)
				delete(m.vars, s.From.Name)
				delete(m.vars, s.Rows.Name)
			}
		case *While:
			for !m.run(s.Body) {
			}
		case *Leave:
			left = m.eval(s.If) != 0
		case *Grow:
			if !s.Buf.Grows() {
				failf("%s cannot grow", s.Buf.Name)
			}
			if more := m.poly(s.Len) - len(m.mem[s.Buf]); more > 0 {
				m.mem[s.Buf] = append(m.mem[s.Buf], make([]cell, more)...)
			}
		case *Contract:
			m.contract(s)
		case *Let:
			declare(s.Var, m.eval(s.Value))
		case *Acc:
			declare(s.Var, s.Init)
		case *Update:
			x := m.variable(s.Var)
			x.value = m.combine(s.Op, x.v.Type, func() float64 { return x.value }, m.eval(s.Value))
		case *Pick:
			best, at := m.variable(s.Best), m.variable(s.At)
			v := m.eval(s.Value)
			if m.apply(s.Op, best.value, v) == v && v != best.value {
				best.value, at.value = v, float64(m.poly(s.Position))
			}
		case *Store:
			i := m.poly(s.Index)
			m.set(s.Buf, i, m.combine(s.Op, s.Buf.Type, func() float64 { return m.get(s.Buf, i) }, m.eval(s.Value)))
		case *Fill:
			from, n := m.poly(s.From), m.poly(s.Len)
			for i := range n {
				m.set(s.Buf, from+i, s.Value)
			}
		case *If:
			if m.conds(s.Conds) {
				m.run(s.Then)
			} else {
				m.run(s.Else)
			}
		case *Choose:
			if m.eval(s.Cond) != 0 {
				m.run(s.Then)
			} else {
				m.run(s.Else)
			}
		case *Call:
			m.call(s)
		case *Note:
		default:
			failf("unknown statement %T", s)
		}
		if left {
			break
		}
	}
	if !scope {
		return left
	}
	for _, name := range declared {
		delete(m.vars, name)
	}
	return left
}

// contract stores all sums before any epilogue runs, as a program may that has
// no kernel for the two together, unless the epilogue asks for what was there.
// term is what a contraction adds up of two elements.
func (m *machine) term(of Terms, a, b float64) float64 {
	if of == Squares {
		a = m.round(a-b, symbolic.Real)
		b = a
	}
	return m.round(a*b, symbolic.Real)
}

// within reports whether the term for i, j and k counts.
func (m *machine) within(bounds []Bound, i, j, k int) bool {
	for _, b := range bounds {
		if b.M*i+b.N*j+b.K*k+m.poly(b.Const) < 0 {
			return false
		}
	}
	return true
}

func (m *machine) contract(s *Contract) {
	rows, cols, sums := m.poly(s.M), m.poly(s.N), m.poly(s.K)
	at := func(a Access) func(i, j, k int) int {
		base, di, dj, dk := m.poly(a.Base), m.poly(a.M), m.poly(a.N), m.poly(a.K)
		return func(i, j, k int) int { return base + i*di + j*dj + k*dk }
	}
	out, a, b := at(s.Out), at(s.A), at(s.B)
	each := func(f func(i, j int)) {
		for i := range rows {
			for j := range cols {
				f(i, j)
			}
		}
	}
	var kept []float64
	each(func(i, j int) {
		x := 0.0
		if s.Accumulate {
			x = m.get(s.Out.Buf, out(i, j, 0))
		}
		for k := range sums {
			if !m.within(s.Within, i, j, k) {
				continue
			}
			p := m.term(s.Of, m.get(s.A.Buf, a(i, 0, k)), m.get(s.B.Buf, b(0, j, k)))
			x = m.round(x+p, symbolic.Real)
		}
		if s.Reads() {
			kept = append(kept, x)
		} else {
			m.set(s.Out.Buf, out(i, j, 0), x)
		}
	})
	if len(s.Epilogue) == 0 {
		return
	}
	each(func(i, j int) {
		x := 0.0
		if kept != nil {
			x = kept[i*cols+j]
		} else {
			x = m.get(s.Out.Buf, out(i, j, 0))
		}
		for v, value := range map[*Var]float64{s.Row: float64(i), s.Col: float64(j), s.Sum: x} {
			if _, ok := m.vars[v.Name]; ok {
				failf("%s is declared in the scope of another", v.Name)
			}
			m.vars[v.Name] = &variable{v, value}
		}
		m.run(s.Epilogue)
		for _, v := range []*Var{s.Row, s.Col, s.Sum} {
			delete(m.vars, v.Name)
		}
	})
}

func (m *machine) variable(v *Var) *variable {
	x, ok := m.vars[v.Name]
	if !ok || x.v != v {
		failf("%s is not in scope", v.Name)
	}
	return x
}

func (m *machine) combine(op *symbolic.OpSpec, typ symbolic.Type, old func() float64, v float64) float64 {
	if op != nil {
		v = m.apply(op, old(), v)
	}
	return m.round(v, typ)
}

func (m *machine) apply(op *symbolic.OpSpec, x ...float64) float64 {
	eval := op.Value()
	if eval == nil {
		failf("%s has no value", op.Name)
	}
	return m.round(eval(x), op.Out)
}

func (m *machine) conds(cs []symbolic.Cond) bool {
	for _, c := range cs {
		e := m.poly(c.E)
		switch c.Kind {
		case symbolic.NonNeg:
			if e < 0 {
				return false
			}
		case symbolic.Zero:
			if e != 0 {
				return false
			}
		case symbolic.Divides:
			if e%c.Mod != 0 {
				return false
			}
		}
	}
	return true
}

func (m *machine) eval(x Expr) float64 {
	switch x := x.(type) {
	case *Const:
		return m.round(x.Value, x.Type)
	case *Ref:
		return m.variable(x.Var).value
	case *Load:
		return m.get(x.Buf, m.poly(x.Index))
	case *Int:
		return float64(m.poly(x.Poly))
	case *Guarded:
		if !m.conds(x.Conds) {
			return 0
		}
		return m.eval(x.X)
	case *Apply:
		args := make([]float64, len(x.Args))
		if x.Op.Lazy && len(args) == 3 {
			args[0] = m.eval(x.Args[0])
			i := 1
			if args[0] == 0 {
				i = 2
			}
			args[i] = m.eval(x.Args[i])
			return args[i]
		}
		for i, a := range x.Args {
			args[i] = m.eval(a)
		}
		return m.apply(x.Op, args...)
	}
	failf("unknown expression %T", x)
	return math.NaN()
}
