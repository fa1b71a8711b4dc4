package loop

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// digits is a net large enough for tiles.
func digits() *module.Procedure { return classifier(32, 24, 10) }

func classifier(in, hidden, classes int) *module.Procedure {
	t := newNet("grad")
	x, y := t.arg("x", batched(in)), t.index("y", batched())
	W, b := t.param("W", hidden, in), t.param("b", hidden)
	U, c := t.param("U", classes, hidden), t.param("c", classes)
	h := t.stmt("h", "relu(dense(x))", func() *symbolic.Node { return t.dense("relu", W, b, x) })
	z := t.stmt("z", "dense(h)", func() *symbolic.Node {
		z := t.matvec(U, h)
		return t.g.Add(z, t.like(c, z))
	})
	nll := t.stmt("nll", "logsumexp(z) - z[y]", func() *symbolic.Node {
		zy := t.g.Access(z, &symbolic.Map{Shape: batched(), Index: []symbolic.Poly{symbolic.Axis(0), symbolic.Operand(0)}}, y)
		return t.g.Sub(t.g.Apply(symbolic.Lookup("logsumexp"), symbolic.Axes{1}, z), zy)
	})
	return t.gradients(t.meanOver(nll), W, b, U, c)
}

// randomNet is layers of all sorts on sequences and on vectors: products with
// weights and of examples with themselves, shortcuts, norms, masks.
func randomNet(rng *rand.Rand) *module.Procedure {
	t := newNet("grad")
	dims := []int{1, 2, 3, 5}
	dim := func() int { return dims[rng.IntN(len(dims))] }
	steps, width := dim(), dim()
	x := t.arg("x", batched(width))
	if rng.IntN(2) == 0 {
		x = t.arg("s", batched(steps, width))
	}
	var params []*symbolic.Node
	param := func(dims ...int) *symbolic.Node {
		p := t.param(fmt.Sprint("p", len(params)), dims...)
		params = append(params, p)
		return p
	}
	last := func(v *symbolic.Node) int { n, _ := v.Shape[len(v.Shape)-1].Const(); return n }
	dense := func(x *symbolic.Node, out int) *symbolic.Node {
		W := param(out, last(x))
		rank := len(x.Shape)
		shape := append(append(symbolic.Shape{}, x.Shape[:rank-1]...), symbolic.Int(out), x.Shape[rank-1])
		at := []int{0, 1}[:rank-1]
		return t.g.Sum(t.g.Mul(t.g.Broadcast(W, shape, rank-1, rank), t.g.Broadcast(x, shape, append(append([]int{}, at...), rank)...)), rank)
	}
	h := x
	for i := range 2 + rng.IntN(3) {
		rank := len(h.Shape)
		switch rng.IntN(6) {
		case 0, 1:
			z := dense(h, dim())
			b := param(last(z))
			h = t.apply([]string{"relu", "tanh", "sigmoid"}[rng.IntN(3)], t.g.Add(z, t.g.Broadcast(b, z.Shape, rank-1)))
		case 2: // a shortcut
			h = t.g.Add(h, t.apply("relu", dense(h, last(h))))
		case 3: // sum of two products
			n := dim()
			h = t.g.Add(dense(h, n), dense(t.apply("neg", h), n))
		case 4:
			h = t.g.Apply(symbolic.Lookup("softmax"), symbolic.Axes{rank - 1}, h)
		case 5: // attention
			if rank != 3 {
				continue
			}
			q, k := dense(h, 3), dense(h, 3)
			shape := symbolic.Shape{batch, h.Shape[1], h.Shape[1], symbolic.Int(3)}
			s := t.g.Sum(t.g.Mul(t.g.Broadcast(q, shape, 0, 1, 3), t.g.Broadcast(k, shape, 0, 2, 3)), 3)
			a := t.g.Apply(symbolic.Lookup("softmax"), symbolic.Axes{2}, s)
			shape = symbolic.Shape{batch, h.Shape[1], h.Shape[2], h.Shape[1]}
			h = t.g.Sum(t.g.Mul(t.g.Broadcast(a, shape, 0, 1, 3), t.g.Broadcast(h, shape, 0, 3, 2)), 3)
		}
		if rng.IntN(2) == 0 {
			t.g.SetName(h, fmt.Sprint("h", i))
		}
	}
	if rng.IntN(3) == 0 {
		t.result(module.OutputResult, "h", h)
	}
	loss := t.g.Mul(t.g.Num(0.5), t.g.Sum(t.apply("sin", h), symbolic.AllAxes(h)...))
	if len(params) > 0 && rng.IntN(2) == 0 {
		loss = t.g.Add(loss, t.g.Sum(t.g.Mul(params[0], params[0]), symbolic.AllAxes(params[0])...))
	}
	if rng.IntN(3) == 0 {
		params = append(params, x)
	}
	return t.gradients(loss, params...)
}

func TestRandomNets(t *testing.T) {
	count := 400
	if testing.Short() {
		count = 20
	}
	contracts, finished := 0, 0
	for seed := range count {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			make := func() *module.Procedure { return randomNet(rand.New(rand.NewPCG(uint64(seed), 3))) }
			for _, size := range []int{0, 1, 3} {
				compare(t, make(), map[string]int{"batch": size}, 2)
			}
			p, err := lowerWith(make(), tiling{size: 2, any: true})
			if err != nil {
				t.Fatal(err)
			}
			Walk(p.Body, func(s Stmt) {
				if c, ok := s.(*Contract); ok {
					contracts++
					if len(c.Epilogue) > 0 {
						finished++
					}
				}
			})
		})
	}
	if contracts < 2*count || finished < count/4 {
		t.Errorf("%d contractions, %d of them with an epilogue, are too few to say much", contracts, finished)
	}
}

// TestTiles: a batch of several tiles, of which the last is not full.
func TestTiles(t *testing.T) {
	for _, size := range []int{0, 1, 16, 35} {
		compareAs(t, digits(), tiling{size: 16}, map[string]int{"batch": size}, 10)
	}
}

// TestRowsFor: small nets take the usual tile; weights that do not fit the
// cache are read for more examples at a time, temporaries that do not for fewer.
func TestRowsFor(t *testing.T) {
	for _, c := range []struct{ each, weights, want int }{
		{606, 19210, 128},
		{1566, 669706, 256},
		{6222, 5824522, 512},
		{30_000, 1000, 16},
		{1_000_000, 1000, 16},
	} {
		if got := rowsFor(c.each, c.weights); got != c.want {
			t.Errorf("rowsFor(%d, %d) = %d, want %d", c.each, c.weights, got, c.want)
		}
	}
}
