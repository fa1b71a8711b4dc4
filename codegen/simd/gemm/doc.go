// Package gemm compiles contractions, sums of products over two axes and one
// that is summed, to vector code.
//
// Two forms there are. In the tile form a block of rows times a few vectors of
// columns is kept in registers while the sums run over k: each step loads the
// vectors of B and multiplies them by elements of A. A factor is read where it
// is, or packed first into groups one vector wide: B where k is what lies side
// by side, and both where neighbours along k are so far apart that they crowd
// the caches. In the dot form, for few rows where k lies side by side, vectors
// go along k and are summed at the end. An epilogue runs on the sums before
// they are stored.
//
// A sum is a chain of fused multiply-adds over k in order (in the dot form one
// chain for each lane), wherever its element is in a tile. So results do not
// depend on how the caller divides rows and columns, of which a call does a
// range:
//
//	atRows, atCols := plan.Ranges(rows, cols, k)
//	for c := 0; c < cols; c += atCols {
//		for r := 0; r < rows; r += atRows {
//			pack := 0
//			if r == 0 {
//				pack |= gemm.PackCols
//			}
//			if c == 0 {
//				pack |= gemm.PackRows
//			}
//			kernel(…, r, min(r+atRows, rows), c, min(c+atCols, cols), pack, scratch)
//		}
//	}
//
// Threads take ranges of columns, or of rows where columns are few, each with a
// scratch of its own.
package gemm
