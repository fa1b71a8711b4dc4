package loop

import (
	"fmt"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// A Kernel is a part of a program that is a function of its own, so that it can
// be assembly. Its body mentions nothing but its parameters and what it
// declares itself.
type Kernel struct {
	Name    string // a suggestion, an identifier
	Params  []*Param
	Body    []Stmt
	Results []*Var // accumulators of the body (Acc statements at its top) whose last value is returned
}

// A Param is a parameter of a kernel: one of the three is set.
type Param struct {
	Buf  *Buffer // a block of memory; Kind says whether it is only read. Index 0 is its first element; what Index a body uses is within the slice that is passed
	Int  *Var    // a size or index
	Real *Var    // a number
}

// Call runs a kernel.
type Call struct {
	Kernel  *Kernel
	Args    []Arg  // one for each parameter
	Results []*Var // accumulators of the caller, one for each result; each is Updated by Op
	Ops     []*symbolic.OpSpec
}

// An Arg is what a parameter is bound to.
type Arg struct {
	Buf  *Buffer // with the place From which on it is passed
	From symbolic.Poly
	Int  symbolic.Poly
	Real Expr
}

func (*Call) stmt() {}

// Name returns the name of a parameter.
func (p *Param) Name() string {
	switch {
	case p.Buf != nil:
		return p.Buf.Name
	case p.Int != nil:
		return p.Int.Name
	}
	return p.Real.Name
}

// Contract returns the contraction that is all of the kernel, or nil.
func (k *Kernel) Contract() *Contract {
	var found *Contract
	for _, s := range k.Body {
		switch s := s.(type) {
		case *Note:
		case *Contract:
			if found != nil {
				return nil
			}
			found = s
		default:
			return nil
		}
	}
	return found
}

// Key is a text that is the same for kernels that differ in names only.
func (k *Kernel) Key() string {
	names := map[string]string{}
	name := func(s string) string {
		if names[s] == "" {
			names[s] = fmt.Sprintf("v%d", len(names))
		}
		return names[s]
	}
	r := &rebinding{bufs: map[*Buffer]*Buffer{}, vars: map[*Var]*Var{}}
	r.polys = func(p symbolic.Poly) symbolic.Poly {
		return p.Subst(func(s string) (symbolic.Poly, bool) { return symbolic.Sym(name(s)), true })
	}
	renamed := func(v *Var) {
		if r.vars[v] == nil {
			r.vars[v] = &Var{Name: name(v.Name), Type: v.Type, Wide: v.Wide}
		}
	}
	var b strings.Builder
	for i, p := range k.Params {
		switch {
		case p.Buf != nil:
			r.bufs[p.Buf] = &Buffer{Name: fmt.Sprintf("b%d", i), Kind: p.Buf.Kind, Type: p.Buf.Type}
			fmt.Fprintf(&b, "%s %s\n", p.Buf.Kind, p.Buf.Type)
		case p.Int != nil:
			renamed(p.Int)
			b.WriteString("int\n")
		default:
			renamed(p.Real)
			b.WriteString("real\n")
		}
	}
	Walk(k.Body, func(s Stmt) {
		for _, v := range declaredBy(s) {
			renamed(v)
		}
	})
	for _, v := range k.Results {
		fmt.Fprintf(&b, "result %s %v\n", r.v(v).Name, v.Wide)
	}
	var body []Stmt
	for _, s := range r.stmts(k.Body) {
		if _, note := s.(*Note); !note {
			body = append(body, s)
		}
	}
	writeStmts(&b, withoutNotes(body), 0)
	return b.String()
}

// withoutNotes drops what is said about statements.
func withoutNotes(ss []Stmt) (out []Stmt) {
	for _, s := range ss {
		switch t := s.(type) {
		case *Note:
			continue
		case *Loop:
			s = &Loop{Var: t.Var, Extent: t.Extent, Body: withoutNotes(t.Body)}
		case *Contract:
			c := *t
			c.Epilogue = withoutNotes(t.Epilogue)
			s = &c
		case *If:
			s = &If{Conds: t.Conds, Then: withoutNotes(t.Then), Else: withoutNotes(t.Else)}
		case *Choose:
			s = &Choose{Cond: t.Cond, Then: withoutNotes(t.Then), Else: withoutNotes(t.Else)}
		}
		out = append(out, s)
	}
	return out
}

// declaredBy returns the variables that s brings into scope.
func declaredBy(s Stmt) []*Var {
	switch s := s.(type) {
	case *Loop:
		return []*Var{s.Var}
	case *Tile:
		return []*Var{s.From, s.Rows}
	case *Contract:
		return []*Var{s.Row, s.Col, s.Sum}
	case *Let:
		return []*Var{s.Var}
	case *Acc:
		return []*Var{s.Var}
	}
	return nil
}
