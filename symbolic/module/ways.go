package module

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
)

// A derivation makes the procedure of one derivative of a func.
type derivation struct {
	g    *symbolic.Graph
	f    *Func
	d    *Derivative
	p    *Procedure
	xs   []*symbolic.Node
	errs *diag.List
}

// ways are the derivatives that a func can be asked for.
var ways = map[string]func(*derivation){
	"grad": (*derivation).gradient, "vjp": (*derivation).pull, "jvp": (*derivation).push,
	"jacobian": (*derivation).jacobian, "hessian": (*derivation).hessian, "hvp": (*derivation).product,
	"blocks": (*derivation).blocks,
}

// A part is a result that has a derivative.
type part struct {
	name string // of the result, or y1 where there are several without; no two have one
	n    *symbolic.Node
	of   *Value
}

func (d *derivation) parts() []part {
	taken := names{}
	given := make([]string, len(d.f.Results))
	for i, r := range d.f.Results {
		if r.Name != "" {
			given[i] = taken.pick(r.Name)
		}
	}
	var out []part
	for i, r := range d.f.Results {
		if r.Node.Type != symbolic.Real {
			continue // has no derivative, so no cotangent
		}
		if r.Name == "" && len(d.f.Results) > 1 {
			given[i] = taken.pick(fmt.Sprintf("y%d", i))
		}
		out = append(out, part{given[i], r.Node, r})
	}
	return out
}

// names are those that are taken.
type names map[string]bool

// pick takes a name, or one like it where that is taken: what is called a and A, or y1
// where a result without a name would be called so too, is not the same.
func (n names) pick(name string) string {
	picked := name
	for k := 2; n[picked]; k++ {
		picked = fmt.Sprintf("%s_%d", name, k)
	}
	n[picked] = true
	return picked
}

// result appends a result under a name that no other of its kind has.
func (d *derivation) result(kind ResultKind, name string, n *symbolic.Node) {
	taken := names{}
	for _, r := range d.p.Results {
		if r.Kind == kind {
			taken[r.Name] = true
		}
	}
	d.p.Results = append(d.p.Results, &Result{kind, taken.pick(name), n})
}

// forward reports whether a walk from x to y costs less than the other way
// round, or is asked for.
func (d *derivation) forward(y *symbolic.Node, otherwise bool) func(x *symbolic.Node) bool {
	return func(x *symbolic.Node) bool {
		if d.d.Mode == "" {
			return otherwise || symbolic.ForwardIsCheaper(y.Shape, x.Shape)
		}
		return d.d.Mode == "forward"
	}
}

// add appends a result. Where n is nil it is zero, in the given shape; if y
// depends on argument i all the same, then that is an error.
func (d *derivation) add(kind ResultKind, name string, n *symbolic.Node, shape symbolic.Shape, i int, ys ...*symbolic.Node) {
	if n == nil && len(ys) > 0 {
		hint := flat
		if d.d.Span == d.f.Span { // the default
			hint += "; derive says which derivatives are wanted: derive none"
		}
		refuse(d.g, d.errs, pathTo(ys, d.xs[i], zeroBy), d.d.Span, fmt.Sprintf("%s by %s", d.f.Name, d.d.Wrt[i].Name), hint)
	}
	if n == nil {
		n = d.g.Const(0, shape, symbolic.Real)
	}
	nameGradient(d.g, n, d.d.Wrt[i].Name)
	d.result(kind, name, n)
}

// gradients appends the gradient of the results, times seeds, by the arguments.
func (d *derivation) gradients(ys, seeds []*symbolic.Node) []*symbolic.Node {
	gs := d.g.VJP(ys, seeds, d.xs)
	for i, n := range gs {
		d.add(InputGradient, d.d.Wrt[i].Name, n, d.xs[i].Shape, i, ys...)
		gs[i] = d.p.Results[len(d.p.Results)-1].Node
	}
	return gs
}

func (d *derivation) gradient() {
	y := d.f.Results[0].Node
	if d.d.Mode != "forward" {
		d.gradients([]*symbolic.Node{y}, []*symbolic.Node{d.g.Num(1)})
		return
	}
	for i, n := range d.jacobians(y, -1, false) {
		d.add(InputGradient, d.d.Wrt[i].Name, n, d.xs[i].Shape, i, y)
	}
}

// pull is the vector-Jacobian product.
func (d *derivation) pull() {
	var ys, seeds []*symbolic.Node
	taken := names{}
	for i, r := range d.f.Results {
		if r.Node.Type == symbolic.Real {
			s := d.g.Input(symbolic.SeedInput, taken.pick(seedName(d.f, i)), r.Node.Shape, symbolic.Real)
			ys, seeds = append(ys, r.Node), append(seeds, s)
		}
	}
	d.p.Seeds = seeds
	d.gradients(ys, seeds)
}

// moves are what the arguments move along, given by the caller.
func (d *derivation) moves() {
	taken := names{}
	for _, a := range d.d.Wrt {
		name := "v"
		if len(d.d.Wrt) > 1 {
			name += capital(a.Name)
		}
		d.p.Seeds = append(d.p.Seeds, d.g.Input(symbolic.SeedInput, taken.pick(name), a.Node.Shape, symbolic.Real))
	}
}

// push is the Jacobian-vector product.
func (d *derivation) push() {
	d.moves()
	for _, y := range d.parts() {
		t := d.g.JVP([]*symbolic.Node{y.n}, d.xs, d.p.Seeds)[0]
		if t == nil {
			t = d.g.Like(0, y.n)
		}
		d.result(Tangent, y.name, t)
	}
}

func (d *derivation) jacobians(y *symbolic.Node, symmetric int, otherwise bool) []*symbolic.Node {
	out, err := d.g.Jacobians(y, d.xs, symmetric, d.forward(y, otherwise))
	if err != nil {
		d.errs.Addf(d.d.Span, "not supported yet: %v", err)
		return make([]*symbolic.Node, len(d.xs))
	}
	return out
}

func (d *derivation) jacobian() {
	parts := d.parts()
	for _, y := range parts {
		for i, n := range d.jacobians(y.n, -1, false) {
			name := d.d.Wrt[i].Name
			if len(parts) > 1 {
				name = y.name + capital(name)
			}
			d.add(JacobianBlock, name, n, append(slices.Clone(y.n.Shape), d.xs[i].Shape...), i, y.n)
		}
	}
}

// hessian gives the gradient and the blocks of second derivatives on and above
// the diagonal.
func (d *derivation) hessian() {
	gs := d.gradients([]*symbolic.Node{d.f.Results[0].Node}, []*symbolic.Node{d.g.Num(1)})
	for i, y := range gs {
		for j, n := range d.jacobians(y, i, true) {
			if j < i {
				continue
			}
			name := d.d.Wrt[i].Name
			if len(gs) > 1 {
				name += capital(d.d.Wrt[j].Name)
			}
			d.add(HessianBlock, name, n, append(slices.Clone(y.Shape), d.xs[j].Shape...), j)
		}
	}
}

// product gives the gradient and the Hessian times a vector.
func (d *derivation) product() {
	d.moves()
	gs := d.gradients([]*symbolic.Node{d.f.Results[0].Node}, []*symbolic.Node{d.g.Num(1)})
	var hs []*symbolic.Node
	if d.d.Mode == "reverse" { // the Hessian is its own transpose
		hs = d.g.VJP(gs, d.p.Seeds, d.xs)
	} else {
		hs = d.g.JVP(gs, d.xs, d.p.Seeds)
	}
	for i, n := range hs {
		d.add(Product, d.d.Wrt[i].Name, n, d.xs[i].Shape, i)
	}
}

// capital is a name with a capital letter first, to stand after another.
func capital(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + strings.TrimPrefix(name, name[:n])
}
