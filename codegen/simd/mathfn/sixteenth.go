package mathfn

import (
	"math"
	"math/big"

	"github.com/bpgen/bpgen/codegen/simd/asm"
)

// With AVX512 powers of 2^(1/16) are found in registers, which takes half of
// the multiplications off the exponential.

// sixteenths are the numbers 2^(i/16), rounded to each element, and what each
// lacks, relative to it.
var sixteenths, sixteenthsLack = func() (powers, lacks [2][16]float64) {
	const bits = 200
	root := big.NewFloat(2).SetPrec(bits)
	for range 4 {
		root.Sqrt(root)
	}
	exact := big.NewFloat(1).SetPrec(bits)
	for i := range 16 {
		single, _ := exact.Float32()
		double, _ := exact.Float64()
		for e, rounded := range []float64{float64(single), double} {
			r := new(big.Float).SetPrec(bits).SetFloat64(rounded)
			lack := new(big.Float).Sub(exact, r)
			powers[e][i] = rounded
			lacks[e][i], _ = lack.Quo(lack, r).Float64()
		}
		exact.Mul(exact, root)
	}
	return powers, lacks
}()

// sixteenthPoly is (eʳ − 1 − r)/r² for |r| ≤ (log 2)/32.
var sixteenthPoly = poly{
	f32: []float64{0x1.00021ep-1, 0x1.555594p-3},
	f64: []float64{0x1.fffffffffffbcp-2, 0x1.555555548f23cp-3, 0x1.55555558d4a08p-5, 0x1.11123afa93b38p-7, 0x1.6c14e3aa12e1bp-10},
}

// sixteenth splits x: eˣ is 2^⌊n⌋·y, where n is a multiple of 1/16.
func (c code) sixteenth(x asm.V) (n, y asm.V) {
	magic := c.Const(math.Ldexp(1.5, c.mantissa()-4))
	k := c.FMA(x, c.Const(math.Log2E), magic)
	n = c.Sub(k, magic)
	hi, lo := c.ln2()
	r := c.Nearer(c.FNMA(n, lo, c.FNMA(n, hi, x)), c.Const(1)) // far out only n matters
	e := c.Target().Elem
	p := c.Lookup(c.vectors(sixteenths[e][:]), k)
	lack := c.Lookup(c.vectors(sixteenthsLack[e][:]), k)
	q := c.FMA(c.Mul(r, r), c.horner(sixteenthPoly, r), c.Add(r, lack)) // eʳ − 1 and what p lacks
	return n, c.FMA(p, q, p)
}
