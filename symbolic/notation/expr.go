// Package notation is mathematics as it stands on a board: expressions over
// named values, made from a graph, that can be written as text, LaTeX and
// MathML, and evaluated.
//
// What comes in are nodes of a graph, cut at the values that have names; what
// goes out are trees. Always: what a tree says is what the node computes. A
// tree is evaluated by what it says, so that a transpose too many is a wrong
// number.
package notation

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// Batch is the size that goes over the examples. Its index is not written.
const Batch = "batch"

// A Value is something that expressions call by its name.
type Value struct {
	Name  string         // as the model has it
	Of    string         // of a derivative by Name: what is differentiated; else ""
	Delta bool           // written δ_Name, not ∂Of/∂Name
	Plain bool           // the name stands as it is: W2, not W₂
	Shape symbolic.Shape // with the batch, where it has one
	Type  symbolic.Type
	Known *symbolic.Tensor // of what is the same always: a const; else nil

	// Pass are the passes of loops that v is another in, outer ones first: its
	// first dims, of which the number of a pass is written below its name.
	Pass []Axis
	// Bracket has these numbers stand in brackets, where a name with a number
	// below is another one.
	Bracket bool
}

// passMark begins the symbol of a pass's number, which nothing else has.
const passMark = "~"

// PassSym is the symbol of a pass's number that is written as letter.
func PassSym(letter string) string { return passMark + letter }

// PassName is the letter that a symbol of PassSym is written as.
func PassName(sym string) string { return strings.TrimPrefix(sym, passMark) }

func isPass(sym string) bool { return strings.HasPrefix(sym, passMark) }

// ofPass reports whether p speaks of the number of a pass.
func ofPass(p symbolic.Poly) bool { return slices.ContainsFunc(p.Syms(), isPass) }

// batch is the dim of v that goes over the examples, or -1.
func (v *Value) batch() int { return slices.IndexFunc(v.Shape, isBatch) }

// PerExample reports whether v is another for each example.
func (v *Value) PerExample() bool { return v.batch() >= 0 }

// Dims is the shape of v for one example.
func (v *Value) Dims() symbolic.Shape { return without(v.Shape, v.batch()) }

// without leaves out one entry of s, or none.
func without[T any](s []T, i int) []T {
	if i < 0 {
		return s
	}
	return slices.Delete(slices.Clone(s), i, i+1)
}

func isBatch(p symbolic.Poly) bool {
	s, ok := p.AsSym()
	return ok && s == Batch
}

// A Kind tells expressions apart.
type Kind uint8

const (
	Number    Kind = iota // Num
	Count                 // Poly, over sizes and indices, as a number
	Name                  // Value, whole: its elements from Offset on, or all
	Element               // Value at Index
	Apply                 // Op of Args, element by element; scalars and leading dims are repeated
	Prime                 // the derivative of the elementwise Op at Args[0]
	Product               // the matrix product of Args; a vector is a column
	Transpose             // Args[0] turned; a vector becomes a row
	Fold                  // the reduction Op of all elements of Args[0]
	Big                   // the reduction Op of Args[0] over the indices Over
	Call                  // the operator Op with Attr of whole Args, at Index where that is not nil
	Lambda                // Args[0] as a whole over the indices Over
	Guard                 // Args[0] where Conds hold, else 0
	OneHot                // the vector with 1 at Args[0], of length Poly
	Rows                  // the rows of Value at the whole numbers Args[0]
	Stack                 // the vector of the numbers Args
	Chain                 // what comes back through what can't be written out, as Pull says
)

// An Axis is an index and how far it goes.
type Axis struct {
	Sym    string
	Extent symbolic.Poly
	While  *Expr // of a pass: only those count in which this holds; nil: all
}

// An Expr is an expression. Which fields mean something depends on its Kind.
type Expr struct {
	Kind  Kind
	Op    *symbolic.OpSpec
	Attr  symbolic.Attr
	Args  []*Expr
	Num   float64
	Poly  symbolic.Poly
	Value *Value
	Index []symbolic.Poly // over indices, sizes and $0, $1, … for Data
	Data  []*Expr         // whole numbers that indices are made from
	Conds []symbolic.Cond
	Over  []Axis
	Loop  *symbolic.Node // of a Call that is a value of a loop
	Pull  *Pull
	At    []symbolic.Poly // of a Name: the passes in which it is meant; of an Equation's left side likewise

	// Offset is where a Name begins in each of its dims, and Extent how far
	// it goes; nil: all. For a Call, Extent is the shape of the result.
	Offset, Extent []symbolic.Poly
}

// A Pull is what comes back to a value by the chain rule, Back·Local, without
// the local derivative being written out. Node computes it.
type Pull struct {
	Back, Local *Value
	Node        *symbolic.Node
	Inputs      map[*symbolic.Node]*Value // what Node reads
}

// ChainOf is p as an expression: what comes back to v, in the passes at.
func ChainOf(v *Value, at []symbolic.Poly, p *Pull) *Expr {
	return &Expr{Kind: Chain, Value: v, At: at, Pull: p}
}

// Element is the element of e, of a value by its name, at the indices of axes.
func (e *Expr) Element(axes []Axis) *Expr {
	out := *e
	out.Index = slices.Clone(e.At)
	for _, d := range e.Value.Shape[len(e.At):] {
		if isBatch(d) {
			out.Index = append(out.Index, symbolic.Sym(example))
			continue
		}
		out.Index = append(out.Index, symbolic.Sym(axes[0].Sym))
		axes = axes[1:]
	}
	return &out
}

// Opaque reports whether a loop is in e that is not said pass by pass.
func (e *Expr) Opaque() bool {
	found := false
	e.Each(func(x *Expr) { found = found || x.Loop != nil })
	return found
}

func num(v float64) *Expr { return &Expr{Kind: Number, Num: v} }

// Whole returns v by its name.
func Whole(v *Value) *Expr { return &Expr{Kind: Name, Value: v} }

// In returns v by its name, as it is in the passes at.
func In(v *Value, at []symbolic.Poly) *Expr { return &Expr{Kind: Name, Value: v, At: at} }

// Of returns op of args.
func Of(op *symbolic.OpSpec, args ...*Expr) *Expr { return apply(op, args...) }

func apply(op *symbolic.OpSpec, args ...*Expr) *Expr { return &Expr{Kind: Apply, Op: op, Args: args} }

// Sum returns the sum of terms; a term with a minus is taken off.
func Sum(terms ...*Expr) *Expr {
	if len(terms) == 0 {
		return num(0)
	}
	s := terms[0]
	for _, t := range terms[1:] {
		if p, ok := Negated(t); ok {
			s = apply(symbolic.OpSub, s, p)
		} else {
			s = apply(symbolic.OpAdd, s, t)
		}
	}
	return s
}

// Negated returns e without the minus that it begins with.
func Negated(e *Expr) (*Expr, bool) {
	switch {
	case e.Kind == Number && e.Num < 0:
		return num(-e.Num), true
	case e.Kind == Apply && e.Op == symbolic.OpNeg:
		return e.Args[0], true
	case e.Kind == Apply && (e.Op == symbolic.OpMul || e.Op == symbolic.OpDiv), e.Kind == Product:
		if p, ok := Negated(e.Args[0]); ok {
			out := *e
			out.Args = append([]*Expr{p}, e.Args[1:]...)
			return &out, true
		}
	}
	return nil, false
}

// Each calls f for e and everything in it.
func (e *Expr) Each(f func(*Expr)) {
	f(e)
	for _, a := range slices.Concat(e.Args, e.Data) {
		a.Each(f)
	}
}

// Replace returns e with what f returns in the place of every expression that
// f knows.
func (e *Expr) Replace(f func(*Expr) *Expr) *Expr {
	if r := f(e); r != nil {
		return r
	}
	out := *e
	out.Args, out.Data = nil, nil
	for _, a := range e.Args {
		out.Args = append(out.Args, a.Replace(f))
	}
	for _, a := range e.Data {
		out.Data = append(out.Data, a.Replace(f))
	}
	return &out
}

// Mentions reports whether v occurs in e.
func (e *Expr) Mentions(v *Value) bool {
	found := false
	e.Each(func(x *Expr) { found = found || x.Value == v })
	return found
}

// An Equation says what a value is.
type Equation struct {
	Left  *Value
	At    []symbolic.Poly // the passes in which Right says it; nil: all, or there are none
	Over  []Axis          // what passes At speaks of
	Index []Axis          // of the element that Right says; nil: the whole value
	Right *Expr
	Else  *Equation // says it in other passes
}

// Cases lists q and what it is in other passes.
func (q *Equation) Cases() []*Equation {
	var out []*Equation
	for ; q != nil; q = q.Else {
		out = append(out, q)
	}
	return out
}

// Subst puts p in the place of an index.
func (e *Expr) Subst(sym string, p symbolic.Poly) *Expr {
	sub := func(q symbolic.Poly) symbolic.Poly {
		return q.Subst(func(s string) (symbolic.Poly, bool) { return p, s == sym })
	}
	all := func(qs []symbolic.Poly) []symbolic.Poly {
		if qs == nil {
			return nil
		}
		out := make([]symbolic.Poly, len(qs))
		for i, q := range qs {
			out[i] = sub(q)
		}
		return out
	}
	out := *e
	out.Poly, out.Index, out.At, out.Offset, out.Extent = sub(e.Poly), all(e.Index), all(e.At), all(e.Offset), all(e.Extent)
	out.Conds, out.Over = slices.Clone(e.Conds), slices.Clone(e.Over)
	for i := range out.Conds {
		out.Conds[i] = out.Conds[i].With(sub(out.Conds[i].E))
	}
	for i := range out.Over {
		out.Over[i].Extent = sub(out.Over[i].Extent)
	}
	out.Args, out.Data = nil, nil
	for _, a := range e.Args {
		out.Args = append(out.Args, a.Subst(sym, p))
	}
	for _, a := range e.Data {
		out.Data = append(out.Data, a.Subst(sym, p))
	}
	return &out
}

// IsFunction reports whether op is written as a function of its argument, so
// that its derivative is written with a prime.
func IsFunction(op *symbolic.OpSpec) bool {
	f, rest, ok := strings.Cut(mathForm(op, 1), "(")
	return ok && rest == "%s)" && f != "" && f != "√" && f != "∛"
}

// PrimeOf returns op′(v), of v in the passes at.
func PrimeOf(op *symbolic.OpSpec, v *Value, at []symbolic.Poly) *Expr {
	return &Expr{Kind: Prime, Op: op, Args: []*Expr{In(v, at)}}
}

// Places returns the vector of n numbers that the terms say one by one, each
// for an index of its own; nil where they do not.
func Places(n int, terms []*Equation) *Expr {
	out := &Expr{Kind: Stack, Args: make([]*Expr, n)}
	for _, q := range terms {
		e := q.Right
		if e.Kind != Guard || len(e.Conds) != 1 || e.Conds[0].Kind != symbolic.Zero || len(q.Index) != 1 || len(e.Data) > 0 {
			return nil
		}
		at, rest, ok := e.Conds[0].E.Linear(q.Index[0].Sym)
		k, whole := rest.Const()
		if k *= -at; !ok || !whole || at*at != 1 || k < 0 || k >= n || out.Args[k] != nil || e.Args[0].over(q.Index[0].Sym) {
			return nil
		}
		out.Args[k] = e.Args[0]
	}
	for k, a := range out.Args {
		if a == nil {
			out.Args[k] = num(0)
		}
	}
	return out
}

// over reports whether the index sym occurs in e.
func (e *Expr) over(sym string) bool {
	found := false
	e.Each(func(x *Expr) {
		// A whole value is that of the example.
		found = found || sym == example && x.Kind == Name && x.Value.PerExample()
		for _, p := range append(slices.Concat(x.Index, x.At), x.Poly) {
			found = found || slices.Contains(p.Syms(), sym)
		}
		for _, c := range x.Conds {
			found = found || slices.Contains(c.E.Syms(), sym)
		}
	})
	return found
}

// Times returns a·b, element by element. A factor 1 is not written.
func Times(a, b *Expr) *Expr {
	if a.Kind == Number && a.Num == 1 {
		return b
	}
	return apply(symbolic.OpMul, a, b)
}
