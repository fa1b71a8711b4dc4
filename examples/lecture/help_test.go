package lecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// sigmoid is f of the lecture; f′ = f(1 − f).
func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// mul returns W·x for a matrix of len(x) columns.
func mul(W, x []float64) []float64 {
	y := make([]float64, len(W)/len(x))
	for i := range y {
		for j, v := range x {
			y[i] += W[i*len(x)+j] * v
		}
	}
	return y
}

// mulT returns Wᵀ·d for a matrix of len(d) rows.
func mulT(W, d []float64) []float64 {
	y := make([]float64, len(W)/len(d))
	for i, v := range d {
		for j := range y {
			y[j] += W[i*len(y)+j] * v
		}
	}
	return y
}

// outer returns the matrix d·aᵀ.
func outer(d, a []float64) []float64 {
	var m []float64
	for _, x := range d {
		for _, y := range a {
			m = append(m, x*y)
		}
	}
	return m
}

// zip returns f of the elements of a and b in pairs.
func zip(a, b []float64, f func(x, y float64) float64) []float64 {
	c := make([]float64, len(a))
	for i := range a {
		c[i] = f(a[i], b[i])
	}
	return c
}

func add(x, y float64) float64 { return x + y }
func sub(x, y float64) float64 { return x - y }

// backSigmoid is δ∘f′(z) for the sigmoid, given a = f(z).
func backSigmoid(d, a float64) float64 { return d * a * (1 - a) }

// backTanh is the same for tanh.
func backTanh(d, a float64) float64 { return d * (1 - a*a) }

// each returns f of each element.
func each(f func(float64) float64, x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(v)
	}
	return y
}

// accumulate adds k·x to sum.
func accumulate(sum []float64, k float64, x []float64) {
	for i, v := range x {
		sum[i] += k * v
	}
}

// square returns Σ x².
func square(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v * v
	}
	return s
}

// softmax returns e^z, scaled so that its sum is 1.
func softmax(z []float64) []float64 {
	p, sum := each(math.Exp, z), 0.0
	for _, v := range p {
		sum += v
	}
	return each(func(v float64) float64 { return v / sum }, p)
}

// numbers returns n numbers of a normal distribution, the same each time.
func numbers(n int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 0))
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// near wants two tensors to agree to 12 digits of the largest element, and of
// 0.001 where all are smaller: what cancels leaves its rounding.
func near(t *testing.T, name string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d elements, want %d", name, len(got), len(want))
	}
	most := 1e-3
	for _, v := range want {
		most = max(most, math.Abs(v))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-12*most) {
			t.Errorf("%s[%d] is %.15g, want %.15g", name, i, got[i], want[i])
			return
		}
	}
}

// generated returns a func or method of the generated package; recv is "" for
// a func.
func generated(t *testing.T, recv, name string) *ast.FuncDecl {
	t.Helper()
	files, err := filepath.Glob("../../generated/lecture/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Name.Name == name && receiver(d) == recv {
				return d
			}
		}
	}
	t.Fatalf("generated/lecture has no %s.%s", recv, name)
	return nil
}

// receiver returns the name of a method's type, or "".
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	x := d.Recv.List[0].Type
	if p, ok := x.(*ast.StarExpr); ok {
		x = p.X
	}
	return x.(*ast.Ident).Name
}

// calls counts the calls in a func by the name of what is called, whether of
// math or a helper.
func calls(d *ast.FuncDecl) map[string]int {
	count := map[string]int{}
	ast.Inspect(d, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			count[f.Name]++
		case *ast.SelectorExpr:
			count[f.Sel.Name]++
		}
		return true
	})
	return count
}
