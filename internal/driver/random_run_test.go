package driver_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
	"github.com/bpgen/bpgen/internal/randprog"
)

// perPackage is how many programs share a generated package.
const perPackage = 25

// variants are the ways in which packages are generated. Without kernels Go is
// printed in one piece, which nothing was fused or vectorised in.
var variants = []struct {
	name string
	opt  driver.Options
	unit float64
}{
	{"f64", driver.Options{Float: "float64"}, unit64},
	{"f32", driver.Options{Float: "float32"}, unit32},
	{"plain", driver.Options{Float: "float64", Plain: true}, unit64},
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// kind is what went wrong, without the numbers of this program, so that a
// smaller program is known to fail in the same way.
func kind(err error) string {
	if err == nil || errors.Is(err, errInvalid) || errors.Is(err, errKink) {
		return ""
	}
	words := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == ' ' || r == '\n' })
	words = slices.DeleteFunc(words, func(w string) bool { return strings.ContainsAny(w, "0123456789") })
	return strings.Join(words[:min(5, len(words))], " ")
}

// TestRandomPrograms makes programs at random and holds everything that bpgen
// makes of each against the rest: the graph as the model says it and rewritten,
// derivatives in reverse, forward and by finite differences, loop programs, and
// the generated code with each set of kernels, in both types, fused and not, for
// each number of threads. BPGEN_RANDOM says how many, BPGEN_RANDOM_SEED from
// which seed on; BPGEN_RANDOM_GO=0 leaves the generated code out, BPGEN_RANDOM_RACE=1
// runs it with the race detector.
func TestRandomPrograms(t *testing.T) {
	first, n := number("BPGEN_RANDOM_SEED", 1), number("BPGEN_RANDOM", 300)
	const chunk = 300
	total := map[string]int{}
	for n > 0 {
		checkPrograms(t, first, min(n, chunk), total)
		first, n = first+chunk, n-chunk
	}
	t.Log(total)
	if total["checked"] < 4*(total["invalid"]+total["near a kink"]) {
		t.Error("too many programs say nothing")
	}
}

func checkPrograms(t *testing.T, first, n int, total map[string]int) {
	var cases []*randomCase
	for seed := first; seed < first+n; seed++ {
		p := randprog.New(uint64(seed))
		c, err := checkRandom(p)
		switch {
		case errors.Is(err, errInvalid):
			total["invalid"]++
		case errors.Is(err, errKink):
			total["near a kink"]++
		case err != nil:
			if total["failed"]++; total["failed"] > 5 {
				t.Errorf("seed %d: %v", seed, err)
				continue
			}
			small := p.Shrink(300, func(q *randprog.Program) bool {
				_, e := checkRandom(q)
				return kind(e) == kind(err)
			})
			_, e := checkRandom(small)
			t.Errorf("seed %d: %v\nshrunk to\n%s%v", seed, err, small.Decls, e)
		default:
			total["checked"]++
			cases = append(cases, c)
		}
	}
	if number("BPGEN_RANDOM_GO", 1) != 0 {
		runCompiled(t, cases)
	}
}

// A randomCall is a call of the generated code of one variant, and the numbers
// that it should give.
type randomCall struct {
	*conformanceCall
	c    *randomCase
	unit float64
}

// runCompiled builds all programs into one and runs it with each set of kernels
// and each number of threads.
func runCompiled(t *testing.T, cases []*randomCase) {
	r := &conformanceRun{dir: t.TempDir()}
	var calls []randomCall
	for i := 0; len(cases) > 0; i++ {
		some := cases[:min(perPackage, len(cases))]
		cases = cases[len(some):]
		for _, v := range variants {
			pkg := fmt.Sprintf("r%d%s", i, v.name)
			opt := v.opt
			opt.Package = pkg
			opt.Strict = opt.Plain && i%2 == 1 // by turns
			if !generateRandom(t, filepath.Join(r.dir, pkg), some, opt) {
				continue
			}
			r.packages = append(r.packages, pkg)
			for _, c := range some {
				call := c.bound.call(pkg, v.opt.Float)
				call.Method, call.Seeds = "", nil // it is among More
				calls = append(calls, randomCall{call, c, v.unit})
			}
		}
	}
	for _, c := range calls {
		r.calls = append(r.calls, c.conformanceCall)
	}
	if len(calls) == 0 {
		return
	}
	r.writeMain(t)
	build := []string{"build", "-o", "conformance.exe"}
	if number("BPGEN_RANDOM_RACE", 0) != 0 { // which looks at Go only, and at its pointers too
		build = append(build, "-race", "-tags", "purego")
	}
	goCommand(t, r.dir, nil, append(build, ".")...)
	in, err := json.Marshal(r.calls)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kernels {
		var first []conformanceReport
		for _, threads := range []string{"1", "2", "4"} {
			reports := r.execute(t, in, "BPGEN_CPU="+k, "BPGEN_THREADS="+threads, "GOMAXPROCS=4")
			if first == nil {
				first = reports
				for i, c := range calls {
					if err := c.check(reports[i]); err != nil {
						t.Errorf("seed %d: %s, %s: %v", c.c.prog.Seed, c.Package, k, err)
					}
				}
				continue
			}
			for i, c := range calls {
				if fmt.Sprint(reports[i]) != fmt.Sprint(first[i]) {
					t.Errorf("seed %d: %s, %s: another result with %s threads than with one", c.c.prog.Seed, c.Package, k, threads)
				}
			}
		}
	}
}

// generateRandom writes the package for some programs. Where that fails it says
// by which.
func generateRandom(t *testing.T, dir string, cases []*randomCase, opt driver.Options) bool {
	files, err := randomFiles(cases, opt)
	if err != nil {
		for _, c := range cases {
			if _, err := randomFiles([]*randomCase{c}, opt); err != nil {
				t.Errorf("seed %d: gen: %v", c.prog.Seed, err)
				return false
			}
		}
		t.Errorf("seeds %d to %d in one file: gen: %v", cases[0].prog.Seed, cases[len(cases)-1].prog.Seed, err)
		return false
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name, "_test.go") {
			write(t, filepath.Join(dir, f.Name), string(f.Data))
		}
	}
	return true
}

func randomFiles(cases []*randomCase, opt driver.Options) (files []driver.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	var ps []*randprog.Program
	for _, c := range cases {
		ps = append(ps, c.prog)
	}
	res, err := driver.Generate("random.bp", []byte(randprog.File("random", ps...)), opt)
	if err != nil {
		return nil, err
	}
	if len(res.Diags) > 0 {
		return nil, errors.New(res.Diags[0].Msg)
	}
	return res.Files, nil
}

// check holds a report against what was measured.
func (c randomCall) check(r conformanceReport) error {
	if r.Error != "" {
		return errors.New(r.Error)
	}
	if !c.c.prog.Model {
		for i, p := range c.c.procs {
			got := r.Value
			if i > 0 {
				got = r.More[i-1]
			}
			if err := c.numbers(p.Name, got, p.want...); err != nil {
				return err
			}
		}
		return nil
	}
	for _, p := range c.c.procs {
		switch p.Name {
		case "infer":
			if err := c.numbers("outputs", r.Infer, p.want...); err != nil {
				return err
			}
		case "loss":
			if err := c.numbers("loss", r.Loss, p.want...); err != nil {
				return err
			}
		case "grad":
			n := len(p.want) - len(c.b.model.Params)
			if err := c.numbers("loss of the gradient", r.Grad, p.want[:n]...); err != nil {
				return err
			}
			for i, q := range c.b.model.Params {
				if err := c.numbers("gradient by "+q.Name, r.Params[q.Name], p.want[n+i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// numbers holds numbers as they were printed, one value after the other, against
// what was measured.
func (c randomCall) numbers(what string, got []string, want ...measured) error {
	var all measured
	for _, m := range want {
		all.v, all.cond = append(all.v, m.v...), append(all.cond, m.cond...)
	}
	var vs measured
	for _, s := range got {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return err
		}
		if math.IsInf(v, 0) {
			return fmt.Errorf("%s is %v", what, v)
		}
		vs.v = append(vs.v, v)
	}
	return near2(what, vs, all, c.unit)
}
