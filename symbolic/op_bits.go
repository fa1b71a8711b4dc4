package symbolic

import (
	"math"
	"math/bits"
)

// Whole numbers as sets: bit j of i says whether j is in it, and there are 2^n
// sets of the numbers below n.
var (
	OpBit      = named("bit")
	OpPopcount = named("popcount")
	OpExp2     = named("iexp2")
)

func init() {
	Register(OpSpec{
		Name: "bit", Doc: "Whether bit j of i is set; of no bit below 0.", Args: 2, Class: Elementwise,
		In: []Type{Integer}, Out: Boolean,
		Eval: func(x []float64) float64 {
			return truth(x[1] >= 0 && math.Mod(math.Floor(x[0]/math.Exp2(x[1])), 2) != 0)
		},
		Go: "bit", Math: "bit(%s, %s)", Domain: [][2]float64{{-9, 70}, {-1, 9}},
	})
	Register(OpSpec{
		Name: "popcount", Doc: "How many bits of |i| are set.", Args: 1, Class: Elementwise,
		In: []Type{Integer}, Out: Integer,
		Eval: func(x []float64) float64 { return float64(bits.OnesCount64(uint64(math.Abs(x[0])))) },
		Go:   "popcount", Math: "popcount(%s)", Domain: [][2]float64{{-70, 70}},
	})
	Register(OpSpec{
		Name: "iexp2", Doc: "2ⁿ as a whole number, where it is one of at most 62 bits; else 0.", Args: 1, Class: Elementwise,
		In: []Type{Integer}, Out: Integer,
		Eval: func(x []float64) float64 {
			if x[0] < 0 || x[0] > 61 {
				return 0
			}
			return math.Exp2(x[0])
		},
		Go: "exp2", Math: "2^%s", Prec: 7, Domain: [][2]float64{{-2, 20}},
	})
}
