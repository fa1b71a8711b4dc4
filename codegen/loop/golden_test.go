package loop

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden holds the form of programs and plans against testdata.
func TestGolden(t *testing.T) {
	for _, n := range nets {
		t.Run(n.name, func(t *testing.T) {
			p, err := Lower(n.make())
			if err != nil {
				t.Fatal(err)
			}
			got := "-- loop --\n" + p.String() + "-- plan --\n" + MakePlan(p).String()
			file := filepath.Join("testdata", n.name+".txtar")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is not what comes out now; look at it, and if it is right run go test -update\n%s", file, got)
			}
		})
	}
}

// TestSame makes each program several times: it may depend on the graph only.
func TestSame(t *testing.T) {
	for _, n := range nets {
		var first string
		for range 10 {
			p, err := Lower(n.make())
			if err != nil {
				t.Fatal(err)
			}
			s := p.String() + MakePlan(p).String()
			if first == "" {
				first = s
			}
			if s != first {
				t.Fatalf("%s differs from one run to the next:\n%s\n%s", n.name, first, s)
			}
		}
	}
}

// TestLarge lowers straight-line code of many values: a chain, in which no
// recursion may go as deep as the graph. Twice as many take twice the work: steps that
// are counted, and memory that is asked for.
func TestLarge(t *testing.T) {
	lowered := func(values int) (y *symbolic.Node, p *Program, plan *Plan, steps int, mallocs uint64) {
		net := newNet("large")
		net.g.Effort = &symbolic.Effort{}
		x := net.arg("x", nil)
		y = x
		for range values {
			y = net.apply("sin", net.g.Add(y, x))
		}
		net.result(module.OutputResult, "", y)
		left := net.g.Effort.Left()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := Lower(net.proc)
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(p); err != nil {
			t.Fatal(err)
		}
		plan = MakePlan(p)
		runtime.ReadMemStats(&after)
		return y, p, plan, left - net.g.Effort.Left(), after.Mallocs - before.Mallocs
	}
	_, _, _, fewSteps, fewMallocs := lowered(25_000)
	y, p, plan, steps, mallocs := lowered(50_000)
	t.Logf("%d steps, %d blocks of memory", steps, mallocs)
	if steps > fewSteps*9/4 || mallocs > fewMallocs*9/4 {
		t.Errorf("%d steps and %d blocks of memory have become %d and %d for twice as many values", fewSteps, fewMallocs, steps, mallocs)
	}
	out, err := Run(p, plan, nil, map[string][]float64{"x": {0.5}})
	if err != nil {
		t.Fatal(err)
	}
	want, err := symbolic.Eval(&symbolic.Env{Inputs: map[string]*symbolic.Tensor{"arg:x": symbolic.Scalar(0.5)}}, y)
	if err != nil {
		t.Fatal(err)
	}
	if d := distance(out["f"], want[0].Data); d > 1e-12 {
		t.Errorf("differs by %g", d)
	}
}

// TestPlanReuse: temporaries of a size known only at run time share places.
func TestPlanReuse(t *testing.T) {
	n := newNet("chain")
	d := symbolic.Sym("d")
	x := n.arg("x", symbolic.Shape{d, d})
	y := x
	for range 6 { // each needs all of the one before
		y = n.apply("tanh", n.g.Sum(n.g.Mul(
			n.g.Broadcast(y, symbolic.Shape{d, d, d}, 0, 1),
			n.g.Broadcast(x, symbolic.Shape{d, d, d}, 1, 2)), 1))
	}
	n.result(module.OutputResult, "", y)
	p, err := Lower(n.proc)
	if err != nil {
		t.Fatal(err)
	}
	// All of it is one loop over tiles of y: the rows of two are enough.
	if plan := MakePlan(p); !plan.Reals.Equal(d.Scale(2*usualRows, 1)) {
		t.Errorf("temporaries take %s\n%s%s", plan.Reals, p, plan)
	}
	compare(t, n.proc, map[string]int{"d": 3}, 1)
}
