package asm

import "math/bits"

// Loop is for i := 0; i+step <= n; i += step. Tail says what it leaves.
func (r *Routine) Loop(n G, step int, body func(i G)) { r.LoopFrom(r.Imm(0), n, step, body) }

// LoopConst is Loop with a known n.
func (r *Routine) LoopConst(n, step int, body func(i G)) { r.Loop(r.Imm(n), step, body) }

// LoopFrom is for i := from; i+step <= n; i += step.
func (r *Routine) LoopFrom(from, n G, step int, body func(i G)) {
	if step <= 0 {
		r.fail("a loop with step %d", step)
		return
	}
	// i+step <= n is i < n or i <= n-step.
	cond, limit := LT, n
	if step > 1 {
		cond, limit = LE, r.GSub(n, r.Imm(step))
	}
	run := func() {
		i := r.GVar(from)
		r.doWhile(func() {
			body(i)
			r.GAddTo(i, r.Imm(step))
		}, cond, i, limit)
	}
	first, knowFirst := r.known(from)
	last, knowLast := r.known(limit)
	switch {
	case !knowFirst || !knowLast:
		r.If(cond, from, limit, run, nil)
	case first < last || cond == LE && first == last:
		run()
	}
}

// Repeat runs its body n times.
func (r *Routine) Repeat(n G, body func()) {
	run := func() {
		c := r.GVar(n)
		l := &loop{body: r.in(body)}
		down := &inst{op: opGSubI, width: 8, dst: c.id, args: []id{c.id}, imm: 1, inMem: -1}
		l.test = &test{inst: down, cond: NE}
		r.cur.nodes = append(r.cur.nodes, l)
	}
	if k, known := r.known(n); !known {
		r.If(GT, n, r.Imm(0), run, nil)
	} else if k > 0 {
		run()
	}
}

// While runs its body as long as a comparison holds; one of its sides is a
// variable.
func (r *Routine) While(p Pred, a, b G, body func()) {
	r.If(p, a, b, func() { r.doWhile(body, p, a, b) }, nil)
}

// doWhile runs its body once, and again as long as a comparison holds.
func (r *Routine) doWhile(body func(), p Pred, a, b G) {
	l := &loop{}
	l.body = r.in(func() {
		body()
		l.test = r.compare(p, a, b)
	})
	r.cur.nodes = append(r.cur.nodes, l)
}

// Tail is what a loop with a step leaves: n − (n/step)·step for n ≥ 0. The
// step is a power of two.
func (r *Routine) Tail(n G, step int) G {
	if bits.OnesCount(uint(step)) != 1 {
		r.fail("the tail of step %d", step)
	}
	return r.GAnd(n, r.Imm(step-1))
}

// If runs one of two blocks; els may be nil.
func (r *Routine) If(p Pred, a, b G, then, els func()) {
	x, knowX := r.known(a)
	y, knowY := r.known(b)
	if knowX && knowY {
		switch {
		case p.holds(x, y):
			then()
		case els != nil:
			els()
		}
		return
	}
	t := r.compare(p, a, b)
	r.branch(t, then, els)
}

// IfAny runs a block if the condition holds for some lane. The block is taken
// to be run rarely.
func (r *Routine) IfAny(k M, then func()) {
	o := opVTest
	if r.wide() {
		o = opKTest
	}
	t := &test{inst: r.loose(o, 0, k.id), cond: NE}
	b := r.branch(t, then, nil)
	b.rare = true
}

func (r *Routine) branch(t *test, then, els func()) *branch {
	b := &branch{test: t}
	b.then = r.in(then)
	if els != nil {
		b.els = r.in(els)
	}
	r.cur.nodes = append(r.cur.nodes, b)
	return b
}

// compare makes a test of two registers, or of one and a number.
func (r *Routine) compare(p Pred, a, b G) *test {
	if _, known := r.known(a); known {
		return r.compare(p.swapped(), b, a)
	}
	n, known := r.known(b)
	switch {
	case known && n == 0:
		return &test{inst: r.loose(opZeroG, 0, a.id), cond: p}
	case known && fits32(n):
		return &test{inst: r.loose(opCmpGI, n, a.id), cond: p}
	}
	return &test{inst: r.loose(opCmpG, 0, a.id, r.reg(b)), cond: p}
}

// loose makes an instruction that stands in no block.
func (r *Routine) loose(o *op, imm int64, args ...id) *inst {
	r.put(o, imm, nil, args...)
	last := len(r.cur.nodes) - 1
	if last < 0 {
		return &inst{op: o, inMem: -1}
	}
	in, _ := r.cur.nodes[last].(*inst)
	if in == nil || in.op != o {
		return &inst{op: o, inMem: -1} // put has said what is wrong
	}
	r.cur.nodes = r.cur.nodes[:last]
	return in
}

func (p Pred) holds(x, y int64) bool {
	switch p {
	case EQ:
		return x == y
	case NE:
		return x != y
	case LT:
		return x < y
	case LE:
		return x <= y
	case GT:
		return x > y
	}
	return x >= y
}

// swapped is the predicate for exchanged sides.
func (p Pred) swapped() Pred { return [...]Pred{EQ, NE, GT, GE, LT, LE}[p] }

// not is the opposite of a comparison of integers.
func (p Pred) not() Pred { return [...]Pred{NE, EQ, GE, GT, LE, LT}[p] }
