package asm

// A spiller makes registers live in memory: where an instruction reads one, it
// reads memory or a short-lived register that is loaded before; where one is
// made, it is stored.
type spiller struct {
	c      *code
	a      *allocation
	remats map[id]*inst
	gone   map[id]bool
}

func (s *spiller) block(b *block) {
	var out []node
	for _, n := range b.nodes {
		switch n := n.(type) {
		case *inst:
			if s.gone[n.dst] && s.remats[n.dst] != nil {
				continue // made again where it is wanted
			}
			before, after := s.inst(n)
			out = appendNodes(out, before)
			out = append(out, n)
			out = appendNodes(out, after)
			continue
		case *loop:
			s.block(n.body)
			n.body.nodes = appendNodes(n.body.nodes, s.test(n.test))
		case *branch:
			out = appendNodes(out, s.test(n.test))
			s.block(n.then)
			if n.els != nil {
				s.block(n.els)
			}
		}
		out = append(out, n)
	}
	b.nodes = out
}

func appendNodes(out []node, ins []*inst) []node {
	for _, in := range ins {
		out = append(out, in)
	}
	return out
}

func (s *spiller) test(t *test) []*inst {
	before, after := s.inst(t.inst)
	t.after = append(after, t.after...)
	return before
}

// inst replaces the registers of one instruction that are gone.
func (s *spiller) inst(in *inst) (before, after []*inst) {
	if in.op.copies && s.move(in) {
		return nil, nil
	}
	for i, a := range in.args {
		if a == 0 || !s.gone[a] {
			continue
		}
		if again := s.remats[a]; again != nil {
			if again.loadsVector() && s.c.fold(in, i, again.mem, again.elem, again.splats()) {
				continue
			}
		} else if a != in.dst && s.c.fold(in, i, s.at(a), in.elem, false) {
			continue
		}
	}
	temps := map[id]id{}
	in.reads(func(a *id) {
		if !s.gone[*a] {
			return
		}
		t, ok := temps[*a]
		if !ok {
			t = s.temp(*a)
			temps[*a] = t
			before = append(before, s.fill(*a, t))
		}
		*a = t
	})
	if s.gone[in.dst] {
		r := in.dst
		t, ok := temps[r]
		if !ok {
			t = s.temp(r)
		}
		in.dst = t
		after = append(after, s.keep(r, t))
	}
	return before, after
}

// move makes a move from or to memory of one between registers.
func (s *spiller) move(in *inst) bool {
	src, dst := in.args[0], in.dst
	switch {
	case s.gone[src] && s.gone[dst]:
		return false
	case s.gone[dst]:
		*in = *s.keep(dst, src)
	case s.gone[src]:
		*in = *s.fill(src, dst)
	}
	return true
}

// temp is a register of the class of r that must not be spilled.
func (s *spiller) temp(r id) id {
	t := s.c.fresh(s.c.regs[r].class)
	s.c.regs[t].variable = true
	s.a.temps[t] = true
	return t
}

// at is where a register lives in the frame.
func (s *spiller) at(r id) *place {
	p := &place{kind: atSlot, slot: r}
	if s.c.regs[r].class == vec {
		p.base = s.a.base
	}
	return p
}

var (
	fills = [classes]*op{vec: opFillV, gen: opFillG, mask: opFillK}
	keeps = [classes]*op{vec: opKeepV, gen: opKeepG, mask: opKeepK}
)

// fill brings r into t.
func (s *spiller) fill(r, t id) *inst {
	if again := s.remats[r]; again != nil {
		in := *again
		in.dst = t
		return &in
	}
	return &inst{op: fills[s.c.regs[r].class], width: s.c.target.ISA.Bytes(), dst: t, mem: s.at(r), inMem: -1}
}

// keep stores t as r.
func (s *spiller) keep(r, t id) *inst {
	return &inst{op: keeps[s.c.regs[r].class], width: s.c.target.ISA.Bytes(), mem: s.at(r), args: []id{t}, inMem: -1}
}
