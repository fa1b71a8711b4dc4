package driver_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/bpgen/bpgen/internal/driver"
)

var update = flag.Bool("update", false, "rewrite testdata/phases")

// TestPhases holds every phase of the models in testdata/phases against what
// it was when somebody last looked at it. An archive has model.bp and a
// section for each phase; go test ./internal/driver -run Phases -update
// rewrites them.
func TestPhases(t *testing.T) {
	files, err := filepath.Glob(root + "/testdata/phases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) { testPhases(t, f) })
	}
}

func testPhases(t *testing.T, path string) {
	old, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	src := section(old, "model.bp")
	// What is said of an archive may ask for code in one piece.
	opt := driver.Options{Plain: bytes.Contains(old.Comment, []byte("-plain"))}
	now := &txtar.Archive{Comment: old.Comment, Files: []txtar.File{{Name: "model.bp", Data: src}}}
	for _, p := range driver.Phases() {
		first, second := dump(t, src, p.Name, opt), dump(t, src, p.Name, opt)
		if !bytes.Equal(first, second) {
			t.Errorf("phase %s differs from one run to the next", p.Name)
		}
		now.Files = append(now.Files, txtar.File{Name: p.Name, Data: first})
		if !*update && !bytes.Equal(first, section(old, p.Name)) {
			t.Errorf("phase %s is now:\n%s", p.Name, first)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(now), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func section(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// dump returns a phase as text. The generated files are parted by lines that
// would be sections of the archive, so lines are indented.
func dump(t *testing.T, src []byte, phase string, opt driver.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	res, err := driver.Dump(&b, "model.bp", src, phase, opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Diags) > 0 {
		t.Fatal(res.Diags)
	}
	var out []byte
	for line := range bytes.Lines(b.Bytes()) {
		if len(bytes.TrimSpace(line)) > 0 {
			out = append(out, '\t')
		}
		out = append(out, line...)
	}
	return out
}
