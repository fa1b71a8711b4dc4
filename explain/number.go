package explain

import (
	"math"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// short writes a number with two digits after the point, as on a board; one
// that is nearly nothing with its power of ten.
func short(v float64) string {
	switch a := math.Abs(v); {
	case v == 0:
		return "0"
	case a < 0.005 || a >= 1e5:
		return minus(strconv.FormatFloat(v, 'e', 1, 64))
	case v == math.Trunc(v):
		return minus(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return minus(strconv.FormatFloat(v, 'f', 2, 64))
}

func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }

// valueText is a value as it stands on a wire: a number, a short vector, or how
// large the elements of a long one are.
func valueText(t *symbolic.Tensor) string {
	switch {
	case t == nil:
		return ""
	case len(t.Data) == 1:
		return short(t.Data[0])
	case len(t.Data) <= 4 && len(t.Shape) == 1:
		var s []string
		for _, v := range t.Data {
			s = append(s, short(v))
		}
		return "(" + strings.Join(s, ", ") + ")"
	}
	if finite := lacking(t, math.Inf(-1)); len(finite.Data) > 0 && len(finite.Data) < len(t.Data) {
		return "rms " + short(rms(finite)) + " and −∞" // what is masked
	}
	return "rms " + short(rms(t))
}

// lacking leaves the elements of t that are not v.
func lacking(t *symbolic.Tensor, v float64) *symbolic.Tensor {
	out := &symbolic.Tensor{}
	for _, x := range t.Data {
		if x != v {
			out.Data = append(out.Data, x)
		}
	}
	return out
}

// rms is the root of the mean square of t's elements.
func rms(t *symbolic.Tensor) float64 {
	s := 0.0
	for _, v := range t.Data {
		s += v * v
	}
	return math.Sqrt(s / float64(max(1, len(t.Data))))
}
