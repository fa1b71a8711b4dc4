package loop

import (
	"slices"

	"github.com/bpgen/bpgen/symbolic"
)

// Outline puts calls of kernels in the place of contractions and loops that are
// worth a function of their own, with at least so many operations, and that
// accept takes. The body itself is not changed, only copied.
func Outline(body []Stmt, least int, accept func(*Kernel) bool) []Stmt {
	o := &outliner{least: least, accept: accept, outer: &Scope{}, below: map[string]symbolic.Poly{}, accs: map[*Var]*Acc{}}
	return o.body(body)
}

// WorthKernel is about how many operations pay for a call.
const WorthKernel = 256

type outliner struct {
	least  int
	accept func(*Kernel) bool
	outer  *Scope                   // variables in scope
	below  map[string]symbolic.Poly // what those of loops are below
	accs   map[*Var]*Acc            // accumulators in scope
}

func (o *outliner) body(list []Stmt) []Stmt {
	defer o.outer.Enter()()
	var out []Stmt
	for i, s := range list {
		switch s := s.(type) {
		case *Loop, *Contract:
			if call, ok := o.kernel(notesBefore(list[:i]), s); ok {
				out = append(out, call)
				continue
			}
		case *Acc:
			o.accs[s.Var] = s
		}
		switch s := s.(type) {
		case *Loop:
			leave := o.outer.Enter()
			o.outer.Declare(s.Var)
			o.below[s.Var.Name] = s.Extent
			out = append(out, &Loop{Var: s.Var, Extent: s.Extent, Body: o.body(s.Body)})
			leave()
			delete(o.below, s.Var.Name)
		case *Tile:
			t := *s
			leave := o.outer.Enter()
			o.outer.Declare(s.From)
			o.outer.Declare(s.Rows)
			o.below[s.From.Name] = s.Extent
			t.Body = o.body(s.Body)
			out = append(out, &t)
			leave()
			delete(o.below, s.From.Name)
		case *While:
			out = append(out, &While{Body: o.body(s.Body)})
		case *If:
			out = append(out, &If{Conds: s.Conds, Then: o.body(s.Then), Else: o.body(s.Else)})
		case *Choose:
			out = append(out, &Choose{Cond: s.Cond, Then: o.body(s.Then), Else: o.body(s.Else)})
		default:
			for _, v := range declaredBy(s) {
				o.outer.Declare(v)
			}
			out = append(out, s)
		}
	}
	return out
}

// notesBefore returns the notes right before a statement, which speak of it.
func notesBefore(list []Stmt) []Stmt {
	n := len(list)
	for n > 0 {
		if _, ok := list[n-1].(*Note); !ok {
			break
		}
		n--
	}
	return list[n:]
}

// kernel makes s a kernel, if it can be one and that pays.
func (o *outliner) kernel(notes []Stmt, s Stmt) (*Call, bool) {
	if !o.worthOutlining(s) {
		return nil, false
	}
	f := &freeness{o: o, inner: map[string]bool{}, declared: map[*Var]bool{}, updates: map[*Var]*symbolic.OpSpec{}, seen: map[any]bool{}}
	f.stmts([]Stmt{s})
	for _, v := range f.reals { // a sum that is not complete yet is not passed on
		f.refused = f.refused || f.updates[v] != nil
	}
	if f.refused {
		return nil, false
	}
	k := &Kernel{Name: kernelName(s)}
	call := &Call{Kernel: k}
	r := &rebinding{bufs: map[*Buffer]*Buffer{}, from: map[*Buffer]symbolic.Poly{}, vars: map[*Var]*Var{}, scalars: map[*Buffer]*Var{}}

	// Where all places in a buffer have a part that only the caller's variables
	// are in, the slice begins there.
	for _, b := range f.bufs {
		if from, ok := f.common(b); ok {
			r.from[b] = from
		}
	}
	for _, s := range f.names(r.from) {
		v := &Var{Name: s, Type: symbolic.Integer}
		k.Params = append(k.Params, &Param{Int: v})
		call.Args = append(call.Args, Arg{Int: symbolic.Sym(s)})
		if w := o.outer.Of(s); w != nil {
			r.vars[w] = v
		}
	}
	for _, b := range f.bufs {
		if len(b.Shape) == 0 { // a Go variable, which is only read
			v := &Var{Name: b.Name, Type: symbolic.Real}
			k.Params = append(k.Params, &Param{Real: v})
			call.Args = append(call.Args, Arg{Real: &Load{Buf: b}})
			r.scalars[b] = v
			continue
		}
		c := &Buffer{Name: b.Name, Kind: In, Shape: symbolic.Shape{symbolic.Sym("len")}, Type: b.Type, Node: b.Node}
		if f.written[b] {
			c.Kind = Out
		}
		r.bufs[b] = c
		k.Params = append(k.Params, &Param{Buf: c})
		call.Args = append(call.Args, Arg{Buf: b, From: r.from[b]})
	}
	for _, v := range f.reals {
		w := &Var{Name: v.Name, Type: symbolic.Real, Wide: false}
		r.vars[v] = w
		k.Params = append(k.Params, &Param{Real: w})
		call.Args = append(call.Args, Arg{Real: &Ref{Var: v}})
	}
	for _, v := range f.accs {
		op := f.updates[v]
		unit, ok := unitOf(op)
		if !ok {
			return nil, false
		}
		w := &Var{Name: v.Name, Type: v.Type, Wide: v.Wide}
		r.vars[v] = w
		k.Body = append(k.Body, &Acc{Var: w, Init: unit})
		k.Results = append(k.Results, w)
		call.Results = append(call.Results, v)
		call.Ops = append(call.Ops, op)
	}
	k.Body = append(k.Body, r.stmts(notes)...)
	k.Body = append(k.Body, r.stmt(s))
	if !o.accept(k) {
		return nil, false
	}
	return call, true
}

// unitOf returns what accumulating by op starts from.
func unitOf(op *symbolic.OpSpec) (float64, bool) {
	for _, r := range symbolic.Ops() {
		if r.Class == symbolic.Reduction && r.Combine == op && !r.Arg {
			return r.Unit, true
		}
	}
	return 0, false
}

// kernelName is what the kernel computes, and how: the product that goes to a
// buffer, the loop that sets it, or the sum over one.
func kernelName(s Stmt) string {
	if c, ok := s.(*Contract); ok {
		return c.Out.Buf.Name + "Product"
	}
	var set, added, read string
	Walk([]Stmt{s}, func(s Stmt) {
		if st, ok := s.(*Store); ok && st.Op == nil {
			set = st.Buf.Name
		} else if ok {
			added = st.Buf.Name
		}
		for _, x := range exprsOf(s) {
			eachLoad(x, func(b *Buffer, _ symbolic.Poly) {
				if read == "" {
					read = b.Name
				}
			})
		}
	})
	switch {
	case set != "":
		return set + "Loop"
	case added != "":
		return added + "Sums"
	}
	return read + "Sum"
}

// worthOutlining reports whether s does enough, and has no kernels of its own
// in it.
func (o *outliner) worthOutlining(s Stmt) bool {
	if _, ok := s.(*Contract); ok {
		return true
	}
	simple := true
	Walk([]Stmt{s}, func(s Stmt) {
		switch s.(type) {
		case *Contract, *Tile, *Call:
			simple = false
		}
	})
	return simple && countOps([]Stmt{s}) >= o.least
}

// A freeness is what statements mention that they do not declare.
type freeness struct {
	o       *outliner
	refused bool // they do what no kernel may

	bufs    []*Buffer
	places  map[*Buffer][]symbolic.Poly
	written map[*Buffer]bool
	polys   []symbolic.Poly // other than places
	reals   []*Var
	accs    []*Var
	updates map[*Var]*symbolic.OpSpec

	inner    map[string]bool
	declared map[*Var]bool
	seen     map[any]bool
}

func (f *freeness) once(x any) bool {
	if f.seen[x] {
		return false
	}
	f.seen[x] = true
	return true
}

func (f *freeness) declare(vs ...*Var) {
	for _, v := range vs {
		f.inner[v.Name], f.declared[v] = true, true
	}
}

func (f *freeness) poly(ps ...symbolic.Poly) { f.polys = append(f.polys, ps...) }

func (f *freeness) place(b *Buffer, index symbolic.Poly, written bool) {
	if f.places == nil {
		f.places, f.written = map[*Buffer][]symbolic.Poly{}, map[*Buffer]bool{}
	}
	if f.once(b) {
		f.bufs = append(f.bufs, b)
	}
	f.places[b] = append(f.places[b], index)
	f.written[b] = f.written[b] || written
	// Truth values of the arena are whole numbers; those of the caller are not.
	if b.Type == symbolic.Boolean && b.Kind != Temp || len(b.Shape) == 0 && (written || f.written[b] || b.Type != symbolic.Real) {
		f.refused = true
	}
}

func (f *freeness) stmts(list []Stmt) {
	for _, s := range list {
		f.declare(declaredBy(s)...)
		switch s := s.(type) {
		case *Loop:
			f.poly(s.Extent)
			f.stmts(s.Body)
		case *Contract:
			for i, a := range []Access{s.Out, s.A, s.B} {
				f.place(a.Buf, a.Base, i == 0)
				f.poly(a.M, a.N, a.K)
			}
			f.poly(s.M, s.N, s.K)
			for _, b := range s.Within {
				f.poly(b.Const)
			}
			f.stmts(s.Epilogue)
		case *Let:
			f.expr(s.Value)
		case *Acc:
		case *Update:
			f.expr(s.Value)
			if f.declared[s.Var] {
				continue
			}
			if old, ok := f.updates[s.Var]; s.Op == nil || ok && old != s.Op || f.o.accs[s.Var] == nil || s.Var.Type != symbolic.Real {
				f.refused = true
			}
			f.updates[s.Var] = s.Op
			if f.once(s.Var) {
				f.accs = append(f.accs, s.Var)
			}
		case *Pick:
			f.refused = f.refused || !f.declared[s.Best] || !f.declared[s.At]
			f.expr(s.Value)
			f.poly(s.Position)
		case *Store:
			f.place(s.Buf, s.Index, true)
			f.expr(s.Value)
		case *Fill:
			f.place(s.Buf, s.From, true)
			f.poly(s.Len)
		case *If:
			f.conds(s.Conds)
			f.stmts(s.Then)
			f.stmts(s.Else)
		case *Choose:
			f.expr(s.Cond)
			f.stmts(s.Then)
			f.stmts(s.Else)
		case *Note:
		default:
			f.refused = true
		}
	}
}

func (f *freeness) conds(cs []symbolic.Cond) {
	for _, c := range cs {
		f.poly(c.E)
	}
}

func (f *freeness) expr(x Expr) {
	switch x := x.(type) {
	case *Ref:
		switch {
		case f.declared[x.Var]:
		case x.Var.Type == symbolic.Integer:
			f.poly(symbolic.Sym(x.Var.Name))
		case x.Var.Type == symbolic.Boolean:
			f.refused = true
		case !slices.Contains(f.reals, x.Var):
			f.reals = append(f.reals, x.Var)
		}
	case *Load:
		f.place(x.Buf, x.Index, false)
	case *Int:
		f.poly(x.Poly)
	case *Guarded:
		f.conds(x.Conds)
		f.expr(x.X)
	case *Apply:
		for _, a := range x.Args {
			f.expr(a)
		}
	}
}

// callers is the part of an index that depends on the caller's variables, and
// on nothing that is declared inside.
func (f *freeness) callers(p symbolic.Poly) symbolic.Poly {
	out := symbolic.Poly{}
	p.Terms(func(num, den int64, syms []string) {
		theirs := false
		for _, s := range syms {
			if f.inner[s] {
				return
			}
			theirs = theirs || f.o.outer.Of(s) != nil
		}
		if theirs {
			t := symbolic.Int(1)
			for _, s := range syms {
				t = t.Mul(symbolic.Sym(s))
			}
			out = out.Add(t.Scale(num, den))
		}
	})
	return out
}

// common returns that part where it is the same for all places in b, and surely
// a place in b itself, or its end.
func (f *freeness) common(b *Buffer) (from symbolic.Poly, ok bool) {
	places := f.places[b]
	from = f.callers(places[0])
	for _, p := range places {
		if !f.callers(p).Equal(from) || !allSigns(p.Sub(from), 1) {
			return symbolic.Poly{}, false
		}
	}
	most := from.Subst(func(s string) (symbolic.Poly, bool) { n, ok := f.o.below[s]; return n, ok })
	for _, s := range most.Syms() {
		if f.o.outer.Of(s) != nil {
			return symbolic.Poly{}, false
		}
	}
	return from, allSigns(from, 1) && allSigns(b.Shape.Size().Sub(most), 1)
}

// names lists the sizes and variables that a kernel is told.
func (f *freeness) names(from map[*Buffer]symbolic.Poly) []string {
	var out []string
	add := func(p symbolic.Poly) {
		for _, s := range p.Syms() {
			if !f.inner[s] && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	for _, p := range f.polys {
		add(p)
	}
	for _, b := range f.bufs {
		for _, p := range f.places[b] {
			if off, ok := from[b]; ok {
				p = p.Sub(off)
			}
			add(p)
		}
	}
	return out
}
