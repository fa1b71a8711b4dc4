package lecture

import (
	"go/ast"
	"go/token"
	"math"
	"testing"

	"github.com/bpgen/bpgen/generated/lecture"
)

// TestCircuit is f = (x + y)z at (−2, 5, −4).
func TestCircuit(t *testing.T) {
	if f := lecture.Circuit(-2, 5, -4); f != -12 {
		t.Errorf("f is %v, want -12", f)
	}
	f, dx, dy, dz := lecture.CircuitGrad(-2, 5, -4)
	if f != -12 || dx != -4 || dy != -4 || dz != 3 {
		t.Errorf("f is %v and its gradient (%v, %v, %v), want -12 and (-4, -4, 3)", f, dx, dy, dz)
	}
}

// TestNeuron is the sigmoid neuron at w = (2, −3, −3), x = (−1, −2).
func TestNeuron(t *testing.T) {
	w, x := [3]float64{2, -3, -3}, [2]float64{-1, -2}
	var dw [3]float64
	var dx [2]float64
	f := lecture.NeuronGrad(&w, &x, &dw, &dx)
	if math.Abs(f-0.73) > 0.005 || f != lecture.Neuron(&w, &x) {
		t.Errorf("f is %v, want 0.73", f)
	}
	// The lecture rounds 0.1966 to 0.20.
	s := f * (1 - f)
	if math.Abs(s-0.20) > 0.005 {
		t.Errorf("σ(1 − σ) is %v, want 0.20", s)
	}
	near(t, "dw", dw[:], []float64{s * -1, s * -2, s})
	near(t, "dx", dx[:], []float64{s * 2, s * -3})
}

// TestNeuronBackward wants the naive 1/(1 + e^−z) to be one sigmoid in the
// generated code, and its derivative σ(1 − σ), with no other exponential.
func TestNeuronBackward(t *testing.T) {
	d := generated(t, "", "NeuronGrad")
	c := calls(d)
	if c["sigmoid"] != 1 || c["exp"]+c["Exp"] != 0 {
		t.Errorf("NeuronGrad calls %v, want one sigmoid and no exp", c)
	}
	if !hasSigmaOneMinusSigma(d) {
		t.Error("NeuronGrad has no v * (1 - v)")
	}
}

// hasSigmaOneMinusSigma looks for v * (1 - v).
func hasSigmaOneMinusSigma(d *ast.FuncDecl) bool {
	found := false
	ast.Inspect(d, func(n ast.Node) bool {
		times, ok := n.(*ast.BinaryExpr)
		if !ok || times.Op != token.MUL {
			return true
		}
		v, ok1 := times.X.(*ast.Ident)
		in, ok2 := times.Y.(*ast.ParenExpr)
		if !ok1 || !ok2 {
			return true
		}
		minus, ok := in.X.(*ast.BinaryExpr)
		if !ok || minus.Op != token.SUB {
			return true
		}
		one, ok1 := minus.X.(*ast.BasicLit)
		w, ok2 := minus.Y.(*ast.Ident)
		found = found || ok1 && ok2 && one.Value == "1" && w.Name == v.Name
		return true
	})
	return found
}

// TestPaths sums over the successors of a by hand: with b = a·x, c = e^a and
// f = b·c + a, the adjoint of a is c·x (through b) + b·c (through c) + 1.
func TestPaths(t *testing.T) {
	for _, p := range [][2]float64{{0.3, 0.4}, {-1.5, 0.25}, {2, -0.7}} {
		x, y := p[0], p[1]
		a := math.Tanh(x + y)
		b, c := a*x, math.Exp(a)
		da := c*x + b*c + 1
		dsum := da * (1 - a*a)
		f, dx, dy := lecture.PathsGrad(x, y)
		near(t, "f, dx, dy", []float64{f, dx, dy}, []float64{b*c + a, dsum + c*a, dsum})
	}
}

// TestPathsOnce wants nothing to be computed twice, neither of what the
// backward pass shares with the forward pass nor of what paths share.
func TestPathsOnce(t *testing.T) {
	d := generated(t, "", "PathsGrad")
	c := calls(d)
	if c["Tanh"]+c["tanh"] != 1 || c["Exp"]+c["exp"] != 1 {
		t.Errorf("PathsGrad calls %v, want one tanh and one exp", c)
	}
	sums := 0
	ast.Inspect(d, func(n ast.Node) bool {
		if e, ok := n.(*ast.BinaryExpr); ok && e.Op == token.ADD {
			x, ok1 := e.X.(*ast.Ident)
			y, ok2 := e.Y.(*ast.Ident)
			if ok1 && ok2 && x.Name == "x" && y.Name == "y" {
				sums++
			}
		}
		return true
	})
	if sums != 1 {
		t.Errorf("PathsGrad computes x + y %d times, want once", sums)
	}
}
