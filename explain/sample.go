package explain

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// A Point is where a derivation is looked at: sizes, and a value for each
// input. What is not given is drawn at random, always the same.
type Point struct {
	Dims   map[string]int
	Inputs map[string]*symbolic.Tensor // by the name of the value
	Batch  int                         // examples, where no input says how many
}

// sampled is a point with what is drawn for it, and what comes of it.
type sampled struct {
	point *Point
	in    *symbolic.Env
	err   error
	out   *notation.Env
}

// sample draws what p does not give.
func (d *Derivation) sample(p *Point) (*symbolic.Env, error) {
	if d.looked == nil || d.looked.point != p {
		in, err := d.drawn(p)
		d.looked = &sampled{point: p, in: in, err: err}
	}
	return d.looked.in, d.looked.err
}

func (d *Derivation) drawn(p *Point) (*symbolic.Env, error) {
	env := &symbolic.Env{Dims: map[string]int{}, Inputs: map[string]*symbolic.Tensor{}}
	for s, n := range p.Dims {
		env.Dims[s] = n
	}
	for _, v := range d.Values {
		if t := p.input(v); t != nil {
			if err := bind(env.Dims, v, t); err != nil {
				return nil, err
			}
		}
	}
	for _, a := range d.args {
		if !d.counts(a.Name) {
			continue
		}
		if t := p.Inputs[a.Name]; t != nil && len(t.Data) == 1 {
			env.Dims[a.Name] = int(t.Data[0])
		}
	}
	d.size(env.Dims, max(1, p.Batch))
	if err := d.affordable(env); err != nil {
		return nil, err
	}
	env.Passes = most
	if d.given(p) {
		env.Passes = patience
	}
	for i, r := range ranges {
		rng := rand.New(rand.NewPCG(1, uint64(len(d.Values))))
		for _, v := range d.Values {
			if v.Node.Op != symbolic.OpInput {
				continue
			}
			t := p.input(v)
			if t == nil {
				var err error
				if t, err = d.draw(rng, env, v, r); err != nil {
					return nil, err
				}
			}
			if err := d.inRange(env, v, t); err != nil {
				return nil, err
			}
			env.Inputs[v.Node.Attr.Key()] = t
		}
		if !d.while {
			break
		}
		if _, err := symbolic.Eval(env, d.Result.Node); err == nil {
			env.Passes = 0 // it is known to end
			break
		} else if i == len(ranges)-1 {
			return nil, &endlessError{fmt.Sprintf("There are no numbers: with values drawn at random a while of %s has not ended after %d passes. Give it others with -at.", d.Name, env.Passes)}
		}
	}
	return env, nil
}

// inRange refuses indices that are none of what v indexes.
func (d *Derivation) inRange(env *symbolic.Env, v *Value, t *symbolic.Tensor) error {
	for _, a := range d.args {
		if a.Node != v.Node || a.Bound == nil {
			continue
		}
		n, err := a.Bound.Eval(sizes(env.Dims))
		if err != nil {
			return err
		}
		for _, x := range t.Data {
			if x != math.Trunc(x) || x < 0 || x >= float64(n) {
				return fmt.Errorf("%s: %s has a %v, and is a whole number from 0 to %d", d.Name, v.Name, x, n-1)
			}
		}
	}
	return nil
}

// most is how many passes of a while are looked at, where values are drawn at
// random, and patience where all are given.
const most, patience = 300, 20000

// given reports whether p has a value for every input.
func (d *Derivation) given(p *Point) bool {
	return !slices.ContainsFunc(d.Values, func(v *Value) bool { return v.Node.Op == symbolic.OpInput && p.input(v) == nil })
}

// An endlessError says that there are no values at which a member can be looked
// at, but those that somebody gives.
type endlessError struct{ text string }

func (e *endlessError) Error() string { return e.text }

// endless returns what stands in the place of numbers where err says that there
// are none.
func endless(err error) (string, bool) {
	var e *endlessError
	if errors.As(err, &e) {
		return e.text, true
	}
	return "", false
}

// ranges are tried one after the other, until all whiles end.
var ranges = [][2]float64{{-1, 1}, {0.2, 1}, {1, 2}, {-0.4, 0.4}, {2, 20}}

// size draws the sizes that are not given: small ones that differ, and larger
// ones where a dim would be negative.
func (d *Derivation) size(dims map[string]int, batch int) {
	var all []symbolic.Poly
	var free []string
	for _, n := range symbolic.Reachable(d.roots()...) {
		all = append(all, n.Shape...)
		for _, dim := range n.Shape {
			for _, s := range dim.Syms() {
				if _, given := dims[s]; !given && s != notation.Batch && !symbolic.IsCount(s) && !slices.Contains(free, s) {
					free = append(free, s)
				}
			}
		}
	}
	if _, given := dims[notation.Batch]; !given {
		dims[notation.Batch] = batch
	}
	for _, a := range d.args {
		if _, given := dims[a.Name]; !given && d.counts(a.Name) && !slices.Contains(free, a.Name) {
			free = append(free, a.Name)
		}
	}
	for try := range 16 {
		for i, s := range free {
			if try%2 == 1 {
				i = len(free) - 1 - i
			}
			dims[s] = 3 + i%4 + try/2*2
			if d.counts(s) { // it says how far another size is used
				dims[s] = 1 + try/2
			}
		}
		if !slices.ContainsFunc(all, func(p symbolic.Poly) bool {
			n, err := p.Eval(sizes(dims))
			return err != nil || n < 0
		}) {
			return
		}
	}
}

// counts reports whether a size is an argument, a whole number.
func (d *Derivation) counts(s string) bool {
	return slices.ContainsFunc(d.args, func(a *module.Arg) bool {
		return a.Name == s && a.Type == symbolic.Integer && a.Bound == nil && len(a.Node.Shape) == 0
	})
}

// sizes gives a dim its size; a while is taken to make a few passes.
func sizes(dims map[string]int) func(string) (int, bool) {
	return func(s string) (int, bool) {
		if symbolic.IsCount(s) {
			return 16, true
		}
		n, ok := dims[s]
		return n, ok
	}
}

// maxElements is how many numbers a derivation may be looked at with.
const maxElements = 1 << 26

// affordable refuses to evaluate what is too large for a page.
func (d *Derivation) affordable(env *symbolic.Env) error {
	total := 0
	for _, n := range symbolic.Reachable(d.roots()...) {
		shape, err := n.Shape.Eval(sizes(env.Dims))
		if err != nil {
			return err
		}
		size := 1
		for _, k := range shape {
			if k < 0 {
				return fmt.Errorf("%s: a size is %d", d.Name, k)
			}
			if k > 0 && size > maxElements/k {
				size = maxElements
				break
			}
			size *= k
		}
		if total += size; total > maxElements {
			return fmt.Errorf("%s is too large to be evaluated here; smaller dims explain as much", d.Name)
		}
	}
	return nil
}

// input is what p gives for v, or nil. One example may be given without a dim
// for the batch.
func (p *Point) input(v *Value) *symbolic.Tensor {
	t := p.Inputs[v.Name]
	if t == nil || v.Node.Op != symbolic.OpInput {
		return nil
	}
	if v.PerExample() && len(t.Shape)+1 == len(v.Shape) {
		return &symbolic.Tensor{Shape: append([]int{1}, t.Shape...), Data: t.Data}
	}
	return t
}

// Fits reports an input of p that no member has.
func (e *Explanation) Fits(p *Point) error {
	known := map[string]bool{}
	for _, d := range e.Derivations {
		for _, v := range d.Values {
			known[v.Name] = known[v.Name] || v.Node.Op == symbolic.OpInput
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Inputs)) {
		if !known[name] {
			return fmt.Errorf("nothing that is given a value is called %s", name)
		}
	}
	return nil
}

// Whole reports an argument that p has no value for, of a member that p is about:
// one whose arguments or parameters have values in it, or that takes examples.
// Parameters and what else a model is given may be left out.
func (e *Explanation) Whole(p *Point) error {
	for _, d := range e.Derivations {
		about := slices.ContainsFunc(d.Values, func(v *Value) bool {
			return p.input(v) != nil || v.Node.Op == symbolic.OpInput && v.PerExample()
		})
		var without []string
		for _, a := range d.args {
			if p.Inputs[a.Name] == nil {
				without = append(without, a.Name)
			}
		}
		if about && len(without) > 0 {
			return fmt.Errorf("no values for %s, which %s %s takes", list(without), d.Kind, d.Name)
		}
	}
	return nil
}

// roots are all values of the derivation.
func (d *Derivation) roots() []*symbolic.Node {
	var out []*symbolic.Node
	for _, v := range d.Values {
		out = append(out, v.Node)
	}
	return out
}

// bind takes the sizes that t, given for v, has.
func bind(dims map[string]int, v *Value, t *symbolic.Tensor) error {
	if len(t.Shape) != len(v.Shape) {
		return fmt.Errorf("%s has shape %s, what is given has %d dims", v.Name, v.Shape, len(t.Shape))
	}
	for i, p := range v.Shape {
		s, ok := p.AsSym()
		if !ok {
			continue
		}
		if n, known := dims[s]; known && n != t.Shape[i] {
			return fmt.Errorf("%s of %s is %d and %d", s, v.Name, n, t.Shape[i])
		}
		dims[s] = t.Shape[i]
	}
	for i, p := range v.Shape {
		n, err := p.Eval(func(s string) (int, bool) { n, ok := dims[s]; return n, ok })
		if err == nil && n != t.Shape[i] {
			return fmt.Errorf("%s has shape %s, what is given has %v", v.Name, v.Shape, t.Shape)
		}
	}
	return nil
}

// draw makes up a value for an input: indices in range, parameters small.
func (d *Derivation) draw(rng *rand.Rand, env *symbolic.Env, v *Value, within [2]float64) (*symbolic.Tensor, error) {
	dim := func(s string) (int, bool) { n, ok := env.Dims[s]; return n, ok }
	shape, err := v.Shape.Eval(dim)
	if err != nil {
		return nil, err
	}
	t := symbolic.NewTensor(shape...)
	bound := 2
	for _, a := range d.args {
		if a.Node == v.Node && a.Bound != nil {
			if bound, err = a.Bound.Eval(dim); err != nil {
				return nil, err
			}
		}
	}
	if n, ok := env.Dims[v.Name]; ok && d.counts(v.Name) {
		t.Data[0] = float64(n)
		return t, nil
	}
	for i := range t.Data {
		switch {
		case v.Type == symbolic.Real && v.Role == Param && len(shape) > 1:
			t.Data[i] = within[0]*0.6 + rng.Float64()*(within[1]-within[0])*0.6
		case v.Type == symbolic.Real:
			t.Data[i] = within[0] + rng.Float64()*(within[1]-within[0])
		default:
			t.Data[i] = float64(rng.IntN(max(1, bound)))
		}
	}
	return t, nil
}
