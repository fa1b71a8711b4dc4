package explain

import (
	"fmt"
	"html"
	"math"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// picture draws a stage's formula as blocks as high and wide as its vectors
// and matrices, side by side, so that one sees the dims line up; "" where the
// formula is not about whole vectors.
func (s *Delta) picture(dims map[string]int) string {
	ds := s.dims()
	if s.Equation.Index != nil || len(ds) == 0 || len(ds) > 2 {
		return ""
	}
	own := token{text: s.Equation.LeftText(), dims: dimsOf(ds), size: true, rows: ds[0], cols: symbolic.Int(1)}
	if len(ds) == 2 {
		own.cols = ds[1]
	}
	ts := append([]token{own, {text: " = "}}, tokens(s.Equation.Right)...)
	length := func(p symbolic.Poly) float64 {
		n, err := p.Eval(func(s string) (int, bool) { n, ok := dims[s]; return n, ok })
		if err != nil {
			n = 8
		}
		return 14 + 11*math.Log2(float64(max(1, n)))
	}
	high := 0.0
	for _, t := range ts {
		if t.size {
			high = max(high, length(t.rows))
		}
	}
	const gap = 4.0
	var b strings.Builder
	x := gap
	for i, t := range ts {
		w := textWidth(t.text)
		if t.size {
			bw, bh := length(t.cols), length(t.rows)
			w = max(w, bw, textWidth(t.dims))
			class := "blk"
			if i == 0 || strings.HasPrefix(t.text, "δ") || strings.HasPrefix(t.text, "∂") {
				class = "blk delta"
			}
			fmt.Fprintf(&b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"/>`, class, x+(w-bw)/2, gap+(high-bh)/2, bw, bh)
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f">%s</text>`, x+w/2, high+18, html.EscapeString(t.text))
			fmt.Fprintf(&b, `<text class="dim" x="%.1f" y="%.1f">%s</text>`, x+w/2, high+33, html.EscapeString(t.dims))
		} else {
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f">%s</text>`, x+w/2, gap+high/2+4, html.EscapeString(strings.TrimSpace(t.text)))
		}
		x += w + gap
	}
	label := html.EscapeString(s.Equation.Text())
	return fmt.Sprintf(`<svg viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">%s</svg>`, x, high+40, x, high+40, label, b.String())
}
