package driver_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
)

// TestHostile generates a package and runs what testdata/hostile_test.go.txt
// does to it: bad arguments, bad files, and several goroutines at once.
func TestHostile(t *testing.T) {
	args := []string{"test", "."}
	if exec.Command("go", "test", "-race", "-run=NONE", "errors").Run() == nil { // it wants a C compiler
		args = []string{"test", "-race", "."}
	}
	testWith(t, "hostile", args...)
}

// TestLong generates programs that are too long for one function of Go.
func TestLong(t *testing.T) { testWith(t, "long", "test", ".") }

// TestDerived generates Jacobians by example, and models without a loss.
func TestDerived(t *testing.T) { testWith(t, "derived", "test", ".") }

// TestThreads trains with several numbers of threads, which must make no
// difference to any bit, and builds the package where there is no assembly.
func TestThreads(t *testing.T) {
	dir := testWith(t, "threads", "test", ".")
	for _, env := range []string{"GOFLAGS=-tags=purego", "GOARCH=arm64", "GOARCH=386"} {
		cmd := exec.Command("go", "build", ".")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("with %s: %v\n%s", env, err, out)
		}
	}
}

// testWith generates testdata/NAME.bp and runs the go command on it, with the
// test in testdata/NAME_test.go.txt added. It returns the folder.
func testWith(t *testing.T, name string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	generate(t, "testdata/"+name+".bp", dir, driver.Options{})
	test, err := os.ReadFile("testdata/" + name + "_test.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "more_test.go"), string(test))
	write(t, filepath.Join(dir, "go.mod"), "module "+name+"\n\ngo 1.26\n")
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return dir
}
