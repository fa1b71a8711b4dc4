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
				x := s.trial(fmt.Sprintf("f%d", len(all)))
				x.k.Contract().Within = within
				all = append(all, x)
			}
		}
	}
	runTrials(t, all)
}

// TestSquares holds sums of squared differences, of all numbers of rows that tiles
// leave over, against the interpreter.
func TestSquares(t *testing.T) {
	var all []*trial
	for m := 3; m < 9; m++ {
		for i, d := range [][2]int{{31, 9}, {51, 17}} {
			for way := range 4 {
				s := shape{m: m, n: d[0], k: d[1], at: way&1 != 0, bt: way&2 != 0, dynamic: way != 0, add: (i+way)%2 == 0}
				x := s.trial(fmt.Sprintf("f%d", len(all)))
				x.k.Contract().Of = loop.Squares
				all = append(all, x)
			}
		}
	}
	runTrials(t, all)
}

// trial is a trial of the shape's kernel.
func (s shape) trial(name string) *trial {
	a, b, o := s.strides()
	x := &trial{k: s.kernel(name), dims: map[string]int{"m": s.m, "n": s.n, "k": s.k, "sa": a, "sb": b, "sc": o}}
	lines := func(x, y int, turned bool) int {
		if turned {
			return y
		}
		return x
	}
	of := x.k.Contract()
	of.Out.Buf.Shape = symbolic.Shape{symbolic.Int(s.m * o)}
	of.A.Buf.Shape = symbolic.Shape{symbolic.Int(lines(s.m, s.k, s.at) * a)}
	of.B.Buf.Shape = symbolic.Shape{symbolic.Int(lines(s.k, s.n, s.bt) * b)}
	return x
}
