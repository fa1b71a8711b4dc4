package symbolic

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// gradientForm is what bpgen makes of the gradient of y by xs.
func gradientForm(t *testing.T, g *Graph, y *Node, xs ...*Node) (*Node, []*Node) {
	t.Helper()
	stable := g.Rewrite(Stability, append([]*Node{y}, xs...)...)
	raw := g.Gradient(stable[0], stable[1:]...)
	out := g.Rewrite(Final, append([]*Node{stable[0]}, raw...)...)
	if err := Check(g); err != nil {
		t.Fatal(err)
	}
	// Rewriting must not change the gradient.
	r := rand.New(rand.NewPCG(3, 4))
	dims := map[string]int{"batch": 3}
	for range 10 {
		env := inputsOf(r, dims, append(out, raw...)...)
		a, b := mustEval(t, env, raw...), mustEval(t, env, out[1:]...)
		for i := range a {
			for j := range a[i].Data {
				if !near(a[i].Data[j], b[i].Data[j], 1e-12) {
					t.Fatalf("gradient %d: %v becomes %v", i, a[i].Data, b[i].Data)
				}
			}
		}
	}
	return out[0], out[1:]
}

func wantForm(t *testing.T, want string, roots ...*Node) {
	t.Helper()
	want = strings.ReplaceAll(strings.TrimLeft(want, "\n"), "\t", "")
	if got := DumpString(roots...); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFormOfNeuron(t *testing.T) {
	g := NewGraph()
	z := g.Input(ArgInput, "z", nil, Real)
	one := g.Num(1)
	s := g.Div(one, g.Add(one, g.Apply(OpExp, nil, g.Neg(z))))
	_, d := gradientForm(t, g, s, z)
	wantForm(t, `
	%0 = input arg:z : [] real // z
	%1 = const 1 : [] real
	%2 = sigmoid %0 : [] real
	%3 = sub %1 %2 : [] real // ∂/∂(sigmoid)
	%4 = mul %2 %3 : [] real // ∂/∂(sigmoid)
	return %4
	`, d[0])
}

func crossEntropy(g *Graph, z, y *Node, shape Shape) *Node {
	p := g.Apply(OpSoftmax, Axes{len(shape)}, z)
	m := &Map{Shape: shape}
	for i := range shape {
		m.Index = append(m.Index, Axis(i))
	}
	m.Index = append(m.Index, Operand(0))
	return g.Neg(g.Apply(OpLog, nil, g.Access(p, m, y)))
}

func TestFormOfSoftmax(t *testing.T) {
	g := NewGraph()
	z, y := g.Input(ArgInput, "z", Shp(3), Real), g.Input(ArgInput, "y", nil, Integer)
	loss, d := gradientForm(t, g, crossEntropy(g, z, y, nil), z)
	wantForm(t, `
	%0 = input arg:z : [3] real // z
	%1 = input arg:y : [] int // y
	%2 = softmax %0 [0] : [3] real
	%3 = logsumexp %0 [0] : [] real
	%4 = access %0 %1 {[] <- [$0]} : [] real
	%5 = sub %3 %4 : [] real
	%6 = iota [0] : [3] int // ∂/∂(access)
	%7 = access %1 {[3] <- []} : [3] int // ∂/∂(access)
	%8 = ieq %6 %7 : [3] bool // ∂/∂(access)
	%9 = truth %8 : [3] real // ∂/∂z
	%10 = sub %2 %9 : [3] real // ∂/∂z
	return %5 %10
	`, loss, d[0])
}

func TestFormOfSoftmaxBatch(t *testing.T) {
	g := NewGraph()
	batch := Shape{Sym("batch")}
	w := g.Input(ParamInput, "W", Shp(3, 2), Real)
	x := g.Input(ArgInput, "x", Shape{batch[0], Int(2)}, Real)
	y := g.Input(ArgInput, "y", batch, Integer)
	full := Shape{batch[0], Int(3), Int(2)}
	z := g.Sum(g.Mul(g.Broadcast(w, full, 1, 2), g.Broadcast(x, full, 0, 2)), 2)
	g.SetName(z, "z")
	loss, d := gradientForm(t, g, g.Apply(OpMean, Axes{0}, crossEntropy(g, z, y, batch)), w, x)
	wantForm(t, `
	%0 = input param:W : [3, 2] real // W
	%1 = input arg:x : [batch, 2] real // x
	%2 = input arg:y : [batch] int // y
	%3 = access %0 {[batch, 3, 2] <- [#1, #2]} : [batch, 3, 2] real
	%4 = access %1 {[batch, 3, 2] <- [#0, #2]} : [batch, 3, 2] real
	%5 = mul %3 %4 : [batch, 3, 2] real
	%6 = sum %5 [2] : [batch, 3] real // z
	%7 = softmax %6 [1] : [batch, 3] real
	%8 = logsumexp %6 [1] : [batch] real
	%9 = access %6 %2 {[batch] <- [#0, $0]} : [batch] real
	%10 = sub %8 %9 : [batch] real
	%11 = mean %10 [0] : [] real
	%12 = const 1 : [] real
	%13 = size batch : [] int // ∂/∂(mean)
	%14 = real %13 : [] real // ∂/∂(mean)
	%15 = div %12 %14 : [] real // ∂/∂(div)
	%16 = access %15 {[batch, 3] <- []} : [batch, 3] real // ∂/∂(logsumexp)
	%17 = iota [1] : [batch, 3] int // ∂/∂(access)
	%18 = access %2 {[batch, 3] <- [#0]} : [batch, 3] int // ∂/∂(access)
	%19 = ieq %17 %18 : [batch, 3] bool // ∂/∂(access)
	%20 = truth %19 : [batch, 3] real // ∂/∂z
	%21 = sub %7 %20 : [batch, 3] real // ∂/∂z
	%22 = mul %16 %21 : [batch, 3] real // ∂/∂z
	%23 = access %22 {[batch, 3, 2] <- [#0, #1]} : [batch, 3, 2] real // ∂/∂z
	%24 = mul %23 %4 : [batch, 3, 2] real // ∂/∂(mul)
	%25 = sum %24 [0] : [3, 2] real // ∂/∂(access)
	%26 = mul %23 %3 : [batch, 3, 2] real // ∂/∂(mul)
	%27 = sum %26 [1] : [batch, 2] real // ∂/∂(access)
	return %11 %25 %27
	`, loss, d[0], d[1])
}

// The lecture's window scorer s = Uᵀσ(Wx + b) for a batch, by hand
// δ = U∘σ′(z), ∂s/∂W = δxᵀ, ∂s/∂b = δ, ∂s/∂x = Wᵀδ.
func TestFormOfScorer(t *testing.T) {
	g := NewGraph()
	u, w, b := g.Input(ParamInput, "U", Shp(4), Real), g.Input(ParamInput, "W", Shp(4, 3), Real), g.Input(ParamInput, "b", Shp(4), Real)
	x := g.Input(ArgInput, "x", Shp(3), Real)
	z := g.Add(g.Sum(g.Mul(w, g.Broadcast(x, w.Shape, 1)), 1), b)
	a := g.Apply(OpSigmoid, nil, z)
	g.SetName(a, "a")
	s := g.Sum(g.Mul(u, a), 0)
	_, d := gradientForm(t, g, s, u, w, b, x)
	wantForm(t, `
	%0 = input param:U : [4] real // U
	%1 = input param:W : [4, 3] real // W
	%2 = input param:b : [4] real // b
	%3 = input arg:x : [3] real // x
	%4 = access %3 {[4, 3] <- [#1]} : [4, 3] real
	%5 = mul %1 %4 : [4, 3] real
	%6 = sum %5 [1] : [4] real
	%7 = add %6 %2 : [4] real
	%8 = sigmoid %7 : [4] real // a
	%9 = const 1 : [4] real // ∂/∂a
	%10 = sub %9 %8 : [4] real // ∂/∂a
	%11 = mul %8 %10 : [4] real // ∂/∂a
	%12 = mul %0 %11 : [4] real // ∂/∂a
	%13 = access %12 {[4, 3] <- [#0]} : [4, 3] real // ∂/∂(sum)
	%14 = mul %13 %4 : [4, 3] real // ∂/∂(mul)
	%15 = mul %13 %1 : [4, 3] real // ∂/∂(mul)
	%16 = sum %15 [0] : [3] real // ∂/∂(access)
	return %8 %14 %12 %16
	`, d...)
}

// relu(x)·W summed over everything: the sum goes into the factors.
func TestFormOfFactoredSum(t *testing.T) {
	g := NewGraph()
	w, x := g.Input(ParamInput, "W", Shp(4, 3), Real), g.Input(ArgInput, "x", Shp(5, 3), Real)
	full := Shp(5, 4, 3)
	y := g.Sum(g.Mul(g.Broadcast(w, full, 1, 2), g.Broadcast(x, full, 0, 2)), 2)
	s, d := gradientForm(t, g, g.Sum(y, 0, 1), w, x)
	wantForm(t, `
	%0 = input param:W : [4, 3] real // W
	%1 = input arg:x : [5, 3] real // x
	%2 = sum %0 [0] : [3] real
	%3 = access %2 {[5, 3] <- [#1]} : [5, 3] real
	%4 = sum %1 [0] : [3] real
	%5 = mul %2 %4 : [3] real
	%6 = sum %5 [0] : [] real
	%7 = access %4 {[4, 3] <- [#1]} : [4, 3] real // ∂/∂(access)
	return %7 %3 %6
	`, append(d, s)...)
}

func TestFormOfHinge(t *testing.T) {
	g := NewGraph()
	a, b := g.Input(ArgInput, "a", Shape{Sym("batch")}, Real), g.Input(ArgInput, "b", Shape{Sym("batch")}, Real)
	l := g.Apply(OpMean, Axes{0}, g.Apply(OpMax, nil, g.Num(0), g.Add(g.Sub(g.Num(1), a), b)))
	s, d := gradientForm(t, g, l, a, b)
	wantForm(t, `
	%0 = input arg:a : [batch] real // a
	%1 = input arg:b : [batch] real // b
	%2 = const 1 : [] real
	%3 = const 1 : [batch] real
	%4 = sub %3 %0 : [batch] real
	%5 = add %4 %1 : [batch] real
	%6 = const 0 : [batch] real
	%7 = relu %5 : [batch] real
	%8 = mean %7 [0] : [] real
	%9 = size batch : [] int // ∂/∂(mean)
	%10 = real %9 : [] real // ∂/∂(mean)
	%11 = div %2 %10 : [] real // ∂/∂(div)
	%12 = access %11 {[batch] <- []} : [batch] real // ∂/∂(sum)
	%13 = lt %6 %7 : [batch] bool // ∂/∂(relu)
	%14 = select %13 %12 %6 : [batch] real // ∂/∂(relu)
	%15 = const -1 : [] real // ∂/∂(sub)
	%16 = div %15 %10 : [] real // ∂/∂(sub)
	%17 = access %16 {[batch] <- []} : [batch] real // ∂/∂(sub)
	%18 = select %13 %17 %6 : [batch] real // ∂/∂(sub)
	return %18 %14 %8
	`, append(d, s)...)
}
