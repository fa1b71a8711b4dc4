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
	crowded bool // rows of A and B a multiple of 4096 bytes apart
	add     bool // to what is there
	dynamic bool // sizes and distances are parameters
	batch   bool // only the size of the batch is: rows of A, or of B where A is transposed
}

func (s shape) String() string {
	out := fmt.Sprintf("%dx%dx%d", s.m, s.n, s.k)
	for _, f := range []struct {
		is   bool
		mark string
	}{{s.at, "_at"}, {s.bt, "_bt"}, {s.pad > 0, fmt.Sprintf("_pad%d", s.pad)}, {s.add, "_add"}, {s.crowded, "_crowded"}, {s.dynamic, "_dyn"}, {s.batch, "_batch"}} {
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
	if s.crowded {
		a, b = 1024, 1024
	}
	return a, b, s.n + s.pad
}

// size is the value of a parameter.
func (s shape) size(name string) (int, bool) {
	n, ok := map[string]int{"m": s.m, "n": s.n, "k": s.k}[name]
	return n, ok
}

// isParam reports whether a size is a parameter of the kernel.
func (s shape) isParam(name string) bool {
	return s.dynamic || s.batch && (name == "m" && !s.at || name == "k" && s.at)
}

// args are the values of the sizes that are parameters.
func (s shape) args() string {
	a, b, c := s.strides()
	out := ""
	for _, x := range []struct {
		name string
		n    int
	}{{"m", s.m}, {"n", s.n}, {"k", s.k}, {"sa", a}, {"sb", b}, {"sc", c}} {
		if s.isParam(x.name) {
			out += fmt.Sprintf("%d, ", x.n)
		}
	}
	return out
}

// kernel makes the loop program of a shape. The sizes that may be parameters
// are m, n, k and the strides sa, sb and sc.
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
		if !s.isParam(name) {
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
			s.dynamic = true
			out = append(out, s)
			s.dynamic, s.batch = false, true
			out = append(out, s)
		}
	}
	// What is far apart is packed, if there is enough of it.
	for _, d := range [][3]int{{32, 35, 40}, {37, 51, 33}, {45, 37, 32}, {33, 10, 70}} {
		for way := range 8 {
			out = append(out, shape{m: d[0], n: d[1], k: d[2], at: way&1 != 0, bt: way&2 != 0, add: true, crowded: true, dynamic: way&4 != 0, batch: way&4 == 0 && d[0] != 32})
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

// What a routine says of its parameters agrees with its declaration, and what
// has no form is an error.
func TestDeclarations(t *testing.T) {
	for _, target := range targets {
		var built []*asm.Built
		for i, s := range []shape{{m: 9, n: 20, k: 7, at: true, add: true}, {m: 9, n: 20, k: 7, bt: true, dynamic: true}} {
			p, err := Compile(s.kernel(fmt.Sprintf("f%d", i)), target)
			if err != nil {
				t.Fatal(err)
			}
			b, err := p.Routine.Finish()
			if err != nil {
				t.Fatal(err)
			}
			built = append(built, b)
		}
		asmtest.Vet(t, built)
	}
}

func TestErrors(t *testing.T) {
	s := shape{m: 9, n: 20, k: 7}
	for _, c := range []struct {
		want   string
		change func(k *loop.Kernel, c *loop.Contract)
	}{
		{"not a contraction", func(k *loop.Kernel, c *loop.Contract) { k.Body = []loop.Stmt{&loop.Acc{Var: c.Sum}} }},
		{"more than a contraction", func(k *loop.Kernel, c *loop.Contract) { k.Body = []loop.Stmt{c, c} }},
		{"not a parameter", func(k *loop.Kernel, c *loop.Contract) { c.K = symbolic.Sym("other") }},
		{"do not lie side by side", func(k *loop.Kernel, c *loop.Contract) { c.Out.N = symbolic.Int(2) }},
		{"stores to the factor", func(k *loop.Kernel, c *loop.Contract) {
			c.Epilogue = []loop.Stmt{&loop.Store{Buf: c.A.Buf, Index: symbolic.Sym("i"), Value: &loop.Ref{Var: c.Sum}}}
		}},
		{"not of real numbers", func(k *loop.Kernel, c *loop.Contract) { c.B.Buf.Type = symbolic.Integer }},
	} {
		k := s.kernel("f")
		c.change(k, k.Body[0].(*loop.Contract))
		if _, err := Compile(k, targets[0]); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want an error that has %q, got %v", c.want, err)
		}
	}
}

// entry is a line of the table in the test program.
func (s shape) entry(name string, p *Plan) string {
	a, b, c := s.strides()
	rowStep, colStep, cols, ranges := p.RowStep, p.ColStep, s.n, "rl, rh, cl, ch, pack"
	if p.Turned {
		rowStep, colStep, cols, ranges = colStep, rowStep, s.m, "cl, ch, rl, rh, pack|3"
	}
	scratch, err := p.Scratch(symbolic.Int(cols)).Eval(s.size)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("{%q, %d, %d, %d, %d, %d, %d, %t, %t, %t, %d, %d, %d, func(out, x, y []real, rl, rh, cl, ch, pack int, scratch []real) { %s(out, x, y, %s%s, scratch) }},\n",
		s, s.m, s.n, s.k, a, b, c, s.at, s.bt, s.add, rowStep, colStep, scratch, name, s.args(), ranges)
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
				if cl == 0 {
					pack = 3
				}
				each(c.m, c.rowStep, parts[0], func(rl, rh int) {
					c.run(out, x, y, rl, rh, cl, ch, pack, scratch)
					pack &^= 1
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
