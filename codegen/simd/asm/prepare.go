package asm

import "maps"

// prepare makes the program what the allocator is to see: what is assigned
// to a variable is made in it, constants stand before loops, and what is
// loaded for one instruction is its operand.
func (c *code) prepare() *block {
	top := &block{nodes: append(append([]node(nil), c.entry.nodes...), c.top.nodes...)}
	uses := countUses(top, len(c.regs))
	top.blocks(func(b *block) { c.mergeMoves(b, uses) })
	removeUnused(top, countUses(top, len(c.regs)), c.regs)
	c.hoist(top)
	uses = countUses(top, len(c.regs))
	top.blocks(func(b *block) { c.fuse(b, uses) })
	return top
}

func countUses(b *block, n int) []int {
	uses := make([]int, n)
	b.each(func(in *inst) { in.reads(func(a *id) { uses[*a]++ }) })
	return uses
}

// mergeMoves makes a value that is only assigned to a variable in the
// variable itself, if nothing mentions the variable in between.
func (c *code) mergeMoves(b *block, uses []int) {
	made := map[id]int{} // value → the node that makes it
	out := b.nodes
	for i, n := range b.nodes {
		in, ok := n.(*inst)
		if !ok {
			continue
		}
		if in.dst != 0 && !c.regs[in.dst].variable {
			made[in.dst] = i
		}
		if !in.op.copies || !c.regs[in.dst].variable {
			continue
		}
		v := in.args[0]
		j, here := made[v]
		if !here {
			continue
		}
		from := b.nodes[j].(*inst)
		switch {
		case uses[v] == 1 && !mentioned(b.nodes[j+1:i], in.dst) && from.allows(in.dst):
			from.dst = in.dst
			out[i] = nil
			uses[v] = 0
		case from.op == opZero2 || from.op == opZero512 || from.op == opImm:
			// As cheap as a move.
			again := *from
			again.dst = in.dst
			out[i] = &again
			uses[v]--
		}
	}
	b.compact()
}

// compact removes the nodes that are nil.
func (b *block) compact() {
	kept := b.nodes[:0]
	for _, n := range b.nodes {
		if n != nil {
			kept = append(kept, n)
		}
	}
	b.nodes = kept
}

// mentioned reports whether some node reads or assigns r.
func mentioned(nodes []node, r id) bool {
	found := false
	for _, n := range nodes {
		if n == nil {
			continue
		}
		instsOf(n, func(in *inst) { found = found || in.dst == r || in.readsReg(r) })
	}
	return found
}

// allows reports whether the instruction could make what it makes in r.
func (in *inst) allows(r id) bool {
	if in.op.apart {
		for i, a := range in.args {
			if a == r && i != in.op.tied {
				return false
			}
		}
	}
	return true
}

// removeUnused removes what makes values that nobody reads.
func removeUnused(b *block, uses []int, regs []vreg) {
	var walk func(b *block)
	count := func(in *inst) { in.reads(func(a *id) { uses[*a]-- }) }
	walk = func(b *block) {
		for i := len(b.nodes) - 1; i >= 0; i-- {
			switch n := b.nodes[i].(type) {
			case *inst:
				if n.dst != 0 && uses[n.dst] == 0 && !n.op.fixed && !regs[n.dst].variable {
					count(n)
					b.nodes[i] = nil
				}
			case *loop:
				walk(n.body)
			case *branch:
				if n.els != nil {
					walk(n.els)
				}
				walk(n.then)
			}
		}
		b.compact()
	}
	walk(b)
}

// A constant is what makes two instructions the same.
type constant struct {
	op   *op
	elem Elem
	imm  int64
	sym  string
}

func constantOf(in *inst, regs []vreg) (constant, bool) {
	if !in.op.remat || regs[in.dst].variable {
		return constant{}, false
	}
	k := constant{op: in.op, elem: in.elem, imm: in.imm}
	if in.op.slots[0].kind == 'd' {
		k.elem = F32 // zeros of all elements are the same
	}
	if in.mem != nil {
		k.sym = in.mem.sym
	}
	return k, true
}

// hoist makes every constant once before the outermost loop that wants it,
// and once in straight code.
func (c *code) hoist(top *block) {
	renamed := map[id]id{}
	var walk func(b *block, have map[constant]id)
	walk = func(b *block, have map[constant]id) {
		var out []node
		// once keeps the first instruction of a constant.
		once := func(in *inst) bool {
			k, ok := constantOf(in, c.regs)
			if !ok {
				return false
			}
			if first, ok := have[k]; ok {
				renamed[in.dst] = first
			} else {
				have[k] = in.dst
				out = append(out, in)
			}
			return true
		}
		for _, n := range b.nodes {
			switch n := n.(type) {
			case *inst:
				if once(n) {
					continue
				}
			case *loop:
				n.body.blocks(func(b *block) {
					for i, m := range b.nodes {
						if in, ok := m.(*inst); ok && once(in) {
							b.nodes[i] = nil
						}
					}
					b.compact()
				})
			case *branch:
				walk(n.then, maps.Clone(have))
				if n.els != nil {
					walk(n.els, maps.Clone(have))
				}
			}
			out = append(out, n)
		}
		b.nodes = out
	}
	walk(top, map[constant]id{})
	top.each(func(in *inst) {
		in.reads(func(a *id) {
			if first, ok := renamed[*a]; ok {
				*a = first
			}
		})
	})
}

// fuse makes what is loaded for a single instruction its operand, if nothing
// in between changes memory or the address.
func (c *code) fuse(b *block, uses []int) {
	made := map[id]int{}
	for i, n := range b.nodes {
		in, ok := n.(*inst)
		if !ok {
			continue
		}
		if in.mem == nil && in.op.result != none {
			for arg, a := range in.args {
				j, here := made[a]
				if !here || uses[a] != 1 {
					continue
				}
				from := b.nodes[j].(*inst)
				if from.width >= in.width && c.undisturbed(b.nodes[j+1:i], from) && c.fold(in, arg, from.mem, from.elem, from.splats()) {
					b.nodes[j] = nil
					break
				}
			}
		}
		if in.loadsVector() && in.dst != 0 && !c.regs[in.dst].variable {
			made[in.dst] = i
		}
	}
	b.compact()
}

// loadsVector reports whether the instruction loads what may be an operand in
// memory. A parameter may not: go vet takes only moves of the frame for right.
func (in *inst) loadsVector() bool {
	switch in.op {
	case opLoad, opBcst, opConst, opConstB:
		return true
	}
	return false
}

// splats reports whether the instruction reads one element for all lanes.
func (in *inst) splats() bool { return in.op == opBcst || in.op == opConstB }

// undisturbed reports whether a load may be done after the nodes as well.
func (c *code) undisturbed(nodes []node, load *inst) bool {
	ok := true
	for _, n := range nodes {
		if n == nil {
			continue
		}
		instsOf(n, func(in *inst) {
			if in.op.stores && load.mem.kind == atAddress {
				ok = false
			}
			if in.dst != 0 && (in.dst == load.mem.base || in.dst == load.mem.index) {
				ok = false
			}
		})
	}
	return ok
}

// fold makes memory an argument of the instruction, if there is such a form.
// splat says that it is one element for all lanes.
func (c *code) fold(in *inst, arg int, m *place, e Elem, splat bool) bool {
	o := in.op
	seen := 0
	for _, a := range in.args {
		if a == in.args[arg] {
			seen++
		}
	}
	if in.mem != nil || seen != 1 {
		return false
	}
	if splat {
		has := o.bcst[in.elem] != nil || o.fma != nil
		if c.target.ISA != AVX512 || e != in.elem || !has {
			return false
		}
	}
	switch {
	case o.fma != nil || o.inMem == arg:
	case o.comm && o.inMem >= 0:
		in.args[0], in.args[1] = in.args[1], in.args[0]
		arg = 1 - arg
	default:
		return false
	}
	at := *m
	in.mem, in.inMem, in.bcst = &at, arg, splat
	in.args[arg] = 0
	return true
}
