package mathfn

import "github.com/bpgen/bpgen/codegen/simd/asm"

// pieces are polynomials for the parts of an interval, each of what x is off a
// centre. They are 16, or 32 for AVX512, of float32. A centre lies near the
// middle, where the value, which is the first coefficient, is all but a
// float32. The last piece is a little high, so that what is limited to 1 is 1
// from its end on.
type pieces struct {
	centres []float64
	parts   [][]float64 // coefficients, each for all pieces
}

// piecewise is the polynomial of the piece whose number is in the last bits of
// k, at x.
func (c code) piecewise(p pieces, x, k asm.V) asm.V {
	at := c.entry(k)
	h := c.Sub(x, at(p.centres))
	y := at(p.parts[len(p.parts)-1])
	for i := len(p.parts) - 2; i >= 0; i-- {
		y = c.FMA(y, h, at(p.parts[i]))
	}
	return y
}

// entry returns what finds the entry of a table that the last bits
// of k are the number of.
func (c code) entry(k asm.V) func(table []float64) asm.V {
	if c.wide {
		return func(table []float64) asm.V { return c.Lookup(c.vectors(table), k) }
	}
	// Half of the table at a time; the upper where the highest bit is set.
	upper := c.ICmp(asm.LT, c.IShl(k, 28), c.Zero())
	return func(table []float64) asm.V {
		v := c.vectors(table)
		return c.Select(upper, c.Lookup(v[1:], k), c.Lookup(v[:1], k))
	}
}
