package loop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// String writes the program for people: buffers, statements and why.
func (p *Program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "program %s\n", p.Name)
	for _, x := range p.Buffers {
		fmt.Fprintf(&b, "  %-4s %s %s", x.Kind, x.Name, x.Shape)
		if x.Type != symbolic.Real {
			fmt.Fprintf(&b, " %s", x.Type)
		}
		b.WriteByte('\n')
	}
	writeStmts(&b, p.Body, 0)
	for i, s := range p.Bands {
		if i == 0 {
			b.WriteString("bands\n")
		}
		fmt.Fprintf(&b, "  %s\n", s)
	}
	for i, s := range p.Why {
		if i == 0 {
			b.WriteString("why\n")
		}
		fmt.Fprintf(&b, "  %s\n", s)
	}
	return symbolic.ReadCounts(b.String())
}

func writeStmts(b *strings.Builder, ss []Stmt, depth int) {
	in := strings.Repeat("\t", depth)
	for _, s := range ss {
		switch s := s.(type) {
		case *Loop:
			fmt.Fprintf(b, "%sfor %s < %s\n", in, s.Var.Name, s.Extent)
			writeStmts(b, s.Body, depth+1)
		case *Tile:
			fmt.Fprintf(b, "%stile %s < %s by %d, %s\n", in, s.From.Name, s.Extent, s.Size, s.Rows.Name)
			writeStmts(b, s.Body, depth+1)
		case *While:
			fmt.Fprintf(b, "%swhile\n", in)
			writeStmts(b, s.Body, depth+1)
		case *Leave:
			fmt.Fprintf(b, "%sleave if %s\n", in, exprString(s.If))
		case *Grow:
			fmt.Fprintf(b, "%sgrow %s to %s\n", in, s.Buf.Name, s.Len)
		case *Contract:
			op := "="
			if s.Accumulate {
				op = "+="
			}
			over := s.summed()
			m, n, k := symbolic.Sym(s.Row.Name), symbolic.Sym(s.Col.Name), symbolic.Sym(over)
			at := func(a Access) string { return fmt.Sprintf("%s[%s]", a.Buf.Name, a.At(m, n, k)) }
			term := "%s·%s"
			if s.Of == Squares {
				term = "(%s − %s)²"
			}
			fmt.Fprintf(b, "%scontract %s < %s, %s < %s: %s %s Σ %s < %s: "+term, in,
				s.Row.Name, s.M, s.Col.Name, s.N, at(s.Out), op, over, s.K, at(s.A), at(s.B))
			for i, w := range s.Within {
				sep := " where "
				if i > 0 {
					sep = ", "
				}
				fmt.Fprintf(b, "%s%s ≥ 0", sep, w.at(m, n, k))
			}
			fmt.Fprintln(b)
			if len(s.Epilogue) > 0 {
				fmt.Fprintf(b, "%s\tthen with %s\n", in, s.Sum.Name)
				writeStmts(b, s.Epilogue, depth+2)
			}
		case *Let:
			fmt.Fprintf(b, "%s%s := %s\n", in, s.Var.Name, exprString(s.Value))
		case *Acc:
			fmt.Fprintf(b, "%svar %s = %s\n", in, s.Var.Name, num(s.Init))
		case *Update:
			fmt.Fprintf(b, "%s%s %s %s\n", in, s.Var.Name, assign(s.Op), exprString(s.Value))
		case *Pick:
			fmt.Fprintf(b, "%s%s, %s = pick %s %s at %s\n", in, s.Best.Name, s.At.Name, s.Op.Name, exprString(s.Value), s.Position)
		case *Store:
			fmt.Fprintf(b, "%s%s[%s] %s %s\n", in, s.Buf.Name, s.Index, assign(s.Op), exprString(s.Value))
		case *Fill:
			fmt.Fprintf(b, "%sfill %s[%s:+%s] = %s\n", in, s.Buf.Name, s.From, s.Len, num(s.Value))
		case *If:
			fmt.Fprintf(b, "%sif %s\n", in, condsString(s.Conds))
			writeStmts(b, s.Then, depth+1)
			if len(s.Else) > 0 {
				fmt.Fprintf(b, "%selse\n", in)
				writeStmts(b, s.Else, depth+1)
			}
		case *Choose:
			fmt.Fprintf(b, "%sif %s\n", in, exprString(s.Cond))
			writeStmts(b, s.Then, depth+1)
			if len(s.Else) > 0 {
				fmt.Fprintf(b, "%selse\n", in)
				writeStmts(b, s.Else, depth+1)
			}
		case *Call:
			fmt.Fprintf(b, "%s%s(%s)\n", in, s.Kernel.Name, strings.Join(callArgs(s), ", "))
		case *Note:
			fmt.Fprintf(b, "%s// %s\n", in, s.Text)
		}
	}
}

// callArgs writes what a kernel is called with, and where its results go.
func callArgs(s *Call) []string {
	var out []string
	for i, p := range s.Kernel.Params {
		switch a := s.Args[i]; {
		case p.Buf != nil:
			out = append(out, fmt.Sprintf("%s[%s:]", a.Buf.Name, a.From))
		case p.Int != nil:
			out = append(out, a.Int.String())
		default:
			out = append(out, exprString(a.Real))
		}
	}
	for i, v := range s.Results {
		out = append(out, fmt.Sprintf("%s %s", v.Name, assign(s.Ops[i])))
	}
	return out
}

func assign(op *symbolic.OpSpec) string {
	switch {
	case op == nil:
		return "="
	case op.Prec > 0:
		return op.Go + "="
	}
	return op.Name + "="
}

func num(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func condsString(cs []symbolic.Cond) string {
	parts := make([]string, len(cs))
	for i, c := range cs {
		parts[i] = c.String()
	}
	return strings.Join(parts, " && ")
}

func exprString(x Expr) string {
	switch x := x.(type) {
	case *Const:
		return num(x.Value)
	case *Ref:
		return x.Var.Name
	case *Load:
		return fmt.Sprintf("%s[%s]", x.Buf.Name, x.Index)
	case *Int:
		return "(" + x.Poly.String() + ")"
	case *Guarded:
		return fmt.Sprintf("(%s if %s)", exprString(x.X), condsString(x.Conds))
	case *Apply:
		args := make([]string, len(x.Args))
		for i, a := range x.Args {
			args[i] = exprString(a)
		}
		if len(args) == 2 && x.Op.Go != "" && x.Op.Prec > 0 && x.Op.Prec < 6 {
			for i, a := range x.Args {
				if y, ok := a.(*Apply); ok && len(y.Args) == 2 && y.Op.Prec > 0 && (y.Op.Prec < x.Op.Prec || y.Op.Prec == x.Op.Prec && i == 1) {
					args[i] = "(" + args[i] + ")"
				}
			}
			return args[0] + " " + x.Op.Go + " " + args[1]
		}
		return x.Op.Name + "(" + strings.Join(args, ", ") + ")"
	}
	return "?"
}

// dimsOf lists the dims that sizes, indices and extents of p mention.
func dimsOf(p *Program) []string {
	vars := map[string]bool{}
	var out []string
	add := func(q symbolic.Poly) { out = append(out, q.Syms()...) }
	conds := func(cs []symbolic.Cond) {
		for _, c := range cs {
			add(c.E)
		}
	}
	var inExpr func(Expr)
	inExpr = func(x Expr) {
		switch x := x.(type) {
		case *Load:
			add(x.Index)
		case *Int:
			add(x.Poly)
		case *Guarded:
			conds(x.Conds)
			inExpr(x.X)
		case *Apply:
			for _, a := range x.Args {
				inExpr(a)
			}
		}
	}
	for _, b := range p.Buffers {
		for _, d := range b.Shape {
			if !b.Grows() {
				add(d)
			}
		}
	}
	Walk(p.Body, func(s Stmt) {
		switch s := s.(type) {
		case *Loop:
			vars[s.Var.Name] = true
			add(s.Extent)
		case *Tile:
			vars[s.From.Name], vars[s.Rows.Name] = true, true
			add(s.Extent)
		case *Leave:
			inExpr(s.If)
		case *Grow:
			add(s.Len)
		case *Contract:
			for _, v := range []*Var{s.Row, s.Col, s.Sum} {
				vars[v.Name] = true
			}
			for _, a := range []Access{s.Out, s.A, s.B} {
				for _, p := range []symbolic.Poly{a.Base, a.M, a.N, a.K} {
					add(p)
				}
			}
			add(s.M)
			add(s.N)
			add(s.K)
			for _, w := range s.Within {
				add(w.Const)
			}
		case *Let:
			vars[s.Var.Name] = true
			inExpr(s.Value)
		case *Acc:
			vars[s.Var.Name] = true
		case *Update:
			inExpr(s.Value)
		case *Pick:
			add(s.Position)
			inExpr(s.Value)
		case *Store:
			add(s.Index)
			inExpr(s.Value)
		case *Fill:
			add(s.From)
			add(s.Len)
		case *If:
			conds(s.Conds)
		case *Choose:
			inExpr(s.Cond)
		}
	})
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(s string) bool { return vars[s] })
}

// Walk calls f for all statements, each before those inside of it.
func Walk(ss []Stmt, f func(Stmt)) {
	for _, s := range ss {
		f(s)
		switch s := s.(type) {
		case *Loop:
			Walk(s.Body, f)
		case *Tile:
			Walk(s.Body, f)
		case *While:
			Walk(s.Body, f)
		case *Contract:
			Walk(s.Epilogue, f)
		case *If:
			Walk(s.Then, f)
			Walk(s.Else, f)
		case *Choose:
			Walk(s.Then, f)
			Walk(s.Else, f)
		}
	}
}

// explain says which values have storage, of what size and why.
func (l *lowering) explain() []string {
	var out []string
	for _, v := range l.order {
		if v.kind != Temp {
			continue
		}
		where := "variable"
		if v.buf != nil {
			where = "buffer " + v.buf.Name + " " + v.shape().String()
		} else if v.v != nil {
			where += " " + v.v.Name
		}
		out = append(out, fmt.Sprintf("%%%d %s %s: %s, %s", v.node.ID, v.node.Op.Name, v.node.Shape, where, v.why))
	}
	return out
}

// summed is a name for the axis of a contraction's sums: k, if nothing else is
// called so.
func (s *Contract) summed() string {
	name := "k"
	for i := 2; slices.ContainsFunc([]symbolic.Poly{
		symbolic.Sym(s.Row.Name), symbolic.Sym(s.Col.Name), s.M, s.N, s.K,
		s.Out.Base, s.Out.M, s.Out.N, s.A.Base, s.A.M, s.A.K, s.B.Base, s.B.N, s.B.K,
	}, func(p symbolic.Poly) bool { return mentions(p, name) }); i++ {
		name = fmt.Sprint("k", i)
	}
	return name
}
