package asm

import (
	"fmt"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/x86"
)

// maker is a constructor of avo, which checks the operands.
type maker func(...operand.Op) (*ir.Instruction, error)

// An op is a row of the table: one machine instruction for each element.
//
// slots lists the operands in the assembler's order. A slot is a letter: d is
// what is made, 0 1 2 are arguments, m is memory, i is the immediate, g is
// memory indexed by the vector in argument 0. After it, h stands for the lower
// half of a vector, x for its lowest 16 bytes, l for the lower half of a
// general register.
type op struct {
	name   string
	make   [2]maker // by element
	bcst   [2]maker // with one element of memory for all lanes
	slots  []slot
	result class
	inMem  int  // the argument that may be memory, or −1
	tied   int  // the argument whose register is the result's, or −1
	comm   bool // arguments 0 and 1 may change places
	apart  bool // the result's register must be none of the arguments' (but the tied one's)
	ruins  int  // the argument that is destroyed, or −1; it gets a copy
	fma    *[3][2][2]maker
	stores bool // memory changes
	loads  bool // slot m is read
	copies bool // a move between registers
	fixed  bool // for its effect: never removed
	remat  bool // makes the same value wherever it stands: constants and parameters
}

// A slot is an operand of an op.
type slot struct {
	kind byte
	arg  int
	size byte // h, x, l or 0
}

// table are all rows.
var table []*op

type opt func(*op)

func row(name, slots string, f32, f64 any, opts ...opt) *op {
	o := &op{name: name, inMem: -1, tied: -1, ruins: -1, result: none}
	o.make = [2]maker{makerOf(f32), makerOf(f64)}
	for i := 0; i < len(slots); i++ {
		c := slots[i]
		switch c {
		case ' ':
			continue
		case '0', '1', '2', '3':
			o.slots = append(o.slots, slot{kind: 'a', arg: int(c - '0')})
		case 'd', 'm', 'i', 'g':
			o.slots = append(o.slots, slot{kind: c})
			if c == 'd' {
				o.result = vec
			}
		default:
			o.slots[len(o.slots)-1].size = c
		}
	}
	for _, f := range opts {
		f(o)
	}
	table = append(table, o)
	return o
}

func makerOf(f any) maker {
	switch f := f.(type) {
	case nil:
		return nil
	case func(...operand.Op) (*ir.Instruction, error):
		return f
	case func() (*ir.Instruction, error):
		return func(...operand.Op) (*ir.Instruction, error) { return f() }
	case func(a operand.Op) (*ir.Instruction, error):
		return func(o ...operand.Op) (*ir.Instruction, error) { return f(o[0]) }
	case func(a, b operand.Op) (*ir.Instruction, error):
		return func(o ...operand.Op) (*ir.Instruction, error) { return f(o[0], o[1]) }
	case func(a, b, c operand.Op) (*ir.Instruction, error):
		return func(o ...operand.Op) (*ir.Instruction, error) { return f(o[0], o[1], o[2]) }
	case func(a, b, c, d operand.Op) (*ir.Instruction, error):
		return func(o ...operand.Op) (*ir.Instruction, error) { return f(o[0], o[1], o[2], o[3]) }
	}
	panic(fmt.Sprintf("asm: no maker: %T", f))
}

func bcst(f32, f64 any) opt { return func(o *op) { o.bcst = [2]maker{makerOf(f32), makerOf(f64)} } }
func inMem(arg int) opt     { return func(o *op) { o.inMem = arg } }
func makes(c class) opt     { return func(o *op) { o.result = c } }
func tied(arg int) opt      { return func(o *op) { o.tied = arg } }
func ruins(arg int) opt     { return func(o *op) { o.ruins = arg } }
func commutes(o *op)        { o.comm = true }
func apart(o *op)           { o.apart = true }
func stores(o *op)          { o.stores, o.fixed = true, true }
func loads(o *op)           { o.loads = true }
func fixed(o *op)           { o.fixed = true }
func copies(o *op)          { o.copies = true }
func remat(o *op)           { o.remat = true }

// bin is an instruction of two vectors, the second of which may be memory.
func bin(name string, f32, f64, bcst32, bcst64 any, opts ...opt) *op {
	return row(name, "1 0 d", f32, f64, append([]opt{inMem(1), bcst(bcst32, bcst64)}, opts...)...)
}

// un is an instruction of one vector, which may be memory.
func un(name string, f32, f64, bcst32, bcst64 any, opts ...opt) *op {
	return row(name, "0 d", f32, f64, append([]opt{inMem(0), bcst(bcst32, bcst64)}, opts...)...)
}

// shift is an instruction of one vector and a number.
func shift(name string, f32, f64 any, opts ...opt) *op {
	return row(name, "i 0 d", f32, f64, opts...)
}

// fused is a multiply-add of three arguments a·b±c. The forms are those of
// the instruction set: 231, 213, 132.
func fused(name string, forms ...any) *op {
	o := row(name, "2 1 0 d", nil, nil)
	o.fma = new([3][2][2]maker)
	for i, f := range forms {
		o.fma[i/4][i/2%2][i%2] = makerOf(f)
	}
	return o
}

// Reals.
var (
	opAdd   = bin("add", x86.VADDPS, x86.VADDPD, x86.VADDPS_BCST, x86.VADDPD_BCST, commutes)
	opSub   = bin("sub", x86.VSUBPS, x86.VSUBPD, x86.VSUBPS_BCST, x86.VSUBPD_BCST)
	opMul   = bin("mul", x86.VMULPS, x86.VMULPD, x86.VMULPS_BCST, x86.VMULPD_BCST, commutes)
	opDiv   = bin("div", x86.VDIVPS, x86.VDIVPD, x86.VDIVPS_BCST, x86.VDIVPD_BCST)
	opMin   = bin("min", x86.VMINPS, x86.VMINPD, x86.VMINPS_BCST, x86.VMINPD_BCST)
	opMax   = bin("max", x86.VMAXPS, x86.VMAXPD, x86.VMAXPS_BCST, x86.VMAXPD_BCST)
	opAnd   = bin("and", x86.VANDPS, x86.VANDPD, x86.VANDPS_BCST, x86.VANDPD_BCST, commutes)
	opOr    = bin("or", x86.VORPS, x86.VORPD, x86.VORPS_BCST, x86.VORPD_BCST, commutes)
	opXor   = bin("xor", x86.VXORPS, x86.VXORPD, x86.VXORPS_BCST, x86.VXORPD_BCST, commutes)
	opAndn  = bin("andn", x86.VANDNPS, x86.VANDNPD, x86.VANDNPS_BCST, x86.VANDNPD_BCST) // ^a & b
	opScale = bin("scale", x86.VSCALEFPS, x86.VSCALEFPD, x86.VSCALEFPS_BCST, x86.VSCALEFPD_BCST)
	opSqrt  = un("sqrt", x86.VSQRTPS, x86.VSQRTPD, x86.VSQRTPS_BCST, x86.VSQRTPD_BCST)

	opRcp14    = un("rcp14", x86.VRCP14PS, x86.VRCP14PD, x86.VRCP14PS_BCST, x86.VRCP14PD_BCST)
	opRsqrt14  = un("rsqrt14", x86.VRSQRT14PS, x86.VRSQRT14PD, x86.VRSQRT14PS_BCST, x86.VRSQRT14PD_BCST)
	opRcp      = un("rcp", x86.VRCPPS, nil, nil, nil)
	opRsqrt    = un("rsqrt", x86.VRSQRTPS, nil, nil, nil)
	opExponent = un("exponent", x86.VGETEXPPS, x86.VGETEXPPD, x86.VGETEXPPS_BCST, x86.VGETEXPPD_BCST)
	opMantissa = shift("mantissa", x86.VGETMANTPS, x86.VGETMANTPD)

	opRound2   = shift("round2", x86.VROUNDPS, x86.VROUNDPD, inMem(0))
	opRound512 = shift("round512", x86.VRNDSCALEPS, x86.VRNDSCALEPD, inMem(0))

	opFMA = fused("fma",
		x86.VFMADD231PS, x86.VFMADD231PD, x86.VFMADD231PS_BCST, x86.VFMADD231PD_BCST,
		x86.VFMADD213PS, x86.VFMADD213PD, x86.VFMADD213PS_BCST, x86.VFMADD213PD_BCST,
		x86.VFMADD132PS, x86.VFMADD132PD, x86.VFMADD132PS_BCST, x86.VFMADD132PD_BCST)
	opFNMA = fused("fnma",
		x86.VFNMADD231PS, x86.VFNMADD231PD, x86.VFNMADD231PS_BCST, x86.VFNMADD231PD_BCST,
		x86.VFNMADD213PS, x86.VFNMADD213PD, x86.VFNMADD213PS_BCST, x86.VFNMADD213PD_BCST,
		x86.VFNMADD132PS, x86.VFNMADD132PD, x86.VFNMADD132PS_BCST, x86.VFNMADD132PD_BCST)
	opFMS = fused("fms",
		x86.VFMSUB231PS, x86.VFMSUB231PD, x86.VFMSUB231PS_BCST, x86.VFMSUB231PD_BCST,
		x86.VFMSUB213PS, x86.VFMSUB213PD, x86.VFMSUB213PS_BCST, x86.VFMSUB213PD_BCST,
		x86.VFMSUB132PS, x86.VFMSUB132PD, x86.VFMSUB132PS_BCST, x86.VFMSUB132PD_BCST)
	opFNMS = fused("fnms",
		x86.VFNMSUB231PS, x86.VFNMSUB231PD, x86.VFNMSUB231PS_BCST, x86.VFNMSUB231PD_BCST,
		x86.VFNMSUB213PS, x86.VFNMSUB213PD, x86.VFNMSUB213PS_BCST, x86.VFNMSUB213PD_BCST,
		x86.VFNMSUB132PS, x86.VFNMSUB132PD, x86.VFNMSUB132PS_BCST, x86.VFNMSUB132PD_BCST)
)

// Integers in lanes.
var (
	opIAdd    = bin("iadd", x86.VPADDD, x86.VPADDQ, x86.VPADDD_BCST, x86.VPADDQ_BCST, commutes)
	opISub    = bin("isub", x86.VPSUBD, x86.VPSUBQ, x86.VPSUBD_BCST, x86.VPSUBQ_BCST)
	opIMul    = bin("imul", x86.VPMULLD, x86.VPMULLQ, x86.VPMULLD_BCST, x86.VPMULLQ_BCST, commutes)
	opIMulLow = bin("imullow", nil, x86.VPMULUDQ, nil, x86.VPMULUDQ_BCST, commutes)
	opIMin    = bin("imin", x86.VPMINSD, x86.VPMINSQ, x86.VPMINSD_BCST, x86.VPMINSQ_BCST, commutes)
	opIMax    = bin("imax", x86.VPMAXSD, x86.VPMAXSQ, x86.VPMAXSD_BCST, x86.VPMAXSQ_BCST, commutes)
	opIShl    = shift("ishl", x86.VPSLLD, x86.VPSLLQ)
	opIShr    = shift("ishr", x86.VPSRLD, x86.VPSRLQ)
	opISar    = shift("isar", x86.VPSRAD, x86.VPSRAQ)
	opIShlV   = bin("ishlv", x86.VPSLLVD, x86.VPSLLVQ, x86.VPSLLVD_BCST, x86.VPSLLVQ_BCST)
	opIShrV   = bin("ishrv", x86.VPSRLVD, x86.VPSRLVQ, x86.VPSRLVD_BCST, x86.VPSRLVQ_BCST)
	opIGt2    = bin("igt2", x86.VPCMPGTD, x86.VPCMPGTQ, nil, nil)
	opIEq2    = bin("ieq2", x86.VPCMPEQD, x86.VPCMPEQQ, nil, nil, commutes)

	opToInt   = un("toint", x86.VCVTPS2DQ, x86.VCVTPD2QQ, x86.VCVTPS2DQ_BCST, x86.VCVTPD2QQ_BCST)
	opTrunc   = un("trunc", x86.VCVTTPS2DQ, x86.VCVTTPD2QQ, x86.VCVTTPS2DQ_BCST, x86.VCVTTPD2QQ_BCST)
	opToReal  = un("toreal", x86.VCVTDQ2PS, x86.VCVTQQ2PD, x86.VCVTDQ2PS_BCST, x86.VCVTQQ2PD_BCST)
	opSplat32 = row("splat32", "0l d", x86.VPBROADCASTD, x86.VPBROADCASTD)
	opSplat64 = row("splat64", "0 d", x86.VPBROADCASTQ, x86.VPBROADCASTQ)
	opMovD    = row("movd", "0l dx", x86.VMOVD, x86.VMOVD)
	opMovQ    = row("movq", "0 dx", x86.VMOVQ, x86.VMOVQ)
	opSplatX  = row("splatx", "0x d", x86.VPBROADCASTD, x86.VPBROADCASTQ)
)

// Conditions of lanes. Those with 512 in their names make and take mask
// registers.
var (
	opCmp512  = row("cmp512", "i 1 0 d", x86.VCMPPS, x86.VCMPPD, inMem(1), bcst(x86.VCMPPS_BCST, x86.VCMPPD_BCST), makes(mask))
	opICmp512 = row("icmp512", "i 1 0 d", x86.VPCMPD, x86.VPCMPQ, inMem(1), bcst(x86.VPCMPD_BCST, x86.VPCMPQ_BCST), makes(mask))
	opCmp2    = row("cmp2", "i 1 0 d", x86.VCMPPS, x86.VCMPPD, inMem(1))

	opKAnd = row("kand", "1 0 d", x86.KANDW, x86.KANDB, makes(mask))
	opKOr  = row("kor", "1 0 d", x86.KORW, x86.KORB, makes(mask))
	opKXor = row("kxor", "1 0 d", x86.KXORW, x86.KXORB, makes(mask))
	opKNot = row("knot", "0 d", x86.KNOTW, x86.KNOTB, makes(mask))
	opKIn  = row("kin", "0l d", x86.KMOVW, x86.KMOVB, makes(mask))
	opKOut = row("kout", "0 dl", x86.KMOVW, x86.KMOVB, makes(gen))

	opKTest = row("ktest", "0 0", x86.KORTESTW, x86.KORTESTB, fixed)
	opVTest = row("vtest", "0 0", x86.VTESTPS, x86.VTESTPD, fixed)
	opVOut  = row("vout", "0 dl", x86.VMOVMSKPS, x86.VMOVMSKPD, makes(gen))

	// Arguments: no, yes, condition.
	opBlend512 = row("blend512", "1 0 2 d", x86.VBLENDMPS, x86.VBLENDMPD, inMem(1), bcst(x86.VBLENDMPS_BCST, x86.VBLENDMPD_BCST))
	opBlend2   = row("blend2", "2 1 0 d", x86.VBLENDVPS, x86.VBLENDVPD, inMem(1))
	opKeep512  = row("keep512", "0 1 d", x86.VMOVAPS_Z, x86.VMOVAPD_Z) // 0 where the condition is false
)

// Memory.
var (
	opLoad      = row("load", "m d", x86.VMOVUPS, x86.VMOVUPD, loads)
	opLoadM512  = row("loadm512", "m 0 d", x86.VMOVUPS_Z, x86.VMOVUPD_Z, loads)
	opLoadM2    = row("loadm2", "m 0 d", x86.VMASKMOVPS, x86.VMASKMOVPD, loads)
	opStore     = row("store", "0 m", x86.VMOVUPS, x86.VMOVUPD, stores)
	opStoreM512 = row("storem512", "0 1 m", x86.VMOVUPS, x86.VMOVUPD, stores)
	opStoreM2   = row("storem2", "0 1 m", x86.VMASKMOVPS, x86.VMASKMOVPD, stores)
	opStoreNT   = row("storent", "0 m", x86.VMOVNTPS, x86.VMOVNTPD, stores)
	opFence     = row("fence", "", x86.SFENCE, x86.SFENCE, fixed)
	opBcst      = row("bcst", "m d", x86.VBROADCASTSS, x86.VBROADCASTSD, loads)
	opLoad1     = row("load1", "m dx", x86.VMOVSS, x86.VMOVSD, loads)
	opStore1    = row("store1", "0x m", x86.VMOVSS, x86.VMOVSD, stores)

	opGather512 = row("gather512", "g 1 d", x86.VGATHERDPS, x86.VGATHERQPD, loads, tied(2), ruins(1), apart)
	opGather2   = row("gather2", "1 g d", x86.VGATHERDPS, x86.VGATHERQPD, loads, tied(2), ruins(1), apart)

	// int32 in memory to lanes of 64 bits.
	opLoadI64     = row("loadi64", "m d", nil, x86.VPMOVSXDQ, loads)
	opLoadI64M512 = row("loadi64m512", "m 0 d", nil, x86.VPMOVSXDQ_Z, loads)
	opLoadIM2     = row("loadim2", "m 0x dx", nil, x86.VPMASKMOVD, loads)
	opSignExtend  = row("signextend", "0h d", nil, x86.VPMOVSXDQ)
	opBcstI       = row("bcsti", "m d", x86.VPBROADCASTD, nil, loads)

	opPrefetch = [4]*op{
		NTA: row("prefetchnta", "m", x86.PREFETCHNTA, x86.PREFETCHNTA, fixed),
		T0:  row("prefetch0", "m", x86.PREFETCHT0, x86.PREFETCHT0, fixed),
		T1:  row("prefetch1", "m", x86.PREFETCHT1, x86.PREFETCHT1, fixed),
		T2:  row("prefetch2", "m", x86.PREFETCHT2, x86.PREFETCHT2, fixed),
	}
)

// Constants and parameters: they can be made again where they are wanted.
var (
	opZero512 = row("zero512", "d d d", x86.VPXORD, x86.VPXORD, remat)
	opZero2   = row("zero2", "d d d", x86.VXORPS, x86.VXORPS, remat)
	opConst   = row("const", "m d", x86.VMOVUPS, x86.VMOVUPD, loads, remat)            // a vector of data
	opConstB  = row("constb", "m d", x86.VBROADCASTSS, x86.VBROADCASTSD, loads, remat) // an element of data
	opOnes512 = row("ones512", "d d d", x86.KXNORW, x86.KXNORW, makes(mask), remat)
	opParamV  = row("paramv", "m d", x86.VBROADCASTSS, x86.VBROADCASTSD, loads, remat)
	opParamG  = row("paramg", "m d", x86.MOVQ, x86.MOVQ, makes(gen), loads, remat)
	opImm     = row("imm", "i d", x86.MOVQ, x86.MOVQ, makes(gen), remat)
)

// Moves between registers, and to and from the frame.
var (
	opMovV  = row("movv", "0 d", x86.VMOVAPS, x86.VMOVAPD, copies)
	opMovG  = row("movg", "0 d", x86.MOVQ, x86.MOVQ, makes(gen), copies)
	opMovK  = row("movk", "0 d", x86.KMOVW, x86.KMOVW, makes(mask), copies)
	opFillV = row("fillv", "m d", x86.VMOVUPS, x86.VMOVUPS, loads)
	opFillG = row("fillg", "m d", x86.MOVQ, x86.MOVQ, makes(gen), loads)
	opFillK = row("fillk", "m d", x86.KMOVW, x86.KMOVW, makes(mask), loads)
	opKeepV = row("keepv", "0 m", x86.VMOVUPS, x86.VMOVUPS, stores)
	opKeepG = row("keepg", "0 m", x86.MOVQ, x86.MOVQ, stores)
	opKeepK = row("keepk", "0 m", x86.KMOVW, x86.KMOVW, stores)
)

// Lanes that change places.
var (
	opUnpackLo  = bin("unpacklo", x86.VUNPCKLPS, x86.VUNPCKLPD, x86.VUNPCKLPS_BCST, x86.VUNPCKLPD_BCST)
	opUnpackHi  = bin("unpackhi", x86.VUNPCKHPS, x86.VUNPCKHPD, x86.VUNPCKHPS_BCST, x86.VUNPCKHPD_BCST)
	opShuffle   = row("shuffle", "i 1 0 d", x86.VSHUFPS, x86.VSHUFPD, inMem(1))
	opQuarters  = row("quarters", "i 1 0 d", x86.VSHUFF32X4, x86.VSHUFF64X2, inMem(1))
	opHalves    = row("halves", "i 1 0 d", x86.VPERM2F128, x86.VPERM2F128, inMem(1))
	opInsert512 = row("insert512", "i 1h 0 d", x86.VINSERTF64X4, x86.VINSERTF64X4)
	opInsert2   = row("insert2", "i 1h 0 d", x86.VINSERTF128, x86.VINSERTF128)
	opHigh512   = row("high512", "i 0 dh", x86.VEXTRACTF64X4, x86.VEXTRACTF64X4)
	opHigh256   = row("high256", "i 0 dh", x86.VEXTRACTF32X4, x86.VEXTRACTF32X4)
	opHigh2     = row("high2", "i 0 dh", x86.VEXTRACTF128, x86.VEXTRACTF128)
	opWithin    = shift("within", x86.VPERMILPS, x86.VPERMILPD)
	opPerm      = row("perm", "1 0 d", x86.VPERMPS, x86.VPERMPD, inMem(1)) // lanes of 1 by the indices 0
	opPerm2     = row("perm2", "2 1 d", x86.VPERMI2PS, x86.VPERMI2PD, tied(0), apart, inMem(2))
	opPairs     = shift("pairs", x86.VPSHUFD, x86.VPSHUFD)
	opSplat     = row("splat", "0x d", x86.VBROADCASTSS, x86.VBROADCASTSD)
	opWiden     = row("widen", "0h d", x86.VCVTPS2PD, x86.VCVTPS2PD)
	opNarrow512 = row("narrow512", "0 dh", x86.VCVTPD2PS, x86.VCVTPD2PS)
	opNarrow2   = row("narrow2", "0 dh", x86.VCVTPD2PSY, x86.VCVTPD2PSY)
)

// General registers.
var (
	opGAdd   = row("gadd", "1 d", x86.ADDQ, x86.ADDQ, makes(gen), tied(0), commutes, inMem(1))
	opGSub   = row("gsub", "1 d", x86.SUBQ, x86.SUBQ, makes(gen), tied(0), apart, inMem(1))
	opGMul   = row("gmul", "1 d", x86.IMULQ, x86.IMULQ, makes(gen), tied(0), commutes, inMem(1))
	opGAnd   = row("gand", "1 d", x86.ANDQ, x86.ANDQ, makes(gen), tied(0), commutes, inMem(1))
	opGAddI  = row("gaddi", "i d", x86.ADDQ, x86.ADDQ, makes(gen), tied(0))
	opGSubI  = row("gsubi", "i d", x86.SUBQ, x86.SUBQ, makes(gen), tied(0))
	opGMulI  = row("gmuli", "i 0 d", x86.IMUL3Q, x86.IMUL3Q, makes(gen), inMem(0))
	opGAndI  = row("gandi", "i d", x86.ANDQ, x86.ANDQ, makes(gen), tied(0))
	opGShl   = row("gshl", "i d", x86.SHLQ, x86.SHLQ, makes(gen), tied(0))
	opGSar   = row("gsar", "i d", x86.SARQ, x86.SARQ, makes(gen), tied(0))
	opLea    = row("lea", "m d", x86.LEAQ, x86.LEAQ, makes(gen))
	opLoadG  = row("loadg", "m d", x86.MOVQ, x86.MOVQ, makes(gen), loads)
	opLoadG4 = row("loadg4", "m d", x86.MOVLQSX, x86.MOVLQSX, makes(gen), loads)
	opStoreG = row("storeg", "0 m", x86.MOVQ, x86.MOVQ, stores)

	opCmpG  = row("cmpg", "0 1", x86.CMPQ, x86.CMPQ, fixed, inMem(1))
	opCmpGI = row("cmpgi", "0 i", x86.CMPQ, x86.CMPQ, fixed, inMem(0))
	opZeroG = row("zerog", "0 0", x86.TESTQ, x86.TESTQ, fixed)
	// A conditional move takes argument 1 if the comparison before it says so.
	opCmovLT = row("cmovlt", "1 d", x86.CMOVQLT, x86.CMOVQLT, makes(gen), tied(0), apart)
	opCmovGT = row("cmovgt", "1 d", x86.CMOVQGT, x86.CMOVQGT, makes(gen), tied(0), apart)
)
