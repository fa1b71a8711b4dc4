package asm_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/asm/asmtest"
)

// A trial is a routine with the parameters in and out, slices of elements,
// and what is passed to it: patterns of bits.
type trial struct {
	r   *asm.Routine
	in  []uint64
	out int // length of out
	// What must come out; NaNs are all the same. Without it, what the
	// interpreter says.
	want  []uint64
	loose float64 // relative error of reals that is allowed
	ints  bool    // what comes out are integers
}

var inOut = []asm.Param{{Name: "in", Kind: asm.Reals}, {Name: "out", Kind: asm.Reals}}

// interpret runs a trial's routine in the interpreter.
func (tr *trial) interpret(tg asm.Target) ([]uint64, error) {
	in, out := pack(tg.Elem, tr.in), pack(tg.Elem, make([]uint64, tr.out))
	const inAt, outAt = 1 << 20, 1 << 30
	m := &asm.Machine{
		Segments: []asm.Segment{{Base: inAt, Bytes: in}, {Base: outAt, Bytes: out}},
		Params:   map[string]uint64{"in_base": inAt, "out_base": outAt},
	}
	err := m.Run(tr.r)
	return unpack(tg.Elem, out), err
}

func pack(e asm.Elem, bits []uint64) []byte {
	var b []byte
	for _, u := range bits {
		if e == asm.F32 {
			b = binary.LittleEndian.AppendUint32(b, uint32(u))
		} else {
			b = binary.LittleEndian.AppendUint64(b, u)
		}
	}
	return b
}

func unpack(e asm.Elem, b []byte) []uint64 {
	var bits []uint64
	for len(b) > 0 {
		if e == asm.F32 {
			bits = append(bits, uint64(binary.LittleEndian.Uint32(b)))
		} else {
			bits = append(bits, binary.LittleEndian.Uint64(b))
		}
		b = b[e.Size():]
	}
	return bits
}

// try runs the trials on the processor and in the interpreter and compares.
func try(t *testing.T, tg asm.Target, trials []*trial) {
	t.Helper()
	var built []*asm.Built
	var vars, calls strings.Builder
	known := map[string]string{}
	for i, tr := range trials {
		got, err := tr.interpret(tg)
		if err != nil {
			t.Fatalf("interpreter: trial %d: %v", i, err)
		}
		b, err := tr.r.Finish()
		if err != nil {
			t.Fatal(err)
		}
		if tr.want == nil {
			tr.want = got
		}
		tr.compare(t, tg, b.Name+" interpreted", got)
		built = append(built, b)
		lit := literal(tr.in)
		in, ok := known[lit]
		if !ok {
			in = fmt.Sprintf("in%d", len(known))
			known[lit] = in
			fmt.Fprintf(&vars, "var %s = []uint64{%s}\n\n", in, lit)
		}
		fmt.Fprintf(&calls, "\trun(%s, %s, %d)\n", b.Name, in, tr.out)
	}
	if t.Failed() {
		return
	}
	word := [...]string{"uint32", "uint64"}[tg.Elem]
	lines := strings.Split(string(asmtest.Run(t, built, fmt.Sprintf(`package main

import (
	"fmt"
	"unsafe"
)

func main() {
%s}

func run(f func(in, out []%s), bits []uint64, n int) {
	in, out := make([]%s, len(bits)), make([]%[3]s, n)
	for i, u := range bits {
		in[i] = %[3]s(u)
	}
	f(reals(in), reals(out))
	for _, u := range out {
		fmt.Printf("%%x ", u)
	}
	fmt.Println()
}

func reals(b []%[3]s) []%[2]s { return unsafe.Slice((*%[2]s)(unsafe.Pointer(unsafe.SliceData(b))), len(b)) }

%[4]s`, calls.String(), tg.Elem, word, vars.String()))), "\n")
	for i, tr := range trials {
		var got []uint64
		for _, f := range strings.Fields(lines[i]) {
			u, err := strconv.ParseUint(f, 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, u)
		}
		if !tr.compare(t, tg, built[i].Name, got) {
			if text, err := asm.File("main", "", built[i:i+1]); err == nil && len(text) < 20000 {
				t.Logf("%s", text)
			}
		}
	}
}

func literal(bits []uint64) string {
	var s strings.Builder
	for _, u := range bits {
		fmt.Fprintf(&s, "%#x,", u)
	}
	return s.String()
}

func (tr *trial) compare(t *testing.T, tg asm.Target, name string, got []uint64) bool {
	t.Helper()
	bad := 0
	for i := range tr.want {
		g, w := got[i], tr.want[i]
		if g == w {
			continue
		}
		x, y := real(tg.Elem, g), real(tg.Elem, w)
		if !tr.ints && (math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= tr.loose*math.Abs(y)) {
			continue
		}
		if bad++; bad < 4 {
			t.Errorf("%s: %s: element %d is %#x (%v), want %#x (%v)%s", tg, name, i, g, x, w, y, tr.inputs(tg, i))
		}
	}
	return bad == 0
}

// inputs are the elements of in that belong to element i of out, if in is
// several times as long.
func (tr *trial) inputs(tg asm.Target, i int) string {
	var s string
	for j := i; tr.out > 0 && j < len(tr.in); j += tr.out {
		s += fmt.Sprintf(" %#x (%v)", tr.in[j], real(tg.Elem, tr.in[j]))
	}
	return s
}

func real(e asm.Elem, u uint64) float64 {
	if e == asm.F32 {
		return float64(math.Float32frombits(uint32(u)))
	}
	return math.Float64frombits(u)
}

func bits(e asm.Elem, x float64) uint64 {
	if e == asm.F32 {
		return uint64(math.Float32bits(float32(x)))
	}
	return math.Float64bits(x)
}

func integer(e asm.Elem, u uint64) int64 {
	if e == asm.F32 {
		return int64(int32(u))
	}
	return int64(u)
}

// word cuts a pattern to the width of a lane.
func word(e asm.Elem, u uint64) uint64 {
	if e == asm.F32 {
		return uint64(uint32(u))
	}
	return u
}
