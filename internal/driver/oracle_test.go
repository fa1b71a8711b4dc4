package driver_test

import (
	"math"
	"math/big"
)

// Numbers of more than 60 digits, with their derivatives by the arguments of a
// formula: what the numbers of generated code are held against. Where a formula
// would lose digits the oracle uses another one, so that it needs no more of them.

// digits of the oracle, in bits.
const oracleBits = 256

type exact struct {
	v *big.Float
	d []*big.Float // by each argument
}

func newBig() *big.Float { return new(big.Float).SetPrec(oracleBits) }

func bigOf(x float64) *big.Float { return newBig().SetFloat64(x) }

// exactArgs are the arguments, each with the derivative 1 by itself.
func exactArgs(x []float64) []exact {
	out := make([]exact, len(x))
	for i, v := range x {
		out[i] = exactConst(v, len(x))
		out[i].d[i].SetInt64(1)
	}
	return out
}

func exactConst(v float64, n int) exact {
	e := exact{v: bigOf(v), d: make([]*big.Float, n)}
	for i := range e.d {
		e.d[i] = newBig()
	}
	return e
}

func (a exact) num(v float64) exact { return exactConst(v, len(a.d)) }

// chain is a value with a slope for each of some numbers.
func chain(v *big.Float, slopes []*big.Float, of ...exact) exact {
	out := exact{v: v, d: make([]*big.Float, len(of[0].d))}
	for i := range out.d {
		out.d[i] = newBig()
		for k, a := range of {
			if a.d[i].Sign() != 0 && slopes[k].Sign() != 0 {
				out.d[i].Add(out.d[i], newBig().Mul(slopes[k], a.d[i]))
			}
		}
	}
	return out
}

func (a exact) add(b exact) exact {
	one := bigOf(1)
	return chain(newBig().Add(a.v, b.v), []*big.Float{one, one}, a, b)
}

func (a exact) neg() exact { return chain(newBig().Neg(a.v), []*big.Float{bigOf(-1)}, a) }

func (a exact) sub(b exact) exact { return a.add(b.neg()) }

func (a exact) mul(b exact) exact {
	return chain(newBig().Mul(a.v, b.v), []*big.Float{b.v, a.v}, a, b)
}

func (a exact) div(b exact) exact {
	v := newBig().Quo(a.v, b.v)
	one := newBig().Quo(bigOf(1), b.v)
	return chain(v, []*big.Float{one, newBig().Neg(newBig().Mul(v, one))}, a, b)
}

func (a exact) exp() exact {
	v := bigExp(a.v)
	return chain(v, []*big.Float{v}, a)
}

func (a exact) log() exact {
	return chain(bigLog(a.v), []*big.Float{newBig().Quo(bigOf(1), a.v)}, a)
}

// log1p is log(1 + a).
func (a exact) log1p() exact {
	one := newBig().Add(bigOf(1), a.v)
	return chain(bigLog1p(a.v), []*big.Float{newBig().Quo(bigOf(1), one)}, a)
}

// expm1 is exp a − 1.
func (a exact) expm1() exact { return chain(bigExpm1(a.v), []*big.Float{bigExp(a.v)}, a) }

func (a exact) sqrt() exact {
	v := newBig().Sqrt(a.v)
	return chain(v, []*big.Float{newBig().Quo(bigOf(0.5), v)}, a)
}

// versin is 1 − cos a, as 2·sin²(a/2).
func (a exact) versin() exact {
	s, c := bigSinCos(newBig().Mul(a.v, bigOf(0.5)))
	two := bigOf(2)
	v := newBig().Mul(two, newBig().Mul(s, s))
	return chain(v, []*big.Float{newBig().Mul(two, newBig().Mul(s, c))}, a)
}

func (a exact) abs() exact {
	if a.v.Sign() < 0 {
		return a.neg()
	}
	return a
}

func (a exact) less(b exact) bool { return a.v.Cmp(b.v) < 0 }

// sigmoid is 1/(1 + exp −a).
func (a exact) sigmoid() exact {
	if a.v.Sign() < 0 {
		e := a.exp()
		return e.div(e.add(a.num(1)))
	}
	return a.num(1).div(a.num(1).add(a.neg().exp()))
}

// softplus is log(1 + exp a).
func (a exact) softplus() exact {
	if a.v.Sign() < 0 {
		return a.exp().log1p()
	}
	return a.add(a.neg().exp().log1p())
}

// ---- functions of big.Float

// farExp is where exp is taken for infinite, or for 0: far out of float64's range.
const farExp = 5000

// bigExp halves the argument until its series is short, and squares back.
func bigExp(x *big.Float) *big.Float {
	far := bigOf(farExp)
	switch {
	case x.Cmp(far) > 0:
		return newBig().SetInf(false)
	case newBig().Neg(x).Cmp(far) > 0:
		return newBig()
	}
	const halvings = 24
	const bits = oracleBits + 2*halvings
	y := new(big.Float).SetPrec(bits).Set(x)
	y.SetMantExp(y, -halvings)
	sum, term := new(big.Float).SetPrec(bits).SetInt64(1), new(big.Float).SetPrec(bits).SetInt64(1)
	for k := int64(1); term.Sign() != 0 && term.MantExp(nil) > -bits; k++ {
		term.Mul(term, y)
		term.Quo(term, new(big.Float).SetPrec(bits).SetInt64(k))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return newBig().Set(sum)
}

// bigExpm1 is exp x − 1, by the series where digits would go.
func bigExpm1(x *big.Float) *big.Float {
	if x.Sign() == 0 || x.MantExp(nil) > -8 {
		return newBig().Sub(bigExp(x), bigOf(1))
	}
	sum, term := newBig(), bigOf(1)
	for k := int64(1); k < 60; k++ {
		term.Mul(term, x)
		term.Quo(term, newBig().SetInt64(k))
		sum.Add(sum, term)
	}
	return sum
}

var bigLn2 = func() *big.Float { // 2·artanh(1/3)
	return newBig().Mul(bigOf(2), artanh(newBig().Quo(bigOf(1), bigOf(3))))
}()

// artanh is x + x³/3 + x⁵/5 + …
func artanh(x *big.Float) *big.Float {
	sum, power, square := newBig().Set(x), newBig().Set(x), newBig().Mul(x, x)
	for k := int64(3); power.Sign() != 0 && power.MantExp(nil) > sum.MantExp(nil)-oracleBits-8; k += 2 {
		power.Mul(power, square)
		sum.Add(sum, newBig().Quo(power, newBig().SetInt64(k)))
	}
	return sum
}

func bigLog(x *big.Float) *big.Float {
	if x.Sign() == 0 {
		return newBig().SetInf(true)
	}
	if x.IsInf() {
		return newBig().Set(x)
	}
	m := newBig()
	e := x.MantExp(m)
	if m.Cmp(bigOf(math.Sqrt2/2)) < 0 {
		m.SetMantExp(m, 1)
		e--
	}
	// log m = 2·artanh((m − 1)/(m + 1))
	l := artanh(newBig().Quo(newBig().Sub(m, bigOf(1)), newBig().Add(m, bigOf(1))))
	l.Mul(l, bigOf(2))
	return l.Add(l, newBig().Mul(bigLn2, newBig().SetInt64(int64(e))))
}

// bigLog1p is log(1 + x) = 2·artanh(x/(2 + x)).
func bigLog1p(x *big.Float) *big.Float {
	if x.Sign() == 0 {
		return newBig()
	}
	if x.MantExp(nil) > -2 {
		return bigLog(newBig().Add(bigOf(1), x))
	}
	l := artanh(newBig().Quo(x, newBig().Add(bigOf(2), x)))
	return l.Mul(l, bigOf(2))
}

// piBits are enough to take whole turns off the largest float64.
const piBits = 1400

var bigPi = func() *big.Float { // 16·arctan(1/5) − 4·arctan(1/239)
	num := func(n int64) *big.Float { return new(big.Float).SetPrec(piBits).SetInt64(n) }
	arctan := func(n int64) *big.Float {
		x := num(1)
		x.Quo(x, num(n))
		sum, power, square := num(0).Set(x), num(0).Set(x), num(0).Mul(x, x)
		for k := int64(3); power.MantExp(nil) > -piBits-8; k += 2 {
			power.Neg(power.Mul(power, square))
			sum.Add(sum, num(0).Quo(power, num(k)))
		}
		return sum
	}
	return num(0).Sub(num(0).Mul(num(16), arctan(5)), num(0).Mul(num(4), arctan(239)))
}()

// bigSinCos takes whole turns off.
func bigSinCos(x *big.Float) (sin, cos *big.Float) {
	long := func() *big.Float { return new(big.Float).SetPrec(piBits) }
	turn := long().Mul(bigPi, bigOf(2))
	n, _ := long().Quo(x, turn).Int(nil)
	y := newBig().Set(long().Sub(x, long().Mul(turn, long().SetInt(n))))
	sin, cos = newBig(), newBig()
	term := bigOf(1)
	for k := int64(0); k < 120; k++ {
		if k > 0 {
			term.Mul(term, y)
			term.Quo(term, newBig().SetInt64(k))
		}
		switch k % 4 {
		case 0:
			cos.Add(cos, term)
		case 1:
			sin.Add(sin, term)
		case 2:
			cos.Sub(cos, term)
		case 3:
			sin.Sub(sin, term)
		}
	}
	return sin, cos
}
