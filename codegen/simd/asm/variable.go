package asm

// Var is a variable that begins with v.
func (r *Routine) Var(v V) V { return V{r.variable(v.id)} }

// Set assigns to a variable.
func (r *Routine) Set(dst, src V) { r.assign(dst.id, src.id) }

// GVar is a variable that begins with g.
func (r *Routine) GVar(g G) G { return G{r.variable(r.reg(g))} }

// GSet assigns to a variable.
func (r *Routine) GSet(dst, src G) { r.assign(dst.id, r.reg(src)) }

// MVar is a variable that begins with k.
func (r *Routine) MVar(k M) M { return M{r.variable(k.id)} }

// MSet assigns to a variable.
func (r *Routine) MSet(dst, src M) { r.assign(dst.id, src.id) }

// GAddTo adds to a variable.
func (r *Routine) GAddTo(dst, n G) {
	in := &inst{op: opGAddI, width: 8, dst: dst.id, args: []id{dst.id}, inMem: -1}
	switch v, known := r.known(n); {
	case known && v == 0:
		return
	case known && fits32(v):
		in.imm = v
	default:
		in.op, in.args = opGAdd, append(in.args, r.reg(n))
	}
	r.change(in)
}

var moves = [classes]*op{vec: opMovV, gen: opMovG, mask: opMovK}

func (r *Routine) variable(v id) id {
	c := r.regs[v].class
	if v == 0 {
		c = vec
	}
	x := r.newReg(c)
	r.regs[x].variable = true
	r.assign(x, v)
	return x
}

func (r *Routine) assign(dst, src id) {
	r.change(&inst{op: moves[max(r.regs[dst].class, vec)], elem: r.elem, width: r.target.ISA.Bytes(), dst: dst, args: []id{src}, inMem: -1})
}

// change appends an instruction that assigns to a variable.
func (r *Routine) change(in *inst) {
	switch {
	case !r.regs[in.dst].variable:
		r.fail("%s: only a variable can be assigned", in.op.name)
	case !r.visible(in.dst):
		r.fail("%s: a variable is assigned outside of its block", in.op.name)
	}
	r.append(in)
}
