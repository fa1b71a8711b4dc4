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

// TestSameGeneration generates on this machine with 1, 2 and 8 processors, with
// 32 bits, and as WebAssembly, another architecture and another operating system.
// What comes out is the same to the byte.
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
	if testing.Short() {
		return
	}
	other := filepath.Join(dir, "other")
	if runtime.GOARCH == "amd64" && runtime.GOOS == "linux" { // whose kernel runs both
		buildFor(t, ".", []string{"GOARCH=386"}, "-o", other, "./testdata/same")
		if got := output(t, nil, append([]string{other}, models...)...); !bytes.Equal(got, want) {
			t.Error("386 generates something else")
		}
	}
	if wasm := node(t); wasm != nil {
		buildFor(t, ".", []string{"GOOS=js", "GOARCH=wasm"}, "-o", other, "./testdata/same")
		if got := output(t, nil, append(append(wasm, other), models...)...); !bytes.Equal(got, want) {
			t.Error("WebAssembly generates something else")
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestSameTraining trains on the platforms that can be run here, with portable
// code. Losses, weights, gradients and the values of all functions are the same
// to the bit: with -strict on all, else on those that do not combine products
// with sums.
func TestSameTraining(t *testing.T) {
	dir := t.TempDir()
	for pkg, gen := range map[string]struct {
		model string
		opt   driver.Options
	}{
		"training": {"training", driver.Options{Strict: true}},
		"strict":   {"strict", driver.Options{Strict: true}},
		"loose":    {"training", driver.Options{Package: "loose"}},
	} {
		if err := os.Mkdir(filepath.Join(dir, pkg), 0o777); err != nil {
			t.Fatal(err)
		}
		generate(t, "testdata/"+gen.model+".bp", filepath.Join(dir, pkg), gen.opt)
	}
	training, main := read(t, "testdata/training_main.go.txt"), read(t, "testdata/strict_main.go.txt")
	write(t, filepath.Join(dir, "training.go"), training)
	write(t, filepath.Join(dir, "loose.go"), strings.NewReplacer("func train(", "func trainLoosely(", `"training float`, `"loose float`,
		`"same/training"`, `training "same/loose"`).Replace(training))
	write(t, filepath.Join(dir, "main.go"), main)
	write(t, filepath.Join(dir, "go.mod"), "module same\n\ngo 1.26\n")
	type platform struct {
		name  string
		env   []string
		run   []string
		fuses bool
	}
	platforms := []platform{{name: "this one", env: []string{"GOAMD64=v1"}, fuses: runtime.GOARCH != "amd64" && runtime.GOARCH != "386"}}
	if runtime.GOARCH == "amd64" && runtime.GOOS == "linux" { // whose kernel runs both
		platforms = append(platforms, platform{name: "386", env: []string{"GOARCH=386"}}, platform{name: "386 without floating point", env: []string{"GOARCH=386", "GO386=softfloat"}},
			platform{name: "amd64 v3", env: []string{"GOAMD64=v3"}, fuses: true})
	}
	if wasm := node(t); wasm != nil {
		platforms = append(platforms, platform{"WebAssembly", []string{"GOOS=js", "GOARCH=wasm"}, wasm, false})
	}
	for _, emulated := range []struct{ arch, qemu string }{
		{"arm64", "qemu-aarch64"}, {"riscv64", "qemu-riscv64"}, {"s390x", "qemu-s390x"}, {"ppc64le", "qemu-ppc64le"}, {"loong64", "qemu-loongarch64"},
	} {
		qemu, err := exec.LookPath(emulated.qemu)
		if err != nil || runtime.GOOS != "linux" || emulated.arch == runtime.GOARCH {
			t.Logf("not run on %s: %s is not installed", emulated.arch, emulated.qemu)
			continue
		}
		platforms = append(platforms, platform{emulated.arch, []string{"GOARCH=" + emulated.arch}, []string{qemu}, true})
	}
	var wantStrict, wantLoose string
	for _, p := range platforms {
		program := filepath.Join(dir, "program")
		buildFor(t, dir, p.env, "-tags", "purego", "-o", program, ".")
		out, err := exec.Command(append(p.run, program)[0], append(p.run, program)[1:]...).CombinedOutput()
		if err != nil && strings.Contains(string(out), "microarchitecture support") {
			t.Logf("not run on %s: this processor is older", p.name)
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", p.name, err, out)
		}
		var strict, loose string
		for l := range strings.Lines(string(out)) {
			if strings.HasPrefix(l, "loose ") {
				loose += l
			} else {
				strict += l
			}
		}
		if strings.Count(strict, "\n") != 7 || strings.Count(loose, "\n") != 2 {
			t.Fatalf("%s: %s", p.name, out)
		}
		if wantStrict == "" {
			wantStrict = strict
		}
		if strict != wantStrict {
			t.Errorf("%s with -strict:\n%swant\n%s", p.name, strict, wantStrict)
		}
		switch {
		case p.fuses && runtime.GOARCH == "amd64" && loose == wantLoose:
			t.Errorf("%s combines no products with sums, so it says nothing of -strict", p.name)
		case p.fuses:
		case wantLoose == "":
			wantLoose = loose
		case loose != wantLoose:
			t.Errorf("%s without -strict:\n%swant\n%s", p.name, loose, wantLoose)
		}
	}
	if len(platforms) < 2 {
		t.Skip("there is nothing to compare with")
	}
}
