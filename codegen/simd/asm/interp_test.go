package asm

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
)

// Rows are the names of the table's rows.
func Rows() []string {
	var names []string
	for _, o := range table {
		names = append(names, o.name)
	}
	return names
}

// Used adds the names of the rows that the routine uses to a set.
func (r *Routine) Used(set map[string]bool) {
	top := &block{nodes: append(append([]node(nil), r.entry.nodes...), r.top.nodes...)}
	top.each(func(in *inst) { set[in.op.name] = true })
}

// A Machine runs routines that are not finished, one instruction after the
// other, as the manual describes them.
type Machine struct {
	Segments []Segment
	Params   map[string]uint64 // by the names of the frame: an address, a number, the bits of a real
	Results  map[string]uint64
	regs     []register
	c        *code
	flags    int // sign of a comparison
	steps    int
}

// A Segment is memory.
type Segment struct {
	Base  uint64
	Bytes []byte
}

type register [64]byte

func (g *register) lane(size, i int) uint64 {
	if size == 4 {
		return uint64(binary.LittleEndian.Uint32(g[4*i:]))
	}
	return binary.LittleEndian.Uint64(g[8*i:])
}

func (g *register) set(size, i int, u uint64) {
	if size == 4 {
		binary.LittleEndian.PutUint32(g[4*i:], uint32(u))
		return
	}
	binary.LittleEndian.PutUint64(g[8*i:], u)
}

// Run runs a routine.
func (m *Machine) Run(r *Routine) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("%v", e)
		}
	}()
	m.c = r.code
	m.regs = make([]register, len(m.c.regs))
	m.Results = map[string]uint64{}
	m.block(r.entry)
	m.block(r.top)
	return nil
}

func (m *Machine) block(b *block) {
	for _, n := range b.nodes {
		switch n := n.(type) {
		case *inst:
			m.inst(n)
		case *loop:
			for {
				m.block(n.body)
				if !m.test(n.test) {
					break
				}
			}
		case *branch:
			if m.test(n.test) {
				m.block(n.then)
			} else if n.els != nil {
				m.block(n.els)
			}
		}
	}
}

func (m *Machine) test(t *test) bool {
	if m.steps++; m.steps > 1e6 {
		panic("runs for ever")
	}
	m.inst(t.inst)
	return t.cond.holds(int64(m.flags), 0)
}

// bytes is memory of n bytes.
func (m *Machine) bytes(at uint64, n int) []byte {
	for _, s := range m.Segments {
		if at >= s.Base && at+uint64(n) <= s.Base+uint64(len(s.Bytes)) {
			return s.Bytes[at-s.Base:][:n]
		}
	}
	panic(fmt.Sprintf("no memory at %#x", at))
}

func (m *Machine) address(p *place) uint64 {
	a := m.regs[p.base].lane(8, 0) + uint64(p.disp)
	if p.index != 0 {
		a += m.regs[p.index].lane(8, 0) * uint64(p.scale)
	}
	return a
}

// operand is n bytes of memory, data or the frame.
func (m *Machine) operand(p *place, n int) []byte {
	switch p.kind {
	case atData:
		return m.c.data[p.sym][p.disp:][:n]
	case atParam:
		return binary.LittleEndian.AppendUint64(nil, m.Params[p.sym])[:n]
	}
	return m.bytes(m.address(p), n)
}

func (m *Machine) inst(in *inst) {
	o := in.op
	x := make([]register, len(in.args))
	for i, a := range in.args {
		if a != 0 {
			x[i] = m.regs[a]
		}
	}
	size := in.elem.Size()
	n := in.width / size
	if in.inMem >= 0 {
		a := &x[in.inMem]
		if in.bcst {
			for i := range n {
				copy(a[i*size:], m.operand(in.mem, size))
			}
		} else {
			copy(a[:], m.operand(in.mem, in.width))
		}
	}
	var d register
	f, ok := meaning[o]
	if !ok {
		panic("no meaning: " + o.name)
	}
	f(&step{m: m, in: in, x: x, d: &d, size: size, n: n})
	if in.dst != 0 {
		m.regs[in.dst] = d
	}
}

// A step is an instruction that is run: x are its arguments, d its result.
type step struct {
	m       *Machine
	in      *inst
	x       []register
	d       *register
	size, n int
}

// meaning says what the rows do.
var meaning map[*op]func(*step)

func lanes1(f func(e Elem, a uint64) uint64) func(*step) {
	return func(s *step) {
		for i := range s.n {
			s.d.set(s.size, i, f(s.in.elem, s.x[0].lane(s.size, i)))
		}
	}
}

func lanes2(f func(e Elem, a, b uint64) uint64) func(*step) {
	return func(s *step) {
		for i := range s.n {
			s.d.set(s.size, i, f(s.in.elem, s.x[0].lane(s.size, i), s.x[1].lane(s.size, i)))
		}
	}
}

func real1(f func(a float64) float64) func(*step) {
	return lanes1(func(e Elem, a uint64) uint64 { return bitsOf(e, f(realOf(e, a))) })
}

func real2(f func(a, b float64) float64) func(*step) {
	return lanes2(func(e Elem, a, b uint64) uint64 { return bitsOf(e, f(realOf(e, a), realOf(e, b))) })
}

func int2(f func(a, b int64) int64) func(*step) {
	return lanes2(func(e Elem, a, b uint64) uint64 { return uint64(f(intOf(e, a), intOf(e, b))) })
}

func bits2(f func(a, b uint64) uint64) func(*step) {
	return lanes2(func(_ Elem, a, b uint64) uint64 { return f(a, b) })
}

func realOf(e Elem, u uint64) float64 {
	if e == F32 {
		return float64(math.Float32frombits(uint32(u)))
	}
	return math.Float64frombits(u)
}

func intOf(e Elem, u uint64) int64 {
	if e == F32 {
		return int64(int32(u))
	}
	return int64(u)
}

// FusedMultiplyAdd is a·b + c rounded once to the element.
func FusedMultiplyAdd(e Elem, a, b, c float64) float64 {
	if e == F64 {
		return math.FMA(a, b, c)
	}
	near := a*b + c
	if math.IsNaN(near) || math.IsInf(a, 0) || math.IsInf(b, 0) || math.IsInf(c, 0) || near == 0 {
		return float64(float32(near))
	}
	x := new(big.Float).SetPrec(1000).SetFloat64(a)
	x.Mul(x, new(big.Float).SetFloat64(b))
	x.Add(x, new(big.Float).SetFloat64(c))
	f, _ := x.Float32()
	return float64(f)
}

func fusedOf(sab, sc float64) func(*step) {
	return func(s *step) {
		for i := range s.n {
			e := s.in.elem
			a, b, c := realOf(e, s.x[0].lane(s.size, i)), realOf(e, s.x[1].lane(s.size, i)), realOf(e, s.x[2].lane(s.size, i))
			s.d.set(s.size, i, bitsOf(e, FusedMultiplyAdd(e, sab*a, b, sc*c)))
		}
	}
}

func compareReal(p int64, a, b float64) bool {
	switch p {
	case 0:
		return a == b
	case 4:
		return a != b
	case 17:
		return a < b
	case 18:
		return a <= b
	case 30:
		return a > b
	case 29:
		return a >= b
	case 3:
		return a != a || b != b
	}
	panic("predicate")
}

func compareInt(p int64, a, b int64) bool {
	return [...]bool{a == b, a < b, a <= b, false, a != b, a >= b, a > b}[p]
}

func all(b bool) uint64 {
	if b {
		return ^uint64(0)
	}
	return 0
}

// bit is lane i of a mask: a bit of a mask register, the sign of a lane.
func (s *step) bit(arg, i int) bool {
	a := s.in.args[arg]
	if s.m.c.regs[a].class == mask {
		return s.x[arg].lane(8, 0)>>i&1 != 0
	}
	return s.x[arg].lane(s.size, i)>>(8*s.size-1)&1 != 0
}

func toMask(f func(s *step, i int) bool) func(*step) {
	return func(s *step) {
		var k uint64
		for i := range s.n {
			if f(s, i) {
				k |= 1 << i
			}
		}
		s.d.set(8, 0, k)
	}
}

func masks(f func(a, b uint64) uint64) func(*step) {
	return func(s *step) {
		var b uint64
		if len(s.x) > 1 {
			b = s.x[1].lane(8, 0)
		}
		s.d.set(8, 0, f(s.x[0].lane(8, 0), b)&(1<<s.n-1))
	}
}

func blend(s *step) {
	for i := range s.n {
		u := s.x[0].lane(s.size, i)
		if s.bit(2, i) {
			u = s.x[1].lane(s.size, i)
		}
		s.d.set(s.size, i, u)
	}
}

// load reads lanes of memory that are size bytes wide, widened to the
// element.
func load(size int, masked bool) func(*step) {
	return func(s *step) {
		from := size
		if from == 0 {
			from = s.size
		}
		for i := range s.n {
			if masked && !s.bit(0, i) {
				continue
			}
			p := *s.in.mem
			p.disp += i * from
			var x register
			copy(x[:], s.m.operand(&p, from))
			u := x.lane(from, 0)
			if from == 4 && s.size == 8 {
				u = uint64(int64(int32(u)))
			}
			s.d.set(s.size, i, u)
		}
	}
}

func store(masked bool) func(*step) {
	return func(s *step) {
		for i := range s.n {
			if !masked || s.bit(1, i) {
				p := *s.in.mem
				p.disp += i * s.size
				copy(s.m.bytes(s.m.address(&p), s.size), s.x[0][i*s.size:][:s.size])
			}
		}
	}
}

func splatOf(f func(s *step) uint64) func(*step) {
	return func(s *step) {
		u := f(s)
		for i := range s.n {
			s.d.set(s.size, i, u)
		}
	}
}

func fromMemory(s *step) uint64 {
	var x register
	copy(x[:], s.m.operand(s.in.mem, s.size))
	return x.lane(s.size, 0)
}

func gather(s *step) {
	for i := range s.n {
		if !s.bit(1, i) {
			s.d.set(s.size, i, s.x[2].lane(s.size, i))
			continue
		}
		var x register
		copy(x[:], s.m.bytes(s.element(i), s.size))
		s.d.set(s.size, i, x.lane(s.size, 0))
	}
}

// gatherWords gathers int32s with indices of 64 bits.
func gatherWords(s *step) {
	for i := range s.n {
		on := s.x[1].lane(4, i)>>31 != 0
		if s.m.c.regs[s.in.args[1]].class == mask {
			on = s.bit(1, i)
		}
		u := s.x[2].lane(4, i)
		if on {
			u = uint64(binary.LittleEndian.Uint32(s.m.bytes(s.element(i), 4)))
		}
		s.d.set(4, i, u)
	}
}

// element is the address of lane i of a gather or scatter.
func (s *step) element(i int) uint64 {
	return s.m.regs[s.in.mem.base].lane(8, 0) + uint64(s.in.mem.disp) + uint64(intOf(s.in.elem, s.x[0].lane(s.size, i)))*uint64(s.in.mem.scale)
}

// scatter writes lanes of n bytes in order.
func scatter(s *step, n int) {
	for i := range s.n {
		if s.bit(1, i) {
			copy(s.m.bytes(s.element(i), n), s.x[2][n*i:][:n])
		}
	}
}

func storeWords(masked bool) func(*step) {
	return func(s *step) {
		for i := range s.n {
			if !masked || s.bit(1, i) {
				p := *s.in.mem
				p.disp += 4 * i
				copy(s.m.bytes(s.m.address(&p), 4), s.x[0][8*i:][:4])
			}
		}
	}
}

func general2(f func(a, b int64) int64) func(*step) {
	return func(s *step) {
		b := s.in.imm
		if len(s.x) > 1 {
			b = int64(s.x[1].lane(8, 0))
		}
		s.d.set(8, 0, uint64(f(int64(s.x[0].lane(8, 0)), b)))
	}
}

func compareGeneral(s *step) {
	a, b := int64(s.x[0].lane(8, 0)), s.in.imm
	if len(s.x) > 1 {
		b = int64(s.x[1].lane(8, 0))
	}
	s.flag(a, b)
}

func (s *step) flag(a, b int64) {
	switch s.m.flags = 0; {
	case a < b:
		s.m.flags = -1
	case a > b:
		s.m.flags = 1
	}
}

func anyLane(s *step) {
	s.m.flags = 0
	for i := range s.n {
		if s.bit(0, i) {
			s.m.flags = 1
		}
	}
}

func nothing(*step) {}

func same1(s *step) { *s.d = s.x[0] }

func minimum(a, b float64) float64 {
	if a < b {
		return a
	}
	return b
}

func maximum(a, b float64) float64 {
	if a > b {
		return a
	}
	return b
}

var rounds = [...]func(float64) float64{Nearest: math.RoundToEven, Floor: math.Floor, Ceil: math.Ceil, Trunc: math.Trunc}

// The estimates are taken to be exact.
func reciprocal(a float64) float64     { return 1 / a }
func reciprocalRoot(a float64) float64 { return 1 / math.Sqrt(a) }

func round(s *step) { real1(rounds[s.in.imm&3])(s) }

func toInteger(f func(float64) float64) func(*step) {
	return lanes1(func(e Elem, a uint64) uint64 {
		x := f(realOf(e, a))
		bound := math.Ldexp(1, 8*e.Size()-1)
		if !(x >= -bound && x < bound) {
			return 1 << (8*e.Size() - 1)
		}
		return uint64(int64(x))
	})
}

func shiftBy(f func(e Elem, a uint64, n int64) uint64) func(*step) {
	return func(s *step) {
		lanes1(func(e Elem, a uint64) uint64 { return f(e, a, s.in.imm) })(s)
	}
}

// within runs a shuffle in each group of 16 bytes: pick says from which
// argument and lane of the group lane i comes.
func within(pick func(s *step, i int) (arg, lane int)) func(*step) {
	return func(s *step) {
		group := 16 / s.size
		for i := range s.n {
			arg, lane := pick(s, i)
			s.d.set(s.size, i, s.x[arg].lane(s.size, i/group*group+lane))
		}
	}
}

func init() {
	shl := func(e Elem, a uint64, n int64) uint64 {
		if n >= int64(8*e.Size()) {
			return 0
		}
		return a << n
	}
	shr := func(e Elem, a uint64, n int64) uint64 { return a >> min(uint64(n), 64) }
	sar := func(e Elem, a uint64, n int64) uint64 { return uint64(intOf(e, a) >> min(n, 63)) }
	byLane := func(f func(Elem, uint64, int64) uint64) func(*step) {
		return lanes2(func(e Elem, a, n uint64) uint64 { return f(e, a, int64(min(n, 1<<40))) })
	}
	loadGeneral := func(size int) func(*step) {
		return func(s *step) {
			var x register
			copy(x[:], s.m.operand(s.in.mem, size))
			s.d.set(8, 0, uint64(intOf(Elem(size/8), x.lane(size, 0))))
		}
	}
	storeTo := func(s *step, n int) {
		if s.in.mem.kind == atParam {
			s.m.Results[s.in.mem.sym] = s.x[0].lane(n, 0)
			return
		}
		copy(s.m.bytes(s.m.address(s.in.mem), n), s.x[0][:n])
	}
	lane0 := func(s *step) { copy(s.d[:], s.m.operand(s.in.mem, s.size)) }
	highHalf := func(s *step) { copy(s.d[:], s.x[0][s.in.width/2:s.in.width]) }
	lowBits := func(n int) func(s *step) {
		return func(s *step) { s.d.set(n, 0, s.x[0].lane(n, 0)) }
	}
	insert := func(s *step) { *s.d = s.x[0]; copy(s.d[s.in.width/2:], s.x[1][:s.in.width/2]) }
	narrow := func(s *step) {
		for i := range s.n {
			s.d.set(4, i, bitsOf(F32, realOf(F64, s.x[0].lane(8, i))))
		}
	}
	meaning = map[*op]func(*step){
		opAdd:  real2(func(a, b float64) float64 { return a + b }),
		opSub:  real2(func(a, b float64) float64 { return a - b }),
		opMul:  real2(func(a, b float64) float64 { return a * b }),
		opDiv:  real2(func(a, b float64) float64 { return a / b }),
		opMin:  real2(minimum),
		opMax:  real2(maximum),
		opAnd:  bits2(func(a, b uint64) uint64 { return a & b }),
		opOr:   bits2(func(a, b uint64) uint64 { return a | b }),
		opXor:  bits2(func(a, b uint64) uint64 { return a ^ b }),
		opAndn: bits2(func(a, b uint64) uint64 { return ^a & b }),
		opSqrt: real1(math.Sqrt),

		opScale:    real2(func(a, n float64) float64 { return math.Ldexp(a, int(math.Floor(n))) }),
		opExponent: real1(func(a float64) float64 { return math.Logb(math.Abs(a)) }),
		opMantissa: real1(func(a float64) float64 { f, _ := math.Frexp(math.Abs(a)); return 2 * f }),
		opNearer: real2(func(a, b float64) float64 {
			if math.Abs(a) < math.Abs(b) || math.IsNaN(b) {
				return a
			}
			return math.Copysign(b, a)
		}),
		opNorm: real1(func(a float64) float64 {
			switch f, _ := math.Frexp(a); {
			case a < 0 || math.IsNaN(a):
				return math.NaN()
			case a == 0 || math.IsInf(a, 1):
				return 1
			case f < 0.75:
				return 2 * f
			default:
				return f
			}
		}),
		opRcp14: real1(reciprocal), opRcp: real1(reciprocal),
		opRsqrt14: real1(reciprocalRoot), opRsqrt: real1(reciprocalRoot),

		opRound2: round, opRound512: round,
		opFMA: fusedOf(1, 1), opFNMA: fusedOf(-1, 1), opFMS: fusedOf(1, -1), opFNMS: fusedOf(-1, -1),

		opIAdd:    int2(func(a, b int64) int64 { return a + b }),
		opISub:    int2(func(a, b int64) int64 { return a - b }),
		opIMul:    int2(func(a, b int64) int64 { return a * b }),
		opIMulLow: bits2(func(a, b uint64) uint64 { return uint64(uint32(a)) * uint64(uint32(b)) }),
		opIMin:    int2(func(a, b int64) int64 { return min(a, b) }),
		opIMax:    int2(func(a, b int64) int64 { return max(a, b) }),
		opIShl:    shiftBy(shl), opIShr: shiftBy(shr), opISar: shiftBy(sar),
		opIShlV: byLane(shl), opIShrV: byLane(shr),
		opIGt2:    lanes2(func(e Elem, a, b uint64) uint64 { return all(intOf(e, a) > intOf(e, b)) }),
		opIEq2:    bits2(func(a, b uint64) uint64 { return all(a == b) }),
		opToInt:   toInteger(math.RoundToEven),
		opTrunc:   toInteger(math.Trunc),
		opToReal:  lanes1(func(e Elem, a uint64) uint64 { return bitsOf(e, float64(intOf(e, a))) }),
		opSplat32: splatOf(func(s *step) uint64 { return s.x[0].lane(4, 0) }),
		opSplat64: splatOf(func(s *step) uint64 { return s.x[0].lane(8, 0) }),
		opMovD:    lowBits(4), opMovQ: lowBits(8),
		opSplatX: splatOf(func(s *step) uint64 { return s.x[0].lane(s.size, 0) }),
		opSplat:  splatOf(func(s *step) uint64 { return s.x[0].lane(s.size, 0) }),

		opCmp512: toMask(func(s *step, i int) bool {
			e := s.in.elem
			return compareReal(s.in.imm, realOf(e, s.x[0].lane(s.size, i)), realOf(e, s.x[1].lane(s.size, i)))
		}),
		opICmp512: toMask(func(s *step, i int) bool {
			e := s.in.elem
			return compareInt(s.in.imm, intOf(e, s.x[0].lane(s.size, i)), intOf(e, s.x[1].lane(s.size, i)))
		}),
		opCmp2: func(s *step) {
			lanes2(func(e Elem, a, b uint64) uint64 { return all(compareReal(s.in.imm, realOf(e, a), realOf(e, b))) })(s)
		},
		opKAnd:  masks(func(a, b uint64) uint64 { return a & b }),
		opKOr:   masks(func(a, b uint64) uint64 { return a | b }),
		opKXor:  masks(func(a, b uint64) uint64 { return a ^ b }),
		opKNot:  masks(func(a, b uint64) uint64 { return ^a }),
		opKIn:   masks(func(a, b uint64) uint64 { return a }),
		opKOut:  masks(func(a, b uint64) uint64 { return a }),
		opVOut:  toMask(func(s *step, i int) bool { return s.bit(0, i) }),
		opKTest: anyLane, opVTest: anyLane,
		opBlend512: blend, opBlend2: blend,
		opKeep512: func(s *step) {
			for i := range s.n {
				if s.bit(1, i) {
					s.d.set(s.size, i, s.x[0].lane(s.size, i))
				}
			}
		},

		opLoad: load(0, false), opLoadM512: load(0, true), opLoadM2: load(0, true),
		opStore: store(false), opStoreM512: store(true), opStoreM2: store(true), opStoreNT: store(false),
		opFence: nothing, opBcst: splatOf(fromMemory), opLoad1: lane0,
		opStore1:    func(s *step) { storeTo(s, s.size) },
		opGather512: gather, opGather2: gather,
		opLoadI64: load(4, false), opLoadI64M512: load(4, true),
		opLoadIM2: func(s *step) {
			for i := range 4 {
				if s.x[0].lane(4, i)>>31 != 0 {
					p := *s.in.mem
					p.disp += 4 * i
					copy(s.d[4*i:], s.m.operand(&p, 4))
				}
			}
		},
		opSignExtend: func(s *step) {
			for i := range s.n {
				s.d.set(8, i, uint64(intOf(F32, s.x[0].lane(4, i))))
			}
		},
		opBcstI:         splatOf(fromMemory),
		opPrefetch[NTA]: nothing, opPrefetch[T0]: nothing, opPrefetch[T1]: nothing, opPrefetch[T2]: nothing,

		opZero512: nothing, opZero2: nothing,
		opConst: load(0, false), opConstB: splatOf(fromMemory), opParamV: splatOf(fromMemory),
		opOnes512: func(s *step) { s.d.set(8, 0, 1<<s.n-1) },
		opParamG:  loadGeneral(8),
		opImm:     func(s *step) { s.d.set(8, 0, uint64(s.in.imm)) },
		opMovV:    same1, opMovG: same1, opMovK: same1,

		opUnpackLo: within(func(s *step, i int) (int, int) { i %= 16 / s.size; return i % 2, i / 2 }),
		opUnpackHi: within(func(s *step, i int) (int, int) { g := 16 / s.size; i %= g; return i % 2, g/2 + i/2 }),
		opShuffle: within(func(s *step, i int) (int, int) {
			if s.size == 8 {
				return i % 2, int(s.in.imm>>i) & 1
			}
			i %= 4
			return i / 2, int(s.in.imm>>(2*i)) & 3
		}),
		opWithin: within(func(s *step, i int) (int, int) {
			if s.size == 8 {
				return 0, int(s.in.imm>>i) & 1
			}
			return 0, int(s.in.imm>>(2*(i%4))) & 3
		}),
		opPairs: func(s *step) {
			for i := range s.in.width / 4 {
				s.d.set(4, i, s.x[0].lane(4, i/4*4+int(s.in.imm>>(2*(i%4)))&3))
			}
		},
		opQuarters: func(s *step) {
			for i := range 4 {
				from := int(s.in.imm>>(2*i)) & 3
				copy(s.d[16*i:16*i+16], s.x[i/2][16*from:])
			}
		},
		opHalves: func(s *step) {
			for i := range 2 {
				from := int(s.in.imm>>(4*i)) & 3
				copy(s.d[16*i:16*i+16], s.x[from/2][16*(from%2):])
			}
		},
		opInsert512: insert, opInsert2: insert,
		opHigh512: highHalf, opHigh256: highHalf, opHigh2: highHalf,
		opPerm: func(s *step) {
			for i := range s.n {
				s.d.set(s.size, i, s.x[1].lane(s.size, int(s.x[0].lane(s.size, i))&(s.n-1)))
			}
		},
		opPerm2: func(s *step) {
			for i := range s.n {
				at := int(s.x[0].lane(s.size, i)) & (2*s.n - 1)
				s.d.set(s.size, i, s.x[1+at/s.n].lane(s.size, at%s.n))
			}
		},
		opWiden: func(s *step) {
			for i := range s.n {
				s.d.set(8, i, bitsOf(F64, realOf(F32, s.x[0].lane(4, i))))
			}
		},
		opNarrow512: narrow, opNarrow2: narrow,

		opFirst32: lowBits(4), opFirst64: lowBits(8),
		opExtendG:  func(s *step) { s.d.set(8, 0, uint64(intOf(F32, s.x[0].lane(4, 0)))) },
		opStoreG4:  func(s *step) { storeTo(s, 4) },
		opStoreI64: storeWords(false), opStoreI64M: storeWords(true),
		opWords512: func(s *step) {
			for i := range s.n {
				s.d.set(4, i, s.x[0].lane(8, i))
			}
		},
		opGatherI512: gatherWords, opGatherI2: gatherWords,
		opScatter512:  func(s *step) { scatter(s, s.size) },
		opScatterI512: func(s *step) { scatter(s, 4) },

		opGAdd: general2(func(a, b int64) int64 { return a + b }), opGAddI: general2(func(a, b int64) int64 { return a + b }),
		opGSub: general2(func(a, b int64) int64 { return a - b }),
		opGSubI: func(s *step) {
			a := int64(s.x[0].lane(8, 0)) - s.in.imm
			s.d.set(8, 0, uint64(a))
			s.flag(a, 0)
		},
		opGMul: general2(func(a, b int64) int64 { return a * b }), opGMulI: general2(func(a, b int64) int64 { return a * b }),
		opGAnd: general2(func(a, b int64) int64 { return a & b }), opGAndI: general2(func(a, b int64) int64 { return a & b }),
		opGShl: general2(func(a, b int64) int64 { return a << b }), opGSar: general2(func(a, b int64) int64 { return a >> b }),
		opLea:   func(s *step) { s.d.set(8, 0, s.m.address(s.in.mem)) },
		opLoadG: loadGeneral(8), opLoadG4: loadGeneral(4),
		opStoreG: func(s *step) { storeTo(s, 8) },
		opCmpG:   compareGeneral, opCmpGI: compareGeneral,
		opZeroG: func(s *step) { s.flag(int64(s.x[0].lane(8, 0)), 0) },
		opCmovLT: func(s *step) {
			*s.d = s.x[s.lessThan(-1)]
		},
		opCmovGT: func(s *step) {
			*s.d = s.x[s.lessThan(1)]
		},
	}
}

func (s *step) lessThan(sign int) int {
	if s.m.flags == sign {
		return 1
	}
	return 0
}
