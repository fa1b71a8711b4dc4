package codegen

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

var every = flag.Uint("every", 4099, "of float32 numbers, how many to step on in TestTuned; 1 tries all")

// TestTuned compares the tuned functions in templates/go with the standard
// library's: those of float32 with math in float64, those of float64 with sums
// in math/big. Those of strict packages, with their operations rounded, are held
// against values by mpmath.
func TestTuned(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	dir := t.TempDir()
	files := []File{{"truth.go", []byte("package main\n\nfunc truth[F float](b bool) F {\n\tif b {\n\t\treturn 1\n\t}\n\treturn 0\n}\n\ntype float interface{ float32 | float64 }\n")}}
	for _, name := range []string{"float32.go", "float64.go", "strict.go"} {
		src, err := fillTemplate(name+".tmpl", map[string]string{"Package": "main"})
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{name, []byte(src)})
	}
	files, err := roundProducts("main", files, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	src, err := os.ReadFile("testdata/tuned/main.go")
	if err != nil {
		t.Fatal(err)
	}
	values, err := os.ReadFile("testdata/tuned/strict.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"main.go": src, "strict.txt": values, "go.mod": []byte("module example.com/tuned\n\ngo 1.26\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "run", ".", strconv.FormatUint(uint64(*every), 10))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}
