package frontend

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic/module"
)

var wantError = regexp.MustCompile(`// ERROR ((?:"[^"]*" ?)+)`)

// TestErrors loads each file of testdata/errors and takes its derivatives. A
// comment ERROR "regexp" says what is reported on its line, message, notes and
// hint joined by blanks; nothing else may be.
func TestErrors(t *testing.T) {
	names, _ := filepath.Glob("testdata/errors/*.bp")
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			src := readFile(t, name)
			var errs diag.List
			m, sources := Load(name, src, Options{}, &errs)
			if m != nil {
				module.Derive(m, &errs)
				errs.Sort()
			}
			if len(errs) == 0 {
				t.Error("no errors")
			}
			got := map[int][]string{}
			for _, d := range errs {
				text := []string{d.Msg}
				for _, n := range d.Notes {
					text = append(text, n.Label, n.Text)
				}
				got[d.Span.Pos.Line] = append(got[d.Span.Pos.Line], strings.Join(append(text, d.Hint), " "))
			}
			for i, line := range strings.Split(string(src), "\n") {
				var want []string
				if m := wantError.FindStringSubmatch(line); m != nil {
					want = strings.Split(strings.Trim(strings.TrimSpace(m[1]), `"`), `" "`)
				}
				checkLine(t, fmt.Sprintf("%s:%d", name, i+1), got[i+1], want)
			}
			// That they can be shown is part of it.
			var b bytes.Buffer
			if err := diag.Render(&b, errs, sources, false); err != nil || strings.Contains(b.String(), "internal error") {
				t.Errorf("%v\n%s", err, b.String())
			}
		})
	}
}

func checkLine(t *testing.T, at string, got, want []string) {
	t.Helper()
	for _, w := range want {
		re := regexp.MustCompile(w)
		found := false
		for i, g := range got {
			if re.MatchString(g) {
				got = append(got[:i:i], got[i+1:]...)
				found = true
				break
			}
		}
		if !found {
			t.Errorf("%s: no error like %q in %q", at, w, got)
		}
	}
	for _, g := range got {
		t.Errorf("%s: unexpected error: %s", at, g)
	}
}

// TestOneError shows a whole error as users see it.
func TestOneError(t *testing.T) {
	src := `package window
dim words = 4, embed = 50, vocab = 9
model M(ids [words]index[vocab]) {
    param W1 [100, 250]
    param L  [vocab, embed]
    x = flat(L[ids])
    output W1 @ x
}
`
	want := `window.bp:7:12: cannot multiply W1 @ x
    7 |     output W1 @ x
      |            ^^^^^^
    W1  [100, 250]   param, window.bp:4:11
    x   [200]        flat(L[ids]) of [words=4, embed=50], window.bp:6:5
    hint: the last dim of W1 must equal the only dim of x
`
	var errs diag.List
	_, sources := Load("window.bp", []byte(src), Options{}, &errs)
	var b bytes.Buffer
	diag.Render(&b, errs, sources, false)
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// messages loads a file among others and returns what is reported.
func messages(opt Options, files map[string]string, main string) string {
	opt.ReadFile = func(path string) ([]byte, error) {
		if s, ok := files[path]; ok {
			return []byte(s), nil
		}
		return nil, os.ErrNotExist
	}
	var errs diag.List
	Load(main, []byte(files[main]), opt, &errs)
	var out []string
	for _, d := range errs {
		out = append(out, strings.TrimSpace(d.Msg+" "+d.Hint))
	}
	return strings.Join(out, "\n")
}

func TestImports(t *testing.T) {
	files := map[string]string{
		"a/blocks.bp":    "package b\nimport \"./deep/more.bp\"\nfunc double(x) = 2*same(x)\n",
		"a/deep/more.bp": "package c\nfunc same(x) = x\n",
		"a/other.bp":     "package o\nfunc double(x) = 3*x\n",
		"a/loop.bp":      "package l\nimport \"./loop2.bp\"\nfunc F(x) = x\n",
		"a/loop2.bp":     "package l\nimport \"./loop.bp\"\n",
	}
	const head = "package m\n"
	for _, c := range []struct{ src, want string }{
		{`import "./blocks.bp"` + "\nfunc F(x) = double(x)\n", ""},
		{`import b "./blocks.bp"` + "\nfunc F(x) = b.double(x)\n", ""},
		{`import b "./blocks.bp"` + "\nfunc F(x) = b.doubl(x)\n", "b has no doubl did you mean double?"},
		{`import b "./blocks.bp"` + "\nfunc F(x) = double(x)\n", "unknown name double"},
		{`import "./blocks.bp"` + "\nfunc F(x) = same(x)\n", "unknown name same"},
		{`import "./blocks.bp"` + "\n" + `import "./other.bp"` + "\nfunc F(x) = x\n", ""},
		{`import "./blocks.bp"` + "\n" + `import "./other.bp"` + "\nfunc F(x) = double(x)\n", "double is in several imported files"},
		{`import "../../x.bp"` + "\n", "../../x.bp lies outside of a"},
		{`import "/etc/passwd.bp"` + "\n", "an import names a file relative to this one"},
		{`import "./none.bp"` + "\n", "cannot read ./none.bp"},
		{`import "optm"` + "\n", `there is no library "optm" did you mean "optim"?`},
		{`import "./loop.bp"` + "\n", "files import each other in a circle"},
	} {
		files["a/m.bp"] = head + c.src
		got := messages(Options{Root: "a"}, files, "a/m.bp")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s\ngot %q, want %q", c.src, got, c.want)
		}
	}
}

func TestSymlinksStayInside(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	os.Mkdir(root, 0o777)
	os.WriteFile(filepath.Join(dir, "secret.bp"), []byte("package s\nfunc f(x) = x\n"), 0o666)
	if err := os.Symlink(filepath.Join(dir, "secret.bp"), filepath.Join(root, "link.bp")); err != nil {
		t.Skip(err)
	}
	var errs diag.List
	Load(filepath.Join(root, "m.bp"), []byte("package m\nimport \"./link.bp\"\n"), Options{Root: root}, &errs)
	if len(errs) != 1 || !strings.Contains(errs[0].Msg, "lies outside") {
		t.Errorf("got %v", errs)
	}
}

func TestOverrides(t *testing.T) {
	good := "package m\nimport \"nn\"\ndim hidden = 3, vocab\ndim sizes = [4, 5]\nmodel M(x [vocab]) {\n h = mlp[sizes, tanh](x)\n z = dense[hidden](h)\n output z\n}\n"
	m := load(t, "m.bp", []byte(good), Options{Dims: map[string]string{"hidden": "7", "sizes": "2,3,4", "vocab": "9"}})
	var got []string
	for _, p := range m.Models[0].Params {
		got = append(got, p.Name+p.Shape.String())
	}
	want := "h.h[0].W[2, 9] h.h[0].b[2] h.h[1].W[3, 2] h.h[1].b[3] h.h[2].W[4, 3] h.h[2].b[4] z.W[7, 4] z.b[7]"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
	if len(m.Models[0].Dims) != 0 {
		t.Error("vocab is still a run-time dim")
	}
	for dims, want := range map[[2]string]string{
		{"hiden", "3"}:    "there is no dim hiden did you mean hidden?",
		{"hidden", "x"}:   "a dim is a whole number",
		{"hidden", "-1"}:  "a dim is a whole number",
		{"hidden", "1,2"}: "hidden is one size, not a list",
	} {
		got := messages(Options{Dims: map[string]string{dims[0]: dims[1]}}, map[string]string{"m.bp": good}, "m.bp")
		if !strings.Contains(got, want) {
			t.Errorf("%v: got %q, want %q", dims, got, want)
		}
	}
}
