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
		spilled := a.scan(c, c.intervals(top, a.temps, remats))
		if len(spilled) == 0 {
			return a, nil
		}
		for _, r := range spilled {
			if a.temps[r] {
				return nil, fmt.Errorf("asm: %s: an instruction needs more registers than there are", c.name)
			}
		}
		s := &spiller{c: c, a: a, remats: remats, gone: map[id]bool{}}
		for _, r := range spilled {
			s.gone[r] = true
			if remats[r] == nil {
				a.slots[r] = a.frame
				a.frame += c.bytesOf(r)
				a.spills++
			}
		}
		s.block(top)
	}
}

type allocation struct {
	of     []int // virtual register → number of the physical one in its class
	temps  map[id]bool
	slots  map[id]int // places in the frame
	frame  int
	spills int
	used   [classes][]bool
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
	slices.SortStableFunc(order, func(x, y *interval) int { return x.start - y.start })
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
