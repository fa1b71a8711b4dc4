package asm

import "math"

// An interval is the part of the text in which a register holds a value. The
// reads of instruction k are at 4k, what it makes is there from 4k+1.
type interval struct {
	reg        id
	start, end int
	cost       float64 // of living in memory
	must       bool    // lives in a register
	hints      []id    // registers whose place is welcome
	phys       int
}

// How often code is run, compared with what stands around it.
const (
	inLoop   = 8
	ifRare   = 1. / 16
	hottest  = 1 << 30
	inMemory = .25 // what an operand in memory costs, compared with a load
)

// intervals are the live ranges of all registers, in the order in which they
// begin. A range has no holes: it goes from the first instruction that makes
// the register to the last that reads it, and, if that is in a loop which does
// not make it, to the loop's end. Registers that live in the frame have ranges
// too.
func (c *code) intervals(top *block, temps map[id]bool, remats map[id]*inst) []*interval {
	w := &walker{c: c, of: make([]*interval, len(c.regs)), temps: temps, remats: remats}
	w.block(top, 1)
	return w.order
}

type walker struct {
	c      *code
	of     []*interval
	order  []*interval
	temps  map[id]bool
	remats map[id]*inst
	at     int
	loops  []*openLoop
}

// An openLoop is a loop that is being walked through.
type openLoop struct {
	begin int
	outer []*interval // what was made before and is wanted in it
}

func (w *walker) block(b *block, freq float64) {
	for _, n := range b.nodes {
		switch n := n.(type) {
		case *inst:
			w.inst(n, freq)
		case *loop:
			l := &openLoop{begin: w.at}
			w.loops = append(w.loops, l)
			in := min(freq*inLoop, hottest)
			w.block(n.body, in)
			w.test(n.test, in)
			w.loops = w.loops[:len(w.loops)-1]
			for _, v := range l.outer {
				v.end = max(v.end, w.at)
			}
		case *branch:
			w.test(n.test, freq)
			f := freq
			if n.rare {
				f *= ifRare
			}
			w.block(n.then, f)
			if n.els != nil {
				w.block(n.els, f)
			}
		}
	}
}

func (w *walker) test(t *test, freq float64) {
	w.inst(t.inst, freq)
	for _, in := range t.after {
		w.inst(in, freq)
	}
}

func (w *walker) inst(in *inst, freq float64) {
	for i, a := range in.args {
		if a == 0 {
			continue
		}
		end := w.at + 1
		if in.op.apart && i != in.op.tied {
			end = w.at + 3
		}
		cost := 1.
		if in.op.fma != nil || in.op.inMem == i || in.op.inMem == 1-i && in.op.comm {
			cost = inMemory
		}
		w.touch(a, end, cost*freq)
	}
	if m := in.mem; m != nil {
		end := w.at + 1
		if in.op.apart {
			end = w.at + 3
		}
		for _, a := range []id{m.base, m.index} {
			if a != 0 {
				w.touch(a, end, freq)
			}
		}
		if m.kind == atSlot && m.slot != 0 {
			w.touch(m.slot, w.at+2, 0)
		}
	}
	if in.dst != 0 {
		cost := freq
		if w.remats[in.dst] != nil {
			cost = 0
		}
		v := w.touch(in.dst, w.at+2, cost)
		v.hints = append(v.hints, in.hints()...)
		if in.op.copies {
			if from := w.of[in.args[0]]; from != nil {
				from.hints = append(from.hints, in.dst)
			}
		}
	}
	w.at += 4
}

// touch makes the range of a register reach to end. The first instruction
// that touches it makes it.
func (w *walker) touch(r id, end int, cost float64) *interval {
	v := w.of[r]
	if v == nil {
		v = &interval{reg: r, start: w.at + 1, must: w.temps[r], phys: -1}
		w.of[r] = v
		w.order = append(w.order, v)
	}
	v.end = max(v.end, end)
	v.cost += cost
	for _, l := range w.loops {
		if l.begin > v.start {
			l.outer = append(l.outer, v)
			break
		}
	}
	return v
}

// hints are the registers that the instruction would like its result to be.
func (in *inst) hints() []id {
	o := in.op
	switch {
	case o.fma != nil:
		// The accumulator first.
		return []id{in.args[2], in.args[0], in.args[1]}
	case o.copies:
		return []id{in.args[0]}
	case o.tied >= 0 && o.comm:
		return []id{in.args[0], in.args[1]}
	case o.tied >= 0:
		return []id{in.args[o.tied]}
	}
	return nil
}

// weight says how much is lost, for the room that is won, if the value lives
// in memory.
func (v *interval) weight() float64 {
	if v.must {
		return math.Inf(1)
	}
	return v.cost / float64(v.end-v.start)
}
