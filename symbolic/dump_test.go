package symbolic

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
)

func TestDump(t *testing.T) {
	g := NewGraph()
	x := g.Input(ArgInput, "x", Shape{Sym("batch"), Int(4)}, Real)
	at := diag.Span{Pos: diag.Pos{File: "m.bp", Line: 7, Col: 1}}
	g.At(Origin{Span: at, Stmt: "a = sigmoid(2*x)"})
	a := g.Apply(OpSigmoid, nil, g.Mul(g.Num(2), x))
	g.SetName(a, "a")
	d := g.Rewrite(Simplify, g.Gradient(g.Sum(a, 0, 1), x)[0])[0]
	wantForm(t, `
	%0 = input arg:x : [batch, 4] real // x
	%1 = const 2 : [batch, 4] real // a = sigmoid(2*x)   m.bp:7
	%2 = mul %1 %0 : [batch, 4] real // a = sigmoid(2*x)   m.bp:7
	%3 = sigmoid %2 : [batch, 4] real // a = sigmoid(2*x)   m.bp:7
	%4 = const 1 : [batch, 4] real // ∂/∂a   a = sigmoid(2*x)   m.bp:7
	%5 = sub %4 %3 : [batch, 4] real // ∂/∂a   a = sigmoid(2*x)   m.bp:7
	%6 = mul %3 %5 : [batch, 4] real // ∂/∂a   a = sigmoid(2*x)   m.bp:7
	%7 = mul %1 %6 : [batch, 4] real // ∂/∂(mul)   a = sigmoid(2*x)   m.bp:7
	return %7
	`, d)
}

func TestRenderOps(t *testing.T) {
	text := RenderOps()
	for _, op := range Ops() {
		if !strings.Contains(text, "| "+op.Name+" |") && !strings.Contains(text, "| **"+op.Name+"** |") {
			t.Errorf("%s is missing", op.Name)
		}
	}
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "|") && strings.Count(strings.ReplaceAll(line, "\\|", ""), "|") != 6 {
			t.Errorf("line %d has not five cells: %s", i+1, line)
		}
		if strings.Contains(line, "%!") {
			t.Errorf("line %d: %s", i+1, line)
		}
	}
	if committed, err := os.ReadFile("../docs/ops.md"); err == nil && string(committed) != text {
		t.Error("docs/ops.md is not what RenderOps gives")
	}
}

func TestCheckFindsFaults(t *testing.T) {
	for name, spoil := range map[string]func(g *Graph, n *Node){
		"number":   func(g *Graph, n *Node) { n.ID++ },
		"shape":    func(g *Graph, n *Node) { n.Shape = Shp(9) },
		"type":     func(g *Graph, n *Node) { n.Type = Integer },
		"order":    func(g *Graph, n *Node) { n.Args = []*Node{n, n} },
		"operator": func(g *Graph, n *Node) { n.Op = &OpSpec{Name: "ghost"} },
		"arity":    func(g *Graph, n *Node) { n.Args = n.Args[:1] },
	} {
		g := NewGraph()
		n := g.Add(sample(g, "x", 3), sample(g, "y", 3))
		if err := Check(g); err != nil {
			t.Fatal(err)
		}
		if spoil(g, n); Check(g) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

func ExampleDump() {
	g := NewGraph()
	x := g.Input(ArgInput, "x", nil, Real)
	y := g.Input(ArgInput, "y", nil, Real)
	z := g.Input(ArgInput, "z", nil, Real)
	f := g.Mul(g.Add(x, y), z)
	g.SetName(f, "f")
	fmt.Print(DumpString(g.Rewrite(Final, g.Gradient(f, x, y, z)...)...))
	// Output:
	// %0 = input arg:x : [] real // x
	// %1 = input arg:y : [] real // y
	// %2 = input arg:z : [] real // z
	// %3 = add %0 %1 : [] real
	// return %2 %2 %3
}
