package frontend

import (
	"github.com/bpgen/bpgen/parser"
)

// checkUnused looks at the funcs, layers and rules that nothing used, so that
// no call says what their shapes are: their names at least must be known.
func (fl *file) checkUnused(f *frontend) {
	for _, name := range fl.order {
		e := fl.entities[name]
		d, ok := e.decl.(*parser.FuncDecl)
		if !ok || e.used || d.Kind == parser.Model || d.Kind == parser.Func && upper(name) {
			continue
		}
		fl.checkNames(f, d)
	}
}

func (fl *file) checkNames(f *frontend, d *parser.FuncDecl) {
	bound := map[string]bool{}
	boundBy(d, bound)
	c := &ctx{frontend: f, scope: fl.scope, frame: &frame{file: fl}}
	walkBlock(d.Body, func(n parser.Node) { c.checkName(n, bound) })
}

// checkName reports a name that stands for nothing, not bound within what is looked at
// either.
func (c *ctx) checkName(n parser.Node, bound map[string]bool) (ok bool) {
	x, isName := n.(*parser.Name)
	if !isName || bound[x.Name] || reserved[x.Name] || isBuiltin(x.Name) || words[x.Name] {
		return true
	}
	if _, start := inits[x.Name]; start || distributions[x.Name] != nil {
		return true
	}
	fl := c.scope.file
	if fl.entities[x.Name] != nil || fl.alias(x.Name) != nil || fl.missing {
		return true
	}
	if c.lookup(x.Name, x.Span()) != nil {
		return true
	}
	e := c.errorf(x.Span(), "unknown name %s", x.Name)
	names := c.known()
	for b := range bound {
		names = append(names, b)
	}
	c.unknown(e, x.Name, names)
	return false
}

// namesKnown reports names in an expression that stand for nothing.
func (c *ctx) namesKnown(x parser.Expr) bool {
	bound, known := map[string]bool{}, true
	walkExpr(x, func(n parser.Node) {
		boundIn(n, func(ids ...*parser.Ident) {
			for _, id := range ids {
				if id != nil {
					bound[id.Name] = true
				}
			}
		})
	})
	walkExpr(x, func(n parser.Node) { known = c.checkName(n, bound) && known })
	return known
}

// boundBy collects the names that a declaration binds anywhere inside.
func boundBy(d *parser.FuncDecl, bound map[string]bool) {
	add := func(ids ...*parser.Ident) {
		for _, id := range ids {
			if id != nil {
				bound[id.Name] = true
			}
		}
	}
	add(d.Name)
	for _, s := range d.Static {
		add(s.Name)
	}
	for _, p := range d.Params {
		add(p.Name)
		if p.Type != nil {
			for _, x := range p.Type.Dims {
				for _, n := range namesIn(x) {
					bound[n] = true
				}
			}
		}
	}
	walkBlock(d.Body, func(n parser.Node) {
		if f, ok := n.(*parser.FuncDecl); ok {
			boundBy(f, bound)
			return
		}
		boundIn(n, add)
	})
}

// boundIn adds the names that a node binds itself.
func boundIn(n parser.Node, add func(...*parser.Ident)) {
	binders := func(bs []*parser.Binder) {
		for _, b := range bs {
			add(b.Name)
		}
	}
	switch n := n.(type) {
	case *parser.LetStmt:
		add(n.Names...)
	case *parser.IndexStmt:
		add(n.Name)
		binders(n.Binders)
	case *parser.LoopStmt:
		add(n.Outs...)
		for _, g := range n.Gens {
			add(g.Name)
		}
		for _, k := range n.Carry {
			add(k.Name)
		}
	case *parser.OwnStmt:
		add(n.Names...)
	case *parser.RoleStmt:
		add(n.Name)
	case *parser.InstanceDecl:
		add(n.Name)
	case *parser.ConstDecl:
		for _, s := range n.Specs {
			add(s.Name)
		}
	case *parser.DimDecl:
		for _, s := range n.Specs {
			add(s.Name)
		}
	case *parser.Reduction:
		binders(n.Binders)
	}
}
