package explain

import (
	"cmp"
	"maps"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/notation"
)

// A Group is several gates that can be seen as one.
type Group struct {
	ID    int
	Label string // as a gate: σ, block(x)
	Outer *Group // that it is part of, or nil

	around bool // it has others in it

	// Of single operators:
	node *symbolic.Node
	in   map[*symbolic.Node]bool
	as   *symbolic.Node // the one that they are together

	// Of values:
	values []*Value
	value  *Value         // that it is there for
	call   *symbolic.Call // that they belong to; nil: it is a nonlinearity with what it is applied to
}

// Name is what a group is called.
func (g *Group) Name() string {
	switch {
	case g.call != nil:
		return g.call.Func + " " + g.value.Text()
	case g.value != nil:
		return g.value.Text()
	}
	return g.Label
}

// path lists the groups around g, and g.
func (g *Group) path() []*Group {
	var out []*Group
	for ; g != nil; g = g.Outer {
		out = append(out, g)
	}
	slices.Reverse(out)
	return out
}

// Folding says which groups a circuit shows as single gates.
type Folding string

const (
	FoldAuto  Folding = ""      // all where there are many gates, else none
	FoldNone  Folding = "none"  // every gate by itself
	FoldInner Folding = "inner" // what is in no other group: σ, of its parts
	FoldAll   Folding = "all"
)

// Foldings lists them by name.
func Foldings() []Folding { return []Folding{FoldNone, FoldInner, FoldAll} }

// folds reports whether g is a single gate.
func (f Folding) folds(g *Group) bool { return f == FoldAll || f == FoldInner && !g.around }

// groupOf is the group that is seen in the place of n, and whether it is folded:
// the outermost of those that are, else the innermost that n is in.
func groupOf(groups []*Group, n *symbolic.Node, folded func(*Group) bool) (*Group, bool) {
	var in, fold *Group
	for _, g := range groups {
		if !g.in[n] {
			continue
		}
		if in == nil || len(g.in) < len(in.in) {
			in = g
		}
		if folded(g) && (fold == nil || len(g.in) > len(fold.in)) {
			fold = g
		}
	}
	if fold != nil {
		return fold, true
	}
	return in, false
}

// findGroups looks for parts of the formula that a stability rule sees as one
// operator: a sigmoid that is written out.
func (d *Derivation) findGroups(root *symbolic.Node, order []*symbolic.Node) []*Group {
	_, steps := d.graph.RewriteSteps(symbolic.Stability, root)
	var out []*Group
	taken := map[*symbolic.Node]bool{}
	for _, s := range steps {
		if !slices.Contains(order, s.Before) {
			continue
		}
		under := map[*symbolic.Node]bool{}
		for _, n := range symbolic.Reachable(s.Before.Args...) {
			under[n] = true
		}
		edge := map[*symbolic.Node]bool{}
		stopAt(s.After, func(n *symbolic.Node) bool {
			_, constant := symbolic.ConstValue(n)
			if under[n] && !constant {
				edge[n] = true
			}
			return under[n]
		})
		g := &Group{ID: len(out), node: s.Before, in: map[*symbolic.Node]bool{}}
		stopAt(s.Before, func(n *symbolic.Node) bool {
			_, constant := symbolic.ConstValue(n)
			if edge[n] || constant {
				return true
			}
			g.in[n] = true
			return false
		})
		if len(g.in) < 3 || len(edge) == 0 || overlaps(g.in, taken) || seenOutside(g, order) {
			continue
		}
		for n := range g.in {
			taken[n] = true
		}
		g.as = d.graph.Rewrite(symbolic.Stability|symbolic.Simplify, s.After)[0]
		g.Label = gateLabel(g.as)
		out = append(out, g)
	}
	return append(out, neurons(order, out)...)
}

// neurons finds nonlinearities with the sums of products that they are applied
// to: σ(w₀·x₀ + w₁·x₁ + w₂). A nonlinearity may be one of the groups bends.
func neurons(order []*symbolic.Node, bends []*Group) []*Group {
	uses := map[*symbolic.Node]int{}
	for _, n := range order {
		for _, a := range n.Args {
			uses[a]++
		}
	}
	var out []*Group
	for _, n := range order {
		i := slices.IndexFunc(bends, func(g *Group) bool { return g.in[n] })
		g := &Group{ID: len(bends) + len(out), node: n, as: n, in: map[*symbolic.Node]bool{n: true}}
		from := n.Args
		switch {
		case i >= 0 && bends[i].node != n:
			continue
		case i >= 0:
			g.in, g.as = maps.Clone(bends[i].in), bends[i].as
			from = boundary(n, g.in)
		case !nonlinear(n) || !notation.IsFunction(n.Op):
			continue
		}
		if len(from) != 1 {
			continue
		}
		var sum func(*symbolic.Node)
		sum = func(a *symbolic.Node) {
			if uses[a] > 1 {
				return
			}
			switch a.Op {
			case symbolic.OpMul:
				g.in[a] = true
			case symbolic.OpAdd, symbolic.OpSub, symbolic.OpNeg:
				g.in[a] = true
				for _, b := range a.Args {
					sum(b)
				}
			}
		}
		if sum(from[0]); len(g.in) < 3 || i >= 0 && len(g.in) == len(bends[i].in) {
			continue
		}
		if i >= 0 {
			bends[i].Outer, g.around = g, true
		}
		g.Label = notation.Text(said(g.as, func(n *symbolic.Node) string {
			if n == g.as || g.in[n] {
				return ""
			}
			return (&Gate{Name: cmp.Or(n.Name, elementOf(n), "x")}).called()
		}))
		out = append(out, g)
	}
	return out
}

// stopAt walks down from n as long as stop says no.
func stopAt(n *symbolic.Node, stop func(*symbolic.Node) bool) {
	seen := map[*symbolic.Node]bool{}
	var walk func(*symbolic.Node)
	walk = func(n *symbolic.Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		if stop(n) {
			return
		}
		for _, a := range n.Args {
			walk(a)
		}
	}
	walk(n)
}

func overlaps(a, b map[*symbolic.Node]bool) bool {
	for n := range a {
		if b[n] {
			return true
		}
	}
	return false
}

// seenOutside reports whether an inner value of g is read elsewhere.
func seenOutside(g *Group, order []*symbolic.Node) bool {
	for _, n := range order {
		if g.in[n] {
			continue
		}
		for _, a := range n.Args {
			if g.in[a] && a != g.node {
				return true
			}
		}
	}
	return false
}

// boundary lists what the nodes in read from outside.
func boundary(root *symbolic.Node, in map[*symbolic.Node]bool) []*symbolic.Node {
	var out []*symbolic.Node
	for _, n := range symbolic.Reachable(root) {
		if !in[n] {
			continue
		}
		for _, a := range variable(n.Args) {
			if !in[a] && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}
