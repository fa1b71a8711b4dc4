package gemm

import (
	"fmt"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// TestTriangles holds contractions of which factors are triangles and bands, or results
// are wanted in one only, against the interpreter.
func TestTriangles(t *testing.T) {
	bounds := [][]loop.Bound{
		{{N: 1, K: -1}},
		{{N: 1, K: -1, Const: symbolic.Int(-1)}},
		{{N: -1, K: 1, Const: symbolic.Int(-3)}},
		{{M: 1, K: -1}},
		{{M: -1, K: 1, Const: symbolic.Int(2)}},
		{{M: 1, N: -1}},
		{{M: -1, N: 1, Const: symbolic.Int(-5)}},
		{{N: 1, K: -1, Const: symbolic.Int(4)}, {N: -1, K: 1, Const: symbolic.Int(4)}},
		{{M: 1, K: -1}, {N: 1, K: -1}, {M: 1, N: 1, Const: symbolic.Int(-9)}},
		{{N: -1, K: -1, Const: symbolic.Int(12)}},
		{{N: 1, K: -1, Const: symbolic.Int(-1000)}},
	}
	sizes := [][3]int{{16, 24, 16}, {13, 29, 31}, {9, 65, 70}, {40, 3, 17}, {33, 50, 1}, {3, 64, 64}}
	var all []*trial
	for _, within := range bounds {
		for i, d := range sizes {
			for way := range 4 {
				s := shape{m: d[0], n: d[1], k: d[2], at: way&1 != 0, bt: way&2 != 0, dynamic: len(all)%3 == 0, add: (i+way)%2 == 0}
				x := &trial{k: s.kernel(fmt.Sprintf("f%d", len(all))), dims: map[string]int{}}
				c := x.k.Contract()
				c.Within = within
				a, b, o := s.strides()
				x.dims = map[string]int{"m": s.m, "n": s.n, "k": s.k, "sa": a, "sb": b, "sc": o}
				rows := func(x, y int, t bool) int {
					if t {
						return y
					}
					return x
				}
				c.Out.Buf.Shape = symbolic.Shape{symbolic.Int(s.m * o)}
				c.A.Buf.Shape = symbolic.Shape{symbolic.Int(rows(s.m, s.k, s.at) * a)}
				c.B.Buf.Shape = symbolic.Shape{symbolic.Int(rows(s.k, s.n, s.bt) * b)}
				all = append(all, x)
			}
		}
	}
	runTrials(t, all)
}
