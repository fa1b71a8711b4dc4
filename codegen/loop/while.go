package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

type (
	// While runs Body again and again, until a Leave at its top is taken.
	While struct{ Body []Stmt }

	// Leave ends the While around it if the condition holds.
	Leave struct{ If Expr }

	// Grow makes Buf at least Len elements long. What it holds stays.
	Grow struct {
		Buf *Buffer
		Len symbolic.Poly
	}
)

func (*While) stmt() {}
func (*Leave) stmt() {}
func (*Grow) stmt()  {}

// Grows reports whether the size of b is known only after some While of the
// program. Such a buffer has memory of its own, which grows.
func (b *Buffer) Grows() bool { return b.Kind == Temp && countOf(b.Shape) != "" }

// countOf returns the number of passes of a while that a shape mentions, or "".
func countOf(s symbolic.Shape) string {
	for _, d := range s {
		for _, sym := range d.Syms() {
			if symbolic.IsCount(sym) {
				return sym
			}
		}
	}
	return ""
}

// passesIn returns what the whiles give whose numbers of passes a shape mentions.
func (l *lowering) passesIn(s symbolic.Shape) []*value {
	var out []*value
	for _, d := range s {
		for _, sym := range d.Syms() {
			if v := l.counts[sym]; v != nil && !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// passesOf returns what the whiles give that must have ended before c.
func (l *lowering) passesOf(c *comp) []*value {
	if len(l.counts) == 0 {
		return nil
	}
	shape := slices.Clone(c.target.base().node.Shape)
	for _, a := range c.axes {
		shape = append(shape, a.extent)
	}
	shape = append(shape, c.index...)
	c.each(func(t *term) { // that many passes may be what it computes with
		shape = append(append(shape, t.poly), t.index...)
		for _, k := range t.conds {
			shape = append(shape, k.E)
		}
	})
	return l.passesIn(shape)
}

// counted reports whether there is a while that gives a number of passes.
func (l *lowering) counted(sym string) bool {
	for ; l != nil; l = l.outer {
		if l.counts[sym] != nil {
			return true
		}
	}
	return false
}

// counter returns the symbol of the number of passes of a while, or "".
func (r *region) counter() string {
	if r.loop.Kind != symbolic.WhileLoop {
		return ""
	}
	s, _ := r.loop.Count.AsSym()
	return s
}

// while makes the statements of a while.
func (e *emitter) while(r *region) {
	passes := &Var{Name: r.pass.name, Type: symbolic.Integer}
	e.scopes[len(e.scopes)-1].names[passes.Name] = true
	e.add(&Acc{Var: passes})
	var grown []*value // with a row more in each pass
	for _, s := range r.carry {
		if s.kept {
			row := s.formal.Shape.Size()
			e.add(&Grow{Buf: s.at.buf, Len: row})
			s.at.roomy = true
			if s.first != nil {
				e.copyTo(s.at.buf, s.first.buf, row)
			} else {
				e.add(&Store{Buf: s.at.buf, Value: &Ref{s.start.v}})
			}
			grown = append(grown, s.at)
		}
	}
	for _, v := range r.stacks {
		v.base().roomy = true
	}
	grown = append(grown, r.stacks...)
	w := &While{}
	w.Body = e.scope(func() {
		test := &emitter{l: r.test, scopes: e.scopes, levels: map[*term]int{}}
		test.body(r.test.tree)
		goesOn := r.test.dest[0]
		e.add(&Leave{&Apply{Op: symbolic.OpNot, Args: []Expr{&Ref{goesOn.v}}}})
		one := symbolic.Int(1)
		for _, v := range grown {
			rows := r.loop.Count.Add(one)
			if v.node.Shape[0].Equal(rows) {
				rows = rows.Add(one)
			}
			e.add(&Grow{Buf: v.buf, Len: v.node.Shape[1:].Size().Mul(rows)})
		}
		in := &emitter{l: r.inner, scopes: e.scopes, levels: map[*term]int{}}
		in.body(r.inner.tree)
		e.advance(r)
		e.add(&Update{Var: passes, Op: symbolic.OpIntAdd, Value: &Const{Value: 1, Type: symbolic.Integer}})
	})
	e.add(w)
}

// grow makes room for what comps write, where that has a size that a while has
// decided.
func (e *emitter) grow(comps ...*comp) {
	for _, c := range comps {
		vs := []*value{c.target}
		if r := c.region; r != nil && r.test != nil {
			continue // it does so itself
		} else if r != nil {
			vs = slices.Clone(r.stacks)
			for _, s := range r.carry {
				vs = append(vs, s.at)
			}
		}
		for _, v := range vs {
			v = v.base()
			if v.buf != nil && v.buf.Grows() && !v.roomy {
				v.roomy = true
				e.add(&Grow{Buf: v.buf, Len: v.buf.Shape.Size()})
			}
		}
	}
}
