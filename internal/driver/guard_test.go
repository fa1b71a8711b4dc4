package driver_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/bpgen/bpgen/internal/randprog"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// TestGuarded runs generated packages with each buffer beside a page that must not be
// touched, behind its end or before its begin: arguments, batches, results, blocks of
// parameters, gradients and states, and each temporary by itself. The packages are
// those of the layers, of windows that move, of examples and of some random programs; in their text the
// memory that they make is replaced by that of testdata/guard.go.txt.
func TestGuarded(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("pages are protected as Linux does it, and assembly is that of amd64")
	}
	r := &conformanceRun{dir: t.TempDir()}
	add := func(pkg, path string, src []byte, read func(string) ([]byte, error), float string, seed uint64) {
		if err := r.addAny(pkg, path, src, read, float, seed); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	for _, name := range []string{"testdata/layers/conv", "testdata/layers/layers", "testdata/conformance/cones", "examples/lenet/lenet", "examples/vae/vae"} {
		path := root + "/" + name + ".bp"
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		add(strings.TrimSuffix(filepath.Base(path), ".bp")+"_", path, src, nil, "", 1)
	}
	var ps []*randprog.Program
	for seed := uint64(1); len(ps) < 12; seed++ {
		p := randprog.New(seed)
		if strings.Contains(p.Text(), "while ") {
			continue // it may not end, for any data
		}
		var errs diag.List
		if m, _ := frontend.Load("random.bp", []byte(randprog.File("random", p)), frontend.Options{ReadFile: randprog.Reader(p)}, &errs); len(errs) == 0 {
			if module.Derive(m, &errs); len(errs) == 0 {
				ps = append(ps, p)
			}
		}
	}
	for _, float := range []string{"float32", "float64"} {
		add("random"+float, "random.bp", []byte(randprog.File("random", ps...)), randprog.Reader(ps...), float, 1)
	}
	made, parted := r.buildGuarded(t)
	if made < 2*len(r.packages) || parted < 10*len(r.packages) {
		t.Errorf("%d blocks of memory and %d parts were found in %d packages", made, parted, len(r.packages))
	}
	for _, side := range []string{"end", "begin"} {
		if _, err := r.reports([]byte("[]"), "GUARD="+side, "GUARD_TOUCH="+side); err == nil {
			t.Errorf("what lies at the %s of a buffer can be touched", side)
		}
		for _, k := range []string{"avx512", "avx2"} {
			r.runGuarded(t, k, side)
		}
	}
}

// buildGuarded builds the program with guarded memory, and says how many places it has
// put such memory in.
func (r *conformanceRun) buildGuarded(t *testing.T) (made, parted int) {
	made, parted = guardPackages(t, r)
	if err := r.writeProgram(); err != nil {
		t.Fatal(err)
	}
	main, err := os.ReadFile("testdata/guarded_main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(r.dir, "guarded.go"), string(main))
	if out, err := goOutput(r.dir, "build", "-o", "conformance.exe", "."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return made, parted
}

// runGuarded makes all calls; where the program ends it says at which.
func (r *conformanceRun) runGuarded(t *testing.T, kernels, side string) {
	run := func(calls []*conformanceCall) ([]conformanceReport, error) {
		in, err := json.Marshal(calls)
		if err != nil {
			return nil, err
		}
		return r.reports(in, "BPGEN_CPU="+kernels, "BPGEN_THREADS=2", "GUARD="+side)
	}
	reports, err := run(r.calls)
	if err != nil {
		for _, c := range r.calls {
			if _, err := run([]*conformanceCall{c}); err != nil {
				t.Errorf("%s, %s, pages at the %s: %v", c.Package, c.what, side, err)
				return
			}
		}
		t.Errorf("%s, pages at the %s: %v", kernels, side, err)
		return
	}
	for i, rep := range reports {
		if rep.Error != "" {
			t.Errorf("%s, %s with %s: %s", r.calls[i].Package, r.calls[i].what, kernels, rep.Error)
		}
	}
}

// addAny generates a package and makes up a call for each of its funcs and models.
func (r *conformanceRun) addAny(pkg, path string, src []byte, read func(string) ([]byte, error), float string, seed uint64) error {
	var errs diag.List
	m, _ := frontend.Load(path, src, frontend.Options{Float: float, ReadFile: read}, &errs)
	if len(errs) > 0 {
		return errs[0]
	}
	d := module.Derive(m, &errs)
	res, err := driver.Generate(path, src, driver.Options{Package: pkg, Float: float, ReadFile: read})
	if err != nil {
		return err
	}
	if len(errs)+len(res.Diags) > 0 {
		return errors.New(append(errs, res.Diags...)[0].Msg)
	}
	dir := filepath.Join(r.dir, pkg)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, f := range res.Files {
		if !strings.HasSuffix(f.Name, "_test.go") {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o666); err != nil {
				return err
			}
		}
	}
	r.packages = append(r.packages, pkg)
	c := &randomCase{rng: rand.New(rand.NewPCG(seed, 3)), large: true}
	for _, f := range d.Funcs {
		b, err := c.anyFunc(f)
		if err != nil {
			return err
		}
		call := b.call(pkg, float)
		call.Method, call.Seeds = "", nil
		r.calls = append(r.calls, call)
	}
	for _, mo := range d.Models {
		if c.bound, err = c.anyModel(mo); err != nil {
			return err
		}
		call := c.bound.call(pkg, float)
		c.tell(call)
		r.calls = append(r.calls, call)
	}
	return nil
}

func (c *randomCase) anyFunc(f *module.FuncProcs) (*boundCase, error) {
	env := &symbolic.Env{Inputs: map[string]*symbolic.Tensor{}}
	var err error
	if env.Dims, err = c.sizes(f.Func.Dims, f.Func.Args, wholeArgs(f.Func.Args), f.Func.Checks); err != nil {
		return nil, err
	}
	cc := &conformanceCase{Name: f.Func.Name}
	for _, a := range f.Func.Args {
		c.arg(env, a)
		cc.Args = append(cc.Args, oracle(env.Inputs[a.Node.Attr.Key()]))
	}
	for i, p := range f.Derivs {
		o := oracleDerivative{Kind: f.Func.Derive[i].Kind}
		for _, s := range p.Seeds {
			o.Seeds = append(o.Seeds, oracle(c.node(env, s)))
		}
		cc.Derivs = append(cc.Derivs, o)
	}
	return &boundCase{conformanceCase: cc, what: f.Func.Name, fn: f.Func, env: env, derived: f}, nil
}

func (c *randomCase) anyModel(mo *module.ModelProcs) (*boundCase, error) {
	m := mo.Model
	env := &symbolic.Env{Inputs: map[string]*symbolic.Tensor{}}
	var sizes []string
	for _, g := range m.Givens {
		if g.Size {
			sizes = append(sizes, g.Name)
		}
	}
	var err error
	if env.Dims, err = c.sizes(append(slices.Clone(m.Dims), m.Call...), m.Args, sizes, m.Checks); err != nil {
		return nil, err
	}
	env.Dims[module.Batch] = examples
	cc := &conformanceCase{Name: m.Name, Batch: examples, Params: map[string]oracleTensor{}}
	for _, a := range m.Args {
		c.arg(env, a)
		cc.Args = append(cc.Args, oracle(env.Inputs[a.Node.Attr.Key()]))
	}
	for _, q := range m.Params {
		cc.Params[q.Name] = oracle(c.node(env, q.Node))
	}
	for _, s := range m.States {
		c.node(env, s.Node)
	}
	for _, g := range m.Givens {
		c.given(env, g)
	}
	c.procs, c.trained = nil, nil
	for _, p := range mo.All() {
		for _, s := range p.Seeds {
			c.node(env, s)
		}
		c.procs = append(c.procs, measuredProc{Procedure: p})
	}
	if mo.Infer != nil {
		cc.Results = make([]oracleTensor, 1)
	}
	if m.Train.Loss != nil {
		cc.Loss = new(oracleNumber)
	}
	if m.Rule != nil {
		c.trained = &training{batches: []int{examples, examples - 1}}
	}
	return &boundCase{conformanceCase: cc, what: m.Name, model: m, env: env}, nil
}

var (
	makes = regexp.MustCompile(`\bmake\(\[\](float32|float64|int32|F|T), `)
	parts = regexp.MustCompile(`(?m)^(\s*\w+ := )(\w+\.(?:reals|ints)\[.*\])$`)
)

// guardPackages puts memory of package guard in the place of what packages make.
func guardPackages(t *testing.T, r *conformanceRun) (made, parted int) {
	lib, err := os.ReadFile("testdata/guard.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(r.dir, "guard"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(r.dir, "guard/guard.go"), string(lib))
	for _, pkg := range r.packages {
		files, err := filepath.Glob(filepath.Join(r.dir, pkg, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			text := string(src)
			made, parted = made+len(makes.FindAllString(text, -1)), parted+len(parts.FindAllString(text, -1))
			text = makes.ReplaceAllString(text, "guard.Make[$1](")
			text = parts.ReplaceAllString(text, "${1}guard.Slot($2)")
			if strings.Contains(text, "guard.") {
				text = strings.Replace(text, "\npackage "+pkg+"\n", "\npackage "+pkg+"\n\nimport \"conformance/guard\"\n", 1)
				write(t, f, text)
			}
		}
	}
	return made, parted
}
