// This program applies each function in rows, which the test appends, to many
// arguments and prints how far results are from the truth at worst: of float32
// from package math in float64, of float64 from sums in math/big.
package main

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
)

// A row is a function under test, and by how many units in the last place it
// may be off.
type row struct {
	name         string
	args         int
	f32          func(x, y, out []float32)
	f64          func(x, y, out []float64)
	ulp32, ulp64 float64
}

func main() {
	for _, r := range rows {
		want, ok := truth[r.name]
		if !ok {
			fmt.Println("BAD", r.name, "has nothing to be compared with")
			continue
		}
		sweep(r, want)
		sample(r, want)
	}
}

// A record is the worst that was seen of a function.
type record struct {
	off        float64
	x, y       float64
	got, want  float64
	complaints int
}

func (w *record) see(off, x, y, got, want float64) {
	if off > w.off || math.IsNaN(off) {
		*w = record{off, x, y, got, want, w.complaints}
	}
}

func (w *record) print(r row, elem string, most float64) {
	line := fmt.Sprintf("%-8s %s %.3f at (%g, %g): %g, want %g", r.name, elem, w.off, w.x, w.y, w.got, w.want)
	if !(w.off <= most) {
		line = "BAD " + line
	}
	fmt.Println(line)
}

// special are arguments that every function is tried with.
var special = []float64{0, 1, 2, 0.5, 3, math.Inf(1), math.NaN(), math.SmallestNonzeroFloat32, math.MaxFloat32, 0x1p-126, 0x1.fffffcp-127,
	math.SmallestNonzeroFloat64, math.MaxFloat64, 0x1p-1022, 0x1.ffffffffffffep-1023, 88.72284, 88.8, 103.9, 104.1, 709.79, 710, 745.2, 746, 1e5, 0x1p31, 0x1p63,
	math.Pi, math.Pi / 2, float64(float32(math.Pi)), float64(float32(math.Pi / 2)), 0x1.921fb54442d18p+61, 16367173 * 0x1p72, 6381956970095103 * 0x1p797}

func signed(xs []float64) []float64 {
	var out []float64
	for _, x := range xs {
		out = append(out, x, -x)
	}
	return out
}

// sweep goes through float32.
func sweep(r row, want function) {
	const n = 1 << 12
	x, y, out := make([]float32, n), make([]float32, n), make([]float32, n)
	var worst record
	try := func(k int) {
		for i := k; i < n; i++ {
			x[i], y[i] = 1, 1
		}
		r.f32(x, y, out)
		for i := range k {
			a, b := float64(x[i]), float64(y[i])
			w := want.value(a, b)
			w32 := float64(float32(w))
			got := float64(out[i])
			switch {
			case w32 == 0 || math.IsInf(w32, 0) || math.IsNaN(w32) || math.IsNaN(got) || math.IsInf(got, 0):
				if same(got, w32) || near(got, w, 24, -149) < r.ulp32 && want.args == 2 {
					continue
				}
				// On the edge of the range either side may be right.
				if math.IsInf(w32, 0) && math.Abs(got) == math.MaxFloat32 && math.Abs(w) < math.MaxFloat32*(1+0x1p-22) ||
					math.IsInf(got, 0) && math.Abs(w32) > math.MaxFloat32*(1-0x1p-22) && same(math.Copysign(1, w), math.Copysign(1, got)) {
					continue
				}
				if w32 == 0 && math.Abs(got) == 0x1p-149 && w != 0 {
					continue
				}
				worst.see(math.Inf(1), a, b, got, w)
			default:
				worst.see(near(got, w, 24, -149), a, b, got, w)
			}
		}
	}
	k := 0
	put := func(a, b float32) {
		x[k], y[k] = a, b
		if k++; k == n {
			try(k)
			k = 0
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	if r.args == 1 {
		for u := uint64(0); u < 1<<32; u += every {
			put(math.Float32frombits(uint32(u)), 1)
		}
		for _, a := range signed(special) {
			put(float32(a), 1)
		}
		for range 1 << 16 {
			put(float32(want.draw(rnd)), 1)
		}
	} else {
		for range (1 << 32) / every {
			put(math.Float32frombits(rnd.Uint32()), math.Float32frombits(rnd.Uint32()))
			put(float32(want.draw(rnd)), float32(want.draw(rnd)))
		}
		for _, a := range signed(special) {
			for _, b := range signed(special) {
				put(float32(a), float32(b))
			}
		}
	}
	try(k)
	worst.print(r, "float32", r.ulp32)
}

// sample tries random arguments in float64.
func sample(r row, want function) {
	const n = 1 << 10
	rnd := rand.New(rand.NewPCG(3, 4))
	var x, y []float64
	put := func(a, b float64) { x, y = append(x, a), append(y, b) }
	for range n {
		put(want.draw(rnd), want.draw(rnd))
	}
	for range n / 4 {
		put(math.Float64frombits(rnd.Uint64()), math.Float64frombits(rnd.Uint64()))
	}
	if r.args == 1 {
		for _, a := range signed(special) {
			put(a, 1)
		}
	} else {
		for _, a := range signed(special) {
			for _, b := range signed(special) {
				put(a, b)
			}
		}
	}
	for len(x)%8 != 0 {
		put(1, 1)
	}
	out := make([]float64, len(x))
	r.f64(x, y, out)
	var worst record
	for i, got := range out {
		w := want.value(x[i], y[i])
		if w == 0 || math.IsInf(w, 0) || math.IsNaN(w) || x[i] == 0 || math.IsInf(x[i], 0) || math.IsInf(y[i], 0) || math.IsNaN(x[i]) {
			if !same(got, w) && (got == 0 || !(near(got, w, 53, -1074) <= r.ulp64)) {
				worst.see(math.Inf(1), x[i], y[i], got, w)
			}
			continue
		}
		if math.IsNaN(got) || math.IsInf(got, 0) {
			worst.see(math.Inf(1), x[i], y[i], got, w)
			continue
		}
		exact := want.exact(real(x[i]), real(y[i]))
		w, _ = exact.Float64()
		_, e := math.Frexp(w)
		d := sub(real(got), exact)
		off, _ := d.SetMantExp(d, -max(e-53, -1074)).Float64()
		worst.see(math.Abs(off), x[i], y[i], got, w)
	}
	worst.print(r, "float64", r.ulp64)
}

func same(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || a == b && math.Signbit(a) == math.Signbit(b)
}

// near is how far got is from want, in units of the last of digits places of
// want, which is not below 2^least.
func near(got, want float64, digits, least int) float64 {
	_, e := math.Frexp(want)
	return math.Abs(got-want) / math.Ldexp(1, max(e-digits, least))
}

// A function is the truth, as package math has it and exactly, and draws
// arguments that matter.
type function struct {
	args  int
	value func(x, y float64) float64
	exact func(x, y *big.Float) *big.Float
	draw  func(rnd *rand.Rand) float64
}

func of(f func(float64) float64, exact func(*big.Float) *big.Float, draws ...func(*rand.Rand) float64) function {
	return function{1, func(x, _ float64) float64 { return f(x) }, func(x, _ *big.Float) *big.Float { return exact(x) },
		func(rnd *rand.Rand) float64 { return draws[rnd.IntN(len(draws))](rnd) }}
}

func of2(f func(x, y float64) float64, exact func(x, y *big.Float) *big.Float, draws ...func(*rand.Rand) float64) function {
	return function{2, f, exact, func(rnd *rand.Rand) float64 { return draws[rnd.IntN(len(draws))](rnd) }}
}

// within draws from an interval.
func within(lo, hi float64) func(*rand.Rand) float64 {
	return func(rnd *rand.Rand) float64 { return lo + (hi-lo)*rnd.Float64() }
}

// scaled draws of either sign with an exponent from an interval.
func scaled(lo, hi int) func(*rand.Rand) float64 {
	return func(rnd *rand.Rand) float64 {
		return math.Ldexp(1+rnd.Float64(), lo+rnd.IntN(hi-lo+1)) * float64(1-2*rnd.IntN(2))
	}
}

// positive draws with an exponent from an interval.
func positive(lo, hi int) func(*rand.Rand) float64 {
	return func(rnd *rand.Rand) float64 { return math.Abs(scaled(lo, hi)(rnd)) }
}

// about draws near a number.
func about(x float64) func(*rand.Rand) float64 {
	return func(rnd *rand.Rand) float64 { return x + scaled(-40, -3)(rnd) }
}

func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

// wideExp, sinh and cosh are finite where those of package math are infinite too
// early, the first on amd64 only.
func wideExp(x float64) float64 {
	if x > 700 {
		return math.Exp(x/2) * math.Exp(x/2)
	}
	return math.Exp(x)
}

func sinh(x float64) float64 {
	if e := math.Exp(math.Abs(x) / 2); math.Abs(x) > 700 {
		return math.Copysign(e/2*e, x)
	}
	return math.Sinh(x)
}

func cosh(x float64) float64 {
	if math.Abs(x) > 700 {
		return math.Abs(sinh(x))
	}
	return math.Cosh(x)
}

var truth = map[string]function{
	"exp":     of(wideExp, exp, within(-2, 2), within(-745, 710), within(-104, 89), scaled(-30, 9)),
	"expm1":   of(math.Expm1, odd(func(x *big.Float) *big.Float { return sub(exp(x), one) }), within(-2, 2), within(-50, 710), within(-1, 89), scaled(-60, 9)),
	"sigmoid": of(sigmoid, func(x *big.Float) *big.Float { e := exp(far(x)); return quo(e, add(e, one)) }, within(-5, 5), within(-745, 50), within(-104, 20), scaled(-30, 6)),
	"tanh":    of(math.Tanh, odd(func(x *big.Float) *big.Float { e := exp(double(far(x))); return quo(sub(e, one), add(e, one)) }), within(-2, 2), within(-20, 20), scaled(-60, 4)),
	"sinh":    of(sinh, odd(func(x *big.Float) *big.Float { e := exp(x); return half(sub(e, quo(one, e))) }), within(-2, 2), within(-710, 710), within(-89, 89), scaled(-60, 9)),
	"cosh":    of(cosh, func(x *big.Float) *big.Float { e := exp(x); return half(add(e, quo(one, e))) }, within(-2, 2), within(-710, 710), within(-89, 89), scaled(-30, 9)),

	"log":   of(math.Log, log, about(1), within(0, 3), positive(-1074, 1023), positive(-149, 127)),
	"log1p": of(math.Log1p, odd(func(x *big.Float) *big.Float { return log(add(x, one)) }), within(-1, 3), about(0), positive(-60, 1023), scaled(-60, -1)),
	"log2":  of(math.Log2, func(x *big.Float) *big.Float { return quo(log(x), log(two)) }, about(1), within(0, 3), positive(-1074, 1023), positive(-149, 127)),
	"log10": of(math.Log10, func(x *big.Float) *big.Float { return quo(log(x), log(integer(10))) }, about(1), within(0, 3), positive(-1074, 1023), positive(-149, 127)),
	"asinh": of(math.Asinh, odd(func(x *big.Float) *big.Float {
		y := log(add(number().Abs(x), root(add(mul(x, x), one))))
		return number().Mul(y, integer(int64(x.Sign())))
	}), within(-2, 2), scaled(-60, 1023), scaled(-30, 4)),
	"acosh": of(math.Acosh, func(x *big.Float) *big.Float { return log(add(x, root(sub(mul(x, x), one)))) }, within(1, 3), positive(0, 1023), func(rnd *rand.Rand) float64 { return 1 + positive(-50, 0)(rnd) }),
	"atanh": of(math.Atanh, odd(func(x *big.Float) *big.Float { return half(log(quo(add(one, x), sub(one, x)))) }), within(-1, 1), scaled(-60, -1), func(rnd *rand.Rand) float64 { return 1 - positive(-50, -1)(rnd) }),

	"sin": of(math.Sin, sin, within(-4, 4), within(-1000, 1000), scaled(-60, 30), scaled(20, 127), scaled(30, 1023)),
	"cos": of(math.Cos, cos, within(-4, 4), within(-1000, 1000), scaled(-60, 30), scaled(20, 127), scaled(30, 1023)),
	"tan": of(math.Tan, func(x *big.Float) *big.Float { return quo(sin(x), cos(x)) }, within(-4, 4), within(-1000, 1000), scaled(-60, 30), scaled(20, 127), scaled(30, 1023)),

	"asin":  of(math.Asin, func(x *big.Float) *big.Float { return atan(quo(x, root(sub(one, mul(x, x))))) }, within(-1, 1), scaled(-60, -1), func(rnd *rand.Rand) float64 { return 1 - positive(-50, -1)(rnd) }),
	"acos":  of(math.Acos, func(x *big.Float) *big.Float { return arc(root(sub(one, mul(x, x))), x) }, within(-1, 1), scaled(-60, -1), func(rnd *rand.Rand) float64 { return 1 - positive(-50, -1)(rnd) }),
	"atan":  of(math.Atan, atan, within(-2, 2), within(-20, 20), scaled(-60, 100)),
	"atan2": of2(math.Atan2, arc, within(-2, 2), scaled(-30, 30), scaled(-300, 300)),

	"erf":  of(math.Erf, erf, within(-2, 2), within(-6, 6), scaled(-60, 2)),
	"erfc": of(math.Erfc, erfc, within(-2, 2), within(-6, 27), within(0, 10), scaled(-60, 2)),

	"sqrt": of(math.Sqrt, root, within(0, 4), positive(-1074, 1023)),
	"cbrt": of(math.Cbrt, func(x *big.Float) *big.Float {
		if x.Sign() < 0 {
			return number().Neg(cube(number().Neg(x)))
		}
		return cube(x)
	}, within(-4, 4), scaled(-1074, 1023), scaled(-149, 127)),
	"hypot": of2(math.Hypot, func(x, y *big.Float) *big.Float { return root(add(mul(x, x), mul(y, y))) }, within(-4, 4), scaled(-30, 30), scaled(-1074, 1023)),
	"pow": of2(math.Pow, func(x, y *big.Float) *big.Float {
		z := one
		if a := number().Abs(x); a.Cmp(one) != 0 {
			z = exp(mul(y, log(a)))
		}
		if n, _ := y.Int(nil); x.Sign() < 0 && n.Bit(0) == 1 {
			return number().Neg(z)
		}
		return z
	}, within(0, 4), within(-20, 20), positive(-20, 20), func(rnd *rand.Rand) float64 { return float64(rnd.IntN(41) - 20) }, about(1)),
	"round": of(math.Round, func(x *big.Float) *big.Float { w, _ := x.Float64(); return real(math.Round(w)) }, within(-4, 4), scaled(-3, 60)),
}

// Exact arithmetic, as good as.

const bits = 400

var one, two = integer(1), integer(2)

func number() *big.Float             { return new(big.Float).SetPrec(bits) }
func integer(n int64) *big.Float     { return number().SetInt64(n) }
func add(a, b *big.Float) *big.Float { return number().Add(a, b) }
func sub(a, b *big.Float) *big.Float { return number().Sub(a, b) }
func mul(a, b *big.Float) *big.Float { return number().Mul(a, b) }
func quo(a, b *big.Float) *big.Float { return number().Quo(a, b) }
func half(a *big.Float) *big.Float   { return quo(a, two) }
func root(a *big.Float) *big.Float   { return number().Sqrt(a) }
func double(a *big.Float) *big.Float { return add(a, a) }
func less(a *big.Float, n int) bool  { return a.Sign() == 0 || a.MantExp(nil) < n }
func real(x float64) *big.Float {
	if math.IsNaN(x) {
		return number()
	}
	return number().SetFloat64(x)
}

// series adds term after term until they no longer matter; next makes the
// n-th of the one before.
func series(first *big.Float, next func(t *big.Float, n int64) *big.Float) *big.Float {
	sum, t := number().Set(first), first
	for n := int64(1); !less(t, sum.MantExp(nil)-bits); n++ {
		t = next(t, n)
		sum.Add(sum, t)
	}
	return sum
}

func exp(x *big.Float) *big.Float {
	halvings := max(0, x.MantExp(nil)) + 12
	y := number().SetMantExp(x, -halvings)
	s := series(one, func(t *big.Float, n int64) *big.Float { return quo(mul(t, y), integer(n)) })
	for range halvings {
		s.Mul(s, s)
	}
	return s
}

// odd is a function that is x near 0, where f would want for digits.
func odd(f func(*big.Float) *big.Float) func(*big.Float) *big.Float {
	return func(x *big.Float) *big.Float {
		if less(x, -150) {
			return x
		}
		return f(x)
	}
}

// far is x, or where eˣ is too much to compute something as far from 0.
func far(x *big.Float) *big.Float {
	if w, _ := x.Float64(); math.Abs(w) > 5000 {
		return real(math.Copysign(5000, w))
	}
	return x
}

func log(x *big.Float) *big.Float {
	m := number()
	e := x.MantExp(m)
	w, _ := m.Float64()
	y := real(math.Log(w))
	for range 3 {
		t := exp(y)
		y = add(y, double(quo(sub(m, t), add(m, t))))
	}
	if e == 0 {
		return y
	}
	return add(y, mul(integer(int64(e)), ln2))
}

var ln2 = func() *big.Float { // 2 artanh(1/3)
	ninth := quo(one, integer(9))
	p, s := quo(two, integer(3)), number()
	for n := int64(1); n < 300; n += 2 {
		s.Add(s, quo(p, integer(n)))
		p = mul(p, ninth)
	}
	return s
}()

// pi has enough digits to reduce the greatest float64.
var pi = func() *big.Float {
	const prec = 1600
	arctan := func(q int64) *big.Float {
		n := func() *big.Float { return new(big.Float).SetPrec(prec) }
		t := n().Quo(n().SetInt64(1), n().SetInt64(q))
		sum := n()
		for k := int64(0); k < 1200; k++ {
			d := n().Quo(t, n().SetInt64(2*k+1))
			if k%2 == 0 {
				sum.Add(sum, d)
			} else {
				sum.Sub(sum, d)
			}
			t.Quo(t, n().SetInt64(q*q))
		}
		return sum
	}
	return machin(arctan(5), arctan(239))
}()

// machin is 16 arctan 1/5 − 4 arctan 1/239.
func machin(a, b *big.Float) *big.Float {
	n := func(k int64) *big.Float { return new(big.Float).SetPrec(a.Prec()).SetInt64(k) }
	return new(big.Float).SetPrec(a.Prec()).Sub(n(16).Mul(n(16), a), n(4).Mul(n(4), b))
}

// turns splits x into n·π/2 + r and returns n modulo 4.
func turns(x *big.Float) (int, *big.Float) {
	wide := func() *big.Float { return new(big.Float).SetPrec(1600) }
	quarter := wide().Quo(pi, wide().SetInt64(2))
	n, _ := wide().Add(wide().Quo(x, quarter), wide().SetFloat64(math.Copysign(0.5, float64(x.Sign())))).Int(nil)
	r := wide().Sub(x, wide().Mul(quarter, wide().SetInt(n)))
	return int(new(big.Int).And(n, big.NewInt(3)).Int64()), number().Set(r)
}

func shortSin(r *big.Float) *big.Float {
	r2 := mul(r, r)
	return series(r, func(t *big.Float, n int64) *big.Float {
		return number().Neg(quo(mul(t, r2), integer(2*n*(2*n+1))))
	})
}

func shortCos(r *big.Float) *big.Float {
	r2 := mul(r, r)
	return series(one, func(t *big.Float, n int64) *big.Float {
		return number().Neg(quo(mul(t, r2), integer(2*n*(2*n-1))))
	})
}

func turned(x *big.Float, by int) *big.Float {
	n, r := turns(x)
	n += by
	y := shortSin
	if n%2 == 1 {
		y = shortCos
	}
	if n/2%2 == 1 {
		return number().Neg(y(r))
	}
	return y(r)
}

func sin(x *big.Float) *big.Float { return turned(x, 0) }
func cos(x *big.Float) *big.Float { return turned(x, 1) }

// atan takes Newton's steps for sin y = x cos y.
func atan(x *big.Float) *big.Float {
	if x.Sign() == 0 {
		return x
	}
	w, _ := x.Float64()
	if math.Abs(w) > 1e15 || math.IsInf(w, 0) {
		return sub(half(mul(integer(int64(x.Sign())), number().Set(pi))), atan(quo(one, x)))
	}
	y := real(math.Atan(w))
	if w != 0 && math.Abs(w) < 1e-100 {
		return x
	}
	for range 4 {
		s, c := sin(y), cos(y)
		y = add(y, quo(sub(mul(x, c), s), add(c, mul(x, s))))
	}
	return y
}

// arc is the angle of the point (x, y).
func arc(y, x *big.Float) *big.Float {
	straight := number().Set(pi)
	if y.Signbit() {
		straight.Neg(straight)
	}
	switch {
	case x.Sign() == 0:
		return half(straight)
	case x.Sign() < 0:
		return add(atan(quo(y, x)), straight)
	}
	return atan(quo(y, x))
}

func erf(x *big.Float) *big.Float {
	x2 := mul(x, x)
	if w, _ := x2.Float64(); w > 50 {
		return sub(integer(int64(x.Sign())), mul(integer(int64(x.Sign())), erfc(number().Abs(x))))
	}
	t := number().Set(x)
	sum := number().Set(x)
	for n := int64(1); !less(t, sum.MantExp(nil)-bits); n++ {
		t = number().Neg(quo(mul(t, x2), integer(n)))
		sum.Add(sum, quo(t, integer(2*n+1)))
	}
	return quo(double(sum), root(number().Set(pi)))
}

func erfc(x *big.Float) *big.Float {
	w, _ := x.Float64()
	if w < 5 {
		return sub(one, erf(x))
	}
	// The continued fraction of Laplace.
	f := number().Set(x)
	for n := int64(400); n >= 1; n-- {
		f = add(x, quo(quo(integer(n), two), f))
	}
	return quo(exp(number().Neg(mul(x, x))), mul(f, root(number().Set(pi))))
}

func cube(x *big.Float) *big.Float {
	if x.Sign() == 0 {
		return x
	}
	m := number()
	e := x.MantExp(m)
	shift := ((e % 3) + 3) % 3
	m.SetMantExp(m, shift)
	w, _ := m.Float64()
	y := real(math.Cbrt(w))
	for range 4 {
		y = sub(y, quo(sub(y, quo(m, mul(y, y))), integer(3)))
	}
	return y.SetMantExp(y, (e-shift)/3)
}
