// Package asm writes functions of Go assembly for amd64: vector code over
// virtual registers, allocated here and printed with avo.
//
// A Routine is built by calling its methods: straight-line instructions, Loop
// and If. What an operation returns is a value that may be used as often as
// wanted; Var and Set make what changes in a loop. Finish allocates the
// registers, File prints what was finished.
//
// A lane holds an element of the target or an integer of the same width.
package asm
