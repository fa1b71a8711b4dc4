package nest

import (
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// An Env translates statements and expressions inside of a routine that
// somebody else writes: the epilogue of a product runs for a vector of columns
// at a time. What has no form makes its methods panic; they are to be called
// within Catch.
type Env struct {
	c    *compiler
	sums sums
}

// Lanes says what the lanes of code are: Copies vectors in a row are turns of
// Var, from Base + At on (Base may be the zero G). Of copy i only the lanes of
// Mask[i] are at work; a nil Mask and a zero M stand for all.
type Lanes struct {
	Var    *loop.Var
	Copies int
	Base   asm.G
	At     int
	Mask   []asm.M
}

// Catch runs f and returns as an error what it has no form for.
func Catch(name string, f func()) error { return caught(name, f) }

// NewEnv returns an environment that knows nothing yet.
func NewEnv(r *asm.Routine) *Env {
	e := &Env{c: newCompiler(r)}
	e.c.push()
	return e
}

// Params makes the parameters of a kernel known, whose routine has them under
// their own names (see Signature).
func (e *Env) Params(k *loop.Kernel) { e.c.parameters(k) }

// Signature returns the parameters and results of a kernel's routine.
func Signature(k *loop.Kernel, t asm.Target) (params, results []asm.Param) { return signature(k, t) }

// Buffer says where a buffer's first element is.
func (e *Env) Buffer(b *loop.Buffer, base asm.G) { e.c.bufs[b] = base }

// Int gives a whole number, alike in all lanes, its value.
func (e *Env) Int(v *loop.Var, g asm.G) {
	e.c.bind(v, variable{value: value{typ: symbolic.Integer, g: g}})
}

// Real gives a number its value: one vector for each copy, or one with it in
// all lanes.
func (e *Env) Real(v *loop.Var, x ...asm.V) {
	e.c.bind(v, variable{value: value{typ: symbolic.Real, v: x, varies: e.c.lane != nil && len(x) == e.c.lane.copies}})
}

// Load makes f the first to be asked for what is read. It returns a vector for
// each copy, or false where the element is in memory.
func (e *Env) Load(f func(b *loop.Buffer, index symbolic.Poly) ([]asm.V, bool)) { e.c.onLoad = f }

// Store makes f the first to be given what is written, a vector for each copy.
// It returns false where the element is to be written to memory.
func (e *Env) Store(f func(b *loop.Buffer, index symbolic.Poly, x []asm.V) bool) { e.c.onStore = f }

// Scope runs f; what it makes known is forgotten after it. Code that runs
// under a condition or in a loop must be in a scope of its own.
func (e *Env) Scope(f func()) { e.c.within(f) }

// Over runs f in lanes, in a scope of its own.
func (e *Env) Over(l Lanes, f func()) {
	c := e.c
	old := c.lane
	c.lane = &lane{v: l.Var, copies: l.Copies, base: l.Base, at: l.At, mask: l.Mask, sums: e.sums.byVar}
	c.within(func() {
		c.bind(l.Var, variable{value: value{typ: symbolic.Integer, g: l.Base, varies: true}})
		f()
	})
	c.lane = old
}

// Stmts translates statements. Loops in them run turn by turn where the code
// stands in lanes.
func (e *Env) Stmts(list []loop.Stmt) { e.c.stmts(list) }

// Expr translates a real expression: to one vector where it is alike in all
// lanes, else to one for each copy.
func (e *Env) Expr(x loop.Expr) []asm.V { return e.c.narrow(e.c.eval(x)).v }

// Ahead computes what a list does alike in all turns of the given variables.
// It must stand where the list is going to be run at least once.
func (e *Env) Ahead(list []loop.Stmt, turns ...*loop.Var) {
	for _, v := range turns {
		list = []loop.Stmt{&loop.Loop{Var: v, Extent: symbolic.Int(1), Body: list}}
	}
	if l := only(list); l != nil {
		e.c.ahead(l)
	}
}

// Sums starts lanes of the variables that a list changes and does not declare,
// for up to so many copies; EndSums puts them together into the variables.
func (e *Env) Sums(list []loop.Stmt, copies int) {
	e.sums = e.c.startSums(&loop.Loop{Body: list}, copies)
}

// EndSums ends what Sums started.
func (e *Env) EndSums() {
	e.c.finishSums(e.sums)
	e.sums = sums{}
}

// Return returns the results of a kernel, accumulators of the top.
func (e *Env) Return(k *loop.Kernel) {
	for _, v := range k.Results {
		e.c.result(v)
	}
}

// Replace returns list with the symbol name replaced in sizes and indices.
func Replace(list []loop.Stmt, name string, by symbolic.Poly) []loop.Stmt {
	return replace(list, name, by)
}
