package symbolic

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// A pattern is a term over elementwise operators.
type pattern struct {
	op      *OpSpec // nil: a variable or a number
	args    []*pattern
	v       int // the variable's number; −1: a number
	num     float64
	ordered bool
}

// A Binding says which nodes the variables of a rule stand for.
type Binding struct {
	rule  *Rule
	nodes []*Node
}

// Get returns the node that a variable stands for.
func (b *Binding) Get(name string) *Node { return b.nodes[slices.Index(b.rule.vars, name)] }

// Const returns the value of a variable that stands for a constant.
func (b *Binding) Const(name string) (float64, bool) { return ConstValue(b.Get(name)) }

func (r *Rule) compile() error {
	var err error
	if r.from, err = r.parse(r.From, true); err != nil {
		return err
	}
	if r.from.op == nil {
		return fmt.Errorf("pattern %s has no operator", r.From)
	}
	r.to, err = r.parse(r.To, false)
	return err
}

func (r *Rule) parse(text string, binds bool) (*pattern, error) {
	e, err := parser.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	return r.term(e, binds)
}

var prefixOps = map[token.Token]string{token.SUB: "neg", token.NOT: "not"}

var infixOps = map[token.Token]string{
	token.ADD: "add", token.SUB: "sub", token.MUL: "mul", token.QUO: "div",
	token.LSS: "lt", token.LEQ: "le", token.EQL: "eq", token.NEQ: "ne",
	token.LAND: "and", token.LOR: "or",
}

func (r *Rule) term(e ast.Expr, binds bool) (*pattern, error) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return r.term(e.X, binds)
	case *ast.BasicLit:
		v, err := strconv.ParseFloat(e.Value, 64)
		return &pattern{v: -1, num: v}, err
	case *ast.Ident:
		i := slices.Index(r.vars, e.Name)
		if i < 0 && !binds {
			return nil, fmt.Errorf("%s is not bound", e.Name)
		}
		if i < 0 {
			i = len(r.vars)
			r.vars = append(r.vars, e.Name)
		}
		return &pattern{v: i}, nil
	case *ast.UnaryExpr:
		if lit, ok := e.X.(*ast.BasicLit); ok && e.Op == token.SUB {
			v, err := strconv.ParseFloat(lit.Value, 64)
			return &pattern{v: -1, num: -v}, err
		}
		return r.call(prefixOps[e.Op], []ast.Expr{e.X}, binds)
	case *ast.BinaryExpr:
		return r.call(infixOps[e.Op], []ast.Expr{e.X, e.Y}, binds)
	case *ast.CallExpr:
		name, _ := e.Fun.(*ast.Ident)
		if name == nil {
			break
		}
		return r.call(name.Name, e.Args, binds)
	}
	return nil, fmt.Errorf("cannot read %T", e)
}

func (r *Rule) call(name string, args []ast.Expr, binds bool) (*pattern, error) {
	op := Lookup(strings.ToLower(name)) // select is a keyword: Select
	switch {
	case op == nil || op.Name == "":
		return nil, fmt.Errorf("no operator %q", name)
	case op.Class != Elementwise || op.Args != len(args):
		return nil, fmt.Errorf("%s of %d arguments cannot stand in a pattern", name, len(args))
	}
	p := &pattern{op: op, ordered: r.Ordered || !op.Commutes}
	for _, a := range args {
		t, err := r.term(a, binds)
		if err != nil {
			return nil, err
		}
		p.args = append(p.args, t)
	}
	return p, nil
}

// match binds the pattern's variables so that it is n and calls k; where k
// says no it looks for other ways.
func (p *pattern) match(n *Node, b *Binding, k func() bool) bool {
	switch {
	case p.op != nil:
		if n.Op != p.op || n.Attr != nil {
			return false
		}
		if matchAll(p.args, n.Args, b, k) {
			return true
		}
		return !p.ordered && matchAll(p.args, []*Node{n.Args[1], n.Args[0]}, b, k)
	case p.v < 0:
		v, ok := ConstValue(n)
		return ok && v == p.num && k()
	case b.nodes[p.v] != nil:
		return b.nodes[p.v] == n && k()
	}
	b.nodes[p.v] = n
	if k() {
		return true
	}
	b.nodes[p.v] = nil
	return false
}

func matchAll(ps []*pattern, ns []*Node, b *Binding, k func() bool) bool {
	if len(ps) == 0 {
		return k()
	}
	return ps[0].match(ns[0], b, func() bool { return matchAll(ps[1:], ns[1:], b, k) })
}

// build makes the term in the shape of n, which it replaces.
func (p *pattern) build(g *Graph, n *Node, typ Type, b *Binding) *Node {
	switch {
	case p.op != nil:
		args := make([]*Node, len(p.args))
		for i, a := range p.args {
			args[i] = a.build(g, n, p.op.ArgType(i), b)
		}
		return g.Apply(p.op, nil, args...)
	case p.v < 0:
		return g.Const(p.num, n.Shape, typ)
	}
	return b.nodes[p.v]
}
