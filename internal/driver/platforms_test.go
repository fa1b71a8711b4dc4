package driver_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
)

// node returns what runs WebAssembly; it says so where there is none.
func node(t *testing.T) []string {
	path, err := exec.LookPath("node")
	if err != nil {
		t.Log("not compared with WebAssembly: node is not installed")
		return nil
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return []string{path, "--stack-size=8192", filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "wasm_exec_node.js")}
}

func buildFor(t *testing.T, dir string, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"build"}, args...)...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOFLAGS=", "GOWORK=off"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s go build: %v\n%s", env, err, out)
	}
}

func output(t *testing.T, env []string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args, err, errs.String())
	}
	return out
}

// TestSameGeneration generates on this machine with 1, 2 and 8 processors, and
// as WebAssembly, another architecture and another operating system. What comes
// out is the same to the byte.
func TestSameGeneration(t *testing.T) {
	models := []string{root + "/testdata/conformance/loops.bp", "testdata/training.bp"}
	dir := t.TempDir()
	native := filepath.Join(dir, "native")
	buildFor(t, ".", nil, "-o", native, "./testdata/same")
	want := output(t, nil, append([]string{native}, models...)...)
	if len(want) < 100_000 || !bytes.Contains(want, []byte("VFMADD")) {
		t.Fatalf("%d bytes are not what was asked for", len(want))
	}
	for _, n := range []int{1, 2, 8} {
		if got := output(t, []string{fmt.Sprint("GOMAXPROCS=", n)}, append([]string{native}, models...)...); !bytes.Equal(got, want) {
			t.Errorf("%d processors make a difference", n)
		}
	}
	wasm := node(t)
	if wasm == nil || testing.Short() {
		return
	}
	program := filepath.Join(dir, "same.wasm")
	buildFor(t, ".", []string{"GOOS=js", "GOARCH=wasm"}, "-o", program, "./testdata/same")
	if got := output(t, nil, append(append(wasm, program), models...)...); !bytes.Equal(got, want) {
		t.Error("WebAssembly generates something else")
	}
}

// TestSameTraining trains with portable code, on the architectures that can be
// run here. Losses, weights and gradients are the same to the bit.
func TestSameTraining(t *testing.T) {
	dir := t.TempDir()
	pkg := filepath.Join(dir, "training")
	if err := os.Mkdir(pkg, 0o777); err != nil {
		t.Fatal(err)
	}
	generate(t, "testdata/training.bp", pkg, driver.Options{})
	main, err := os.ReadFile("testdata/training_main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "main.go"), string(main))
	write(t, filepath.Join(dir, "go.mod"), "module same\n\ngo 1.26\n")
	type platform struct {
		name string
		env  []string
		run  []string
	}
	platforms := []platform{{name: "this one", env: []string{"GOAMD64=v1"}}}
	if runtime.GOARCH == "amd64" && runtime.GOOS == "linux" { // whose processor and kernel run both
		platforms = append(platforms, platform{name: "386", env: []string{"GOARCH=386"}}, platform{name: "386 without floating point", env: []string{"GOARCH=386", "GO386=softfloat"}})
	}
	if wasm := node(t); wasm != nil {
		platforms = append(platforms, platform{"WebAssembly", []string{"GOOS=js", "GOARCH=wasm"}, wasm})
	}
	if qemu, err := exec.LookPath("qemu-aarch64"); err == nil && runtime.GOOS == "linux" {
		// Go fuses products and sums there, so this holds for what has none.
		t.Log("arm64 is run, and not compared:", string(trained(t, dir, []string{"GOARCH=arm64"}, []string{qemu})))
	} else {
		t.Log("not run on arm64: qemu-aarch64 is not installed")
	}
	var want []byte
	for _, p := range platforms {
		got := trained(t, dir, p.env, p.run)
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) || !bytes.Contains(got, []byte("float64")) {
			t.Errorf("%s: %s, want %s", p.name, got, want)
		}
	}
	if len(platforms) < 2 {
		t.Skip("there is nothing to compare with")
	}
}

// trained builds the program and runs it.
func trained(t *testing.T, dir string, env, run []string) []byte {
	t.Helper()
	program := filepath.Join(dir, "program")
	buildFor(t, dir, env, "-tags", "purego", "-o", program, ".")
	return output(t, nil, append(run, program)...)
}
