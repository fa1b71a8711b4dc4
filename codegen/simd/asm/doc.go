// Package asm writes functions of Go assembly for amd64: vector code over
// virtual registers, allocated here and printed with avo.
//
// A Routine is built by calling its methods: straight-line instructions, Loop
// and If. What an operation returns is a value that may be used as often as
// wanted in the block that makes it and in blocks inside; Var and Set make what
// changes in a loop. Finish allocates the registers, File prints what was
// finished.
//
// A lane holds an element of the target or an integer of the same width. As
// gives a view of the routine with other elements: the same vector, seen with
// lanes of the other width. A condition belongs to the width of the lanes that
// made it.
//
// What the writer of a routine need not care for:
//
//   - Constants may be asked for where they are used: they are made once, before
//     the outermost loop, and become operands in memory if registers are short.
//   - A vector or element that is loaded for a single instruction becomes its
//     operand, if nothing is stored in between.
//   - A value that is only assigned to a variable is made in the variable.
//   - The form of a multiply-add is the one that needs no move.
//   - A number (Imm) stands in the instruction if that holds it.
//
// A value that finds no register lives in the frame of the routine. What is
// seldom used for how long it lives goes first, so what lasts around a loop goes
// before what is used in it.
//
// How it is done: methods append instructions, rows of one table, to a tree of
// blocks, loops and branches. prepare moves constants and merges what can be;
// allocate is a linear scan over the text, which is repeated after what found
// no place was replaced by loads and stores; emit makes avo's instructions of
// what is left. avo checks the operands, and Finish refuses what the target
// does not have.
package asm
