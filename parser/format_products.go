package parser

import (
	"bytes"
	"strings"
)

// productBlanks decides for each * and / of the file whether it has blanks around
// it. Both w*x and w * x are good style where nothing binds less tightly; in
// a sum only w*x is. And since operators of a product apply from left to
// right, the blanks may not say otherwise: in a * b / c and in W @ x * 2 no
// operator is tighter than one before it.
func productBlanks(f *File, src []byte) map[int]bool {
	spaced := map[int]bool{}
	inSum := map[*Binary]bool{}
	done := map[*Binary]bool{}
	Inspect(f, func(n Node) bool {
		b, ok := n.(*Binary)
		if !ok {
			return true
		}
		if precedence[b.Op] == sums {
			for _, e := range []Expr{b.X, b.Y} {
				if q, ok := e.(*Binary); ok {
					inSum[q] = true
				}
			}
		}
		if done[b] {
			return true
		}
		var chain []*Binary // from the last operator to the first
		for q := b; precedence[q.Op] == products; {
			chain = append(chain, q)
			done[q] = true
			x, ok := q.X.(*Binary)
			if !ok {
				break
			}
			q = x
		}
		blanks := false
		for i := len(chain) - 1; i >= 0; i-- {
			q := chain[i]
			at := q.OpSpan.Pos.Off
			if q.Op == "@" || !inSum[b] && (blank(src, at-1) || blank(src, at+1)) {
				blanks = true
			}
			spaced[at] = blanks
		}
		return true
	})
	return spaced
}

// blank reports whether a blank or a comment is at src[i].
func blank(src []byte, i int) bool {
	return i >= 0 && i < len(src) && strings.IndexByte(" \t\r\n", src[i]) >= 0 || bytes.HasPrefix(src[min(max(i, 0), len(src)):], []byte("//"))
}
