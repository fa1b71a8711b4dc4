package asm

import "math/bits"

// Imm is a number. It takes no register where the instruction holds it.
func (r *Routine) Imm(n int) G {
	r.regs = append(r.regs, vreg{class: gen, scope: r.entry, imm: true, value: int64(n)})
	return G{id(len(r.regs) - 1)}
}

// known returns the value of a G that is a number known now.
func (r *Routine) known(g G) (int64, bool) { return r.regs[g.id].value, r.regs[g.id].imm }

// reg is a G that an instruction can take as a register.
func (r *Routine) reg(g G) id {
	if n, known := r.known(g); known {
		return r.put(opImm, n, nil)
	}
	return g.id
}

func fits32(n int64) bool { return n == int64(int32(n)) }

// gop is a two-operand instruction or, with a number, its form with an
// immediate.
func (r *Routine) gop(o, withImm *op, a, b G) G {
	if n, known := r.known(b); known && fits32(n) {
		return G{r.put(withImm, n, nil, r.reg(a))}
	}
	return G{r.put(o, 0, nil, r.reg(a), r.reg(b))}
}

// GAdd is a + b.
func (r *Routine) GAdd(a, b G) G {
	x, knowX := r.known(a)
	y, knowY := r.known(b)
	switch {
	case knowX && knowY:
		return r.Imm(int(x + y))
	case knowX:
		return r.GAdd(b, a)
	case knowY && fits32(y):
		return r.Lea(a, G{}, 0, int(y))
	}
	return r.Lea(a, b, 1, 0)
}

// GSub is a − b.
func (r *Routine) GSub(a, b G) G {
	x, knowX := r.known(a)
	y, knowY := r.known(b)
	switch {
	case knowX && knowY:
		return r.Imm(int(x - y))
	case knowY && fits32(-y):
		return r.Lea(a, G{}, 0, int(-y))
	}
	return r.gop(opGSub, opGSubI, a, b)
}

// GMul is a · b.
func (r *Routine) GMul(a, b G) G {
	x, knowX := r.known(a)
	y, knowY := r.known(b)
	switch {
	case knowX && knowY:
		return r.Imm(int(x * y))
	case knowX:
		return r.GMul(b, a)
	case knowY && y == 1:
		return a
	case knowY && y > 1 && y&(y-1) == 0:
		return r.GShl(a, bits.TrailingZeros64(uint64(y)))
	}
	return r.gop(opGMul, opGMulI, a, b)
}

// GShl is a << n.
func (r *Routine) GShl(a G, n int) G {
	if x, known := r.known(a); known {
		return r.Imm(int(x << n))
	}
	if n == 0 {
		return a
	}
	return G{r.put(opGShl, int64(n), nil, a.id)}
}

// GShr is a >> n: the sign comes in.
func (r *Routine) GShr(a G, n int) G {
	if x, known := r.known(a); known {
		return r.Imm(int(x >> n))
	}
	if n == 0 {
		return a
	}
	return G{r.put(opGSar, int64(n), nil, a.id)}
}

// GAnd is a & b.
func (r *Routine) GAnd(a, b G) G {
	x, knowX := r.known(a)
	y, knowY := r.known(b)
	switch {
	case knowX && knowY:
		return r.Imm(int(x & y))
	case knowX:
		return r.GAnd(b, a)
	}
	return r.gop(opGAnd, opGAndI, a, b)
}

// GMin is the smaller of two.
func (r *Routine) GMin(a, b G) G { return r.pick(opCmovLT, LT, a, b) }

// GMax is the larger of two.
func (r *Routine) GMax(a, b G) G { return r.pick(opCmovGT, GT, a, b) }

// pick is b if its comparison with a holds, else a. The conditional move o
// asks the same.
func (r *Routine) pick(o *op, p Pred, a, b G) G {
	x, knowX := r.known(a)
	y, knowY := r.known(b)
	if knowX && knowY {
		if p.holds(y, x) {
			return b
		}
		return a
	}
	ra, rb := r.reg(a), r.reg(b)
	r.put(opCmpG, 0, nil, rb, ra)
	return G{r.put(o, 0, nil, ra, rb)}
}

// Lea is base + index·scale + disp; index may be the zero G.
func (r *Routine) Lea(base, index G, scale, disp int) G {
	m := r.place(Mem{base, index, scale, disp})
	if m.index == 0 && m.disp == 0 {
		return G{m.base}
	}
	return G{r.put(opLea, 0, m)}
}

// LoadInt32 is an int32 of memory.
func (r *Routine) LoadInt32(m Mem) G { return G{r.put(opLoadG4, 0, r.place(m))} }

// LoadInt is an int of memory.
func (r *Routine) LoadInt(m Mem) G { return G{r.put(opLoadG, 0, r.place(m))} }

// StoreInt writes an int to memory.
func (r *Routine) StoreInt(m Mem, g G) { r.put(opStoreG, 0, r.place(m), r.reg(g)) }

// place makes an operand of a Mem. An index that is a number becomes a part
// of the displacement.
func (r *Routine) place(m Mem) *place {
	p := &place{kind: atAddress, disp: m.Disp}
	if !m.Base.Ok() {
		r.fail("an address without a base")
		return p
	}
	p.base = r.reg(m.Base)
	if m.Index.Ok() {
		scale := max(m.Scale, 1)
		if n, known := r.known(m.Index); known {
			p.disp += int(n) * scale
		} else {
			p.index, p.scale = m.Index.id, scale
		}
		if scale > 8 || scale&(scale-1) != 0 {
			r.fail("an index is scaled by %d", scale)
		}
	}
	if !fits32(int64(p.disp)) {
		r.fail("a displacement of %d", p.disp)
	}
	return p
}
