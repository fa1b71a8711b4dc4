package driver_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
)

type failing struct{}

func (failing) Write([]byte) (int, error) { panic("written to") }

// TestBug: a panic within bpgen is an error that says where it was.
func TestBug(t *testing.T) {
	_, err := driver.Dump(failing{}, "m.bp", []byte("package m\n\nfunc F(x) = x\n"), "graph", driver.Options{})
	var bug *driver.Bug
	if !errors.As(err, &bug) || !strings.Contains(bug.In, "failing.Write") || !strings.HasPrefix(err.Error(), "m.bp: ") {
		t.Errorf("%v", err)
	}
}
