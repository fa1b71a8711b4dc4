package explain

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// outermost is the loop around all others that v is in, or nil.
func (v *Value) outermost() *Loop {
	o := v.Loop
	for o != nil && o.Outer != nil {
		o = o.Outer
	}
	return o
}

// path are the passes of the loops that o is in, and its own.
func (o *Loop) path() []notation.Axis {
	var out []notation.Axis
	for ; o != nil; o = o.Outer {
		a := o.Passes
		a.While = o.ends
		out = append(out, a)
	}
	slices.Reverse(out)
	return out
}

// A moment is some passes of a loop: at, over those that it speaks of.
type moment struct {
	at   []symbolic.Poly
	over []notation.Axis
}

// moments are the passes that the equations of v are written for: of a state the
// beginning and what is after a pass, on the way back the end and what is before
// one.
func (v *Value) moments(backward bool) []moment {
	o := v.Loop
	if o == nil && backward && v.rows != nil {
		return []moment{*v.rows}
	}
	if o == nil {
		return []moment{{}}
	}
	path := o.path()
	at := func(p symbolic.Poly) []symbolic.Poly {
		var out []symbolic.Poly
		for _, a := range path[:len(path)-1] {
			out = append(out, symbolic.Sym(a.Sym))
		}
		return append(out, p)
	}
	t := symbolic.Sym(o.Passes.Sym)
	switch {
	case !v.State || o.l.Kind == symbolic.TableLoop:
		return []moment{{at(t), path}}
	case backward:
		return []moment{{at(o.end()), path[:len(path)-1]}, {at(o.before(t)), path}}
	}
	return []moment{{at(o.begin()), path[:len(path)-1]}, {at(o.after(t)), path}}
}

// inPass is the equation of v: of what a loop carries, the one of each pass.
func (v *Value) inPass() *notation.Equation { return inPass(v.Def, v) }

func inPass(q *notation.Equation, v *Value) *notation.Equation {
	for _, c := range q.Cases() {
		if len(c.Over) >= len(v.Pass) {
			c = copied(c)
			c.Else = nil
			return c
		}
	}
	return q
}

// write puts together what how says at all moments of v. That nothing comes back
// in some of them is not written.
func (v *Value) write(backward bool, how func(moment) *notation.Equation) *notation.Equation {
	var first, last *notation.Equation
	for _, p := range v.moments(backward) {
		q := how(p)
		if first != nil && backward && q.Right.Kind == notation.Number && q.Right.Num == 0 {
			continue
		}
		if first != nil && backward && first == last && first.Right.Kind == notation.Number && first.Right.Num == 0 {
			first = nil
		}
		if first == nil {
			first = q
		} else {
			last.Else = q
		}
		last = q
	}
	return first
}
