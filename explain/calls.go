package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// valueGroups finds what of the values can be seen as one: calls of funcs and
// layers, in each other as they are called, and nonlinearities with the affine
// maps that they are applied to. A group comes before those in it.
func (d *Derivation) valueGroups() []*Group {
	var out []*Group
	for _, g := range append(d.layers(), d.calls()...) {
		has := setOf(g.values)
		fits := !slices.ContainsFunc(out, func(h *Group) bool {
			n := 0
			for _, v := range h.values {
				n += b2i(has[v])
			}
			same := n == len(h.values) && h.computed() == g.computed()
			return same || n > 0 && n < len(h.values) && n < len(g.values)
		})
		if fits && d.together(has) {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(a.first(), b.first()), cmp.Compare(len(b.values), len(a.values)))
	})
	at := map[*Value]*Group{}
	for i, g := range out {
		g.ID = i
		if g.Outer = at[g.values[0]]; g.Outer != nil {
			g.Outer.around = true
		}
		for _, v := range g.values {
			at[v] = g
		}
	}
	return out
}

func setOf(vs []*Value) map[*Value]bool {
	out := map[*Value]bool{}
	for _, v := range vs {
		out[v] = true
	}
	return out
}

// computed is how many of g's values are computed; the others are parameters.
func (g *Group) computed() int {
	n := 0
	for _, v := range g.values {
		n += b2i(v.Def != nil)
	}
	return n
}

// first is the first value of g that is computed.
func (g *Group) first() int {
	return g.values[slices.IndexFunc(g.values, func(v *Value) bool { return v.Def != nil })].ID
}

// together reports whether a picture can have the values in one place: nothing
// outside is made from some of them and read by others.
func (d *Derivation) together(in map[*Value]bool) bool {
	after := map[*Value]bool{} // outside, made from what is in
	for _, v := range d.Values {
		for _, u := range v.From {
			switch {
			case u.ID >= v.ID: // of the pass before
			case after[u] && in[v]:
				return false
			case after[u], in[u] && !in[v]:
				after[v] = true
			}
		}
	}
	return true
}

// calls are the calls that several values are computed in, the inner ones first.
func (d *Derivation) calls() []*Group {
	of := map[*symbolic.Call]*Group{}
	var out []*Group
	for _, v := range d.Values {
		for c := v.call(); c != nil; c = c.Outer {
			if of[c] == nil {
				of[c] = &Group{call: c}
				out = append(out, of[c])
			}
			of[c].values = append(of[c].values, v)
		}
	}
	out = slices.DeleteFunc(out, func(g *Group) bool { return g.computed() < 2 })
	slices.SortStableFunc(out, func(a, b *Group) int { return cmp.Compare(depth(b.call), depth(a.call)) })
	// Of calls that do nothing but call another the outermost is seen.
	out = slices.DeleteFunc(out, func(g *Group) bool {
		o := of[g.call.Outer]
		return o != nil && o.computed() == g.computed()
	})
	for _, g := range out {
		g.finish()
	}
	return out
}

// call is the innermost call that v is part of, or nil: of what is computed the
// one that computes it, of a parameter the one that all who read it are in.
func (v *Value) call() *symbolic.Call {
	switch {
	case v.Def != nil:
		return v.origin.Call
	case v.Role != Param:
		return nil
	}
	var in *symbolic.Call
	first := true
	for _, u := range v.To {
		switch {
		case u.Role == Loss: // a penalty is of all parameters
		case first:
			in, first = u.call(), false
		default:
			in = common(in, u.call())
		}
	}
	return in
}

func depth(c *symbolic.Call) int {
	n := 0
	for ; c != nil; c = c.Outer {
		n++
	}
	return n
}

// common is the innermost call that both a and b are part of.
func common(a, b *symbolic.Call) *symbolic.Call {
	for a != b {
		if depth(a) >= depth(b) {
			a = a.Outer
		} else {
			b = b.Outer
		}
	}
	return a
}

// finish finds what g gives, and what it is applied to.
func (g *Group) finish() {
	in := setOf(g.values)
	var args []string
	for _, v := range g.values {
		if len(v.To) == 0 || slices.ContainsFunc(v.To, func(u *Value) bool { return !in[u] }) {
			g.value = v
		}
		for _, u := range v.From {
			if name := u.Text(); !in[u] && u.Role != Param && !slices.Contains(args, name) {
				args = append(args, name)
			}
		}
	}
	if g.value == nil {
		g.value = g.values[len(g.values)-1]
	}
	if g.Label = g.call.Func + "(" + strings.Join(args, ", ") + ")"; columns(g.Label) > 30 {
		g.Label = g.call.Func + "(…)"
	}
}

// layers finds a = f(z) with z and the parameters that only z reads.
func (d *Derivation) layers() []*Group {
	var out []*Group
	for _, a := range d.Values {
		if a.Def == nil || a.Loop != nil || len(a.From) != 1 || !nonlinear(a.Node) || len(a.Shape) == 0 {
			continue
		}
		z := a.From[0]
		if z.Def == nil || z.Loop != nil || len(z.To) != 1 || a.Node.Args[0] != z.Node {
			continue
		}
		g := &Group{value: a}
		for _, u := range z.From {
			private := u.Role == Param
			for _, w := range u.To {
				private = private && (w == z || w.Role == Loss)
			}
			if private {
				g.values = append(g.values, u)
			}
		}
		g.values = append(g.values, z, a)
		g.Label = notation.Text(a.Def.Right.Replace(func(e *notation.Expr) *notation.Expr {
			if e.Kind == notation.Name && e.Value == z.Value && z.Def.Index == nil {
				return z.Def.Right
			}
			return nil
		}))
		out = append(out, g)
	}
	return out
}
