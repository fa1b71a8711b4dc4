package explain

import (
	"fmt"
	"maps"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// throughLoops goes back through the loops, pass by pass, by what the equations
// say.
func (d *Derivation) throughLoops(env *notation.Env) error {
	vs := d.Backwards()
	for _, v := range vs {
		if v.Loop != nil {
			shape, err := v.Shape.Eval(func(s string) (int, bool) { n, ok := env.Dims[s]; return n, ok })
			if err != nil {
				return err
			}
			env.Values[v.Delta] = symbolic.NewTensor(shape...)
		}
	}
	done := map[*Loop]bool{}
	for _, v := range vs {
		o := v.outermost()
		if o == nil || done[o] {
			continue
		}
		done[o] = true
		if err := d.through(o, env, vs, map[string]int{}); err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
	}
	return nil
}

// through goes back through the passes of o, in passes of the loops around it
// that have these numbers.
func (d *Derivation) through(o *Loop, env *notation.Env, vs []*Value, passes map[string]int) error {
	in := func(l *Loop) *Loop { // the loop right inside o that l is, or is in
		for ; l != nil; l = l.Outer {
			if l.Outer == o {
				return l
			}
		}
		return nil
	}
	say := func(v *Value, ends bool) error {
		for _, q := range v.Back.Plain.Cases() {
			if v.Loop != o || ends != (len(q.Over) < len(v.Pass)) {
				continue
			}
			if err := q.EvalIn(env, env.Values[v.Delta], passes); err != nil {
				return err
			}
		}
		return nil
	}
	for _, v := range vs {
		if err := say(v, true); err != nil {
			return err
		}
	}
	states := func(passes map[string]int) error { // of a pass that is not made
		for _, v := range vs {
			if v.Loop == o && v.State {
				if err := v.keep(env, passes); err != nil {
					return err
				}
			}
		}
		return nil
	}
	count, err := o.Passes.Extent.Eval(func(s string) (int, bool) { n, ok := env.Dims[s]; return n, ok })
	if err != nil {
		return err
	}
	for i := range count {
		t := count - 1 - i
		if o.l.Reverse {
			t = i
		}
		passes = maps.Clone(passes)
		passes[o.Passes.Sym] = t
		if o.ends != nil {
			made, err := o.ends.EvalIn(env, passes)
			if err != nil {
				return err
			}
			if made == 0 {
				if err := states(passes); err != nil {
					return err
				}
				continue
			}
		}
		entered := map[*Loop]bool{}
		for _, v := range vs {
			if l := in(v.Loop); l != nil && !entered[l] {
				entered[l] = true
				if err := d.through(l, env, vs, passes); err != nil {
					return err
				}
			}
			if err := say(v, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// keep takes what comes back to a state after a pass that is not made for what
// comes back to it before.
func (v *Value) keep(env *notation.Env, passes map[string]int) error {
	t := env.Values[v.Delta]
	row := func(p symbolic.Poly) ([]float64, error) {
		at, n := 0, len(t.Data)
		path := v.Loop.path()
		for i, a := range path {
			k := passes[a.Sym]
			if i == len(path)-1 {
				var err error
				if k, err = p.Eval(func(s string) (int, bool) { n, ok := passes[s]; return n, ok }); err != nil {
					return nil, err
				}
			}
			n /= t.Shape[i]
			at += k * n
		}
		return t.Data[at : at+n], nil
	}
	s := symbolic.Sym(v.Loop.Passes.Sym)
	to, err := row(v.Loop.before(s))
	if err != nil {
		return err
	}
	from, err := row(v.Loop.after(s))
	copy(to, from)
	return err
}
