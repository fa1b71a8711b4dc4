package loop

import "github.com/bpgen/bpgen/symbolic"

// longSum is from how many terms on a sum of float32 is added up in float64.
const longSum = 256

// widen marks the sums over a batch, a parameter or another long run of
// numbers. In float32 a sum that is a million times its terms no longer
// notices them; added up in float64, which takes no longer, it is rounded
// once. What is summed for each example by itself, inside of a loop, is short.
func widen(body []Stmt) {
	wide := map[*Var]bool{}
	for _, s := range body {
		if a, ok := s.(*Acc); ok && a.Init == 0 && a.Var.Type == symbolic.Real {
			wide[a.Var] = false // not yet
		}
	}
	var walk func(list []Stmt, times int)
	walk = func(list []Stmt, times int) {
		for _, s := range list {
			switch s := s.(type) {
			case *Loop:
				n, fixed := s.Extent.Const()
				if !fixed {
					n = longSum
				}
				walk(s.Body, min(times*n, longSum))
			case *Tile:
				walk(s.Body, times)
			case *While:
				walk(s.Body, longSum)
			case *Contract:
				walk(s.Epilogue, longSum)
			case *If:
				walk(s.Then, times)
				walk(s.Else, times)
			case *Choose:
				walk(s.Then, times)
				walk(s.Else, times)
			case *Pick:
				delete(wide, s.Best)
			case *Update:
				if _, sum := wide[s.Var]; sum && (s.Op == nil || s.Op.Go != "+") {
					delete(wide, s.Var)
				} else if sum && times >= longSum {
					wide[s.Var] = true
				}
			}
		}
	}
	walk(body, 1)
	for v, is := range wide {
		v.Wide = is
	}
}
