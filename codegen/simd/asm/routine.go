package asm

import (
	"errors"
	"fmt"
	"go/token"
	"strings"

	"github.com/mmcloughlin/avo/gotypes"
)

// A Kind is the type of a parameter or result.
type Kind uint8

// The kinds.
const (
	Reals  Kind = iota // a slice of the target's element
	Ints32             // []int32
	Int                // int
	Real               // the target's element
	Wide               // float64
)

func (k Kind) goType(e Elem) string {
	return [...]string{"[]" + e.String(), "[]int32", "int", e.String(), "float64"}[k]
}

// A Param is a parameter or a result of a routine.
type Param struct {
	Name string
	Kind Kind
}

// A Routine is a function of assembly that is being written. Its elements are
// those of the view: As gives another one.
type Routine struct {
	*code
	elem Elem
}

// code is what all views of a routine share.
type code struct {
	target          Target
	name, doc       string
	params, results []Param
	names           map[string]string // of parameters and results in the frame
	signature       *gotypes.Signature
	regs            []vreg
	entry, top, cur *block
	loaded          map[string]id // parameters that were loaded
	returned        map[string]bool
	data            map[string][]byte // read-only data
	err             error
}

// New begins a routine.
func New(t Target, name, doc string, params []Param, results []Param) *Routine {
	c := &code{
		target: t, name: name, doc: doc, params: params, results: results,
		names: map[string]string{}, regs: make([]vreg, 1),
		loaded: map[string]id{}, returned: map[string]bool{}, data: map[string][]byte{},
	}
	c.entry = &block{}
	c.top = &block{parent: c.entry}
	c.cur = c.top
	r := &Routine{c, t.Elem}
	r.declare()
	return r
}

// declare names the parameters and lays out the frame.
func (r *Routine) declare() {
	taken := map[string]bool{}
	list := func(ps []Param, first int) string {
		var s []string
		for i, p := range ps {
			n := frameName(p.Name, first+i)
			for taken[n] {
				n += "x"
			}
			// The parts of a slice have names made from its own.
			for _, part := range []string{"", "_base", "_len", "_cap"} {
				taken[n+part] = true
			}
			if r.names[p.Name] != "" {
				r.fail("two parameters are named %s", p.Name)
			}
			r.names[p.Name] = n
			s = append(s, n+" "+p.Kind.goType(r.target.Elem))
		}
		return "(" + strings.Join(s, ", ") + ")"
	}
	sig := "func" + list(r.params, 0)
	if len(r.results) > 0 {
		sig += " " + list(r.results, len(r.params))
	}
	parsed, err := gotypes.ParseSignature(sig)
	if err != nil {
		r.fail("signature %s: %v", sig, err)
		parsed = gotypes.NewSignatureVoid()
	}
	r.signature = parsed
}

// frameName is a name that the assembler takes for nothing else: g and the
// registers are its own, and vet reads ASCII only.
func frameName(name string, i int) string {
	ok := name != "" && name[0] >= 'a' && name[0] <= 'z' && name != "g" && token.IsIdentifier(name)
	for _, c := range name {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9')
	}
	if !ok {
		return fmt.Sprintf("p%d", i)
	}
	return name
}

// fail keeps the first thing that was wrong; Finish returns it.
func (r *Routine) fail(format string, args ...any) {
	if r.err == nil {
		r.err = errors.New("asm: " + r.name + ": " + fmt.Sprintf(format, args...))
	}
}

// As is the same routine seen with other elements.
func (r *Routine) As(e Elem) *Routine { return &Routine{r.code, e} }

// Target is what the routine is written for, with the view's element.
func (r *Routine) Target() Target { return Target{r.target.ISA, r.elem} }

// Lanes is the number of elements in a vector of the view.
func (r *Routine) Lanes() int { return r.Target().Lanes() }

// wide reports whether the routine has the instructions of AVX512.
func (r *Routine) wide() bool { return r.target.ISA == AVX512 }

func (r *Routine) newReg(c class) id {
	r.regs = append(r.regs, vreg{class: c, scope: r.cur})
	return id(len(r.regs) - 1)
}

// put appends an instruction and returns what it makes.
func (r *Routine) put(o *op, imm int64, m *place, args ...id) id {
	if i := o.ruins; i >= 0 && args[i] != 0 {
		args[i] = r.put(moves[r.regs[args[i]].class], 0, nil, args[i])
	}
	in := &inst{op: o, elem: r.elem, width: r.target.ISA.Bytes(), imm: imm, mem: m, inMem: -1, args: args}
	if o.result != none {
		in.dst = r.newReg(o.result)
	}
	r.append(in)
	return in.dst
}

// append checks an instruction and adds it to the block that is being written.
func (r *Routine) append(in *inst) {
	for i, a := range in.args {
		if a == 0 && i != in.inMem {
			r.fail("%s: argument %d is no value", in.op.name, i)
			return
		}
	}
	in.reads(func(a *id) {
		if !r.visible(*a) {
			r.fail("%s: a value is used outside of the block that makes it", in.op.name)
		}
	})
	r.cur.nodes = append(r.cur.nodes, in)
}

// visible reports whether a value was made in the current block or one around
// it.
func (r *Routine) visible(a id) bool {
	for b := r.cur; b != nil; b = b.parent {
		if r.regs[a].scope == b {
			return true
		}
	}
	return false
}

// in writes what f does into a block of its own.
func (r *Routine) in(f func()) *block {
	b := &block{parent: r.cur}
	old := r.cur
	r.cur = b
	f()
	r.cur = old
	return b
}

// atEntry writes what f does to the beginning of the routine.
func (r *Routine) atEntry(f func()) {
	old := r.cur
	r.cur = r.entry
	f()
	r.cur = old
}

// vop appends an instruction that makes a vector.
func (r *Routine) vop(o *op, args ...V) V { return r.vopi(o, 0, args...) }

func (r *Routine) vopi(o *op, imm int64, args ...V) V {
	ids := make([]id, len(args))
	for i, a := range args {
		ids[i] = a.id
	}
	return V{r.put(o, imm, nil, ids...)}
}

// half narrows the instruction that was appended last to vectors of n bytes.
func (r *Routine) half(v V, n int) V {
	if len(r.cur.nodes) > 0 {
		if in, ok := r.cur.nodes[len(r.cur.nodes)-1].(*inst); ok {
			in.width = n
		}
	}
	return v
}
