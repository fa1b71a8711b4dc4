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

// An ending is an epilogue to be tested. Its kernel has beside out, x and y the
// buffers v (a number for each column), w (for each row) and z (for each
// element) and the number lr.
type ending struct {
	name  string
	stmts func(b *ends) []loop.Stmt
	// what it does, in Go: s is the sum, at the element's place
	golang string
	result bool // the sum of what is in total is returned
}

// ends are what an epilogue may mention.
type ends struct {
	out, v, w, z *loop.Buffer
	lr, sum      *loop.Var
	total        *loop.Var
	at, i, j     symbolic.Poly
}

func apply(op string, args ...loop.Expr) loop.Expr {
	return &loop.Apply{Op: symbolic.Lookup(op), Args: args}
}

func constant(x float64) loop.Expr { return &loop.Const{Value: x, Type: symbolic.Real} }

func (b *ends) s() loop.Expr { return &loop.Ref{Var: b.sum} }

func load(b *loop.Buffer, at symbolic.Poly) loop.Expr { return &loop.Load{Buf: b, Index: at} }

var endings = []ending{
	{"relu", func(b *ends) []loop.Stmt {
		return []loop.Stmt{&loop.Store{Buf: b.out, Index: b.at, Value: apply("relu", apply("add", b.s(), load(b.v, b.j)))}}
	}, "out[at] = max(0, s+v[j])", false},
	{"mask", func(b *ends) []loop.Stmt {
		return []loop.Stmt{&loop.Store{Buf: b.out, Index: b.at, Value: apply("select", apply("lt", constant(0), load(b.z, b.at)), b.s(), constant(0))}}
	}, "if z[at] > 0 { out[at] = s } else { out[at] = 0 }", false},
	{"sgd", func(b *ends) []loop.Stmt {
		return []loop.Stmt{&loop.Store{Buf: b.out, Index: b.at, Value: apply("sub", load(b.out, b.at), apply("mul", &loop.Ref{Var: b.lr}, b.s()))}}
	}, "out[at] -= lr*s", false},
	{"columns", func(b *ends) []loop.Stmt {
		return []loop.Stmt{&loop.Store{Buf: b.v, Index: b.j, Op: symbolic.OpAdd, Value: b.s()}}
	}, "out[at] = s; v[j] += s", false},
	{"scaled", func(b *ends) []loop.Stmt {
		return []loop.Stmt{
			&loop.Store{Buf: b.z, Index: b.at, Value: apply("mul", b.s(), load(b.w, b.i))},
		}
	}, "out[at] = s; z[at] = s*w[i]", false},
	{"long", func(b *ends) []loop.Stmt {
		t := &loop.Var{Name: "t", Type: symbolic.Real}
		return []loop.Stmt{
			&loop.Let{Var: t, Value: apply("div", apply("add", b.s(), load(b.v, b.j)), apply("mul", load(b.w, b.i), load(b.w, b.i)))},
			&loop.Store{Buf: b.out, Index: b.at, Value: apply("sub", &loop.Ref{Var: t}, load(b.z, b.at))},
		}
	}, "t := (s+v[j])/(w[i]*w[i]); out[at] = t-z[at]", false},
	{"total", func(b *ends) []loop.Stmt {
		return []loop.Stmt{&loop.Update{Var: b.total, Op: symbolic.OpAdd, Value: apply("mul", b.s(), load(b.v, b.j))}}
	}, "out[at] = s; total += s*v[j]", true},
}

// kernel is the kernel of a shape with an ending.
func (e ending) kernel(s shape, name string) *loop.Kernel {
	k := s.kernel(name)
	c := k.Body[0].(*loop.Contract)
	add := func(name string) *loop.Buffer {
		b := &loop.Buffer{Name: name, Kind: loop.Out, Type: symbolic.Real}
		k.Params = append(k.Params, &loop.Param{Buf: b})
		return b
	}
	b := &ends{
		out: c.Out.Buf, v: add("v"), w: add("w"), z: add("z"), sum: c.Sum, lr: &loop.Var{Name: "lr", Type: symbolic.Real},
		total: &loop.Var{Name: "total", Type: symbolic.Real},
		i:     symbolic.Sym(c.Row.Name), j: symbolic.Sym(c.Col.Name),
	}
	b.at = c.Out.At(b.i, b.j, symbolic.Poly{})
	k.Params = append(k.Params, &loop.Param{Real: b.lr})
	c.Epilogue = e.stmts(b)
	if e.result {
		k.Body = []loop.Stmt{&loop.Acc{Var: b.total}, c}
		k.Results = []*loop.Var{b.total}
	}
	return k
}

// endingShapes have one row, few, many, and broken tiles of all kinds.
func endingShapes() []shape {
	var out []shape
	for _, d := range [][3]int{{1, 37, 20}, {3, 70, 33}, {13, 45, 10}} {
		for way := range 4 {
			s := shape{m: d[0], n: d[1], k: d[2], at: way&1 != 0, bt: way&2 != 0, pad: 2}
			out = append(out, s)
			s.dynamic, s.add = true, true
			out = append(out, s)
		}
	}
	for way := range 4 {
		out = append(out, shape{m: 21, n: 1, k: 18, at: way&1 != 0, bt: way&2 != 0})
	}
	return out
}

// The numbers in this test are small and whole, or the kind that division
// keeps exact, so that sums do not depend on their order.
func TestEpilogues(t *testing.T) {
	for _, target := range targets {
		t.Run(strings.ReplaceAll(target.String(), "/", "_"), func(t *testing.T) {
			var built []*asm.Built
			var cases bytes.Buffer
			for i, s := range endingShapes() {
				for _, e := range endings {
					name := fmt.Sprintf("f%d%s", i, e.name)
					p, err := Compile(e.kernel(s, name), target)
					if err != nil {
						t.Fatal(s, e.name, err)
					}
					b, err := p.Routine.Finish()
					if err != nil {
						t.Fatal(s, e.name, err)
					}
					built = append(built, b)
					cases.WriteString(e.entry(s, name, p))
				}
			}
			program := strings.NewReplacer("ELEM", target.Elem.String(), "CASES", cases.String()).Replace(endHarness)
			if out := asmtest.Run(t, built, program); len(out) > 0 {
				t.Errorf("%s", out)
			}
		})
	}
}

func (e ending) entry(s shape, name string, p *Plan) string {
	a, b, c := s.strides()
	cols, ranges := s.n, "0, m, 0, n"
	if p.Turned {
		cols, ranges = s.m, "0, n, 0, m"
	}
	call := fmt.Sprintf("%s(out, x, y, %sv, w, z, lr, %s, 3, scratch)", name, s.args(), ranges)
	if e.result {
		call = "total = " + call
	}
	scratch, err := p.Scratch(symbolic.Int(cols)).Eval(s.size)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{%q, %d, %d, %d, %d, %d, %d, %t, %t, %t, %d,
		func(out, x, y, v, w, z []real, lr real, m, n int, scratch []real) (total real) { %s; return total },
		func(out, v, w, z []real, lr, s real, at, i, j int, total *real) { %s } },
`, s.String()+" "+e.name, s.m, s.n, s.k, a, b, c, s.at, s.bt, s.add, scratch, call, strings.ReplaceAll(e.golang, "total", "*total"))
}

const endHarness = `package main

import "fmt"

type real = ELEM

var cases = []struct {
	name       string
	m, n, k    int
	sa, sb, sc int
	at, bt, add bool
	scratch    int
	run        func(out, x, y, v, w, z []real, lr real, m, n int, scratch []real) (total real)
	end        func(out, v, w, z []real, lr, s real, at, i, j int, total *real)
}{
CASES}

// numbers are n numbers that differ with salt.
func numbers(n, salt int) []real {
	s := make([]real, n)
	for i := range s {
		s[i] = real((i*7919+salt*104729)%11 - 5)
	}
	return s
}

func main() {
	for _, c := range cases {
		xs, ys := c.sa*max(c.m, c.k), c.sb*max(c.n, c.k)
		x, y := numbers(xs, 1), numbers(ys, 2)
		make := func() [4][]real {
			w := numbers(c.m, 4)
			for i := range w {
				w[i] = []real{1, 2, .5, -1}[i%4]
			}
			return [4][]real{numbers(c.m*c.sc, 5), numbers(c.n, 3), w, numbers(c.m*c.sc, 6)}
		}
		got, want := make(), make()
		var total real
		for i := range c.m {
			for j := range c.n {
				at := i*c.sc + j
				s := real(0)
				if c.add {
					s = want[0][at]
				}
				for k := range c.k {
					xi, yi := i*c.sa+k, k*c.sb+j
					if c.at {
						xi = k*c.sa + i
					}
					if c.bt {
						yi = j*c.sb + k
					}
					s += x[xi] * y[yi]
				}
				c.end(want[0], want[1], want[2], want[3], .5, s, at, i, j, &total)
			}
		}
		scratch := numbers(c.scratch, 7)
		sum := c.run(got[0], x, y, got[1], got[2], got[3], .5, c.m, c.n, scratch)
		if sum != total {
			fmt.Printf("%s: total %v, want %v\n", c.name, sum, total)
		}
		for b, name := range []string{"out", "v", "w", "z"} {
			for i := range got[b] {
				if got[b][i] != want[b][i] {
					fmt.Printf("%s: %s[%d] = %v, want %v\n", c.name, name, i, got[b][i], want[b][i])
					break
				}
			}
		}
	}
}
`
