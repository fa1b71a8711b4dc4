package driver_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/bpgen/bpgen/internal/randprog"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// TestSame changes random programs in ways that must not matter. Formatting must
// not change the generated files but for the lines that they name; where names or
// the order of statements change, all numbers must be the same to the bit.
func TestSame(t *testing.T) {
	first, n := number("BPGEN_RANDOM_SEED", 1), number("BPGEN_RANDOM", 60)
	changed := map[string]int{}
	for seed := first; seed < first+n; seed++ {
		p := randprog.New(uint64(seed))
		want, err := bitsOf(p)
		if err != nil {
			continue // TestRandomPrograms says what is wrong with it
		}
		if seed%10 == 0 {
			if a, b := textOf(t, p), textOf(t, p.Formatted()); !slices.Equal(a, b) {
				t.Errorf("seed %d: formatting changes the output", seed)
			}
		}
		for name, q := range map[string]*randprog.Program{"renamed": p.Renamed(), "reordered": p.Reordered(), "merged": p.Merged()} {
			if q.Text() == p.Text() {
				continue
			}
			changed[name]++
			got, err := bitsOf(q)
			if err != nil {
				t.Errorf("seed %d, %s: %v\n%s", seed, name, err, q.Text())
				continue
			}
			if d := differ(got, want); d != "" {
				t.Errorf("seed %d, %s: %s\n%s\n%s", seed, name, d, p.Text(), q.Text())
			}
		}
	}
	t.Log(changed)
	if changed["renamed"] < n/2 || changed["reordered"] < n/5 {
		t.Error("too few programs were changed")
	}
}

func differ(got, want [][]float64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d results, not %d", len(got), len(want))
	}
	for i := range want {
		for k := range want[i] {
			if math.Float64bits(got[i][k]) != math.Float64bits(want[i][k]) {
				return fmt.Sprintf("result %d: element %d is %v, was %v", i, k, got[i][k], want[i][k])
			}
		}
	}
	return ""
}

var lineOf = regexp.MustCompile(`\.bp:\d+`)

// textOf is what is generated for a program, without the numbers of lines.
func textOf(t *testing.T, p *randprog.Program) []string {
	res, err := driver.Generate("random.bp", []byte(randprog.File("random", p)), driver.Options{ReadFile: randprog.Reader(p)})
	if err != nil || len(res.Diags) > 0 {
		t.Fatal(err, res.Diags)
	}
	var out []string
	for _, f := range res.Files {
		out = append(out, f.Name+"\n"+lineOf.ReplaceAllString(string(f.Data), ".bp"))
	}
	return out
}

// bitsOf runs all loop programs of a program.
func bitsOf(p *randprog.Program) ([][]float64, error) {
	return bitsOfFile("random.bp", []byte(randprog.File("random", p)), randprog.Reader(p), p.Seed)
}

// bitsOfFile runs all loop programs of a file at points that are drawn in the order
// of arguments and parameters, so that names do not matter.
func bitsOfFile(path string, src []byte, read func(string) ([]byte, error), seed uint64) (out [][]float64, err error) {
	var errs diag.List
	m, _ := frontend.Load(path, src, frontend.Options{Float: "float64", ReadFile: read}, &errs)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	c := &randomCase{rng: rand.New(rand.NewPCG(seed, 7))}
	run := func(env *symbolic.Env, procs ...*module.Procedure) error {
		for _, p := range procs {
			if p == nil {
				continue
			}
			for _, s := range p.Seeds {
				if env.Inputs[s.Attr.Key()] == nil {
					c.node(env, s)
				}
			}
			got, err := runLoops(p, env)
			if err != nil {
				return err
			}
			for _, g := range got {
				out = append(out, g.data)
			}
		}
		return nil
	}
	for _, f := range d.Funcs {
		env := &symbolic.Env{Inputs: map[string]*symbolic.Tensor{}}
		if env.Dims, err = c.sizes(f.Func.Dims, f.Func.Args, wholeArgs(f.Func.Args), f.Func.Checks); err != nil {
			return nil, err
		}
		for _, a := range f.Func.Args {
			c.arg(env, a)
		}
		if err := run(env, f.All()...); err != nil {
			return nil, err
		}
	}
	for _, m := range d.Models {
		env := &symbolic.Env{Inputs: map[string]*symbolic.Tensor{}}
		var sizes []string
		for _, g := range m.Model.Givens {
			if g.Size {
				sizes = append(sizes, g.Name)
			}
		}
		if env.Dims, err = c.sizes(append(slices.Clone(m.Model.Dims), m.Model.Call...), m.Model.Args, sizes, m.Model.Checks); err != nil {
			return nil, err
		}
		env.Dims[module.Batch] = examples
		for _, s := range m.Model.States {
			c.node(env, s.Node)
		}
		for _, g := range m.Model.Givens {
			c.given(env, g)
		}
		setSamples(env, m.Model, 0)
		for _, q := range m.Model.Params {
			c.node(env, q.Node)
		}
		for _, a := range m.Model.Args {
			c.arg(env, a)
		}
		if err := run(env, m.Infer, m.Loss, m.Grad, m.Inputs, m.Pull); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// TestSameText writes programs in two ways: with funcs and without, in one file
// and in two. Their numbers are the same to the bit.
func TestSameText(t *testing.T) {
	files, err := filepath.Glob(root + "/testdata/same/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			for _, f := range a.Files {
				write(t, filepath.Join(dir, f.Name), string(f.Data))
			}
			var was [][]float64
			for _, name := range []string{"one.bp", "other.bp"} {
				path := filepath.Join(dir, name)
				got, err := bitsOfFile(path, section(a, name), nil, 1)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if was == nil {
					was = got
				} else if d := differ(got, was); d != "" {
					t.Error(d)
				}
			}
		})
	}
}
