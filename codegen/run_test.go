package codegen

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/bpgen/bpgen/symbolic/module"
)

// write puts files into a module of their own and returns its folder.
func write(t *testing.T, files []File) string {
	t.Helper()
	dir := t.TempDir()
	if keep := os.Getenv("BPGEN_KEEP"); keep != "" {
		dir = filepath.Join(keep, t.Name())
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	files = append(files, File{"go.mod", []byte("module example.com/gen\n\ngo 1.26\n")})
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go %v: %v\n%s", args, err, out)
	}
}

// TestGenerated runs the tests that generated packages come with.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	for name, m := range map[string]func() *module.Module{
		"funcs": funcsModule, "mlp": mlpModule, "sizes": sizesModule, "window": windowModule,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := write(t, emitted(t, m()))
			goTool(t, dir, "vet", "./...")
			goTool(t, dir, "test", "./...")
		})
	}
}
