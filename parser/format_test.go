package parser

import (
	"bytes"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var shakes = flag.Int("shakes", 20, "how often each program is shaken")

// testdata/format has badly laid out files beside what becomes of them.
func TestFormatGolden(t *testing.T) {
	files, _ := filepath.Glob("testdata/format/*.bp")
	if len(files) == 0 {
		t.Fatal("no files")
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := format(file, src)
		if err != nil {
			t.Error(err)
			continue
		}
		golden := strings.TrimSuffix(file, ".bp") + ".golden"
		if *update {
			if err := os.WriteFile(golden, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
		}
	}
}

// Formatting changes neither the tree nor the comments, and formatting twice
// is formatting once.
func TestFormatPrograms(t *testing.T) {
	for path, src := range programs(t) {
		checkFormat(t, path, src)
	}
}

// TestFormatShaken formats programs whose blanks, line breaks and comments have
// been put in disorder, as far as they can still be read.
func TestFormatShaken(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	blanks := []string{"", " ", "   ", "\t", "\n", "\n\n", "\n\n\n", " // c\n", "\n// c\n", "\n\n// c\n\n", "//c\n  //d\n"}
	read := 0
	all := programs(t)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		src := all[path]
		var list diag.List
		tokens, _ := scan(path, src, &list)
		for range *shakes {
			rate := rnd.IntN(30) + 1
			var b bytes.Buffer
			end := 0
			for _, tok := range tokens {
				if rnd.IntN(rate) == 0 {
					b.WriteString(blanks[rnd.IntN(len(blanks))])
				} else {
					b.Write(src[end:tok.off])
				}
				b.WriteString(tok.text)
				end = tok.end()
			}
			var errs diag.List
			if Parse(path, b.Bytes(), &errs); len(errs) == 0 {
				read++
			}
			checkFormat(t, path, b.Bytes())
		}
	}
	t.Logf("%d files without errors", read)
}

func checkFormat(t testing.TB, name string, src []byte) {
	var list diag.List
	f := Parse(name, src, &list)
	if len(list) > 0 {
		if !bytes.Equal(Format(f), src) {
			t.Errorf("%s has errors and was changed", name)
		}
		return
	}
	out := Format(f)
	g := Parse(name, out, &list)
	if err := list.Err(); err != nil {
		t.Fatalf("%s: the result has errors: %v\n%s", name, err, out)
	}
	if dump(f) != dump(g) {
		t.Fatalf("%s: the tree changed:\n%s\n%s\n%s", name, dump(f), dump(g), out)
	}
	if len(f.Comments) != len(g.Comments) {
		t.Fatalf("%s: %d comments became %d", name, len(f.Comments), len(g.Comments))
	}
	for i, c := range f.Comments {
		if c.Text != g.Comments[i].Text {
			t.Fatalf("%s: the comment %q became %q", name, c.Text, g.Comments[i].Text)
		}
	}
	if again := Format(g); !bytes.Equal(again, out) {
		t.Fatalf("%s: formatted again\n%s\nbecomes\n%s", name, out, again)
	}
}
