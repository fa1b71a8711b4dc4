package driver_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/bpgen/bpgen/internal/randprog"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// perPackage is how many programs share a generated package.
const perPackage = 25

// A variant is a way in which packages are generated.
type variant struct {
	name  string
	opt   driver.Options
	unit  float64
	parts bool // kernels are done in parts however small, by all threads that there are
}

// variants are all of them. Without kernels Go is printed in one piece, which nothing
// was fused or vectorised in.
var variants = []variant{
	{"f64", driver.Options{Float: "float64"}, unit64, true},
	{"f32", driver.Options{Float: "float32"}, unit32, false},
	{"plain", driver.Options{Float: "float64", Plain: true}, unit64, false},
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
	if err == nil || errors.Is(err, errInvalid) || errors.Is(err, errKink) || errors.Is(err, errLong) {
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
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a fifth of the time is collecting garbage
	first, n := number("BPGEN_RANDOM_SEED", 1), number("BPGEN_RANDOM", 300)
	const chunk = 300
	total := map[string]int{}
	for n > 0 {
		checkPrograms(t, first, min(n, chunk), total)
		first, n = first+chunk, n-chunk
		if n > 0 {
			t.Logf("up to seed %d: %v", first-1, total)
		}
	}
	t.Log(total)
	if total["checked"] < 4*(total["invalid"]+total["near a kink"]+total["beyond a limit"]) {
		t.Error("too many programs say nothing")
	}
	if n := total["checked"]; n >= 100 && (total["trained"] < n/10 || total["drawn"] < n/50) {
		t.Error("too few programs are trained, or draw random numbers")
	}
}

// maxShrunk is how many failures are made small.
const maxShrunk = 5

func checkPrograms(t *testing.T, first, n int, total map[string]int) {
	var cases []*randomCase
	for seed := first; seed < first+n; seed++ {
		p := randprog.New(uint64(seed))
		c, err := checkRandom(p, "float64")
		for _, says := range []error{errInvalid, errKink, errLong} {
			if errors.Is(err, says) {
				total[says.Error()]++
			}
		}
		switch {
		case err != nil && kind(err) == "":
			continue
		case err != nil:
			shrunk(t, p, err, total, time.Minute, func(q *randprog.Program) error {
				_, e := checkRandom(q, "float64")
				return e
			})
			continue
		case c.trained != nil:
			total["trained"]++
		}
		total["checked"]++
		if p.Drawn {
			total["drawn"]++
		}
		cases = append(cases, c)
	}
	if number("BPGEN_RANDOM_GO", 1) == 0 {
		return
	}
	dir := t.TempDir()
	defer os.RemoveAll(dir) // a chunk leaves 200 MB
	failed := compiled(dir, cases)
	for _, c := range cases {
		err := failed[c.prog.Seed]
		if err == nil {
			continue
		}
		total["checked"]--
		shrunk(t, c.prog, err, total, 3*time.Minute, func(q *randprog.Program) error {
			small, e := checkRandom(q, "float64")
			if e != nil {
				return nil // it has become another failure, or none
			}
			return compiled(t.TempDir(), []*randomCase{small})[q.Seed]
		})
	}
}

// shrunk makes a program that fails small, as long as the failure is of one kind and there is
// time, and reports both.
func shrunk(t *testing.T, p *randprog.Program, err error, total map[string]int, limit time.Duration, check func(*randprog.Program) error) {
	if total["failed"]++; total["failed"] > maxShrunk {
		t.Errorf("seed %d: %v", p.Seed, err)
		return
	}
	end := time.Now().Add(limit)
	last := err
	small := p.Shrink(300, func(q *randprog.Program) bool {
		if time.Now().After(end) {
			return false
		}
		e := check(q)
		if e == nil || kind(e) != kind(err) {
			return false
		}
		last = e
		return true
	})
	t.Errorf("seed %d: %v\nshrunk to\n%s%v", p.Seed, err, small.Text(), last)
}

// A randomCall is a call of the generated code of one variant, and the numbers
// that it should give.
type randomCall struct {
	*conformanceCall
	c    *randomCase // with what is drawn for this type
	unit float64
}

// compiled builds all programs into one, runs it with each set of kernels and each
// number of threads, and says by seed what is wrong. Where the programs cannot be
// generated, built or run together, it looks which of them it is.
func compiled(dir string, cases []*randomCase) map[uint64]error {
	failed := map[uint64]error{}
	if len(cases) == 0 {
		return failed
	}
	if err := runCompiled(dir, cases, failed); err != nil {
		if len(cases) == 1 {
			failed[cases[0].prog.Seed] = err
			return failed
		}
		for i, half := range [][]*randomCase{cases[:len(cases)/2], cases[len(cases)/2:]} {
			for seed, err := range compiled(filepath.Join(dir, fmt.Sprint("half", i)), half) {
				failed[seed] = err
			}
		}
	}
	return failed
}

// writePackages writes the packages of programs, and a program that calls them.
func writePackages(dir string, cases []*randomCase, variants []variant, failed map[uint64]error) (r *conformanceRun, calls []randomCall, err error) {
	r = &conformanceRun{dir: dir}
	for i := 0; i*perPackage < len(cases); i++ {
		some := cases[i*perPackage : min((i+1)*perPackage, len(cases))]
		for _, v := range variants {
			some := some
			pkg := fmt.Sprintf("r%d%s", i, v.name)
			opt := v.opt
			opt.Package = pkg
			if opt.Strict = opt.Plain && i%2 == 1; opt.Strict { // by turns
				some = slices.DeleteFunc(slices.Clone(some), func(c *randomCase) bool { return c.prog.Foreign }) // which it refuses
			}
			if err := generateRandom(filepath.Join(r.dir, pkg), some, opt, v.parts); err != nil {
				return nil, nil, fmt.Errorf("gen %s: %w", v.name, err)
			}
			r.packages = append(r.packages, pkg)
			for _, c := range some {
				if c.prog.Drawn && v.unit == unit32 {
					var err error
					if c, err = checkRandom(c.prog, "float32"); err != nil {
						if kind(err) != "" {
							failed[c.prog.Seed] = fmt.Errorf("for float32: %w", err)
						}
						continue
					}
				}
				call := c.bound.call(pkg, v.opt.Float)
				call.Method, call.Seeds = "", nil // it is among More
				c.tell(call)
				calls = append(calls, randomCall{call, c, v.unit})
			}
		}
	}
	for _, c := range calls {
		r.calls = append(r.calls, c.conformanceCall)
	}
	return r, calls, r.writeProgram()
}

func runCompiled(dir string, cases []*randomCase, failed map[uint64]error) error {
	r, calls, err := writePackages(dir, cases, variants, failed)
	if err != nil {
		return err
	}
	build := []string{"build", "-o", "conformance.exe"}
	if number("BPGEN_RANDOM_RACE", 0) != 0 { // which looks at Go only, and at its pointers too
		build = append(build, "-race", "-tags", "purego")
	}
	if out, err := goOutput(r.dir, append(build, ".")...); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	in, err := json.Marshal(r.calls)
	if err != nil {
		return err
	}
	fail := func(c randomCall, format string, args ...any) {
		if failed[c.c.prog.Seed] == nil {
			failed[c.c.prog.Seed] = fmt.Errorf(format, args...)
		}
	}
	for _, k := range kernels {
		var first []conformanceReport
		for _, threads := range []string{"1", "2", "4"} {
			reports, err := r.reports(in, "BPGEN_CPU="+k, "BPGEN_THREADS="+threads, "GOMAXPROCS=4")
			if err != nil {
				return err
			}
			if first == nil {
				first = reports
				for i, c := range calls {
					if err := c.check(reports[i]); err != nil {
						fail(c, "%s with %s: %w", c.float, k, err)
					}
				}
				continue
			}
			for i, c := range calls {
				if fmt.Sprint(reports[i]) != fmt.Sprint(first[i]) {
					fail(c, "%s with %s: another result with %s threads than with one", c.float, k, threads)
				}
			}
		}
	}
	return nil
}

// tell adds to a call what only random programs ask for.
func (c *randomCase) tell(call *conformanceCall) {
	m := c.bound.model
	if m == nil {
		return
	}
	call.States = map[string][]string{}
	for _, s := range m.States {
		call.States[s.Name] = texts(c.bound.env.Inputs[s.Node.Attr.Key()].Data)
	}
	if c.trained != nil {
		call.Train = c.trained.batches
	}
	for _, p := range c.procs {
		call.Inputs = call.Inputs || p.Name == "gradInputs"
		if p.Name == "vjp" {
			call.Pull = true
			for _, v := range m.Train.Outputs {
				var seed []string
				if v.Node.Type == symbolic.Real {
					seed = texts(c.bound.env.Inputs[p.Seeds[seeds(call.Seeds)].Attr.Key()].Data)
				}
				call.Seeds = append(call.Seeds, seed)
			}
		}
	}
}

// seeds counts those that are there.
func seeds(all [][]string) (n int) {
	for _, s := range all {
		if s != nil {
			n++
		}
	}
	return n
}

// TestRandomRace runs some of the random programs with the race detector, which sees
// what portable code reads and writes in threads.
func TestRandomRace(t *testing.T) {
	if exec.Command("go", "test", "-race", "-run=NONE", "errors").Run() != nil {
		t.Skip("the race detector wants a C compiler")
	}
	var cases []*randomCase
	for seed := uint64(1); len(cases) < 10; seed++ {
		if c, err := checkRandom(randprog.New(seed), "float64"); err == nil {
			cases = append(cases, c)
		}
	}
	r, calls, err := writePackages(t.TempDir(), cases, variants[:1], map[uint64]error{})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := goOutput(r.dir, "build", "-race", "-o", "conformance.exe", "."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	in, err := json.Marshal(r.calls)
	if err != nil {
		t.Fatal(err)
	}
	reports, err := r.reports(in, "BPGEN_CPU=portable", "BPGEN_THREADS=4", "GOMAXPROCS=4")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range calls {
		if err := c.check(reports[i]); err != nil {
			t.Errorf("seed %d: %v", c.c.prog.Seed, err)
		}
	}
}

// alone is how kernels decide that it does not pay to wake others.
const alone = "if operations < 1<<16 {"

// generateRandom writes the package for some programs.
func generateRandom(dir string, cases []*randomCase, opt driver.Options, parts bool) error {
	if parts {
		defer loop.SmallParts()()
	}
	files, err := randomFiles(cases, opt)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name, "_test.go") {
			continue
		}
		text := string(f.Data)
		if strings.Contains(text, "forWork(operations") && !strings.Contains(text, alone) {
			return errors.New("forWork is not as it was")
		}
		if parts {
			text = strings.Replace(text, alone, "if operations < 1 {", 1)
		}
		if tampered.file != nil {
			text = tampered.file(opt.Package, text)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
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
	opt.ReadFile = randprog.Reader(ps...)
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
			want := c.fields(p)
			if numbersIn(want) < len(got) {
				want = c.withOthers(p)
			}
			if err := c.numbers(p.Name, got, want...); err != nil {
				return err
			}
		}
		return nil
	}
	all := map[module.ResultKind]map[string][]string{module.ParamGradient: r.Params, module.NextState: r.Next}
	for _, p := range c.c.procs {
		got := map[string][]string{"infer": r.Infer, "loss": r.Loss, "grad": r.Grad, "gradInputs": r.Inputs, "vjp": r.Pull}[p.Name]
		if p.Name == "gradInputs" {
			all[module.ParamGradient] = r.Both
		}
		var row []measured // of what is printed in a row
		for i, res := range p.Results {
			if named := all[res.Kind]; named != nil {
				if err := c.numbers(p.Name+": "+res.Name, named[res.Name], p.want[i]); err != nil {
					return err
				}
				continue
			}
			row = append(row, p.want[i])
		}
		if err := c.numbers(p.Name, got, row...); err != nil {
			return err
		}
	}
	if tr := c.c.trained; tr != nil {
		n := len(tr.batches)
		if err := c.numbers("losses of steps", r.Losses, tr.want[:n]...); err != nil {
			return err
		}
		for i, name := range tr.names {
			if err := c.numbers("trained "+name, r.Trained[name], tr.want[n+i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// fields are the results of a func's procedure in the order of the fields that they are
// in: blocks that go by the name of an argument are in the order of these, the others
// behind them.
func (c randomCall) fields(p measuredProc) []measured {
	if len(p.Blocks) == 0 {
		return p.want
	}
	args := c.b.fn.Args
	of := func(i int) int {
		if p.Results[i].Kind != module.ExampleBlock {
			return -1
		}
		at := slices.IndexFunc(args, func(a *module.Arg) bool { return a.Name == p.Results[i].Name })
		if at < 0 {
			return len(args)
		}
		return at
	}
	order := make([]int, len(p.want))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return of(i) - of(j) })
	out := make([]measured, len(order))
	for i, k := range order {
		out[i] = p.want[k]
	}
	return out
}

// withOthers are the results of a procedure with a 0 for each number that only another derivative
// gives, which has a field in the same type; they are in the order of the arguments.
func (c randomCall) withOthers(p measuredProc) []measured {
	type field struct {
		arg  int
		want measured
	}
	args := c.b.fn.Args
	var fields []field
	given := map[string]bool{}
	argOf := func(r *module.Result) int {
		if r.Kind == module.OutputResult {
			return -1
		}
		return slices.IndexFunc(args, func(a *module.Arg) bool { return a.Name == r.Name })
	}
	kinds := map[module.ResultKind]bool{}
	for i, r := range p.Results {
		kinds[r.Kind], given[r.Name] = true, true
		fields = append(fields, field{argOf(r), p.want[i]})
	}
	for _, q := range c.c.procs {
		for _, r := range q.Results {
			if r.Kind != module.OutputResult && kinds[r.Kind] && len(r.Node.Shape) == 0 && !given[r.Name] {
				given[r.Name] = true
				fields = append(fields, field{argOf(r), measured{v: []float64{0}, cond: []float64{0}}})
			}
		}
	}
	slices.SortStableFunc(fields, func(a, b field) int { return a.arg - b.arg })
	var out []measured
	for _, f := range fields {
		out = append(out, f.want)
	}
	return out
}

func numbersIn(ms []measured) (n int) {
	for _, m := range ms {
		n += len(m.v)
	}
	return n
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
