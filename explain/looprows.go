package explain

import (
	"github.com/bpgen/bpgen/symbolic"
)

func one() symbolic.Poly { return symbolic.Int(1) }

// export makes a value around o known in the loops that it is in, and returns
// it for all of their passes.
func (o *Loop) export(n *symbolic.Node) *symbolic.Node {
	for out := o.Outer; out != nil; out = out.Outer {
		rows := o.graph.Stack(out.Node, n)
		out.by[n] = rows
		n = rows
	}
	return n
}

// before is the row of a state that pass t begins with, and after the one that
// it leaves.
func (o *Loop) before(t symbolic.Poly) symbolic.Poly {
	if o.l.Reverse {
		return t.Add(one())
	}
	return t
}

func (o *Loop) after(t symbolic.Poly) symbolic.Poly {
	if o.l.Reverse {
		return t
	}
	return t.Add(one())
}

// begin is the row that the loop begins with.
func (o *Loop) begin() symbolic.Poly {
	if o.l.Reverse {
		return o.l.Count
	}
	return symbolic.Int(0)
}

// end is the row that the loop ends with.
func (o *Loop) end() symbolic.Poly {
	if o.l.Reverse {
		return symbolic.Int(0)
	}
	return o.l.Count
}

// axes are n axes of a result from first on, as indices.
func axes(first, n int) []symbolic.Poly {
	var out []symbolic.Poly
	for i := range n {
		out = append(out, symbolic.Axis(first+i))
	}
	return out
}

// spread is a value of the body in all passes at once; nil: it has no such form.
func (o *Loop) spread(m *symbolic.Node) *symbolic.Node {
	return o.graph.Spread(o.Node, o.by, m)[0]
}

// top spreads a node around o over the loops that it is in.
func (o *Loop) top(n *symbolic.Node) *symbolic.Node {
	for out := o.Outer; out != nil && n != nil; out = out.Outer {
		n = out.spread(n)
	}
	return n
}
