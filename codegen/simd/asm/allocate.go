package asm

import (
	"fmt"
	"slices"
)

// allocate gives every virtual register a physical one. What finds none lives
// in memory, where short-lived registers take it from and to; then the scan
// begins again.
func (c *code) allocate(top *block) (*allocation, error) {
	a := &allocation{temps: map[id]bool{}, slots: map[id]int{}}
	for {
		remats := c.remats(top)
		order := c.intervals(top, a.temps, remats)
		slices.SortStableFunc(order, func(x, y *interval) int { return x.start - y.start })
		var inRegisters, inFrame []*interval
		for _, v := range order {
			if _, ok := a.slots[v.reg]; ok {
				inFrame = append(inFrame, v)
			} else {
				inRegisters = append(inRegisters, v)
			}
		}
		spilled := a.scan(c, inRegisters)
		if len(spilled) == 0 {
			a.layout(c, inFrame)
			return a, nil
		}
		for _, r := range spilled {
			if a.temps[r] {
				return nil, fmt.Errorf("asm: %s: an instruction needs more registers than there are", c.name)
			}
		}
		s := &spiller{c: c, a: a, remats: remats, gone: map[id]bool{}}
		vectors := false
		for _, r := range spilled {
			s.gone[r] = true
			if remats[r] == nil {
				a.slots[r] = 0
				vectors = vectors || c.regs[r].class == vec
			}
		}
		if vectors && !a.settled {
			a.settled = true
			if c.pressure(inRegisters) < len(general) {
				a.base = c.alignFrame(top)
			}
		}
		s.block(top)
	}
}

type allocation struct {
	of      []int // virtual register → number of the physical one in its class
	temps   map[id]bool
	slots   map[id]int // places in the frame
	frame   int
	settled bool // base is
	base    id   // what vectors in the frame are found from; 0: the stack pointer
	used    [classes][]bool
}

// pressure is the largest number of general registers that are wanted at the
// same time.
func (c *code) pressure(order []*interval) int {
	most := 0
	var active []*interval
	for _, v := range order {
		if c.regs[v.reg].class != gen {
			continue
		}
		active = slices.DeleteFunc(active, func(x *interval) bool { return x.end <= v.start })
		active = append(active, v)
		most = max(most, len(active))
	}
	return most
}

// alignFrame begins the program with the address of the first place in the
// frame from which no vector lies across two cache lines. The frame itself is
// aligned to 8 bytes only.
func (c *code) alignFrame(top *block) id {
	at, base := c.fresh(gen), c.fresh(gen)
	n := c.target.ISA.Bytes()
	top.nodes = append([]node{
		&inst{op: opLea, width: 8, dst: at, mem: &place{kind: atSlot, disp: n - 1}, inMem: -1},
		&inst{op: opGAndI, width: 8, dst: base, args: []id{at}, imm: int64(-n), inMem: -1},
	}, top.nodes...)
	return base
}

// fresh is a new register that a pass makes.
func (c *code) fresh(k class) id {
	c.regs = append(c.regs, vreg{class: k})
	return id(len(c.regs) - 1)
}

// layout gives a place in the frame to every register that lives there. Those
// that do not live at the same time may share one. Vectors come first.
func (a *allocation) layout(c *code, order []*interval) {
	if a.base != 0 {
		a.frame = c.target.ISA.Bytes() // room to align
	}
	for k := vec; k < classes; k++ {
		var active []*interval
		var free []int
		for _, v := range order {
			if c.regs[v.reg].class != k {
				continue
			}
			active = slices.DeleteFunc(active, func(x *interval) bool {
				if x.end > v.start {
					return false
				}
				free = append(free, a.slots[x.reg])
				return true
			})
			if n := len(free); n > 0 {
				a.slots[v.reg], free = free[n-1], free[:n-1]
			} else {
				a.slots[v.reg] = a.frame
				a.frame += c.bytesOf(v.reg)
			}
			active = append(active, v)
		}
	}
}

// bytesOf is the size of a register in the frame.
func (c *code) bytesOf(r id) int {
	if c.regs[r].class == vec {
		return c.target.ISA.Bytes()
	}
	return 8
}

// remats are the registers whose only instruction makes the same value
// wherever it stands.
func (c *code) remats(top *block) map[id]*inst {
	m := map[id]*inst{}
	top.each(func(in *inst) {
		if in.op.remat && !c.regs[in.dst].variable {
			m[in.dst] = in
		}
	})
	return m
}

// number is how many registers of each class there are. The last general one
// is BP.
func (t Target) number(c class) int {
	switch c {
	case vec:
		return t.Registers()
	case gen:
		return len(general)
	case mask:
		return 7
	}
	return 0
}

// scan goes through the intervals once and returns the registers that find no
// place.
func (a *allocation) scan(c *code, order []*interval) []id {
	a.of = make([]int, len(c.regs))
	byReg := make([]*interval, len(c.regs))
	for _, v := range order {
		byReg[v.reg] = v
	}
	var spilled []id
	var active, owner [classes][]*interval
	for k := vec; k < classes; k++ {
		owner[k] = make([]*interval, c.target.number(k))
		a.used[k] = make([]bool, c.target.number(k))
	}
	for _, v := range order {
		k := c.regs[v.reg].class
		own := owner[k]
		active[k] = slices.DeleteFunc(active[k], func(x *interval) bool {
			if x.end > v.start {
				return false
			}
			own[x.phys] = nil
			return true
		})
		p := choose(v, own, byReg)
		if p < 0 {
			// The cheapest one goes.
			least := v
			for _, x := range active[k] {
				if x.weight() < least.weight() {
					least = x
				}
			}
			spilled = append(spilled, least.reg)
			if least == v {
				continue
			}
			p = least.phys
			active[k] = slices.DeleteFunc(active[k], func(x *interval) bool { return x == least })
		}
		v.phys = p
		own[p] = v
		a.used[k][p] = true
		a.of[v.reg] = p
		active[k] = append(active[k], v)
	}
	return spilled
}

// choose is a free register for v, one that is hinted at if possible.
func choose(v *interval, own []*interval, of []*interval) int {
	for _, h := range v.hints {
		if h == 0 {
			continue
		}
		if x := of[h]; x != nil && x.phys >= 0 && own[x.phys] == nil {
			return x.phys
		}
	}
	return slices.Index(own, nil)
}
