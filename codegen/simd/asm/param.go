package asm

import (
	"github.com/mmcloughlin/avo/gotypes"
)

// Base is the address of the first element of a slice.
func (r *Routine) Base(name string) G {
	return G{r.param(name, opParamG, F64, gotypes.Component.Base, Reals, Ints32)}
}

// Len is the length of a slice.
func (r *Routine) Len(name string) G {
	return G{r.param(name, opParamG, F64, gotypes.Component.Len, Reals, Ints32)}
}

// Int is a parameter of kind Int.
func (r *Routine) Int(name string) G {
	return G{r.param(name, opParamG, F64, itself, Int)}
}

// Real is a parameter of kind Real or Wide in all lanes. What is Wide is a
// vector of F64.
func (r *Routine) Real(name string) V {
	e := r.target.Elem
	if p, ok := find(r.params, name); ok && p.Kind == Wide {
		e = F64
	}
	return V{r.param(name, opParamV, e, itself, Real, Wide)}
}

func itself(c gotypes.Component) gotypes.Component { return c }

func find(ps []Param, name string) (Param, bool) {
	for _, p := range ps {
		if p.Name == name {
			return p, true
		}
	}
	return Param{}, false
}

// param loads a part of a parameter once, at the beginning of the routine.
func (r *Routine) param(name string, o *op, e Elem, part func(gotypes.Component) gotypes.Component, kinds ...Kind) id {
	p, ok := find(r.params, name)
	fits := false
	for _, k := range kinds {
		fits = fits || k == p.Kind
	}
	if !ok || !fits {
		r.fail("no such parameter: %s", name)
		return r.newReg(o.result)
	}
	at := r.frame(r.signature.Params(), name, part)
	if v, ok := r.loaded[at.sym]; ok {
		return v
	}
	var v id
	r.atEntry(func() { v = r.As(e).put(o, 0, at) })
	r.loaded[at.sym] = v
	return v
}

// frame is the place of a parameter or result in the caller's frame.
func (r *Routine) frame(t *gotypes.Tuple, name string, part func(gotypes.Component) gotypes.Component) *place {
	b, err := part(t.Lookup(r.names[name])).Resolve()
	if err != nil {
		r.fail("%s: %v", name, err)
		return &place{kind: atParam}
	}
	return &place{kind: atParam, sym: b.Addr.Symbol.Name, disp: b.Addr.Disp}
}

// Return makes lane 0 of v a result. A Wide result is the lane of a vector of
// F64. The routine goes on.
func (r *Routine) Return(name string, v V) {
	p, ok := find(r.results, name)
	if !ok || p.Kind != Real && p.Kind != Wide {
		r.fail("no such result: %s", name)
		return
	}
	e := r.target.Elem
	if p.Kind == Wide {
		e = F64
	}
	r.returned[name] = true
	r.As(e).put(opStore1, 0, r.frame(r.signature.Results(), name, itself), v.id)
}

// ReturnInt makes g a result of kind Int.
func (r *Routine) ReturnInt(name string, g G) {
	if p, ok := find(r.results, name); !ok || p.Kind != Int {
		r.fail("no such result: %s", name)
		return
	}
	r.returned[name] = true
	r.put(opStoreG, 0, r.frame(r.signature.Results(), name, itself), r.reg(g))
}
