package parser

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpgen/bpgen/internal/diag"
)

// programs finds every .bp file of the repository, and those of the language's
// own collection where it is checked out beside the repository.
func programs(t testing.TB) map[string][]byte {
	all := map[string][]byte{}
	for _, root := range []string{"..", "../../shared/language/programs"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "errors" || d.Name() == ".git"):
				return fs.SkipDir
			case !d.IsDir() && filepath.Ext(path) == ".bp":
				src, err := os.ReadFile(path)
				all[path] = src
				return err
			}
			return nil
		})
		if err != nil && root == ".." {
			t.Fatal(err)
		}
	}
	return all
}

func TestPrograms(t *testing.T) {
	for path, src := range programs(t) {
		if !strings.Contains(path, "shared") {
			continue // elsewhere a file may be an example of an error
		}
		var list diag.List
		f := Parse(path, src, &list)
		if err := list.Err(); err != nil {
			t.Error(err)
		}
		checkTree(t, f, list)
	}
}

// checkTree holds the tree against what every tree promises: spans lie in the
// file and, if it has no errors, within the span of what they are a part of.
func checkTree(t testing.TB, f *File, errs diag.List) {
	var around []diag.Span
	var visit func(n Node) bool
	visit = func(n Node) bool {
		s := n.Span()
		if s.Pos.Off < 0 || s.End.Off < s.Pos.Off || s.End.Off > len(f.Source) || s.Pos.Line < 1 {
			t.Fatalf("%T has the span %v to %v", n, s.Pos, s.End)
		}
		if len(around) > 0 && len(errs) == 0 {
			if o := around[len(around)-1]; s.Pos.Off < o.Pos.Off || s.End.Off > o.End.Off {
				if _, shared := n.(*Type); !shared {
					t.Errorf("%T %v to %v lies outside of %v to %v", n, s.Pos, s.End, o.Pos, o.End)
				}
			}
		}
		around = append(around, s)
		first := true
		Inspect(n, func(m Node) bool {
			if first {
				first = false
				return true
			}
			visit(m)
			return false
		})
		around = around[:len(around)-1]
		return false
	}
	visit(f)
}

const tour = `// Package tour shows
// much.
package tour

// not a doc

const a = 1, b = 2
// F is documented.
//
//   by lines
func F(const x, y [n, 3], z, const w) (real, [n]int) derive grad(x), jacobian[forward](y), none {
	return x^-y', z
} // after

model M(x [3], c index[5]) {
	hyper lr = 1e-3
	hyper = 3
	// W is a matrix.
	param W, V [3, 3] ~ glorot
	given beta, gamma real = 1
	y[i < 3, j] = if i == 0 { 0 } else if j < 2 { 1 } else { 2 }
	s = sum[0 <= k < 3, l >= 1](W[k, l])[0] + mean[i] -y[i] * 2
	loss l2 = s
}
`

func TestTree(t *testing.T) {
	var list diag.List
	f := Parse("tour.bp", []byte(tour), &list)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	checkTree(t, f, list)
	if got := strings.Join(f.Doc, "|"); got != "Package tour shows|much." {
		t.Errorf("file doc %q", got)
	}
	if d := f.Decls[0].(*ConstDecl); d.Doc != nil || len(d.Specs) != 2 {
		t.Errorf("consts: %s", dump(d))
	}
	fn := f.Decls[1].(*FuncDecl)
	if got := strings.Join(fn.Doc, "|"); got != "F is documented.||  by lines" {
		t.Errorf("doc %q", got)
	}
	p := fn.Params
	if !p[0].Const || !p[1].Const || p[0].Type != p[1].Type || p[2].Const || p[2].Type != nil || !p[3].Const {
		t.Errorf("params: %s", dump(p))
	}
	if len(fn.Results) != 2 || fn.Results[1].Elem != Int || len(fn.Derive) != 3 {
		t.Errorf("results: %s derive: %s", dump(fn.Results), dump(fn.Derive))
	}
	m := f.Decls[2].(*FuncDecl).Body.Stmts
	if o := m[0].(*OwnStmt); o.Kind != HyperOwn || o.Names[0].Name != "lr" {
		t.Errorf("hyper: %s", dump(o))
	}
	if o := m[1].(*LetStmt); o.Names[0].Name != "hyper" {
		t.Errorf("hyper = 3: %s", dump(o))
	}
	if o := m[2].(*OwnStmt); len(o.Names) != 2 || o.Doc[0] != "W is a matrix." {
		t.Errorf("param: %s", dump(o))
	}
	want := "(LetStmt [(Ident s)] [(Binary + (Subscript (Reduction sum [" +
		"(Binder (Ident k) (Number 0 0 true) <= (Number 3 3 true) <) (Binder (Ident l) (Number 1 1 true) <= nil )] " +
		"(Subscript (Name W) [(Arg nil (Name k) false nil nil) (Arg nil (Name l) false nil nil)]) true) " +
		"[(Arg nil (Number 0 0 true) false nil nil)]) (Reduction mean [(Binder (Ident i) nil  nil )] " +
		"(Binary * (Unary - (Subscript (Name y) [(Arg nil (Name i) false nil nil)])) (Number 2 2 true)) false))])"
	if got := dump(m[5]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Whatever a file says, reading it ends soon and within the stack.
func TestLimits(t *testing.T) {
	const head = "package a\nfunc f(x) = "
	deep := func(open, mid, closer string, n int) string {
		return head + strings.Repeat(open, n) + mid + strings.Repeat(closer, n) + "\n"
	}
	for name, src := range map[string]string{
		"parens":     deep("(", "x", ")", 200000),
		"lists":      deep("[", "x", "]", 200000),
		"calls":      deep("f(", "x", ")", 200000),
		"minus":      deep("-", "x", "", 200000),
		"powers":     deep("x^", "x", "", 200000),
		"blocks":     deep("{\n", "x\n", "}", 200000),
		"ifs":        deep("if x { ", "x", " } else { x }", 50000),
		"else ifs":   deep("if x { x } else ", "{ x }", "", 50000),
		"reductions": deep("sum[i] ", "x", "", 100000),
		"sums":       deep("x + ", "x", "", 200000),
		"transposes": deep("", "x", "'", 500000),
		"open":       deep("(", "", "", 500000),
		"open lists": deep("[\n", "", "", 500000),
		"braces":     deep("{", "", "", 500000),
		"closed":     deep("", "", "}", 500000),
		"elses":      deep("else\n", "", "", 100000),
		"funcs":      deep("func f() {\n", "", "", 50000),
		"models":     deep("model f(\n", "", "", 50000),
		"bad":        deep("$ ", "", "", 300000),
		"newlines":   deep("\n", "x", "", 900000),
		"comments":   deep("//\n", "x", "", 300000),
		"long line":  head + strings.Repeat("(x ", 100000) + "\n" + strings.Repeat("  y)\n", 100000),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			var list diag.List
			f := Parse("a.bp", []byte(src), &list)
			list.Sort()
			checkDepth(t, f)
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("took %v for %d bytes, %d errors", d, len(src), len(list))
			}
			if name != "newlines" && name != "comments" && len(list) == 0 {
				t.Error("no error")
			}
		})
	}
	var list diag.List
	Parse("a.bp", []byte(deep("(", "x", ")", 1000)), &list)
	if len(list) != 1 || list[0].Msg != "nested deeper than 500 levels" {
		t.Error(list)
	}
}

func checkDepth(t *testing.T, f *File) {
	n, deepest := 0, 0
	var visit func(Node) bool
	visit = func(m Node) bool {
		n++
		deepest = max(deepest, n)
		first := true
		Inspect(m, func(c Node) bool {
			if first {
				first = false
				return true
			}
			return visit(c)
		})
		n--
		return false
	}
	visit(f)
	if deepest > maxChain+8*maxNest {
		t.Errorf("the tree is %d deep", deepest)
	}
}

func TestSpeed(t *testing.T) {
	var b strings.Builder
	b.WriteString("package a\n")
	for b.Len() < 1<<20 {
		b.WriteString("func f(x [n], y [n, m]) [n] {\n    z = a*x + sum[j] y[i, j]*x[j]  // what\n    return if z > 0 { z } else { -z }\n}\n")
	}
	start := time.Now()
	var list diag.List
	f := Parse("a.bp", []byte(b.String()), &list)
	parsed := time.Since(start)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	Format(f)
	t.Logf("1 MB: parsed in %v, formatted in %v", parsed, time.Since(start)-parsed)
	if time.Since(start) > 5*time.Second {
		t.Errorf("took %v", time.Since(start))
	}
}
