package symbolic

import (
	"math"
	"math/big"
)

// OpExpm1 is eˣ − 1 without the loss of digits near 0.
var OpExpm1 = named("expm1")

// OpLog1p is log(1 + x) without the loss of digits near 0.
var OpLog1p = named("log1p")

func init() {
	Register(OpSpec{
		Name: "expm1", Doc: "eˣ − 1, accurate near 0.", Args: 1, Class: Elementwise, Builtin: true,
		Eval: of(math.Expm1),
		// y + 1 would have no digits left where eˣ is small.
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Apply(OpExp, nil, x) }),
		Go:      "math.Expm1", Math: "expm1(%s)",
		Oracle: func(x []float64) float64 { return bigSeries(x[0], func(n int64) (int64, int64) { return 1, n }) },
	})
	Register(OpSpec{
		Name: "log1p", Doc: "log(1 + x), accurate near 0.", Args: 1, Class: Elementwise, Builtin: true,
		Sign: ofFirst, Pole: unless(0, NotNegative),
		Eval:    of(math.Log1p),
		Partial: slope(func(g *Graph, x, y *Node) *Node { return g.Div(g.Like(1, x), g.Add(g.Num(1), x)) }),
		Go:      "math.Log1p", Math: "log1p(%s)", Domain: [][2]float64{{-0.9, 3}},
	})
}

// bigSeries sums x·Π(num/den) from n = 1 in 200 bits: term n is term n−1 times
// x·num(n)/den(n), term 0 is 1 and not part of the sum.
func bigSeries(x float64, ratio func(n int64) (num, den int64)) float64 {
	const bits = 200
	v := new(big.Float).SetPrec(bits).SetFloat64(x)
	term := new(big.Float).SetPrec(bits).SetInt64(1)
	sum := new(big.Float).SetPrec(bits)
	for n := int64(1); n < 200; n++ {
		num, den := ratio(n)
		term.Mul(term, v)
		term.Mul(term, new(big.Float).SetInt64(num))
		term.Quo(term, new(big.Float).SetInt64(den))
		sum.Add(sum, term)
	}
	f, _ := sum.Float64()
	return f
}
