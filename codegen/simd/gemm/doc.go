// Package gemm compiles contractions, sums of products over two axes and one
// that is summed, to vector code.
//
// Two forms there are. In the tile form a block of rows times a few vectors of
// columns is kept in registers while the sums run over k: each step loads the
// vectors of B and multiplies them by elements of A. B is read where it is if
// its columns lie side by side, or packed first into blocks one vector wide. In
// the dot form, for few rows where k is what lies side by side, vectors go
// along k and are summed at the end.
//
// A sum is a chain of fused multiply-adds over k in order (in the dot form one
// chain for each lane), wherever its element is in a tile. So results do not
// depend on how the caller divides the rows and columns.
package gemm
