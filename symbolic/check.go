package symbolic

import "fmt"

// Check holds a graph against what must always be true of it: a node's number
// is its place, its arguments are nodes of the same graph that come before it,
// its operator gives the shape and type that it has, its attribute is one that
// its operator takes, and no other node is the same.
func Check(g *Graph) error {
	seen := make(map[string]int, len(g.nodes))
	for i, n := range g.nodes {
		if err := g.checkNode(i, n); err != nil {
			return fmt.Errorf("%%%d (%s): %w", i, n.Op.Name, err)
		}
		key := identity(n.Op, n.Args, n.Attr, n.Shape, n.Type)
		if j, ok := seen[key]; ok {
			return fmt.Errorf("%%%d and %%%d are the same", j, i)
		}
		seen[key] = i
		if g.byKey[key] != n {
			return fmt.Errorf("%%%d (%s): is not found by what it is", i, n.Op.Name)
		}
	}
	return nil
}

func (g *Graph) checkNode(i int, n *Node) error {
	if n.ID != i {
		return fmt.Errorf("has number %d", n.ID)
	}
	if n.Op.Name == "" || Lookup(n.Op.Name) != n.Op && n.Op.Foreign == nil {
		return fmt.Errorf("operator is not in the table")
	}
	for _, a := range n.Args {
		if a == nil || a.ID >= n.ID || g.nodes[a.ID] != a {
			return fmt.Errorf("an argument does not come before it")
		}
	}
	for _, d := range n.Shape {
		for _, s := range d.Syms() {
			if s[0] == '#' || s[0] == '$' || s[0] == '@' {
				return fmt.Errorf("shape %s mentions an index", n.Shape)
			}
		}
	}
	if m, ok := n.Attr.(*Map); ok {
		if err := m.check(n); err != nil {
			return err
		}
	}
	if err := g.checkBody(n); err != nil {
		return err
	}
	if n.Op.Class == Leaf {
		return nil
	}
	shape, typ, err := n.Op.Infer(n.Attr, n.Args)
	if err != nil {
		return err
	}
	if !shape.Equal(n.Shape) || typ != n.Type {
		return fmt.Errorf("is %s %s, its operator gives %s %s", n.Type, n.Shape, typ, shape)
	}
	return nil
}

// check reports an index that mentions axes or operands that there are none of.
func (m *Map) check(n *Node) error {
	rank := len(n.Shape)
	if n.Op.Class == Scatter {
		rank = len(n.Args[0].Shape)
	}
	exprs := append([]Poly(nil), m.Index...)
	for _, c := range m.Guard {
		if c.Kind == Divides && c.Mod <= 0 {
			return fmt.Errorf("guard %s", c)
		}
		exprs = append(exprs, c.E)
	}
	for _, e := range exprs {
		for _, s := range e.Syms() {
			if a, ok := axisOf(s); ok && a >= rank {
				return fmt.Errorf("index %s has no axis %d", e, a)
			}
			if k, ok := OperandOf(s); ok && k >= len(n.Args)-1 {
				return fmt.Errorf("index %s has no operand %d", e, k)
			}
			if s[0] == '@' {
				return fmt.Errorf("index %s is not solved", e)
			}
		}
	}
	return nil
}

// checkBody reports what a body mentions that it must not: values from outside
// that are no formal arguments of it.
func (g *Graph) checkBody(n *Node) error {
	l, ok := n.Attr.(*Loop)
	if p, is := n.Attr.(*Part); is && len(n.Args) == 1 {
		l, ok = n.Args[0].Attr.(*Loop)
		if p.Of.ID >= n.ID {
			return fmt.Errorf("body does not come before it")
		}
	}
	if !ok {
		return nil
	}
	own := map[*Node]bool{l.Index: true}
	for _, f := range l.Formals() {
		own[f] = true
	}
	for _, m := range Reachable(bodyOf(n)...) {
		if m.ID >= n.ID {
			return fmt.Errorf("body does not come before it")
		}
		if m.Op == OpInput || m.Op == OpFormal && !own[m] {
			return fmt.Errorf("body mentions %%%d (%s %s) from outside", m.ID, m.Op.Name, m.Name)
		}
	}
	return nil
}
