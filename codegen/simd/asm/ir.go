package asm

// class says what kind of register holds a value.
type class uint8

const (
	none class = iota
	vec
	gen
	mask
	classes
)

// A vreg is a virtual register.
type vreg struct {
	class    class
	variable bool   // may be assigned again
	imm      bool   // a number known now, which no instruction makes: value
	value    int64  //
	scope    *block // where it was made; nil for what passes make
}

// An inst is one machine instruction over virtual registers.
type inst struct {
	op    *op
	elem  Elem
	width int  // bytes of its vectors
	dst   id   // zero if it makes nothing
	args  []id // what it reads
	mem   *place
	inMem int  // the argument that mem stands for; -1: mem is an operand of its own
	bcst  bool // mem is one element, for all lanes
	imm   int64
}

// A place is an operand in memory.
type place struct {
	kind        placeKind
	base, index id
	scale, disp int
	sym         string // of data and parameters
	slot        id     // the register that lives in the frame
}

type placeKind uint8

const (
	atAddress placeKind = iota
	atData              // read-only data of the file
	atParam             // the frame of the caller
	atSlot              // our frame
)

// A node is *inst, *loop or *branch.
type node any

// A block is code that is run from top to bottom.
type block struct {
	parent *block
	nodes  []node
}

// A loop runs its body until the test at its end fails.
type loop struct {
	body *block
	test *test
}

// A branch runs one of two blocks.
type branch struct {
	test *test
	then *block
	els  *block // nil: nothing
	rare bool   // then is seldom run
}

// A test sets the flags with an instruction and asks for a condition.
type test struct {
	inst  *inst
	cond  Pred
	after []*inst // moves that keep the flags
}

// reads calls f for each register that the instruction reads.
func (in *inst) reads(f func(*id)) {
	for i := range in.args {
		if in.args[i] != 0 {
			f(&in.args[i])
		}
	}
	if m := in.mem; m != nil {
		if m.base != 0 {
			f(&m.base)
		}
		if m.index != 0 {
			f(&m.index)
		}
	}
}

// readsReg reports whether the instruction reads r.
func (in *inst) readsReg(r id) bool {
	found := false
	in.reads(func(a *id) { found = found || *a == r })
	return found
}

// each calls f for every instruction of the block and of what is in it, in
// the order of the text.
func (b *block) each(f func(*inst)) {
	for _, n := range b.nodes {
		switch n := n.(type) {
		case *inst:
			f(n)
		case *loop:
			n.body.each(f)
			f(n.test.inst)
		case *branch:
			f(n.test.inst)
			n.then.each(f)
			if n.els != nil {
				n.els.each(f)
			}
		}
	}
}

// blocks calls f for the block and for every block in it, inner ones first.
func (b *block) blocks(f func(*block)) {
	for _, n := range b.nodes {
		switch n := n.(type) {
		case *loop:
			n.body.blocks(f)
		case *branch:
			n.then.blocks(f)
			if n.els != nil {
				n.els.blocks(f)
			}
		}
	}
	f(b)
}

// instsOf calls f for every instruction of a node.
func instsOf(n node, f func(*inst)) {
	(&block{nodes: []node{n}}).each(f)
}
