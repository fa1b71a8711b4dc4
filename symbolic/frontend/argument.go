package frontend

import (
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// argument gives a value the type of the parameter it is bound to. The whole
// argument is given, of which v is what one call of many sees where the call is
// mapped.
func (in *ctx) argument(caller *ctx, p *parser.Param, v, given value, at parser.Expr) (value, bool) {
	elem := parser.Real
	if p.Type != nil {
		elem = p.Type.Elem
	}
	fail := func() (value, bool) {
		e := caller.errorf(at.Span(), "%s is %s, where %s is needed", short(caller.text(at)), describe(given), elem)
		caller.side(e, at, given).Note(p.Name.Name, in.typeText(p.Type)+"   parameter", p.Name.Span())
		if t, ok := v.(*tensor); ok && elem != parser.Real && t.node.Type == symbolic.Real {
			e.Hintf("a real number never becomes a whole one by itself")
		}
		return poison{}, false
	}
	switch v := v.(type) {
	case truth:
		if elem != parser.Bool {
			return fail()
		}
	case number:
		switch elem {
		case parser.Real:
			return number{poly: v.poly, exact: v.exact, f: v.f, typ: symbolic.Real}, true
		case parser.Bool:
			return fail()
		}
		n, ok := in.asWhole(v).(number)
		if !ok || n.typ != symbolic.Integer {
			return fail()
		}
		if elem == parser.Index {
			return n, in.bounded(caller, p, n.poly, n.poly, n, at)
		}
		return n, true
	case *tensor:
		switch elem {
		case parser.Real:
			if v.node.Type == symbolic.Boolean {
				return fail()
			}
			return in.toReal(v), true
		case parser.Bool:
			if v.node.Type != symbolic.Boolean {
				return fail()
			}
		default:
			if v.node.Type != symbolic.Integer {
				return fail()
			}
			if elem == parser.Index {
				if v.lo == nil || v.hi == nil {
					d := caller.side(caller.errorf(at.Span(), "%s may be any whole number, where %s is needed", short(caller.text(at)), in.typeText(p.Type)), at, given)
					d.Note(p.Name.Name, in.typeText(p.Type)+"   parameter", p.Name.Span())
					if n, ok := in.size(p.Type.Bound); ok {
						d.Hintf("declare what it comes from as index[%s]", n)
					}
					return poison{}, false
				}
				return v, in.bounded(caller, p, *v.lo, *v.hi, given, at)
			}
		}
	}
	return v, true
}

// bounded checks that lo to hi lies in the bound of an index parameter.
func (in *ctx) bounded(caller *ctx, p *parser.Param, lo, hi symbolic.Poly, v value, at parser.Expr) bool {
	if p.Type.Bound == nil {
		return true
	}
	n, ok := in.size(p.Type.Bound)
	if !ok {
		return false
	}
	if caller.prove(lo, caller.facts) && caller.prove(n.Sub(symbolic.Int(1)).Sub(hi), caller.facts) {
		return true
	}
	e := caller.errorf(at.Span(), "%s goes from %s to %s, where index[%s] is needed", short(caller.text(at)), caller.polyText(lo), caller.polyText(hi), n)
	caller.side(e, at, v).Note(p.Name.Name, in.typeText(p.Type)+"   parameter", p.Name.Span())
	return false
}

// results checks what a call gives against what its declaration says.
func (in *ctx) results(d *parser.FuncDecl, v value, span diag.Span) value {
	if isPoison(v) || len(d.Results) == 0 {
		return v
	}
	vs, ok := v.(tuple)
	if !ok {
		vs = tuple{v}
	}
	if len(vs) != len(d.Results) {
		at := d.Results[0].Span().To(d.Results[len(d.Results)-1].Span())
		e := in.errorf(at, "%s promises %s, returns %d", d.Name.Name, plural(len(d.Results), "value"), len(vs))
		if xs := returned(d.Body); len(xs) > 0 {
			e.Note("", "returned", xs[0].Span().To(xs[len(xs)-1].Span()))
		}
		return poison{}
	}
	out := make(tuple, len(vs))
	for i := range d.Results {
		out[i] = in.result(d, i, vs[i])
		if isPoison(out[i]) {
			return poison{}
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// result checks result i of a call.
func (in *ctx) result(d *parser.FuncDecl, i int, v value) value {
	r := d.Results[i]
	shape, _, ok := in.shapeOf(r)
	if !ok {
		return poison{}
	}
	if _, isNum := v.(number); isNum && len(shape) == 0 {
		if n := v.(number); r.Elem == parser.Real {
			n.typ = symbolic.Real
			return n
		} else if n.typ == symbolic.Integer && r.Elem != parser.Bool {
			return v
		}
	}
	t, ok := in.tensor(v, r)
	if !ok {
		return poison{}
	}
	fail := func() value {
		want := in.typeText(r)
		if r.Elem == parser.Real && len(shape) > 0 {
			want = shape.String()
		}
		e := in.errorf(r.Span(), "%s promises %s, returns %s", d.Name.Name, want, t.typeText())
		if xs := returned(d.Body); i < len(xs) {
			e.Note(short(in.text(xs[i])), t.typeText()+"   returned", xs[i].Span())
		}
		return poison{}
	}
	if !t.shape.Equal(shape) {
		return fail()
	}
	want := map[parser.Elem]symbolic.Type{parser.Real: symbolic.Real, parser.Int: symbolic.Integer, parser.Index: symbolic.Integer, parser.Bool: symbolic.Boolean}[r.Elem]
	if t.node.Type == symbolic.Integer && want == symbolic.Real {
		return in.toReal(t)
	}
	if t.node.Type != want {
		return fail()
	}
	return t
}
