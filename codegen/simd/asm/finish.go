package asm

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/x86"
)

// Built is a routine that is finished.
type Built struct {
	Name   string
	Doc    string
	Target Target
	Stub   string // the Go declaration: func NAME(…) (…)
	Spills int    // values that live in the frame
	Frame  int    // bytes of the frame

	function *ir.Function
	data     map[string][]byte
}

// Finish allocates the registers. The routine must not be used any more.
func (r *Routine) Finish() (*Built, error) {
	for _, p := range r.results {
		if !r.returned[p.Name] {
			r.fail("nothing is returned as %s", p.Name)
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	c := r.code
	top := c.prepare()
	a, err := c.allocate(top)
	if err != nil {
		return nil, err
	}
	f := ir.NewFunction(c.name)
	f.SetSignature(c.signature)
	e := &emitter{c: c, a: a, f: f}
	e.block(top)
	if e.vector {
		e.add(x86.VZEROUPPER())
	}
	e.add(x86.RET())
	if e.err != nil {
		return nil, fmt.Errorf("asm: %s: %w", c.name, e.err)
	}
	if a.used[gen][len(general)-1] && a.frame == 0 {
		a.frame = 8 // who has a frame saves BP
	}
	f.AllocLocal(a.frame)
	f.ISA = e.sets()
	return &Built{
		Name: c.name, Doc: c.doc, Target: c.target,
		Stub:   "func " + c.name + strings.TrimPrefix(c.signature.String(), "func"),
		Spills: len(a.slots), Frame: a.frame,
		function: f, data: c.data,
	}, nil
}
