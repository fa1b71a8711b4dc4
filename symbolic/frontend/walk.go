package frontend

import "github.com/bpgen/bpgen/parser"

// walkBlock calls f for every statement and expression in a block.
func walkBlock(b *parser.Block, f func(parser.Node)) {
	if b == nil {
		return
	}
	for _, s := range b.Stmts {
		walkStmt(s, f)
	}
}

func walkStmt(s parser.Stmt, f func(parser.Node)) {
	if s == nil {
		return
	}
	f(s)
	switch s := s.(type) {
	case *parser.LetStmt:
		walkExprs(s.Values, f)
	case *parser.IndexStmt:
		walkBinders(s.Binders, f)
		walkExpr(s.Value, f)
	case *parser.LoopStmt:
		for _, g := range s.Gens {
			walkExpr(g.Over, f)
			walkExpr(g.To, f)
		}
		walkExpr(s.Cond, f)
		for _, k := range s.Carry {
			walkExpr(k.Init, f)
		}
		walkBlock(s.Body, f)
	case *parser.OwnStmt:
		walkExpr(s.Value, f)
	case *parser.RoleStmt:
		walkExpr(s.Value, f)
	case *parser.NextStmt:
		walkExprs(s.Values, f)
	case *parser.EmitStmt:
		walkExprs(s.Values, f)
	case *parser.ReturnStmt:
		walkExprs(s.Values, f)
	case *parser.ValueStmt:
		walkExprs(s.Values, f)
	case *parser.InstanceDecl:
		walkExpr(s.Value, f)
	case *parser.FuncDecl:
		walkBlock(s.Body, f)
	}
}

func walkExprs(xs []parser.Expr, f func(parser.Node)) {
	for _, x := range xs {
		walkExpr(x, f)
	}
}

func walkBinders(bs []*parser.Binder, f func(parser.Node)) {
	for _, b := range bs {
		walkExpr(b.Lo, f)
		walkExpr(b.Hi, f)
	}
}

func walkArgs(as []*parser.Arg, f func(parser.Node)) {
	for _, a := range as {
		walkExpr(a.Value, f)
		walkExpr(a.Lo, f)
		walkExpr(a.Hi, f)
	}
}

func walkExpr(x parser.Expr, f func(parser.Node)) {
	if x == nil {
		return
	}
	f(x)
	switch x := x.(type) {
	case *parser.Unary:
		walkExpr(x.X, f)
	case *parser.Binary:
		walkExpr(x.X, f)
		walkExpr(x.Y, f)
	case *parser.Transpose:
		walkExpr(x.X, f)
	case *parser.Paren:
		walkExpr(x.X, f)
	case *parser.Call:
		walkExpr(x.Fun, f)
		walkArgs(x.Args, f)
	case *parser.Subscript:
		walkExpr(x.X, f)
		walkArgs(x.Args, f)
	case *parser.Member:
		walkExpr(x.X, f)
	case *parser.Reduction:
		walkBinders(x.Binders, f)
		walkExpr(x.Body, f)
	case *parser.List:
		walkExprs(x.Elems, f)
	case *parser.If:
		walkExpr(x.Cond, f)
		walkBlock(x.Then, f)
		walkBlock(x.Else, f)
	case *parser.BlockExpr:
		walkBlock(x.Block, f)
	}
}
