package nest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// procedures returns those of a model, derivatives included.
func procedures(t *testing.T, path string) []*module.Procedure {
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
	return d.All()
}

// loopsOf returns the loops of a program that may be kernels: those that
// stand at its top or in a tile, and hold no tiles and products themselves.
func loopsOf(p *loop.Program) (out []*loop.Loop) {
	var walk func(list []loop.Stmt)
	walk = func(list []loop.Stmt) {
		for _, s := range list {
			switch s := s.(type) {
			case *loop.Tile:
				walk(s.Body)
			case *loop.Loop:
				plain := true
				each(s.Body, func(s loop.Stmt) bool {
					switch s.(type) {
					case *loop.Tile, *loop.Contract:
						plain = false
					}
					return true
				})
				if plain {
					out = append(out, s)
				} else {
					walk(s.Body)
				}
			}
		}
	}
	walk(p.Body)
	return out
}

// cutOut makes a kernel of a loop of p: what it reads and does not declare
// are parameters, what it sums are results.
func cutOut(p *loop.Program, l *loop.Loop, name string) (*loop.Kernel, error) {
	k := &loop.Kernel{Name: name}
	_, declared := changed([]loop.Stmt{l})
	inside := map[string]bool{}
	for v := range declared {
		inside[v.Name] = true
	}
	bufs := map[*loop.Buffer]bool{}
	each([]loop.Stmt{l}, func(s loop.Stmt) bool {
		if f, ok := s.(*loop.Fill); ok {
			bufs[f.Buf] = true
		}
		return true
	})
	for _, a := range accesses([]loop.Stmt{l}) {
		bufs[a.buf] = true
	}
	written := stored([]loop.Stmt{l})
	each([]loop.Stmt{l}, func(s loop.Stmt) bool {
		if f, ok := s.(*loop.Fill); ok {
			written[f.Buf] = true
		}
		return true
	})
	ints := map[string]bool{}
	note := func(p symbolic.Poly) {
		for _, s := range p.Syms() {
			if !inside[s] {
				ints[s] = true
			}
		}
	}
	for _, b := range p.Buffers {
		if !bufs[b] {
			continue
		}
		b.Kind = loop.In
		if written[b] {
			b.Kind = loop.Out
		}
		k.Params = append(k.Params, &loop.Param{Buf: b})
		note(b.Shape.Size())
	}
	polys([]loop.Stmt{l}, note)
	known := map[string]*loop.Var{}
	var vars []*loop.Var
	var sums []loop.Stmt
	seen := map[*loop.Var]bool{}
	sum := func(v *loop.Var, init float64) {
		if !declared[v] && !seen[v] {
			seen[v] = true
			sums = append(sums, acc(v, init))
			k.Results = append(k.Results, v)
		}
	}
	var err error
	each([]loop.Stmt{l}, func(s loop.Stmt) bool {
		switch s := s.(type) {
		case *loop.Update:
			if !declared[s.Var] && reductions[s.Op] == nil {
				err = fmt.Errorf("%s is changed by no reduction", s.Var.Name)
				return false
			}
			if !declared[s.Var] {
				sum(s.Var, reductions[s.Op].unit)
			}
		case *loop.Pick:
			if !declared[s.Best] {
				sum(s.Best, reductions[s.Op].unit)
				sum(s.At, 0)
			}
		}
		return true
	})
	exprs([]loop.Stmt{l}, func(e loop.Expr) {
		r, ok := e.(*loop.Ref)
		if !ok || declared[r.Var] || seen[r.Var] {
			return
		}
		switch r.Var.Type {
		case symbolic.Integer:
			ints[r.Var.Name] = true
			known[r.Var.Name] = r.Var
		case symbolic.Boolean:
			err = fmt.Errorf("%s is a truth value", r.Var.Name)
		default:
			seen[r.Var] = true
			vars = append(vars, r.Var)
		}
	})
	var names []string
	for s := range ints {
		names = append(names, s)
	}
	slices.Sort(names)
	for _, s := range names {
		v := known[s]
		if v == nil {
			v = ivar(s)
		}
		k.Params = append(k.Params, &loop.Param{Int: v})
	}
	for _, v := range vars {
		k.Params = append(k.Params, &loop.Param{Real: v})
	}
	k.Body = append(sums, l)
	return k, err
}

// TestModels runs the loops of all models that there are.
func TestModels(t *testing.T) {
	var files []string
	for _, dir := range []string{"testdata/conformance", "bench/models", "examples/*"} {
		found, err := filepath.Glob("../../../" + dir + "/*.bp")
		if err != nil || len(found) == 0 {
			t.Fatal("no models in", dir)
		}
		files = append(files, found...)
	}
	var tests []test
	seen := map[string]bool{} // many procedures have the same loops
	for _, f := range files {
		tests = append(tests, modelTests(t, f, seen)...)
	}
	if testing.Short() {
		some := tests[:0]
		for i := 0; i < len(tests); i += 8 {
			some = append(some, tests[i])
		}
		tests = some
	}
	t.Logf("%d kernels", len(tests))
	runAll(t, tests)
}

// modelTests returns the tests of a model's loops that are not seen yet.
func modelTests(t *testing.T, path string, seen map[string]bool) (tests []test) {
	for i, proc := range procedures(t, path) {
		p, err := loop.Lower(proc)
		if err != nil {
			t.Fatal(err)
		}
		for j, l := range loopsOf(p) {
			text := (&loop.Program{Body: []loop.Stmt{l}}).String()
			if seen[text] {
				continue
			}
			seen[text] = true
			p, err := loop.Lower(proc) // a program of its own, whose buffers change
			if err != nil {
				t.Fatal(err)
			}
			k, err := cutOut(p, loopsOf(p)[j], fmt.Sprintf("%s_%d_%d", strings.TrimSuffix(filepath.Base(path), ".bp"), i, j))
			if err != nil {
				t.Logf("%s: loop %d: %v", proc.Name, j, err)
				continue
			}
			if err := Supported(k); err != nil {
				t.Logf("%s: loop %d: %v", proc.Name, j, err)
				continue
			}
			x := test{k: k, tame: true, tol: 1 << 14, limit: map[string]int{}}
			for _, b := range p.Buffers {
				x.limit[b.Name] = 2
			}
			// Whole numbers of outside are 0, which is an index of everything.
			outside := map[*loop.Var]bool{}
			exprs(k.Body, func(e loop.Expr) {
				if r, ok := e.(*loop.Ref); ok {
					outside[r.Var] = true
				}
			})
			for _, n := range []int{3, 19} {
				dims := map[string]int{}
				for _, q := range k.Params {
					if q.Int != nil {
						dims[q.Int.Name] = n
						if q.Int.Name == "from" || outside[q.Int] {
							dims[q.Int.Name] = 0
						}
					}
				}
				if large(k, dims) || dividesByData(k.Body) {
					continue
				}
				if _, err := interpret(x, asm.Target{Elem: asm.F64}, dims, 1); err != nil {
					continue // sizes that do not fit together
				}
				x.sizes = append(x.sizes, dims)
			}
			if len(x.sizes) > 0 {
				tests = append(tests, x)
			}
		}
	}
	return tests
}

// dividesByData reports whether a whole number is divided by what may be 0.
func dividesByData(list []loop.Stmt) (found bool) {
	exprs(list, func(e loop.Expr) {
		if a, ok := e.(*loop.Apply); ok && (a.Op == symbolic.OpIntDiv || a.Op == symbolic.OpIntMod) {
			if _, known := folded(a.Args[1]); known {
				return
			}
			found = true
		}
	})
	return found
}

// large reports whether a kernel has so much memory that a test of it would
// take long, or less than none.
func large(k *loop.Kernel, dims map[string]int) bool {
	for _, p := range k.Params {
		if p.Buf == nil {
			continue
		}
		if n := size(p.Buf.Shape.Size(), dims); n < 0 || n > 5000 {
			return true
		}
	}
	return false
}
