package symbolic

import (
	"math"
	"testing"
)

// TestThreefry holds the cipher against the known answers of its authors' library, Random123.
func TestThreefry(t *testing.T) {
	for _, c := range [][6]uint32{
		{0, 0, 0, 0, 0x6b200159, 0x99ba4efe},
		{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7},
		{0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0},
	} {
		if a, b := Threefry(c[0], c[1], c[2], c[3]); a != c[4] || b != c[5] {
			t.Errorf("threefry(%x) = %x %x, want %x", c[:4], a, b, c[4:])
		}
	}
}

// TestUniform looks at the first moments and at the ends of the range.
func TestUniform(t *testing.T) {
	const n = 1 << 16
	for _, op := range []*OpSpec{OpUniform23, OpUniform52} {
		sum, square, before := 0.0, 0.0, 0.0
		for k := range n {
			u := op.Eval([]float64{-3, 7, 2, float64(k)})
			if !(0 < u && u < 1) || op == OpUniform23 && float64(float32(u)) != u {
				t.Fatalf("%s: %v", op.Name, u)
			}
			sum, square = sum+u, square+u*before
			before = u
		}
		// Six deviations of the mean, and of the mean of products of neighbours.
		if d := math.Abs(sum/n - 0.5); d > 6*0.289/256 {
			t.Errorf("%s: the mean is off by %v", op.Name, d)
		}
		if d := math.Abs(square/n - 0.25); d > 6*0.23/256 {
			t.Errorf("%s: neighbours hang together, by %v", op.Name, d)
		}
	}
}
