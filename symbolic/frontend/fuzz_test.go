package frontend

import (
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
)

// corpus is the models of the tests, and where they are at hand the programs
// that the language was designed with.
func corpus(t testing.TB) map[string][]byte {
	out := map[string][]byte{}
	for _, pattern := range []string{"testdata/*.bp", "../../../shared/language/programs/*.bp"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = src
		}
	}
	return out
}

func noFile(path string) ([]byte, error) { return nil, os.ErrNotExist }

// TestMutations changes models at random: whatever they then say, Load answers
// with a module or with diagnostics, and never panics.
func TestMutations(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	rounds := 40
	if testing.Short() {
		rounds = 4
	}
	var words []string
	texts := corpus(t)
	for _, src := range texts {
		words = append(words, strings.FieldsFunc(string(src), func(r rune) bool { return r == ' ' || r == '\n' })...)
	}
	for name, src := range texts {
		for range rounds {
			parts := strings.SplitAfter(string(src), " ")
			for range 1 + rnd.Intn(3) {
				i := rnd.Intn(len(parts))
				switch rnd.Intn(3) {
				case 0:
					parts[i] = words[rnd.Intn(len(words))] + " "
				case 1:
					parts[i] = ""
				case 2:
					j := rnd.Intn(len(parts))
					parts[i], parts[j] = parts[j], parts[i]
				}
			}
			loadAny(t, name, []byte(strings.Join(parts, "")))
		}
	}
}

func loadAny(t testing.TB, name string, src []byte) {
	defer func() {
		if r := recover(); r != nil {
			t.Logf("%s", src)
			panic(r)
		}
	}()
	var errs diag.List
	m, _ := Load(name, src, Options{ReadFile: noFile}, &errs)
	if (m == nil) != (len(errs) > 0) {
		t.Errorf("%s: module %v with %d errors", name, m != nil, len(errs))
	}
}

func FuzzLoad(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) { loadAny(t, "fuzz.bp", src) })
}
