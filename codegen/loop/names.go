package loop

import (
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// name gives values their names, so that a program speaks as its model does.
func (l *lowering) name() {
	used := map[string]bool{}
	for _, s := range l.dims() {
		used[s] = true
	}
	l.within(func(in *lowering) {
		for _, s := range in.dims() {
			used[s] = true
		}
	})
	l.nameIn(used)
	l.within(func(in *lowering) { in.nameIn(used) })
	l.regions(func(r *region) {
		if r.pass.name != "" {
			return // that of a while is its count
		}
		names := &namer{func(s string) bool { return used[s] }, map[string]int{}}
		base := "t"
		if r.loop.Index != nil && r.loop.Index.Name != "" {
			base = ident(r.loop.Index.Name)
		}
		r.pass.name = names.name(base)
		used[r.pass.name] = true
	})
}

// nameIn names the values of one body.
func (l *lowering) nameIn(used map[string]bool) {
	names := &namer{func(s string) bool { return used[s] }, map[string]int{}}
	for _, v := range l.order {
		if v.of != nil {
			continue
		}
		if v.kind == In || v.kind == Out {
			v.name = names.name(l.baseName(v))
			used[v.name] = true
		}
	}
	for _, v := range l.order {
		if v.kind != Temp || v.of != nil {
			continue
		}
		base := l.baseName(v)
		if v.rank() == 0 {
			base = varName(v.node)
			if slices.Contains(passing, base) {
				continue // named where it is declared
			}
		}
		v.name = names.name(base)
		used[v.name] = true
	}
	l.used = used
}

// passing are names of variables that matter for a few lines only.
var passing = []string{"s", "m", "p", "at", "v", "t", "d", "on"}

// dims lists the symbols that sizes mention.
func (l *lowering) dims() []string {
	seen := map[string]bool{}
	var out []string
	add := func(p symbolic.Poly) {
		for _, s := range p.Syms() {
			if !seen[s] && !strings.HasPrefix(s, "~") {
				seen[s] = true
				out = append(out, symbolic.CountName(s)) // as it is read
			}
		}
	}
	for _, v := range l.order {
		for _, d := range v.node.Shape {
			add(d)
		}
	}
	for _, c := range l.comps {
		for _, a := range c.axes {
			add(a.extent)
		}
		for _, e := range c.index {
			add(e)
		}
		c.each(func(t *term) {
			add(t.poly)
			for _, e := range t.index {
				add(e)
			}
			for _, k := range t.conds {
				add(k.E)
			}
		})
	}
	return out
}

// baseName is what v would like to be called.
func (l *lowering) baseName(v *value) string {
	if r := v.result; r != nil {
		switch r.Kind {
		case module.ParamGradient, module.InputGradient:
			return "d" + ident(r.Name)
		case module.JacobianBlock, module.ExampleBlock:
			return "j" + ident(r.Name)
		case module.HessianBlock:
			return "h" + ident(r.Name)
		case module.Product:
			return "hv" + ident(r.Name)
		case module.Tangent:
			return "t" + ident(r.Name)
		case module.LossResult:
			return "loss"
		case module.NextState, module.UpdatedParam, module.UpdatedRuleState:
			return ident("next " + r.Name)
		}
		if s := ident(r.Name); s != "" {
			return s
		}
		if s := ident(v.node.Name); s != "" && v.node.Op.Class != symbolic.Leaf {
			return s
		}
		if v.rank() == 0 {
			return "f" // as mathematics calls the value of a function
		}
		return "out"
	}
	if s := ident(l.alias[v.node]); s != "" {
		return s
	}
	return nodeName(v.node, "t")
}

// nodeName is the model's name for n; for a step of a derivative it is that of
// the value whose cotangent it is, with a d before it.
func nodeName(n *symbolic.Node, otherwise string) string {
	if s := ident(n.Name); s != "" {
		return s
	}
	if n.Type == symbolic.Boolean {
		return "on"
	}
	if p, ok := n.Attr.(*symbolic.Part); ok {
		return nodeName(p.Of, otherwise)
	}
	if a := n.Origin.Adjoint; a != nil {
		if s := nodeName(cotangentOf(n, a), ""); s != "" {
			return "d" + s
		}
		return "d"
	}
	if n.Op.Class == symbolic.Movement {
		return nodeName(n.Args[0], otherwise)
	}
	if s := ident(statementName(n)); s != "" {
		return "z" + s // what the statement's value is made from
	}
	return otherwise
}

// cotangentOf guesses which value n is the cotangent of, where n was made on
// the way back through y: what sums up at y is y's; else it is that of the
// argument of y with n's shape.
func cotangentOf(n, y *symbolic.Node) *symbolic.Node {
	if n.Op == symbolic.OpAdd {
		return y
	}
	for _, a := range y.Args {
		if a.Type == symbolic.Real && a.Shape.Equal(n.Shape) {
			return a
		}
	}
	return y
}

// statementName is the name that n's statement binds.
func statementName(n *symbolic.Node) string {
	left, _, ok := strings.Cut(n.Origin.Stmt, "=")
	left = strings.TrimSpace(left)
	if i := strings.IndexByte(left, '['); i >= 0 {
		left = left[:i]
	}
	if !ok || !token.IsIdentifier(left) {
		return ""
	}
	return left
}

// varName is what a variable that holds n would like to be called.
func varName(n *symbolic.Node) string {
	if n.Op.Class == symbolic.Reduction && n.Name == "" {
		switch {
		case n.Op.Arg:
			return "at"
		case n.Op.Combine == symbolic.OpAdd:
			return "s"
		case n.Op.Combine == symbolic.OpMul:
			return "p"
		}
		return "m"
	}
	return nodeName(n, "v")
}

// sumName is what the sums n of a contraction would like to be called: what
// comes back through a product is the cotangent of a factor.
func sumName(n *symbolic.Node) string {
	if n.Origin.Adjoint != nil {
		return nodeName(n, "s")
	}
	return varName(n)
}

// ident makes a Go identifier: h[0].W becomes h0W.
func ident(s string) string {
	var b strings.Builder
	up := false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || r == '_' && b.Len() > 0:
			if up && b.Len() > 0 {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
			up = false
		case unicode.IsDigit(r) && b.Len() > 0:
			b.WriteRune(r)
			up = false
		default:
			up = r != '['
		}
	}
	out := b.String()
	if token.IsKeyword(out) || types.Universe.Lookup(out) != nil {
		out += "Val"
	}
	return out
}

// A namer gives out names that differ. next is where to go on looking for a
// free number after a base, since what is taken stays taken.
type namer struct {
	taken func(string) bool
	next  map[string]int
}

// name returns base, with a number after it where it is taken.
func (n *namer) name(base string) string {
	if !n.taken(base) {
		return base
	}
	sep := ""
	if r := base[len(base)-1]; r >= '0' && r <= '9' {
		sep = "_"
	}
	for i := max(2, n.next[base]); ; i++ {
		if s := base + sep + strconv.Itoa(i); !n.taken(s) {
			n.next[base] = i
			return s
		}
	}
}
