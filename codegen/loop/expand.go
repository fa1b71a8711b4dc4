package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// expand returns the values of the results in terms of operators that a loop
// can compute: composites are expanded, and points of differentiation, which
// mean nothing any more, are gone. What expansions have in common with the
// rest is simplified once more.
func expand(p *module.Procedure, how tiling) []*symbolic.Node {
	out := make([]*symbolic.Node, len(p.Results))
	for i, r := range p.Results {
		out[i] = r.Node
	}
	out = expandAll(p.Graph, out)
	out = p.Graph.MergeLoops(p.Graph.Rewrite(symbolic.Final, out...)...)
	out = expandAll(p.Graph, out)
	if ofFunc(p) {
		out = p.Graph.Unrolled(out)
	}
	return settle(p.Graph, out, how)
}

// ofFunc reports whether p is a procedure of a func: it computes what arguments
// are made into, and nothing of a model.
func ofFunc(p *module.Procedure) bool {
	return !slices.ContainsFunc(p.Results, func(r *module.Result) bool {
		switch r.Kind {
		case module.LossResult, module.MetricResult, module.ParamGradient, module.NextState, module.UpdatedParam, module.UpdatedRuleState:
			return true
		}
		return slices.ContainsFunc(r.Node.Shape, func(d symbolic.Poly) bool { s, ok := d.AsSym(); return ok && s == module.Batch })
	})
}

func expandAll(g *symbolic.Graph, roots []*symbolic.Node) []*symbolic.Node {
	x := &expander{g: g, new: map[*symbolic.Node]*symbolic.Node{}}
	out := make([]*symbolic.Node, len(roots))
	for i, r := range roots {
		out[i] = x.all(r)
	}
	return out
}

type expander struct {
	g   *symbolic.Graph
	new map[*symbolic.Node]*symbolic.Node
}

// all expands what root depends on, arguments first. It calls itself only for
// what an expansion made, which is as deep as composites nest.
func (x *expander) all(root *symbolic.Node) *symbolic.Node {
	stack := []*symbolic.Node{root}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		if x.new[n] != nil {
			stack = stack[:len(stack)-1]
			continue
		}
		ready := true
		for _, a := range n.Needs() {
			if x.new[a] == nil {
				stack = append(stack, a)
				ready = false
			}
		}
		if ready {
			stack = stack[:len(stack)-1]
			x.new[n] = x.one(n)
		}
	}
	return x.new[root]
}

func (x *expander) one(n *symbolic.Node) *symbolic.Node {
	if n.Op.Class == symbolic.Leaf {
		return n
	}
	args := make([]*symbolic.Node, len(n.Args))
	same := true
	for i, a := range n.Args {
		args[i] = x.new[a]
		same = same && args[i] == a
	}
	attr := symbolic.WithBody(n.Attr, x.new)
	same = same && symbolic.SameBody(attr, n.Attr)
	defer x.g.At(n.Origin)()
	switch {
	case n.Op == symbolic.OpMark || n.Op == symbolic.OpStop:
		x.g.SetName(args[0], n.Name)
		return args[0]
	case n.Op.Expand != nil && (n.Op.Class == symbolic.Composite || n.Op.Eval == nil):
		m := x.all(n.Op.Expand(x.g, n.Attr, args))
		x.g.SetName(m, n.Name)
		return m
	}
	if to, ok := n.Attr.(symbolic.ShapeAttr); ok {
		if _, twice := args[0].Attr.(symbolic.ShapeAttr); twice {
			m := x.g.Reshape(args[0].Args[0], to.Shape)
			x.g.SetName(m, n.Name)
			return m
		}
	}
	if same {
		return n
	}
	m := x.g.Apply(n.Op, attr, args...)
	x.g.SetName(m, n.Name)
	return m
}
