// Package nest compiles kernels of the loop program to vector code.
//
// A kernel's body is statements and loops. Of each nest one loop is chosen
// whose turns run in lanes, side by side in a vector (inLanes, oneByOne,
// reasonAgainst); loops around it run turn by turn, and loops inside of it turn
// by turn for all lanes at once. Outside of loops over lanes a number is in
// all lanes of a vector, so that the same operators serve.
//
// A result agrees with the loop program's interpreter but for rounding: sums
// are added up lane by lane and then together, in an order that depends on the
// sizes and the number of lanes alone, and a product that is added is not
// rounded by itself. What has no form here is an error, never other code.
//
// Truth values in memory are int32, 0 or 1, as in generated code's arena.
package nest
