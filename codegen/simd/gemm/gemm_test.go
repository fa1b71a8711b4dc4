package gemm

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/asm/asmtest"
	"github.com/bpgen/bpgen/symbolic"
)

// A shape is a contraction to be tested: out[m, n] = Σ A(m, k)·B(k, n).
type shape struct {
	m, n, k int
	at      bool // A's rows lie side by side, not its k
	bt      bool // B's k lies side by side, not its columns
	pad     int  // elements between rows of all matrices
	add     bool // to what is there
	dynamic bool // sizes and distances are parameters
}

func (s shape) String() string {
	out := fmt.Sprintf("%dx%dx%d", s.m, s.n, s.k)
	for _, f := range []struct {
		is   bool
		mark string
	}{{s.at, "_at"}, {s.bt, "_bt"}, {s.pad > 0, fmt.Sprintf("_pad%d", s.pad)}, {s.add, "_add"}, {s.dynamic, "_dyn"}} {
		if f.is {
			out += f.mark
		}
	}
	return out
}

// strides returns the distances of rows of A, B and Out.
func (s shape) strides() (a, b, c int) {
	a, b = s.k+s.pad, s.n+s.pad
	if s.at {
		a = s.m + s.pad
	}
	if s.bt {
		b = s.k + s.pad
	}
	return a, b, s.n + s.pad
}

// kernel makes the loop program of a shape. The sizes that are parameters are
// M, N, K and the three strides.
func (s shape) kernel(name string) *loop.Kernel {
	a, b, c := s.strides()
	k := &loop.Kernel{Name: name}
	buf := func(name string, kind loop.BufferKind) *loop.Buffer {
		b := &loop.Buffer{Name: name, Kind: kind, Type: symbolic.Real}
		k.Params = append(k.Params, &loop.Param{Buf: b})
		return b
	}
	out, x, y := buf("out", loop.Out), buf("x", loop.In), buf("y", loop.In)
	size := func(name string, n int) symbolic.Poly {
		if !s.dynamic {
			return symbolic.Int(n)
		}
		v := &loop.Var{Name: name, Type: symbolic.Integer}
		k.Params = append(k.Params, &loop.Param{Int: v})
		return symbolic.Sym(name)
	}
	m, n, kk := size("m", s.m), size("n", s.n), size("k", s.k)
	sa, sb, sc := size("sa", a), size("sb", b), size("sc", c)
	one := symbolic.Int(1)
	body := &loop.Contract{
		Out: loop.Access{Buf: out, M: sc, N: one}, A: loop.Access{Buf: x, M: sa, K: one}, B: loop.Access{Buf: y, N: one, K: sb},
		M: m, N: n, K: kk, Accumulate: s.add,
		Row: &loop.Var{Name: "i", Type: symbolic.Integer}, Col: &loop.Var{Name: "j", Type: symbolic.Integer},
		Sum: &loop.Var{Name: "s", Type: symbolic.Real},
	}
	if s.at {
		body.A.M, body.A.K = one, sa
	}
	if s.bt {
		body.B.N, body.B.K = sb, one
	}
	k.Body = []loop.Stmt{body}
	return k
}

var targets = []asm.Target{{ISA: asm.AVX2, Elem: asm.F32}, {ISA: asm.AVX2, Elem: asm.F64}, {ISA: asm.AVX512, Elem: asm.F32}, {ISA: asm.AVX512, Elem: asm.F64}}

// shapes are of all classes: whole and broken tiles, few rows and columns, all
// layouts.
func shapes() []shape {
	var out []shape
	sizes := [][3]int{
		{128, 48, 16}, {16, 24, 8}, {1, 1, 1}, {2, 3, 4}, {3, 10, 5}, {5, 17, 33}, {7, 49, 9}, {9, 31, 2}, {13, 100, 7},
		{1, 250, 1}, {1, 100, 250}, {2, 130, 19}, {30, 1, 40}, {17, 65, 0}, {0, 20, 5}, {20, 0, 5}, {25, 33, 64}, {11, 20, 3},
	}
	for _, d := range sizes {
		for way := range 4 {
			s := shape{m: d[0], n: d[1], k: d[2], at: way&1 != 0, bt: way&2 != 0}
			out = append(out, s)
			s.pad, s.add = 3, true
			out = append(out, s)
			s.dynamic = true
			out = append(out, s)
			s.pad, s.add = 0, false
			out = append(out, s)
		}
	}
	return out
}

func TestShapes(t *testing.T) {
	for _, target := range targets {
		t.Run(strings.ReplaceAll(target.String(), "/", "_"), func(t *testing.T) {
			var built []*asm.Built
			var cases bytes.Buffer
			for i, s := range shapes() {
				name := fmt.Sprintf("f%d", i)
				p, err := Compile(s.kernel(name), target)
				if err != nil {
					t.Fatal(s, err)
				}
				b, err := p.Routine.Finish()
				if err != nil {
					t.Fatal(s, err)
				}
				built = append(built, b)
				cases.WriteString(s.entry(name, p))
			}
			program := strings.NewReplacer("ELEM", target.Elem.String(), "CASES", cases.String()).Replace(harness)
			if out := asmtest.Run(t, built, program); len(out) > 0 {
				t.Errorf("%s", out)
			}
		})
	}
}

// entry is a line of the table in the test program.
func (s shape) entry(name string, p *Plan) string {
	a, b, c := s.strides()
	args := ""
	if s.dynamic {
		args = fmt.Sprintf("%d, %d, %d, %d, %d, %d, ", s.m, s.n, s.k, a, b, c)
	}
	scratch, err := p.Scratch(symbolic.Int(s.n)).Eval(func(sym string) (int, bool) { return map[string]int{"k": s.k}[sym], true })
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("{%q, %d, %d, %d, %d, %d, %d, %t, %t, %t, %d, %d, %d, func(out, x, y []real, rl, rh, cl, ch, pack int, scratch []real) { %s(out, x, y, %srl, rh, cl, ch, pack, scratch) }},\n",
		s, s.m, s.n, s.k, a, b, c, s.at, s.bt, s.add, p.RowStep, p.ColStep, scratch, name, args)
}

// harness runs each case on memory at the edges of pages that may not be
// touched, whole and in parts, and prints what is wrong.
const harness = `package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"
	"unsafe"
)

type real = ELEM

var cases = []struct {
	name             string
	m, n, k          int
	sa, sb, sc       int
	at, bt, add      bool
	rowStep, colStep int
	scratch          int
	run              func(out, x, y []real, rl, rh, cl, ch, pack int, scratch []real)
}{
CASES}

// edge returns n elements with a page that may not be touched behind them, or
// before them.
func edge(n int, behind bool) []real {
	const page = 4096
	size := int(unsafe.Sizeof(real(0)))
	pages := (n*size + page - 1) / page
	mem, err := syscall.Mmap(-1, 0, (pages+2)*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for _, guard := range [][]byte{mem[:page], mem[(pages+1)*page:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			panic(err)
		}
	}
	at := page
	if behind {
		at = (pages+1)*page - n*size
	}
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*real)(unsafe.Pointer(&mem[at])), n)
}

// size is how many elements a matrix has from its first to its last.
func size(rows, cols, step int) int {
	if rows == 0 || cols == 0 {
		return 0
	}
	return (rows-1)*step + cols
}

func main() {
	for _, c := range cases {
		for _, behind := range []bool{true, false} {
			test(c.name, behind)
		}
	}
}

func test(name string, behind bool) {
	for _, c := range cases {
		if c.name != name {
			continue
		}
		xr, xc, yr, yc := c.m, c.k, c.k, c.n
		if c.at {
			xr, xc = xc, xr
		}
		if c.bt {
			yr, yc = yc, yr
		}
		rng := rand.New(rand.NewPCG(1, 2))
		x, y := edge(size(xr, xc, c.sa), behind), edge(size(yr, yc, c.sb), behind)
		scratch := edge(c.scratch, behind)
		for _, s := range [][]real{x, y} {
			for i := range s {
				s[i] = real(rng.NormFloat64())
			}
		}
		for i := range scratch {
			scratch[i] = real(math.NaN())
		}
		was := make([]real, size(c.m, c.n, c.sc))
		for i := range was {
			was[i] = real(rng.NormFloat64())
		}
		var first []real
		for _, parts := range [][2]int{{1, 1}, {2, 1}, {1, 2}, {3, 2}} {
			out := edge(len(was), behind)
			copy(out, was)
			each(c.n, c.colStep, parts[1], func(cl, ch int) {
				pack := 1
				each(c.m, c.rowStep, parts[0], func(rl, rh int) {
					c.run(out, x, y, rl, rh, cl, ch, pack, scratch)
					pack = 0
				})
			})
			if first != nil {
				for i := range out {
					if out[i] != first[i] {
						fmt.Printf("%s: in parts %v other bits at %d: %v, %v\n", c.name, parts, i, out[i], first[i])
						return
					}
				}
				continue
			}
			first = out
			for i, v := range out {
				if i%c.sc >= c.n && v != was[i] {
					fmt.Printf("%s: writes between rows at %d\n", c.name, i)
					return
				}
			}
			for i := range c.m {
				for j := range c.n {
					sum, abs := 0.0, 0.0
					if c.add {
						sum = float64(was[i*c.sc+j])
					}
					for k := range c.k {
						xi, yi := i*c.sa+k, k*c.sb+j
						if c.at {
							xi = k*c.sa + i
						}
						if c.bt {
							yi = j*c.sb + k
						}
						p := float64(x[xi]) * float64(y[yi])
						sum += p
						abs += math.Abs(p)
					}
					eps := 0x1p-23
					if unsafe.Sizeof(real(0)) == 8 {
						eps = 0x1p-52
					}
					abs += math.Abs(sum)
					if got := float64(out[i*c.sc+j]); !(math.Abs(got-sum) <= float64(c.k+2)*eps*abs) {
						fmt.Printf("%s: (%d, %d) = %v, want %v\n", c.name, i, j, got, sum)
						return
					}
				}
			}
		}
	}
}

// each cuts n into parts that begin at multiples of step.
func each(n, step, parts int, f func(lo, hi int)) {
	size := max(1, (n/parts+step-1)/step) * step
	for lo := 0; lo < n || lo == 0; lo += size {
		f(lo, min(n, lo+size))
	}
}
`
