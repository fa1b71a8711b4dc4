package frontend

import (
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// A derivative is by a name, and what the name is bound to is then a point of
// its own: q = 2*p; grad(q*(2*p), q) sees one use of q.

// derivatives are the functions that take names of what to differentiate by:
// all arguments but the first, or the second only.
var derivatives = map[string]bool{
	"grad": true, "jacobian": true, "hessian": true,
	"jvp": false, "vjp": false, "hvp": false,
}

// notePoints finds the names in a declaration that some derivative is taken by.
func (f *frontend) notePoints(d *parser.FuncDecl) {
	names := map[string]bool{}
	parser.Inspect(d, func(n parser.Node) bool {
		switch n := n.(type) {
		case *parser.FuncDecl:
			f.points[n] = names
		case *parser.Call:
			for _, x := range byNames(n) {
				if id, ok := x.(*parser.Name); ok {
					names[id.Name] = true
				}
			}
		}
		return true
	})
}

// byNames are the arguments of a call that say what it differentiates by.
func byNames(x *parser.Call) []parser.Expr {
	fun := unparen(x.Fun)
	if s, ok := fun.(*parser.Subscript); ok { // grad[forward]
		fun = unparen(s.X)
	}
	n, ok := fun.(*parser.Name)
	if !ok {
		return nil
	}
	all, ok := derivatives[n.Name]
	if !ok {
		return nil
	}
	var out []parser.Expr
	for i, a := range x.Args {
		if i > 0 && (all || i == 1) && a.Value != nil {
			out = append(out, unparen(a.Value))
		}
	}
	return out
}

// point makes a value that is bound to a name a point, where a derivative is
// taken by that name.
func (c *ctx) point(name string, v value, at parser.Node) value {
	if !c.points[c.frame.decl][name] || !numeric(v) {
		return v
	}
	if n, ok := v.(number); ok {
		n.typ = symbolic.Real
		v = n
	}
	t, ok := c.tensor(v, at)
	if !ok {
		return poison{}
	}
	if _, isList := v.(*list); isList && t.node.Type == symbolic.Integer {
		t = c.toReal(t)
	}
	if t.node.Type != symbolic.Real {
		return t
	}
	out := *t
	out.node = c.g.Mark(c.g.Stable(t.node)[0])
	return &out
}

// numeric reports whether v is made of numbers.
func numeric(v value) bool {
	switch v := v.(type) {
	case *tensor, number:
		return true
	case *list:
		for _, e := range v.elems {
			if !numeric(e) {
				return false
			}
		}
		return len(v.elems) > 0
	}
	return false
}
