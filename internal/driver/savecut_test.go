package driver_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpgen/bpgen/internal/driver"
)

const saved = `package saved

model Net(x [3], y) {
    param W [3] ~ normal(0, 1)
    output z = W[0]*x[0] + W[1]*x[1] + W[2]*x[2]
    loss (z - y)^2
    train own()
}

rule own(w, g, lr = 0.01) {
    state m = 0
    next m = 0.9*m + g
    return w - lr*m
}
`

// savedMain saves and ends in the middle, after as many statements as it is told.
const savedMain = `package main

import (
	"os"
	"strconv"

	"saved/saved"
)

func main() {
	seed, _ := strconv.ParseUint(os.Args[2], 10, 64)
	n, _ := strconv.Atoi(os.Args[3])
	m, err := saved.NewNet(seed)
	if err != nil {
		panic(err)
	}
	t := m.NewTrainer()
	if _, err := t.Step(saved.NetBatch{N: 1, X: []float32{1, 2, 3}, Y: []float32{4}}); err != nil {
		panic(err)
	}
	saved.Left = n
	if err := t.Save(os.Args[1]); err != nil {
		panic(err)
	}
	os.Exit(42)
}
`

// TestSaveCut ends a process that saves weights at every statement of the way,
// in between the bytes of a write too. The file is the old one or the new one,
// and what was left of the last attempt is in nobody's way.
func TestSaveCut(t *testing.T) {
	dir := t.TempDir()
	res, err := driver.Generate("saved.bp", []byte(saved), driver.Options{Plain: true})
	if err == nil && len(res.Diags) > 0 {
		err = res.Diags.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "saved"), 0o777); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, f := range res.Files {
		data := f.Data
		if f.Name == "support.go" {
			data, steps = interruptible(t, data)
		}
		write(t, filepath.Join(dir, "saved", f.Name), string(data))
	}
	write(t, filepath.Join(dir, "main.go"), savedMain)
	write(t, filepath.Join(dir, "go.mod"), "module saved\n\ngo 1.26\n")
	goCommand(t, dir, nil, "build", "-o", "save", ".")
	save := func(path string, seed, n int) int {
		cmd := exec.Command(filepath.Join(dir, "save"), path, fmt.Sprint(seed), fmt.Sprint(n))
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 42 && cmd.ProcessState.ExitCode() != 43 {
			t.Fatalf("seed %d, step %d: %v\n%s", seed, n, err, out)
		}
		return cmd.ProcessState.ExitCode()
	}
	versions := make([][]byte, 2)
	for i := range versions {
		path := filepath.Join(dir, fmt.Sprint("version", i))
		if save(path, i, 1<<30) != 42 {
			t.Fatal("it does not end")
		}
		if versions[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(versions[0], versions[1]) {
		t.Fatal("both versions are the same")
	}
	path := filepath.Join(dir, "w.safetensors")
	write(t, path, string(versions[0]))
	cuts, now := 0, 0
	rnd := rand.New(rand.NewPCG(1, 1))
	for n := 0; ; n++ {
		next := 1 - now
		ended := save(path, next, n) == 42
		got, err := os.ReadFile(path)
		switch {
		case err != nil:
			t.Fatal(err)
		case bytes.Equal(got, versions[next]):
			now = next
		case !bytes.Equal(got, versions[now]) || ended:
			t.Fatalf("after %d steps the file is neither the old one nor the new one:\n%q", n, got)
		}
		if ended {
			break
		}
		if cuts++; cuts > 300 { // the rest by chance
			n += rnd.IntN(20)
		}
	}
	if cuts < 300 || steps < 20 {
		t.Errorf("%d cuts at %d statements are no test", cuts, steps)
	}
	t.Logf("%d cuts at %d statements", cuts, steps)
	// What was left is removed by a save an hour later, however much it is, and
	// nothing else is.
	old := time.Now().Add(-2 * time.Hour)
	others := []string{".w.safetensors.tmp", ".w.safetensors.0123456789abcdef.tmp.txt", ".v.safetensors.0123456789abcdef.tmp", "w.safetensors.0123456789abcdef.tmp"}
	for _, name := range others {
		write(t, filepath.Join(dir, name), "other")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".w.safetensors.????????????????.tmp"))
	if err != nil || len(left) < 100 {
		t.Fatalf("%d files were left: %v", len(left), err)
	}
	recent := left[0]
	for i := range 1100 {
		left = append(left, filepath.Join(dir, fmt.Sprintf(".w.safetensors.%016x.tmp", i)))
		write(t, left[len(left)-1], "left")
	}
	for _, name := range append(left[1:], others...) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if save(path, now, 1<<30) != 42 {
		t.Fatal("it does not end")
	}
	left, _ = filepath.Glob(filepath.Join(dir, ".w.safetensors.????????????????.tmp"))
	if len(left) != 1 || left[0] != recent {
		t.Errorf("%d files are left, want %s only", len(left), recent)
	}
	for _, name := range others {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// interruptible puts a call of stop before each statement of functions that
// have to do with files. It returns how many statements there are.
func interruptible(t *testing.T, src []byte) ([]byte, int) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "support.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	f.Comments = nil // they would go astray
	n := 0
	before := func(list []ast.Stmt) []ast.Stmt {
		var out []ast.Stmt
		for _, s := range list {
			n++
			out = append(out, &ast.ExprStmt{X: &ast.CallExpr{Fun: ast.NewIdent("stop")}}, s)
		}
		return out
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		var text bytes.Buffer
		if err := format.Node(&text, fset, fn.Body); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), "os.") && !strings.Contains(text.String(), ".Write(") && !strings.Contains(text.String(), "Flush(") {
			continue
		}
		ast.Inspect(fn.Body, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.BlockStmt:
				if len(x.List) > 0 {
					if _, ok := x.List[0].(*ast.CaseClause); !ok {
						x.List = before(x.List)
					}
				}
			case *ast.CaseClause:
				x.Body = before(x.Body)
			}
			return true
		})
	}
	var out bytes.Buffer
	if err := format.Node(&out, fset, f); err != nil {
		t.Fatal(err)
	}
	// A file is written a byte at a time, and may end after each.
	text := strings.Replace(out.String(), "write(f)", "write(bytewise{f})", 1)
	if text == out.String() {
		t.Fatal("saveFile does not write(f)")
	}
	return []byte(text + `
// Left is after how many steps the process ends.
var Left int

func stop() {
	if Left--; Left < 0 {
		os.Exit(43)
	}
}

type bytewise struct{ f *os.File }

func (w bytewise) Write(p []byte) (n int, err error) {
	for i := range p {
		stop()
		if _, err := w.f.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}
`), n
}
