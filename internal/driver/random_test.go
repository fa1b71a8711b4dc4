package driver_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/internal/diag"
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

// slack is how many times what was seen of perturbations is allowed.
const slack = 64

const (
	unit64 = 0x1p-53
	unit32 = 0x1p-24
)

var (
	errInvalid = errors.New("not a program")
	errKink    = errors.New("near a kink")
)

// A measured is the numbers of a value, and how far each moves by rounding, per
// unit.
type measured struct{ v, cond []float64 }

func (m measured) bound(i int, unit float64) float64 { return slack*unit*m.cond[i] + 1e-36 }

// measure evaluates roots.
func measure(env *symbolic.Env, rng *rand.Rand, roots []*symbolic.Node) ([]measured, error) {
	base, err := symbolic.Eval(env, roots...)
	if err != nil {
		return nil, err
	}
	out := make([]measured, len(roots))
	for i, t := range base {
		out[i] = measured{t.Data, make([]float64, len(t.Data))}
		for _, v := range t.Data {
			if math.IsNaN(v) || math.Abs(v) > 1e9 {
				return nil, errKink // says nothing of float32
			}
		}
	}
	small, err := moves(env, rng, roots, base, 0x1p-30)
	if err != nil {
		return nil, err
	}
	large, err := moves(env, rng, roots, base, 0x1p-19)
	if err != nil {
		return nil, err
	}
	for i := range out {
		most := 0.0
		for _, s := range small[i] {
			most = max(most, s)
		}
		for j, s := range small[i] {
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
func moves(env *symbolic.Env, rng *rand.Rand, roots []*symbolic.Node, base []*symbolic.Tensor, eps float64) ([][]float64, error) {
	out := make([][]float64, len(base))
	for i, t := range base {
		out[i] = make([]float64, len(t.Data))
	}
	e := *env
	e.Round = func(v float64) float64 {
		d := 0.5 + rng.Float64()/2
		if rng.IntN(2) == 0 {
			d = -d
		}
		return v * (1 + eps*d)
	}
	for range 4 {
		got, err := symbolic.Eval(&e, roots...)
		if err != nil {
			return nil, err
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
	prog  *randprog.Program
	rng   *rand.Rand
	bound *boundCase
	procs []measuredProc
}

type measuredProc struct {
	*module.Procedure
	want []measured
}

// checkRandom checks what needs no compiler. The error is errInvalid or errKink
// where that says nothing.
func checkRandom(p *randprog.Program) (c *randomCase, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in %s: %v", panicked(), r)
		}
	}()
	src := []byte(randprog.File("random", p))
	load := func() (*module.Module, error) {
		var errs diag.List
		m, _ := frontend.Load("random.bp", src, frontend.Options{Float: "float64"}, &errs)
		if len(errs) > 0 {
			return nil, fmt.Errorf("%w: %v", errInvalid, errs[0].Msg)
		}
		return m, nil
	}
	raw, err := load()
	if err != nil {
		return nil, err
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
		c = &randomCase{prog: p, rng: rand.New(rand.NewPCG(p.Seed, 1+try))}
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

// panicked is the function that has panicked first.
func panicked() (name string) {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	for after := false; ; {
		f, more := frames.Next()
		if after && !strings.HasPrefix(f.Function, "runtime.") {
			name = f.Function[strings.LastIndex(f.Function, "/")+1:]
		}
		if after = f.Function == "runtime.gopanic" || after && strings.HasPrefix(f.Function, "runtime."); !more {
			return name
		}
	}
}

// ---- the point

// number is up to 1.5, and no number at which functions have kinks.
func (c *randomCase) number() float64 {
	return float64(1+2*c.rng.IntN(384)) / 512 * float64(1-2*c.rng.IntN(2))
}

func (c *randomCase) tensor(shape []int) *symbolic.Tensor {
	t := symbolic.NewTensor(shape...)
	for i := range t.Data {
		t.Data[i] = c.number()
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
	n, err := a.Bound.Eval(func(s string) (int, bool) { v, ok := env.Dims[s]; return v, ok })
	if err != nil {
		panic(err)
	}
	for i := range t.Data {
		t.Data[i] = float64(c.rng.IntN(max(1, n)))
	}
}

// sizes draws the sizes until they are what the program wants.
func (c *randomCase) sizes(dims []*module.Dim, checks []module.Check) (map[string]int, error) {
	for range 50 {
		out := map[string]int{}
		for _, d := range dims {
			out[d.Name] = 1 + c.rng.IntN(5)
		}
		if !slices.ContainsFunc(checks, func(k module.Check) bool {
			at := func(s string) (int, bool) { v, ok := out[s]; return v, ok }
			a, err1 := k.A.Eval(at)
			b, err2 := k.B.Eval(at)
			return err1 != nil || err2 != nil || a < b || a != b && !k.AtLeast
		}) {
			return out, nil
		}
	}
	return nil, errKink
}

// ---- funcs

func (c *randomCase) checkFunc(raw *module.Func, d *module.FuncProcs) error {
	env := &symbolic.Env{Inputs: map[string]*symbolic.Tensor{}}
	var err error
	if env.Dims, err = c.sizes(raw.Dims, raw.Checks); err != nil {
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
	values, err := measure(env, c.rng, roots)
	if err != nil {
		return err
	}
	if err := c.checkRaw(env, raw.Graph, ys, xs); err != nil {
		return err
	}
	for _, p := range d.All() {
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
		if err := c.derivative(env, raw, p, want[len(values):], xs, ys); err != nil {
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
	want, err := measure(env, c.rng, roots)
	if err != nil {
		return nil, err
	}
	prog, err := loop.Lower(p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	if err := loop.Check(prog); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	in := map[string][]float64{}
	for _, x := range prog.Buffers {
		if x.Kind == loop.In {
			in[x.Name] = env.Inputs[x.Node.Attr.Key()].Data
		}
	}
	got, err := loop.Run(prog, loop.MakePlan(prog), env.Dims, in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	i := 0
	for _, x := range prog.Buffers {
		if x.Kind != loop.Out {
			continue
		}
		if err := near2(p.Name+": loop program: "+x.Name, measured{v: got[x.Name]}, want[i], unit64); err != nil {
			return nil, err
		}
		i++
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

// checkRaw holds the graph's derivatives as they are before any rewriting against
// each other and against finite differences, along one direction v, for one
// cotangent u.
func (c *randomCase) checkRaw(env *symbolic.Env, g *symbolic.Graph, ys, xs []*symbolic.Node) error {
	var us, vs []*symbolic.Node
	for i, y := range ys {
		us = append(us, g.Input(symbolic.SeedInput, fmt.Sprint("random u", i), y.Shape, symbolic.Real))
		c.node(env, us[i])
	}
	for i, x := range xs {
		vs = append(vs, g.Input(symbolic.SeedInput, fmt.Sprint("random v", i), x.Shape, symbolic.Real))
		c.node(env, vs[i])
	}
	y, push, pull := directional(g, ys, us, xs, vs)
	ms, err := measure(env, c.rng, []*symbolic.Node{y, push, pull})
	if err != nil {
		return err
	}
	if err := near2("⟨u, Jv⟩ against ⟨Jᵀu, v⟩", ms[1], ms[2], unit64); err != nil {
		return err
	}
	if strings.Contains(c.prog.Decls, "stop(") {
		return nil // differences know nothing of it
	}
	return c.differences("⟨u, Jv⟩", env, y, xs, vs, ms[1])
}

// directional gives ⟨u, y⟩, and its derivative along v forward and in reverse.
func directional(g *symbolic.Graph, ys, us, xs, vs []*symbolic.Node) (y, push, pull *symbolic.Node) {
	dot := func(as, bs []*symbolic.Node) *symbolic.Node {
		s := g.Num(0)
		for i, a := range as {
			if a == nil {
				continue
			}
			p := g.Mul(a, bs[i])
			for range p.Shape {
				p = g.Sum(p, 0)
			}
			s = g.Add(s, p)
		}
		return s
	}
	return dot(ys, us), dot(g.JVP(ys, xs, vs), us), dot(g.VJP(ys, us, xs), vs)
}

// differences holds want against finite differences of y along v, extrapolated
// to a step of none. They say themselves how far off they are.
func (c *randomCase) differences(what string, env *symbolic.Env, y *symbolic.Node, xs, vs []*symbolic.Node, want measured) error {
	at, err := measure(env, c.rng, []*symbolic.Node{y})
	if err != nil {
		return err
	}
	f := func(h float64) float64 {
		e := *env
		e.Inputs = map[string]*symbolic.Tensor{}
		for k, t := range env.Inputs {
			e.Inputs[k] = t
		}
		for i, x := range xs {
			a, b := env.Inputs[x.Attr.Key()], env.Inputs[vs[i].Attr.Key()]
			t := &symbolic.Tensor{Shape: a.Shape, Data: slices.Clone(a.Data)}
			for j := range t.Data {
				t.Data[j] += h * b.Data[j]
			}
			e.Inputs[x.Attr.Key()] = t
		}
		out, err := symbolic.Eval(&e, y)
		if err != nil {
			return math.NaN()
		}
		return out[0].Data[0]
	}
	for _, h := range []float64{0x1p-7, 0x1p-11, 0x1p-15} {
		var row []float64
		best, off := 0.0, math.Inf(1)
		for k := range 4 {
			next := []float64{(f(h) - f(-h)) / (2 * h)}
			for j := range row {
				next = append(next, next[j]+(next[j]-row[j])/(math.Pow(4, float64(j+1))-1))
			}
			if k > 1 {
				if o := math.Abs(next[k]-row[k-1]) + math.Abs(next[k]-next[k-1]); o < off {
					best, off = next[k], o
				}
			}
			row, h = next, h/2
		}
		// Rounding of y, as it was measured, counts twice in each difference.
		rounding := 8 * unit64 * (at[0].cond[0] + math.Abs(at[0].v[0])) / h
		if !(off+rounding <= 1e-4*(1e-3+math.Abs(best))) {
			continue
		}
		if !(math.Abs(best-want.v[0]) <= 4*off+rounding+want.bound(0, unit64)) {
			return fmt.Errorf("%s is %v, finite differences say %v, may be off by %.3g", what, want.v[0], best, 4*off+rounding)
		}
		return nil
	}
	return errKink
}

// derivative holds what a derivative procedure gives against the graph as it
// was: both are multiplied by the same directions, as far as the kind of it does
// not do so itself.
func (c *randomCase) derivative(env *symbolic.Env, raw *module.Func, p *module.Procedure, got []measured, xs, ys []*symbolic.Node) error {
	if p.Name == "value" {
		return nil
	}
	g := raw.Graph
	data := func(n *symbolic.Node) []float64 { return env.Inputs[n.Attr.Key()].Data }
	seeds := func(kind string, like []*symbolic.Node) (out []*symbolic.Node) {
		for i, x := range like {
			out = append(out, g.Input(symbolic.SeedInput, fmt.Sprint("random ", kind, i), x.Shape, symbolic.Real))
			c.node(env, out[i])
		}
		return out
	}
	given := func(from []*symbolic.Node, to []*symbolic.Node) { // the same directions under other names
		for i := range from {
			env.Inputs[to[i].Attr.Key()] = env.Inputs[from[i].Attr.Key()]
		}
	}
	us, vs, ws := seeds("u", ys), seeds("v", xs), seeds("w", xs)
	kind := strings.TrimSuffix(p.Name, "0")
	switch kind {
	case "vjp":
		given(p.Seeds, us)
	case "jvp":
		given(p.Seeds, vs)
	case "hvp":
		given(p.Seeds, ws)
		fallthrough
	case "grad", "hessian":
		env.Inputs[us[0].Attr.Key()] = symbolic.Scalar(1)
	}
	y, push, pull := directional(g, ys, us, xs, vs)
	_, twice, _ := directional(g, []*symbolic.Node{pull}, []*symbolic.Node{g.Num(1)}, xs, ws)
	roots := []*symbolic.Node{y, push}
	if kind == "hessian" || kind == "hvp" {
		roots = append(roots, twice)
	}
	ms, err := measure(env, c.rng, roots)
	if err != nil {
		return err
	}
	// sum adds up results, each multiplied by what runs along its dims.
	sum := func(m measured, along ...[]float64) (v, cond float64) {
		for i := range m.v {
			f, rest := 1.0, i
			for k := len(along) - 1; k >= 0; k-- {
				f *= along[k][rest%len(along[k])]
				rest /= len(along[k])
			}
			v, cond = v+f*m.v[i], cond+math.Abs(f)*m.cond[i]
		}
		return v, cond
	}
	total := make([]measured, 2) // of first and second derivatives
	for i := range total {
		total[i] = measured{make([]float64, 1), make([]float64, 1)}
	}
	add := func(order int, m measured, along ...[]float64) {
		v, cond := sum(m, along...)
		total[order].v[0] += v
		total[order].cond[0] += cond
	}
	switch kind {
	case "jvp":
		for i := range ys {
			add(0, got[i], data(us[i]))
		}
	case "jacobian":
		for i := range ys {
			for j := range xs {
				add(0, got[i*len(xs)+j], data(us[i]), data(vs[j]))
			}
		}
	default:
		for j := range xs {
			add(0, got[j], data(vs[j]))
		}
	}
	k := len(xs)
	switch kind {
	case "hvp":
		for j := range xs {
			add(1, got[k+j], data(vs[j]))
		}
	case "hessian":
		for i := range xs {
			for j := i; j < len(xs); j++ {
				add(1, got[k], data(vs[i]), data(ws[j]))
				if i != j {
					add(1, got[k], data(ws[i]), data(vs[j]))
				}
				k++
			}
		}
	}
	for i, m := range ms[1:] {
		if err := near2(p.Name+fmt.Sprintf(" against the graph as it was, order %d", i+1), total[i], m, unit64); err != nil {
			return err
		}
	}
	return nil
}

// ---- models

const examples = 3

func (c *randomCase) checkModel(raw *module.Model, d *module.ModelProcs) error {
	env := &symbolic.Env{Inputs: map[string]*symbolic.Tensor{}}
	var err error
	if env.Dims, err = c.sizes(append(slices.Clone(raw.Dims), raw.Call...), raw.Checks); err != nil {
		return err
	}
	env.Dims[module.Batch] = examples
	cc := &conformanceCase{Name: raw.Name, Batch: examples, Params: map[string]oracleTensor{}, Loss: new(oracleNumber)}
	for _, a := range raw.Args {
		c.arg(env, a)
		cc.Args = append(cc.Args, oracle(env.Inputs[a.Node.Attr.Key()]))
	}
	var xs []*symbolic.Node
	for _, q := range raw.Params {
		cc.Params[q.Name] = oracle(c.node(env, q.Node))
		xs = append(xs, q.Node)
	}
	if err := c.checkRaw(env, raw.Graph, []*symbolic.Node{raw.Train.Loss}, xs); err != nil {
		return err
	}
	grads := raw.Graph.Gradient(raw.Train.Loss, xs...)
	for i, n := range grads {
		if n == nil {
			grads[i] = raw.Graph.Like(0, xs[i])
		}
	}
	was, err := measure(env, c.rng, append(slices.Clone(grads), raw.Train.Loss))
	if err != nil {
		return err
	}
	if !c.prog.Across {
		if err := c.mean(env, raw, append(slices.Clone(grads), raw.Train.Loss), was); err != nil {
			return err
		}
	}
	for _, p := range []*module.Procedure{d.Infer, d.Loss, d.Grad} {
		if p == nil {
			continue
		}
		want, err := c.procedure(env, p)
		if err != nil {
			return err
		}
		c.procs = append(c.procs, measuredProc{p, want})
		if p != d.Grad {
			continue
		}
		at := 0
		for i, r := range p.Results {
			if r.Kind == module.ParamGradient {
				if err := near2("the gradient by "+r.Name+", simplified", want[i], was[at], unit64); err != nil {
					return err
				}
				at++
			}
		}
	}
	if d.Infer != nil {
		cc.Results = make([]oracleTensor, 1)
	}
	c.bound = &boundCase{conformanceCase: cc, what: raw.Name, model: d.Model, env: env}
	return nil
}

// mean holds what a batch gives against the mean of what its examples give.
func (c *randomCase) mean(env *symbolic.Env, raw *module.Model, roots []*symbolic.Node, want []measured) error {
	sum := make([]measured, len(want))
	for k := range examples {
		one := &symbolic.Env{Dims: map[string]int{}, Inputs: map[string]*symbolic.Tensor{}}
		for d, n := range env.Dims {
			one.Dims[d] = n
		}
		one.Dims[module.Batch] = 1
		for key, t := range env.Inputs {
			one.Inputs[key] = t
		}
		for _, a := range raw.Args {
			t := env.Inputs[a.Node.Attr.Key()]
			n := len(t.Data) / examples
			one.Inputs[a.Node.Attr.Key()] = &symbolic.Tensor{Shape: append([]int{1}, t.Shape[1:]...), Data: t.Data[k*n:][:n]}
		}
		ms, err := measure(one, c.rng, roots)
		if err != nil {
			return err
		}
		for i, m := range ms {
			if k == 0 {
				sum[i] = measured{make([]float64, len(m.v)), make([]float64, len(m.v))}
			}
			for j := range m.v {
				sum[i].v[j] += m.v[j] / examples
				sum[i].cond[j] += m.cond[j] / examples
			}
		}
	}
	for i := range want {
		if err := near2(fmt.Sprintf("the mean of the examples: result %d", i), sum[i], want[i], unit64); err != nil {
			return err
		}
	}
	return nil
}
