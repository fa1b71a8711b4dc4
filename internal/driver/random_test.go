package driver_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/bpgen/bpgen/internal/randprog"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// The checks of one random program that need no compiler of Go.
//
// How far two computations of one number may be apart is not guessed. The graph
// is evaluated again with every real result moved by up to ε of its size, as
// rounding would. How far a number of the end moves, divided by ε, says what
// rounding by a unit u can do to it. Where that is not the same for a large ε and
// a small one, the point is near a kink: a comparison turns out differently, or
// another element is the greatest. Such a point says nothing and is drawn anew.

func init() {
	for name, f := range randprog.Externs {
		symbolic.Know(symbolic.Foreign{Path: randprog.Curves, Func: name}, f)
	}
}

// slack is how many times what was seen of perturbations is allowed.
const slack = 64

const (
	unit64 = 0x1p-53
	unit32 = 0x1p-24
)

var (
	errInvalid = errors.New("not a program")
	errKink    = errors.New("near a kink")
	errLong    = errors.New("beyond a limit") // as derivatives of higher order may be
)

// A measured is the numbers of a value, and how far each moves by rounding, per
// unit.
type measured struct{ v, cond []float64 }

func (m measured) bound(i int, unit float64) float64 { return slack*unit*m.cond[i] + 1e-36 }

// A rounding moves numbers as rounding might.
type rounding struct {
	rng  *rand.Rand
	runs int // with each ε
}

// measure evaluates roots.
func measure(env *symbolic.Env, r *rounding, roots []*symbolic.Node) ([]measured, error) {
	return measureAll(r, func(round func(float64) float64) ([]*symbolic.Tensor, error) {
		e := *env
		e.Round = round
		return symbolic.Eval(&e, roots...)
	})
}

// An evaluation computes numbers, each real result rounded on the way.
type evaluation func(round func(float64) float64) ([]*symbolic.Tensor, error)

// measureAll evaluates, and says how far numbers move where results do.
func measureAll(r *rounding, eval evaluation) ([]measured, error) {
	base, err := eval(nil)
	if err != nil {
		return nil, err
	}
	out := make([]measured, len(base))
	for i, t := range base {
		out[i] = measured{t.Data, make([]float64, len(t.Data))}
		for _, v := range t.Data {
			if math.IsNaN(v) || math.Abs(v) > 1e9 {
				return nil, errKink // says nothing of float32
			}
		}
	}
	small, err := r.moves(eval, base, 0x1p-30)
	if err != nil {
		return nil, err
	}
	large, err := r.moves(eval, base, 0x1p-19)
	if err != nil {
		return nil, err
	}
	for i := range out {
		most := 0.0
		for _, s := range small[i] {
			most = max(most, s)
		}
		furthest := slices.Max(append(large[i], 0))
		for j, s := range small[i] {
			if s > 64*(large[i][j]+furthest/8+math.Abs(out[i].v[j])) {
				return nil, errKink // it jumps
			}
			c := s + most/8 + math.Abs(out[i].v[j])
			if large[i][j] > 8*c {
				return nil, errKink
			}
			if c > 1e7*(1+math.Abs(out[i].v[j])) {
				return nil, errKink
			}
			out[i].cond[j] = c
		}
	}
	return out, nil
}

// moves is how far each number moves when results move by eps, divided by it.
func (r *rounding) moves(eval evaluation, base []*symbolic.Tensor, eps float64) ([][]float64, error) {
	out := make([][]float64, len(base))
	for i, t := range base {
		out[i] = make([]float64, len(t.Data))
	}
	round := func(v float64) float64 {
		d := 0.5 + r.rng.Float64()/2
		if r.rng.IntN(2) == 0 {
			d = -d
		}
		return v * (1 + eps*d)
	}
	for range r.runs {
		got, err := eval(round)
		if err != nil {
			return nil, errKink // without rounding there was none
		}
		for i, t := range got {
			if len(t.Data) != len(out[i]) {
				return nil, errKink
			}
			for j, v := range t.Data {
				d := math.Abs(v-base[i].Data[j]) / eps
				if math.IsNaN(d) {
					return nil, errKink
				}
				out[i][j] = max(out[i][j], d)
			}
		}
	}
	return out, nil
}

// A randomCase is a program with a point to evaluate it at, and what each of
// its procedures gives there.
type randomCase struct {
	prog      *randprog.Program
	rng       *rand.Rand // for the point
	rounding  *rounding
	sizesLeft []int            // of numbers that the point does not have yet
	said      []*symbolic.Node // what the program computes, as it says it
	bound     *boundCase
	procs     []measuredProc
	trained   *training // where it has a rule, and says something of it
	large     bool      // sizes are those at which kernels go over several vectors
}

type measuredProc struct {
	*module.Procedure
	want []measured
}

// How often numbers are moved with each ε. What seems wrong is looked at again at the
// same point, more closely: of two numbers that are equal but for rounding the few runs may
// all have taken one, where the check took the other.
const (
	fewRuns  = 4
	manyRuns = 64
)

// checkRandom checks what needs no compiler. The error is errInvalid or errKink
// where that says nothing. The type of real numbers makes no difference but to
// what is drawn.
func checkRandom(p *randprog.Program, float string) (*randomCase, error) {
	c, err := checkClosely(p, float, fewRuns)
	if kind(err) != "" {
		c, err = checkClosely(p, float, manyRuns)
	}
	return c, err
}

func checkClosely(p *randprog.Program, float string, runs int) (c *randomCase, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in %s: %v", driver.Panicked(), r)
			if strings.Contains(err.Error(), "comes to more than") {
				err = errLong
			}
		}
	}()
	src := []byte(randprog.File("random", p))
	load := func() (*module.Module, error) {
		var errs diag.List
		m, _ := frontend.Load("random.bp", src, frontend.Options{Float: float, ReadFile: randprog.Reader(p)}, &errs)
		if len(errs) > 0 {
			return nil, fmt.Errorf("%w: %v", errInvalid, errs[0].Msg)
		}
		return m, nil
	}
	raw, err := load()
	if err != nil {
		return nil, err
	}
	if tampered.module != nil {
		tampered.module(raw)
	}
	m, err := load()
	if err != nil {
		return nil, err
	}
	var errs diag.List
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		return nil, fmt.Errorf("%w: %v", errInvalid, errs[0].Msg)
	}
	if len(d.Funcs)+len(d.Models) == 0 {
		return nil, fmt.Errorf("%w: it has nothing to call", errInvalid)
	}
	for try := range uint64(4) {
		c = &randomCase{prog: p, rng: rand.New(rand.NewPCG(p.Seed, 1+try)), rounding: &rounding{rand.New(rand.NewPCG(p.Seed, 101+try)), runs}}
		if p.Model {
			err = c.checkModel(raw.Models[0], d.Models[0])
		} else {
			err = c.checkFunc(raw.Funcs[0], d.Funcs[0])
		}
		if !errors.Is(err, errKink) {
			return c, err
		}
	}
	return c, err
}

// ---- the point

// tensor has numbers up to 1.5 at which functions have no kinks, no two of a point of
// one size where there are enough: of equal numbers neither is the greater, and of x and −x
// the squares are equal, so that rounding would say which is.
func (c *randomCase) tensor(shape []int) *symbolic.Tensor {
	const sizes = 3 << 10
	t := symbolic.NewTensor(shape...)
	for i := range t.Data {
		if len(c.sizesLeft) == 0 {
			c.sizesLeft = c.rng.Perm(sizes)
		}
		t.Data[i] = float64(1+2*c.sizesLeft[0]) / (4 << 10) * float64(1-2*c.rng.IntN(2))
		c.sizesLeft = c.sizesLeft[1:]
	}
	return t
}

// node gives a value to an input.
func (c *randomCase) node(env *symbolic.Env, n *symbolic.Node) *symbolic.Tensor {
	shape, err := n.Shape.Eval(func(s string) (int, bool) { v, ok := env.Dims[s]; return v, ok })
	if err != nil {
		panic(err)
	}
	t := c.tensor(shape)
	env.Inputs[n.Attr.Key()] = t
	return t
}

func (c *randomCase) arg(env *symbolic.Env, a *module.Arg) {
	t := c.node(env, a.Node)
	if a.Type == symbolic.Real {
		return
	}
	if a.Type == symbolic.Boolean {
		for i := range t.Data {
			t.Data[i] = float64(c.rng.IntN(2))
		}
		return
	}
	if a.Bound == nil { // it may be a size
		n, ok := env.Dims[a.Name]
		if !ok {
			n = c.rng.IntN(5)
		}
		t.Data[0] = float64(n)
		return
	}
	n, err := a.Bound.Eval(func(s string) (int, bool) { v, ok := env.Dims[s]; return v, ok })
	if err != nil {
		panic(err)
	}
	for i := range t.Data {
		t.Data[i] = float64(c.rng.IntN(n))
	}
}

// sizes draws the sizes until they are what the program wants: those of dims, and
// whole numbers that may be used as such, which may be 0, but where an index of
// that many is wanted.
func (c *randomCase) sizes(dims []*module.Dim, args []*module.Arg, whole []string, checks []module.Check) (map[string]int, error) {
	// Now and then there is more than fits into a vector.
	const few, more = 5, 14
	most := []int{few, few, few, more}[c.rng.IntN(4)]
	if c.large {
		most = 40
	}
	for range 50 {
		out := map[string]int{}
		for _, d := range dims {
			out[d.Name] = 1 + c.rng.IntN(most)
			if d.Bound > 0 {
				out[d.Name] = min(out[d.Name], d.Bound)
			}
		}
		for _, n := range whole {
			out[n] = c.rng.IntN(5)
		}
		if most == more && c.numbers(out) > 30_000 {
			most = few
			continue
		}
		at := func(s string) (int, bool) { v, ok := out[s]; return v, ok }
		if !slices.ContainsFunc(args, func(a *module.Arg) bool { return noIndex(a, at) }) && !slices.ContainsFunc(checks, func(k module.Check) bool {
			a, err1 := k.A.Eval(at)
			b, err2 := k.B.Eval(at)
			return err1 != nil || err2 != nil || a < b || a != b && !k.AtLeast
		}) {
			return out, nil
		}
	}
	return nil, errKink
}

// numbers is how many the graph comes to, more or less.
func (c *randomCase) numbers(sizes map[string]int) int {
	sum := 0
	for _, n := range symbolic.ReachableInside(c.said...) {
		shape, err := n.Shape.Eval(func(s string) (int, bool) {
			if v, ok := sizes[s]; ok {
				return v, true
			}
			return examples, true // in a batch, or passes of a while
		})
		if err != nil {
			continue
		}
		k := 1
		for _, d := range shape {
			k *= d
		}
		sum += k
	}
	return sum
}

// noIndex reports whether an argument wants an index of nothing.
func noIndex(a *module.Arg, size func(string) (int, bool)) bool {
	if a.Bound == nil {
		return false
	}
	shape, err := a.Node.Shape.Eval(func(s string) (int, bool) {
		if s == module.Batch {
			return examples, true
		}
		return size(s)
	})
	if n, err2 := a.Bound.Eval(size); err != nil || err2 != nil || n > 0 {
		return err != nil || err2 != nil
	}
	return !slices.Contains(shape, 0)
}

// given gives a value to what is the same for a call.
func (c *randomCase) given(env *symbolic.Env, g *module.Given) {
	t := c.node(env, g.Node)
	for i := range t.Data {
		switch n, size := env.Dims[g.Name]; {
		case size && g.Size:
			t.Data[i] = float64(n)
		case g.Type == symbolic.Integer:
			t.Data[i] = float64(c.rng.IntN(5))
		case g.Type == symbolic.Boolean:
			t.Data[i] = float64(c.rng.IntN(2))
		}
	}
}

// wholeArgs are arguments that may be sizes.
func wholeArgs(args []*module.Arg) (out []string) {
	for _, a := range args {
		if a.Type == symbolic.Integer && a.Bound == nil {
			out = append(out, a.Name)
		}
	}
	return out
}

// ---- funcs

func (c *randomCase) checkFunc(raw *module.Func, d *module.FuncProcs) error {
	env := &symbolic.Env{Inputs: map[string]*symbolic.Tensor{}}
	for _, r := range raw.Results {
		c.said = append(c.said, r.Node)
	}
	var err error
	if env.Dims, err = c.sizes(raw.Dims, raw.Args, wholeArgs(raw.Args), raw.Checks); err != nil {
		return err
	}
	for _, a := range raw.Args {
		c.arg(env, a)
	}
	var roots, ys []*symbolic.Node
	for _, r := range raw.Results {
		roots = append(roots, r.Node)
		if r.Node.Type == symbolic.Real {
			ys = append(ys, r.Node)
		}
	}
	var xs []*symbolic.Node
	for _, a := range raw.Args {
		if a.Type == symbolic.Real && !a.Const {
			xs = append(xs, a.Node)
		}
	}
	values, err := measure(env, c.rounding, roots)
	if err != nil {
		return err
	}
	if err := c.checkRaw(env, raw.Graph, ys, xs); err != nil {
		return err
	}
	for k, p := range d.All() {
		for _, s := range p.Seeds {
			if env.Inputs[s.Attr.Key()] == nil { // directions of two derivatives may have one name
				c.node(env, s)
			}
		}
		want, err := c.procedure(env, p)
		if err != nil {
			return err
		}
		for i, v := range values {
			if err := near2(fmt.Sprintf("%s, simplified: result %d", p.Name, i), want[i], v, unit64); err != nil {
				return err
			}
		}
		c.procs = append(c.procs, measuredProc{p, want})
		if k == 0 {
			continue
		}
		var by []*symbolic.Node
		for _, a := range raw.Derive[k-1].Wrt {
			by = append(by, a.Node)
		}
		if err := c.derivative(env, raw, p, want[len(values):], by, ys); err != nil {
			return err
		}
	}
	cc := &conformanceCase{Name: raw.Name}
	for _, a := range d.Func.Args {
		cc.Args = append(cc.Args, oracle(env.Inputs[a.Node.Attr.Key()]))
	}
	for i := range raw.Results {
		cc.Results = append(cc.Results, oracleTensor{Data: make([]oracleNumber, len(values[i].v))})
	}
	for i, p := range d.Derivs {
		o := oracleDerivative{Kind: d.Func.Derive[i].Kind}
		for _, s := range p.Seeds {
			o.Seeds = append(o.Seeds, oracle(env.Inputs[s.Attr.Key()]))
		}
		cc.Derivs = append(cc.Derivs, o)
	}
	c.bound = &boundCase{conformanceCase: cc, what: raw.Name, fn: d.Func, env: env, derived: d}
	return nil
}

func oracle(t *symbolic.Tensor) oracleTensor {
	o := oracleTensor{Shape: t.Shape}
	for _, v := range t.Data {
		o.Data = append(o.Data, oracleNumber(v))
	}
	return o
}

// procedure evaluates a procedure, and holds its loop program against that.
func (c *randomCase) procedure(env *symbolic.Env, p *module.Procedure) ([]measured, error) {
	var roots []*symbolic.Node
	for _, r := range p.Results {
		roots = append(roots, r.Node)
	}
	want, err := measure(env, c.rounding, roots)
	if err != nil {
		return nil, err
	}
	got, err := runLoops(p, env)
	if err != nil {
		return nil, err
	}
	for i, g := range got {
		if err := near2(p.Name+": "+g.name, measured{v: g.data}, want[i], unit64); err != nil {
			return nil, err
		}
	}
	return want, nil
}

// near2 holds got against want; both may be off.
func near2(what string, got, want measured, unit float64) error {
	if len(got.v) != len(want.v) {
		return fmt.Errorf("%s: %d numbers, want %d", what, len(got.v), len(want.v))
	}
	for i, w := range want.v {
		b := want.bound(i, unit)
		if got.cond != nil {
			b += got.bound(i, unit)
		}
		if !(math.Abs(got.v[i]-w) <= b) && got.v[i] != w {
			return fmt.Errorf("%s: element %d is %v, want %v, may be off by %.3g", what, i, got.v[i], w, b)
		}
	}
	return nil
}
