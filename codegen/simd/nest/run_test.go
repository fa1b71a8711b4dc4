package nest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/asm/asmtest"
	"github.com/bpgen/bpgen/symbolic"
)

//go:embed gen_test.go
var generator string

func targets() (out []asm.Target) {
	for _, isa := range []asm.ISA{asm.AVX2, asm.AVX512} {
		if !asmtest.Has(isa) {
			continue
		}
		for _, e := range []asm.Elem{asm.F32, asm.F64} {
			out = append(out, asm.Target{ISA: isa, Elem: e})
		}
	}
	return out
}

// runAll compiles the kernels of a table for all targets, runs them at all
// sizes in one program and holds what they did against the interpreter.
func runAll(t *testing.T, tests []test) {
	t.Helper()
	var built []*asm.Built
	var main, calls strings.Builder
	main.WriteString("package main\n\nimport (\n\t\"encoding/json\"\n\t\"os\"\n\t\"strconv\"\n)\n\n" + program + "\n")
	type one struct {
		test   test
		target asm.Target
		dims   map[string]int
		seed   uint64
	}
	var all []one
	for i, x := range tests {
		for _, target := range targets() {
			k := *x.k
			k.Name = fmt.Sprintf("%s_%d_%s_%s", x.k.Name, i, target.ISA, target.Elem)
			r, err := Compile(&k, target)
			if err != nil {
				t.Errorf("%s: %v", k.Name, err)
				continue
			}
			b, err := r.Finish()
			if err != nil {
				t.Errorf("%s: %v", k.Name, err)
				continue
			}
			built = append(built, b)
			for j, dims := range x.sizes {
				seed := uint64(i*1000+j) * 77
				// Each call is a function, so that none grows too long to compile.
				fmt.Fprintf(&main, "func call%d() {\n%s}\n\n", len(all), call(x, k.Name, target, dims, seed))
				fmt.Fprintf(&calls, "\tcall%d()\n", len(all))
				all = append(all, one{x, target, dims, seed})
			}
		}
	}
	main.WriteString("func main() {\n" + calls.String() + "}\n")
	if t.Failed() {
		return
	}
	out := asmtest.Run(t, built, strings.Replace(merge(main.String()), "package nest", "package main", 1))
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(all) {
		t.Fatalf("%d lines for %d calls", len(lines), len(all))
	}
	bad := map[string]int{}
	type meaning struct {
		k    *loop.Kernel
		elem asm.Elem
		seed uint64
	}
	meanings := map[meaning]map[string][]float64{} // the same for all instruction sets
	for i, x := range all {
		name := fmt.Sprintf("%s %s", x.test.k.Name, x.target)
		if bad[name] > 2 {
			continue
		}
		var got map[string][]string
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
			t.Fatal(err)
		}
		what := meaning{x.test.k, x.target.Elem, x.seed}
		want := meanings[what]
		if want == nil {
			var err error
			if want, err = interpret(x.test, x.target, x.dims, x.seed); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			meanings[what] = want
		}
		if d := x.test.differs(x.target, got, want); d != "" {
			if x.test.tame && x.test.chaotic(t, x.dims, x.seed) {
				continue
			}
			bad[name]++
			t.Errorf("%s at %v: %s", name, x.dims, d)
		}
	}
}

// merge puts the generator and the program into one file.
func merge(main string) string {
	body := generator[strings.Index(generator, "// A dice is"):]
	imports := "import (\n\t\"math\"\n\t\"slices\"\n\t\"syscall\"\n\t\"unsafe\"\n"
	return strings.Replace(main, "import (\n", imports, 1) + "\n" + body
}

// program is what the program has beside calls.
const program = `
type result map[string][]string

func add[T float32 | float64 | int32 | int](r result, name string, x ...T) {
	for _, v := range x {
		r[name] = append(r[name], strconv.FormatFloat(float64(v), 'g', -1, 64))
	}
}

func (r result) print() {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(append(b, '\n'))
	release()
}
`

// data returns the Go expression for a buffer's contents, and the contents.
func (x test) data(b *loop.Buffer, n int, seed uint64) (string, []float64) {
	if b.Type != symbolic.Real {
		limit := x.limit[b.Name]
		if b.Type == symbolic.Boolean {
			limit = 2
		}
		return fmt.Sprintf("wholes(%d, %d, %d)", seed, n, limit), wholes(seed, n, limit)
	}
	return fmt.Sprintf("reals(%d, %d, %t)", seed, n, !x.tame), reals(seed, n, !x.tame)
}

// scalar is the value of the real parameter number i.
func scalar(i int) float64 { return 0.75 - 0.125*float64(i) }

func size(p symbolic.Poly, dims map[string]int) int {
	n, err := p.Eval(func(s string) (int, bool) { n, ok := dims[s]; return n, ok })
	if err != nil {
		panic(err)
	}
	return n
}

func call(x test, name string, target asm.Target, dims map[string]int, seed uint64) string {
	var s strings.Builder
	s.WriteString("\tr := result{}\n")
	var args, results []string
	var dump strings.Builder
	for i, p := range x.k.Params {
		switch {
		case p.Buf != nil:
			text, _ := x.data(p.Buf, size(p.Buf.Shape.Size(), dims), seed+uint64(i))
			elem, bytes := target.Elem.String(), target.Size()
			if p.Buf.Type != symbolic.Real {
				elem, bytes = "int32", 4
			}
			fmt.Fprintf(&s, "\tb%d := guarded[%s](%s, %d, %t)\n", i, elem, text, bytes, seed%2 == 1)
			args = append(args, fmt.Sprintf("b%d", i))
			if p.Buf.Kind == loop.Out {
				fmt.Fprintf(&dump, "\tadd(r, %q, b%d...)\n", p.Buf.Name, i)
			}
		case p.Int != nil:
			args = append(args, fmt.Sprint(dims[p.Int.Name]))
		default:
			args = append(args, fmt.Sprint(scalar(i)))
		}
	}
	for i := range x.k.Results {
		results = append(results, fmt.Sprintf("s%d", i))
		fmt.Fprintf(&dump, "\tadd(r, %q, s%d)\n", "result "+x.k.Results[i].Name, i)
	}
	assign := ""
	if len(results) > 0 {
		assign = strings.Join(results, ", ") + " := "
	}
	fmt.Fprintf(&s, "\t%s%s(%s)\n%s\tr.print()\n", assign, name, strings.Join(args, ", "), dump.String())
	return s.String()
}

// interpret runs a kernel as a program of the loop interpreter.
func interpret(x test, target asm.Target, dims map[string]int, seed uint64) (map[string][]float64, error) {
	p := &loop.Program{Name: x.k.Name}
	data := map[string][]float64{}
	for i, q := range x.k.Params {
		switch {
		case q.Buf != nil:
			b := q.Buf
			_, contents := x.data(b, size(b.Shape.Size(), dims), seed+uint64(i))
			p.Buffers = append(p.Buffers, b)
			if b.Kind == loop.In {
				data[b.Name] = contents
				continue
			}
			before := &loop.Buffer{Name: b.Name + " before", Kind: loop.In, Type: b.Type, Shape: b.Shape}
			p.Buffers = append(p.Buffers, before)
			data[before.Name] = contents
			v := ivar(b.Name + " each")
			p.Body = append(p.Body, rep(v, b.Shape.Size(), set(b, sy(v.Name), at(before, sy(v.Name)))))
		case q.Int != nil:
			p.Body = append(p.Body, let(q.Int, whole(in(dims[q.Int.Name]))))
		default:
			p.Body = append(p.Body, let(q.Real, num(scalar(i))))
		}
	}
	p.Body = append(p.Body, x.k.Body...)
	for _, v := range x.k.Results {
		b := buf(loop.Out, "result "+v.Name, v.Type, in(1))
		p.Buffers = append(p.Buffers, b)
		p.Body = append(p.Body, set(b, in(0), ref(v)))
	}
	return loop.Interp{Dims: dims, Float32: target.Elem == asm.F32}.Run(p, nil, data)
}

// chaotic reports whether rounding alone carries a kernel's results to the
// order of its tolerance, as a long scan over random numbers does: what it makes in
// float32 and in float64 then has nothing in common to hold a result against.
func (x test) chaotic(t *testing.T, dims map[string]int, seed uint64) bool {
	t.Helper()
	single, err := interpret(x, asm.Target{Elem: asm.F32}, dims, seed)
	if err != nil {
		t.Fatal(err)
	}
	double, err := interpret(x, asm.Target{Elem: asm.F64}, dims, seed)
	if err != nil {
		t.Fatal(err)
	}
	text := map[string][]string{}
	for name, values := range single {
		for _, v := range values {
			text[name] = append(text[name], fmt.Sprint(v))
		}
	}
	x.tol /= 16
	return x.differs(asm.Target{Elem: asm.F32}, text, double) != ""
}

// differs says where the two are too far apart.
func (x test) differs(target asm.Target, got map[string][]string, want map[string][]float64) string {
	eps := 0x1p-52
	if target.Elem == asm.F32 {
		eps = 0x1p-23
	}
	for _, name := range outputs(x.k) {
		g, w := got[name], want[name]
		if len(g) != len(w) {
			return fmt.Sprintf("%s has %d elements, want %d", name, len(g), len(w))
		}
		for i := range w {
			var v float64
			if _, err := fmt.Sscan(g[i], &v); err != nil {
				return err.Error()
			}
			switch {
			case v == w[i] || math.IsNaN(v) && math.IsNaN(w[i]):
			case x.extreme && math.IsNaN(v) && math.IsInf(w[i], 0):
			case math.Abs(v-w[i]) <= x.tol*eps*max(1, math.Abs(w[i])):
			default:
				return fmt.Sprintf("%s[%d] = %v, want %v", name, i, v, w[i])
			}
		}
	}
	return ""
}

func outputs(k *loop.Kernel) (out []string) {
	for _, p := range k.Params {
		if p.Buf != nil && p.Buf.Kind == loop.Out {
			out = append(out, p.Buf.Name)
		}
	}
	for _, v := range k.Results {
		out = append(out, "result "+v.Name)
	}
	return out
}

// TestGuarded holds the memory of the programs against what it is to be.
func TestGuarded(t *testing.T) {
	want := []float64{1, 2, 3}
	for _, before := range []bool{false, true} {
		if got := guarded[float64](want, 8, before); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	release()
}
