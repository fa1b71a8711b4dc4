// Package lecture holds the generated networks of lecture.bp against the
// equations and the numbers of the lecture that they come from. It has tests
// only; the networks are in generated/lecture.
package lecture

//go:generate go tool bpgen gen -plain -o ../../generated/lecture lecture.bp
