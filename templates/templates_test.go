package templates_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"text/template"

	"github.com/bpgen/bpgen/templates"
)

// module makes a module in a folder of its own, of files of the scaffolding
// and of files of testdata.
func module(t *testing.T, scaffold, tests []string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", []byte("module example.com/p\n\ngo 1.26\n"))
	for _, name := range scaffold {
		text, err := templates.Go.ReadFile("go/" + name + ".tmpl")
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := template.Must(template.New(name).Parse(string(text))).Execute(&out, map[string]string{"Package": "p"}); err != nil {
			t.Fatal(err)
		}
		write(name, out.Bytes())
	}
	for _, name := range tests {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		write(name, text)
	}
	return dir
}

// run runs the go command in a folder, with more environment.
func run(t *testing.T, dir string, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOFLAGS=", "GOWORK=off"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v go %v: %v\n%s", env, args, err, out)
	}
}

// TestTeam tests the team of workers on one processor, as many as there are,
// and more, and by the race detector where there is a C compiler.
func TestTeam(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	dir := module(t, []string{"team.go", "numbers.go"}, []string{"team_test.go"})
	run(t, dir, nil, "vet", ".")
	run(t, dir, nil, "test", "-count=1", ".")
	run(t, dir, []string{"GOMAXPROCS=1"}, "test", "-count=1", ".")
	run(t, dir, []string{"GOMAXPROCS=5", "BPGEN_THREADS=3"}, "test", "-count=1", ".")
	if _, err := exec.LookPath("gcc"); err == nil {
		run(t, dir, []string{"CGO_ENABLED=1"}, "test", "-race", "-count=1", ".")
	}
}

// TestCPU tests what is found out about the processor, with assembly and
// without.
func TestCPU(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	dir := module(t, []string{"cpu.go", "cpu_amd64.go", "cpu_amd64.s", "cpu_other.go"},
		[]string{"cpu_test.go", "assembly_test.go", "noassembly_test.go"})
	run(t, dir, nil, "vet", ".")
	run(t, dir, nil, "test", ".")
	run(t, dir, []string{"BPGEN_CPU=portable"}, "test", ".")
	run(t, dir, nil, "test", "-tags", "purego", ".")
	run(t, dir, []string{"GOARCH=arm64"}, "vet", ".")
}
