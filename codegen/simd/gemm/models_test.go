package gemm

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/codegen/simd/asm/asmtest"
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// contractions returns those of all procedures of a model, as kernels.
func contractions(t *testing.T, path string) (out []*loop.Kernel) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var errs diag.List
	m, _ := frontend.Load(path, src, frontend.Options{}, &errs)
	if len(errs) > 0 {
		t.Fatalf("%s: %v", path, errs[0])
	}
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		t.Fatalf("%s: %v", path, errs[0])
	}
	for _, proc := range d.All() {
		p, err := loop.Lower(proc)
		if err != nil {
			t.Fatal(err)
		}
		loop.Walk(p.Body, func(s loop.Stmt) {
			if c, ok := s.(*loop.Contract); ok {
				out = append(out, cutOut(c, fmt.Sprintf("f%d", len(out))))
			}
		})
	}
	return out
}

// cutOut makes a kernel of a contraction: what it mentions and does not declare
// are parameters.
func cutOut(c *loop.Contract, name string) *loop.Kernel {
	k := &loop.Kernel{Name: name, Body: []loop.Stmt{c}}
	inside := []*loop.Var{c.Row, c.Col, c.Sum}
	isInside := func(name string) bool {
		return slices.ContainsFunc(inside, func(v *loop.Var) bool { return v.Name == name })
	}
	seen := map[any]bool{}
	buf := func(b *loop.Buffer) {
		if !seen[b] {
			seen[b] = true
			k.Params = append(k.Params, &loop.Param{Buf: b})
		}
	}
	poly := func(p symbolic.Poly) {
		for _, s := range p.Syms() {
			if !seen[s] && !isInside(s) {
				seen[s] = true
				k.Params = append(k.Params, &loop.Param{Int: &loop.Var{Name: s, Type: symbolic.Integer}})
			}
		}
	}
	for _, a := range []loop.Access{c.Out, c.A, c.B} {
		buf(a.Buf)
		for _, p := range []symbolic.Poly{a.Base, a.M, a.N, a.K} {
			poly(p)
		}
	}
	for _, p := range []symbolic.Poly{c.M, c.N, c.K} {
		poly(p)
	}
	for _, b := range c.Within {
		poly(b.Const)
	}
	var expr func(e loop.Expr)
	expr = func(e loop.Expr) {
		switch e := e.(type) {
		case *loop.Load:
			buf(e.Buf)
			poly(e.Index)
		case *loop.Int:
			poly(e.Poly)
		case *loop.Apply:
			for _, a := range e.Args {
				expr(a)
			}
		case *loop.Guarded:
			expr(e.X)
		case *loop.Ref:
			if v := e.Var; !isInside(v.Name) && !seen[v.Name] {
				seen[v.Name] = true
				p := &loop.Param{Real: v}
				if v.Type == symbolic.Integer {
					p = &loop.Param{Int: v}
				}
				k.Params = append(k.Params, p)
			}
		}
	}
	loop.Walk(c.Epilogue, func(s loop.Stmt) {
		switch s := s.(type) {
		case *loop.Let:
			expr(s.Value)
			inside = append(inside, s.Var)
		case *loop.Acc:
			inside = append(inside, s.Var)
		case *loop.Update:
			expr(s.Value)
		case *loop.Store:
			buf(s.Buf)
			poly(s.Index)
			expr(s.Value)
		case *loop.Choose:
			expr(s.Cond)
		}
	})
	return k
}

// A trial is a contraction with sizes, to be run.
type trial struct {
	k    *loop.Kernel
	dims map[string]int
	want map[string][]float64 // what the interpreter has in the buffers
	out  *outside
}

// outside are elements that the bounds of a contraction say something about: those of
// factors that are 0, and those of the result that nobody reads.
type outside struct {
	zero map[*loop.Buffer][]int
	any  map[int]bool
}

func (x *trial) outside() *outside {
	if x.out != nil {
		return x.out
	}
	x.out = &outside{zero: map[*loop.Buffer][]int{}, any: map[int]bool{}}
	c := x.k.Contract()
	eval := func(q symbolic.Poly) int {
		n, err := q.Eval(func(s string) (int, bool) { n, ok := x.dims[s]; return n, ok })
		if err != nil {
			panic(err)
		}
		return n
	}
	at := func(a loop.Access, m, n, k int) int {
		return eval(a.Base) + m*eval(a.M) + n*eval(a.N) + k*eval(a.K)
	}
	if len(c.Within) == 0 {
		return x.out
	}
	seen := map[*loop.Buffer]map[int]bool{c.A.Buf: {}, c.B.Buf: {}}
	zero := func(b *loop.Buffer, i int) {
		if !seen[b][i] {
			seen[b][i] = true
			x.out.zero[b] = append(x.out.zero[b], i)
		}
	}
	for m := range eval(c.M) {
		for n := range eval(c.N) {
			for k := range eval(c.K) {
				for _, b := range c.Within {
					switch inside := b.M*m+b.N*n+b.K*k+eval(b.Const) >= 0; {
					case inside:
					case b.K == 0:
						x.out.any[at(c.Out, m, n, 0)] = true
					case b.M != 0:
						zero(c.A.Buf, at(c.A, m, 0, k))
					default:
						zero(c.B.Buf, at(c.B, 0, n, k))
					}
				}
			}
		}
	}
	return x.out
}

// number is what stands at a place of a buffer before.
func number(buf, i int) float64 { return float64((i*7919+buf*104729)%11-5) / 4 }

// interpret runs a trial in the interpreter.
func (x *trial) interpret() error {
	p := &loop.Program{Name: x.k.Name}
	in := map[string][]float64{}
	var body []loop.Stmt
	for b, q := range x.k.Params {
		switch {
		case q.Int != nil:
			p.Dims = append(p.Dims, q.Int.Name)
		case q.Real != nil:
			body = append(body, &loop.Let{Var: q.Real, Value: &loop.Const{Value: 0.5, Type: symbolic.Real}})
		default:
			n, err := q.Buf.Shape.Size().Eval(func(s string) (int, bool) { n, ok := x.dims[s]; return n, ok })
			if err != nil {
				return err
			}
			from := &loop.Buffer{Name: "from_" + q.Buf.Name, Kind: loop.In, Shape: q.Buf.Shape, Type: q.Buf.Type}
			for i := range n {
				v := number(b, i)
				if q.Buf.Type != symbolic.Real {
					v = 0
				}
				in[from.Name] = append(in[from.Name], v)
			}
			for _, i := range x.outside().zero[q.Buf] {
				if i < n { // or the interpreter says so
					in[from.Name][i] = 0
				}
			}
			q.Buf.Kind = loop.Out
			p.Buffers = append(p.Buffers, from, q.Buf)
			i := &loop.Var{Name: "copy", Type: symbolic.Integer}
			at := symbolic.Sym(i.Name)
			body = append(body, &loop.Loop{Var: i, Extent: q.Buf.Shape.Size(), Body: []loop.Stmt{
				&loop.Store{Buf: q.Buf, Index: at, Value: &loop.Load{Buf: from, Index: at}},
			}})
		}
	}
	p.Body = append(body, x.k.Body...)
	var err error
	x.want, err = loop.Interp{Dims: x.dims}.Run(p, nil, in)
	return err
}

// ops is the number of multiplications of a trial.
func (x *trial) ops() int {
	c := x.k.Body[0].(*loop.Contract)
	n, err := c.M.Mul(c.N).Mul(c.K).Eval(func(s string) (int, bool) { n, ok := x.dims[s]; return n, ok })
	if err != nil {
		return 0
	}
	return n
}

// call is the trial in the test program.
func (x *trial) call(p *Plan) string {
	eval := func(q symbolic.Poly) int {
		n, err := q.Eval(func(s string) (int, bool) { n, ok := x.dims[s]; return n, ok })
		if err != nil {
			panic(err)
		}
		return n
	}
	var b strings.Builder
	var args []string
	fmt.Fprintf(&b, "\t{\n")
	for i, q := range x.k.Params {
		switch {
		case q.Int != nil:
			args = append(args, fmt.Sprint(x.dims[q.Int.Name]))
		case q.Real != nil:
			args = append(args, "0.5")
		case q.Buf.Type == symbolic.Real:
			fmt.Fprintf(&b, "\t\tb%d := numbers(%d, %d)\n", i, i, len(x.want[q.Buf.Name]))
			if zero := x.outside().zero[q.Buf]; len(zero) > 0 {
				fmt.Fprintf(&b, "\t\tfor _, i := range %#v {\n\t\t\tb%d[i] = 0\n\t\t}\n", zero, i)
			}
			args = append(args, fmt.Sprintf("b%d", i))
		default:
			args = append(args, fmt.Sprintf("make([]int32, %d)", len(x.want[q.Buf.Name])))
		}
	}
	rows, cols := eval(p.Rows), eval(p.Cols)
	fmt.Fprintf(&b, "\t\t%s(%s, 0, %d, 0, %d, 3, make([]real, %d))\n", x.k.Name, strings.Join(args, ", "), rows, cols, eval(p.Scratch(p.Cols)))
	for i, q := range x.k.Params {
		if q.Buf != nil && q.Buf.Type == symbolic.Real {
			fmt.Fprintf(&b, "\t\tshow(b%d)\n", i)
		}
	}
	b.WriteString("\t}\n")
	return b.String()
}

// trials are the contractions of all models, with sizes that the interpreter
// can do.
func trials(t *testing.T) (out []*trial) {
	for _, dir := range []string{"testdata/conformance", "bench/models", "examples/*"} {
		files, err := filepath.Glob("../../../" + dir + "/*.bp")
		if err != nil || len(files) == 0 {
			t.Fatal("no models in", dir)
		}
		for _, f := range files {
			for _, k := range contractions(t, f) {
				x := &trial{k: k, dims: map[string]int{}}
				k.Name = fmt.Sprintf("f%d", len(out))
				dim := func(p symbolic.Poly) {
					for _, s := range p.Syms() {
						x.dims[s] = 19
					}
				}
				for _, q := range k.Params {
					switch {
					case q.Int != nil:
						x.dims[q.Int.Name] = 19
					case q.Buf != nil:
						dim(q.Buf.Shape.Size())
					}
				}
				if _, ok := x.dims["from"]; ok {
					x.dims["from"] = 0
				}
				out = append(out, x)
			}
		}
	}
	if len(out) == 0 {
		t.Error("no model has a contraction")
	}
	return out
}

// TestModels holds the contractions of all models that there are against the
// interpreter; of those that are too large for it, that they compile.
func TestModels(t *testing.T) {
	runTrials(t, trials(t))
}

// runTrials holds contractions against the interpreter.
func runTrials(t *testing.T, all []*trial) {
	for _, x := range all {
		// What has sizes that do not fit together, or is large, has no want.
		if x.ops() <= 100_000 && x.interpret() != nil {
			x.want = nil
		}
	}
	for _, target := range targets {
		t.Run(strings.ReplaceAll(target.String(), "/", "_"), func(t *testing.T) {
			var built []*asm.Built
			var calls strings.Builder
			var run []*trial
			for _, x := range all {
				p, err := Compile(x.k, target)
				if err != nil {
					t.Fatal(err)
				}
				b, err := p.Routine.Finish()
				if err != nil {
					t.Fatal(err)
				}
				if x.want == nil {
					continue
				}
				calls.WriteString(x.call(p))
				built, run = append(built, b), append(run, x)
			}
			t.Log(len(run), "contractions are run")
			program := strings.NewReplacer("ELEM", target.Elem.String(), "CALLS", calls.String()).Replace(modelHarness)
			lines := strings.Split(string(asmtest.Run(t, built, program)), "\n")
			eps := map[asm.Elem]float64{asm.F32: 0x1p-23, asm.F64: 0x1p-52}[target.Elem]
			for _, x := range run {
				for _, q := range x.k.Params {
					if q.Buf == nil || q.Buf.Type != symbolic.Real {
						continue
					}
					line := strings.Fields(lines[0])
					lines = lines[1:]
					for i, want := range x.want[q.Buf.Name] {
						if q.Buf == x.k.Contract().Out.Buf && x.outside().any[i] {
							continue
						}
						got, err := strconv.ParseFloat(line[i], 64)
						if err != nil || !(math.Abs(got-want) <= 4096*eps*(1+math.Abs(want))) {
							t.Errorf("%s: %s[%d] = %s, want %v", x.k.Name, q.Buf.Name, i, line[i], want)
							break
						}
					}
				}
			}
		})
	}
}

const modelHarness = `package main

import "fmt"

type real = ELEM

func numbers(buf, n int) []real {
	s := make([]real, n)
	for i := range s {
		s[i] = real((i*7919+buf*104729)%11-5) / 4
	}
	return s
}

func show(s []real) {
	for _, x := range s {
		fmt.Print(" ", x)
	}
	fmt.Println()
}

func main() {
CALLS}
`
