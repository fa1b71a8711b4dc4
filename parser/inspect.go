package parser

// Inspect calls f for n and, where f returns true, for what n is made of, in
// the order of the source. It leaves out what is nil.
func Inspect(n Node, f func(Node) bool) {
	if n == nil || !f(n) {
		return
	}
	w := walker{f}
	switch n := n.(type) {
	case *File:
		w.name(n.Package)
		each(w, n.Decls)
	case *Block:
		each(w, n.Stmts)
	case *ValueSpec:
		w.name(n.Name)
		w.expr(n.Value)
		w.expr(n.Bound)
	case *StaticParam:
		w.name(n.Name)
		w.expr(n.Default)
	case *Param:
		w.name(n.Name)
		if n.Type != nil {
			Inspect(n.Type, f)
		}
		w.expr(n.Default)
	case *Type:
		each(w, n.Dims)
		w.expr(n.Bound)
	case *Derive:
		w.name(n.What)
		w.name(n.Mode)
		each(w, n.Wrt)
	case *Generator:
		w.name(n.Name)
		w.expr(n.Over)
		w.expr(n.To)
	case *Carry:
		w.name(n.Name)
		if n.Type != nil {
			Inspect(n.Type, f)
		}
		w.expr(n.Init)
	case *Binder:
		w.expr(n.Lo)
		w.name(n.Name)
		w.expr(n.Hi)
	case *Arg:
		w.name(n.Name)
		w.expr(n.Value)
		w.expr(n.Lo)
		w.expr(n.Hi)
	case Decl: // before Stmt, since some are both
		w.decl(n)
	case Stmt:
		w.stmt(n)
	case Expr:
		w.inner(n)
	}
}

type walker struct{ f func(Node) bool }

func each[N Node](w walker, list []N) {
	for _, n := range list {
		Inspect(n, w.f)
	}
}

// name and expr keep nil pointers and interfaces out.
func (w walker) name(n *Ident) {
	if n != nil {
		Inspect(n, w.f)
	}
}

func (w walker) expr(x Expr) {
	if x != nil {
		Inspect(x, w.f)
	}
}

func (w walker) block(b *Block) {
	if b != nil {
		Inspect(b, w.f)
	}
}

func (w walker) decl(n Decl) {
	switch n := n.(type) {
	case *ImportDecl:
		w.name(n.Alias)
	case *TypeDecl:
		w.name(n.Name)
	case *ConstDecl:
		each(w, n.Specs)
	case *DimDecl:
		each(w, n.Specs)
	case *InstanceDecl:
		w.name(n.Name)
		w.expr(n.Value)
	case *ExternDecl:
		w.name(n.Name)
		each(w, n.Params)
		w.expr(n.Go)
		each(w, n.Grad)
	case *FuncDecl:
		w.name(n.Name)
		each(w, n.Static)
		each(w, n.Params)
		each(w, n.Results)
		each(w, n.Derive)
		w.block(n.Body)
	}
}

func (w walker) stmt(n Stmt) {
	switch n := n.(type) {
	case *LetStmt:
		each(w, n.Names)
		each(w, n.Values)
	case *IndexStmt:
		w.name(n.Name)
		each(w, n.Binders)
		w.expr(n.Value)
	case *LoopStmt:
		each(w, n.Outs)
		each(w, n.Gens)
		w.expr(n.Cond)
		each(w, n.Carry)
		w.block(n.Body)
	case *OwnStmt:
		each(w, n.Names)
		if n.Type != nil {
			Inspect(n.Type, w.f)
		}
		w.expr(n.Value)
	case *RoleStmt:
		w.name(n.Name)
		w.expr(n.Value)
	case *TrainStmt:
		w.expr(n.Rule)
	case *NextStmt:
		each(w, n.Names)
		each(w, n.Values)
	case *EmitStmt:
		each(w, n.Values)
	case *ReturnStmt:
		each(w, n.Values)
	case *ValueStmt:
		each(w, n.Values)
	}
}

func (w walker) inner(n Expr) {
	switch n := n.(type) {
	case *Unary:
		w.expr(n.X)
	case *Binary:
		w.expr(n.X)
		w.expr(n.Y)
	case *Transpose:
		w.expr(n.X)
	case *Call:
		w.expr(n.Fun)
		each(w, n.Args)
	case *Subscript:
		w.expr(n.X)
		each(w, n.Args)
	case *Member:
		w.expr(n.X)
		w.name(n.Name)
	case *Reduction:
		each(w, n.Binders)
		w.expr(n.Body)
	case *List:
		each(w, n.Elems)
	case *If:
		w.expr(n.Cond)
		w.block(n.Then)
		w.block(n.Else)
	case *BlockExpr:
		w.block(n.Block)
	case *Paren:
		w.expr(n.X)
	}
}
