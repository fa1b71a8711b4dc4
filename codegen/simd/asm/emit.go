package asm

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// general are the registers to be had, in the order in which they are given
// out. SP is the stack, R14 the goroutine; R15 is the linker's when it links
// dynamically. BP may be used by who has a frame.
var general = []reg.GPPhysical{
	gp(reg.RAX), gp(reg.RCX), gp(reg.RDX), gp(reg.RBX), gp(reg.RSI), gp(reg.RDI),
	gp(reg.R8), gp(reg.R9), gp(reg.R10), gp(reg.R11), gp(reg.R12), gp(reg.R13),
	gp(reg.RBP),
}

func gp(r reg.Register) reg.GPPhysical { return r.(reg.GPPhysical) }

// An emitter writes a program whose registers are allocated.
type emitter struct {
	c      *code
	a      *allocation
	f      *ir.Function
	labels int
	vector bool // some instruction uses a vector
	err    error
}

func (e *emitter) block(b *block) {
	for _, n := range b.nodes {
		switch n := n.(type) {
		case *inst:
			e.inst(n)
		case *loop:
			head := e.label("loop")
			if innermost(n) {
				e.align()
			}
			e.f.AddLabel(head)
			e.block(n.body)
			e.test(n.test)
			e.jump(n.test.cond, head)
		case *branch:
			done := e.label("done")
			e.test(n.test)
			if n.els == nil {
				e.jump(n.test.cond.not(), done)
				e.block(n.then)
			} else {
				other := e.label("else")
				e.jump(n.test.cond.not(), other)
				e.block(n.then)
				e.add(x86.JMP(operand.LabelRef(done)))
				e.f.AddLabel(other)
				e.block(n.els)
			}
			e.f.AddLabel(done)
		}
	}
}

func innermost(l *loop) bool {
	inner := true
	l.body.blocks(func(b *block) {
		for _, n := range b.nodes {
			_, nested := n.(*loop)
			inner = inner && !nested
		}
	})
	return inner
}

// align makes the next instruction begin a line of the instruction buffer.
func (e *emitter) align() {
	e.f.AddInstruction(&ir.Instruction{Opcode: "PCALIGN", Operands: []operand.Op{operand.U8(32)}})
}

func (e *emitter) label(s string) ir.Label {
	e.labels++
	return ir.Label(fmt.Sprintf("%s%d", s, e.labels))
}

var jumps = [...]func(operand.Op) (*ir.Instruction, error){
	EQ: x86.JEQ, NE: x86.JNE, LT: x86.JLT, LE: x86.JLE, GT: x86.JGT, GE: x86.JGE,
}

func (e *emitter) jump(p Pred, to ir.Label) { e.add(jumps[p](operand.LabelRef(to))) }

func (e *emitter) test(t *test) {
	e.inst(t.inst)
	for _, in := range t.after {
		e.inst(in)
	}
}

// add appends what avo has made of an instruction.
func (e *emitter) add(in *ir.Instruction, err error) {
	if err != nil {
		if e.err == nil {
			e.err = err
		}
		return
	}
	for _, need := range in.ISA {
		if !e.c.target.ISA.has(need) && e.err == nil {
			e.err = fmt.Errorf("%s needs %s", in.Opcode, need)
		}
	}
	e.f.AddInstruction(in)
}

// sets are the instruction sets that there are, by avo's names.
var sets = map[string]ISA{
	"SSE": AVX2, "SSE2": AVX2, "AVX": AVX2, "AVX2": AVX2, "FMA3": AVX2, "BMI": AVX2, "BMI2": AVX2, "CMOV": AVX2, "MMX+": AVX2,
	"AVX512F": AVX512, "AVX512DQ": AVX512, "AVX512BW": AVX512, "AVX512VL": AVX512,
}

// sets are the instruction sets that the function needs.
func (e *emitter) sets() []string {
	need := map[string]bool{}
	for _, in := range e.f.Instructions() {
		for _, set := range in.ISA {
			need[set] = true
		}
	}
	return slices.Sorted(maps.Keys(need))
}

func (i ISA) has(set string) bool {
	from, ok := sets[set]
	return ok && from <= i
}

// inst appends an instruction; a move goes before it if it wants the result's
// register to be one of its arguments'.
func (e *emitter) inst(in *inst) {
	o := in.op
	switch {
	case o.fma != nil:
		e.fused(in)
		return
	case o.copies:
		if e.same(in.dst, in.args[0]) {
			return
		}
	case o.tied >= 0 && !e.same(in.dst, in.args[o.tied]):
		if o.comm && in.args[1] != 0 && e.same(in.dst, in.args[1]) {
			in.args[0], in.args[1] = in.args[1], in.args[0]
			break
		}
		e.move(in.dst, in.args[o.tied])
	}
	form := o.make[in.elem]
	if in.bcst {
		form = o.bcst[in.elem]
	}
	e.form(in, o.name, form, e.operands(in))
}

func (e *emitter) form(in *inst, name string, form maker, ops []operand.Op) {
	if form == nil {
		e.add(nil, fmt.Errorf("no %s for %s with %s", name, in.elem, e.c.target.ISA))
		return
	}
	made, err := form(ops...)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	e.add(made, err)
}

// same reports whether two registers have the same place.
func (e *emitter) same(a, b id) bool {
	return e.c.regs[a].class == e.c.regs[b].class && e.a.of[a] == e.a.of[b]
}

func (e *emitter) move(dst, src id) {
	e.inst(&inst{op: moves[e.c.regs[dst].class], width: e.c.target.ISA.Bytes(), dst: dst, args: []id{src}, inMem: -1})
}

func (e *emitter) operands(in *inst) []operand.Op {
	var ops []operand.Op
	for _, s := range in.op.slots {
		switch s.kind {
		case 'a':
			if s.arg == in.inMem {
				ops = append(ops, e.memory(in.mem))
			} else {
				ops = append(ops, e.register(in.args[s.arg], in.width, s.size))
			}
		case 'd':
			ops = append(ops, e.register(in.dst, in.width, s.size))
		case 'm':
			ops = append(ops, e.memory(in.mem))
		case 'g':
			m := e.memory(in.mem)
			m.Index, m.Scale = e.register(in.args[0], in.width, 0), uint8(in.mem.scale)
			ops = append(ops, m)
		case 'i':
			ops = append(ops, e.number(in))
		}
	}
	return ops
}

// number is the immediate: bytes for vectors, signed numbers for general
// registers.
func (e *emitter) number(in *inst) operand.Op {
	switch n := in.imm; {
	case in.op.result != gen && in.op.result != none:
		return operand.U8(n)
	case in.op == opGShl || in.op == opGSar:
		return operand.U8(n)
	case n == int64(int8(n)) && in.op != opImm:
		return operand.I8(n)
	case fits32(n):
		return operand.I32(n)
	default:
		return operand.I64(n)
	}
}

// register is the physical register of r. Vectors are seen with width bytes.
func (e *emitter) register(r id, width int, size byte) reg.Register {
	n := e.a.of[r]
	switch e.c.regs[r].class {
	case gen:
		if size == 'l' {
			return general[n].As32()
		}
		return general[n].As64()
	case mask:
		return reg.LookupPhysical(reg.KindOpmask, reg.Index(n+1), reg.S64)
	}
	e.vector = true
	switch size {
	case 'h':
		width /= 2
	case 'x':
		width = 16
	}
	spec := map[int]reg.Spec{16: reg.S128, 32: reg.S256, 64: reg.S512}[width]
	return reg.LookupPhysical(reg.KindVector, reg.Index(n), spec)
}

func (e *emitter) memory(m *place) operand.Mem {
	switch m.kind {
	case atData:
		return operand.NewDataAddr(operand.NewStaticSymbol(m.sym), m.disp)
	case atParam:
		return operand.NewParamAddr(m.sym, m.disp)
	case atSlot:
		if m.base != 0 {
			return operand.Mem{Base: e.register(m.base, 0, 0), Disp: e.a.slots[m.slot] - e.c.target.ISA.Bytes()}
		}
		return operand.NewStackAddr(e.a.slots[m.slot] + m.disp)
	}
	at := operand.Mem{Base: e.register(m.base, 0, 0), Disp: m.disp}
	if m.index != 0 {
		at.Index, at.Scale = e.register(m.index, 0, 0), uint8(m.scale)
	}
	return at
}

// The forms of a multiply-add: the result's register is that of c, of a
// factor with the other factor and c as operands, or of a factor with c and
// memory.
const (
	form231 = iota
	form213
	form132
)

// fused chooses the form in which the result takes the place of an argument.
func (e *emitter) fused(in *inst) {
	a, b, c := in.args[0], in.args[1], in.args[2]
	if in.inMem == 0 {
		a, b, in.inMem = b, a, 1
	}
	var form int
	var first, second operand.Op // in the assembler's order, before the result
	vec := func(r id) operand.Op { return e.register(r, in.width, 0) }
	switch {
	case in.inMem == 2:
		form = form213
		if !e.same(in.dst, a) && e.same(in.dst, b) {
			a, b = b, a
		}
		e.moveUnlessSame(in.dst, a)
		first, second = e.memory(in.mem), vec(b)
	case in.inMem == 1 && e.same(in.dst, a) && !e.same(in.dst, c):
		form = form132
		first, second = e.memory(in.mem), vec(c)
	case in.inMem == 1:
		form = form231
		e.moveUnlessSame(in.dst, c)
		first, second = e.memory(in.mem), vec(a)
	case e.same(in.dst, c):
		form = form231
		first, second = vec(b), vec(a)
	case e.same(in.dst, a):
		form = form213
		first, second = vec(c), vec(b)
	case e.same(in.dst, b):
		form = form213
		first, second = vec(c), vec(a)
	default:
		form = form231
		e.move(in.dst, c)
		first, second = vec(b), vec(a)
	}
	with := 0
	if in.bcst {
		with = 1
	}
	e.form(in, in.op.name, in.op.fma[form][with][in.elem], []operand.Op{first, second, vec(in.dst)})
}

func (e *emitter) moveUnlessSame(dst, src id) {
	if !e.same(dst, src) {
		e.move(dst, src)
	}
}
