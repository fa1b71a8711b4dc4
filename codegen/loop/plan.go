package loop

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// MakePlan gives every temporary a place in an arena. Temporaries that are
// never needed at the same time may have the same place.
func MakePlan(p *Program) *Plan {
	plan := &Plan{Offset: map[*Buffer]symbolic.Poly{}}
	spans := lifetimes(p)
	reals, ints := &arena{}, &arena{}
	for _, s := range spans {
		a := reals
		if s.buf.Type != symbolic.Real {
			a = ints
		}
		a.place(s)
	}
	plan.Reals, plan.Ints = reals.lay(plan), ints.lay(plan)
	plan.Bands, plan.Cost = p.Bands, costOf(p)
	return plan
}

// A span is the stretch of a program over which a temporary is needed, in
// numbers of statements.
type span struct {
	buf         *Buffer
	first, last int
}

// A stretch is the statements of a loop, which counts in a variable where it is
// known how often it runs.
type stretch struct {
	first, last int
	v           string
}

// A use is a statement that reads or writes a buffer, with the loops around it,
// and where in the buffer.
type use struct {
	at    int
	loops []*stretch
	index symbolic.Poly
}

// lifetimes returns the spans of all temporaries in order of their start. The
// innermost loop that has all uses of a temporary, and no pass that sees what
// another has written, writes it anew each time; a loop inside of that one needs it
// for as long as it runs.
func lifetimes(p *Program) []*span {
	w := &watcher{uses: map[*Buffer][]use{}}
	w.body(p.Body)
	var out []*span
	for _, b := range p.Buffers {
		us := w.uses[b]
		if b.Kind != Temp || len(us) == 0 || b.Grows() {
			continue
		}
		common := len(us[0].loops)
		for _, u := range us {
			n := 0
			for n < min(common, len(u.loops)) && u.loops[n] == us[0].loops[n] {
				n++
			}
			common = n
		}
		for n, l := range us[0].loops[:common] {
			if across(us, l) {
				common = n
				break
			}
		}
		s := &span{buf: b, first: us[0].at}
		for _, u := range us {
			first, last := u.at, u.at
			if len(u.loops) > common {
				first, last = u.loops[common].first, u.loops[common].last
			}
			s.first, s.last = min(s.first, first), max(s.last, last)
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b *span) int { return a.first - b.first })
	return out
}

// across reports that a pass of a loop around all uses may see what another has
// written, as where entries of a table are made of those before: places depend on
// the pass, and not all in one way.
func across(us []use, l *stretch) bool {
	if !slices.ContainsFunc(us, func(u use) bool { return mentions(u.index, l.v) }) {
		return false
	}
	// What is the same in a pass: the variables of loops inside go from 0 on.
	inPass := func(u use) symbolic.Poly {
		return u.index.Subst(func(s string) (symbolic.Poly, bool) {
			inside := slices.IndexFunc(u.loops, func(o *stretch) bool { return o == l })
			for _, o := range u.loops[inside+1:] {
				if o.v == s {
					return symbolic.Int(0), true
				}
			}
			return symbolic.Poly{}, false
		})
	}
	first := inPass(us[0])
	return slices.ContainsFunc(us, func(u use) bool { return !inPass(u).Equal(first) })
}

// A watcher walks a program and notes where buffers are used.
type watcher struct {
	at    int
	uses  map[*Buffer][]use
	loops []*stretch
}

func (w *watcher) body(ss []Stmt) {
	for _, s := range ss {
		w.at++
		switch s := s.(type) {
		case *Loop:
			l := &stretch{first: w.at, v: s.Var.Name}
			w.loops = append(slices.Clip(w.loops), l)
			w.body(s.Body)
			w.loops = w.loops[:len(w.loops)-1]
			w.at++
			l.last = w.at
		case *Tile:
			l := &stretch{first: w.at, v: s.From.Name}
			w.loops = append(slices.Clip(w.loops), l)
			w.body(s.Body)
			w.loops = w.loops[:len(w.loops)-1]
			w.at++
			l.last = w.at
		case *While:
			l := &stretch{first: w.at}
			w.loops = append(slices.Clip(w.loops), l)
			w.body(s.Body)
			w.loops = w.loops[:len(w.loops)-1]
			w.at++
			l.last = w.at
		case *Leave:
			w.expr(s.If)
		case *Contract: // a loop too: what goes in is needed until all results are out
			l := &stretch{first: w.at}
			w.loops = append(slices.Clip(w.loops), l)
			for _, a := range []Access{s.A, s.B, s.Out} {
				w.use(a.Buf, a.Base)
			}
			w.body(s.Epilogue)
			w.loops = w.loops[:len(w.loops)-1]
			w.at++
			l.last = w.at
		case *Let:
			w.expr(s.Value)
		case *Update:
			w.expr(s.Value)
		case *Pick:
			w.expr(s.Value)
		case *Store:
			w.expr(s.Value)
			w.use(s.Buf, s.Index)
		case *Fill:
			w.use(s.Buf, s.From)
		case *If:
			w.body(s.Then)
			w.body(s.Else)
		case *Choose:
			w.expr(s.Cond)
			w.body(s.Then)
			w.body(s.Else)
		}
	}
}

func (w *watcher) expr(x Expr) {
	switch x := x.(type) {
	case *Load:
		w.use(x.Buf, x.Index)
	case *Guarded:
		w.expr(x.X)
	case *Apply:
		for _, a := range x.Args {
			w.expr(a)
		}
	}
}

func (w *watcher) use(b *Buffer, at symbolic.Poly) {
	if b.Kind == Temp {
		w.uses[b] = append(w.uses[b], use{w.at, w.loops, at})
	}
}

// An arena is cut into slots.
type arena struct{ slots []*slot }

type slot struct {
	size symbolic.Poly
	free int // the statement after which it can be taken
	bufs []*Buffer
}

// place puts s into a free slot that it surely fits, the one of equal size or
// the first otherwise, or into a new one.
func (a *arena) place(s *span) {
	size := s.buf.Shape.Size()
	var best *slot
	for _, t := range a.slots {
		if t.free >= s.first {
			continue
		}
		if t.size.Equal(size) {
			best = t
			break
		}
		if best == nil && allSigns(t.size.Sub(size), 1) {
			best = t
		}
	}
	if best == nil {
		best = &slot{size: size}
		a.slots = append(a.slots, best)
	}
	best.free = s.last
	best.bufs = append(best.bufs, s.buf)
}

// lay puts the slots one after the other, those of a few numbers last.
func (a *arena) lay(plan *Plan) symbolic.Poly {
	at := symbolic.Poly{}
	few := func(s *slot) int {
		n, ok := s.size.Const()
		return btoi(ok && n < vector)
	}
	slices.SortStableFunc(a.slots, func(s, t *slot) int { return few(s) - few(t) })
	for _, s := range a.slots {
		for _, b := range s.bufs {
			plan.Offset[b] = at
			plan.order = append(plan.order, b)
		}
		at = at.Add(aligned(s.size))
	}
	return at
}

// vector is how many numbers the longest vector has.
const vector = 16

// aligned is a size with room behind it, so that what follows begins where a
// vector does. Sizes that are known when the program runs stay as they are.
func aligned(size symbolic.Poly) symbolic.Poly {
	if n, ok := size.Const(); ok && n >= vector {
		return symbolic.Int(roundUp(n, vector))
	}
	return size
}

// String writes the plan for people, with real numbers of 4 bytes.
func (p *Plan) String() string { return p.Text(4) }

// Text writes the plan for people; a real number has size bytes.
func (p *Plan) Text(size int) string {
	var b strings.Builder
	for _, s := range p.Bands {
		fmt.Fprintf(&b, "%s\n", s)
	}
	bytes := func(reals, ints symbolic.Poly) symbolic.Poly {
		return reals.Scale(int64(size), 1).Add(ints.Scale(4, 1))
	}
	fmt.Fprintf(&b, "bytes kept for backward %s\n", bytes(p.Cost.Kept, p.Cost.KeptInts))
	fmt.Fprintf(&b, "bytes of arena %s\n", bytes(p.Reals, p.Ints))
	fmt.Fprintf(&b, "bytes moved %s\n", bytes(p.Cost.Moved, p.Cost.MovedInts))
	fmt.Fprintf(&b, "operations %s\n", p.Cost.Operations)
	fmt.Fprintf(&b, "reals %s\nints %s\n", p.Reals, p.Ints)
	for _, x := range p.order {
		kind := "reals"
		if x.Type != symbolic.Real {
			kind = "ints"
		}
		fmt.Fprintf(&b, "  %s[%s:+%s] %s %s\n", kind, p.Offset[x], x.Shape.Size(), x.Name, x.Shape)
	}
	return b.String()
}
