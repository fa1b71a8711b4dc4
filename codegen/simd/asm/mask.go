package asm

// cmpReal are the instruction's numbers of the predicates, quiet ones: NaN is
// unequal to everything and stands in no order.
var cmpReal = [...]int64{EQ: 0, NE: 4, LT: 17, LE: 18, GT: 30, GE: 29}

// cmpInt are the numbers of the predicates for integers.
var cmpInt = [...]int64{EQ: 0, NE: 4, LT: 1, LE: 2, GT: 6, GE: 5}

const unordered = 3

// Cmp compares reals as Go does.
func (r *Routine) Cmp(p Pred, a, b V) M { return r.cmp(cmpReal[p], a, b) }

// IsNaN holds where v is no number.
func (r *Routine) IsNaN(v V) M { return r.cmp(unordered, v, v) }

func (r *Routine) cmp(p int64, a, b V) M {
	if r.wide() {
		return M{r.put(opCmp512, p, nil, a.id, b.id)}
	}
	return M{r.put(opCmp2, p, nil, a.id, b.id)}
}

// ICmp compares signed integers.
func (r *Routine) ICmp(p Pred, a, b V) M {
	if r.wide() {
		return M{r.put(opICmp512, cmpInt[p], nil, a.id, b.id)}
	}
	switch p {
	case EQ:
		return M{r.vop(opIEq2, a, b).id}
	case GT:
		return M{r.vop(opIGt2, a, b).id}
	case LT:
		return r.ICmp(GT, b, a)
	}
	return r.MNot(r.ICmp(p.not(), a, b))
}

// MAnd holds where both do.
func (r *Routine) MAnd(a, b M) M { return r.mop(opKAnd, opAnd, a, b) }

// MOr holds where one of them does.
func (r *Routine) MOr(a, b M) M { return r.mop(opKOr, opOr, a, b) }

// MXor holds where only one of them does.
func (r *Routine) MXor(a, b M) M { return r.mop(opKXor, opXor, a, b) }

// MNot holds where a does not.
func (r *Routine) MNot(a M) M {
	if r.wide() {
		return M{r.put(opKNot, 0, nil, a.id)}
	}
	return r.MXor(a, M{r.allTrue()})
}

func (r *Routine) mop(wide, narrow *op, a, b M) M {
	if r.wide() {
		return M{r.put(wide, 0, nil, a.id, b.id)}
	}
	return M{r.put(narrow, 0, nil, a.id, b.id)}
}

// Select is yes where k holds and no elsewhere.
func (r *Routine) Select(k M, yes, no V) V {
	if r.wide() {
		return r.vop(opBlend512, no, yes, V(k))
	}
	return r.vop(opBlend2, no, yes, V(k))
}

// Keep is v where k holds and 0 elsewhere.
func (r *Routine) Keep(k M, v V) V {
	if r.wide() {
		return r.vop(opKeep512, v, V(k))
	}
	return r.And(v, V(k))
}

// TailMask holds in the first n lanes; n < 2³¹.
func (r *Routine) TailMask(n G) M {
	if k, known := r.known(n); known {
		return r.MaskConst(int(k))
	}
	return r.ICmp(GT, r.SplatInt(n), r.Iota())
}

// MaskConst holds in the first n lanes.
func (r *Routine) MaskConst(n int) M {
	n = min(max(n, 0), r.Lanes())
	return r.MaskOf(func(lane int) bool { return lane < n })
}

// MaskOf has the lanes that on says.
func (r *Routine) MaskOf(on func(lane int) bool) M {
	lanes, bits := make([]uint64, r.Lanes()), int64(0)
	for i := range lanes {
		if on(i) {
			lanes[i] = ^uint64(0)
			bits |= 1 << i
		}
	}
	if r.wide() {
		return M{r.put(opKIn, 0, nil, r.put(opImm, bits, nil))}
	}
	return M{r.ConstLanes(lanes).id}
}

// Bits is k as a number: lane i is bit i.
func (r *Routine) Bits(k M) G {
	if r.wide() {
		return G{r.put(opKOut, 0, nil, k.id)}
	}
	return G{r.put(opVOut, 0, nil, k.id)}
}
