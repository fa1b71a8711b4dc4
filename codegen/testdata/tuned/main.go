// Tuned prints by how many units in the last place the tuned functions are off
// at worst, and fails where that is more than it may be.
package main

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
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
	one := big.NewFloat(1).SetPrec(digits)
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
	strict()
	if failed {
		os.Exit(1)
	}
}

// strict compares the functions of strict packages with the values in strict.txt.
func strict() {
	one := map[string]struct {
		f   func(float64) float64
		ulp float64
	}{
		"Exp": {strictExp, 1.1}, "Exp2": {strictExp2, 0.6}, "Expm1": {strictExpm1, 2}, "Log": {strictLog, 0.51}, "Log2": {strictLog2, 0.51},
		"Log10": {strictLog10, 0.51}, "Log1p": {strictLog1p, 0.6}, "Sinh": {strictSinh, 2.5}, "Cosh": {strictCosh, 1.5}, "Tanh": {strictTanh, 2.4},
		"Asinh": {strictAsinh, 2}, "Acosh": {strictAcosh, 2}, "Atanh": {strictAtanh, 2}, "Cbrt": {strictCbrt, 1}, "Sin": {strictSin, 0.8},
		"Cos": {strictCos, 0.8}, "Tan": {strictTan, 2}, "Asin": {strictAsin, 2}, "Acos": {strictAcos, 1.5}, "Atan": {strictAtan, 1.5},
		"Erf": {strictErf, 2}, "Erfc": {strictErfc, 3}, "Lgamma": {func(x float64) float64 { y, _ := strictLgamma(x); return y }, 4},
		// Of the largest value of a wave, since they are sums of such.
		"J0": {strictJ0, 4}, "J1": {strictJ1, 4}, "Y0": {strictY0, 4}, "Y1": {strictY1, 4},
	}
	two := map[string]struct {
		f   func(x, y float64) float64
		ulp float64
	}{"Pow": {strictPow, 0.6}, "Atan2": {strictAtan2, 1.5}, "Hypot": {strictHypot, 0.51}}
	data, err := os.ReadFile("strict.txt")
	if err != nil {
		panic(err)
	}
	worst := map[string]float64{}
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		name := words[0]
		var xs []float64
		for _, w := range words[1:] {
			x, err := strconv.ParseFloat(w, 64)
			if err != nil {
				panic(err)
			}
			xs = append(xs, x)
		}
		n := len(xs)
		var got, ulp float64
		if n == 4 {
			got, ulp = two[name].f(xs[0], xs[1]), two[name].ulp
		} else {
			got, ulp = one[name].f(xs[0]), one[name].ulp
		}
		off := units(got, xs[n-2], xs[n-1], 53, -1074, math.MaxFloat64)
		if name[1] == '0' || name[1] == '1' {
			off = math.Abs((got-xs[n-2])-xs[n-1]) / math.Ldexp(max(1, math.Abs(got)), -53)
		}
		if off > ulp {
			fail("strict%s(%g) is %g, off by %g", name, xs[:n-2], got, off)
		}
		worst[name] = max(worst[name], off)
	}
	for _, name := range slices.Sorted(maps.Keys(worst)) {
		fmt.Printf("strict%-7s %.3f\n", name, worst[name])
	}
	if len(worst) != len(one)+len(two) {
		fail("strict.txt has values of %d functions only", len(worst))
	}
	ends()
}

// ends compares them with package math where functions end.
func ends() {
	inf := math.Inf(1)
	at := []float64{0, -1 / inf, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1e-5, -1e-5, 1e308, -1e308, 1 << 53, 1<<53 + 2, inf, -inf, math.NaN()}
	for name, f := range map[string][2]func(float64) float64{
		"Exp": {strictExp, math.Exp}, "Exp2": {strictExp2, math.Exp2}, "Expm1": {strictExpm1, math.Expm1}, "Log": {strictLog, math.Log},
		"Log2": {strictLog2, math.Log2}, "Log10": {strictLog10, math.Log10}, "Log1p": {strictLog1p, math.Log1p}, "Sinh": {strictSinh, math.Sinh},
		"Cosh": {strictCosh, math.Cosh}, "Tanh": {strictTanh, math.Tanh}, "Asinh": {strictAsinh, math.Asinh}, "Acosh": {strictAcosh, math.Acosh},
		"Atanh": {strictAtanh, math.Atanh}, "Cbrt": {strictCbrt, math.Cbrt}, "Sin": {strictSin, math.Sin}, "Cos": {strictCos, math.Cos},
		"Tan": {strictTan, math.Tan}, "Asin": {strictAsin, math.Asin}, "Acos": {strictAcos, math.Acos}, "Atan": {strictAtan, math.Atan},
		"Erf": {strictErf, math.Erf}, "Erfc": {strictErfc, math.Erfc}, "J0": {strictJ0, math.J0}, "J1": {strictJ1, math.J1}, "Y0": {strictY0, math.Y0}, "Y1": {strictY1, math.Y1},
		"Lgamma": {func(x float64) float64 { y, sign := strictLgamma(x); return y * float64(sign) }, func(x float64) float64 { y, sign := math.Lgamma(x); return y * float64(sign) }},
	} {
		for _, x := range at {
			if got, want := f[0](x), f[1](x); !near(got, want) {
				fail("strict%s(%g) is %g, and math.%s %g", name, x, got, name, want)
			}
		}
	}
	for name, f := range map[string][2]func(x, y float64) float64{
		"Pow": {strictPow, math.Pow}, "Atan2": {strictAtan2, math.Atan2}, "Hypot": {strictHypot, math.Hypot},
		"Jn": {func(n, x float64) float64 { return strictJn(int(n), x) }, func(n, x float64) float64 { return math.Jn(int(n), x) }},
		"Yn": {func(n, x float64) float64 { return strictYn(int(n), x) }, func(n, x float64) float64 { return math.Yn(int(n), x) }},
	} {
		for _, x := range at {
			for _, y := range at {
				if name[1] == 'n' && !(math.Abs(x) < 10) {
					continue
				}
				if got, want := f[0](x, y), f[1](x, y); !near(got, want) {
					fail("strict%s(%g, %g) is %g, and math.%s %g", name, x, y, got, name, want)
				}
			}
		}
	}
}

// near is same, but for a few last places.
func near(a, b float64) bool { return same(a, b) || math.Abs(a-b) <= 4e-15*max(math.Abs(a), 0x1p-1000) }

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

const digits = 300

func number() *big.Float { return new(big.Float).SetPrec(digits) }

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
