// Tuned prints by how many units in the last place the tuned functions are off
// at worst, and fails where that is more than it may be.
package main

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"strconv"
)

var failed bool

func fail(format string, args ...any) {
	failed = true
	fmt.Printf(format+"\n", args...)
}

func main() {
	every, err := strconv.ParseUint(os.Args[1], 10, 32)
	if err != nil {
		panic(err)
	}
	for _, f := range []struct {
		name string
		got  func(float32) float32
		want func(float64) float64
		ulp  float64
	}{
		{"expF32", expF32, math.Exp, 0.6},
		{"expm1F32", expm1F32, math.Expm1, 0.8},
		{"sigmoidF32", sigmoidF32, sigmoid, 0.6},
		{"tanhF32", tanhF32, math.Tanh, 0.8},
		{"logF32", logF32, math.Log, 0.6},
		{"log1pF32", log1pF32, math.Log1p, 0.6},
		{"erfF32", erfF32, math.Erf, 0.6},
		{"sinF32", sinF32, math.Sin, 0.7},
		{"cosF32", cosF32, math.Cos, 0.7},
	} {
		worst, at := 0.0, 0.0
		try := func(u uint32) {
			x := math.Float32frombits(u)
			got, want := f.got(x), f.want(float64(x))
			if off := units(float64(got), want, want-float64(float32(want)), 24, -149, math.MaxFloat32); off > worst {
				worst, at = off, float64(x)
			}
		}
		for u := uint64(0); u < 1<<32; u += every {
			try(uint32(u))
		}
		for _, u := range []uint32{0, 1, 0x7f7fffff, 0x7f800000, 0x7fc00000} {
			try(u)
			try(u | 1<<31)
		}
		fmt.Printf("%-10s %.3f at %g\n", f.name, worst, at)
		if worst > f.ulp {
			fail("%s may be off by %g", f.name, f.ulp)
		}
	}
	one := big.NewFloat(1).SetPrec(bits)
	for _, f := range []struct {
		name string
		got  func(float64) float64
		want func(x, e *big.Float) *big.Float // by e²ˣ
		ulp  float64
	}{
		{"expF64", expF64, func(x, e *big.Float) *big.Float { return number().Sqrt(e) }, 0.6},
		{"sigmoidF64", sigmoidF64, func(x, e *big.Float) *big.Float {
			e = number().Sqrt(e)
			return number().Quo(e, number().Add(e, one))
		}, 2},
		{"tanhF64", tanhF64, func(x, e *big.Float) *big.Float {
			return number().Quo(number().Sub(e, one), number().Add(e, one))
		}, 2.4},
	} {
		worst, at := 0.0, 0.0
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 4000 {
			x := (2*r.Float64() - 1) * math.Exp2(float64(i%40-30))
			exact := number().SetFloat64(x)
			want := f.want(exact, twice(exact))
			w, _ := want.Float64()
			rest, _ := number().Sub(want, number().SetFloat64(w)).Float64()
			if off := units(f.got(x), w, rest, 53, -1074, math.MaxFloat64); off > worst {
				worst, at = off, x
			}
		}
		fmt.Printf("%-10s %.3f at %g\n", f.name, worst, at)
		if worst > f.ulp {
			fail("%s may be off by %g", f.name, f.ulp)
		}
	}
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name           string
		got, arg, want float64
	}{
		{"expF64", expF64(inf), inf, inf}, {"expF64", expF64(-inf), -inf, 0}, {"expF64", expF64(nan), nan, nan},
		{"expF64", expF64(-745), -745, math.Exp(-745)}, {"expF64", expF64(710), 710, inf},
		{"sigmoidF64", sigmoidF64(inf), inf, 1}, {"sigmoidF64", sigmoidF64(-inf), -inf, 0}, {"sigmoidF64", sigmoidF64(nan), nan, nan},
		{"sigmoidF64", sigmoidF64(-745), -745, math.Exp(-745)},
		{"tanhF64", tanhF64(inf), inf, 1}, {"tanhF64", tanhF64(-inf), -inf, -1}, {"tanhF64", tanhF64(nan), nan, nan},
		{"tanhF64", tanhF64(0), 0, 0}, {"tanhF64", tanhF64(-1 / inf), -1 / inf, -1 / inf},
		{"tanhF64", tanhF64(5e-324), 5e-324, 5e-324},
	} {
		if !same(c.got, c.want) {
			fail("%s(%g) is %g, want %g", c.name, c.arg, c.got, c.want)
		}
	}
	if failed {
		os.Exit(1)
	}
}

func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

func same(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || a == b && math.Signbit(a) == math.Signbit(b)
}

// units returns how far got is from want, in units of the last of digits places
// of want; rest is what want lacks when it is rounded. The last place is not
// below 2^least. Above most a number is infinite.
func units(got, want, rest float64, digits, least int, most float64) float64 {
	if digits == 24 {
		if w := float64(float32(want)); w == 0 || math.IsInf(w, 0) || math.IsNaN(w) {
			if same(got, w) {
				return 0
			}
			return math.Inf(1)
		}
		rest = 0
	}
	if math.IsNaN(got) || math.IsInf(got, 0) {
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	return math.Abs((got-want)-rest) / math.Ldexp(1, max(e-digits, least))
}

const bits = 300

func number() *big.Float { return new(big.Float).SetPrec(bits) }

// twice returns e²ˣ.
func twice(x *big.Float) *big.Float {
	const halvings = 40
	y := number().SetMantExp(x, 1-halvings)
	term, sum := number().SetInt64(1), number().SetInt64(1)
	for n := int64(1); n < 40; n++ {
		term.Mul(term, y)
		term.Quo(term, number().SetInt64(n))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}
