package symbolic

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// wellMade returns a matrix that is far from singular, symmetric or not, for each
// of the leading indices.
func wellMade(r *rand.Rand, lead, n int, symmetric bool) *Tensor {
	t := NewTensor(lead, n, n)
	for b := range lead {
		at := func(i, j int) *float64 { return &t.Data[(b*n+i)*n+j] }
		for i := range n {
			for j := range n {
				*at(i, j) = r.NormFloat64() / 2
			}
		}
		for i := range n {
			if symmetric {
				for j := range i {
					*at(i, j) = *at(j, i)
				}
				*at(i, i) += 4
			} else { // rows have to change places
				*at(i, (i+1)%n) += 3
			}
		}
	}
	return t
}

// A linearAlgebra is an operator on matrices and what must be 0 by its definition.
type linearAlgebra struct {
	name      string
	symmetric bool
	residual  func(g *Graph, a, b *Node) (value, zero *Node)
}

func linearAlgebras() []linearAlgebra {
	return []linearAlgebra{
		{"cholesky", true, func(g *Graph, a, b *Node) (*Node, *Node) {
			l := g.Apply(OpCholesky, nil, a)
			return l, g.Sub(g.matrixProduct(l, g.turned(l)), a)
		}},
		{"lsolve", false, func(g *Graph, a, b *Node) (*Node, *Node) {
			x := g.trisolve(a, b, true)
			return x, g.Sub(g.matrixProduct(g.triangle(a, true, false), x), b)
		}},
		{"usolve", false, func(g *Graph, a, b *Node) (*Node, *Node) {
			x := g.trisolve(a, b, false)
			return x, g.Sub(g.matrixProduct(g.triangle(a, false, false), x), b)
		}},
		{"solve", false, func(g *Graph, a, b *Node) (*Node, *Node) {
			x := g.Apply(OpSolve, nil, a, b)
			return x, g.Sub(g.matrixProduct(a, x), b)
		}},
		{"det", false, func(g *Graph, a, b *Node) (*Node, *Node) {
			// det(A·A) = det(A)²
			d := g.Apply(OpDet, nil, a)
			return d, g.Sub(g.Apply(OpDet, nil, g.matrixProduct(a, a)), g.Mul(d, d))
		}},
		{"logdet", false, func(g *Graph, a, b *Node) (*Node, *Node) {
			d := g.Apply(OpLogDet, nil, a)
			return d, g.Sub(g.Apply(OpLog, nil, g.Apply(OpAbs, nil, g.Apply(OpDet, nil, a))), d)
		}},
	}
}

// TestLinearAlgebra checks each operator by what it is to give, and its
// derivatives with differences and against each other.
func TestLinearAlgebra(t *testing.T) {
	for _, c := range linearAlgebras() {
		for _, n := range []int{0, 1, 2, 3, 5} {
			t.Run(fmt.Sprint(c.name, n), func(t *testing.T) {
				if err := c.fault(n); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func (c *linearAlgebra) fault(n int) error {
	r := rand.New(rand.NewPCG(12, uint64(n)))
	g := NewGraph()
	a := g.Input(ArgInput, "a", Shp(2, n, n), Real)
	b := g.Input(ArgInput, "b", Shp(2, n, 3), Real)
	y, zero := c.residual(g, a, b)
	env := inputsOf(r, nil, a, b)
	env.Inputs["arg:a"] = wellMade(r, 2, n, c.symmetric)
	if c.name == "lsolve" || c.name == "usolve" { // a small diagonal makes it ill-posed
		for i := range 2 * n {
			env.Inputs["arg:a"].Data[i*n+i%n] += 3
		}
	}
	out, err := Eval(env, zero)
	if err != nil {
		return err
	}
	for _, v := range out[0].Data {
		if !near(v, 0, 1e-10) {
			return fmt.Errorf("what should be 0 is %v", v)
		}
	}
	xs := []*Node{a}
	if len(y.Args) > 1 {
		xs = append(xs, b)
	}
	if n > 0 {
		if err := gradientFault(r, g, env, y, xs, 2); err != nil {
			return err
		}
	}
	return Check(g)
}
