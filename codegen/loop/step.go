package loop

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// A Fused is a program that computes gradients and updates parameters as soon
// as their gradient is complete, element by element, without storing it.
type Fused struct {
	Program *Program
	Most    int                 // examples that a batch may have: those of a tile
	Updated map[*Buffer]*Buffer // parameters that are updated, by their gradient's buffer in the other program
	Numbers []*Buffer           // what the rule reads besides, one number each
}

// Fuse puts an update rule, a program over elements of w and g, into a program
// that computes gradients: where a gradient is one product over the batch,
// that the batch is one tile of, and the rule is made of nothing but that
// element. param gives the parameter whose gradient a buffer holds. It returns
// nil where that is so for none.
func Fuse(grad, rule *Program, w, g, next *Buffer, param func(*Buffer) *Buffer) *Fused {
	r := ruleOf(rule, w, g, next)
	at := slices.IndexFunc(grad.Body, func(s Stmt) bool { _, is := s.(*Tile); return is })
	if r == nil || at < 0 {
		return nil
	}
	tile := grad.Body[at].(*Tile)
	f := &fusion{grad: grad, tile: tile, rule: r, out: &Fused{Most: tile.Size, Updated: map[*Buffer]*Buffer{}, Numbers: r.numbers}}
	f.bufs = map[*Buffer]*Buffer{}
	for _, s := range tile.Body {
		if c, ok := s.(*Contract); ok && param(c.Out.Buf) != nil && f.fits(c, param(c.Out.Buf)) {
			b := param(c.Out.Buf)
			w := *b
			w.Kind = Out
			f.bufs[b] = &w
			f.out.Updated[c.Out.Buf] = &w
			f.products = append(f.products, c)
		}
	}
	if len(f.products) == 0 {
		return nil
	}
	f.build(at)
	return f.out
}

// A rule is an update of one element.
type rule struct {
	before  []Stmt // what it computes once
	body    []Stmt // of the loop over elements
	v       *Var
	w, g    *Buffer
	next    *Buffer
	numbers []*Buffer
}

// ruleOf takes a program apart that is one loop over elements, or returns nil.
func ruleOf(p *Program, w, g, next *Buffer) *rule {
	r := &rule{w: w, g: g, next: next}
	for _, b := range p.Buffers {
		switch {
		case b == w || b == g || b == next:
		case b.Kind == In && len(b.Shape) == 0:
			r.numbers = append(r.numbers, b)
		default:
			return nil
		}
	}
	for _, s := range p.Body {
		switch s := s.(type) {
		case *Note:
		case *Let:
			if r.v != nil {
				return nil
			}
			r.before = append(r.before, s)
		case *Loop:
			if r.v != nil {
				return nil
			}
			r.v, r.body = s.Var, s.Body
		default:
			return nil
		}
	}
	if r.v == nil {
		return nil
	}
	at, ok := symbolic.Sym(r.v.Name), true
	for _, s := range r.body {
		switch s := s.(type) {
		case *Let, *Note:
		case *Store:
			ok = ok && s.Op == nil && s.Index.Equal(at)
		default:
			return nil
		}
		for _, x := range exprsOf(s) {
			eachLoad(x, func(b *Buffer, index symbolic.Poly) {
				ok = ok && (len(b.Shape) == 0 || index.Equal(at))
			})
		}
	}
	if !ok {
		return nil
	}
	return r
}

type fusion struct {
	grad     *Program
	tile     *Tile
	rule     *rule
	out      *Fused
	bufs     map[*Buffer]*Buffer // parameters, by what they were as inputs
	products []*Contract
}

// fits reports whether c, in the tile, computes all of a gradient, which
// nothing else has to do with, and whose parameter can be updated when the tile
// is done.
func (f *fusion) fits(c *Contract, param *Buffer) bool {
	d := c.Out.Buf
	if !c.Accumulate || len(c.Epilogue) > 0 || !c.Out.Base.Is(0) || !c.Out.N.Is(1) || !c.Out.M.Equal(c.N) || !d.Shape.Size().Equal(c.M.Mul(c.N)) {
		return false
	}
	if slices.ContainsFunc(c.N.Add(c.M).Syms(), func(s string) bool { return s == f.tile.Rows.Name || s == f.tile.From.Name }) {
		return false
	}
	uses, inside := 0, false
	count := func(b *Buffer, written bool) {
		uses += btoi(b == d)
		inside = inside || written && (b == c.A.Buf || b == c.B.Buf)
	}
	eachUse(f.grad.Body, count)
	if uses != 2 { // set to 0, and the product
		return false
	}
	// What it reads must still be there at the end of the tile, and nothing
	// behind the tile may read the parameter.
	inside = false
	at := slices.IndexFunc(f.tile.Body, func(s Stmt) bool { return s == Stmt(c) })
	eachUse(f.tile.Body[at+1:], count)
	if inside {
		return false
	}
	read := false
	end := slices.IndexFunc(f.grad.Body, func(s Stmt) bool { return s == Stmt(f.tile) })
	eachUse(f.grad.Body[end+1:], func(b *Buffer, _ bool) { read = read || b == param })
	return !read
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// eachUse calls f for all that statements read and write.
func eachUse(list []Stmt, f func(b *Buffer, written bool)) {
	Walk(list, func(s Stmt) {
		switch s := s.(type) {
		case *Contract:
			f(s.A.Buf, false)
			f(s.B.Buf, false)
			f(s.Out.Buf, true)
		case *Store:
			f(s.Buf, true)
		case *Fill:
			f(s.Buf, true)
		}
		for _, x := range exprsOf(s) {
			eachLoad(x, func(b *Buffer, _ symbolic.Poly) { f(b, false) })
		}
	})
}

// build makes the program: the rule's numbers first, the products last in the
// tile.
func (f *fusion) build(at int) {
	p := &Program{Name: "step", Dims: f.grad.Dims, Bands: f.grad.Bands, Why: f.grad.Why, ends: f.grad.ends}
	gone := map[*Buffer]bool{}
	for d := range f.out.Updated {
		gone[d] = true
	}
	for _, kind := range []BufferKind{In, Out, Temp} {
		for _, b := range f.grad.Buffers {
			c := b
			if f.bufs[b] != nil {
				c = f.bufs[b]
			}
			if c.Kind == kind && !gone[b] {
				p.Buffers = append(p.Buffers, c)
			}
		}
		if kind == In {
			p.Buffers = append(p.Buffers, f.out.Numbers...)
		}
	}
	taken := map[string]bool{}
	for _, d := range p.Dims {
		taken[d] = true
	}
	for _, b := range f.grad.Buffers {
		taken[b.Name] = true
	}
	Walk(f.grad.Body, func(s Stmt) {
		for _, v := range declaredBy(s) {
			taken[v.Name] = true
		}
	})
	names := namer{func(n string) bool { return taken[n] }, map[string]int{}}
	renamed := func(list []Stmt, vars map[*Var]*Var) {
		for _, s := range list {
			for _, v := range declaredBy(s) {
				vars[v] = &Var{Name: names.name(v.Name), Type: v.Type, Wide: v.Wide}
				taken[vars[v].Name] = true
			}
		}
	}
	for i, b := range f.out.Numbers { // they may be called like something here
		c := *b
		c.Name = names.name(b.Name)
		taken[c.Name] = true
		p.Buffers[slices.Index(p.Buffers, b)] = &c
		f.out.Numbers[i], f.bufs[b] = &c, &c
	}
	once := &rebinding{bufs: f.bufs, vars: map[*Var]*Var{}}
	renamed(f.rule.before, once.vars)
	p.Body = append(p.Body, once.stmts(f.rule.before)...)

	in := &rebinding{bufs: f.bufs}
	tile := *f.tile
	tile.Body = nil
	notes := map[*Contract][]Stmt{}
	for _, s := range f.tile.Body {
		c, ok := s.(*Contract)
		if !ok || !slices.Contains(f.products, c) {
			tile.Body = append(tile.Body, in.stmt(s))
			continue
		}
		notes[c] = slices.Clone(notesBefore(tile.Body))
		tile.Body = tile.Body[:len(tile.Body)-len(notes[c])]
	}
	for _, c := range f.products {
		w := f.out.Updated[c.Out.Buf]
		sum := &Var{Name: names.name("sum"), Type: symbolic.Real}
		taken[sum.Name] = true
		row, col := symbolic.Sym(c.Row.Name), symbolic.Sym(c.Col.Name)
		place := c.Out.At(row, col, symbolic.Poly{})
		r := &rebinding{
			bufs: map[*Buffer]*Buffer{f.rule.w: w, f.rule.next: w},
			vars: map[*Var]*Var{}, scalars: map[*Buffer]*Var{f.rule.g: sum},
			polys: func(p symbolic.Poly) symbolic.Poly {
				if s, ok := p.AsSym(); ok && s == f.rule.v.Name {
					return place
				}
				return p
			},
		}
		for a, b := range once.vars {
			r.vars[a] = b
		}
		for a, b := range f.bufs {
			r.bufs[a] = b
		}
		renamed(f.rule.body, r.vars)
		d := *c
		d.Out.Buf, d.Accumulate, d.Sum = w, false, sum
		d.A, d.B = in.access(c.A), in.access(c.B)
		d.Epilogue = withoutNotes(r.stmts(f.rule.body))
		for _, n := range notes[c] {
			n := *n.(*Note)
			n.Of, n.Text = w, w.Name+" updated by "+strings.Replace(n.Text, " += ", " = ", 1)
			tile.Body = append(tile.Body, &n)
		}
		tile.Body = append(tile.Body, &d)
	}
	for i, s := range f.grad.Body {
		if i == at {
			p.Body = append(p.Body, &tile)
			continue
		}
		if s, ok := s.(*Fill); ok && gone[s.Buf] {
			continue
		}
		p.Body = append(p.Body, in.stmt(s))
	}
	f.out.Program = p
}
