// Package nest compiles kernels of the loop program to vector code.
//
// A kernel's body is statements and loops. Of each nest one loop is chosen
// whose turns run in lanes, side by side in a vector (inLanes, oneByOne,
// reasonAgainst); loops around it run turn by turn, and loops inside of it turn
// by turn for all lanes at once. Outside of loops over lanes a number is in
// all lanes of a vector, so that the same operators serve.
//
// The way of a kernel: prepare writes out short loops, makes one loop of two
// that go through memory in one piece, turns nests that add up columns and sums
// in variables; loop chooses lanes, for statements that have nothing to do with
// each other one by one (cut); overMost has turns at the ends by themselves, so that
// lanes need not ask for them; overLanes repeats the body for as many
// vectors as hide what it waits for, with a masked rest. Before a loop, ahead
// computes what is the same in all its turns. Fields of records are loaded
// together (records.go), sums have lanes of their own (sums.go), and division
// by what does not change is by its reciprocal (divide.go). Branches that differ
// from lane to lane are masks: memory is touched for the lanes that ask for it
// and no others.
//
// A result agrees with the loop program's interpreter but for rounding: sums
// are added up lane by lane and then together, in an order that depends on the
// sizes and the number of lanes alone, and a product that is added is not
// rounded by itself. Max and min give NaN where an argument is NaN, as Go's do.
// Buffers of one kernel do not overlap, but may be the same memory where each
// turn reads an element before it writes it. What has no form here is an error, never other code.
//
// Truth values in memory are int32, 0 or 1, as in generated code's arena.
package nest
