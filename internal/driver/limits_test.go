package driver

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A demand is a model that asks for a lot in a way of its own, n times whatever
// it asks for.
type demand struct {
	name string
	text func(n int) string
	big  int    // an n that makes a file of up to a megabyte
	want string // in the error for it; "" where it can be had
}

func times(s string) func(int) string { return func(n int) string { return strings.Repeat(s, n) } }

// each joins format, printed for 0 to n−1.
func each(n int, format, sep string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(format, "#+", fmt.Sprint(i+1)), "#", fmt.Sprint(i)))
	}
	return b.String()
}

func in(head, tail string, f func(int) string) func(int) string {
	return func(n int) string { return "package a\n" + head + f(n) + tail + "\n" }
}

func list(format, sep string) func(int) string {
	return func(n int) string { return each(n, format, sep) }
}

// around puts n times open before and n times shut behind.
func around(head, open, middle, shut, tail string) func(int) string {
	return func(n int) string {
		return "package a\n" + head + strings.Repeat(open, n) + middle + strings.Repeat(shut, n) + tail + "\n"
	}
}

const mega = 1 << 20

var demands = []demand{
	// Words.
	{"spaces", times(" "), mega, "expected package"},
	{"newlines", in("", "func F(x) = x", times("\n")), mega - 40, ""},
	{"NUL", times("\x00"), mega, "a NUL byte"},
	{"no UTF-8", times("\xff"), mega, "invalid UTF-8"},
	{"carriage returns", in("", "func F(x) = x", times("\r\n")), mega/2 - 40, ""},
	{"byte order marks", times("\ufeff"), mega / 3, "a byte order mark within"},
	{"quotes", times("\"\n"), mega / 2, "without its closing quote"},
	{"a name", in("func F", "(x) = x", times("a")), mega - 40, ""},
	{"a comment", in("// ", "\nfunc F(x) = x", times("a")), mega - 40, ""},
	{"comments", in("", "func F(x) = x", times("// a\n")), mega/5 - 40, ""},
	{"a string", in("import \"", "\"", times("a")), mega - 40, "there is no library"},
	{"digits", in("func F(x) = x*", "", times("1")), mega - 40, "does not fit 64 bits"},
	{"decimals", in("func F(x) = x*0.", "", times("1")), mega - 40, ""},
	{"an exponent", in("func F(x) = x*1e", "", times("1")), mega - 40, "is too large"},
	// Nesting and rows.
	{"parentheses", in("func F(x) = ", "", times("(")), mega - 40, "nested deeper than 500"},
	{"parentheses closed", around("func F(x) = ", "(", "x", ")", ""), mega/2 - 40, "nested deeper than 500"},
	{"brackets", in("func F(x) = ", "", times("[")), mega - 40, "nested deeper than 500"},
	{"braces", in("func F(x) = ", "", times("{")), mega - 40, "expected an expression"},
	{"nots", in("func F(x) = ", "", times("!")), mega - 40, "nested deeper than 500"},
	{"signs", in("func F(x) = ", "x", times("-")), mega - 40, "nested deeper than 500"},
	{"powers", in("func F(x) = x", "", times("^x")), mega/2 - 40, "nested deeper than 500"},
	{"sums", in("func F(x) = x", "", times("+x")), mega/2 - 40, "more than 10000 operators in a row"},
	{"sines", in("func F(x) = x", "", times("+sin(x)")), 2000, ""},
	{"transposes", in("func F(x [3,3]) = sum(x", ")", times("'")), mega - 40, "more than 10000 calls and subscripts"},
	{"members", in("func F(x) = x", "", times(".x")), mega/2 - 40, "more than 10000 calls and subscripts"},
	{"comparisons", in("func F(x) = x", "", times("<x")), mega/2 - 40, "comparisons do not chain"},
	{"choices", in("func F(x) = ", "{ 0 }", times("if x > 0 { x } else ")), mega/20 - 40, "nested deeper than 500"},
	{"choices within choices", around("func F(x) = ", "if x > 0 { ", "x", " } else { 0 }", ""), 150, ""},
	// Names that explode.
	{"calls doubling", func(n int) string {
		return "package a\nfunc f0(x) = sin(x)\n" + each(n, "func f#+(x) = f#(f#(x) + 1)\n", "") + fmt.Sprintf("func F(x) = f%d(x)\n", n)
	}, 60, "calls come to more than 200000"},
	{"values doubling", func(n int) string {
		return "package a\nfunc F(x) {\ny0 = x\n" + each(n, "y#+ = y#*y# + sin(y#)\n", "") + fmt.Sprintf("return y%d\n}\n", n)
	}, 1000, ""},
	{"lists doubling", func(n int) string {
		return "package a\nconst c0 = [1, 2]\n" + each(n, "const c#+ = [c#, c#]\n", "") + fmt.Sprintf("func F(x) = x*sum(c%d)\n", n)
	}, 40, "more than 1000000 numbers"},
	{"concatenations doubling", func(n int) string {
		return "package a\nfunc F(x [n]) {\ny0 = x\n" + each(n, "y#+ = concat(y#, y#)\n", "") + fmt.Sprintf("return sum(y%d)\n}\n", n)
	}, 40, ""},
	{"derivatives of derivatives", func(n int) string {
		return "package a\nfunc F(x) {\ny0 = sin(exp(x)*x)\n" + each(n, "y#+ = grad(y#, x)\n", "") + fmt.Sprintf("return y%d\n}\n", n)
	}, 1000, "more than 1000000 operations"},
	{"funcs of derivatives", func(n int) string {
		return "package a\nfunc f0(x) = sin(exp(x)*x)\n" + each(n, "func f#+(x) = grad(f#(x), x)\n", "") + fmt.Sprintf("func F(x) = f%d(x)\n", n)
	}, 150, "more than 1000000 operations"},
	{"passes", func(n int) string {
		return fmt.Sprintf("package a\nfunc F(x) {\nfor i < %d carry h = x { next h = sin(h) }\nreturn h\n}\n", n)
	}, 1000000000, "more than 100000 iterations"},
	{"passes within passes", func(n int) string {
		return fmt.Sprintf("package a\nfunc F(x) {\nfor i < %d carry h = x { for j < %[1]d carry g = h { next g = sin(g) }\nnext h = g }\nreturn h\n}\n", n)
	}, 100000, "more than 100000 iterations"},
	{"scans within scans", func(n int) string {
		var open, shut string
		for i := range n {
			before := "x"
			if i > 0 {
				before = fmt.Sprintf("h%d", i-1)
			}
			open += fmt.Sprintf("scan i%d < 5 carry h%[1]d = %s {\n", i, before)
			if i == n-1 {
				shut = fmt.Sprintf("next h%d = sin(h%[1]d)\n}\n", i) + shut
			} else {
				shut = shut + fmt.Sprintf("next h%d = h%d\n}\n", n-2-i, n-1-i)
			}
		}
		if n == 0 {
			return "package a\nfunc F(x) = x\n"
		}
		return "package a\nfunc F(x) {\n" + open + shut + "return h0\n}\n"
	}, 150, "more than 64 dims"},
	{"sums within sums", func(n int) string {
		return "package a\nfunc F(x [3]) = " + each(n, "sum[i#]", "") + "(" + each(max(n, 1), "x[i#]", " * ") + ")\n"
	}, 400, "more than 64 dims"},
	// Many of one kind.
	{"statements", func(n int) string {
		return "package a\nfunc F(x) {\n" + each(n, "y# = x\n", "") + "return x\n}\n"
	}, mega/12 - 40, ""},
	{"funcs", in("", "", list("func F#(x) = x\n", "")), 300, ""},
	{"arguments", in("func F(", ") = a0", list("a#", ",")), mega / 8, "more than 4096 arguments"},
	{"parameters", func(n int) string {
		return "package a\nmodel M(x) {\n" + each(n, "param p# ~ zeros\n", "") + "y = " + each(n, "p#", " + ") + "\noutput y\n}\n"
	}, 9000, "more than 4096 arguments"},
	{"elements", in("func F(x) = sum([", "])", times("x,")), mega/2 - 40, "more than 1000000 operations"},
	{"constants of constants", in("", "const c0 = 1", list("const c# = c#+ + 1\n", "")), 30000, "nested more than 20000 deep"},
	{"errors", in("", "", times("func F(x) = ?\n")), mega/14 - 40, "more than 1000 errors"},
	{"unknown names", in("func F(x) {\n", "return x\n}", list("y# = z#\n", "")), mega/16 - 40, "more than 1000 errors"},
	// Sizes.
	{"a large dim", func(n int) string { return fmt.Sprintf("package a\nfunc F(x [%d000]) = sum(x)\n", n) }, 1<<31 - 1, "a dim is at most"},
	{"a negative dim", func(n int) string { return fmt.Sprintf("package a\nfunc F(x [1 - %d]) = sum(x)\n", n) }, 3, "a dim is 0 or more"},
	{"dims that overflow", in("func F(x [", "]) = sum(x)", list("1073741824", ",")), 3, "overflows"},
	{"dims", in("func F(x [", "]) = sum(x)", list("1", ",")), 65, "more than 64 dims"},
	{"a window that overflows", func(n int) string {
		return fmt.Sprintf("package a\nimport \"nn\"\nmodel M(x [3,%d,%[1]d]) {\nh = conv2d[4,%d](x)\noutput sum(h)\nloss sum(h)\n}\n", n, max(1, n/1000))
	}, 1000000, "overflows"},
	{"terms", func(n int) string {
		return fmt.Sprintf("package a\nfunc F(a [p], b [q], c [r], d [s], e [t], x [(p + q + r + s + t + 1)^%d]) = sum(x)\n", n)
	}, 12, "more than 10000 terms"},
	{"factors", in("dim n\nfunc F(x [", "]) = sum(x)", list("n", "*")), 9000, "of a degree above 64"},
}

// TestDemands asks for a little of each, and for as much as a megabyte of text
// can. There is an answer, code or an error that names the place and what there
// is too much of, and memory stays within bounds. That it comes in time is left
// to the deadline of the whole.
func TestDemands(t *testing.T) {
	for _, d := range demands {
		t.Run(strings.ReplaceAll(d.name, " ", "-"), func(t *testing.T) {
			for _, n := range []int{0, 1, 2, 3} {
				generates(t, d.text(n), nil)
			}
			src := d.text(d.big)
			if len(src) > mega {
				t.Fatalf("%d bytes are no test of a megabyte", len(src))
			}
			done := watchMemory(t, 4<<30)
			res := generates(t, src, nil)
			done()
			switch {
			case d.want == "" && len(res.Diags) > 0:
				t.Errorf("error %.200v", res.Diags[0])
			case d.want != "" && !strings.Contains(res.Diags.Error(), d.want):
				t.Errorf("no error says %q: %.200q", d.want, res.Diags.Error())
			}
		})
	}
}

// watchMemory fails the test where the heap grows beyond most before the
// returned function is called.
func watchMemory(t *testing.T, most uint64) func() {
	stop, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if m.HeapAlloc > most {
				t.Errorf("%d MB of memory", m.HeapAlloc>>20)
				return
			}
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return func() { close(stop); <-done }
}

// generates takes a model all the way. There are files, or errors at places
// within it.
func generates(t testing.TB, src string, read func(string) ([]byte, error)) *Result {
	t.Helper()
	if read == nil {
		read = noFiles
	}
	res, err := Generate("a.bp", []byte(src), Options{ReadFile: read})
	if err != nil {
		t.Errorf("%v\n%.2000s", err, src)
	}
	if len(res.Diags) > 0 && len(res.Files) > 0 {
		t.Errorf("%d errors and %d files", len(res.Diags), len(res.Files))
	}
	lines := strings.Count(src, "\n") + 1
	for _, d := range res.Diags {
		if p := d.Span.Pos; p.File == "a.bp" && (p.Line < 1 || p.Line > lines || p.Off > len(src)) || d.Msg == "" {
			t.Errorf("an error at %v: %s", p, d.Msg)
		}
		if strings.Contains(d.Msg, "internal error") {
			t.Errorf("%v\n%.2000s", d, src)
		}
	}
	return res
}

// FuzzGen takes anything for a model, and goes all the way up to files.
func FuzzGen(f *testing.F) {
	for _, d := range demands {
		for _, n := range []int{1, 3} {
			f.Add([]byte(d.text(n)))
		}
	}
	for _, pattern := range []string{"testdata/*.bp", "../../testdata/conformance/*.bp", "../../examples/*/*.bp", "../../templates/bp/lecture/*.bp", "../../symbolic/frontend/testdata/*.bp"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			src, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			// One declaration at a time is what a fuzzer can do something with.
			head, rest, _ := bytes.Cut(src, []byte("\n\n"))
			for _, decl := range bytes.Split(rest, []byte("\n\n")) {
				if len(decl) < 600 {
					f.Add(append(append(bytes.Clone(head), '\n'), decl...))
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 2000 {
			return // TestDemands is for what is large
		}
		generates(t, string(src), nil)
	})
}

// TestImports has files that import each other, lead out of the module, are no
// files, or are very many.
func TestImports(t *testing.T) {
	dir := t.TempDir()
	mod := filepath.Join(dir, "mod")
	put(t, mod, map[string]string{
		"go.mod": "module m\n", "circle.bp": "package b\nimport \"./circle2.bp\"\nfunc g(x) = x\n",
		"circle2.bp": "package b\nimport \"./circle.bp\"\nfunc h(x) = x\n", "own.bp": "package b\nimport \"./a.bp\"\n",
		"huge.bp": "package b\n" + strings.Repeat(" ", 17<<20),
	})
	put(t, dir, map[string]string{"out.bp": "package b\nfunc g(x) = x\n"})
	for from, to := range map[string]string{"link.bp": "../out.bp", "loop.bp": "loop.bp", "zero.bp": "/dev/zero", "up": ".."} {
		if err := os.Symlink(to, filepath.Join(mod, from)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	if err := os.Mkdir(filepath.Join(mod, "dir.bp"), 0o777); err != nil {
		t.Fatal(err)
	}
	const levels = 40 // on 2^40 ways
	for i := range levels {
		for _, side := range []string{"l", "r"} {
			text := fmt.Sprintf("package b\nfunc %s%d(x) = x\n", side, i)
			if i+1 < levels {
				text += fmt.Sprintf("import \"./l%d.bp\"\nimport \"./r%[1]d.bp\"\n", i+1)
			}
			put(t, mod, map[string]string{fmt.Sprintf("%s%d.bp", side, i): text})
		}
	}
	path := filepath.Join(mod, "a.bp")
	for name, want := range map[string]string{
		"./circle.bp": "in a circle", "./own.bp": "in a circle", "./a.bp": "in a circle", "../out.bp": "lies outside", "./link.bp": "lies outside",
		"./up/out.bp": "lies outside", "./loop.bp": "cannot read", "./zero.bp": "lies outside", "./dir.bp": "no ordinary file",
		"./none.bp": "cannot read", "/etc/passwd.bp": "relative to this one", "./huge.bp": "longer than 16 MB", "./a\x00.bp": "control character", "./l0.bp": "",
	} {
		src := "package a\nimport \"" + name + "\"\nfunc F(x) = x\n"
		put(t, mod, map[string]string{"a.bp": src})
		res, err := Generate(path, []byte(src), Options{})
		if err != nil || want == "" && len(res.Diags) > 0 || !strings.Contains(res.Diags.Error(), want) {
			t.Errorf("%s: %v %.300v, want %q", name, err, res.Diags, want)
		}
	}
}
